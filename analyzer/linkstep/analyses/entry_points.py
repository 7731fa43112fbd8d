"""Entry points by what they start: several commands that start the same count once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from linkstep.model.links import EntryLink


def started_modules(
    launches: Iterable[EntryLink], names: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Give the entry points of production by name, each with the modules it begins with.

    Those that begin with the same modules are one, named after the first and with the
    number of the others. `names` gives the module of a path; what is not linked is left out.

    >>> from linkstep.model.entry_points import EntryKind, EntryPoint
    >>> from linkstep.model.facts import Location
    >>> from linkstep.model.summary import Span
    >>> place = Location("Procfile", Span(1, 1, 1, 1))
    >>> entries = [EntryPoint(f"app:app ({at})", EntryKind.SERVER, place, "") for at in "ab"]
    >>> started_modules([EntryLink(entry, ("app.py",)) for entry in entries], {"app.py": "app"})
    {'app:app (a and 1 more)': ('app',)}
    """
    by_modules: dict[tuple[str, ...], list[str]] = {}
    for launch in launches:
        modules = tuple(names[path] for path in launch.modules if path in names)
        if launch.entry.is_production and modules:
            by_modules.setdefault(modules, []).append(launch.entry.name)
    return {_shared(labels): modules for modules, labels in by_modules.items()}


def all_entries(configured: Iterable[str], found: Iterable[str]) -> tuple[str, ...]:
    """Give the entry points by name; one that is configured and found is told as it was found.

    >>> all_entries(["app:app", "jobs"], ["app:app (CMD in Dockerfile)"])
    ('jobs', 'app:app (CMD in Dockerfile)')
    """
    discovered = tuple(found)
    targets = {name.partition(" (")[0] for name in discovered}
    return (*(name for name in configured if name not in targets), *discovered)


def _shared(labels: list[str]) -> str:
    first, more = labels[0], len(set(labels)) - 1
    if not more:
        return first
    closing = ")" if first.endswith(")") else ""
    return f"{first.removesuffix(')')} and {more} more{closing}"
