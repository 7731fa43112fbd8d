"""The report: `docs/accuracy.md` from the results, with no number written by hand."""

from __future__ import annotations

import os
import platform
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.accuracy.catalogue import HERE, Catalogue, pinned
from benchmarks.accuracy.claims import Outcome
from benchmarks.accuracy.peers import LIMIT, PEERS
from benchmarks.accuracy.recall import Scored
from benchmarks.accuracy.results import Plain, Settled, Store
from benchmarks.accuracy.tables import bullets, share, table
from benchmarks.accuracy.truth import Broken, Truth
from linkstep import __version__

TEMPLATE = HERE / "report.md"
COMMAND = "python -m benchmarks.accuracy --report docs/accuracy.md"
TOOLS = ("linkstep", *(peer.name for peer in PEERS))
MOST = 3  # places shown of one cause


class Measured:
    """All results of a work directory, by tool and distribution."""

    def __init__(self, catalogue: Catalogue, store: Store) -> None:
        names = [distribution.name for distribution in catalogue.distributions]
        self.plain: dict[str, dict[str, Plain]] = {}
        self.scored: dict[str, dict[str, Scored]] = {}
        for tool in TOOLS:
            plain = ((name, store.get("plain", name, tool, Plain)) for name in names)
            self.plain[tool] = {name: result for name, result in plain if result}
            scored = ((name, store.get("mutated", name, tool, Scored)) for name in names)
            self.scored[tool] = {name: result for name, result in scored if result}
        truths = ((name, store.get("mutated", name, "truth", Truth)) for name in names)
        self.truths = {name: truth for name, truth in truths if truth}
        self.linkstep = list(self.plain["linkstep"].values())

    def finished(self, tool: str) -> list[str]:
        """Give the distributions that a tool came to the end of, plain and mutated."""
        return [
            name
            for name, result in self.plain[tool].items()
            if not result.reported.trouble
            and not (name in self.scored[tool] and self.scored[tool][name].trouble)
        ]


def write_report(path: Path, catalogue: Catalogue, store: Store, seed: str) -> None:
    """Write the report from everything that has been measured."""
    measured = Measured(catalogue, store)
    pins = pinned(catalogue.environment("peers").pins.read_text("utf-8").splitlines())
    peers = ", ".join(f"{peer.name} {pins[peer.name]}" for peer in PEERS)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    truths = measured.truths.values()
    text = TEMPLATE.read_text("utf-8").format(
        command=COMMAND,
        catalogue="`benchmarks/accuracy/distributions.toml`",
        versions=f"linkstep {__version__}, {peers}, {python}",
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        seed=seed,
        limit=LIMIT,
        summary=summary(measured),
        distributions=distributions(measured.linkstep),
        unknown=unknown(measured.linkstep),
        false_alarms=alarms(measured.linkstep, Outcome.FALSE),
        otherwise=alarms(measured.linkstep, Outcome.OTHERWISE),
        sampled=sum(truth.confirmed + len(truth.refuted) for truth in truths),
        confirmed=sum(truth.confirmed for truth in truths),
        mutations=mutations(measured),
        by_site=recall_by(measured, lambda broken: broken.tags, "site"),
        by_mutation=recall_by(measured, lambda broken: (broken.mutation.change.value,), "mutation"),
        misses=misses(measured),
        new_alarms=new_alarms(measured),
        peers=peers_table(measured),
        peers_note=peers_note(measured),
    )
    path.write_text(text, encoding="utf-8")


def summary(measured: Measured) -> str:
    """Give the few numbers that matter, as a list."""
    results = measured.linkstep
    references = sum(result.reported.references for result in results)
    unknown = sum(result.reported.unknown for result in results)
    settled = [one for result in results for one in result.settled]
    wrong = sum(one.verdict.outcome is Outcome.FALSE for one in settled)
    scored = measured.scored["linkstep"].values()
    broken, missed = sum(s.broken for s in scored), sum(len(s.missed) for s in scored)
    count = sum(len(truth.mutations) for truth in measured.truths.values())
    return bullets(
        [
            f"{len(results)} distributions, {references:,} references, {unknown:,} unknown "
            f"({share(unknown, references, 2)}).",
            f"{len(settled):,} reported references executed: {wrong} false alarms.",
            f"{count} mutations break {broken:,} sites: {broken - missed:,} reported "
            f"({share(broken - missed, broken)}).",
        ]
    )


