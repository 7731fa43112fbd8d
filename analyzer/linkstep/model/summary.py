"""The summary: the symbol table of one file, made without looking at any other file.

A module body is kept as *steps* in execution order, nested as the statements nest.
Only steps that can matter to another module are kept: bindings of the module's
namespace, imports, references to names that imports bound, and the control flow
around them. Function bodies are scopes of their own, since they run later.
"""

from __future__ import annotations

import enum

from msgspec import Struct

from linkstep.model.expressions import Expression, Ref


class ModuleKind(enum.StrEnum):
    """What a file is to the import system."""

    MODULE = "module"
    PACKAGE = "package"
    STUB = "stub"
    STUB_PACKAGE = "stub package"

    @property
    def is_package(self) -> bool:
        """Whether the module has a `__path__`."""
        return self in (ModuleKind.PACKAGE, ModuleKind.STUB_PACKAGE)

    @property
    def is_stub(self) -> bool:
        """Whether the file is a `.pyi`, which is never executed."""
        return self in (ModuleKind.STUB, ModuleKind.STUB_PACKAGE)


class Span(Struct, frozen=True, array_like=True, gc=False, order=True):
    """A place in a file; lines and columns count from 1, columns in code points, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class BindingKind(enum.StrEnum):
    """Which statement binds the name."""

    FUNCTION = "def"
    CLASS = "class"
    ASSIGNMENT = "assignment"
    TARGET = "target"
    EXCEPTION = "except"
    GLOBAL = "global"
    FEATURE = "future"
    DYNAMIC = "dynamic"


DEFINING = (BindingKind.FUNCTION, BindingKind.CLASS, BindingKind.ASSIGNMENT)
"""Bindings that define something, rather than take it from elsewhere."""


class Bind(Struct, frozen=True, array_like=True, tag=1):
    """A name is bound here; `value` is known for simple right-hand sides only."""

    name: str
    kind: BindingKind
    line: int
    value: Expression | None = None


class Unbind(Struct, frozen=True, array_like=True, tag=2):
    """`del name`, or the end of `except ... as name`."""

    name: str
    line: int


class ImportModule(Struct, frozen=True, array_like=True, tag=3):
    """`import module` or `import module as alias`; `span` covers the dotted name."""

    module: str
    alias: str | None
    span: Span
    lazy: bool = False


class ImportedName(Struct, frozen=True, array_like=True):
    """One `name [as alias]` of a from-import; `*` is a name like any other here."""

    name: str
    alias: str | None
    span: Span

    @property
    def bound(self) -> str:
        """The name that the statement binds."""
        return self.alias or self.name


class ImportFrom(Struct, frozen=True, array_like=True, tag=4):
    """`from [.]*module import names`; `span` covers the dots and the dotted name."""

    module: str
    level: int
    names: tuple[ImportedName, ...]
    span: Span
    lazy: bool = False


class Use(Struct, frozen=True, array_like=True, tag=5, gc=False):
    """A name or attribute chain is evaluated here.

    `ends` is empty for a chain that is on one line without a space, as nearly all are. For
    another one it holds (line, end column) of the root name and of each attribute; inside of
    an f-string it holds the end of the string alone.
    """

    ref: Ref
    line: int
    column: int
    ends: tuple[tuple[int, int], ...] = ()

    def span_of(self, depth: int) -> Span:
        """Give the place of the root name (0) or of the attribute at `depth`, the last one at most.

        >>> Use(Ref("os", ("path", "sep")), 3, 5).span_of(1)
        Span(line=3, column=8, end_line=3, end_column=12)
        >>> Use(Ref("os", ("path", "sep")), 3, 5, ((3, 7), (4, 13), (4, 17))).span_of(2)
        Span(line=4, column=14, end_line=4, end_column=17)
        """
        names = (self.ref.name, *self.ref.attributes)[: depth + 1]
        if len(self.ends) == 1:
            return Span(self.line, self.column, *self.ends[0])
        if self.ends:
            line, end = self.ends[len(names) - 1]
        else:
            line, end = self.line, self.column + len(".".join(names))
        return Span(line, max(end - len(names[-1]), 1), line, end)

    @property
    def span(self) -> Span:
        """The place of the whole chain."""
        last = self.span_of(len(self.ref.attributes))
        return Span(self.line, self.column, last.end_line, last.end_column)


class ExternalBind(Struct, frozen=True, array_like=True, tag=6):
    """`module.name = ...`, `setattr(module, "name", ...)`; a computed name is None."""

    target: Ref
    name: str | None
    line: int


class If(Struct, frozen=True, array_like=True, tag=7):
    """Either branch runs; a test that is not understood is None."""

    test: Expression | None
    body: tuple[Step, ...]
    orelse: tuple[Step, ...]
    line: int


class HandlerOutcome(enum.StrEnum):
    """Where an except handler leads."""

    CONTINUES = "continues"
    RAISES = "raises"
    EXITS = "exits"
    SKIPS = "skips"


class Handler(Struct, frozen=True, array_like=True):
    """`except catches as ...:`; a bare except has no `catches`."""

    catches: tuple[str, ...]
    body: tuple[Step, ...]
    outcome: HandlerOutcome
    line: int


class Try(Struct, frozen=True, array_like=True, tag=8):
    """A try statement; `probe` says its body does nothing but import and set names."""

    body: tuple[Step, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Step, ...]
    final: tuple[Step, ...]
    line: int
    probe: bool = False


class Suppress(Struct, frozen=True, array_like=True, tag=9):
    """`with suppress(E):` or `with pytest.raises(E):`; `expected` for the latter."""

    catches: tuple[str, ...]
    body: tuple[Step, ...]
    line: int
    expected: bool = False


class Repeat(Struct, frozen=True, array_like=True, tag=10):
    """A loop; `runs` is whether its body runs at all, None when that is not known.

    `over` is what it goes through, kept where its body imports by name; the body begins
    with the binding of its variable then.
    """

    runs: bool | None
    body: tuple[Step, ...]
    orelse: tuple[Step, ...]
    line: int
    over: Expression | None = None


class ClassBody(Struct, frozen=True, array_like=True, tag=11):
    """A class body: it runs where it stands, in the namespace of scope `scope`."""

    name: str
    scope: int
    body: tuple[Step, ...]
    line: int


class StopKind(enum.StrEnum):
    """Which statement ends the block."""

    RAISE = "raise"
    RETURN = "return"
    LOOP = "loop"
    EXIT = "exit"
    SKIP = "skip"


class Stop(Struct, frozen=True, array_like=True, tag=12):
    """What follows in this block is not executed.

    For `raise`, `exception` is the dotted name as written and `message` its first
    argument when that is a literal. `reraises` is the line of the handler whose exception
    is raised once more: by `raise` alone, or by the name that the handler gave it.
    """

    kind: StopKind
    line: int
    exception: str | None = None
    message: str | None = None
    reraises: int = 0


class ExportedName(Struct, frozen=True, array_like=True):
    """One entry of `__all__`."""

    name: str
    span: Span


class Exports(Struct, frozen=True, array_like=True, tag=13):
    """A statement about `__all__`: `operation` is set, add or remove.

    `of` lists expressions such as `other.__all__` whose value joins in; `complete`
    is False when a part could not be understood.
    """

    operation: str
    names: tuple[ExportedName, ...]
    of: tuple[Ref, ...]
    complete: bool
    line: int


class PathEdit(Struct, frozen=True, array_like=True, tag=14):
    """`sys.path` is changed; `directory` is None when it could not be understood."""

    directory: Expression | None
    front: bool
    line: int


class ModuleAlias(Struct, frozen=True, array_like=True, tag=15):
    """`sys.modules[name] = ...`; a computed name is None.

    `mirrors` says the value is taken from sys.modules too, so the last part of a computed
    name comes from the name of an existing module; `own` says the object has that name.
    """

    name: Expression | None
    line: int
    mirrors: bool = False
    own: bool = False


class ImportByName(Struct, frozen=True, array_like=True, tag=16):
    """`import_module("name")`, `__import__("name")`: an import whose name is a value."""

    name: Expression | None
    relative: bool
    line: int
    span: Span


class PathForm(enum.StrEnum):
    """Which part of a dotted path is the module.

    `MODULE`: all of it. `ATTRIBUTE`: all but the last part. `EITHER`: all, else all but the
    last part. `COLON`: what stands before the colon. `CHAIN`: as much as can be imported.
    """

    MODULE = "module"
    ATTRIBUTE = "attribute"
    EITHER = "either"
    COLON = "colon"
    CHAIN = "chain"


class Define(Struct, frozen=True, array_like=True, tag=17):
    """A function or lambda is created here; scope `scope` holds what it does when called."""

    scope: int


class Invoke(Struct, frozen=True, array_like=True, tag=18):
    """A function or class is called here that this file defines or imports, or applied as
    a decorator. Arguments are not kept.
    """

    ref: Ref
    line: int


class DottedPath(Struct, frozen=True, array_like=True, tag=19):
    """A dotted path in a string that a known call or setting imports.

    `function` is what is called, None for a setting, and `functions` are the full names
    of which it must be one; `fixture` says that its root is a parameter. `package` is
    whose name is the anchor of a relative path: `__package__`, `__name__` or empty.
    `builtins` allows names of the builtins. `when` completes "fails when ...".
    """

    text: str
    form: PathForm
    span: Span
    function: Ref | None = None
    functions: tuple[str, ...] = ()
    fixture: bool = False
    package: str = ""
    builtins: bool = False
    when: str = ""


class StateKind(enum.StrEnum):
    """What is done to a name of an application's state (`app.state.NAME`)."""

    SET = "set"
    READ = "read"
    ASKED = "asked"
    OPEN = "open"


