//! Strings that a known call takes for the path of a module or attribute (index/dotted_paths.py).

use std::borrow::Cow;

use crate::ast::*;
use crate::encode;
use crate::recorder::{write_span, Recorder};
use crate::strings;
use crate::values::{Ref, Value};

/// A function that imports what an argument names (model/frameworks.py), or a setting that has no
/// functions.
pub struct PathForm<'w> {
    functions: &'static [&'static str],
    form: &'static str,
    argument: Option<usize>,
    keyword: &'static str,
    takes_list: bool,
    is_fixture: bool,
    first: &'static str,
    unless: &'static str,
    is_relative: bool,
    has_builtins: bool,
    pub when: &'w str,
}

type PathCall = PathForm<'static>;

impl<'w> PathForm<'w> {
    /// What is known of a setting.
    pub fn of_setting(form: &'static str, when: &'w str) -> Self {
        PathForm { form, when, ..PLAIN }
    }
}

/// What is called with a path, and the call.
type User<'u, 't, 's> = Option<(&'u Ref<'s>, &'t Call<'s>)>;

const PLAIN: PathCall = PathCall {
    functions: &[],
    form: "module",
    argument: Some(0),
    keyword: "",
    takes_list: false,
    is_fixture: false,
    first: "",
    unless: "",
    is_relative: false,
    has_builtins: false,
    when: "",
};
const PATCHED: PathCall = PathCall { form: "chain", when: "the patch is applied", ..PLAIN };

const CALLS: [PathCall; 16] = [
    PathCall {
        functions: &["importlib.import_module"],
        keyword: "name",
        is_relative: true,
        ..PLAIN
    },
    PathCall { functions: &["__import__", "builtins.__import__"], keyword: "name", ..PLAIN },
    PathCall { functions: &["pkgutil.resolve_name"], form: "chain", keyword: "name", ..PLAIN },
    PathCall { functions: &["runpy.run_module"], keyword: "mod_name", ..PLAIN },
    PathCall {
        functions: &["unittest.mock.patch", "mock.patch"],
        keyword: "target",
        unless: "create",
        has_builtins: true,
        ..PATCHED
    },
    PathCall {
        functions: &["unittest.mock.patch.dict", "mock.patch.dict"],
        keyword: "in_dict",
        ..PATCHED
    },
    PathCall {
        functions: &["unittest.mock.patch.multiple", "mock.patch.multiple"],
        keyword: "target",
        ..PATCHED
    },
    PathCall {
        functions: &["mocker.patch"],
        is_fixture: true,
        unless: "create",
        has_builtins: true,
        ..PATCHED
    },
    PathCall {
        functions: &["mocker.patch.dict", "mocker.patch.multiple"],
        is_fixture: true,
        ..PATCHED
    },
    PathCall {
        functions: &["monkeypatch.setattr", "monkeypatch.delattr"],
        form: "chain",
        is_fixture: true,
        unless: "raising",
        ..PLAIN
    },
    PathCall {
        functions: &["uvicorn.run", "uvicorn.main.run", "uvicorn.Config"],
        form: "colon",
        keyword: "app",
        ..PLAIN
    },
    PathCall {
        functions: &["celery.Celery", "celery.app.Celery"],
        argument: None,
        keyword: "include",
        takes_list: true,
        ..PLAIN
    },
    PathCall { functions: &["django.urls.include", "django.conf.urls.include"], ..PLAIN },
    PathCall {
        functions: &["django.utils.module_loading.import_string"],
        form: "attribute",
        keyword: "dotted_path",
        ..PLAIN
    },
    PathCall {
        functions: &["werkzeug.utils.import_string"],
        form: "either",
        keyword: "import_name",
        unless: "silent",
        ..PLAIN
    },
    PathCall {
        functions: &["lazy_loader.load"],
        unless: "error_on_import",
        when: "it is first used",
        ..PLAIN
    },
];
const DJANGO: PathCall = PathCall {
    functions: &["os.environ.setdefault"],
    argument: Some(1),
    first: "DJANGO_SETTINGS_MODULE",
    when: "Django starts",
    ..PLAIN
};
pub const LOGGING: PathCall = PathCall {
    functions: &["logging.config.dictConfig"],
    form: "chain",
    when: "logging is configured",
    ..PLAIN
};

impl<'t, 's> Recorder<'t, 's> {
    /// Record the dotted paths in the arguments of a call whose function ends in a name.
    pub fn called_paths(&mut self, name: &str, call: &'t Call<'s>) {
        if !matches!(
            name,
            "import_module"
                | "__import__"
                | "resolve_name"
                | "run_module"
                | "patch"
                | "dict"
                | "multiple"
                | "setattr"
                | "delattr"
                | "run"
                | "Config"
                | "Celery"
                | "include"
                | "import_string"
                | "setdefault"
                | "load"
                | "dictConfig"
        ) {
            return;
        }
        let function = match self.value(&call.function) {
            Some(Value::Ref(function)) => function,
            _ => return,
        };
        if name == "dictConfig" {
            if let Some(configuration) = call.arguments.first() {
                self.logging_classes(configuration, &LOGGING, Some((&function, call)));
            }
            return;
        }
        if call.keywords.iter().any(|keyword| keyword.name.is_none()) {
            return; // `**options` may hold anything
        }
        for known in CALLS.iter().chain([&DJANGO]) {
            let is_excused = !known.unless.is_empty() && has_keyword(call, known.unless);
            let begins = known.first.is_empty() || self.begins_with(call, known.first);
            if is_excused || !begins {
                continue;
            }
            // A function with two full names that end alike counts twice.
            let ends = known.functions.iter().filter(|full| full.rsplit('.').next() == Some(name));
            for _ in ends {
                if let Some(value) = argument(call, known) {
                    for text in texts_in(value, known.takes_list) {
                        self.path_in(text, known, Some((&function, call)));
                    }
                }
            }
        }
    }

