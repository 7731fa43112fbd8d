//! The few expressions whose value can decide what an import does (index/conditions.py).

use std::borrow::Cow;

use crate::ast::*;
use crate::chains::{attributes, chain_root};
use crate::encode;
use crate::strings;

const DEEPEST: u32 = 12;
const LONGEST: usize = 400;
const LARGEST: u64 = 1 << 53;
/// Of a name that no scope binds.
pub const UNBOUND: i32 = -1;

/// An expression that is kept symbolic (model/expressions.py).
pub enum Value<'s> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'s, str>),
    Ref(Ref<'s>),
    /// One of the other kinds: its tag, then its fields encoded.
    Other(Vec<u8>),
}

/// A chain of names and the scope that binds its root.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Ref<'s> {
    pub name: &'s str,
    pub attributes: Vec<&'s str>,
    pub scope: i32,
}

impl Ref<'_> {
    pub fn write(&self, out: &mut Vec<u8>) {
        write_ref(out, self.name, &self.attributes, self.scope);
    }
}

pub fn write_ref(out: &mut Vec<u8>, name: &str, attributes: &[&str], scope: i32) {
    encode::array(out, 4);
    encode::natural(out, 2);
    encode::text(out, name);
    encode::array(out, attributes.len());
    for attribute in attributes {
        encode::text(out, attribute);
    }
    encode::integer(out, scope.into());
}

/// Write what is known of an expression, nil for nothing.
pub fn write(out: &mut Vec<u8>, value: &Option<Value>) {
    let value = match value {
        Some(value) => value,
        None => return encode::nil(out),
    };
    match value {
        Value::Ref(found) => return found.write(out),
        Value::Other(bytes) => return out.extend_from_slice(bytes),
        _ => {}
    }
    encode::array(out, 2);
    encode::natural(out, 1);
    match value {
        Value::Bool(value) => encode::boolean(out, *value),
        Value::Int(value) => encode::integer(out, *value),
        Value::Float(value) => encode::float(out, *value),
        Value::Text(value) => encode::text(out, value),
        _ => encode::nil(out),
    }
}

/// What an expression needs to know: which scope binds a name. A text of which it cannot be told
/// whether it is printable declines the file.
pub trait Scopes<'s> {
    fn scope_of(&mut self, name: &'s str) -> i32;
    fn decline(&mut self);
}

/// Keep an expression if it is of a kind that linking may be able to evaluate.
pub fn value<'s>(node: &Expr<'s>, scopes: &mut dyn Scopes<'s>) -> Option<Value<'s>> {
    at_depth(node, scopes, 0)
}

/// Give the value of `not` what stands there.
pub fn negated<'s>(node: &Expr<'s>, scopes: &mut dyn Scopes<'s>, depth: u32) -> Value<'s> {
    negation(at_depth(node, scopes, depth))
}

pub fn negation(operand: Option<Value>) -> Value<'static> {
    other(3, |out| write(out, &operand), 1)
}

/// Give the test that a module is not there: `find_spec(name) is None`.
pub fn is_absent(name: &Option<Value>) -> Value<'static> {
    let call = other(
        9,
        |out| {
            write_ref(out, "find_spec", &[], UNBOUND);
            encode::array(out, 1);
            write(out, name);
        },
        2,
    );
    comparison(&Some(call), "is", &Some(Value::None))
}

fn at_depth<'s>(node: &Expr<'s>, scopes: &mut dyn Scopes<'s>, depth: u32) -> Option<Value<'s>> {
    if depth > DEEPEST {
        return None;
    }
    let depth = depth + 1;
    match &node.kind {
        ExprKind::Constant(value) => constant(value, scopes),
        ExprKind::Name(name, _) => {
            let scope = scopes.scope_of(name);
            Some(Value::Ref(Ref { name, attributes: Vec::new(), scope }))
        }
        ExprKind::Attribute(owner, name, _) => attribute(node, owner, name, scopes, depth),
        ExprKind::UnaryOp(operand, UnaryOperator::Not) => Some(negated(operand, scopes, depth)),
        ExprKind::UnaryOp(operand, UnaryOperator::USub) => match &operand.kind {
            ExprKind::Constant(Constant::Int(digits)) => {
                integer(digits).map(|value| Value::Int(-value))
            }
            _ => None,
        },
        ExprKind::BoolOp(operands, is_and) => {
            let tag = if *is_and { 4 } else { 5 };
            Some(group(tag, operands, scopes, depth))
        }
        ExprKind::Compare(node) => Some(compare(node, scopes, depth)),
        ExprKind::Tuple(items, _) | ExprKind::List(items, _) | ExprKind::Set(items) => {
            if items.len() > 16 {
                None
            } else {
                Some(group(7, items, scopes, depth))
            }
        }
        ExprKind::Subscript(pair, _) => subscript(&pair.0, &pair.1, scopes, depth),
        ExprKind::Call(call) => {
            let function = at_depth(&call.function, scopes, depth)?;
            if call.arguments.len() > 4 {
                return None;
            }
            let arguments = encoded(&call.arguments, scopes, depth);
            let write_call = |out: &mut Vec<u8>| {
                write(out, &Some(function));
                out.extend_from_slice(&arguments);
            };
            Some(other(9, write_call, 2))
        }
        ExprKind::BinOp(pair, operator) => {
            let operator = match operator {
                BinaryOperator::Add => "+",
                BinaryOperator::Div => "/",
                _ => return None,
            };
            let left = at_depth(&pair.0, scopes, depth);
            let right = at_depth(&pair.1, scopes, depth);
            if left.is_none() && right.is_none() {
                return None;
            }
            Some(join(operator, &left, &right))
        }
        ExprKind::JoinedStr(parts) => Some(formatted(parts, scopes, depth)),
        _ => None,
    }
}

