"""`--staged`: a module that is on disk and will not be committed is told as such."""

from __future__ import annotations

from pathlib import Path

from repositories import Checkout, said

MAIN = """\
from app import new
import app.data.loader
import app.nowhere

def run():
    from app.new import name

try:
    import app.local
except ImportError:
    pass
"""


def made(root: Path) -> Checkout:
    """Give a checkout of which some modules are on disk and not in the index."""
    checkout = Checkout(root)
    checkout.commit({"app/__init__.py": "", ".gitignore": "data/\n"})
    checkout.stage({"app/main.py": MAIN})
    files = ("app/new.py", "app/local.py", "app/data/__init__.py", "app/data/loader.py")
    checkout.write(dict.fromkeys(files, ""))
    return checkout


NEW = "app.main imports app.new, but app/new.py is not tracked by git"
LEFT_OUT = [
    ("app/main.py", 1, "LS401", NEW),
    (
        "app/main.py",
        2,
        "LS401",
        "app.main imports app.data, but app/data/__init__.py is ignored by git"
        " (.gitignore:1: data/)",
    ),
    ("app/main.py", 3, "LS101", "No module named 'app.nowhere'"),
    ("app/main.py", 6, "LS401", NEW),
]


def test_what_is_on_disk_only_is_untracked_and_not_missing(tmp_path: Path) -> None:
    checkout = made(tmp_path)
    assert sorted(said(checkout.check(staged=True))) == LEFT_OUT
    assert sorted(said(checkout.check(staged=True, since="HEAD"))) == LEFT_OUT


def test_what_was_untracked_before_is_not_new(tmp_path: Path) -> None:
    checkout = made(tmp_path)
    checkout.git("commit", "--quiet", "-m", "main")
    checkout.stage({"app/__init__.py": "x = 1\n"})  # stages app/new.py and what is ignored too
    checkout.git("rm", "--quiet", "--cached", "-r", "app/new.py", "app/local.py", "app/data")
    assert said(checkout.check(staged=True, since="HEAD")) == []


def test_what_is_staged_is_no_longer_missing(tmp_path: Path) -> None:
    checkout = made(tmp_path)
    checkout.git("add", "app/new.py")
    found = said(checkout.check(staged=True))
    assert [(line, code) for _, line, code, _ in sorted(found)] == [
        (2, "LS401"),
        (3, "LS101"),
        (6, "LS102"),
    ]


def test_a_revision_knows_nothing_of_the_disk(tmp_path: Path) -> None:
    checkout = made(tmp_path)
    checkout.git("commit", "--quiet", "-m", "main")
    codes = [code for _, _, code, _ in sorted(said(checkout.check(rev="HEAD")))]
    assert codes == ["LS102", "LS101", "LS101", "LS101", "LS109"]
