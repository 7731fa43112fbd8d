//! Chains of names: `a.b.c` (index/conditions.py).

use crate::ast::*;

/// Give what is left of a chain without its attributes.
pub fn chain_root<'t, 's>(mut node: &'t Expr<'s>) -> &'t Expr<'s> {
    while let ExprKind::Attribute(value, ..) = &node.kind {
        node = value;
    }
    node
}

/// Give the names of a chain that follow its root.
pub fn attributes<'s>(mut node: &Expr<'s>) -> Vec<&'s str> {
    let mut names = Vec::new();
    while let ExprKind::Attribute(value, name, _) = &node.kind {
        names.push(*name);
        node = value;
    }
    names.reverse();
    names
}

/// Give the names of a chain, its root first; None for what is no chain.
pub fn chain<'s>(node: &Expr<'s>) -> Option<Vec<&'s str>> {
    let root = match chain_root(node).kind {
        ExprKind::Name(name, _) => name,
        _ => return None,
    };
    let mut names = attributes(node);
    names.insert(0, root);
    Some(names)
}

/// Give a chain of names as it is written: `pytest.raises`.
pub fn dotted(node: &Expr) -> Option<String> {
    chain(node).map(|names| names.join("."))
}

/// Whether a node is a chain that is written like that.
pub fn is_chain(mut node: &Expr, written: &str) -> bool {
    let mut rest = written;
    loop {
        match &node.kind {
            ExprKind::Name(name, _) => return *name == rest,
            ExprKind::Attribute(value, name, _) => {
                let owner = rest.strip_suffix(name).and_then(|before| before.strip_suffix('.'));
                match owner {
                    Some(before) => rest = before,
                    None => return false,
                }
                node = value;
            }
            _ => return false,
        }
    }
}

/// Give the last name of a chain or of what follows an expression.
pub fn last_name<'s>(node: &Expr<'s>) -> Option<&'s str> {
    match node.kind {
        ExprKind::Name(name, _) | ExprKind::Attribute(_, name, _) => Some(name),
        _ => None,
    }
}

/// Whether a node is that name and nothing else.
pub fn is_name(node: &Expr, wanted: &str) -> bool {
    matches!(node.kind, ExprKind::Name(name, _) if name == wanted)
}

impl<'s> Parameters<'s> {
    /// Give all parameters of a function in order.
    pub fn all<'t>(&'t self) -> impl Iterator<Item = &'t Parameter<'s>> {
        self.positional_only
            .iter()
            .chain(&self.positional)
            .chain(&self.variadic)
            .chain(&self.keyword_only)
            .chain(&self.keywords)
    }
}
