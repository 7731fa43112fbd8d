//! Calls that mean something to the import system (index/namespaces.py).

use crate::ast::*;
use crate::chains::{is_chain, is_name, last_name};
use crate::encode::{self, Block};
use crate::guards::StopKind;
use crate::recorder::{write_span, Recorder};
use crate::strings;
use crate::values::{self, Ref, Value, UNBOUND};

impl<'t, 's> Recorder<'t, 's> {
    /// Record a call and what it means when the function is a known one.
    pub fn call(&mut self, node: &'t Expr<'s>, call: &'t Call<'s>) {
        if self.notes_state {
            self.note_state(node);
        }
        if self.reaches_itself && self.own_method(call, node.range) {
            return;
        }
        let name = last_name(&call.function);
        if let Some(name) = name {
            self.special(name, node.range, call);
            self.called_paths(name, call);
        }
        self.visit(&call.function);
        let values = call.arguments.iter().chain(call.keywords.iter().map(|one| &one.value));
        for value in values {
            if self.reaches_itself {
                self.own_argument(value, name, node.range, call);
            } else {
                self.visit(value);
            }
        }
        if self.says_name && !name.map_or(false, takes_name_only) && hands_own_name(call) {
            self.note_handover(&call.function);
        }
        let line = self.line(node.range);
        self.invoke(&call.function, line);
    }

    /// Note a callee that may add names to this module.
    pub fn note_handover(&mut self, callee: &Expr<'s>) {
        if let Some(Value::Ref(callee)) = self.value(callee) {
            self.hand_over(callee);
        }
    }

    fn hand_over(&mut self, callee: Ref<'s>) {
        if self.handed_over.insert(callee.clone()) {
            self.hands_over.push(callee);
        }
    }

    fn special(&mut self, name: &str, range: Range, call: &'t Call<'s>) {
        match name {
            "setattr" => self.call_setattr(range, call),
            "exec" | "execfile" => {
                let scope = call.arguments.get(1);
                let is_own = scope.map_or(true, |scope| self.is_namespace(scope));
                if matches!(call.function.kind, ExprKind::Name(..)) && is_own {
                    self.open("exec() runs in the module's namespace", range);
                }
            }
            "import_module" | "__import__" => self.call_import(range, call),
            "importorskip" => self.call_importorskip(range, call),
            "_convert_" | "_convert" => {
                self.open("enum members are converted into module names", range);
            }
            "install" if is_chain(&call.function, "gettext.install") => {
                let target = Ref { name: "builtins", attributes: Vec::new(), scope: UNBOUND };
                self.external_bind(&target, Some("_"), range);
            }
            "insert" | "append" | "extend" | "addsitedir" => self.call_path(range, call),
            "extend_path" => self.opens_path = true,
            _ => {}
        }
    }

    /// Record `setattr(module, name, value)`.
    fn call_setattr(&mut self, range: Range, call: &'t Call<'s>) {
        let (target, key) = match call.arguments.as_slice() {
            [target, key, ..] => (target, key),
            _ => return,
        };
        let name = match &key.kind {
            ExprKind::Constant(Constant::Str(literals)) => {
                let name = strings::value(literals);
                self.is_declined |= name.is_none();
                name
            }
            _ => None,
        };
        if self.is_self(target) {
            return match (&name, &key.kind) {
                (Some(_), ExprKind::Constant(Constant::Str(Literals::One(one)))) => {
                    self.is_declined |= one.text.contains(&['\\', '\r'][..]);
                    self.rebound_globals.insert(one.text);
                }
                (Some(_), _) => self.is_declined = true,
                _ => self.open("setattr() on the module with a computed name", range),
            };
        }
        match self.value(target) {
            Some(Value::Ref(found)) if self.tracked(found.name).is_some() => {
                if name.is_some() || !self.is_restored(target, key) {
                    self.external_bind(&found, name.as_deref(), range);
                }
            }
            Some(Value::Other(_)) if name.is_none() && makes_call(target) => {
                let setattr = Ref { name: "setattr", attributes: Vec::new(), scope: UNBOUND };
                self.hand_over(setattr);
            }
            _ => {}
        }
    }

