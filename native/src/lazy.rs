//! Names that a module's `__getattr__` serves (index/lazy_names.py).
//!
//! Tests that compare its argument with texts are read here, tables are not.

use std::borrow::Cow;

use crate::ast::*;
use crate::chains::is_name;
use crate::encode;
use crate::nodes::Node;
use crate::strings;

const MOST_NAMES: usize = 1000;

/// Give what is kept of a module's `__getattr__`, encoded; None where it is not read here.
pub fn served(node: &Function, line: impl Fn(Range) -> u32) -> Option<Vec<u8>> {
    let parameter = node.parameters.positional.first().filter(|_| !node.is_async);
    let mut reading = Reading { parameter: "", names: Vec::new() };
    let mut is_complete = false;
    if let Some(parameter) = parameter.filter(|parameter| !rebinds(node, parameter.name)) {
        reading.parameter = parameter.name;
        is_complete = reading.refuses(&node.body)? == Some(true);
    }
    let mut out = Vec::new();
    encode::array(&mut out, 4);
    encode::array(&mut out, reading.names.len());
    for (name, place) in &reading.names {
        encode::array(&mut out, 4);
        encode::text(&mut out, name);
        encode::nil(&mut out); // module
        encode::nil(&mut out); // attribute
        encode::natural(&mut out, line(*place).into());
    }
    encode::boolean(&mut out, is_complete);
    encode::boolean(&mut out, false); // stub
    encode::nil(&mut out); // maker
    Some(out)
}

/// Whether a function gives its parameter another value: `name = name.lower()`.
fn rebinds(function: &Function, parameter: &str) -> bool {
    let mut pending: Vec<Node> = function.body.iter().map(Node::Stmt).collect();
    pending.extend(function.decorators.iter().chain(&function.returns).map(Node::Expr));
    pending.push(Node::Parameters(&function.parameters));
    while let Some(node) = pending.pop() {
        if let Node::Expr(Expr { kind: ExprKind::Name(name, context), .. }) = node {
            if *name == parameter && *context != Context::Load {
                return true;
            }
        }
        pending.extend(node.children());
    }
    false
}

/// The names that a test admits, and whether it holds for them or for all others.
type Keys<'s> = (Option<Vec<Cow<'s, str>>>, bool);

struct Reading<'s> {
    parameter: &'s str,
    names: Vec<(Cow<'s, str>, Range)>,
}

impl<'s> Reading<'s> {
    /// Whether a block raises for every name not recorded on the way; None inside where it does
    /// nothing about the others, and around that where it is not read.
    fn refuses(&mut self, body: &[Stmt<'s>]) -> Option<Option<bool>> {
        for statement in body {
            match &statement.kind {
                StmtKind::Raise(..) => return Some(Some(true)),
                StmtKind::If(node) => {
                    let verdict = self.branch(node)?;
                    if verdict.is_some() {
                        return Some(verdict);
                    }
                }
                StmtKind::Try(_) | StmtKind::Assign(..) => return None,
                StmtKind::Import(_)
                | StmtKind::ImportFrom(_)
                | StmtKind::Expr(_)
                | StmtKind::Global(_)
                | StmtKind::AnnAssign(_) => {}
                _ => return Some(Some(false)),
            }
        }
        Some(None)
    }

    fn branch(&mut self, node: &If<'s>) -> Option<Option<bool>> {
        let raises = matches!(node.body.last(), Some(Stmt { kind: StmtKind::Raise(..), .. }));
        let (keys, is_inside) = self.keys(&node.test)?;
        let keys = match keys {
            Some(keys) => keys,
            None if raises && node.orelse.is_empty() => return Some(None),
            None => return Some(Some(false)),
        };
        if self.names.len() > MOST_NAMES {
            return None;
        }
        for key in keys {
            if self.names.iter().all(|(name, _)| *name != key) {
                self.names.push((key, node.test.range));
            }
        }
        if !is_inside {
            return Some(Some(raises));
        }
        if node.orelse.is_empty() {
            Some(None)
        } else {
            self.refuses(&node.orelse)
        }
    }

    fn keys(&self, test: &Expr<'s>) -> Option<Keys<'s>> {
        match &test.kind {
            ExprKind::BoolOp(operands, is_and) => self.combined(operands, *is_and),
            ExprKind::UnaryOp(operand, UnaryOperator::Not) => {
                self.keys(operand).map(|(keys, is_inside)| (keys, !is_inside))
            }
            ExprKind::NamedExpr(_) => None,
            ExprKind::Compare(compare) if compare.rest.len() == 1 => {
                if !is_name(&compare.left, self.parameter) {
                    return Some((None, true));
                }
                match &compare.rest[0] {
                    (CompareOperator::In | CompareOperator::NotIn, _) => None,
                    (operator @ (CompareOperator::Eq | CompareOperator::NotEq), right) => {
                        self.key(right).map(|keys| (keys, *operator == CompareOperator::Eq))
                    }
                    _ => Some((None, true)),
                }
            }
            _ => Some((None, true)),
        }
    }

    fn key(&self, right: &Expr<'s>) -> Option<Option<Vec<Cow<'s, str>>>> {
        match &right.kind {
            ExprKind::Constant(Constant::Str(literals)) => {
                strings::value(literals).map(|key| Some(vec![key]))
            }
            ExprKind::Constant(_) => None,
            _ => Some(None),
        }
    }

    fn combined(&self, operands: &[Expr<'s>], is_and: bool) -> Option<Keys<'s>> {
        let parts: Option<Vec<Keys>> = operands.iter().map(|one| self.keys(one)).collect();
        let parts = parts?;
        if is_and {
            let first = parts.into_iter().find(|(keys, is_inside)| keys.is_some() && *is_inside);
            return Some(first.unwrap_or((None, true)));
        }
        let mut merged = Vec::new();
        for (keys, is_inside) in parts {
            match keys {
                Some(keys) if is_inside => merged.extend(keys),
                _ => return Some((None, true)),
            }
        }
        Some((Some(merged), true))
    }
}
