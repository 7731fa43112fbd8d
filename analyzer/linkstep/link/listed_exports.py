"""Linking the entries of `__all__`: a star import raises for what it lists and nothing binds."""

from __future__ import annotations

from linkstep.link.flow import Situation
from linkstep.link.namespaces import Name, Names
from linkstep.link.outcomes import Absent, Dubious, Failed
from linkstep.link.settling import Settling
from linkstep.model.facts import Problem
from linkstep.model.summary import Bind, ExportedName, ImportFrom


def link_exports(at: Settling, names: Names) -> None:
    """Link the entries of a module's `__all__`."""
    if not names.exports or names.doubts:
        return
    failing = at.lookup.failures.of_module(at.module) is not None
    if failing and not at.lookup.exports.are_known(names.stars, at.module):
        _of_missing(at, names)
        return
    removed = {n.name for e in names.exports if e.operation == "remove" for n in e.names}
    sets = [i for i, e in enumerate(names.exports) if e.operation == "set"]
    for export in names.exports[sets[-1] if sets else 0 :]:
        for listed in export.names if export.operation != "remove" else ():
            if listed.name in removed or listed.span.end_column <= listed.span.column:
                continue
            entry = names.get(listed.name)
            if failing and entry is not None:
                _of_failing(at, listed, entry)
                continue
            at.links.references += 1
            outcome = at.lookup.name(at.module, listed.name, importing=True)
            if isinstance(outcome, Absent) and outcome.problem is Problem.MISSING_MODULE:
                pass  # `__getattr__` imports it when it is asked for
            elif isinstance(outcome, Absent):
                text = f"module '{at.module.name}' has no attribute '{listed.name}'"
                outcome = outcome._replace(
                    problem=Problem.UNDEFINED_EXPORT,
                    exception=f"AttributeError: {text}",
                    spelling=None,
                )
            elif not isinstance(outcome, Dubious):
                at.links.resolved += 1
                continue
            at.settle(outcome, listed.span, Situation())


def _of_missing(at: Settling, names: Names) -> None:
    """List the entries of `__all__` that are submodules which a star import misses."""
    missing = {
        found.name: (found.exception, star.span.line)
        for star in names.stars
        if isinstance(found := at.lookup.relative(star, at.module), Absent)
    }
    for listed in (listed for export in names.exports for listed in export.names):
        known = missing.get(f"{at.module.name}.{listed.name}")
        if known is not None and names.get(listed.name) is None:
            exception, line = known
            at.links.references += 1
            at.repeat(exception, (at.module.path, line), listed.span, Situation())


def _of_failing(at: Settling, listed: ExportedName, entry: Name) -> None:
    """List an entry of `__all__` with the broken import that should bring it.

    The module never gets as far as what it binds otherwise.
    """
    if len(entry.ever) != 1:
        return
    step, alias = entry.ever[0].step, entry.ever[0].alias
    if isinstance(step, Bind):
        return
    outcome = at.lookup.follow(at.module, entry.ever[0])
    from_itself = isinstance(step, ImportFrom) and at.lookup.relative(step, at.module)
    if from_itself is at.module and alias is not None:
        outcome = at.lookup.beside(at.module, alias.name, served=False)
    if isinstance(outcome, Failed):
        cause = outcome.path, outcome.span.line
    elif isinstance(outcome, Absent):
        cause = at.module.path, step.span.line if alias is None else alias.span.line
    else:
        return
    at.links.references += 1
    at.repeat(outcome.exception, cause, listed.span, Situation())
