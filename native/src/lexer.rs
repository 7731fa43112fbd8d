//! Tokens of a file, as CPython's tokenizer cuts them, or nothing where a file is doubtful.
//!
//! All tokens are made before parsing begins. An f-string is one token here; the lexer is called
//! again for each of its replacement fields. What is declined is said in `parser`.

/// What a token is. Keywords and operators each have their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    End,
    Newline,
    Indent,
    Dedent,
    Name,
    Int,
    Float,
    Complex,
    /// A string without a prefix and without a backslash.
    Text,
    /// Any other string.
    SpecialText,
    False,
    None,
    True,
    And,
    As,
    Assert,
    Async,
    Await,
    Break,
    Class,
    Continue,
    Def,
    Del,
    Elif,
    Else,
    Except,
    Finally,
    For,
    From,
    Global,
    If,
    Import,
    In,
    Is,
    Lambda,
    Nonlocal,
    Not,
    Or,
    Pass,
    Raise,
    Return,
    Try,
    While,
    With,
    Yield,
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    Comma,
    Colon,
    Semicolon,
    Dot,
    Ellipsis,
    Arrow,
    ColonEqual,
    Equal,
    EqualEqual,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Plus,
    Minus,
    Star,
    Slash,
    DoubleSlash,
    Percent,
    At,
    DoubleStar,
    Ampersand,
    Bar,
    Caret,
    Tilde,
    LeftShift,
    RightShift,
    PlusEqual,
    MinusEqual,
    StarEqual,
    SlashEqual,
    DoubleSlashEqual,
    PercentEqual,
    AtEqual,
    DoubleStarEqual,
    AmpersandEqual,
    BarEqual,
    CaretEqual,
    LeftShiftEqual,
    RightShiftEqual,
}

#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    pub start: u32,
    pub end: u32,
}

/// CPython refuses more than 4300 digits.
const MOST_DIGITS: usize = 4000;
const MOST_INDENTS: usize = 90;
const NAME_BYTES: [bool; 256] = name_bytes();

const fn name_bytes() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let code = byte as u8;
        table[byte] = code.is_ascii_alphanumeric() || code == b'_';
        byte += 1;
    }
    table
}

/// Give the tokens of a file, with Newline, Indent and Dedent, and End as the last.
pub fn tokens(source: &str) -> Option<Vec<Token>> {
    let mut lexer = Lexer {
        bytes: source.as_bytes(),
        position: 0,
        brackets: 0,
        tokens: Vec::with_capacity(source.len() / 5 + 16),
    };
    lexer.lines()?;
    Some(lexer.tokens)
}

/// Append the tokens of the expression of a replacement field, and End.
///
/// `text` ends where the f-string does. Gives the place of the byte that ends the expression:
/// `}`, `!`, `:` or `=`. Backslashes and comments are declined.
pub fn field_tokens(text: &str, start: usize, tokens: &mut Vec<Token>) -> Option<usize> {
    let mut lexer = Lexer {
        bytes: text.as_bytes(),
        position: start,
        brackets: 1,
        tokens: std::mem::take(tokens),
    };
    let end = lexer.field();
    *tokens = lexer.tokens;
    end
}

