"""Configuration: `[tool.linkstep]` in pyproject.toml, or linkstep.toml.

A key that is not known is refused, because a misspelt `ignroe` would silently do
nothing. Values are checked here, one key at a time, so that the error can say where
the value stands and what was expected. Whether a rule exists is checked later, by
`rulebook.select`: rules can come from directories that configuration names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NoReturn

import msgspec
from msgspec import Struct

from linkstep.closest import suggestion
from linkstep.errors import LinkstepError
from linkstep.model.findings import Severity
from linkstep.model.policy import FailOn, PathPolicy, Policy
from linkstep.model.request import CheckRequest
from linkstep.model.settings import DependencySettings
from linkstep.pyproject import read_toml

Tables = Mapping[str, object]

LIST_OF_STRINGS = "a list of strings"
PATH = 'a path such as "app.main:app -> app.ws.events:sent"'


class Configuration(Struct, frozen=True):
    """Every key that can be configured, checked; the defaults are those of no configuration.

    `source` is the file it came from. `python` is an interpreter or a virtual
    environment, `rules` are directories of further rule pages, `baseline` is a file; all
    are relative to the directory of `source`, as are `roots`, `include` and `exclude`.
    `components` are patterns of modules by name, `paths` the stops of golden paths by name.
    """

    source: str | None = None
    roots: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    python: str | None = None
    target_version: tuple[int, int] | None = None
    platform: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: dict[str, Severity] = {}
    per_path: tuple[PathPolicy, ...] = ()
    fail_on: FailOn = FailOn.ERROR
    entry_points: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    baseline: str | None = None
    require_environment: bool = False
    dependencies: DependencySettings = DependencySettings()
    components: dict[str, tuple[str, ...]] = {}
    paths: dict[str, tuple[str, ...]] = {}

    @property
    def policy(self) -> Policy:
        """The part of it that decides which findings are shown."""
        return Policy(self.select, self.ignore, self.severity, self.per_path)


def load_configuration(
    read: Callable[[str], bytes | None], explicit: str | None = None
) -> Configuration:
    """Give the project's configuration, or the defaults when it has none.

    `read` gives the bytes of a file, named as in the project root, or None when there
    is no such file. `explicit` is a file the user named: it has to exist, and no other
    is read. Configuration in two places is refused rather than merged.

    >>> files = {"pyproject.toml": b'[tool.linkstep]\\nignore = ["LS108"]'}
    >>> load_configuration(files.get).ignore
    ('LS108',)
    """
    if explicit is not None:
        data = read(explicit)
        if data is None:
            raise LinkstepError(f"there is no file {explicit}", where="--config")
        tables = _own_tables(data, explicit)
        return Configuration() if tables is None else parse_configuration(tables, explicit)
    found = {}
    for name in ("linkstep.toml", "pyproject.toml"):
        data = read(name)
        tables = None if data is None else _own_tables(data, name)
        if tables is not None:
            found[name] = tables
    if len(found) > 1:
        raise LinkstepError(
            "linkstep is configured twice",
            where="linkstep.toml and [tool.linkstep] in pyproject.toml",
            hint="keep one of them",
        )
    for name, tables in found.items():
        return parse_configuration(tables, name)
    return Configuration()


def parse_configuration(tables: Tables, source: str) -> Configuration:
    """Check the keys of `[tool.linkstep]`, or of linkstep.toml, one by one.

    >>> parse_configuration({"target-version": "3.12"}, "linkstep.toml").target_version
    (3, 12)
    >>> parse_configuration({"ignroe": []}, "linkstep.toml")
    Traceback (most recent call last):
    linkstep.errors.LinkstepError: unknown key 'ignroe'
    """
    where = source if source.endswith("linkstep.toml") else f"{source}, [tool.linkstep]"
    values: dict[str, object] = {"source": source}
    for key, value in tables.items():
        if key not in READERS:
            raise LinkstepError(
                f"unknown key {key!r}",
                where=where,
                hint=suggestion(key, READERS, f"known keys are {', '.join(READERS)}"),
            )
        values[key.replace("-", "_")] = READERS[key](value, f"{where}: {key}")
    return msgspec.structs.replace(Configuration(), **values)


def override(configuration: Configuration, request: CheckRequest) -> Configuration:
    """Lay the options of the command line over the configuration.

    >>> request = CheckRequest("/", {}, ignore=("LS102",), fail_on=FailOn.NEVER)
    >>> merged = override(Configuration(ignore=("LS108",)), request)
    >>> merged.ignore, merged.fail_on.value
    (('LS108', 'LS102'), 'never')
    """
    changes: dict[str, object] = {"ignore": configuration.ignore + request.ignore}
    for key in ("roots", "select", "python", "platform", "fail_on", "require_environment"):
        value = getattr(request, key)
        if value not in (None, ()):
            changes[key] = value
    if request.target_version is not None:
        changes["target_version"] = _version(request.target_version, "--target-version")
    if request.platform is not None:
        changes["platform"] = _platform(request.platform, "--platform")
    return msgspec.structs.replace(configuration, **changes)


def _own_tables(data: bytes, name: str) -> Tables | None:
    """Give linkstep's part of a file: all of linkstep.toml, one table of pyproject.toml."""
    tables: object = read_toml(data, name)
    if name.replace("\\", "/").rpartition("/")[2] != "pyproject.toml":
        return _table(tables, name)
    for key in ("tool", "linkstep"):
        tables = _table(tables, f"{name}: {key}").get(key)
        if tables is None:
            return None
    return _table(tables, f"{name}: tool.linkstep")


