"""Why: chains of imports, who needs a name, and everything about one finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from msgspec import Struct

from linkstep.analyses.import_chains import Arcs, ImportChains
from linkstep.analyses.import_sites import Guarding
from linkstep.closest import suggestion
from linkstep.collector import collector_off
from linkstep.errors import LinkstepError
from linkstep.index.summaries import Summaries
from linkstep.link.flow import Situation
from linkstep.link.guarding import guard_of
from linkstep.model.facts import BrokenReference, Guard, Location
from linkstep.model.findings import Finding
from linkstep.model.observer import Observer
from linkstep.model.summary import Span
from linkstep.model.why import Answer, Chains, Explained, Hop, Report, WhyRequest
from linkstep.preparation import reader_of
from linkstep.tree.journal import Journal
from linkstep.why.case import Case
from linkstep.why.needs import Needs
from linkstep.why.targets import Spot, Subject, spot_of


class WhyResult(Struct, frozen=True):
    """The answer; `lines` gives the source lines of a path, `notes` speak of the run itself."""

    answer: Answer
    lines: Callable[[str], Sequence[str]]
    notes: tuple[str, ...] = ()


def explain_why(
    request: WhyRequest,
    observer: Observer,
    summaries: Summaries | None = None,
    journal: Journal | None = None,
) -> WhyResult:
    """Answer a question about a program: link it, then follow what was asked.

    `summaries` are those that are known, of files that `journal` knows.

    Raises LinkstepError for words that name nothing.
    """
    with collector_off():
        case = Case(request.check, observer, summaries, journal)
        spot = spot_of(request.targets)
        answer: Answer
        if spot is not None:
            answer = Places(case).report(spot)
        elif len(request.targets) > 1:
            answer = Routes(case, request.chains).between(*request.targets)
        else:
            answer = Needs(case).of(request.targets[0])
    return WhyResult(answer, case.lines, case.linked.notes)


class Routes:
    """Answers how one part of a program leads to another, by up to `most` chains."""

    def __init__(self, case: Case, most: int) -> None:
        self.case = case
        self.most = most

    def between(self, first: str, second: str) -> Chains:
        """Give the chains from one word to another."""
        start, goal = self.case.words.start(first), self.case.words.subject(second)
        goals: tuple[str, ...] = goal.modules or self._outside(goal.outside)
        last: Arcs = {}
        if goal.name:
            goals, last = (goal.text,), self._last_arcs(goal)
        if set(start.modules) & set(goals):
            raise LinkstepError(f"{first} and {second} are the same module")
        starts = start.modules
        found = self._imports.between(starts, goals, self.most, last)
        if not found:  # of a package that was named, a module in it may lead there
            inside = (n for n in self.case.words.modules if n.startswith(f"{start.text}."))
            starts = tuple(n for n in inside if n not in goals)
            found = self._imports.between(starts, goals, self.most, last) if starts else ()
        backwards = not found and not goal.name
        backwards = backwards and bool(self._imports.between(goals, start.modules, 1))
        return Chains(start.text, goal.text, found, backwards)

    @cached_property
    def _imports(self) -> ImportChains:
        return ImportChains(self.case.program, self.case.references, _guard)

    def _outside(self, name: str) -> tuple[str, ...]:
        """Give a module that is not the project's, with what is imported below it."""
        nodes = {imported for _, imported in self._imports.arcs}
        return tuple(sorted(n for n in nodes if n == name or n.startswith(f"{name}.")))

    def _last_arcs(self, goal: Subject) -> Arcs:
        """Give the steps to a name: from each module with a reference to it."""
        arcs: dict[tuple[str, str], Hop] = {}
        answer = Needs(self.case).of(goal.text)
        for need in answer.needs:
            one = need.reference
            raises = one.exception if answer.path is None else ""
            place = one.path, one.span.line
            hop = Hop(goal.text, *place, one.runs, one.function, raises=raises, name=goal.name)
            arcs.setdefault((one.importing, goal.text), hop)
        return arcs


class Places:
    """Answers what is found at a place."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def report(self, spot: Spot) -> Report:
        """Give the findings at a place."""
        path = self.case.words.path_of(spot.path)
        place = f"{path}:{spot.line}" + (f":{spot.code}" if spot.code else "")
        inside = [f for f in self.case.findings if f.fact.path == path]
        found = [f for f in inside if _covers(f.fact.span, spot) and spot.code in ("", f.code)]
        exact = [f for f in found if f.fact.span.column == spot.column]
        told = tuple(self._explained(finding) for finding in exact or found)
        cause_of = None
        if not told:
            told, cause_of = self._causes(path, spot)
        if not told and not inside:
            read = reader_of(self.case.source.tree)(path)
            if read is None:
                known = {finding.fact.path for finding in self.case.findings}
                raise LinkstepError(
                    f"there is no file {path}",
                    where=str(self.case.source.root),
                    hint=suggestion(path, known),
                )
        near = tuple(sorted({f.fact.span.line for f in inside}))
        return Report(place, told, near, cause_of)

    def _causes(self, path: str, spot: Spot) -> tuple[tuple[Explained, ...], Location | None]:
        """Give the findings because of which a place fails that has none of its own."""
        for finding in self.case.findings:
            fact = finding.fact
            if isinstance(fact, BrokenReference) and spot.code in ("", finding.code):
                for at in fact.used_by:
                    if at.path == path and _covers(at.span, spot):
                        return (self._explained(finding),), at
        return (), None

    def _explained(self, finding: Finding) -> Explained:
        fact = finding.fact
        module = getattr(fact, "importing", "") or self.case.words.paths.get(fact.path, "")
        part = next((c.name for c in self.case.plan.components if module in c.modules), "")
        past = self.case.past(fact) if isinstance(fact, BrokenReference) else None
        return Explained(finding, module, part, past, *self.case.hit_by([finding]))


def _guard(exception: str, guards: Guarding) -> Guard:
    return guard_of(exception, Situation(guards=guards))[0]


def _covers(span: Span, spot: Spot) -> bool:
    return span.line <= spot.line <= max(span.line, span.end_line)
