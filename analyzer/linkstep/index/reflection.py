"""Which definitions of a file touch the namespaces of others: frames, and the table of modules.

A file that has none of the words for these touches nothing. In one that has some, a function or
class at the top leaves the namespaces of others alone when the words are not in it, nor in
anything of the file that it leads to: what it mentions by name, as an attribute or in a string,
what is decorated with that, what statements at the top do to it, and, for objects that can be
changed, all that mentions them. Whatever is not plain counts as touching: a name that is bound
twice or under a condition, a class with bases of other files, a decorator of another file.

Other files come in by `refs`, what such a definition may call of them. The linker asks the files
of these the same question. What runs while the file is imported has run before anybody can call
the definition, so that a decorator of another file is taken to give the definition that it got,
as it is in a file without the words.
"""

from __future__ import annotations

import ast
import builtins
import re

from linkstep.index.frame_reading import bound_in_callers
from linkstep.index.table_reading import only_looks
from linkstep.index.top_level import PLAIN_MODULES, Part
from linkstep.index.walking import nodes
from linkstep.model.expressions import Ref
from linkstep.model.summary import Harmless, ImportFrom, ImportModule

_WORDS = (b"sys.modules", b"_getframe", b"f_globals", b"currentframe", b"stack()")
# A comment; a traceback as text; whether a module is there, a copy of its names; the name of
# the caller.
_HARMLESS = re.compile(
    rb"^\s*#.*|\btraceback\.\w+_stack\(\)|\bin sys\.modules\b(?!\s*[\[.])"
    rb"|\.update\(sys\.modules\[[\w.]+\]\.__dict__\)"
    rb"|\b_getframe\(\w*\)\.f_globals(?:\.get\(|\[)\s*['\"]__name__['\"]",
    re.MULTILINE,
)
_MANY = 50
_TO_NEXT_LINE = re.compile(rb".*\s*.*")
# With these the file may bind its own names in a way that cannot be seen.
_REBINDING = frozenset({"globals", "exec", "eval", "vars", "execfile"})
_MOST_REFS = 48  # of one definition; one with more is not told apart, so summaries stay small
_NEVER_CHANGED = frozenset({"object", "frozenset", "TypeVar", "namedtuple", "compile"})
_BUILTINS = frozenset(dir(builtins))

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def is_reflective(source: bytes, tree: ast.Module) -> bool:
    """Whether a file touches the namespaces of others, except to read what changes nothing."""
    words = [word for word in _WORDS if _is_left(word, source)]
    if words != [b"sys.modules"]:
        return bool(words)
    return not only_looks(tree, source.decode("latin-1"))


def _is_left(word: bytes, source: bytes) -> bool:
    """Whether a word stands in a file in another way than the harmless ones.

    Only its lines are searched for these, unless it is on so many that all of the file may be.
    """
    at = source.find(word)
    if at >= 0 and source.count(word) > _MANY:
        return word in _HARMLESS.sub(b"", source)
    while at >= 0:
        begin = source.rfind(b"\n", 0, at) + 1
        around = _TO_NEXT_LINE.match(source, at)
        assert around is not None
        spared = _HARMLESS.finditer(source, begin, around.end())
        if not any(found.start() <= at < found.end() for found in spared):
            return True
        at = source.find(word, at + 1)
    return False


def harmless_definitions(tree: ast.Module) -> dict[str, Harmless]:
    """Give the definitions of a file that leave the namespaces of others alone, with their `refs`.

    >>> text = '''import sys
    ... from m import f
    ... def bind(name): sys._getframe(1).f_globals[name] = 1
    ... def note(kind): return f(kind)
    ... def both(): note(int), bind()
    ... '''
    >>> list(harmless_definitions(ast.parse(text)))
    ['note']
    """
    return _File(tree).harmless()


