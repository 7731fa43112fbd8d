//! The module's own namespace as a value: `globals()`, `sys.modules[__name__]` and their names
//! (index/namespaces.py). What stores into it under an item is left to the reader in Python.

use crate::ast::*;
use crate::chains::{chain, is_chain, is_name};
use crate::encode;
use crate::hashing::NameSet;
use crate::names::each_target;
use crate::nodes::Node;
use crate::places::Places;
use crate::recorder::Recorder;
use crate::values;

const HANDED: &str = "globals() is handed to other code";

impl<'t, 's> Recorder<'t, 's> {
    /// Whether an expression is this module's own dictionary.
    pub fn is_namespace(&self, node: &Expr<'s>) -> bool {
        match &node.kind {
            ExprKind::Name(name, _) => self.namespace_aliases.contains(name),
            ExprKind::Call(call) if call.arguments.is_empty() => match call.function.kind {
                ExprKind::Name("globals", _) => true,
                ExprKind::Name("vars" | "locals", _) => self.is_at_module(),
                _ => false,
            },
            ExprKind::Attribute(owner, "__dict__", _) => self.is_self(owner),
            _ => false,
        }
    }

    /// Whether an expression is this module: `sys.modules[__name__]`.
    pub fn is_self(&self, node: &Expr<'s>) -> bool {
        match &node.kind {
            ExprKind::Name(name, _) => self.self_aliases.contains(name),
            ExprKind::Subscript(pair, _) => {
                is_module_table(&pair.0) && is_name(&pair.1, "__name__")
            }
            _ => false,
        }
    }

    /// Record a subscript of the own namespace or of the table of modules; says whether it was.
    pub fn own_subscript(
        &mut self,
        owner: &'t Expr<'s>,
        key: &'t Expr<'s>,
        context: Context,
        range: Range,
    ) -> bool {
        if self.is_namespace(owner) {
            if context != Context::Load {
                self.bind_item(Some(key), range);
            }
            self.visit(key);
            return true;
        }
        if context != Context::Load && is_module_table(owner) {
            if is_name(key, "__name__") {
                self.open("the module replaces itself in sys.modules", range);
            } else if context == Context::Store {
                // `module_alias` takes those that can be told.
                self.is_declined |= self.entered != Some(range);
            } else if self.is_at_module() {
                self.open("the module removes a module from sys.modules, perhaps itself", range);
            }
        }
        false
    }

    /// Record `sys.modules[key] = value`, where the key is a text or the value's own name.
    pub fn module_alias(&mut self, target: &'t Expr<'s>, value: &'t Expr<'s>) {
        let key = match &target.kind {
            ExprKind::Subscript(pair, _) if is_module_table(&pair.0) => &pair.1,
            _ => return,
        };
        let is_own = match &key.kind {
            ExprKind::Constant(Constant::Str(_)) => false,
            ExprKind::Attribute(owner, "__name__", _) => match (chain(owner), chain(value)) {
                (Some(owner), Some(value)) if owner == value => true,
                _ => return,
            },
            ExprKind::Name("__name__", _) => {
                self.is_declined |= self.may_mirror(value);
                return;
            }
            _ => return,
        };
        if !self.is_at_module() || self.may_mirror(value) {
            return;
        }
        self.entered = Some(target.range);
        let name = self.value(key);
        let line = self.line(target.range);
        let out = self.step(15, 4);
        values::write(out, &name);
        encode::natural(out, line.into());
        encode::boolean(out, false);
        encode::boolean(out, is_own);
    }

    /// Whether a value, or one of a name, may be taken from `sys.modules`.
    fn may_mirror(&mut self, value: &Expr<'s>) -> bool {
        let name = match value.kind {
            ExprKind::Name(name, _) => name,
            _ => return is_entry(value),
        };
        let body = self.body;
        self.mirrors.get_or_insert_with(|| mirrors(body)).contains(name)
    }

    /// Note a store into an attribute of the module itself, which binds the name.
    pub fn own_attribute(&mut self, owner: &Expr<'s>, name: &'s str, range: Range) {
        if !self.is_self(owner) {
            return;
        }
        if name == "__class__" {
            self.open("the module's class is replaced", range);
        } else {
            self.rebound_globals.insert(name);
        }
    }

    /// Note that an alias of `globals()` is handed on.
    pub fn own_name(&mut self, name: &str, range: Range) {
        if self.namespace_aliases.contains(name) {
            self.open(HANDED, range);
        }
    }

    /// Record a call of a method of the own namespace; says whether it was one.
    pub fn own_method(&mut self, call: &'t Call<'s>, range: Range) -> bool {
        let method = match &call.function.kind {
            ExprKind::Attribute(owner, method, _) if self.is_namespace(owner) => *method,
            _ => return false,
        };
        match method {
            "update" | "setdefault" | "__setitem__" => self.own_update(method, call, range),
            "get" | "keys" | "items" | "values" | "copy" | "__contains__" | "pop"
            | "__delitem__" => {}
            _ => self.open(HANDED, range),
        }
        self.visit_all(&call.arguments);
        call.keywords.iter().for_each(|keyword| self.visit(&keyword.value));
        true
    }

