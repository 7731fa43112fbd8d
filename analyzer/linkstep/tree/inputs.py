"""What a run took from the disk and from git, and whether all of it still is as it was.

A run that was given the same bytes, the same listings and the same answers of git gives the
same result: nothing else enters it. Ten thousand inputs have to be compared in less time than
it takes to look at them, so they are kept in columns, and what differs is looked at only when
the column of signatures does (see `disk` for when a signature proves anything).
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain, compress, count
from typing import Protocol

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

Question = tuple[int, str]
"""What is asked about a path."""


class Contents(Protocol):
    """The signatures of files, and what stands for their content."""

    def get(self, path: str, /) -> tuple[Signature, bytes] | None:
        """Give those of one file, None when they are not known."""


_GONE = bytes(WIDTH)
_ROW = 4 * 8  # bytes of a signature


class Answer(Struct, frozen=True, array_like=True):
    """A digest of what git answered to a command that was run in the directory `cwd`.

    Of what `lists` the index, the objects are left out: each is an input of its own.
    """

    cwd: str
    arguments: tuple[str, ...]
    stdin: bytes
    digest: bytes
    lists: bool = False

    @property
    def question(self) -> tuple[str, tuple[str, ...], bytes]:
        """What was asked, in which directory."""
        return self.cwd, self.arguments, self.stdin


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
    def question(self) -> Question:
        """What was asked, about which path."""
        return self.asked, self.path


class Comparison(Struct, frozen=True):
    """The `inputs` of an earlier run, compared with what there is, by their places in its columns.

    `renewed` are those that are as they were, and have another signature now. `changed` are those
    that are not as they were, the way they were. `answered` says that git answers as it did.
    """

    inputs: Inputs
    renewed: Mapping[int, Input]
    changed: Mapping[int, Input]
    answered: bool = True

    @property
    def same(self) -> bool:
        """Whether everything is as it was."""
        return self.answered and not self.changed

    def with_(self, taken: Mapping[Question, Input], answers: Iterable[Answer] = ()) -> Inputs:
        """Give what is as it was, and what has been `taken` and answered since."""
        inputs = self.inputs
        about = {path for _, path in taken}
        questions = enumerate(zip(inputs.asked, paths_of(inputs), strict=True))
        places = {question: at for at, question in questions if question[1] in about}
        again = {places[question]: one for question, one in taken.items() if question in places}
        replies = {one.question: one for one in (*inputs.answers, *answers)}
        return _updated(
            inputs,
            {**self.renewed, **again},
            self.changed.keys() - again.keys(),
            packed([one for question, one in taken.items() if question not in places]),
            tuple(replies.values()),
        )


class KnownContents:
    """The files among inputs that a comparison found to be as they were."""

    def __init__(self, comparison: Comparison) -> None:
        self._of = comparison
        inputs = comparison.inputs
        places = zip(paths_of(inputs), count(), strict=False)
        self._places = dict(compress(places, map(FILE.__eq__, inputs.asked)))

    def get(self, path: str) -> tuple[Signature, bytes] | None:
        """Give the signature of a file, and what stands for its content."""
        at = self._places.get(path)
        if at is None or at in self._of.changed:
            return None
        one = self._of.renewed.get(at) or _input_at(self._of.inputs, at, path)
        return one.signature, one.digest


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
        return Comparison(inputs, {}, {})
    pairs = zip(_by_fours(array("Q", inputs.signatures)), today, strict=True)
    differing = [at for at, (before, found) in enumerate(pairs) if before != found]
    paths = paths_of(inputs)
    renewed: dict[int, Input] = {}
    changed: dict[int, Input] = {}
    for at in differing:
        one = _input_at(inputs, at, paths[at])
        again = None if one.asked == OBJECT else look(*one.question, now)
        if again is None or again.digest != one.digest:
            changed[at] = one
        elif again.signature != one.signature:
            renewed[at] = again
    return Comparison(inputs, renewed, changed, answered)


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


def _input_at(inputs: Inputs, at: int, path: str) -> Input:
    numbers = array("Q", inputs.signatures[at * _ROW : (at + 1) * _ROW])
    digest = inputs.digests[at * WIDTH : (at + 1) * WIDTH]
    return Input(inputs.asked[at], path, next(_by_fours(numbers)), digest)


def _updated(
    inputs: Inputs,
    again: Mapping[int, Input],
    gone: Iterable[int],
    further: Inputs,
    answers: tuple[Answer, ...],
) -> Inputs:
    """Put some inputs in the place of others, leave out those that are `gone`, and add some."""
    paths = inputs.paths.split(b"\0") if inputs.asked else []
    asked = bytearray(inputs.asked)
    signatures, digests = bytearray(inputs.signatures), bytearray(inputs.digests)
    for at, one in again.items():
        signatures[at * _ROW : (at + 1) * _ROW] = array("Q", one.signature).tobytes()
        digests[at * WIDTH : (at + 1) * WIDTH] = one.digest
    for at in sorted(gone, reverse=True):
        del paths[at], asked[at]
        del signatures[at * _ROW : (at + 1) * _ROW], digests[at * WIDTH : (at + 1) * WIDTH]
    paths += further.paths.split(b"\0") if further.asked else []
    return Inputs(
        b"\0".join(paths),
        bytes(asked) + further.asked,
        bytes(signatures) + further.signatures,
        bytes(digests) + further.digests,
        answers,
    )


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
