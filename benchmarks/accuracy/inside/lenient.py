"""An import system that goes on where a mutation broke a module of the project.

A broken import at module level makes everything that needs it fail, and would hide all other
breaks. Here a name or module that a mutation took away is replaced by a placeholder, so that
execution goes on. Only what is gone by name is replaced, and only where no handler of the
program waits for the exception.
"""

import __future__

import ast
import builtins
import linecache
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import FrameType, ModuleType
from typing import Any

BROAD = {"Exception", "BaseException"}
IMPORT_MACHINERY = ("<frozen importlib", "importlib/__init__.py", "importlib/util.py")


class Anything:
    """Base of classes whose own base is gone."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__()

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__()


class Placeholder:
    """Stands for what is gone: can be called, subclassed, iterated and read at will."""

    def __getattr__(self, name: str) -> "Placeholder":
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *given: Any, **named: Any) -> Any:
        decorates = len(given) == 1 and not named and callable(given[0])
        return given[0] if decorates and not isinstance(given[0], Placeholder) else self

    def __mro_entries__(self, bases: object) -> tuple[type, ...]:
        return (Anything,)

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __instancecheck__(self, value: object) -> bool:
        return False

    def __subclasscheck__(self, value: object) -> bool:
        return False

    def __enter__(self) -> "Placeholder":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def itself(self, *other: object) -> "Placeholder":
        return self

    __getitem__ = __or__ = __ror__ = __add__ = __radd__ = __sub__ = __mul__ = __mod__ = itself
    __and__ = __rand__ = __rmul__ = __truediv__ = __neg__ = __lshift__ = __rshift__ = itself

    def __contains__(self, value: object) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __int__(self) -> int:
        return 0

    __index__ = __int__

    def __float__(self) -> float:
        return 0.0

    def __str__(self) -> str:
        return "placeholder"

    def __fspath__(self) -> str:
        return "placeholder"


class PlaceholderModule(ModuleType):
    """Stands for a module that is gone; every name of it is a placeholder."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Placeholder:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Placeholder()


class Lenience:
    """What is replaced: names by their last part, modules by their full name.

    `steady` are the modules that could be imported before: none of their statements is
    meant to fail.
    """

    def __init__(
        self, project: str, names: Sequence[str], modules: Sequence[str], steady: Sequence[str]
    ) -> None:
        self.project = project
        self.steady = frozenset(steady)
        self.names = frozenset(names)
        self.modules = frozenset(modules)
        self.refused: ModuleType | None = None
        self.guards_by_path: dict[str, list[tuple[int, int, set[str]]]] = {}

    def install(self) -> None:
        """Take the first place in the import system, and lend names to whoever has lost them."""
        lenience = self

        class LenientModule(ModuleType):
            def __getattr__(self, name: str) -> Placeholder:
                if not lenience.lends(self, name):
                    raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
                return Placeholder()

        class LenientLoader(SourceFileLoader):
            def create_module(self, spec: ModuleSpec) -> ModuleType:
                return LenientModule(spec.name)

            def exec_module(self, module: ModuleType) -> None:
                if module.__name__ in lenience.steady:
                    execute_by_statement(self.get_data(self.path), self.path, module)
                else:
                    super().exec_module(module)

        class Finder:
            @staticmethod
            def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
                spec = PathFinder.find_spec(name, path, target)
                if spec is None:
                    gone = lenience.lends_module(name)
                    return ModuleSpec(name, PlaceholderLoader(), is_package=True) if gone else None
                if isinstance(spec.loader, SourceFileLoader) and lenience.owns(spec.origin):
                    spec.loader = LenientLoader(spec.loader.name, spec.loader.path)
                return spec

        sys.meta_path.insert(2, Finder)  # after built-in and frozen
        for name in self.names:
            if not hasattr(builtins, name):
                # The module that lost a definition may use it itself.
                setattr(builtins, name, Placeholder())

    def owns(self, origin: str | None) -> bool:
        """Say whether a file belongs to the project."""
        return origin is not None and origin.startswith(self.project)

    def lends(self, module: ModuleType, name: str) -> bool:
        """Say whether reading a name that is not there gives a placeholder."""
        if module is self.refused or name not in self.names:
            return False
        path = getattr(module, "__path__", None)
        if path is not None and PathFinder.find_spec(f"{module.__name__}.{name}", path):
            return False  # a submodule, about to be imported
        frame = asking_frame()
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        if "hasattr" in line or "getattr" in line:
            return False
        return not self.is_guarded(frame, {"ImportError", "AttributeError", *BROAD})

    def lends_module(self, name: str) -> bool:
        """Say whether importing a module that is not there gives a placeholder."""
        parts = name.split(".")
        prefixes = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
        if not prefixes & self.modules:
            return False
        stack = frames(sys._getframe(1))
        if any(frame.f_code.co_name == "find_spec" and is_machinery(frame) for frame in stack):
            asked = any(frame.f_code.co_filename.endswith("importlib/util.py") for frame in stack)
            if asked:
                return False
        return not self.is_guarded(asking_frame(), {"ImportError", "ModuleNotFoundError", *BROAD})

    def is_guarded(self, frame: FrameType, exceptions: set[str]) -> bool:
        """Say whether the line of a frame stands in a `try` that stops these exceptions."""
        path = frame.f_code.co_filename
        if path not in self.guards_by_path:
            self.guards_by_path[path] = list(guards_of(path))
        return any(
            first <= frame.f_lineno <= last and stopped & exceptions
            for first, last, stopped in self.guards_by_path[path]
        )


