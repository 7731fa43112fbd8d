"""Relative names made absolute (PEP 328, language reference section 5.7)."""

from __future__ import annotations


def absolute_name(package: str, level: int, target: str) -> str | None:
    """Give the absolute name of `from [.]*target import ...` in a module of `package`.

    `package` is the value of `__package__`: for a package its own name. `level` is the
    number of leading dots; one dot is `package`, each further dot goes up once. None says
    that the dots lead beyond the top-level package: CPython raises ImportError
    ("attempted relative import beyond top-level package", or "with no known parent
    package" in a module that is in no package).

    >>> absolute_name("shop.db", 1, "models"), absolute_name("shop.db", 1, "")
    ('shop.db.models', 'shop.db')
    >>> absolute_name("shop.db", 2, "web")
    'shop.web'
    >>> absolute_name("shop", 2, "x"), absolute_name("", 1, "x")
    (None, None)
    >>> absolute_name("shop", 0, "json")
    'json'
    """
    if level == 0:
        return target
    for _ in range(level - 1):
        package = package.rpartition(".")[0]
    if not package:
        return None
    return f"{package}.{target}" if target else package
