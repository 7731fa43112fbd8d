//! Statements, simple and compound, and imports.

use std::borrow::Cow;

use super::expressions::{become_target, begins_expression, BIT_OR};
use super::{Parser, MOST_ELIFS};
use crate::ast::{
    Alias, AnnAssign, BinaryOperator, Context, Expr, ExprKind, For, Handler, If, ImportFrom, Stmt,
    StmtKind, Try, While, With,
};
use crate::lexer::Kind;

type Item<'s> = (Expr<'s>, Option<Expr<'s>>);

impl<'s> Parser<'s> {
    pub(super) fn file(&mut self) -> Option<Vec<Stmt<'s>>> {
        let mut body = Vec::new();
        while self.kind() != Kind::End {
            self.statement(&mut body)?;
        }
        Some(body)
    }

    fn statement(&mut self, body: &mut Vec<Stmt<'s>>) -> Option<()> {
        self.steps = 0;
        let mut start = self.start();
        let kind = match self.kind() {
            Kind::If => self.if_statement()?,
            Kind::For => self.for_statement(false)?,
            Kind::While => self.while_statement()?,
            Kind::With => self.with_statement(false)?,
            Kind::Try => self.try_statement()?,
            Kind::Def => self.function(false)?,
            Kind::Class => self.class()?,
            Kind::Async => {
                self.advance();
                match self.kind() {
                    Kind::Def => self.function(true)?,
                    Kind::For => self.for_statement(true)?,
                    Kind::With => self.with_statement(true)?,
                    _ => return None,
                }
            }
            Kind::At => {
                let (begin, kind) = self.decorated()?;
                start = begin;
                kind
            }
            Kind::Name if self.text() == "match" => match self.match_subject() {
                Some(subject) => self.cases(subject)?,
                None => return self.simple_statements(body),
            },
            _ => return self.simple_statements(body),
        };
        body.push(Stmt { range: self.range(start), kind });
        Some(())
    }

    /// A colon, and statements on the same line or indented below.
    pub(super) fn block(&mut self) -> Option<Vec<Stmt<'s>>> {
        self.expect(Kind::Colon)?;
        self.enter()?;
        let mut body = Vec::new();
        if self.kind() == Kind::Newline {
            self.expect_layout(Kind::Newline)?;
            self.expect_layout(Kind::Indent)?;
            while self.kind() != Kind::Dedent {
                self.statement(&mut body)?;
            }
            self.expect_layout(Kind::Dedent)?;
        } else {
            self.simple_statements(&mut body)?;
        }
        self.leave();
        Some(body)
    }

    fn else_block(&mut self) -> Option<Vec<Stmt<'s>>> {
        if self.eat(Kind::Else) {
            self.block()
        } else {
            Some(Vec::new())
        }
    }

    /// From `if` or `elif` on.
    fn if_statement(&mut self) -> Option<StmtKind<'s>> {
        self.advance();
        let test = self.named_expression()?;
        let body = self.block()?;
        let orelse = if self.kind() == Kind::Elif {
            self.elifs += 1;
            if self.elifs > MOST_ELIFS {
                return None;
            }
            self.steps = 0;
            let start = self.start();
            let kind = self.if_statement()?;
            self.elifs -= 1;
            vec![Stmt { range: self.range(start), kind }]
        } else {
            self.else_block()?
        };
        Some(StmtKind::If(Box::new(If { test, body, orelse })))
    }

    fn for_statement(&mut self, is_async: bool) -> Option<StmtKind<'s>> {
        self.expect(Kind::For)?;
        let target = self.loop_targets()?;
        self.expect(Kind::In)?;
        let iterable = self.expressions()?;
        let body = self.block()?;
        let orelse = self.else_block()?;
        Some(StmtKind::For(Box::new(For { target, iterable, body, orelse, is_async })))
    }

    fn while_statement(&mut self) -> Option<StmtKind<'s>> {
        self.expect(Kind::While)?;
        let test = self.named_expression()?;
        let body = self.block()?;
        let orelse = self.else_block()?;
        Some(StmtKind::While(Box::new(While { test, body, orelse })))
    }

    fn with_statement(&mut self, is_async: bool) -> Option<StmtKind<'s>> {
        self.expect(Kind::With)?;
        let items = match self.items_in_parentheses() {
            Some(items) => items,
            None => self.items()?,
        };
        let body = self.block()?;
        Some(StmtKind::With(Box::new(With { items, body, is_async })))
    }

    /// `(a as b, c)` in front of a colon. Where it is something else all is as it was: the
    /// parentheses belong to an expression then.
    fn items_in_parentheses(&mut self) -> Option<Vec<Item<'s>>> {
        if self.kind() != Kind::LeftParen {
            return None;
        }
        let before = (self.position, self.last_end, self.depth, self.steps);
        let items = self.try_items_in_parentheses();
        if items.is_none() {
            (self.position, self.last_end, self.depth, self.steps) = before;
        }
        items
    }

    fn try_items_in_parentheses(&mut self) -> Option<Vec<Item<'s>>> {
        self.advance();
        let mut items = vec![self.item()?];
        while self.eat(Kind::Comma) && self.kind() != Kind::RightParen {
            items.push(self.item()?);
        }
        self.expect(Kind::RightParen)?;
        if self.kind() == Kind::Colon {
            Some(items)
        } else {
            None
        }
    }

    fn items(&mut self) -> Option<Vec<Item<'s>>> {
        let mut items = vec![self.item()?];
        while self.eat(Kind::Comma) {
            items.push(self.item()?);
        }
        Some(items)
    }

    fn item(&mut self) -> Option<Item<'s>> {
        let value = self.expression()?;
        if !self.eat(Kind::As) {
            return Some((value, None));
        }
        let mut target = self.operation(BIT_OR)?;
        become_target(&mut target, Context::Store)?;
        Some((value, Some(target)))
    }

    fn try_statement(&mut self) -> Option<StmtKind<'s>> {
        self.expect(Kind::Try)?;
        let body = self.block()?;
        let mut handlers = Vec::new();
        let is_star = self.kind() == Kind::Except && self.next_kind() == Kind::Star;
        while self.kind() == Kind::Except {
            handlers.push(self.handler(is_star)?);
        }
        let orelse = if handlers.is_empty() { Vec::new() } else { self.else_block()? };
        let finally = if self.eat(Kind::Finally) {
            self.block()?
        } else if handlers.is_empty() {
            return None;
        } else {
            Vec::new()
        };
        Some(StmtKind::Try(Box::new(Try { body, handlers, orelse, finally, is_star })))
    }

    fn handler(&mut self, is_star: bool) -> Option<Handler<'s>> {
        self.steps = 0;
        let start = self.start();
        self.expect(Kind::Except)?;
        let (mut catches, mut name) = (None, None);
        if self.eat(Kind::Star) != is_star {
            return None;
        }
        if is_star || self.kind() != Kind::Colon {
            catches = Some(self.expression()?);
            if self.eat(Kind::As) {
                name = Some(self.name()?);
            }
        }
        let body = self.block()?;
        Some(Handler { range: self.range(start), catches, name, body })
    }

    /// The simple statements of a line.
    fn simple_statements(&mut self, body: &mut Vec<Stmt<'s>>) -> Option<()> {
        loop {
            self.steps = 0;
            let start = self.start();
            let kind = self.simple_statement()?;
            body.push(Stmt { range: self.range(start), kind });
            if self.kind() == Kind::Newline {
                return self.expect_layout(Kind::Newline);
            }
            self.expect(Kind::Semicolon)?;
            if self.kind() == Kind::Newline {
                return self.expect_layout(Kind::Newline);
            }
        }
    }

    fn simple_statement(&mut self) -> Option<StmtKind<'s>> {
        let keyword = self.kind();
        match keyword {
            Kind::Pass | Kind::Break | Kind::Continue | Kind::Return | Kind::Raise => {}
            Kind::Assert | Kind::Del | Kind::Global | Kind::Nonlocal => {}
            Kind::Import | Kind::From => {}
            Kind::Yield => return Some(StmtKind::Expr(self.yield_expression()?)),
            _ => return self.expression_statement(),
        }
        self.advance();
        Some(match keyword {
            Kind::Pass => StmtKind::Pass,
            Kind::Break => StmtKind::Break,
            Kind::Continue => StmtKind::Continue,
            Kind::Return if begins_expression(self.kind()) => {
                StmtKind::Return(Some(self.expressions()?))
            }
            Kind::Return => StmtKind::Return(None),
            Kind::Raise if begins_expression(self.kind()) => {
                let raised = self.expression()?;
                StmtKind::Raise(Some(raised), self.expression_after(Kind::From)?)
            }
            Kind::Raise => StmtKind::Raise(None, None),
            Kind::Assert => {
                let test = self.expression()?;
                StmtKind::Assert(test, self.expression_after(Kind::Comma)?)
            }
            Kind::Del => StmtKind::Delete(self.deleted()?),
            Kind::Global => StmtKind::Global(self.names()?),
            Kind::Nonlocal => StmtKind::Nonlocal(self.names()?),
            Kind::Import => StmtKind::Import(self.imports()?),
            _ => StmtKind::ImportFrom(self.import_from()?),
        })
    }

    fn expression_after(&mut self, mark: Kind) -> Option<Option<Expr<'s>>> {
        if self.eat(mark) {
            Some(Some(self.expression()?))
        } else {
            Some(None)
        }
    }

    /// An expression, or an assignment of any kind.
    fn expression_statement(&mut self) -> Option<StmtKind<'s>> {
        let mut first = self.expressions()?;
        if let Some(operator) = augmented(self.kind()) {
            become_single_target(&mut first)?;
            self.advance();
            return Some(StmtKind::AugAssign(first, operator, self.assigned()?));
        }
        match self.kind() {
            Kind::Equal => self.assignment(first),
            Kind::Colon => {
                become_single_target(&mut first)?;
                self.has_no_parentheses_first(&first)?;
                self.advance();
                let annotation = self.expression()?;
                let value = if self.eat(Kind::Equal) { Some(self.assigned()?) } else { None };
                Some(StmtKind::AnnAssign(Box::new(AnnAssign { target: first, annotation, value })))
            }
            _ => Some(StmtKind::Expr(first)),
        }
    }

    /// Decline `(a).b: int`, which is none for CPython: behind `(a)` it takes nothing but a colon.
    fn has_no_parentheses_first(&self, target: &Expr<'s>) -> Option<()> {
        let begins = self.source.as_bytes().get(target.range.start as usize);
        let is_plain = matches!(target.kind, ExprKind::Name(..)) || begins != Some(&b'(');
        is_plain.then_some(())
    }

    fn assignment(&mut self, first: Expr<'s>) -> Option<StmtKind<'s>> {
        let mut targets = Vec::with_capacity(1);
        let mut value = first;
        while self.eat(Kind::Equal) {
            become_target(&mut value, Context::Store)?;
            targets.push(value);
            value = self.assigned()?;
        }
        Some(StmtKind::Assign(targets, value))
    }

    fn deleted(&mut self) -> Option<Vec<Expr<'s>>> {
        let mut targets = Vec::with_capacity(1);
        loop {
            let mut target = self.operation(BIT_OR)?;
            become_target(&mut target, Context::Del)?;
            targets.push(target);
            if !self.eat(Kind::Comma) || !begins_expression(self.kind()) {
                return Some(targets);
            }
        }
    }

    fn names(&mut self) -> Option<Vec<&'s str>> {
        let mut names = vec![self.name()?];
        while self.eat(Kind::Comma) {
            names.push(self.name()?);
        }
        Some(names)
    }

    fn imports(&mut self) -> Option<Vec<Alias<'s>>> {
        let mut aliases = Vec::with_capacity(1);
        loop {
            let start = self.start();
            let first = self.text();
            let name = self.dotted_name()?;
            aliases.push(self.alias(start, name, first)?);
            if !self.eat(Kind::Comma) {
                return Some(aliases);
            }
        }
    }

    fn dotted_name(&mut self) -> Option<Cow<'s, str>> {
        let start = self.start();
        let mut length = self.name()?.len();
        let first = self.position;
        while self.eat(Kind::Dot) {
            length += 1 + self.name()?.len();
        }
        let range = self.range(start);
        let text = &self.source[range.start as usize..range.end as usize];
        if text.len() == length {
            return Some(Cow::Borrowed(text));
        }
        let mut name = String::with_capacity(length);
        for token in &self.tokens[first - 1..self.position] {
            name.push_str(&self.source[token.start as usize..token.end as usize]);
        }
        Some(Cow::Owned(name))
    }

    fn alias(&mut self, start: u32, name: Cow<'s, str>, first: &'s str) -> Option<Alias<'s>> {
        let alias = if self.eat(Kind::As) { Some(self.name()?) } else { None };
        Some(Alias { range: self.range(start), name, first, alias })
    }

    fn import_from(&mut self) -> Option<ImportFrom<'s>> {
        let mut level = 0;
        loop {
            level += match self.kind() {
                Kind::Dot => 1,
                Kind::Ellipsis => 3,
                _ => break,
            };
            self.advance();
        }
        let module =
            if level > 0 && self.kind() == Kind::Import { None } else { Some(self.dotted_name()?) };
        self.expect(Kind::Import)?;
        let names = self.imported_names()?;
        Some(ImportFrom { module, level, names })
    }

    fn imported_names(&mut self) -> Option<Vec<Alias<'s>>> {
        let mut names = Vec::with_capacity(1);
        let start = self.start();
        if self.eat(Kind::Star) {
            names.push(Alias {
                range: self.range(start),
                name: Cow::Borrowed("*"),
                first: "*",
                alias: None,
            });
            return Some(names);
        }
        let has_parentheses = self.eat(Kind::LeftParen);
        loop {
            let start = self.start();
            let name = self.name()?;
            names.push(self.alias(start, Cow::Borrowed(name), name)?);
            if !self.eat(Kind::Comma) || (has_parentheses && self.kind() == Kind::RightParen) {
                break;
            }
        }
        if has_parentheses {
            self.expect(Kind::RightParen)?;
        }
        Some(names)
    }
}

