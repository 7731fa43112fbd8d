//! The words by which a file shows what it may do, found in one pass over its text.

use std::borrow::Cow;

/// Those that are asked for of every file, sorted.
const WORDS: [&str; 36] = [
    ".update(sys.modules[",
    ":=",
    "CELERY_",
    "FastAPI",
    "INSTALLED_APPS",
    "Starlette",
    "URLCONF",
    "__all__",
    "__dict__",
    "__import__",
    "__name__",
    "__path__",
    "_getframe",
    "addsitedir",
    "currentframe",
    "exec(",
    "f_globals",
    "global",
    "global ",
    "globals",
    "globals()",
    "import",
    "import_module",
    "locals",
    "locals()",
    "meta_path",
    "modules",
    "path_hooks",
    "pytestmark",
    "setattr(",
    "stack()",
    "state",
    "sys.modules",
    "sys.path",
    "vars",
    "vars()",
];

/// By two bytes the number of the first word that begins with them, counted from 1; 0 for none.
static BEGINNINGS: [u8; 1 << 16] = beginnings();

const fn beginnings() -> [u8; 1 << 16] {
    let mut found = [0; 1 << 16];
    let mut number = WORDS.len();
    while number > 0 {
        let word = WORDS[number - 1].as_bytes();
        found[pair(word[0], word[1])] = number as u8;
        number -= 1;
    }
    found
}

const fn pair(first: u8, second: u8) -> usize {
    (first as usize) << 8 | second as usize
}

/// Where the words of a text are.
#[derive(Default)]
pub struct Words {
    found: Vec<Vec<u32>>,
}

impl Words {
    pub fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut found = vec![Vec::new(); WORDS.len()];
        for (at, two) in bytes.windows(2).enumerate() {
            let first = BEGINNINGS[pair(two[0], two[1])];
            if first > 0 {
                note(&bytes[at..], at as u32, first as usize - 1, &mut found);
            }
        }
        Words { found }
    }

    /// Give the offsets of a word in the text that this was made of.
    pub fn at<'w>(&'w self, word: &str, text: &str) -> Cow<'w, [u32]> {
        match WORDS.iter().position(|one| *one == word) {
            Some(number) if !self.found.is_empty() => Cow::Borrowed(&self.found[number]),
            _ => Cow::Owned(text.match_indices(word).map(|(at, _)| at as u32).collect()),
        }
    }
}

/// Note which words, from number `first` on, stand at the beginning of a rest.
fn note(rest: &[u8], at: u32, first: usize, found: &mut [Vec<u32>]) {
    for (number, word) in WORDS.iter().enumerate().skip(first) {
        let word = word.as_bytes();
        if word[..2] != rest[..2] {
            break;
        }
        if rest.starts_with(word) {
            found[number].push(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Words, WORDS};

    #[test]
    fn words_that_begin_alike_stand_together() {
        let beginnings: Vec<&str> = WORDS.iter().map(|word| &word[..2]).collect();
        let mut sorted = beginnings.clone();
        sorted.sort_unstable();
        assert_eq!(beginnings, sorted);
    }

    #[test]
    fn all_places_of_a_word_are_found() {
        let text = "global x; globals(); é = vars()";
        let words = Words::of(text);
        for word in WORDS {
            let expected: Vec<u32> = text.match_indices(word).map(|(at, _)| at as u32).collect();
            assert_eq!(words.at(word, text).into_owned(), expected);
        }
    }
}
