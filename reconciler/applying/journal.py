"""The journal of an apply: what was about to be written, what was answered, and the results, for people.

One file per run and instance, one JSON object per line, each on disk before anything is done that it announces:

    begun      the run, who, which commit, and the changes with before and after; format_version is in this line
    sent       the change with this number is sent now: without this line it was never sent; a create in two steps has
               the nonce of its mark here
    answered   the instance's answer: without this line it may have been sent, and the result is unknown
    delivered  the result of a delivery of a client's id and secret to a sink: without this line it is unknown
    finished   what the final listing showed; without this line the run was aborted

An apply does not depend on it: it compares with the live clients. It contains no secrets: everything written here comes
from the fields of changes and from the messages of errors, which have none.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, assert_never

from reconciler.applying.journal_versions import FORMAT_VERSION
from reconciler.applying.report import Applied, DeliveryResult, Failed, Outcome, Skipped
from reconciler.applying.send import SendResult, Sent, Unanswered
from reconciler.model.errors import JournalError, NotVerified
from reconciler.planning.plan.plan import Plan
from reconciler.planning.planfile.codec import plan_values
from reconciler.planning.planfile.codec_parts import recipient_values
from reconciler.support.frozen import frozen
from reconciler.support.state_dir import make_private_dir

SUFFIX = ".jsonl"


class WriteAnswer(StrEnum):
    """What the answer to a write said."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """No answer came, or none that shows the result."""


class WriteResult(StrEnum):
    """What the final listing showed for a change."""

    APPLIED = "applied"
    FAILED = "failed"
    UNVERIFIED = "unverified"
    """It was written, or may have been, and no listing confirms it."""
    NOT_TRIED = "not_tried"


@frozen
class Heading:
    """What the first line says about a run besides its plan."""

    run: str
    started_at: datetime
    program_version: str
    who: str
    """For people: user@host, or the URL of a pipeline's run."""
    commit: str | None
    """The git commit of the declarations, if they are in git."""
    clean: bool | None
    """Whether the work tree had no changes against that commit."""
    plan_digest: str | None


class Journal(Protocol):
    """The record of an apply. No method raises: the first failure is kept, and nothing is written after it.

    Several threads may use it at a time.
    """

    @property
    def failure(self) -> str | None:
        """Why it cannot be written any more; None if it can."""

    def sending(self, numbers: Sequence[int], nonces: Mapping[int, str]) -> None:
        """Record that the changes with these numbers (from 0, in the plan's order) are sent now.

        `nonces` has the nonce of each mark, by the number of the change.
        """

    def answered(self, answers: Sequence[tuple[int, SendResult]]) -> None:
        """Record the answers to the changes with these numbers."""

    def delivered(self, results: Sequence[DeliveryResult]) -> None:
        """Record the results of deliveries."""

    def finished(self, outcomes: Sequence[Outcome], *, interrupted: bool) -> None:
        """Record the outcome of every change, in the plan's order."""