fn other<'s>(tag: u64, fields: impl FnOnce(&mut Vec<u8>), count: usize) -> Value<'s> {
    let mut out = Vec::with_capacity(32);
    encode::array(&mut out, count + 1);
    encode::natural(&mut out, tag);
    fields(&mut out);
    Value::Other(out)
}

fn constant<'s>(constant: &Constant<'s>, scopes: &mut dyn Scopes<'s>) -> Option<Value<'s>> {
    match constant {
        Constant::None => Some(Value::None),
        Constant::True => Some(Value::Bool(true)),
        Constant::False => Some(Value::Bool(false)),
        Constant::Int(digits) => integer(digits).map(Value::Int),
        Constant::Float(digits) => digits.replace('_', "").parse().ok().map(Value::Float),
        Constant::Str(literals) => printable(strings::value(literals), scopes),
        _ => None,
    }
}

fn printable<'s>(text: Option<Cow<'s, str>>, scopes: &mut dyn Scopes<'s>) -> Option<Value<'s>> {
    let text = match text {
        Some(text) => text,
        None => {
            scopes.decline();
            return None;
        }
    };
    if text.len() > 4 * LONGEST || text.chars().take(LONGEST + 1).count() > LONGEST {
        return None;
    }
    if text.chars().any(is_surely_hidden) {
        return None;
    }
    if !text.chars().all(is_surely_printable) {
        scopes.decline();
        return None;
    }
    Some(Value::Text(text))
}

/// Whether a character, none of ASCII's that control something, is printable in all versions of
/// Unicode; of others that is not known here.
fn is_surely_printable(one: char) -> bool {
    matches!(one, ' '..='~' | '¡'..='¬' | '®'..='ÿ' | 'Ā'..='ɏ' | '–'..='—' | '‘'..='”' | '…'
        | '\u{250}'..='\u{36f}' | '\u{391}'..='\u{3a1}' | '\u{3a3}'..='\u{481}'
        | '\u{5d0}'..='\u{5ea}' | '\u{60c}' | '\u{61b}' | '\u{61e}'..='\u{64a}'
        | '\u{66e}'..='\u{6d5}' | '\u{900}'..='\u{97f}' | '\u{e01}'..='\u{e3a}'
        | '\u{e3f}'..='\u{e5b}' | '\u{1780}'..='\u{17dd}' | '\u{1e00}'..='\u{1eff}' | '•' | '\u{2190}'..='\u{22ff}'
        | '\u{2500}'..='\u{26ff}' | '\u{3001}'..='\u{303f}' | 'ぁ'..='ゖ' | 'ァ'..='ヿ'
        | '一'..='龥' | '가'..='힣' | '！'..='ﾾ')
}

/// Whether a character controls something or is a space other than the plain one.
fn is_surely_hidden(one: char) -> bool {
    matches!(one, '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}')
}

/// Give the value of an integer, None for one that is too large to be kept.
pub fn integer(digits: &str) -> Option<i64> {
    let plain = digits.replace('_', "");
    let value = match plain.get(..2) {
        Some("0x") | Some("0X") => u64::from_str_radix(&plain[2..], 16),
        Some("0o") | Some("0O") => u64::from_str_radix(&plain[2..], 8),
        Some("0b") | Some("0B") => u64::from_str_radix(&plain[2..], 2),
        _ => plain.parse(),
    };
    value.ok().filter(|&value| value < LARGEST).map(|value| value as i64)
}

