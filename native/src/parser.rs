//! From source to syntax tree, by recursive descent over CPython's grammar.
//!
//! What is accepted, CPython 3.11 and later accept too, with the same tree. All else is declined:
//! what CPython refuses, what only some versions read, what is rare and costly to get right, and
//! what is nested so deep that walking the tree could overflow the stack. `None` says so
//! everywhere.

mod collections;
mod expressions;
mod fields;
mod functions;
mod patterns;
mod statements;

use crate::ast::{Expr, ExprKind, Range, Stmt};
use crate::lexer::{self, Kind, Token};

const MOST_BYTES: usize = 100_000_000;
/// How deep blocks, brackets and operators may nest, all together.
const MOST_DEPTH: u32 = 64;
/// How high a tree may get by `elif` and `case`.
const MOST_ELIFS: u32 = 100;
/// Steps of a chain like `a.b.c` or `a + b + c` that are not counted.
const SHORT_CHAIN: u32 = 3;
/// How many further steps the chains of a statement may have that nest in each other.
const MOST_STEPS: u32 = 100;

/// Give the statements of a file, None where it is declined.
pub fn parse(source: &str) -> Option<Vec<Stmt<'_>>> {
    if source.len() > MOST_BYTES || !is_plain(source) {
        return None;
    }
    let mut parser = Parser {
        source,
        tokens: lexer::tokens(source)?,
        position: 0,
        last_end: 0,
        depth: 0,
        elifs: 0,
        steps: 0,
    };
    parser.file()
}

/// Say whether a file has neither NUL, nor a byte order mark, nor odd ends of lines, nor another
/// encoding than UTF-8.
fn is_plain(source: &str) -> bool {
    let bytes = source.as_bytes();
    if bytes.contains(&0) || source.starts_with('\u{feff}') {
        return false;
    }
    let mut rest = bytes;
    if rest.contains(&b'\r') {
        while let Some(at) = rest.iter().position(|byte| *byte == b'\r') {
            if rest.get(at + 1) != Some(&b'\n') {
                return false;
            }
            rest = &rest[at + 1..];
        }
    }
    source.split('\n').take(2).all(declares_utf8)
}

/// Say whether a line declares no encoding, or UTF-8 (PEP 263).
fn declares_utf8(line: &str) -> bool {
    if !line.trim_start_matches([' ', '\t', '\x0c']).starts_with('#') {
        return true;
    }
    line.split("coding").skip(1).all(|rest| {
        if !rest.starts_with([':', '=']) {
            return true;
        }
        let name = rest[1..].trim_start_matches([' ', '\t']);
        let end = name
            .find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.')))
            .unwrap_or(name.len());
        // An empty name may go on with another "coding".
        matches!(name[..end].to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "")
    })
}

pub(crate) struct Parser<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    position: usize,
    /// Where the last token ended that is more than layout.
    last_end: u32,
    depth: u32,
    elifs: u32,
    steps: u32,
}

impl<'s> Parser<'s> {
    #[inline(always)]
    fn kind(&self) -> Kind {
        self.tokens[self.position].kind
    }

    /// The kind of the token behind the current one.
    #[inline(always)]
    fn next_kind(&self) -> Kind {
        match self.tokens.get(self.position + 1) {
            Some(token) => token.kind,
            None => Kind::End,
        }
    }

    #[inline(always)]
    fn start(&self) -> u32 {
        self.tokens[self.position].start
    }

    /// From `start` to the end of the last token.
    #[inline(always)]
    fn range(&self, start: u32) -> Range {
        Range { start, end: self.last_end }
    }

    #[inline(always)]
    fn node(&self, start: u32, kind: ExprKind<'s>) -> Expr<'s> {
        Expr { range: self.range(start), kind }
    }

    /// Go past a token that is not layout. Nothing goes past End.
    #[inline(always)]
    fn advance(&mut self) {
        self.last_end = self.tokens[self.position].end;
        self.position += 1;
    }

    #[inline(always)]
    fn eat(&mut self, kind: Kind) -> bool {
        let is_there = self.kind() == kind;
        if is_there {
            self.advance();
        }
        is_there
    }

    #[inline(always)]
    fn expect(&mut self, kind: Kind) -> Option<()> {
        if self.eat(kind) {
            Some(())
        } else {
            None
        }
    }

    /// Go past Newline, Indent or Dedent.
    fn expect_layout(&mut self, kind: Kind) -> Option<()> {
        if self.kind() != kind {
            return None;
        }
        self.position += 1;
        Some(())
    }

    #[inline(always)]
    fn name(&mut self) -> Option<&'s str> {
        if self.kind() != Kind::Name {
            return None;
        }
        let text = self.text();
        self.advance();
        Some(text)
    }

    #[inline(always)]
    fn text(&self) -> &'s str {
        let token = self.tokens[self.position];
        &self.source[token.start as usize..token.end as usize]
    }

    #[inline(always)]
    fn enter(&mut self) -> Option<()> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            None
        } else {
            Some(())
        }
    }

    #[inline(always)]
    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Count the steps of what follows from `before` on: it stands beside what was read, and does
    /// not nest in it. `most` keeps the most steps that one of them has.
    #[inline(always)]
    fn beside(&mut self, before: u32, most: &mut u32) {
        *most = self.steps.max(*most);
        self.steps = before;
    }

    /// Count a step of a chain that has `length` steps by now.
    #[inline(always)]
    fn step(&mut self, length: &mut u32) -> Option<()> {
        *length += 1;
        if *length > SHORT_CHAIN {
            self.steps += 1;
            if self.steps > MOST_STEPS {
                return None;
            }
        }
        Some(())
    }
}
