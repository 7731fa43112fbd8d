"""Takes note of everything that a run takes from the disk and from git (see `inputs`)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from linkstep.model.digests import digest_of
from linkstep.model.trace import TextQuestion
from linkstep.model.tree import EntryKind
from linkstep.tree.disk import (
    Signature,
    digest_of_listing,
    is_lasting,
    list_directory,
    read_file,
    settled,
    signature,
    signature_of,
)
from linkstep.tree.inputs import (
    DIRECTORY,
    END,
    FILE,
    OBJECT,
    Answer,
    Comparison,
    Contents,
    Input,
    Inputs,
    Reply,
    as_signature,
    digest_of_failure,
    look,
    packed,
)

LISTING = ("ls-files", "-s", "-z", "--full-name", ":/")
"""What lists git's index."""

_EMPTY = frozenset(
    {
        b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        b"473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    }
)
"""The names of the empty object, by SHA-1 and by SHA-256."""


class Journal:
    """The inputs of a run that began at `now`, each as it was when it was taken first.

    `known` are contents by path that are known without reading, since the files did not change.
    `texts` are the files of which more was taken than a summary: whatever their text says may
    have counted. `questions` are those that were asked of other texts. A journal is `torn` when
    something was taken twice and was not the same, or could not be taken for a reason that
    passes: nobody can say what such a run saw.
    """

    def __init__(self, now: int, known: Contents) -> None:
        self._now = now
        self._known = known
        self._inputs: dict[tuple[int, str], Input] = {}
        self._answers: dict[tuple[str, tuple[str, ...], bytes], Answer] = {}
        self.texts: set[str] = set()
        self.questions: set[TextQuestion] = set()
        self.torn = False

    def inputs(self) -> Inputs:
        """Give everything that was taken."""
        return packed(list(self._inputs.values()), list(self._answers.values()))

    def inputs_after(self, comparison: Comparison) -> Inputs:
        """Give everything that was taken, with what an earlier run had taken and is as it was."""
        return comparison.with_(self._inputs, self._answers.values())

    def read(self, place: str) -> bytes:
        """Read a regular file; OSError for anything else."""
        try:
            content, state = read_file(place)
        except OSError as error:
            self._failed(error)
            self._note(FILE, place, signature(place), digest_of_failure(error))
            raise
        self._note(FILE, place, signature_of(state), digest_of(content))
        return content

    def list(self, place: str) -> tuple[Mapping[str, EntryKind], frozenset[str]]:
        """List a directory, with the names that are links."""
        before = signature(place)
        listing, links = list_directory(place, self._failed)
        self._note(DIRECTORY, place, before, digest_of_listing(listing, links))
        for name in links:
            self.look(END, f"{place.rstrip('/')}/{name}")
        return listing, links

    def look(self, asked: int, place: str) -> None:
        """Take note of what somebody else is about to ask about a path."""
        if (asked, place) not in self._inputs:
            self._inputs[asked, place] = look(asked, place, self._now)

    def look_into(self, directories: Iterable[Path]) -> None:
        """Take note of directories whose files somebody else is about to read."""
        for directory in directories:
            place = str(directory)
            for name in self.list(place)[0]:
                self.look(FILE, f"{place}/{name}")

    def content_id(self, place: str) -> bytes | None:
        """Give what stands for the content of a file, if that is known without reading it."""
        known = self._known.get(place)
        if known is not None:
            self._note(FILE, place, *known)
        noted = self._inputs.get((FILE, place))
        return noted.digest if noted is not None else None

    def answered(self, cwd: str, arguments: tuple[str, ...], stdin: bytes, answer: bytes) -> None:
        """Take note of what git answered; which objects its index has is not looked at yet."""
        asked = (cwd, arguments, stdin)
        lists = arguments[:2] == LISTING[:2]
        reply = reply_of(answer, lists=lists)
        first = self._answers.setdefault(asked, Answer(*asked, reply.digest, lists))
        self.torn |= first.digest != reply.digest

    def held(self, path: str, name: str) -> None:
        """Take note of the object, by its name, that git's index has at a path."""
        digest = digest_of_object(name)
        self._note(OBJECT, path, as_signature(digest), digest)

    def _failed(self, error: OSError) -> None:
        self.torn |= not is_lasting(error)

    def _note(self, asked: int, place: str, found: Signature, digest: bytes) -> None:
        first = self._inputs.get((asked, place))
        if first is None:
            trusted = found if asked == OBJECT else settled(found, self._now)
            self._inputs[asked, place] = Input(asked, place, trusted, digest)
        elif first.digest != digest:
            self.torn = True


def reply_of(answer: bytes, *, lists: bool = False) -> Reply:
    r"""Give what is compared of an answer of git; one that `lists` the index is taken apart.

    >>> names = [reply_of(b"0 100644 %s 0\ta.py\0" % name, lists=True) for name in (b"1f", b"2e")]
    >>> names[0].digest == names[1].digest, names[0].objects == names[1].objects
    (True, False)
    """
    if not lists:
        return Reply(digest_of(answer))
    objects: dict[str, bytes] = {}
    rest: list[bytes] = []
    code, _, listing = answer.partition(b" ")
    for line in listing.split(b"\0"):
        head, _, path = line.partition(b"\t")
        mode, _, name_and_stage = head.partition(b" ")
        name, _, stage = name_and_stage.partition(b" ")
        # What is only meant to be added has the empty object, and is in no commit.
        rest.append(b" ".join((mode, stage, b"empty" if name in _EMPTY else b"", path)))
        if path:
            objects[os.fsdecode(path)] = digest_of_object(name.decode())
    return Reply(digest_of(b"\0".join((code, *rest))), objects)


def digest_of_object(name: str) -> bytes:
    """Give 16 bytes that stand for the content of an object of git."""
    return digest_of(f"git {name}".encode())
