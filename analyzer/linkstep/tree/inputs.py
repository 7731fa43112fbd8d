"""What a run took from the disk and from git, and whether all of it still is as it was.

A run that was given the same bytes, the same listings and the same answers of git gives the
same result: nothing else enters it. Ten thousand inputs have to be compared in less time than
it takes to look at them, so they are kept in columns, and what differs is looked at only when
the column of signatures does (see `disk` for when a signature proves anything).
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import chain

from msgspec import Struct

from linkstep.model.digests import WIDTH, digest_of
from linkstep.tree.disk import (
    UNTRUSTED,
    Signature,
    digest_of_listing,
    end_of,
    kind_at,
    list_directory,
    read_file,
    settled,
    signature,
)

FILE, DIRECTORY, KIND, END, OBJECT = b"FDKEO"
"""What was asked about a path: the content, the listing, what it is, or where it leads; or which
object git's index has there, for a path from the top of the repository."""

Contents = dict[str, tuple[Signature, bytes]]
"""The signatures of files, and what stands for their content."""

_GONE = bytes(WIDTH)


class Answer(Struct, frozen=True, array_like=True):
    """A digest of what git answered to a command that was run in the directory `cwd`.

    Of what `lists` the index, the objects are left out: each is an input of its own.
    """

    cwd: str
    arguments: tuple[str, ...]
    stdin: bytes
    digest: bytes
    lists: bool = False


class Reply(Struct, frozen=True):
    """What git answers now: the digest, and of the index what stands for each path's object."""

    digest: bytes
    objects: dict[str, bytes] = {}


Ask = Callable[[Sequence[Answer]], Callable[[], Sequence[Reply]]]
"""Puts questions to git once more, and gives a function that waits for the replies."""


class Inputs(Struct, frozen=True, array_like=True):
    """All inputs of a run: paths, sorted by nothing, with the columns that belong to them.

    `asked` has one byte a path, `signatures` four numbers of 64 bits, `digests` 16 bytes.
    """

    paths: bytes
    asked: bytes
    signatures: bytes
    digests: bytes
    answers: tuple[Answer, ...] = ()


class Input(Struct, frozen=True, array_like=True):
    """One thing that was asked about a path, with its signature and what stands for the answer."""

    asked: int
    path: str
    signature: Signature
    digest: bytes

    @property
    def question(self) -> tuple[int, str]:
        """What was asked, about which path."""
        return self.asked, self.path


class Comparison(Struct, frozen=True):
    """Whether everything is the `same` as it was.

    `renewed` are the inputs with signatures of today, if that makes a difference. When something
    is not as it was, `kept` is what else is, and `changed` the rest, as it was; None for an answer
    of git that differs. `answers` are those of git.
    """

    same: bool
    renewed: Inputs | None = None
    kept: Sequence[Input] = ()
    changed: Sequence[Input] | None = None
    answers: Sequence[Answer] = ()

    @property
    def contents(self) -> Contents:
        """The files whose bytes are as they were."""
        return {one.path: (one.signature, one.digest) for one in self.kept if one.asked == FILE}


def packed(inputs: Sequence[Input], answers: Sequence[Answer] = ()) -> Inputs:
    """Put inputs in columns.

    >>> unpacked(packed([Input(FILE, "/a", (1, 2, 3, 4), bytes(16))]))
    [Input(asked=70, path='/a', signature=(1, 2, 3, 4), digest=b'...')]
    """
    return Inputs(
        b"\0".join(os.fsencode(one.path) for one in inputs),
        bytes(one.asked for one in inputs),
        array("Q", chain.from_iterable(one.signature for one in inputs)).tobytes(),
        b"".join(one.digest for one in inputs),
        tuple(answers),
    )


def unpacked(inputs: Inputs) -> list[Input]:
    """Give the inputs one by one."""
    signatures = _by_fours(array("Q", inputs.signatures))
    digests = inputs.digests
    return [
        Input(asked, path, found, digests[at * WIDTH : (at + 1) * WIDTH])
        for at, (asked, path, found) in enumerate(
            zip(inputs.asked, paths_of(inputs), signatures, strict=True)
        )
    ]


def paths_of(inputs: Inputs) -> list[str]:
    """Give the paths of inputs, in their order."""
    return os.fsdecode(inputs.paths).split("\0") if inputs.asked else []


def compare(inputs: Inputs, now: int, ask: Ask) -> Comparison:
    """Compare inputs with what there is; `now` is the time at which that begins."""
    waiting = ask(inputs.answers)
    today = [*map(_signature_for, inputs.asked, paths_of(inputs))]
    replies = waiting()
    objects = {path: told for reply in replies for path, told in reply.objects.items()}
    if objects:
        asked = zip(inputs.asked, paths_of(inputs), today, strict=True)
        today = [
            as_signature(objects.get(path, _GONE)) if what == OBJECT else found
            for what, path, found in asked
        ]
    answered = [one.digest for one in inputs.answers] == [reply.digest for reply in replies]
    if answered and array("Q", chain.from_iterable(today)).tobytes() == inputs.signatures:
        return Comparison(True)
    kept: list[Input] = []
    changed: list[Input] = []
    renewed = False
    for one, quick in zip(unpacked(inputs), today, strict=True):
        if one.signature == quick:
            kept.append(one)
        elif one.asked != OBJECT and (again := look(*one.question, now)).digest == one.digest:
            renewed |= again.signature != one.signature
            kept.append(again)
        else:
            changed.append(one)
    if answered and not changed:
        return Comparison(True, packed(kept, inputs.answers) if renewed else None)
    return Comparison(False, None, kept, changed if answered else None, inputs.answers)


def contents_of(inputs: Inputs) -> Contents:
    """Give the files among inputs that are known to be as they were."""
    return {one.path: (one.signature, one.digest) for one in unpacked(inputs) if one.asked == FILE}


def known_contents(inputs: Inputs, now: int) -> Contents:
    """Give the files among inputs whose bytes are as they were, without asking git."""
    return {
        one.path: (one.signature, one.digest)
        for one in unpacked(inputs)
        if one.asked == FILE
        and (one.signature == signature(one.path) or look(FILE, one.path, now).digest == one.digest)
    }


def look(asked: int, path: str, now: int) -> Input:
    """Ask something about a path; a signature that is too young at `now` will not be trusted."""
    if asked in (KIND, END):
        digest = _answer_about(asked, path)
        return Input(asked, path, as_signature(digest), digest)
    before = settled(signature(path), now)
    if asked == DIRECTORY:
        return Input(asked, path, before, digest_of_listing(*list_directory(path)))
    try:
        digest = digest_of(read_file(path)[0])
    except OSError as error:
        digest = digest_of_failure(error)
    return Input(asked, path, before, digest)


def digest_of_failure(error: OSError) -> bytes:
    """Give 16 bytes that stand for a file that cannot be read."""
    said = str(error.errno).encode()
    return blake2b(said, digest_size=WIDTH, person=b"cannot be read").digest()


def _by_fours(numbers: array[int]) -> Iterator[Signature]:
    column = iter(numbers)
    return zip(column, column, column, column, strict=True)


def _signature_for(asked: int, path: str) -> Signature:
    if asked in (FILE, DIRECTORY):
        return signature(path)
    return UNTRUSTED if asked == OBJECT else as_signature(_answer_about(asked, path))


def _answer_about(asked: int, path: str) -> bytes:
    return end_of(path) if asked == END else digest_of(kind_at(path).encode())


def as_signature(digest: bytes) -> Signature:
    """Give an answer that costs no more than a signature as one, to be compared with the rest."""
    first, second = array("Q", digest)
    return first, second, 0, 0
