"""The modules that linking looks into, loaded when a reference first reaches them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from linkstep.model.environment import (
    Found,
    Missing,
    Namespace,
    Opaque,
    Origin,
    Resolution,
    kind_of,
)
from linkstep.model.steps import steps_by_kind
from linkstep.model.summary import (
    ClassBody,
    ExternalBind,
    FileSummary,
    ImportByName,
    ImportFrom,
    ImportModule,
    ModuleAlias,
    ModuleKind,
    PathEdit,
    Step,
)
from linkstep.model.target import Target

if TYPE_CHECKING:
    from linkstep.link.namespaces import Binding, Names

Find = Callable[[str, str | None, str | None], Resolution]
SummaryOf = Callable[[str, ModuleKind], FileSummary | None]
StubOf = Callable[[str], str | None]


_STUB_OF_PACKAGE = "__init__.pyi"

# What is asked of whole trees, so that each file is walked through once.
_SOUGHT = (ImportModule, ImportFrom, ImportByName, ExternalBind, ModuleAlias, PathEdit, ClassBody)
Kind = TypeVar(
    "Kind", ImportModule, ImportFrom, ImportByName, ExternalBind, ModuleAlias, PathEdit, ClassBody
)


class Module:
    """A module as the linker sees it.

    Its file is read when `summary` is first asked for: that a module exists is known
    without that.
    """

    __slots__ = (
        "_kinds",
        "_read",
        "_scopes",
        "_summary",
        "compiled",
        "directory",
        "doubt",
        "fails",
        "is_package",
        "name",
        "names",
        "origin",
        "path",
        "scope_binds",
        "stub",
        "why_opaque",
    )

    def __init__(
        self,
        name: str,
        path: str,
        origin: Origin,
        is_package: bool,
        read: Callable[[], FileSummary | None] | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.directory = posixpath.dirname(path)
        self.origin = origin
        self.is_package = is_package
        self._read = read
        self._summary: FileSummary | None = None
        self._kinds: dict[type[Step], list[Any]] | None = None
        self._scopes: dict[str, list[int]] | None = None
        self.stub: str | None = None
        self.why_opaque: str | None = None
        self.compiled = False
        self.doubt: str | None = None
        self.fails: str | None = None
        self.names: Names | None = None
        self.scope_binds: dict[int, dict[str, list[Binding]]] | None = None

    @property
    def summary(self) -> FileSummary | None:
        """The module's symbol table, None when there is no source that can be read."""
        if self._read is not None:
            self._summary = self._read()
            self._read = None
            if self._summary is None:
                self.why_opaque = "a file that cannot be read"
        return self._summary

    def steps(self, kind: type[Kind]) -> Sequence[Kind]:
        """Give all steps of one of the `_SOUGHT` kinds, function bodies included."""
        if self._kinds is None:
            summary = self.summary
            self._kinds = steps_by_kind(summary, _SOUGHT) if summary is not None else {}
        return self._kinds.get(kind, ())

    def scopes_named(self, name: str) -> Sequence[int]:
        """Give the functions and classes that have a qualified name, by their index."""
        if self._scopes is None:
            self._scopes = {}
            for index, scope in enumerate(self.summary.scopes if self.summary is not None else ()):
                self._scopes.setdefault(scope.name, []).append(index)
        return self._scopes.get(name, ())

    @property
    def package(self) -> str:
        """The value of `__package__` (language reference, 5.4.2)."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def is_first_party(self) -> bool:
        """Whether the module is part of the analysed project."""
        return self.origin is Origin.FIRST_PARTY


class Modules:
    """Loads modules by name or path, each file once."""

    def __init__(self, find: Find, summary_of: SummaryOf, stub_of: StubOf, target: Target) -> None:
        self.target = target
        self._find = find
        self._summary_of = summary_of
        self._stub_of = stub_of
        self._by_path: dict[str, Module] = {}
        self._found: dict[tuple[str, Module | None], Module | Missing] = {}
        self._stubs: dict[str, Module | None] = {}

    def find(self, name: str, importer: Module | None) -> Module | Missing:
        """Give the module that `import name` in `importer` gets, or why there is none."""
        found = self._found.get((name, importer))
        if found is None:
            directory = importer.directory if importer is not None else None
            path = importer.path if importer is not None else None
            answer = self._find(name, directory, path)
            found = answer if isinstance(answer, Missing) else self.load(answer)
            self._found[name, importer] = found
        return found

    def load(self, resolution: Found | Namespace | Opaque) -> Module:
        """Give the module behind an answer of the finder."""
        if isinstance(resolution, Namespace):
            key = f"{resolution.name}:{':'.join(resolution.portions)}"
        else:
            key = resolution.path if resolution.path != "built-in" else resolution.name
        module = self._by_path.get(key)
        if module is None:
            module = self._by_path[key] = self._load(resolution)
        if isinstance(resolution, Found) and resolution.compiled:
            module.compiled = True  # a file that is linked was loaded by its path before
        return module

    def _load(self, resolution: Found | Namespace | Opaque) -> Module:
        name, origin = resolution.name, resolution.origin
        if isinstance(resolution, Namespace):
            module = Module(name, resolution.portions[0] + "/", origin, True)
            module.doubt = resolution.doubt
            return module
        if isinstance(resolution, Opaque):
            module = Module(name, resolution.path, origin, resolution.is_package)
            module.stub = resolution.stub
            module.why_opaque = resolution.why
            module.fails = resolution.fails
            return module
        path, kind = resolution.path, resolution.kind

        def read() -> FileSummary | None:
            return self._summary_of(path, kind)

        return Module(name, path, origin, resolution.is_package, read)

    def stub(self, module: Module) -> Module | None:
        """Give the stub that describes a module: beside it, or typeshed's for the library."""
        path = module.stub
        if path is None and module.origin is Origin.STANDARD_LIBRARY:
            path = self._stub_of(module.name)
        if path is None and module.summary is not None and module.summary.lazy is not None:
            path = module.path + "i"
        return self.stub_at(path, module.name) if path is not None else None

    def stub_beside(self, module: Module) -> Module | None:
        """Give the `.pyi` beside the `.py` of a module."""
        return self.stub_at(module.path + "i", module.name)

    def part(self, module: Module, name: str) -> Module | None:
        """Give the part of a compiled module that a stub in its directory of stubs describes.

        One extension module may hold what looks like a package: `_rust.abi3.so`, described by
        `_rust/__init__.pyi` and `_rust/x509.pyi`. Its parts are attributes of it.
        """
        stub = module.stub or ""
        if module.is_package or posixpath.basename(stub) != _STUB_OF_PACKAGE:
            return None
        beside = posixpath.join(posixpath.dirname(stub), name)
        for path in (f"{beside}/{_STUB_OF_PACKAGE}", f"{beside}.pyi"):
            if path not in self._by_path and self.stub_at(path, name) is not None:
                part = self._by_path[path] = Module(
                    f"{module.name}.{name}", path, module.origin, False
                )
                part.stub = path
                part.why_opaque = module.why_opaque
            if path in self._by_path:
                return self._by_path[path]
        return None

    def stub_at(self, path: str, name: str) -> Module | None:
        """Load a stub file as a module of its own, apart from what runs."""
        if path not in self._stubs:
            kind = kind_of(path)
            summary = self._summary_of(path, kind)
            usable = summary is not None and summary.problem is None
            stub = Module(name, path, Origin.STANDARD_LIBRARY, kind.is_package, lambda: summary)
            self._stubs[path] = stub if usable else None
        return self._stubs[path]

    def loaded(self) -> Iterator[Module]:
        """Give all modules loaded so far, in order of loading."""
        yield from list(self._by_path.values())


def is_namespace(found: object) -> bool:
    """Whether something found is a namespace package: directories without a file (PEP 420)."""
    return isinstance(found, Module) and found.path.endswith("/")
