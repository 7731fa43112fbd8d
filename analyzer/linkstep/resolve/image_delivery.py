"""What an image gets of the tree, by the Dockerfile that builds it.

`COPY` and `ADD` bring files of the build context, and `.dockerignore` keeps some out of it.
Only what is certain counts: a Dockerfile that fetches code in other ways, or whose context
is not clear, is not judged. That no `COPY` brings a file proves something only where the
image begins with one that holds no code of anybody.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from linkstep.model.delivery import Delivery
from linkstep.model.facts import LeftOutOf
from linkstep.model.tree import EntryKind, Tree
from linkstep.resolve.dockerfile import is_dockerfile
from linkstep.resolve.dockerignore import DockerIgnore, docker_ignore
from linkstep.resolve.launch.docker import Stage, build_context, read_stages
from linkstep.resolve.paths import is_file, is_inside, read_text

# Images that hold an operating system and Python, and nothing that a project imports.
_PLAIN_BASE = re.compile(
    r"(?:docker\.io/)?(?:library/)?(?:python|debian|ubuntu|alpine|fedora|rockylinux|almalinux)"
    r"(?:[:@].*)?|(?:ghcr\.io/astral-sh/uv|gcr\.io/distroless/python3?[\w-]*)(?:[:@].*)?"
)
# A mount brings files into a RUN that no COPY shows; what is moved or removed is not followed.
_UNCLEAR = re.compile(r"--mount=type=bind|<<|\bONBUILD\b")


def image_deliveries(tree: Tree) -> tuple[Delivery, ...]:
    """Give what each Dockerfile's last stage gets.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({
    ...     "Dockerfile": "FROM python:3.12\\nCOPY . /srv\\n", ".dockerignore": "**/test_*.py\\n",
    ...     "shop/main.py": "", "shop/test_guard.py": "",
    ... })
    >>> [image] = image_deliveries(tree)
    >>> image.takes("shop/main.py"), image.lacks("shop/test_guard.py")
    (True, True)
    >>> image.cause("shop/test_guard.py")
    'is kept out of the image of Dockerfile by `**/test_*.py` in .dockerignore:1'
    """
    found = (_delivery(tree, path) for path in dockerfiles(tree))
    return tuple(delivery for delivery in found if delivery is not None)


def dockerfiles(tree: Tree) -> list[str]:
    """Give the Dockerfiles at the top, and in any directory on the way to Python files."""
    directories = {"", "docker", "deploy"}
    for path in tree.files():
        directory = posixpath.dirname(path)
        while directory not in directories:
            directories.add(directory)
            directory = posixpath.dirname(directory)
    return [
        posixpath.join(directory, name)
        for directory in sorted(directories)
        for name, kind in sorted(tree.entries(directory).items())
        if kind is EntryKind.FILE and is_dockerfile(name)
    ]


def _delivery(tree: Tree, path: str) -> Delivery | None:
    text = read_text(tree, path) or ""
    context = build_context(tree, path)
    stages = read_stages(tree, path)
    if context is None or not stages or not stages[-1].complete or _UNCLEAR.search(text):
        return None
    sources = {copy.source for copy in stages[-1].copies}
    if not sources:
        return None
    file, ignored = _ignore_file(tree, path, context)
    is_plain = _PLAIN_BASE.fullmatch(_root_base(stages)) is not None

    def keeps_out(place: str) -> str | None:
        if not is_inside(place, context):
            return None
        pattern = ignored.decides(place[len(context) + 1 :] if context else place)
        return None if pattern is None else f"`{pattern.text}` in {file}:{pattern.line}"

    def copied(place: str) -> bool:
        return any(is_inside(place, source) for source in sources)

    def takes(place: str) -> bool:
        return copied(place) and keeps_out(place) is None

    def lacks(place: str) -> bool:
        if copied(place):
            return keeps_out(place) is not None
        return is_plain and is_inside(place, context) and not place.startswith("/")

    def cause(place: str) -> str:
        pattern = keeps_out(place) if copied(place) else None
        if pattern is not None:
            return f"is kept out of the image of {path} by {pattern}"
        return f"is not in the image of {path}: no COPY brings it"

    return Delivery(LeftOutOf.IMAGE, takes, lacks, cause)


def _ignore_file(tree: Tree, path: str, context: str) -> tuple[str, DockerIgnore]:
    """Read the ignore file: the Dockerfile's own, else that of the context."""
    for file in (f"{path}.dockerignore", posixpath.join(context, ".dockerignore")):
        if is_file(tree, file):
            return file, docker_ignore(read_text(tree, file) or "")
    return "", docker_ignore("")


def _root_base(stages: Sequence[Stage]) -> str:
    """Give the image that the last stage begins with, through the stages it builds on."""
    base = stages[-1].base
    names = {stage.name: stage.base for stage in stages if stage.name}
    for _ in stages:
        base = names.get(base.lower(), base)
    return base
