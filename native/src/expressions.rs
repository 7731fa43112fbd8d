//! The expressions: scopes, references, and control flow (index/references.py).

use crate::ast::*;
use crate::builtins::is_builtin;
use crate::chains::{attributes, chain_root};
use crate::children::{each_child, each_default};
use crate::encode::{self, Block};
use crate::entries::Entry;
use crate::names::{each_target, Names, ALIAS, DEFINED, IMPORTED, OTHER};
use crate::recorder::{Frame, Recorder, Test, LOCAL};
use crate::values::write_ref;

impl<'t, 's> Recorder<'t, 's> {
    pub fn visit_all(&mut self, nodes: &'t [Expr<'s>]) {
        nodes.iter().for_each(|node| self.visit(node));
    }

    /// Record one expression.
    pub fn visit(&mut self, node: &'t Expr<'s>) {
        match &node.kind {
            ExprKind::Constant(_) => {}
            ExprKind::Name(name, context) => self.name(node, name, *context),
            ExprKind::Attribute(owner, name, context) => {
                self.attribute(node, owner, name, *context);
            }
            ExprKind::Call(call) => self.call(node, call),
            ExprKind::IfExp(parts) => {
                let (test, body, orelse) = (&parts.0, &parts.1, &parts.2);
                self.visit(test);
                let body = self.collected(|recorder| recorder.visit(body));
                let orelse = self.collected(|recorder| recorder.visit(orelse));
                self.alternatives(Test::Holds(test), &body, &orelse);
            }
            ExprKind::BoolOp(operands, is_and) => self.operands(operands, *is_and),
            ExprKind::Lambda(lambda) => self.lambda(node, lambda),
            ExprKind::ListComp(inner)
            | ExprKind::SetComp(inner)
            | ExprKind::GeneratorExp(inner)
            | ExprKind::DictComp(inner) => self.comprehension(inner),
            ExprKind::JoinedStr(_) => {
                let outer = self.pinned;
                self.pinned = outer.or(Some(node.range));
                self.children(node);
                self.pinned = outer;
            }
            ExprKind::NamedExpr(pair) => self.walrus(node, &pair.0, &pair.1),
            ExprKind::Yield(_) | ExprKind::YieldFrom(_) => {
                self.frame().yields = true;
                if self.speaks_of_state {
                    self.note_state(node);
                }
                self.children(node);
            }
            ExprKind::Subscript(pair, context) if self.reaches_itself => {
                if !self.own_subscript(&pair.0, &pair.1, *context, node.range, Entry::default()) {
                    self.children(node);
                }
            }
            ExprKind::Compare(compare) if self.reaches_itself => {
                self.visit(&compare.left);
                for (_, right) in &compare.rest {
                    if !self.is_namespace(right) {
                        self.visit(right);
                    }
                }
            }
            _ => self.children(node),
        }
    }

    /// Record what is inside a node that means nothing by itself.
    fn children(&mut self, node: &'t Expr<'s>) {
        each_child(node, &mut |child| self.visit(child));
    }

    /// Record a name only where it can be unbound because of an import.
    fn name(&mut self, node: &'t Expr<'s>, name: &'s str, context: Context) {
        if self.reaches_itself && context == Context::Load {
            self.own_name(name, node.range);
        }
        let at_import = self.frames[self.at].at_import;
        if !(at_import || self.may_lack_names) || context != Context::Load {
            return;
        }
        if self.frames[self.at].quiet.contains(name) {
            return;
        }
        let is_unsure = self.may_be_unbound(name);
        if is_unsure || (at_import && self.is_first_use(name)) {
            let scope = self.find(name).map_or(-1, |at| self.frames[at].index);
            self.reference(node, node, name, scope);
        }
        if !is_unsure {
            self.frame().quiet.insert(name);
        }
    }

    /// Whether this is the first place where importing the module needs an imported name.
    fn is_first_use(&mut self, name: &'s str) -> bool {
        !self.used_at_import.contains(name)
            && self.tracked(name) == Some(0)
            && self.used_at_import.insert(name)
    }

    fn may_be_unbound(&self, name: &str) -> bool {
        if self.unsure.contains(name) {
            return self.find(name) == Some(0);
        }
        self.frames[0].names.has_star && !is_builtin(name) && self.find(name).is_none()
    }

    /// Record a chain of attributes that starts at a tracked name.
    fn attribute(
        &mut self,
        node: &'t Expr<'s>,
        owner: &'t Expr<'s>,
        last: &'s str,
        context: Context,
    ) {
        if self.reaches_itself && context != Context::Load {
            self.own_attribute(owner, last, node.range);
        }
        let mut root = node;
        while let ExprKind::Attribute(value, ..) = &root.kind {
            if self.notes_state {
                self.note_state(root);
            }
            root = value;
        }
        let name = match root.kind {
            ExprKind::Name(name, _) => name,
            _ => return self.visit(root),
        };
        let scope = match self.root_scope(name) {
            Some(scope) => scope,
            None => return,
        };
        if context == Context::Load {
            self.reference(node, root, name, scope);
            return;
        }
        if !matches!(owner.kind, ExprKind::Name(..)) {
            self.reference(owner, root, name, scope);
        }
        let line = self.line(node.range);
        let out = self.step(6, 3);
        write_ref(out, name, &attributes(owner), scope);
        encode::text(out, last);
        encode::natural(out, line.into());
    }

    /// Give the scope of the root of a chain, None where no chain is kept.
    fn root_scope(&mut self, name: &'s str) -> Option<i32> {
        if let Some(&known) = self.frames[self.at].roots.get(name) {
            return known;
        }
        let is_kept = self.tracked(name).is_some() || self.may_be_unbound(name);
        let scope = self.find(name).map_or(-1, |at| self.frames[at].index);
        let known = if is_kept { Some(scope) } else { None };
        self.frame().roots.insert(name, known);
        known
    }

    /// Record a reference; inside an f-string it stands where the string stands.
    fn reference(&mut self, node: &Expr<'s>, root: &Expr<'s>, name: &str, scope: i32) {
        let attributes = attributes(node);
        if attributes.iter().any(|name| name.starts_with("__") && !name.ends_with("__")) {
            return; // inside a class it is mangled to another name
        }
        let width = name.len() + attributes.iter().map(|one| one.len() + 1).sum::<usize>();
        let pinned = self.pinned;
        let (line, column) = self.places.place(pinned.unwrap_or(root.range).start);
        let mut ends = Vec::new();
        if let Some(pinned) = pinned {
            ends.push(self.places.place(pinned.end));
        } else if node.range.end as usize != root.range.start as usize + width
            || self.places.is_wide(line)
        {
            let mut link = node;
            while let ExprKind::Attribute(owner, ..) = &link.kind {
                ends.push(self.places.place(link.range.end));
                link = owner;
            }
            ends.push(self.places.place(link.range.end));
            ends.reverse();
        }
        let out = self.step(5, 4);
        write_ref(out, name, &attributes, scope);
        encode::natural(out, line.into());
        encode::natural(out, column.into());
        encode::array(out, ends.len());
        for (line, column) in ends {
            encode::array(out, 2);
            encode::natural(out, line.into());
            encode::natural(out, column.into());
        }
    }

    /// Record a call of what a `def`, a class or an import may have bound here.
    pub fn invoke(&mut self, function: &Expr<'s>, line: u32) {
        let name = match chain_root(function).kind {
            ExprKind::Name(name, _) => name,
            _ => return,
        };
        let known = match self.frames[self.at].callables.get(name) {
            Some(&known) => known,
            None => {
                let frame = self.find(name).map(|at| &self.frames[at]);
                let flags = IMPORTED | ALIAS | DEFINED;
                let known =
                    frame.filter(|frame| frame.names.has(name, flags)).map(|frame| frame.index);
                self.frame().callables.insert(name, known);
                known
            }
        };
        if let Some(scope) = known {
            let out = self.step(18, 2);
            write_ref(out, name, &attributes(function), scope);
            encode::natural(out, line.into());
        }
    }

    /// Record an assignment expression, which binds outside of comprehensions (PEP 572).
    fn walrus(&mut self, node: &'t Expr<'s>, target: &'t Expr<'s>, value: &'t Expr<'s>) {
        self.visit(value);
        let inner = self.at;
        while self.frames[self.at].index == LOCAL {
            self.at -= 1;
        }
        if let ExprKind::Name(name, _) = target.kind {
            self.bind(name, "assignment", node.range, Some(value));
        }
        self.at = inner;
    }

    /// Record `a and b and c`: each operand is evaluated only after the one before.
    fn operands(&mut self, operands: &'t [Expr<'s>], is_and: bool) {
        self.visit(&operands[0]);
        if operands.len() > 1 {
            let following = self.collected(|recorder| recorder.operands(&operands[1..], is_and));
            let test = &operands[0];
            let test = if is_and { Test::Holds(test) } else { Test::Fails(test) };
            self.alternatives(test, &following, &Block::default());
        }
    }

    /// Record a lambda: its body runs when it is called.
    fn lambda(&mut self, node: &'t Expr<'s>, lambda: &'t Lambda<'s>) {
        each_default(&lambda.parameters, &mut |default| self.visit(default));
        let mut names = Names::default();
        names.add_parameters(&lambda.parameters);
        let record = |recorder: &mut Self| recorder.visit(&lambda.body);
        let name = "<lambda>".to_owned();
        let index = self.function_scope(name, node.range, names, false, false, record);
        self.define(index);
    }

    /// Record a comprehension: its targets are local to it, its first iterable is not.
    fn comprehension(&mut self, node: &'t Comprehension<'s>) {
        self.visit(&node.generators[0].iterable);
        let mut names = Names::default();
        for generator in &node.generators {
            each_target(&generator.target, &mut |name| {
                names.bound.insert(name, OTHER);
            });
        }
        let at_import = self.frames[self.at].at_import;
        self.enter(Frame::new(LOCAL, names, false, at_import));
        for (position, generator) in node.generators.iter().enumerate() {
            if position > 0 {
                self.visit(&generator.iterable);
            }
            self.visit(&generator.target);
            self.visit_all(&generator.conditions);
        }
        self.visit(&node.element);
        node.value.iter().for_each(|value| self.visit(value));
        self.leave();
    }
}
