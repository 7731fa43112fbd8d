"""Where a distribution is named outside of imports: settings, scripts, workflows, images.

A driver that a URL names, an application in a list of settings, a program that a script
calls: none of them is imported, and all of them are used. Files are searched as text, and
only when a declaration would be called unused otherwise, so that too much is taken for a use
and never too little.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from linkstep.model.trace import TextQuestion, WordForm
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.text_questions import word_pattern, words_of

_NOT_TEXT = re.compile(
    r"\.(?:png|jpe?g|gif|ico|svg|webp|pdf|zip|gz|tgz|whl|so|pyd|dll|woff2?|ttf|eot|mo|po|lock|map"
    r"|mp[34]|sqlite3?|db|pyc|parquet|npy|pkl|bin)\Z|\APKG-INFO\Z",
    re.IGNORECASE,
)
_SKIPPED = re.compile(
    r"(?:\.(?:git|hg|svn|venv|tox|nox|eggs|mypy_cache|pytest_cache|ruff_cache)|venv|env|node_modules"
    r"|__pycache__|site-packages|build|dist|.*\.(?:egg|dist)-info)\Z"
)
_LOCKS = re.compile(r"(?:Pipfile|poetry|pdm|uv|pylock[^/]*)\.(?:lock|toml)\Z")
_HISTORY = re.compile(r"CHANGE|HISTORY|NEWS|RELEASE|LICEN|AUTHORS", re.IGNORECASE)
_INSTALLS = re.compile(
    r"(?:Dockerfile|Containerfile|Makefile|tox\.ini|noxfile\.py|meta\.yaml|(?:conda|environment)"
    r"[^/]*\.ya?ml|[^/]*\.(?:sh|bash|ps1|dockerfile|nix)|\.gitlab-ci\.yml|\.pre-commit-config"
    r"\.yaml|app\.yaml|Justfile|justfile|Vagrantfile|Jenkinsfile|runtime\.txt)"
    r"|\.(?:github|circleci|ci)/",
    re.IGNORECASE,
)


class Mentions:
    """The words of a tree's files, read once; `declaring` are the files that declare."""

    def __init__(self, tree: Tree, declaring: Iterable[str]) -> None:
        self._tree = tree
        self._declaring = frozenset(declaring)
        self._texts: list[tuple[str, str]] | None = None
        self._installing: list[str] | None = None

    def anywhere(self, words: Iterable[str]) -> bool:
        """Whether a file has one of the words, in any case; locks and changelogs do not count.

        Of a file that declares, its requirements do not count.

        >>> from linkstep.tree.memory import MemoryTree
        >>> tree = MemoryTree({"settings.py": "URL = 'postgresql+asyncpg://db'", "NEWS.md": "x"})
        >>> Mentions(tree, []).anywhere(["asyncpg"]), Mentions(tree, []).anywhere(["x"])
        (True, False)
        """
        words = list(words)
        pattern = word_pattern(words)
        witness = next((p for p, text in self._all() if self._has(p, text, words, pattern)), "")
        question = TextQuestion(tuple(words), WordForm.DISTRIBUTION, bool(witness), witness=witness)
        self._tree.asked(question)
        return question.answer

    def _has(self, path: str, text: str, words: Sequence[str], pattern: re.Pattern[str]) -> bool:
        if not any(all(part in text for part in _parts(word)) for word in words):
            return False
        told = _without_requirements(text, pattern) if path in self._declaring else text
        return pattern.search(told) is not None

    def where_installing(self, words: Iterable[str]) -> bool:
        """Whether a file that installs things by itself names one of the words."""
        pattern = word_pattern(words)
        if self._installing is None:
            self._installing = [text for path, text in self._all() if _INSTALLS.search(path)]
        return any(pattern.search(text) for text in self._installing)

    def _all(self) -> list[tuple[str, str]]:
        if self._texts is None:
            self._texts = list(self._walk(""))
        return self._texts

    def _walk(self, directory: str) -> Iterator[tuple[str, str]]:
        for name, kind in sorted(self._tree.entries(directory).items()):
            path = posixpath.join(directory, name)
            if kind is EntryKind.DIRECTORY:
                inner = self._tree.entries(path)
                if not _SKIPPED.match(name) and "pyvenv.cfg" not in inner:
                    yield from self._walk(path)
            elif (
                not _NOT_TEXT.search(name) and not _LOCKS.search(name) and not _HISTORY.match(name)
            ):
                text = self._read(path)
                if text:
                    yield path, text

    def _read(self, path: str) -> str:
        whole = path in self._declaring or _INSTALLS.search(path)
        try:
            return words_of((self._tree.read if whole else self._tree.source)(path))
        except OSError:
            return ""


def _parts(word: str) -> list[str]:
    return [part for part in re.split(r"[-_.]+", word.lower()) if part]


def _without_requirements(text: str, pattern: re.Pattern[str]) -> str:
    """Give a declaring file's text without what requires: quoted, or at the start of a line.

    >>> pattern = word_pattern(["six"])
    >>> _without_requirements("a = ['six>=1']\\nsix = '*'\\nrun = 'six:main'", pattern)
    "a = []\\n = '*'\\nrun = 'six:main'"
    """
    name = pattern.pattern
    quoted = rf"""(["']){name}(?:\[[^\]]*\])?\s*(?:[<>=!~;@ ][^"']*)?\1"""
    text = re.sub(quoted, "", text, flags=re.IGNORECASE)
    return re.sub(rf"(?m)^\s*-?\s*{name}", "", text, flags=re.IGNORECASE)
