//! Whether a file touches the namespaces of others (index/reflection.py).

use crate::places::Places;

const WORDS: [&str; 4] = ["_getframe", "f_globals", "currentframe", "stack()"];
const TABLE: &str = "sys.modules";

/// What the words of a file say of the namespaces that it touches.
#[derive(Debug, PartialEq, Eq)]
pub enum Reflection {
    None,
    /// It touches others.
    Sure,
    /// It depends on what it does with the table of modules.
    OfTable,
    /// It has to be looked at closer.
    Doubtful,
}

pub fn reflection(places: &Places) -> Reflection {
    let is_sure = |word: &&str| places.offsets_of(word).iter().any(|&at| is_left(places, at, word));
    if WORDS.iter().any(is_sure) {
        return Reflection::Sure;
    }
    let is_plain = |&at: &u32| is_comment(places, at) || is_membership(places.text, at as usize);
    if places.offsets_of(TABLE).iter().all(is_plain) {
        Reflection::None
    } else if places.has(".update(sys.modules[") {
        Reflection::Doubtful // perhaps a copy of names, which changes nothing
    } else {
        Reflection::OfTable
    }
}

/// Whether a word stands in a file in another way than the harmless ones.
fn is_left(places: &Places, at: u32, word: &str) -> bool {
    if is_comment(places, at) {
        return false;
    }
    let (text, at) = (places.text, at as usize);
    match word {
        "stack()" => !is_traceback(&text[..at]),
        "_getframe" => !asks_name(text, at),
        "f_globals" => !is_of_frame(text, at),
        _ => true,
    }
}

/// Whether a text ends like `traceback.format_`: a traceback as text.
fn is_traceback(before: &str) -> bool {
    let kind = before.trim_end_matches(is_word);
    let is_kind = before.len() > kind.len() + 1 && before.ends_with('_');
    let module = kind.strip_suffix(".").and_then(|kind| kind.strip_suffix("traceback"));
    is_kind && module.map_or(false, |before| !before.ends_with(is_word))
}

/// Whether a frame is asked for the name of its module alone: `_getframe(1).f_globals["__name__"]`.
fn asks_name(text: &str, at: usize) -> bool {
    let rest = || -> Option<&str> {
        let depth = text[at..].strip_prefix("_getframe(")?.trim_start_matches(is_word);
        let names = depth.strip_prefix(").f_globals")?;
        let key = names.strip_prefix(".get(").or_else(|| names.strip_prefix('['))?;
        let quoted = key.trim_start_matches(is_space).strip_prefix(&['\'', '"'][..])?;
        quoted.strip_prefix("__name__")
    };
    !text[..at].ends_with(is_word) && rest().map_or(false, |end| end.starts_with(&['\'', '"'][..]))
}

/// Whether `f_globals` stands in such a question.
fn is_of_frame(text: &str, at: usize) -> bool {
    let before = text[..at].strip_suffix(").").map(|depth| depth.trim_end_matches(is_word));
    let frame = before.and_then(|before| before.strip_suffix("_getframe("));
    frame.map_or(false, |before| asks_name(text, before.len()))
}

/// Whether it is part of a word for a pattern of bytes, which knows ASCII alone.
fn is_word(one: char) -> bool {
    one == '_' || one.is_ascii_alphanumeric()
}

fn is_space(one: char) -> bool {
    one == '\x0b' || one.is_ascii_whitespace()
}

fn is_comment(places: &Places, at: u32) -> bool {
    let start = places.start_of_line(at) as usize;
    places.text[start..at as usize].trim_start_matches(is_space).starts_with('#')
}

/// Whether `sys.modules` stands behind `in`, and nothing is taken from it.
fn is_membership(text: &str, at: usize) -> bool {
    let before = match text[..at].strip_suffix("in ") {
        Some(before) => before,
        None => return false,
    };
    let after = &text[at + TABLE.len()..];
    let is_whole = !before.ends_with(is_word) && !after.starts_with(is_word);
    is_whole && !after.trim_start_matches(is_space).starts_with(&['[', '.'][..])
}

#[cfg(test)]
mod tests {
    use super::{Places, Reflection};

    fn reflection(text: &str) -> Reflection {
        super::reflection(&Places::new(text))
    }

    #[test]
    fn words_count_where_they_do_something() {
        assert_eq!(reflection("x = 1"), Reflection::None);
        assert_eq!(reflection("  # sys._getframe()"), Reflection::None);
        assert_eq!(reflection("frame = df.unstack()"), Reflection::Sure);
        assert_eq!(reflection("traceback.format_stack()"), Reflection::None);
        assert_eq!(reflection("my_traceback.format_stack()"), Reflection::Sure);
        assert_eq!(reflection("_getframe(1).f_globals['__doc__']"), Reflection::Sure);
        assert_eq!(reflection("if 'x' in sys.modules:"), Reflection::None);
        assert_eq!(reflection("if 'x' in sys.modules.keys():"), Reflection::OfTable);
        assert_eq!(reflection("_getframe(1).f_globals['__name__']"), Reflection::None);
        assert_eq!(reflection("_getframe().f_globals['__name__']; f_globals"), Reflection::Sure);
    }
}
