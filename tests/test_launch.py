"""What command lines start: launchers, wrappers, shells.

What launchers say when a target is missing is quoted from uvicorn 0.51, gunicorn 27, hypercorn,
granian, celery 5.7, flask 3.1, fastapi, dramatiq 2.2 and arq, run on a package without
the module or attribute.
"""

from __future__ import annotations

import shlex

import pytest

from linkstep.model.entry_points import EntryKind, EntryPoint
from linkstep.model.facts import Location
from linkstep.model.summary import Span
from linkstep.resolve.launch.command import read_command, read_shell
from linkstep.resolve.launch.context import LaunchContext
from linkstep.resolve.launch.launchers import BY_PROGRAM
from linkstep.resolve.launch.shell import Shell
from linkstep.tree.memory import MemoryTree

SHIM = """#!/usr/local/bin/python3
import sys
from shop.cli import main
if __name__ == "__main__":
    sys.exit(main())
"""
ENTRY = """#!/bin/sh
set -e
if [ "$1" = web ]; then
    shift
    exec uvicorn shop.web:app "$@"
fi
exec "$@"
"""
FILES = {
    "/srv/manage.py": "",
    "/srv/wsgi.py": "",
    "/srv/main.py": "",
    "/srv/alembic.ini": "[alembic]\nscript_location = %(here)s/moves\nprepend_sys_path = .\n",
    "/srv/gunicorn/gunicorn.conf.py": "wsgi_app = 'shop.wsgi'\nworker_class = 'shop.run.Worker'\n",
    "/srv/run.sh": ENTRY,
    "/srv/pkg/__init__.py": "",
    "/srv/pkg/app.py": "",
    "/usr/local/bin/shop": SHIM,
}


def context(directory: str = "/srv", **environ: str) -> LaunchContext:
    place = Location("Dockerfile", Span(1, 1, 1, 1))
    environ = {"PATH": "/usr/local/bin:/bin", **environ}
    return LaunchContext(MemoryTree(FILES), "CMD", place, directory, environ)


def started(line: str, directory: str = "/srv", **environ: str) -> list[tuple[object, ...]]:
    """Give target, kind, path, and what else is not usual."""
    reading = read_command(shlex.split(line), context(directory, **environ))
    assert reading.unclear == ()
    return [row(entry) for entry in reading.entries]


def row(entry: EntryPoint) -> tuple[object, ...]:
    return (entry.target, entry.kind, entry.path, *(["factory"] if entry.factory else []))


