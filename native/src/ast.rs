//! The syntax tree of a file: CPython's abstract syntax (`ast`), in Rust.
//!
//! Nodes have the places that CPython gives them, as byte offsets into the source. Names are
//! slices of the source, since a file with a name that is not ASCII is declined.

use std::borrow::Cow;

/// From the first byte of a node to the one after its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    Load,
    Store,
    Del,
}

#[derive(Debug)]
pub struct Expr<'s> {
    pub range: Range,
    pub kind: ExprKind<'s>,
}

#[derive(Debug)]
pub enum ExprKind<'s> {
    Name(&'s str, Context),
    Attribute(Box<Expr<'s>>, &'s str, Context),
    Subscript(Box<(Expr<'s>, Expr<'s>)>, Context),
    Call(Box<Call<'s>>),
    Constant(Constant<'s>),
    JoinedStr(Vec<Part<'s>>),
    Tuple(Vec<Expr<'s>>, Context),
    List(Vec<Expr<'s>>, Context),
    Set(Vec<Expr<'s>>),
    /// A key of None stands for `**value`.
    Dict(Vec<(Option<Expr<'s>>, Expr<'s>)>),
    Starred(Box<Expr<'s>>, Context),
    BinOp(Box<(Expr<'s>, Expr<'s>)>, BinaryOperator),
    UnaryOp(Box<Expr<'s>>, UnaryOperator),
    /// `true` for `and`, `false` for `or`.
    BoolOp(Vec<Expr<'s>>, bool),
    Compare(Box<Compare<'s>>),
    /// test, body, orelse
    IfExp(Box<(Expr<'s>, Expr<'s>, Expr<'s>)>),
    Lambda(Box<Lambda<'s>>),
    ListComp(Box<Comprehension<'s>>),
    SetComp(Box<Comprehension<'s>>),
    GeneratorExp(Box<Comprehension<'s>>),
    /// `element` is the key, `value` is there.
    DictComp(Box<Comprehension<'s>>),
    /// The target is a Name with the context Store.
    NamedExpr(Box<(Expr<'s>, Expr<'s>)>),
    Yield(Option<Box<Expr<'s>>>),
    YieldFrom(Box<Expr<'s>>),
    Await(Box<Expr<'s>>),
    /// lower, upper, step
    Slice(Box<(Option<Expr<'s>>, Option<Expr<'s>>, Option<Expr<'s>>)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    Add,
    Sub,
    Mult,
    MatMult,
    Div,
    Mod,
    LShift,
    RShift,
    BitOr,
    BitXor,
    BitAnd,
    FloorDiv,
    Pow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    Invert,
    Not,
    UAdd,
    USub,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOperator {
    Eq,
    NotEq,
    Lt,
    LtE,
    Gt,
    GtE,
    Is,
    IsNot,
    In,
    NotIn,
}

#[derive(Debug)]
pub struct Call<'s> {
    pub function: Expr<'s>,
    pub arguments: Vec<Expr<'s>>,
    pub keywords: Vec<Keyword<'s>>,
}

/// `name=value`; without a name it is `**value`.
#[derive(Debug)]
pub struct Keyword<'s> {
    pub name: Option<&'s str>,
    pub value: Expr<'s>,
}

#[derive(Debug)]
pub struct Compare<'s> {
    pub left: Expr<'s>,
    pub rest: Vec<(CompareOperator, Expr<'s>)>,
}

#[derive(Debug)]
pub struct Lambda<'s> {
    pub parameters: Parameters<'s>,
    pub body: Expr<'s>,
}

#[derive(Debug)]
pub struct Comprehension<'s> {
    pub element: Expr<'s>,
    pub value: Option<Expr<'s>>,
    pub generators: Vec<Generator<'s>>,
}

#[derive(Debug)]
pub struct Generator<'s> {
    pub target: Expr<'s>,
    pub iterable: Expr<'s>,
    pub conditions: Vec<Expr<'s>>,
    pub is_async: bool,
}

#[derive(Debug)]
pub enum Constant<'s> {
    None,
    True,
    False,
    Ellipsis,
    /// As written: `0x_FF`.
    Int(&'s str),
    /// As written, with underscores.
    Float(&'s str),
    Complex,
    /// What is between the quotes of each of the string tokens that stand side by side.
    Str(Literals<'s>),
    Bytes,
}

/// String tokens side by side; nearly always it is one.
#[derive(Debug)]
pub enum Literals<'s> {
    One(Literal<'s>),
    Many(Vec<Literal<'s>>),
}

/// What is between the quotes of one string token.
#[derive(Clone, Copy, Debug)]
pub struct Literal<'s> {
    pub text: &'s str,
    pub is_raw: bool,
}

/// A part of an f-string. Literal parts side by side are one, and none is empty, as in CPython.
#[derive(Debug)]
pub enum Part<'s> {
    Text(Cow<'s, str>),
    Field(Box<Field<'s>>),
}

/// A replacement field; with `=` its text is in the part before it, and it has a conversion
/// where CPython gives it one.
#[derive(Debug)]
pub struct Field<'s> {
    pub value: Expr<'s>,
    pub has_conversion: bool,
    pub format: Option<Vec<Part<'s>>>,
}

#[derive(Debug, Default)]
pub struct Parameters<'s> {
    pub positional_only: Vec<Parameter<'s>>,
    pub positional: Vec<Parameter<'s>>,
    pub variadic: Option<Parameter<'s>>,
    pub keyword_only: Vec<Parameter<'s>>,
    pub keywords: Option<Parameter<'s>>,
    /// Those of the last positional parameters.
    pub defaults: Vec<Expr<'s>>,
    /// One for each keyword-only parameter.
    pub keyword_defaults: Vec<Option<Expr<'s>>>,
}

#[derive(Debug)]
pub struct Parameter<'s> {
    pub name: &'s str,
    pub annotation: Option<Expr<'s>>,
}

#[derive(Debug)]
pub struct Stmt<'s> {
    pub range: Range,
    pub kind: StmtKind<'s>,
}

#[derive(Debug)]
pub enum StmtKind<'s> {
    Expr(Expr<'s>),
    Assign(Vec<Expr<'s>>, Expr<'s>),
    AugAssign(Expr<'s>, BinaryOperator, Expr<'s>),
    AnnAssign(Box<AnnAssign<'s>>),
    Import(Vec<Alias<'s>>),
    ImportFrom(ImportFrom<'s>),
    FunctionDef(Box<Function<'s>>),
    ClassDef(Box<Class<'s>>),
    If(Box<If<'s>>),
    For(Box<For<'s>>),
    While(Box<While<'s>>),
    With(Box<With<'s>>),
    Try(Box<Try<'s>>),
    Match(Box<Match<'s>>),
    Raise(Option<Expr<'s>>, Option<Expr<'s>>),
    Assert(Expr<'s>, Option<Expr<'s>>),
    Return(Option<Expr<'s>>),
    Delete(Vec<Expr<'s>>),
    Global(Vec<&'s str>),
    Nonlocal(Vec<&'s str>),
    Break,
    Continue,
    Pass,
}

#[derive(Debug)]
pub struct AnnAssign<'s> {
    pub target: Expr<'s>,
    pub annotation: Expr<'s>,
    pub value: Option<Expr<'s>>,
}

/// `name as alias`; a dotted name is written without spaces, whatever the source has.
#[derive(Debug)]
pub struct Alias<'s> {
    pub range: Range,
    pub name: Cow<'s, str>,
    /// The name up to its first dot.
    pub first: &'s str,
    pub alias: Option<&'s str>,
}

#[derive(Debug)]
pub struct ImportFrom<'s> {
    /// None for `from . import name`.
    pub module: Option<Cow<'s, str>>,
    pub level: u32,
    pub names: Vec<Alias<'s>>,
}

/// The range of the statement begins at `def` or `async`, after the decorators.
#[derive(Debug)]
pub struct Function<'s> {
    pub name: &'s str,
    pub parameters: Parameters<'s>,
    pub body: Vec<Stmt<'s>>,
    pub decorators: Vec<Expr<'s>>,
    pub returns: Option<Expr<'s>>,
    pub is_async: bool,
}

#[derive(Debug)]
pub struct Class<'s> {
    pub name: &'s str,
    pub bases: Vec<Expr<'s>>,
    pub keywords: Vec<Keyword<'s>>,
    pub body: Vec<Stmt<'s>>,
    pub decorators: Vec<Expr<'s>>,
}

/// `elif` is an If that is all of `orelse`, and begins where `elif` stands.
#[derive(Debug)]
pub struct If<'s> {
    pub test: Expr<'s>,
    pub body: Vec<Stmt<'s>>,
    pub orelse: Vec<Stmt<'s>>,
}

#[derive(Debug)]
pub struct For<'s> {
    pub target: Expr<'s>,
    pub iterable: Expr<'s>,
    pub body: Vec<Stmt<'s>>,
    pub orelse: Vec<Stmt<'s>>,
    pub is_async: bool,
}

#[derive(Debug)]
pub struct While<'s> {
    pub test: Expr<'s>,
    pub body: Vec<Stmt<'s>>,
    pub orelse: Vec<Stmt<'s>>,
}

#[derive(Debug)]
pub struct With<'s> {
    /// Each with the target behind `as`.
    pub items: Vec<(Expr<'s>, Option<Expr<'s>>)>,
    pub body: Vec<Stmt<'s>>,
    pub is_async: bool,
}

#[derive(Debug)]
pub struct Try<'s> {
    pub body: Vec<Stmt<'s>>,
    pub handlers: Vec<Handler<'s>>,
    pub orelse: Vec<Stmt<'s>>,
    pub finally: Vec<Stmt<'s>>,
    /// `except*`
    pub is_star: bool,
}

#[derive(Debug)]
pub struct Handler<'s> {
    pub range: Range,
    pub catches: Option<Expr<'s>>,
    pub name: Option<&'s str>,
    pub body: Vec<Stmt<'s>>,
}

#[derive(Debug)]
pub struct Match<'s> {
    pub subject: Expr<'s>,
    pub cases: Vec<Case<'s>>,
}

#[derive(Debug)]
pub struct Case<'s> {
    pub pattern: Pattern<'s>,
    pub guard: Option<Expr<'s>>,
    pub body: Vec<Stmt<'s>>,
}

#[derive(Debug)]
pub struct Pattern<'s> {
    pub range: Range,
    pub kind: PatternKind<'s>,
}

#[derive(Debug)]
pub enum PatternKind<'s> {
    Value(Expr<'s>),
    /// `None`, `True` or `False`
    Singleton,
    Sequence(Vec<Pattern<'s>>),
    Mapping(Box<MappingPattern<'s>>),
    Class(Box<ClassPattern<'s>>),
    /// `*name`; None for `*_`
    Star(Option<&'s str>),
    /// `pattern as name`; without a pattern it is `name`, and without both `_`.
    As(Option<Box<Pattern<'s>>>, Option<&'s str>),
    Or(Vec<Pattern<'s>>),
}

#[derive(Debug)]
pub struct MappingPattern<'s> {
    pub keys: Vec<Expr<'s>>,
    pub patterns: Vec<Pattern<'s>>,
    /// The name behind `**`.
    pub rest: Option<&'s str>,
}

#[derive(Debug)]
pub struct ClassPattern<'s> {
    pub class: Expr<'s>,
    /// Those of keywords are the last ones.
    pub patterns: Vec<Pattern<'s>>,
}

impl<'s> Pattern<'s> {
    /// The name that a pattern binds, apart from those inside it.
    pub fn name(&self) -> Option<&'s str> {
        match &self.kind {
            PatternKind::Star(name) | PatternKind::As(_, name) => *name,
            PatternKind::Mapping(mapping) => mapping.rest,
            _ => None,
        }
    }

    /// The patterns directly inside one.
    pub fn inner(&self) -> &[Pattern<'s>] {
        match &self.kind {
            PatternKind::Sequence(patterns) | PatternKind::Or(patterns) => patterns,
            PatternKind::Mapping(mapping) => &mapping.patterns,
            PatternKind::Class(class) => &class.patterns,
            PatternKind::As(Some(pattern), _) => std::slice::from_ref(pattern),
            _ => &[],
        }
    }

    /// A pattern and all those inside it, level by level.
    pub fn all(&self) -> Vec<&Pattern<'s>> {
        let mut found = vec![self];
        let mut place = 0;
        while place < found.len() {
            found.extend(found[place].inner());
            place += 1;
        }
        found
    }
}
