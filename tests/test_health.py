"""`linkstep health`: what each status means, who is hit, and how it is told."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from facts import finding, reference
from hostile import HOSTILE
from linkstep.cli.main import main
from linkstep.config import load_configuration
from linkstep.model.facts import BrokenReference
from linkstep.model.health import (
    ComponentHealth,
    Health,
    Obstacle,
    PathHealth,
    RootCause,
    Status,
    Trouble,
)
from linkstep.report.health_json import render_health_json
from linkstep.report.health_markdown import render_health_markdown
from linkstep.report.health_terminal import render_health
from linkstep.report.health_words import Invocation

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "chat-backend"
SCHEMA, REPORT_SCHEMA = (
    json.loads((files("linkstep.report") / name).read_text(encoding="utf-8"))
    for name in ("health_schema.json", "schema.json")
)
VALIDATOR = Draft202012Validator(
    SCHEMA,
    registry=Registry().with_resource(
        REPORT_SCHEMA["$id"], DRAFT202012.create_resource(REPORT_SCHEMA)
    ),
)

TOLD = """\
4 components: 2 degraded, 2 healthy; 3 golden paths: 1 blocked, 2 healthy

component   status     detail                                                        impact
RULE
HTTP API    healthy    4 modules                                                     -
WebSocket   degraded   cannot import name 'get_db_session_factory' from              blocks chat \
message; reached from
                       'app.db.session' at app/ws/manager.py:45, in                  app.main:app \
(CMD in Dockerfile)
                       ConnectionManager.post(), hidden by `except Exception`
Services    healthy    4 modules                                                     -
Database    degraded   lacks get_db_session_factory, which app/ws/manager.py:45      blocks chat \
message; reached from
                       asks for                                                      app.main:app \
(CMD in Dockerfile)

golden path    status    blocked at, weakened at, or way
RULE
log in         healthy   app.main -> app.api.login
list rooms     healthy   app.main -> app.api.rooms -> app.services.rooms
chat message   BLOCKED   app/ws/manager.py:45, in ConnectionManager.post(), hidden by \
`except Exception`: cannot import
                         name 'get_db_session_factory' from 'app.db.session'

root cause 1: app.db.session.get_db_session_factory is missing
  hits:    golden path chat message; components WebSocket and Database
app/ws/manager.py:45:40: error[LS102] cannot import name 'get_db_session_factory' from \
'app.db.session'
  45 |             from app.db.session import get_db_session_factory
     |                                        ^^^^^^^^^^^^^^^^^^^^^^
  found:   app/db/session.py binds get_session, get_session_from_factory, init_database and 8 more
  effect:  fails when ConnectionManager.post() is called; `except Exception` at line 51 hides it, \
so the program starts
  reached: app.main:app (CMD in Dockerfile) -> app.ws.routes -> app.ws.manager
  help:    get_session_from_factory is the closest name there

run after the fix
  linkstep check app/ws/manager.py
  python -m unittest tests/test_http.py tests/test_sockets.py
  linkstep health

