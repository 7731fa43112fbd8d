"""A check after an edit: of the links that were made before, most still hold.

A file that was edited is summarised again. When its outline is what it was, no other file can
notice, and only its own references are linked. When it defines other names, so are those of the
files that have these names in their text. When all of them end as before, the report is the
earlier one with other counts. When they do not, all links are put together anew (`relinking`),
and judged. In any other case nothing is said here, and everything is linked.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Set
from typing import TYPE_CHECKING

from msgspec.structs import replace

from linkstep.analyses.suggestions import closest
from linkstep.errors import LinkstepError
from linkstep.incremental.edited_users import KnownFiles, Noticing, package_of
from linkstep.incremental.run_trace import scopes_with, texts_below
from linkstep.index.outline import executes_alike, image, outline
from linkstep.index.reading import read
from linkstep.index.summaries import Kept, Summaries
from linkstep.link.import_scan import digest_of_imports, scan_imports
from linkstep.link.submodules import dotted_imports
from linkstep.linked import EarlierRun
from linkstep.model.environment import kind_of
from linkstep.model.findings import Report
from linkstep.model.links import EarlierLinks, OutdatedError
from linkstep.model.request import CheckRequest
from linkstep.model.summary import FileSummary
from linkstep.model.trace import WHOLE, FileTrace, RunTrace, Trace
from linkstep.resolve.text_questions import is_answered
from linkstep.rulebook.comment_words import COMMENTS, may_be_unused
from linkstep.tree.git import held_by
from linkstep.tree.inputs import FILE, OBJECT, Input
from linkstep.tree.journal import Journal
from linkstep.tree.open import Source, open_source

if TYPE_CHECKING:
    from linkstep.link_inputs import Ground

_MOST = 50  # edited files; with more of them everything is linked


class Edited:
    """What became of an earlier run, its `report` and its `trace`, after an edit.

    `changed` are the inputs of that run that are not what they were. `journal` takes note of
    what is read now; `links` gives what that run has kept of its links.
    """

    def __init__(
        self,
        request: CheckRequest,
        report: Report,
        trace: RunTrace,
        changed: Collection[Input],
        journal: Journal,
        summaries: Summaries,
        links: Callable[[], EarlierLinks | None],
    ) -> None:
        self._request = request
        self._report = report
        self._trace = trace
        self._changed = changed
        self._journal = journal
        self._summaries = summaries
        self._links = links
        self._known = KnownFiles(trace, request.reader, summaries)
        self._commented = set(trace.commented)
        self._gone: dict[str, Set[str]] = {}
        self._matters = False  # more may follow from it than how references end
        self._reorders = False  # something else may be executed
        self._ground: Ground | None = None
        self.source: Source | None = None

    def retold(self) -> tuple[Report, RunTrace] | EarlierRun | None:
        """Give the report and the trace of now, or what is known for a check of now; None when
        everything has to be linked.
        """
        if not 0 < len(self._changed) <= _MOST:
            return None
        try:
            source = self.source = open_source(self._request, self._journal)
            paths = [self._path_of(one, source) for one in self._changed]
            known = [path for path in paths if path in self._trace.files]
            return self._after(source, known) if len(known) == len(paths) else None
        except (LinkstepError, OSError, OutdatedError):
            return None  # whoever links everything says what is wrong

    def _after(
        self, source: Source, paths: Iterable[str]
    ) -> tuple[Report, RunTrace] | EarlierRun | None:
        contents: dict[str, bytes] = {}
        inside: set[str] = set()
        summaries: dict[str, FileSummary] = {}
        noticed: dict[str, frozenset[str]] = {}
        imported: set[str] = set()
        for path in paths:
            text = source.tree.source(path)
            content = source.tree.content_id(path)
            if content is None or not self._says_the_same(path, text):
                return None
            contents[path] = content
            before, now = self._known.summary(path), self._now(path, text, content)
            if before is None or before.problem is not None or now.problem is not None:
                return None
            summaries[path] = now
            if image(before) != image(now):
                changed = self._offered(path, before, now, source)
                if changed is None:
                    return None
                inside.add(path)
                package = self._package_of(path)
                imported |= dotted_imports(before, package) ^ dotted_imports(now, package)
                noticed |= {path: changed} if changed else {}
        noticing = Noticing(self._trace, self._known, summaries, source.tree)
        users = noticing.users(noticed, imported)
        if users is None:
            return None
        inside |= users
        failing = (
            noticing.failing_without(self._gone, users - contents.keys()) if self._gone else []
        )
        alike = not (failing or self._matters or self._reorders)
        if alike and not (noticing.matters or noticing.reorders):
            found = self._recounted(source, contents, inside, noticing)
            if found is not None:
                return found
        self._reorders |= noticing.reorders
        return self._relinking(source, inside | contents.keys(), failing, noticing)

    def _offered(
        self, path: str, before: FileSummary, now: FileSummary, source: Source
    ) -> frozenset[str] | None:
        """Give the names that a file offers otherwise; None when others may notice more."""
        trace = self._trace
        told, tells = outline(before), outline(now)
        changed = told.changed(tells)
        if told.names.keys() - tells.names.keys():
            self._gone[path] = told.names.keys() - tells.names.keys()
        scopes = trace.executed.get(path, ())
        if told.rest != tells.rest or WHOLE in scopes:
            return None
        own = self._known.own_names
        if not executes_alike(before, now, scopes, changed, own):
            return None
        if changed and not self._may_define(path, changed, source):
            return None
        self._reorders |= not executes_alike(
            before, now, trace.scripted.get(path, ()), changed, own
        )
        self._matters |= path in trace.again
        return changed

    def _may_define(self, path: str, names: Collection[str], source: Source) -> bool:
        """Whether a file may define other names than before, and only who has them can notice."""
        if any(name.startswith("__") or not name.isascii() for name in names):
            return False
        trace = self._trace
        self._matters |= path in trace.started
        self._matters |= any(name in trace.entry_words for name in names)
        # It may be suggested, or be what is missing.
        asked = (name in names or closest(name, tuple(names)) for name in trace.asked)
        self._matters = self._matters or any(asked)
        if not kind_of(path).is_package:
            return True
        beside = source.tree.entries(posixpath.dirname(path))
        return not any(name in beside or f"{name}.py" in beside for name in names)

    def _relinking(
        self,
        source: Source,
        inside: Collection[str],
        failing: Collection[str],
        noticing: Noticing,
    ) -> EarlierRun | None:
        """Give what a check of now can take over, which links some files; those that are likely
        to be `failing` are among them.
        """
        links = self._links()
        if links is None:
            return None
        from linkstep.incremental.relinking import Relinking  # after few edits

        relinking = Relinking(self._trace, links, noticing, reorders=self._reorders)
        commented = [path for path in self._trace.files if path in self._commented]
        moved = (path for path, file in self._trace.files.items() if file.moved)
        known = relinking.without({*inside, *moved}, failing)
        return EarlierRun(
            source=source,
            ground=self._ground,
            trace=self._trace,
            links=known,
            after=relinking.after,
            commented=commented,
            importers=relinking.importers,
        )

    def _recounted(
        self, source: Source, contents: dict[str, bytes], inside: set[str], noticing: Noticing
    ) -> tuple[Report, RunTrace] | None:
        """Link the files whose references changed, and replace their records; None when the
        references end in another way.
        """
        found = Trace()
        files = dict(self._trace.files)
        references = resolved = 0
        if inside:
            from linkstep.incremental import edited_pipeline  # all of the stages
            from linkstep.incremental.link_records import record_of

            self._ground = edited_pipeline.ground_in(
                self._request, source, source.tree, self._summaries
            )
            linked, found = edited_pipeline.link_some_again(
                self._ground, self._trace, inside, noticing.importers
            )
            everywhere = self._trace.everywhere
            for path, links in linked.items():
                last, record = files[path].record, record_of(links)
                if record.rest != last.rest or (
                    everywhere is not None and links.library - everywhere
                ):
                    return None
                references += record.references - last.references
                resolved += record.resolved - last.resolved
                files[path] = replace(files[path], record=record)
        for path, content in contents.items():
            files[path] = replace(files[path], content=content, moved=True)
        counts = self._report.counts
        counts = replace(
            counts, references=counts.references + references, resolved=counts.resolved + resolved
        )
        trace = self._trace_with(source, files, found)
        return replace(self._report, counts=counts), trace

    def _trace_with(self, source: Source, files: dict[str, FileTrace], found: Trace) -> RunTrace:
        return replace(
            self._trace,
            held=held_by(source.tree),
            files=files,
            texts=self._trace.texts | texts_below(source, self._journal),
            executed=scopes_with([found.executed], self._trace.executed),
            scanned=self._trace.scanned | found.scanned,
            questions=tuple({*self._trace.questions, *self._journal.questions}),
        )

    def _path_of(self, one: Input, source: Source) -> str | None:
        """Give the path of a changed input in the tree, None when it is none of a file there."""
        if one.asked == FILE:
            start = source.root.as_posix().rstrip("/") + "/"
        elif one.asked == OBJECT and self._trace.prefix is not None:
            start = self._trace.prefix + "/" if self._trace.prefix else ""
        else:
            return None
        return one.path[len(start) :] if one.path.startswith(start) else None

    def _says_the_same(self, path: str, text: bytes) -> bool:
        """Whether what was asked of the text itself has the same answer."""
        if path in self._trace.texts:
            return False
        for question in self._trace.questions:
            is_same = is_answered(question, path, text)
            if question.words == COMMENTS and question.path == path:
                self._matters |= question.answer or not is_same  # what comments silence
            elif not is_same:
                return False
        if path in self._commented or path in self._trace.told or may_be_unused(text):
            self._matters = True
            self._commented.discard(path)
            self._commented.update([path] if may_be_unused(text) else [])
        scanned = self._trace.scanned.get(path)
        if scanned is None:
            return True
        return scanned == digest_of_imports(scan_imports(text, self._package_of(path)))

    def _package_of(self, path: str) -> str:
        return package_of(path, self._trace.files[path].module)

    def _now(self, path: str, text: bytes, content: bytes) -> FileSummary:
        key = self._known.key(path, content)
        kept = self._summaries.get(key)
        if kept is None:
            reading = read(text, kind_of(path), self._trace.target, self._request.reader)
            kept = Kept(reading.summary, may_be_unused(text))
            self._summaries.put(key, kept, reading.encoded)
        return kept.summary