def distributions(results: Sequence[Plain]) -> str:
    """Give linkstep's row for every distribution, and their sum."""
    heads = ["distribution", "version", "files", "lines", "references", "resolved"]
    heads += ["unresolved", "optional", "unknown", "share", "reported", "true", "otherwise"]
    rows: list[list[object]] = []
    for result in results:
        reported = result.reported
        counts: list[int] = [result.files, result.lines, reported.references, reported.resolved]
        counts += [reported.unresolved, reported.optional, reported.unknown]
        outcomes = [len(result.having(outcome)) for outcome in Outcome]
        row: list[object] = [result.name, result.version, *counts]
        row += [share(reported.unknown, reported.references), len(result.settled), *outcomes]
        rows.append(row)
    sums = [sum(_int(row[column]) for row in rows) for column in range(2, 9)]
    after = [sum(_int(row[column]) for row in rows) for column in range(10, 15)]
    rows.append(["all", "", *sums, share(sums[6], sums[2]), *after])
    return table([*heads[:12], "false", "otherwise", "timeout"], rows)


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def unknown(results: Iterable[Plain]) -> str:
    """Give the causes of unknown references, most frequent first, and where they are."""
    counts: Counter[str] = Counter()
    places: defaultdict[str, Counter[str]] = defaultdict(Counter)
    references = 0
    for result in results:
        references += result.reported.references
        for reason, count in result.reported.unknown_by_reason.items():
            counts[reason] += count
            places[reason][result.name] += count
    rows = [
        [
            f"because {reason}",
            count,
            share(count, references, 2),
            ", ".join(f"{name} {n}" for name, n in places[reason].most_common(MOST)),
        ]
        for reason, count in counts.most_common()
    ]
    return table(["not linked", "references", "share", "most in"], rows)


def alarms(results: Iterable[Plain], outcome: Outcome) -> str:
    """Give the alarms with one outcome, by what the interpreter said."""
    by_cause: defaultdict[tuple[str, str, str], list[Settled]] = defaultdict(list)
    for result in results:
        for one in result.having(outcome):
            detail = " ".join(one.verdict.detail.split())[:120]
            by_cause[result.name, one.alarm.code, detail].append(one)
    rows = [
        [name, code, detail, len(found), places(found)]
        for (name, code, detail), found in sorted(by_cause.items())
    ]
    return table(["distribution", "rule", "the interpreter", "alarms", "places"], rows)


def places(found: Sequence[Settled]) -> str:
    """Give the first places of some alarms with what is claimed there."""
    shown = [f"`{one.alarm.path}:{one.alarm.line}` {one.alarm.claim}" for one in found[:MOST]]
    more = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
    return "; ".join(shown + more)


def mutations(measured: Measured) -> str:
    """Give how much was mutated in each distribution."""
    rows = [
        [
            name,
            len(truth.mutations),
            truth.sites,
            len(truth.broken),
            len(measured.scored["linkstep"][name].missed)
            if name in measured.scored["linkstep"]
            else "-",
            truth.undecided,
            len(truth.refuted),
        ]
        for name, truth in measured.truths.items()
    ]
    heads = ["distribution", "mutations", "working sites", "broken", "missed", "undecided"]
    return table([*heads, "refuted"], rows)


def recall_by(measured: Measured, kinds: Callable[[Broken], Iterable[str]], head: str) -> str:
    """Give the share of broken sites that each tool reports, by kind."""
    columns: list[dict[str, tuple[int, int]]] = []
    for tool in TOOLS:
        columns.append(found_by_kind(measured, tool, kinds))
    known = sorted({kind for column in columns for kind in column})
    rows: list[list[object]] = []
    for kind in [*(kind for kind in known if kind != "all"), "all"]:
        sites = max(column.get(kind, (0, 0))[1] for column in columns)
        cells = [share(*column.get(kind, (0, 0))) for column in columns]
        rows.append([kind, sites, *cells])
    return table([head, "sites", *TOOLS], rows)


def found_by_kind(
    measured: Measured, tool: str, kinds: Callable[[Broken], Iterable[str]]
) -> dict[str, tuple[int, int]]:
    """Give the sites found and all sites, by kind, where the tool came to an end."""
    whole: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for name in measured.finished(tool):
        if name in measured.scored[tool]:
            for broken in measured.truths[name].broken:
                whole.update(["all", *kinds(broken)])
            for broken in measured.scored[tool][name].missed:
                lost.update(["all", *kinds(broken)])
    return {kind: (count - lost[kind], count) for kind, count in whole.items()}


