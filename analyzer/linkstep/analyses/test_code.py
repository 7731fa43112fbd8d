"""Which modules of a program are its tests.

A name alone is no proof: `numpy.testing` and `app/testing.py` are made for others,
`shared/test_only_guard.py` may guard production. Test code is a `conftest.py`, a file that
is named like a test and defines one, and what lies in a folder `tests` in which one of
these is; a folder `test` counts at the top of the tree only.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from linkstep.model.delivery import Delivery
from linkstep.model.facts import LeftOutOf
from linkstep.model.links import LinkedModule, Program


def without_tests(program: Program) -> Delivery:
    """Give what is left of a program without its tests.

    A file at the top of the tree that nothing imports may be a script of the developers'
    own; it is not taken for production code.
    """
    causes = _test_code(program.modules)
    imported = {edge.target for edge in program.edges if edge.importer != edge.target}

    def takes(path: str) -> bool:
        return path not in causes and ("/" in path or path in imported)

    return Delivery(
        LeftOutOf.PRODUCTION,
        takes,
        lambda path: path in causes,
        lambda path: f"is test code: {causes[path]}",
    )


def _test_code(modules: Iterable[LinkedModule]) -> dict[str, str]:
    """Give the paths of all test code, with what makes each of them test code."""
    listed = list(modules)
    causes = {module.path: why for module in listed if (why := _by_itself(module)) is not None}
    folders: dict[str, str] = {}
    for path in causes:
        for folder in _test_folders(path):
            folders.setdefault(folder, path)
    for module in listed:
        holding = [folder for folder in _test_folders(module.path) if folder in folders]
        if holding:
            why = f"{holding[0]}/ holds tests, such as {folders[holding[0]]}"
            causes.setdefault(module.path, why)
    return causes


def _by_itself(module: LinkedModule) -> str | None:
    name = posixpath.basename(module.path)
    if name == "conftest.py":
        return "pytest reads it as configuration of tests"
    if not (name.startswith("test_") or name.endswith("_test.py")):
        return None
    test = module.links.test
    return None if test is None else f"it defines {test}()"


def _test_folders(path: str) -> Iterable[str]:
    """Give the folders above a path that are named as tests are."""
    parts = path.split("/")[:-1]
    for depth, part in enumerate(parts):
        if part == "tests" or (part == "test" and depth == 0):
            yield "/".join(parts[: depth + 1])
