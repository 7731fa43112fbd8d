"""The small twin of the accuracy benchmark: a few installed distributions, really imported.

The same code as `python -m benchmarks.accuracy`, with what the development environment has.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from benchmarks.accuracy.catalogue import Distribution, load_catalogue
from benchmarks.accuracy.claims import Alarm, Claim, Kind, Outcome
from benchmarks.accuracy.environments import python_of
from benchmarks.accuracy.linkstep_tool import check
from benchmarks.accuracy.mutations import Change
from benchmarks.accuracy.recall import score, settle_new
from benchmarks.accuracy.settling import settle
from benchmarks.accuracy.subjects import copy_distribution, environment_without
from benchmarks.accuracy.truth import break_project

ENVIRONMENT = Path(sys.prefix)
AS_THEY_ARE = ("packaging", "jsonschema", "markdown-it-py", "pytest")


def installed(name: str) -> Distribution:
    return Distribution(name=name, version=version(name), imports=(name.replace("-", "_"),))


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_what_is_reported_about_a_distribution_is_true(name: str, tmp_path: Path) -> None:
    distribution = installed(name)
    project = copy_distribution(distribution, ENVIRONMENT, tmp_path / "project")
    environment = environment_without(distribution, ENVIRONMENT, tmp_path / "environment")
    reported = check(project, environment)
    verdicts = settle(reported.alarms, project, python_of(environment))
    assert reported.trouble == ""
    assert [
        f"{alarm.path}:{alarm.line}: {alarm.code} {alarm.claim}: {verdicts[alarm.claim].detail}"
        for alarm in reported.alarms
        if verdicts[alarm.claim].outcome is not Outcome.TRUE
    ] == []
    assert reported.references > 100
    assert reported.unknown <= reported.references * 0.02


def test_every_place_that_mutations_break_is_reported(tmp_path: Path) -> None:
    distribution = installed("click")
    project = copy_distribution(distribution, ENVIRONMENT, tmp_path / "project")
    environment = environment_without(distribution, ENVIRONMENT, tmp_path / "environment")
    python = python_of(environment)
    before = check(project, environment)
    truth = break_project("click", project, python, "", seed="1", count=15)
    after = check(project, environment)
    assert (before.trouble, after.trouble) == ("", "")
    assert [
        f"{broken.site.path}:{broken.site.line}: {broken.site.module} {broken.site.name}"
        for broken in score(truth, after).missed
    ] == []
    new = settle_new(before.alarms, after.alarms, truth, project, python, "")
    assert [one for one in new if one.verdict.outcome is Outcome.FALSE] == []
    # The truth itself: enough of it, of more than one kind, and confirmed by strict execution.
    assert len(truth.broken) > 20
    assert len({mutation.change for mutation in truth.mutations}) >= 3
    assert (truth.undecided, truth.refuted) == (0, ())
    assert truth.confirmed > 0


def test_the_interpreter_tells_true_claims_from_false_ones(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("from shop.prices import total\n")
    (package / "prices.py").write_text("__all__ = ['total', 'gone']\ndef total(): ...\n")
    (package / "loud.py").write_text("raise OSError('no shop')\n")
    asked = {
        Claim(Kind.MODULE, "", "shop.gone"): Outcome.TRUE,
        Claim(Kind.MODULE, "", "shop.prices"): Outcome.FALSE,
        Claim(Kind.MODULE, "", "shop.loud"): Outcome.OTHERWISE,
        Claim(Kind.NAME, "shop", "gone"): Outcome.TRUE,
        Claim(Kind.NAME, "shop", "prices"): Outcome.FALSE,
        Claim(Kind.NAME, "shop.loud", "gone"): Outcome.OTHERWISE,
        Claim(Kind.ATTRIBUTE, "shop", "loud", "shop"): Outcome.TRUE,
        Claim(Kind.ATTRIBUTE, "shop", "prices.total", "shop"): Outcome.FALSE,
        Claim(Kind.EXPORT, "shop.prices", "gone"): Outcome.TRUE,
        Claim(Kind.EXPORT, "shop.prices", "total"): Outcome.FALSE,
        Claim(Kind.FAILING, "shop.loud", "shop.loud", "", "OSError: no shop"): Outcome.TRUE,
        Claim(Kind.FAILING, "shop.loud", "shop.loud", "", "KeyError"): Outcome.OTHERWISE,
    }
    alarms = [Alarm("shop/__init__.py", 1, claim) for claim in asked]
    verdicts = settle(alarms, tmp_path, Path(sys.executable))
    assert {claim: verdict.outcome for claim, verdict in verdicts.items()} == asked


def test_mutations_depend_on_the_seed_only_and_break_what_they_say(tmp_path: Path) -> None:
    truths = []
    for run in ("first", "second"):
        project = tmp_path / run
        (project / "shop").mkdir(parents=True)
        (project / "shop" / "__init__.py").write_text("from shop.db import connect, close\n")
        (project / "shop" / "db.py").write_text("def connect(): ...\n\n\ndef close(): ...\n")
        (project / "shop" / "pages.py").write_text(
            "import shop\n\n\ndef page():\n    from shop import close\n    return shop.connect\n"
        )
        truths.append(break_project("shop", project, Path(sys.executable), "", "7", 1))
    first, second = truths
    assert first == second
    assert [mutation.change for mutation in first.mutations] == [Change.DROP_REEXPORT]
    [mutation] = first.mutations
    assert [(one.site.path, one.site.name) for one in first.broken] == [
        ("shop/pages.py", mutation.name)
    ]
    assert first.confirmed == 1


def test_the_catalogue_is_pinned_and_of_every_style() -> None:
    names = {distribution.name for distribution in load_catalogue().distributions}
    wanted = """aiohttp ansible-core botocore celery click cryptography dask djangorestframework
    docutils fastapi google-cloud-storage gunicorn huggingface-hub hypothesis ipython jinja2
    jupyter-server mypy networkx numpy pip requests rich sqlalchemy virtualenv wagtail xarray"""
    assert set(wanted.split()) <= names
    assert len(names) >= 36
    assert sum(known.mutated for known in load_catalogue().distributions) > 20
