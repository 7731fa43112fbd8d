"""The other Pythons that a project admits: what links for the target, and not there.

A project that says `requires-python = ">=3.9"` promises to run on each version from 3.9 on. One of
them is the target and is linked as a whole. What can differ on another one is little: the standard
library lacks a name there, or a test of `sys.version_info` goes the other way. So the names
needed of the library are looked up for each version, and only the files that can be
concerned are linked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from linkstep.link.lookup import Lookup
from linkstep.link.modules import Find, Module, Modules, StubOf, SummaryOf
from linkstep.link.outcomes import Absent
from linkstep.model.environment import Origin
from linkstep.model.links import BrokenLink, LibraryName, OtherVersion, Program, library_name
from linkstep.model.target import Target, Version

LackingAt = Callable[[Version, Iterable[LibraryName]], frozenset[LibraryName]]
LinkAt = Callable[[Version, frozenset[str]], Program]


def lacking(
    names: Iterable[LibraryName],
    find: Find,
    summary_of: SummaryOf,
    stub_of: StubOf,
    target: Target,
) -> frozenset[LibraryName]:
    """Give those of `names` that the standard library of `target` is certain not to have."""
    lookup = Lookup(Modules(find, summary_of, stub_of, target), {})

    def lacks(module: str, name: str) -> bool:
        found = lookup.module(module, None)
        if not isinstance(found, Module):
            return isinstance(found, Absent)
        return bool(name) and isinstance(lookup.name(found, name, importing=True), Absent)

    return frozenset(pair for pair in names if lacks(*pair))


def link_versions(
    program: Program,
    target: Version,
    versions: Sequence[Version],
    lacking_at: LackingAt,
    link_at: LinkAt,
    *,
    follow_tests: bool,
) -> tuple[OtherVersion, ...]:
    """Link `program` for further versions, as far as they can differ from its target.

    `versions` are in order; of the target's own, which may be the first of them, it is only said
    what its library lacks. `link_at` links only the files given. `follow_tests` also links,
    for the highest version, the files that test the version and those that import them.
    """
    names = {name for needed in program.library.values() for name in needed}
    names.update(_of_library(program.broken))
    broken = {(link.path, link.span) for link in program.broken}
    known: frozenset[LibraryName] = frozenset()
    others = []
    for version in versions:
        lacks = lacking_at(version, sorted(names))
        concerned = {path for path, needed in program.library.items() if needed & (lacks - known)}
        if follow_tests and version == versions[-1]:
            concerned |= program.version_tested
            concerned |= {e.importer for e in program.edges if e.target in program.version_tested}
        known |= lacks
        found: tuple[BrokenLink, ...] = ()
        offers: dict[str, tuple[str, ...]] = {}
        if concerned and version != target:
            linked = link_at(version, frozenset(concerned))
            offers = linked.names_by_path
            found = tuple(link for link in linked.broken if (link.path, link.span) not in broken)
            broken.update((link.path, link.span) for link in found)
        others.append(OtherVersion(version, lacks, found, offers))
    return tuple(others)


def _of_library(broken: Iterable[BrokenLink]) -> list[LibraryName]:
    return [
        library_name(link.exception, link.module, link.name)
        for link in broken
        if link.origin is Origin.STANDARD_LIBRARY and link.name
    ]
