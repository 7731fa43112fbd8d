//! Expressions: operators by binding power, then what an atom is followed by.

use super::Parser;
use crate::ast::{
    BinaryOperator, Compare, CompareOperator, Constant, Context, Expr, ExprKind, Lambda,
    UnaryOperator,
};
use crate::lexer::Kind;

const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARISON: u8 = 4;
/// The least that a starred element or a target may be.
pub(super) const BIT_OR: u8 = 5;
const UNARY: u8 = 11;
const POWER: u8 = 12;

/// How tight an operator binds; 0 for all that is none.
#[inline(always)]
fn power(kind: Kind) -> u8 {
    match kind {
        Kind::Or => OR,
        Kind::And => AND,
        Kind::In
        | Kind::Is
        | Kind::Not
        | Kind::EqualEqual
        | Kind::NotEqual
        | Kind::Less
        | Kind::LessEqual
        | Kind::Greater
        | Kind::GreaterEqual => COMPARISON,
        Kind::Bar => BIT_OR,
        Kind::Caret => 6,
        Kind::Ampersand => 7,
        Kind::LeftShift | Kind::RightShift => 8,
        Kind::Plus | Kind::Minus => 9,
        Kind::Star | Kind::Slash | Kind::DoubleSlash | Kind::Percent | Kind::At => 10,
        Kind::DoubleStar => POWER,
        _ => 0,
    }
}

fn binary_operator(kind: Kind) -> Option<BinaryOperator> {
    Some(match kind {
        Kind::Plus => BinaryOperator::Add,
        Kind::Minus => BinaryOperator::Sub,
        Kind::Star => BinaryOperator::Mult,
        Kind::At => BinaryOperator::MatMult,
        Kind::Slash => BinaryOperator::Div,
        Kind::Percent => BinaryOperator::Mod,
        Kind::LeftShift => BinaryOperator::LShift,
        Kind::RightShift => BinaryOperator::RShift,
        Kind::Bar => BinaryOperator::BitOr,
        Kind::Caret => BinaryOperator::BitXor,
        Kind::Ampersand => BinaryOperator::BitAnd,
        Kind::DoubleSlash => BinaryOperator::FloorDiv,
        Kind::DoubleStar => BinaryOperator::Pow,
        _ => return None,
    })
}

/// Say whether an expression, starred or not, may begin with a token.
pub(super) fn begins_expression(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Name
            | Kind::Int
            | Kind::Float
            | Kind::Complex
            | Kind::Text
            | Kind::SpecialText
            | Kind::False
            | Kind::None
            | Kind::True
            | Kind::Await
            | Kind::Lambda
            | Kind::Not
            | Kind::LeftParen
            | Kind::LeftBracket
            | Kind::LeftBrace
            | Kind::Ellipsis
            | Kind::Plus
            | Kind::Minus
            | Kind::Tilde
            | Kind::Star
    )
}