fn attribute<'s>(
    node: &Expr<'s>,
    owner: &Expr<'s>,
    name: &str,
    scopes: &mut dyn Scopes<'s>,
    depth: u32,
) -> Option<Value<'s>> {
    if let ExprKind::Name(root, _) = chain_root(node).kind {
        let scope = scopes.scope_of(root);
        return Some(Value::Ref(Ref { name: root, attributes: attributes(node), scope }));
    }
    let owner = Some(at_depth(owner, scopes, depth)?);
    let fields = |out: &mut Vec<u8>| {
        write(out, &owner);
        encode::text(out, name);
    };
    Some(other(11, fields, 2))
}

fn encoded<'s>(items: &[Expr<'s>], scopes: &mut dyn Scopes<'s>, depth: u32) -> Vec<u8> {
    let mut out = Vec::new();
    encode::array(&mut out, items.len());
    for item in items {
        write(&mut out, &at_depth(item, scopes, depth));
    }
    out
}

fn group<'s>(tag: u64, items: &[Expr<'s>], scopes: &mut dyn Scopes<'s>, depth: u32) -> Value<'s> {
    let items = encoded(items, scopes, depth);
    other(tag, |out| out.extend_from_slice(&items), 1)
}

fn compare<'s>(node: &Compare<'s>, scopes: &mut dyn Scopes<'s>, depth: u32) -> Value<'s> {
    let mut left = at_depth(&node.left, scopes, depth);
    let mut parts = Vec::new();
    for (operator, right) in &node.rest {
        let right = at_depth(right, scopes, depth);
        parts.push(comparison(&left, written(*operator), &right));
        left = right;
    }
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let both = |out: &mut Vec<u8>| {
        encode::array(out, parts.len());
        for part in parts {
            write(out, &Some(part));
        }
    };
    other(4, both, 1)
}

fn comparison<'s>(left: &Option<Value>, operator: &str, right: &Option<Value>) -> Value<'s> {
    let fields = |out: &mut Vec<u8>| {
        write(out, left);
        encode::text(out, operator);
        write(out, right);
    };
    other(6, fields, 3)
}

fn written(operator: CompareOperator) -> &'static str {
    match operator {
        CompareOperator::Eq => "==",
        CompareOperator::NotEq => "!=",
        CompareOperator::Lt => "<",
        CompareOperator::LtE => "<=",
        CompareOperator::Gt => ">",
        CompareOperator::GtE => ">=",
        CompareOperator::Is => "is",
        CompareOperator::IsNot => "is not",
        CompareOperator::In => "in",
        CompareOperator::NotIn => "not in",
    }
}

fn subscript<'s>(
    owner: &Expr<'s>,
    index: &Expr<'s>,
    scopes: &mut dyn Scopes<'s>,
    depth: u32,
) -> Option<Value<'s>> {
    let owner = at_depth(owner, scopes, depth);
    let item = |index: Option<Value>, stop: Option<i64>| {
        let fields = |out: &mut Vec<u8>| {
            write(out, &owner);
            match index {
                Some(Value::Int(index)) => encode::integer(out, index),
                Some(Value::Text(index)) => encode::text(out, &index),
                _ => encode::nil(out),
            }
            match stop {
                Some(stop) => encode::integer(out, stop),
                None => encode::nil(out),
            }
        };
        Some(other(8, fields, 3))
    };
    if let ExprKind::Slice(parts) = &index.kind {
        let stop = parts.1.as_ref().and_then(|upper| at_depth(upper, scopes, depth));
        return match stop {
            Some(Value::Int(stop)) if parts.0.is_none() && parts.2.is_none() => {
                item(None, Some(stop))
            }
            _ => None,
        };
    }
    match at_depth(index, scopes, depth) {
        Some(key @ (Value::Int(_) | Value::Text(_))) => item(Some(key), None),
        _ => None,
    }
}

fn join<'s>(operator: &str, left: &Option<Value>, right: &Option<Value>) -> Value<'s> {
    let fields = |out: &mut Vec<u8>| {
        encode::text(out, operator);
        write(out, left);
        write(out, right);
    };
    other(10, fields, 3)
}

fn formatted<'s>(parts: &[Part<'s>], scopes: &mut dyn Scopes<'s>, depth: u32) -> Value<'s> {
    let mut joined = Value::Text(Cow::Borrowed(""));
    for part in parts {
        let one = match part {
            _ if depth > DEEPEST => None,
            Part::Text(text) => printable(Some(text.clone()), scopes),
            Part::Field(field) if !field.has_conversion && field.format.is_none() => {
                at_depth(&field.value, scopes, depth)
            }
            Part::Field(_) => None,
        };
        joined = join("+", &Some(joined), &one);
    }
    joined
}
