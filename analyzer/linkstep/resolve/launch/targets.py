"""Targets: what a launcher's words name, read in the form that the launcher uses.

Each form follows the launcher's own code: which part is the module, which attribute is
fetched, and which directories it puts in front of `sys.path` before it imports.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from linkstep.resolve.launch.context import LaunchContext
from linkstep.resolve.launch.gunicorn import gunicorn_settings
from linkstep.resolve.launch.launchers import Form, Launcher
from linkstep.resolve.launch.options import Options, read_options
from linkstep.resolve.launch.words import is_known
from linkstep.resolve.manifests import read_ini

_DOTTED = re.compile(r"[^\W\d]\w*(?:\.\w+)*")


class Target(Struct, frozen=True):
    """What one word of a command names; fields as in `EntryPoint`."""

    module: str | None = None
    attribute: str | None = None
    by_dots: bool = False
    factory: bool = False
    script: str | None = None
    path: tuple[str, ...] = ()


class UnclearTargetError(Exception):
    """A target that cannot be known; the text completes "not understood because ..."."""


class Reading(Struct, frozen=True):
    """All targets of a command; `imports` are imported besides, `certain` as in `EntryPoint`."""

    targets: tuple[Target, ...]
    imports: tuple[str, ...] = ()
    certain: bool = True


def read_targets(launcher: Launcher, words: list[str], context: LaunchContext) -> Reading:
    """Read what a launcher's words (without its own name) make it import.

    Raises UnclearTargetError when that depends on something only known at run time. No target
    at all means the command starts nothing (`flask --version`).
    """
    options = read_options(launcher, words)
    directory = context.directory
    configured: tuple[str, ...] = ()
    extra = [
        Target(_known(value, "the settings module"))
        for name in launcher.settings
        for value in options.values.get(name, ())
    ]
    imports = [
        value.removeprefix("python:")
        for name in launcher.classes
        for value in options.values.get(name, ())
        if "." in value
    ]
    if launcher.form is Form.CALL:
        settings = gunicorn_settings(options, context)
        imports = imports or [name for name in settings.classes if "." in name]
        configured, options = settings.targets, settings.options
        extra += [Target(script=settings.file)] if settings.file else []
    for name in launcher.changes:
        for value in options.values.get(name, ()):
            directory = _known(posixpath.join(directory, value), "the directory")
    path = [directory] if launcher.here else []
    for name in launcher.directories:
        for value in options.values.get(name, ()):
            parts = re.split(r"[,:]", _known(value, "the directory"))
            path[:0] = [context.inside(directory=directory).path_of(part) for part in parts]
    if any(option in options.flags for option in ("--version", "--help", "-h")):
        return Reading(())
    words = _words_of(launcher, options, context) or list(configured)
    moved = context.inside(directory=_normal(directory))
    targets = _READERS[launcher.form](launcher, words, options, moved)
    front = tuple(_normal(entry) for entry in path)
    placed = tuple(replace(t, path=(*t.path, *front)) for t in (*targets, *extra))
    known = [name for name in imports if is_known(name)]
    return Reading(placed, tuple(dict.fromkeys(known)), options.certain)


def _words_of(launcher: Launcher, options: Options, context: LaunchContext) -> list[str]:
    """Give the words that name the target."""
    if launcher.subcommands and not set(launcher.subcommands) & set(options.positional[:1]):
        return []
    for name in launcher.options:
        if name in options.values:
            return list(options.values[name][-1:])
    positional = options.positional[1 if launcher.subcommands else 0 :]
    if not launcher.options and positional:
        return positional if launcher.form is Form.MODULES else positional[:1]
    from_environment = context.environ.get(launcher.variable, "")
    return [from_environment] if from_environment else []


_Reader = Callable[[Launcher, list[str], Options, LaunchContext], list[Target]]


def _colon(
    launcher: Launcher, words: list[str], options: Options, context: LaunchContext
) -> list[Target]:
    word = _only(launcher, words)
    module, colon, attribute = word.partition(":")
    if not colon and launcher.default is None:
        raise UnclearTargetError(f"{launcher.programs[0]} wants {launcher.form}, not {word!r}")
    return [_target(module, attribute or launcher.default, launcher, options)]


def _path(
    launcher: Launcher, words: list[str], options: Options, context: LaunchContext
) -> list[Target]:
    """Read as granian and hypercorn do: a file may be named instead of a module."""
    word = re.sub(r"^(?:asgi|wsgi):(?=[^:]+:)", "", _only(launcher, words))
    module, _, attribute = word.partition(":")
    attribute = attribute or launcher.default or ""
    if "/" not in module and not module.endswith(".py"):
        return [_target(module, attribute, launcher, options)]
    name, directory = _module_at(context.path_of(module), context)
    return [Target(name, attribute or None, factory=_made(launcher, options), path=(directory,))]


def _flask(
    launcher: Launcher, words: list[str], options: Options, context: LaunchContext
) -> list[Target]:
    """Read as `flask` does; without a name it looks for `wsgi.py` and `app.py`."""
    if not words:
        if not options.positional:
            return []
        words = [n for n in ("wsgi", "app") if context.has_file(context.path_of(f"{n}.py"))][:1]
        if not words:
            raise UnclearTargetError("no application is named, and there is no wsgi.py or app.py")
    word = _only(launcher, words)
    module, _, attribute = word.partition(":")
    call = _call_of(attribute) if attribute else None
    name, directory = _module_at(context.path_of(module), context)
    return [Target(name, call and call[0], factory=bool(call and call[1]), path=(directory,))]


def _fastapi(
    launcher: Launcher, words: list[str], options: Options, context: LaunchContext
) -> list[Target]:
    """Read as `fastapi run` does: a file, whose package is found by its `__init__.py` files."""
    if options.positional[:1] not in (["run"], ["dev"]):
        return []
    named = options.values.get("--entrypoint") or options.values.get("-e")
    if named:
        module, _, name = _known(named[-1], "the entry point").partition(":")
        return [Target(module, name or None, path=(context.directory,))]
    if not words:
        words = [name for name in _FASTAPI_DEFAULTS if context.has_file(context.path_of(name))][:1]
        if not words:
            raise UnclearTargetError("no file is named, and none of the default ones is there")
    path = context.path_of(_only(launcher, words))
    name, directory = _module_at(path, context)
    chosen = options.values.get("--app", [])
    attribute = _known(chosen[-1], "the app") if chosen else None
    return [Target(name, attribute, script=path, path=(directory,))]


_FASTAPI_DEFAULTS = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")


def _celery(
    launcher: Launcher, words: list[str], options: Options, context: LaunchContext
) -> list[Target]:
    """Read as `celery -A` does: a module, or an attribute of one, by a dot or a colon."""
    if not words:
        return []
    word = _only(launcher, words)
    module, _, attribute = word.partition(":")
    target = _target(module, attribute or None, launcher, options)
    return [replace(target, by_dots=not attribute)]


def _dotted(
    launcher: Launcher, words: list[str], options: Options, context: LaunchContext
) -> list[Target]:
    if not words or launcher.options:
        words = [word for word in words if "." in word]
        if not words:
            return []
    module, _, attribute = _only(launcher, words).rpartition(".")
    return [_target(module, attribute, launcher, options)] if module else []


def _modules(
    launcher: Launcher, words: list[str], options: Options, context: LaunchContext
) -> list[Target]:
    targets = []
    for word in words:
        module, _, attribute = _known(word, "the module").partition(":")
        targets.append(_target(module, attribute or None, launcher, options))
    return targets


def _script(
    launcher: Launcher, words: list[str], options: Options, context: LaunchContext
) -> list[Target]:
    if not words:
        return []
    path = context.path_of(_only(launcher, words))
    if path.startswith(("http:", "https:")):
        raise UnclearTargetError("it runs a file from the network")
    return [Target(script=path, path=(posixpath.dirname(path),))]


def _alembic(
    launcher: Launcher, words: list[str], options: Options, context: LaunchContext
) -> list[Target]:
    """Read as alembic does: `env.py` of the `script_location` is run."""
    if options.positional[:1] in ([], ["init"], ["list_templates"]):
        return []
    path = context.path_of(_only(launcher, words) if words else "alembic.ini")
    text = context.text(path)
    if text is None:
        raise UnclearTargetError(f"{path} cannot be read")
    section = read_ini(text).get("alembic", {})
    here = posixpath.dirname(path) or "."
    location = section.get("script_location", "").replace("%(here)s", here)
    if not location or ":" in location or "%(" in location:
        raise UnclearTargetError(f"{path} has no script_location that is a directory")
    front = [p for p in re.split(r"[ ,:;]+", section.get("prepend_sys_path", "")) if p]
    front = [context.path_of(p.replace("%(here)s", here)) for p in front]
    script = posixpath.join(context.path_of(location), "env.py")
    return [Target(script=script, path=tuple(front))]


def _django(
    launcher: Launcher, words: list[str], options: Options, context: LaunchContext
) -> list[Target]:
    if not words:
        return []
    return [_target(_only(launcher, words), None, launcher, options)]


def _tests(
    launcher: Launcher, words: list[str], options: Options, context: LaunchContext
) -> list[Target]:
    return []


_READERS: dict[Form, _Reader] = {
    Form.COLON: _colon,
    Form.CALL: _colon,
    Form.PATH: _path,
    Form.CELERY: _celery,
    Form.FLASK: _flask,
    Form.FASTAPI: _fastapi,
    Form.DOTTED: _dotted,
    Form.MODULES: _modules,
    Form.SCRIPT: _script,
    Form.ALEMBIC: _alembic,
    Form.DJANGO: _django,
    Form.TESTS: _tests,
}


def _target(module: str, attribute: str | None, launcher: Launcher, options: Options) -> Target:
    if not _DOTTED.fullmatch(module):
        raise UnclearTargetError(f"{module!r} is no module name")
    factory = _made(launcher, options)
    if attribute is not None and launcher.form in (Form.CALL, Form.PATH):
        call = _call_of(attribute)
        if call is None:
            raise UnclearTargetError(f"{attribute!r} is no attribute")
        attribute, factory = call[0], factory or call[1]
    if attribute is not None and not _DOTTED.fullmatch(attribute):
        raise UnclearTargetError(f"{attribute!r} is no attribute")
    return Target(module, attribute, factory=factory)


def _call_of(text: str) -> tuple[str, bool] | None:
    """Read `name` or `name(...)`; None for anything else.

    >>> _call_of("create_app('x')"), _call_of("app.wsgi"), _call_of("a[0]")
    (('create_app', True), ('app.wsgi', False), None)
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    called = isinstance(node, ast.Call)
    name = ast.unparse(node.func if isinstance(node, ast.Call) else node)
    return (name, called) if _DOTTED.fullmatch(name) else None


def _module_at(path: str, context: LaunchContext) -> tuple[str, str]:
    """Give the dotted name of a file or package, and the directory above its packages."""
    path = path.removesuffix(".py").removesuffix("/__init__")
    directory, name = posixpath.split(path)
    while directory and context.has_file(posixpath.join(directory, "__init__.py")):
        directory, parent = posixpath.split(directory)
        name = f"{parent}.{name}"
    if not _DOTTED.fullmatch(name):
        raise UnclearTargetError(f"{name!r} is no module name")
    return name, directory


def _only(launcher: Launcher, words: list[str]) -> str:
    if not words:
        raise UnclearTargetError(f"{launcher.programs[0]} is not told what to start")
    return _known(words[0], "what it starts")


def _known(word: str, what: str) -> str:
    if not is_known(word):
        raise UnclearTargetError(f"{what} is only known at run time")
    return word


def _made(launcher: Launcher, options: Options) -> bool:
    return any(name in options.flags for name in launcher.factory)


def _normal(path: str) -> str:
    normal = posixpath.normpath(path)
    return "" if normal == "." else normal
