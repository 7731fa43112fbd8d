//! What catches an exception, and what a handler does with it (index/guards.py).

use crate::ast::*;
use crate::chains::{dotted, is_chain, last_name};
use crate::children::any_expression;
use crate::strings;
use crate::values;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum StopKind {
    Raise,
    Return,
    Loop,
    Exit,
    Skip,
}

impl StopKind {
    pub fn value(self) -> &'static str {
        match self {
            StopKind::Raise => "raise",
            StopKind::Return => "return",
            StopKind::Loop => "loop",
            StopKind::Exit => "exit",
            StopKind::Skip => "skip",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Continues,
    Raises,
    Exits,
    Skips,
}

impl Outcome {
    pub fn value(self) -> &'static str {
        match self {
            Outcome::Continues => "continues",
            Outcome::Raises => "raises",
            Outcome::Exits => "exits",
            Outcome::Skips => "skips",
        }
    }
}

/// Give the exceptions of an `except` clause as written; `?` for a computed one.
pub fn caught(node: Option<&Expr>) -> Vec<String> {
    let one = |item: &Expr| dotted(item).unwrap_or_else(|| "?".to_owned());
    match node {
        None => Vec::new(),
        Some(Expr { kind: ExprKind::Tuple(items, _), .. }) => items.iter().map(one).collect(),
        Some(node) => vec![one(node)],
    }
}

/// Say what a context manager catches, and whether it expects it to be raised.
pub fn caught_by_manager(node: &Expr) -> Option<(Vec<String>, bool)> {
    let call = match &node.kind {
        ExprKind::Call(call) if !call.arguments.is_empty() => call,
        _ => return None,
    };
    match dotted(&call.function)?.as_str() {
        "suppress" | "contextlib.suppress" => {
            Some((call.arguments.iter().flat_map(|one| caught(Some(one))).collect(), false))
        }
        "pytest.raises" | "raises" | "self.assertRaises" | "self.assertRaisesRegex" => {
            Some((caught(Some(&call.arguments[0])), true))
        }
        _ => None,
    }
}

/// Say whether a call never returns: it exits, fails the test, or skips it.
pub fn stop_of_call(call: &Call) -> Option<StopKind> {
    let function = &call.function;
    let is_one_of = |names: &[&str]| names.iter().any(|name| is_chain(function, name));
    match last_name(function)? {
        "exit" | "quit" | "_exit" | "abort" | "fail" | "skip" | "skipTest" => {}
        _ => return None,
    }
    if is_one_of(&["sys.exit", "exit", "quit", "os._exit", "os.abort"]) {
        Some(StopKind::Exit)
    } else if is_one_of(&["pytest.fail", "self.fail", "pytest.exit"]) {
        Some(StopKind::Raise)
    } else if is_one_of(&["pytest.skip", "self.skipTest"]) {
        Some(StopKind::Skip)
    } else {
        None
    }
}

/// Whether a `pytest.skip` call ends more than one test (`allow_module_level=True`).
pub fn skips_module(call: &Call) -> bool {
    call.keywords.iter().any(|keyword| keyword.name == Some("allow_module_level"))
        || is_chain(&call.function, "self.skipTest")
}

/// Say where a handler leads on every way through it.
pub fn outcome(body: &[Stmt]) -> Outcome {
    body.iter().find_map(end).unwrap_or(Outcome::Continues)
}

/// Whether a statement always raises AssertionError, unless Python runs with `-O`.
pub fn is_assert_false(statement: &Stmt) -> bool {
    match &statement.kind {
        StmtKind::Assert(Expr { kind: ExprKind::Constant(value), .. }, _) => is_false(value),
        _ => false,
    }
}

fn is_false(value: &Constant) -> bool {
    match value {
        Constant::None | Constant::False => true,
        Constant::Int(digits) => values::integer(digits) == Some(0),
        Constant::Float(digits) => digits.replace('_', "").parse() == Ok(0.0_f64),
        Constant::Str(literals) => strings::value(literals).map_or(false, |text| text.is_empty()),
        _ => false,
    }
}

