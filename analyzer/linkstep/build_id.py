"""Which linkstep this is: what a cache of another one must not be taken for.

An installed linkstep is known by the hashes that its installer wrote down, so that all
environments that have the same one share a cache. A checkout is known by the state of its files
on the disk, so that an edit shows at once. The versions of the libraries count as well, since
parsers, markers and stubs come from them. So does the switch of the native reader: without it
nothing counts that it has read.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache

from linkstep import __version__
from linkstep.model.digests import digest_of

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_LIBRARIES = (
    *("backports-zstd", "libcst", "msgspec", "networkx", "packaging", "pathspec", "pyyaml"),
    *("tomli", "tree-sitter", "tree-sitter-bash", "typeshed-client"),
)


@lru_cache(maxsize=1)
def build_id() -> bytes:
    """Give 16 bytes that stand for linkstep, its libraries and the Python that runs it."""
    lines = (
        *(__version__, sys.version, sys.platform, sys.implementation.name),
        f"native reader {os.environ.get('LINKSTEP_NATIVE') != '0'}",
        *sorted(_own_files()),
        *sorted(_libraries()),
    )
    return digest_of("\n".join(lines).encode("utf-8", "replace"))


def _own_files() -> Iterator[str]:
    site = os.path.dirname(_PACKAGE)
    record = os.path.join(site, f"linkstep-{__version__}.dist-info", "RECORD")
    try:
        with open(record, encoding="utf-8") as file:
            yield from (
                line for line in file if line.startswith("linkstep/") and ".pyc," not in line
            )
    except OSError:
        yield from _states(_PACKAGE)
        yield from _states(os.path.join(os.path.dirname(site), "rules"))


def _states(directory: str) -> Iterator[str]:
    """Give name, time and size of what a checkout has, without what Python compiles."""
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        yield from _states(entry.path)
                else:
                    state = entry.stat()
                    yield f"{entry.path} {state.st_mtime_ns} {state.st_size}"
    except OSError as error:
        yield f"{directory} {error.errno}"


def _libraries() -> Iterator[str]:
    """Give the names of the directories in which installers say which versions there are."""
    for place in dict.fromkeys(sys.path):
        if not place.endswith(("site-packages", "dist-packages")):
            continue
        try:
            names = os.listdir(place)
        except OSError:
            continue
        for name in names:
            distribution = re.sub(r"[._]", "-", name.partition("-")[0].lower())
            if name.endswith((".dist-info", ".egg-info")) and distribution in _LIBRARIES:
                yield name