class StateUse(Struct, frozen=True, array_like=True, tag=20):
    """`X.state.name` is set, read, or asked for with hasattr or a default of getattr.

    `certain` says that X is an application of Starlette or FastAPI. `OPEN` has no name:
    names are set in a way that cannot be followed.
    """

    name: str
    kind: StateKind
    span: Span
    certain: bool = False


Step = (
    Bind
    | Unbind
    | ImportModule
    | ImportFrom
    | Use
    | ExternalBind
    | If
    | Try
    | Suppress
    | Repeat
    | ClassBody
    | Stop
    | Exports
    | PathEdit
    | ModuleAlias
    | ImportByName
    | Define
    | Invoke
    | DottedPath
    | StateUse
)


class Scope(Struct, frozen=True, array_like=True):
    """A function or class scope; entry 0 of the list is the module itself, with no steps.

    `steps` of a function run when it is called; those of a class are in its `ClassBody`.
    `parent` is the scope that encloses it lexically. `deferred` says that a call of the
    function does not run its body (generators and coroutines), `decorated` that its name is
    bound to whatever a decorator made of it.
    """

    name: str
    line: int
    end_line: int
    parent: int
    is_class: bool
    steps: tuple[Step, ...]
    deferred: bool = False
    decorated: bool = False


class LazyName(Struct, frozen=True, array_like=True):
    """A name that `__getattr__` serves, and where from when the table says so."""

    name: str
    module: str | None = None
    attribute: str | None = None
    line: int = 0