fn end(statement: &Stmt) -> Option<Outcome> {
    if is_assert_false(statement) {
        return Some(Outcome::Raises);
    }
    match &statement.kind {
        StmtKind::Raise(raised, _) => Some(outcome_of_raise(raised.as_ref())),
        StmtKind::Return(_) | StmtKind::Continue | StmtKind::Break => Some(Outcome::Continues),
        StmtKind::Expr(Expr { kind: ExprKind::Call(call), .. }) => match stop_of_call(call)? {
            StopKind::Exit => Some(Outcome::Exits),
            StopKind::Raise => Some(Outcome::Raises),
            StopKind::Skip => Some(Outcome::Skips),
            _ => None,
        },
        StmtKind::If(node) if !node.orelse.is_empty() => {
            let (first, second) = (outcome(&node.body), outcome(&node.orelse));
            let both = first != Outcome::Continues && second != Outcome::Continues;
            if both {
                Some(first)
            } else {
                None
            }
        }
        StmtKind::With(node) if !node.is_async => {
            Some(outcome(&node.body)).filter(|&inner| inner != Outcome::Continues)
        }
        _ => None,
    }
}

fn outcome_of_raise(raised: Option<&Expr>) -> Outcome {
    let class = match raised {
        Some(Expr { kind: ExprKind::Call(call), .. }) => Some(&call.function),
        other => other,
    };
    let skips = ["SkipTest", "unittest.SkipTest", "pytest.skip.Exception"];
    match class {
        Some(class) if skips.iter().any(|name| is_chain(class, name)) => Outcome::Skips,
        _ => Outcome::Raises,
    }
}

/// A test that has to hold for a decorated test function or class to run.
#[derive(Clone, Copy)]
pub enum RunTest<'t, 's> {
    /// It never runs; the decorator says so.
    Never(&'t Expr<'s>),
    If(&'t Expr<'s>),
    IfNot(&'t Expr<'s>),
}

/// Give what a decorator asks of a test, None when it skips nothing.
pub fn run_test<'t, 's>(decorator: &'t Expr<'s>) -> Option<RunTest<'t, 's>> {
    let call = match &decorator.kind {
        ExprKind::Call(call) => Some(call),
        _ => None,
    };
    let name = call.map_or(decorator, |call| &call.function);
    let is_one_of = |names: &[&str]| names.iter().any(|one| is_chain(name, one));
    if is_one_of(&["pytest.mark.skip", "unittest.skip", "skip"]) {
        return Some(RunTest::Never(decorator));
    }
    let test = call?.arguments.first()?;
    if matches!(test.kind, ExprKind::Constant(Constant::Str(_))) {
        return None; // source text, which pytest evaluates
    }
    if is_one_of(&["pytest.mark.skipif", "unittest.skipIf", "skipIf"]) {
        return Some(RunTest::IfNot(test));
    }
    let unless = is_one_of(&["unittest.skipUnless", "skipUnless"]);
    if unless {
        Some(RunTest::If(test))
    } else {
        None
    }
}

/// Give what the marks of `pytestmark = ...` ask of every test of a module.
pub fn module_tests<'t, 's>(body: &'t [Stmt<'s>]) -> Vec<RunTest<'t, 's>> {
    for statement in body {
        if let StmtKind::Assign(targets, value) = &statement.kind {
            if is_name(&targets[0]) {
                return match &value.kind {
                    ExprKind::List(marks, _) | ExprKind::Tuple(marks, _) => {
                        marks.iter().filter_map(run_test).collect()
                    }
                    _ => run_test(value).into_iter().collect(),
                };
            }
        }
    }
    return Vec::new();

    fn is_name(target: &Expr) -> bool {
        crate::chains::is_name(target, "pytestmark")
    }
}

/// Whether a try body only asks if something can be imported.
pub fn is_probe(body: &[Stmt]) -> bool {
    body.iter().all(|statement| match &statement.kind {
        StmtKind::Import(_)
        | StmtKind::ImportFrom(_)
        | StmtKind::Pass
        | StmtKind::Global(_)
        | StmtKind::Nonlocal(_) => true,
        StmtKind::Assign(_, value) | StmtKind::Expr(value) => !calls(value),
        StmtKind::Return(value) => !value.as_ref().map_or(false, calls),
        StmtKind::AnnAssign(assign) => !assign.value.as_ref().map_or(false, calls),
        _ => false,
    })
}

fn calls(node: &Expr) -> bool {
    any_expression(node, &mut |one| matches!(one.kind, ExprKind::Call(_) | ExprKind::Await(_)))
}

/// Whether `@enum.global_enum` puts the members of a class into the module's namespace.
pub fn exports_members(decorators: &[Expr]) -> bool {
    let names = ["enum.global_enum", "global_enum", "_global_enum"];
    decorators.iter().any(|decorator| names.iter().any(|name| is_chain(decorator, name)))
}