    /// Record `globals().update(...)` and its like.
    fn own_update(&mut self, method: &str, call: &'t Call<'s>, range: Range) {
        match call.arguments.first() {
            Some(Expr { kind: ExprKind::Dict(items), .. }) if method == "update" => {
                items.iter().for_each(|(key, _)| self.bind_item(key.as_ref(), range));
            }
            Some(first) if method == "update" => {
                // The members of an enum can be listed.
                self.is_declined |= matches!(first.kind, ExprKind::Attribute(_, "__members__", _));
                self.open("globals() is updated from a computed mapping", range);
            }
            Some(first) => self.bind_item(Some(first), range),
            None => {}
        }
        for keyword in &call.keywords {
            match keyword.name {
                Some(name) => self.bind_own(name, range),
                None => self.bind_item(Some(&keyword.value), range),
            }
        }
    }

    /// Bind the name that a literal key is, or open the module for a computed one.
    fn bind_item(&mut self, key: Option<&'t Expr<'s>>, range: Range) {
        match key.map(|key| &key.kind) {
            Some(ExprKind::Constant(Constant::Str(Literals::One(one)))) if is_plain(one) => {
                self.bind_own(one.text, range);
            }
            Some(ExprKind::Constant(Constant::Str(_))) => self.is_declined = true,
            key => {
                // The names that a loop goes through may be known, or what they begin with.
                self.is_declined |= self.loops > 0 && matches!(key, Some(ExprKind::Name(..)));
                self.open("globals() is changed under computed keys", range);
            }
        }
    }

    fn bind_own(&mut self, name: &'s str, range: Range) {
        if self.is_at_module() {
            self.write_bind(name, "dynamic", range, &None);
        } else {
            self.rebound_globals.insert(name);
        }
    }

    /// Record an argument that may be the module or its dictionary.
    pub fn own_argument(
        &mut self,
        value: &'t Expr<'s>,
        called: Option<&str>,
        range: Range,
        call: &Call<'s>,
    ) {
        if self.is_namespace(value) {
            if !called.map_or(false, only_reads) {
                self.is_declined |= self.is_own_function(&call.function);
                self.open(HANDED, range);
            }
        } else if self.is_self(value)
            && !matches!(called, Some("getattr" | "hasattr" | "setattr" | "dir"))
        {
            self.open("the module object is handed to other code", range);
        } else {
            self.visit(value);
        }
    }

    /// Note the names that get the module or its dictionary; says whether the value is one.
    pub fn own_alias(&mut self, targets: &'t [Expr<'s>], value: &Expr<'s>) -> bool {
        let is_namespace = self.is_namespace(value);
        if !is_namespace && !self.is_self(value) {
            return false;
        }
        let aliases =
            if is_namespace { &mut self.namespace_aliases } else { &mut self.self_aliases };
        for target in targets {
            each_target(target, &mut |name| {
                aliases.insert(name);
            });
        }
        true
    }

    fn is_own_function(&self, function: &Expr<'s>) -> bool {
        let wanted = match function.kind {
            ExprKind::Name(name, _) => name,
            _ => return false,
        };
        self.body.iter().any(|statement| match &statement.kind {
            StmtKind::FunctionDef(function) => function.name == wanted,
            _ => false,
        })
    }
}

fn is_entry(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Subscript(pair, _) => is_module_table(&pair.0),
        _ => false,
    }
}

/// Give the names that a file binds to what it takes from `sys.modules`.
fn mirrors<'s>(body: &[Stmt<'s>]) -> NameSet<'s> {
    let mut found = NameSet::default();
    let mut pending: Vec<Node> = body.iter().map(Node::Stmt).collect();
    while let Some(node) = pending.pop() {
        match node {
            Node::Stmt(Stmt { kind: StmtKind::Assign(targets, value), .. }) if is_entry(value) => {
                for target in targets {
                    each_target(target, &mut |name| {
                        found.insert(name);
                    });
                }
            }
            _ => {}
        }
        pending.extend(node.children());
    }
    found
}

fn is_plain(literal: &Literal) -> bool {
    !literal.text.contains('\r') && (literal.is_raw || !literal.text.contains('\\'))
}

/// Whether an expression is `sys.modules`, as it is usually written.
pub fn is_module_table(node: &Expr) -> bool {
    is_chain(node, "sys.modules") || is_name(node, "modules")
}

/// Whether a function that gets the namespace only reads it.
fn only_reads(called: &str) -> bool {
    matches!(
        called,
        "dict"
            | "list"
            | "sorted"
            | "set"
            | "tuple"
            | "len"
            | "eval"
            | "repr"
            | "str"
            | "id"
            | "isinstance"
            | "testmod"
            | "run_docstring_examples"
            | "timeit"
            | "get_type_hints"
    )
}

/// Whether a file may have an expression that is the module or its dictionary.
pub fn may_reach_itself(places: &Places) -> bool {
    ["globals", "vars", "locals", "modules"].iter().any(|word| {
        places.offsets_of(word).iter().any(|&at| {
            let after = places.text[at as usize + word.len()..].trim_start();
            let marks: &[char] =
                if *word == "modules" { &['[', '\\', '#', ')'] } else { &['(', '\\', '#', ')'] };
            after.starts_with(marks)
        })
    })
}
