"""The tree: a read-only set of files, wherever they come from."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Protocol

from linkstep.model.trace import TextQuestion


class EntryKind(enum.Enum):
    """What a directory entry is once links are followed."""

    FILE = "file"
    DIRECTORY = "directory"


class Tree(Protocol):
    """Files by path. Nothing is executed and nothing is written.

    Paths use `/`. A relative path is counted from the project root (`""` is the root
    itself) and is what findings show. An absolute path reaches the environment.
    """

    def files(self) -> tuple[str, ...]:
        """Give the project's own Python files (`.py`, `.pyi`), sorted; ignored ones left out."""
        ...

    def entries(self, directory: str) -> Mapping[str, EntryKind]:
        """List a directory; empty when it is not one. Ignored files are listed too."""
        ...

    def read(self, path: str) -> bytes:
        """Give a file's bytes; OSError when there is no such file or it cannot be read."""
        ...

    def source(self, path: str) -> bytes:
        """Give a file's bytes as `read` does, for its summary or for what `asked` tells."""
        return self.read(path)

    def asked(self, question: TextQuestion) -> None:
        """Take note of what was made of the text of files that `source` gave."""
        _ = question

    def real_path(self, path: str) -> str:
        """Give the path that links lead to; the path itself where there are no links."""
        return path

    def content_id(self, path: str) -> bytes | None:
        """Give 16 bytes that stand for a file's content, None where only reading tells."""
        return None
