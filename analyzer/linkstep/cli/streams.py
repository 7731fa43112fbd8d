"""What the streams of this process can show: colour, width, movement.

The only place that asks the terminal and the environment about it, so that a report
is a function of its arguments.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn, TextIO

from linkstep.errors import LinkstepError

PIPED_WIDTH = 120
UNREAD = 141  # what a shell reports for a process that a closed pipe ended


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody looks at the stream; a closed one is no terminal."""
    try:
        return stream.isatty()
    except ValueError:
        return False


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour, as no-color.org and force-color.org have it.

    NO_COLOR, when set to anything, means no; FORCE_COLOR means yes, to a pipe as well;
    otherwise a terminal that is not dumb gets colour.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """Give the columns to write in: those of the terminal, or 120 where there is none.

    COLUMNS decides in both cases.
    """
    if not is_terminal(stream) and not os.environ.get("COLUMNS"):
        return PIPED_WIDTH
    return shutil.get_terminal_size((80, 24)).columns


def deliver(text: str, output: str | None) -> None:
    """Write to standard output, or to the file that `--output` names.

    A file is UTF-8 with line ends as they are, whatever the platform's habits.
    """
    if output is None or output == "-":
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:  # caught here, for click would make it exit code 1
            give_up()
        return
    try:
        Path(output).write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise LinkstepError(f"cannot write {output}", where="--output", why=reason) from error


def give_up() -> NoReturn:
    """End quietly, since nobody reads standard output any more.

    Python flushes it once more at exit, which must not fail again.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(UNREAD)