def new_run(at: datetime) -> str:
    """A name for a run that sorts by its time: `20261123T134500Z-7f3a9c`. One run may apply to several instances."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


@contextmanager
def open_journal(directory: Path, heading: Heading, plan: Plan, *, now: Callable[[], datetime]) -> Iterator[Journal]:
    """Create `<directory>/<instance>/<run>.jsonl`, for this user only. `now` returns times with a time zone.

    Raises JournalError, before anything else is written anywhere, if the first line cannot be written to disk.
    """
    path = directory / plan.instance / f"{heading.run}{SUFFIX}"
    try:
        make_private_dir(path.parent)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    except OSError as problem:
        raise _cannot_begin(path, problem) from problem
    try:
        _begin(file, path, _first_line(heading, plan))
        yield FileJournal(file, now)
    finally:
        os.close(file)


class FileJournal:
    """A journal in an open file that already has its first line. Several threads may write to it."""

    def __init__(self, file: int, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now
        self._writing = Lock()
        self.failure: str | None = None

    def sending(self, numbers: Sequence[int], nonces: Mapping[int, str]) -> None:
        """Record that the changes with these numbers are sent now."""
        self._add({"event": "sent", "change": number, "nonce": nonces.get(number)} for number in numbers)

    def answered(self, answers: Sequence[tuple[int, SendResult]]) -> None:
        """Record the answers to the changes with these numbers."""
        self._add({"event": "answered", "change": number, **_answer(attempt)} for number, attempt in answers)

    def delivered(self, results: Sequence[DeliveryResult]) -> None:
        """Record the results of deliveries."""
        self._add({"event": "delivered", **_delivery(each)} for each in results)

    def finished(self, outcomes: Sequence[Outcome], *, interrupted: bool) -> None:
        """Record the outcome of every change."""
        self._add([{"event": "finished", "interrupted": interrupted, "outcomes": [_outcome(o) for o in outcomes]}])

    def _add(self, entries: Iterable[dict[str, Any]]) -> None:
        with self._writing:
            # After a failure the file may end with half a line, and a line appended to it would be lost as well.
            if self.failure is not None:
                return
            at = self._now().isoformat()
            try:
                _append(self._file, "".join(_line({"at": at, **entry}) for entry in entries))
            except OSError as problem:
                self.failure = _reason(problem)


def _first_line(heading: Heading, plan: Plan) -> str:
    values = plan_values(replace(plan, deliveries=()))  # each has a line of its own, with what became of it
    entry = {
        "format_version": FORMAT_VERSION,
        "event": "begun",
        "run": heading.run,
        "started_at": heading.started_at.isoformat(),
        "program_version": heading.program_version,
        "who": heading.who,
        "git": {"commit": heading.commit, "clean": heading.clean},
        "plan_digest": heading.plan_digest,
    }
    return _line(entry | {key: values[key] for key in ("instance", "identity", "counts", "changes")})


def _answer(attempt: SendResult) -> dict[str, Any]:
    match attempt:
        case Sent(id=client_id):
            return {"answer": WriteAnswer.DONE, "id": client_id, "error": None}
        case Failed(error=error):
            return {"answer": WriteAnswer.REFUSED, "id": None, "error": error.message}
        case Unanswered(error=error):
            return {"answer": WriteAnswer.UNKNOWN, "id": None, "error": error.message}
        case _:
            assert_never(attempt)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Applied(id=client_id, adopted=adopted):
            return {"result": WriteResult.APPLIED, "id": client_id, "adopted": adopted, "why": None}
        case Failed(error=error):
            result = WriteResult.UNVERIFIED if isinstance(error, NotVerified) else WriteResult.FAILED
            return {"result": result, "id": None, "adopted": False, "why": error.message}
        case Skipped(reason=reason):
            return {"result": WriteResult.NOT_TRIED, "id": None, "adopted": False, "why": reason}
        case _:
            assert_never(outcome)


def _delivery(result: DeliveryResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "id": result.id,
        "cause": result.event,
        "sink": result.sink,
        "status": result.status,
        "recipient": recipient_values(result.recipient) if result.recipient is not None else None,
        "why": result.error.message if result.error is not None else None,
    }


def _line(entry: dict[str, Any]) -> str:
    # ASCII only, so that only a line feed ends a line, and any character in a name is preserved.
    return json.dumps(entry, ensure_ascii=True, separators=(",", ":")) + "\n"


def _begin(file: int, path: Path, line: str) -> None:
    try:
        _append(file, line)
        _sync_directory(path.parent)
    except OSError as problem:
        with suppress(OSError):
            path.unlink()
        raise _cannot_begin(path, problem) from problem


def _append(file: int, text: str) -> None:
    """Write all of the text, and wait until it is on disk. Raises OSError."""
    left = text.encode("ascii")
    while left:
        left = left[os.write(file, left) :]
    os.fsync(file)


def _sync_directory(directory: Path) -> None:
    # A file on disk is lost without its directory entry. Windows offers no sync of directories, nor needs it.
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_begin(path: Path, problem: OSError) -> JournalError:
    return JournalError(
        f"cannot write the journal {path}: {_reason(problem)}; so nothing else was written either",
        "make room or fix the permissions there, or name another folder: --journal DIR",
    )


def _reason(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()