class LazyNames(Struct, frozen=True, array_like=True):
    """What a module's `__getattr__` (PEP 562) or lazy table serves.

    `complete` means every other name raises AttributeError. `stub` asks for the names
    of the `.pyi` file beside the module (lazy_loader.attach_stub). `maker` is the function
    of another module that makes the `__getattr__`, and whose file says what it serves.
    """

    names: tuple[LazyName, ...]
    complete: bool
    stub: bool = False
    maker: Ref | None = None


class SyntaxProblem(Struct, frozen=True, array_like=True):
    """Why the file cannot be compiled, in CPython's words, and where."""

    message: str
    line: int
    column: int
    certain: bool = True


class Harmless(Struct, frozen=True, array_like=True):
    """A function or class of a reflective file that leaves the namespaces of others alone.

    That holds if what it may call of other files does: `refs`, chains that start at imported
    names, and what its own `imports` give, which have no place. `plain` says that all its code
    is known: no decorator and no base of another file. `binds` are the names that it may give
    its callers all the same.
    """

    refs: tuple[Ref, ...]
    imports: tuple[ImportModule | ImportFrom, ...]
    plain: bool
    binds: tuple[str, ...]


class FileSummary(Struct, frozen=True, array_like=True):
    """What one file binds, exports, imports and refers to.

    `opens` holds the reasons why the module may have names that cannot be seen;
    `hands_over` the callees that got `__name__` or `globals()`, which may add some;
    `reflective` whether this file touches namespaces of others (frames, sys.modules);
    `hooks` whether it mentions the import hooks (`sys.meta_path`, `sys.path_hooks`).
    `words` are the string literals of a file that gives modules further names in
    sys.modules: computed names can only be made of these and of existing ones.
    `only_called` are functions of such a file whose names serve for nothing but calls.
    `needs` is the lowest Python that has the grammar used, with the line that needs it.
    `makers` are the functions that make a `__getattr__` for whoever calls them. `prefixes`
    is what all names begin with that `opens` speaks of, empty when that is not known.
    """

    kind: ModuleKind
    body: tuple[Step, ...]
    scopes: tuple[Scope, ...]
    lazy: LazyNames | None = None
    opens: tuple[tuple[str, int], ...] = ()
    opens_path: bool = False
    hands_over: tuple[Ref, ...] = ()
    reflective: bool = False
    hooks: bool = False
    words: frozenset[str] = frozenset()
    only_called: frozenset[str] = frozenset()
    rebound_globals: frozenset[str] = frozenset()
    problem: SyntaxProblem | None = None
    needs: tuple[int, int, int, str] | None = None
    makers: dict[str, LazyNames] = {}
    prefixes: tuple[str, ...] = ()
