"""The standard library of a target Python, known by name.

Two sources agree here. typeshed's `stdlib/VERSIONS`, read through typeshed-client,
names the modules of each Python version, deprecated and removed ones included; it knows
nothing of platforms and leaves out what has no stub. The tables below add these: names
in `sys.stdlib_module_names` of CPython 3.9 to 3.14 that have no stub, and which modules
are written in C, so that an interpreter may have them built in without any file.

Where the directories of the target's own standard library can be read they decide, and
this module is asked only about what has no file there.
"""

from __future__ import annotations

import enum
from functools import cache
from pathlib import Path

from linkstep.model.target import Target


class Presence(enum.Enum):
    """Whether the standard library of a target has a module."""

    PRESENT = "present"
    ABSENT = "not in this version or on this platform"
    UNKNOWN = "not a name that any standard library is known to have"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# In `sys.stdlib_module_names` and without a stub: first and last minor version.
_WITHOUT_STUB: dict[str, tuple[int, int | None]] = {
    name: (first, last)
    for first, last, names in (
        (
            0,
            None,
            "_abc _aix_support _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr "
            "_codecs_tw _collections _datetime _elementtree _functools _md5 _multiprocessing "
            "_opcode _overlapped _posixshmem _pyio _scproxy _sha1 _sha3 _signal _sre _statistics "
            "_string _strptime _symtable _uuid _zoneinfo __hello__ __phello__ idlelib turtledemo",
        ),
        (0, 8, "_dummy_thread dummy_threading"),
        (0, 9, "_bootlocale _peg_parser formatter macpath parser symbol"),
        (8, 11, "_bootsubprocess"),
        (0, 11, "_sha256 _sha512"),
        (0, 12, "_crypt"),
        (11, None, "_tokenize _typing"),
        (12, None, "_sha2 _pydatetime _pylong"),
        (12, 12, "_xxinterpchannels"),
        (7, 12, "_xxsubinterpreters"),
        (
            13,
            None,
            "_android_support _apple_support _colorize _ios_support _opcode_metadata _pyrepl "
            "_suggestions _sysconfig _wmi",
        ),
        (14, None, "_ast_unparse _hmac _py_warnings _remote_debugging _types"),
        (15, None, "_math_integer"),
    )
    for name in names.split()
}

_STUBS_OF_NOTHING = frozenset({"typing_extensions", "_typeshed"})

# Library reference, "Availability: Windows" and "Availability: Unix", and CPython's
# PC/config.c and Modules/Setup.stdlib.in. Modules in C only: of `curses` or `pty` the
# Python files are installed everywhere, and what fails there is an import inside them.
_WINDOWS_ONLY = _names("_msi _overlapped _winapi _wmi msilib msvcrt nt winreg winsound")
_UNIX_ONLY = _names(
    """
    _crypt _curses _curses_panel _dbm _gdbm _posixshmem _posixsubprocess fcntl grp nis
    ossaudiodev posix pwd readline resource spwd syslog termios
    """
)
_MACOS_ONLY = frozenset({"_scproxy"})

# Compiled into every CPython (Modules/config.c.in, Modules/Setup.bootstrap.in).
_ALWAYS_BUILT_IN = _names(
    """
    _abc _ast _codecs _collections _functools _imp _io _locale _operator _signal _sre _stat
    _string _symtable _thread _tracemalloc _warnings _weakref atexit builtins errno
    faulthandler gc itertools marshal sys time _frozen_importlib _frozen_importlib_external
    """
)

# Written in C and part of every build: a file in lib-dynload, or built in (Debian, uv's
# and conda's interpreters build in most of them, Windows nearly all).
_IN_C = _ALWAYS_BUILT_IN | _names(
    """
    _asyncio _bisect _blake2 _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr
    _codecs_tw _contextvars _csv _datetime _decimal _elementtree _heapq _hmac _interpchannels
    _interpqueues _interpreters _json _lsprof _md5 _msi _multibytecodec _multiprocessing
    _opcode _overlapped _peg_parser _pickle _posixshmem _posixsubprocess _queue _random
    _remote_debugging _sha1 _sha2 _sha256 _sha3 _sha512 _socket _statistics _struct
    _suggestions _sysconfig _tokenize _types _typing _winapi _wmi _zoneinfo array audioop
    binascii cmath fcntl grp math mmap msvcrt nt parser posix pwd pyexpat resource select
    syslog termios unicodedata winreg winsound
    """
)

# Written in C and left out of a build where the library they need was not at hand.
_IN_C_IF_BUILT = _names(
    """
    _bz2 _crypt _ctypes _curses _curses_panel _dbm _gdbm _hashlib _lzma _scproxy _sqlite3 _ssl
    _tkinter _uuid _zstd nis ossaudiodev readline spwd zlib
    """
)

# In `sys.modules` before the first line of a program runs, or frozen (3.11 and later):
# no file on the path can take these names.
_LOADED_FIRST = _names(
    """
    _collections_abc _sitebuiltins abc codecs encodings encodings.aliases encodings.utf_8
    genericpath io os os.path posixpath site stat zipimport
    """
)
_FROZEN = _names("importlib.machinery importlib.util ntpath runpy")


