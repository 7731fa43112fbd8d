"""The parts of the report about mutated code and about the peers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import tomli

from benchmarks.accuracy.catalogue import Catalogue
from benchmarks.accuracy.claims import Outcome
from benchmarks.accuracy.peers import PEERS
from benchmarks.accuracy.recall import Scored
from benchmarks.accuracy.results import ROUNDS, Plain, Store, name_of_round
from benchmarks.accuracy.tables import bullets, share, table
from benchmarks.accuracy.truth import Broken, Truth

CAUSES = Path(__file__).with_name("causes.toml")
TOOLS = ("linkstep", *(peer.name for peer in PEERS))


class Measured:
    """All results of a work directory, by tool and distribution."""

    def __init__(self, catalogue: Catalogue, store: Store) -> None:
        names = [distribution.name for distribution in catalogue.distributions]
        rounds = [name_of_round(name, n) for name in names for n in range(1, ROUNDS + 1)]
        self.plain: dict[str, dict[str, Plain]] = {}
        self.scored: dict[str, dict[str, Scored]] = {}
        for tool in TOOLS:
            plain = ((name, store.get("plain", name, tool, Plain)) for name in names)
            self.plain[tool] = {name: result for name, result in plain if result}
            scored = ((name, store.get("mutated", name, tool, Scored)) for name in rounds)
            self.scored[tool] = {name: result for name, result in scored if result}
        truths = ((name, store.get("mutated", name, "truth", Truth)) for name in rounds)
        self.truths = {name: truth for name, truth in truths if truth}
        self.linkstep = list(self.plain["linkstep"].values())

    def finished(self, tool: str) -> list[str]:
        """Give the distributions that a tool came to the end of."""
        results = self.plain[tool].items()
        return [name for name, result in results if not result.reported.trouble]

    def finished_rounds(self, tool: str) -> list[str]:
        """Give the rounds of mutated code that a tool came to the end of."""
        return [name for name, result in self.scored[tool].items() if not result.trouble]


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
    measured: Measured,
    tool: str,
    kinds: Callable[[Broken], Iterable[str]],
    rounds: Iterable[str] | None = None,
) -> dict[str, tuple[int, int]]:
    """Give the sites found and all sites, by kind, where the tool came to an end."""
    whole: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for name in measured.finished_rounds(tool) if rounds is None else rounds:
        for broken in measured.truths[name].broken:
            whole.update(["all", *kinds(broken)])
        for broken in measured.scored[tool][name].missed:
            lost.update(["all", *kinds(broken)])
    return {kind: (count - lost[kind], count) for kind, count in whole.items()}


def misses(measured: Measured) -> str:
    """Give every site that linkstep does not report, with the mutation behind it, and why."""
    known = causes()
    rows = [
        [
            name,
            f"`{missed.site.path}:{missed.site.line}`",
            f"{missed.site.kind.value} {missed.site.module} {missed.site.name}",
            ", ".join(missed.tags),
            f"{missed.mutation.change.value}: `{missed.mutation.path}` {missed.mutation.name}",
            known.get(f"{name} {missed.mutation.path}", "not known"),
        ]
        for name, scored in measured.scored["linkstep"].items()
        for missed in scored.missed
    ]
    return table(["distribution", "place", "needs", "kind", "mutation", "cause"], rows)


def causes() -> dict[str, str]:
    """Give why a miss is one, by round and mutated file, as `causes.toml` has it."""
    document = tomli.loads(CAUSES.read_text("utf-8"))
    return {key: cause["why"] for cause in document["causes"] for key in cause["mutations"]}


def new_alarms(measured: Measured) -> str:
    """Give the alarms that only mutated code has, where they are not simply true."""
    scored = measured.scored["linkstep"].items()
    rows = [
        [
            name,
            one.verdict.outcome.value,
            f"`{one.alarm.path}:{one.alarm.line}`",
            one.alarm.claim,
            " ".join(one.verdict.detail.split())[:120],
        ]
        for name, result in scored
        for one in result.new
        if one.verdict.outcome is not Outcome.TRUE
    ]
    total = sum(len(result.new) for _, result in scored)
    return f"{total:,} new alarms, of which {len(rows)} were not simply true.\n\n" + table(
        ["distribution", "outcome", "place", "claim", "the interpreter"], rows
    )


FEW = 3  # distributions


def common_table(measured: Measured) -> str:
    """Give the same rows over what every tool has finished that was given more than a few."""
    tools = [tool for tool in TOOLS if len(measured.finished(tool)) > FEW]
    names = set.intersection(*(set(measured.finished(tool)) for tool in tools))
    rounds = set.intersection(*(set(measured.finished_rounds(tool)) for tool in tools))
    shown = f"These are {', '.join(sorted(names))}.\n\n"
    return shown + peers_table(measured, (sorted(names), sorted(rounds)), tools)


def peers_table(
    measured: Measured,
    among: tuple[Sequence[str], Sequence[str]] | None = None,
    tools: Sequence[str] = TOOLS,
) -> str:
    """Give one row a tool: false alarms, recall and time; `among` distributions and rounds."""
    rows = []
    for tool in tools:
        names = measured.finished(tool) if among is None else among[0]
        results = [measured.plain[tool][name] for name in names]
        references = sum(
            measured.plain["linkstep"][n].reported.references
            for n in names
            if n in measured.plain["linkstep"]
        )
        settled = [one for result in results for one in result.settled]
        counts = Counter(one.verdict.outcome for one in settled)
        found, real = real_ones(measured, tool, names)
        rounds = None if among is None else among[1]
        broken = found_by_kind(measured, tool, lambda _: (), rounds).get("all", (0, 0))
        per_thousand = 1000 * counts[Outcome.FALSE] / references if references else 0.0
        seconds = sum(result.reported.seconds for result in results)
        row: list[object] = [tool, len(names), references, len(settled), counts[Outcome.FALSE]]
        row += [f"{per_thousand:.2f}", counts[Outcome.OTHERWISE], f"{found:,} of {real:,}"]
        row += [f"{broken[0]:,} of {broken[1]:,}", share(*broken), f"{seconds:.0f}"]
        rows.append(row)
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
