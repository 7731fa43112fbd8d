"""What the import system sees in one directory.

`importlib.machinery.FileFinder` tries, for the last part of a name: a directory with an
`__init__` file, then a file `name + suffix` for the suffixes of extension modules, of
sources (`.py`) and of bytecode (`.pyc`), in that order, and remembers a directory without
`__init__` as a possible portion of a namespace package (PEP 420).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable

from msgspec import Struct

from linkstep.model.tree import EntryKind, Tree


class Form(enum.IntEnum):
    """What kind of file a module is, in the order in which FileFinder takes them."""

    EXTENSION = 0
    SOURCE = 1
    BYTECODE = 2


class ModuleFile(Struct, frozen=True):
    """The file that `import` would load; `source` is a `.py` beside an extension module."""

    form: Form
    name: str
    source: str | None = None


class Listing(Struct, frozen=True):
    """A directory by module name."""

    modules: dict[str, ModuleFile]
    stubs: dict[str, str]
    directories: frozenset[str]


class Listings:
    """The listings of a tree's directories, each made once.

    An extension module counts when its name has no version in it, the stable ABI's mark,
    or one of `versions`: `_x.cpython-39-darwin.so` is no module for Python 3.11. Where the
    `platform` of the interpreter is known, a name that has another one does not count either.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({
    ...     "a.py": "", "b.pyc": "", "c.abi3.so": "", "d.cpython-39-darwin.so": "", "e.pyi": "",
    ...     "f.cpython-311-x86_64-linux-gnu.so": "", "f.py": "", "g/data.json": "",
    ... })
    >>> listing = Listings(tree, {(3, 11)}).of("")
    >>> {name: (file.form.name, file.source) for name, file in listing.modules.items()}
    ... # doctest: +NORMALIZE_WHITESPACE
    {'a': ('SOURCE', None), 'b': ('BYTECODE', None), 'c': ('EXTENSION', None),
     'f': ('EXTENSION', 'f.py')}
    >>> listing.stubs, listing.directories
    ({'e': 'e.pyi'}, frozenset({'g'}))
    """

    def __init__(
        self, tree: Tree, versions: Iterable[tuple[int, int]], platform: str | None = None
    ) -> None:
        self._platform = platform
        self._tree = tree
        self._listings: dict[str, Listing] = {}
        self._folded: dict[str, dict[str, list[str]]] = {}
        self._tags = frozenset(f"{major}{minor}" for major, minor in versions)

    def of(self, directory: str) -> Listing:
        """Give the listing of a directory; an empty one when there is none."""
        listing = self._listings.get(directory)
        if listing is None:
            listing = self._listings[directory] = self._make(directory)
        return listing

    def package_file(self, directory: str) -> ModuleFile | None:
        """Give the `__init__` file that makes `directory` a regular package."""
        return self.of(directory).modules.get("__init__")

    def other_case(self, directory: str, tail: str) -> str | None:
        """Give the entry that differs from a module `tail` only in upper and lower case."""
        folded = self._folded.get(directory)
        if folded is None:
            folded = self._folded[directory] = {}
            listing = self.of(directory)
            entries = {name: file.name for name, file in listing.modules.items()}
            entries |= {name: name for name in listing.directories}
            for name in sorted(entries):
                folded.setdefault(name.lower(), []).append(entries[name])
        alike = folded.get(tail.lower(), ())
        return next((name for name in alike if name.partition(".")[0] != tail), None)

    def _make(self, directory: str) -> Listing:
        modules: dict[str, ModuleFile] = {}
        stubs: dict[str, str] = {}
        directories: set[str] = set()
        for name, kind in self._tree.entries(directory).items():
            if kind is EntryKind.DIRECTORY:
                directories.add(name)
                continue
            stem, dot, suffix = name.partition(".")
            if suffix == "pyi":
                stubs[stem] = name
            form = self._form(suffix) if dot else None
            if form is not None:
                modules[stem] = _preferred(modules.get(stem), ModuleFile(form, name))
        return Listing(modules, stubs, frozenset(directories))

    def _form(self, suffix: str) -> Form | None:
        if suffix == "py":
            return Form.SOURCE
        if suffix == "pyc":
            return Form.BYTECODE
        if not suffix.endswith(("so", "pyd")):
            return None
        tag = _EXTENSION.fullmatch(suffix)
        if tag is None or (tag["version"] and tag["version"] not in self._tags):
            return None
        if self._platform and tag["platform"] and tag["platform"] != self._platform:
            return None
        return Form.EXTENSION


# `so`, `abi3.so`, `cpython-311-x86_64-linux-gnu.so`, `cpython-313t-darwin.so`, `pyd`,
# `cp311-win_amd64.pyd`: importlib.machinery.EXTENSION_SUFFIXES of the builds there are.
_EXTENSION = re.compile(
    r"(?:abi3t?\.|(?:cpython-|cp)(?P<version>\d+)[a-z]*(?:-(?P<platform>[\w-]+))?\.)?"
    r"(?:so|pyd)"
)


def _preferred(known: ModuleFile | None, new: ModuleFile) -> ModuleFile:
    if known is None:
        return new
    first, second = sorted((known, new), key=lambda file: (file.form, file.name))
    source = second.name if second.form is Form.SOURCE else first.source or second.source
    return ModuleFile(first.form, first.name, source if first.form is Form.EXTENSION else None)