/// Make an expression the target of an augmented or annotated assignment.
fn become_single_target(target: &mut Expr<'_>) -> Option<()> {
    match target.kind {
        ExprKind::Name(..) | ExprKind::Attribute(..) | ExprKind::Subscript(..) => {
            become_target(target, Context::Store)
        }
        _ => None,
    }
}

fn augmented(kind: Kind) -> Option<BinaryOperator> {
    Some(match kind {
        Kind::PlusEqual => BinaryOperator::Add,
        Kind::MinusEqual => BinaryOperator::Sub,
        Kind::StarEqual => BinaryOperator::Mult,
        Kind::SlashEqual => BinaryOperator::Div,
        Kind::DoubleSlashEqual => BinaryOperator::FloorDiv,
        Kind::PercentEqual => BinaryOperator::Mod,
        Kind::AtEqual => BinaryOperator::MatMult,
        Kind::DoubleStarEqual => BinaryOperator::Pow,
        Kind::AmpersandEqual => BinaryOperator::BitAnd,
        Kind::BarEqual => BinaryOperator::BitOr,
        Kind::CaretEqual => BinaryOperator::BitXor,
        Kind::LeftShiftEqual => BinaryOperator::LShift,
        Kind::RightShiftEqual => BinaryOperator::RShift,
        _ => return None,
    })
}
