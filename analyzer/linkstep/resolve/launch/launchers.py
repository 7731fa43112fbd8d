"""Launchers: how each program that starts Python code is told which code.

A launcher is a row of `LAUNCHERS`; a new one needs no other change as long as its target is
written in one of the `Form`s. Options that are not listed as flags are taken to have a
value, which at worst hides the target: a command without a target is not understood.
"""

from __future__ import annotations

import enum

from msgspec import Struct

from linkstep.model.entry_points import Complaints, EntryKind


class Form(enum.StrEnum):
    """How a target is written."""

    COLON = "module:attribute"
    CALL = "module:attribute or module:factory()"
    PATH = "a dotted name or a path of slashes, then :attribute"
    CELERY = "module, module:attribute or module.attribute"
    FLASK = "module or file, then :attribute or :factory()"
    FASTAPI = "file of the package that holds the app"
    DOTTED = "module.attribute"
    MODULES = "several modules, each with or without :attribute"
    SCRIPT = "a file that is run"
    ALEMBIC = "the script_location of alembic.ini"
    DJANGO = "the settings module"
    TESTS = "test files"


class Launcher(Struct, frozen=True):
    """A program that imports what its command line names.

    `programs` are its names on PATH and `modules` those for `python -m`. The target is the
    value of an option in `options`, else of the first positional word after a
    subcommand in `subcommands` (when it has any), else of the variable `variable`.
    `default` is the attribute fetched when none is named. `factory` are the flags that
    say the attribute is called. `here` says that the working directory is put in front of
    `sys.path`; `directories` are the options that name another directory for it, and
    `changes` those that change the working directory. `classes` are options that name
    a class to import, `settings` options that name a module. `complaints` are quoted from
    the launcher itself.
    """

    programs: tuple[str, ...]
    kind: EntryKind
    form: Form
    modules: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    subcommands: tuple[str, ...] = ()
    variable: str = ""
    default: str | None = None
    factory: tuple[str, ...] = ()
    here: bool = False
    directories: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    complaints: Complaints = Complaints()


def _flags(text: str) -> frozenset[str]:
    """Read flags from words; `--[no-]x` stands for `--x` and `--no-x`."""
    found = set()
    for word in text.split():
        found |= {word.replace("[no-]", ""), word.replace("[no-]", "no-")}
    return frozenset(found)


