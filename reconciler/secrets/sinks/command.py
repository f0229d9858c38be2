"""The sink `command`: a program that reads JSON."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field  # noqa: TID251  (it is filled in bit by bit)
from pathlib import Path
from threading import Thread
from typing import IO

from reconciler.model.errors import SinkError
from reconciler.model.recipients import Held, SinkAnswer
from reconciler.model.secret import Secret
from reconciler.model.settings import CommandSinkSetting
from reconciler.secrets.payload import check_payload, delete_payload, store_payload
from reconciler.secrets.recipients import label_of
from reconciler.secrets.redaction import redacted
from reconciler.secrets.stored import NO_QUESTION, Decrypt, Stored
from reconciler.secrets.values import SecretDelivery, SinkClient, SinkState
from reconciler.support.text import printable, quoted

MAX_OUTPUT_BYTES = 64 * 1024
"""Bytes of a program's output that are kept: the last ones."""
MAX_SHOWN_LINES = 5
"""Lines of it in a message."""
_GRACE = 1.0
"""Seconds for a program to end after SIGTERM, and for its children to close its output."""


class CommandSink:
    """Run the program once per client; only its exit status shows the result."""

    stages = False

    def __init__(self, setting: CommandSinkSetting, instance: str, url: str, environ: Mapping[str, str]) -> None:
        """`url` is the instance's identity; `environ` is for the program, without credentials."""
        self._setting = setting
        self._instance, self._url = instance, url
        self._environ = environ
        self.label = label_of(setting)

    def covers(self, client: SinkClient) -> bool:
        """See `Sink`."""
        return self._setting.scope.covers(client.name, client.owner)

    def look(self, clients: Sequence[SinkClient]) -> None:
        """See `Sink`. The program must exist and be executable."""
        self._program(printable(self._setting.run[0]))

    def check(self, clients: Sequence[SinkClient]) -> None:
        """See `Sink`. The program must exist, and exit with 0 for the event `check`."""
        self._run(check_payload(self._instance, self._url), "it could not store secrets", None)

    def deliver(self, delivery: SecretDelivery) -> None:
        """See `Sink`. The program runs each time, so it must be idempotent."""
        what = f"the secret of {quoted(delivery.client.name)} was not taken"
        self._run(store_payload(delivery), what, delivery.secret, must_listen=True)

    def stage(self, delivery: SecretDelivery) -> None:
        """See `Sink`. A program has no place beside the one in use."""
        raise SinkError(f"{printable(self._setting.run[0])} cannot keep a second secret of a client")

    def make_current(self, client: SinkClient, client_id: int) -> bool:
        """See `Sink`. It was told at once, if at all."""
        return False

    def forget(self, client: SinkClient, client_id: int) -> None:
        """See `Sink`. The program gets the id, and must not touch what is stored for another."""
        self._run(delete_payload(client, client_id), f"the secret of {quoted(client.name)} was not removed", None)

    def staged(self, instance: str, url: str) -> Mapping[int, str]:
        """See `Sink`."""
        return {}

    def unstage(self, instance: str, url: str, client_id: int) -> None:
        """See `Sink`."""

    def present(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[bool | None]:
        """See `Sink`."""
        return [None] * len(clients)

    def trace(self, clients: Sequence[tuple[SinkClient, int]]) -> Sequence[SinkAnswer]:
        """See `Sink`. A program cannot be asked without running it."""
        return [SinkAnswer(Held.UNKNOWN)] * len(clients)

    def evidence(self, client: SinkClient, client_id: int) -> Sequence[Path]:
        """See `Sink`. A program cannot tell."""
        return ()

    def stored(self, client: SinkClient, decrypt: Decrypt | None) -> Stored:
        """See `Sink`. A program cannot tell."""
        return NO_QUESTION

    def holds(self, delivery: SecretDelivery) -> SinkState:
        """See `Sink`. A program cannot tell."""
        return SinkState.UNKNOWN

    def _run(self, document: bytes, consequence: str, secret: Secret | None, *, must_listen: bool = False) -> None:
        name = printable(self._setting.run[0])
        ended = _ended(self._start(name), document, self._setting.timeout)
        why = _why(ended, self._setting.timeout, must_listen)
        if why is not None:
            last = " | ".join(redacted(bytes(ended.output), secret, MAX_SHOWN_LINES))
            hint = f"its last output: {last}" if last else "it said nothing"
            raise SinkError(f"{name} {why}: {consequence}", hint)

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        program = self._program(name)
        try:
            return subprocess.Popen(  # noqa: S603  (reconciler.yaml names what to run; no shell)
                [program, *self._setting.run[1:]],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=self._setting.folder,
                env=dict(self._environ),
                start_new_session=True,  # so that a timeout ends its children too, and Ctrl-C reaches only us
            )
        except OSError as problem:
            why = (problem.strerror or "it failed").lower()
            hint = "its first line has to name an interpreter that exists, like #!/bin/sh"
            raise SinkError(f"cannot start {name}: {why}", hint) from None

    def _program(self, name: str) -> str:
        word = self._setting.run[0]
        if os.sep in word or "/" in word:
            # Absolute: `./store.sh` in the folder `.` would lose its dot, and be looked up on the PATH.
            path = (self._setting.folder / word).absolute()
            found, missing = shutil.which(path), not path.exists()
        else:
            found, missing = shutil.which(word, path=self._environ.get("PATH", os.defpath)), True
        if found is not None:
            return os.path.abspath(found)
        if missing:
            raise SinkError(f"there is no program {name}", self._way_to_it(word))
        raise SinkError(f"{name} cannot be run", f"chmod +x {name}")

    def _way_to_it(self, word: str) -> str:
        if "/" not in word and (self._setting.folder / word).is_file():
            return f"write `./{printable(word)}`: a name without a slash is looked up on the PATH"
        return "install it, or correct `run:` of the sink"


@dataclass(slots=True)
class _Ended:
    """How a program ended."""

    status: int | None = None
    """None if it timed out and was ended."""
    listened: bool = True
    output: bytearray = field(default_factory=bytearray)


def _why(ended: _Ended, seconds: float, must_listen: bool) -> str | None:
    """What went wrong, as text; None if nothing did."""
    match ended.status:
        case None:
            return f"was not done after {seconds:g} s and was stopped"
        case 0:
            return "ended without reading its input" if must_listen and not ended.listened else None
        case int(status) if status < 0:
            return f"was killed by {_signal(-status)}"
        case _:
            return f"failed with exit status {ended.status}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _ended(process: subprocess.Popen[bytes], document: bytes, seconds: float) -> _Ended:
    """Give a program its input and wait for its end. All of its output is read, so that it never blocks."""
    ended = _Ended()
    assert process.stdin is not None and process.stdout is not None  # noqa: PT018, S101  (pipes were asked for)
    threads = [
        Thread(target=_feed, args=(process.stdin, document, ended), daemon=True),
        Thread(target=_drain, args=(process.stdout, ended.output), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        ended.status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        _end(process)
    except BaseException:
        _end(process)
        raise
    for thread in threads:
        # With a limit: its children may keep running and hold its output open.
        thread.join(_GRACE)
    return ended


def _feed(stream: IO[bytes], document: bytes, ended: _Ended) -> None:
    try:
        with stream:
            stream.write(document)
    except OSError:
        ended.listened = False


def _drain(stream: IO[bytes], kept: bytearray) -> None:
    with suppress(OSError, ValueError), stream:
        while chunk := os.read(stream.fileno(), MAX_OUTPUT_BYTES):
            kept += chunk
            del kept[:-MAX_OUTPUT_BYTES]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and its children: SIGTERM first, then SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
