//! The values of string literals.

use std::borrow::Cow;

use crate::ast::{Literal, Literals};

/// Give the value of a str constant, None where an escape has none.
///
/// Escapes are read as CPython reads them; an unknown one stands for itself. A line ends with
/// "\n", however the file has it.
pub fn value<'s>(literals: &Literals<'s>) -> Option<Cow<'s, str>> {
    match literals {
        Literals::One(literal) => literal_value(*literal),
        Literals::Many(all) => {
            let mut joined = String::new();
            for literal in all {
                joined.push_str(&literal_value(*literal)?);
            }
            Some(Cow::Owned(joined))
        }
    }
}

fn literal_value(literal: Literal<'_>) -> Option<Cow<'_, str>> {
    if literal.is_raw {
        Some(with_plain_newlines(literal.text))
    } else {
        unescaped(literal.text)
    }
}

fn with_plain_newlines(text: &str) -> Cow<'_, str> {
    if text.as_bytes().contains(&b'\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Give the value of the text of a literal that is not raw.
pub(crate) fn unescaped(text: &str) -> Option<Cow<'_, str>> {
    let text = with_plain_newlines(text);
    if !text.as_bytes().contains(&b'\\') {
        return Some(text);
    }
    let mut value = String::with_capacity(text.len());
    read_escapes(&text, |piece| value.push_str(piece))?;
    Some(Cow::Owned(value))
}

/// Give the value of a part of an f-string.
pub(crate) fn part_value(text: &str, is_raw: bool) -> Option<Cow<'_, str>> {
    literal_value(Literal { text, is_raw })
}

/// Say whether all escapes of a str literal that is not raw have a value.
pub(crate) fn has_value(text: &str) -> bool {
    read_escapes(text, |_| ()).is_some()
}

/// Say whether a bytes literal is one for CPython.
pub(crate) fn is_valid_bytes(text: &str, is_raw: bool) -> bool {
    if !text.is_ascii() {
        return false;
    }
    if is_raw {
        return true;
    }
    let mut rest = text.as_bytes();
    loop {
        rest = match rest.iter().position(|byte| *byte == b'\\') {
            Some(at) => &rest[at + 1..],
            None => return true,
        };
        match rest {
            [b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {}
            [b'x', ..] | [] => return false,
            _ => {}
        }
        rest = &rest[1..];
    }
}

/// Hand over the value of `text` piece by piece.
fn read_escapes(text: &str, mut emit: impl FnMut(&str)) -> Option<()> {
    let mut rest = text;
    while let Some(at) = rest.as_bytes().iter().position(|byte| *byte == b'\\') {
        emit(&rest[..at]);
        rest = &rest[at + 1..];
        let first = *rest.as_bytes().first()?;
        let simple = match first {
            b'\n' => "",
            b'\\' => "\\",
            b'\'' => "'",
            b'"' => "\"",
            b'a' => "\x07",
            b'b' => "\x08",
            b'f' => "\x0c",
            b'n' => "\n",
            b'r' => "\r",
            b't' => "\t",
            b'v' => "\x0b",
            b'\r' if rest.starts_with("\r\n") => {
                rest = &rest[2..];
                continue;
            }
            b'0'..=b'7' | b'x' | b'u' | b'U' => {
                let (character, length) = numbered(rest, first)?;
                emit(character.encode_utf8(&mut [0; 4]));
                rest = &rest[length..];
                continue;
            }
            // A name needs the database of characters.
            b'N' | b'\r' => return None,
            _ => {
                emit("\\");
                continue;
            }
        };
        emit(simple);
        rest = &rest[1..];
    }
    emit(rest);
    Some(())
}

/// The character of an escape by number, and the length of the escape after the backslash.
fn numbered(rest: &str, first: u8) -> Option<(char, usize)> {
    let bytes = rest.as_bytes();
    let (start, most, base) = match first {
        b'x' => (1, 2, 16),
        b'u' => (1, 4, 16),
        b'U' => (1, 8, 16),
        _ => (0, 3, 8),
    };
    let mut code: u32 = 0;
    let mut length = 0;
    while length < most {
        let digit = bytes.get(start + length).and_then(|byte| (*byte as char).to_digit(base));
        match digit {
            Some(digit) => code = code.checked_mul(base)?.checked_add(digit)?,
            None if base == 8 => break,
            None => return None,
        }
        length += 1;
    }
    // Half of a character is kept as one that no name has (index/summarize.py).
    let character = if matches!(code, 0xd800..=0xdfff) { '\0' } else { char::from_u32(code)? };
    Some((character, start + length))
}
