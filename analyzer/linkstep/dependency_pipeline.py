"""The part of the pipeline that compares imports, declarations and environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from linkstep.analyses.dependencies import Dependencies
from linkstep.analyses.graph import ImportGraph
from linkstep.analyses.production import ProductionCode
from linkstep.model.declarations import Declaration
from linkstep.model.environment import Project
from linkstep.model.facts import BrokenReference, Fact
from linkstep.model.links import ForeignImport, Program
from linkstep.model.settings import DependencySettings
from linkstep.model.trace import TextQuestion, WordForm
from linkstep.model.tree import Tree
from linkstep.resolve.declarations.other_files import read_script_header
from linkstep.resolve.finder import Finder
from linkstep.resolve.knowledge import Knowledge

_HEADER = b"# /// script"  # inline script metadata


class DependencyCheck:
    """Compares what a linked program imports with what is declared and installed."""

    def __init__(
        self,
        tree: Tree,
        project: Project,
        settings: DependencySettings,
        finder: Finder,
        source_of: Callable[[str], bytes],
    ) -> None:
        self._tree = tree
        self._project = project
        self._settings = settings
        self._finder = finder
        self._source_of = source_of

    def facts(
        self,
        program: Program,
        broken: Sequence[BrokenReference],
        graph: ImportGraph,
        entries: Sequence[str],
        checked: Sequence[str],
    ) -> Iterator[Fact]:
        """Give `broken` and the facts about distributions; what has one cause is said once.

        Declarations are judged when their file is among the `checked` paths. An image is not
        all of a project, so nothing is called unused there.
        """
        project, declarations = self._project, self._project.declarations
        headers = _headers(program, self._source_of, self._tree, project)
        if not declarations.declared and not headers:
            yield from broken
            return
        files = [path for path in self._tree.files() if path.endswith(".py")]
        imported = {edge.target for edge in program.edges}
        code = ProductionCode(files, imported, self._settings.development_code)
        knowledge = Knowledge(self._tree, project, self._settings, self._finder.find)
        used = self._settings.used
        dependencies = Dependencies(declarations, knowledge, code, graph, entries, used)
        facts, missing = dependencies.of_broken(broken)
        yield from facts
        yield from dependencies.of_imports(program.foreign, headers)
        complete = not project.environment.sealed
        for fault in dependencies.of_declarations(program.foreign, missing, complete=complete):
            if any(not p or fault.path == p or fault.path.startswith(f"{p}/") for p in checked):
                yield fault


def judged_by(project: Project) -> tuple[str, ...]:
    """Say by what the modules of distributions are judged, if there is no environment.

    >>> from linkstep.model.environment import Environment
    >>> from linkstep.model.target import Target
    >>> judged_by(Project((), Environment(), Target((3, 11)), ""))
    ('third-party names are not judged: no environment found',)
    """
    if project.environment.found:
        return ()
    declarations = project.declarations
    sources = ["declarations"] if declarations.declared else []
    sources += declarations.locks
    if not sources:
        return (f"third-party names are not judged: {project.environment.why}",)
    what = f"third-party modules are judged by {' and '.join(sources)} only"
    return (f"{what}: {project.environment.why}",)


def _headers(
    program: Program, source_of: Callable[[str], bytes], tree: Tree, project: Project
) -> dict[str, tuple[Declaration, ...]]:
    """Give what scripts declare for themselves; modules of packages are not looked at."""
    found = {}
    for path in sorted(_scripts(program.foreign)):
        text = source_of(path)
        declares = _HEADER in text
        tree.asked(TextQuestion((_HEADER.decode(),), WordForm.WRITTEN, declares, path))
        if declares:
            header = read_script_header(
                path, tree.read(path).decode("utf-8", "replace"), project.target
            )
            if header is not None:
                found[path] = header
    return found


def _scripts(imports: Iterable[ForeignImport]) -> set[str]:
    return {one.path for one in imports if "." not in one.importing}
