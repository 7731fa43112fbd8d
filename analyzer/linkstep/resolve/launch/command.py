"""What a command line starts: wrappers are followed to the Python behind them.

A command is a wrapper around another command, a shell with a text, `python`, a launcher, a
script of the tree, or a program that has nothing to do with the tree. Every step may give
"not understood": that is an answer, and it says why.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Sequence

from msgspec.structs import replace

from linkstep.model.entry_points import (
    Complaints,
    EntryKind,
    EntryPoint,
    LaunchReading,
    Unclear,
)
from linkstep.model.facts import Location
from linkstep.model.summary import Span
from linkstep.resolve.launch.context import LaunchContext
from linkstep.resolve.launch.interpreter import PythonLine, imports_of, read_python
from linkstep.resolve.launch.launchers import BY_MODULE, BY_PROGRAM, TOOLS, Form, Launcher
from linkstep.resolve.launch.places import in_text, narrowed
from linkstep.resolve.launch.shell import Shell, ShellCommand
from linkstep.resolve.launch.targets import Target, UnclearTargetError, read_targets
from linkstep.resolve.launch.words import UNKNOWN, is_known
from linkstep.resolve.launch.wrappers import Wrapper, unwrap, wrapper_of

_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh"})
_PYTHON = re.compile(r"(?:python|pypy)(?:\d+(?:\.\d+)*)?(?:\.exe)?\Z")
_SHEBANG = re.compile(r"#!\s*(\S+)[ \t]*([^\n]*)")
_SCRIPT_CALL = re.compile(r"^from ([\w.]+) import (\w+)", re.MULTILINE)
_OF_PYTHON = Complaints(
    module="No module named {module}",
    file="can't open file '{script}': [Errno 2] No such file or directory",
)


def read_command(argv: Sequence[str], context: LaunchContext) -> LaunchReading:
    """Say what a list of words starts, as `execvp` would start it (exec form).

    Nothing is run and nothing raises: what cannot be followed is in `unclear`, with the
    reason. Paths of the reading are those that `context.tree` has.

    >>> from linkstep.tree.memory import MemoryTree
    >>> place = Location("Dockerfile", Span(3, 1, 3, 40))
    >>> context = LaunchContext(MemoryTree({}), "CMD in Dockerfile", place, "/srv")
    >>> words = ["tini", "--", "gunicorn", "-w", "4", "--chdir", "web", "shop.wsgi:make()"]
    >>> [entry] = read_command(words, context).entries
    >>> entry.name, entry.factory, entry.path
    ('shop.wsgi:make (CMD in Dockerfile)', True, ('/srv/web',))
    """
    if not argv:
        return LaunchReading()
    if context.too_deep:
        return _unclear(argv, "its wrappers start each other", context)
    if context.seen is not None:
        context.seen(argv, context)
    program = argv[0]
    if not is_known(program):
        return _unclear(argv, "the program is only known at run time", context)
    name = posixpath.basename(program)
    if name in _SHELLS:
        return _read_shell_line(argv, context)
    if _PYTHON.match(name):
        return _read_python_line(list(argv[1:]), context)
    wrapper = wrapper_of(name)
    if wrapper is not None:
        return _read_wrapped(wrapper, (name, *argv[1:]), context)
    if name in BY_PROGRAM:
        return _launch(BY_PROGRAM[name], list(argv[1:]), context)
    return _read_program(argv, context)


def read_shell(text: str, context: LaunchContext, script: str = "sh") -> LaunchReading:
    """Say what a shell text starts (`sh -c text`, shell form, or the file `script`).

    >>> from linkstep.tree.memory import MemoryTree
    >>> place = Location("Procfile", Span(1, 1, 1, 40))
    >>> context = LaunchContext(MemoryTree({}), "web in Procfile", place)
    >>> reading = read_shell("cd src && flask --app $APP run; exec celery -A shop worker", context)
    >>> [entry.target for entry in reading.entries], [one.why for one in reading.unclear]
    (['shop'], ['what it starts is only known at run time'])
    """
    if context.too_deep:
        return _unclear([text], "its wrappers start each other", context)
    directory = context.directory if is_known(context.directory) else None
    shell = Shell(directory, context.environ, context.arguments, script, context.text)
    shell.run(text)
    readings = []
    for command in shell.commands:
        inner = context.inside(
            environ=command.environ,
            directory=command.directory or "",
            declared_at=_place_of(command, text, context, script),
            text_line=0,
            guarded=context.guarded or command.guarded,
        )
        reading = read_command(command.words, inner)
        readings.append(_anywhere(reading) if command.directory is None else reading)
    if shell.broken and not shell.commands:
        return _unclear([text], "the shell text cannot be parsed", context)
    reading = joined(readings)
    return reading if script == "sh" else narrowed(reading, context.tree.real_path(script), text)


def _anywhere(reading: LaunchReading) -> LaunchReading:
    """Give what a command starts in a directory that is not known: modules, but no files."""
    files = [entry for entry in reading.entries if entry.module is None]
    why = "its directory is only known at run time"
    unclear = tuple(Unclear(entry.script or "", why, entry.declared_at) for entry in files)
    known = replace(reading, entries=tuple(e for e in reading.entries if e.module is not None))
    return replace(known.anywhere(), unclear=(*reading.unclear, *unclear))


def _place_of(command: ShellCommand, text: str, context: LaunchContext, script: str) -> Location:
    if script != "sh":
        return Location(context.tree.real_path(script), in_text(text, command.line))
    if context.text_line:
        line = context.text_line + command.line - 1
        return Location(context.declared_at.path, Span(line, 1, line, 1))
    return context.declared_at


def joined(readings: Sequence[LaunchReading]) -> LaunchReading:
    """Put the readings of several commands together, each entry point once."""
    entries = dict.fromkeys(entry for reading in readings for entry in reading.entries)
    unclear = dict.fromkeys(one for reading in readings for one in reading.unclear)
    foreign = dict.fromkeys(name for reading in readings for name in reading.foreign)
    return LaunchReading(tuple(entries), tuple(unclear), tuple(foreign))


def _unclear(words: Sequence[str], why: str, context: LaunchContext) -> LaunchReading:
    text = " ".join(words).replace(UNKNOWN, "?")
    return LaunchReading(unclear=(Unclear(text, why, context.declared_at),))


def _read_shell_line(argv: Sequence[str], context: LaunchContext) -> LaunchReading:
    """`sh -c text [name arguments]`, `bash -euxo pipefail script arguments`."""
    rest = list(argv[1:])
    takes_text = False
    while rest and rest[0].startswith(("-", "+")):
        option = rest.pop(0)
        if option == "--":
            break
        takes_text = takes_text or (not option.startswith("--") and "c" in option)
        if option.endswith("o") and rest and not option.startswith("--"):
            rest.pop(0)
    if not rest:
        return LaunchReading()
    if not takes_text:
        return _read_file(rest[0], rest[1:], context)
    if not is_known(rest[0]) and rest[0].replace(UNKNOWN, "").strip() == "":
        return _unclear(argv, "the shell text is only known at run time", context)
    # What was unknown outside stays unknown inside: a variable that nobody sets.
    text = rest[0].replace(UNKNOWN, "${_}")
    return read_shell(text, context.inside(arguments=tuple(rest[2:]), text_line=0))


def _read_wrapped(wrapper: Wrapper, words: Sequence[str], context: LaunchContext) -> LaunchReading:
    inner = unwrap(wrapper, words)
    if inner is None:
        return LaunchReading(foreign=(words[0],)) if words[0] != "exec" else LaunchReading()
    directory = context.directory
    if inner.directory is not None:
        directory = context.path_of(inner.directory)
    environ = {**context.environ, **inner.environ}
    return read_command(inner.words, context.inside(directory=directory, environ=environ))


def _read_python_line(words: list[str], context: LaunchContext) -> LaunchReading:
    line = read_python(words)
    if line is None:
        return LaunchReading()
    if line.module is not None:
        return _read_module(line.module, line, context)
    if line.code is not None:
        return _read_code(line, context)
    if line.script in (None, "-"):
        return LaunchReading()
    assert line.script is not None
    if not is_known(line.script):
        return _unclear(["python", *words], "the file is only known at run time", context)
    path = context.path_of(line.script)
    script = path
    inner = posixpath.join(path, "__main__.py")  # also of an archive that the tree looks into
    if context.has_directory(path) or context.has_file(inner):
        script = inner
    elif path.endswith((".pyz", ".zip")):
        return _unclear(["python", *words], "it runs an archive", context)
    program = posixpath.basename(path)
    if program in BY_PROGRAM and not program.endswith(".py"):
        return _launch(BY_PROGRAM[program], list(line.arguments), context)
    kind = EntryKind.COMMAND if program == "manage.py" else EntryKind.FILE
    directory = () if line.isolated else (posixpath.dirname(script),)
    target = Target(script=script, path=directory)
    settings = _settings_of(line.arguments, context) if program == "manage.py" else ()
    entry = _entry(target, kind, "python", context, settings)
    return LaunchReading((replace(entry, complaints=_OF_PYTHON),))


def _settings_of(arguments: Sequence[str], context: LaunchContext) -> tuple[str, ...]:
    """Give the settings module that a `manage.py` line or its environment names."""
    named = [word.partition("=")[2] for word in arguments if word.startswith("--settings=")]
    named = named or [context.environ.get("DJANGO_SETTINGS_MODULE", "")]
    return tuple(name for name in named[:1] if name and is_known(name))


def _read_module(module: str, line: PythonLine, context: LaunchContext) -> LaunchReading:
    if not is_known(module):
        return _unclear(["python", "-m", module], "the module is only known at run time", context)
    here = context.inside()
    front = () if line.isolated else (context.directory,)
    if module in BY_MODULE:
        return _launch(BY_MODULE[module], list(line.arguments), here, front)
    wrapper = wrapper_of(module)
    if wrapper is not None:
        return _read_wrapped(wrapper, (module, *line.arguments), here)
    if module in TOOLS:
        return LaunchReading(foreign=(module,))
    target = Target(module, path=front)
    entry = _entry(target, EntryKind.MODULE, "python -m", context)
    return LaunchReading((replace(entry, complaints=_OF_PYTHON),))


def _read_code(line: PythonLine, context: LaunchContext) -> LaunchReading:
    """`python -c`: what the code imports, unguarded and at its top level."""
    assert line.code is not None
    if not is_known(line.code):
        return _unclear(["python", "-c"], "the code is only known at run time", context)
    front = () if line.isolated else (context.directory,)
    entries = [
        _entry(Target(module, attribute, path=front), EntryKind.COMMAND, "python -c", context)
        for module, attribute in imports_of(line.code)
    ]
    return LaunchReading(tuple(entries))


def _read_program(argv: Sequence[str], context: LaunchContext) -> LaunchReading:
    """A program by name: a console script of the project, or a file that can be read."""
    name = posixpath.basename(argv[0])
    if name in context.scripts:
        module, _, attribute = context.scripts[name].partition(":")
        target = Target(module.strip(), attribute.partition("[")[0].strip() or None)
        return LaunchReading((_entry(target, EntryKind.CONSOLE_SCRIPT, name, context),))
    if name in TOOLS:
        return LaunchReading(foreign=(name,))
    if context.program(argv[0]) is None:
        if "/" in argv[0] and argv[0].endswith((".sh", ".py")):
            return _unclear(argv, f"{argv[0]} is not in the tree", context)
        return LaunchReading(foreign=(name,))
    return _read_file(argv[0], argv[1:], context)


def _read_file(name: str, arguments: Sequence[str], context: LaunchContext) -> LaunchReading:
    """A file that is run: a shell script, a Python script, or something foreign."""
    if not is_known(name):
        return _unclear([name, *arguments], "the file is only known at run time", context)
    path = context.program(name) or context.path_of(name)
    text = context.text(path)
    if text is None:
        return _unclear([name, *arguments], f"{path} cannot be read", context)
    shebang = _SHEBANG.match(text)
    words = [shebang[1], *_split(shebang[2])] if shebang else []
    if words and posixpath.basename(words[0]) == "env":
        words = [word for word in words[1:] if word != "-S"]
    interpreter = posixpath.basename(words[0]) if words else ""
    if _PYTHON.match(interpreter):
        called = _SCRIPT_CALL.search(text)
        if called is not None and "sys.exit(" in text and len(text) < 1000:
            target = Target(called[1], called[2])
            kind, launcher = EntryKind.CONSOLE_SCRIPT, posixpath.basename(path)
            return LaunchReading((_entry(target, kind, launcher, context),))
        return _read_python_line([*words[1:], path, *arguments], context.inside())
    if interpreter in _SHELLS or (not words and path.endswith((".sh", ".bash"))):
        place = Location(context.tree.real_path(path), in_text(text, 1))
        label = f"{posixpath.basename(path)}, {context.label}"
        inner = context.inside(
            arguments=tuple(arguments), declared_at=place, label=label, text_line=0
        )
        return read_shell(text, inner, path)
    return LaunchReading(foreign=(posixpath.basename(name),))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _launch(
    launcher: Launcher, words: list[str], context: LaunchContext, front: tuple[str, ...] = ()
) -> LaunchReading:
    program = launcher.programs[0]
    if launcher.form is Form.TESTS:
        return LaunchReading(foreign=(program,))
    try:
        reading = read_targets(launcher, words, context)
    except UnclearTargetError as why:
        return _unclear([program, *words], str(why), context)
    entries = []
    for target in reading.targets:
        placed = replace(target, path=tuple(dict.fromkeys((*target.path, *front))))
        kind = launcher.kind if target.module or launcher.form is Form.SCRIPT else EntryKind.FILE
        imports = reading.imports if target.module else ()
        entry = _entry(placed, kind, program, context, imports, certain=reading.certain)
        entries.append(replace(entry, complaints=launcher.complaints))
    return LaunchReading(tuple(entries)) if entries else LaunchReading(foreign=(program,))


def _entry(
    target: Target,
    kind: EntryKind,
    launcher: str,
    context: LaunchContext,
    imports: Sequence[str] = (),
    *,
    certain: bool = True,
) -> EntryPoint:
    given = context.environ.get("PYTHONPATH", "")
    known = is_known(given)
    more = tuple(context.path_of(p) for p in given.split(":") if p and is_known(p))
    path = tuple(dict.fromkeys(p for p in (*target.path, *more) if is_known(p)))
    shown = target.module or target.script or ""
    if target.module and target.attribute:
        shown = f"{target.module}:{target.attribute}"
    return EntryPoint(
        name=f"{shown} ({context.label})",
        kind=kind,
        declared_at=context.declared_at,
        why=f"{launcher} in {context.label}",
        module=target.module,
        attribute=target.attribute,
        by_dots=target.by_dots,
        factory=target.factory,
        script=target.script,
        imports=tuple(imports),
        path=path,
        launcher=launcher,
        certain=certain and known and not context.guarded,
    )
