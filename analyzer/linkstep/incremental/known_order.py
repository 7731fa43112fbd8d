"""Whether modules are executed in the order that is known when some of them import others.

This is said of files that are in no circle and that no entry point executes. What they import
can then count in two ways only: they lead back to themselves, or to what may fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from msgspec.structs import replace

from linkstep.model.links import ExecutionOrder

Changes = Mapping[str, tuple[Set[str], Set[str]]]
"""The files that some files import while they are imported, now and before, by path."""


def order_with(
    order: ExecutionOrder, changes: Changes, failing: Set[str] = frozenset()
) -> ExecutionOrder | None:
    """Give the order after some changes, None when it may be another one.

    Importing those of `failing` may fail now; they are in no circle, nor are those that lead to
    them. From now on they count as files that raise in every order.

    >>> first = ExecutionOrder(leads={"a.py": (1,), "b.py": (), "c.py": ()})
    >>> order_with(first, {"b.py": ({"c.py"}, set())}).leads
    {'a.py': (1,), 'b.py': (2,), 'c.py': ()}
    >>> order_with(first, {"b.py": ({"a.py"}, set())}) is None
    True
    """
    places = {path: place for place, path in enumerate(order.leads)}
    further: dict[int, set[int]] = {}
    for path, (now, before) in changes.items():
        if path not in places or not now | before <= places.keys():
            return None
        targets, lost = ({places[one] for one in some} for some in (now, before))
        further[places[path]] = targets - lost
        if not _keeps_its_marks(order, places[path], targets, lost):
            return None
    leads = [
        (*targets, *sorted(further.get(place, ())))
        for place, targets in enumerate(order.leads.values())
    ]
    if any(_leads_to(place, targets, leads) for place, targets in further.items()):
        return None
    doomed = order.doomed | {places[path] for path in failing if path in places}
    return replace(order, leads=dict(zip(order.leads, leads, strict=True)), doomed=doomed)


def _keeps_its_marks(order: ExecutionOrder, place: int, now: Set[int], before: Set[int]) -> bool:
    """Whether a file may fail, or leads to what may, just as it did.

    Whether anybody imports a file that may fail counts too: else it is taken for a script.
    """
    differing = now ^ before
    if not order.doomed.isdisjoint(differing):
        return False
    for marked in (order.shaky, order.ordered):
        if not marked.isdisjoint(differing) and (place in marked) == marked.isdisjoint(now):
            return False
    risky = differing & (order.shaky | order.ordered)
    if not risky:
        return True
    others = (targets for at, targets in enumerate(order.leads.values()) if at != place)
    return risky <= {target for targets in others for target in targets}


def _leads_to(place: int, targets: Set[int], leads: Sequence[Sequence[int]]) -> bool:
    """Whether a module may be reached from some others."""
    reached = set(targets)
    pending = list(reached)
    while pending:
        come = set(leads[pending.pop()]) - reached
        reached |= come
        pending += come
    return place in reached
