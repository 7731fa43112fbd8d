"""Where a name went: the modules that define it after an upgrade.

Looked for in the upgraded distributions and in what they need, as text: a definition at the
left margin. The public path is preferred, where the package itself takes the name in.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator

from linkstep.model.tree import Tree
from linkstep.resolve.installed import Installation

_MOST = 3
_DEFINED = rb"^(?:class|def|async def) %b\b|^%b *(?::[^=\n]*)?="
_IMPORTED = rb"^(?:from [\w.]+ import |    )[^#\n]*\b%b\b"


def find_homes(
    tree: Tree, installation: Installation, upgraded: Iterable[str], names: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Give the modules that define each of some names, the shortest paths first.

    >>> from linkstep.model.environment import Environment, Origin, PathEntry
    >>> from linkstep.model.target import Target
    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"/s/m-1.dist-info/RECORD": "m/__init__.py,,\\nm/_n.py,,\\n",
    ...     "/s/m/__init__.py": "from ._n import Markup\\n", "/s/m/_n.py": "class Markup: ..."})
    >>> site = Environment((PathEntry("/s", Origin.THIRD_PARTY, ""),), found=True)
    >>> find_homes(tree, Installation(tree, site, Target((3, 11))), ["m"], ["Markup"])
    {'Markup': ('m',)}
    """
    wanted = sorted({name.rpartition(".")[2] for name in names if name.isidentifier()})
    if not wanted:
        return {}
    found: dict[str, set[str]] = {}
    sources = dict(_sources(tree, installation, upgraded))
    for name in wanted:
        written = name.encode()
        defined = re.compile(_DEFINED % (written, written), re.MULTILINE)
        imported = re.compile(_IMPORTED % written, re.MULTILINE)
        for module, text in sources.items():
            if written in text and defined.search(text):
                found.setdefault(name, set()).add(_public(module, imported, sources))
    return {name: tuple(_best(modules)) for name, modules in found.items() if _best(modules)}


def _sources(
    tree: Tree, installation: Installation, upgraded: Iterable[str]
) -> Iterator[tuple[str, bytes]]:
    """Give the modules of distributions and of what they need, by name, with their text."""
    for name in installation.closure((one, ()) for one in upgraded):
        site = installation.distributions[name].site
        for path in sorted(installation.files(name)):
            parts = path.removesuffix(".py").split("/")
            named = path.endswith(".py") and all(part.isidentifier() for part in parts)
            if named and not {"tests", "test", "testing", "_vendor"}.intersection(parts):
                module = parts[:-1] if parts[-1] == "__init__" else parts
                with contextlib.suppress(OSError):
                    yield ".".join(module), tree.read(f"{site}/{path}")


def _public(module: str, imported: re.Pattern[bytes], sources: dict[str, bytes]) -> str:
    """Give the package that takes the name in from `module`, or the module itself."""
    parts = module.split(".")
    for depth in range(1, len(parts)):
        package = ".".join(parts[:depth])
        if imported.search(sources.get(package, b"")):
            return package
    return module


def _best(modules: set[str]) -> list[str]:
    public = [m for m in modules if not any(part.startswith("_") for part in m.split("."))]
    return sorted(public, key=lambda module: (module.count("."), module))[:_MOST]
