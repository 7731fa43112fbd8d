"""Who notices that a file offers other names than before, or imports others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from itertools import islice

from linkstep.index.outline import top_lines
from linkstep.index.spoken_names import (
    Hearing,
    asks_for,
    has_fallback,
    passes_on,
    speaks_of,
    takes,
)
from linkstep.index.summaries import Summaries
from linkstep.link.submodules import dotted_imports
from linkstep.model.environment import kind_of
from linkstep.model.summary import FileSummary, ImportFrom
from linkstep.model.trace import WHOLE, RunTrace
from linkstep.model.tree import Tree
from linkstep.resolve.stdlib import Presence, is_stdlib

_MOST = 800  # files that are looked at
_SOME = 5  # files that are asked whether they import a module
_MANY = 50  # files that import one
_FEW = 100  # files
_SHARE = 0.4  # of all files; when more are linked again, linking them all is as quick


def is_too_much(count: int, files: int) -> bool:
    """Whether so many files are better linked with all others."""
    return count > max(_FEW, _SHARE * files)


def package_of(path: str, module: str) -> str:
    """Give the package of the module that a file is."""
    return module if kind_of(path).is_package else module.rpartition(".")[0]


class KnownFiles:
    """The files of an earlier run, with their summaries of then.

    `own_names` are the parts of the names of their modules.
    """

    def __init__(self, trace: RunTrace, reader: str, summaries: Summaries) -> None:
        self._trace = trace
        self._reader = reader
        self._summaries = summaries
        modules = (file.module for file in trace.files.values())
        self.own_names = frozenset(part for module in modules for part in module.split("."))

    def key(self, path: str, content: bytes) -> bytes:
        """Give what the summary of a file with some content is kept by."""
        target = self._trace.target
        return self._summaries.key(content, kind_of(path), target, self._reader, shallow=False)

    def summary(self, path: str) -> FileSummary | None:
        """Give the summary of a file, None when it is not kept any more."""
        kept = self._summaries.get(self.key(path, self._trace.files[path].content))
        return None if kept is None else kept.summary

    def having(self, words: Iterable[str], without: Collection[str]) -> set[str] | None:
        """Give the files that may have one of the words in a name, without some; None when that
        is not known.
        """
        paths: dict[bytes, list[str]] = {}
        for path, file in self._trace.files.items():
            if path not in without:
                paths.setdefault(self.key(path, file.content), []).append(path)
        keys = self._summaries.having(list(paths), words)
        return None if keys is None else {path for key in keys for path in paths[key]}


class Noticing:
    """Finds the files of an earlier run that notice an edit.

    `edited` are the new summaries of the files that were edited in `tree`. It `matters` to more
    than links what is found when entry points begin with it, or it was linked a second time; and
    it `reorders` when something else may be executed.
    """

    def __init__(
        self, trace: RunTrace, known: KnownFiles, edited: Mapping[str, FileSummary], tree: Tree
    ) -> None:
        self._trace = trace
        self._known = known
        self._edited = edited
        self._tree = tree
        self._places = {path: place for place, path in enumerate(trace.files)}
        self._importers: dict[int, list[str]] | None = None
        self._having: dict[frozenset[str], Set[str] | None] = {}
        self._reaching: dict[frozenset[str], Set[str] | None] = {}
        self.matters = False
        self.reorders = False

    def importers(self, path: str) -> Sequence[str]:
        """Give files that imported a file, or one below it, without those that were edited."""
        if path not in self._places:
            return ()
        places = [self._places[path]]
        if kind_of(path).is_package:
            above = f"{posixpath.dirname(path)}/"
            places += [place for one, place in self._places.items() if one.startswith(above)]
        by_target = self._by_target()
        importers = (one for place in places for one in by_target.get(place, ()))
        return list(islice((one for one in importers if one not in self._edited), _MANY))

    def failing_without(self, gone: Mapping[str, Set[str]], users: Iterable[str]) -> list[str]:
        """Give those of some files that take names at their top which are `gone` from a file:
        they cannot be imported any more, unless something else offers the names.
        """
        found = []
        for path in users:
            summary = self.summary(path)
            taken = {
                one.name
                for step in (summary.body if summary is not None else ())
                if isinstance(step, ImportFrom)
                for one in step.names
            }
            targets = {self._places[offering] for offering, names in gone.items() if names & taken}
            if not targets.isdisjoint(self._trace.files[path].targets):
                found.append(path)
        return found

    def is_edited(self, path: str) -> bool:
        """Whether a file is one of those that were edited."""
        return path in self._edited

    def stands(self, path: str) -> bool:
        """Whether what a file has at its top stands where it stood when its links were kept."""
        if self._trace.files[path].moved:
            return False
        now, before = self._edited.get(path), self._known.summary(path)
        if now is None or before is None:
            return now is None
        places, were = top_lines(now), top_lines(before)
        return all(places[name] == were[name] for name in places.keys() & were.keys())

    def users(
        self, offered: Mapping[str, frozenset[str]], imported: Set[str]
    ) -> frozenset[str] | None:
        """Give the files that may notice that others offer some names or do not any more, by
        their paths, or that modules are imported; None when the rest may notice too.
        """
        found: set[str] = set()
        for path, names in offered.items():
            firm = not has_fallback(self._edited[path])
            among = self.reaching([path])
            users = None if among is None else self._using(names, among, path, firm=firm)
            if users is None:
                return None
            found |= users
        # Whether a submodule is set on its package depends on who imports it.
        asked = (name for name in imported if self._is_below(name) and not self._is_imported(name))
        names = frozenset(name.rpartition(".")[2] for name in asked)
        users = self._using(names, self._trace.files.keys())
        return None if users is None else frozenset(found | users)

    def users_of(self, names: frozenset[str], path: str) -> Set[str] | None:
        """Give the other files that may notice that a file offers some names or does not any more;
        None when the rest may notice too. Those that set names on others are known to.
        """
        return self._using(names, self._trace.files.keys() - {path}, path, settings=False)

    def _using(
        self,
        names: frozenset[str],
        among: Set[str],
        offering: str = "",
        *,
        firm: bool = False,
        settings: bool = True,
    ) -> set[str] | None:
        """Give the files that speak of one of the names; None when one may pass it on as
        something else, or when what it executes may depend on it.

        What the file that is `offering` them executes was looked at already. Where it is `firm`
        it serves no other names, and a reference to one that comes or goes ends otherwise.
        """
        if not names:
            return set()
        if not all(name.isascii() for name in names) or self._are_said_beside(names):
            return None
        if names not in self._having:
            self._having[names] = self._known.having(names, self._edited)
        having = self._having[names]
        if having is None:
            return None
        taking = self._taking(names, offering, having) if offering else having
        having = (having & among) | self._edited.keys()
        found = set()
        for path in having if len(having) <= _MOST else ():
            own = self._known.own_names
            is_edited, takes_some = path in self._edited, path in taking
            how = Hearing(is_edited, takes_some, not offering, settings, project=own)
            summary = self.summary(path)
            if summary is None:
                return None
            if speaks_of(summary, names, how):
                if passes_on(summary, names, how):
                    return None
                may_ask = path != offering and (not firm or asks_for(summary, names))
                executed = self._trace.executed.get(path, ())
                if (may_ask and executed) or WHOLE in executed:
                    return None
                self.matters |= path in self._trace.started or path in self._trace.again
                self.reorders |= may_ask and path in self._trace.scripted
                found.add(path)
        return found if len(having) <= _MOST else None

    def summary(self, path: str) -> FileSummary | None:
        """Give the summary of a file of now, None when it is not kept any more."""
        return self._edited[path] if path in self._edited else self._known.summary(path)

    def summary_before(self, path: str) -> FileSummary | None:
        """Give the summary of a file of then, None when it is not kept any more."""
        return self._known.summary(path)

    def _taking(self, names: frozenset[str], offering: str, having: Set[str]) -> set[str]:
        """Give the files that import from the one that is offering names, or from one that has
        taken them from there.
        """
        files = self._trace.files
        found: set[str] = set()
        pending = [offering]
        while pending:
            importers = set(self._by_target().get(self._places[pending.pop()], ())) - found
            found |= importers
            for path in importers:
                if files[path].has_star or path in having or path in self._edited:
                    summary = self.summary(path)
                    if summary is None or takes(summary, names):
                        pending.append(path)
        return found | set(self._by_target().get(-1, ())) | self._edited.keys()

    def _is_below(self, name: str) -> bool:
        """Whether a dotted name may be that of a submodule."""
        parent, _, last = name.rpartition(".")
        target = self._trace.target
        files = self._trace.files.items()
        own = [kind_of(path).is_package for path, file in files if file.module == parent]
        if own or not parent:
            return any(own)
        known = is_stdlib(parent, target) is Presence.PRESENT and not last.startswith("_")
        return not known or is_stdlib(name, target) is Presence.PRESENT

    def _is_imported(self, name: str) -> bool:
        """Whether a file that was not edited imports a module of the project, before and now."""
        files = self._trace.files
        paths = [path for path, file in files.items() if file.module == name]
        if len(paths) != 1:
            return False
        for path in self.importers(paths[0])[:_SOME]:
            summary = self._known.summary(path)
            package = package_of(path, files[path].module)
            if summary is not None and name in dotted_imports(summary, package):
                return True
        return False

    def _are_said_beside(self, names: Iterable[str]) -> bool:
        """Whether a file that was not linked has one of the names in its text."""
        words = re.compile(rb"\b(?:%s)\b" % b"|".join(re.escape(n.encode()) for n in sorted(names)))
        beside = (path for path in self._tree.files() if path not in self._trace.files)
        return any(words.search(self._tree.source(path)) for path in beside)

    def reaching(self, paths: Collection[str]) -> Set[str] | None:
        """Give the files that may get at some modules, by their files; None when that is not
        known.

        Their imports lead to one, or to a package above it, of which it is an attribute when
        another file has imported it; or they have its whole name in a text.
        """
        if not paths:
            return frozenset()
        asked = frozenset(paths)
        if asked not in self._reaching:
            self._reaching[asked] = self._found_reaching(asked)
        return self._reaching[asked]

    def _found_reaching(self, paths: Set[str]) -> Set[str] | None:
        files = self._trace.files
        modules = [files[path].module for path in paths]
        named = self._known.having(modules, ())
        parts = [name.split(".") for name in modules]
        above = {".".join(one[:end]) for one in parts for end in range(1, len(one))}
        tops = {one[0] for one in parts}
        inside = {p for p, file in files.items() if file.module.split(".")[0] in tops}
        packages = {p for p in inside if files[p].module in above}
        beside: Set[str] = frozenset()
        if {files[p].module for p in packages} == above:  # else there are namespace packages
            beside = files.keys() - (inside | self._leading_to(packages))
        short = self._known.having([name.rpartition(".")[2] for name in modules], beside)
        if named is None or short is None:
            return None
        return self._leading_to({*paths, *named, *short, *self._edited})

    def _leading_to(self, found: Set[str]) -> set[str]:
        """Give some files, those that import them, and so on; what leads to files that were not
        linked may lead there too.
        """
        importers = self._by_target()
        reached = {*found, *importers.get(-1, ())}
        pending = list(reached)
        while pending:
            come = set(importers.get(self._places[pending.pop()], ())) - reached
            reached |= come
            pending += come
        return reached

    def _by_target(self) -> Mapping[int, Sequence[str]]:
        """Give the files that import each file, by its place; -1 stands for all others."""
        if self._importers is None:
            self._importers = {}
            for importer, file in self._trace.files.items():
                for target in file.targets:
                    self._importers.setdefault(target, []).append(importer)
        return self._importers
