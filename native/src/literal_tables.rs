//! The literal tables of a module: what is displayed under one name and never changed
//! (index/literal_tables.py).

use std::borrow::Cow;
use std::cell::Cell;

use crate::ast::*;
use crate::chains::is_name;
use crate::hashing::{NameMap, NameSet};
use crate::nodes::{all, Node};
use crate::strings;
use crate::values;

/// How many rows may be looked at: a table of tables has more of them than the file.
const MOST_ROWS: usize = 20_000;

/// A row of a table: its key, and its value with the place that it is said to have.
#[derive(Clone)]
pub struct Row<'t, 's> {
    pub key: Cow<'s, str>,
    pub value: RowValue<'t, 's>,
    pub place: Range,
}

/// What stands in a row: an expression, or the key of another table.
#[derive(Clone)]
pub enum RowValue<'t, 's> {
    Expr(&'t Expr<'s>),
    Key(Cow<'s, str>),
}

type Rows<'t, 's> = Vec<Row<'t, 's>>;

pub struct Tables<'t, 's> {
    pub displays: NameMap<'s, &'t Expr<'s>>,
    additions: NameMap<'s, Vec<(&'t Constant<'s>, &'t Expr<'s>)>>,
    changed: NameSet<'s>,
    /// How many rows were looked at.
    looked_at: Cell<usize>,
    /// Whether a key was asked for that is not told here, or too many rows.
    pub is_doubtful: Cell<bool>,
}

impl<'t, 's> Tables<'t, 's> {
    pub fn of(body: &'t [Stmt<'s>]) -> Self {
        let mut tables = Tables {
            displays: NameMap::default(),
            additions: NameMap::default(),
            changed: NameSet::default(),
            looked_at: Cell::new(0),
            is_doubtful: Cell::new(false),
        };
        let mut seen = NameSet::default();
        each_assignment(body, &mut |name, value| {
            if seen.insert(name) && is_display(value) {
                tables.displays.insert(name, value);
            } else {
                tables.displays.remove(name);
            }
        });
        all(body).into_iter().for_each(|node| tables.change(node));
        tables
    }

    fn change(&mut self, node: Node<'t, 's>) {
        let changed = match node {
            Node::Stmt(Stmt { kind: StmtKind::Assign(targets, value), .. }) => {
                let pair = match &targets[0].kind {
                    ExprKind::Subscript(pair, _) => pair,
                    _ => return,
                };
                if let (ExprKind::Name(name, _), ExprKind::Constant(key)) =
                    (&pair.0.kind, &pair.1.kind)
                {
                    self.additions.entry(name).or_insert_with(Vec::new).push((key, value));
                    return;
                }
                &pair.0
            }
            Node::Stmt(Stmt { kind: StmtKind::AugAssign(target, ..), .. }) => target,
            Node::Expr(Expr { kind: ExprKind::Call(call), .. }) => match &call.function.kind {
                ExprKind::Attribute(owner, method, _) if is_mutator(method) => {
                    let mut owner: &Expr = owner;
                    while let ExprKind::Subscript(pair, _) = &owner.kind {
                        owner = &pair.0;
                    }
                    owner
                }
                _ => return,
            },
            _ => return,
        };
        if let ExprKind::Name(name, _) = changed.kind {
            self.changed.insert(name);
        }
    }

    /// Give the keys and values of a table, or the members of a list with themselves.
    pub fn rows(&self, node: &'t Expr<'s>) -> Option<Rows<'t, 's>> {
        let (name, display) = match node.kind {
            ExprKind::Name(name, _) => (name, *self.displays.get(name)?),
            _ => ("", node),
        };
        if self.changed.contains(name) {
            return None;
        }
        let mut rows: Rows = match &display.kind {
            ExprKind::DictComp(made) => return self.turned_round(made),
            ExprKind::Dict(items) => {
                let pairs = items.iter().map(|(key, value)| row(key.as_ref()?, value));
                pairs.collect::<Option<_>>()?
            }
            ExprKind::List(items, _) | ExprKind::Tuple(items, _) | ExprKind::Set(items) => {
                items.iter().map(|item| row(item, item)).collect::<Option<_>>()?
            }
            _ => return None,
        };
        for (key, value) in self.additions.get(name).into_iter().flatten() {
            let key = self.shown(key);
            rows.push(Row { key, value: RowValue::Expr(value), place: value.range });
        }
        self.looked_at.set(self.looked_at.get() + rows.len());
        if self.looked_at.get() > MOST_ROWS {
            self.is_doubtful.set(true);
            return None;
        }
        Some(rows)
    }

