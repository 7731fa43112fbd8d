"""Takes note of everything that a run takes from the disk and from git (see `inputs`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from linkstep.model.tree import EntryKind
from linkstep.tree.disk import (
    Signature,
    digest_of,
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
    Answer,
    Contents,
    Input,
    Inputs,
    digest_of_failure,
    look,
    packed,
)


class Journal:
    """The inputs of a run that began at `now`, each as it was when it was taken first.

    `known` are contents by path that are known without reading, since the files did not change.
    A journal is `torn` when something was taken twice and was not the same, or could not be
    taken for a reason that passes: nobody can say what such a run saw.
    """

    def __init__(self, now: int, known: Contents) -> None:
        self._now = now
        self._known = known
        self._inputs: dict[tuple[int, str], Input] = {}
        self._answers: dict[tuple[str, tuple[str, ...], bytes], Answer] = {}
        self.torn = False

    def inputs(self) -> Inputs:
        """Give everything that was taken."""
        return packed(list(self._inputs.values()), list(self._answers.values()))

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
        """Take note of what git answered."""
        digest = digest_of(answer)
        asked = (cwd, arguments, stdin)
        first = self._answers.setdefault(asked, Answer(cwd, arguments, stdin, digest))
        self.torn |= first.digest != digest

    def _failed(self, error: OSError) -> None:
        self.torn |= not is_lasting(error)

    def _note(self, asked: int, place: str, found: Signature, digest: bytes) -> None:
        first = self._inputs.get((asked, place))
        if first is None:
            self._inputs[asked, place] = Input(asked, place, settled(found, self._now), digest)
        elif first.digest != digest:
            self.torn = True
