//! What is entered in `sys.modules`, and under which name (index/bindings.py, index/own_names.py,
//! index/made_names.py).

use crate::ast::*;
use crate::chains::is_chain;
use crate::encode;
use crate::hashing::NameMap;
use crate::names::each_target;
use crate::namespaces::is_module_table;
use crate::nodes::{all, each_text, Node};
use crate::recorder::Recorder;
use crate::values;

const NAME: &str = "__name__";
/// How many keys may be compared with what an entry gets.
const MOST_COMPARISONS: usize = 10_000;

/// What is known of an entry besides its key.
#[derive(Clone, Copy, Default)]
pub struct Entry {
    /// The module stands in the table under another name.
    is_mirrored: bool,
    /// It is entered under the name that it has.
    is_own: bool,
}

/// By name what is assigned to it, anywhere in a file.
pub type Assigned<'t, 's> = NameMap<'s, Vec<&'t Expr<'s>>>;

impl<'t, 's> Recorder<'t, 's> {
    /// Record the target of `sys.modules[key] = value`.
    pub fn enter_module(
        &mut self,
        target: &'t Expr<'s>,
        pair: &'t (Expr<'s>, Expr<'s>),
        value: &'t Expr<'s>,
    ) {
        self.search();
        if self.is_declined {
            return;
        }
        let key = self.known_key(target, &pair.1);
        let is_mirrored = self.is_mirrored(value);
        if is_mirrored && self.words.is_empty() {
            self.collect_words();
        }
        let entry = Entry { is_mirrored, is_own: self.keeps_name(key, value) };
        if !self.own_subscript(&pair.0, key, Context::Store, target.range, entry) {
            self.visit(&pair.0);
            self.visit(key);
        }
    }

    /// Record that a module is entered under a key.
    pub fn module_alias(&mut self, key: &Expr<'s>, range: Range, entry: Entry) {
        self.search();
        if self.is_declined || self.is_found(key, range) {
            return;
        }
        let is_function = |at: usize| self.frames[at].index > 0 && !self.frames[at].is_class;
        self.enters_modules |= (0..=self.at).any(is_function);
        let name = self.value(key);
        let line = self.line(range);
        let out = self.step(15, 4);
        values::write(out, &name);
        encode::natural(out, line.into());
        encode::boolean(out, entry.is_mirrored);
        encode::boolean(out, entry.is_own);
    }

    /// Give the f-string that is all that the name in a key ever holds, else the key.
    fn known_key(&mut self, target: &Expr<'s>, key: &'t Expr<'s>) -> &'t Expr<'s> {
        let name = match key.kind {
            ExprKind::Name(name, _) => name,
            _ => return key,
        };
        let only = match self.assigned(name) {
            [only @ Expr { kind: ExprKind::JoinedStr(_), .. }] => *only,
            _ => return key,
        };
        let is_given = |node: &Node| match node {
            Node::Stmt(Stmt { range, kind: StmtKind::FunctionDef(function) }) => {
                is_inside(function, *range, target.range) && has_parameter(function, name)
            }
            _ => false,
        };
        if all(self.body).iter().any(is_given) {
            key
        } else {
            only
        }
    }

    fn assigned(&mut self, name: &str) -> &[&'t Expr<'s>] {
        let body = self.body;
        let assigned = self.assigned.get_or_insert_with(|| assigned(body));
        assigned.get(name).map_or(&[], |values| values)
    }

    /// Whether a value, or all that is assigned to one that is a name, is taken from the table.
    fn is_mirrored(&mut self, value: &'t Expr<'s>) -> bool {
        match value.kind {
            ExprKind::Name(name, _) => {
                let sources = self.assigned(name);
                !sources.is_empty() && sources.iter().all(|source| is_entry(source))
            }
            _ => is_entry(value),
        }
    }

    /// Keep all texts of the file.
    fn collect_words(&mut self) {
        for node in all(self.body) {
            if let Node::Format(parts) = node {
                // Some versions have an empty text behind the last field.
                self.is_declined |= !matches!(parts.last(), Some(Part::Text(_)));
            }
            let is_told = each_text(node, &mut |text| {
                self.words.insert(text);
            });
            self.is_declined |= is_told.is_none();
        }
    }

    /// Whether an entry gets an object under its own name, or what was there.
    fn keeps_name(&mut self, key: &'t Expr<'s>, value: &'t Expr<'s>) -> bool {
        let mut keys = self.values_of(key);
        let mut owners = Vec::new();
        for key in &keys {
            match &key.kind {
                ExprKind::Attribute(owner, NAME, _) => owners.push(&**owner),
                _ => return false,
            }
        }
        if owners.is_empty() {
            return false;
        }
        if owners.into_iter().all(|owner| self.are_alike(owner, value)) {
            return true;
        }
        keys.push(key);
        let sources = self.values_of(value);
        if keys.len() * sources.len() > MOST_COMPARISONS {
            self.is_declined = true;
            return false;
        }
        let mut is_known = |source: &&'t Expr<'s>| {
            let given = key_of_entry(source);
            given.map_or(false, |given| keys.iter().any(|key| self.are_alike(key, given)))
        };
        !sources.is_empty() && sources.iter().all(&mut is_known)
    }

