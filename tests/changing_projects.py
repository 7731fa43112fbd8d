"""A small project in which everything changes that a result depends on, at random."""

from __future__ import annotations

import os
import random
import shutil
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from linkstep.errors import LinkstepError
from linkstep.incremental.cached_check import CachedCheck
from linkstep.index.cache import Cache
from linkstep.model.request import CheckRequest, CheckResult
from linkstep.pipeline import check
from linkstep.report.json_document import render_json
from linkstep.report.terminal import render_full
from repositories import ENVIRON, Checkout

SITE = ".venv/lib/python3.11/site-packages"
FILES = {
    "pyproject.toml": '[project]\nname = "app"\nversion = "1"\ndependencies = ["dep"]\n',
    ".gitignore": ".venv/\n*.gen.py\n",
    "app/__init__.py": "",
    "app/db.py": "def get_session(): ...\n\ndef close(): ...\n",
    "app/models.py": "from app.db import get_session\nimport dep\nfrom dep import connect\n",
    "app/views.py": "from app import models\nfrom app.db import *\nmodels.get_session\n",
    "app/made.gen.py": "x = 1\n",
    "app/worker.py": "def run():\n    from app.db import never  # linkstep: ignore[LS102]\n",
    "one/shared.py": "here = 1\n",
    "two/shared.py": "there = 1\n",
    "tests/test_app.py": "from app.views import close\nfrom chosen.shared import here\n",
    f"{SITE}/dep/__init__.py": "def connect(): ...\n",
    f"{SITE}/dep-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: dep\nVersion: 1.0\n",
    f"{SITE}/dep-1.0.dist-info/RECORD": "dep/__init__.py,,\ndep-1.0.dist-info/METADATA,,\n",
    ".venv/pyvenv.cfg": "home = /nowhere\nversion = 3.11.4\n",
}
BODIES = (
    "def get_session(): ...\n",
    "def get_sessions(): ...\n",  # as long as the next one
    "def got_sessions(): ...\n",
    "from app.models import connect\n",
    "import app.views as views\nviews.close\n",
    "from dep import connect, missing\n",
    "import os, no_such_module\n",
    "def broken(:\n",
    "x = 1  # linkstep: ignore[LS101]\n",
    "",
    "import os\nfrom app.db import get_session\n\ndef run(x):\n    return x\n",
)
INSERTED = (
    "edited = 1",
    "os.path",
    "os.never",
    "get_session",
    "get_session.never",
    "import app.db",
    "from app.db import never",
    "get_session.attribute = 1",
    "global added; added = 1",
    "return lambda: 1",
    "x = 'dep'  # linkstep: ignore",
)
CONFIGURATIONS = (
    "",
    '[tool.linkstep]\nignore = ["LS102"]\n',
    '[tool.linkstep]\nroots = ["app"]\n',
    '[tool.linkstep]\nexclude = ["tests/"]\nfail-on = "never"\n',
)
REQUESTS: tuple[dict[str, object], ...] = (
    *({}, {}, {}, {}),
    {"paths": ("app",)},
    {"paths": ("app/models.py", "tests")},
    {"select": ("ALL",)},
    {"target_version": "3.13"},
    {"staged": True},
    {"since": "HEAD"},
    {"staged": True, "since": "HEAD"},
    {"rev": "HEAD"},
)


