//! Functions whose names are used for calls and nothing else (index/local_calls.py).

use std::collections::{BTreeSet, HashSet};

use crate::ast::*;
use crate::hashing::NameMap;
use crate::nodes::{all, each_text, Node};

/// Give the functions of a module that nothing but calls mentions, None where a text is not known.
pub fn only_called<'s>(body: &[Stmt<'s>]) -> Option<BTreeSet<&'s str>> {
    let mut counts: NameMap<usize> = NameMap::default();
    for function in body.iter().filter_map(plain_function) {
        *counts.entry(function.name).or_insert(0) += 1;
    }
    counts.retain(|_, count| *count == 1);
    let everything = all(body);
    let (called, given) = functions_of_calls(&everything);
    let mut is_told = Some(());
    for (place, node) in everything.into_iter().enumerate() {
        match node {
            Node::Expr(name @ Expr { kind: ExprKind::Name(id, _), .. }) => {
                let name: *const Expr = name;
                if looks_up(id) && !given.contains(&name) {
                    return Some(BTreeSet::new());
                }
                if !called.contains(&name) {
                    counts.remove(id);
                }
            }
            Node::Stmt(Stmt { kind: StmtKind::FunctionDef(function), .. }) => {
                // Those of the module come first.
                if place >= body.len() || function.is_async {
                    counts.remove(function.name);
                }
            }
            _ => {
                if let Some(name) = mentioned(node) {
                    counts.remove(name);
                }
                let forget = &mut |text: std::borrow::Cow<str>| {
                    counts.remove(text.rsplit(&['.', ':'][..]).next().unwrap_or(""));
                };
                is_told = is_told.and(each_text(node, forget));
            }
        }
    }
    is_told.map(|()| counts.into_keys().collect())
}

fn plain_function<'t, 's>(statement: &'t Stmt<'s>) -> Option<&'t Function<'s>> {
    match &statement.kind {
        StmtKind::FunctionDef(function) if !function.is_async && function.decorators.is_empty() => {
            Some(function)
        }
        _ => None,
    }
}

type Places<'s> = HashSet<*const Expr<'s>>;

/// Give the names that are called, and those of them whose result an import gets.
fn functions_of_calls<'s>(everything: &[Node<'_, 's>]) -> (Places<'s>, Places<'s>) {
    let (mut called, mut given) = (Places::new(), Places::new());
    for node in everything {
        let call = match node {
            Node::Expr(Expr { kind: ExprKind::Call(call), .. }) => call,
            _ => continue,
        };
        if let ExprKind::Name(name, _) = call.function.kind {
            called.insert(&call.function);
            if name == "__import__" || name == "import_module" {
                for argument in &call.arguments {
                    if let ExprKind::Call(inner) = &argument.kind {
                        given.insert(&inner.function);
                    }
                }
            }
        }
    }
    (called, given)
}

/// Whether what has that name may look names up.
fn looks_up(name: &str) -> bool {
    matches!(name, "globals" | "locals" | "vars" | "eval" | "exec" | "dir")
}

/// Give the name that a node binds or may look up in another way than by a plain name.
fn mentioned<'n>(node: Node<'n, '_>) -> Option<&'n str> {
    match node {
        Node::Expr(Expr { kind: ExprKind::Attribute(_, name, _), .. }) => Some(name),
        Node::Parameter(parameter) => Some(parameter.name),
        Node::Alias(alias) => Some(alias.alias.unwrap_or(&alias.name)),
        Node::Stmt(Stmt { kind: StmtKind::ClassDef(class), .. }) => Some(class.name),
        _ => None,
    }
}