def _refuse(value: object, where: str, expected: str) -> NoReturn:
    """Say what was expected and what stands there instead."""
    kinds = {bool: "a boolean", int: "an integer", float: "a float", str: "a string"}
    kinds |= {list: "an array", dict: "a table"}
    found = kinds.get(type(value), type(value).__name__)
    shown = f" {value!r}" if isinstance(value, bool | int | float | str) else ""
    key = where.rpartition(": ")[2]
    raise LinkstepError(f"{key} must be {expected}, not {found}{shown}", where=where)


def _table(value: object, where: str) -> Tables:
    return value if isinstance(value, dict) else _refuse(value, where, "a table")


def _string(value: object, where: str) -> str:
    return value if isinstance(value, str) and value else _refuse(value, where, "a string")


def _strings(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        _refuse(value, where, LIST_OF_STRINGS)
    for item in value:
        if not isinstance(item, str):
            _refuse(item, where, LIST_OF_STRINGS)
    return tuple(value)


def _boolean(value: object, where: str) -> bool:
    return value if isinstance(value, bool) else _refuse(value, where, "true or false")


def _choice(value: object, where: str, choices: tuple[str, ...]) -> str:
    if value not in choices or not isinstance(value, str):
        _refuse(value, where, " or ".join((", ".join(choices[:-1]), choices[-1])))
    return value


def _version(value: object, where: str) -> tuple[int, int]:
    """Read `3.11`, `3.11.4` or `py311`."""
    match = isinstance(value, str) and re.fullmatch(r"(?:py)?(3)\.?(\d{1,2})(?:\.\d+)?", value)
    if not match:
        _refuse(value, where, 'a Python version such as "3.11"')
    return int(match[1]), int(match[2])


def _platform(value: object, where: str) -> str:
    if not (isinstance(value, str) and re.fullmatch(r"[a-z]+[0-9]*", value)):
        _refuse(value, where, 'a value of sys.platform such as "linux"')
    meant = {"windows": "win32", "macos": "darwin", "mac": "darwin", "osx": "darwin"}.get(value)
    if meant:
        raise LinkstepError(
            f"no Python has sys.platform {value!r}", where=where, hint=f"did you mean {meant!r}?"
        )
    return value


def _fail_on(value: object, where: str) -> FailOn:
    return FailOn(_choice(value, where, tuple(FailOn)))


def _severities(value: object, where: str) -> dict[str, Severity]:
    levels = tuple(Severity)
    return {
        rule: Severity(_choice(level, f"{where}.{rule}", levels))
        for rule, level in _table(value, where).items()
    }


def _entry_points(value: object, where: str) -> tuple[str, ...]:
    entries = _strings(value, where)
    for entry in entries:
        module, _, attribute = entry.partition(":")
        parts = [*module.split("."), *(attribute.split(".") if attribute else ())]
        if not all(part.isidentifier() for part in parts) or entry.endswith(":"):
            _refuse(entry, where, 'modules or objects such as "app.main:app"')
    return entries


def _per_path(value: object, where: str) -> tuple[PathPolicy, ...]:
    """Read an array of tables with a `path` each, or one table by path."""
    if isinstance(value, dict):
        return tuple(_path_policy(path, table, f"{where}.{path}") for path, table in value.items())
    if not isinstance(value, list):
        _refuse(value, where, "a table by path or an array of tables")
    policies = []
    for number, item in enumerate(value, 1):
        place = f"{where}, entry {number}"
        table = dict(_table(item, place))
        if "path" not in table:
            raise LinkstepError("a per-path entry needs a path", where=place)
        policies.append(_path_policy(_string(table.pop("path"), f"{place}.path"), table, place))
    return tuple(policies)


def _path_policy(path: str, value: object, where: str) -> PathPolicy:
    readers: dict[str, Callable[[object, str], object]] = {
        "select": _strings,
        "ignore": _strings,
        "severity": _severities,
    }
    values: dict[str, object] = {}
    for key, item in _table(value, where).items():
        if key not in readers:
            hint = suggestion(key, readers, f"known keys are path, {', '.join(readers)}")
            raise LinkstepError(f"unknown key {key!r}", where=where, hint=hint)
        values[key] = readers[key](item, f"{where}.{key}")
    return msgspec.structs.replace(PathPolicy(path), **values)


def _dependencies(value: object, where: str) -> DependencySettings:
    """Read the table that tells production from development, and what nothing shows."""
    readers: dict[str, Callable[[object, str], object]] = {
        "production": _strings,
        "development": _strings,
        "development-code": _strings,
        "used": lambda names, at: tuple(map(_normalized, _strings(names, at))),
        "provides": _modules_by_distribution,
    }
    values: dict[str, object] = {}
    for key, item in _table(value, where).items():
        if key not in readers:
            hint = suggestion(key, readers, f"known keys are {', '.join(readers)}")
            raise LinkstepError(f"unknown key {key!r}", where=where, hint=hint)
        values[key.replace("-", "_")] = readers[key](item, f"{where}.{key}")
    return msgspec.structs.replace(DependencySettings(), **values)


def _modules_by_distribution(value: object, where: str) -> dict[str, tuple[str, ...]]:
    table = _table(value, where)
    return {name: _strings(modules, f"{where}.{name}") for name, modules in table.items()}


def _components(value: object, where: str) -> dict[str, tuple[str, ...]]:
    """Read module patterns by the name of a component: one, or a list of them."""
    components = {}
    for name, patterns in _table(value, where).items():
        place = f"{where}.{name}"
        listed = (patterns,) if isinstance(patterns, str) else _strings(patterns, place)
        if not listed or not all(re.fullmatch(r"[\w.*?\[\]!-]+", one) for one in listed):
            _refuse(patterns, place, 'a pattern of modules such as "app.ws.*", or a list of them')
        components[name] = listed
    return components


def _paths(value: object, where: str) -> dict[str, tuple[str, ...]]:
    """Read golden paths: `"app.main:app -> app.ws.events:sent"`, or the same as a table."""
    return {name: _stops(path, f"{where}.{name}") for name, path in _table(value, where).items()}


def _stops(value: object, where: str) -> tuple[str, ...]:
    """Give where a path begins, and its stops."""
    if isinstance(value, str):
        stops = [stop.strip() for stop in value.split("->")]
    elif isinstance(value, dict):
        stops = _listed_stops(value, where)
    else:
        _refuse(value, where, PATH)
    for stop in stops[1:]:
        module, colon, attribute = stop.partition(":")
        names = [*module.split("."), *(attribute.split(".") if colon else ())]
        if not all(name.isidentifier() for name in names):
            _refuse(stop, where, f"{PATH}; a stop is a module, or module:name")
    if not stops[0]:
        _refuse(value, where, PATH)
    return tuple(stops)


def _listed_stops(table: Tables, where: str) -> list[str]:
    keys = ("from", "via", "to")
    for key in table:
        if key not in keys:
            hint = suggestion(key, keys, "known keys are from, via and to")
            raise LinkstepError(f"unknown key {key!r}", where=where, hint=hint)
    for key in ("from", "to"):
        if key not in table:
            raise LinkstepError(f"a golden path needs {key!r}", where=where)
    via = table.get("via", [])
    between = [via] if isinstance(via, str) else _strings(via, f"{where}.via")
    ends = [_string(table[key], f"{where}.{key}") for key in ("from", "to")]
    return [ends[0], *between, ends[1]]


def _normalized(name: str) -> str:
    """Give a distribution's name as PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


READERS: dict[str, Callable[[object, str], object]] = {
    "roots": _strings,
    "include": _strings,
    "exclude": _strings,
    "python": _string,
    "target-version": _version,
    "platform": _platform,
    "select": _strings,
    "ignore": _strings,
    "severity": _severities,
    "per-path": _per_path,
    "fail-on": _fail_on,
    "entry-points": _entry_points,
    "rules": _strings,
    "baseline": _string,
    "require-environment": _boolean,
    "dependencies": _dependencies,
    "components": _components,
    "paths": _paths,
}
