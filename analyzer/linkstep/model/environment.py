"""Where modules are found: roots, environment, and the answers of the finder."""

from __future__ import annotations

import enum
import posixpath

from msgspec import Struct

from linkstep.model.declarations import Declarations
from linkstep.model.summary import ModuleKind
from linkstep.model.target import Target, Version


class Origin(enum.StrEnum):
    """Who provides a module."""

    FIRST_PARTY = "first-party"
    THIRD_PARTY = "third-party"
    STANDARD_LIBRARY = "standard library"


class PathEntry(Struct, frozen=True):
    """One directory of the search path; `why` is said by `linkstep roots`."""

    directory: str
    origin: Origin
    why: str


class Environment(Struct, frozen=True):
    """The environment a tree is linked against; nothing in it is ever executed.

    `site` are its site-packages directories with what their `.pth` files add;
    `stdlib` the interpreter's own library directories, empty when only stubs are known;
    `mappings` names that editable finders map to a path (a package's directory or a file),
    and `opaque_finders` the `.pth` files and finders that could not be read: anything may
    come from them. `version` is the interpreter's. `stdlib_exact` says that `stdlib` belongs
    to this very interpreter; else it is another one's of the same version, and what is
    not in it may be there all the same. `prefix` is the directory the environment is in.
    `built_in` are the modules compiled into this interpreter, None when they are not known.
    `extension_platform` is what its extension modules have in their names, such as
    `x86_64-linux-gnu`. `sealed` says that all files are there, as in an image: nothing is
    built or installed any more. `unloadable` are compiled modules by path that cannot be
    loaded, with the exception that importing them raises. `suspects` are the top-level names
    of installed modules that may fail for such a reason, or for want of a distribution.
    """

    site: tuple[PathEntry, ...] = ()
    stdlib: tuple[PathEntry, ...] = ()
    mappings: tuple[tuple[str, str], ...] = ()
    opaque_finders: tuple[str, ...] = ()
    found: bool = False
    why: str = "no environment found"
    version: tuple[int, int] | None = None
    stdlib_exact: bool = False
    prefix: str | None = None
    built_in: frozenset[str] | None = None
    extension_platform: str | None = None
    sealed: bool = False
    unloadable: dict[str, str] = {}
    suspects: frozenset[str] = frozenset()


class Project(Struct, frozen=True):
    """What is linked, against what, and why it was chosen so.

    `roots` are ordered; all paths are paths of the tree, relative ones first-party.
    `implied` are directories that a program may be started from though nothing declares
    them for the whole tree; a name is looked for there when it is found nowhere else.
    `declared` is the project's own distribution name, when it is known.
    `built` are the modules that a build step creates (extension modules, version files);
    their absence from the tree proves nothing. Each is a dotted name (`shop._speedups`), or
    the path of a module or package without suffix, with a slash in it: `./_version` and
    `src/shop/_version` are counted from the project root, `*/_version` is in any directory,
    and `*` in a last part stands for any characters. `requires` are the distributions, by
    normalized name, that the project's own files ask for, `declarations` how they do it.
    `absent` are submodules of git
    that are not checked out: nobody can tell what is in these directories. `exact` says
    that `roots` are all there is on the path, since the command that runs is known.
    `admitted` are the minor versions of Python that the project says it runs on, lowest
    first, and `admitted_by` where it says so.
    """

    roots: tuple[PathEntry, ...]
    environment: Environment
    target: Target
    target_why: str
    declared: str | None = None
    built: tuple[str, ...] = ()
    requires: frozenset[str] = frozenset()
    implied: tuple[PathEntry, ...] = ()
    admitted: tuple[Version, ...] = ()
    admitted_by: str = ""
    absent: tuple[str, ...] = ()
    exact: bool = False
    declarations: Declarations = Declarations()


def kind_of(path: str) -> ModuleKind:
    """Give what a source file is to the import system, as its name says.

    >>> kind_of("shop/__init__.py"), kind_of("shop/foo__init__.py")
    (<ModuleKind.PACKAGE: 'package'>, <ModuleKind.MODULE: 'module'>)
    >>> kind_of("shop/__init__.pyi"), kind_of("shop/db.pyi")
    (<ModuleKind.STUB_PACKAGE: 'stub package'>, <ModuleKind.STUB: 'stub'>)
    """
    is_package = posixpath.basename(path) in ("__init__.py", "__init__.pyi")
    if path.endswith(".pyi"):
        return ModuleKind.STUB_PACKAGE if is_package else ModuleKind.STUB
    return ModuleKind.PACKAGE if is_package else ModuleKind.MODULE


class Found(Struct, frozen=True, tag=True, repr_omit_defaults=True):
    """A source file, or a regular package by its `__init__.py`.

    `compiled` says that it is what an extension module beside it was compiled from: the
    names are those, and who gets them when is up to the compiler.
    """

    name: str
    path: str
    origin: Origin
    is_package: bool
    compiled: bool = False

    @property
    def kind(self) -> ModuleKind:
        """What the file is to the import system; it is no stub."""
        return ModuleKind.PACKAGE if self.is_package else ModuleKind.MODULE


class Namespace(Struct, frozen=True, tag=True):
    """A namespace package (PEP 420): the directories that are its portions.

    `doubt` says why a regular package may take the name where the program really runs
    (no environment, unreadable finder, the directory is only guessed to be on the path):
    that a name is not in the portions then proves nothing.
    """

    name: str
    portions: tuple[str, ...]
    origin: Origin
    doubt: str | None = None


class Opaque(Struct, frozen=True, tag=True):
    """A module that exists and cannot be read: extension, `.pyc` only, built-in.

    `stub` is the path of the `.pyi` that describes it, if there is one; `fails` the exception
    that importing it raises, if it is known to.
    """

    name: str
    path: str
    origin: Origin
    why: str
    stub: str | None = None
    is_package: bool = False
    fails: str | None = None


class Missing(Struct, frozen=True, tag=True):
    """No entry of the path has it; `found_up_to` is the longest parent that exists.

    `doubt` says why the absence proves nothing (no environment, unreadable finder,
    another directory of the tree has it, a build creates it); None when it is proven.
    `other_case` is the file or directory that matches the first part that is missing when
    upper and lower case are not told apart.
    `stub` is a `.pyi` of that name, which is nothing at run time. `elsewhere` is a file of
    the tree that has the name inside a regular package: it is found when a script of that
    very directory is run, or after an edit of `sys.path`, and in no other way.
    """

    name: str
    found_up_to: str
    origin: Origin
    doubt: str | None = None
    other_case: str | None = None
    stub: str | None = None
    elsewhere: str | None = None


Resolution = Found | Namespace | Opaque | Missing
