"""What a command asks of the pipeline, and what it gets back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from linkstep.model.environment import Project
from linkstep.model.findings import Report
from linkstep.model.policy import FailOn


class CheckRequest(Struct, frozen=True):
    """One run, as the command line asked for it; None and () leave it to configuration.

    `paths` are what is checked, as typed, relative to `cwd`. `configuration` is the
    file given by `--config`. `select` replaces the configured selection, `ignore` adds
    to the configured one. `environ` holds the environment variables that may decide
    (`VIRTUAL_ENV`, `CONDA_PREFIX`, `PYTHONPATH`); `reader` is auto, libcst or ast.
    """

    cwd: str
    environ: dict[str, str]
    paths: tuple[str, ...] = ()
    configuration: str | None = None
    roots: tuple[str, ...] = ()
    python: str | None = None
    target_version: str | None = None
    platform: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: FailOn | None = None
    require_environment: bool | None = None
    reader: str = "auto"


class CheckResult(Struct, frozen=True):
    """The report, with what a format and the exit code need besides.

    `lines` gives the source lines of a path that a finding names, without line ends;
    nothing when it cannot be read.
    """

    report: Report
    lines: Callable[[str], Sequence[str]]
    fail_on: FailOn = FailOn.ERROR

    @property
    def failed(self) -> bool:
        """Whether a finding is at or above `fail_on`."""
        return any(self.fail_on.fails(finding.severity) for finding in self.report.findings)


class Explanation(Struct, frozen=True):
    """What a check would link against what, for `linkstep roots`.

    `base` is the project root that paths are relative to; `configured_by` the file that
    holds the configuration, None for defaults; `files` how many files would be checked.
    """

    base: str
    project: Project
    configured_by: str | None = None
    files: int | None = None
    notes: tuple[str, ...] = ()
