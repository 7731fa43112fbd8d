"""What a run is prepared with: configuration, settings, the baseline, the files to check."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from msgspec.structs import replace

import linkstep.config as configuration_file
from linkstep.config import Configuration
from linkstep.errors import LinkstepError
from linkstep.model.request import CheckRequest
from linkstep.model.settings import ResolveSettings
from linkstep.model.trace import TextQuestion, WordForm
from linkstep.model.tree import Tree
from linkstep.rulebook.baseline import MAKE, Baseline, parse_baseline
from linkstep.rulebook.comment_words import COMMENTS
from linkstep.rulebook.select import matches
from linkstep.tree.directory import DirectoryTree
from linkstep.tree.open import Source

BASELINE = "linkstep-baseline.json"


def configure(source: Source, request: CheckRequest) -> Configuration:
    """Read the configuration that is in the tree; of an artefact that of the project around it.

    An artefact is laid out otherwise than its sources, so what names directories of the
    sources says nothing about it.
    """
    own = DirectoryTree(source.root) if source.is_built else source.tree

    def read(name: str) -> bytes | None:
        named = Path(request.cwd, name) if name == request.configuration else None
        try:
            return own.read(name) if named is None else named.read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            return None
        except OSError as error:
            raise LinkstepError(f"cannot read {name}", why=str(error.strerror)) from error

    loaded = configuration_file.load_configuration(read, request.configuration)
    if source.roots is not None:
        loaded = replace(loaded, roots=source.roots, include=(), exclude=(), entry_points=())
    return configuration_file.override(loaded, request)


def baseline_of(
    tree: Tree, root: Path, configuration: Configuration, request: CheckRequest
) -> Baseline | None:
    """Give the baseline in use: one that is configured is the tree's own."""
    try:
        if request.baseline:
            path = Path(request.cwd, request.baseline)
            inside = path.resolve().is_relative_to(root.resolve())
            shown = os.path.relpath(path, root) if inside else str(path)
            return parse_baseline(path.read_bytes(), Path(shown).as_posix())
        if request.baseline is None and configuration.baseline is not None:
            return parse_baseline(tree.read(configuration.baseline), configuration.baseline)
    except OSError as error:
        name = request.baseline or configuration.baseline or ""
        why = error.strerror or str(error)
        raise LinkstepError(f"cannot read the baseline {name}", why=why, hint=MAKE) from None
    return None


def baseline_file(root: Path, configuration: Configuration, request: CheckRequest) -> str:
    """Give the path of the baseline in use, or of the one that would be written."""
    if request.baseline:
        return os.path.abspath(Path(request.cwd, request.baseline))
    return str(root / (configuration.baseline or BASELINE))


def settings_of(root: Path, configuration: Configuration, request: CheckRequest) -> ResolveSettings:
    """Give what the resolve stage is told, from configuration and from this process."""
    return ResolveSettings(
        project_root=str(root),
        roots=configuration.roots or None,
        python=_python(configuration, request),
        target_version=configuration.target_version,
        platform=configuration.platform,
        environ=request.environ,
        own_prefix=sys.prefix,
        host_version=sys.version_info[:2],
        host_platform=sys.platform,
        dependencies=configuration.dependencies,
    )


def _python(configuration: Configuration, request: CheckRequest) -> str | None:
    """Give the interpreter: named on the command line from there, else from the root."""
    if request.python is not None:
        return os.path.abspath(Path(request.cwd, os.path.expanduser(request.python)))
    return configuration.python


def selected(
    files: Sequence[str], configuration: Configuration, checked: Sequence[str]
) -> tuple[str, ...]:
    """Give the files to check: those below the paths named, as configuration filters them."""

    def chosen(path: str) -> bool:
        if not any(not p or path == p or path.startswith(p + "/") for p in checked):
            return False
        if configuration.include and not any(matches(p, path) for p in configuration.include):
            return False
        return not any(matches(pattern, path) for pattern in configuration.exclude)

    return tuple(path for path in files if chosen(path))


def reader_of(tree: Tree) -> Callable[[str], bytes | None]:
    """Give a function from a path to its bytes, None when it cannot be read."""

    def read(path: str) -> bytes | None:
        try:
            return tree.read(path)
        except OSError:
            return None

    return read


def commented_text(tree: Tree, path: str) -> bytes | None:
    """Give the bytes of a file that are looked through for comments to linters; None when it
    cannot be read. Of a file without such comments nothing counts.
    """
    try:
        source = tree.source(path)
        lowered = source.lower()
        answer = any(word.encode() in lowered for word in COMMENTS)
        tree.asked(TextQuestion(COMMENTS, WordForm.ANY_CASE, answer, path))
        return source
    except OSError:
        return None


def lines_of(read: Callable[[str], bytes | None]) -> Callable[[str], Sequence[str]]:
    """Give a function from a path to its lines, for showing them."""

    @lru_cache(maxsize=64)
    def lines(path: str) -> Sequence[str]:
        source = read(path) or b""
        return re.split(r"\r\n|\r|\n", source.decode("utf-8", "replace"))

    return lines
