//! What is inside an expression, and inside of the statements of a block.

use crate::ast::*;

/// Call `found` with the expressions directly below one, in the order of CPython's fields.
pub fn each_child<'t, 's>(node: &'t Expr<'s>, found: &mut dyn FnMut(&'t Expr<'s>)) {
    match &node.kind {
        ExprKind::Name(..) | ExprKind::Constant(_) => {}
        ExprKind::Attribute(value, ..)
        | ExprKind::Starred(value, _)
        | ExprKind::UnaryOp(value, _)
        | ExprKind::YieldFrom(value)
        | ExprKind::Await(value) => found(value),
        ExprKind::Yield(value) => value.iter().for_each(|value| found(value)),
        ExprKind::Subscript(pair, _) | ExprKind::BinOp(pair, _) | ExprKind::NamedExpr(pair) => {
            found(&pair.0);
            found(&pair.1);
        }
        ExprKind::Call(call) => {
            found(&call.function);
            call.arguments.iter().for_each(&mut *found);
            call.keywords.iter().for_each(|keyword| found(&keyword.value));
        }
        ExprKind::JoinedStr(parts) => each_in_parts(parts, found),
        ExprKind::Tuple(items, _)
        | ExprKind::List(items, _)
        | ExprKind::Set(items)
        | ExprKind::BoolOp(items, _) => items.iter().for_each(found),
        ExprKind::Dict(items) => {
            items.iter().filter_map(|item| item.0.as_ref()).for_each(&mut *found);
            items.iter().for_each(|item| found(&item.1));
        }
        ExprKind::Compare(compare) => {
            found(&compare.left);
            compare.rest.iter().for_each(|(_, right)| found(right));
        }
        ExprKind::IfExp(parts) => {
            found(&parts.0);
            found(&parts.1);
            found(&parts.2);
        }
        ExprKind::Lambda(lambda) => {
            each_default(&lambda.parameters, found);
            found(&lambda.body);
        }
        ExprKind::ListComp(inner)
        | ExprKind::SetComp(inner)
        | ExprKind::GeneratorExp(inner)
        | ExprKind::DictComp(inner) => {
            found(&inner.element);
            inner.value.iter().for_each(&mut *found);
            for generator in &inner.generators {
                found(&generator.target);
                found(&generator.iterable);
                generator.conditions.iter().for_each(&mut *found);
            }
        }
        ExprKind::Slice(parts) => {
            for part in [&parts.0, &parts.1, &parts.2] {
                part.iter().for_each(&mut *found);
            }
        }
    }
}

/// Call `found` with the expressions in the fields of an f-string.
pub fn each_in_parts<'t, 's>(parts: &'t [Part<'s>], found: &mut dyn FnMut(&'t Expr<'s>)) {
    for part in parts {
        if let Part::Field(field) = part {
            found(&field.value);
            if let Some(format) = &field.format {
                each_in_parts(format, found);
            }
        }
    }
}

/// Call `found` with the defaults of parameters.
pub fn each_default<'t, 's>(parameters: &'t Parameters<'s>, found: &mut dyn FnMut(&'t Expr<'s>)) {
    parameters.defaults.iter().for_each(&mut *found);
    parameters.keyword_defaults.iter().flatten().for_each(found);
}

/// Whether a node or one below it is of that kind.
pub fn any_expression<'s>(node: &Expr<'s>, is_one: &mut dyn FnMut(&Expr<'s>) -> bool) -> bool {
    if is_one(node) {
        return true;
    }
    let mut found = false;
    each_child(node, &mut |child| found = found || any_expression(child, is_one));
    found
}

/// Call `found` with the names that `:=` binds in a block.
///
/// Functions and classes inside it are blocks of their own; comprehensions are not, since `:=`
/// in them binds in the block around.
pub fn each_walrus<'s>(body: &[Stmt<'s>], found: &mut dyn FnMut(&'s str)) {
    for statement in body {
        each_expression(statement, &mut |node| walrus_in(node, found));
        each_block(statement, &mut |block| each_walrus(block, found));
    }
}

fn walrus_in<'s>(node: &Expr<'s>, found: &mut dyn FnMut(&'s str)) {
    match &node.kind {
        ExprKind::Lambda(_) => return,
        ExprKind::NamedExpr(pair) => {
            if let ExprKind::Name(name, _) = pair.0.kind {
                found(name);
            }
        }
        _ => {}
    }
    each_child(node, &mut |child| walrus_in(child, found));
}

/// Call `found` with the blocks of a statement that are no scope of their own.
fn each_block<'t, 's>(statement: &'t Stmt<'s>, found: &mut dyn FnMut(&'t [Stmt<'s>])) {
    match &statement.kind {
        StmtKind::If(node) => [&node.body, &node.orelse].iter().for_each(|block| found(block)),
        StmtKind::For(node) => [&node.body, &node.orelse].iter().for_each(|block| found(block)),
        StmtKind::While(node) => [&node.body, &node.orelse].iter().for_each(|block| found(block)),
        StmtKind::With(node) => found(&node.body),
        StmtKind::Try(node) => {
            found(&node.body);
            node.handlers.iter().for_each(|handler| found(&handler.body));
            found(&node.orelse);
            found(&node.finally);
        }
        StmtKind::Match(node) => node.cases.iter().for_each(|case| found(&case.body)),
        _ => {}
    }
}

/// Call `found` with the expressions of a statement that are evaluated in its own block.
pub fn each_expression<'t, 's>(statement: &'t Stmt<'s>, found: &mut dyn FnMut(&'t Expr<'s>)) {
    match &statement.kind {
        StmtKind::Expr(value) => found(value),
        StmtKind::Assign(targets, value) => {
            targets.iter().for_each(&mut *found);
            found(value);
        }
        StmtKind::AugAssign(target, _, value) => {
            found(target);
            found(value);
        }
        StmtKind::AnnAssign(assign) => {
            found(&assign.target);
            found(&assign.annotation);
            assign.value.iter().for_each(found);
        }
        StmtKind::FunctionDef(function) => {
            function.decorators.iter().for_each(&mut *found);
            each_default(&function.parameters, found);
        }
        StmtKind::ClassDef(class) => {
            class.decorators.iter().for_each(&mut *found);
            class.bases.iter().for_each(&mut *found);
            class.keywords.iter().for_each(|keyword| found(&keyword.value));
        }
        StmtKind::If(node) => found(&node.test),
        StmtKind::While(node) => found(&node.test),
        StmtKind::For(node) => {
            found(&node.target);
            found(&node.iterable);
        }
        StmtKind::With(node) => {
            for (manager, target) in &node.items {
                found(manager);
                target.iter().for_each(&mut *found);
            }
        }
        StmtKind::Try(node) => {
            node.handlers.iter().filter_map(|one| one.catches.as_ref()).for_each(found);
        }
        StmtKind::Match(node) => {
            found(&node.subject);
            node.cases.iter().filter_map(|case| case.guard.as_ref()).for_each(found);
        }
        StmtKind::Raise(raised, cause) => raised.iter().chain(cause).for_each(found),
        StmtKind::Assert(test, message) => {
            found(test);
            message.iter().for_each(found);
        }
        StmtKind::Return(value) => value.iter().for_each(found),
        StmtKind::Delete(targets) => targets.iter().for_each(found),
        _ => {}
    }
}
