"""The link stage: all files together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from linkstep.link.lookup import Lookup
from linkstep.link.modules import Find, Module, Modules, StubOf, SummaryOf
from linkstep.link.references import Links
from linkstep.model.environment import Found
from linkstep.model.links import LinkedModule, Program
from linkstep.model.summary import ImportFrom, ImportModule
from linkstep.model.target import Target


def link(
    checked: Sequence[Found],
    others: Sequence[Found],
    find: Find,
    summary_of: SummaryOf,
    stub_of: StubOf,
    target: Target,
    text_of: Callable[[str], bytes],
    texts_around: Callable[[str], Iterable[bytes]],
    advance: Callable[[int], None],
    *,
    follow_others: bool = False,
) -> Program:
    """Link every reference of the `checked` modules against everything they reach.

    `find` answers as the import system would, `summary_of` gives a file's summary,
    `stub_of` the stub that describes a standard-library module. `others` are first-party
    modules that are not checked but bear witness for those that are (they may set names on
    them, or import their submodules). `text_of` gives a file's bytes, none when it cannot be
    read, so that only those are parsed that can matter; `texts_around` the texts of the
    installed package that a file belongs to. `follow_others` links the others too, for their
    edges.
    """
    modules = Modules(find, summary_of, stub_of, target)
    lookup = Lookup(modules)
    loaded: list[Module] = [modules.load(found) for found in checked]
    lookup.evidence.first_party = loaded
    lookup.evidence.others = [modules.load(found) for found in others]
    lookup.evidence.text_of = text_of
    lookup.evidence.texts_around = texts_around
    links = Links(lookup, frozenset(module.path for module in loaded))
    for module in loaded:
        links.link(module)
        advance(1)
    known = loaded
    if follow_others:
        known = [*loaded, *lookup.evidence.others]
        elsewhere = Links(lookup, links.checked)
        elsewhere.edges = links.edges
        for module in lookup.evidence.others:
            elsewhere.link(module)
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
            module.path: _names(module) for module in modules.loaded() if module.path in looked_into
        },
    )


def _linked(module: Module) -> LinkedModule:
    assert module.summary is not None
    return LinkedModule(module.name, module.path, module.summary, _names(module))


def _names(module: Module) -> tuple[str, ...]:
    if module.names is None:
        return ()
    defined: list[str] = []
    imported: list[str] = []
    for name, entry in module.names.by_name.items():
        if entry.live:
            by_import = isinstance(entry.live[-1].step, ImportModule | ImportFrom)
            (imported if by_import else defined).append(name)
    return (*defined, *imported)
