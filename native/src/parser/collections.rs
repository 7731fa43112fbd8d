//! What stands in brackets: displays, comprehensions, arguments, subscripts.

use super::expressions::BIT_OR;
use super::Parser;
use crate::ast::{Call, Comprehension, Context, Expr, ExprKind, Generator, Keyword};
use crate::lexer::Kind;

impl<'s> Parser<'s> {
    /// A tuple, a generator, or an expression in parentheses, which has its own range.
    pub(super) fn parenthesised(&mut self) -> Option<Expr<'s>> {
        self.enter()?;
        let start = self.start();
        self.advance();
        let inner = match self.kind() {
            Kind::RightParen => {
                self.advance();
                self.node(start, ExprKind::Tuple(Vec::new(), Context::Load))
            }
            Kind::Yield => {
                let value = self.yield_expression()?;
                self.expect(Kind::RightParen)?;
                value
            }
            _ => self.parenthesised_elements(start)?,
        };
        self.leave();
        Some(inner)
    }

    fn parenthesised_elements(&mut self, start: u32) -> Option<Expr<'s>> {
        let first = self.starred_or(Self::named_expression)?;
        if self.kind() == Kind::Comma {
            let elements = self.elements(first, Kind::RightParen)?;
            return Some(self.node(start, ExprKind::Tuple(elements, Context::Load)));
        }
        if matches!(first.kind, ExprKind::Starred(..)) {
            return None;
        }
        if self.at_comprehension() {
            let comprehension = self.comprehension(first, None, Kind::RightParen)?;
            return Some(self.node(start, ExprKind::GeneratorExp(comprehension)));
        }
        self.expect(Kind::RightParen)?;
        Some(first)
    }

    /// The elements after the first, and the bracket.
    fn elements(&mut self, first: Expr<'s>, close: Kind) -> Option<Vec<Expr<'s>>> {
        let mut elements = Vec::with_capacity(4);
        elements.push(first);
        let (before, mut most) = (self.steps, 0);
        while self.eat(Kind::Comma) {
            if self.kind() == close {
                break;
            }
            elements.push(self.starred_or(Self::named_expression)?);
            self.beside(before, &mut most);
        }
        self.steps = self.steps.max(most);
        self.expect(close)?;
        Some(elements)
    }

    pub(super) fn list(&mut self) -> Option<Expr<'s>> {
        self.enter()?;
        let start = self.start();
        self.advance();
        let kind = if self.eat(Kind::RightBracket) {
            ExprKind::List(Vec::new(), Context::Load)
        } else {
            let first = self.starred_or(Self::named_expression)?;
            if self.at_comprehension() {
                ExprKind::ListComp(self.comprehension(first, None, Kind::RightBracket)?)
            } else {
                ExprKind::List(self.elements(first, Kind::RightBracket)?, Context::Load)
            }
        };
        self.leave();
        Some(self.node(start, kind))
    }

    /// A dictionary or a set.
    pub(super) fn braced(&mut self) -> Option<Expr<'s>> {
        self.enter()?;
        let start = self.start();
        self.advance();
        let kind = match self.kind() {
            Kind::RightBrace | Kind::DoubleStar => ExprKind::Dict(self.entries(Vec::new())?),
            _ => self.braced_elements()?,
        };
        self.leave();
        Some(self.node(start, kind))
    }

    fn braced_elements(&mut self) -> Option<ExprKind<'s>> {
        let first = if self.next_kind() == Kind::ColonEqual {
            self.named_expression()?
        } else {
            let first = self.starred_or(Self::expression)?;
            if self.kind() == Kind::Colon && !matches!(first.kind, ExprKind::Starred(..)) {
                return self.keyed_elements(first);
            }
            first
        };
        Some(if self.at_comprehension() {
            ExprKind::SetComp(self.comprehension(first, None, Kind::RightBrace)?)
        } else {
            ExprKind::Set(self.elements(first, Kind::RightBrace)?)
        })
    }

    fn keyed_elements(&mut self, key: Expr<'s>) -> Option<ExprKind<'s>> {
        self.expect(Kind::Colon)?;
        let value = self.expression()?;
        if self.at_comprehension() {
            let comprehension = self.comprehension(key, Some(value), Kind::RightBrace)?;
            return Some(ExprKind::DictComp(comprehension));
        }
        let mut entries = Vec::with_capacity(4);
        entries.push((Some(key), value));
        if !self.eat(Kind::Comma) {
            self.expect(Kind::RightBrace)?;
            return Some(ExprKind::Dict(entries));
        }
        Some(ExprKind::Dict(self.entries(entries)?))
    }

    /// The entries of a dictionary that are left, and the brace.
    fn entries(
        &mut self,
        mut entries: Vec<(Option<Expr<'s>>, Expr<'s>)>,
    ) -> Option<Vec<(Option<Expr<'s>>, Expr<'s>)>> {
        let (before, mut most) = (self.steps, 0);
        while self.kind() != Kind::RightBrace {
            self.beside(before, &mut most);
            if self.eat(Kind::DoubleStar) {
                entries.push((None, self.operation(BIT_OR)?));
            } else {
                let key = self.expression()?;
                self.expect(Kind::Colon)?;
                entries.push((Some(key), self.expression()?));
            }
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.steps = self.steps.max(most);
        self.expect(Kind::RightBrace)?;
        Some(entries)
    }

    fn at_comprehension(&self) -> bool {
        matches!(self.kind(), Kind::For | Kind::Async)
    }

    /// What follows the element of a comprehension, and the bracket.
    fn comprehension(
        &mut self,
        element: Expr<'s>,
        value: Option<Expr<'s>>,
        close: Kind,
    ) -> Option<Box<Comprehension<'s>>> {
        if matches!(element.kind, ExprKind::Starred(..)) {
            return None;
        }
        let mut generators = Vec::with_capacity(1);
        while self.at_comprehension() {
            let is_async = self.eat(Kind::Async);
            self.expect(Kind::For)?;
            let target = self.loop_targets()?;
            self.expect(Kind::In)?;
            let iterable = self.disjunction()?;
            let mut conditions = Vec::new();
            while self.eat(Kind::If) {
                conditions.push(self.disjunction()?);
            }
            generators.push(Generator { target, iterable, conditions, is_async });
        }
        self.expect(close)?;
        Some(Box::new(Comprehension { element, value, generators }))
    }

    /// The call of `function`, from its parenthesis on.
    pub(super) fn call(&mut self, function: Expr<'s>) -> Option<Call<'s>> {
        let mut call = Call { function, arguments: Vec::new(), keywords: Vec::new() };
        self.arguments(&mut call.arguments, &mut call.keywords, true)?;
        Some(call)
    }

    /// Arguments in parentheses. `f(*a, b, c=1, *d, **e, g=2)` shows the order: nothing without a
    /// name after a keyword but `*`, and no `*` after `**`.
    pub(super) fn arguments(
        &mut self,
        arguments: &mut Vec<Expr<'s>>,
        keywords: &mut Vec<Keyword<'s>>,
        may_generate: bool,
    ) -> Option<()> {
        self.enter()?;
        let open = self.start();
        self.expect(Kind::LeftParen)?;
        let mut has_mapping = false;
        let (before, mut most) = (self.steps, 0);
        while self.kind() != Kind::RightParen {
            self.beside(before, &mut most);
            let start = self.start();
            match self.kind() {
                Kind::Star if !has_mapping => {
                    self.advance();
                    let value = self.expression()?;
                    let starred = ExprKind::Starred(Box::new(value), Context::Load);
                    arguments.push(self.node(start, starred));
                }
                Kind::DoubleStar => {
                    self.advance();
                    has_mapping = true;
                    let value = self.expression()?;
                    keywords.push(Keyword { name: None, value });
                }
                Kind::Name if self.next_kind() == Kind::Equal => {
                    let name = self.name();
                    self.advance();
                    let value = self.expression()?;
                    keywords.push(Keyword { name, value });
                }
                _ if !keywords.is_empty() => return None,
                _ => {
                    let value = self.named_expression()?;
                    if self.at_comprehension() {
                        if !may_generate || !arguments.is_empty() {
                            return None;
                        }
                        let comprehension = self.comprehension(value, None, Kind::RightParen)?;
                        arguments.push(self.node(open, ExprKind::GeneratorExp(comprehension)));
                        self.leave();
                        return Some(());
                    }
                    arguments.push(value);
                }
            }
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.steps = self.steps.max(most);
        self.expect(Kind::RightParen)?;
        self.leave();
        Some(())
    }

    /// What stands in the brackets of a subscript.
    pub(super) fn subscript(&mut self) -> Option<Expr<'s>> {
        self.enter()?;
        self.advance();
        let start = self.start();
        let first = self.slice()?;
        let index = if self.kind() == Kind::Comma {
            let mut elements = vec![first];
            while self.eat(Kind::Comma) && self.kind() != Kind::RightBracket {
                elements.push(self.slice()?);
            }
            self.node(start, ExprKind::Tuple(elements, Context::Load))
        } else {
            first
        };
        self.expect(Kind::RightBracket)?;
        self.leave();
        Some(index)
    }

    fn slice(&mut self) -> Option<Expr<'s>> {
        let start = self.start();
        if self.next_kind() == Kind::ColonEqual {
            return self.named_expression();
        }
        let mut lower = None;
        if self.kind() != Kind::Colon {
            let index = self.expression()?;
            if self.kind() != Kind::Colon {
                return Some(index);
            }
            lower = Some(index);
        }
        self.expect(Kind::Colon)?;
        let upper = self.bound()?;
        let step = if self.eat(Kind::Colon) { self.bound()? } else { None };
        Some(self.node(start, ExprKind::Slice(Box::new((lower, upper, step)))))
    }

    fn bound(&mut self) -> Option<Option<Expr<'s>>> {
        if matches!(self.kind(), Kind::Colon | Kind::Comma | Kind::RightBracket) {
            return Some(None);
        }
        Some(Some(self.expression()?))
    }
}
