"""`.dockerignore` patterns: what Docker's own matcher says of the same lines and paths."""

from __future__ import annotations

import pytest

from linkstep.model.delivery import Delivery
from linkstep.resolve.dockerignore import DockerIgnore
from linkstep.resolve.image_delivery import image_deliveries
from linkstep.tree.memory import MemoryTree

KEPT_OUT = [
    ("**/test_*.py", "shared/test_only_guard.py"),
    ("**/test_*.py", "test_x.py"),
    ("*.md", "README.md"),
    ("docs", "docs/a/b.md"),
    ("docs/", "docs/a.md"),
    ("/docs", "docs/a.md"),
    ("./docs/../docs", "docs/a.md"),
    ("  docs  ", "docs/a.md"),
    ("docs/**", "docs/a/b"),
    ("**/docs", "a/b/docs/c"),
    ("a/**/z", "a/z"),
    ("a/**/z", "a/b/c/z"),
    ("a?c", "abc"),
    ("a[b-d]e", "ace"),
    ("a[^b]c", "adc"),
    ("a\\*b", "a*b"),
    ("a.b", "a.b/c"),
    ("*", "any/thing"),
    ("**", "any/thing"),
    ("*/b", "a/b/c"),
    ("!a\na", "a/b"),
    ("a\n!a/b\na/b/c", "a/b/c"),
    ("\ufeffdocs", "docs/a"),
    ("docs\n!docs/*.md", "docs/a.py"),
]
GETS_IN = [
    ("", "a"),
    ("# a", "# a"),
    ("*.md", "docs/README.md"),
    ("docs", "a/docs"),
    ("test_*.py", "shared/test_x.py"),
    ("a?c", "a/c"),
    ("a*c", "a/c"),
    ("a.b", "axb"),
    ("a[^b]c", "abc"),
    ("a\n!a/b", "a/b/c"),
    ("*\n!app", "app/main.py"),
    ("**\n!app/**", "app/main.py"),
    ("docs\n!docs/*.md", "docs/a.md"),
    ("[", "["),
    ("!", "!"),
]


@pytest.mark.parametrize(("text", "path"), KEPT_OUT)
def test_what_is_kept_out(text: str, path: str) -> None:
    assert DockerIgnore(text).decides(path) is not None


@pytest.mark.parametrize(("text", "path"), GETS_IN)
def test_what_gets_in(text: str, path: str) -> None:
    assert DockerIgnore(text).decides(path) is None


def deliveries(**files: str) -> dict[str, Delivery]:
    named = {key.replace("__", "/").replace("_dot_", "."): text for key, text in files.items()}
    tree = MemoryTree({"app/main.py": "", "app/x.py": "", "conf.py": "", **named})
    found = image_deliveries(tree)
    return {delivery.cause("app/x.py").partition(" image of ")[2]: delivery for delivery in found}


def said(delivery: Delivery, path: str) -> str:
    return "takes" if delivery.takes(path) else "lacks" if delivery.lacks(path) else "unsure"


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("FROM python\nCOPY . .\n", ("takes", "takes")),
        ("FROM python\nCOPY app /app\n", ("takes", "lacks")),
        ("FROM python\nCOPY ./app ./conf.py /srv/\n", ("takes", "takes")),
        ('FROM python\nCOPY ["app", "/srv"]\n', ("takes", "lacks")),
        ("FROM python\nADD --chown=1:1 app \\\n  /srv\n", ("takes", "lacks")),
        ("FROM python AS b\nCOPY . /b\nFROM python\nCOPY --from=b /b/app /a\n", ("takes", "lacks")),
        ("FROM python AS b\nCOPY app /b\nFROM b\nRUN x\n", ("takes", "lacks")),
        ("FROM example.com/base\nCOPY app /app\n", ("takes", "unsure")),
        ("FROM python:3.12-slim@sha256:00\nCOPY *.py /srv/\n", ("lacks", "takes")),
    ],
)
def test_what_the_last_stage_gets(dockerfile: str, expected: tuple[str, str]) -> None:
    [delivery] = deliveries(Dockerfile=dockerfile).values()
    assert (said(delivery, "app/main.py"), said(delivery, "conf.py")) == expected


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM python\nCOPY app /app\nRUN git clone https://example.com/x\n",
        "FROM python\nCOPY app /app\nRUN --mount=type=bind,source=.,target=/x pip install /x\n",
        "FROM python\nCOPY missing /app\n",
        "FROM python\nRUN pip install shop\n",
        "",
    ],
)
def test_a_dockerfile_that_cannot_be_followed_is_not_judged(dockerfile: str) -> None:
    assert deliveries(Dockerfile=dockerfile) == {}


def test_a_dockerfile_has_an_ignore_file_of_its_own() -> None:
    tree = MemoryTree(
        {
            "Dockerfile": "FROM python\nCOPY . .\n",
            "api.Dockerfile": "FROM python\nCOPY . .\n",
            ".dockerignore": "app\n",
            "api.Dockerfile.dockerignore": "\nconf.py\n",
            "app/main.py": "",
            "conf.py": "",
        }
    )
    first, second = image_deliveries(tree)
    assert [said(first, path) for path in ("app/main.py", "conf.py")] == ["lacks", "takes"]
    assert [said(second, path) for path in ("app/main.py", "conf.py")] == ["takes", "lacks"]
    assert second.cause("conf.py") == (
        "is kept out of the image of api.Dockerfile by `conf.py` in api.Dockerfile.dockerignore:2"
    )
