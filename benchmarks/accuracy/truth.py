"""What mutations break, said by the interpreter: sites that work before and fail after.

The mutated project is executed with an import system that goes on where something is gone
(`inside/lenient.py`), so that many mutations can be judged in one run. A site counts where
the very thing that it names is not there. Where it only gets the placeholder of an import
further up, that import is the site. A sample is confirmed without any lenience: one mutation
alone, and the statement really executed.
"""

from __future__ import annotations

import ast
import random
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks.accuracy.claims import Alarm, Claim, Kind, Outcome
from benchmarks.accuracy.mutations import Change, Mutation, apply, choose
from benchmarks.accuracy.settling import inside, settle
from benchmarks.accuracy.sites import Site, sites_of
from benchmarks.accuracy.subjects import module_name, source_files

SECONDS = 60  # for importing one module
ALTOGETHER = 900
SILENCING = re.compile(
    rb"#\s*(?:noqa(?!\s*:)|(?:type|ty|pyright|pyrefly):\s*ignore|pylint:\s*disable)", re.IGNORECASE
)


class Broken(Struct, frozen=True):
    """A site that works before the mutations and fails after, with what tells its kind."""

    site: Site
    mutation: Mutation
    tags: tuple[str, ...]


class Truth(Struct, frozen=True):
    """What the mutations of one project break.

    `undecided` counts sites whose target cannot be imported any more, not even leniently.
    `confirmed` and `refuted` are of the sample that was executed one by one.
    """

    name: str
    mutations: tuple[Mutation, ...]
    sites: int
    broken: tuple[Broken, ...]
    undecided: int
    failing_modules: dict[str, str]
    confirmed: int
    refuted: tuple[str, ...]


class Run(Struct, frozen=True):
    """One execution of a project: modules that fail, lines that ran, and an answer a site."""

    failures: dict[str, str]
    lines: dict[str, list[int]]
    answers: dict[Site, tuple[str, str]]


def execute(
    project: Path,
    python: Path,
    prepare: str,
    sites: Sequence[Site],
    modules: Sequence[str],
    mutations: Sequence[Mutation] | None,
) -> Run:
    """Import all modules of a project in one process and ask it about sites."""
    job: dict[str, Any] = {
        "project": str(project),
        "prepare": prepare,
        "modules": list(modules),
        "seconds": SECONDS,
        "sites": msgspec.to_builtins(sites),
        "trace": mutations is None,
        "gone": None if mutations is None else {**gone(mutations), "steady": list(modules)},
    }
    failures, lines, *answers = inside("probe.py", job, python, ALTOGETHER)
    missing = ("undecided", "the interpreter ended before it came to this")
    answers += [missing] * (len(sites) - len(answers))
    return Run(failures, lines, dict(zip(sites, map(tuple, answers), strict=True)))


def gone(mutations: Sequence[Mutation]) -> dict[str, list[str]]:
    """Give the names and modules that mutations take away."""
    of_modules = (Change.REMOVE_MODULE, Change.MOVE_MODULE)
    return {
        "names": sorted({mutation.name for mutation in mutations}),
        "modules": sorted({m.module for m in mutations if m.change in of_modules}),
    }


def working_sites(project: Path, python: Path, prepare: str) -> tuple[Run, list[Site]]:
    """Give the sites whose target is in the project and there, and that are executed."""
    modules = [module_name(path) for path in source_files(project)]
    tops = {module.partition(".")[0] for module in modules}
    own = [
        site for site in sites_of(project) if (site.module or site.name).partition(".")[0] in tops
    ]
    importable = [module for module in modules if not module.endswith("__main__")]
    run = execute(project, python, prepare, own, importable, None)
    return run, [site for site in own if run.answers[site][0] == "present" and is_run(site, run)]


def is_run(site: Site, run: Run) -> bool:
    """Say whether the interpreter executes the site: while importing, or in a call."""
    if site.where == "function" or site.kind is Kind.EXPORT:
        return site.importing not in run.failures
    lines = run.lines.get(site.path, ())
    return any(line in lines for line in range(site.line, site.end_line + 1)) or (
        # A name of a from-import over several lines: the statement began above.
        site.kind is Kind.NAME and site.importing not in run.failures and bool(lines)
    )


