"""What a user or the command line decides before a stage runs."""

from __future__ import annotations

from msgspec import Struct


class DependencySettings(Struct, frozen=True):
    """What configuration says about declarations and the code that needs them.

    `production` and `development` are patterns for groups, extras and requirements files,
    `development_code` for files that production never runs. `used` are distributions that
    something uses by name, so that they are never called unused. `provides` are the
    top-level modules of distributions that linkstep cannot know.
    """

    production: tuple[str, ...] = ()
    development: tuple[str, ...] = ()
    development_code: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    provides: dict[str, tuple[str, ...]] = {}


class ResolveSettings(Struct, frozen=True):
    """What the resolve stage is told, since it reads no environment by itself.

    `project_root` is absolute. `roots` are directories counted from it, None for the
    roots that the project's own files suggest. `python` is an interpreter or the directory
    of an environment. `environ` are the environment variables, `own_prefix` the
    `sys.prefix` of the Python that runs linkstep, `host_version` and `host_platform` its
    version and `sys.platform`. `dependencies` is what is said about declarations.
    """

    project_root: str
    roots: tuple[str, ...] | None = None
    python: str | None = None
    target_version: tuple[int, int] | None = None
    platform: str | None = None
    environ: dict[str, str] = {}
    own_prefix: str = ""
    host_version: tuple[int, int] = (3, 11)
    host_platform: str = "linux"
    dependencies: DependencySettings = DependencySettings()
