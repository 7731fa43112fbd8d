"""A check after an edit: of the links that were made before, most still hold.

A file that was edited is summarised again. When its outline is what it was, no other file can
notice, and only its own references are linked. When it defines other names, so are those of the
files that have these names in their text. When all of them end as before, the report is the
earlier one with other counts. In any other case nothing is said here, and everything is linked.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable

from msgspec.structs import replace

from linkstep.analyses.suggestions import closest
from linkstep.errors import LinkstepError
from linkstep.incremental.edited_users import KnownFiles, Noticing
from linkstep.incremental.run_trace import texts_below
from linkstep.index.outline import executes_alike, image, outline
from linkstep.index.summaries import Kept, Summaries
from linkstep.index.summarize import summarize
from linkstep.link.import_scan import digest_of_imports, scan_imports
from linkstep.link.submodules import dotted_imports
from linkstep.model.environment import kind_of
from linkstep.model.findings import Report
from linkstep.model.request import CheckRequest
from linkstep.model.summary import FileSummary
from linkstep.model.trace import WHOLE, FileTrace, RunTrace, Trace
from linkstep.resolve.mentions import is_answered
from linkstep.rulebook.suppress import may_be_unused
from linkstep.tree.git import held_by
from linkstep.tree.inputs import FILE, OBJECT, Input
from linkstep.tree.journal import Journal
from linkstep.tree.open import Source, open_source

_MOST = 50  # edited files; with more of them everything is linked


class Edited:
    """What became of an earlier run, its `report` and its `trace`, after an edit.

    `changed` are the inputs of that run that are not what they were. `journal` takes note of
    what is read now.
    """

    def __init__(
        self,
        request: CheckRequest,
        report: Report,
        trace: RunTrace,
        changed: Collection[Input],
        journal: Journal,
        summaries: Summaries,
    ) -> None:
        self._request = request
        self._report = report
        self._trace = trace
        self._changed = changed
        self._journal = journal
        self._summaries = summaries
        self._known = KnownFiles(trace, request.reader, summaries)

    def retold(self) -> tuple[Report, RunTrace] | None:
        """Give the report and the trace of now; None when everything has to be linked."""
        if not 0 < len(self._changed) <= _MOST:
            return None
        try:
            source = open_source(self._request, self._journal)
            paths = [self._path_of(one, source) for one in self._changed]
            known = [p for p in paths if p in self._trace.files and p not in self._trace.told]
            return self._after(source, known) if len(known) == len(paths) else None
        except (LinkstepError, OSError):
            return None  # whoever links everything says what is wrong

    def _after(self, source: Source, paths: Iterable[str]) -> tuple[Report, RunTrace] | None:
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
                told, tells = outline(before), outline(now)
                changed = told.changed(tells)
                scopes = self._trace.executed.get(path, ())
                if told.rest != tells.rest or path in self._trace.again:
                    return None
                if WHOLE in scopes or not executes_alike(
                    before, now, scopes, changed, self._known.own_names
                ):
                    return None
                if changed and not self._may_define(path, changed, source):
                    return None
                inside.add(path)
                package = self._package_of(path)
                imported |= dotted_imports(before, package) ^ dotted_imports(now, package)
                noticed |= {path: changed} if changed else {}
        users = Noticing(self._trace, self._known, summaries, source.tree).users(noticed, imported)
        if users is None:
            return None
        inside |= users
        return self._relinked(source, contents, inside)

    def _may_define(self, path: str, names: Collection[str], source: Source) -> bool:
        """Whether a file may define other names than before, and only who has them can notice."""
        trace = self._trace
        if path in trace.started:
            return False
        if any(asked in names or closest(asked, tuple(names)) for asked in trace.asked):
            return False  # it may be suggested, or be what is missing
        if any(n.startswith("__") or not n.isascii() or n in trace.entry_words for n in names):
            return False
        if not kind_of(path).is_package:
            return True
        beside = source.tree.entries(posixpath.dirname(path))
        return not any(name in beside or f"{name}.py" in beside for name in names)

    def _relinked(
        self, source: Source, contents: dict[str, bytes], inside: set[str]
    ) -> tuple[Report, RunTrace] | None:
        """Link the files whose references changed, and replace their records."""
        found = Trace()
        if inside:
            from linkstep.incremental.edited_pipeline import link_some_again  # all of the stages

            found = link_some_again(self._request, source, self._trace, inside, self._summaries)
        files = dict(self._trace.files)
        references = resolved = 0
        for path in contents.keys() | found.records.keys():
            last = files[path]
            content = contents.get(path, last.content)
            record = found.records.get(path, last.record)
            needed = found.library.get(path, frozenset())
            everywhere = self._trace.everywhere
            if record.rest != last.record.rest or (everywhere is not None and needed - everywhere):
                return None
            references += record.references - last.record.references
            resolved += record.resolved - last.record.resolved
            files[path] = replace(last, content=content, record=record)
        counts = self._report.counts
        counts = replace(
            counts, references=counts.references + references, resolved=counts.resolved + resolved
        )
        return replace(self._report, counts=counts), self._trace_with(source, files, found)

    def _trace_with(self, source: Source, files: dict[str, FileTrace], found: Trace) -> RunTrace:
        executed = {path: set(scopes) for path, scopes in self._trace.executed.items()}
        for path, scope in found.executed:
            executed.setdefault(path, set()).add(scope)
        return replace(
            self._trace,
            held=held_by(source.tree),
            files=files,
            texts=self._trace.texts | texts_below(source, self._journal),
            executed={path: tuple(sorted(scopes)) for path, scopes in executed.items()},
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
        if path in self._trace.texts or may_be_unused(text):
            return False
        if not all(is_answered(question, path, text) for question in self._trace.questions):
            return False
        scanned = self._trace.scanned.get(path)
        if scanned is None:
            return True
        return scanned == digest_of_imports(scan_imports(text, self._package_of(path)))

    def _package_of(self, path: str) -> str:
        name = self._trace.files[path].module
        return name if kind_of(path).is_package else name.rpartition(".")[0]

    def _now(self, path: str, text: bytes, content: bytes) -> FileSummary:
        key = self._known.key(path, content)
        kept = self._summaries.get(key)
        if kept is None:
            summary = summarize(text, kind_of(path), self._trace.target, self._request.reader)
            kept = Kept(summary, may_be_unused(text))
            self._summaries.put(key, kept)
        return kept.summary
