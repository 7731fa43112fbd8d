"""Which files production runs: told by where they are, and by who imports them.

Everything else (tests, documentation, examples, scripts beside the packages, copies of
other people's code) may import what only developers have. A file is called production code
only when nothing speaks against it.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Collection, Sequence

_NEVER = re.compile(
    r"(?:.*_)?tests?|testing|conftest|docs?|examples?|samples?|demos?|benchmarks?|bench|fixtures"
    r"|_?vendor(?:ed|s)?|_vendored|third_party|thirdparty|_?extern(?:al|s)?|notebooks?|typings|stubs"
)
_NEVER_AT_TOP = re.compile(
    r"scripts?|tools?|t|ci|\..*|hack|contrib|misc|dev|devtools|build_tools|e2e|integration|experiments"
    r"|profiling|perf|release|bin|asv_bench|packaging|etc"
)
_TEST = re.compile(r"test_.*|.*_tests?|tests?|conftest")
_NEVER_NAMED = re.compile(
    r"test_.*|.*_tests?|tests?|conftest|setup|noxfile|tasks|fabfile|dodo|hatch_build|pavement"
    r"|build|_build|wscript|versioneer|ez_setup|bootstrap|release|runtests|make"
)


class ProductionCode:
    """Tells which files are production code.

    `files` are all of the project's files, `imported` those that another one imports,
    `development` patterns of files that are not, as in configuration.
    """

    def __init__(
        self, files: Sequence[str], imported: Collection[str], development: Sequence[str]
    ) -> None:
        self._packages = {posixpath.dirname(p) for p in files if p.endswith("/__init__.py")}
        self._imported = frozenset(imported)
        self._development = development
        self._has_packages = any(not self._is_aside(place) for place in self._packages)

    def has(self, path: str) -> bool:
        """Whether a file certainly is production code.

        >>> files = ["shop/__init__.py", "shop/tests/a.py", "shop/tools/__init__.py", "c.py"]
        >>> code = ProductionCode(files, ["c.py"], [])
        >>> [path for path in (*files, "alone.py", "tools/d.py") if code.has(path)]
        ['shop/__init__.py', 'shop/tools/__init__.py', 'c.py']
        """
        directory, name = posixpath.split(path)
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in self._development):
            return False
        if self._is_aside(directory) or _NEVER.fullmatch(name.removesuffix(".py")):
            return False
        if directory in self._packages:
            return not _TEST.fullmatch(name.removesuffix(".py"))
        if _NEVER_NAMED.fullmatch(name.removesuffix(".py")):
            return False
        return path in self._imported or not self._has_packages

    def _is_aside(self, directory: str) -> bool:
        parts = directory.split("/") if directory else []
        return any(_NEVER.fullmatch(part) for part in parts) or bool(
            parts and _NEVER_AT_TOP.fullmatch(parts[0])
        )
