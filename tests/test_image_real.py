"""Images made by umoci and skopeo from real Pythons, and what starting them says."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import images
from images import VERSION, Layout, in_chroot, write
from linkstep.cli.main import main

Captured = pytest.CaptureFixture[str]

APP = {
    "shop/__init__.py": "",
    "shop/main.py": """\
import json, sqlite3, ssl
from shop.api.routes import make_app
from shop.db.session import connect

app = make_app(connect())

def start():
    from shop.db.session import create_tables
    create_tables()
""",
    "shop/api/__init__.py": "",
    "shop/api/routes.py": """\
def make_app(database):
    return [items, health]

def items():
    from shop.report import show
    return show()

def health():
    from shop.services.health import check
    return check()
""",
    "shop/db/__init__.py": "",
    "shop/db/session.py": "def connect(): ...\n\ndef create_tables(): ...\n",
    "shop/report.py": "def show():\n    import jinja2\n    return jinja2.__version__\n",
    "shop/services/__init__.py": "",
    "shop/services/health.py": "def check(): ...\n",
    "run.py": "from shop.main import app, start\nstart()\n",
}
UVICORN = "#!/opt/venv/bin/python\nimport sys\nfrom uvicorn.main import main\nsys.exit(main())\n"
SITE = f"/opt/venv/lib/python{VERSION}/site-packages"
VENV_PATH = ("--env", "PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin", "--workingdir", "/srv")
SERVE = ("--cmd", "uvicorn", "--cmd", "shop.main:app")
SESSION = "def connect(): ...\n"

NO_HEALTH = "shop/api/routes.py:9:10: LS101 No module named 'shop.services.health'"
NO_TABLES = "shop/main.py:8:33: LS102 cannot import name 'create_tables' from 'shop.db.session'"
NO_JINJA = "shop/report.py:2:12: LS101 No module named 'jinja2'"
NO_MARKUPSAFE = (
    "shop/report.py:2:12: LS112 importing 'jinja2' raises "
    "ModuleNotFoundError: No module named 'markupsafe'"
)
NO_LIBSSL = "LS406 importing '_ssl' needs libssl.so.3, which the image lacks"
DANGLING = (
    "/opt/venv/bin/uvicorn:1:1: LS405 `uvicorn shop.main:app` cannot start: "
    "the interpreter in the program's first line is not in the image"
)

EXPECTED: dict[str, list[str]] = {
    "slim": [],
    "replaced": [NO_HEALTH, NO_TABLES],
    "incomplete": [NO_MARKUPSAFE],
    "debian": [],
    "distroless": [],
    "distroless-bare": [NO_JINJA],
    "dangling": [DANGLING],
    "no-library": [f"shop/main.py:1:23: {NO_LIBSSL}"],
}
FIVE = ("slim", "replaced", "incomplete", "debian", "distroless")
FORMS = ("oci", "oci-zstd", "docker-archive", "docker-archive-gzip", "standard input")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """All images, in one OCI layout."""
    why = images.why_not()
    if why is not None:
        pytest.skip(why)
    packages = images.installed_packages("uvicorn", "jinja2")
    if packages is None or images.debian_packages() is None:
        pytest.skip("the packages that the images are made of cannot be downloaded")
    work = tmp_path_factory.mktemp("images")
    layout = Layout(work / "layout")
    write(work / "app", APP)
    write(work / "replaced", {"session.py": SESSION})
    venv = images.virtual_environment(work / "venv", {})
    shutil.rmtree(venv / SITE.lstrip("/"), ignore_errors=True)
    shutil.copytree(packages, venv / SITE.lstrip("/"), ignore=shutil.ignore_patterns("bin"))
    write(venv, {"opt/venv/bin/uvicorn": UVICORN})
    _slim(layout, work)
    _debian(layout, work)
    return layout


def _slim(layout: Layout, work: Path) -> None:
    layout.new("slim")
    layout.add("slim", images.slim_root(work / "slim"), "/", "ADD slim.tar /")
    layout.add("slim", work / "venv", "/", "COPY --from=build /opt/venv /opt/venv")
    layout.add("slim", work / "app", "/srv", "COPY . /srv")
    layout.configure("slim", *VENV_PATH, *SERVE)
    layout.copy("slim", "replaced")
    layout.remove("replaced", "/srv/shop/services/health.py", "RUN rm health.py")
    session = work / "replaced" / "session.py"
    layout.add("replaced", session, "/srv/shop/db/session.py", "COPY db /srv/shop/db")
    layout.copy("slim", "incomplete")
    layout.remove("incomplete", f"{SITE}/markupsafe", "RUN pip uninstall markupsafe")


def _debian(layout: Layout, work: Path) -> None:
    layout.new("debian")
    layout.add("debian", images.debian_root(work / "debian"), "/", "ADD debian.tar /")
    layout.copy("debian", "dangling")
    layout.add("dangling", work / "venv", "/", "COPY --from=build /opt/venv /opt/venv")
    layout.add("dangling", work / "app", "/srv", "COPY . /srv")
    layout.configure("dangling", *VENV_PATH, *SERVE)
    layout.add("debian", work / "app", "/srv", "COPY . /srv")
    layout.configure("debian", "--workingdir", "/srv", "--cmd", "python3", "--cmd", "run.py")
    layout.copy("debian", "no-library")
    library = next((work / "debian").glob("usr/lib/*/libssl.so.3"))
    layout.remove("no-library", f"/{library.relative_to(work / 'debian')}", "RUN rm libssl")
    layout.copy("debian", "distroless")
    layout.remove("distroless", "/usr/bin/dash", "RUN rm dash")
    layout.remove("distroless", "/usr/bin/sh", "RUN rm sh")
    entry = ("--entrypoint", "/usr/bin/python3", "--cmd", "/srv/run.py", "--workingdir", "/")
    layout.configure("distroless", *entry)
    layout.copy("distroless", "distroless-bare")
    layout.remove("distroless-bare", "/usr/lib/python3/dist-packages/jinja2", "RUN rm jinja2")


def saved(made: Layout, tag: str, form: str) -> Path:
    """Write an image in a form, once."""
    target = made.directory.parent / f"{tag}-{form}"
    if form in ("oci-zstd", "docker-archive") and not target.exists():
        made.save(tag, target, form)
    if form == "docker-archive-gzip":
        target.write_bytes(gzip.compress(saved(made, tag, "docker-archive").read_bytes(), 1))
    return target


@pytest.mark.parametrize(
    ("tag", "form"),
    [
        *((tag, form) for tag in FIVE for form in ("oci", "oci-zstd", "docker-archive")),
        *((tag, form) for tag in ("replaced", "distroless") for form in FORMS[3:]),
        *((tag, "oci") for tag in EXPECTED if tag not in FIVE),
    ],
)
def test_an_image_is_judged_in_every_form(
    made: Layout, tag: str, form: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    if form == "oci-zstd":
        pytest.importorskip("backports.zstd")
    if form == "standard input":
        with saved(made, tag, "docker-archive").open("rb") as file:
            done = subprocess.run(
                [sys.executable, "-m", "linkstep", "image", "-", "--quiet", "--format", "concise"],
                input=file.read(),
                capture_output=True,
                check=False,
                timeout=100,
            )
        code, said = done.returncode, done.stdout.decode().splitlines()
    else:
        source = f"oci:{made.directory}:{tag}" if form == "oci" else str(saved(made, tag, form))
        code = main(["image", source, "--quiet", "--format", "concise"])
        said = capsys.readouterr().out.splitlines()
    assert (code, said) == (1 if EXPECTED[tag] else 0, EXPECTED[tag])


def unpacked(made: Layout, tag: str) -> Path:
    """Give the root file system of an image as umoci unpacks it, once."""
    if os.geteuid() != 0:
        pytest.skip("only root can unpack and start an image")
    target = made.directory.parent / f"{tag}-bundle"
    if not target.exists():
        images.run("umoci", "unpack", "--image", f"{made.directory}:{tag}", target)
    return target / "rootfs"


@pytest.mark.parametrize(
    ("tag", "python", "code", "said"),
    [
        (
            "slim",
            "/opt/venv/bin/python",
            "from shop.main import *; start(); app[0](); app[1]()",
            "",
        ),
        ("debian", "/usr/bin/python3", "import run; run.app[0](); run.app[1]()", ""),
        (
            "replaced",
            "/opt/venv/bin/python",
            "import shop.main; shop.main.start()",
            "ImportError: cannot import name 'create_tables' from 'shop.db.session'"
            " (/srv/shop/db/session.py)",
        ),
        (
            "replaced",
            "/opt/venv/bin/python",
            "import shop.main; shop.main.app[1]()",
            "ModuleNotFoundError: No module named 'shop.services.health'",
        ),
        (
            "incomplete",
            "/opt/venv/bin/python",
            "import shop.main; shop.main.app[0]()",
            "ModuleNotFoundError: No module named 'markupsafe'",
        ),
        (
            "no-library",
            "/usr/bin/python3",
            "import shop.main",
            "ImportError: libssl.so.3: cannot open shared object file: No such file or directory",
        ),
        ("distroless-bare", "/usr/bin/python3", "import run", ""),
    ],
)
def test_the_image_s_own_python_agrees(
    made: Layout, tag: str, python: str, code: str, said: str
) -> None:
    root = unpacked(made, tag)
    assert (
        in_chroot(root, python, "-B", "-c", f"import sys; sys.path[:1] = ['/srv']; {code}") == said
    )


def test_a_program_that_cannot_start_does_not(made: Layout) -> None:
    root = unpacked(made, "dangling")
    said = in_chroot(root, "/opt/venv/bin/uvicorn", "shop.main:app")
    assert said.endswith("No such file or directory")


def test_root_directories_and_exported_containers(made: Layout, capsys: Captured) -> None:
    root = unpacked(made, "replaced")
    exported = root.parent / "export.tar"
    subprocess.run(["tar", "-cf", exported, "-C", root, "."], check=True, timeout=60)
    options = ("--workdir", "/srv", "--env", "PATH=/opt/venv/bin", "--entry", "shop.main:app")
    for source in (root, exported):
        code = main(["image", str(source), "--quiet", "--format", "concise", *options])
        assert (code, capsys.readouterr().out.splitlines()) == (1, [NO_HEALTH, NO_TABLES])


def test_the_full_report_tells_the_story(made: Layout, capsys: Captured) -> None:
    assert main(["image", f"oci:{made.directory}:replaced"]) == 1
    lines = capsys.readouterr().out.splitlines()
    told = [line for line in lines if "layer" in line or "reached" in line]
    assert [line.strip() for line in told][:6] == [
        "layer:   layer 3/5 `COPY . /srv` had /srv/shop/services/health.py",
        "layer 4/5 `RUN rm health.py` removed /srv/shop/services/health.py",
        "reached: shop.main:app (Cmd of the image) -> shop.api.routes",
        "layer:   layer 3/5 `COPY . /srv` had create_tables in /srv/shop/db/session.py",
        "layer 5/5 `COPY db /srv/shop/db` replaced /srv/shop/db/session.py",
        "reached: shop.main:app (Cmd of the image)",
    ]
