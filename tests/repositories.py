"""Git repositories for tests, made by the real git in a temporary directory."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from linkstep.model.findings import Report
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.pipeline import check

IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "Test"),
        ("EMAIL", "test@example.org"),
        ("DATE", "2024-01-01T00:00:00Z"),
    )
}
ENVIRON = {
    **{key: os.environ[key] for key in ("PATH", "HOME", "LINKSTEP_CACHE_DIR") if key in os.environ},
    **IDENTITY,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}

Said = list[tuple[str, int, str, str]]


class Checkout:
    """A repository with a work tree in `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(
        self, *arguments: str, cwd: Path | None = None, environ: Mapping[str, str] = ENVIRON
    ) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.root,
            env=dict(environ),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files; None deletes one."""
        for name, content in files.items():
            path = self.root / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "change") -> str:
        self.stage(files)
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def stage(self, files: Mapping[str, str | bytes | None]) -> None:
        self.write(files)
        self.git("add", "--all", "--force")

    def track_all_but(self, untracked: Sequence[str]) -> None:
        """Commit all files but these."""
        self.git("add", "--all", "--force")
        self.git("rm", "--quiet", "--cached", *untracked)
        self.git("commit", "--quiet", "-m", "all")

    def check(self, *paths: str, cwd: str = "", **options: object) -> Report:
        request = CheckRequest(
            cwd=str(self.root / cwd),
            environ=dict(ENVIRON),
            paths=paths,
            **options,  # type: ignore[arg-type]
        )
        return check(request, Unobserved()).report


def said(report: Report) -> Said:
    """Give place, rule and message of each finding."""
    return [(f.fact.path, f.fact.span.line, f.code, f.message) for f in report.findings]
