"""The line from a container image to a report: layers, command, path, and then as for a tree.

What comes before linking is the image's own business (images/opening.py). From there on the
stages of pipeline.py run unchanged, on absolute paths of the image for the environment and
on relative ones for the application.
"""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from linkstep import pipeline, preparation
from linkstep.analyses.layers import LayerHistory
from linkstep.analyses.shared_libraries import missing_shared_libraries
from linkstep.collector import collector_off
from linkstep.config import Configuration, load_configuration, override
from linkstep.errors import LinkstepError
from linkstep.images.comparison import bound_names, compare_with_sources
from linkstep.images.opening import Prepared, prepare
from linkstep.index.build import Index
from linkstep.link_inputs import ground_of, is_test
from linkstep.linked import Linked, counted
from linkstep.model.entry_points import LaunchReading
from linkstep.model.environment import Origin, PathEntry
from linkstep.model.facts import Fact, ShadowedModule
from linkstep.model.findings import Counts, Report
from linkstep.model.image import CommandLine, ImageExplanation, ImageRequest
from linkstep.model.links import Edge, Program
from linkstep.model.observer import Observer
from linkstep.model.request import CheckResult
from linkstep.resolve.container.command import CONFIGURATION
from linkstep.rulebook.judge import judge
from linkstep.rulebook.load import load_rules
from linkstep.rulebook.select import check_policy
from linkstep.tree.image import ImageTree
from linkstep.tree.open import find_project_root

_MANY = 200  # files that are chosen one by one; with more, all are linked again


def check_image(request: ImageRequest, stdin: BinaryIO, observer: Observer) -> CheckResult:
    """Link what an image's command reaches, then the rest of the application.

    Raises LinkstepError for what cannot be judged: no image, a damaged one, no Python, a
    command that cannot be followed.
    """
    root = find_project_root(Path(request.check.cwd), Path(request.check.cwd))
    configuration = _configure(request, root)
    rules = load_rules([root / directory for directory in configuration.rules])
    check_policy(configuration.policy, rules, configuration.source or "the command line")
    prepared = prepare(request, stdin, observer)
    facts: tuple[Fact, ...] = prepared.failures
    counts, notes = Counts(), [_headline(prepared)]
    commented: tuple[str, ...] = ()
    if prepared.python is not None:
        with collector_off():
            linked, further = _link(prepared, configuration, request, observer)
        facts = (*facts, *further)
        commented = tuple(linked.commented)
        counts = counted(linked, 0)
        notes += linked.notes
    else:
        notes.append("nothing was linked, since no interpreter of the image could be found")
    # From here on no layer is read but to show lines, and to say what it held before.
    facts = _history(prepared).explain(facts)
    in_tree = preparation.reader_of(prepared.tree)
    command = "; ".join(one.text for one in prepared.commands).encode()

    def read(path: str) -> bytes | None:
        return command if path == CONFIGURATION else in_tree(path)

    judgement = judge(facts, rules, configuration.policy, read, commented)
    counts = replace(counts, suppressed=judgement.suppressed)
    report = Report(judgement.findings, counts, (*notes, *prepared.description.notes))
    return CheckResult(report, preparation.lines_of(read), configuration.fail_on, rules)


def explain_image(request: ImageRequest, stdin: BinaryIO, observer: Observer) -> ImageExplanation:
    """Say what an image would be linked against, and why; nothing is linked."""
    prepared = prepare(request, stdin, observer)
    commands = tuple(
        CommandLine(
            command.text,
            command.why,
            tuple((" ".join(s.words), s.path or "not found") for s in command.programs),
        )
        for command in prepared.commands
    )
    python = prepared.python
    return ImageExplanation(
        replace(prepared.description, config=prepared.config),
        commands,
        tuple(entry.name for entry in prepared.application.entries),
        prepared.tree.root,
        None if python is None else (python, prepared.files.real_path(python)),
        prepared.project,
    )


