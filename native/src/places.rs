//! From byte offsets to lines and to the columns that users count (index/positions.py).

use std::borrow::Cow;

use crate::ast::Range;
use crate::words::Words;

/// Line, column, end line, end column; they count from 1, columns in code points.
#[derive(Clone, Copy, Debug)]
pub struct Span(pub u32, pub u32, pub u32, pub u32);

#[derive(Default)]
pub struct Places<'s> {
    pub text: &'s str,
    /// Where each line begins.
    starts: Vec<u32>,
    words: Words,
    /// By line, whether it has more bytes than characters; empty for a file that is ASCII.
    wide: Vec<bool>,
}

impl<'s> Places<'s> {
    pub fn new(text: &'s str) -> Self {
        let mut starts = vec![0];
        let ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        starts.extend(ends.map(|(at, _)| at as u32 + 1));
        let mut wide = Vec::new();
        if !text.is_ascii() {
            wide =
                text.as_bytes().split(|&byte| byte == b'\n').map(|line| !line.is_ascii()).collect();
        }
        Places { text, starts, words: Words::of(text), wide }
    }

    /// Give the offsets of a word.
    pub fn offsets_of(&self, word: &str) -> Cow<'_, [u32]> {
        self.words.at(word, self.text)
    }

    pub fn has(&self, word: &str) -> bool {
        !self.offsets_of(word).is_empty()
    }

    /// Give the offset at which the line of another one begins.
    pub fn start_of_line(&self, at: u32) -> u32 {
        self.starts[self.line(at) as usize - 1]
    }

    pub fn line(&self, at: u32) -> u32 {
        self.starts.partition_point(|&start| start <= at) as u32
    }

    /// Whether a line has more bytes than characters.
    pub fn is_wide(&self, line: u32) -> bool {
        self.wide.get(line as usize - 1).copied().unwrap_or(false)
    }

    pub fn column(&self, line: u32, at: u32) -> u32 {
        let start = self.starts[line as usize - 1];
        if self.is_wide(line) {
            self.text[start as usize..at as usize].chars().count() as u32 + 1
        } else {
            at - start + 1
        }
    }

    /// Give the line and the column of an offset.
    pub fn place(&self, at: u32) -> (u32, u32) {
        let line = self.line(at);
        (line, self.column(line, at))
    }

    pub fn span(&self, range: Range) -> Span {
        let (line, column) = self.place(range.start);
        let (end_line, end_column) = self.place(range.end);
        Span(line, column, end_line, end_column)
    }

    /// Give the lines, sorted, on which one of the words is (index/shallow.py).
    pub fn lines_with(&self, words: &[&str]) -> Vec<u32> {
        let mut found: Vec<u32> = Vec::new();
        for word in words {
            found.extend(self.offsets_of(word).iter().map(|&at| self.line(at)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether one of some sorted lines is a line of what has a range.
    pub fn is_within(&self, lines: &[u32], range: Range) -> bool {
        if lines.is_empty() {
            return false;
        }
        let next = lines.partition_point(|&line| line < self.line(range.start));
        next < lines.len() && lines[next] <= self.line(range.end)
    }
}
