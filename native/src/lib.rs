//! linkstep's reader in native code: from the bytes of a Python file to its summary.
//!
//! It gives, byte for byte of meaning, what `linkstep.index.summarize` gives, or it declines: for
//! every construct that it does not read it gives nothing, and the reader in Python reads the
//! file. So it may know less than that one, and never anything else.

#![deny(unsafe_code)]

pub mod ast;
mod builtins;
mod calls;
mod chains;
mod children;
mod encode;
mod entries;
mod exports;
mod expressions;
#[allow(unsafe_code)]
mod ffi;
mod guards;
mod handed_namespaces;
mod hashing;
mod import_form;
mod lazy;
mod lexer;
mod literal_tables;
mod local_calls;
mod made_names;
mod names;
mod namespaces;
mod nodes;
mod parser;
mod paths;
mod places;
mod pool;
mod recorder;
mod reflection;
mod restored_names;
mod settings;
mod shallow;
mod state;
mod statements;
mod strings;
mod summary;
mod tables;
mod unseen;
mod values;
mod words;

pub use parser::parse;
pub use summary::summarize;

/// What a summary depends on besides the bytes of the file.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// 0 module, 1 package, 2 stub, 3 stub package: the order of `ModuleKind`.
    pub kind: u8,
    /// Of function bodies only imports are kept, and what may change a namespace.
    pub is_shallow: bool,
    /// The target's Python: 311 for 3.11. From 314 on annotations are not evaluated where they
    /// stand (PEP 649).
    pub version: u16,
}
