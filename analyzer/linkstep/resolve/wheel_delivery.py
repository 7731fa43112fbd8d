"""What a wheel gets of the tree, by the settings of the build backend that makes it.

Only a project that says how it is built is judged: a `[build-system]`, or a `setup.py` or
`setup.cfg` with packages. Files outside of its directory belong to somebody else's wheel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from linkstep.model.delivery import Delivery
from linkstep.model.facts import LeftOutOf
from linkstep.model.tree import Tree
from linkstep.resolve.manifests import Manifest, find_manifests
from linkstep.resolve.paths import is_inside
from linkstep.resolve.wheel_backends import (
    flit_rules,
    hatchling_rules,
    pdm_rules,
    poetry_rules,
    uv_rules,
)
from linkstep.resolve.wheel_rules import TAKEN, Match, Rules, Sources
from linkstep.resolve.wheel_setuptools import setuptools_rules

_BACKENDS: dict[str, Callable[[Sources, Match], Rules | None]] = {
    "hatchling.build": hatchling_rules,
    "poetry.core.masonry.api": poetry_rules,
    "poetry.masonry.api": poetry_rules,
    "flit_core.buildapi": flit_rules,
    "flit.buildapi": flit_rules,
    "pdm.backend": pdm_rules,
    "uv_build": uv_rules,
}


def wheel_deliveries(tree: Tree, match: Match) -> tuple[Delivery, ...]:
    """Give what the wheel of each project in the tree gets; `match` knows `.gitignore` patterns.

    >>> from linkstep.tree.memory import MemoryTree
    >>> build = '[build-system]\\nbuild-backend = "flit_core.buildapi"\\n'
    >>> build += '[project]\\nname = "shop"\\n'
    >>> tree = MemoryTree({"pyproject.toml": build, "shop/__init__.py": "", "conf.py": ""})
    >>> [wheel] = wheel_deliveries(tree, lambda patterns, path: None)
    >>> wheel.takes("shop/__init__.py"), wheel.cause("conf.py")
    (True, 'is not in the wheel: Flit takes shop only')
    """
    found = (_delivery(tree, manifest, match) for manifest in find_manifests(tree))
    return tuple(delivery for delivery in found if delivery is not None)


def _delivery(tree: Tree, manifest: Manifest, match: Match) -> Delivery | None:
    rules = _rules(Sources(tree, manifest), match)
    if rules is None:
        return None
    base = manifest.directory
    own = cache(rules)

    def inner(path: str) -> str:
        return path[len(base) + 1 :] if base else path

    def takes(path: str) -> bool:
        return is_inside(path, base) and own(inner(path)) is TAKEN

    def lacks(path: str) -> bool:
        return is_inside(path, base) and bool(own(inner(path)))

    return Delivery(LeftOutOf.WHEEL, takes, lacks, lambda path: own(inner(path)) or "")


def _rules(sources: Sources, match: Match) -> Rules | None:
    manifest = sources.manifest
    backend = manifest.value("build-system", "build-backend")
    if manifest.value("build-system", "backend-path") is not None:
        return None  # a backend of the project's own
    read = _BACKENDS.get(backend) if isinstance(backend, str) else None
    if read is None and backend in (None, "setuptools.build_meta"):
        declared = bool(manifest.table("build-system")) or bool(manifest.setup_py)
        declared = declared or bool(manifest.option("options", "packages"))
        read = (lambda sources, match: setuptools_rules(sources)) if declared else None
    return None if read is None else partial(read, sources, match)()
