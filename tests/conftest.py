"""No test reads or writes the cache of the user who runs the tests."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

_DIRECTORY = tempfile.mkdtemp(prefix="linkstep-test-cache-")
os.environ["LINKSTEP_CACHE_DIR"] = _DIRECTORY


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_DIRECTORY, ignore_errors=True)