def is_stdlib(name: str, target: Target) -> Presence:
    """Say whether the standard library of `target` has the module `name`.

    ABSENT is certain: the module was removed earlier, added later, or belongs to another
    platform. A submodule that no stub describes is UNKNOWN, and so is a private module
    outside of the versions that typeshed claims, since its claims were seen to be wrong.

    >>> linux = Target((3, 11), "linux")
    >>> is_stdlib("tomllib", linux), is_stdlib("tomllib", Target((3, 10)))
    (<Presence.PRESENT: 'present'>, <Presence.ABSENT: 'not in this version or on this platform'>)
    >>> is_stdlib("winreg", linux).name, is_stdlib("winreg", Target((3, 11), "win32")).name
    ('ABSENT', 'PRESENT')
    >>> is_stdlib("requests", linux).name, is_stdlib("json.nope", linux).name
    ('UNKNOWN', 'UNKNOWN')
    """
    top = name.partition(".")[0]
    if not _on_platform(top, target.platform):
        return Presence.ABSENT
    if top in _WITHOUT_STUB:
        first, last = _WITHOUT_STUB[top]
        in_range = first <= target.version[1] and (last is None or target.version[1] <= last)
        if not in_range:
            return Presence.ABSENT
        return Presence.PRESENT if top == name else Presence.UNKNOWN
    span = _span(name)
    if span is None:
        return Presence.UNKNOWN
    first_version, last_version = span
    if target.version < first_version or (last_version and target.version > last_version):
        private = any(part.startswith("_") for part in name.split("."))
        return Presence.UNKNOWN if private else Presence.ABSENT
    return Presence.PRESENT if _stub_file(name) else Presence.UNKNOWN


def is_stdlib_name(name: str) -> bool:
    """Say whether the top-level part of `name` belongs to the standard library of any version.

    >>> is_stdlib_name("distutils.core"), is_stdlib_name("winreg"), is_stdlib_name("six")
    (True, True, False)
    """
    top = name.partition(".")[0]
    return top in _WITHOUT_STUB or _span(top) is not None or is_of_cpython_itself(top)


def names_of(target: Target) -> frozenset[str]:
    """Give the top-level names that the standard library of `target` certainly has.

    >>> names = names_of(Target((3, 13)))
    >>> "json" in names, "cgi" in names, "winreg" in names
    (True, False, False)
    """
    tops = (name for name in _versions() if "." not in name)
    return frozenset(name for name in tops if is_stdlib(name, target) is Presence.PRESENT)


def stdlib_stub(name: str, target: Target) -> str | None:
    """Give the absolute path of the bundled stub that describes `name` for `target`.

    >>> stdlib_stub("json", Target((3, 11))).rpartition("typeshed/")[2]
    'json/__init__.pyi'
    >>> stdlib_stub("distutils", Target((3, 12))) is None
    True
    """
    present = is_stdlib(name, target) is Presence.PRESENT
    return _stub_file(name) if present else None


def is_built_in(name: str, target: Target) -> bool:
    """Say whether every CPython of this target has `name` compiled in: no file shadows it."""
    return name in _ALWAYS_BUILT_IN or name == ("nt" if target.platform == "win32" else "posix")


def is_loaded_first(name: str, target: Target) -> bool:
    """Say whether the interpreter has `name` before it looks at any path."""
    return name in _LOADED_FIRST or (name in _FROZEN and target.version >= (3, 11))


def is_in_c(name: str, target: Target) -> bool:
    """Say whether `name` is part of every build for `target`, as a C module."""
    return name in _IN_C and is_stdlib(name, target) is Presence.PRESENT


def may_be_in_c(name: str, target: Target) -> bool:
    """Say whether a build for `target` may have `name` compiled in."""
    present = is_stdlib(name, target) is not Presence.ABSENT
    return name in _IN_C_IF_BUILT and present


def is_of_cpython_itself(name: str) -> bool:
    """Say whether `name` serves CPython's own tests, which many installations leave out.

    >>> is_of_cpython_itself("test.support"), is_of_cpython_itself("_testcapi")
    (True, True)
    >>> is_of_cpython_itself("tests"), is_of_cpython_itself("xxhash")
    (False, False)
    """
    top, _, rest = name.partition(".")
    if top == "test":
        return rest == "" or rest.split(".")[0] in {"support", "libregrtest", "regrtest"}
    return top.startswith(("_test", "_xx")) or top in {"_ctypes_test", "xxlimited", "xxsubtype"}


def _on_platform(top: str, platform: str) -> bool:
    if top in _WINDOWS_ONLY:
        return platform == "win32"
    if top in _UNIX_ONLY:
        return platform != "win32"
    return top not in _MACOS_ONLY or platform == "darwin"


@cache
def _typeshed() -> Path:
    from typeshed_client.finder import find_typeshed  # asked of names that are not found at first

    return Path(find_typeshed())


@cache
def _versions() -> dict[str, tuple[tuple[int, int], tuple[int, int] | None]]:
    from typeshed_client.finder import get_typeshed_versions

    versions = get_typeshed_versions(_typeshed())
    return {
        name: (span.min, span.max)
        for name, span in versions.items()
        if name not in _STUBS_OF_NOTHING
    }


def _span(name: str) -> tuple[tuple[int, int], tuple[int, int] | None] | None:
    """Give first and last version; a submodule lives as long as its parent if not listed."""
    versions = _versions()
    while name:
        if name in versions:
            return versions[name]
        name = name.rpartition(".")[0]
    return None


@cache
def _stub_file(name: str) -> str | None:
    stem = _typeshed().joinpath(*name.split("."))
    for file in (stem / "__init__.pyi", stem.with_name(stem.name + ".pyi")):
        if file.is_file():
            return file.as_posix()
    return None
