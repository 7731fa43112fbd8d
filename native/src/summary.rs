//! From the bytes of one file to its summary (index/summarize.py).

use std::collections::BTreeSet;

use crate::ast::*;
use crate::encode;
use crate::local_calls::only_called;
use crate::parser::parse;
use crate::places::Places;
use crate::recorder::{Recorder, Scope};
use crate::reflection::{reflection, Reflection};
use crate::tables::only_looks;
use crate::Circumstances;

const KINDS: [&str; 4] = ["module", "package", "stub", "stub package"];

/// Give the summary of a file as MessagePack, None where it is not for this reader.
pub fn summarize(source: &[u8], circumstances: Circumstances) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(source).ok()?;
    let places = Places::new(text);
    let reflection = reflection(&places);
    let has_hooks = places.has("meta_path") || places.has("path_hooks");
    let body = parse(text)?;
    if has_late_feature(&body) {
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
    let is_too_new = |(minor, ..): (u32, u32, &str)| 300 + minor > circumstances.version.into();
    if recorder.is_declined || recorder.needs.map_or(false, is_too_new) {
        return None;
    }
    let has_only_called = recorder.enters_modules && text.contains("sys.modules[");
    let only_called = if has_only_called { only_called(&body)? } else { BTreeSet::new() };
    let mut out = Vec::with_capacity(steps.bytes.len() + 1024);
    encode::array(&mut out, 16);
    encode::text(&mut out, KINDS[circumstances.kind as usize]);
    encode::block(&mut out, &steps);
    write_scopes(&mut out, &recorder.scopes);
    match &recorder.lazy {
        Some(lazy) => lazy.write(&mut out),
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
    write_texts(&mut out, recorder.words.iter().map(|word| &**word));
    write_texts(&mut out, only_called.iter().copied());
    write_texts(&mut out, recorder.rebound_globals.iter().copied());
    encode::nil(&mut out); // problem
    write_needs(&mut out, recorder.needs);
    out.push(0x80); // makers
    let has_prefixes = recorder.prefixes.len() == recorder.opens.len();
    let prefixes: &[_] = if has_prefixes { &recorder.prefixes } else { &[] };
    write_texts(&mut out, prefixes.iter().map(|prefix| &**prefix));
    Some(out)
}

fn write_texts<'n>(out: &mut Vec<u8>, texts: impl ExactSizeIterator<Item = &'n str>) {
    encode::array(out, texts.len());
    texts.for_each(|text| encode::text(out, text));
}

fn write_needs(out: &mut Vec<u8>, needs: Option<(u32, u32, &str)>) {
    if let Some((minor, line, what)) = needs {
        encode::array(out, 4);
        encode::natural(out, 3);
        encode::natural(out, minor.into());
        encode::natural(out, line.into());
        encode::text(out, what);
    } else {
        encode::nil(out);
    }
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