SERVER, WORKER = EntryKind.SERVER, EntryKind.WORKER


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("uvicorn app.main:app --port 80", [("app.main:app", SERVER, ("/srv",))]),
        (
            "uvicorn --app-dir src --factory m:a.b",
            [("m:a.b", SERVER, ("/srv/src", "/srv"), "factory")],
        ),
        ("gunicorn -w4 -k gevent shop", [("shop:application", SERVER, ("/srv",))]),
        ("gunicorn --chdir web shop:make(1)", [("shop:make", SERVER, ("/srv/web",), "factory")]),
        ("hypercorn -b :80 asgi:shop:api", [("shop:api", SERVER, ("/srv",))]),
        ("hypercorn pkg/app.py", [("pkg.app:app", SERVER, ("/srv",))]),
        ("daphne -p 80 shop.asgi:app", [("shop.asgi:app", SERVER, ("/srv",))]),
        (
            "granian --interface asgi shop:make --factory",
            [("shop:make", SERVER, ("/srv",), "factory")],
        ),
        ("celery -A shop.tasks worker -l info", [("shop.tasks", WORKER, ("/srv",))]),
        ("celery --app=shop:celery beat", [("shop:celery", WORKER, ("/srv",))]),
        ("flask --app 'shop:create(1)' run", [("shop:create", SERVER, ("/srv",), "factory")]),
        ("flask run", [("wsgi", SERVER, ("/srv",))]),
        ("fastapi run", [("main", SERVER, ("/srv",))]),
        ("fastapi dev pkg/app.py --app api", [("pkg.app:api", SERVER, ("/srv",))]),
        ("alembic upgrade head", [("/srv/moves/env.py", EntryKind.FILE, ("/srv",))]),
        (
            "dramatiq shop.a shop.b:broker",
            [("shop.a", WORKER, ("/srv",)), ("shop.b:broker", WORKER, ("/srv",))],
        ),
        ("arq shop.worker.Settings", [("shop.worker:Settings", WORKER, ("/srv",))]),
        ("huey_consumer shop.queue.huey -w 2", [("shop.queue:huey", WORKER, ("/srv",))]),
        ("rq worker -c shop.settings high", [("shop.settings", WORKER, ("/srv",))]),
        ("streamlit run ui/page.py", [("/srv/ui/page.py", SERVER, ("/srv/ui",))]),
        ("python -m shop.serve -v", [("shop.serve", EntryKind.MODULE, ("/srv",))]),
        ("python -Im shop", [("shop", EntryKind.MODULE, ())]),
        ("python3.12 -u tools/x.py", [("/srv/tools/x.py", EntryKind.FILE, ("/srv/tools",))]),
        ("python manage.py migrate", [("/srv/manage.py", EntryKind.COMMAND, ("/srv",))]),
        ("python -m uvicorn shop:app", [("shop:app", SERVER, ("/srv",))]),
        ("python -c 'from shop import x'", [("shop:x", EntryKind.COMMAND, ("/srv",))]),
        ("shop --help", [("shop.cli:main", EntryKind.CONSOLE_SCRIPT, ())]),
    ],
)
def test_launchers(line: str, expected: list[tuple[object, ...]]) -> None:
    assert started(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "tini -g -- gunicorn a:b",
        "dumb-init gosu app gunicorn a:b",
        "su-exec app:app env A=1 B=2 gunicorn a:b",
        "nohup nice -n 5 gunicorn a:b",
        "timeout -k 3 10 gunicorn a:b",
        "poetry run gunicorn a:b",
        "uv run --no-sync --with x gunicorn a:b",
        "pipenv run gunicorn a:b",
        "pdm run gunicorn a:b",
        "coverage run -m gunicorn a:b",
        "ddtrace-run gunicorn a:b",
        "newrelic-admin run-program gunicorn a:b",
        "opentelemetry-instrument --traces_exporter console gunicorn a:b",
        "sh -c 'exec gunicorn a:b --bind :${PORT:-80}'",
        "bash -euo pipefail -c 'cd . && gunicorn a:b'",
        "/srv/run.sh gunicorn a:b",
        "watchmedo auto-restart -d . -- gunicorn a:b",
    ],
)
def test_wrappers(line: str) -> None:
    assert started(line) == [("a:b", SERVER, ("/srv",))]


def test_a_wrapper_script_decides_by_its_arguments() -> None:
    reading = read_command(["./run.sh", "web", "--port", "80"], context())
    assert [(e.name, e.declared_at) for e in reading.entries] == [
        ("shop.web:app (run.sh, CMD)", Location("/srv/run.sh", Span(5, 18, 5, 30)))
    ]


def test_gunicorn_takes_what_its_configuration_file_says() -> None:
    reading = read_command(["gunicorn"], context("/srv/gunicorn"))
    assert [(row(e), e.imports) for e in reading.entries] == [
        (("shop.wsgi:application", SERVER, ("/srv/gunicorn",)), ("shop.run.Worker",)),
        (("/srv/gunicorn/gunicorn.conf.py", EntryKind.FILE, ("/srv/gunicorn",)), ()),
    ]


