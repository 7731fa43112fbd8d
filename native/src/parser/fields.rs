//! Strings side by side, and f-strings.
//!
//! An f-string is accepted where it reads alike before and after PEP 701: what its replacement
//! fields may hold is what 3.11 allows, and what 3.12 cuts into the same parts.

use std::borrow::Cow;

use super::Parser;
use crate::ast::{Constant, Expr, ExprKind, Field, Literal, Literals, Part};
use crate::lexer::{self, Kind};
use crate::strings;

/// A string token: which prefixes it has, and where its text is.
#[derive(Clone, Copy)]
struct StringToken {
    is_raw: bool,
    is_bytes: bool,
    is_format: bool,
    start: usize,
    end: usize,
}

/// The parts of an f-string so far; literal text gathers until a field comes.
#[derive(Default)]
struct Parts<'s> {
    parts: Vec<Part<'s>>,
    text: Cow<'s, str>,
}

impl<'s> Parts<'s> {
    fn push_text(&mut self, text: Cow<'s, str>) {
        if self.text.is_empty() {
            self.text = text;
        } else {
            self.text.to_mut().push_str(&text);
        }
    }

    fn push_field(&mut self, field: Field<'s>) {
        self.end_text();
        self.parts.push(Part::Field(Box::new(field)));
    }

    fn end_text(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            self.parts.push(Part::Text(text));
        }
    }

    fn finish(mut self) -> Vec<Part<'s>> {
        self.end_text();
        self.parts
    }
}

