"""Linking the entries of `__all__`: a star import raises for what it lists and nothing binds."""

from __future__ import annotations

from collections.abc import Iterator

from linkstep.link.failures import Failure
from linkstep.link.flow import Situation
from linkstep.link.modules import Module
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
    """List the entries of `__all__` that nothing binds, with a star import that is broken.

    What that would bring is not known; without it the module does not get to its end.
    """
    broken = list(_broken_stars(at, names))
    by_name = dict(reversed(broken))
    for export in names.exports:
        for listed in export.names if export.operation != "remove" else ():
            if names.get(listed.name) is not None or names.get("__getattr__") is not None:
                continue
            default = broken[0][1] if broken else None
            failure = by_name.get(f"{at.module.name}.{listed.name}", default)
            if failure is not None:
                at.links.references += 1
                cause = failure.path, failure.line
                at.repeat(failure.exception, cause, listed.span, Situation())


def _broken_stars(at: Settling, names: Names) -> Iterator[tuple[str, Failure]]:
    """Give the module of each star import that fails, with where and how."""
    for star in names.stars:
        found = at.lookup.relative(star, at.module)
        if isinstance(found, Absent):
            yield found.name, Failure(found.exception, at.module.path, star.span.line)
        elif isinstance(found, Module):
            failure = at.lookup.failures.of_module(found)
            if failure is not None and failure.reported:
                yield found.name, failure


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
