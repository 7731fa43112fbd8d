//! Print syntax trees, to compare them with those of CPython.
//!
//! Paths come from standard input, a line each: a line for each file is printed, its tree or
//! `declined`. `tree --sources` reads sources instead, with a NUL between them. `tree --time`
//! prints how fast the files are parsed. Inside of f-strings no places are printed.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::time::Instant;

use linkstep_native::ast::{self, *};
use linkstep_native::parse;

#[allow(dead_code)]
#[path = "../src/strings.rs"]
mod strings;

fn main() {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).expect("input");
    let mode = std::env::args().nth(1).unwrap_or_default();
    let mut output = std::io::BufWriter::new(std::io::stdout());
    if mode == "--sources" {
        for source in input.split(|byte| *byte == 0) {
            writeln!(output, "{}", tree(source)).expect("output");
        }
        return;
    }
    let paths = String::from_utf8(input).expect("paths in UTF-8");
    if mode == "--time" {
        return time(&paths);
    }
    for path in paths.lines() {
        let source = std::fs::read(path).expect("a file");
        writeln!(output, "{}", tree(&source)).expect("output");
    }
}

fn time(paths: &str) {
    let sources: Vec<String> =
        paths.lines().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let bytes: usize = sources.iter().map(String::len).sum();
    for _ in 0..3 {
        let begin = Instant::now();
        let declined = sources.iter().filter(|text| parse(text).is_none()).count();
        let seconds = begin.elapsed().as_secs_f64();
        println!(
            "{} files, {declined} declined, {bytes} bytes, {:.1} MB/s",
            sources.len(),
            bytes as f64 / 1e6 / seconds
        );
    }
}

fn tree(source: &[u8]) -> String {
    let body = match std::str::from_utf8(source).ok().and_then(parse) {
        Some(body) => body,
        None => return "declined".to_string(),
    };
    let mut dump = Dump { text: String::new(), has_places: true };
    dump.body(&body);
    dump.text
}

struct Dump {
    text: String,
    has_places: bool,
}

impl Dump {
    fn word(&mut self, word: &str) {
        self.text.push_str(word);
        self.text.push(' ');
    }

    fn open(&mut self, name: &str, range: Range) {
        self.text.push('(');
        self.text.push_str(name);
        if self.has_places {
            let _ = write!(self.text, "@{}-{}", range.start, range.end);
        }
        self.text.push(' ');
    }

    fn close(&mut self) {
        self.text.push(')');
    }