LAUNCHERS = (
    # https://www.uvicorn.org/settings/
    Launcher(
        programs=("uvicorn",),
        modules=("uvicorn",),
        kind=EntryKind.SERVER,
        form=Form.COLON,
        variable="UVICORN_APP",
        factory=("--factory",),
        here=True,
        directories=("--app-dir",),
        flags=_flags(
            "--reload --http2 --[no-]access-log --[no-]use-colors --[no-]proxy-headers --version"
            " --[no-]server-header --[no-]date-header --reset-contextvars --factory --debug --help"
        ),
        complaints=Complaints(
            'Error loading ASGI app. Could not import module "{module}".',
            'Error loading ASGI app. Attribute "{attribute}" not found in module "{module}".',
        ),
    ),
    # https://docs.gunicorn.org/en/stable/settings.html
    Launcher(
        programs=("gunicorn",),
        modules=("gunicorn", "gunicorn.app.wsgiapp"),
        kind=EntryKind.SERVER,
        form=Form.CALL,
        default="application",
        here=True,
        changes=("--chdir",),
        directories=("--pythonpath",),
        classes=("-k", "--worker-class", "--logger-class"),
        flags=_flags(
            "-h --help -v --version --reload --spew --check-config --print-config --preload"
            " --no-sendfile --reuse-port -D --daemon --initgroups --capture-output --log-syslog"
            " --disable-redirect-access-to-syslog -R --enable-stdio-inheritance"
            " --enable-backlog-metric --suppress-ragged-eofs --do-handshake-on-connect"
            " --permit-obsolete-folding --strip-header-spaces --casefold-http-method"
            " --permit-unconventional-http-method --permit-unconventional-http-version"
            " --no-control-socket --proxy-protocol"
        ),
        complaints=Complaints(
            attribute="Failed to find attribute '{attribute}' in '{module}'.",
            file="Error: '{script}' doesn't exist",
        ),
    ),
    # https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html
    Launcher(
        programs=("hypercorn",),
        modules=("hypercorn",),
        kind=EntryKind.SERVER,
        form=Form.PATH,
        default="app",
        here=True,
        flags=_flags("-h --help -D --daemon --debug --reload --version"),
        complaints=Complaints(
            "Cannot load application from '{target}', module not found.",
            "Cannot load application from '{target}', application not found.",
        ),
    ),
    # https://github.com/django/daphne
    Launcher(
        programs=("daphne",),
        modules=("daphne",),
        kind=EntryKind.SERVER,
        form=Form.COLON,
        here=True,
        flags=_flags("-h --help --proxy-headers --no-server-name"),
    ),
    # https://github.com/emmett-framework/granian
    Launcher(
        programs=("granian",),
        modules=("granian",),
        kind=EntryKind.SERVER,
        form=Form.PATH,
        default="app",
        factory=("--factory",),
        here=True,
        changes=("--working-dir",),
        flags=_flags(
            "--[no-]ws --[no-]http1-keep-alive --[no-]http1-pipeline-flush --[no-]log"
            " --[no-]http2-adaptive-window --[no-]access-log --[no-]ssl-client-verify"
            " --[no-]respawn-failed-workers --[no-]factory --[no-]metrics --[no-]reload"
            " --[no-]reload-ignore-worker-failure --version --help"
        ),
        complaints=Complaints("Could not import '{module}'."),
    ),
    # https://docs.celeryq.dev/en/stable/reference/cli.html
    Launcher(
        programs=("celery",),
        modules=("celery",),
        kind=EntryKind.WORKER,
        form=Form.CELERY,
        options=("-A", "--app"),
        variable="CELERY_APP",
        here=True,
        changes=("--workdir",),
        flags=_flags(
            "-C --no-color -q --quiet --version --skip-checks -D --detach --disable-prefetch -E"
            " --task-events --events --purge --discard --without-gossip --without-mingle"
            " --without-heartbeat -B --beat --[no-]enable-remote-control"
        ),
        complaints=Complaints(attribute="The module {target} was not found."),
    ),
    # https://flask.palletsprojects.com/en/stable/cli/
    Launcher(
        programs=("flask",),
        modules=("flask",),
        kind=EntryKind.SERVER,
        form=Form.FLASK,
        options=("-A", "--app"),
        variable="FLASK_APP",
        here=True,
        flags=_flags(
            "--[no-]debug --version --[no-]reload --[no-]debugger --with-threads"
            " --without-threads --help"
        ),
        complaints=Complaints(
            "Error: Could not import '{module}'.",
            "Error: Failed to find attribute '{attribute}' in '{module}'.",
        ),
    ),
    # https://fastapi.tiangolo.com/fastapi-cli/
    Launcher(
        programs=("fastapi",),
        modules=("fastapi", "fastapi_cli"),
        kind=EntryKind.SERVER,
        form=Form.FASTAPI,
        subcommands=("run", "dev"),
        flags=_flags("--[no-]reload --[no-]proxy-headers -v --verbose -h --help --version"),
        complaints=Complaints(
            attribute="Could not find app name {attribute} in {module}",
            file="Path does not exist {script}",
        ),
    ),
    # https://docs.djangoproject.com/en/stable/ref/django-admin/
    Launcher(
        programs=("django-admin",),
        modules=("django",),
        kind=EntryKind.COMMAND,
        form=Form.DJANGO,
        options=("--settings",),
        variable="DJANGO_SETTINGS_MODULE",
        directories=("--pythonpath",),
        flags=_flags("--traceback --no-color --force-color --skip-checks --noinput --no-input"),
    ),
    # https://alembic.sqlalchemy.org/en/latest/tutorial.html
    Launcher(
        programs=("alembic",),
        modules=("alembic", "alembic.config"),
        kind=EntryKind.COMMAND,
        form=Form.ALEMBIC,
        options=("-c", "--config"),
        variable="ALEMBIC_CONFIG",
        flags=_flags("-h --help --version --raiseerr -q --quiet --sql --autogenerate"),
    ),
    # https://python-rq.org/docs/workers/
    Launcher(
        programs=("rq",),
        modules=("rq",),
        kind=EntryKind.WORKER,
        form=Form.DOTTED,
        options=("-w", "--worker-class"),
        settings=("-c", "--config"),
        here=True,
        flags=_flags("--burst -b --with-scheduler -s --verbose -v --quiet -q"),
    ),
    # https://dramatiq.io/reference.html#module-dramatiq.cli
    Launcher(
        programs=("dramatiq", "dramatiq-gevent"),
        modules=("dramatiq",),
        kind=EntryKind.WORKER,
        form=Form.MODULES,
        here=True,
        directories=("--path", "-P"),
        flags=_flags(
            "-h --help --skip-logging --use-spawn --watch-use-polling --version --verbose -v"
        ),
        complaints=Complaints(
            attribute="Module '{module}' does not define a '{attribute}' variable."
        ),
    ),
    # https://arq-docs.helpmanual.io/
    Launcher(
        programs=("arq",),
        modules=("arq",),
        kind=EntryKind.WORKER,
        form=Form.DOTTED,
        here=True,
        classes=("--custom-log-dict",),
        flags=_flags("-V --version --[no-]burst --check -v --verbose --help"),
        complaints=Complaints(
            attribute='Module "{module}" does not define a "{attribute}" attribute'
        ),
    ),
    # https://huey.readthedocs.io/en/latest/consumer.html
    Launcher(
        programs=("huey_consumer", "huey_consumer.py"),
        modules=("huey.bin.huey_consumer",),
        kind=EntryKind.WORKER,
        form=Form.DOTTED,
        here=True,
        flags=_flags(
            "-h --help -v --verbose -q --quiet -S --simple -C --disable-health-check -f"
            " --flush-locks -n --no-periodic"
        ),
    ),
    # https://docs.streamlit.io/develop/api-reference/cli/run
    Launcher(
        programs=("streamlit",),
        modules=("streamlit", "streamlit.web.cli"),
        kind=EntryKind.SERVER,
        form=Form.SCRIPT,
        subcommands=("run",),
        flags=_flags("--help --version"),
        complaints=Complaints(file="Error: Invalid value: File does not exist: {script}"),
    ),
    # https://docs.pytest.org/en/stable/how-to/usage.html
    Launcher(
        programs=("pytest", "py.test"),
        modules=("pytest",),
        kind=EntryKind.TEST,
        form=Form.TESTS,
        flags=_flags("-v -q -x -s -l -h --help --lf --ff --version"),
    ),
)

BY_PROGRAM = {name: launcher for launcher in LAUNCHERS for name in launcher.programs}
BY_MODULE = {name: launcher for launcher in LAUNCHERS for name in launcher.modules}

# Programs written in Python, or run by it, that start no code of the tree.
TOOLS = frozenset(
    {
        "bandit",
        "black",
        "build",
        "cython",
        "coverage",
        "ensurepip",
        "flake8",
        "http.server",
        "isort",
    }
    | {"json.tool", "mkdocs", "mypy", "pip", "pip3", "piptools", "pip_audit", "pipx", "poetry"}
    | {"pre-commit", "pre_commit", "pylint", "pyright", "ruff", "safety", "semgrep", "sphinx"}
    | {"sphinx-build", "tox", "twine", "uv", "venv", "virtualenv", "compileall", "zipfile"}
)
