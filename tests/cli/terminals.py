"""A person at a terminal: a pseudo-terminal, and what is typed when something appears on it."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.cli.projects import SECONDS, Ended, command

QUESTION = b"[y/N]: "
CTRL_C, CTRL_D = b"\x03", b"\x04"


def at_a_terminal(
    *arguments: str | Path,
    typed: Sequence[bytes] = (),
    meanwhile: Callable[[], None] = lambda: None,
    environ: Mapping[str, str] | None = None,
) -> Ended:
    """Run a command at a terminal and answer each question with the next of `typed`; its output is all in `out`.

    `meanwhile` is called when the first question is read, before it is answered.
    """
    ours, theirs = pty.openpty()
    # The shell that leads a new session and opens the terminal gets it as its own: then Ctrl-C sends a signal.
    opening = ["sh", "-c", 'exec "$@" <>"$0" >&0 2>&0', os.ttyname(theirs)]
    with subprocess.Popen(
        [*opening, *command(*arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=None if environ is None else dict(environ),
        start_new_session=True,
        # pytest-xdist's workers ignore SIGINT, and a child inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        os.close(theirs)
        try:
            shown = _talk(ours, list(typed), meanwhile)
            code = process.wait(SECONDS)
        finally:
            process.kill()
            os.close(ours)
    return Ended(code, shown.decode().replace("\r\n", "\n"), "")


def _talk(terminal: int, typed: list[bytes], meanwhile: Callable[[], None]) -> bytes:
    shown, answered = b"", 0
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], deadline - time.monotonic())[0]:
            break
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux's way of saying that nobody holds the other end any more
            break
        if not piece:
            break
        shown += piece
        if shown.count(QUESTION) > answered and typed:
            if answered == 0:
                meanwhile()
            answered += 1
            os.write(terminal, typed.pop(0))
    return shown
