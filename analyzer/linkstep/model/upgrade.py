"""What `linkstep upgrade` is asked, and the versions it speaks of."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from linkstep.model.request import CheckRequest


class UpgradeRequest(Struct, frozen=True):
    """Which distributions are to be replaced: `DIST==VERSION`, `DIST`, or the path of a wheel.

    `outdated` asks for all direct dependencies instead, one by one. `directory` is where
    wheels are downloaded to. `allow_build` also takes what has to be built first.
    """

    check: CheckRequest
    wanted: tuple[str, ...]
    directory: Path
    allow_build: bool = False
    outdated: bool = False


class Change(Struct, frozen=True):
    """One distribution, the version that is installed, and the wheel that replaces it."""

    name: str
    written: str
    installed: str
    version: str
    wheel: str

    def __str__(self) -> str:
        return f"{self.written} {self.installed} -> {self.version}"