def misses(measured: Measured) -> str:
    """Give every site that linkstep does not report, with the mutation behind it."""
    rows = [
        [
            name,
            f"`{missed.site.path}:{missed.site.line}`",
            f"{missed.site.kind.value} {missed.site.module} {missed.site.name}",
            ", ".join(missed.tags),
            f"{missed.mutation.change.value}: `{missed.mutation.path}` {missed.mutation.name}",
        ]
        for name, scored in measured.scored["linkstep"].items()
        for missed in scored.missed
    ]
    return table(["distribution", "place", "needs", "kind", "mutation"], rows)


def new_alarms(measured: Measured) -> str:
    """Give the alarms that only mutated code has, where they are not simply true."""
    scored = measured.scored["linkstep"].items()
    rows = [
        [name, one.verdict.outcome.value, f"`{one.alarm.path}:{one.alarm.line}`"]
        + [str(one.alarm.claim), " ".join(one.verdict.detail.split())[:120]]
        for name, result in scored
        for one in result.new
        if one.verdict.outcome is not Outcome.TRUE
    ]
    total = sum(len(result.new) for _, result in scored)
    return f"{total:,} new alarms, of which {len(rows)} were not simply true.\n\n" + table(
        ["distribution", "outcome", "place", "claim", "the interpreter"], rows
    )


def peers_table(measured: Measured) -> str:
    """Give one row a tool: false alarms, recall and time."""
    rows = []
    for tool in TOOLS:
        names = measured.finished(tool)
        results = [measured.plain[tool][name] for name in names]
        references = sum(
            measured.plain["linkstep"][n].reported.references
            for n in names
            if n in measured.plain["linkstep"]
        )
        settled = [one for result in results for one in result.settled]
        counts = Counter(one.verdict.outcome for one in settled)
        found, real = real_ones(measured, tool, names)
        broken = found_by_kind(measured, tool, lambda _: ()).get("all", (0, 0))
        per_thousand = 1000 * counts[Outcome.FALSE] / references if references else 0.0
        seconds = sum(result.reported.seconds for result in results)
        rows.append(
            [tool, len(names), references, len(settled), counts[Outcome.FALSE]]
            + [f"{per_thousand:.2f}", counts[Outcome.OTHERWISE], f"{found:,} of {real:,}"]
            + [f"{broken[0]:,} of {broken[1]:,}", share(*broken), f"{seconds:.0f}"]
        )
    heads = ["tool", "distributions", "references", "alarms", "false alarms", "per 1,000"]
    heads += ["otherwise", "real ones found", "broken sites found", "recall", "seconds"]
    return table(heads, rows)


def real_ones(measured: Measured, tool: str, names: Sequence[str]) -> tuple[int, int]:
    """Give how many places refused by CPython a tool reports, of those that any tool does."""
    found = whole = 0
    for name in names:
        by_tool = {
            other: true_places(measured.plain[other][name])
            for other in TOOLS
            if name in measured.plain[other]
        }
        union = set().union(*by_tool.values())
        listed = by_tool[tool] | {
            place for one in measured.plain[tool][name].settled for place in one.alarm.used_by
        }
        whole += len(union)
        found += len(union & listed)
    return found, whole


def true_places(result: Plain) -> set[tuple[str, int]]:
    """Give the places where something fails that nothing guards."""
    true = (one for one in result.having(Outcome.TRUE) if one.plainly)
    return {(one.alarm.path, one.alarm.line) for one in true}


def peers_note(measured: Measured) -> str:
    """Say which distributions a tool did not finish, and why."""
    lines = []
    for tool in TOOLS:
        stages: tuple[dict[str, Plain] | dict[str, Scored], ...]
        stages = (measured.plain[tool], measured.scored[tool])
        troubles: defaultdict[str, list[str]] = defaultdict(list)
        for name, result in (item for stage in stages for item in stage.items()):
            trouble = result.reported.trouble if isinstance(result, Plain) else result.trouble
            if trouble and name not in troubles[trouble[:100]]:
                troubles[trouble[:100]].append(name)
        lines += [f"{tool}: {why}: {', '.join(names)}" for why, names in troubles.items() if why]
    return bullets(lines) if lines else "Every tool finished what it was given."