    fn body(&mut self, body: &[Stmt<'_>]) {
        self.text.push('[');
        for statement in body {
            self.statement(statement);
        }
        self.text.push(']');
    }

    fn list(&mut self, all: &[Expr<'_>]) {
        self.text.push('[');
        for one in all {
            self.expression(one);
        }
        self.text.push(']');
    }

    fn optional(&mut self, one: Option<&Expr<'_>>) {
        match one {
            Some(one) => self.expression(one),
            None => self.word("-"),
        }
    }

    fn context(&mut self, context: &Context) {
        let _ = write!(self.text, "{context:?} ");
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        let name = format!("{:?}", statement.kind);
        let end = name.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(name.len());
        let mut name = name[..end].to_string();
        let is_async = match &statement.kind {
            StmtKind::FunctionDef(function) => function.is_async,
            StmtKind::For(each) => each.is_async,
            StmtKind::With(with) => with.is_async,
            _ => false,
        };
        if is_async {
            name.insert_str(0, "Async");
        }
        if matches!(&statement.kind, StmtKind::Try(node) if node.is_star) {
            name.push_str("Star");
        }
        self.open(&name, statement.range);
        match &statement.kind {
            StmtKind::Expr(value) => self.expression(value),
            StmtKind::Assign(targets, value) => {
                self.list(targets);
                self.expression(value);
            }
            StmtKind::AugAssign(target, operator, value) => {
                self.expression(target);
                self.word(&format!("{operator:?}"));
                self.expression(value);
            }
            StmtKind::AnnAssign(node) => {
                self.expression(&node.target);
                self.expression(&node.annotation);
                self.optional(node.value.as_ref());
            }
            StmtKind::Import(names) => self.aliases(names),
            StmtKind::ImportFrom(node) => {
                self.word(node.module.as_deref().unwrap_or("-"));
                self.word(&node.level.to_string());
                self.aliases(&node.names);
            }
            StmtKind::FunctionDef(node) => {
                self.word(node.name);
                self.parameters(&node.parameters);
                self.body(&node.body);
                self.list(&node.decorators);
                self.optional(node.returns.as_ref());
            }
            StmtKind::ClassDef(node) => {
                self.word(node.name);
                self.list(&node.bases);
                self.keywords(&node.keywords);
                self.body(&node.body);
                self.list(&node.decorators);
            }
            StmtKind::Raise(first, second) => {
                self.optional(first.as_ref());
                self.optional(second.as_ref());
            }
            StmtKind::Assert(test, message) => {
                self.expression(test);
                self.optional(message.as_ref());
            }
            StmtKind::Return(value) => self.optional(value.as_ref()),
            StmtKind::Delete(targets) => self.list(targets),
            StmtKind::Global(names) | StmtKind::Nonlocal(names) => {
                for name in names {
                    self.word(name);
                }
            }
            StmtKind::Break | StmtKind::Continue | StmtKind::Pass => {}
            _ => self.compound(&statement.kind),
        }
        self.close();
    }

    fn compound(&mut self, kind: &StmtKind<'_>) {
        match kind {
            StmtKind::If(node) => {
                self.expression(&node.test);
                self.body(&node.body);
                self.body(&node.orelse);
            }
            StmtKind::For(node) => {
                self.expression(&node.target);
                self.expression(&node.iterable);
                self.body(&node.body);
                self.body(&node.orelse);
            }
            StmtKind::While(node) => {
                self.expression(&node.test);
                self.body(&node.body);
                self.body(&node.orelse);
            }
            StmtKind::With(node) => {
                for (value, target) in &node.items {
                    self.expression(value);
                    self.optional(target.as_ref());
                }
                self.body(&node.body);
            }
            StmtKind::Try(node) => {
                self.body(&node.body);
                for handler in &node.handlers {
                    self.open("ExceptHandler", handler.range);
                    self.optional(handler.catches.as_ref());
                    self.word(handler.name.unwrap_or("-"));
                    self.body(&handler.body);
                    self.close();
                }
                self.body(&node.orelse);
                self.body(&node.finally);
            }
            StmtKind::Match(node) => {
                self.expression(&node.subject);
                for case in &node.cases {
                    self.pattern(&case.pattern);
                    self.optional(case.guard.as_ref());
                    self.body(&case.body);
                }
            }
            _ => unreachable!("a simple statement"),
        }
    }

    /// Keywords of classes have no names here.
    fn pattern(&mut self, pattern: &Pattern<'_>) {
        let name = match &pattern.kind {
            PatternKind::Value(_) => "MatchValue",
            PatternKind::Singleton => "MatchSingleton",
            PatternKind::Sequence(_) => "MatchSequence",
            PatternKind::Mapping(_) => "MatchMapping",
            PatternKind::Class(_) => "MatchClass",
            PatternKind::Star(_) => "MatchStar",
            PatternKind::As(..) => "MatchAs",
            PatternKind::Or(_) => "MatchOr",
        };
        self.open(name, pattern.range);
        match &pattern.kind {
            PatternKind::Value(value) => self.expression(value),
            PatternKind::Mapping(mapping) => self.list(&mapping.keys),
            PatternKind::Class(class) => self.expression(&class.class),
            _ => {}
        }
        pattern.inner().iter().for_each(|inner| self.pattern(inner));
        self.word(pattern.name().unwrap_or("-"));
        self.close();
    }

    fn aliases(&mut self, names: &[Alias<'_>]) {
        for alias in names {
            self.open("alias", alias.range);
            self.word(&alias.name);
            self.word(alias.alias.unwrap_or("-"));
            self.close();
        }
    }

    fn keywords(&mut self, keywords: &[Keyword<'_>]) {
        for keyword in keywords {
            self.word(keyword.name.unwrap_or("**"));
            self.expression(&keyword.value);
        }
    }

    fn parameters(&mut self, parameters: &Parameters<'_>) {
        self.text.push('{');
        for all in [&parameters.positional_only, &parameters.positional, &parameters.keyword_only] {
            for one in all.iter() {
                self.parameter(Some(one));
            }
            self.word("/");
        }
        self.parameter(parameters.variadic.as_ref());
        self.parameter(parameters.keywords.as_ref());
        self.list(&parameters.defaults);
        for default in &parameters.keyword_defaults {
            self.optional(default.as_ref());
        }
        self.text.push('}');
    }

    fn parameter(&mut self, parameter: Option<&Parameter<'_>>) {
        self.word(parameter.map_or("-", |one| one.name));
        self.optional(parameter.and_then(|one| one.annotation.as_ref()));
    }

    fn comprehension(&mut self, node: &Comprehension<'_>) {
        self.expression(&node.element);
        if let Some(value) = &node.value {
            self.expression(value);
        }
        for generator in &node.generators {
            self.word(if generator.is_async { "async" } else { "for" });
            self.expression(&generator.target);
            self.expression(&generator.iterable);
            self.list(&generator.conditions);
        }
    }

    fn expression(&mut self, expression: &Expr<'_>) {
        let name = match &expression.kind {
            ExprKind::Name(..) => "Name",
            ExprKind::Attribute(..) => "Attribute",
            ExprKind::Subscript(..) => "Subscript",
            ExprKind::Call(..) => "Call",
            ExprKind::Constant(..) => "Constant",
            ExprKind::JoinedStr(..) => "JoinedStr",
            ExprKind::Tuple(..) => "Tuple",
            ExprKind::List(..) => "List",
            ExprKind::Set(..) => "Set",
            ExprKind::Dict(..) => "Dict",
            ExprKind::Starred(..) => "Starred",
            ExprKind::BinOp(..) => "BinOp",
            ExprKind::UnaryOp(..) => "UnaryOp",
            ExprKind::BoolOp(..) => "BoolOp",
            ExprKind::Compare(..) => "Compare",
            ExprKind::IfExp(..) => "IfExp",
            ExprKind::Lambda(..) => "Lambda",
            ExprKind::ListComp(..) => "ListComp",
            ExprKind::SetComp(..) => "SetComp",
            ExprKind::GeneratorExp(..) => "GeneratorExp",
            ExprKind::DictComp(..) => "DictComp",
            ExprKind::NamedExpr(..) => "NamedExpr",
            ExprKind::Yield(..) => "Yield",
            ExprKind::YieldFrom(..) => "YieldFrom",
            ExprKind::Await(..) => "Await",
            ExprKind::Slice(..) => "Slice",
        };
        self.open(name, expression.range);
        self.contents(&expression.kind);
        self.close();
    }

    fn contents(&mut self, kind: &ExprKind<'_>) {
        match kind {
            ExprKind::Name(name, context) => {
                self.word(name);
                self.context(context);
            }
            ExprKind::Attribute(value, name, context) => {
                self.expression(value);
                self.word(name);
                self.context(context);
            }
            ExprKind::Subscript(both, context) => {
                self.expression(&both.0);
                self.expression(&both.1);
                self.context(context);
            }
            ExprKind::Call(call) => {
                self.expression(&call.function);
                self.list(&call.arguments);
                self.keywords(&call.keywords);
            }
            ExprKind::Constant(constant) => self.constant(constant),
            ExprKind::JoinedStr(parts) => {
                let had_places = std::mem::replace(&mut self.has_places, false);
                self.parts(parts);
                self.has_places = had_places;
            }
            ExprKind::Tuple(elements, context) | ExprKind::List(elements, context) => {
                self.list(elements);
                self.context(context);
            }
            ExprKind::Set(elements) => self.list(elements),
            ExprKind::Dict(entries) => {
                for (key, value) in entries {
                    self.optional(key.as_ref());
                    self.expression(value);
                }
            }
            ExprKind::Starred(value, context) => {
                self.expression(value);
                self.context(context);
            }
            _ => self.operation(kind),
        }
    }

    fn operation(&mut self, kind: &ExprKind<'_>) {
        match kind {
            ExprKind::BinOp(both, operator) => {
                self.expression(&both.0);
                self.word(&format!("{operator:?}"));
                self.expression(&both.1);
            }
            ExprKind::UnaryOp(operand, operator) => {
                self.word(&format!("{operator:?}"));
                self.expression(operand);
            }
            ExprKind::BoolOp(operands, is_and) => {
                self.word(if *is_and { "And" } else { "Or" });
                self.list(operands);
            }
            ExprKind::Compare(compare) => {
                self.expression(&compare.left);
                for (operator, operand) in &compare.rest {
                    self.word(&format!("{operator:?}"));
                    self.expression(operand);
                }
            }
            ExprKind::IfExp(all) => {
                self.expression(&all.0);
                self.expression(&all.1);
                self.expression(&all.2);
            }
            ExprKind::Lambda(lambda) => {
                self.parameters(&lambda.parameters);
                self.expression(&lambda.body);
            }
            ExprKind::ListComp(node)
            | ExprKind::SetComp(node)
            | ExprKind::GeneratorExp(node)
            | ExprKind::DictComp(node) => self.comprehension(node),
            ExprKind::NamedExpr(both) => {
                self.expression(&both.0);
                self.expression(&both.1);
            }
            ExprKind::Yield(value) => self.optional(value.as_deref()),
            ExprKind::YieldFrom(value) | ExprKind::Await(value) => self.expression(value),
            ExprKind::Slice(bounds) => {
                self.optional(bounds.0.as_ref());
                self.optional(bounds.1.as_ref());
                self.optional(bounds.2.as_ref());
            }
            _ => unreachable!("not an operation"),
        }
    }

    fn parts(&mut self, parts: &[Part<'_>]) {
        for part in parts {
            match part {
                Part::Text(text) => self.text_value(text),
                Part::Field(field) => {
                    self.text.push('{');
                    self.expression(&field.value);
                    self.word(if field.has_conversion { "!" } else { "-" });
                    match &field.format {
                        Some(format) => self.parts(format),
                        None => self.word("-"),
                    }
                    self.text.push('}');
                }
            }
        }
    }

    fn text_value(&mut self, text: &str) {
        self.text.push('"');
        for byte in text.bytes() {
            let _ = write!(self.text, "{byte:02x}");
        }
        self.text.push('"');
    }

    fn constant(&mut self, constant: &Constant<'_>) {
        match constant {
            Constant::None => self.word("None"),
            Constant::True => self.word("True"),
            Constant::False => self.word("False"),
            Constant::Ellipsis => self.word("Ellipsis"),
            Constant::Int(digits) => {
                let _ = write!(self.text, "{} ", remainder(digits));
            }
            Constant::Float(digits) => {
                let value: f64 = digits.replace('_', "").parse().expect("a float");
                let _ = write!(self.text, "{:x} ", value.to_bits());
            }
            Constant::Complex => self.word("complex"),
            Constant::Bytes => self.word("bytes"),
            Constant::Str(literals) => match strings::value(literals) {
                Some(value) => self.text_value(&value),
                None => self.word("?"),
            },
        }
    }
}

/// The value of an integer modulo 2**61 - 1.
fn remainder(digits: &str) -> u128 {
    let (base, digits) = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ => (10, digits),
    };
    digits
        .chars()
        .filter_map(|digit| digit.to_digit(base))
        .fold(0, |value, digit| (value * u128::from(base) + u128::from(digit)) % ((1 << 61) - 1))
}