def break_project(
    name: str, project: Path, python: Path, prepare: str, seed: str, count: int
) -> Truth:
    """Mutate a project in place and give what the interpreter finds broken then."""
    original = project.with_name(project.name + ".original")
    shutil.rmtree(original, ignore_errors=True)
    shutil.copytree(project, original)
    before, working = working_sites(project, python, prepare)
    mutations = choose(project, working, f"{seed}:{name}", count)
    kinds = Providers(project)
    for mutation in mutations:
        apply(project, mutation)
    worked = set(working)
    entries = {(m.path, m.line, m.name) for m in mutations if m.change is Change.BREAK_ALL}
    sites = [
        site
        for site in sites_of(project)
        if site in worked or (site.path, site.line, site.name) in entries
    ]
    left = {module_name(path) for path in source_files(project)} - set(before.failures)
    modules = sorted(module for module in left if not module.endswith("__main__"))
    after = execute(project, python, prepare, sites, modules, mutations)
    broken = []
    for site in sites:
        answer, missing = after.answers[site]
        behind = cause(missing, mutations) if answer == "absent" else None
        if behind is not None and not is_silenced(project, site):
            broken.append(Broken(site, behind, kinds.tags(site)))
    confirmed, refuted = confirm(broken, original, python, prepare, seed)
    return Truth(
        name=name,
        mutations=tuple(mutations),
        sites=len(worked),
        broken=tuple(broken),
        undecided=sum(answer[0] == "undecided" for answer in after.answers.values()),
        failing_modules=after.failures,
        confirmed=confirmed,
        refuted=refuted,
    )


def is_silenced(project: Path, site: Site) -> bool:
    """Say whether a comment on the lines of a site tells some tool to say nothing there."""
    lines = (project / site.path).read_bytes().splitlines()[site.line - 1 : site.end_line]
    return any(SILENCING.search(line) for line in lines)


def cause(missing: str, mutations: Sequence[Mutation]) -> Mutation | None:
    """Give the mutation that took away what a site misses; `missing` is its dotted name."""
    holder, _, name = missing.rpartition(".")
    by_module = [m for m in mutations if f"{missing}.".startswith(f"{m.module}.") and m.line == 0]
    exact = [m for m in mutations if (m.module, m.name) == (holder, name)]
    by_name = [m for m in mutations if m.name == name]
    same_module = [m for m in by_module if m.module == missing]
    return next(iter([*same_module, *exact, *by_module, *by_name]), None)


def confirm(
    broken: Sequence[Broken], original: Path, python: Path, prepare: str, seed: str
) -> tuple[int, tuple[str, ...]]:
    """Execute a sample of sites in the project with the one mutation that breaks them."""
    sample = random.Random(seed).sample(broken, min(SAMPLE, len(broken)))
    confirmed, refuted = 0, []
    for one in sample:
        project = original.with_name(original.name + ".alone")
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(original, project)
        apply(project, one.mutation)
        alarm = Alarm(one.site.path, one.site.line, claim_of(one.site))
        verdict = settle([alarm], project, python, prepare)[alarm.claim]
        if verdict.outcome in (Outcome.TRUE, Outcome.OTHERWISE):
            confirmed += 1
        else:
            refuted.append(f"{one.site.path}:{one.site.line}: {alarm.claim}: {verdict.detail}")
    return confirmed, tuple(refuted)


SAMPLE = 5


def claim_of(site: Site) -> Claim:
    """Give what has to be executed to see a site fail."""
    if site.kind is Kind.ATTRIBUTE and site.bound:
        first, _, rest = site.name.partition(".")
        return Claim(site.kind, f"{site.module}.{first}", rest, site.importing)
    return Claim(site.kind, site.module, site.name, site.importing)


class Providers:
    """How the modules of a project come by their names: to say what a site goes through."""

    def __init__(self, project: Path) -> None:
        self.reexported: set[tuple[str, str]] = set()
        self.bound: set[tuple[str, str]] = set()
        self.with_star: set[str] = set()
        for path in source_files(project):
            try:
                tree = ast.parse((project / path).read_bytes())
            except (SyntaxError, ValueError):
                continue
            self.read(module_name(path), tree)

    def read(self, module: str, tree: ast.Module) -> None:
        """Note what one module defines, imports, and takes with a star."""
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if alias.name == "*":
                        self.with_star.add(module)
                    self.reexported.add((module, alias.asname or alias.name))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self.bound.add((module, node.name))
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.bound.add((module, node.id))

    def tags(self, site: Site) -> tuple[str, ...]:
        """Give the kinds of site that a site counts among."""
        provided = (site.module, site.name)
        guards = set(site.guard.replace(",", " ").split())
        through = site.kind is Kind.NAME
        chosen = {
            f"{site.where} level" if site.where != "class" else "class body": True,
            "under except Exception": bool(guards & {"Exception", "BaseException"}),
            "under except ImportError": bool(guards & {"ImportError", "ModuleNotFoundError"}),
            "relative": site.relative,
            "alias": site.alias,
            "through a re-export": through and provided in self.reexported - self.bound,
            "through a star import": through
            and site.module in self.with_star
            and provided not in self.reexported | self.bound,
            "attribute of a module": site.kind is Kind.ATTRIBUTE,
            "entry of __all__": site.kind is Kind.EXPORT,
            "import of a module": site.kind is Kind.MODULE,
        }
        return tuple(tag for tag, applies in chosen.items() if applies)
