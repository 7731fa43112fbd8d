"""The command line: one group, its commands loaded when they are called.

This module alone turns exceptions into exit codes:

    0    nothing to complain about
    1    findings at or above --fail-on
    2    usage, configuration, or input that cannot be read
    3    a bug in linkstep, with what to paste into a report
    130  interrupted; 141 nobody reads the output any more (cli/streams.py)
"""

from __future__ import annotations

import atexit
import errno
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from linkstep import __version__
from linkstep.errors import LinkstepError
from linkstep.report.visible import visible

USAGE, BUG, INTERRUPTED = 2, 3, 130

# What `--help` lists, said here so that it imports none of them.
COMMANDS = {
    "check": "Link a tree and tell what CPython would refuse.",
    "image": "Link a container image: what its command starts, on its own Python.",
    "baseline": "Accept what is there today, so that only new findings fail.",
    "graph": "Draw who imports whom, with what is broken.",
    "why": "Say how a module is reached, who needs a name, what a finding means.",
    "health": "Tell how components and golden paths are, and what blocks them.",
    "upgrade": "Say what an upgrade of a distribution would break.",
    "roots": "Show what is linked against what, and why.",
    "rule": "Explain a rule.",
    "rules": "List all rules.",
    "cache": "Show what earlier runs have kept, or remove it.",
}

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Commands(click.Group):
    """A group that imports a command only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and give one command, None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"linkstep.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command is for."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name, or suggest the closest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from linkstep.closest import suggestion

            hint = suggestion(args[0], COMMANDS, f"commands are {', '.join(COMMANDS)}")
            raise LinkstepError(f"unknown command {args[0]!r}", hint=hint)
        return super().resolve_command(ctx, args)


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"linkstep {__version__}")
        context.exit()


@click.group(cls=Commands, context_settings=SETTINGS, invoke_without_command=True)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
@click.pass_context
def linkstep(context: click.Context) -> None:
    """Say before deploy which references between modules CPython would refuse.

    Nothing is imported or executed; linkstep reads.

    \b
    Examples:
      linkstep check              check the project in this directory
      linkstep check src/app      check a part of it, linked against all of it
      linkstep rule LS102         explain a rule
      linkstep roots              show what is linked against what, and why
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(USAGE)


def run() -> NoReturn:
    """Run the command line of this process, and end the process with it.

    So nobody looks for cyclic garbage among all that was read, and nothing of it is taken apart at
    the end: either takes longer than to tell the report.
    """
    gc.disable()
    code = main()
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except (OSError, ValueError):  # full, or closed: the interpreter knows what to do
        sys.exit(code)
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code; nothing but SystemExit escapes click.

    Without `arguments` it is the process's own.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed by whoever started the process
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        elif hasattr(stream, "reconfigure"):  # a name that the encoding lacks is still shown
            stream.reconfigure(errors="backslashreplace")
    try:
        code = linkstep.main(
            args=None if arguments is None else list(arguments),
            prog_name="linkstep",
            standalone_mode=False,
        )
        return code if isinstance(code, int) else 0
    except LinkstepError as error:
        return _refused(error)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "linkstep"
        hint = f"`{command} --help` says what there is"
        return _refused(LinkstepError(error.format_message(), hint=hint))
    except (KeyboardInterrupt, click.Abort):
        print("linkstep: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return _refused(LinkstepError("cannot write the output", why=os.strerror(errno.ENOSPC)))
        return _bug(error)


def _refused(error: LinkstepError) -> int:
    """Tell a failure that the user can do something about."""
    print(f"linkstep: error: {visible(error.what)}", file=sys.stderr)
    for label, text in (("where", error.where), ("why", error.why), ("hint", error.hint)):
        if text:
            head, *rest = text.splitlines()
            print(f"  {label + ':':<7}{visible(head)}", file=sys.stderr)
            for line in rest:
                print(f"  {'':<7}{visible(line)}", file=sys.stderr)
    return USAGE


def _bug(error: Exception) -> int:
    """Tell a failure that is ours, with everything a report needs."""
    import platform
    import traceback

    print(
        "linkstep: this is a bug in linkstep, not in your code; please report it", file=sys.stderr
    )
    print(f"  linkstep {__version__}, Python {platform.python_version()}", file=sys.stderr)
    print(f"  {platform.platform()}", file=sys.stderr)
    print(f"  arguments: {sys.argv[1:]}", file=sys.stderr)
    trace = "".join(traceback.format_exception(error))
    print("\n".join(map(visible, trace.splitlines())), file=sys.stderr)
    return BUG
