"""One distribution and one tool: copy, check, settle, keep."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

import msgspec

from benchmarks.accuracy.catalogue import Catalogue, Distribution
from benchmarks.accuracy.claims import Reported
from benchmarks.accuracy.environments import provide, python_of, say
from benchmarks.accuracy.linkstep_tool import check
from benchmarks.accuracy.peers import PEERS, by_line
from benchmarks.accuracy.recall import Scored, score, settle_new
from benchmarks.accuracy.results import ROUNDS, Plain, Settled, Store, name_of_round
from benchmarks.accuracy.settling import settle
from benchmarks.accuracy.sites import sites_of
from benchmarks.accuracy.subjects import copy_distribution, environment_without, source_files
from benchmarks.accuracy.truth import Truth, break_project

Tool = Callable[[Path, Path], Reported]

FILES_FOR_ONE = 4  # files of a project for each mutation of a round


class Measuring:
    """Makes the results that are not there yet, below one work directory.

    `again` makes those of the tools asked for even if they are there; the truth about
    mutations is kept, since it depends on nothing but the seed.
    """

    def __init__(self, catalogue: Catalogue, work: Path, seed: str, count: int) -> None:
        self.catalogue = catalogue
        self.work = work
        self.seed = seed
        self.count = count
        self.store = Store(work)
        self.environment = cache(self.environment_of)

    def environment_of(self, distribution: Distribution) -> Path:
        """Give the environment of a distribution, without its own code."""
        whole = provide(self.catalogue.environment(distribution.environment), self.work)
        return environment_without(distribution, whole, self.work / "views" / distribution.name)

    def copy(self, distribution: Distribution, directory: str) -> Path:
        """Give a new copy of a distribution's own code."""
        whole = provide(self.catalogue.environment(distribution.environment), self.work)
        target = self.work / "projects" / directory / distribution.name
        return copy_distribution(distribution, whole, target)

    def tools(self) -> Mapping[str, Tool]:
        """Give all tools by name, linkstep first."""
        peers = self.work / "environments" / "peers"
        return {"linkstep": check, **{peer.name: partial(peer.run, peers=peers) for peer in PEERS}}

    def plain(self, distribution: Distribution, tool: str) -> Plain:
        """Run a tool over the code as it is, and execute everything that it reports."""
        environment = self.environment(distribution)
        project = self.copy(distribution, tool)
        reported = self.tools()[tool](project, environment)
        python = python_of(environment)
        verdicts = settle(reported.alarms, project, python, distribution.prepare)
        sources = [(project / path).read_bytes() for path in source_files(project)]
        plain_places = by_line(site for site in sites_of(project, certain=True) if not site.guard)
        shutil.rmtree(project)
        result = Plain(
            name=distribution.name,
            version=distribution.version,
            files=len(sources),
            lines=sum(source.count(b"\n") for source in sources),
            reported=msgspec.structs.replace(reported, alarms=()),
            settled=tuple(
                Settled(alarm, verdicts[alarm.claim], (alarm.path, alarm.line) in plain_places)
                for alarm in reported.alarms
            ),
        )
        self.store.put("plain", distribution.name, tool, result)
        return result

    def truth(self, distribution: Distribution, name: str) -> Truth:
        """Mutate the code and ask the interpreter what that broke; once for a seed.

        `name` tells the rounds of a distribution apart. A small project gets few mutations
        in one round: most of what they could break has to be left.
        """
        kept = self.store.get("mutated", name, "truth", Truth)
        broken = self.work / "projects" / "mutated" / name
        if kept is not None and broken.is_dir():
            return kept
        python = python_of(self.environment(distribution))
        project = self.copy(distribution, f"mutated.{os.getpid()}")
        prepare = distribution.prepare
        count = min(self.count, max(1, len(source_files(project)) // FILES_FOR_ONE))
        truth = break_project(name, project, python, prepare, self.seed, count)
        broken.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(broken, ignore_errors=True)
        project.rename(broken)
        shutil.rmtree(project.parent)
        self.store.put("mutated", name, "truth", truth)
        return truth

    def mutated(self, distribution: Distribution, tool: str, name: str) -> Scored:
        """Run a tool over the mutated code of one round, and hold it against the truth."""
        truth = self.truth(distribution, name)
        plain = self.store.get("plain", distribution.name, tool, Plain)
        before = plain if plain is not None else self.plain(distribution, tool)
        environment = self.environment(distribution)
        project = self.work / "projects" / "mutated" / name
        reported = self.tools()[tool](project, environment)
        known = [one.alarm for one in before.settled]
        python = python_of(environment)
        new = settle_new(known, reported.alarms, truth, project, python, distribution.prepare)
        result = msgspec.structs.replace(score(truth, reported), new=new)
        self.store.put("mutated", name, tool, result)
        return result

    def run(self, distribution: Distribution, tool: str, again: bool) -> None:
        """Measure what is missing of one distribution and tool, and tell the outcome."""
        name = distribution.name
        if again or not self.store.has("plain", name, tool):
            tell_plain(tool, self.plain(distribution, tool))
        done = 0
        for number in range(1, ROUNDS + 1 if distribution.mutated else 1):
            round_name = name_of_round(name, number)
            if again or not self.store.has("mutated", round_name, tool):
                tell_mutated(tool, self.mutated(distribution, tool, round_name))
            done += len(self.truth(distribution, round_name).mutations)
            if done >= self.count:
                break


def tell_plain(tool: str, result: Plain) -> None:
    """Tell what a tool said about the code as it is."""
    reported = result.reported
    outcomes = [one.verdict.outcome.value for one in result.settled]
    counts = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
    say(
        f"{result.name}: {tool}: {reported.seconds:.1f} s, {reported.references} references, "
        f"{reported.unknown} unknown, {counts or 'no alarms'} {reported.trouble}"
    )


def tell_mutated(tool: str, scored: Scored) -> None:
    """Tell how many of the broken places a tool found."""
    found = scored.broken - len(scored.missed)
    wrong = [one for one in scored.new if one.verdict.outcome.value != "true"]
    say(
        f"{scored.name}: {tool}: mutated: {scored.seconds:.1f} s, {found} of {scored.broken} "
        f"found, {len(wrong)} of {len(scored.new)} new alarms not true {scored.trouble}"
    )
