//! What a file does with the modules that it takes out of `sys.modules` (index/table_reading.py).
//!
//! What depends on the variables that hold such a module is left to the reader in Python.

use crate::ast::*;
use crate::chains::is_name;
use crate::nodes::Node;

/// Whether nothing in a file can change a module that it takes out of `sys.modules`; None where
/// that takes a closer look.
pub fn only_looks(body: &[Stmt]) -> Option<bool> {
    let mut search = Search { path: Vec::new(), may_change: false, is_sure: true };
    body.iter().for_each(|statement| search.visit(Node::Stmt(statement)));
    match (search.may_change, search.is_sure) {
        (true, _) => Some(false),
        (false, true) => Some(true),
        (false, false) => None,
    }
}

struct Search<'t, 's> {
    /// The nodes above.
    path: Vec<Node<'t, 's>>,
    may_change: bool,
    is_sure: bool,
}

impl<'t, 's> Search<'t, 's> {
    fn visit(&mut self, node: Node<'t, 's>) {
        match node {
            Node::Stmt(Stmt { kind: StmtKind::ImportFrom(import), .. }) => {
                let takes = |alias: &Alias| alias.name == "modules" || alias.name == "*";
                self.may_change |=
                    import.module.as_deref() == Some("sys") && import.names.iter().any(takes);
            }
            Node::Expr(Expr { kind: ExprKind::Name("exec" | "eval", _), .. }) => {
                self.may_change = true;
            }
            Node::Expr(table @ Expr { kind: ExprKind::Attribute(_, "modules", _), .. }) => {
                match self.entry(table) {
                    None => self.may_change = true,
                    Some(depth) => self.look_at(depth),
                }
            }
            _ => {}
        }
        self.path.push(node);
        node.children().into_iter().for_each(|child| self.visit(child));
        self.path.pop();
    }

    /// Give the place in the path of the expression that takes one module out of the table.
    fn entry(&self, table: &Expr<'s>) -> Option<usize> {
        let depth = self.path.len().checked_sub(1)?;
        let user = match self.path[depth] {
            Node::Expr(user) => user,
            _ => return None,
        };
        let is_entry = match &user.kind {
            ExprKind::Subscript(pair, Context::Load) => std::ptr::eq(&pair.0, table),
            ExprKind::Compare(compare) => {
                compare.rest.iter().any(|(_, right)| std::ptr::eq(right, table))
            }
            ExprKind::Attribute(_, "get", _) => match self.path.get(depth.checked_sub(1)?) {
                Some(Node::Expr(Expr { kind: ExprKind::Call(call), .. })) => {
                    return if std::ptr::eq(&call.function, user) { Some(depth - 1) } else { None };
                }
                _ => false,
            },
            _ => false,
        };
        if is_entry {
            Some(depth)
        } else {
            None
        }
    }

    /// Look at what is done with the expression at a place of the path.
    fn look_at(&mut self, mut depth: usize) {
        let is_choice = |node: &Node| {
            matches!(node, Node::Expr(Expr { kind: ExprKind::BoolOp(..) | ExprKind::IfExp(_), .. }))
        };
        while depth > 0 && is_choice(&self.path[depth - 1]) {
            depth -= 1;
        }
        match depth.checked_sub(1).map(|above| self.path[above]) {
            Some(Node::Expr(user)) => match &user.kind {
                ExprKind::Attribute(_, name, Context::Load) if is_told(name) => {}
                ExprKind::Compare(_) | ExprKind::UnaryOp(..) => {}
                ExprKind::Call(call) if asks(call) => {}
                ExprKind::Call(call) if matches!(call.function.kind, ExprKind::Name(..)) => {
                    self.is_sure = false;
                }
                _ => self.may_change = true,
            },
            Some(Node::Stmt(user)) => match &user.kind {
                StmtKind::If(_) | StmtKind::Expr(_) => {}
                StmtKind::Assign(..) | StmtKind::Return(_) => self.is_sure = false,
                _ => self.may_change = true,
            },
            Some(Node::Field(_)) => {}
            _ => self.may_change = true,
        }
    }
}

fn is_told(name: &str) -> bool {
    matches!(name, "__version__" | "__name__" | "__file__" | "__package__" | "__doc__")
}

fn asks(call: &Call) -> bool {
    let names = ["hasattr", "isinstance", "repr", "str", "id", "bool"];
    names.iter().any(|name| is_name(&call.function, name))
}
