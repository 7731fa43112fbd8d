"""Text that no format may obey, and a report that holds it wherever text can be."""

from __future__ import annotations

from facts import finding, reference
from linkstep.model.environment import Origin
from linkstep.model.facts import Guard, GuardKind, Location, Reach, ShadowedModule
from linkstep.model.findings import Counts, Report
from linkstep.model.summary import Span

# A screen wiped, lines broken, a bell, bytes that are no text, a line turned around, markup
# of four languages, commands of two runners, what XML cannot hold, and a mention.
HOSTILE = (
    "a\x1b[2J\r\n::error::x%0A##[add-mask]b\x07\x00\udcff\u202e\u2028\x9b\ufffe\uffff"
    "|`x`|<script>alert(1)</script>&amp;]]><!--$x$ [l](http://e.vil) ![i](u) __b__ *i* ~s~ "
    "{0} @you #1 :boom: www.e.vil \\"
)


def hostile_report() -> Report:
    """Give a report of two findings, every text of which is hostile."""
    fact = reference(
        path=HOSTILE,
        span=Span(1, 1, 1, 4),
        module=HOSTILE,
        name=HOSTILE,
        importing=HOSTILE,
        function=HOSTILE,
        exception=HOSTILE,
        guard=Guard(GuardKind.SWALLOWED, HOSTILE, 3),
        offered_by=HOSTILE,
        offers=(HOSTILE,),
        suggestion=HOSTILE,
        elsewhere=(HOSTILE,),
        used_by=tuple(Location(HOSTILE, Span(n, 1, n, 1)) for n in range(1, 9)),
        reached_from=(Reach(HOSTILE, (HOSTILE,)),),
    )
    shadowed = ShadowedModule(
        "other.py", Span(1, 1, 1, 1), HOSTILE, Origin.FIRST_PARTY, HOSTILE, HOSTILE
    )
    told = (finding(fact, message=HOSTILE), finding(shadowed, message=HOSTILE))
    return Report(told, Counts(reasons={HOSTILE: 3}), (HOSTILE,))
