//! From the bytes of one file to its summary (index/summarize.py).

use crate::ast::*;
use crate::encode;
use crate::parser::parse;
use crate::places::Places;
use crate::recorder::{Recorder, Scope};
use crate::reflection::{reflection, Reflection};
use crate::tables::only_looks;
use crate::Circumstances;

const KINDS: [&str; 4] = ["module", "package", "stub", "stub package"];

/// What Django and Celery read of a settings module, which the reader in Python looks at.
const SETTINGS: [&str; 19] = [
    "INSTALLED_APPS",
    "MIDDLEWARE",
    "ROOT_URLCONF",
    "WSGI_APPLICATION",
    "ASGI_APPLICATION",
    "AUTHENTICATION_BACKENDS",
    "DATABASE_ROUTERS",
    "PASSWORD_HASHERS",
    "STATICFILES_FINDERS",
    "FILE_UPLOAD_HANDLERS",
    "EMAIL_BACKEND",
    "MESSAGE_STORAGE",
    "SESSION_ENGINE",
    "SESSION_SERIALIZER",
    "TEST_RUNNER",
    "FORM_RENDERER",
    "CELERY_IMPORTS",
    "CELERY_INCLUDE",
    "LOGGING",
];

/// Give the summary of a file as MessagePack, None where it is not for this reader.
pub fn summarize(source: &[u8], circumstances: Circumstances) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(source).ok()?;
    let places = Places::new(text);
    let reflection = reflection(&places);
    let has_hooks = places.has("meta_path") || places.has("path_hooks");
    let body = parse(text)?;
    if has_late_feature(&body) || has_settings(&body, &places) {
        return None;
    }
    let is_reflective = match reflection {
        Reflection::None => false,
        Reflection::Sure => true,
        Reflection::OfTable => !only_looks(&body),
        Reflection::Doubtful => return None,
    };
    let mut recorder = Recorder::new(&body, places, circumstances)?;
    let steps = recorder.record();
    if recorder.is_declined {
        return None;
    }
    let mut out = Vec::with_capacity(steps.bytes.len() + 1024);
    encode::array(&mut out, 16);
    encode::text(&mut out, KINDS[circumstances.kind as usize]);
    encode::block(&mut out, &steps);
    write_scopes(&mut out, &recorder.scopes);
    match &recorder.lazy {
        Some(lazy) => out.extend_from_slice(lazy),
        None => encode::nil(&mut out),
    }
    encode::array(&mut out, recorder.opens.len());
    for (reason, line) in &recorder.opens {
        encode::array(&mut out, 2);
        encode::text(&mut out, reason);
        encode::natural(&mut out, (*line).into());
    }
    encode::boolean(&mut out, recorder.opens_path);
    encode::array(&mut out, recorder.hands_over.len());
    for callee in &recorder.hands_over {
        callee.write(&mut out);
    }
    encode::boolean(&mut out, is_reflective);
    encode::boolean(&mut out, has_hooks);
    encode::array(&mut out, 0); // words
    encode::array(&mut out, 0); // only_called
    encode::array(&mut out, recorder.rebound_globals.len());
    for name in &recorder.rebound_globals {
        encode::text(&mut out, name);
    }
    encode::nil(&mut out); // problem
    encode::nil(&mut out); // needs
    out.push(0x80); // makers
    encode::array(&mut out, 0); // prefixes
    Some(out)
}

fn write_scopes(out: &mut Vec<u8>, scopes: &[Scope]) {
    encode::array(out, scopes.len());
    for scope in scopes {
        encode::array(out, 8);
        encode::text(out, &scope.name);
        encode::natural(out, scope.line.into());
        encode::natural(out, scope.end_line.into());
        encode::integer(out, scope.parent.into());
        encode::boolean(out, scope.is_class);
        encode::block(out, &scope.steps);
        encode::boolean(out, scope.is_deferred);
        encode::boolean(out, scope.is_decorated);
    }
}

/// Whether a file assigns a name at its top that may name modules in settings.
fn has_settings(body: &[Stmt], places: &Places) -> bool {
    let is_setting = |target: &Expr| match target.kind {
        ExprKind::Name(name, _) => SETTINGS.contains(&name),
        _ => false,
    };
    let has_one = |statement: &Stmt| match &statement.kind {
        StmtKind::Assign(targets, _) => targets.iter().any(is_setting),
        StmtKind::AnnAssign(assign) => is_setting(&assign.target),
        StmtKind::AugAssign(target, ..) => is_setting(target),
        _ => false,
    };
    let markers = ["INSTALLED_APPS", "URLCONF", "CELERY_"];
    markers.iter().any(|marker| places.has(marker)) && body.iter().any(has_one)
}

/// Whether a `from __future__ import` stands behind another statement: the compiler refuses it.
fn has_late_feature(body: &[Stmt]) -> bool {
    let is_feature = |statement: &Stmt| match &statement.kind {
        StmtKind::ImportFrom(import) => import.module.as_deref() == Some("__future__"),
        _ => false,
    };
    let is_text = |statement: &Stmt| match &statement.kind {
        StmtKind::Expr(value) => matches!(value.kind, ExprKind::Constant(_)),
        _ => false,
    };
    let first = body.iter().enumerate().position(|(position, statement)| {
        !(is_feature(statement) || position == 0 && is_text(statement))
    });
    first.map_or(false, |first| body[first..].iter().any(is_feature))
}
