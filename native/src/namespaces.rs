//! The module's own namespace as a value: `globals()`, `sys.modules[__name__]` and their names
//! (index/namespaces.py). What stores into it under an item is left to the reader in Python.

use std::borrow::Cow;

use crate::ast::*;
use crate::chains::{is_chain, is_name};
use crate::entries::Entry;
use crate::names::each_target;
use crate::places::Places;
use crate::recorder::Recorder;
use crate::strings;

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
        entry: Entry,
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
                self.module_alias(key, range, entry);
            } else if self.is_at_module() {
                self.open("the module removes a module from sys.modules, perhaps itself", range);
            }
        }
        false
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
            Some(first) if method == "update" => match self.member_names(first) {
                Some(names) => names.into_iter().for_each(|name| self.bind_own(name, range)),
                None => self.open("globals() is updated from a computed mapping", range),
            },
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
        if let Some(ExprKind::Constant(Constant::Str(literals))) = key.map(|key| &key.kind) {
            match strings::value(literals) {
                Some(name) => self.bind_text(&name, range),
                None => self.is_declined = true,
            }
            return;
        }
        if let Some(names) = key.and_then(|key| self.loop_names(key)) {
            return names.iter().for_each(|name| self.bind_text(name, range));
        }
        self.open("globals() is changed under computed keys", range);
        let prefix = key.and_then(|key| self.loop_prefix(key, range));
        self.prefixes.extend(prefix);
    }

    fn bind_text(&mut self, name: &Cow<'s, str>, range: Range) {
        match name {
            Cow::Borrowed(name) => self.bind_own(name, range),
            Cow::Owned(name) if self.is_at_module() => {
                self.write_bind(name, "dynamic", range, &None);
            }
            Cow::Owned(_) => self.is_declined = true,
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
            if !called.map_or(false, only_reads) && !self.only_reads(call, value) {
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
