"""linkstep's own failures: one exception with the fields a user needs."""

from __future__ import annotations


class LinkstepError(Exception):
    """Usage, configuration or input that linkstep cannot work with; ends with exit code 2.

    `what` stands alone in the first line. `where` is a file or option, `why` the
    evidence, `hint` what to do; each may be empty.

    >>> print(LinkstepError("unknown rule LS999", hint="`linkstep rules` lists them"))
    unknown rule LS999
    """

    def __init__(self, what: str, *, where: str = "", why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.hint = hint
