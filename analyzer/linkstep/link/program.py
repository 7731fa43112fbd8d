"""The link stage: all files together."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from linkstep.link.entries import EntryLinks, Starts
from linkstep.link.evidence import TextsAround
from linkstep.link.execution import execute
from linkstep.link.lookup import Lookup
from linkstep.link.modules import Find, Module, Modules, StubOf, SummaryOf
from linkstep.link.others import Others
from linkstep.link.records import recorded, trace_of
from linkstep.link.settling import Links
from linkstep.link.submodules import Verdicts
from linkstep.model.environment import Found
from linkstep.model.links import EntryLink, FailingModule, LinkedModule, Offer, Offers, Program
from linkstep.model.summary import BindingKind, Harmless, ImportFrom, ImportModule
from linkstep.model.target import Target
from linkstep.model.trace import LinkRecord, Trace


class LinkInput(NamedTuple):
    """What is linked, and what it is linked against.

    Every reference of the `checked` modules is linked, or of those whose paths are `wanted`, if
    not all of them are; `others` are first-party modules that
    are not checked but bear witness for those that are (they may set names on them, or import
    their submodules). `find` answers as the import system would, `summary_of` gives a file's
    summary, `stub_of` the stub that describes a standard-library module. `text_of` gives a
    file's bytes, none when it cannot be read, so that only those are parsed that can matter;
    `source_of` those of a file of which only the imports will be searched for, `harmless_of`
    the definitions of a reflective file that leave the namespaces of others alone.
    `texts_around` gives the texts of the installed package that a file belongs to, and
    `suspects` are installed top-level modules, by name, whose own imports may fail. `importable`
    are the files of checked modules of which it is known that importing them need not fail, and
    `setters` those that may set names on others or enter modules; None if that is not known.
    """

    checked: Sequence[Found]
    others: Sequence[Found]
    find: Find
    summary_of: SummaryOf
    stub_of: StubOf
    target: Target
    text_of: Callable[[str], bytes]
    source_of: Callable[[str], bytes]
    harmless_of: Callable[[str], Mapping[str, Harmless]]
    texts_around: TextsAround = lambda path, suffixes: ()
    suspects: Container[str] = ()
    importable: Container[str] = ()
    setters: Container[str] | None = None
    wanted: Container[str] | None = None


def link(
    given: LinkInput,
    advance: Callable[[int], None] = lambda count: None,
    *,
    follow_others: bool = False,
    entries: Sequence[str] = (),
    starts: Starts | None = None,
    verdicts: Verdicts | None = None,
) -> Program:
    """Link every reference of the checked modules against everything they reach.

    `advance` is told of each module. `follow_others` links the others too, for their edges;
    else those that entry points lead to, when something is broken.
    `entries` are the modules that processes begin with (`module` or `module:attribute`).
    `verdicts` are what an earlier link of the same tree found out about submodules.
    `starts` are further entry points, as found in files, with what is needed to link them.
    """
    links, loaded = _prepared(given, verdicts)
    lookup = links.lookup
    records: dict[str, LinkRecord] = {}
    for module in loaded:
        records[module.path] = recorded(links, module)
        advance(1)
    launches = EntryLinks(lookup, links).all(starts) if starts is not None else ()
    further = Others(links, lookup.evidence.others)
    if follow_others:
        further.link_all()
    elif links.broken:  # what is reached is asked of what is broken
        further.link_reached(launches)
    known = [*loaded, *further.linked]
    # From here on no reference is linked any more.
    try:
        processes = (*((entry,) for entry in entries), *_processes(launches, known))
        cycles, executions = execute(links, known, processes)
    except RecursionError:
        cycles, executions = (), ()  # a chain of imports too long to be followed
    broken = sorted(links.broken, key=lambda link: (link.path, link.span, link.name))
    looked_into = {link.module_path for link in broken if link.module_path is not None}
    return Program(
        modules=tuple(_linked(module) for module in known if module.summary is not None),
        edges=tuple(sorted(links.edges)),
        broken=tuple(broken),
        references=links.references,
        resolved=links.resolved,
        unknown=dict(sorted(links.unknown.items())),
        names_by_path={
            module.path: _names(module)
            for module in lookup.modules.loaded()
            if module.path in looked_into
        },
        cycles=cycles,
        executions=executions,
        foreign=tuple(links.foreign.imports),
        unproven=tuple(links.foreign.unproven),
        library={path: frozenset(names) for path, names in sorted(links.library.items())},
        launches=launches,
        state_reads=tuple(links.state_reads),
        failing=tuple(_failing(known, lookup)),
        version_tested=frozenset(lookup.evaluator.version_tested & {m.path for m in loaded}),
        trace=trace_of(links, records),
    )


def link_again(given: LinkInput) -> Trace:
    """Link what is wanted, as `link` would, and nothing else."""
    links, wanted = _prepared(given)
    return trace_of(links, {module.path: recorded(links, module) for module in wanted})


def offers_of(given: LinkInput) -> Offers:
    """Give what each module offers, by its name; none of their references is linked."""
    links, _ = _prepared(given)
    evidence = links.lookup.evidence
    modules = {module.name: module for module in (*evidence.others, *evidence.first_party)}

    def offer(name: str) -> Offer | None:
        module = modules.get(name)
        if module is None or module.summary is None:
            return None
        links.lookup.names(module)
        return Offer(module.path, _names(module))

    return offer


def _prepared(given: LinkInput, verdicts: Verdicts | None = None) -> tuple[Links, list[Module]]:
    """Give what linking goes by, and the modules whose references are linked."""
    modules = Modules(given.find, given.summary_of, given.stub_of, given.target)
    lookup = Lookup(modules, {} if verdicts is None else verdicts)
    lookup.harmless_of = given.harmless_of
    lookup.failures.suspects = given.suspects
    lookup.failures.importable = given.importable
    lookup.evidence.setters = given.setters
    loaded = [modules.load(found) for found in given.checked]
    lookup.evidence.first_party = loaded
    lookup.evidence.others = [modules.load(found) for found in given.others]
    lookup.evidence.text_of = given.text_of
    lookup.evidence.source_of = given.source_of
    lookup.evidence.texts_around = given.texts_around
    chosen = [one for one in loaded if given.wanted is None or one.path in given.wanted]
    return Links(lookup, frozenset(module.path for module in chosen)), chosen


def _failing(modules: Iterable[Module], lookup: Lookup) -> Iterator[FailingModule]:
    for module in modules:
        failure = lookup.failures.of_module(module)
        if failure is not None:
            yield FailingModule(module.path, failure.exception, failure.path, failure.line)


def _processes(launches: Iterable[EntryLink], known: Iterable[Module]) -> list[tuple[str, ...]]:
    """Give the modules that each process of production begins with, in order, by name."""
    names = {module.path: module.name for module in known}
    found = (
        tuple(names[path] for path in one.modules if path in names)
        for one in launches
        if one.entry.is_production
    )
    return list(dict.fromkeys(process for process in found if process))


def _linked(module: Module) -> LinkedModule:
    assert module.summary is not None
    return LinkedModule(module.name, module.path, module.summary, _names(module))


def _names(module: Module) -> tuple[str, ...]:
    if module.names is None:
        return ()
    defined: list[str] = []
    imported: list[str] = []
    for name, entry in module.names.by_name.items():
        step = entry.live[-1].step if entry.live else None
        if isinstance(step, ImportModule | ImportFrom):
            imported.append(name)
        elif step is not None and step.kind is not BindingKind.FEATURE:
            defined.append(name)
    return (*defined, *imported)
