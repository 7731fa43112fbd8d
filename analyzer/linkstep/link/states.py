"""Reads of application state: kept with their guards, since what sets it may be in any file."""

from __future__ import annotations

from linkstep.link.flow import Situation
from linkstep.link.guarding import guard_of, speaks_of
from linkstep.link.settling import Settling
from linkstep.model.links import StateRead
from linkstep.model.summary import StateKind, StateUse


def note_state(links: Settling, step: StateUse, at: Situation) -> None:
    """Keep a use of application state that reads it, or asks for it."""
    if not step.certain or step.kind not in (StateKind.READ, StateKind.ASKED):
        return
    guard, _ = guard_of("AttributeError", at)
    links.links.state_reads.append(
        StateRead(
            links.module.path,
            step.span,
            links.module.name,
            step.name,
            step.kind,
            links.runs(at),
            guard,
            links.caller(at),
            any(speaks_of(test, step.name) for test, _ in at.conditions),
        )
    )
