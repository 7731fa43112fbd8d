//! The statements (index/recorder.py, index/bindings.py).

use std::mem;

use crate::ast::*;
use crate::chains::{dotted, is_chain, is_name, last_name};
use crate::encode::{self, Block};
use crate::exports::Reading;
use crate::guards::{self, Outcome, RunTest, StopKind};
use crate::lazy::{self, LazyNames};
use crate::literal_tables::Tables;
use crate::names::{bound_by, collect, each_target, in_order, Names};
use crate::namespaces::is_module_table;
use crate::places::Span;
use crate::recorder::{write_span, Frame, Recorder, Scope, Test};
use crate::shallow::Extent;
use crate::strings;
use crate::values::{self, Value};

/// How many tests may have to hold for a function to run; they nest in each other.
const MOST_TESTS: usize = 16;

impl<'t, 's> Recorder<'t, 's> {
    /// Record statements in order.
    pub fn block(&mut self, body: &'t [Stmt<'s>]) {
        for statement in body {
            if self.is_declined {
                return;
            }
            self.statement(statement);
        }
    }

    fn nested(&mut self, body: &'t [Stmt<'s>]) -> Block {
        if body.is_empty() {
            return Block::default();
        }
        self.collected(|recorder| recorder.block(body))
    }

    fn statement(&mut self, node: &'t Stmt<'s>) {
        let range = node.range;
        match &node.kind {
            StmtKind::Expr(value) => self.expression_statement(value, range),
            StmtKind::Assign(targets, value) => self.assign(targets, value, range),
            StmtKind::AugAssign(target, _, value) => self.augmented(target, value, range),
            StmtKind::AnnAssign(assign) => self.annotated(assign, range),
            StmtKind::Import(names) => self.import(names),
            StmtKind::ImportFrom(import) => self.import_from(import, range),
            StmtKind::FunctionDef(function) => self.function(function, range),
            StmtKind::ClassDef(class) => self.class(class, range),
            StmtKind::If(node) => {
                self.visit(&node.test);
                let (body, orelse) = (self.nested(&node.body), self.nested(&node.orelse));
                self.alternatives(Test::Holds(&node.test), &body, &orelse);
            }
            StmtKind::For(node) => self.for_loop(node, range),
            StmtKind::While(node) => {
                self.visit(&node.test);
                let steps = self.collected(|recorder| recorder.block(&node.body));
                let orelse = self.nested(&node.orelse);
                self.repeat(None, &steps, &orelse, range, None);
            }
            StmtKind::With(node) => self.with(node, range),
            StmtKind::Try(node) => self.try_statement(node, range),
            StmtKind::Match(node) => self.match_statement(node, range),
            StmtKind::Raise(raised, cause) => self.raise(raised.as_ref(), cause.as_ref(), range),
            StmtKind::Assert(test, message) => {
                self.visit(test);
                message.iter().for_each(|message| self.visit(message));
                if matches!(test.kind, ExprKind::Constant(Constant::Bytes | Constant::Complex)) {
                    self.is_declined = true; // whether it is true is not kept
                }
                if guards::is_assert_false(node) {
                    self.write_raise(Some("AssertionError"), None, 0, range);
                }
            }
            StmtKind::Return(value) => {
                value.iter().for_each(|value| self.visit(value));
                if self.is_at_module() || self.frames[self.at].is_class {
                    self.is_declined = true; // the compiler refuses it
                }
                let line = self.line(range);
                self.stop(StopKind::Return.value(), line);
            }
            StmtKind::Break | StmtKind::Continue => {
                let line = self.line(range);
                self.stop(StopKind::Loop.value(), line);
            }
            StmtKind::Delete(targets) => targets.iter().for_each(|one| self.delete(one, range)),
            StmtKind::Global(_) | StmtKind::Nonlocal(_) | StmtKind::Pass => {}
        }
    }

    fn expression_statement(&mut self, value: &'t Expr<'s>, range: Range) {
        if matches!(value.kind, ExprKind::Constant(_)) {
            return;
        }
        self.visit(value);
        let call = match &value.kind {
            ExprKind::Call(call) => call,
            _ => return,
        };
        if let Some(stop) = guards::stop_of_call(call) {
            if stop != StopKind::Skip || guards::skips_module(call) {
                let line = self.line(range);
                self.stop(stop.value(), line);
            }
        }
        if self.is_at_module() {
            self.note_handover(&call.function);
            self.exports_call(call, range);
        }
    }

    fn delete(&mut self, target: &'t Expr<'s>, range: Range) {
        let mut names = Vec::new();
        each_target(target, &mut |name| names.push(name));
        if names.is_empty() {
            self.visit(target);
        }
        for name in names {
            self.unbind(name, self.line(range));
        }
    }

    fn unbind(&mut self, name: &str, line: u32) {
        let out = self.step(2, 2);
        encode::text(out, name);
        encode::natural(out, line.into());
    }

    // Assignments

    fn assign(&mut self, targets: &'t [Expr<'s>], value: &'t Expr<'s>, range: Range) {
        if self.is_at_module() && self.special_assign(targets, value, range) {
            return;
        }
        if !(self.reaches_itself && self.own_alias(targets, value)) {
            self.visit(value);
        }
        for target in targets {
            match &target.kind {
                ExprKind::Name(name, _) => self.bind(name, "assignment", range, Some(value)),
                ExprKind::Subscript(pair, _) if self.reaches_itself && is_module_table(&pair.0) => {
                    self.enter_module(target, pair, value);
                }
                _ => self.bind_targets(target),
            }
        }
    }

    /// Record a target without a known value.
    pub fn bind_targets(&mut self, target: &'t Expr<'s>) {
        match &target.kind {
            ExprKind::Name(name, _) => self.bind(name, "target", target.range, None),
            ExprKind::Tuple(items, _) | ExprKind::List(items, _) => {
                items.iter().for_each(|item| self.bind_targets(item));
            }
            ExprKind::Starred(value, _) => self.bind_targets(value),
            _ => self.visit(target),
        }
    }

    /// Record assignments to `__all__`, `__path__`, `sys.path` and lazy tables; says whether all
    /// is recorded.
    fn special_assign(
        &mut self,
        targets: &'t [Expr<'s>],
        value: &'t Expr<'s>,
        range: Range,
    ) -> bool {
        let target = &targets[0];
        if is_name(target, "__all__") {
            self.exports("set", value, range);
        } else if is_name(target, "__path__") {
            self.opens_path = true;
        } else if is_chain(target, "sys.path") {
            self.edit_path(value, range);
        } else {
            return self.attaches(targets, value, range) || self.replaces_itself(target, value);
        }
        false
    }

    /// Record `__getattr__, __dir__, __all__ = lazy_loader.attach(...)`.
    fn attaches(&mut self, targets: &[Expr<'s>], value: &'t Expr<'s>, range: Range) -> bool {
        let mut names = Vec::new();
        targets.iter().for_each(|target| each_target(target, &mut |name| names.push(name)));
        if !names.contains(&"__getattr__") {
            return false;
        }
        self.lazy = None; // what was defined above does not answer any more
        let call = match &value.kind {
            ExprKind::Call(call) if dotted(&call.function).is_some() => call,
            _ => return false,
        };
        // What a function of the file makes is not read here.
        self.is_declined |= self.body.iter().any(|one| defines(one, &call.function));
        if !matches!(last_name(&call.function), Some("attach" | "attach_stub")) {
            if let (["__getattr__"], Some(Value::Ref(maker))) =
                (names.as_slice(), self.value(&call.function))
            {
                self.lazy = Some(LazyNames { maker: Some(maker), ..LazyNames::default() });
            }
            return false;
        }
        self.search();
        let tables = Tables::of(self.body);
        let served = lazy::served_by_attach(call, &tables, &self.places);
        self.is_declined |= tables.is_doubtful.get();
        names.iter().for_each(|name| self.bind(name, "assignment", range, None));
        if names.contains(&"__all__") {
            self.attached_exports(&served, range);
        }
        self.lazy = Some(served);
        true
    }

    fn attached_exports(&mut self, served: &LazyNames<'s>, range: Range) {
        let mut names = Block::default();
        for lazy in &served.names {
            names.count += 1;
            encode::array(&mut names.bytes, 2);
            encode::text(&mut names.bytes, &lazy.name);
            write_span(&mut names.bytes, Span(lazy.line, 1, lazy.line, 1));
        }
        let is_complete = served.is_complete && !served.is_stub;
        let line = self.line(range);
        self.write_exports("set", &names, &Block::default(), is_complete, line);
    }

    /// Record `sys.modules[__name__] = LazyModule(__name__, ..., table, ...)`.
    fn replaces_itself(&mut self, target: &Expr<'s>, value: &'t Expr<'s>) -> bool {
        let call = match &value.kind {
            ExprKind::Call(call) if self.is_self(target) => call,
            _ => return false,
        };
        let is_of_spec = |keyword: &Keyword| matches!(keyword.name, Some("module_spec" | "spec"));
        if call.arguments.len() > 4 || !call.keywords.iter().all(is_of_spec) {
            return false;
        }
        self.search();
        let tables = Tables::of(self.body);
        for argument in &call.arguments {
            let is_table = match argument.kind {
                ExprKind::Name(name, _) => tables.displays.contains_key(name),
                _ => false,
            };
            if is_table {
                let served = lazy::served_by_structure(argument, &tables, &self.places);
                self.is_declined |= tables.is_doubtful.get();
                if served.is_complete {
                    self.lazy = Some(served);
                    return true;
                }
            }
        }
        false
    }

    fn augmented(&mut self, target: &'t Expr<'s>, value: &'t Expr<'s>, range: Range) {
        self.visit(value);
        if let ExprKind::Name(name, _) = target.kind {
            if name == "__all__" && self.is_at_module() {
                self.exports("add", value, range);
            } else if name == "__path__" {
                self.opens_path = true;
            }
            self.bind(name, "target", range, None);
        } else if is_chain(target, "sys.path") {
            self.edit_path(value, range);
        } else {
            self.visit(target);
        }
    }

    fn annotated(&mut self, assign: &'t AnnAssign<'s>, range: Range) {
        let in_function = !self.is_at_module() && !self.frames[self.at].is_class;
        if self.annotations_run && !in_function {
            self.visit(&assign.annotation);
        }
        match (&assign.value, &assign.target.kind) {
            (Some(value), _) => self.assign(std::slice::from_ref(&assign.target), value, range),
            (None, ExprKind::Name(name, _)) if self.is_stub => {
                self.bind(name, "assignment", range, None);
            }
            _ => {}
        }
    }

    // `__all__`

    fn exports_call(&mut self, call: &'t Call<'s>, range: Range) {
        let method = match &call.function.kind {
            ExprKind::Attribute(owner, method, _) if is_name(owner, "__all__") => *method,
            _ => return,
        };
        match (method, call.arguments.first()) {
            ("extend", Some(value)) => self.exports("add", value, range),
            ("append", Some(value)) | ("remove", Some(value)) => self.exports(method, value, range),
            ("sort", _) => {}
            _ => {
                let line = self.line(range);
                self.unknown_exports(line);
            }
        }
    }

    fn exports(&mut self, operation: &str, value: &'t Expr<'s>, range: Range) {
        let displays = mem::take(&mut self.displays);
        let places = mem::take(&mut self.places);
        let mut reading = Reading::new(&displays, &places);
        if operation == "append" || operation == "remove" {
            reading.item(value, self, 0);
        } else {
            reading.read(value, self, 0);
        }
        let Reading { names, of, is_complete, .. } = reading;
        self.displays = displays;
        self.places = places;
        let operation = if operation == "append" { "add" } else { operation };
        let line = self.line(range);
        self.write_exports(operation, &names, &of, is_complete, line);
    }

    /// Note that `__all__` gets names that are not known.
    pub fn unknown_exports(&mut self, line: u32) {
        self.write_exports("add", &Block::default(), &Block::default(), false, line);
    }

    fn write_exports(
        &mut self,
        operation: &str,
        names: &Block,
        of: &Block,
        is_complete: bool,
        line: u32,
    ) {
        let out = self.step(13, 5);
        encode::text(out, operation);
        encode::block(out, names);
        encode::block(out, of);
        encode::boolean(out, is_complete);
        encode::natural(out, line.into());
    }

    // Imports

    fn import(&mut self, names: &'t [Alias<'s>]) {
        for alias in names {
            let mut span = self.places.span(alias.range);
            if alias.alias.is_some() && span.2 == span.0 {
                span.3 = span.1 + alias.name.len() as u32;
            }
            let out = self.step(3, 4);
            encode::text(out, &alias.name);
            encode::optional_text(out, alias.alias);
            write_span(out, span);
            encode::boolean(out, false);
        }
        names.iter().for_each(|alias| self.note_global(bound_by(alias)));
    }

    fn import_from(&mut self, import: &'t ImportFrom<'s>, range: Range) {
        let module = import.module.as_deref().unwrap_or("");
        if module == "__future__" {
            for alias in &import.names {
                let name = alias.alias.unwrap_or(&alias.name);
                self.write_bind(name, "future", range, &None);
            }
        } else {
            self.write_import_from(import, module, range);
        }
        for alias in &import.names {
            self.note_global(alias.alias.unwrap_or(alias.first));
        }
    }

    fn write_import_from(&mut self, import: &'t ImportFrom<'s>, module: &str, range: Range) {
        let mut names = Vec::new();
        encode::array(&mut names, import.names.len());
        for alias in &import.names {
            let mut span = self.places.span(alias.range);
            if alias.alias.is_some() {
                span.2 = span.0;
                span.3 = span.1 + alias.name.len() as u32;
            }
            encode::array(&mut names, 3);
            encode::text(&mut names, &alias.name);
            encode::optional_text(&mut names, alias.alias);
            write_span(&mut names, span);
        }
        let (line, column) = self.places.place(range.start);
        let column = column + "from ".len() as u32;
        let end = column + import.level + module.len() as u32;
        let out = self.step(4, 5);
        encode::text(out, module);
        encode::natural(out, import.level.into());
        out.extend_from_slice(&names);
        write_span(out, Span(line, column, line, end));
        encode::boolean(out, false);
    }

    fn note_global(&mut self, name: &'s str) {
        if !self.is_at_module() && self.frames[self.at].names.globals.contains(name) {
            self.rebound_globals.insert(name);
        }
    }

    // Definitions

    fn function(&mut self, node: &'t Function<'s>, range: Range) {
        self.visit_all(&node.decorators);
        self.visit_all(&node.parameters.defaults);
        node.parameters.keyword_defaults.iter().flatten().for_each(|one| self.visit(one));
        if self.annotations_run {
            for parameter in node.parameters.all() {
                parameter.annotation.iter().for_each(|one| self.visit(one));
            }
            node.returns.iter().for_each(|one| self.visit(one));
        }
        if self.is_at_module() && node.name == "__getattr__" {
            self.search();
            self.lazy = lazy::served_by_function(node, self.body, &self.places);
            self.is_declined |= self.lazy.is_none();
        }
        self.is_declined |= self.is_at_module() && makes_getattr(node);
        if self.is_declined {
            return;
        }
        let extent = match &self.shallow {
            Some(shallow) => shallow.extent(&self.places, range),
            None => Extent::All,
        };
        if extent == Extent::Nothing {
            let scope = self.scope(self.qualified(node.name), range);
            let is_decorated = !node.decorators.is_empty();
            self.scopes.push(Scope { is_deferred: node.is_async, is_decorated, ..scope });
        } else {
            self.function_body(node, extent, range);
        }
        self.decorate(&node.decorators);
        self.bind(node.name, "def", range, None);
    }

    fn function_body(&mut self, node: &'t Function<'s>, extent: Extent, range: Range) {
        let mut names = collect(&node.body, self.has_walrus);
        names.add_parameters(&node.parameters);
        let noting = self.notes_state;
        self.notes_state = noting && self.places.is_within(&self.state_lines, range);
        let tests = self.run_tests.len();
        self.run_tests.extend(node.decorators.iter().filter_map(guards::run_test));
        self.is_declined |= self.run_tests.len() > MOST_TESTS;
        self.when(0, Some(names), &mut |recorder, names| {
            let name = recorder.qualified(node.name);
            let record = |recorder: &mut Self| match extent {
                Extent::All => recorder.block(&node.body),
                _ => recorder.imports_within(&node.body),
            };
            let index = recorder.function_scope(name, range, names, false, node.is_async, record);
            recorder.scopes[index].is_decorated = !node.decorators.is_empty();
            recorder.define(index);
        });
        self.run_tests.truncate(tests);
        self.notes_state = noting;
    }

    /// Record what happens only if all tests hold, from number `first` on.
    fn when(
        &mut self,
        first: usize,
        names: Option<Names<'s>>,
        record: &mut dyn FnMut(&mut Self, Names<'s>),
    ) {
        match self.run_tests.get(first).copied() {
            None => record(self, names.unwrap_or_default()),
            Some(_) if self.is_declined => {}
            Some(test) => {
                let steps = self.collected(|recorder| recorder.when(first + 1, names, record));
                let test = match test {
                    RunTest::Never(decorator) => Test::Never(decorator),
                    RunTest::If(test) => Test::Holds(test),
                    RunTest::IfNot(test) => Test::FailsInside(test),
                };
                self.alternatives(test, &steps, &Block::default());
            }
        }
    }

    /// Note that a function is created here, if its scope has steps.
    pub fn define(&mut self, index: usize) {
        if !self.scopes[index].steps.is_empty() {
            let out = self.step(17, 1);
            encode::natural(out, index as u64);
        }
    }

    /// Record that decorators are called, with what was defined, from the inside out.
    fn decorate(&mut self, decorators: &'t [Expr<'s>]) {
        for decorator in decorators.iter().rev() {
            let line = self.line(decorator.range);
            self.invoke(decorator, line);
        }
    }

    /// Record the imports of a function body and nothing else.
    fn imports_within(&mut self, body: &'t [Stmt<'s>]) {
        for statement in body {
            match &statement.kind {
                StmtKind::Import(names) => self.import(names),
                StmtKind::ImportFrom(import) => self.import_from(import, statement.range),
                StmtKind::FunctionDef(node) => self.imports_within(&node.body),
                StmtKind::ClassDef(node) => self.imports_within(&node.body),
                StmtKind::With(node) => self.imports_within(&node.body),
                StmtKind::If(node) => self.imports_in(&[&node.body, &node.orelse]),
                StmtKind::For(node) => self.imports_in(&[&node.body, &node.orelse]),
                StmtKind::While(node) => self.imports_in(&[&node.body, &node.orelse]),
                StmtKind::Try(node) => {
                    self.imports_in(&[&node.body, &node.orelse, &node.finally]);
                    node.handlers.iter().for_each(|one| self.imports_within(&one.body));
                }
                StmtKind::Match(node) => {
                    node.cases.iter().for_each(|case| self.imports_within(&case.body));
                }
                _ => {}
            }
        }
    }

    fn imports_in(&mut self, blocks: &[&'t Vec<Stmt<'s>>]) {
        blocks.iter().for_each(|block| self.imports_within(block));
    }

    fn class(&mut self, node: &'t Class<'s>, range: Range) {
        self.visit_all(&node.decorators);
        if self.is_at_module() {
            for decorator in &node.decorators {
                match &decorator.kind {
                    ExprKind::Call(call) => self.note_handover(&call.function),
                    _ => self.note_handover(decorator),
                }
            }
        }
        self.visit_all(&node.bases);
        node.keywords.iter().for_each(|keyword| self.visit(&keyword.value));
        if self.is_at_module() && guards::exports_members(&node.decorators) {
            self.is_declined |= self.has_walrus; // names in expressions have an order of their own
            for name in in_order(&node.body) {
                self.write_bind(name, "dynamic", range, &None);
            }
        }
        let names = collect(&node.body, self.has_walrus);
        let qualified = self.qualified(node.name);
        let tests = self.run_tests.len();
        self.run_tests.extend(node.decorators.iter().filter_map(guards::run_test));
        self.is_declined |= self.run_tests.len() > MOST_TESTS;
        let record = |recorder: &mut Self| recorder.block(&node.body);
        let index = self.function_scope(qualified, range, names, true, false, record);
        self.run_tests.truncate(tests);
        if !self.scopes[index].steps.is_empty() {
            let scope = &mut self.scopes[index];
            let steps = mem::take(&mut scope.steps);
            scope.is_deferred = false;
            let (name, line) = (scope.name.clone(), scope.line);
            let out = self.step(11, 4);
            encode::text(out, &name);
            encode::natural(out, index as u64);
            encode::block(out, &steps);
            encode::natural(out, line.into());
        }
        self.decorate(&node.decorators);
        self.bind(node.name, "class", range, None);
    }

    fn qualified(&self, name: &str) -> String {
        let index = self.frames[self.at].index;
        if index <= 0 {
            name.to_owned()
        } else {
            format!("{}.{}", self.scopes[index as usize].name, name)
        }
    }

    /// Record a block that has a namespace of its own; gives its index in the scopes.
    pub fn function_scope(
        &mut self,
        name: String,
        range: Range,
        names: Names<'s>,
        is_class: bool,
        is_async: bool,
        record: impl FnOnce(&mut Self),
    ) -> usize {
        let index = self.scopes.len();
        let scope = self.scope(name, range);
        self.scopes.push(Scope { is_class, ..scope });
        let at_import = is_class && self.frames[self.at].at_import;
        self.enter(Frame::new(index as i32, names, is_class, at_import));
        let steps = self.collected(record);
        let yields = self.leave();
        let scope = &mut self.scopes[index];
        scope.steps = steps;
        scope.is_deferred = yields || is_async;
        index
    }

    pub fn enter(&mut self, frame: Frame<'s>) {
        self.frames.push(frame);
        self.at += 1;
    }

    /// Leave the current block, and say whether it has a `yield`.
    pub fn leave(&mut self) -> bool {
        self.at -= 1;
        self.frames.pop().map_or(false, |frame| frame.yields)
    }

    fn scope(&self, name: String, range: Range) -> Scope {
        let around = self.frames[..=self.at].iter().rev().find(|frame| frame.index >= 0);
        Scope {
            name,
            line: self.line(range),
            end_line: self.places.line(range.end),
            parent: around.map_or(0, |frame| frame.index),
            is_class: false,
            steps: Block::default(),
            is_deferred: false,
            is_decorated: false,
        }
    }

    // Compound statements

    fn for_loop(&mut self, node: &'t For<'s>, range: Range) {
        self.visit(&node.iterable);
        let runs = match &node.iterable.kind {
            ExprKind::List(items, _) | ExprKind::Tuple(items, _) | ExprKind::Set(items) => {
                Some(!items.is_empty())
            }
            _ => None,
        };
        let before = self.by_name;
        let steps = self.collected(|recorder| {
            recorder.bind_targets(&node.target);
            let outer = recorder.loops.len();
            recorder.loops.extend(Some(node).filter(|node| !node.is_async));
            recorder.block(&node.body);
            recorder.loops.truncate(outer);
        });
        let mut over = None;
        if !node.is_async && self.by_name > before && matches!(node.target.kind, ExprKind::Name(..))
        {
            over = self.value(&node.iterable);
        }
        let orelse = self.nested(&node.orelse);
        self.repeat(runs, &steps, &orelse, range, over);
    }

    fn repeat(
        &mut self,
        runs: Option<bool>,
        steps: &Block,
        orelse: &Block,
        range: Range,
        over: Option<Value>,
    ) {
        if steps.is_empty() && orelse.is_empty() {
            return;
        }
        let line = self.line(range);
        let out = self.step(10, 5);
        match runs {
            Some(runs) => encode::boolean(out, runs),
            None => encode::nil(out),
        }
        encode::block(out, steps);
        encode::block(out, orelse);
        encode::natural(out, line.into());
        values::write(out, &over);
    }

    fn with(&mut self, node: &'t With<'s>, range: Range) {
        let mut catches = None;
        for (manager, target) in &node.items {
            self.visit(manager);
            target.iter().for_each(|target| self.bind_targets(target));
            catches = guards::caught_by_manager(manager).or(catches);
        }
        let (catches, is_expected) = match catches {
            Some(catches) => catches,
            None => return self.block(&node.body),
        };
        let body = self.nested(&node.body);
        if body.is_empty() {
            return;
        }
        let line = self.line(range);
        let out = self.step(9, 4);
        write_texts(out, &catches);
        encode::block(out, &body);
        encode::natural(out, line.into());
        encode::boolean(out, is_expected);
    }

    fn try_statement(&mut self, node: &'t Try<'s>, range: Range) {
        if node.is_star {
            self.needs(11, range, "`except*`");
        }
        let body = self.nested(&node.body);
        let mut has_steps = !body.is_empty();
        let mut handlers = Block::default();
        for handler in &node.handlers {
            has_steps |= self.handler(handler, &mut handlers);
        }
        let (orelse, last) = (self.nested(&node.orelse), self.nested(&node.finally));
        if !has_steps && orelse.is_empty() && last.is_empty() {
            return;
        }
        let line = self.line(range);
        let out = self.step(8, 6);
        encode::block(out, &body);
        encode::block(out, &handlers);
        encode::block(out, &orelse);
        encode::block(out, &last);
        encode::natural(out, line.into());
        encode::boolean(out, guards::is_probe(&node.body));
    }

    /// Write a handler, and say whether it has steps.
    fn handler(&mut self, node: &'t Handler<'s>, handlers: &mut Block) -> bool {
        let steps = self.collected(|recorder| {
            node.catches.iter().for_each(|catches| recorder.visit(catches));
            if let Some(name) = node.name {
                recorder.bind(name, "except", node.range, None);
            }
            recorder.handlers.push((recorder.at, node));
            recorder.block(&node.body);
            recorder.handlers.pop();
            if let (Some(name), true) = (node.name, recorder.is_at_module()) {
                recorder.unbind(name, recorder.places.line(node.range.end));
            }
        });
        let outcome: Outcome = guards::outcome(&node.body);
        handlers.count += 1;
        let out = &mut handlers.bytes;
        encode::array(out, 4);
        write_texts(out, &guards::caught(node.catches.as_ref()));
        encode::block(out, &steps);
        encode::text(out, outcome.value());
        encode::natural(out, self.line(node.range).into());
        !steps.is_empty()
    }

    /// Record the cases as alternatives that nothing here decides.
    fn match_statement(&mut self, node: &'t Match<'s>, range: Range) {
        self.needs(10, range, "a `match` statement");
        self.visit(&node.subject);
        let mut steps = Block::default();
        for case in node.cases.iter().rev() {
            let body = self.collected(|recorder| recorder.case(case));
            let takes_all = matches!(case.pattern.kind, PatternKind::As(None, _));
            if takes_all && case.guard.is_none() {
                self.is_declined |= !steps.is_empty(); // the compiler refuses further cases
                steps = body;
            } else if !body.is_empty() || !steps.is_empty() {
                let line = self.line(case.pattern.range);
                let later = steps;
                steps = self.collected(|recorder| recorder.write_if(&None, &body, &later, line));
            }
        }
        self.steps.append(&steps);
    }

    fn case(&mut self, case: &'t Case<'s>) {
        let patterns = case.pattern.all();
        for pattern in &patterns {
            match &pattern.kind {
                PatternKind::Value(value) => self.visit(value),
                PatternKind::Class(class) => self.visit(&class.class),
                _ => {}
            }
        }
        for name in patterns.into_iter().filter_map(Pattern::name) {
            self.bind(name, "target", case.pattern.range, None);
        }
        case.guard.iter().for_each(|guard| self.visit(guard));
        self.block(&case.body);
    }

    fn raise(&mut self, raised: Option<&'t Expr<'s>>, cause: Option<&'t Expr<'s>>, range: Range) {
        raised.into_iter().chain(cause).for_each(|one| self.visit(one));
        let mut class = raised;
        let mut message = None;
        if let Some(Expr { kind: ExprKind::Call(call), .. }) = raised {
            if let Some(Expr { kind: ExprKind::Constant(Constant::Str(literals)), .. }) =
                call.arguments.first()
            {
                message = strings::value(literals);
                self.is_declined |= message.is_none();
            }
            class = Some(&call.function);
        }
        // `raise error`: a variable, most often what was caught
        let is_class = |name: &String| {
            let last = name.rsplit('.').next().unwrap_or("");
            last.starts_with(|first: char| first.is_ascii_uppercase())
        };
        let name = class.and_then(dotted).filter(is_class);
        let again = self.raised_again(raised);
        self.write_raise(name.as_deref(), message.as_deref(), again, range);
    }

    fn write_raise(&mut self, name: Option<&str>, message: Option<&str>, again: u32, range: Range) {
        let line = self.line(range);
        let out = self.step(12, 5);
        encode::text(out, StopKind::Raise.value());
        encode::natural(out, line.into());
        encode::optional_text(out, name);
        encode::optional_text(out, message);
        encode::natural(out, again.into());
    }

    /// Give the line of the handler whose exception is raised once more, else 0.
    fn raised_again(&self, raised: Option<&Expr>) -> u32 {
        let name = match raised.map(|raised| &raised.kind) {
            Some(ExprKind::Name(name, _)) => Some(*name),
            _ => None,
        };
        let is_meant = |handler: &Handler| match raised {
            None => true,
            Some(_) => name.is_some() && handler.name == name,
        };
        let found = self.handlers.iter().rev().find(|(at, one)| *at == self.at && is_meant(one));
        found.map_or(0, |(_, handler)| self.line(handler.range))
    }
}

/// Whether a statement defines the function that a name stands for.
fn defines(statement: &Stmt, function: &Expr) -> bool {
    match &statement.kind {
        StmtKind::FunctionDef(node) => is_name(function, node.name),
        _ => false,
    }
}

/// Whether a function makes a `__getattr__`: what that serves is not read.
fn makes_getattr(function: &Function) -> bool {
    let is_one = |statement: &Stmt| match &statement.kind {
        StmtKind::FunctionDef(inner) => inner.name == "__getattr__",
        _ => false,
    };
    function.body.iter().any(is_one)
}

fn write_texts(out: &mut Vec<u8>, texts: &[String]) {
    encode::array(out, texts.len());
    for text in texts {
        encode::text(out, text);
    }
}