    /// Give all that a name or attribute is assigned; nothing when it is bound otherwise too.
    fn values_of(&self, place: &'t Expr<'s>) -> Vec<&'t Expr<'s>> {
        let is_name = matches!(place.kind, ExprKind::Name(..));
        let word = match place.kind {
            ExprKind::Name(word, _) => word,
            ExprKind::Attribute(_, word, _) if word != NAME => word,
            _ => return vec![place],
        };
        let is_place = |node: &Expr| match node.kind {
            ExprKind::Name(name, _) => is_name && name == word,
            ExprKind::Attribute(_, name, _) => !is_name && name == word,
            _ => false,
        };
        let (mut values, mut stores) = (Vec::new(), 0);
        for node in all(self.body) {
            match node {
                Node::Parameter(parameter) if is_name && parameter.name == word => {
                    return Vec::new();
                }
                Node::Stmt(Stmt { kind: StmtKind::Assign(targets, value), .. })
                    if is_place(&targets[0]) =>
                {
                    values.push(value);
                }
                Node::Expr(node) if is_place(node) && is_stored(node) => stores += 1,
                _ => {}
            }
        }
        if stores == values.len() {
            values
        } else {
            Vec::new()
        }
    }

    /// Whether a key is the name of a module that `find_spec(name)` has found, in a function.
    fn is_found(&self, key: &Expr<'s>, entry: Range) -> bool {
        let name = match key.kind {
            ExprKind::Name(name, _) => name,
            _ => return false,
        };
        let is_one = |node: Node<'t, 's>| match node {
            Node::Stmt(Stmt { range, kind: StmtKind::FunctionDef(function) }) => {
                let is_around = self.line(*range) <= self.line(entry)
                    && self.line(entry) <= self.places.line(range.end);
                !function.is_async
                    && is_around
                    && is_inside(function, *range, entry)
                    && finds(node, name)
            }
            _ => false,
        };
        all(self.body).into_iter().any(is_one)
    }
}

fn assigned<'t, 's>(body: &'t [Stmt<'s>]) -> Assigned<'t, 's> {
    let mut found = Assigned::default();
    for node in all(body) {
        if let Node::Stmt(Stmt { kind: StmtKind::Assign(targets, value), .. }) = node {
            for target in targets {
                each_target(target, &mut |name| {
                    let values = found.entry(name).or_insert_with(Vec::new);
                    if !values.last().map_or(false, |last| std::ptr::eq(*last, value)) {
                        values.push(value);
                    }
                });
            }
        }
    }
    found
}

/// Whether a function or its decorators have something in them.
fn is_inside(function: &Function, range: Range, inner: Range) -> bool {
    let holds = |outer: Range| outer.start <= inner.start && inner.end <= outer.end;
    holds(range) || function.decorators.iter().any(|one| holds(one.range))
}

fn has_parameter(function: &Function, name: &str) -> bool {
    let mut pending = vec![Node::Parameters(&function.parameters)];
    while let Some(node) = pending.pop() {
        match node {
            Node::Parameter(parameter) if parameter.name == name => return true,
            _ => pending.extend(node.children()),
        }
    }
    false
}

/// Whether a function asks `find_spec` for a name that it does not bind, and makes no module.
fn finds<'s>(function: Node<'_, 's>, name: &'s str) -> bool {
    let mut is_asked = false;
    let mut pending = vec![function];
    while let Some(node) = pending.pop() {
        if let Node::Expr(node) = node {
            match &node.kind {
                ExprKind::Name(bound, Context::Store) if *bound == name => return false,
                ExprKind::Call(call) => {
                    let called = called(call);
                    if called.starts_with("spec_from") {
                        return false;
                    }
                    let first = call.arguments.first().map(|first| &first.kind);
                    let of_name = matches!(first, Some(ExprKind::Name(one, _)) if *one == name);
                    is_asked |= called == "find_spec" && of_name;
                }
                _ => {}
            }
        }
        pending.extend(node.children());
    }
    is_asked
}

fn called<'s>(call: &Call<'s>) -> &'s str {
    match call.function.kind {
        ExprKind::Name(name, _) | ExprKind::Attribute(_, name, _) => name,
        _ => "",
    }
}

fn is_stored(node: &Expr) -> bool {
    match node.kind {
        ExprKind::Name(_, context) | ExprKind::Attribute(_, _, context) => context != Context::Load,
        _ => false,
    }
}

/// Whether a value is taken out of the table of modules.
fn is_entry(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Subscript(pair, _) => is_module_table(&pair.0),
        _ => false,
    }
}

/// Give the key of `sys.modules[key]` or `sys.modules.get(key)`.
fn key_of_entry<'n, 's>(source: &'n Expr<'s>) -> Option<&'n Expr<'s>> {
    match &source.kind {
        ExprKind::Subscript(pair, _) if is_chain(&pair.0, "sys.modules") => Some(&pair.1),
        ExprKind::Call(call) if is_chain(&call.function, "sys.modules.get") => {
            call.arguments.first().filter(|_| call.arguments.len() == 1)
        }
        _ => None,
    }
}
