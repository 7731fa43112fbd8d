//! Names that a module serves on demand: its `__getattr__`, and literal lazy tables
//! (index/lazy_names.py).

use std::borrow::Cow;

use crate::ast::*;
use crate::chains::{is_name, last_name};
use crate::encode;
use crate::hashing::NameMap;
use crate::import_form::{import_form, Form};
use crate::literal_tables::{Row, RowValue, Tables};
use crate::nodes::{all, Node};
use crate::places::Places;
use crate::values::Ref;

const MOST_NAMES: usize = 1000;

/// What a module serves on demand.
#[derive(Default)]
pub struct LazyNames<'s> {
    pub names: Vec<LazyName<'s>>,
    pub is_complete: bool,
    pub is_stub: bool,
    /// What makes the `__getattr__`.
    pub maker: Option<Ref<'s>>,
}

pub struct LazyName<'s> {
    pub name: Cow<'s, str>,
    module: Option<String>,
    attribute: Option<String>,
    pub line: u32,
}

impl LazyNames<'_> {
    pub fn write(&self, out: &mut Vec<u8>) {
        encode::array(out, 4);
        encode::array(out, self.names.len());
        for lazy in &self.names {
            encode::array(out, 4);
            encode::text(out, &lazy.name);
            encode::optional_text(out, lazy.module.as_deref());
            encode::optional_text(out, lazy.attribute.as_deref());
            encode::natural(out, lazy.line.into());
        }
        encode::boolean(out, self.is_complete);
        encode::boolean(out, self.is_stub);
        match &self.maker {
            Some(maker) => maker.write(out),
            None => encode::nil(out),
        }
    }
}

/// Give what a module's `__getattr__` serves, None where it is not read here.
pub fn served_by_function<'t, 's>(
    node: &'t Function<'s>,
    body: &'t [Stmt<'s>],
    places: &Places<'s>,
) -> Option<LazyNames<'s>> {
    let parameter = match node.parameters.positional.first() {
        Some(parameter) if !node.is_async && !rebinds(node, parameter.name) => parameter.name,
        _ => return Some(LazyNames::default()),
    };
    let tables = Tables::of(body);
    let mut reading = Reading {
        parameter,
        places,
        form: import_form(node, parameter, &tables),
        tables,
        looked_up: NameMap::default(),
        names: Vec::new(),
    };
    let is_complete = reading.refuses(&node.body) == Some(true);
    if reading.tables.is_doubtful.get() {
        return None;
    }
    Some(LazyNames { names: reading.names, is_complete, ..LazyNames::default() })
}

/// Whether a function gives its parameter another value: `name = name.lower()`.
fn rebinds(function: &Function, parameter: &str) -> bool {
    below(function).into_iter().any(|node| match node {
        Node::Expr(Expr { kind: ExprKind::Name(name, context), .. }) => {
            *name == parameter && *context != Context::Load
        }
        _ => false,
    })
}

/// Give all nodes of a function.
pub fn below<'t, 's>(function: &'t Function<'s>) -> Vec<Node<'t, 's>> {
    let mut found = vec![Node::Parameters(&function.parameters)];
    found.extend(function.body.iter().map(Node::Stmt));
    found.extend(function.decorators.iter().chain(&function.returns).map(Node::Expr));
    let mut place = 0;
    while place < found.len() {
        found.extend(found[place].children());
        place += 1;
    }
    found
}

/// The names that a test admits, each with its row of a table if it has one.
type Keys<'t, 's> = Vec<(Cow<'s, str>, Option<Row<'t, 's>>)>;

struct Reading<'r, 't, 's> {
    parameter: &'s str,
    places: &'r Places<'s>,
    form: Option<Form>,
    tables: Tables<'t, 's>,
    /// By name the table in which the parameter was looked up.
    looked_up: NameMap<'s, &'t Expr<'s>>,
    names: Vec<LazyName<'s>>,
}