class _File:
    """The statements at the top of a file, and what leads from each to others."""

    def __init__(self, tree: ast.Module) -> None:
        self.parts = [Part(statement) for statement in tree.body]
        self.bound = [bound_in_callers(statement) for statement in tree.body]
        self.binding: dict[str, list[int]] = {}
        for place, part in enumerate(self.parts):
            for name in sorted(part.binds - {"__all__"}):
                self.binding.setdefault(name, []).append(place)
        imported = {name for part in self.parts for name in part.imported}
        foreign = {name for name in imported if not self._is_plain_import(name)}
        self.refs = [{ref for ref in part.refs if ref.name in foreign} for part in self.parts]
        self._leads: dict[int, set[int]] = {}
        self._plain: dict[str, bool] = {}

    def harmless(self) -> dict[str, Harmless]:
        """Give the definitions that touch nothing, with what they may call of other files."""
        if "*" in self.binding or any(map(self._may_rebind, range(len(self.parts)))):
            return {}
        found: dict[str, Harmless] = {}
        for name, places in self.binding.items():
            if not any(self.parts[place].is_import for place in places):
                reached = self._reached(places)
                one = self._described(name, reached) if reached is not None else None
                if one is not None:
                    found[name] = one
        return found

    def _may_rebind(self, place: int) -> bool:
        """Whether a statement may bind names of the file in a way that cannot be seen.

        The file's own module may be taken out of the table by its name.
        """
        part = self.parts[place]
        if part.mentions & _REBINDING or (not part.is_definition and "locals" in part.mentions):
            return True
        return self.bound[place] is None and any(
            isinstance(node, ast.Name) and node.id == "__name__" for node in nodes(part.statement)
        )

    def _is_plain(self, name: str) -> bool:
        """Whether a name is one definition of this file, all of whose code is known."""
        if name not in self._plain:
            self._plain[name] = False  # a circle of bases is none
            places = self.binding.get(name, [])
            statement = self.parts[places[0]].statement if len(places) == 1 else None
            self._plain[name] = isinstance(statement, _Definition) and self._is_known(statement)
        return self._plain[name]

    def _is_known(self, definition: _Definition) -> bool:
        made_by = [getattr(one, "func", one) for one in definition.decorator_list]
        if isinstance(definition, ast.ClassDef):
            made_by += [
                getattr(base, "value", base) if isinstance(base, ast.Subscript) else base
                for base in definition.bases
            ]
            if definition.keywords:
                return False
        return all(self._is_of_here(one) for one in made_by)

    def _is_of_here(self, node: ast.expr) -> bool:
        """Whether an expression is a plain definition of this file, or adds no code to one."""
        if isinstance(node, ast.Attribute):
            node = node.value
            return isinstance(node, ast.Name) and self._is_plain_import(node.id)
        if not isinstance(node, ast.Name):
            return False
        if node.id not in self.binding:
            return node.id in _BUILTINS
        return self._is_plain(node.id) or self._is_plain_import(node.id)

    def _is_plain_import(self, name: str) -> bool:
        statements = [self.parts[place].statement for place in self.binding.get(name, [])]
        return bool(statements) and all(_is_plain_import(statement) for statement in statements)

    def _reached(self, start: list[int]) -> set[int] | None:
        """Give the statements that some lead to, None when one of them touches something."""
        reached = set(start)
        pending = list(start)
        while pending:
            place = pending.pop()
            if self.bound[place] is None:
                return None
            further = self._next(place) - reached
            reached |= further
            pending += further
        return reached

    def _next(self, place: int) -> set[int]:
        found = self._leads.get(place)
        if found is None:
            part = self.parts[place]
            named = (name for name in part.mentions if name in self.binding)
            found = {there for name in named for there in self.binding[name]}
            if not part.is_import:
                shared = not part.is_definition and _may_be_changed(part.statement)
                found |= {
                    there
                    for there, other in enumerate(self.parts)
                    if _acts_on(other, part.binds, shared=shared)
                }
            self._leads[place] = found
        return found

    def _described(self, name: str, reached: set[int]) -> Harmless | None:
        """Give a definition, with what all that it leads to may call of other files."""
        refs = {ref for place in reached for ref in self.refs[place]}
        if len(refs) > _MOST_REFS:
            return None
        parts = [self.parts[place] for place in sorted(reached)]
        imports = (step for part in parts for step in part.imports)
        further = tuple(step for step in dict.fromkeys(imports) if not _adds_nothing(step))
        bound = {one for place in reached for one in self.bound[place] or ()}
        calls = tuple(sorted(refs, key=_in_order))
        return Harmless(calls, further, self._is_plain(name), tuple(sorted(bound)))


def _acts_on(part: Part, names: set[str], *, shared: bool) -> bool:
    """Whether a statement may change what the names are bound to; with `shared` by its methods."""
    if part.is_import or part.binds == {"__all__"}:
        return False
    if part.changes & names or part.decorators & names:
        return True
    return (shared or not part.is_definition) and bool(part.mentions & names)


def _may_be_changed(statement: ast.stmt) -> bool:
    """Whether what a statement binds may be an object to which others add something."""
    value = getattr(statement, "value", None)
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or value is None:
        return True
    called = getattr(getattr(value, "func", None), "id", None)
    return not isinstance(value, ast.Constant) and called not in _NEVER_CHANGED


def _is_plain_import(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return not statement.level and (statement.module or "").partition(".")[0] in PLAIN_MODULES
    if isinstance(statement, ast.Import):
        return all(alias.name.partition(".")[0] in PLAIN_MODULES for alias in statement.names)
    return False


def _adds_nothing(step: ImportModule | ImportFrom) -> bool:
    level = step.level if isinstance(step, ImportFrom) else 0
    return not level and step.module.partition(".")[0] in PLAIN_MODULES


def _in_order(ref: Ref) -> tuple[str, tuple[str, ...]]:
    return ref.name, ref.attributes