def test_variables_of_the_environment_name_targets_and_directories() -> None:
    assert started("flask run", FLASK_APP="shop:app", PYTHONPATH="lib:/opt") == [
        ("shop:app", SERVER, ("/srv", "/srv/lib", "/opt"))
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gunicorn $APP", "what it starts is only known at run time"),
        ("$PROGRAM x", "the program is only known at run time"),
        ("python $FILE", "the file is only known at run time"),
        ("cd $HERE && python a.py", "its directory is only known at run time"),
        ("uvicorn app", "uvicorn wants module:attribute, not 'app'"),
        ("./absent.sh", "./absent.sh is not in the tree"),
        ("alembic -c other.ini upgrade head", "/srv/other.ini cannot be read"),
    ],
)
def test_what_is_not_understood_has_a_reason(text: str, why: str) -> None:
    reading = read_shell(text, context())
    assert ([one.why for one in reading.unclear], reading.entries) == ([why], ())


@pytest.mark.parametrize(
    "text", ["gunicorn a:b || true", "if ! gunicorn a:b; then :; fi", "[ -f a ] && gunicorn a:b"]
)
def test_what_may_fail_is_not_certain(text: str) -> None:
    assert [entry.certain for entry in read_shell(text, context()).entries] == [False]


@pytest.mark.parametrize(
    ("text", "programs"),
    [
        ("a; b & c | d", ["a", "b", "c", "d"]),
        ("exec a; b", ["exec"]),
        ("x() { a $1; }; x 1", ["a"]),
        ("case $1 in one) a;; *) b;; esac", ["a"]),
        ("for i in 1 2; do a; done", ["a"]),
        ('if [ -n "$2" ]; then a; else b; fi', ["b"]),
        ("cat <<EOF\npython x.py\nEOF\na", ["a"]),
        (". lib.sh; a $NAME", ["a"]),
    ],
)
def test_shells_follow_control_flow(text: str, programs: list[str]) -> None:
    shell = Shell("", {}, ("one",), "sh", {"lib.sh": "NAME=x"}.get)
    shell.run(text)
    assert [command.words[0] for command in shell.commands] == programs


def test_hostile_text_ends() -> None:
    for text in ("(" * 5000, "f() { f; }; f", "a && " * 3000 + "b", "\0\udc80$((", "$(" * 999):
        read_shell(text, context())
    loop = LaunchContext(
        MemoryTree({"/a.sh": "#!/bin/sh\n/a.sh"}), "", Location("x", Span(1, 1, 1, 1)), "/"
    )
    assert [one.why for one in read_command(["/a.sh"], loop).unclear] == [
        "its wrappers start each other"
    ]


def test_complaints_are_those_of_the_launchers() -> None:
    values = {"module": "shop.web", "attribute": "app", "target": "shop.web:app", "script": "x.py"}
    said = {
        name: tuple(text.format_map(values) for text in (c.module, c.attribute, c.file) if text)
        for name in sorted(BY_PROGRAM)
        if (c := BY_PROGRAM[name].complaints) != type(c)()
    }
    assert said == {
        "arq": ('Module "shop.web" does not define a "app" attribute',),
        "celery": ("The module shop.web:app was not found.",),
        "dramatiq": ("Module 'shop.web' does not define a 'app' variable.",),
        "dramatiq-gevent": ("Module 'shop.web' does not define a 'app' variable.",),
        "fastapi": ("Could not find app name app in shop.web", "Path does not exist x.py"),
        "flask": (
            "Error: Could not import 'shop.web'.",
            "Error: Failed to find attribute 'app' in 'shop.web'.",
        ),
        "granian": ("Could not import 'shop.web'.",),
        "gunicorn": (
            "Failed to find attribute 'app' in 'shop.web'.",
            "Error: 'x.py' doesn't exist",
        ),
        "hypercorn": (
            "Cannot load application from 'shop.web:app', module not found.",
            "Cannot load application from 'shop.web:app', application not found.",
        ),
        "streamlit": ("Error: Invalid value: File does not exist: x.py",),
        "uvicorn": (
            'Error loading ASGI app. Could not import module "shop.web".',
            'Error loading ASGI app. Attribute "app" not found in module "shop.web".',
        ),
    }
