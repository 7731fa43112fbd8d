"""Who needs a module or a name: what is broken without it, or would be.

What would break without a name is asked of the linker itself: the files that mention it are
linked a second time, over a tree in which the module takes it back at its end
(`tree/altered.py`). What is broken then, and was not before, needs it. So guards, re-exports and
strings that are imported count exactly as they do in a check.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from linkstep.analyses.broken_references import reference_of
from linkstep.analyses.import_sites import bound_at
from linkstep.analyses.suggestions import closest
from linkstep.closest import suggestion
from linkstep.errors import LinkstepError
from linkstep.link_inputs import ground_of, is_test
from linkstep.model.environment import Origin, Project
from linkstep.model.facts import BrokenReference, GuardKind, Location, Problem, Reach, Runs
from linkstep.model.links import BrokenLink, ForeignImport, LinkedModule, Program
from linkstep.model.summary import Span
from linkstep.model.tree import Tree
from linkstep.model.why import Need, Needed, PastKind
from linkstep.pipeline import link_project
from linkstep.preparation import reader_of
from linkstep.resolve.launch.discover import find_entry_points
from linkstep.tree.altered import AlteredTree
from linkstep.why.case import THERE, Case

_STARTS = (Problem.BROKEN_ENTRY_POINT, Problem.BROKEN_LAUNCH_COMMAND)


class Needs:
    """Answers who needs a part of a linked program."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def of(self, text: str) -> Needed:
        """Give who needs a module or a name, and what became of it if it is not there."""
        subject = self.case.words.subject(text)
        if subject.outside:
            if subject.outside in self.case.words.missing:
                return self._missing(subject.outside, "", subject.outside)
            return self._foreign(subject.outside)
        if len(subject.modules) > 1 and not subject.name:
            raise LinkstepError(
                f"{text} is a package without a file of its own", hint="name a module in it"
            )
        module = self.case.words.modules[subject.modules[0]]
        if not subject.name:
            return self._there(module, "")
        if subject.name in module.names:
            return self._there(module, subject.name)
        return self._missing(module.name, subject.name, subject.name)

    def _missing(self, module: str, name: str, lacking: str) -> Needed:
        facts = {(f.path, f.span, f.name): f for f in self.case.references}
        links = [link for link in self._links(module, name) if link.name == lacking]
        needs = self._needs(links, lambda link: facts.get((link.path, link.span, link.name)))
        past = self.case.module_past(module) if not name else self.case.name_past(module, name)
        if not needs and (past is None or past.kind in (PastKind.NEVER, PastKind.UNKNOWN)):
            raise self._no_such(module, name)
        reported = [f for f in self.case.references if (f.name, f.module) == (lacking, module)]
        if not name:
            reported = [f for f in self.case.references if f.name == module]
        told = next(iter(reported), None)
        offers = self.case.words.modules[module].names if name else ()
        near = told.suggestion if told is not None else None
        if told is None and name and (close := closest(name, offers)):
            near = f"{module}.{close}"
        found = [f for f in self.case.findings if f.fact in reported]
        blocks, weakens = self.case.hit_by(found)
        hit = {"blocks": blocks, "weakens": weakens}
        answer = Needed(module, name, needs=needs, past=past, reference=told, suggestion=near)
        return self._answer(replace(answer, **hit))

    def _links(self, module: str, name: str) -> Iterator[BrokenLink]:
        for link in self.case.program.broken:
            if link.cause is None and link.problem not in THERE:
                is_module = link.exception.startswith("ModuleNotFoundError")
                if (link.module == module and not is_module) if name else is_module:
                    yield link

    def _there(self, module: LinkedModule, name: str) -> Needed:
        """Give what would break without a module or a name that is there."""
        if name:
            line = bound_at(module.summary, name) or 0
            text = self.case.source.tree.read(module.path) + f"\n\ndel {name}\n".encode()
            altered: dict[str, bytes | None] = {module.path: text}
        else:
            line = 1
            directory, base = posixpath.split(module.path)
            altered = {directory if base == "__init__.py" and directory else module.path: None}
        word = name or module.name.rpartition(".")[2]
        project = self.case.project
        if not name and "." not in module.name:
            # Else an environment that is not known might have a module of this name.
            project = replace(project, environment=replace(project.environment, found=True))
        after = self._linked_without(AlteredTree(self.case.source.tree, altered), word, project)
        before = {(link.path, link.span) for link in self.case.program.broken}
        new = [
            link
            for link in after.broken
            if (link.path, link.span) not in before
            and link.path not in altered
            and _is_about(link, module, name)
            and (link.cause is None or (name and self._says(link, name)))
        ]
        answer = Needed(module.name, name, module.path, line, self._needs(new))
        return self._answer(answer)

    def _linked_without(self, tree: Tree, word: str, project: Project) -> Program:
        """Link the files that mention a word, and what starts the program, over another tree."""
        base, check = self.case.source.tree, self.case.check
        read = reader_of(base)
        own = {module.path for module in self.case.program.modules}
        files = [path for path in tree.files() if path in own]
        mentioning = [path for path in files if word.encode() in (read(path) or b"")]
        launches = find_entry_points(base)
        declared = {entry.declared_at.path for entry in launches.entries}
        checked = (*mentioning, *sorted(declared))
        configuration = replace(self.case.configuration, entry_points=())
        summaries, observer = self.case.summaries, self.case.observer
        ground = ground_of(tree, project, configuration, check, checked, summaries)
        return link_project(ground, configuration, checked, observer, launches=launches).program

    def _says(self, link: BrokenLink, word: str) -> bool:
        """Whether a reference that fails for another one's cause asks for the word itself."""
        lines, line = self.case.lines(link.path), link.span.line
        return line <= len(lines) and bool(re.search(rf"\b{re.escape(word)}\b", lines[line - 1]))

    def _foreign(self, module: str) -> Needed:
        """Give who imports a module of a distribution, or one below it."""
        imports = [
            one
            for one in self.case.program.foreign
            if one.module == module or one.module.startswith(f"{module}.")
        ]
        if not imports:
            raise LinkstepError(
                f"{module} is of the standard library, which is always there",
                hint=f"`linkstep why MODULE {module}` says how it is reached",
            )
        found = next((one.found for one in imports if one.found), None)
        needs = self._needs(map(_as_broken, imports))
        return self._answer(Needed(module, path=found or "", needs=needs))

    def _needs(
        self,
        links: Iterable[BrokenLink],
        fact_of: Callable[[BrokenLink], BrokenReference | None] = lambda link: None,
    ) -> tuple[Need, ...]:
        """Give references with who reaches them, heaviest first."""
        needs: dict[tuple[str, Span], Need] = {}
        for link in links:
            fact = fact_of(link) or replace(
                reference_of(link), reached_from=self.case.reach(link.importing)
            )
            through = Location(*link.cause) if link.cause is not None else None
            need = Need(fact, link.optional, is_test(link.path), through)
            needs.setdefault((link.path, link.span), need)
        return tuple(sorted(needs.values(), key=_need_weight))

    def _answer(self, answer: Needed) -> Needed:
        """Add who reaches the references, and which parts of the program need them."""
        reached: dict[str, Reach] = {}
        stops: dict[str, None] = {}
        for need in answer.needs:
            if need.reference.problem in _STARTS:
                stops[need.reference.importing] = None
            for reach in need.reference.reached_from:
                known = reached.get(reach.entry)
                if known is None or _length(reach) < _length(known):
                    reached[reach.entry] = reach
                one = need.reference
                fatal = one.runs is Runs.IMPORT and one.guard.kind is GuardKind.NONE
                if fatal and not reach.deferred:
                    stops[reach.entry] = None
        importing = {need.reference.importing for need in answer.needs if not need.is_test}
        parts = [c.name for c in self.case.plan.components if importing & set(c.modules)]
        return replace(
            answer,
            reached_from=tuple(sorted(reached.values(), key=_length)),
            unreached=bool(self.case.entries and answer.needs and not reached and not stops),
            stops=tuple(stops),
            components=tuple(parts),
        )

    def _no_such(self, module: str, name: str) -> LinkstepError:
        if not name:
            return LinkstepError(f"there is no module {module}")
        linked = self.case.words.modules[module]
        summary = linked.summary
        known = [*(f"{module}.{own}" for own in linked.names), *self.case.words.modules]
        is_open = bool(summary.opens or summary.lazy or summary.hands_over)
        return LinkstepError(
            f"{module} has no name {name}, and nothing asks for it",
            where=linked.path,
            why="it makes names at run time, which cannot be listed" if is_open else "",
            hint=suggestion(f"{module}.{name}", known),
        )


