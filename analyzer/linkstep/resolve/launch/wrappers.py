"""Wrappers: programs that run the command which their own words end with.

A wrapper is a row of `WRAPPERS`. What it does to the command besides starting it (another
user, a limit, a trace) does not matter here; a directory or a variable it sets does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from linkstep.resolve.launch.words import is_known


class Wrapper(Struct, frozen=True):
    """A program that starts another.

    `subcommands` are the words between the program and its options, one of which must
    follow (`poetry run`). `valued` are its options with a value, all others are flags.
    `words` is the number of positional words before the command (`gosu USER command`).
    `assigns` allows `NAME=value` before the command, `directories` are options that
    change the working directory. `marked` says the command begins only after `--`.
    `python` says that what follows is read as arguments of `python` when it is no program:
    `coverage run -m app`, `uv run serve.py`.
    """

    programs: tuple[str, ...]
    subcommands: tuple[str, ...] = ()
    valued: frozenset[str] = frozenset()
    words: int = 0
    assigns: bool = False
    directories: tuple[str, ...] = ()
    marked: bool = False
    python: bool = False


class Unwrapped(Struct, frozen=True):
    """What a wrapper starts: `words`, from `directory` (None: the same), with `environ` added."""

    words: tuple[str, ...]
    directory: str | None = None
    environ: dict[str, str] = {}


def _valued(text: str) -> frozenset[str]:
    return frozenset(text.split())


WRAPPERS = (
    Wrapper(("exec",), valued=_valued("-a")),
    Wrapper(("command", "builtin", "nohup", "setsid", "eatmydata", "catchsegv")),
    Wrapper(("time",), valued=_valued("-o -f --output --format")),
    Wrapper(("nice",), valued=_valued("-n --adjustment")),
    Wrapper(("ionice",), valued=_valued("-c -n --class --classdata")),
    Wrapper(("stdbuf",), valued=_valued("-i -o -e --input --output --error")),
    Wrapper(("timeout",), valued=_valued("-s -k --signal --kill-after"), words=1),
    Wrapper(("tini", "tini-static", "docker-init"), valued=_valued("-p -e")),
    Wrapper(("dumb-init",), valued=_valued("-r --rewrite")),
    Wrapper(("catatonit",), valued=_valued("")),
    Wrapper(("gosu", "su-exec", "setuser", "s6-setuidgid"), words=1),
    Wrapper(("sudo",), valued=_valued("-u -g -h -p -C -U --user --group"), assigns=True),
    Wrapper(("chpst",), valued=_valued("-u -U -b -/ -n -l -L -m -d -o -p -f -c -t -e")),
    Wrapper(("setpriv",), valued=_valued("--reuid --regid --groups --inh-caps --bounding-set")),
    Wrapper(("xvfb-run",), valued=_valued("-e -f -n -p -s -w")),
    Wrapper(("env",), valued=_valued("-u --unset -S"), assigns=True, directories=("-C", "--chdir")),
    Wrapper(("poetry",), ("run",), valued=_valued("-P --project"), directories=("-C",)),
    Wrapper(
        ("uv",),
        ("run",),
        valued=_valued(
            "--with --with-editable --with-requirements --extra --group --no-group --only-group -p"
            " --python --package --project --env-file --index --index-url --default-index -i"
            " --extra-index-url --find-links -f --no-extra --cache-dir --config-file --link-mode"
            " --refresh-package --upgrade-package -P --reinstall-package --resolution"
        ),
        directories=("--directory",),
        python=True,
    ),
    Wrapper(("pipenv",), ("run",)),
    Wrapper(("pdm",), ("run",), valued=_valued("-p --project --venv")),
    Wrapper(("hatch",), ("run",), valued=_valued("-e --env")),
    Wrapper(("rye",), ("run",)),
    Wrapper(
        ("conda", "mamba", "micromamba"), ("run",), valued=_valued("-n --name -p --prefix --cwd")
    ),
    Wrapper(
        ("coverage",),
        ("run",),
        valued=_valued("--rcfile --source --omit --include --context --data-file --concurrency"),
        python=True,
    ),
    Wrapper(("ddtrace-run", "sentry-run", "scout-apm-run")),
    Wrapper(
        ("opentelemetry-instrument",),
        valued=_valued(
            "--traces_exporter --metrics_exporter --logs_exporter --service_name"
            " --exporter_otlp_endpoint --exporter_otlp_traces_endpoint --propagators"
        ),
    ),
    Wrapper(("newrelic-admin",), ("run-program",)),
    Wrapper(("memray", "austin"), ("run",), valued=_valued("-o --output -p"), python=True),
    Wrapper(("py-spy",), ("record", "top"), marked=True),
    Wrapper(("kernprof", "viztracer", "scalene"), valued=_valued("-o -u -i"), python=True),
    Wrapper(("doppler",), ("run",), marked=True),
    Wrapper(("dotenv",), ("run",), valued=_valued("-f --file")),
    Wrapper(("infisical", "op", "chamber", "aws-vault"), ("run", "exec"), marked=True),
    Wrapper(("watchmedo",), ("auto-restart", "shell-command"), marked=True),
    Wrapper(("wait-for-it", "wait-for-it.sh", "wait-for", "wait-for.sh"), marked=True),
    Wrapper(
        ("dockerize",),
        valued=_valued("-wait -timeout -template -stdout -stderr -wait-retry-interval"),
    ),
)

_BY_PROGRAM = {name: wrapper for wrapper in WRAPPERS for name in wrapper.programs}
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_QUESTIONS = frozenset({"-v", "-V", "--version", "--help", "-h"})


def wrapper_of(program: str) -> Wrapper | None:
    """Give the wrapper that a program name stands for."""
    return _BY_PROGRAM.get(program)


def unwrap(wrapper: Wrapper, words: Sequence[str]) -> Unwrapped | None:
    """Give what a wrapper starts; None when it starts nothing.

    >>> unwrap(wrapper_of("env"), ["env", "-C", "src", "PORT=80", "uvicorn", "main:app"])
    Unwrapped(words=('uvicorn', 'main:app'), directory='src', environ={'PORT': '80'})
    >>> unwrap(wrapper_of("poetry"), ["poetry", "install"]) is None
    True
    """
    rest = list(words[1:])
    if wrapper.subcommands:
        while rest and rest[0].startswith("-"):
            rest = rest[2 if rest[0] in (*wrapper.valued, *wrapper.directories) else 1 :]
        if not rest or rest.pop(0) not in wrapper.subcommands:
            return None
    if wrapper.marked:
        return Unwrapped(tuple(rest[rest.index("--") + 1 :])) if "--" in rest else None
    directory: str | None = None
    environ: dict[str, str] = {}
    while rest:
        word = rest[0]
        name, equals, value = word.partition("=")
        if word == "--":
            rest.pop(0)
            break
        if wrapper.python and word in ("-m", "--module"):
            break
        if word.startswith("-") and len(word) > 1:
            if words[0] == "command" and word in _QUESTIONS:
                return None
            rest.pop(0)
            takes = name in wrapper.valued or name in wrapper.directories
            if takes and not equals:
                value = rest.pop(0) if rest else ""
            if name in wrapper.directories:
                directory = value
        elif wrapper.assigns and (match := _ASSIGNMENT.fullmatch(word)):
            environ[match[1]] = match[2]
            rest.pop(0)
        else:
            break
    rest = rest[wrapper.words :]
    if wrapper.python and rest and (rest[0] in ("-m", "--module") or _is_script(rest[0])):
        rest = ["python", *(["-m", *rest[1:]] if rest[0] == "--module" else rest)]
    return Unwrapped(tuple(rest), directory, environ) if rest else None


def _is_script(word: str) -> bool:
    return is_known(word) and word.endswith(".py")
