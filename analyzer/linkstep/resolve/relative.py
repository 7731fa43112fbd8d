"""Relative names made absolute (PEP 328, language reference section 5.7)."""

from __future__ import annotations


def absolute_name(module: str, is_package: bool, level: int, target: str) -> str | None:
    """Give the absolute name of `from [.]*target import ...` written in `module`.

    `level` is the number of leading dots. One dot is the package that contains the
    module, which for a package is itself; each further dot goes up once. None says
    that the dots lead beyond the top-level package: CPython raises ImportError
    ("attempted relative import beyond top-level package", or "with no known parent
    package" in a module that is in no package).

    >>> absolute_name("shop.db.session", False, 1, "models")
    'shop.db.models'
    >>> absolute_name("shop.db", True, 1, "")
    'shop.db'
    >>> absolute_name("shop.db", True, 2, "web")
    'shop.web'
    >>> absolute_name("shop", True, 2, "x"), absolute_name("script", False, 1, "x")
    (None, None)
    >>> absolute_name("shop.db", False, 0, "json")
    'json'
    """
    if level == 0:
        return target
    package = module if is_package else module.rpartition(".")[0]
    for _ in range(level - 1):
        package = package.rpartition(".")[0]
    if not package:
        return None
    return f"{package}.{target}" if target else package
