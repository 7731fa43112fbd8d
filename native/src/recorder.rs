//! What a syntax tree means to the import system, in execution order (index/recorder.py).
//!
//! Steps are written as they are found. This file has the state and what all share; statements
//! are in `statements.rs`, expressions in `expressions.rs`, calls in `calls.rs`.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::mem;

use crate::ast::*;
use crate::encode::{self, Block};
use crate::entries::Assigned;
use crate::exports::{displays, Displays};
use crate::guards::{module_tests, RunTest};
use crate::hashing::{NameMap, NameSet};
use crate::lazy::LazyNames;
use crate::names::{collect, surely_bound, Names, ALIAS, IMPORTED, OTHER};
use crate::namespaces::may_reach_itself;
use crate::places::{Places, Span};
use crate::shallow::Shallow;
use crate::unseen::{changed_unseen, may_change_unseen};
use crate::values::{self, Ref, Scopes, Value, UNBOUND};
use crate::Circumstances;

/// Of a comprehension, which is no entry of the scopes.
pub const LOCAL: i32 = -2;

/// How often the whole file may be searched.
const MOST_SEARCHES: u32 = 100;

/// A block whose names are being resolved; `index` is its place in the scopes.
pub struct Frame<'s> {
    pub index: i32,
    pub names: Names<'s>,
    pub is_class: bool,
    pub yields: bool,
    pub at_import: bool,
    /// By the root of a chain of attributes its scope, None where no chain is kept.
    pub roots: NameMap<'s, Option<i32>>,
    /// The same of names that were called.
    pub callables: NameMap<'s, Option<i32>>,
    /// Names that need no further look by themselves.
    pub quiet: NameSet<'s>,
}

impl<'s> Frame<'s> {
    pub fn new(index: i32, names: Names<'s>, is_class: bool, at_import: bool) -> Self {
        Frame {
            index,
            names,
            is_class,
            yields: false,
            at_import,
            roots: NameMap::default(),
            callables: NameMap::default(),
            quiet: NameSet::default(),
        }
    }
}

/// A function or class, with its steps when they are known.
pub struct Scope {
    pub name: String,
    pub line: u32,
    pub end_line: u32,
    pub parent: i32,
    pub is_class: bool,
    pub steps: Block,
    pub is_deferred: bool,
    pub is_decorated: bool,
}

pub struct Recorder<'t, 's> {
    pub places: Places<'s>,
    /// The module, then each block around the current one; `at` is the current one.
    pub frames: Vec<Frame<'s>>,
    pub at: usize,
    pub steps: Block,
    pub scopes: Vec<Scope>,
    pub unsure: NameSet<'s>,
    pub may_lack_names: bool,
    /// The f-string in which everything has one place.
    pub pinned: Option<Range>,
    pub used_at_import: NameSet<'s>,
    pub speaks_of_state: bool,
    pub notes_state: bool,
    pub state_lines: Vec<u32>,
    pub has_walrus: bool,
    pub says_name: bool,
    pub is_stub: bool,
    pub annotations_run: bool,
    /// What the module serves on demand.
    pub lazy: Option<LazyNames<'s>>,
    pub opens: Vec<(&'static str, u32)>,
    pub opens_path: bool,
    pub hands_over: Vec<Ref<'s>>,
    /// The same, to be asked.
    pub handed_over: HashSet<Ref<'s>>,
    pub rebound_globals: BTreeSet<&'s str>,
    /// Imports by name so far.
    pub by_name: u32,
    /// Loops around, those outside of the function too.
    pub loops: Vec<&'t For<'s>>,
    /// Of names that an open module gives itself.
    pub prefixes: Vec<Cow<'s, str>>,
    pub displays: Displays<'t, 's>,
    pub shallow: Option<Shallow>,
    pub run_tests: Vec<RunTest<'t, 's>>,
    pub handlers: Vec<(usize, &'t Handler<'s>)>,
    /// All of the module.
    pub body: &'t [Stmt<'s>],
    /// Whether the file may have an expression that is the module or its dictionary.
    pub reaches_itself: bool,
    pub namespace_aliases: NameSet<'s>,
    pub self_aliases: NameSet<'s>,
    /// By name what is assigned to it, once that was asked for.
    pub assigned: Option<Assigned<'t, 's>>,
    /// How often the whole file was searched.
    searches: u32,
    /// Whether a function sets one.
    pub enters_modules: bool,
    /// All texts of the file, where modules get further names that are computed.
    pub words: BTreeSet<Cow<'t, str>>,
    /// The newest grammar that was met: the minor version of Python, the line, and what it is.
    pub needs: Option<(u32, u32, &'static str)>,
    pub is_declined: bool,
}

impl<'s> Scopes<'s> for Recorder<'_, 's> {
    fn scope_of(&mut self, name: &'s str) -> i32 {
        self.find(name).map_or(UNBOUND, |frame| self.frames[frame].index)
    }

