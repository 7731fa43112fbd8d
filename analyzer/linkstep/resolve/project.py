"""The resolve stage: what is linked, against what, for which Python, and why."""

from __future__ import annotations

from msgspec.structs import replace

from linkstep.model.environment import Environment, Project
from linkstep.model.settings import ResolveSettings
from linkstep.model.target import Target, Version
from linkstep.model.tree import Tree
from linkstep.resolve.built import absent_submodules, built_modules
from linkstep.resolve.declarations.kinds import KindPatterns
from linkstep.resolve.declarations.read import read_declarations
from linkstep.resolve.dockerfile import find_dockerfiles
from linkstep.resolve.environment import find_environment, with_standard_library
from linkstep.resolve.manifests import Manifest, find_manifests, python_directories
from linkstep.resolve.roots import find_implied_roots, find_roots, project_name
from linkstep.resolve.target import admitted_versions, find_target


def resolve_project(tree: Tree, settings: ResolveSettings) -> Project:
    """Find roots, environment and target of the project that `tree` holds.

    Only reads, and only through `tree`; what cannot be read gives no hint. Raises
    LinkstepError when the settings name a root or an interpreter that is not there.

    >>> from linkstep.tree.memory import MemoryTree
    >>> tree = MemoryTree({"shop/__init__.py": "", "Dockerfile": "FROM python:3.10"})
    >>> project = resolve_project(tree, ResolveSettings("/home/shop"))
    >>> [entry.why for entry in project.roots], str(project.target), project.target_why
    (['the project root'], 'Python 3.10 on linux', 'FROM python:3.10 in Dockerfile')
    >>> project.environment.why
    'no environment found'
    """
    manifests = find_manifests(tree)
    own = next((manifest for manifest in manifests if not manifest.directory), Manifest(""))
    dockerfiles = find_dockerfiles(tree, _places(tree))
    environment = find_environment(tree, settings)
    target, target_why = find_target(tree, settings, environment, own, dockerfiles)
    roots = find_roots(tree, settings, manifests)
    admitted, admitted_by = admitted_versions(own)
    configured = settings.dependencies
    declarations = read_declarations(
        tree,
        manifests,
        python_directories(tree),
        target,
        KindPatterns(configured.production, configured.development),
        with_locks=not environment.found,
    )
    return Project(
        roots=roots,
        environment=with_standard_library(tree, environment, target, settings),
        target=target,
        target_why=target_why,
        declared=project_name(own),
        built=built_modules(tree, manifests),
        requires=frozenset((*(one.name for one in declarations.declared), *declarations.locked)),
        admitted=admitted,
        admitted_by=admitted_by,
        implied=() if settings.roots is not None else find_implied_roots(tree, roots, dockerfiles),
        absent=absent_submodules(tree),
        declarations=declarations,
    )


def for_version(project: Project, version: Version) -> Project:
    """Give the project as another Python that it admits would see it.

    No environment of that Python is at hand: what it would hold is not known. Its
    standard library is known by name.

    >>> project = Project((), Environment(found=True, version=(3, 9)), Target((3, 9)), "")
    >>> other = for_version(project, (3, 13))
    >>> str(other.target), other.environment.why
    ('Python 3.13 on linux', 'no environment of Python 3.13 is at hand')
    """
    environment = Environment(
        mappings=project.environment.mappings,
        opaque_finders=project.environment.opaque_finders,
        why=f"no environment of Python {version[0]}.{version[1]} is at hand",
        version=version,
        prefix=project.environment.prefix,
    )
    target = Target(version, project.target.platform)
    return replace(project, environment=environment, target=target)


def _places(tree: Tree) -> tuple[str, ...]:
    """Give where Dockerfiles are looked for: the top and two levels of folders with Python."""
    places = {"", "docker", "deploy"}
    for path in tree.files():
        first, _, rest = path.partition("/")
        if rest:
            second, slash, _ = rest.partition("/")
            places.add(first)
            places.add(f"{first}/{second}" if slash else first)
    return tuple(sorted(places))
