"""Read past applies from their journals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace  # noqa: TID251  (one is filled in line by line)
from datetime import datetime
from pathlib import Path
from typing import Any

from reconciler.applying.journal import SUFFIX, Heading, WriteAnswer, WriteResult
from reconciler.applying.journal_versions import DAMAGED, NOTHING_WRITTEN, current_heading, current_line
from reconciler.applying.report import DeliveryStatus
from reconciler.model.errors import JournalError
from reconciler.model.recipients import Recipient
from reconciler.planning.plan.plan import Change, Plan
from reconciler.planning.planfile.codec import plan_values, read_plan
from reconciler.planning.planfile.codec_parts import read_recipient
from reconciler.secrets.values import DeliveryEvent
from reconciler.support.frozen import frozen
from reconciler.support.json_reader import JsonValue, WrongShape


@frozen
class PastAnswer:
    """The instance's answer to a write."""

    at: datetime
    answered: WriteAnswer
    id: int | None
    """The client's id, if the write was done."""
    error: str | None


@frozen
class PastResult:
    """What the final listing showed for a change."""

    result: WriteResult
    id: int | None
    adopted: bool
    why: str | None
    """What went wrong, or why it was not tried."""


@frozen
class PastWrite:
    """One change of a run, as far as its journal shows."""

    change: Change
    sent_at: datetime | None = None
    """None: it was never sent."""
    answer: PastAnswer | None = None
    verdict: PastResult | None = None
    nonce: str | None = None
    """The nonce of its mark, if it was a create in two steps."""


@frozen
class PastDelivery:
    """The result of delivering a client's id and secret to a sink."""

    at: datetime
    name: str
    id: int
    cause: DeliveryEvent
    sink: str
    """Its label."""
    status: DeliveryStatus
    why: str | None
    """What went wrong."""
    recipient: Recipient | None = None
    """Who got it; None in a journal of an older version."""


@frozen
class PastRun:
    """One apply to one instance."""

    path: Path
    heading: Heading
    instance: str
    identity: str
    writes: tuple[PastWrite, ...]
    """One for every change, in the plan's order."""
    finished_at: datetime | None = None
    """None: it was aborted before the final listing."""
    interrupted: bool = False
    truncated: bool = False
    """Whether the last line is cut off. What it announces was not done."""
    deliveries: tuple[PastDelivery, ...] = ()
    """The results of deliveries, in the order of time."""


@frozen
class UnreadableJournal:
    """A file among the journals that is not a journal, or is damaged."""

    path: Path
    problem: JournalError


def applied(run: PastRun) -> Iterator[tuple[Change, int]]:
    """The changes that were applied, with client ids: by the final listing, or by the answers without one."""
    for write in run.writes:
        if write.verdict is not None:
            if write.verdict.result is WriteResult.APPLIED and write.verdict.id is not None:
                yield write.change, write.verdict.id
        elif write.answer is not None and write.answer.id is not None:
            yield write.change, write.answer.id


def uncertain(run: PastRun) -> Iterator[Change]:
    """The changes that may or may not have been applied."""
    for write in run.writes:
        if write.verdict is not None:
            if write.verdict.result is WriteResult.UNVERIFIED:
                yield write.change
        elif write.sent_at is not None and (write.answer is None or write.answer.answered is WriteAnswer.UNKNOWN):
            yield write.change


def list_runs(directory: Path) -> tuple[PastRun | UnreadableJournal, ...]:
    """Every journal in a folder and its subfolders, the newest run first, unreadable ones at the end."""
    found = [_read_or_not(path) for path in sorted(directory.rglob(f"*{SUFFIX}"))]
    runs = [run for run in found if isinstance(run, PastRun)]
    runs.sort(key=lambda run: (run.heading.started_at, run.heading.run), reverse=True)
    return (*runs, *(each for each in found if isinstance(each, UnreadableJournal)))


def readable_runs(directory: Path, is_trusted: Callable[[Path], bool] = lambda _: True) -> Iterator[PastRun]:
    """The runs of `list_runs` whose journals can be read, and whose paths `is_trusted` accepts."""
    return (run for run in list_runs(directory) if isinstance(run, PastRun) and is_trusted(run.path))