impl<'s> Parser<'s> {
    /// The constant or f-string of all string tokens that stand side by side.
    #[inline]
    pub(super) fn strings(&mut self) -> Option<Expr<'s>> {
        let next = self.next_kind();
        if self.kind() == Kind::Text && next != Kind::Text && next != Kind::SpecialText {
            let start = self.start();
            let token = self.string_token();
            self.advance();
            let literals = Literals::One(self.literal(token));
            return Some(self.node(start, ExprKind::Constant(Constant::Str(literals))));
        }
        self.special_strings()
    }

    fn special_strings(&mut self) -> Option<Expr<'s>> {
        let start = self.start();
        let mut tokens = Vec::with_capacity(1);
        while matches!(self.kind(), Kind::Text | Kind::SpecialText) {
            let token = self.string_token();
            self.check_string(token)?;
            tokens.push(token);
            self.advance();
        }
        let bytes = tokens.iter().filter(|token| token.is_bytes).count();
        if bytes > 0 {
            if bytes < tokens.len() {
                return None;
            }
            return Some(self.node(start, ExprKind::Constant(Constant::Bytes)));
        }
        if tokens.iter().any(|token| token.is_format) {
            let end = self.last_end;
            let parts = self.joined(&tokens)?;
            self.last_end = end;
            return Some(self.node(start, ExprKind::JoinedStr(parts)));
        }
        let literals = match tokens.as_slice() {
            [token] => Literals::One(self.literal(*token)),
            _ => Literals::Many(tokens.iter().map(|token| self.literal(*token)).collect()),
        };
        Some(self.node(start, ExprKind::Constant(Constant::Str(literals))))
    }

    /// The current token, which is a string.
    fn string_token(&self) -> StringToken {
        let token = self.tokens[self.position];
        let text = self.text().as_bytes();
        let prefix = text.iter().position(|byte| matches!(byte, b'"' | b'\'')).unwrap_or(0);
        let quote = text[prefix];
        let is_triple =
            text.len() >= prefix + 6 && text[prefix + 1] == quote && text[prefix + 2] == quote;
        let width = if is_triple { 3 } else { 1 };
        let has = |letter: u8| text[..prefix].iter().any(|byte| byte | 0x20 == letter);
        StringToken {
            is_raw: has(b'r'),
            is_bytes: has(b'b'),
            is_format: has(b'f'),
            start: token.start as usize + prefix + width,
            end: token.end as usize - width,
        }
    }

    fn literal(&self, token: StringToken) -> Literal<'s> {
        Literal { text: &self.source[token.start..token.end], is_raw: token.is_raw }
    }

    /// Decline a string that has no value. Those with fields are looked at later.
    fn check_string(&self, token: StringToken) -> Option<()> {
        let text = &self.source[token.start..token.end];
        let is_valid = if token.is_bytes {
            strings::is_valid_bytes(text, token.is_raw)
        } else {
            token.is_raw || token.is_format || strings::has_value(text)
        };
        if is_valid {
            Some(())
        } else {
            None
        }
    }

    fn joined(&mut self, tokens: &[StringToken]) -> Option<Vec<Part<'s>>> {
        let mut parts = Parts::default();
        for token in tokens {
            if token.is_format {
                self.format_string(*token, &mut parts)?;
            } else {
                let text = &self.source[token.start..token.end];
                parts.push_text(strings::part_value(text, token.is_raw)?);
            }
        }
        Some(parts.finish())
    }

    /// Append the parts of an f-string.
    fn format_string(&mut self, token: StringToken, parts: &mut Parts<'s>) -> Option<()> {
        let bytes = self.source.as_bytes();
        let mut at = token.start;
        let mut piece = at;
        while at < token.end {
            match bytes[at] {
                b'\\' => {
                    at += 1;
                    let is_brace = matches!(bytes[at], b'{' | b'}');
                    // Which of them is text differs between versions.
                    if bytes[at] == b'N' || (is_brace && !token.is_raw) {
                        return None;
                    }
                    at += usize::from(!is_brace);
                }
                brace @ (b'{' | b'}') => {
                    let is_doubled = at + 1 < token.end && bytes[at + 1] == brace;
                    let end = at + usize::from(is_doubled);
                    let text = &self.source[piece..end];
                    parts.push_text(strings::part_value(text, token.is_raw)?);
                    if is_doubled {
                        at += 2;
                    } else if brace == b'{' {
                        at = self.field(at + 1, token, parts, false)?;
                    } else {
                        return None;
                    }
                    piece = at;
                }
                _ => at += 1,
            }
        }
        let text = &self.source[piece..token.end];
        parts.push_text(strings::part_value(text, token.is_raw)?);
        Some(())
    }

    /// Append the field whose brace is before `start`; gives where the text goes on.
    fn field(
        &mut self,
        start: usize,
        token: StringToken,
        parts: &mut Parts<'s>,
        is_nested: bool,
    ) -> Option<usize> {
        self.enter()?;
        let (value, mut at) = self.field_value(start, token.end)?;
        let bytes = &self.source.as_bytes()[..token.end];
        let mut has_conversion = false;
        let is_debug = bytes.get(at) == Some(&b'=');
        if is_debug {
            at += 1;
            while matches!(bytes.get(at), Some(b' ' | b'\t')) {
                at += 1;
            }
            let text = &self.source[start..at];
            if is_nested || !text.bytes().all(is_shown_alike) {
                return None;
            }
            parts.push_text(Cow::Borrowed(text));
        }
        if bytes.get(at) == Some(&b'!') {
            has_conversion = true;
            if !matches!(bytes.get(at + 1), Some(b'r' | b's' | b'a')) {
                return None;
            }
            at += 2;
        }
        let format = match bytes.get(at) {
            Some(b'}') => None,
            Some(b':') => {
                let (format, end) = self.format_spec(at + 1, token, is_nested)?;
                at = end;
                Some(format)
            }
            _ => return None,
        };
        parts.push_field(Field {
            value,
            has_conversion: has_conversion || (is_debug && format.is_none()),
            format,
        });
        self.leave();
        Some(at + 1)
    }

    /// The expression of a field, and where it ends.
    fn field_value(&mut self, start: usize, end: usize) -> Option<(Expr<'s>, usize)> {
        let count = self.tokens.len();
        let position = self.position;
        let source = self.source;
        let end = lexer::field_tokens(&source[..end], start, &mut self.tokens)?;
        self.position = count;
        // Starred and yielded fields are too rare to be worth a comparison of versions.
        let value = if self.kind() == Kind::Star {
            return None;
        } else {
            self.expressions()?
        };
        if self.kind() != Kind::End {
            return None;
        }
        self.tokens.truncate(count);
        self.position = position;
        Some((value, end))
    }

    /// The parts of a format specification that begins at `start`, and where its brace is.
    ///
    /// CPython 3.12.1 has an empty text in it where it is empty or ends with a field.
    fn format_spec(
        &mut self,
        start: usize,
        token: StringToken,
        is_nested: bool,
    ) -> Option<(Vec<Part<'s>>, usize)> {
        let bytes = &self.source.as_bytes()[..token.end];
        let mut parts = Parts::default();
        let mut at = start;
        let mut piece = start;
        loop {
            match *bytes.get(at)? {
                b'}' => break,
                b'{' => {
                    if is_nested || bytes.get(at + 1) == Some(&b'{') {
                        return None;
                    }
                    parts.push_text(Cow::Borrowed(&self.source[piece..at]));
                    at = self.field(at + 1, token, &mut parts, true)?;
                    piece = at;
                }
                b'\\' | b'\n' | b'\r' | b'"' | b'\'' => return None,
                _ => at += 1,
            }
        }
        parts.push_text(Cow::Borrowed(&self.source[piece..at]));
        Some((parts.finish(), at))
    }
}

/// Say whether all versions show a byte of the expression in front of `=`. From 3.12 on the text
/// stops at `!` and `#`, even where they are part of `!=` or of a string.
fn is_shown_alike(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.()[], \t+-*/=".contains(&byte)
}
