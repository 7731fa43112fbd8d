"""Which except clause catches which exception (library reference, exception hierarchy)."""

from __future__ import annotations

_PARENTS = {
    "ModuleNotFoundError": ("ImportError", "Exception", "BaseException"),
    "ImportError": ("Exception", "BaseException"),
    "AttributeError": ("Exception", "BaseException"),
    "NameError": ("Exception", "BaseException"),
    "SyntaxError": ("Exception", "BaseException"),
    "RuntimeError": ("Exception", "BaseException"),
    "NotImplementedError": ("RuntimeError", "Exception", "BaseException"),
    "ValueError": ("Exception", "BaseException"),
    "TypeError": ("Exception", "BaseException"),
    "SystemExit": ("BaseException",),
    "KeyboardInterrupt": ("BaseException",),
}
_BROAD = ("Exception", "BaseException")
IMPORT_FAMILY = frozenset({"ImportError", "ModuleNotFoundError"})


def catches(caught: tuple[str, ...], exception: str | None) -> bool | None:
    """Say whether a clause catches an exception; None when one of the classes is unknown.

    An empty clause is a bare except. An unknown name that looks like an exception class is
    taken for a subclass of Exception that import errors do not derive from; any other
    name may hold anything.

    >>> catches(("ImportError",), "ModuleNotFoundError"), catches(("KeyError",), "ImportError")
    (True, False)
    >>> catches((), "SystemExit"), catches(("OPTIONAL_ERRORS",), "ImportError")
    (True, None)
    """
    if not caught:
        return True
    verdict: bool | None = False
    for name in (item.rpartition(".")[2] for item in caught):
        if exception is None:
            if name == "BaseException":
                return True
            verdict = None
        elif name == exception or name in _PARENTS.get(exception, _BROAD):
            return True
        elif exception not in _PARENTS or not _is_exception_class(name):
            verdict = None
    return verdict


def _is_exception_class(name: str) -> bool:
    return name.endswith(("Error", "Exception", "Warning", "Interrupt", "Exit", "Iteration"))
