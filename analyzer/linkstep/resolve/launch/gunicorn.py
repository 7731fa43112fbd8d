"""gunicorn's settings: command line, `GUNICORN_CMD_ARGS`, and the configuration file.

The configuration file is Python that gunicorn runs; here only assignments of literals at
its top level are read (gunicorn documentation, "Configuration Overview").
"""

from __future__ import annotations

import ast
import shlex

from msgspec import Struct

from linkstep.resolve.launch.context import LaunchContext
from linkstep.resolve.launch.options import Options
from linkstep.resolve.launch.words import is_known
from linkstep.resolve.manifests import evaluate

_DEFAULT = "gunicorn.conf.py"


class GunicornSettings(Struct, frozen=True):
    """What the settings say about code.

    `targets` holds `wsgi_app` when the configuration file has one; `file` is the path of
    that file, when it is there or when the command names it.
    """

    options: Options
    targets: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    file: str | None = None


def gunicorn_settings(options: Options, context: LaunchContext) -> GunicornSettings:
    """Lay the command line over the configuration file, as gunicorn does."""
    extra = _extra(context.environ.get("GUNICORN_CMD_ARGS", ""))
    named = options.values.get("-c") or options.values.get("--config")
    file = (named or [_DEFAULT])[-1].removeprefix("file:")
    if file.startswith("python:") or not is_known(file):
        return GunicornSettings(options)
    path = context.path_of(file)
    text = context.text(path)
    if text is None:
        return GunicornSettings(options, file=path if named else None)
    values = {**read_literals(text), **extra}
    strings = {name: value for name, value in values.items() if isinstance(value, str)}
    given = dict(options.values)
    for setting in ("chdir", "pythonpath"):
        if setting in strings:
            given.setdefault(f"--{setting}", [strings[setting]])
    options = Options(given, options.flags, options.positional, options.certain)
    targets = (strings["wsgi_app"],) if "wsgi_app" in strings else ()
    classes = [strings[name] for name in ("worker_class", "logger_class") if name in strings]
    return GunicornSettings(options, targets, tuple(classes), path)


def read_literals(source: str) -> dict[str, object]:
    """Give the names that a file sets once, at its top level, to a literal.

    >>> read_literals("import os\\nwsgi_app = 'app:app'\\nworkers = os.cpu_count()\\nbind = 'x'")
    {'wsgi_app': 'app:app', 'bind': 'x'}
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, object] = {}
    names: dict[str, ast.expr] = {}
    counts: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            counts[node.id] = counts.get(node.id, 0) + 1
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            value = evaluate(statement.value, names)
            if counts[name] == 1 and isinstance(value, str | int | list):
                found[name] = value
                names[name] = statement.value
    return found


def _extra(text: str) -> dict[str, object]:
    """Read `--name=value` settings out of `GUNICORN_CMD_ARGS`."""
    try:
        words = shlex.split(text)
    except ValueError:
        return {}
    pairs = (word.removeprefix("--").partition("=") for word in words if word.startswith("--"))
    return {name.replace("-", "_"): value for name, equals, value in pairs if equals}
