"""What a stub of the standard library proves about names that are not there.

typeshed describes all versions and platforms in one file, under tests of `sys.version_info` and
`sys.platform`. A name on a branch that the target does not take is gone, or not there
yet, or of another platform. A name that no branch mentions may exist all the same, since
stubs leave out what is not documented.
"""

from __future__ import annotations

from linkstep.link.namespaces import Names

# Public names that CPython has where typeshed's branches deny them: every name of every
# module of CPython 3.8 to 3.15 was compared with what this module says.
_THERE_ALL_THE_SAME = frozenset(
    {
        ("importlib.machinery", "AppleFrameworkLoader"),
        ("io", "text_encoding"),
        ("multiprocessing.popen_fork", "Popen"),
        ("multiprocessing.popen_forkserver", "Popen"),
        ("multiprocessing.popen_spawn_posix", "Popen"),
        ("ntpath", "isdevdrive"),
        ("wave", "WAVE_FORMAT_EXTENSIBLE"),
    }
)


def denies(described: Names, module: str, name: str) -> bool:
    """Say whether the stub of `module` proves that the target has no `name` there.

    `described` is the namespace of that stub for the target. `__all__` counts as well: it holds
    what a star import of the stub would bring. Nothing is proven about private names and
    modules, of which typeshed's claims are not reliable.
    """
    if any(part.startswith("_") for part in (*module.split("."), name)):
        return False
    if (module, name) in _THERE_ALL_THE_SAME:
        return False
    entry = described.get(name)
    if entry is not None:
        return not entry.live
    listed = {item.name for export in described.exports for item in export.names}
    return name in described.listed_elsewhere and name not in listed
