//! What a function of the same file does with the module's namespace that it is given
//! (index/handed_namespaces.py).

use std::collections::HashSet;

use crate::ast::*;
use crate::nodes::{all, Node};
use crate::recorder::Recorder;

impl<'t, 's> Recorder<'t, 's> {
    /// Whether the function called is one of this file and only reads an argument.
    pub fn only_reads(&mut self, call: &Call<'s>, argument: &Expr<'s>) -> bool {
        let name = match call.function.kind {
            ExprKind::Name(name, _) => name,
            _ => return false,
        };
        self.search();
        let function = self.own_function(name);
        let parameter = function.and_then(|node| parameter(node, call, argument));
        match (function, parameter) {
            (Some(function), Some(parameter)) => reads(function, parameter),
            _ => false,
        }
    }

    /// Give the function of this file that a name is bound to, if nothing else binds it.
    fn own_function(&self, name: &str) -> Option<&'t Function<'s>> {
        let mut found = None;
        for (place, node) in all(self.body).into_iter().enumerate() {
            match node {
                Node::Stmt(Stmt { kind: StmtKind::FunctionDef(function), .. })
                    if function.name == name =>
                {
                    let is_plain = !function.is_async && function.decorators.is_empty();
                    // Those of the module come first.
                    if place >= self.body.len() || found.is_some() || !is_plain {
                        return None;
                    }
                    found = Some(&**function);
                }
                _ if binds(node, name) => return None,
                _ => {}
            }
        }
        found
    }
}

fn binds(node: Node, name: &str) -> bool {
    match node {
        Node::Expr(Expr { kind: ExprKind::Name(bound, context), .. }) => {
            *bound == name && *context != Context::Load
        }
        Node::Stmt(Stmt { kind: StmtKind::ClassDef(class), .. }) => class.name == name,
        Node::Alias(alias) => alias.alias.unwrap_or(alias.first) == name,
        Node::Parameter(parameter) => parameter.name == name,
        _ => false,
    }
}

/// Give the parameter that an argument of a call is bound to, None when it is not one alone.
fn parameter<'s>(function: &Function<'s>, call: &Call<'s>, argument: &Expr<'s>) -> Option<&'s str> {
    let is_starred = |one: &Expr| matches!(one.kind, ExprKind::Starred(..));
    if call.arguments.iter().any(is_starred) {
        return None;
    }
    if let Some(keyword) = call.keywords.iter().find(|one| std::ptr::eq(&one.value, argument)) {
        return keyword.name;
    }
    let place = call.arguments.iter().position(|one| std::ptr::eq(one, argument))?;
    let parameters = &function.parameters;
    let mut all = parameters.positional_only.iter().chain(&parameters.positional);
    all.nth(place).map(|parameter| parameter.name)
}

/// Whether a function does nothing with a name but to look things up in what it is bound to.
fn reads(function: &Function, name: &str) -> bool {
    let mut harmless: HashSet<*const Expr> = HashSet::new();
    let mut pending: Vec<Node> = function.body.iter().map(Node::Stmt).collect();
    pending.extend(function.returns.iter().map(Node::Expr));
    pending.push(Node::Parameters(&function.parameters));
    let mut mentioned = Vec::new();
    while let Some(node) = pending.pop() {
        pending.extend(node.children());
        let node = match node {
            Node::Expr(node) => node,
            _ => continue,
        };
        match &node.kind {
            ExprKind::Name(one, _) if looks_all_up(one) => return false,
            ExprKind::Name(one, _) if *one == name => mentioned.push(node),
            ExprKind::Subscript(pair, Context::Load) => {
                harmless.insert(&pair.0);
            }
            ExprKind::Call(call) => match &call.function.kind {
                ExprKind::Attribute(owner, method, _) if is_reading(method) => {
                    harmless.insert(&**owner);
                }
                _ => {}
            },
            ExprKind::Compare(compare) => {
                harmless.extend(compare.rest.iter().map(|(_, right)| right as *const Expr));
            }
            _ => {}
        }
    }
    mentioned.into_iter().all(|node| harmless.contains(&(node as *const _)))
}

fn is_reading(method: &str) -> bool {
    matches!(method, "get" | "keys" | "items" | "values" | "copy" | "__contains__" | "__getitem__")
}

fn looks_all_up(name: &str) -> bool {
    matches!(name, "locals" | "vars" | "eval" | "exec")
}
