//! A syntax tree as CPython shows it: nodes of any kind, each with those directly below it.

use std::borrow::Cow;

use crate::ast::*;
use crate::strings;

/// A node of the tree; a name of an import is one, and so is a parameter.
#[derive(Clone, Copy)]
pub enum Node<'t, 's> {
    Stmt(&'t Stmt<'s>),
    Expr(&'t Expr<'s>),
    Handler(&'t Handler<'s>),
    Case(&'t Case<'s>),
    Pattern(&'t Pattern<'s>),
    Alias(&'t Alias<'s>),
    Keyword(&'t Keyword<'s>),
    Generator(&'t Generator<'s>),
    Item(&'t (Expr<'s>, Option<Expr<'s>>)),
    Parameters(&'t Parameters<'s>),
    Parameter(&'t Parameter<'s>),
    Field(&'t Field<'s>),
    Format(&'t [Part<'s>]),
}

impl<'t, 's> Node<'t, 's> {
    /// Give the nodes directly below a loop.
    pub fn of_loop(node: &'t For<'s>) -> Vec<Self> {
        let mut found = vec![Node::Expr(&node.target), Node::Expr(&node.iterable)];
        found.extend(node.body.iter().chain(&node.orelse).map(Node::Stmt));
        found
    }

    /// Give the nodes directly below, in the order of CPython's fields.
    pub fn children(self) -> Vec<Node<'t, 's>> {
        let mut found = Vec::new();
        match self {
            Node::Stmt(node) => of_statement(node, &mut found),
            Node::Expr(node) => of_expression(node, &mut found),
            Node::Handler(node) => {
                found.extend(node.catches.iter().map(Node::Expr));
                found.extend(node.body.iter().map(Node::Stmt));
            }
            Node::Case(node) => {
                found.push(Node::Pattern(&node.pattern));
                found.extend(node.guard.iter().map(Node::Expr));
                found.extend(node.body.iter().map(Node::Stmt));
            }
            Node::Pattern(node) => of_pattern(node, &mut found),
            Node::Alias(_) => {}
            Node::Keyword(node) => found.push(Node::Expr(&node.value)),
            Node::Generator(node) => {
                found.extend([Node::Expr(&node.target), Node::Expr(&node.iterable)]);
                found.extend(node.conditions.iter().map(Node::Expr));
            }
            Node::Item(node) => {
                found.push(Node::Expr(&node.0));
                found.extend(node.1.iter().map(Node::Expr));
            }
            Node::Parameters(node) => of_parameters(node, &mut found),
            Node::Parameter(node) => found.extend(node.annotation.iter().map(Node::Expr)),
            Node::Field(node) => {
                found.push(Node::Expr(&node.value));
                found.extend(node.format.iter().map(|parts| Node::Format(parts)));
            }
            Node::Format(parts) => of_parts(parts, &mut found),
        }
        found
    }
}

/// Give all nodes of some statements, level by level: the statements come first.
pub fn all<'t, 's>(body: &'t [Stmt<'s>]) -> Vec<Node<'t, 's>> {
    let mut found: Vec<Node> = body.iter().map(Node::Stmt).collect();
    let mut place = 0;
    while place < found.len() {
        found.extend(found[place].children());
        place += 1;
    }
    found
}

/// Call `found` with the texts that a node is, or that it has between the fields of an f-string.
/// None where a text is not known.
pub fn each_text<'t, 's>(node: Node<'t, 's>, found: &mut dyn FnMut(Cow<'t, str>)) -> Option<()> {
    let parts: &[Part] = match node {
        Node::Expr(Expr { kind: ExprKind::Constant(Constant::Str(literals)), .. }) => {
            found(strings::value(literals)?);
            return Some(());
        }
        Node::Expr(Expr { kind: ExprKind::JoinedStr(parts), .. }) => parts,
        Node::Format(parts) => parts,
        _ => return Some(()),
    };
    for part in parts {
        if let Part::Text(text) = part {
            found(Cow::Borrowed(text));
        }
    }
    Some(())
}

fn of_pattern<'t, 's>(node: &'t Pattern<'s>, found: &mut Vec<Node<'t, 's>>) {
    match &node.kind {
        PatternKind::Value(value) => found.push(Node::Expr(value)),
        PatternKind::Mapping(mapping) => found.extend(mapping.keys.iter().map(Node::Expr)),
        PatternKind::Class(class) => found.push(Node::Expr(&class.class)),
        _ => {}
    }
    found.extend(node.inner().iter().map(Node::Pattern));
}

fn of_parts<'t, 's>(parts: &'t [Part<'s>], found: &mut Vec<Node<'t, 's>>) {
    for part in parts {
        if let Part::Field(field) = part {
            found.push(Node::Field(field));
        }
    }
}

