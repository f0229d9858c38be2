"""A person at a terminal: a pseudo-terminal, and what is typed when something appears on it."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.cli.projects import SECONDS, Ended, command

YES_OR_NO = re.compile(rb"\[y/N\]: ")
# Who leads a new session and opens the terminal gets it as its own: then Ctrl-C sends a signal. It must not be ignored
# either, as it is in pytest-xdist's workers, and so in their children.
_OPENING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
terminal = os.open(sys.argv[1], os.O_RDWR)
for stream in range(3):
    os.dup2(terminal, stream)
os.execv(sys.argv[2], sys.argv[2:])
"""

CTRL_C, CTRL_D = b"\x03", b"\x04"


def at_a_terminal(
    *arguments: str | Path,
    typed: Sequence[bytes] = (),
    meanwhile: Callable[[], None] = lambda: None,
    environ: Mapping[str, str] | None = None,
    question: re.Pattern[bytes] = YES_OR_NO,
) -> Ended:
    """Run a command at a terminal and answer each question with the next of `typed`; its output is all in `out`.

    `meanwhile` is called when the first question is read, before it is answered.
    """
    ours, theirs = pty.openpty()
    opening = [sys.executable, "-c", _OPENING, os.ttyname(theirs)]
    with subprocess.Popen(
        [*opening, *command(*arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=None if environ is None else dict(environ),
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            shown = _talk(ours, list(typed), meanwhile, question)
            code = process.wait(SECONDS)
        finally:
            process.kill()
            os.close(ours)
    return Ended(code, shown.decode().replace("\r\n", "\n"), "")


@contextmanager
def closing_terminal(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], None]]]:
    """A command that is under way at a terminal, and what closes the terminal."""
    ours, theirs = pty.openpty()
    opening = [sys.executable, "-c", _OPENING, os.ttyname(theirs)]
    with subprocess.Popen(
        [*opening, *command(*arguments)], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        try:
            yield process, lambda: os.close(ours)
        finally:
            process.kill()


def _talk(terminal: int, typed: list[bytes], meanwhile: Callable[[], None], question: re.Pattern[bytes]) -> bytes:
    shown, answered = b"", 0
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux's way of saying that nobody holds the other end any more
            break
        if not piece:
            break
        shown += piece
        if len(question.findall(shown)) > answered and typed:
            if answered == 0:
                meanwhile()
            answered += 1
            os.write(terminal, typed.pop(0))
    return shown
