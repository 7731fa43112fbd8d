"""What the images of a Dockerfile start: `ENTRYPOINT`, `CMD`, `HEALTHCHECK` of each stage."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from linkstep.model.entry_points import EntryKind, LaunchReading
from linkstep.model.facts import Location
from linkstep.model.summary import Span
from linkstep.model.tree import Tree
from linkstep.resolve.dockerfile import Instruction, assignments, expand_variables, instructions
from linkstep.resolve.launch.command import joined, read_command, read_shell
from linkstep.resolve.launch.context import LaunchContext
from linkstep.resolve.launch.image_view import Copy, ImageView, copies_of
from linkstep.resolve.launch.places import in_text, narrowed
from linkstep.resolve.paths import join, kind, read_text

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_OPTION = re.compile(r"--\w[\w-]*(?:=\S+)?\s+")
# What brings code that no COPY shows; an installer that is piped into a shell does not.
_FETCHES = re.compile(
    r"\bgit\s+clone\b|\b(?:curl|wget)\b[^&;|]*://[^&;|]*(?!\|\s*(?:ba)?sh|\|\s*python)(?:[&;|]|\Z)"
    r"|(?:\A|[;&|]\s*)(?:tar|unzip|svn|rsync|gsutil|aws)\s"
)


class Command(msgspec.Struct, frozen=True):
    """Words in exec form, or a text for the shell, and the lines where they are written."""

    words: tuple[str, ...] = ()
    text: str | None = None
    line: int = 0
    end_line: int = 0


class Stage(msgspec.Struct):
    """One stage of a Dockerfile, with what it inherits from the stage it begins with."""

    name: str = ""
    base: str = ""
    workdir: str = "/"
    environ: dict[str, str] = {}
    copies: list[Copy] = []
    entrypoint: Command | None = None
    command: Command | None = None
    health: Command | None = None
    complete: bool = True


def read_dockerfile(
    tree: Tree, path: str, scripts: dict[str, str], context: str | None = None
) -> LaunchReading:
    """Say what the images that a Dockerfile can build start.

    `context` is the build context, guessed when it is None; `scripts` as in
    `LaunchContext`. Stages that others build on are left out when they are not the last.

    >>> from linkstep.tree.memory import MemoryTree
    >>> text = 'FROM python:3.12\\nWORKDIR /srv\\nCOPY backend .\\nCMD ["uvicorn", "app:app"]\\n'
    >>> tree = MemoryTree({"Dockerfile": text, "backend/app.py": ""})
    >>> [(e.name, e.path) for e in read_dockerfile(tree, "Dockerfile", {}).entries]
    [('app:app (CMD in Dockerfile)', ('backend',))]
    """
    text = read_text(tree, path) or ""
    stages = read_stages(tree, path, context)
    built_on = {stage.base for stage in stages[:-1]} | {stage.base for stage in stages[-1:]}
    readings = []
    for stage in stages:
        if stage is stages[-1] or (stage.name or "?") not in built_on:
            readings.append(_read_stage(tree, path, stage, scripts))
    return narrowed(joined(readings), path, text)


def read_stages(tree: Tree, path: str, context: str | None = None) -> list[Stage]:
    """Read the stages of a Dockerfile, in order."""
    written = instructions(read_text(tree, path) or "")
    context = _context(tree, path, written) if context is None else context
    stages: list[Stage] = []
    variables: dict[str, str] = {}
    for one in written:
        if one.name == "ARG" and not stages:
            variables.update(assignments("ARG", one.rest))
        elif one.name == "FROM":
            stages.append(_begin(expand_variables(one.rest, variables), stages))
        elif stages:
            _apply(stages[-1], one, stages, tree, context or "")
            stages[-1].complete = stages[-1].complete and context is not None
    return stages


def build_context(tree: Tree, path: str) -> str | None:
    """Give the directory that a Dockerfile copies from, None when it is unclear."""
    return _context(tree, path, instructions(read_text(tree, path) or ""))


def _begin(rest: str, stages: Sequence[Stage]) -> Stage:
    words = [word for word in rest.split() if not word.startswith("--")]
    base = words[0] if words else ""
    name = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
    above = _stage(base, stages)
    if above is None:
        return Stage(name=name.lower(), base=base, environ={"PATH": _PATH})
    return Stage(
        name=name.lower(),
        base=above.name,
        workdir=above.workdir,
        environ=dict(above.environ),
        copies=list(above.copies),
        entrypoint=above.entrypoint,
        command=above.command,
        health=above.health,
        complete=above.complete,
    )


def _stage(name: str, stages: Sequence[Stage]) -> Stage | None:
    if name.isdecimal() and int(name) < len(stages):
        return stages[int(name)]
    return next((stage for stage in reversed(stages) if stage.name == name.lower() != ""), None)


def _apply(
    stage: Stage, one: Instruction, stages: Sequence[Stage], tree: Tree, context: str
) -> None:
    if one.name in ("ENV", "ARG"):
        rest = expand_variables(one.rest, stage.environ)
        pairs = assignments(one.name, rest)
        known = [(name, value) for name, value in pairs if name not in stage.environ]
        stage.environ.update(pairs if one.name == "ENV" else known)
    elif one.name == "WORKDIR":
        rest = expand_variables(one.rest, stage.environ).strip("\"'")
        stage.workdir = posixpath.normpath(posixpath.join(stage.workdir, rest))
    elif one.name in ("COPY", "ADD"):
        rest = expand_variables(one.rest, stage.environ)
        stage.copies += _copied(rest, stage, stages, tree, context)
    elif one.name == "RUN":
        stage.complete = stage.complete and _FETCHES.search(one.rest) is None
    elif one.name == "ENTRYPOINT":
        stage.entrypoint, stage.command = _command(one), None
    elif one.name == "CMD":
        stage.command = _command(one)
    elif one.name == "HEALTHCHECK":
        rest = _OPTION.sub("", one.rest)
        asks = rest.upper().startswith("CMD")
        stage.health = (
            _command(msgspec.structs.replace(one, rest=rest[3:].strip())) if asks else None
        )


def _copied(
    rest: str, stage: Stage, stages: Sequence[Stage], tree: Tree, context: str
) -> list[Copy]:
    options = re.findall(r"--(\w+)=(\S+)", rest)
    words = _words(_OPTION.sub("", rest))
    if len(words) < 2:
        return []
    *sources, target = words
    origin = dict(options).get("from")
    if origin is None:
        return copies_of(tree, context, sources, target, stage.workdir)
    above = _stage(origin, stages)
    if above is None:
        return []
    place = posixpath.normpath(posixpath.join(stage.workdir, target))
    return [
        Copy(found.source, posixpath.normpath(place + found.target[len(source) :]))
        for source in (posixpath.normpath(posixpath.join("/", s)) for s in sources)
        for found in above.copies
        if found.target == source or found.target.startswith(source.rstrip("/") + "/")
    ] + [
        Copy(join(found.source, source[len(found.target) :].strip("/")), place)
        for source in (posixpath.normpath(posixpath.join("/", s)) for s in sources)
        for found in above.copies
        if source.startswith(found.target.rstrip("/") + "/")
    ]


def _words(rest: str) -> list[str]:
    if rest.startswith("["):
        try:
            words = json.loads(rest)
        except ValueError:
            return []
        return [word for word in words if isinstance(word, str)]
    return rest.split()


def _command(one: Instruction) -> Command:
    """Read exec form when it is a JSON list of strings, else shell form (as Docker does)."""
    words = _words(one.rest) if one.rest.startswith("[") else []
    if words or one.rest.strip() == "[]":
        return Command(tuple(words), None, one.line, one.end_line)
    return Command((), one.rest, one.line, one.end_line)


def _read_stage(tree: Tree, path: str, stage: Stage, scripts: dict[str, str]) -> LaunchReading:
    readings = []
    main = combined(stage.entrypoint, stage.command)
    if main is not None:
        label = "CMD" if stage.entrypoint is None else "ENTRYPOINT"
        readings.append(read_in_stage(tree, stage, main, f"{label} in {path}", path, scripts))
    if stage.health is not None:
        label = f"HEALTHCHECK in {path}"
        reading = read_in_stage(tree, stage, stage.health, label, path, scripts)
        health = [replace(entry, kind=EntryKind.HEALTH_CHECK) for entry in reading.entries]
        readings.append(replace(reading, entries=tuple(health)))
    return joined(readings)


def combined(entrypoint: Command | None, command: Command | None) -> Command | None:
    """Put ENTRYPOINT and CMD together (Dockerfile reference, "how CMD and ENTRYPOINT interact").

    >>> combined(Command(("run.sh",), None, 3, 3), Command(("web",), None, 4, 4)).words
    ('run.sh', 'web')
    """
    if entrypoint is None or (not entrypoint.words and entrypoint.text is None):
        return command
    if entrypoint.text is not None or command is None:
        return entrypoint
    more = command.words if command.text is None else ("/bin/sh", "-c", command.text)
    first, last = sorted([entrypoint.line, command.line])
    end = max(entrypoint.end_line, command.end_line)
    near = last - first <= 1 + end - last
    line, end = (first, end) if near else (command.line, command.end_line)
    return Command((*entrypoint.words, *more), None, line, end)


def read_in_stage(
    tree: Tree, stage: Stage, command: Command, label: str, path: str, scripts: dict[str, str]
) -> LaunchReading:
    """Read a command as it runs in the image of a stage; paths of the result are the tree's."""
    view = ImageView(tree, stage.copies)
    text = read_text(tree, path) or ""
    first = in_text(text, command.line)
    end = in_text(text, command.end_line)
    span = Span(first.line, first.column, end.end_line, end.end_column)
    context = LaunchContext(
        view, label, Location(path, span), stage.workdir, dict(stage.environ), scripts
    )
    if command.text is not None:
        reading = read_shell(command.text, context)
    else:
        reading = read_command(command.words, context)
    return translated(reading, view, complete=stage.complete)