    /// Record an import whose module name is a value.
    fn call_import(&mut self, range: Range, call: &'t Call<'s>) {
        let first = match call.arguments.first() {
            Some(first) => first,
            None => return,
        };
        self.is_declined |= self.pinned.is_some(); // places inside of an f-string are not kept
        let name = self.value(first);
        let is_relative = call.arguments.get(1).map_or(false, |package| {
            is_name(package, "__name__") || is_name(package, "__package__")
        });
        let (line, span) = (self.line(range), self.places.span(first.range));
        let out = self.step(16, 4);
        values::write(out, &name);
        encode::boolean(out, is_relative);
        encode::natural(out, line.into());
        write_span(out, span);
        self.by_name += 1;
    }

    /// Record `pytest.importorskip("m")`: without m the module stops here, skipped.
    fn call_importorskip(&mut self, range: Range, call: &'t Call<'s>) {
        let first = match call.arguments.first() {
            Some(first) => first,
            None => return,
        };
        let name = self.value(first);
        let line = self.line(range);
        let skip = self.collected(|recorder| recorder.stop(StopKind::Skip.value(), line));
        self.write_if(&Some(values::is_absent(&name)), &skip, &Block::default(), line);
        self.call_import(range, call);
    }

    /// Record `sys.path.insert(0, x)`, `sys.path.append(x)`, `site.addsitedir(x)`.
    fn call_path(&mut self, range: Range, call: &'t Call<'s>) {
        let called = |name: &str| is_chain(&call.function, name);
        let of_own = ["__path__.append", "__path__.insert", "__path__.extend"];
        self.opens_path |= of_own.into_iter().any(called);
        let directory = match call.arguments.last() {
            Some(last) => last,
            None => return,
        };
        if called("sys.path.extend") {
            return self.edit_path(directory, range);
        }
        let is_front = called("sys.path.insert");
        let others = ["sys.path.append", "site.addsitedir", "addsitedir"];
        if is_front || others.into_iter().any(called) {
            let value = self.value(directory);
            self.path_edit(&value, is_front, range);
        }
    }

    /// Record a list of directories that joins `sys.path`.
    pub fn edit_path(&mut self, value: &'t Expr<'s>, range: Range) {
        match &value.kind {
            ExprKind::List(items, _) | ExprKind::Tuple(items, _) => {
                for item in items {
                    let directory = self.value(item);
                    self.path_edit(&directory, true, range);
                }
            }
            _ => self.path_edit(&None, true, range),
        }
    }

    fn path_edit(&mut self, directory: &Option<Value>, is_front: bool, range: Range) {
        let line = self.line(range);
        let out = self.step(14, 3);
        values::write(out, directory);
        encode::boolean(out, is_front);
        encode::natural(out, line.into());
    }
}

/// Whether what is kept of an expression is a call.
fn makes_call(node: &Expr) -> bool {
    matches!(node.kind, ExprKind::Call(_))
}

/// Whether a function that is given `__name__` is known not to add names to the module.
fn takes_name_only(name: &str) -> bool {
    matches!(
        name,
        "getLogger"
            | "get_logger"
            | "Flask"
            | "Blueprint"
            | "Celery"
            | "import_module"
            | "print"
            | "format"
            | "find_spec"
            | "files"
            | "resource_filename"
            | "version"
            | "distribution"
            | "getModule"
            | "str"
            | "isinstance"
            | "get_data"
            | "TypeVar"
            | "NewType"
            | "warn"
            | "Logger"
            | "getattr"
            | "APIRouter"
            | "FastAPI"
            | "join"
            | "startswith"
            | "split"
            | "rpartition"
            | "getChild"
            | "Sanic"
            | "Bottle"
            | "Dash"
            | "path"
            | "read_text"
            | "open_text"
            | "bind"
            | "open_binary"
            | "resource_stream"
            | "resource_string"
            | "testmod"
            | "import_string"
    )
}

fn hands_own_name(call: &Call) -> bool {
    let values = call.arguments.iter().chain(call.keywords.iter().map(|keyword| &keyword.value));
    values.into_iter().any(|value| is_name(value, "__name__"))
}
