"""States that git holds: what a hook has checked is not linked again to be compared with."""

from __future__ import annotations

from pathlib import Path

import pytest

from changing_projects import ChangingProject

FILES = {
    "app/__init__.py": "",
    "app/db.py": "def connect():\n    return 1\n\ndef close():\n    return 1\n",
    "app/api.py": (
        "from app.db import connect\n\ndef call():\n    connect()\n\n"
        "def late():\n    from app.db import close\n    return close\n"
    ),
    "app/old.py": "from app.db import gone\n",
}
HOOK = {"staged": True, "since": "HEAD"}


@pytest.fixture
def project(tmp_path: Path) -> ChangingProject:
    made = ChangingProject(tmp_path, seed=0, hours=1)
    made._checkout.write(FILES)
    made._commit()
    assert '"preexisting": 2' in made.warm(**HOOK)[0]
    return made


def stage(project: ChangingProject, name: str, text: str) -> None:
    (project.root / name).write_text(text)
    project._checkout.git("add", "--all")


def checked(project: ChangingProject, **asked: object) -> bool:
    """Check as the hook does, and say whether anything was linked."""
    told, stages = project.warm(**asked)
    assert told == project.cold(**asked)
    return stages != []


def test_a_commit_is_compared_with_what_the_hook_has_seen(project: ChangingProject) -> None:
    for number in range(3):
        stage(project, "app/api.py", f"{FILES['app/api.py']}\ndef added{number}(): ...\n")
        assert not checked(project, **HOOK)
        project._commit()
        assert not checked(project, **HOOK)


def test_a_commit_and_an_edit_at_once(project: ChangingProject) -> None:
    stage(project, "app/api.py", FILES["app/api.py"] + "\ndef more(): ...\n")
    assert not checked(project, **HOOK)
    project._commit()
    stage(project, "app/api.py", FILES["app/api.py"] + "\ndef another(): ...\n")
    assert not checked(project, **HOOK)


def test_a_commit_that_the_hook_has_not_seen_is_linked(project: ChangingProject) -> None:
    stage(project, "app/api.py", FILES["app/api.py"] + "\ndef more(): ...\n")
    project._commit()
    stage(project, "app/api.py", FILES["app/api.py"] + "\ndef another(): ...\n")
    assert checked(project, **HOOK)
    assert not checked(project, **HOOK)


def test_a_removal_is_the_cause_whoever_tells_it(project: ChangingProject) -> None:
    stage(project, "app/db.py", FILES["app/db.py"].replace("def close", "def closed"))
    assert checked(project, **HOOK)
    assert not checked(project, **HOOK)
    told = project.warm(**HOOK)[0]
    assert "caused by the removal of close in app/db.py" in " ".join(told.split())


def test_findings_of_before_are_judged_by_the_rules_of_now(project: ChangingProject) -> None:
    stage(project, "linkstep.toml", 'ignore = ["LS102"]\n')
    checked(project, **HOOK)
    stage(project, "linkstep.toml", 'ignore = ["LS101"]\n')
    checked(project, **HOOK)
    project._commit()
    stage(project, "linkstep.toml", "")
    checked(project, **HOOK)


def test_another_environment_is_another_state(project: ChangingProject) -> None:
    stage(project, "app/api.py", FILES["app/api.py"] + "import dep\nfrom dep import later\n")
    checked(project, **HOOK)
    project._commit()
    place = project.root / ".venv/lib/python3.11/site-packages/dep/__init__.py"
    place.write_text("def later(): ...\n")
    checked(project, **HOOK)
    stage(project, "app/api.py", FILES["app/api.py"])
    checked(project, **HOOK)


@pytest.mark.parametrize("asked", [{"since": "HEAD"}, {"since": "HEAD", "only_reachable": True}])
def test_files_on_disk_are_compared_with_a_known_state(
    project: ChangingProject, asked: dict[str, object]
) -> None:
    checked(project, **asked)
    (project.root / "app/api.py").write_text(FILES["app/api.py"] + "\ndef added(): ...\n")
    assert not checked(project, **asked)
