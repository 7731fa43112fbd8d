"""Puts questions to git once more, all at the same time, to learn whether it answers the same."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence

from linkstep.tree.disk import digest_of
from linkstep.tree.git_repository import answer_of, command, environment
from linkstep.tree.inputs import Answer


def ask_again(
    answers: Sequence[Answer], environ: Mapping[str, str]
) -> Callable[[], Sequence[bytes]]:
    """Ask for what once was answered; the function given waits, and gives digests of it."""
    environ = environment(environ)
    processes = [(_start(answer, environ), answer.stdin) for answer in answers]
    return lambda: [_digest_of(process, stdin) for process, stdin in processes]


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


def _digest_of(process: subprocess.Popen[bytes] | None, stdin: bytes) -> bytes:
    if process is None:
        return digest_of(b"")
    with process:
        printed, _ = process.communicate(stdin or None)
    return digest_of(answer_of(process.returncode, printed))
