"""Evidence from other files: who makes a module, who sets names on it.

Asked only when a name was not found where it should be, so whole-tree questions cost
nothing while everything links.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from linkstep.link.entered_names import literal_entries, may_enter
from linkstep.link.idle import idle_functions, is_taken
from linkstep.link.made_modules import makers_among, may_be_made
from linkstep.link.modules import Module, Modules, is_namespace
from linkstep.link.needs import hooks_at_import, needs_first
from linkstep.link.outcomes import Definition, Failed, ModuleValue
from linkstep.link.paths import directory_of
from linkstep.link.reflection import may_bind
from linkstep.link.submodules import imports_of
from linkstep.link.survey import ENTERING, Setters, Survey, survey
from linkstep.model.environment import Missing, Origin
from linkstep.model.expressions import Compare, Ref
from linkstep.model.links import Doubt
from linkstep.model.steps import all_steps, root_of
from linkstep.model.summary import (
    ExternalBind,
    FileSummary,
    If,
    ModuleAlias,
    PathEdit,
)
from linkstep.model.trace import Setting

if TYPE_CHECKING:
    from linkstep.link.lookup import Lookup

TextsAround = Callable[[str, tuple[str, ...]], Iterable[bytes]]
"""Gives the files of the installed package that a file belongs to, by their suffixes."""

_MOST_DIRECTORIES = 64  # that one file puts on sys.path; more are not looked through
_SETTING = re.compile(rb"\.(\w+)\s*=[^=]|setattr\([^)\n]*[\"'](\w+)[\"']")


class Evidence:
    """Looks for what could make an absent name present all the same."""

    def __init__(self, modules: Modules, lookup: Lookup) -> None:
        self.modules = modules
        self.lookup = lookup
        self.first_party: list[Module] = []
        self.setters: Setting | None = None  # of a link before, where that still holds
        self.importers: Callable[[str], Iterable[str]] = lambda path: ()
        self.others: list[Module] = []
        self.texts_around: TextsAround = lambda path, suffixes: ()
        self.text_of: Callable[[str], bytes] = lambda path: b""
        self.source_of: Callable[[str], bytes] = lambda path: b""  # only its imports count
        self._own_aliases: dict[Module, set[str]] = {}
        self._surveys: dict[str, Survey] = {}
        self._set_there: dict[Module, Setters] = {}
        self._setting: dict[bytes, list[Module]] | None = None
        self._set_names: dict[str, frozenset[bytes]] = {}
        self._injected: dict[str, frozenset[bytes]] = {}
        self._edited: dict[Module, tuple[tuple[str, ...], bool]] = {}
        self._started: list[Module] | None = None
        self._aliased: set[str] | None = None
        self._needed: dict[tuple[Module, str], bool] = {}
        self._made: dict[Module, tuple[list[ModuleAlias], list[ModuleAlias]]] = {}
        self._making_none: set[Module] = set()  # they make no module, whatever its name
        self._makeable: dict[str, bool] = {}
        self._makers: list[bytes] | None = None  # of the project
        self._own: dict[Module, tuple[Module, ...]] = {}

    def others_with(self, word: bytes) -> Iterator[Module]:
        """Give the modules that are not checked and whose text contains a word."""
        return (module for module in self.others if word in self.text_of(module.path))

    # Modules that are missing

    def module_doubt(self, missing: Missing, importer: Module | None) -> Doubt | None:
        """Say why the absence of a module proves nothing, or None when it does."""
        if missing.doubt is not None:
            return doubt_of(missing.doubt)
        if missing.elsewhere is not None and importer is not None and _is_script(importer):
            return Doubt.ELSEWHERE
        if missing.found_up_to:
            return self._parent_doubt(missing, importer)
        if importer is None:
            return None
        return self._path_doubt(missing, importer)

    def _parent_doubt(self, missing: Missing, importer: Module | None) -> Doubt | None:
        """A package that exists may still be extended while the program runs."""
        name = missing.found_up_to
        while name:
            package = self.modules.find(name, importer)
            if isinstance(package, Module) and package.summary is not None:
                summary = package.summary
                if summary.problem is not None:
                    return Doubt.BROKEN_FILE
                if summary.opens_path:
                    return Doubt.OPEN
                for provider in (package, *self._own_imports(package)):
                    if provider not in self._making_none and self._may_make(provider, missing.name):
                        return Doubt.OPEN
            elif (
                isinstance(package, Module)
                and package.why_opaque
                and package.is_package
                and package.origin is not Origin.STANDARD_LIBRARY
            ):
                return Doubt.OPAQUE
            elif isinstance(package, Module) and self._is_extended(package, missing, importer):
                return Doubt.PATH
            name = name.rpartition(".")[0]
        if importer is not None and self._aliased_anywhere(missing.name):
            return Doubt.OPEN
        return None

    def _is_extended(self, package: Module, missing: Missing, importer: Module | None) -> bool:
        """Whether a directory that code puts on sys.path has more of a namespace package."""
        if not is_namespace(package):
            return False
        if importer is not None and any(
            self._edits(one)[1] for one in self._path_editors(importer)
        ):
            return True
        name = missing.name
        return any(isinstance(self.modules.find(name, start), Module) for start in self._starts())

    def _starts(self) -> Sequence[Module]:
        """Give what a script would be in each directory that the project puts on sys.path."""
        if self._started is None:
            edited = {place for module in self.first_party for place in self._edits(module)[0]}
            places = (posixpath.join(directory, "__main__.py") for directory in sorted(edited))
            self._started = [Module("", place, Origin.FIRST_PARTY, False) for place in places]
        return self._started

    def _own_imports(self, package: Module) -> tuple[Module, ...]:
        """Give the package's own modules that its `__init__` imports."""
        own = self._own.get(package)
        if own is None:
            names = sorted(imports_of(package))
            below = (name for name in names if name.startswith(package.name + "."))
            found = (self.modules.find(name, package) for name in below)
            own = tuple(module for module in found if isinstance(module, Module))
            self._own[package] = own
        return own

    def _may_make(self, package: Module, name: str) -> bool:
        """Whether the package puts `name` into sys.modules itself, or may serve it by a hook."""
        summary = package.summary
        if summary is None:
            return False
        at_import, later = self._aliases_of(package, summary)
        if not (at_import or later or summary.hooks):
            self._making_none.add(package)
            return False
        if any(self._names(step, package, name) for step in at_import):
            return True
        if summary.hooks and hooks_at_import(summary, self.text_of(package.path)):
            return True
        called = any(self._names(step, package, name) for step in later)
        if not (called or summary.hooks):
            return False
        needed = self._needed.get((package, name))
        if needed is None:
            needed = needs_first(package, name, self.modules.find, self.lookup.executed)
            self._needed[package, name] = needed
        return not needed

    def _aliases_of(
        self, package: Module, summary: FileSummary
    ) -> tuple[list[ModuleAlias], list[ModuleAlias]]:
        """Give what a module puts into sys.modules: when it is imported, and when it is called."""
        made = self._made.get(package)
        if made is None and not package.steps(ModuleAlias):
            made = self._made[package] = [], []
        if made is None:
            idle = self._idle_functions(package, summary) if summary.only_called else set()
            inside = (
                step
                for index, scope in enumerate(summary.scopes)
                if root_of(summary, index) not in idle
                for step in all_steps(scope.steps)
            )
            made = (
                [step for step in all_steps(summary.body) if isinstance(step, ModuleAlias)],
                [step for step in inside if isinstance(step, ModuleAlias)],
            )
            self._made[package] = made
        return made

    def _idle_functions(self, module: Module, summary: FileSummary) -> set[str]:
        """Give the functions of a checked module that nothing in the project calls."""
        if not module.is_first_party:
            return set()
        evaluator = self.lookup.evaluator
        idle = idle_functions(summary, lambda test: evaluator.decide(test, module))
        self.lookup.executed.update((module.path, at) for at in range(len(summary.scopes)))
        others = [one for one in (*self.first_party, *self.others) if idle and one is not module]
        texts = [(one, self.text_of(one.path)) for one in others]
        return {name for name in idle if not any(is_taken(name, module, *other) for other in texts)}

    def _names(self, step: ModuleAlias, package: Module, name: str) -> bool:
        """Whether a statement may enter `name` in sys.modules."""
        if step.own:
            return self._may_be_made(package, name)
        return may_enter(step, package, name, self.modules.find)

    def _may_be_made(self, package: Module, name: str) -> bool:
        """Whether the project, or the installed package, may make a module of that name."""
        if name not in self._makeable:
            if self._makers is None:
                modules = (*self.first_party, *self.others)
                self._makers = makers_among(self.text_of(module.path) for module in modules)
            makers = self._makers
            if not package.is_first_party:
                makers = makers + makers_among(self.texts_around(package.path, (".py",)))
            self._makeable[name] = may_be_made(name, makers)
        return self._makeable[name]

    def _aliased_anywhere(self, name: str) -> bool:
        return any(name == alias or name.startswith(alias + ".") for alias in self._aliases())

    def _aliases(self) -> set[str]:
        """Give the names under which first-party code puts objects into sys.modules."""
        if self._aliased is None:
            beside = self.others_with(b"sys.modules")
            named = (name for module in beside for name in literal_entries(module))
            self._aliased = self._survey(ENTERING).aliases | set(named)
        return self._aliased

    def is_replaced(self, module: Module) -> bool:
        """Whether code puts another object into sys.modules under the module's name."""
        own = self._own_aliases.get(module)
        if own is None:
            own = self._own_aliases[module] = literal_entries(module)
        return module.name in own or module.name in self._aliases()

    def _path_doubt(self, missing: Missing, importer: Module) -> Doubt | None:
        """A top-level module may come from a directory that code puts on sys.path."""
        top = missing.name.partition(".")[0]
        if self._aliased_anywhere(top):
            return Doubt.OPEN
        for module in self._path_editors(importer):
            directories, unknown = self._edits(module)
            if unknown or len(directories) > _MOST_DIRECTORIES:
                return Doubt.PATH
            for directory in directories:
                place = posixpath.join(directory, "__main__.py")
                found = self.modules.find(top, Module("", place, Origin.FIRST_PARTY, False))
                if isinstance(found, Module):
                    return Doubt.PATH
            if module.summary is not None and module.summary.hooks:
                return Doubt.FINDER
        return None

    def _path_editors(self, importer: Module) -> list[Module]:
        """The importer, its parent packages, and the conftest files above it."""
        editors = [importer]
        name = importer.name.rpartition(".")[0]
        while name:
            parent = self.modules.find(name, importer)
            if isinstance(parent, Module) and parent.summary is not None:
                editors.append(parent)
            name = name.rpartition(".")[0]
        editors += self._packages_around(importer)
        if importer.is_first_party:
            for module in (*self.first_party, *self.others):
                directory = module.directory
                inside = not directory or importer.path.startswith(directory + "/")
                if inside and module.path.rpartition("/")[2] == "conftest.py":
                    editors.append(module)
        return editors

    def _packages_around(self, importer: Module) -> Iterator[Module]:
        """Give the packages whose directories a module is in, whatever name it is known by.

        setuptools serves its `_distutils` as `distutils`, and a package may vendor others.
        """
        parts = importer.directory.split("/")
        for count, part in enumerate(parts):
            found = self.modules.find(part, importer)
            place = "/".join((*parts[: count + 1], "__init__.py"))
            if isinstance(found, Module) and found.path == place and found.summary is not None:
                yield found

    def _edits(self, module: Module) -> tuple[tuple[str, ...], bool]:
        """The directories a module adds to sys.path; True when one is not understood."""
        found = self._edited.get(module)
        if found is None:
            directories: list[str] = []
            unknown = False
            for step in module.steps(PathEdit):
                directory = directory_of(step.directory, module, self.lookup)
                if directory is None:
                    unknown = True
                else:
                    directories.append(directory)
            found = self._edited[module] = (tuple(directories), unknown)
        return found

    # Names that are set from outside

    def may_be_set(self, module: Module, name: str) -> bool:
        """Whether some first-party file sets `name` on the module, or may do so."""
        if not module.is_first_party and self._set_inside(module, name):
            return True
        return any(
            module in self._modules_at(step, importer)
            for key in (name, None)
            for step, importer in self._setters(key, module.name.rpartition(".")[2])
        )

    def _set_inside(self, module: Module, name: str) -> bool:
        """Whether the distribution of an installed module may set `name` on it.

        Its files are only searched as text: `mail.outbox = []` in one of them is enough.
        """
        if self._sets_itself(module, name):
            return True
        if module.origin is not Origin.THIRD_PARTY:
            return False
        top = module.name.partition(".")[0]
        found = self._set_names.get(top)
        if found is None:
            found = self._set_names[top] = frozenset(
                first or second
                for text in self.texts_around(module.path, (".py",))
                for first, second in _SETTING.findall(text)
            )
        return name.encode() in found or self._is_injected_into(module)

    def _is_injected_into(self, module: Module) -> bool:
        """Whether compiled code of the same package speaks of an installed module by name.

        Code written in C may put names into it (psycopg2 fills `psycopg2.errors` so); what
        Cython makes of Python code names the modules that it imports, and leaves them alone.
        """
        top = module.name.partition(".")[0]
        found = self._injected.get(top)
        if found is None:
            dotted = re.compile(rb"\b%s(?:\.\w+)*" % re.escape(top).encode())
            found = self._injected[top] = frozenset(
                name
                for code in self.texts_around(module.path, (".so", ".pyd"))
                if b"cython_runtime" not in code
                for name in dotted.findall(code)
            )
        return module.name.encode() in found

    def _sets_itself(self, module: Module, name: str) -> bool:
        """Whether a module of the environment imports itself to set names on it."""
        return any(
            step.name in (name, None) and module in self._modules_at(step, module)
            for step in module.steps(ExternalBind)
        )

    def _setters(self, name: str | None, owner: str) -> Iterator[tuple[ExternalBind, Module]]:
        """Give the places that set an attribute of this name (None: a computed one).

        Of the files that are not checked only those count that mention the `owner`, the last
        part of the module's name: it has to be imported there.
        """
        yield from self._survey(name or "").setters.get(name, ())
        if self._setting is None:
            self._setting = self._text_setters()
        for module in self._setting.get(b"" if name is None else name.encode(), ()):
            if owner.encode() in self.text_of(module.path):
                if module not in self._set_there:
                    self._set_there[module] = survey([module]).setters
                yield from self._set_there[module].get(name, ())

    def importers_of(self, module: str) -> Iterator[Module]:
        """Give checked modules that are known to import a module, as far as that is known.

        One of the project is given by the path of its file, others by their names.
        """
        importers = frozenset(self.importers(module))
        return (module for module in self.first_party if module.path in importers)

    def set_by(self, module: Module) -> tuple[tuple[str, str], ...]:
        """Give the names that a file sets on modules, with these; an empty name is computed."""
        found = {
            (target.name, step.name or "")
            for step in module.steps(ExternalBind)
            for target in self._modules_at(step, module)
        }
        return tuple(sorted(found))

    def setting(self) -> Setting:
        """Give the checked files that may set names on other modules, by these names, or enter
        modules.
        """
        if self.setters is not None:
            return self.setters
        files = sorted(self._survey("").files.items())
        return {name: tuple(sorted(paths)) for name, paths in files}

    def _survey(self, name: str) -> Survey:
        """Look through the checked files that may set a name or enter modules, once."""
        setters = self.setters
        key = name if setters is not None else ""
        if key not in self._surveys:
            chosen = None if setters is None else frozenset(setters.get(key, ()))
            asked = (one for one in self.first_party if chosen is None or one.path in chosen)
            self._surveys[key] = survey(asked)
        return self._surveys[key]

    def _text_setters(self) -> dict[bytes, list[Module]]:
        """Give the unchecked files that set an attribute, by its name (`` for computed ones)."""
        setting: dict[bytes, list[Module]] = {}
        for module in self.others:
            text = self.text_of(module.path)
            names = {first or second for first, second in _SETTING.findall(text)}
            for name in sorted(names | ({b""} if b"setattr(" in text else set())):
                setting.setdefault(name, []).append(module)
        return setting

    def _modules_at(self, step: ExternalBind, importer: Module) -> list[Module]:
        """Give the modules that a statement may set a name on."""
        values = self._values(step.target, importer)
        return [value.module for value in values if isinstance(value, ModuleValue)]

    def _values(self, ref: Ref, module: Module) -> list[object]:
        if ref.scope == 0:
            return [self.lookup.value_of(ref, module)]
        if ref.scope < 0:
            return []
        bindings = self.lookup.failures.scope_bindings(module, ref.scope).get(ref.name, [])
        return [
            self.lookup.attributes(self.lookup.follow(module, binding), ref.attributes)
            for binding in bindings
        ]

    def sets_builtin(self, name: str) -> bool:
        """Whether a first-party file adds `name` to the builtins."""
        return any(
            step.target.name == "builtins" and not step.target.attributes
            for key in (name, None)
            for step, _ in self._setters(key, "builtins")
        )

    def is_hooked(self, module: Module) -> bool:
        """Whether an installed package brings an import hook, which may serve its names."""
        return module.origin is Origin.THIRD_PARTY and any(
            provider.summary is not None and provider.summary.hooks
            for provider in (module, *self._own_imports(module))
        )

    def handed_over(self, module: Module, name: str) -> bool:
        """Whether a function that got `__name__` may add a name to the module.

        What it is decides: one that touches neither frames nor sys.modules cannot.
        """
        summary = module.summary
        if summary is None:
            return False
        for callee in summary.hands_over:
            if callee.scope != 0:
                continue
            names = self.lookup.names(module)
            entry = names.get(callee.name) if names is not None else None
            if entry is None or not entry.live:
                continue
            value = self.lookup.value_of(callee, module)
            if isinstance(value, Failed):
                continue  # what cannot be imported is not called
            if not isinstance(value, ModuleValue | Definition):
                return True
            provider = value.module
            if provider is module:
                continue
            if may_bind(value, name, self.lookup):
                return True
        return False


def _is_script(module: Module) -> bool:
    """Whether a file has an `if __name__ == "__main__":` block, so that it may be started."""
    return module.summary is not None and any(
        isinstance(step, If)
        and isinstance(step.test, Compare)
        and isinstance(step.test.left, Ref)
        and step.test.left.name == "__name__"
        for step in module.summary.body
    )


def doubt_of(text: str) -> Doubt:
    """Sort what the resolve stage says about an absence into the doubts that are counted."""
    if "no environment" in text:
        return Doubt.NO_ENVIRONMENT
    if "build" in text or "compile" in text:
        return Doubt.BUILT
    return Doubt.FINDER if "finder" in text or ".pth" in text else Doubt.ELSEWHERE