struct Lexer<'s> {
    bytes: &'s [u8],
    position: usize,
    /// How many brackets are open. In a replacement field its brace is one.
    brackets: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    /// Zero stands for the end; a file with such a byte is declined before.
    #[inline(always)]
    fn byte(&self, position: usize) -> u8 {
        match self.bytes.get(position) {
            Some(byte) => *byte,
            None => 0,
        }
    }

    #[inline(always)]
    fn push(&mut self, kind: Kind, length: usize) {
        let start = self.position;
        self.position += length;
        self.tokens.push(Token { kind, start: start as u32, end: self.position as u32 });
    }

    fn lines(&mut self) -> Option<()> {
        let mut indents: Vec<(u32, u32)> = vec![(0, 0)];
        loop {
            let indent = self.indent();
            match self.byte(self.position) {
                0 => break,
                b'#' => self.skip_comment(),
                b'\n' => self.position += 1,
                // A lone one was declined before.
                b'\r' => self.position += 2,
                _ => {
                    self.layout(indent, &mut indents)?;
                    self.line()?;
                }
            }
        }
        for _ in 1..indents.len() {
            self.push(Kind::Dedent, 0);
        }
        self.push(Kind::End, 0);
        Some(())
    }

    /// Columns with tabs to multiples of eight, and with tabs as wide as a space.
    fn indent(&mut self) -> (u32, u32) {
        let (mut column, mut narrow) = (0, 0);
        loop {
            match self.byte(self.position) {
                b' ' => column += 1,
                b'\t' => column = (column / 8 + 1) * 8,
                _ => return (column, narrow),
            }
            narrow += 1;
            self.position += 1;
        }
    }

    fn layout(&mut self, indent: (u32, u32), indents: &mut Vec<(u32, u32)>) -> Option<()> {
        // CPython reads a backslash in front of the first token in a way of its own.
        if self.byte(self.position) == b'\\' {
            return None;
        }
        let mut last = *indents.last()?;
        if indent.0 > last.0 {
            if indent.1 <= last.1 || indents.len() >= MOST_INDENTS {
                return None;
            }
            indents.push(indent);
            self.push(Kind::Indent, 0);
            return Some(());
        }
        while indent.0 < last.0 {
            indents.pop();
            last = *indents.last()?;
            self.push(Kind::Dedent, 0);
        }
        if indent == last {
            Some(())
        } else {
            None
        }
    }

    fn skip_comment(&mut self) {
        while !matches!(self.byte(self.position), b'\n' | b'\r' | 0) {
            self.position += 1;
        }
    }

    /// Tokens up to the end of the logical line.
    fn line(&mut self) -> Option<()> {
        loop {
            match self.byte(self.position) {
                b' ' | b'\t' => self.position += 1,
                b'\n' | b'\r' => {
                    let length = 1 + usize::from(self.byte(self.position) == b'\r');
                    if self.brackets == 0 {
                        self.push(Kind::Newline, length);
                        return Some(());
                    }
                    self.position += length;
                }
                b'#' => self.skip_comment(),
                b'\\' => {
                    let length = 2 + usize::from(self.byte(self.position + 1) == b'\r');
                    if !matches!(self.byte(self.position + 1), b'\n' | b'\r') {
                        return None;
                    }
                    self.position += length;
                    if self.position >= self.bytes.len() {
                        return None;
                    }
                }
                0 => {
                    if self.brackets > 0 {
                        return None;
                    }
                    self.push(Kind::Newline, 0);
                    return Some(());
                }
                byte => self.token(byte)?,
            }
        }
    }

    fn field(&mut self) -> Option<usize> {
        loop {
            let byte = self.byte(self.position);
            match byte {
                b' ' | b'\t' | b'\n' => self.position += 1,
                b'\r' => self.position += 2,
                b'\\' | b'#' | 0 => return None,
                b'}' | b':' | b'=' | b'!' if self.brackets == 1 => {
                    let next = self.byte(self.position + 1);
                    if next == b'=' && (byte == b'=' || byte == b'!') {
                        self.token(byte)?;
                        continue;
                    }
                    if next == b'=' && byte == b':' {
                        return None;
                    }
                    let end = self.position;
                    self.push(Kind::End, 0);
                    return Some(end);
                }
                _ => {
                    let start = self.position;
                    self.token(byte)?;
                    if matches!(self.tokens.last()?.kind, Kind::Text | Kind::SpecialText) {
                        self.check_nested(start)?;
                    }
                }
            }
        }
    }

    /// Decline a string inside of a field that only some versions read.
    fn check_nested(&self, start: usize) -> Option<()> {
        let text = &self.bytes[start..self.position];
        let quote = text.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
        let is_triple = text.len() >= quote + 6 && text[quote..].starts_with(&[text[quote]; 3]);
        if is_triple || text.contains(&b'\\') {
            return None;
        }
        Some(())
    }

    #[inline]
    fn token(&mut self, byte: u8) -> Option<()> {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.name(),
            b'0'..=b'9' => self.number(),
            b'"' | b'\'' => self.string(self.position),
            b'.' => {
                let next = self.byte(self.position + 1);
                if next.is_ascii_digit() {
                    return self.number();
                }
                if next == b'.' && self.byte(self.position + 2) == b'.' {
                    self.push(Kind::Ellipsis, 3);
                } else {
                    self.push(Kind::Dot, 1);
                }
                Some(())
            }
            b'(' => self.open(Kind::LeftParen),
            b'[' => self.open(Kind::LeftBracket),
            b'{' => self.open(Kind::LeftBrace),
            b')' => self.close(Kind::RightParen),
            b']' => self.close(Kind::RightBracket),
            b'}' => self.close(Kind::RightBrace),
            _ => {
                let (kind, length) = self.operator(byte)?;
                self.push(kind, length);
                Some(())
            }
        }
    }

    fn open(&mut self, kind: Kind) -> Option<()> {
        self.brackets += 1;
        self.push(kind, 1);
        Some(())
    }

    fn close(&mut self, kind: Kind) -> Option<()> {
        self.brackets = self.brackets.checked_sub(1)?;
        self.push(kind, 1);
        Some(())
    }

    fn operator(&self, byte: u8) -> Option<(Kind, usize)> {
        let next = self.byte(self.position + 1);
        let or_equal = |plain: Kind, augmented: Kind| {
            if next == b'=' {
                (augmented, 2)
            } else {
                (plain, 1)
            }
        };
        let doubled = |plain: Kind, augmented: Kind| {
            if self.byte(self.position + 2) == b'=' {
                (augmented, 3)
            } else {
                (plain, 2)
            }
        };
        Some(match byte {
            b',' => (Kind::Comma, 1),
            b';' => (Kind::Semicolon, 1),
            b'~' => (Kind::Tilde, 1),
            b':' => or_equal(Kind::Colon, Kind::ColonEqual),
            b'=' => or_equal(Kind::Equal, Kind::EqualEqual),
            b'+' => or_equal(Kind::Plus, Kind::PlusEqual),
            b'%' => or_equal(Kind::Percent, Kind::PercentEqual),
            b'@' => or_equal(Kind::At, Kind::AtEqual),
            b'&' => or_equal(Kind::Ampersand, Kind::AmpersandEqual),
            b'|' => or_equal(Kind::Bar, Kind::BarEqual),
            b'^' => or_equal(Kind::Caret, Kind::CaretEqual),
            b'-' if next == b'>' => (Kind::Arrow, 2),
            b'-' => or_equal(Kind::Minus, Kind::MinusEqual),
            b'*' if next == b'*' => doubled(Kind::DoubleStar, Kind::DoubleStarEqual),
            b'*' => or_equal(Kind::Star, Kind::StarEqual),
            b'/' if next == b'/' => doubled(Kind::DoubleSlash, Kind::DoubleSlashEqual),
            b'/' => or_equal(Kind::Slash, Kind::SlashEqual),
            b'<' if next == b'<' => doubled(Kind::LeftShift, Kind::LeftShiftEqual),
            // The operator of the time before Python 3.
            b'<' if next == b'>' => return None,
            b'<' => or_equal(Kind::Less, Kind::LessEqual),
            b'>' if next == b'>' => doubled(Kind::RightShift, Kind::RightShiftEqual),
            b'>' => or_equal(Kind::Greater, Kind::GreaterEqual),
            b'!' if next == b'=' => (Kind::NotEqual, 2),
            _ => return None,
        })
    }

    #[inline]
    fn name(&mut self) -> Option<()> {
        let start = self.position;
        let mut end = start + 1;
        while NAME_BYTES[self.byte(end) as usize] {
            end += 1;
        }
        let following = self.byte(end);
        if following >= 0x80 {
            return None;
        }
        let word = &self.bytes[start..end];
        if matches!(following, b'"' | b'\'') && is_prefix(word) {
            return self.string(end);
        }
        self.push(keyword(word), end - start);
        Some(())
    }

    /// A string whose quote is at `quote_at`; the token begins at the prefix.
    fn string(&mut self, quote_at: usize) -> Option<()> {
        let quote = self.byte(quote_at);
        let is_triple = self.byte(quote_at + 1) == quote && self.byte(quote_at + 2) == quote;
        let mut is_special = self.position != quote_at;
        let mut end = quote_at + if is_triple { 3 } else { 1 };
        loop {
            let byte = self.byte(end);
            if byte == quote {
                if !is_triple {
                    end += 1;
                    break;
                }
                if self.byte(end + 1) == quote && self.byte(end + 2) == quote {
                    end += 3;
                    break;
                }
            } else if byte == b'\\' {
                is_special = true;
                end += 1 + usize::from(self.byte(end + 1) == b'\r');
            } else if byte == 0 || (!is_triple && matches!(byte, b'\n' | b'\r')) {
                return None;
            }
            end += 1;
        }
        let kind = if is_special { Kind::SpecialText } else { Kind::Text };
        self.push(kind, end - self.position);
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.position;
        let (kind, end) = match (self.byte(start), self.byte(start + 1) | 0x20) {
            (b'0', b'x') => (Kind::Int, self.digits(start + 2, 16, true)?),
            (b'0', b'o') => (Kind::Int, self.digits(start + 2, 8, true)?),
            (b'0', b'b') => (Kind::Int, self.digits(start + 2, 2, true)?),
            _ => self.decimal(start)?,
        };
        let following = self.byte(end);
        let length = end - start;
        if NAME_BYTES[following as usize] || following >= 0x80 || length > MOST_DIGITS {
            return None;
        }
        self.push(kind, length);
        Some(())
    }

    fn decimal(&self, start: usize) -> Option<(Kind, usize)> {
        let mut kind = Kind::Int;
        let mut end = start;
        if self.byte(end) != b'.' {
            end = self.digits(end, 10, false)?;
        }
        let whole = &self.bytes[start..end];
        if self.byte(end) == b'.' {
            kind = Kind::Float;
            end += 1;
            if self.byte(end).is_ascii_digit() {
                end = self.digits(end, 10, false)?;
            }
        }
        if self.byte(end) | 0x20 == b'e' {
            kind = Kind::Float;
            end += 1 + usize::from(matches!(self.byte(end + 1), b'+' | b'-'));
            end = self.digits(end, 10, false)?;
        }
        if self.byte(end) | 0x20 == b'j' {
            return Some((Kind::Complex, end + 1));
        }
        let has_leading_zero = whole.first() == Some(&b'0');
        let is_zero = whole.iter().all(|byte| matches!(byte, b'0' | b'_'));
        if kind == Kind::Int && has_leading_zero && !is_zero {
            return None;
        }
        Some((kind, end))
    }

    /// The end of digits with single underscores between them; one may come first after `0x`.
    fn digits(&self, start: usize, base: u32, after_prefix: bool) -> Option<usize> {
        let mut end = start;
        if after_prefix && self.byte(end) == b'_' {
            end += 1;
        }
        loop {
            if !(self.byte(end) as char).is_digit(base) {
                return None;
            }
            while (self.byte(end) as char).is_digit(base) {
                end += 1;
            }
            if self.byte(end) != b'_' {
                return Some(end);
            }
            end += 1;
        }
    }
}

