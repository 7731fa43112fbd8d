//! Which names a block binds, found before its expressions are read (index/names.py).

use crate::ast::*;
use crate::chains::chain_root;
use crate::hashing::{NameMap, NameSet};

pub const IMPORTED: u8 = 1;
pub const ALIAS: u8 = 2;
pub const OTHER: u8 = 4;
pub const DEFINED: u8 = 8;

/// The names of one block, each with its flags.
#[derive(Default)]
pub struct Names<'s> {
    pub bound: NameMap<'s, u8>,
    pub globals: NameSet<'s>,
    nonlocals: NameSet<'s>,
    pub has_star: bool,
    /// In the order in which they are bound, where that is asked for.
    order: Option<Vec<&'s str>>,
}

impl<'s> Names<'s> {
    pub fn add(&mut self, name: &'s str, flag: u8) {
        let flags = self.bound.entry(name).or_insert(0);
        if let (0, Some(order)) = (*flags, &mut self.order) {
            order.push(name);
        }
        *flags |= flag;
    }

    pub fn has(&self, name: &str, flags: u8) -> bool {
        self.bound.get(name).map_or(false, |&own| own & flags != 0)
    }

    pub fn add_parameters(&mut self, parameters: &Parameters<'s>) {
        for parameter in parameters.all() {
            self.bound.insert(parameter.name, OTHER);
        }
    }

    fn add_targets(&mut self, target: &Expr<'s>) {
        each_target(target, &mut |name| self.add(name, OTHER));
    }

    fn statements(&mut self, body: &[Stmt<'s>]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'s>) {
        match &statement.kind {
            StmtKind::Import(names) => {
                for alias in names {
                    self.add(bound_by(alias), IMPORTED);
                }
            }
            StmtKind::ImportFrom(import) => {
                for alias in &import.names {
                    if alias.name == "*" {
                        self.has_star = true;
                    } else {
                        self.add(alias.alias.unwrap_or(alias.first), IMPORTED);
                    }
                }
            }
            StmtKind::Assign(targets, value) => {
                let flag = if may_be_module(value) { ALIAS } else { OTHER };
                for target in targets {
                    match target.kind {
                        ExprKind::Name(name, _) => self.add(name, flag),
                        _ => self.add_targets(target),
                    }
                }
            }
            StmtKind::AnnAssign(assign) => {
                if let ExprKind::Name(name, _) = assign.target.kind {
                    self.add(name, OTHER);
                }
            }
            StmtKind::AugAssign(target, _, _) => self.add_targets(target),
            StmtKind::FunctionDef(function) => self.add(function.name, OTHER | DEFINED),
            StmtKind::ClassDef(class) => self.add(class.name, OTHER | DEFINED),
            StmtKind::Delete(targets) => targets.iter().for_each(|target| self.add_targets(target)),
            StmtKind::Global(names) => self.globals.extend(names),
            StmtKind::Nonlocal(names) => self.nonlocals.extend(names),
            _ => self.compound(statement),
        }
    }

    fn compound(&mut self, statement: &Stmt<'s>) {
        match &statement.kind {
            StmtKind::If(node) => {
                self.statements(&node.body);
                self.statements(&node.orelse);
            }
            StmtKind::While(node) => {
                self.statements(&node.body);
                self.statements(&node.orelse);
            }
            StmtKind::For(node) => {
                self.statements(&node.body);
                self.statements(&node.orelse);
                self.add_targets(&node.target);
            }
            StmtKind::With(node) => {
                self.statements(&node.body);
                for target in node.items.iter().filter_map(|item| item.1.as_ref()) {
                    self.add_targets(target);
                }
            }
            StmtKind::Try(node) => {
                for block in [&node.body, &node.orelse, &node.finally] {
                    self.statements(block);
                }
                for handler in &node.handlers {
                    if let Some(name) = handler.name {
                        self.add(name, OTHER);
                    }
                    self.statements(&handler.body);
                }
            }
            StmtKind::Match(node) => {
                for case in &node.cases {
                    let names = case.pattern.all().into_iter().filter_map(Pattern::name);
                    names.for_each(|name| self.add(name, OTHER));
                    self.statements(&case.body);
                }
            }
            _ => {}
        }
    }
}

/// Give the names that the statements of one block bind, nested blocks included.
///
/// With `walrus` expressions are searched for assignments, too.
pub fn collect<'s>(body: &[Stmt<'s>], walrus: bool) -> Names<'s> {
    let mut names = Names::default();
    names.statements(body);
    if walrus {
        crate::children::each_walrus(body, &mut |name| names.add(name, OTHER));
    }
    let Names { bound, globals, nonlocals, .. } = &mut names;
    for name in globals.iter().chain(nonlocals.iter()) {
        bound.remove(name);
    }
    names
}

