"""The report: `docs/accuracy.md` from the results, with no number written by hand."""

from __future__ import annotations

import os
import platform
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.accuracy.catalogue import HERE, Catalogue, pinned
from benchmarks.accuracy.claims import Outcome
from benchmarks.accuracy.peers import LIMIT, PEERS
from benchmarks.accuracy.report_recall import (
    Measured,
    common_table,
    misses,
    mutations,
    new_alarms,
    peers_note,
    peers_table,
    recall_by,
)
from benchmarks.accuracy.results import Plain, Settled, Store
from benchmarks.accuracy.tables import bullets, share, table
from linkstep import __version__

TEMPLATE = HERE / "report.md"
ROOT = HERE.parents[1]
COMMAND = "python -m benchmarks.accuracy --report docs/accuracy.md"
MOST = 3  # places shown of one cause


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
        common=common_table(measured),
        peers_note=peers_note(measured),
        dependencies=dependencies(),
    )
    path.write_text(text, encoding="utf-8")


def dependencies() -> str:
    """Give the table that benchmarks/dependencies has written."""
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    begin = "<!-- benchmarks.dependencies: begin -->"
    return text.partition(begin)[2].partition("<!--")[0].strip()


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
    heads = ["distribution", "version", "files", "lines", "references", "resolved", "unresolved"]
    heads += ["optional", "unknown", "reported", *OUTCOMES.values(), "unknown share"]
    counts = [counts_of(result) for result in results]
    rows: list[list[object]] = [
        [result.name, result.version, *row, share(row[UNKNOWN], row[REFERENCES])]
        for result, row in zip(results, counts, strict=True)
    ]
    sums = [sum(column) for column in zip(*counts, strict=True)]
    if sums:
        rows.append(["all", "", *sums, share(sums[UNKNOWN], sums[REFERENCES], 2)])
    return table(heads, rows)


OUTCOMES = {
    Outcome.TRUE: "true",
    Outcome.FALSE: "false",
    Outcome.OTHERWISE: "otherwise",
    Outcome.TIMEOUT: "too slow",
}
REFERENCES, UNKNOWN = 2, 6  # columns of the following


def counts_of(result: Plain) -> list[int]:
    """Give the numbers of a distribution in the order of the columns."""
    reported = result.reported
    return [
        result.files,
        result.lines,
        reported.references,
        reported.resolved,
        reported.unresolved,
        reported.optional,
        reported.unknown,
        len(result.settled),
        *(len(result.having(outcome)) for outcome in OUTCOMES),
    ]


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