fn of_parameters<'t, 's>(node: &'t Parameters<'s>, found: &mut Vec<Node<'t, 's>>) {
    let named = node.positional_only.iter().chain(&node.positional).chain(&node.variadic);
    found.extend(named.chain(&node.keyword_only).map(Node::Parameter));
    found.extend(node.keyword_defaults.iter().flatten().map(Node::Expr));
    found.extend(node.keywords.iter().map(Node::Parameter));
    found.extend(node.defaults.iter().map(Node::Expr));
}

fn of_expression<'t, 's>(node: &'t Expr<'s>, found: &mut Vec<Node<'t, 's>>) {
    match &node.kind {
        ExprKind::JoinedStr(parts) => of_parts(parts, found),
        ExprKind::Call(call) => {
            found.push(Node::Expr(&call.function));
            found.extend(call.arguments.iter().map(Node::Expr));
            found.extend(call.keywords.iter().map(Node::Keyword));
        }
        ExprKind::Lambda(lambda) => {
            found.extend([Node::Parameters(&lambda.parameters), Node::Expr(&lambda.body)]);
        }
        ExprKind::ListComp(inner)
        | ExprKind::SetComp(inner)
        | ExprKind::GeneratorExp(inner)
        | ExprKind::DictComp(inner) => {
            found.push(Node::Expr(&inner.element));
            found.extend(inner.value.iter().map(Node::Expr));
            found.extend(inner.generators.iter().map(Node::Generator));
        }
        _ => crate::children::each_child(node, &mut |child| found.push(Node::Expr(child))),
    }
}

fn of_statement<'t, 's>(node: &'t Stmt<'s>, found: &mut Vec<Node<'t, 's>>) {
    match &node.kind {
        StmtKind::Import(names) => found.extend(names.iter().map(Node::Alias)),
        StmtKind::ImportFrom(import) => found.extend(import.names.iter().map(Node::Alias)),
        StmtKind::FunctionDef(node) => {
            found.push(Node::Parameters(&node.parameters));
            found.extend(node.body.iter().map(Node::Stmt));
            found.extend(node.decorators.iter().chain(&node.returns).map(Node::Expr));
        }
        StmtKind::ClassDef(node) => {
            found.extend(node.bases.iter().map(Node::Expr));
            found.extend(node.keywords.iter().map(Node::Keyword));
            found.extend(node.body.iter().map(Node::Stmt));
            found.extend(node.decorators.iter().map(Node::Expr));
        }
        StmtKind::If(node) => {
            found.push(Node::Expr(&node.test));
            found.extend(node.body.iter().chain(&node.orelse).map(Node::Stmt));
        }
        StmtKind::While(node) => {
            found.push(Node::Expr(&node.test));
            found.extend(node.body.iter().chain(&node.orelse).map(Node::Stmt));
        }
        StmtKind::For(node) => {
            found.extend(Node::of_loop(node));
        }
        StmtKind::With(node) => {
            found.extend(node.items.iter().map(Node::Item));
            found.extend(node.body.iter().map(Node::Stmt));
        }
        StmtKind::Try(node) => {
            found.extend(node.body.iter().map(Node::Stmt));
            found.extend(node.handlers.iter().map(Node::Handler));
            found.extend(node.orelse.iter().chain(&node.finally).map(Node::Stmt));
        }
        StmtKind::Match(node) => {
            found.push(Node::Expr(&node.subject));
            found.extend(node.cases.iter().map(Node::Case));
        }
        _ => {
            crate::children::each_expression(node, &mut |child| found.push(Node::Expr(child)));
        }
    }
}
