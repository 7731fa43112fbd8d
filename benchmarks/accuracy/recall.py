"""Recall: which of the places that mutations broke a tool reports, and what it adds falsely."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.accuracy.claims import Alarm, Claim, Kind, Outcome, Reported, Verdict
from benchmarks.accuracy.results import Settled
from benchmarks.accuracy.settling import settle
from benchmarks.accuracy.sites import Site
from benchmarks.accuracy.truth import Broken, Truth, execute


class Scored(Struct, frozen=True):
    """A tool on a mutated project: the broken places it misses, and its new alarms, settled."""

    name: str
    seconds: float
    trouble: str
    broken: int
    missed: tuple[Broken, ...]
    new: tuple[Settled, ...]


def score(truth: Truth, reported: Reported) -> Scored:
    """Hold what a tool reported against the truth; the new alarms are not settled yet."""
    places = Places(reported.alarms)
    missed = tuple(one for one in truth.broken if not places.tell_of(one.site))
    return Scored(
        name=truth.name,
        seconds=reported.seconds,
        trouble=reported.trouble,
        broken=len(truth.broken),
        missed=missed,
        new=(),
    )


class Places:
    """Where a tool's alarms are, by file and line.

    A tool may point at the first line of a statement or at the name in it, so an alarm counts
    for a site when it is within the lines of the statement and about the same name, or
    about the whole module. A place listed as `used_by` counts for any name.
    """

    def __init__(self, alarms: Iterable[Alarm]) -> None:
        self.alarms: dict[tuple[str, int], list[Claim | None]] = defaultdict(list)
        for alarm in alarms:
            self.alarms[alarm.path, alarm.line].append(alarm.claim)
            for place in alarm.used_by:
                self.alarms[place].append(None)

    def tell_of(self, site: Site) -> bool:
        """Say whether an alarm is about a site."""
        return any(
            claim is None or concerns(claim, site)
            for line in range(site.line, site.end_line + 1)
            for claim in self.alarms.get((site.path, line), ())
        )


def concerns(claim: Claim, site: Site) -> bool:
    """Say whether a claim on the lines of a site is about what the site names."""
    if claim.kind in (Kind.MODULE, Kind.FAILING) or not claim.name:
        return True
    return claim.name.rpartition(".")[2] in site.name.split(".")


def settle_new(
    before: Iterable[Alarm],
    after: Iterable[Alarm],
    truth: Truth,
    project: Path,
    python: Path,
    prepare: str,
) -> tuple[Settled, ...]:
    """Settle the alarms that only the mutated project has.

    First with the lenient imports that made the truth, since strictly almost everything
    fails in a project with many breaks. What is there leniently is executed strictly.
    """
    known = {(alarm.path, alarm.line, alarm.claim) for alarm in before}
    new = [alarm for alarm in after if (alarm.path, alarm.line, alarm.claim) not in known]
    sites = {alarm.claim: site_of(alarm) for alarm in new}
    askable = sorted({site for site in sites.values() if site is not None})
    modules = sorted({site.importing for site in askable if site.importing})
    run = execute(project, python, prepare, askable, modules, truth.mutations)
    verdicts: dict[Claim, Verdict] = {}
    for claim, site in sites.items():
        if site is not None and run.answers[site][0] in ("absent", "binding"):
            verdicts[claim] = Verdict(Outcome.TRUE, f"{run.answers[site][1]} is gone")
    rest = [alarm for alarm in new if alarm.claim not in verdicts]
    verdicts |= settle(rest, project, python, prepare)
    return tuple(Settled(alarm, verdicts[alarm.claim]) for alarm in new)


def site_of(alarm: Alarm) -> Site | None:
    """Give an alarm as a question to the lenient interpreter, None when it is of no such kind."""
    claim = alarm.claim
    if claim.kind not in (Kind.MODULE, Kind.NAME, Kind.ATTRIBUTE, Kind.EXPORT):
        return None
    place = (alarm.path, alarm.line, alarm.line)
    module = "" if claim.kind is Kind.MODULE else claim.module
    return Site(*place, claim.kind, module, claim.name, claim.importing, "module")


def measured(scored: Scored, new: Sequence[Settled]) -> Scored:
    """Give a score with its new alarms settled."""
    return msgspec.structs.replace(scored, new=tuple(new))