class Stages:
    """An observer that knows whether anything was linked."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def stage(self, name: str, total: int | None) -> None:
        self.names.append(name)

    def advance(self, count: int) -> None:
        pass


class ChangingProject:
    """The project in `root`, with a cache beside it; `hours` puts forward the clock of runs.

    By a clock that is ahead every file was settled when it was read; by the true one none was.
    """

    def __init__(self, place: Path, seed: int, hours: int = 0) -> None:
        self.root = place / "project"
        self.cache_directory = place / "cache"
        self.random = random.Random(seed)
        self._ahead = hours * 3_600_000_000_000
        self._checkout = Checkout(self.root)
        self._checkout.write(FILES)
        (self.root / "chosen").symlink_to("one")
        self._commit()

    def request(self, **asked: object) -> CheckRequest:
        return CheckRequest(cwd=str(self.root), environ=dict(ENVIRON), **asked)  # type: ignore[arg-type]

    def warm(self, **asked: object) -> tuple[str, list[str]]:
        """Give all that a run with the cache tells, and the stages that it went through."""
        cache, stages = Cache(self.cache_directory), Stages()
        run = CachedCheck(cache, self.request(**asked), clock=self._now)
        told = self._told(lambda: run.run(stages))
        run.save()
        cache.close()
        assert cache.notes() == ()
        return told, stages.names

    def cold(self, **asked: object) -> str:
        return self._told(lambda: check(self.request(**asked), Stages()))

    def edit(self) -> str:
        """Change something, and say what."""
        action = self.random.choice(ACTIONS)
        return f"{action.__name__} {action(self)}"

    def any_file(self) -> Path:
        found = [
            path
            for directory in ("app", "tests", "one", "two", f"{SITE}/dep")
            for path in sorted((self.root / directory).rglob("*.py"))
        ]
        return self.random.choice(found) if found else self.root / "app" / "new.py"

    def _now(self) -> int:
        return time.time_ns() + self._ahead

    def _commit(self) -> None:
        with suppress(AssertionError):  # of what git cannot hold, such as a pipe
            self._checkout.git("add", "--all", "--ignore-errors")
        self._checkout.git("commit", "--quiet", "--allow-empty", "-m", "change")

    def _told(self, run: Callable[[], CheckResult]) -> str:
        try:
            result = run()
        except LinkstepError as error:
            return f"{error.what} {error.where} {error.why} {error.hint}"
        report = result.report
        return "\n".join(
            (
                render_json(report, "0"),
                render_full(report, result.lines, 100, False, None, False),
                f"{result.failed} {result.root} {result.baseline_file}",
                f"{zlib.crc32(msgspec.msgpack.encode(result.rules))}",
            )
        )


def write(project: ChangingProject) -> str:
    path = project.any_file()
    _clear(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(project.random.choice(BODIES))
    return str(path)


def add(project: ChangingProject) -> str:
    name = project.random.choice(("app/new.py", "app/sub/__init__.py", "no_such_module.py"))
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear(path)
    path.write_text(project.random.choice(BODIES))
    return name


def insert(project: ChangingProject) -> str:
    """Put a statement into a function, or a comment or a definition into the file."""
    path = project.any_file()
    if not path.is_file():
        return ""
    lines = path.read_text().split("\n")
    bodies = [n for n, line in enumerate(lines) if line.startswith("    ")]
    if not bodies or project.random.random() < 0.2:
        lines.insert(0, project.random.choice(("# a comment", "def added(): ...", "x = 1")))
    else:
        statement = project.random.choice(INSERTED)
        lines.insert(project.random.choice(bodies), f"    {statement}")
    path.write_text("\n".join(lines))
    return str(path)


def delete(project: ChangingProject) -> str:
    path = project.any_file()
    _clear(path)
    return str(path)


def rename(project: ChangingProject) -> str:
    path = project.any_file()
    if path.exists():
        path.rename(path.with_name(project.random.choice(("db.py", "models.py", "moved.py"))))
    return str(path)


def touch(project: ChangingProject) -> str:
    path = project.any_file()
    if path.exists():
        os.utime(path)
    return str(path)


def revert(project: ChangingProject) -> str:
    name = project.random.choice([name for name in FILES if name.endswith(".py")])
    path = project.root / name
    _clear(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FILES[name])
    return name


def replace_unseen(project: ChangingProject) -> str:
    """Write as many other bytes, and put the time of change back."""
    path = project.root / "app" / "db.py"
    if not path.is_file():
        return ""
    state, content = path.stat(), path.read_bytes()
    swapped = content.replace(b"get_s", b"tag_s") if b"get_s" in content else content[::-1]
    path.write_bytes(swapped)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    return "app/db.py"


def make_unreadable(project: ChangingProject) -> str:
    path = project.any_file()
    _clear(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    project.random.choice((os.mkfifo, os.mkdir, lambda place: os.symlink("nowhere", place)))(path)
    return str(path)


def retarget(project: ChangingProject) -> str:
    link = project.root / "chosen"
    link.unlink()
    link.symlink_to(project.random.choice(("one", "two", "nowhere")))
    return os.readlink(link)


def ignore(project: ChangingProject) -> str:
    path = project.root / project.random.choice(
        (".gitignore", ".git/info/exclude", "app/.gitignore")
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(project.random.choice((".venv/\n", ".venv/\napp/db.py\n", "two/\n.venv/\n")))
    return str(path)


def configure(project: ChangingProject) -> str:
    text = project.random.choice(CONFIGURATIONS)
    (project.root / "pyproject.toml").write_text(FILES["pyproject.toml"] + text)
    return text


def install(project: ChangingProject) -> str:
    site = project.root / SITE
    text = project.random.choice(("def connect(): ...\n", "def connected(): ...\n"))
    (site / "dep").mkdir(parents=True, exist_ok=True)
    _clear(site / "dep" / "__init__.py")
    (site / "dep" / "__init__.py").write_text(text)
    (site / "no_such_module.py").write_text("")
    return text


def commit(project: ChangingProject) -> str:
    project._commit()
    return ""


def unstage(project: ChangingProject) -> str:
    project._checkout.git("rm", "--quiet", "--cached", "--ignore-unmatch", "app/db.py")
    return "app/db.py"


ACTIONS: tuple[Callable[[ChangingProject], str], ...] = (
    *(
        write,
        write,
        insert,
        insert,
        insert,
        insert,
        add,
        delete,
        rename,
        touch,
        revert,
        revert,
        replace_unseen,
    ),
    *(make_unreadable, retarget, ignore, configure, install, commit, unstage),
)


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
