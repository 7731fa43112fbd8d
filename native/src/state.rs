//! Names on an application's state: `app.state.NAME` (index/app_state.py).
//!
//! Where it would have to be known of which class a name is an instance, the file is declined.

use crate::ast::*;
use crate::encode;
use crate::recorder::{write_span, Recorder};
use crate::strings;

const OPEN: &str = "open";
const SET: &str = "set";

impl<'t, 's> Recorder<'t, 's> {
    /// Record the uses of application state that an expression is by itself.
    pub fn note_state(&mut self, node: &'t Expr<'s>) {
        match &node.kind {
            ExprKind::Attribute(owner, name, context) => {
                let is_stored = *context != Context::Load;
                if *name == "state" && is_stored && speaks_of_app(owner) {
                    self.state_use("", OPEN, node.range);
                } else if speaks_of_state(owner) {
                    let own = matches!(*name, "_state" | "__dict__" | "__setattr__");
                    if own && is_state_of_app(owner) {
                        self.state_use("", OPEN, node.range);
                    } else if is_stored {
                        self.state_use(name, SET, node.range);
                    } else if !name.starts_with('_') {
                        self.decline_app_state(owner);
                    }
                }
            }
            ExprKind::Call(call) => self.state_call(call, node.range),
            ExprKind::Yield(Some(value)) => {
                if let ExprKind::Dict(items) = &value.kind {
                    self.state_keys(items, value.range);
                }
            }
            _ => {}
        }
    }

    fn state_call(&mut self, call: &'t Call<'s>, range: Range) {
        let called = match call.function.kind {
            ExprKind::Name(name, _) => name,
            _ => "",
        };
        if matches!(called, "hasattr" | "getattr" | "setattr") && call.arguments.len() > 1 {
            return self.state_by_name(called, call, range);
        }
        if last(&call.function) == "State" {
            for argument in &call.arguments {
                match &argument.kind {
                    ExprKind::Dict(items) => self.state_keys(items, argument.range),
                    _ => self.state_use("", OPEN, range),
                }
            }
        }
        if called == "vars" && call.arguments.first().map_or(false, is_state_of_app) {
            self.state_use("", OPEN, range);
        }
    }

    fn state_by_name(&mut self, called: &str, call: &'t Call<'s>, range: Range) {
        let (owner, key) = (&call.arguments[0], &call.arguments[1]);
        if !speaks_of_state(owner) {
            return;
        }
        let name = match &key.kind {
            ExprKind::Constant(Constant::Str(literals)) => {
                let name = strings::value(literals);
                self.is_declined |= name.is_none();
                name
            }
            _ => None,
        };
        match name {
            Some(name) if called == "setattr" => self.state_use(&name, SET, range),
            Some(name) if !name.starts_with('_') => {
                self.decline_app_state(owner);
                let is_asked = called == "hasattr" || call.arguments.len() > 2;
                self.state_use(&name, if is_asked { "asked" } else { "read" }, range);
            }
            None if called == "setattr" && is_state_of_app(owner) => {
                self.state_use("", OPEN, range);
            }
            _ => {}
        }
    }

    fn state_keys(&mut self, items: &'t [(Option<Expr<'s>>, Expr<'s>)], whole: Range) {
        for (key, _) in items {
            let place = key.as_ref().map_or(whole, |key| key.range);
            match key.as_ref().map(|key| &key.kind) {
                Some(ExprKind::Constant(Constant::Str(literals))) => {
                    match strings::value(literals) {
                        Some(name) => self.state_use(&name, SET, place),
                        None => self.is_declined = true,
                    }
                }
                _ => self.state_use("", OPEN, place),
            }
        }
    }

    /// Decline the file if this may be the state of an application by the class of a name.
    fn decline_app_state(&mut self, owner: &Expr<'s>) {
        let app = match &owner.kind {
            ExprKind::Attribute(app, "state", _) => app,
            _ => return,
        };
        match &app.kind {
            ExprKind::Name(..) => {
                self.is_declined |= self.places.has("FastAPI") || self.places.has("Starlette");
            }
            ExprKind::Attribute(owner, "app", _) => {
                self.is_declined |= matches!(owner.kind, ExprKind::Name(..));
            }
            _ => {}
        }
    }

    fn state_use(&mut self, name: &str, kind: &str, range: Range) {
        self.is_declined |= self.pinned.is_some(); // places inside of an f-string are not kept
        let span = self.places.span(range);
        let out = self.step(20, 4);
        encode::text(out, name);
        encode::text(out, kind);
        write_span(out, span);
        encode::boolean(out, false);
    }
}

fn speaks_of_state(node: &Expr) -> bool {
    let called = match &node.kind {
        ExprKind::Call(call) => &call.function,
        _ => node,
    };
    has_word(last(called), "state")
}

fn is_state_of_app(node: &Expr) -> bool {
    if let ExprKind::Attribute(owner, "state", _) = &node.kind {
        return speaks_of_app(owner);
    }
    speaks_of_state(node) && speaks_of_app(node)
}

fn speaks_of_app(node: &Expr) -> bool {
    has_word(last(node), "app")
}

fn has_word(name: &str, word: &str) -> bool {
    name.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

fn last<'s>(node: &Expr<'s>) -> &'s str {
    crate::chains::last_name(node).unwrap_or("")
}
