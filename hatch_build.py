"""Builds the native reader (native/) with cargo, and puts it into the wheel.

linkstep works without it, only slower. So where there is no cargo, or the build fails, the
wheel is the pure one. `LINKSTEP_NATIVE=require` makes that an error, `LINKSTEP_NATIVE=0` does
not try. An editable installation gets the library beside the module that loads it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
_NAME = f"native-reader{_SUFFIX}"  # what linkstep/index/native.py loads


class NativeReader(BuildHookInterface[BuilderConfig]):
    """Adds the library to a wheel that is built where cargo is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the library; `version` is `editable` or `standard`."""
        try:
            built = None if os.environ.get("LINKSTEP_NATIVE") == "0" else self._built()
        except _NotBuiltError as error:
            if os.environ.get("LINKSTEP_NATIVE") == "require":
                raise
            self.app.display_warning(f"linkstep is built without its native reader: {error}")
            built = None
        if version == "editable":
            _put_beside(Path(self.root, "analyzer/linkstep/index"), built)
        elif built is not None:
            build_data["force_include"][str(built)] = f"linkstep/index/{_NAME}"
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{_platform()}"

    def _built(self) -> Path:
        """Give the library that cargo has built."""
        cargo = shutil.which("cargo")
        if cargo is None:
            raise _NotBuiltError("cargo is not there")
        options = ["--release", "--offline", "--lib", "--message-format=json-render-diagnostics"]
        done = subprocess.run(
            [cargo, "build", *options],
            cwd=Path(self.root, "native"),
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode != 0:
            raise _NotBuiltError("cargo build failed")
        messages = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
        for message in messages:
            for name in message.get("filenames", ()):
                if name.endswith(_SUFFIX):
                    return Path(name)
        raise _NotBuiltError("cargo builds no shared libraries here")


class _NotBuiltError(Exception):
    """There is no library, and the text says why."""


def _put_beside(directory: Path, built: Path | None) -> None:
    """Put the library where a checkout looks for it; one of other sources goes."""
    place = directory / _NAME
    if built is None:
        place.unlink(missing_ok=True)
        return
    fresh = place.with_suffix(f".{os.getpid()}")
    shutil.copyfile(built, fresh)
    fresh.replace(place)  # processes that have the old one loaded keep it


def _platform() -> str:
    """Give the platform of the wheel; that it runs on others of its kind is not claimed."""
    return next(tag for tag in platform_tags() if not tag.startswith(("manylinux", "musllinux")))
