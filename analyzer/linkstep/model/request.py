"""What a command asks of the pipeline, and what it gets back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from linkstep.model.entry_points import LaunchReading
from linkstep.model.environment import Project
from linkstep.model.findings import Report, Rule
from linkstep.model.health import Overview
from linkstep.model.identity import Key
from linkstep.model.links import EarlierLinks, Offers
from linkstep.model.policy import FailOn
from linkstep.model.trace import RunTrace


class CheckRequest(Struct, frozen=True):
    """One run, as the command line asked for it; None and () leave it to configuration.

    `paths` are what is checked, as typed, relative to `cwd`. `configuration` is the
    file given by `--config`. `select` replaces the configured selection, `ignore` adds
    to the configured one. `environ` holds the environment variables that may decide
    (`VIRTUAL_ENV`, `CONDA_PREFIX`, `PYTHONPATH`); `reader` is auto, libcst or ast.
    `baseline` is a file relative to `cwd`, empty for no baseline whatever is configured.
    `staged` asks for the git index, `rev` for a revision, in place of the files on disk;
    `since` for what the change from that revision on causes, and no more.
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
    only_reachable: bool = False
    reader: str = "auto"
    baseline: str | None = None
    staged: bool = False
    rev: str | None = None
    since: str | None = None


def of_state(request: CheckRequest) -> CheckRequest:
    """Give what a request asks about the state that it names, before findings are left out."""
    return replace(request, since=None, only_reachable=False)


class CheckResult(Struct, frozen=True):
    """The report, with what a format and the exit code need besides.

    `lines` gives the source lines of a path that a finding names, without line ends;
    nothing when it cannot be read. `rules` are those that facts were judged by.
    `root` is the directory that paths are counted from, absolute.
    `baseline_file` is the baseline of the project, in use or not, there or not; `in_view`
    tells of which of its entries this run could have found the findings. `overview` makes
    what is shown beside the findings, when somebody asks for it. `trace` is what the links
    were made of, where that is known for all of them. `judged_by` stands for configuration,
    rules, baseline and root, `held` for all that git holds of the state, if it does; `offers`
    makes what tells what each module has to offer. `links` are those of all files, to be kept.
    """

    report: Report
    lines: Callable[[str], Sequence[str]]
    fail_on: FailOn = FailOn.ERROR
    rules: tuple[Rule, ...] = ()
    root: str = ""
    baseline_file: str = ""
    in_view: Callable[[Key], bool] = lambda key: True
    overview: Callable[[], Overview] = Overview
    trace: RunTrace | None = None
    judged_by: bytes = b""
    held: bytes = b""
    offers: Callable[[], Offers] = lambda: lambda module: None
    links: EarlierLinks | None = None

    @property
    def failed(self) -> bool:
        """Whether a finding is at or above `fail_on`."""
        return any(self.fail_on.fails(finding.severity) for finding in self.report.findings)


class Explanation(Struct, frozen=True):
    """What a check would link against what, for `linkstep roots`.

    `base` is the project root that paths are relative to; `configured_by` the file that
    holds the configuration, None for defaults; `files` how many files would be checked,
    `launches` what starts the program.
    """

    base: str
    project: Project
    configured_by: str | None = None
    files: int | None = None
    notes: tuple[str, ...] = ()
    launches: LaunchReading = LaunchReading()
