"""What a project asks for, and what is installed for it: distributions, not packages.

Names are normalized (PEP 503). A declaration keeps its place, because a finding about it
is shown there. Markers are decided for the target before anything gets here.
"""

from __future__ import annotations

import enum
from typing import Protocol

from msgspec import Struct


class Kind(enum.StrEnum):
    """What a declaration is for."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"
    OPTIONAL = "optional"
    BUILD = "build"


class Declaration(Struct, frozen=True):
    """One requirement, where it stands.

    `written` is the name as the file has it, `specifier` the versions it admits, in the
    words of PEP 440 (empty for any, or where they cannot be said so). `group` is the
    extra, group, environment or file stem it belongs to, empty for the main list. `applies`
    is False when its marker excludes the target. `local` says that it names a directory,
    an archive or an address, not an index.
    """

    name: str
    written: str
    kind: Kind
    path: str
    line: int
    specifier: str = ""
    group: str = ""
    extras: tuple[str, ...] = ()
    applies: bool = True
    local: bool = False

    @property
    def requirement(self) -> str:
        """The requirement as it would stand in a requirements file, without its marker."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.written}{extras}{self.specifier}"


class Declarations(Struct, frozen=True):
    """Everything that the files of a tree ask for.

    `unclear` are the files whose list is made by code or a plug-in, with the reason: more
    may be declared there. `own` are the distributions that the tree itself makes. `places`
    are the directories whose declarations the environment has to meet. `locked` are the
    versions that lock files name, read only where there is no environment; `locks` are
    these files.
    """

    declared: tuple[Declaration, ...] = ()
    unclear: tuple[tuple[str, str], ...] = ()
    own: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    locked: dict[str, str] = {}
    locks: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The distributions that are declared anywhere, for any purpose but building."""
        return frozenset(one.name for one in self.declared if one.kind is not Kind.BUILD)


class Installed(Struct, frozen=True):
    """A distribution of the environment.

    `modules` are the top-level names it installs. `programs` are its console and window
    scripts; `plugs_in` says that it has entry points of another kind, or a `.pth` file, so
    that it can be at work without being imported.
    """

    name: str
    written: str
    version: str
    modules: frozenset[str] = frozenset()
    programs: tuple[str, ...] = ()
    plugs_in: bool = False


class ConflictKind(enum.StrEnum):
    """Why an installed distribution does not fit."""

    VERSION = "version"
    MISSING = "missing"
    PYTHON = "python"
    PLATFORM = "platform"


class Conflict(Struct, frozen=True, order=True):
    """An installed distribution that does not fit the others, or the interpreter.

    `distribution` is the one that asks, `requirement` what it asks for, `found` what is
    there instead: a version, a Python or platform tag, or nothing. `chain` leads from a
    declaration of the project to it, by normalized names. `lacks` is the name of what is not
    installed.
    """

    distribution: str
    version: str
    kind: ConflictKind
    requirement: str
    found: str
    chain: tuple[str, ...] = ()
    lacks: str = ""


class Distributions(Protocol):
    """What is known about the distributions of a project: the answers of the resolve stage."""

    def found(self) -> bool:
        """Whether there is an environment to ask."""
        ...

    def providers(self, module: str, path: str | None) -> tuple[str, ...]:
        """Give the distributions that a module is certainly from; none where it is not certain.

        `path` is the file or directory that an import loads, None without an environment.
        """
        ...

    def declared_provider(self, module: str) -> str | None:
        """Give the declared distribution that would install a module, if one does."""
        ...

    def describe(self, name: str) -> Installed | None:
        """Give what is known of an installed distribution."""
        ...

    def written(self, name: str) -> str:
        """Give a distribution's name as people write it."""
        ...

    def chain(self, name: str, kinds: frozenset[Kind]) -> tuple[str, ...]:
        """Give who needs a distribution, from one that is declared so on; empty for nobody."""
        ...

    def conflicts(self) -> tuple[Conflict, ...]:
        """Give what does not fit, among the distributions that the project needs."""
        ...

    def unmet(self) -> dict[Declaration, str]:
        """Give the declarations that the installed version does not meet, with that version."""
        ...

    def lacking(self) -> tuple[Declaration, ...]:
        """Give the declarations for production of which the environment has nothing."""
        ...

    def is_mentioned(self, words: frozenset[str]) -> bool:
        """Whether the tree's files, besides declarations and locks, have one of these words."""
        ...

    def is_installed_elsewhere(self, name: str) -> bool:
        """Whether a script, workflow or image of the tree names a distribution it installs."""
        ...

    def is_used_by_installed(self, installed: Installed, imported: frozenset[str]) -> bool:
        """Whether what is installed needs a distribution, or may import it by its name.

        Asked are those that the project declares or imports, with what they need.
        """
        ...