    /// Give what `str` makes of a constant.
    pub fn text(&self, constant: &Constant) -> String {
        self.shown(constant).into_owned()
    }

    /// The same without a copy where none is needed.
    pub fn shown<'n>(&self, key: &Constant<'n>) -> Cow<'n, str> {
        let shown = match key {
            Constant::Str(literals) => strings::value(literals),
            Constant::None => Some(Cow::Borrowed("None")),
            Constant::True => Some(Cow::Borrowed("True")),
            Constant::False => Some(Cow::Borrowed("False")),
            Constant::Int(digits) => values::integer(digits).map(|one| Cow::Owned(one.to_string())),
            _ => None,
        };
        self.is_doubtful.set(self.is_doubtful.get() || shown.is_none());
        shown.unwrap_or_default()
    }

    /// Give `{name: module for module, names in TABLE.items() for name in names}`.
    fn turned_round(&self, made: &'t Comprehension<'s>) -> Option<Rows<'t, 's>> {
        let (outer, inner) = match made.generators.as_slice() {
            [outer, inner] if outer.conditions.is_empty() && inner.conditions.is_empty() => {
                (outer, inner)
            }
            _ => return None,
        };
        let table = match &outer.iterable.kind {
            ExprKind::Call(call) if call.arguments.is_empty() => match &call.function.kind {
                ExprKind::Attribute(table, "items", _) => table,
                _ => return None,
            },
            _ => return None,
        };
        let (module, names) = match &outer.target.kind {
            ExprKind::Tuple(pair, _) => match pair.as_slice() {
                [module, names] => (name(module)?, name(names)?),
                _ => return None,
            },
            _ => return None,
        };
        let one = name(&inner.target)?;
        if !is_name(&inner.iterable, names) || !is_name(&made.element, one) || self.is_made(table) {
            return None;
        }
        let is_plain = made.value.as_ref().map_or(false, |value| is_name(value, module));
        let mut found = Vec::new();
        for row in self.rows(table)? {
            let value = match row.value {
                RowValue::Expr(value) if !self.is_made(value) => value,
                _ => return None,
            };
            for mut member in self.rows(value)? {
                if is_plain {
                    member.value = RowValue::Key(row.key.clone());
                    member.place = value.range;
                }
                found.push(member);
            }
        }
        Some(found)
    }

    /// Whether it is a comprehension itself, which could be about itself.
    fn is_made(&self, node: &Expr<'s>) -> bool {
        let is_one = |node: &Expr| matches!(node.kind, ExprKind::DictComp(_));
        match node.kind {
            ExprKind::Name(name, _) => self.displays.get(name).map_or(false, |one| is_one(one)),
            _ => is_one(node),
        }
    }
}

fn row<'t, 's>(key: &Expr<'s>, value: &'t Expr<'s>) -> Option<Row<'t, 's>> {
    match &key.kind {
        ExprKind::Constant(Constant::Str(literals)) => {
            let key = strings::value(literals)?;
            Some(Row { key, value: RowValue::Expr(value), place: value.range })
        }
        _ => None,
    }
}

fn name<'s>(node: &Expr<'s>) -> Option<&'s str> {
    match node.kind {
        ExprKind::Name(name, _) => Some(name),
        _ => None,
    }
}

fn is_display(value: &Expr) -> bool {
    matches!(
        value.kind,
        ExprKind::Dict(_)
            | ExprKind::List(..)
            | ExprKind::Tuple(..)
            | ExprKind::Set(_)
            | ExprKind::DictComp(_)
    )
}

fn is_mutator(method: &str) -> bool {
    matches!(
        method,
        "update" | "setdefault" | "pop" | "clear" | "append" | "extend" | "add" | "insert"
    )
}

/// Call `found` with the names that a module assigns, in order.
fn each_assignment<'t, 's>(body: &'t [Stmt<'s>], found: &mut dyn FnMut(&'s str, &'t Expr<'s>)) {
    for statement in body {
        match &statement.kind {
            StmtKind::Assign(targets, value) => {
                targets.iter().filter_map(name).for_each(|name| found(name, value));
            }
            StmtKind::AnnAssign(assign) => {
                if let (Some(name), Some(value)) = (name(&assign.target), &assign.value) {
                    found(name, value);
                }
            }
            StmtKind::If(node) => {
                each_assignment(&node.body, found);
                each_assignment(&node.orelse, found);
            }
            StmtKind::Try(node) if !node.is_star => {
                each_assignment(&node.body, found);
                each_assignment(&node.orelse, found);
            }
            _ => {}
        }
    }
}
