//! `setattr(module, name, value)` that only puts back what was read from the module before
//! (index/restored_names.py).

use std::collections::HashSet;

use crate::ast::*;
use crate::chains::{chain, chain_root, is_name};
use crate::made_names::stored_in;
use crate::nodes::{all, Node};
use crate::recorder::Recorder;

impl<'t, 's> Recorder<'t, 's> {
    /// Whether the name that a `setattr` sets comes from a table of attributes of the module.
    pub fn is_restored(&mut self, module: &Expr<'s>, key: &Expr<'s>) -> bool {
        let name = match key.kind {
            ExprKind::Name(name, _) if !self.loops.is_empty() => name,
            _ => return false,
        };
        self.search();
        let mut loops = self.loops.iter().rev();
        let table = match loops.find(|one| !stored_in(one, name).is_empty()) {
            Some(node) => table_of(node, name),
            None => return false,
        };
        let table = match table {
            Some(table) if self.is_always_one(module) => table,
            _ => return false,
        };
        let saved = self.harmless(table, module);
        all(self.body).into_iter().all(|node| match node {
            Node::Parameter(parameter) => !is_name(table, parameter.name),
            Node::Expr(node) => !is_mention(node, table) || saved.contains(&(node as *const _)),
            _ => true,
        })
    }

    /// Whether the file binds the root of a chain by imports alone.
    fn is_always_one(&self, module: &Expr<'s>) -> bool {
        let root = match chain_root(module).kind {
            ExprKind::Name(root, _) => root,
            _ => return false,
        };
        !all(self.body).into_iter().any(|node| match node {
            Node::Parameter(parameter) => parameter.name == root,
            Node::Expr(Expr { kind: ExprKind::Name(name, context), .. }) => {
                *name == root && *context != Context::Load
            }
            _ => false,
        })
    }

    /// Give the mentions of the table that put in it nothing but attributes of the module.
    fn harmless(&mut self, table: &Expr<'s>, module: &Expr<'s>) -> HashSet<*const Expr<'s>> {
        let mut found: HashSet<*const Expr> = HashSet::new();
        for node in all(self.body) {
            let (target, value) = match node {
                Node::Expr(Expr { kind: ExprKind::Attribute(owner, method, _), .. }) => {
                    if matches!(*method, "items" | "keys" | "clear") {
                        found.insert(&**owner);
                    }
                    continue;
                }
                Node::Stmt(Stmt { kind: StmtKind::Assign(targets, value), .. })
                    if targets.len() == 1 =>
                {
                    (&targets[0], value)
                }
                Node::Stmt(Stmt { kind: StmtKind::AnnAssign(assign), .. }) => match &assign.value {
                    Some(value) => (&assign.target, value),
                    None => continue,
                },
                _ => continue,
            };
            let is_empty = matches!(&value.kind, ExprKind::Dict(items) if items.is_empty());
            if is_mention(target, table) && is_empty {
                found.insert(target);
            } else if let ExprKind::Subscript(pair, _) = &target.kind {
                if self.is_read(value, module, &pair.1) {
                    found.insert(&pair.0);
                }
            }
        }
        found
    }

    /// Whether a value is `getattr(module, key)`, without a default.
    fn is_read(&mut self, value: &Expr<'s>, module: &Expr<'s>, key: &Expr<'s>) -> bool {
        let call = match &value.kind {
            ExprKind::Call(call) if is_name(&call.function, "getattr") => call,
            _ => return false,
        };
        match call.arguments.as_slice() {
            [first, second] if call.keywords.is_empty() => {
                self.are_alike(first, module) && self.are_alike(second, key)
            }
            _ => false,
        }
    }

    /// Whether two expressions are the same as `ast.unparse` writes them. Where both are more than
    /// chains of names, and the file has them otherwise, it is not known here.
    pub fn are_alike(&mut self, one: &Expr<'s>, other: &Expr<'s>) -> bool {
        match (chain(one), chain(other)) {
            (None, None) => {
                let text = self.places.text;
                let written =
                    |node: &Expr| &text[node.range.start as usize..node.range.end as usize];
                let is_same = written(one) == written(other);
                self.is_declined |= !is_same;
                is_same
            }
            (one, other) => one == other,
        }
    }
}

/// Give the mapping whose keys a loop goes through: `for key[, value] in table.items()`.
fn table_of<'t, 's>(node: &'t For<'s>, key: &str) -> Option<&'t Expr<'s>> {
    let (first, method) = match &node.target.kind {
        ExprKind::Tuple(items, _) => (items.first()?, "items"),
        _ => (&node.target, "keys"),
    };
    let is_stored_once = match stored_in(node, key).as_slice() {
        [only] => std::ptr::eq(*only, first),
        _ => false,
    };
    let call = match &node.iterable.kind {
        ExprKind::Call(call) if is_stored_once && call.arguments.is_empty() => call,
        _ => return None,
    };
    match &call.function.kind {
        ExprKind::Attribute(table, called, _) if *called == method => match table.kind {
            ExprKind::Name(..) | ExprKind::Attribute(..) => Some(table),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression may be the table: any name or attribute that is called like it.
fn is_mention(node: &Expr, table: &Expr) -> bool {
    match (&node.kind, &table.kind) {
        (ExprKind::Attribute(_, one, _), ExprKind::Attribute(_, other, _)) => one == other,
        (ExprKind::Name(one, _), ExprKind::Name(other, _)) => one == other,
        _ => false,
    }
}