impl<'t, 's> Reading<'_, 't, 's> {
    /// Whether a block raises for every name not recorded on the way; None where it does nothing
    /// about the others.
    fn refuses(&mut self, body: &'t [Stmt<'s>]) -> Option<bool> {
        for statement in body {
            match &statement.kind {
                StmtKind::Raise(..) => return Some(true),
                StmtKind::If(node) => {
                    let verdict = self.branch(node);
                    if verdict.is_some() {
                        return verdict;
                    }
                }
                StmtKind::Try(node) if !node.is_star => return Some(self.tries(node)),
                StmtKind::Assign(targets, value) => {
                    if self.assigns(&targets[0], value) {
                        return Some(true);
                    }
                }
                StmtKind::Import(_)
                | StmtKind::ImportFrom(_)
                | StmtKind::Expr(_)
                | StmtKind::Global(_)
                | StmtKind::AnnAssign(_) => {}
                _ => return Some(false),
            }
        }
        None
    }

    /// Give the verdict of the whole block when this `if` settles it.
    fn branch(&mut self, node: &'t If<'s>) -> Option<bool> {
        let (keys, is_inside) = self.keys(&node.test);
        let keys = match keys {
            Some(keys) => keys,
            None if raises(&node.body) && node.orelse.is_empty() => return None,
            None => return Some(false),
        };
        self.serve(keys, node.test.range);
        if !is_inside {
            Some(raises(&node.body))
        } else if node.orelse.is_empty() {
            None
        } else {
            self.refuses(&node.orelse)
        }
    }

    /// Whether the try raises for names that its table lacks.
    fn tries(&mut self, node: &'t Try<'s>) -> bool {
        for inner in all(&node.body) {
            let (pair, range) = match inner {
                Node::Expr(Expr { range, kind: ExprKind::Subscript(pair, _) }) => (pair, *range),
                _ => continue,
            };
            if self.is_parameter(&pair.1) {
                let keys = self.table(&pair.0);
                if node.handlers.iter().all(|handler| raises(&handler.body)) {
                    if let Some(keys) = keys {
                        self.serve(keys, range);
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Whether the assignment raises KeyError for names that are not served.
    fn assigns(&mut self, target: &Expr<'s>, value: &'t Expr<'s>) -> bool {
        let target = match target.kind {
            ExprKind::Name(name, _) => Some(name),
            _ => None,
        };
        if let Some(name) = target {
            self.tables.displays.remove(name);
            if matches!(
                value.kind,
                ExprKind::Dict(_) | ExprKind::List(..) | ExprKind::Tuple(..) | ExprKind::Set(_)
            ) {
                self.tables.displays.insert(name, value);
            }
        }
        match &value.kind {
            ExprKind::Call(call) => {
                if let ExprKind::Attribute(table, "get", _) = &call.function.kind {
                    let first = call.arguments.first();
                    if first.map_or(false, |first| self.is_parameter(first)) {
                        self.looked_up.extend(target.map(|name| (name, &**table)));
                    }
                }
            }
            ExprKind::Subscript(pair, _) if self.is_parameter(&pair.1) => {
                if let Some(keys) = self.table(&pair.0) {
                    self.serve(keys, value.range);
                    return true;
                }
            }
            _ => {}
        }
        false
    }

    fn is_parameter(&self, node: &Expr) -> bool {
        is_name(node, self.parameter)
    }

    /// Give the names a test admits, and whether it holds for them or for all others.
    fn keys(&self, test: &'t Expr<'s>) -> (Option<Keys<'t, 's>>, bool) {
        match &test.kind {
            ExprKind::BoolOp(operands, is_and) => (self.combined(operands, *is_and), true),
            ExprKind::UnaryOp(operand, UnaryOperator::Not) => {
                let (keys, is_inside) = self.keys(operand);
                (keys, !is_inside)
            }
            ExprKind::NamedExpr(pair) => (self.fetched(&pair.1), true),
            ExprKind::Name(name, _) => {
                (self.looked_up.get(name).and_then(|table| self.listed(table)), true)
            }
            ExprKind::Compare(compare) if compare.rest.len() == 1 => {
                self.compared(&compare.left, compare.rest[0].0, &compare.rest[0].1)
            }
            _ => (None, true),
        }
    }

    fn compared(
        &self,
        left: &Expr<'s>,
        operator: CompareOperator,
        right: &'t Expr<'s>,
    ) -> (Option<Keys<'t, 's>>, bool) {
        if let (ExprKind::Name(name, _), CompareOperator::Is | CompareOperator::IsNot) =
            (&left.kind, operator)
        {
            if let Some(table) = self.looked_up.get(name) {
                return (self.listed(table), operator == CompareOperator::IsNot);
            }
        }
        if !self.is_parameter(left) {
            return (None, true);
        }
        match (operator, &right.kind) {
            (CompareOperator::In | CompareOperator::NotIn, _) => {
                (self.listed(right), operator == CompareOperator::In)
            }
            (CompareOperator::Eq | CompareOperator::NotEq, ExprKind::Constant(key)) => {
                (Some(vec![(self.tables.shown(key), None)]), operator == CompareOperator::Eq)
            }
            _ => (None, true),
        }
    }

    /// Give the names for which `TABLE.get(name)` finds something.
    fn fetched(&self, value: &'t Expr<'s>) -> Option<Keys<'t, 's>> {
        match &value.kind {
            ExprKind::Call(call) => match (&call.function.kind, call.arguments.as_slice()) {
                (ExprKind::Attribute(table, "get", _), [key]) if self.is_parameter(key) => {
                    self.listed(table)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn combined(&self, operands: &'t [Expr<'s>], is_and: bool) -> Option<Keys<'t, 's>> {
        let mut parts = operands.iter().map(|one| self.keys(one));
        if is_and {
            return parts.find(|(keys, is_inside)| keys.is_some() && *is_inside)?.0;
        }
        let mut merged = Vec::new();
        for (keys, is_inside) in parts {
            let keys = keys.filter(|_| is_inside)?;
            keys.into_iter().for_each(|(key, row)| self.put(&mut merged, key, row));
        }
        Some(merged)
    }

    /// Give the names of `TABLE` or `TABLE.keys()`.
    fn listed(&self, node: &'t Expr<'s>) -> Option<Keys<'t, 's>> {
        if let ExprKind::Call(call) = &node.kind {
            if let ExprKind::Attribute(table, "keys", _) = &call.function.kind {
                return self.table(table);
            }
        }
        self.table(node)
    }

    fn table(&self, node: &'t Expr<'s>) -> Option<Keys<'t, 's>> {
        let mut keys = Vec::new();
        for row in self.tables.rows(node)? {
            self.put(&mut keys, row.key.clone(), Some(row));
        }
        Some(keys)
    }

    /// Put a key where it was first, with the value that it has last.
    fn put(&self, keys: &mut Keys<'t, 's>, key: Cow<'s, str>, row: Option<Row<'t, 's>>) {
        match keys.iter().position(|(known, _)| *known == key) {
            Some(place) => keys[place].1 = row,
            None if keys.len() < MOST_NAMES => keys.push((key, row)),
            None => self.tables.is_doubtful.set(true),
        }
    }

    /// Record names, with their targets where the function's form says them.
    fn serve(&mut self, keys: Keys<'t, 's>, place: Range) {
        for (name, row) in keys {
            if self.names.len() >= MOST_NAMES {
                return self.tables.is_doubtful.set(true);
            }
            if self.names.iter().any(|lazy| lazy.name == name) {
                continue;
            }
            let line = self.places.line(row.as_ref().map_or(place, |row| row.place).start);
            let (module, attribute) = match (&self.form, row) {
                (Some(form), Some(row)) => self.target(form, &name, &row.value),
                _ => (None, None),
            };
            self.names.push(LazyName { name, module, attribute, line });
        }
    }

    fn target(
        &self,
        form: &Form,
        name: &str,
        value: &RowValue<'t, 's>,
    ) -> (Option<String>, Option<String>) {
        match form {
            Form::Submodule(prefix) => (Some(format!("{}{}", prefix, name)), None),
            Form::Module(prefix) => match value {
                RowValue::Key(module) => {
                    (Some(format!("{}{}", prefix, module)), Some(name.to_owned()))
                }
                RowValue::Expr(Expr { kind: ExprKind::Constant(module), .. }) => {
                    if !matches!(module, Constant::Str(_)) {
                        return (None, None);
                    }
                    let module = self.tables.shown(module);
                    (Some(format!("{}{}", prefix, module)), Some(name.to_owned()))
                }
                RowValue::Expr(_) => (None, None),
            },
            Form::Pair(prefix) => match value {
                RowValue::Expr(Expr {
                    kind: ExprKind::Tuple(pair, _) | ExprKind::List(pair, _),
                    ..
                }) => self.pair(prefix, pair),
                _ => (None, None),
            },
        }
    }

    fn pair(&self, prefix: &str, pair: &[Expr<'s>]) -> (Option<String>, Option<String>) {
        match pair {
            [Expr { kind: ExprKind::Constant(module), .. }, Expr { kind: ExprKind::Constant(attribute), .. }] =>
            {
                let module = format!("{}{}", prefix, self.tables.shown(module));
                (Some(module), Some(self.tables.shown(attribute).into_owned()))
            }
            _ => (None, None),
        }
    }
}

fn raises(body: &[Stmt]) -> bool {
    matches!(body.last(), Some(Stmt { kind: StmtKind::Raise(..), .. }))
}

/// Give what `lazy_loader.attach(...)` or `attach_stub(...)` serves.
pub fn served_by_attach<'t, 's>(
    call: &'t Call<'s>,
    tables: &Tables<'t, 's>,
    places: &Places<'s>,
) -> LazyNames<'s> {
    if last_name(&call.function) == Some("attach_stub") {
        return LazyNames { is_complete: true, is_stub: true, ..LazyNames::default() };
    }
    let given = |name: &str, position: usize| {
        let named = call.keywords.iter().rev().find(|keyword| keyword.name == Some(name));
        let value = named.map(|keyword| &keyword.value).or_else(|| call.arguments.get(position));
        value.filter(|value| !matches!(value.kind, ExprKind::Constant(Constant::None)))
    };
    let mut names = Vec::new();
    if let Some(submodules) = given("submodules", 1) {
        let rows = match tables.rows(submodules) {
            Some(rows) => rows,
            None => return LazyNames::default(),
        };
        for row in rows {
            let line = places.line(row.place.start);
            let module = Some(format!(".{}", row.key));
            names.push(LazyName { name: row.key, module, attribute: None, line });
        }
    }
    if let Some(attributes) = given("submod_attrs", 2) {
        let served = served_by_structure(attributes, tables, places);
        if !served.is_complete {
            return served;
        }
        names.extend(served.names.into_iter().filter(|lazy| {
            lazy.attribute.as_ref().map_or(false, |attribute| !attribute.is_empty())
        }));
    }
    LazyNames { names, is_complete: true, ..LazyNames::default() }
}

/// Give what a table of submodule to attributes serves (`_import_structure`).
pub fn served_by_structure<'t, 's>(
    table: &'t Expr<'s>,
    tables: &Tables<'t, 's>,
    places: &Places<'s>,
) -> LazyNames<'s> {
    let rows = match tables.rows(table) {
        Some(rows) => rows,
        None => return LazyNames::default(),
    };
    let mut names = Vec::new();
    for row in rows {
        let module = format!(".{}", row.key);
        let line = places.line(row.place.start);
        let members = match row.value {
            RowValue::Expr(value) => tables.rows(value),
            RowValue::Key(_) => None,
        };
        let members = match members {
            Some(members) => members,
            None => return LazyNames::default(),
        };
        let first = row.key.split('.').next().unwrap_or("").to_owned();
        let own = Some(module.clone());
        names.push(LazyName { name: Cow::Owned(first), module: own, attribute: None, line });
        for member in members {
            let line = places.line(member.place.start);
            let attribute = Some(member.key.clone().into_owned());
            names.push(LazyName {
                name: member.key,
                module: Some(module.clone()),
                attribute,
                line,
            });
        }
    }
    LazyNames { names, is_complete: true, ..LazyNames::default() }
}
