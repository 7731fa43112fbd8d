"""Declarations of `setup.cfg` and `setup.py`; the latter is read, never run."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable

from linkstep.model.declarations import Kind
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.declarations.kinds import KindPatterns, kind_of_group
from linkstep.resolve.declarations.recorder import Recorder
from linkstep.resolve.manifests import Manifest, called_name, calls, only_strings

_FILE = re.compile(r"file:\s*(.+)")


class CodeList:
    """What is known of a list that code makes: its literals, and the files it may read."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.unclear = ""


def read_setup_cfg(manifest: Manifest, recorder: Recorder, patterns: KindPatterns) -> list[str]:
    """Record what `setup.cfg` declares; gives the files that a `file:` directive names.

    >>> from linkstep.model.target import Target
    >>> recorder = Recorder("setup.cfg", "", Target((3, 11)))
    >>> cfg = {"options": {"install_requires": "six"}, "options.extras_require": {"x": "a>1"}}
    >>> read_setup_cfg(Manifest("", setup_cfg=cfg), recorder, KindPatterns())
    []
    >>> [(one.requirement, one.kind.value) for one in recorder.found]
    [('six', 'production'), ('a>1', 'optional')]
    """
    value = manifest.option("options", "install_requires")
    directive = _FILE.match(value.strip())
    if directive is not None:
        return [name.strip() for name in directive[1].split(",")]
    for line in _lines(value):
        recorder.add(line, Kind.PRODUCTION, below="install_requires")
    for extra, value in manifest.setup_cfg.get("options.extras_require", {}).items():
        kind = kind_of_group(extra, recorder.path, patterns, otherwise=Kind.OPTIONAL)
        for line in _lines(value):
            recorder.add(line, kind, extra, below="[options.extras_require]")
    for key in ("tests_require", "setup_requires"):
        kind = Kind.DEVELOPMENT if key == "tests_require" else Kind.BUILD
        for line in _lines(manifest.option("options", key)):
            recorder.add(line, kind, key, below=key)
    return []


def read_setup_py(
    tree: Tree, manifest: Manifest, source: str, recorder: Recorder, patterns: KindPatterns
) -> CodeList:
    """Record the literals of `setup()`; says which files it reads, and what stays unclear.

    A list that is not a literal is clear all the same when the code names requirements
    files that are there, as `open("requirements.txt")` does.
    """
    found = CodeList()
    if not source:
        return found
    keywords = _keywords(source)
    arguments = manifest.setup_py
    for key, kind in (
        ("install_requires", Kind.PRODUCTION),
        ("tests_require", Kind.DEVELOPMENT),
        ("setup_requires", Kind.BUILD),
    ):
        value = arguments.get(key)
        if isinstance(value, list) and None not in value:
            group = "" if kind is Kind.PRODUCTION else key
            for text in only_strings(value):
                recorder.add(text, kind, group)
        elif key == "install_requires" and (key in keywords or "**" in keywords):
            found.files = _named_files(tree, manifest.directory, source)
            if not found.files:
                found.unclear = "the list of install_requires is made by code"
    extras = arguments.get("extras_require")
    if isinstance(extras, dict):
        for extra, texts in extras.items():
            kind = kind_of_group(extra, recorder.path, patterns, otherwise=Kind.OPTIONAL)
            for text in only_strings(texts):
                recorder.add(text, kind, extra)
            if not isinstance(texts, list) or None in texts:
                found.unclear = found.unclear or "a list of extras_require is made by code"
    elif "extras_require" in keywords:
        found.unclear = found.unclear or "extras_require is made by code"
    return found


def _lines(value: str) -> Iterable[str]:
    for line in value.splitlines():
        content = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if content:
            yield content


def _keywords(source: str) -> set[str]:
    """Give the keywords that `setup()` is called with; `**` for those that code adds."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {"**"}
    called = [call for call in calls(tree) if called_name(call) == "setup"]
    return {keyword.arg or "**" for call in called for keyword in call.keywords}


def _named_files(tree: Tree, directory: str, source: str) -> list[str]:
    """Give the requirements files that the strings of a `setup.py` name and that are there."""
    found = []
    for text in dict.fromkeys(re.findall(r"""["']([\w./-]*require[\w./-]*)["']""", source)):
        path = posixpath.normpath(posixpath.join(directory, text))
        where, name = posixpath.split(path)
        if tree.entries(where).get(name) is EntryKind.FILE:
            found.append(path)
    return found