fn is_prefix(word: &[u8]) -> bool {
    match *word {
        [one] => matches!(one | 0x20, b'r' | b'u' | b'b' | b'f'),
        [one, two] => matches!(
            (one | 0x20, two | 0x20),
            (b'r', b'b') | (b'b', b'r') | (b'r', b'f') | (b'f', b'r')
        ),
        _ => false,
    }
}

fn keyword(word: &[u8]) -> Kind {
    match word.len() {
        2 => match word {
            b"if" => Kind::If,
            b"in" => Kind::In,
            b"is" => Kind::Is,
            b"or" => Kind::Or,
            b"as" => Kind::As,
            _ => Kind::Name,
        },
        3 => match word {
            b"def" => Kind::Def,
            b"for" => Kind::For,
            b"not" => Kind::Not,
            b"and" => Kind::And,
            b"try" => Kind::Try,
            b"del" => Kind::Del,
            _ => Kind::Name,
        },
        4 => match word {
            b"None" => Kind::None,
            b"True" => Kind::True,
            b"from" => Kind::From,
            b"else" => Kind::Else,
            b"elif" => Kind::Elif,
            b"with" => Kind::With,
            b"pass" => Kind::Pass,
            _ => Kind::Name,
        },
        5 => match word {
            b"False" => Kind::False,
            b"class" => Kind::Class,
            b"raise" => Kind::Raise,
            b"while" => Kind::While,
            b"yield" => Kind::Yield,
            b"async" => Kind::Async,
            b"await" => Kind::Await,
            b"break" => Kind::Break,
            _ => Kind::Name,
        },
        6 => match word {
            b"return" => Kind::Return,
            b"import" => Kind::Import,
            b"except" => Kind::Except,
            b"assert" => Kind::Assert,
            b"lambda" => Kind::Lambda,
            b"global" => Kind::Global,
            _ => Kind::Name,
        },
        7 if word == b"finally" => Kind::Finally,
        8 => match word {
            b"continue" => Kind::Continue,
            b"nonlocal" => Kind::Nonlocal,
            _ => Kind::Name,
        },
        _ => Kind::Name,
    }
}
