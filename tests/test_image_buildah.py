"""Images built from a Dockerfile by buildah, where it is installed: no daemon, nothing pulled."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import images
from images import in_chroot, write
from linkstep.cli.main import main

APP = {
    "shop/__init__.py": "",
    "shop/main.py": (
        "from shop.health import check\n\n\ndef warm():\n    import shop.cache\n\n\nwarm()\n"
    ),
    "shop/health.py": "def check(): ...\n",
    "shop/cache.py": "",
}
DOCKERFILE = """\
FROM scratch AS whole
COPY root /
WORKDIR /srv
COPY app /srv
CMD ["python3", "-m", "shop.main"]

FROM whole AS pruned
RUN ["python3", "-c", "import os; os.remove('shop/cache.py')"]

FROM whole AS replaced
COPY other/health.py shop/health.py
"""
NO_CACHE = "shop/main.py:5:12: LS101 No module named 'shop.cache'"
NO_CHECK = "shop/main.py:1:25: LS102 cannot import name 'check' from 'shop.health'"
EXPECTED = {"whole": [], "pruned": [NO_CACHE], "replaced": [NO_CHECK]}
FORMS = ("docker-archive", "oci")


class Builder:
    """buildah with storage of its own, in which nothing but a chroot is asked of the kernel."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self._storage = ("--root", str(work / "storage"), "--runroot", str(work / "run"))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        own = {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}
        return subprocess.run(
            ["buildah", *self._storage, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
            env={**os.environ, **own},
        )

    def saved(self, stage: str, form: str) -> Path:
        """Write the image of a stage in a form, once."""
        target = self.work / f"{stage}-{form}"
        if not target.exists():
            name = f":{stage}" if form == "oci" else f":shop:{stage}"
            done = self.run("push", stage, f"{form}:{target}{name}")
            assert done.returncode == 0, done.stderr
        return target


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """The stages of the Dockerfile as images."""
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not installed")
    if images.debian_packages() is None:
        pytest.skip("the packages that the images are made of cannot be downloaded")
    builder = Builder(tmp_path_factory.mktemp("buildah"))
    context = builder.work / "context"
    images.debian_root(context / "root")
    write(context / "app", APP)
    write(context, {"other/health.py": "def probe(): ...\n", "Dockerfile": DOCKERFILE})
    for stage in EXPECTED:
        done = builder.run("bud", "--layers", "--target", stage, "--tag", stage, str(context))
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            pytest.skip(f"buildah cannot build here: {last}")
    return builder


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stage", EXPECTED)
def test_an_image_of_buildah(
    stage: str, form: str, built: Builder, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["image", str(built.saved(stage, form)), "--format", "concise"])
    *findings, summary = (
        line for line in capsys.readouterr().out.splitlines() if not line.startswith("note: ")
    )
    assert findings == EXPECTED[stage]
    assert code == (1 if EXPECTED[stage] else 0), summary


@pytest.mark.parametrize("stage", EXPECTED)
def test_its_python_says_the_same(stage: str, built: Builder) -> None:
    name = built.run("from", stage).stdout.strip()
    root = built.run("mount", name).stdout.strip()
    code = "import sys; sys.path[0] = '/srv'; import runpy; runpy.run_module('shop.main')"
    said = in_chroot(Path(root), "/usr/bin/python3", "-c", code)
    built.run("rm", name)
    expected = [one.partition(": LS")[2].partition(" ")[2] for one in EXPECTED[stage]]
    assert [said.partition(": ")[2].partition(" (/")[0]] == (expected or [""])


def test_the_layers_that_did_it_are_named(
    built: Builder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    main(["image", str(built.saved("pruned", "oci"))])
    shown = capsys.readouterr().out
    rows = shown[shown.index("  layer:") : shown.index("  reached:")].splitlines()
    assert [(row[11:20], row.rpartition("` ")[2]) for row in rows] == [
        ("layer 2/3", "had /srv/shop/cache.py"),
        ("layer 3/3", "removed /srv/shop/cache.py"),
    ]
