"""A container image: its configuration, its layers, and what is asked of its file tree."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from linkstep.model.binary import Binary
from linkstep.model.environment import Project
from linkstep.model.request import CheckRequest
from linkstep.model.tree import Tree

DOCKER_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ImageConfig(Struct, frozen=True):
    """What an image says about the process it starts.

    `environ` is `Env`, the last value of a name. `working_dir` is absolute. `user` is
    written as in the image: a name or number, with a group behind a colon or without.
    """

    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    working_dir: str = "/"
    environ: dict[str, str] = {}
    user: str = ""
    architecture: str = ""
    os: str = "linux"

    @property
    def argv(self) -> tuple[str, ...]:
        """What is executed: the entrypoint with the command as its arguments."""
        return self.entrypoint + self.cmd

    @property
    def path(self) -> tuple[str, ...]:
        """The directories in which programs are looked for."""
        return tuple(part for part in self.environ.get("PATH", DOCKER_PATH).split(":") if part)


class Layer(Struct, frozen=True):
    """One layer, counted from 1; `created_by` is the instruction that made it, if known."""

    number: int
    digest: str
    created_by: str = ""


class Version(Struct, frozen=True):
    """A file as it was before an upper layer removed or replaced it."""

    written_by: int
    ended_by: int
    replaced: bool
    content: bytes | None = None


class ImageDescription(Struct, frozen=True):
    """What was read: where from, which image of it, its configuration and layers.

    `form` is how it is kept (`docker archive`, `OCI layout`, ...). `config` is None for a
    bare file tree. `notes` are remarks about the layers.
    """

    where: str
    form: str
    name: str
    config: ImageConfig | None
    layers: tuple[Layer, ...]
    entries: int = 0
    notes: tuple[str, ...] = ()


class ImageFiles(Tree, Protocol):
    """A tree that also knows modes, links, binaries and layers. Paths are absolute."""

    def absolute(self, path: str) -> str:
        """Give a path counted from the root of the image."""
        ...

    def is_executable(self, path: str) -> bool:
        """Say whether a regular file is at `path` that the image's user may execute."""
        ...

    def link(self, path: str) -> str | None:
        """Give where the link at `path` points, None when there is none."""
        ...

    def binary(self, path: str) -> Binary | None:
        """Give what the ELF file at `path` says, None when it is none that can be read."""
        ...

    def layer_of(self, path: str) -> int | None:
        """Give the number of the layer that wrote what is at `path`."""
        ...

    def versions(self, path: str) -> tuple[Version, ...]:
        """Give what was at `path` before upper layers removed or replaced it, oldest first."""
        ...


class ImageRequest(Struct, frozen=True):
    """One run of `linkstep image`, as the command line asked for it.

    `source` is a path, or `-` for standard input. `ref` and `platform` choose among several
    images. `entries` replace the image's command, `working_dir`, `environ` and `user` what
    its configuration says. `root` is the application's directory in the image. `sources`
    is a source tree on disk to compare with. `max_size` bounds the decompressed size.
    """

    check: CheckRequest
    source: str
    ref: str | None = None
    platform: str | None = None
    entries: tuple[str, ...] = ()
    working_dir: str | None = None
    environ: dict[str, str] = {}
    user: str | None = None
    root: str | None = None
    sources: str | None = None
    max_size: int | None = None


class CommandLine(Struct, frozen=True):
    """A command of an image for `--explain`: how it is written, and the programs on the way."""

    text: str
    why: str
    steps: tuple[tuple[str, str], ...]


class ImageExplanation(Struct, frozen=True):
    """What an image would be linked against, and why.

    `base` is the application's directory. `python` is the interpreter as the command
    starts it, with the file behind its links.
    """

    description: ImageDescription
    commands: tuple[CommandLine, ...]
    entries: tuple[str, ...]
    base: str
    python: tuple[str, str] | None
    project: Project