    fn decline(&mut self) {
        self.is_declined = true;
    }
}

impl<'t, 's> Recorder<'t, 's> {
    pub fn new(
        body: &'t [Stmt<'s>],
        places: Places<'s>,
        circumstances: Circumstances,
    ) -> Option<Self> {
        let has_walrus = places.has(":=");
        let mut names = collect(body, has_walrus);
        for name in global_names(&places)? {
            names.add(name, OTHER);
        }
        let is_stub = circumstances.kind >= 2;
        let mut unsure: NameSet = NameSet::default();
        if !is_stub {
            let sure = surely_bound(body);
            let bound = names.bound.keys().copied();
            unsure.extend(bound.filter(|n| !sure.contains(n) && !names.globals.contains(n)));
        }
        let speaks_of_state = places.has("state");
        let defers = circumstances.version >= 314 || body.iter().any(defers_annotations);
        let shallow = if circumstances.is_shallow { Shallow::of(&places) } else { None };
        let state_lines = if speaks_of_state { state_lines(&places) } else { Vec::new() };
        Some(Recorder {
            state_lines,
            may_lack_names: !unsure.is_empty() || names.has_star,
            frames: vec![Frame::new(0, names, false, true)],
            at: 0,
            steps: Block::default(),
            scopes: Vec::new(),
            unsure,
            pinned: None,
            used_at_import: NameSet::default(),
            speaks_of_state,
            notes_state: speaks_of_state,
            has_walrus,
            says_name: places.has("__name__"),
            is_stub,
            annotations_run: !defers && !is_stub,
            lazy: None,
            opens: Vec::new(),
            opens_path: false,
            hands_over: Vec::new(),
            handed_over: HashSet::new(),
            rebound_globals: BTreeSet::new(),
            by_name: 0,
            loops: Vec::new(),
            prefixes: Vec::new(),
            displays: displays(body),
            shallow,
            run_tests: if places.has("pytestmark") { module_tests(body) } else { Vec::new() },
            handlers: Vec::new(),
            body,
            reaches_itself: may_reach_itself(&places),
            namespace_aliases: NameSet::default(),
            self_aliases: NameSet::default(),
            assigned: None,
            searches: 0,
            enters_modules: false,
            words: BTreeSet::new(),
            needs: None,
            is_declined: false,
            places,
        })
    }

    /// Record the whole module and give the steps of its body.
    pub fn record(&mut self) -> Block {
        let body = self.body;
        let end_line = body.last().map_or(1, |last| self.places.line(last.range.end));
        self.scopes.push(Scope {
            name: "<module>".to_owned(),
            line: 1,
            end_line,
            parent: 0,
            is_class: false,
            steps: Block::default(),
            is_deferred: false,
            is_decorated: false,
        });
        let mut steps = self.collected(|recorder| {
            recorder.block(body);
            if recorder.shallow.as_ref().map_or(true, |shallow| !shallow.is_plain) {
                recorder.assigned_paths();
            }
        });
        if may_change_unseen(&self.places) {
            if let Some(line) = changed_unseen(body, &self.places) {
                let last = self.collected(|recorder| recorder.unknown_exports(line));
                steps.append(&last);
            }
        }
        steps
    }

    // Steps

    /// Begin a step that has so many fields.
    pub fn step(&mut self, tag: u64, fields: usize) -> &mut Vec<u8> {
        self.steps.count += 1;
        encode::array(&mut self.steps.bytes, fields + 1);
        encode::natural(&mut self.steps.bytes, tag);
        &mut self.steps.bytes
    }

    /// Give the steps that are recorded meanwhile, apart from the others.
    pub fn collected(&mut self, record: impl FnOnce(&mut Self)) -> Block {
        let outer = mem::take(&mut self.steps);
        record(self);
        mem::replace(&mut self.steps, outer)
    }

    pub fn line(&self, range: Range) -> u32 {
        self.places.line(range.start)
    }

    pub fn open(&mut self, reason: &'static str, range: Range) {
        self.opens.push((reason, self.line(range)));
    }

    /// Count a search of the whole file; one with too many of them is declined.
    pub fn search(&mut self) {
        self.searches += 1;
        self.is_declined |= self.searches > MOST_SEARCHES;
    }

    /// Note that something exists only since Python 3.`minor`.
    pub fn needs(&mut self, minor: u32, range: Range, what: &'static str) {
        if self.needs.map_or(true, |(newest, ..)| minor > newest) {
            self.needs = Some((minor, self.line(range), what));
        }
    }

    // Names

    pub fn is_at_module(&self) -> bool {
        self.at == 0
    }