def translated(reading: LaunchReading, view: ImageView, *, complete: bool) -> LaunchReading:
    """Turn paths of an image into those of the tree; what is not from there is uncertain.

    A module that the tree lacks may still come with the image, unless everything that is
    in front of `sys.path` was copied from the tree (`complete`: by plain instructions).
    """
    entries = []
    for entry in reading.entries:
        places = [place for directory in entry.path for place in view.places(directory)]
        known = all(view.brings(p) or view.places(p) for p in entry.path)
        script = view.real_path(entry.script) if entry.script is not None else None
        if script is not None and script == entry.script:
            copied = view.brings(entry.script or "")
            known = known and copied
            script = _would_be(view, script) if copied else script
        name = entry.name
        if entry.script is not None and script is not None and entry.module is None:
            name = name.replace(entry.script, script, 1)
        entries.append(
            replace(
                entry,
                name=name,
                script=script,
                path=tuple(dict.fromkeys(places)),
                certain=entry.certain and complete and known,
            )
        )
    return replace(reading, entries=tuple(entries))


def _would_be(view: ImageView, path: str) -> str:
    """Give the path in the tree where a missing file of the image would have to be."""
    return next(
        join(copy.source, path[len(copy.target.rstrip("/")) + 1 :])
        for copy in reversed(view.copies)
        if path.startswith(copy.target.rstrip("/") + "/")
    )


def _context(tree: Tree, path: str, written: Sequence[Instruction]) -> str | None:
    """Guess the build context: the directory where every copied source is."""
    sources = list(_sources(written))
    for directory in dict.fromkeys(
        (posixpath.dirname(path), "", posixpath.dirname(path).rpartition("/")[0])
    ):
        places = [join(directory, source) for source in sources]
        if all(kind(tree, place) is not None for place in places):
            return directory
    return None


def _sources(written: Sequence[Instruction]) -> Iterator[str]:
    for one in written:
        if one.name in ("COPY", "ADD") and "--from" not in one.rest and "$" not in one.rest:
            for word in _words(_OPTION.sub("", one.rest))[:-1]:
                if not re.search(r"[*?\[]|://|<<", word):
                    yield word.strip("/") or "."
