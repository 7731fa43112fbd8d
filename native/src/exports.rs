//! `__all__` in every form that can be read (index/exports.py).

use crate::ast::*;
use crate::chains::{attributes, chain_root};
use crate::encode::{self, Block};
use crate::hashing::{NameMap, NameSet};
use crate::names::each_target;
use crate::places::Places;
use crate::recorder::write_span;
use crate::strings;
use crate::values::{write_ref, Scopes};

/// The displays and sums that a module binds to one name only, by the name.
pub type Displays<'t, 's> = NameMap<'s, &'t Expr<'s>>;

pub fn displays<'t, 's>(body: &'t [Stmt<'s>]) -> Displays<'t, 's> {
    let mut found = NameMap::default();
    let mut seen: NameSet = NameSet::default();
    for statement in body {
        let (targets, value): (Vec<&Expr>, Option<&'t Expr<'s>>) = match &statement.kind {
            StmtKind::Assign(targets, value) => (targets.iter().collect(), Some(value)),
            StmtKind::AnnAssign(assign) => (vec![&assign.target], assign.value.as_ref()),
            StmtKind::AugAssign(target, ..) => (vec![target], None),
            _ => continue,
        };
        let kept = value.filter(|value| {
            matches!(value.kind, ExprKind::List(..) | ExprKind::Tuple(..) | ExprKind::BinOp(..))
        });
        for target in targets {
            each_target(target, &mut |name| match kept {
                Some(value) if seen.insert(name) => {
                    found.insert(name, value);
                }
                _ => {
                    seen.insert(name);
                    found.remove(name);
                }
            });
        }
    }
    found.remove("__all__");
    found
}

/// Reads the value that `__all__` is set to, extended with, or relieved of.
pub struct Reading<'r, 't, 's> {
    pub displays: &'r Displays<'t, 's>,
    pub places: &'r Places<'s>,
    pub names: Block,
    pub of: Block,
    pub is_complete: bool,
}

impl<'r, 't, 's> Reading<'r, 't, 's> {
    pub fn new(displays: &'r Displays<'t, 's>, places: &'r Places<'s>) -> Self {
        let (names, of) = (Block::default(), Block::default());
        Reading { displays, places, names, of, is_complete: true }
    }

    pub fn read(&mut self, node: &Expr<'s>, scopes: &mut dyn Scopes<'s>, depth: u32) {
        match &node.kind {
            ExprKind::List(items, _) | ExprKind::Tuple(items, _) | ExprKind::Set(items) => {
                items.iter().for_each(|item| self.item(item, scopes, depth));
                return;
            }
            ExprKind::BinOp(pair, BinaryOperator::Add) => {
                self.read(&pair.0, scopes, depth);
                self.read(&pair.1, scopes, depth);
                return;
            }
            ExprKind::Call(call) if converts(call) => {
                return self.read(&call.arguments[0], scopes, depth);
            }
            ExprKind::Name(name, _) if depth < 4 => {
                if let Some(display) = self.displays.get(name) {
                    return self.read(display, scopes, depth + 1);
                }
            }
            _ => {}
        }
        match chain_root(node).kind {
            ExprKind::Name(root, _) if scopes.scope_of(root) == 0 => {
                write_ref(&mut self.of.bytes, root, &attributes(node), 0);
                self.of.count += 1;
            }
            _ => self.is_complete = false,
        }
    }

    pub fn item(&mut self, item: &Expr<'s>, scopes: &mut dyn Scopes<'s>, depth: u32) {
        match &item.kind {
            ExprKind::Starred(value, _) => self.read(value, scopes, depth),
            ExprKind::Constant(Constant::Str(literals)) => match strings::value(literals) {
                Some(name) => self.name(&name, item),
                None => scopes.decline(),
            },
            ExprKind::Attribute(owner, "__name__", _) => match owner.kind {
                ExprKind::Name(name, _) => self.name(name, item), // the class's own name
                _ => self.is_complete = false,
            },
            _ => self.is_complete = false,
        }
    }

    fn name(&mut self, name: &str, item: &Expr<'s>) {
        let out = &mut self.names.bytes;
        encode::array(out, 2);
        encode::text(out, name);
        write_span(out, self.places.span(item.range));
        self.names.count += 1;
    }
}

fn converts(call: &Call) -> bool {
    let name = match call.function.kind {
        ExprKind::Name(name, _) => name,
        _ => return false,
    };
    matches!(name, "list" | "tuple" | "sorted" | "set") && call.arguments.len() == 1
}
