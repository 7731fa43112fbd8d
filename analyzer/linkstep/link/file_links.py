"""The links of one file, and what linking it looked at besides outlines."""

from __future__ import annotations

from linkstep.link.import_scan import digest_of_imports
from linkstep.link.lookup import Lookup
from linkstep.link.modules import Module
from linkstep.link.references import link_module
from linkstep.link.settling import Links
from linkstep.model.links import FileLinks
from linkstep.model.summary import DEFINING, Bind, FileSummary
from linkstep.model.trace import Trace


def links_of(links: Links, module: Module) -> FileLinks:
    """Link all references of one module; `links` says what goes for all of them."""
    own = Links(links.lookup, links.checked)
    link_module(own, module)
    summary = module.summary
    return FileLinks(
        references=own.references,
        resolved=own.resolved,
        unknown=dict(own.unknown),
        edges=tuple(sorted(own.edges)),
        broken=tuple(own.broken),
        calls=tuple(own.calls.get(module, ())),
        library=frozenset(own.library.get(module.path, ())),
        foreign=tuple(own.foreign.imports),
        unproven=tuple(own.foreign.unproven),
        state_reads=tuple(own.state_reads),
        asks_version=module.path in links.lookup.evaluator.version_tested,
        sets=links.lookup.evidence.set_by(module),
        defines=() if summary is None else tuple(_defined(summary)),
        test=None if summary is None else _test_in(summary),
        problem=None if summary is None else summary.problem,
    )


def trace_of(lookup: Lookup) -> Trace:
    """Give what was looked at besides outlines."""
    scanned = lookup.submodules.scanned
    return Trace(
        frozenset(lookup.executed),
        frozenset(lookup.scripted),
        {path: digest_of_imports(names) for path, names in scanned.items()},
        lookup.evidence.setting(),
    )


def _defined(summary: FileSummary) -> dict[str, None]:
    """Give the names that statements at the top of a file define, in order."""
    steps = (step for step in summary.body if isinstance(step, Bind))
    return dict.fromkeys(step.name for step in steps if step.kind in DEFINING)


def _test_in(summary: FileSummary) -> str | None:
    """Give the first function of a file that is named like a test."""
    names = (scope.name.rpartition(".")[2] for scope in summary.scopes[1:])
    return next((name for name in names if name.startswith("test_")), None)
