//! Where `__all__` is changed, or may be, other than by a statement of the module
//! (index/exports.py).

use crate::ast::*;
use crate::chains::{is_name, last_name};
use crate::nodes::Node;
use crate::places::Places;

const ALL: &str = "__all__";

/// Whether a file does more with `__all__` than statements at the beginning of a line do.
pub fn may_change_unseen(places: &Places) -> bool {
    places.offsets_of(ALL).iter().any(|&at| {
        let (before, after) = places.text.split_at(at as usize);
        let after: String = after[ALL.len()..].chars().take(3).collect();
        if before.is_empty() || before.ends_with('\n') {
            return after.trim_start().starts_with('[');
        }
        let start = before.char_indices().rev().nth(7).map_or(0, |(start, _)| start);
        let near = &before[start..];
        let is_read = near.ends_with('*') || near.ends_with(" in ") || near.ends_with("return ");
        let looked_at = is_read && !after.starts_with('.');
        let last = near.chars().next_back().unwrap_or('\n');
        let is_another = last == '.' || last == '_' || last.is_alphabetic();
        !(looked_at || is_another)
    })
}

/// Give a line where `__all__` is changed like that. Only statements that have the name on a line
/// are looked at.
pub fn changed_unseen(body: &[Stmt], places: &Places) -> Option<u32> {
    let lines = places.lines_with(&[ALL]);
    let mut search = Search { places, lines, is_bound: false, changed: None };
    body.iter().rev().for_each(|statement| search.visit(Node::Stmt(statement), false));
    if search.is_bound {
        search.changed
    } else {
        None
    }
}

struct Search<'p, 's> {
    places: &'p Places<'s>,
    lines: Vec<u32>,
    is_bound: bool,
    changed: Option<u32>,
}

impl<'s> Search<'_, 's> {
    /// Look at a node and at those below it, the last one first.
    fn visit(&mut self, node: Node<'_, 's>, is_deferred: bool) {
        if let Node::Stmt(statement) = node {
            if !self.places.is_within(&self.lines, statement.range) {
                let above = decorators(statement).iter().rev();
                above.for_each(|one| self.visit(Node::Expr(one), true));
                return;
            }
            if !is_deferred && changes_plainly(statement) {
                return;
            }
        }
        let is_deferred = is_deferred || has_body_of_its_own(node);
        let stores = matches!(node, Node::Expr(Expr { kind: ExprKind::Name(ALL, context), .. })
            if *context != Context::Load);
        self.is_bound = self.is_bound || (stores && !is_deferred) || is_called_all(node);
        if self.changed.is_none() && (changes(node) || (stores && is_deferred)) {
            self.changed = range(node).map(|range| self.places.line(range.start));
        }
        node.children().into_iter().rev().for_each(|child| self.visit(child, is_deferred));
    }
}

fn decorators<'t, 's>(statement: &'t Stmt<'s>) -> &'t [Expr<'s>] {
    match &statement.kind {
        StmtKind::FunctionDef(node) => &node.decorators,
        StmtKind::ClassDef(node) => &node.decorators,
        _ => &[],
    }
}

/// Whether a statement is a call of a method of `__all__`, which the module's steps have.
fn changes_plainly(statement: &Stmt) -> bool {
    match &statement.kind {
        StmtKind::Expr(Expr { kind: ExprKind::Call(call), .. }) => match &call.function.kind {
            ExprKind::Attribute(owner, ..) => is_name(owner, ALL),
            _ => false,
        },
        _ => false,
    }
}

fn has_body_of_its_own(node: Node) -> bool {
    match node {
        Node::Stmt(node) => matches!(node.kind, StmtKind::FunctionDef(_) | StmtKind::ClassDef(_)),
        Node::Expr(node) => matches!(node.kind, ExprKind::Lambda(_)),
        _ => false,
    }
}

fn is_called_all(node: Node) -> bool {
    match node {
        Node::Alias(alias) => alias.name == ALL,
        Node::Handler(handler) => handler.name == Some(ALL),
        Node::Pattern(Pattern {
            kind: PatternKind::Star(name) | PatternKind::As(_, name), ..
        }) => *name == Some(ALL),
        Node::Stmt(Stmt { kind: StmtKind::FunctionDef(node), .. }) => node.name == ALL,
        Node::Stmt(Stmt { kind: StmtKind::ClassDef(node), .. }) => node.name == ALL,
        _ => false,
    }
}

fn range(node: Node) -> Option<Range> {
    match node {
        Node::Stmt(node) => Some(node.range),
        Node::Expr(node) => Some(node.range),
        _ => None,
    }
}

/// Whether an expression or assignment changes `__all__`, or hands it to others who may.
fn changes(node: Node) -> bool {
    let is_all = |node: &Expr| is_name(node, ALL);
    match node {
        Node::Stmt(statement) => match &statement.kind {
            StmtKind::Assign(_, value) => is_all(value),
            StmtKind::AnnAssign(assign) => assign.value.as_ref().map_or(false, is_all),
            _ => false,
        },
        Node::Expr(node) => match &node.kind {
            ExprKind::Attribute(owner, method, _) => is_mutator(method) && is_all(owner),
            ExprKind::Call(call) => {
                let values = call.keywords.iter().map(|keyword| &keyword.value);
                let mut given = call.arguments.iter().chain(values);
                !last_name(&call.function).map_or(false, is_reader) && given.any(is_all)
            }
            ExprKind::Subscript(pair, context) => is_all(&pair.0) && *context != Context::Load,
            ExprKind::NamedExpr(pair) => is_all(&pair.1),
            _ => false,
        },
        _ => false,
    }
}

/// Whether what has that name is handed the list and does not change it.
fn is_reader(called: &str) -> bool {
    matches!(
        called,
        "list"
            | "tuple"
            | "set"
            | "frozenset"
            | "sorted"
            | "reversed"
            | "len"
            | "iter"
            | "enumerate"
            | "map"
            | "filter"
            | "zip"
            | "any"
            | "all"
            | "dict"
            | "isinstance"
            | "print"
            | "repr"
            | "str"
            | "join"
            | "extend"
            | "update"
            | "union"
            | "copy"
            | "deepcopy"
            | "getattr"
            | "fromkeys"
            | "chain"
            | "format"
    )
}

fn is_mutator(method: &str) -> bool {
    matches!(method, "append" | "extend" | "insert" | "remove" | "pop" | "clear" | "__iadd__")
}
