"""What `linkstep why` says, in sentences: plain text for every format.

Text of the analysed tree is made visible here, once; so are subjects of commits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from linkstep.model.facts import BrokenReference, Guard, GuardKind, Reach, Runs
from linkstep.model.why import Chains, Explained, Hop, Need, Needed, Past, PastKind, Report
from linkstep.report.summary import plural
from linkstep.report.visible import visible
from linkstep.report.words import SHOWN, advice, chain_of, effect, found, listed, rows, when

NEEDS = 6  # references that are told with their line; the others are counted


def chains_title(answer: Chains) -> str:
    """Say in one line whether the start leads to the goal, how far it is, and when."""
    start, goal = visible(answer.start), visible(answer.goal)
    if not answer.chains:
        back = f"; {goal} leads to {start}" if answer.backwards else ""
        return f"no import leads from {start} to {goal}{back}"
    first = answer.chains[0]
    deferred = any(hop.is_deferred for hop in first)
    when = "behind a deferred import" if deferred else "when it is imported"
    return f"{start} reaches {goal} {when}, in {plural(len(first) - 1, 'step')}"


def hop_remarks(hop: Hop) -> Iterator[tuple[str, str]]:
    """Say what is special about a step: a word for it, and a sentence."""
    if hop.raises:
        yield "broken", f"raises {visible(hop.raises)}"
    if hop.is_deferred:
        yield "deferred", _waits(hop)
    elif hop.called:
        function = f"{visible(hop.function)}()" if hop.function else "the function around it"
        yield "called", f"{function} is called while modules are imported"
    caught = catcher(hop.guard)
    if caught is not None:
        verb = "hides it" if hop.raises else "would hide a failure"
        yield "guarded", f"{caught} {verb}"


def _waits(hop: Hop) -> str:
    if hop.function == "__main__":
        return "runs when the file is run as a script"
    if hop.function:
        return f"runs when {visible(hop.function)}() is called"
    return "runs when the code around it is called"


def catcher(guard: Guard) -> str | None:
    """Give what catches an exception, as it is written, with its line."""
    if guard.kind is GuardKind.NONE:
        return None
    if guard.kind is GuardKind.EXPECTED:
        return f"line {guard.line}"
    clause = f"`except {visible(guard.catches)}`" if guard.catches else "`except`"
    return f"{clause} at line {guard.line}" if guard.line else clause


def needed_title(answer: Needed) -> str:
    """Say in one line whether a module or name is there."""
    name, module = visible(answer.name), visible(answer.module)
    if answer.path is None:
        return f"{module} has no name {name}" if name else f"there is no module {module}"
    symbol = f"{module}.{name}" if name else module
    if not answer.path:
        return f"{symbol} is imported from an environment that is not known"
    place = visible(answer.path) + (f":{answer.line}" if answer.line and answer.name else "")
    return f"{symbol} is there: {place}"


def needs_title(answer: Needed) -> str:
    """Say how many references need it, and how many of them as soon as they are imported."""
    count = len(answer.needs)
    if not count:
        return "no reference to it is known"
    files = len({need.reference.path for need in answer.needs})
    said = plural(count, "reference") + (f" in {files:,} files" if files > 1 else "")
    if answer.path is None:
        said += " needs it" if count == 1 else " need it"
    else:
        said = f"without it {said} would fail"
    early = sum(need.reference.runs is Runs.IMPORT for need in answer.needs)
    tests = sum(need.is_test for need in answer.needs)
    parts = [f"{early:,} at import"] if early else []
    parts += [f"{tests:,} in tests"] if tests else []
    return f"{said}, {' and '.join(parts)}" if parts and count > 1 else said


def need_effect(need: Need) -> str:
    """Say when a reference fails, and what catches that."""
    one = need.reference
    if need.optional:
        caught = catcher(one.guard) or "the code around it"
        return f"{when(one)}; accepted, since {caught} goes on without it"
    said = effect(one)
    if need.through is None:
        return said
    return f"{said}; through {visible(need.through.path)}:{need.through.span.line}"


def needed_rows(answer: Needed) -> Iterator[tuple[str, str]]:
    """Give the rows below the references: a label and a sentence each."""
    told = answer.reference
    if told is not None and (there := found(told)):
        yield "found", there
    yield from past_rows(answer.past, answer.name)
    yield from _reached(answer.reached_from)
    if answer.unreached:
        yield "reached", "from no entry point that is known"
    if answer.components:
        yield "used by", _some(answer.components)
    verb = "would not start" if answer.path is not None else "does not start"
    verb = verb if len(answer.stops) == 1 else verb.replace("does", "do")
    starts = [f"{_some(answer.stops)} {verb}"] if answer.stops else []
    blocks = [path for path in answer.blocks if path not in answer.stops]
    yield from _impact(starts, blocks, answer.weakens)
    if told is not None:
        for number, sentence in enumerate(advice(told)):
            yield "" if number else "help", sentence
    elif answer.suggestion:
        name = answer.suggestion.removeprefix(f"{answer.module}.")
        yield "help", f"{visible(name)} is the closest name there"


def explained_rows(one: Explained) -> Iterator[tuple[str, str]]:
    """Give the rows of a finding, with what is known about it besides: the remedy last."""
    fact = one.finding.fact
    exception = getattr(fact, "exception", "")
    if exception:
        yield "raises", visible(exception)
    own = list(rows(fact))
    remedy = next((n for n, (label, _) in enumerate(own) if label == "help"), len(own))
    yield from own[:remedy]
    yield from past_rows(one.past, fact.name if isinstance(fact, BrokenReference) else "")
    if one.component:
        module = f" (module {visible(one.module)})" if one.component != one.module else ""
        yield "part of", f"{visible(one.component)}{module}"
    yield from _impact([], one.blocks, one.weakens)
    yield from own[remedy:]
    yield "rule", f"`linkstep rule {one.finding.code}` explains {one.finding.rule}"


def past_rows(past: Past | None, name: str) -> Iterator[tuple[str, str]]:
    """Say what the history knows about something that is missing."""
    if past is None:
        return
    yield "history", past_sentence(past, visible(name.rpartition(".")[2]))


def past_sentence(past: Past, name: str) -> str:
    """Give that as a sentence.

    >>> past_sentence(Past(PastKind.NEVER, "app/db.py", versions=2), "connect")
    'never there: no version of app/db.py had connect (2 commits)'
    """
    path, subject = visible(past.path), visible(past.subject)
    place = f"{path}:{past.line}" if past.line else path
    commit = f"commit {past.commit} of {past.date} ({subject})"
    match past.kind:
        case PastKind.REMOVED:
            return f"{commit} removed it; it was at {place}"
        case PastKind.MOVED:
            return f"{commit} moved {place} to {visible(past.moved_to or '')}"
        case PastKind.UNCOMMITTED:
            return f"{place} has it in git; a change that is not committed removes it"
        case PastKind.NEVER if past.versions:
            commits = plural(past.versions, "commit")
            but = f"; {visible(past.why)}" if past.why else ""
            return f"never there: no version of {path} had {name} ({commits}){but}"
        case PastKind.NEVER:
            return f"never there: no commit had {path}"
    return f"not known: {visible(past.why)}"


def report_title(answer: Report) -> str | None:
    """Say in one line that there is no finding, or that its cause is elsewhere."""
    place = visible(answer.place)
    if answer.cause_of is not None:
        return f"{place} fails because of this:"
    if answer.findings:
        return None
    near = [str(line) for line in answer.near[:SHOWN]]
    more = max(0, len(answer.near) - SHOWN)
    noun = "line" if len(answer.near) == 1 else "lines"
    hint = f"; the file has findings at {noun} {listed(near, more)}" if near else ""
    return f"no finding at {place}{hint}"


def _reached(chains: Sequence[Reach]) -> Iterator[tuple[str, str]]:
    for number, reach in enumerate(chains[:SHOWN]):
        yield "" if number else "reached", chain_of(reach)
    if (more := len(chains) - SHOWN) > 0:
        yield "", f"and from {plural(more, 'more entry point')}"


def _impact(
    starts: list[str], blocks: Sequence[str], weakens: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Say which entry points and golden paths are hit."""
    told = [*starts, f"blocks {_some(blocks)}"] if blocks else starts
    told = [*told, f"weakens {_some(weakens)}"] if weakens else told
    if told:
        yield "impact", "; ".join(told)


def _some(names: Sequence[str]) -> str:
    return listed([visible(name) for name in names[:SHOWN]], max(0, len(names) - SHOWN))
