"""Imports, declarations and environment, compared: LS301 to LS305 and LS307.

An import is judged when it certainly runs in production and certainly comes from one
distribution. A declaration is called unused only when nothing in the tree or in the
environment can be seen to use it, by import or by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from linkstep.analyses.graph import ImportGraph
from linkstep.analyses.production import ProductionCode
from linkstep.model.declarations import (
    Conflict,
    Declaration,
    Declarations,
    Distributions,
    Kind,
)
from linkstep.model.environment import Origin
from linkstep.model.facts import (
    BrokenReference,
    DependencyFault,
    DependencyProblem,
    Location,
    Problem,
    Runs,
)
from linkstep.model.links import ForeignImport
from linkstep.model.summary import Span

_DEPLOYED = frozenset({Kind.PRODUCTION, Kind.OPTIONAL})
_DEVELOPED = frozenset({Kind.DEVELOPMENT})


class Dependencies:
    """Compares what a program imports with what is declared and installed.

    `headers` gives what the header of a script declares (PEP 723), None without one. `used`
    are distributions that configuration calls used.
    """

    def __init__(
        self,
        declarations: Declarations,
        distributions: Distributions,
        code: ProductionCode,
        graph: ImportGraph,
        entries: Sequence[str],
        used: Iterable[str] = (),
    ) -> None:
        self._declarations = declarations
        self._distributions = distributions
        self._code = code
        self._graph = graph
        self._entries = entries
        self._used = frozenset(used)
        self._by_name: dict[str, list[Declaration]] = {}
        for one in declarations.declared:
            self._by_name.setdefault(one.name, []).append(one)
        self._judges = not declarations.unclear and any(
            one.kind is Kind.PRODUCTION for one in declarations.declared
        )

    def of_imports(
        self, imports: Sequence[ForeignImport], headers: dict[str, tuple[Declaration, ...]]
    ) -> tuple[DependencyFault, ...]:
        """Give the faults of imports: one for each file and distribution, the heaviest place."""
        found: dict[tuple[str, str], DependencyFault] = {}
        ordered = sorted(imports, key=lambda one: (one.runs is Runs.CALL, one.path, one.span))
        for one in ordered:
            if one.optional or not (one.path in headers or self._code.has(one.path)):
                continue
            fault = self._of_import(one, headers.get(one.path))
            if fault is not None:
                found.setdefault((one.path, fault.name), fault)
        return tuple(found.values())

    def of_broken(
        self, broken: Sequence[BrokenReference]
    ) -> tuple[tuple[BrokenReference | DependencyFault, ...], frozenset[str]]:
        """Give the broken references, those of distributions that are not installed reworded.

        That a module is missing because its distribution is, is one cause and one finding. What
        belongs to an extra, or to development, need not be there: of that only those references
        are kept which the start of a program executes, or which production code makes.
        The second value are the distributions it was said of.
        """
        facts: list[BrokenReference | DependencyFault] = []
        missing = set()
        for fact in broken:
            name = self._missing_distribution(fact)
            if name is None:
                facts.append(fact)
                continue
            declared = self._by_name[name]
            if self._is_left_out(fact, declared):
                continue
            missing.add(name)
            facts.append(
                DependencyFault(
                    DependencyProblem.MISSING,
                    fact.path,
                    fact.span,
                    declared[0].written,
                    module=fact.name,
                    importing=fact.importing,
                    runs=fact.runs,
                    guard=fact.guard,
                    function=fact.function,
                    exception=fact.exception,
                    declared_at=_places(declared),
                    imported_by=fact.imported_by,
                    reached_from=fact.reached_from,
                )
            )
        return tuple(facts), frozenset(missing)

    def of_declarations(
        self, imports: Sequence[ForeignImport], missing: frozenset[str], *, complete: bool = True
    ) -> Iterator[DependencyFault]:
        """Give the faults of declarations; `missing` are distributions reported already.

        `complete` says that all files of the project are there, so that what none of them
        uses is not used.
        """
        lacking = self._distributions.lacking()
        for one in lacking:
            if one.name not in missing:
                yield _of_declaration(DependencyProblem.MISSING, one)
        for one, version in self._distributions.unmet().items():
            fault = _of_declaration(DependencyProblem.INCOMPATIBLE, one)
            yield replace(fault, asking=one.path, requirement=one.requirement, found=version)
        for conflict in self._distributions.conflicts():
            if conflict.lacks not in missing.union(one.name for one in lacking):
                yield from self._of_conflict(conflict)
        if complete and self._distributions.found():
            yield from self._unused(imports)

    # Imports

    def _of_import(
        self, one: ForeignImport, header: tuple[Declaration, ...] | None
    ) -> DependencyFault | None:
        providers = self._distributions.providers(one.module, one.found)
        if header is not None:
            names = {declaration.name for declaration in header}
            if providers and not names.intersection(providers) and not self._distributions.found():
                return self._fault(DependencyProblem.UNDECLARED, one, providers[0])
            return None
        own = self._declarations.own
        if not self._judges or not providers or own.intersection(providers):
            return None
        declared = [d for name in providers for d in self._by_name.get(name, ())]
        if any(d.kind is not Kind.DEVELOPMENT for d in declared):
            return None
        if len(providers) > 1 and self._distributions.found():
            return None  # a directory that several distributions share
        name = declared[0].name if declared else providers[0]
        if self._distributions.is_installed_elsewhere(name):
            return None
        chain = self._distributions.chain(name, _DEPLOYED)
        if chain:
            fault = self._fault(DependencyProblem.TRANSITIVE, one, name)
            return replace(fault, chain=chain, declared_at=_places(declared))
        if declared:
            fault = self._fault(DependencyProblem.DEVELOPMENT, one, name)
            groups = tuple(dict.fromkeys(d.group or d.path for d in declared))
            return replace(fault, groups=groups, declared_at=_places(declared))
        fault = self._fault(DependencyProblem.UNDECLARED, one, name)
        return replace(fault, chain=self._distributions.chain(name, _DEVELOPED))

    def _fault(self, problem: DependencyProblem, one: ForeignImport, name: str) -> DependencyFault:
        installed = self._distributions.describe(name)
        return DependencyFault(
            problem,
            one.path,
            one.span,
            self._distributions.written(name),
            module=one.module,
            importing=one.importing,
            runs=one.runs,
            guard=one.guard,
            function=one.function,
            version=installed.version if installed is not None else "",
            imported_by=self._graph.importers(one.importing),
            reached_from=self._graph.reached_from(one.importing, self._entries),
        )

    def _missing_distribution(self, fact: BrokenReference) -> str | None:
        """Give the declared distribution whose absence breaks a reference."""
        whole = fact.problem is Problem.MISSING_MODULE and not fact.module
        if not whole or fact.origin is not Origin.THIRD_PARTY:
            return None
        name = self._distributions.declared_provider(fact.name)
        installed = self._distributions.describe(name) if name is not None else None
        return name if installed is None else None

    def _is_left_out(self, fact: BrokenReference, declared: Sequence[Declaration]) -> bool:
        """Whether an environment lacks a distribution because nobody asked for it."""
        kinds = {one.kind for one in declared}
        started = any(not reach.deferred for reach in fact.reached_from)
        if Kind.PRODUCTION in kinds or (started and fact.runs is Runs.IMPORT):
            return False
        return Kind.OPTIONAL in kinds or not self._code.has(fact.path)

    # Declarations

    def _of_conflict(self, conflict: Conflict) -> Iterator[DependencyFault]:
        """Give the fault of a conflict, at the declaration that it comes from."""
        declared = self._by_name.get(conflict.chain[0], [])
        for one in [one for one in declared if one.kind is Kind.PRODUCTION][:1]:
            fault = _of_declaration(DependencyProblem.INCOMPATIBLE, one)
            yield replace(
                fault,
                name=conflict.distribution,
                version=conflict.version,
                asking=f"{conflict.distribution} {conflict.version}",
                requirement=conflict.requirement,
                found=conflict.found or "none",
                chain=tuple(map(self._distributions.written, conflict.chain)),
            )

    def _unused(self, imports: Sequence[ForeignImport]) -> Iterator[DependencyFault]:
        imported = frozenset(
            name for one in imports for name in self._distributions.providers(one.module, one.found)
        )
        for one in self._declarations.declared:
            judged = (
                one.kind is Kind.PRODUCTION
                and one.applies
                and not one.local
                and one.name not in imported | self._declarations.own | self._used
            )
            if judged and self._is_unused(one, imported):
                yield _of_declaration(DependencyProblem.UNUSED, one)

    def _is_unused(self, one: Declaration, imported: frozenset[str]) -> bool:
        """Whether nothing imports a distribution, names it, plugs it in or brings it up."""
        installed = self._distributions.describe(one.name)
        if installed is None or not installed.modules:
            return False
        if installed.programs or installed.plugs_in or one.name in _ALWAYS_USED:
            return False
        words = frozenset({*installed.modules, installed.name, one.written})
        if self._distributions.is_mentioned(words):
            return False
        return not self._distributions.is_used_by_installed(installed, imported)


_ALWAYS_USED = frozenset({"pip", "setuptools", "wheel", "typing-extensions", "tzdata", "certifi"})


def _of_declaration(problem: DependencyProblem, one: Declaration) -> DependencyFault:
    span = Span(one.line, 1, one.line, 1)
    return DependencyFault(problem, one.path, span, one.written, declared_at=_places([one]))


def _places(declared: Iterable[Declaration]) -> tuple[Location, ...]:
    places = (Location(one.path, Span(one.line, 1, one.line, 1)) for one in declared)
    return tuple(dict.fromkeys(places))
