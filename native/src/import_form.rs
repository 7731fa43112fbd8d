//! How a `__getattr__` imports what it serves (index/lazy_names.py, `_import_form`).

use crate::ast::*;
use crate::chains::is_name;
use crate::hashing::NameMap;
use crate::lazy::below;
use crate::literal_tables::Tables;
use crate::nodes::Node;

/// What the value of a table is; each has what the names of modules begin with.
pub enum Form {
    /// The names are those of submodules.
    Submodule(String),
    /// The table maps a name to its module.
    Module(String),
    /// The table maps a name to (module, attribute).
    Pair(String),
}

/// Give how a function imports what it serves; `tables` notes where that is doubtful.
pub fn import_form(function: &Function, parameter: &str, tables: &Tables) -> Option<Form> {
    let (mut imports, mut fetches, mut tests) = (Vec::new(), Vec::new(), 0);
    let mut pairs: NameMap<&str> = NameMap::default();
    for node in below(function) {
        match node {
            Node::Stmt(Stmt { kind: StmtKind::If(_), .. }) => tests += 1,
            Node::Stmt(Stmt { kind: StmtKind::Assign(targets, _), .. }) => {
                if let ExprKind::Tuple(items, _) = &targets[0].kind {
                    if let [Expr { kind: ExprKind::Name(one, _), .. }, Expr { kind: ExprKind::Name(other, _), .. }] =
                        items.as_slice()
                    {
                        pairs.insert(one, other);
                    }
                }
            }
            Node::Expr(Expr { kind: ExprKind::Call(call), .. }) => match call.function.kind {
                ExprKind::Name("import_module", _) | ExprKind::Attribute(_, "import_module", _) => {
                    imports.push(call);
                }
                ExprKind::Name("getattr", _) => fetches.push(call),
                _ => {}
            },
            _ => {}
        }
    }
    let argument = match imports.as_slice() {
        [only] => only.arguments.first()?,
        _ => return None,
    };
    let (prefix, value) = prefix(argument, tables);
    if tests == 1 && fetches.is_empty() {
        return match value {
            Some(Last::Expr(value)) if is_name(value, parameter) => Some(Form::Submodule(prefix?)),
            _ => None,
        };
    }
    let attribute = match fetches.as_slice() {
        [only] if only.arguments.len() == 2 => match only.arguments[1].kind {
            ExprKind::Name(attribute, _) => attribute,
            _ => return None,
        },
        _ => return None,
    };
    let prefix = prefix?;
    match value {
        Some(Last::Expr(Expr { kind: ExprKind::Name(name, _), .. })) => {
            if pairs.get(name) == Some(&attribute) {
                return Some(Form::Pair(prefix));
            }
            let is_other = *name != parameter && !pairs.contains_key(name);
            Some(Form::Module(prefix)).filter(|_| is_other && attribute == parameter)
        }
        Some(Last::Expr(Expr { kind: ExprKind::Subscript(..), .. })) if attribute == parameter => {
            Some(Form::Module(prefix))
        }
        _ => None,
    }
}

/// What follows the prefix.
enum Last<'n, 's> {
    Expr(&'n Expr<'s>),
    Text,
}

/// Split the module argument of import_module into a literal prefix and a value.
fn prefix<'n, 's>(
    argument: &'n Expr<'s>,
    tables: &Tables,
) -> (Option<String>, Option<Last<'n, 's>>) {
    match &argument.kind {
        ExprKind::JoinedStr(parts) => formatted(parts, tables),
        ExprKind::BinOp(pair, BinaryOperator::Add) => match prefix(&pair.0, tables) {
            (_, Some(_)) => (None, None),
            (prefix, None) => (prefix, Some(Last::Expr(&pair.1))),
        },
        ExprKind::Constant(value) => (Some(tables.text(value)), None),
        ExprKind::Name("__name__" | "__package__", _) => (Some(String::new()), None),
        _ => (Some(String::new()), Some(Last::Expr(argument))),
    }
}

fn formatted<'n, 's>(
    parts: &'n [Part<'s>],
    tables: &Tables,
) -> (Option<String>, Option<Last<'n, 's>>) {
    let mut prefix = String::new();
    let (last, parts) = match parts.split_last() {
        Some(found) => found,
        None => return (Some(prefix), None),
    };
    for part in parts {
        let piece = match part {
            Part::Text(text) => Some(text.clone().into_owned()),
            Part::Field(field) => match &field.value.kind {
                ExprKind::Constant(value) => Some(tables.text(value)),
                ExprKind::Name("__name__" | "__package__", _) => Some(String::new()),
                _ => None,
            },
        };
        match piece {
            Some(piece) => prefix.push_str(&piece),
            None => return (None, None),
        }
    }
    let last = match last {
        Part::Text(_) => Last::Text,
        Part::Field(field) => Last::Expr(&field.value),
    };
    (Some(prefix), Some(last))
}
