"""Where a run starts: the files a user named, and the project they belong to.

A request names a directory, an archive, the git index or a revision. Each becomes one
`Source`; what comes after it does not know which it was.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from linkstep.errors import LinkstepError
from linkstep.model.request import CheckRequest
from linkstep.model.tree import EntryKind, Tree
from linkstep.pyproject import read_toml
from linkstep.tree.archive import is_archive, open_archive
from linkstep.tree.directory import DirectoryTree
from linkstep.tree.git import GitTree, open_index, open_revision
from linkstep.tree.git_repository import Repository
from linkstep.tree.inputs import END
from linkstep.tree.journal import Journal
from linkstep.tree.recording import directory_tree


class Source(Struct, frozen=True):
    """What is checked.

    `root` is the project's directory on disk: the paths of a report are counted from it,
    and the environment is looked for there. `checked` are the paths named, counted from
    the root too; `""` means all. `roots` are those that an archive brings along; None leaves
    them to the project's build files.
    `is_built` says that the tree is an artefact, laid out otherwise than its sources.
    """

    tree: Tree
    root: Path
    checked: tuple[str, ...]
    roots: tuple[str, ...] | None = None
    is_built: bool = False


def open_source(request: CheckRequest, journal: Journal | None = None) -> Source:
    """Open what a request names, `--since` aside.

    `journal` takes note of all that is taken from it; of an archive it has nothing.

    Raises LinkstepError when it is not there, or when two things are asked for at once.
    """
    if request.staged and request.rev is not None:
        raise LinkstepError("--staged and --rev name two different things to check")
    archives = [text for text in request.paths if is_archive(Path(request.cwd, text))]
    if archives:
        if journal is not None:
            journal.torn = True
        return _open_archive(request, archives[0])
    if request.staged or request.rev is not None:
        return _open_git(request, journal)
    root, checked = _locate(request)
    if journal is not None:
        journal.look(END, str(root))
    return Source(open_tree(root, journal), root, checked)


def open_earlier(
    request: CheckRequest, revision: str, journal: Journal | None = None
) -> Callable[[str], GitTree]:
    """Give what opens an earlier state of what a request names, for a project root.

    Raises LinkstepError, at once, when there is no such revision.
    """
    archives = [text for text in request.paths if is_archive(Path(request.cwd, text))]
    if archives:
        raise _not_in_git(archives[0])
    is_held = request.staged or request.rev is not None
    stand = _stand(request) if is_held else _locate(request)[0]
    repository = Repository(stand, request.environ, journal)

    def opened(root: str) -> GitTree:
        tree = open_revision(repository, revision, request.environ)
        return tree.below(_within(Path(root), repository.top))

    if not repository.has(revision):
        open_revision(repository, revision, request.environ)  # it says what is wrong
    return opened


def open_tree(path: Path, journal: Journal | None = None) -> DirectoryTree:
    """Give the directory `path` as a tree.

    Raises LinkstepError when there is nothing at `path`, when it is not a directory, or
    when it cannot be listed.
    """
    where = str(path)
    if not os.path.lexists(path):
        raise LinkstepError("no such directory", where=where)
    if not path.exists():
        raise LinkstepError("no such directory", where=where, why="it is a link that leads nowhere")
    if not path.is_dir():
        raise LinkstepError("not a directory", where=where)
    try:
        os.scandir(path).close()
    except OSError as error:
        raise LinkstepError(
            "cannot list the directory", where=where, why=error.strerror or str(error)
        ) from None
    return directory_tree(path, journal)


def find_project_root(path: Path, start: Path | None = None) -> Path:
    """Give the directory that the paths of a report are counted from.

    From `path` upwards to the top of the git checkout, or of the disk when there is
    none: the nearest directory with a `linkstep.toml`, or with a `pyproject.toml` that
    has a `[tool.linkstep]` table; else the top of the checkout, since a part of a
    monorepo imports from its other parts; else the nearest directory with a
    `pyproject.toml`, `setup.cfg` or `setup.py`; else `start`, the directory where the user
    stands, when it holds `path`; else `path`, or the directory it is in.
    """
    here = Path(os.path.abspath(path))
    if not here.is_dir():
        here = here.parent
    upwards = [here, *here.parents]
    fallback = start if start in upwards and start is not None else here
    top = next((directory for directory in upwards if (directory / ".git").exists()), None)
    if top is not None:
        upwards = upwards[: upwards.index(top) + 1]
    configured = next((d for d in upwards if _is_configured(_reader_in(d))), None)
    return configured or top or next(filter(_is_project, upwards), fallback)


def _open_git(request: CheckRequest, journal: Journal | None) -> Source:
    """Open the index or a revision; the project root is found in what git holds."""
    repository = Repository(_stand(request), request.environ, journal)
    if request.rev is not None:
        tree, of = open_revision(repository, request.rev, request.environ), f"in {request.rev}"
    else:
        tree, of = open_index(repository, request.environ), "in the index"
    if journal is not None:
        journal.look(END, str(repository.top))
    named = []
    for text in request.paths or (".",):
        place = _within(Path(os.path.realpath(Path(request.cwd, text))), repository.top)
        if request.paths and not _exists(tree, place):
            raise LinkstepError(f"there is no file or directory {text} {of}")
        named.append(place)
    root = _root_in(tree, named[0])
    checked = tuple(
        _below(place, root, text)
        for place, text in zip(named, request.paths or (".",), strict=True)
    )
    return Source(tree.below(root), repository.top / root, checked)


def _open_archive(request: CheckRequest, text: str) -> Source:
    if len(request.paths) > 1:
        raise LinkstepError(f"{text} has to be checked alone", hint="check one archive at a time")
    if request.staged or request.rev is not None:
        raise _not_in_git(text)
    here = Path(os.path.abspath(request.cwd))
    root = find_project_root(here, here)
    tree = open_archive(Path(request.cwd, text), root)
    return Source(tree, root, ("",), tree.layout.roots, tree.layout.roots is not None)


def _locate(request: CheckRequest) -> tuple[Path, tuple[str, ...]]:
    """Give the project root and the paths to check, relative to it."""
    named = [Path(request.cwd, path) for path in request.paths or (".",)]
    for path, text in zip(named, request.paths or (".",), strict=True):
        if not path.exists():
            raise LinkstepError(f"there is no file or directory {text}")
    root = find_project_root(named[0], Path(os.path.abspath(request.cwd)))
    checked = []
    for path, text in zip(named, request.paths or (".",), strict=True):
        inside = os.path.relpath(os.path.abspath(path), root)
        if inside.startswith(".."):
            raise _outside(text, str(root))
        checked.append("" if inside == "." else Path(inside).as_posix())
    return root, tuple(checked)


def _stand(request: CheckRequest) -> Path:
    """Give where git is asked: where the user stands, or the directory named.

    The variables that git gives to hooks are counted from where the hook stands.
    """
    told = {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"} & request.environ.keys()
    named = Path(request.cwd, request.paths[0]) if request.paths else None
    return Path(request.cwd) if told or named is None or not named.is_dir() else named


def _within(path: Path, top: Path) -> str:
    """Give a directory or file of the disk as a path from the top of the repository."""
    inside = os.path.relpath(os.path.realpath(path), os.path.realpath(top))
    if inside.startswith(".."):
        return ""  # a bare repository, or GIT_DIR names one elsewhere
    return "" if inside == "." else Path(inside).as_posix()


def _root_in(tree: GitTree, place: str) -> str:
    """Find the project root as `find_project_root` does, in what git holds."""
    directory = place
    while directory:
        if _is_configured(_reader_of(tree, directory)):
            return directory
        directory = posixpath.dirname(directory)
    return ""


def _below(place: str, root: str, text: str) -> str:
    if not root or place == root:
        return place if not root else ""
    if not place.startswith(root + "/"):
        raise _outside(text, root)
    return place[len(root) + 1 :]


def _outside(text: str, root: str) -> LinkstepError:
    return LinkstepError(
        f"{text} is outside of the project", where=root, hint="check one project at a time"
    )


def _not_in_git(archive: str) -> LinkstepError:
    return LinkstepError(f"{archive} is an archive; git does not know an earlier state of it")


def _exists(tree: GitTree, place: str) -> bool:
    directory, name = posixpath.split(place)
    return not place or name in tree.entries(directory)


def _reader_in(directory: Path) -> Callable[[str], bytes | None]:
    def read(name: str) -> bytes | None:
        path = directory / name
        return path.read_bytes() if path.is_file() else None

    return read


def _reader_of(tree: Tree, directory: str) -> Callable[[str], bytes | None]:
    def read(name: str) -> bytes | None:
        is_there = tree.entries(directory).get(name) is EntryKind.FILE
        return tree.read(posixpath.join(directory, name)) if is_there else None

    return read


def _is_configured(read: Callable[[str], bytes | None]) -> bool:
    """Whether a directory, given by how its files are read, configures linkstep."""
    try:
        if read("linkstep.toml") is not None:
            return True
        pyproject = read("pyproject.toml") or b""
        if b"linkstep" not in pyproject and b"\\" not in pyproject:  # nor with escapes
            return False
        tool: Any = read_toml(pyproject, "pyproject.toml").get("tool")
    except (OSError, LinkstepError):
        return False  # a broken file is reported by whoever needs what is in it
    return isinstance(tool, dict) and "linkstep" in tool


def _is_project(directory: Path) -> bool:
    return any((directory / name).is_file() for name in ("pyproject.toml", "setup.cfg", "setup.py"))