`linkstep health`: 24 files, DATE, linkstep VERSION (TIME)
note: third-party modules are judged by declarations only: no environment found
"""

PROJECT = {
    "app/__init__.py": "",
    "app/main.py": "import app.api\nimport app.feature\n\napp = app.api.app\n",
    "app/api.py": "app = object()\n\ndef handle():\n    from app.late import answer\n",
    "app/late.py": "from app.store import lost\n\ndef answer(): ...\n",
    "app/store.py": "def save(): ...\n",
    "app/feature.py": "try:\n    import app.gone\nexcept Exception:\n    pass\n",
    "app/dead.py": "import app.nowhere\n",
    "app/idle.py": "",
}


def lay(root: Path, configuration: str, files: Mapping[str, str] = PROJECT) -> None:
    for name, text in {**files, "linkstep.toml": configuration}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("VIRTUAL_ENV", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.fixture
def example(project: Path) -> Path:
    shutil.copytree(EXAMPLE, project, dirs_exist_ok=True)
    return project


def steady(text: str) -> str:
    """Take out what differs from run to run, and the lines that are drawn."""
    text = re.sub(r"\(\d+\.\d\d s\)", "(TIME)", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC, linkstep [\d.]+", "DATE, linkstep VERSION", text)
    return re.sub(r"^─+$", "RULE", text, flags=re.MULTILINE)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 1) -> str:
    """Give what `linkstep health` prints."""
    assert main(["health", *arguments]) == code
    return steady(capsys.readouterr().out)


def document(capsys: pytest.CaptureFixture[str], code: int = 1) -> dict[str, list[dict[str, str]]]:
    """Give the JSON document, which its schema must know."""
    found: dict[str, list[dict[str, str]]] = json.loads(said(capsys, "--format", "json", code=code))
    VALIDATOR.validate(found)
    return found


def statuses(capsys: pytest.CaptureFixture[str], what: str, code: int = 1) -> dict[str, str]:
    return {one["name"]: one["status"] for one in document(capsys, code)[what]}


def test_the_example(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys) == TOLD


def shown(page: str) -> str:
    """Give what a document shows of it."""
    text = (ROOT / page).read_text(encoding="utf-8")
    (found,) = re.findall(
        r"^```console\n\$ linkstep health\n(.*?)^```$", text, re.DOTALL | re.MULTILINE
    )
    return steady(found)


def test_the_documents_show_the_example() -> None:
    assert shown("docs/health.md") == TOLD
    assert TOLD.startswith(shown("README.md") + "\nroot cause 1: ")


def test_the_configuration_that_is_shown_can_be_used() -> None:
    text = (ROOT / "docs/health.md").read_text(encoding="utf-8")
    (toml,) = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    configuration = load_configuration({"pyproject.toml": toml.encode()}.get)
    assert configuration.components == {
        "WebSocket": ("app.ws",),
        "Message routing": ("app.ws.routes", "app.services.message*"),
    }
    assert configuration.paths["message stored"] == (
        "app.main:app",
        "app.ws.routes",
        "app.ws.manager",
        "app.services.messages:post_message",
    )


def test_the_example_on_a_narrow_terminal(
    example: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    told = said(capsys)
    assert (
        told[: told.index("root cause")]
        == """\
4 components: 2 degraded, 2 healthy; 3 golden paths: 1
  blocked, 2 healthy

HTTP API: healthy
  detail: 4 modules
  impact: -
WebSocket: degraded
  detail: cannot import name 'get_db_session_factory' from
    'app.db.session' at app/ws/manager.py:45, in
    ConnectionManager.post(), hidden by `except Exception`
  impact: blocks chat message; reached from app.main:app
    (CMD in Dockerfile)
Services: healthy
  detail: 4 modules
  impact: -
Database: degraded
  detail: lacks get_db_session_factory, which
    app/ws/manager.py:45 asks for
  impact: blocks chat message; reached from app.main:app
    (CMD in Dockerfile)

log in: healthy
  app.main -> app.api.login
list rooms: healthy
  app.main -> app.api.rooms -> app.services.rooms
chat message: BLOCKED
  app/ws/manager.py:45, in ConnectionManager.post(), hidden
    by `except Exception`: cannot import name
    'get_db_session_factory' from 'app.db.session'