class PlaceholderLoader(Loader):
    """Makes modules that stand for what is gone."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return PlaceholderModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        return None


def execute_by_statement(source: bytes, path: str, module: ModuleType) -> None:
    """Execute a module body, and go on after a statement that cannot do with placeholders.

    The names that such a statement would have bound are bound to placeholders.
    """
    tree = ast.parse(source)
    flags = 0
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            features = [getattr(__future__, alias.name) for alias in statement.names]
            flags |= sum(feature.compiler_flag for feature in features)
        code = compile(ast.Module([statement], []), path, "exec", flags=flags, dont_inherit=True)
        try:
            exec(code, module.__dict__)
        except Exception:
            for name in names_bound(statement):
                module.__dict__.setdefault(name, Placeholder())


def names_bound(statement: ast.stmt) -> Iterator[str]:
    """Give the names that a statement would have bound in the module."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        return  # what is gone stays gone
    else:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def frames(frame: FrameType | None) -> list[FrameType]:
    """Give the stack, innermost first."""
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def is_machinery(frame: FrameType) -> bool:
    """Say whether a frame belongs to the import system and not to who asks it."""
    path = frame.f_code.co_filename
    return path == __file__ or any(part in path for part in IMPORT_MACHINERY)


def asking_frame() -> FrameType:
    """Give the innermost frame that is neither ours nor of the import system."""
    stack = frames(sys._getframe(1))
    return next((frame for frame in stack if not is_machinery(frame)), stack[-1])


def guards_of(path: str) -> Iterator[tuple[int, int, set[str]]]:
    """Give the lines of each `try` body with the exceptions that its handlers stop."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            stopped = {name for handler in node.handlers for name in stops(handler)}
            yield node.body[0].lineno, node.body[-1].end_lineno or 0, stopped
        elif isinstance(node, ast.With | ast.AsyncWith):
            written = " ".join(ast.unparse(item.context_expr) for item in node.items)
            if "suppress(" in written or "raises(" in written:
                words = set(written.replace("(", " ").replace(")", " ").replace(",", " ").split())
                yield node.body[0].lineno, node.body[-1].end_lineno or 0, words


def stops(handler: ast.ExceptHandler) -> list[str]:
    """Give the exceptions of a handler, none when it raises in the end."""
    if isinstance(handler.body[-1], ast.Raise):
        return []
    if handler.type is None:
        return ["BaseException"]
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [ast.unparse(kind).rpartition(".")[2] for kind in kinds]
