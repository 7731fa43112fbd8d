"""What a command line depends on besides its words: directory, variables, files."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from linkstep.model.facts import Location
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.paths import kind, read_text

_DEEPEST = 8


class LaunchContext(Struct, frozen=True):
    """Where a command runs.

    `tree` holds the files by the paths that the command sees: those of the image for a
    command of an image, those of the project for a Makefile. `directory` is the working
    directory (`UNKNOWN` where nobody can tell), `environ` the variables that are known.
    `label` and `declared_at` say where the command is written (`CMD in Dockerfile`).
    `scripts` maps console scripts that installing the project makes to what they call
    (`shop` to `shop.cli:main`). `arguments` are the words after a wrapper script, its
    `"$@"`. `text_line` is the line of the file at which a shell text begins, 0 when its
    lines are not those of the file. `guarded` says that somebody expects the command to
    fail. `depth` counts the wrappers.
    """

    tree: Tree
    label: str
    declared_at: Location
    directory: str = ""
    environ: dict[str, str] = {}
    scripts: dict[str, str] = {}
    arguments: tuple[str, ...] = ()
    text_line: int = 0
    guarded: bool = False
    depth: int = 0
    seen: Callable[[Sequence[str], LaunchContext], None] | None = None

    @property
    def too_deep(self) -> bool:
        """Whether wrappers start wrappers without end."""
        return self.depth > _DEEPEST

    def path_of(self, name: str) -> str:
        """Give a path that the command names, counted from the working directory.

        `..` above the project root stays as it is: it leads out of the tree.
        """
        path = posixpath.normpath(posixpath.join(self.directory, name))
        return "" if path == "." else path

    def has_file(self, path: str) -> bool:
        """Whether a file is there."""
        return kind(self.tree, path) is EntryKind.FILE

    def has_directory(self, path: str) -> bool:
        """Whether a directory is there."""
        return kind(self.tree, path) is EntryKind.DIRECTORY

    def text(self, path: str) -> str | None:
        """Give a file's text; None when it cannot be read."""
        return read_text(self.tree, path)

    def program(self, name: str) -> str | None:
        """Give the path of the file that runs as program `name`; None when it is not there.

        A name with a slash is a path; any other is looked for in the directories of `PATH`.
        """
        if "/" in name:
            path = self.path_of(name)
            return path if self.has_file(path) else None
        for directory in self.environ.get("PATH", "").split(":"):
            if directory.startswith("/") and self.has_file(posixpath.join(directory, name)):
                return posixpath.join(directory, name)
        return None

    def inside(self, **changes: object) -> LaunchContext:
        """Give the context of a command that this one starts, with `changes` made."""
        return replace(self, depth=self.depth + 1, **changes)