/// Give the names that the statements of one block bind, expressions aside, in their order.
pub fn in_order<'s>(body: &[Stmt<'s>]) -> Vec<&'s str> {
    let mut names = Names { order: Some(Vec::new()), ..Names::default() };
    names.statements(body);
    let is_outer = |name: &&str| names.globals.contains(name) || names.nonlocals.contains(name);
    let mut order = names.order.take().unwrap_or_default();
    order.retain(|name| !is_outer(name));
    order
}

/// Call `found` with the plain names in an assignment target, in order.
pub fn each_target<'s>(target: &Expr<'s>, found: &mut impl FnMut(&'s str)) {
    match &target.kind {
        ExprKind::Name(name, _) => found(name),
        ExprKind::Tuple(items, _) | ExprKind::List(items, _) => {
            items.iter().for_each(|item| each_target(item, found));
        }
        ExprKind::Starred(value, _) => each_target(value, found),
        _ => {}
    }
}

/// Give the name that `import a.b` or `import a.b as c` binds.
pub fn bound_by<'s>(alias: &Alias<'s>) -> &'s str {
    alias.alias.unwrap_or(alias.first)
}

fn may_be_module(value: &Expr) -> bool {
    match &chain_root(value).kind {
        ExprKind::Name(..) => true,
        ExprKind::Call(call) => match call.function.kind {
            ExprKind::Attribute(_, name, _) | ExprKind::Name(name, _) => {
                name == "import_module" || name == "__import__"
            }
            _ => false,
        },
        _ => false,
    }
}

/// Give the names bound on every way through a block, conditions left undecided.
pub fn surely_bound<'s>(body: &[Stmt<'s>]) -> NameSet<'s> {
    let mut bound = NameSet::default();
    for statement in body {
        match &statement.kind {
            StmtKind::If(node) => {
                let other = surely_bound(&node.orelse);
                bound.extend(surely_bound(&node.body).into_iter().filter(|n| other.contains(n)));
            }
            StmtKind::Try(node) => {
                let mut ways = surely_bound(&node.body);
                ways.extend(surely_bound(&node.orelse));
                for handler in node.handlers.iter().filter(|one| !always_raises(&one.body)) {
                    let way = surely_bound(&handler.body);
                    ways.retain(|name| way.contains(name));
                }
                bound.extend(ways);
                bound.extend(surely_bound(&node.finally));
            }
            StmtKind::FunctionDef(function) => {
                bound.insert(function.name);
            }
            StmtKind::ClassDef(class) => {
                bound.insert(class.name);
            }
            StmtKind::Delete(targets) => {
                for target in targets {
                    each_target(target, &mut |name| {
                        bound.remove(name);
                    });
                }
            }
            _ => {
                let mut names = Names::default();
                names.statement(statement);
                bound.extend(names.bound.keys());
            }
        }
    }
    bound
}

fn always_raises(body: &[Stmt]) -> bool {
    body.last().map_or(false, |last| {
        matches!(last.kind, StmtKind::Raise(..)) || crate::guards::is_assert_false(last)
    })
}
