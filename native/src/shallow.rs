//! How much of a file of the environment is recorded (index/shallow.py).

use crate::ast::Range;
use crate::places::Places;

const HOLDS_ITSELF: [&str; 4] = ["globals()", "vars()", "locals()", "sys.modules"];
const CHANGES: [&str; 9] = [
    "exec(",
    "setattr(",
    "__path__",
    "__dict__",
    "sys.path",
    "addsitedir",
    "import_module",
    "__import__",
    "global ",
];

/// What of a function body is recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Nothing,
    Imports,
    All,
}

/// The lines of a file on which functions import, and on which they may change a namespace.
pub struct Shallow {
    /// Whether it has no word for namespaces, module tables or paths.
    pub is_plain: bool,
    imports: Vec<u32>,
    changes: Vec<u32>,
}

impl Shallow {
    /// Give what is recorded of a file of the environment, None when all of it is.
    pub fn of(places: &Places) -> Option<Self> {
        if HOLDS_ITSELF.iter().any(|word| places.has(word)) {
            return None;
        }
        let mut words: Vec<&str> =
            CHANGES.iter().copied().filter(|word| places.has(word)).collect();
        let is_plain = words.is_empty();
        if !is_plain {
            words.push("__name__");
        }
        let changes = places.lines_with(&words);
        Some(Shallow { is_plain, imports: places.lines_with(&["import"]), changes })
    }

    pub fn extent(&self, places: &Places, range: Range) -> Extent {
        if places.is_within(&self.changes, range) {
            Extent::All
        } else if places.is_within(&self.imports, range) {
            Extent::Imports
        } else {
            Extent::Nothing
        }
    }
}