def _is_about(link: BrokenLink, module: LinkedModule, name: str) -> bool:
    """Whether a reference asks for a module, one below it, or a name of it.

    One that fails for another one's cause says nothing about what it asks for. Without the
    first choice a fallback is linked that was not before, and may fail for its own reasons.
    """
    if link.cause is not None:
        return True
    if name:
        return (link.module, link.name) == (module.name, name)
    asked = (link.name, f"{link.module}.{link.name}")
    below = f"{module.name}."
    return link.name == module.path or any(f"{one}.".startswith(below) for one in asked)


def _length(reach: Reach) -> tuple[bool, int]:
    return reach.deferred, len(reach.chain)


def _need_weight(need: Need) -> tuple[bool, bool, bool, bool, str, Span]:
    """Order references: those of what runs first, and those that fail early."""
    one = need.reference
    return (
        need.is_test,
        not one.reached_from,
        one.runs is Runs.CALL,
        need.through is not None,
        one.path,
        one.span,
    )


def _as_broken(one: ForeignImport) -> BrokenLink:
    """Give an import as it would fail if the distribution were not there."""
    return BrokenLink(
        problem=Problem.MISSING_MODULE,
        path=one.path,
        span=one.span,
        importing=one.importing,
        module="",
        module_path=None,
        name=one.module,
        origin=Origin.THIRD_PARTY,
        runs=one.runs,
        exception=f"ModuleNotFoundError: No module named '{one.module}'",
        guard=one.guard,
        function=one.function,
        optional=one.optional,
    )
