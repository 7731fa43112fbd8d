"""After an edit: what no other file can notice is not linked again, and anything else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from changing_projects import SITE, ChangingProject

PLAIN = '[project]\nname = "app"\nversion = "1"\ndependencies = ["dep", "psycopg2"]\n'
FILES = {
    "pyproject.toml": PLAIN,
    "app/__init__.py": "",
    "app/db.py": "import os\n\nNAME = 'x'\n\ndef connect():\n    return os.path\n",
    "app/api.py": (
        "import json\nimport os\n\nfrom app import db\nfrom app.db import connect\nimport dep\n\n"
        "def call(x):\n    db.connect()\n    dep.connect()\n    json.loads\n    return x\n"
    ),
    "app/first.py": "from app import second\n\ndef one():\n    return 1\nsecond\n",
    "app/second.py": "from app import first\n\ndef two():\n    return first\ntwo()\n",
    "app/models.py": "",
    "app/passing.py": (
        "def old(): ...\n\ndef other(): ...\n\ndef third(): ...\n\ndef own(): ...\n\nalias = own\n"
    ),
    "app/main.py": "def start(): ...\n",
    "app/marks.py": (
        "import sys\nfrom app.plain import plain\n\n"
        "def bind(x): sys._getframe(1).f_globals['made'] = x\n\n"
        "def mark(x):\n    plain(x)\n    return x\n"
    ),
    "app/plain.py": "def plain(x): ...\n\ndef simple(x): ...\n",
    "app/marked.py": "from app.marks import mark\nmark(__name__)\nhere = 1\n",
    "app/marking.py": (
        "from app.marked import here\n"
        "try:\n    from app.marked import made\nexcept ImportError:\n    made = 0\n"
    ),
    "app/serve.py": "from app.main import *\n",
    "Procfile": "web: uvicorn app.serve:start\n",
    "app/passed.py": "from app import passing\nanother = passing.other\n",
    "app/tried.py": "try:\n    from app.passing import third\nexcept: third = 1\n",
    "app/views.py": "",
    "app/worker.py": "",
    "tests/test_app.py": "",
    "setup.py": "import sys\n",
    f"{SITE}/psycopg2/__init__.py": "",
    f"{SITE}/psycopg2-2.0.dist-info/METADATA": (
        "Metadata-Version: 2.1\nName: psycopg2\nVersion: 2.0\n"
    ),
    f"{SITE}/psycopg2-2.0.dist-info/RECORD": "psycopg2/__init__.py,,\n",
}
DRIVER = "URL = 'postgresql+psycopg2://'"


@pytest.fixture
def project(tmp_path: Path) -> ChangingProject:
    made = ChangingProject(tmp_path, seed=0, hours=1)
    for name, content in FILES.items():
        path = made.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (made.root / "app/settings.py").write_text(f"def url():\n    {DRIVER}\n    return 1\n")
    made.warm()
    return made


def edit(project: ChangingProject, name: str, old: str, new: str) -> None:
    path = project.root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("app/api.py", "    return x", "    # a comment\n\n    y = x\n    return y"),
        ("app/api.py", "import json\n", "# first\nimport json\n"),
        ("app/api.py", "    return x", "    return db.connect, x"),
        ("app/api.py", "    db.connect()\n", "    db.connect\n"),
        ("app/api.py", "    json.loads\n", "    json.loads, json.loads\n"),
        ("app/db.py", "return os.path", "return os.path, os.path"),
        ("app/api.py", "    return x", "    return [lambda: y for y in x]"),
        ("app/db.py", "NAME = 'x'", "NAME = None"),
        ("app/db.py", "def connect", "def added(): ...\n\ndef connect"),
        ("app/db.py", "def connect", "connect = None\ndef connect"),
        ("app/api.py", "def call", "def called"),
        ("app/passing.py", "def old", "def new"),
        ("app/first.py", "def one", "def once"),
        ("app/api.py", "import connect\n", "import connect, NAME\n"),
        ("app/api.py", "import json\n", "import json\nfrom json import dumps\n"),
        ("app/api.py", "import json\n", "import json\nimport html\n"),
        ("app/settings.py", DRIVER, f"{DRIVER}\n    X = URL"),
    ],
)
def test_what_no_other_file_can_notice_is_not_linked(
    project: ChangingProject, name: str, old: str, new: str
) -> None:
    edit(project, name, old, new)
    told, stages = project.warm()
    assert (told, stages) == (project.cold(), [])
    assert project.warm() == (told, [])
    edit(project, name, new, old)
    told, stages = project.warm()
    assert (told, stages) == (project.cold(), [])


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("app/db.py", "def connect", "def connected"),
        ("app/db.py", "def connect", "def __getattr__(name): ...\n\ndef connect"),
        ("app/__init__.py", "", "def db(): ...\n"),
        ("app/first.py", "1\nsecond\n", "1\nsecond.two\n"),
        ("app/passing.py", "def other", "def others"),
        ("app/passing.py", "def third", "def thirds"),
        ("app/passing.py", "def own(): ...", "own = None"),
        ("app/main.py", "def start", "def started"),
        ("app/api.py", "    return x", "    return db.never"),
        ("app/api.py", "    return x", "    return json.never"),
        ("app/api.py", "    return x", "    return dep.never"),
        ("app/api.py", "    return x", "    import app.worker"),
        ("app/api.py", "import json\n", "import json\nimport app.worker\n"),
        ("app/api.py", "from app.db import connect\n", "from app.db import connect as db\n"),
        ("app/first.py", "import second\n", "import second, api\n"),
        ("app/api.py", "    return x", "    db.added = x"),
        ("app/api.py", "    return x", "    global made; made = x"),
        ("app/api.py", "    return x", "    return x  # linkstep: ignore[LS102]"),
        ("app/api.py", "    return x", "    return x ("),
        ("app/second.py", "    return first", "    first.one\n    return first.second"),
        ("app/settings.py", DRIVER, "URL = ''"),
        ("setup.py", "import sys", "import sys  # comment"),
        ("pyproject.toml", '"psycopg2"', '"psycopg"'),
        ("app/marks.py", "    return x", "    return bind(x)"),
        ("app/marks.py", "    return x", "    return plain(x)"),
        ("app/plain.py", "def plain(", "def plainer("),
    ],
)
def test_what_others_may_notice_is_linked(
    project: ChangingProject, name: str, old: str, new: str
) -> None:
    edit(project, name, old, new)
    told, stages = project.warm()
    assert (told, bool(stages)) == (project.cold(), True)


@pytest.mark.parametrize(
    ("name", "old", "new", "linked"),
    [
        ("app/api.py", "    return x", "    return db.never", [1]),
        ("app/api.py", "    return x", "    from app.db import never\n    return x", [1]),
        ("app/api.py", "    return x", "    return dep.never", [1]),
        ("app/api.py", "    return x", "    import app.worker", [1]),
        ("app/api.py", "    return x", "    return x  # linkstep: ignore[LS102]", [1]),
        ("app/api.py", "import json\n", "import json\nfrom app.db import never\n", [1]),
        ("app/db.py", "def connect", "def connected", [2]),
        ("app/main.py", "def start", "def started", [1]),
        ("app/first.py", "import second\n", "import second, api\n", [1]),
    ],
)
def test_what_breaks_is_linked_with_those_who_may_notice(
    project: ChangingProject, name: str, old: str, new: str, linked: list[int]
) -> None:
    edit(project, name, old, new)
    told, stages = project.warm()
    again = [f"linking {count} modules once more" for count in linked]
    assert (told, stages) == (project.cold(), again)
    edit(project, name, new, old)
    told, stages = project.warm()
    assert (told, stages) == (project.cold(), again)


FAILING = {
    "lib/__init__.py": "",
    "lib/base.py": "def make(): ...\n\ndef other(): ...\n",
    "lib/taking.py": "from lib.base import make\n\nNAME = 1\n",
    "lib/following.py": "from lib.taking import NAME\n",
    "lib/later.py": "def call():\n    from lib import following\n    return following.NAME\n",
    "lib/caught.py": (
        "try:\n    from lib import following\n    READY = 1\nexcept ImportError:\n    LOST = 1\n"
    ),
    "lib/listing.py": "from lib import *\n\n__all__ = []\n",
    "lib/asking.py": "import app.main\nimport lib.caught\n\ndef ask(): return lib.caught.READY\n",
    "lib/deep.py": "from lib import asking\n\ndef ask(): return asking.lib.caught.READY\n",
    "lib/setting.py": (
        "def put():\n    try:\n        from lib import following\n    except ImportError:\n"
        "        following = None\n    else:\n        import lib.plain\n"
        "        lib.plain.extra = following\n"
    ),
    "lib/plain.py": "",
    "lib/using.py": "from lib import plain\n\ndef use(): return plain.extra\n",
    "lib/apart.py": "from lib import base\n\ndef use(): return base.other()\n",
    "lib/above.py": "from lib import apart\n\ndef use(): return apart.base\n",
}


def test_who_fails_with_a_file_is_linked_and_who_notices_it(project: ChangingProject) -> None:
    for name, content in FAILING.items():
        path = project.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    project.warm()
    apart = {"lib/__init__.py", "lib/listing.py", "lib/apart.py", "lib/above.py"}
    for old, new in (("def make", "def made"), ("def made", "def make")):
        edit(project, "lib/base.py", old, new)
        told, stages = project.warm()
        assert told == project.cold()
        assert stages[-1] == f"linking {len(FAILING.keys() - apart)} modules once more"


def test_all_is_linked_when_most_of_it_is_concerned(project: ChangingProject) -> None:
    for number in range(120):
        name = project.root / f"app/user_{number}.py"
        name.write_text("def use():\n    from app.db import connect\n    return connect\n")
    project.warm()
    edit(project, "app/db.py", "def connect", "def connected")
    told, stages = project.warm()
    assert (told, stages) == (project.cold(), ["reading 142 files", "linking 142 modules"])


def test_a_finding_moves_with_its_line(project: ChangingProject) -> None:
    edit(project, "app/api.py", "    return x", "    return db.never")
    broken, _ = project.warm()
    edit(project, "app/api.py", "import json\n", "\nimport json\n")
    moved, stages = project.warm()
    assert (moved, stages) == (project.cold(), ["linking 1 modules once more"])
    assert '"line": 12' in broken
    assert '"line": 13' in moved


def test_what_moved_before_something_breaks_is_told_where_it_is(project: ChangingProject) -> None:
    edit(project, "app/api.py", "import json\n", "\nimport json\n")
    assert project.warm() == (project.cold(), [])
    edit(project, "app/db.py", "def connect", "def connected")
    told, stages = project.warm()
    assert (told, stages[0]) == (project.cold(), "linking 2 modules once more")
    assert '"line": 6' in told


def test_several_files_are_edited_at_once(project: ChangingProject) -> None:
    edit(project, "app/api.py", "    return x", "    y = 1\n    return x")
    edit(project, "app/db.py", "return os.path", "return os.path, os.sep")
    edit(project, "app/db.py", "os.sep", "os.path")
    told, stages = project.warm()
    assert (told, stages) == (project.cold(), [])


def test_a_name_that_another_edited_file_takes_is_followed(project: ChangingProject) -> None:
    edit(project, "app/passing.py", "def other", "def another")
    edit(project, "app/passed.py", "passing.other", "passing.another")
    told, stages = project.warm()
    assert (told, bool(stages)) == (project.cold(), True)


def test_staged_content_is_compared_object_by_object(project: ChangingProject) -> None:
    asked = {"staged": True, "since": "HEAD"}
    project._commit()
    project.warm(**asked)
    edit(project, "app/api.py", "    return x", "    y = db.connect\n    return x, y")
    assert project.warm(**asked)[1] == []  # it is not staged
    project._checkout.git("add", "--all")
    told, stages = project.warm(**asked)
    assert (told, stages) == (project.cold(**asked), [])
    edit(project, "app/db.py", "def connect", "def connected")
    assert project.warm(**asked) == (told, [])
    project._checkout.git("add", "--all")
    assert project.warm(**asked)[1] != []


def with_setter(project: ChangingProject) -> None:
    """Add a module on which another one sets a name, and one that asks for it."""
    for name, text in {
        "thing": "",
        "way": "from app import thing\n",
        "setter": "from app.way import thing\nfrom app.db import connect\nthing.extra = 1\n",
        "asking": "import app.setter\nfrom app import thing\ndef ask():\n    return thing.extra\n",
    }.items():
        (project.root / f"app/{name}.py").write_text(text)
    project.warm()


def test_a_file_that_sets_names_may_fail(project: ChangingProject) -> None:
    with_setter(project)
    edit(project, "app/db.py", "def connect", "def connected")
    told, stages = project.warm()
    assert (told, stages) == (project.cold(), ["linking 4 modules once more"])
    assert '"name": "extra"' not in told


@pytest.mark.parametrize("head", ["", "def patch():\n    "])
def test_names_that_are_set_on_a_module_no_more_are_missed(
    project: ChangingProject, head: str
) -> None:
    with_setter(project)
    edit(project, "app/setter.py", "thing.extra", f"{head}thing.extra")
    project.warm()
    edit(project, "app/way.py", "from app import thing", "thing = 1")
    told, stages = project.warm()
    assert (told, stages[-2:]) == (project.cold(), ["reading 26 files", "linking 26 modules"])
    assert '"name": "extra"' in told


def test_who_asks_for_a_name_that_is_set_no_more_is_linked_too(project: ChangingProject) -> None:
    for name, text in {
        "thing": "",
        "between": "from app.db import connect\n",
        "way": (
            "try:\n    import app.between\n    from app import thing\n"
            "except ImportError:\n    thing = None\n"
        ),
        "setter": "def patch():\n    from app.way import thing\n    thing.extra = 1\n",
        "asking": "from app import thing\ndef ask():\n    return thing.extra\n",
    }.items():
        (project.root / f"app/{name}.py").write_text(text)
    before, _ = project.warm()
    edit(project, "app/db.py", "def connect", "def connected")
    told, stages = project.warm()
    assert ('"name": "extra"' in before, '"name": "extra"' in told) == (False, True)
    linked = [f"linking {count} modules once more" for count in (5, 7)]
    assert (told, stages) == (project.cold(), linked)