    pub fn frame(&mut self) -> &mut Frame<'s> {
        &mut self.frames[self.at]
    }

    /// Give the block that binds a name for code in the current block.
    pub fn find(&self, name: &str) -> Option<usize> {
        for at in (0..=self.at).rev() {
            let frame = &self.frames[at];
            if (at == self.at || !frame.is_class) && frame.names.bound.contains_key(name) {
                return Some(at);
            }
            if frame.names.globals.contains(name) {
                return Some(0);
            }
        }
        None
    }

    /// Give the block that binds a name if an import may have bound it there.
    pub fn tracked(&self, name: &str) -> Option<usize> {
        self.find(name).filter(|&at| self.frames[at].names.has(name, IMPORTED | ALIAS))
    }

    /// Keep an expression for the linker to evaluate.
    pub fn value(&mut self, node: &Expr<'s>) -> Option<Value<'s>> {
        values::value(node, self)
    }

    /// Record a binding where another module can see it or a reference in this one.
    pub fn bind(&mut self, name: &'s str, kind: &str, range: Range, value: Option<&Expr<'s>>) {
        let names = &self.frames[self.at].names;
        if !self.is_at_module() && names.globals.contains(name) {
            self.rebound_globals.insert(name);
        } else if self.is_at_module() || names.has(name, IMPORTED | ALIAS) {
            let kept = value.and_then(|value| self.value(value));
            self.write_bind(name, kind, range, &kept);
        }
    }

    pub fn write_bind(&mut self, name: &str, kind: &str, range: Range, value: &Option<Value>) {
        let line = self.line(range);
        let out = self.step(1, 4);
        encode::text(out, name);
        encode::text(out, kind);
        encode::natural(out, line.into());
        values::write(out, value);
    }

    pub fn external_bind(&mut self, target: &Ref, name: Option<&str>, range: Range) {
        let line = self.line(range);
        let out = self.step(6, 3);
        target.write(out);
        encode::optional_text(out, name);
        encode::natural(out, line.into());
    }

    // Control flow

    /// Record two alternatives that were recorded; nothing is kept when neither has a step.
    pub fn alternatives(&mut self, test: Test<'_, 's>, body: &Block, orelse: &Block) {
        if body.is_empty() && orelse.is_empty() {
            return;
        }
        let (condition, range) = match test {
            Test::Holds(node) => (self.value(node), node.range),
            Test::Fails(node) => {
                let value = self.value(node);
                (Some(values::negation(value)), node.range)
            }
            Test::FailsInside(node) => (Some(values::negated(node, self, 1)), node.range),
            Test::Never(node) => (Some(Value::Bool(false)), node.range),
        };
        let line = self.line(range);
        self.write_if(&condition, body, orelse, line);
    }

    pub fn write_if(&mut self, test: &Option<Value>, body: &Block, orelse: &Block, line: u32) {
        let out = self.step(7, 4);
        values::write(out, test);
        encode::block(out, body);
        encode::block(out, orelse);
        encode::natural(out, line.into());
    }

    pub fn stop(&mut self, kind: &str, line: u32) {
        let out = self.step(12, 5);
        encode::text(out, kind);
        encode::natural(out, line.into());
        encode::nil(out);
        encode::nil(out);
        encode::natural(out, 0);
    }
}

/// What decides between two alternatives.
pub enum Test<'n, 's> {
    Holds(&'n Expr<'s>),
    Fails(&'n Expr<'s>),
    /// The same of an operand that stands in a `not` of its own.
    FailsInside(&'n Expr<'s>),
    Never(&'n Expr<'s>),
}

pub fn write_span(out: &mut Vec<u8>, span: Span) {
    encode::array(out, 4);
    for number in [span.0, span.1, span.2, span.3] {
        encode::natural(out, number.into());
    }
}

fn defers_annotations(statement: &Stmt) -> bool {
    match &statement.kind {
        StmtKind::ImportFrom(import) => {
            import.module.as_deref() == Some("__future__")
                && import.names.iter().any(|alias| alias.name == "annotations")
        }
        _ => false,
    }
}

/// Give the names of all `global` statements; text that only looks like one does no harm.
///
/// None where a name may go on with a letter that is not ASCII.
fn global_names<'s>(places: &Places<'s>) -> Option<Vec<&'s str>> {
    let mut found = Vec::new();
    let mut end = 0;
    for &at in places.offsets_of("global").iter() {
        let start = at as usize + "global".len();
        if (at as usize) < end {
            continue; // part of the names before
        }
        let rest = &places.text[start..];
        if !rest.starts_with(&[' ', '\t'][..]) {
            continue;
        }
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_, \t".contains(&byte);
        let length = rest.bytes().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        if rest[length..].starts_with(|one| !is_surely_no_letter(one)) {
            return None;
        }
        found.extend(rest[..length].split(',').map(str::trim));
        end = start + length;
    }
    Some(found)
}

/// Whether a character is surely no part of a word: a dash, a quote, or one of ASCII's.
fn is_surely_no_letter(one: char) -> bool {
    one.is_ascii() || matches!(one, '\u{a0}' | '\u{2010}'..='\u{2027}')
}

fn state_lines(places: &Places) -> Vec<u32> {
    let text = places.text.as_bytes();
    let mut found = Vec::new();
    for (at, byte) in text.iter().enumerate() {
        let is_one = byte | 0x20 == b's'
            && text[at..].get(..5).map_or(false, |word| word.eq_ignore_ascii_case(b"state"));
        if is_one {
            let line = places.line(at as u32);
            if found.last() != Some(&line) {
                found.push(line);
            }
        }
    }
    found
}
