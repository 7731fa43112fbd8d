"""What a stub proves: about names that are there, and of the standard library about others.

typeshed describes all versions and platforms in one file, under tests of `sys.version_info` and
`sys.platform`. A name on a branch that the target does not take is gone, or not there
yet, or of another platform. A name that no branch mentions may exist all the same, since
stubs leave out what is not documented.
"""

from __future__ import annotations

from linkstep.link.namespaces import Names
from linkstep.model.expressions import Expression, Ref
from linkstep.model.links import Doubt
from linkstep.model.summary import Bind, ImportFrom

# Why a source cannot be seen to have a name: it takes it from a compiled module, or makes it.
COMPILED = frozenset({Doubt.OPAQUE, Doubt.STAR})
MADE = COMPILED | {Doubt.OPEN, Doubt.GETATTR}

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


def names_for_others(described: Names, name: str) -> bool:
    """Say whether a stub gives `name` to whoever imports from the module.

    An import in a stub is for its own use, unless it says `import x as x`, takes all names, or
    `__all__` lists it (typing specification, "Distributing type information"). Private names
    are mostly aliases that only type checkers know.
    """
    entry = described.get(name)
    if name.startswith("_") or entry is None or not entry.live:
        return False
    if any(name == item.name for export in described.exports for item in export.names):
        return True
    binding = entry.live[-1]
    step, alias = binding.step, binding.alias
    if isinstance(step, ImportFrom):
        return step.names[0].name == "*" or (alias is not None and alias.alias == name)
    return isinstance(step, Bind) or step.alias == name


def is_for_checkers(test: Expression | None) -> bool:
    """Say whether a test is `TYPE_CHECKING`, under which stands what type checkers read.

    >>> is_for_checkers(Ref("typing", ("TYPE_CHECKING",), 0)), is_for_checkers(Ref("DEBUG", (), 0))
    (True, False)
    """
    return isinstance(test, Ref) and (test.name, *test.attributes)[-1] == "TYPE_CHECKING"


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
