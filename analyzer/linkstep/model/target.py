"""The interpreter that will run the analysed code: what conditions are decided for."""

from msgspec import Struct

Version = tuple[int, int]
"""A major and a minor version of Python."""


class Target(Struct, frozen=True):
    """A CPython minor version and the value of `sys.platform` there.

    The verdict depends on it: `if sys.version_info >= (3, 12)` is a constant for
    one target, and `os.startfile` exists for `win32` only.

    >>> Target((3, 11), "linux").os_name
    'posix'
    """

    version: Version
    platform: str = "linux"

    @property
    def os_name(self) -> str:
        """The value of `os.name` on this platform (library reference, `os.name`)."""
        return "nt" if self.platform == "win32" else "posix"

    @property
    def system(self) -> str:
        """What `platform.system()` returns on this platform."""
        return {"win32": "Windows", "darwin": "Darwin", "linux": "Linux"}.get(
            self.platform, self.platform.capitalize()
        )

    def __str__(self) -> str:
        return f"Python {self.version[0]}.{self.version[1]} on {self.platform}"
