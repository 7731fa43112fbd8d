"""Traces: what links were made of, so that a later run knows which of them still hold.

The links of a file follow from its own summary, from what other files *tell* (their outline,
see `index/outline.py`), and from what there is to be found. Some parts of linking look deeper
into a file than its outline: they are noted here.
"""

from __future__ import annotations

import enum

from msgspec import Struct

from linkstep.model.target import Target

WHOLE = -1
"""Stands for all of a file, in place of the number of a scope."""


Setting = dict[str, tuple[str, ...]]
"""The files that may set names on modules, by these names, an empty one for those that they
compute; and those that enter modules, by `sys.modules`."""


class LinkRecord(Struct, frozen=True, array_like=True):
    """How the references of one file ended: two counts, and 16 bytes that stand for the rest.

    The rest are its edges, what is broken or unknown, and what it needs of distributions; all
    of it without lines and columns.
    """

    references: int
    resolved: int
    rest: bytes


class Trace(Struct, frozen=True):
    """What was looked at besides outlines to link some files.

    `executed` are bodies that links depend on: a path with the number of a scope, 0 for the
    module, WHOLE where any part of the file may have counted. `scripted` are those that were
    executed in the abstract, for the order of imports. `scanned`
    are the files whose text was searched for imports, with 16 bytes for what was found, and
    `setting` those that may set names on others or enter modules.
    """

    executed: frozenset[tuple[str, int]] = frozenset()
    scripted: frozenset[tuple[str, int]] = frozenset()
    scanned: dict[str, bytes] = {}
    setting: Setting = {}


class FileTrace(Struct, frozen=True, array_like=True):
    """A file that was linked: the name of its module, what stands for its content, its record.

    `targets` are the files that it imports, by their places among those of the run; -1 stands
    for others. `has_star` says that it takes all names of one, and `moved` that it stands on
    other lines than when its links were kept.
    """

    module: str
    content: bytes
    record: LinkRecord
    targets: tuple[int, ...] = ()
    has_star: bool = False
    moved: bool = False


class WordForm(enum.StrEnum):
    """What counts as a word: its bytes, these in any case, or a whole name of a distribution, in
    any spelling that is the same to PEP 503.
    """

    WRITTEN = "written"
    ANY_CASE = "any case"
    DISTRIBUTION = "distribution"


class TextQuestion(Struct, frozen=True, array_like=True):
    """What was asked of the text of files: whether it has one of some `words`.

    `path` is the file asked, empty for all files of the tree; then `witness` is one that has
    a word, if the answer was yes.
    """

    words: tuple[str, ...]
    form: WordForm
    answer: bool
    path: str = ""
    witness: str = ""


class RunTrace(Struct, frozen=True, array_like=True):
    """What a whole run was made of, for the next one.

    `held` stands for all that git holds of the tree, empty for one on disk; `prefix` leads from
    the top of the repository to the root, None for one on disk. `texts` are the files whose
    text may have counted for more than a summary and the answers to `questions`; `executed`,
    `scripted`, and `scanned` are those of `Trace`. `again` are the files that were linked a second
    time, for another Python or for what is delivered, `started` those that entry points begin
    with. `everywhere` is what the project needs of the standard library and every Python has
    that it admits; None where it admits only one. `told` are the files of which a finding
    speaks, also an accepted one, with those whose names they take by a star import; `asked` are
    the names that findings are about. `entry_words` are those that entry points are written
    with. `failing` are the files whose import may fail, `setting` those that may
    set names on others or enter modules, and `commented` those with comments for linkstep.
    """

    target: Target
    held: bytes
    prefix: str | None
    files: dict[str, FileTrace]
    texts: frozenset[str]
    executed: dict[str, tuple[int, ...]]
    scripted: dict[str, tuple[int, ...]]
    scanned: dict[str, bytes]
    again: frozenset[str]
    started: frozenset[str]
    everywhere: frozenset[tuple[str, str]] | None
    told: frozenset[str]
    asked: frozenset[str]
    entry_words: frozenset[str]
    failing: frozenset[str]
    setting: Setting
    commented: frozenset[str]
    questions: tuple[TextQuestion, ...] = ()