"""
    )


def test_the_example_in_markdown(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "--format", "markdown")
    shown = MarkdownIt("commonmark").enable("table").render(told)
    rows = re.findall(r"<tr>\n(.*?)</tr>", shown, re.DOTALL)
    cells = [re.findall(r"<t[hd]>(.*?)</t[hd]>", row) for row in rows]
    place = "app/ws/manager.py:45, in ConnectionManager.post(), hidden by "
    message = "cannot import name 'get_db_session_factory' from 'app.db.session'"
    assert cells[5:] == [
        ["golden path", "status", "blocked at, weakened at, or way"],
        ["log in", "healthy", "app.main -&gt; app.api.login"],
        ["list rooms", "healthy", "app.main -&gt; app.api.rooms -&gt; app.services.rooms"],
        [
            "chat message",
            "<strong>BLOCKED</strong>",
            f"{place}<code>except Exception</code>: {message}",
        ],
    ]
    assert "<h4>Root cause 1: <code>app.db.session.get_db_session_factory is missing" in shown
    assert "linkstep check app/ws/manager.py\npython -m unittest tests/test_http.py" in shown


def test_the_same_tree_gives_the_same_json(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert document(capsys) == document(capsys)
    assert str(example) not in json.dumps(document(capsys))


COMPONENTS = """
entry-points = ["app.main:app"]
[components]
front = ["app.main", "app.api"]
late = "app.late"
store = "app.store"
feature = "app.feat*"
dead = "app.dead"
idle = "app.idle"
"""


def test_what_components_can_be(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(project, COMPONENTS)
    assert statuses(capsys, "components") == {
        "front": "healthy",
        "late": "failed",  # a request imports it, and it raises
        "store": "degraded",  # it lacks what others ask for
        "feature": "degraded",  # a guard hides what is missing
        "dead": "degraded",  # it cannot be imported, and nothing reaches it
        "idle": "healthy",
    }
    told = {one["name"]: one for one in document(capsys)["components"]}
    assert told["dead"]["unreached"] is True
    assert told["late"]["failures"] == [
        {
            "module": "app.late",
            "path": "app/late.py",
            "line": 1,
            "exception": "ImportError: cannot import name 'lost' from 'app.store'",
        }
    ]


@pytest.mark.parametrize(
    ("path", "status", "obstacle"),
    [
        (
            "app.main:app -> app.store:save",
            "blocked",
            "every way there passes an import that raises",
        ),
        ("app.main:app -> app.late", "blocked", "it cannot be imported"),
        ("app.main:app -> app.gone", "blocked", "there is no such module"),
        ("app.main:app -> app.api:reply", "blocked", "the module has no such name"),
        ("app.main:app -> app.api:handle", "blocked", "a statement raises when it is called"),
        ("app.dead -> app.store", "blocked", "the program does not start"),
        ("app.main:app -> app.idle", "unknown", "no import leads there"),
        ("app.main:app -> app.feature", "degraded", None),
        ("app.late -> app.store", "blocked", "the program does not start"),
        ("app.main:app -> app.api", "healthy", None),
        ("app.api -> app.api:app", "healthy", None),
    ],
)  # fmt: skip
def test_what_a_path_can_be(
    path: str, status: str, obstacle: str | None, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api = "from app.store import gone\n" if path.endswith(":handle") else ""
    files = PROJECT | {"app/api.py": PROJECT["app/api.py"] + f"    {api}\n"}
    lay(project, f'[paths]\nit = "{path}"\n', files)
    (found,) = document(capsys, code=1)["paths"]
    assert (found["status"], found["obstacle"]) == (status, obstacle)


def test_a_name_that_may_be_set_elsewhere_is_not_missing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "app/__init__.py": "from app import star, plain, opener\nplain.given = 1\n",
        "app/star.py": "from app.plain import *\n",
        "app/plain.py": "def there(): ...\n",
        "app/opener.py": "globals().update(make())\n",
    }
    stops = ("star:there", "plain:given", "opener:any", "plain:there", "plain:gone")
    paths = "".join(f'"{stop}" = "app -> app.{stop}"\n' for stop in stops)
    lay(project, f"[paths]\n{paths}", files)
    assert statuses(capsys, "paths") == dict.fromkeys(stops, "healthy") | {"plain:gone": "blocked"}


def test_a_table_says_the_same_as_an_arrow(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = '{from = "app.main:app", via = "app.api", to = "app.feature"}'
    lay(project, f'[paths]\none = {table}\ntwo = "app.main:app -> app.api -> app.feature"\n')
    one, two = document(capsys, code=1)["paths"]
    assert one | {"name": "two"} == two


def test_a_call_of_a_broken_function_weakens_a_path(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = (
        "from .tools import late\n\n"
        "def go():\n    check()\n\ndef check():\n    from app import gone\n\ndef other(): ...\n\n"
        "def deferred():\n    from app.tools import check as run\n    run()\n\n"
        "def handed_on():\n    late()\n"
    )
    files = {
        "app/__init__.py": "import app.work\n",
        "app/work.py": work,
        "app/tools/__init__.py": "from .inner import late\n\n"
        "def check():\n    from app import lost\n",
        "app/tools/inner.py": "def late():\n    from app import nowhere\n",
    }
    expected = {
        "go": "degraded",
        "other": "healthy",
        "deferred": "degraded",
        "handed_on": "degraded",
    }
    paths = "".join(f'{name} = "app -> app.work:{name}"\n' for name in expected)
    lay(project, f"[paths]\n{paths}", files)
    assert statuses(capsys, "paths", code=0) == expected


def test_a_package_that_raises_takes_its_modules_with_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"app/__init__.py": "import app.gone\n", "app/db.py": "", "start.py": ""}
    lay(project, 'entry-points = ["start"]\n[components]\ndb = "app.db"\n', files)
    (component,) = document(capsys, code=0)["components"]
    assert (component["status"], component["unreached"]) == ("degraded", True)
    lay(project, '[components]\ndb = "app.db"\n', files)
    (component,) = document(capsys)["components"]
    assert (component["status"], component["unreached"]) == ("failed", False)


def test_without_configuration(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(project, 'entry-points = ["app.main:app"]\n')
    found = document(capsys)
    assert [(one["name"], one["status"], one["modules"]) for one in found["components"]] == [
        ("app", "failed", 8)
    ]
    assert [(one["name"], one["status"]) for one in found["paths"]] == [
        ("app.main:app", "degraded")
    ]


def test_a_comment_accepts_and_a_baseline_does_not(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = "def go():\n    from app import gone{}\n"
    paths = 'baseline = "linkstep-baseline.json"\n[paths]\ngo = "app -> app.work:go"\n'
    files = {"app/__init__.py": "import app.work\n"}
    lay(project, paths.partition("\n")[2], files | {"app/work.py": work.format("")})
    assert main(["baseline", "-q"]) == 0
    lay(project, paths, files | {"app/work.py": work.format("")})
    assert main(["check"]) == 0
    capsys.readouterr()
    assert statuses(capsys, "paths") == {"go": "blocked"}
    lay(project, paths, files | {"app/work.py": work.format("  # linkstep: ignore")})
    assert statuses(capsys, "paths", code=0) == {"go": "healthy"}


@pytest.mark.parametrize(
    ("level", "codes"), [("degraded", (1, 1)), ("failed", (0, 1)), ("never", (0, 0))]
)
def test_what_fails_a_run(
    level: str, codes: tuple[int, int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weak, blocked = "app.feature", "app.api:reply"
    for to, code in zip((weak, blocked), codes, strict=True):
        lay(
            project,
            f'[components]\nfront = "app.api"\n[paths]\nit = "app.main:app -> {to}"\n',
            PROJECT,
        )
        assert main(["health", "--fail-on", level]) == code
    capsys.readouterr()


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        (
            '[components]\nws = "app.wss"\n',
            "component 'ws': no module matches 'app.wss'",
        ),
        ("[components]\nws = 3\n", "ws must be a list of strings, not an integer 3"),
        ("[components]\nws = []\n", "ws must be a pattern of modules"),
        ('[paths]\nit = "app.mian:app -> app.api"\n', "golden path 'it' starts at 'app.mian:app'"),
        ('[paths]\nit = "app.main -> "\n', "it must be a path such as"),
        ("[paths]\nit = 1\n", "it must be a path such as"),
        ('[paths.it]\nfrom = "app.main"\n', "a golden path needs 'to'"),
        ('[paths.it]\nform = "app.main"\n', "unknown key 'form'"),
        ('[component]\nws = "app.ws"\n', "unknown key 'component'"),
    ],
)
def test_configuration_that_cannot_be_meant(
    configuration: str, told: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay(project, configuration)
    assert main(["health"]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "linkstep.toml" in error


def hostile_health() -> Health:
    """Give health every text of which is hostile."""
    fact = reference(path=HOSTILE, module=HOSTILE, name=HOSTILE, importing=HOSTILE)
    found = finding(fact, message=HOSTILE)
    assert isinstance(found.fact, BrokenReference)
    trouble = Trouble(HOSTILE, HOSTILE, 1, HOSTILE, found)
    component = ComponentHealth(
        HOSTILE,
        Status.FAILED,
        1,
        (trouble,),
        (found,),
        (found,),
        found,
        False,
        (HOSTILE,),
        (HOSTILE,),
    )
    path = PathHealth(
        HOSTILE, (HOSTILE,), Status.BLOCKED, (), Obstacle.CALL, HOSTILE, trouble, (found,)
    )
    return Health((component,), (path,), (RootCause(HOSTILE, (found,), (HOSTILE,), (HOSTILE,)),))


def test_hostile_names_are_text() -> None:
    health = hostile_health()
    typed = Invocation((HOSTILE.replace("\0", ""),))
    for width in (40, 120):
        printed = render_health(health, lambda path: [HOSTILE], typed, (), width)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028\ud800-\udfff]", printed)
    text = render_health_markdown(health, lambda path: [HOSTILE], typed, ())
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert not re.search(r"<(script|a|img|em)\b", shown)
    assert shown.count("<tr>") == 4
    VALIDATOR.validate(json.loads(render_health_json(health, "0", typed)))
