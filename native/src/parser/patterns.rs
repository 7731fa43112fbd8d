//! `match` statements and their patterns (PEP 634).

use super::expressions::begins_expression;
use super::{Parser, MOST_ELIFS};
use crate::ast::{
    BinaryOperator, Case, ClassPattern, Constant, Context, Expr, ExprKind, MappingPattern, Match,
    Pattern, PatternKind, StmtKind, UnaryOperator,
};
use crate::lexer::Kind;

impl<'s> Parser<'s> {
    /// From the subject of a `match` statement to its first case. Where the name begins another
    /// statement all is as it was.
    pub(super) fn match_subject(&mut self) -> Option<Expr<'s>> {
        if !begins_expression(self.next_kind()) {
            return None;
        }
        let before = (self.position, self.last_end, self.depth, self.steps);
        let subject = self.try_match_subject();
        if subject.is_none() {
            (self.position, self.last_end, self.depth, self.steps) = before;
        }
        subject
    }

    fn try_match_subject(&mut self) -> Option<Expr<'s>> {
        self.advance();
        let start = self.start();
        let first = self.starred_or(Self::named_expression)?;
        let subject = self.tuple_after(start, first, Self::named_expression)?;
        self.expect(Kind::Colon)?;
        self.expect_layout(Kind::Newline)?;
        self.expect_layout(Kind::Indent)?;
        if self.at_case() {
            Some(subject)
        } else {
            None
        }
    }

    fn at_case(&self) -> bool {
        self.kind() == Kind::Name && self.text() == "case"
    }

    /// The cases of a `match` statement. What is recorded of one nests in that of the one before.
    pub(super) fn cases(&mut self, subject: Expr<'s>) -> Option<StmtKind<'s>> {
        self.enter()?;
        let elifs = self.elifs;
        let mut cases = Vec::new();
        while self.kind() != Kind::Dedent {
            self.elifs += 1;
            if self.elifs > MOST_ELIFS || !self.at_case() {
                return None;
            }
            cases.push(self.case()?);
        }
        self.expect_layout(Kind::Dedent)?;
        self.elifs = elifs;
        self.leave();
        Some(StmtKind::Match(Box::new(Match { subject, cases })))
    }

    fn case(&mut self) -> Option<Case<'s>> {
        self.steps = 0;
        self.advance();
        let start = self.start();
        let first = self.starred_pattern()?;
        let pattern = if self.kind() == Kind::Comma {
            let patterns =
                self.patterns_after(first, |kind| matches!(kind, Kind::If | Kind::Colon));
            self.pattern_node(start, PatternKind::Sequence(patterns?))
        } else {
            unstarred(first)?
        };
        let guard = if self.eat(Kind::If) { Some(self.named_expression()?) } else { None };
        let body = self.block()?;
        Some(Case { pattern, guard, body })
    }

    fn pattern_node(&self, start: u32, kind: PatternKind<'s>) -> Pattern<'s> {
        Pattern { range: self.range(start), kind }
    }

    /// The patterns of a sequence whose first one was read.
    fn patterns_after(
        &mut self,
        first: Pattern<'s>,
        ends: fn(Kind) -> bool,
    ) -> Option<Vec<Pattern<'s>>> {
        let mut patterns = vec![first];
        while self.eat(Kind::Comma) && !ends(self.kind()) {
            patterns.push(self.starred_pattern()?);
        }
        Some(patterns)
    }

    /// A pattern, or `*name`.
    fn starred_pattern(&mut self) -> Option<Pattern<'s>> {
        let start = self.start();
        if !self.eat(Kind::Star) {
            return self.pattern();
        }
        let name = self.name()?;
        let name = if name == "_" { None } else { Some(name) };
        Some(self.pattern_node(start, PatternKind::Star(name)))
    }

    fn pattern(&mut self) -> Option<Pattern<'s>> {
        self.enter()?;
        let start = self.start();
        let mut pattern = self.alternatives()?;
        if self.eat(Kind::As) {
            let name = self.captured()?;
            pattern =
                self.pattern_node(start, PatternKind::As(Some(Box::new(pattern)), Some(name)));
        }
        self.leave();
        Some(pattern)
    }

    /// A name that a pattern binds.
    fn captured(&mut self) -> Option<&'s str> {
        self.name().filter(|name| *name != "_")
    }

    fn alternatives(&mut self) -> Option<Pattern<'s>> {
        let start = self.start();
        let first = self.closed_pattern()?;
        if self.kind() != Kind::Bar {
            return Some(first);
        }
        let mut patterns = vec![first];
        while self.eat(Kind::Bar) {
            patterns.push(self.closed_pattern()?);
        }
        Some(self.pattern_node(start, PatternKind::Or(patterns)))
    }

    fn closed_pattern(&mut self) -> Option<Pattern<'s>> {
        let start = self.start();
        let kind = match self.kind() {
            Kind::Name => return self.named_pattern(),
            Kind::LeftParen => return self.sequence_pattern(Kind::RightParen),
            Kind::LeftBracket => return self.sequence_pattern(Kind::RightBracket),
            Kind::LeftBrace => return self.mapping_pattern(),
            Kind::None | Kind::True | Kind::False => {
                self.singleton()?;
                PatternKind::Singleton
            }
            _ => PatternKind::Value(self.literal_pattern()?),
        };
        Some(self.pattern_node(start, kind))
    }

    /// A name to be bound, a chain of names, or a class.
    fn named_pattern(&mut self) -> Option<Pattern<'s>> {
        let start = self.start();
        let name = self.text();
        if name == "_" {
            self.advance();
            return Some(self.pattern_node(start, PatternKind::As(None, None)));
        }
        let value = self.name_or_attribute()?;
        if self.kind() == Kind::LeftParen {
            return self.class_pattern(start, value);
        }
        let kind = match value.kind {
            ExprKind::Name(..) => PatternKind::As(None, Some(name)),
            _ => PatternKind::Value(value),
        };
        Some(self.pattern_node(start, kind))
    }

    fn name_or_attribute(&mut self) -> Option<Expr<'s>> {
        let start = self.start();
        let name = self.name()?;
        let mut value = self.node(start, ExprKind::Name(name, Context::Load));
        let mut length = 0;
        while self.eat(Kind::Dot) {
            let name = self.name()?;
            self.step(&mut length)?;
            value = self.node(start, ExprKind::Attribute(Box::new(value), name, Context::Load));
        }
        Some(value)
    }

    fn class_pattern(&mut self, start: u32, class: Expr<'s>) -> Option<Pattern<'s>> {
        self.enter()?;
        self.advance();
        let (mut patterns, mut keywords) = (Vec::new(), Vec::new());
        while self.kind() != Kind::RightParen {
            if self.kind() == Kind::Name && self.next_kind() == Kind::Equal {
                // CPython takes the first `_` behind patterns for one of them.
                if self.text() == "_" && keywords.is_empty() && !patterns.is_empty() {
                    return None;
                }
                self.advance();
                self.advance();
                keywords.push(self.pattern()?);
            } else if keywords.is_empty() {
                patterns.push(self.pattern()?);
            } else {
                return None;
            }
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::RightParen)?;
        self.leave();
        patterns.append(&mut keywords);
        let pattern = ClassPattern { class, patterns };
        Some(self.pattern_node(start, PatternKind::Class(Box::new(pattern))))
    }

    /// A sequence in brackets, or a pattern in parentheses, which has its own range.
    fn sequence_pattern(&mut self, close: Kind) -> Option<Pattern<'s>> {
        self.enter()?;
        let start = self.start();
        self.advance();
        let mut patterns = Vec::new();
        if self.kind() != close {
            let first = self.starred_pattern()?;
            if close == Kind::RightParen && self.eat(close) {
                self.leave();
                return unstarred(first);
            }
            let ends = |kind| matches!(kind, Kind::RightParen | Kind::RightBracket);
            patterns = self.patterns_after(first, ends)?;
        }
        self.expect(close)?;
        self.leave();
        Some(self.pattern_node(start, PatternKind::Sequence(patterns)))
    }

    fn mapping_pattern(&mut self) -> Option<Pattern<'s>> {
        self.enter()?;
        let start = self.start();
        self.advance();
        let mut pattern = MappingPattern { keys: Vec::new(), patterns: Vec::new(), rest: None };
        while self.kind() != Kind::RightBrace {
            if self.eat(Kind::DoubleStar) {
                pattern.rest = Some(self.captured()?);
                self.eat(Kind::Comma);
                break;
            }
            pattern.keys.push(self.mapping_key()?);
            self.expect(Kind::Colon)?;
            pattern.patterns.push(self.pattern()?);
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::RightBrace)?;
        self.leave();
        Some(self.pattern_node(start, PatternKind::Mapping(Box::new(pattern))))
    }

    fn mapping_key(&mut self) -> Option<Expr<'s>> {
        match self.kind() {
            Kind::None | Kind::True | Kind::False => self.singleton(),
            Kind::Name => {
                let key = self.name_or_attribute()?;
                Some(key).filter(|key| matches!(key.kind, ExprKind::Attribute(..)))
            }
            _ => self.literal_pattern(),
        }
    }

    fn singleton(&mut self) -> Option<Expr<'s>> {
        let start = self.start();
        let constant = match self.kind() {
            Kind::None => Constant::None,
            Kind::True => Constant::True,
            _ => Constant::False,
        };
        self.advance();
        Some(self.node(start, ExprKind::Constant(constant)))
    }

    /// Strings, or a number: `-1`, `1 + 2j`. The compiler refuses f-strings.
    fn literal_pattern(&mut self) -> Option<Expr<'s>> {
        if matches!(self.kind(), Kind::Text | Kind::SpecialText) {
            let value = self.strings()?;
            return Some(value).filter(|value| matches!(value.kind, ExprKind::Constant(_)));
        }
        let start = self.start();
        let is_negative = self.eat(Kind::Minus);
        let is_complex = self.kind() == Kind::Complex;
        let mut value = self.number()?;
        if is_negative {
            value = self.node(start, ExprKind::UnaryOp(Box::new(value), UnaryOperator::USub));
        }
        let operator = match self.kind() {
            Kind::Plus => BinaryOperator::Add,
            Kind::Minus => BinaryOperator::Sub,
            _ => return Some(value),
        };
        self.advance();
        if is_complex || self.kind() != Kind::Complex {
            return None;
        }
        let imaginary = self.number()?;
        Some(self.node(start, ExprKind::BinOp(Box::new((value, imaginary)), operator)))
    }

    fn number(&mut self) -> Option<Expr<'s>> {
        let start = self.start();
        let constant = match self.kind() {
            Kind::Int => Constant::Int(self.text()),
            Kind::Float => Constant::Float(self.text()),
            Kind::Complex => Constant::Complex,
            _ => return None,
        };
        self.advance();
        Some(self.node(start, ExprKind::Constant(constant)))
    }
}

/// A pattern that stands alone: `*name` has to be in a sequence.
fn unstarred(pattern: Pattern<'_>) -> Option<Pattern<'_>> {
    match pattern.kind {
        PatternKind::Star(_) => None,
        _ => Some(pattern),
    }
}