impl<'s> Parser<'s> {
    /// `star_expressions` of the grammar: one expression, or a tuple without parentheses.
    pub(super) fn expressions(&mut self) -> Option<Expr<'s>> {
        let start = self.start();
        let first = self.starred_or(Self::expression)?;
        self.tuple_after(start, first, Self::expression)
    }

    /// The tuple that goes on with a comma, else `first`, which may not be starred then.
    pub(super) fn tuple_after(
        &mut self,
        start: u32,
        first: Expr<'s>,
        element: fn(&mut Self) -> Option<Expr<'s>>,
    ) -> Option<Expr<'s>> {
        if self.kind() != Kind::Comma {
            return match first.kind {
                ExprKind::Starred(..) => None,
                _ => Some(first),
            };
        }
        let mut elements = Vec::with_capacity(2);
        elements.push(first);
        while self.eat(Kind::Comma) && begins_expression(self.kind()) {
            elements.push(self.starred_or(element)?);
        }
        Some(self.node(start, ExprKind::Tuple(elements, Context::Load)))
    }

    /// `*` and an operand, or what `element` reads.
    pub(super) fn starred_or(
        &mut self,
        element: fn(&mut Self) -> Option<Expr<'s>>,
    ) -> Option<Expr<'s>> {
        if self.kind() != Kind::Star {
            return element(self);
        }
        let start = self.start();
        self.advance();
        let value = self.operation(BIT_OR)?;
        Some(self.node(start, ExprKind::Starred(Box::new(value), Context::Load)))
    }

    /// An expression, or `name := expression`.
    pub(super) fn named_expression(&mut self) -> Option<Expr<'s>> {
        if self.kind() != Kind::Name || self.next_kind() != Kind::ColonEqual {
            return self.expression();
        }
        let start = self.start();
        let name = self.name()?;
        let target = self.node(start, ExprKind::Name(name, Context::Store));
        self.advance();
        let value = self.expression()?;
        Some(self.node(start, ExprKind::NamedExpr(Box::new((target, value)))))
    }

    pub(super) fn expression(&mut self) -> Option<Expr<'s>> {
        if self.kind() == Kind::Lambda {
            return self.lambda();
        }
        let start = self.start();
        let body = self.operation(OR)?;
        if self.kind() != Kind::If {
            return Some(body);
        }
        self.enter()?;
        self.advance();
        let test = self.operation(OR)?;
        self.expect(Kind::Else)?;
        let orelse = self.expression()?;
        self.leave();
        Some(self.node(start, ExprKind::IfExp(Box::new((test, body, orelse)))))
    }

    fn lambda(&mut self) -> Option<Expr<'s>> {
        self.enter()?;
        let start = self.start();
        self.advance();
        let parameters = self.parameters(Kind::Colon)?;
        self.expect(Kind::Colon)?;
        let body = self.expression()?;
        self.leave();
        Some(self.node(start, ExprKind::Lambda(Box::new(Lambda { parameters, body }))))
    }

    /// `disjunction` of the grammar.
    pub(super) fn disjunction(&mut self) -> Option<Expr<'s>> {
        self.operation(OR)
    }

    /// An operand with the operators after it that bind at least as tight as `least`.
    pub(super) fn operation(&mut self, least: u8) -> Option<Expr<'s>> {
        let start = self.start();
        let mut left = match self.kind() {
            Kind::Not | Kind::Plus | Kind::Minus | Kind::Tilde => self.unary(least)?,
            _ => self.primary()?,
        };
        let mut length = 0;
        loop {
            let kind = self.kind();
            let power = power(kind);
            if power == 0 || power < least {
                return Some(left);
            }
            left = match power {
                OR | AND => self.boolean(start, left, kind)?,
                COMPARISON => {
                    if kind == Kind::Not && self.next_kind() != Kind::In {
                        return Some(left);
                    }
                    self.comparison(start, left)?
                }
                POWER => {
                    self.enter()?;
                    self.advance();
                    let right = self.operation(UNARY)?;
                    self.leave();
                    self.node(start, ExprKind::BinOp(Box::new((left, right)), BinaryOperator::Pow))
                }
                _ => {
                    self.step(&mut length)?;
                    self.advance();
                    let right = self.operation(power + 1)?;
                    let operator = binary_operator(kind)?;
                    self.node(start, ExprKind::BinOp(Box::new((left, right)), operator))
                }
            };
        }
    }

    fn unary(&mut self, least: u8) -> Option<Expr<'s>> {
        let (operator, power) = match self.kind() {
            Kind::Not => (UnaryOperator::Not, NOT),
            Kind::Plus => (UnaryOperator::UAdd, UNARY),
            Kind::Minus => (UnaryOperator::USub, UNARY),
            _ => (UnaryOperator::Invert, UNARY),
        };
        // `a + not b` is refused.
        if power == NOT && least > NOT {
            return None;
        }
        self.enter()?;
        let start = self.start();
        self.advance();
        let operand = self.operation(power)?;
        self.leave();
        Some(self.node(start, ExprKind::UnaryOp(Box::new(operand), operator)))
    }

    fn boolean(&mut self, start: u32, left: Expr<'s>, kind: Kind) -> Option<Expr<'s>> {
        let mut operands = Vec::with_capacity(2);
        operands.push(left);
        let mut length = 0;
        while self.eat(kind) {
            self.step(&mut length)?; // each operand is recorded below the one before
            operands.push(self.operation(power(kind) + 1)?);
        }
        Some(self.node(start, ExprKind::BoolOp(operands, kind == Kind::And)))
    }

    fn comparison(&mut self, start: u32, left: Expr<'s>) -> Option<Expr<'s>> {
        let mut rest = Vec::with_capacity(1);
        while let Some(operator) = self.compare_operator() {
            rest.push((operator, self.operation(BIT_OR)?));
        }
        Some(self.node(start, ExprKind::Compare(Box::new(Compare { left, rest }))))
    }

    fn compare_operator(&mut self) -> Option<CompareOperator> {
        let operator = match self.kind() {
            Kind::EqualEqual => CompareOperator::Eq,
            Kind::NotEqual => CompareOperator::NotEq,
            Kind::Less => CompareOperator::Lt,
            Kind::LessEqual => CompareOperator::LtE,
            Kind::Greater => CompareOperator::Gt,
            Kind::GreaterEqual => CompareOperator::GtE,
            Kind::In => CompareOperator::In,
            Kind::Not if self.next_kind() == Kind::In => {
                self.advance();
                CompareOperator::NotIn
            }
            Kind::Is if self.next_kind() == Kind::Not => {
                self.advance();
                CompareOperator::IsNot
            }
            Kind::Is => CompareOperator::Is,
            _ => return None,
        };
        self.advance();
        Some(operator)
    }

    /// An atom with attributes, calls and subscripts, `await` before it.
    fn primary(&mut self) -> Option<Expr<'s>> {
        let start = self.start();
        if self.eat(Kind::Await) {
            let value = self.unawaited()?;
            return Some(self.node(start, ExprKind::Await(Box::new(value))));
        }
        self.unawaited()
    }

    fn unawaited(&mut self) -> Option<Expr<'s>> {
        let start = self.start();
        let mut value = self.atom()?;
        let mut length = 0;
        loop {
            let kind = match self.kind() {
                Kind::Dot => {
                    self.advance();
                    let name = self.name()?;
                    ExprKind::Attribute(Box::new(value), name, Context::Load)
                }
                Kind::LeftParen => ExprKind::Call(Box::new(self.call(value)?)),
                Kind::LeftBracket => {
                    let index = self.subscript()?;
                    ExprKind::Subscript(Box::new((value, index)), Context::Load)
                }
                _ => return Some(value),
            };
            self.step(&mut length)?;
            value = self.node(start, kind);
        }
    }

    fn atom(&mut self) -> Option<Expr<'s>> {
        let start = self.start();
        let kind = match self.kind() {
            Kind::Name => ExprKind::Name(self.text(), Context::Load),
            Kind::Text | Kind::SpecialText => return self.strings(),
            Kind::LeftParen => return self.parenthesised(),
            Kind::LeftBracket => return self.list(),
            Kind::LeftBrace => return self.braced(),
            Kind::None => ExprKind::Constant(Constant::None),
            Kind::True => ExprKind::Constant(Constant::True),
            Kind::False => ExprKind::Constant(Constant::False),
            Kind::Ellipsis => ExprKind::Constant(Constant::Ellipsis),
            Kind::Int => ExprKind::Constant(Constant::Int(self.text())),
            Kind::Float => ExprKind::Constant(Constant::Float(self.text())),
            Kind::Complex => ExprKind::Constant(Constant::Complex),
            _ => return None,
        };
        self.advance();
        Some(self.node(start, kind))
    }

    pub(super) fn yield_expression(&mut self) -> Option<Expr<'s>> {
        let start = self.start();
        self.expect(Kind::Yield)?;
        let kind = if self.eat(Kind::From) {
            ExprKind::YieldFrom(Box::new(self.expression()?))
        } else if begins_expression(self.kind()) {
            ExprKind::Yield(Some(Box::new(self.expressions()?)))
        } else {
            ExprKind::Yield(None)
        };
        Some(self.node(start, kind))
    }

    /// The right side of an assignment.
    pub(super) fn assigned(&mut self) -> Option<Expr<'s>> {
        if self.kind() == Kind::Yield {
            self.yield_expression()
        } else {
            self.expressions()
        }
    }

    /// `star_targets` of the grammar in front of `in`.
    pub(super) fn loop_targets(&mut self) -> Option<Expr<'s>> {
        fn element<'s>(parser: &mut Parser<'s>) -> Option<Expr<'s>> {
            parser.operation(BIT_OR)
        }
        let start = self.start();
        let first = self.starred_or(element)?;
        let mut targets = self.tuple_after(start, first, element)?;
        become_target(&mut targets, Context::Store)?;
        Some(targets)
    }
}

/// Give an expression and its elements the context of a target; None where it can't be one.
pub(super) fn become_target(target: &mut Expr<'_>, context: Context) -> Option<()> {
    match &mut target.kind {
        ExprKind::Name(_, own) | ExprKind::Attribute(_, _, own) | ExprKind::Subscript(_, own) => {
            *own = context;
        }
        ExprKind::Tuple(elements, own) | ExprKind::List(elements, own) => {
            *own = context;
            for element in elements {
                become_target(element, context)?;
            }
        }
        ExprKind::Starred(value, own) if context == Context::Store => {
            *own = context;
            become_target(value, context)?;
        }
        _ => return None,
    }
    Some(())
}