    fn begins_with(&mut self, call: &'t Call<'s>, first: &str) -> bool {
        call.arguments.first().and_then(|one| self.plain_text(one)).map_or(false, |t| t == first)
    }

    fn plain_text(&mut self, node: &Expr<'s>) -> Option<Cow<'s, str>> {
        match &node.kind {
            ExprKind::Constant(Constant::Str(literals)) => {
                let text = strings::value(literals);
                self.is_declined |= text.is_none();
                text
            }
            _ => None,
        }
    }

    /// Record a string if it can be a path of that form.
    pub fn path_in(&mut self, node: &Expr<'s>, known: &PathForm, user: User<'_, 't, 's>) {
        if let Some(text) = self.plain_text(node) {
            if self.fits(&text, known) {
                self.write_path(&text, node.range, known, user);
            }
        }
    }

    /// Record the class paths in a literal logging configuration.
    pub fn logging_classes(
        &mut self,
        value: &'t Expr<'s>,
        known: &PathForm,
        user: User<'_, 't, 's>,
    ) {
        let items = match &value.kind {
            ExprKind::Dict(items) => items,
            _ => return,
        };
        for (key, inner) in items {
            let key = key.as_ref().and_then(|key| self.plain_text(key));
            let is_class = matches!(key.as_deref(), Some("()" | "class"));
            match self.plain_text(inner) {
                Some(text) if is_class && text.contains('.') && self.is_path(&text) => {
                    self.write_path(&text, inner.range, known, user);
                }
                _ => self.logging_classes(inner, known, user),
            }
        }
    }

    /// Whether a string can be a path of that form.
    fn fits(&mut self, text: &str, known: &PathForm) -> bool {
        if !self.is_path(text) || (text.starts_with('.') && !known.is_relative) {
            return false;
        }
        match known.form {
            "colon" => text.contains(':'),
            "module" | "either" => !text.contains(':'),
            _ => text.contains('.') && !text.contains(':'),
        }
    }

    /// Whether a string is a chain of names; of names that are not ASCII it is not known.
    fn is_path(&mut self, text: &str) -> bool {
        let could_be = |one: char| one.is_alphanumeric() || "_.:".contains(one);
        if !text.is_ascii() {
            self.is_declined |= text.chars().all(could_be);
            return false;
        }
        let mut parts = text.trim_start_matches('.').splitn(2, ':');
        parts.all(|part| part.split('.').all(is_identifier))
    }

    fn write_path(&mut self, text: &str, range: Range, known: &PathForm, user: User<'_, 't, 's>) {
        self.is_declined |= self.pinned.is_some(); // places inside of an f-string are not kept
        let span = self.places.span(range);
        let out = self.step(19, 9);
        encode::text(out, text);
        encode::text(out, known.form);
        write_span(out, span);
        match user {
            Some((function, _)) => function.write(out),
            None => encode::nil(out),
        }
        encode::array(out, known.functions.len());
        for name in known.functions {
            encode::text(out, name);
        }
        encode::boolean(out, known.is_fixture);
        let call = user.map(|user| user.1).filter(|_| text.starts_with('.'));
        encode::text(out, call.map_or("", package));
        encode::boolean(out, known.has_builtins);
        encode::text(out, known.when);
    }
}

/// Give the strings of an argument: of a list and of sums of lists where it takes one.
pub fn texts_in<'t, 's>(value: &'t Expr<'s>, takes_list: bool) -> Vec<&'t Expr<'s>> {
    match &value.kind {
        ExprKind::Constant(Constant::Str(_)) => vec![value],
        ExprKind::List(items, _) | ExprKind::Tuple(items, _) | ExprKind::Set(items)
            if takes_list =>
        {
            items.iter().flat_map(|item| texts_in(item, false)).collect()
        }
        ExprKind::BinOp(pair, BinaryOperator::Add) if takes_list => {
            let mut texts = texts_in(&pair.0, true);
            texts.extend(texts_in(&pair.1, true));
            texts
        }
        _ => Vec::new(),
    }
}

fn is_identifier(part: &str) -> bool {
    let is_start = |one: char| one == '_' || one.is_ascii_alphabetic();
    part.starts_with(is_start) && part.chars().all(|one| is_start(one) || one.is_ascii_digit())
}

fn has_keyword(call: &Call, name: &str) -> bool {
    call.keywords.iter().any(|keyword| keyword.name == Some(name))
}

fn argument<'t, 's>(call: &'t Call<'s>, known: &PathCall) -> Option<&'t Expr<'s>> {
    let is_meant =
        |keyword: &&Keyword| !known.keyword.is_empty() && keyword.name == Some(known.keyword);
    let named = call.keywords.iter().find(is_meant).map(|keyword| &keyword.value);
    let position = match known.argument {
        Some(position) if named.is_none() && position < call.arguments.len() => position,
        _ => return named,
    };
    let is_starred = |one: &Expr| matches!(one.kind, ExprKind::Starred(..));
    if call.arguments[..=position].iter().any(is_starred) {
        return None;
    }
    Some(&call.arguments[position])
}

/// Give the name that is the anchor of a relative import.
fn package<'s>(call: &Call<'s>) -> &'s str {
    let named = call.keywords.iter().find(|keyword| keyword.name == Some("package"));
    let anchor = named.map(|keyword| &keyword.value).or_else(|| call.arguments.get(1));
    match anchor.map(|anchor| &anchor.kind) {
        Some(ExprKind::Name(name, _)) => name,
        _ => "",
    }
}
