"""Facts and findings for tests: the incident, with what differs given by the test."""

from __future__ import annotations

from typing import Any

import msgspec

from linkstep.model.environment import Origin
from linkstep.model.facts import BrokenReference, Guard, GuardKind, Problem, Reach, Runs
from linkstep.model.findings import Finding, Severity
from linkstep.model.summary import Span

INCIDENT = BrokenReference(
    problem=Problem.UNDEFINED_NAME,
    path="app/ws/manager.py",
    span=Span(4, 40, 4, 62),
    importing="app.ws.manager",
    module="app.db.session",
    name="get_db_session_factory",
    origin=Origin.FIRST_PARTY,
    runs=Runs.CALL,
    exception="ImportError: cannot import name 'get_db_session_factory' from 'app.db.session'",
    guard=Guard(GuardKind.SWALLOWED, "Exception", 11),
    function="check_health",
    offered_by="app/db/session.py",
    offers=("get_session", "get_session_from_factory", "init_database", "a", "b", "c", "d"),
    suggestion="app.db.session.get_session_from_factory",
    reached_from=(Reach("app.main:app", ("app.main", "app.ws.routes", "app.ws.manager")),),
)

LINE = "            from app.db.session import get_db_session_factory"


def reference(**changes: Any) -> BrokenReference:
    """Give the incident's fact with some fields changed."""
    return msgspec.structs.replace(INCIDENT, **changes)


def finding(fact: Any = INCIDENT, **changes: Any) -> Finding:
    """Give a finding about a fact, as LS102 says it unless changed."""
    message = "cannot import name 'get_db_session_factory' from 'app.db.session'"
    plain = Finding("LS102", "undefined-name", Severity.ERROR, message, fact)
    return msgspec.structs.replace(plain, **changes)
