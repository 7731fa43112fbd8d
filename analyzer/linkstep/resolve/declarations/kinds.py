"""Which declarations are for development: inferred from the names that people give groups.

A group that nobody can classify is *optional*: it declares its distributions, and proves
neither that production has them nor that it lacks them.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re

from msgspec import Struct

from linkstep.model.declarations import Kind


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DEVELOPMENT = _names(
    """
    dev develop developer developers development devel test tests testing unittest pytest e2e
    doc docs documentation sphinx mkdocs lint linter linters linting format formatter
    formatters formatting style typing types type typecheck typechecking mypy check checks
    quality qa ci cicd cov coverage bench benchmark benchmarks benchmarking debug tox nox
    precommit release releases changelog publish profile profiling local tools tooling example
    examples notebook notebooks build stubs ruff black flake8 pylint
    """
)
_PRODUCTION = _names(
    """
    prod production main base common core server deploy deployment runtime app default live
    staging heroku
    """
)
_REQUIREMENTS = _names("requirements requirement reqs req requires")


class KindPatterns(Struct, frozen=True):
    """What configuration says about groups and requirements files; patterns of `fnmatch`.

    A pattern is compared with the name of a group or extra, and with the path of the file
    it stands in. Production is asked first.
    """

    production: tuple[str, ...] = ()
    development: tuple[str, ...] = ()


def kind_of_group(name: str, path: str, patterns: KindPatterns, *, otherwise: Kind) -> Kind:
    """Give the kind of a named group or extra; `otherwise` when its name says nothing.

    >>> kind_of_group("test-django", "", KindPatterns(), otherwise=Kind.OPTIONAL).value
    'development'
    >>> kind_of_group("redis", "", KindPatterns(development=("red*",)), otherwise=Kind.OPTIONAL)
    <Kind.DEVELOPMENT: 'development'>
    """
    configured = _configured(name, path, patterns)
    if configured is not None:
        return configured
    words = _words(name)
    if words & _DEVELOPMENT:
        return Kind.DEVELOPMENT
    return Kind.PRODUCTION if words & _PRODUCTION else otherwise


def kind_of_file(path: str, patterns: KindPatterns) -> Kind:
    """Give the kind of a requirements file, by its name and by the folder it is in.

    >>> [kind_of_file(path, KindPatterns()).value for path in (
    ...     "requirements.txt", "requirements-dev.txt", "requirements/prod.txt",
    ...     "requirements/redis.txt", "win-requirements.txt", "docs/requirements.txt")]
    ['production', 'development', 'production', 'optional', 'optional', 'development']
    """
    configured = _configured(posixpath.basename(path), path, patterns)
    if configured is not None:
        return configured
    stem = posixpath.splitext(posixpath.basename(path))[0]
    words = _words(stem) - _REQUIREMENTS
    folders = set().union(*map(_words, posixpath.dirname(path).split("/")))
    if (words | folders) & _DEVELOPMENT:
        return Kind.DEVELOPMENT
    return Kind.PRODUCTION if not words or words & _PRODUCTION else Kind.OPTIONAL


def _configured(name: str, path: str, patterns: KindPatterns) -> Kind | None:
    for kind, chosen in (
        (Kind.PRODUCTION, patterns.production),
        (Kind.DEVELOPMENT, patterns.development),
    ):
        if any(fnmatch.fnmatchcase(text, one) for one in chosen for text in (name, path) if text):
            return kind
    return None


def _words(name: str) -> set[str]:
    parts = [part for part in re.split(r"[\W_\d]+", name.lower()) if part]
    return {*parts, "".join(parts)}
