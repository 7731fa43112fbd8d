"""What a compiled file says about itself: the part of its ELF headers that loading needs."""

from __future__ import annotations

from msgspec import Struct


class Binary(Struct, frozen=True):
    """An ELF file: an executable, a shared library or an extension module.

    `machine` is `e_machine` of the ELF header, `bits` 32 or 64. `interpreter` is the
    program loader that an executable asks for (PT_INTERP). `needed` are the shared
    libraries it asks for by name (DT_NEEDED), `rpath` and `runpath` the directories to
    look for them in. `modules` are the Python modules that it can initialise: the names of
    the `PyInit_` functions that it exports.

    >>> Binary(62, 64, needed=("libpq.so.5",), modules=("_psycopg",)).needed
    ('libpq.so.5',)
    """

    machine: int
    bits: int
    interpreter: str | None = None
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
