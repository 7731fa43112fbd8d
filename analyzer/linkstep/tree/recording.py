"""A directory as a tree that takes note of everything that is taken from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from linkstep.model.trace import TextQuestion
from linkstep.model.tree import EntryKind, Tree
from linkstep.tree.directory import DirectoryTree
from linkstep.tree.ignored import Ignored
from linkstep.tree.inputs import END, FILE, KIND
from linkstep.tree.journal import Journal


def directory_tree(root: Path, journal: Journal | None) -> DirectoryTree:
    """Give a directory as a tree; where there is a journal it has all that is taken from it."""
    return DirectoryTree(root) if journal is None else RecordedTree(root, journal)


def journal_of(tree: Tree) -> Journal | None:
    """Give the journal that a tree writes what is taken from it into; None for no journal."""
    journal: Journal | None = getattr(tree, "journal", None)
    return journal


class RecordedTree(DirectoryTree):
    """A directory whose journal has everything that was taken from it."""

    def __init__(self, root: Path, journal: Journal) -> None:
        super().__init__(root)
        self.journal = journal

    def read(self, path: str) -> bytes:
        """Give the bytes of a regular file; OSError for anything else, at once."""
        self.journal.texts.add(self._on_disk(path))
        return self.journal.read(self._on_disk(path))

    def source(self, path: str) -> bytes:
        """Give a file's bytes as `read` does, for its summary or for what `asked` tells."""
        return self.journal.read(self._on_disk(path))

    def asked(self, question: TextQuestion) -> None:
        """Take note of what was made of the text of files that `source` gave."""
        self.journal.questions.add(question)

    def real_path(self, path: str) -> str:
        """Give the absolute path that links lead to."""
        self.journal.look(END, self._on_disk(path))
        return super().real_path(path)

    def content_id(self, path: str) -> bytes | None:
        """Give what stands for the content of a file, if that is known without reading it."""
        return self.journal.content_id(self._on_disk(path))

    def _listed(self, directory: str) -> tuple[Mapping[str, EntryKind], frozenset[str]]:
        return self.journal.list(self._on_disk(directory))

    def _ignored(self) -> Ignored:
        def note(path: Path, *, content: bool) -> None:
            self.journal.look(FILE if content else KIND, os.path.abspath(path))

        return Ignored(self.root, note)