def read_journal(path: Path) -> PastRun:
    """Read a journal. A last line that is cut off is ignored; any other defect raises JournalError."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise JournalError(f"cannot read the journal {path}: {(problem.strerror or str(problem)).lower()}") from problem
    *lines, tail = data.split(b"\n")
    if not lines:
        raise JournalError(f"the journal {path} has no complete line", NOTHING_WRITTEN)
    reading = None
    for number, line in enumerate(lines, 1):
        try:
            if reading is None:
                reading = _begun(path, _entry(line))
            else:
                _continue(reading, _entry(line))
        except WrongShape as problem:
            text = f"{path}, line {number}, is not what a journal says there: {problem}"
            raise JournalError(text, DAMAGED) from problem
    assert reading is not None  # noqa: S101  (there is a first line)
    deliveries = tuple(reading.deliveries)
    return replace(reading.run, writes=tuple(_writes(reading)), deliveries=deliveries, truncated=bool(tail))


def _read_or_not(path: Path) -> PastRun | UnreadableJournal:
    try:
        return read_journal(path)
    except JournalError as problem:
        return UnreadableJournal(path, problem)


def _entry(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise WrongShape("it is not valid JSON") from None
    if not isinstance(entry, dict):
        raise WrongShape("it is not an object")
    return entry


_HEADING_KEYS = ("event", "format_version", "run", "started_at", "program_version", "who", "git", "plan_digest")
_PLAN_KEYS = ("instance", "identity", "counts", "changes")


@dataclass(slots=True, eq=False)
class _Reading:
    """A run as far as its journal was read; `run` is without its writes and deliveries."""

    run: PastRun
    changes: tuple[Change, ...]
    sent: dict[int, tuple[datetime, str | None]] = field(default_factory=dict)
    """When a change was sent, and the nonce of its mark."""
    answers: dict[int, PastAnswer] = field(default_factory=dict)
    verdicts: tuple[PastResult, ...] = ()
    deliveries: list[PastDelivery] = field(default_factory=list)


def _writes(reading: _Reading) -> Iterator[PastWrite]:
    for number, change in enumerate(reading.changes):
        sent_at, nonce = reading.sent.get(number, (None, None))
        verdict = reading.verdicts[number] if reading.verdicts else None
        yield PastWrite(change, sent_at, reading.answers.get(number), verdict, nonce)


def _begun(path: Path, entry: dict[str, Any]) -> _Reading:
    if entry.get("event") != "begun":
        raise WrongShape("a journal begins with `begun`")
    values = JsonValue(current_heading(entry)).record((*_HEADING_KEYS, *_PLAN_KEYS))
    git = values["git"].record(("commit", "clean"))
    heading = Heading(
        run=values["run"].text(),
        started_at=values["started_at"].time(),
        program_version=values["program_version"].text(),
        who=values["who"].text(),
        commit=git["commit"].unless_null(JsonValue.text),
        clean=git["clean"].unless_null(JsonValue.flag),
        plan_digest=values["plan_digest"].unless_null(JsonValue.text),
    )
    plan = _plan(values)
    return _Reading(PastRun(path, heading, plan.instance, plan.identity, ()), plan.changes)


def _plan(values: Mapping[str, JsonValue]) -> Plan:
    """The parts of the plan that a journal contains; the rest is empty."""
    empty = {key: JsonValue(value, key) for key, value in plan_values(Plan("", "")).items()}
    return read_plan(empty | {key: values[key] for key in _PLAN_KEYS})


def _continue(reading: _Reading, entry: dict[str, Any]) -> None:
    event = entry.get("event")
    read = _EVENTS.get(event) if isinstance(event, str) else None
    if read is None:
        raise WrongShape("`event` is none that follows the first line")
    if reading.run.finished_at is not None:
        raise WrongShape("nothing follows `finished`")
    read(reading, JsonValue(current_line(entry)))


def _sent(reading: _Reading, node: JsonValue) -> None:
    values = node.record(("event", "at", "change", "nonce"))
    number = _number(reading, values["change"])
    if number in reading.sent:
        raise WrongShape("this change was sent before")
    reading.sent[number] = values["at"].time(), values["nonce"].unless_null(JsonValue.text)


def _answered(reading: _Reading, node: JsonValue) -> None:
    values = node.record(("event", "at", "change", "answer", "id", "error"))
    number = _number(reading, values["change"])
    if number not in reading.sent or number in reading.answers:
        raise WrongShape("this change was not sent, or was answered before")
    answered, client_id = values["answer"].one_of(WriteAnswer), values["id"].unless_null(JsonValue.client_id)
    if (answered is WriteAnswer.DONE) != (client_id is not None):
        raise WrongShape("`id` does not fit the answer")
    at, error = values["at"].time(), values["error"].unless_null(JsonValue.text)
    reading.answers[number] = PastAnswer(at, answered, client_id, error)


def _finished(reading: _Reading, node: JsonValue) -> None:
    values = node.record(("event", "at", "interrupted", "outcomes"))
    reading.verdicts = values["outcomes"].each(_verdict)
    if len(reading.verdicts) != len(reading.changes):
        raise WrongShape("`outcomes` are not as many as the changes")
    reading.run = replace(reading.run, finished_at=values["at"].time(), interrupted=values["interrupted"].flag())


def _delivered(reading: _Reading, node: JsonValue) -> None:
    values = node.record(("event", "at", "name", "id", "cause", "sink", "status", "recipient", "why"))
    delivery = PastDelivery(
        values["at"].time(),
        values["name"].text(),
        values["id"].client_id(),
        values["cause"].one_of(DeliveryEvent),
        values["sink"].text(),
        values["status"].one_of(DeliveryStatus),
        values["why"].unless_null(JsonValue.text),
        values["recipient"].unless_null(read_recipient),
    )
    reading.deliveries.append(delivery)


_EVENTS: Mapping[str, Callable[[_Reading, JsonValue], None]] = {
    "sent": _sent,
    "answered": _answered,
    "delivered": _delivered,
    "finished": _finished,
}


def _verdict(node: JsonValue) -> PastResult:
    values = node.record(("result", "id", "adopted", "why"))
    result, client_id = values["result"].one_of(WriteResult), values["id"].unless_null(JsonValue.client_id)
    if (result is WriteResult.APPLIED) != (client_id is not None):
        raise WrongShape("`id` does not fit the result")
    return PastResult(result, client_id, values["adopted"].flag(), values["why"].unless_null(JsonValue.text))


def _number(reading: _Reading, node: JsonValue) -> int:
    number = node.number()
    if number >= len(reading.changes):
        raise WrongShape(f"there is no change {number}")
    return number
