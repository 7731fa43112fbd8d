"""Puts questions to git once more, all at the same time, to learn whether it answers the same."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence

from linkstep.tree.git_repository import answer_of, command, environment
from linkstep.tree.inputs import Answer, Reply
from linkstep.tree.journal import reply_of


def ask_again(
    answers: Sequence[Answer], environ: Mapping[str, str]
) -> Callable[[], Sequence[Reply]]:
    """Ask for what once was answered; the function given waits for all replies."""
    environ = environment(environ)
    processes = [(_start(answer, environ), answer) for answer in answers]
    return lambda: [_reply(process, answer) for process, answer in processes]


def _start(answer: Answer, environ: dict[str, str]) -> subprocess.Popen[bytes] | None:
    try:
        return subprocess.Popen(
            command(answer.arguments),
            cwd=answer.cwd,
            env=environ,
            stdin=subprocess.PIPE if answer.stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None


def _reply(process: subprocess.Popen[bytes] | None, answer: Answer) -> Reply:
    if process is None:
        return reply_of(b"")
    with process:
        printed, _ = process.communicate(answer.stdin or None)
    return reply_of(answer_of(process.returncode, printed), lists=answer.lists)
