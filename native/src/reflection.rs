//! Whether a file touches the namespaces of others (index/reflection.py).

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

pub fn reflection(text: &str) -> Reflection {
    let is_sure = |word: &&str| text.match_indices(*word).any(|(at, word)| is_left(text, at, word));
    if WORDS.iter().any(is_sure) {
        return Reflection::Sure;
    }
    let mut tables = text.match_indices(TABLE);
    if tables.all(|(at, _)| is_comment(text, at) || is_membership(text, at)) {
        Reflection::None
    } else if text.contains(".update(sys.modules[") {
        Reflection::Doubtful // perhaps a copy of names, which changes nothing
    } else {
        Reflection::OfTable
    }
}

/// Whether a word stands in a file in another way than the harmless ones.
fn is_left(text: &str, at: usize, word: &str) -> bool {
    if is_comment(text, at) {
        return false;
    }
    match word {
        "stack()" => !is_traceback(&text[..at]),
        "_getframe" => !asks_name(text, at),
        "f_globals" => {
            let frame = text[..at].rfind("_getframe(");
            !frame.map_or(false, |frame| frame + 60 > at && asks_name(text, frame))
        }
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
        let quoted = key.trim_start().strip_prefix(&['\'', '"'][..])?;
        quoted.strip_prefix("__name__")
    };
    !text[..at].ends_with(is_word) && rest().map_or(false, |end| end.starts_with(&['\'', '"'][..]))
}

fn is_word(one: char) -> bool {
    one == '_' || one.is_alphanumeric()
}

fn is_comment(text: &str, at: usize) -> bool {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    text[start..at].trim_start().starts_with('#')
}

/// Whether `sys.modules` stands behind `in`, and nothing is taken from it.
fn is_membership(text: &str, at: usize) -> bool {
    let before = match text[..at].strip_suffix("in ") {
        Some(before) => before,
        None => return false,
    };
    let after = &text[at + TABLE.len()..];
    let is_whole = !before.ends_with(is_word) && !after.starts_with(is_word);
    is_whole && !after.trim_start().starts_with(&['[', '.'][..])
}

#[cfg(test)]
mod tests {
    use super::{reflection, Reflection};

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
    }
}
