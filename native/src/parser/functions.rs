//! Functions, classes, and their decorators and parameters.

use super::Parser;
use crate::ast::{Class, Function, Parameter, Parameters, StmtKind};
use crate::lexer::Kind;

impl<'s> Parser<'s> {
    /// A function or class with decorators. Gives where it begins after them.
    pub(super) fn decorated(&mut self) -> Option<(u32, StmtKind<'s>)> {
        let mut decorators = Vec::with_capacity(1);
        while self.eat(Kind::At) {
            decorators.push(self.named_expression()?);
            self.expect_layout(Kind::Newline)?;
        }
        let start = self.start();
        let mut kind = match self.kind() {
            Kind::Def => self.function(false)?,
            Kind::Class => self.class()?,
            Kind::Async if self.next_kind() == Kind::Def => {
                self.advance();
                self.function(true)?
            }
            _ => return None,
        };
        match &mut kind {
            StmtKind::FunctionDef(function) => function.decorators = decorators,
            StmtKind::ClassDef(class) => class.decorators = decorators,
            _ => return None,
        }
        Some((start, kind))
    }

    pub(super) fn function(&mut self, is_async: bool) -> Option<StmtKind<'s>> {
        self.expect(Kind::Def)?;
        let name = self.name()?;
        self.expect(Kind::LeftParen)?;
        let parameters = self.parameters(Kind::RightParen)?;
        self.expect(Kind::RightParen)?;
        let returns = if self.eat(Kind::Arrow) { Some(self.expression()?) } else { None };
        let body = self.block()?;
        Some(StmtKind::FunctionDef(Box::new(Function {
            name,
            parameters,
            body,
            decorators: Vec::new(),
            returns,
            is_async,
        })))
    }

    pub(super) fn class(&mut self) -> Option<StmtKind<'s>> {
        self.expect(Kind::Class)?;
        let name = self.name()?;
        let (mut bases, mut keywords) = (Vec::new(), Vec::new());
        if self.kind() == Kind::LeftParen {
            self.arguments(&mut bases, &mut keywords, false)?;
        }
        let body = self.block()?;
        Some(StmtKind::ClassDef(Box::new(Class {
            name,
            bases,
            keywords,
            body,
            decorators: Vec::new(),
        })))
    }

    /// Parameters up to `close`: those of a lambda end with a colon and have no annotations.
    pub(super) fn parameters(&mut self, close: Kind) -> Option<Parameters<'s>> {
        let is_annotated = close == Kind::RightParen;
        let mut parameters = Parameters::default();
        let mut has_star = false;
        let (before, mut most) = (self.steps, 0);
        while self.kind() != close {
            self.beside(before, &mut most);
            match self.kind() {
                Kind::Name => self.named_parameter(&mut parameters, has_star, is_annotated)?,
                Kind::Slash => {
                    let is_second = !parameters.positional_only.is_empty();
                    if has_star || is_second || parameters.positional.is_empty() {
                        return None;
                    }
                    parameters.positional_only = std::mem::take(&mut parameters.positional);
                    self.advance();
                }
                Kind::Star if !has_star => {
                    has_star = true;
                    self.advance();
                    if self.kind() != Kind::Comma {
                        parameters.variadic = Some(self.parameter(is_annotated)?);
                    }
                }
                Kind::DoubleStar => {
                    self.advance();
                    parameters.keywords = Some(self.parameter(is_annotated)?);
                    self.eat(Kind::Comma);
                    break;
                }
                _ => return None,
            }
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.steps = self.steps.max(most);
        // A star alone needs a parameter after it that has a name.
        if has_star && parameters.variadic.is_none() && parameters.keyword_only.is_empty() {
            return None;
        }
        Some(parameters)
    }

    fn named_parameter(
        &mut self,
        parameters: &mut Parameters<'s>,
        is_keyword_only: bool,
        is_annotated: bool,
    ) -> Option<()> {
        let parameter = self.parameter(is_annotated)?;
        let default = if self.eat(Kind::Equal) { Some(self.expression()?) } else { None };
        if is_keyword_only {
            parameters.keyword_only.push(parameter);
            parameters.keyword_defaults.push(default);
            return Some(());
        }
        parameters.positional.push(parameter);
        match default {
            Some(default) => parameters.defaults.push(default),
            None if !parameters.defaults.is_empty() => return None,
            None => {}
        }
        Some(())
    }

    fn parameter(&mut self, is_annotated: bool) -> Option<Parameter<'s>> {
        let name = self.name()?;
        let annotation =
            if is_annotated && self.eat(Kind::Colon) { Some(self.expression()?) } else { None };
        Some(Parameter { name, annotation })
    }
}
