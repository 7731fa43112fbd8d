"""What a Dockerfile says about Python: its version, and where the code comes to lie.

Only plain instructions are understood: `FROM`, `ARG`, `ENV`, `WORKDIR`, `COPY` and `ADD` of
directories of the build context. Anything else is passed over.
"""

from __future__ import annotations

import posixpath
import re
import shlex

from msgspec import Struct

from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.paths import is_directory, is_file, join, kind, read_text

_NAME = re.compile(r"(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?|[\w.-]+\.[Dd]ockerfile\Z")
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)")


class Dockerfile(Struct, frozen=True):
    """One Dockerfile; `roots` are directories of the tree that are on the path in the image."""

    path: str
    version: tuple[int, int] | None = None
    image: str = ""
    roots: tuple[str, ...] = ()


class Instruction(Struct, frozen=True):
    """One instruction; `line` and `end_line` count from 1, `name` is in capitals."""

    name: str
    rest: str
    line: int
    end_line: int


def find_dockerfiles(tree: Tree, directories: tuple[str, ...]) -> tuple[Dockerfile, ...]:
    """Read the Dockerfiles that lie in the given directories.

    >>> from linkstep.tree.memory import MemoryTree
    >>> text = "FROM python:3.11-slim AS base\\nWORKDIR /srv\\nCOPY backend/app ./app\\n"
    >>> tree = MemoryTree({"Dockerfile": text, "backend/app/main.py": ""})
    >>> find_dockerfiles(tree, ("",))  # doctest: +NORMALIZE_WHITESPACE
    (Dockerfile(path='Dockerfile', version=(3, 11), image='python:3.11-slim',
                roots=('backend',)),)
    """
    found = []
    for directory in directories:
        for name, entry in sorted(tree.entries(directory).items()):
            if entry is EntryKind.FILE and is_dockerfile(name):
                path = posixpath.join(directory, name)
                found.append(_read(tree, path, read_text(tree, path) or ""))
    return tuple(found)


def is_dockerfile(name: str) -> bool:
    """Whether a file of this name is a Dockerfile.

    >>> [is_dockerfile(n) for n in ("Dockerfile.dev", "api.Dockerfile", "dockerfile.py")]
    [True, True, False]
    """
    return _NAME.fullmatch(name) is not None


def _read(tree: Tree, path: str, text: str) -> Dockerfile:
    variables: dict[str, str] = {}
    version, image = None, ""
    workdir = "/"
    copies: list[tuple[str, str]] = []
    wanted: list[str] = []
    for written in instructions(text):
        instruction, rest = written.name, expand_variables(written.rest, variables)
        if instruction == "FROM":
            named = [word for word in rest.split() if not word.startswith("--")]
            found = _image_version(named[0]) if named else None
            if found is not None:
                version, image = found, named[0]
            workdir = "/" if found is not None else workdir
        elif instruction in ("ARG", "ENV"):
            variables.update(assignments(instruction, rest))
            if instruction == "ENV" and "PYTHONPATH" in dict(assignments(instruction, rest)):
                wanted += [p for p in variables["PYTHONPATH"].split(":") if p]
        elif instruction == "WORKDIR":
            workdir = posixpath.normpath(posixpath.join(workdir, rest.strip("\"'")))
            wanted.append(workdir)
        elif instruction in ("COPY", "ADD"):
            copies += _copies(rest, workdir)
    roots = _roots(tree, path, copies, [posixpath.join(workdir, p) for p in wanted])
    return Dockerfile(path, version, image, roots)


def instructions(text: str) -> list[Instruction]:
    """Give the instructions of a Dockerfile, continued lines joined, comments left out.

    Here-documents (`RUN <<EOF`) are not told apart; no instruction that matters has one.

    >>> instructions("# syntax\\nFROM a\\nCMD a \\\\\\n  # why\\n  b\\n")[1]
    Instruction(name='CMD', rest='a    b', line=3, end_line=5)
    """
    found: list[Instruction] = []
    pending: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not line.strip() and not pending):
            continue
        first = first if pending else number
        pending.append(re.sub(r"\\[ \t]*\Z", " ", line))
        if not line.rstrip().endswith("\\"):
            name, _, rest = "".join(pending).strip().partition(" ")
            found.append(Instruction(name.upper(), rest.strip(), first, number))
            pending = []
    return found


def expand_variables(text: str, variables: dict[str, str]) -> str:
    """Replace `$NAME` and `${NAME:-default}`; what is not set is empty.

    >>> expand_variables("$A/${B:-b}/${C}", {"A": "a"})
    'a/b/'
    """

    def value(match: re.Match[str]) -> str:
        return variables.get(match[1] or match[3], match[2] or "")

    return _VARIABLE.sub(value, text)


def assignments(instruction: str, rest: str) -> list[tuple[str, str]]:
    """Give the names and values that `ENV` or `ARG` sets."""
    try:
        words = shlex.split(rest)
    except ValueError:
        return []
    if instruction == "ENV" and words and "=" not in words[0]:
        return [(words[0], " ".join(words[1:]))]  # the old form, ENV NAME value
    pairs = (word.partition("=") for word in words)
    return [(name, value) for name, equals, value in pairs if equals]


def _image_version(image: str) -> tuple[int, int] | None:
    """Read the version out of an image name.

    >>> _image_version("python:3.11-slim"), _image_version("ghcr.io/astral-sh/uv:python3.12-alpine")
    ((3, 11), (3, 12))
    >>> _image_version("registry.local/base/python-3.10:latest"), _image_version("node:3.11")
    ((3, 10), None)
    """
    if "python" not in image.lower():
        return None
    match = re.search(r"python[:v-]*3\.(\d{1,2})(?!\d)", image.lower())
    match = match or re.search(r"python[\w./-]*:(?:[a-z-]*)3\.(\d{1,2})(?!\d)", image.lower())
    return (3, int(match[1])) if match else None


def _copies(rest: str, workdir: str) -> list[tuple[str, str]]:
    if rest.startswith("[") or "--from" in rest:
        words = re.findall(r'"([^"]*)"', rest) if "--from" not in rest else []
    else:
        words = [word for word in rest.split() if not word.startswith("--")]
    if len(words) < 2:
        return []
    *sources, target = words
    return [(source, posixpath.normpath(posixpath.join(workdir, target))) for source in sources]


def _roots(
    tree: Tree, path: str, copies: list[tuple[str, str]], wanted: list[str]
) -> tuple[str, ...]:
    """Translate directories of the image into directories of the tree."""
    own = posixpath.dirname(path)
    named = [source for source, _ in copies if "*" not in source]
    fits = all(kind(tree, join(own, source.strip("/"))) is not None for source in named)
    context = own if fits else ""
    roots: dict[str, None] = {}
    for directory in wanted:
        for source, target in copies:
            place = join(context, source.strip("/"))
            if is_file(tree, place) or place.startswith(".."):
                continue
            if directory == target or directory.startswith(target.rstrip("/") + "/"):
                root = join(place, directory[len(target.rstrip("/")) :].strip("/"))
            elif posixpath.dirname(target) == directory and _same_name(place, target):
                root = posixpath.dirname(place)
            else:
                continue
            if is_directory(tree, root):
                roots.setdefault(root)
    return tuple(roots)


def _same_name(place: str, target: str) -> bool:
    return bool(place) and posixpath.basename(place) == posixpath.basename(target)