def _link(
    prepared: Prepared, configuration: Configuration, request: ImageRequest, observer: Observer
) -> tuple[Linked, tuple[Fact, ...]]:
    """Give the facts of an image: what the command reaches first, then the rest of it.

    The path of the command is known, so what it reaches is linked on that path alone. The
    rest may be started in ways that nobody wrote down, as in any tree. Tests that nothing
    reaches are left out: an image need not have what they need.
    """
    tree, project, check = prepared.tree, prepared.project, request.check
    index = Index(tree.read, project.target, check.reader)
    launches = LaunchReading(prepared.application.entries)
    ground = ground_of(tree, project, configuration, check, ("",), index=index)
    first = pipeline.link_project(ground, configuration, ("",), observer, launches=launches)
    if not first.files and not first.facts:
        raise LinkstepError(
            "no Python file of the application was found in the image",
            where=f"{prepared.description.where}: {tree.root}",
            why="compiled files cannot be read" if tree.entries("") else "there is no such place",
            hint="name its directory with --app",
        )
    own = {module.path for module in first.program.modules}
    reached = _reached(first.program)
    further = {path for path in own - reached if not is_test(path)}
    rest = first
    if project.exact and further:
        implied = (PathEntry("", Origin.FIRST_PARTY, "the application's directory"),)
        loose = replace(project, exact=False, implied=implied)
        chosen = tuple(sorted(further)) if len(further) < _MANY else ("",)
        ground = ground_of(tree, loose, configuration, check, chosen, index=index)
        rest = pipeline.link_project(ground, configuration, chosen, observer)
    facts: tuple[Fact, ...] = (
        *(f for f in first.facts if f.path in reached or f.path not in own),
        *(f for f in rest.facts if f.path in further),
    )
    facts = tuple(fact for fact in facts if not _shadows_itself(fact, tree))
    if request.sources is not None:
        program, target = first.program, project.target
        facts += tuple(compare_with_sources(tree, program, facts, request.sources, target))
    libraries = {path: (m.name, m.needed_by) for path, m in prepared.libraries.items()}
    return first, tuple(missing_shared_libraries(facts, libraries, _search_path(prepared)))


def _shadows_itself(fact: Fact, tree: ImageTree) -> bool:
    """Whether a module of an installed application meets itself in site-packages."""
    return isinstance(fact, ShadowedModule) and fact.loser.endswith(tree.absolute(fact.path))


def _reached(program: Program) -> frozenset[str]:
    """Give the files that are imported, at once or at a call, from where execution starts."""
    by_importer: dict[str, list[Edge]] = {}
    for edge in program.edges:
        by_importer.setdefault(edge.importer, []).append(edge)
    pending = [path for launch in program.launches for path in launch.modules]
    names = {module.name: module.path for module in program.modules}
    started = {module.name for module in program.modules if module.path in set(pending)}
    # Importing `a.b` executes `a` first.
    pending += [names[p] for name in started if (p := name.rpartition(".")[0]) in names]
    seen: set[str] = set()
    while pending:
        path = pending.pop()
        if path not in seen:
            seen.add(path)
            pending += [edge.target for edge in by_importer.get(path, ())]
    return frozenset(seen)


def _search_path(prepared: Prepared) -> tuple[str, ...]:
    """Give `sys.path` of the command, absolute."""
    environment = prepared.project.environment
    entries = (*prepared.project.roots, *environment.stdlib, *environment.site)
    return tuple(prepared.tree.absolute(entry.directory) for entry in entries)


def _history(prepared: Prepared) -> LayerHistory:
    config = prepared.config
    programs = [posixpath.join(config.working_dir, place) for place in config.path]
    version = prepared.project.target
    return LayerHistory(
        prepared.tree,
        prepared.description.layers,
        _search_path(prepared),
        programs,
        lambda source: bound_names(source, version),
    )


def _configure(request: ImageRequest, root: Path) -> Configuration:
    """Give the policy of the project that the gate runs in; an image cannot bring its own.

    What names directories of the sources says nothing about the image.
    """

    def read(name: str) -> bytes | None:
        named = name == request.check.configuration
        path = Path(request.check.cwd, name) if named else root / name
        try:
            return path.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise LinkstepError(f"cannot read {name}", why=str(error.strerror)) from error

    loaded = load_configuration(read, request.check.configuration)
    loaded = replace(loaded, roots=(), include=(), exclude=(), entry_points=(), python=None)
    return override(loaded, request.check)


def _headline(prepared: Prepared) -> str:
    """Say which image it was, and where paths are counted from."""
    description = prepared.description
    config = description.config
    parts = [description.name or description.where, description.form]
    if config is not None and config.architecture:
        parts.append(f"{config.os}/{config.architecture}")
    if description.layers:
        parts.append(f"{len(description.layers)} layers")
    return f"{', '.join(parts)}; paths are counted from {prepared.tree.root}"
