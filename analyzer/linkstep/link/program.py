"""The link stage: all files together."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from linkstep.link.entries import EntryLinks, Starts
from linkstep.link.evidence import TextsAround
from linkstep.link.execution import execute
from linkstep.link.file_links import links_of, trace_of
from linkstep.link.lookup import Lookup
from linkstep.link.modules import Find, Module, Modules, StubOf, SummaryOf
from linkstep.link.others import Others
from linkstep.link.settling import Links
from linkstep.link.submodules import Verdicts
from linkstep.model.environment import Found
from linkstep.model.links import (
    BrokenLink,
    EarlierLinks,
    EntryLink,
    ExecutionOrder,
    FailingModule,
    FileLinks,
    LinkedModule,
    Offer,
    Offers,
    OutdatedError,
    Program,
)
from linkstep.model.summary import BindingKind, FileSummary, Harmless, ImportFrom, ImportModule
from linkstep.model.target import Target
from linkstep.model.trace import Setting, Trace


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
    `earlier` has the links of checked modules that still hold, and are not linked again, and
    `importers` gives some of the files that import a module, one of the project by its path and
    others by their names.
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
    setters: Setting | None = None
    wanted: Container[str] | None = None
    earlier: EarlierLinks | None = None
    importers: Callable[[str], Iterable[str]] = lambda path: ()


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
    lookup, earlier = links.lookup, given.earlier
    linked: dict[str, FileLinks] = {}
    for module in loaded:
        held = earlier.links.get(module.path) if earlier is not None else None
        if held is not None or module.summary is not None:
            linked[module.path] = links_of(links, module) if held is None else held
            links.take(module, linked[module.path])
        if held is None:
            advance(1)
    launches = EntryLinks(lookup, links).all(starts) if starts is not None else ()
    further = Others(links, lookup.evidence.others)
    if follow_others:
        further.link_all()
    elif links.broken:  # what is reached is asked of what is broken
        further.link_reached(launches)
    modules = [*loaded, *further.modules]
    known = linked | further.linked
    # From here on no reference is linked any more.
    order = earlier.order if earlier is not None else None
    if order is None:
        if earlier is not None:
            _load(earlier.names, links)
        processes = (*((entry,) for entry in entries), *_processes(launches, modules))
        order = _ordered(links, modules, processes)
    broken = sorted(links.broken, key=lambda link: (link.path, link.span, link.name))
    return Program(
        modules=tuple(_linked(module, known, lookup) for module in modules if module.path in known),
        edges=tuple(sorted(links.edges)),
        broken=tuple(broken),
        references=links.references,
        resolved=links.resolved,
        unknown=dict(sorted(links.unknown.items())),
        names_by_path=_looked_into(broken, earlier, lookup),
        order=order,
        foreign=tuple(links.foreign.imports),
        unproven=tuple(links.foreign.unproven),
        library={path: frozenset(names) for path, names in sorted(links.library.items())},
        launches=launches,
        state_reads=tuple(links.state_reads),
        failing=tuple(_failing(modules, lookup)),
        version_tested=frozenset(path for path, one in linked.items() if one.asks_version),
        trace=trace_of(lookup),
        links=linked,
        names_beside=_names_beside(links, modules, earlier),
    )


def link_again(given: LinkInput) -> tuple[dict[str, FileLinks], Trace]:
    """Link what is wanted, as `link` would, and nothing else."""
    links, wanted = _prepared(given)
    return {one.path: links_of(links, one) for one in wanted}, trace_of(links.lookup)


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
    lookup.evidence.importers = given.importers
    loaded = [modules.load(found) for found in given.checked]
    if given.earlier is not None:
        known = given.earlier.links
        lookup.failures.take(given.earlier.failing, [one for one in loaded if one.path in known])
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
            exception, path, line, reported, origin = failure
            yield FailingModule(module.path, exception, path, line, reported, origin)


def _processes(launches: Iterable[EntryLink], known: Iterable[Module]) -> list[tuple[str, ...]]:
    """Give the modules that each process of production begins with, in order, by name."""
    names = {module.path: module.name for module in known}
    found = (
        tuple(names[path] for path in one.modules if path in names)
        for one in launches
        if one.entry.is_production
    )
    return list(dict.fromkeys(process for process in found if process))


def _ordered(
    links: Links, modules: Sequence[Module], processes: Sequence[Sequence[str]]
) -> ExecutionOrder:
    try:
        return execute(links, modules, processes)
    except RecursionError:
        return ExecutionOrder()  # a chain of imports too long to be followed


def _load(names: Mapping[str, str], links: Links) -> None:
    """Load what edges lead to that were made earlier.

    Raises OutdatedError when a name does not lead there any more.
    """
    for name in names.values():
        links.lookup.modules.find(name, None)
    loaded = {module.path for module in links.lookup.modules.loaded()}
    if not all(edge.importer in loaded and edge.target in loaded for edge in links.edges):
        raise OutdatedError


def _names_beside(
    links: Links, modules: Iterable[Module], earlier: EarlierLinks | None
) -> dict[str, str]:
    """Give the names of the modules that edges lead to and that were not linked, by path."""
    ends = {path for edge in links.edges for path in (edge.importer, edge.target)}
    ends -= {module.path for module in modules}
    loaded = links.lookup.modules.loaded()
    names = {module.path: module.name for module in loaded} if ends else {}
    known = {} if earlier is None else earlier.names
    return {path: names.get(path) or known.get(path, "") for path in sorted(ends)}


def _looked_into(
    broken: Iterable[BrokenLink], earlier: EarlierLinks | None, lookup: Lookup
) -> dict[str, tuple[str, ...]]:
    """Give the names in the modules of which something is missing, by path."""
    asked = {link.module_path for link in broken if link.module_path is not None}
    known = {} if earlier is None else earlier.looked_into
    found = {path: known[path] for path in sorted(asked & known.keys())}
    named = (module for module in lookup.modules.loaded() if module.path in asked)
    return found | {
        module.path: _names(module)
        for module in named
        if module.names is not None or module.path not in found
    }


def _linked(module: Module, linked: Mapping[str, FileLinks], lookup: Lookup) -> LinkedModule:
    def summary() -> FileSummary:
        assert module.summary is not None  # it was linked
        return module.summary

    def names() -> tuple[str, ...]:
        lookup.names(module)
        return _names(module)

    return LinkedModule(module.name, module.path, linked[module.path], summary, names)


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
