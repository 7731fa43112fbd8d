//! Names that a module gives itself in ways that can be listed: an enum's members, a loop
//! (index/made_names.py).

use std::borrow::Cow;

use crate::ast::*;
use crate::chains::{is_name, last_name};
use crate::literal_tables::Tables;
use crate::names::each_target;
use crate::nodes::{all, Node};
use crate::recorder::Recorder;
use crate::strings;

impl<'t, 's> Recorder<'t, 's> {
    /// Give the values of a key in the loops around it: `for key in ("a", "b"): ...`.
    ///
    /// None when it is not the target of a loop over literals, or the loop gives it another value.
    pub fn loop_names(&mut self, key: &Expr<'s>) -> Option<Vec<Cow<'s, str>>> {
        let node = self.loop_over(key)?;
        self.search();
        let tables = Tables::of(self.body);
        let rows = tables.rows(&node.iterable);
        self.is_declined |= tables.is_doubtful.get();
        Some(rows?.into_iter().map(|row| row.key).collect())
    }

    /// Give what a name begins with wherever a loop comes to a place, None when it is not known.
    pub fn loop_prefix(&mut self, key: &Expr<'s>, place: Range) -> Option<Cow<'s, str>> {
        let node = self.loop_over(key)?;
        let mut pending = Node::of_loop(node);
        let mut next = 0;
        while next < pending.len() {
            if let Node::Stmt(Stmt { kind: StmtKind::If(test), .. }) = pending[next] {
                let end = test.body.last().map_or(0, |last| last.range.end);
                if test.test.range.end <= place.start && place.end <= end {
                    let prefix = prefix(&test.test, key);
                    if prefix.is_some() {
                        return prefix;
                    }
                }
            }
            pending.extend(pending[next].children());
            next += 1;
        }
        None
    }

    /// Give the innermost loop that binds a name, if it does so by its target alone.
    fn loop_over(&mut self, key: &Expr<'s>) -> Option<&'t For<'s>> {
        let name = match key.kind {
            ExprKind::Name(name, _) if !self.loops.is_empty() => name,
            _ => return None,
        };
        self.search();
        for node in self.loops.iter().rev() {
            match stored_in(node, name).as_slice() {
                [] => {}
                [only] if std::ptr::eq(*only, &node.target) => return Some(node),
                _ => return None,
            }
        }
        None
    }

    /// Give the keys of `C.__members__`, for an enum of this module; None when not known.
    pub fn member_names(&mut self, mapping: &Expr<'s>) -> Option<Vec<&'s str>> {
        let owner = match &mapping.kind {
            ExprKind::Attribute(owner, "__members__", _) => match owner.kind {
                ExprKind::Name(owner, _) => owner,
                _ => return None,
            },
            _ => return None,
        };
        self.search();
        let mut classes = all(self.body).into_iter().filter_map(|node| match node {
            Node::Stmt(Stmt { kind: StmtKind::ClassDef(class), .. }) if class.name == owner => {
                Some(class)
            }
            _ => None,
        });
        let class = classes.next()?;
        let is_plain = class.keywords.is_empty() && class.decorators.is_empty();
        if classes.next().is_some() || !is_plain || !class.bases.iter().any(is_enum) {
            return None;
        }
        let mut names = Vec::new();
        let mut add = |target: &Expr<'s>| each_target(target, &mut |name| names.push(name));
        for statement in &class.body {
            match &statement.kind {
                StmtKind::Assign(targets, _) => targets.iter().for_each(&mut add),
                StmtKind::AnnAssign(assign) => add(&assign.target),
                StmtKind::FunctionDef(function) if !function.is_async => {}
                StmtKind::Pass | StmtKind::Expr(Expr { kind: ExprKind::Constant(_), .. }) => {}
                _ => return None,
            }
        }
        Some(names)
    }
}

/// Give the places of a loop that bind a name, or delete it.
pub fn stored_in<'t, 's>(node: &'t For<'s>, name: &str) -> Vec<&'t Expr<'s>> {
    let mut found = Vec::new();
    let mut pending = Node::of_loop(node);
    while let Some(node) = pending.pop() {
        match node {
            Node::Expr(one @ Expr { kind: ExprKind::Name(stored, context), .. })
                if *stored == name && *context != Context::Load =>
            {
                found.push(one);
            }
            _ => pending.extend(node.children()),
        }
    }
    found
}

/// Give the text of `name.startswith(text)`, alone or among what has to hold.
fn prefix<'s>(test: &Expr<'s>, key: &Expr<'s>) -> Option<Cow<'s, str>> {
    let name = match key.kind {
        ExprKind::Name(name, _) => name,
        _ => return None,
    };
    match &test.kind {
        ExprKind::BoolOp(parts, true) => parts.iter().find_map(|part| prefix(part, key)),
        ExprKind::Call(call) => match (&call.function.kind, call.arguments.as_slice()) {
            (
                ExprKind::Attribute(owner, "startswith", _),
                [Expr { kind: ExprKind::Constant(Constant::Str(literals)), .. }],
            ) if is_name(owner, name) => strings::value(literals).filter(|text| !text.is_empty()),
            _ => None,
        },
        _ => None,
    }
}

fn is_enum(base: &Expr) -> bool {
    match base.kind {
        ExprKind::Name(..) | ExprKind::Attribute(..) => {
            last_name(base).map_or(false, |name| name.ends_with("Enum") || name.ends_with("Flag"))
        }
        _ => false,
    }
}
