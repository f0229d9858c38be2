"""Which live clients a rotation is from and to. The two dates of their making are all that it remembers.

| older than `created_before` | made since | what it means |
|---|---|---|
| none | none | nothing to rotate: the client is made, or renamed, as without `rotate:` |
| none | one | the rotation is over |
| one | none | a successor is to be made |
| one | one | the successor is the declared client; the old one goes once `keep_old` is over |
| more | any | nobody knows which is meant: blocked |
| any | more | the same: a run that was broken off may have made one more |

`ids:` names the client that is replaced, and tells it from others as old. Once that one is gone, its successor is
found by its name and its date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from reconciler.model.clients import AnyLive, DesiredClient, LiveClient, Rotation
from reconciler.planning.match import blocked
from reconciler.planning.plan.plan import Blocked
from reconciler.support.frozen import frozen


@frozen
class RotationStep:
    """A rotation that is due, or under way."""

    old: LiveClient
    successor: LiveClient | None
    """None: it is still to be made."""
    stops_at: datetime
    """When the old client may go; without a successor, if that were made now."""
    is_over: bool
    """Whether there is a successor, and that time has come."""


@frozen
class RotationDone:
    """The pinned client was replaced and is gone: this is what it has become."""

    successor: LiveClient


@frozen
class Candidates:
    """What is live of an entry that has `rotate:`."""

    namesakes: Sequence[AnyLive]
    """The live clients of exactly its name."""
    pinned: AnyLive | None
    """The one with the id of its `ids:`."""
    at: datetime | None
    """The time on the instance."""
    instance: str


def rotation_step(
    entry: DesiredClient, rotate: Rotation, live: Candidates
) -> RotationStep | RotationDone | Blocked | None:
    """What `rotate:` means now; None where it means nothing, and the entry is matched as without it."""
    at = live.at
    if at is not None and rotate.created_before > at:
        return blocked.rotation_ahead(entry, rotate, at)
    if live.pinned is not None and _is_settled(entry, rotate, live.pinned):
        return None
    found = list(_in_question(entry, rotate, live))
    clients = [each for each in found if isinstance(each, LiveClient)]
    if not clients:
        return None
    if len(clients) < len(found) or any(each.created_at is None for each in clients):
        return blocked.rotation_unclear(entry, found)
    old = [each for each in clients if is_older(each, rotate)]
    new = [each for each in clients if not is_older(each, rotate)]
    if len(old) > 1 or len(new) > 1:
        return blocked.rotation_ambiguous(entry, rotate, old, new, live.instance)
    return _judged(entry, rotate, old, new, at)


def _judged(
    entry: DesiredClient, rotate: Rotation, old: Sequence[LiveClient], new: Sequence[LiveClient], at: datetime | None
) -> RotationStep | RotationDone | Blocked | None:
    """The same, where at most one is old and at most one is new."""
    if not old:
        return RotationDone(new[0]) if entry.id is not None else None
    if at is None:
        return blocked.rotation_without_clock(entry)
    return _step(old[0], new[0] if new else None, rotate.keep_old, at)


def _is_settled(entry: DesiredClient, rotate: Rotation, pinned: AnyLive) -> bool:
    """Whether the pinned client is not to be replaced: it is new enough, or is to be renamed first."""
    return pinned.name != entry.name or not (pinned.created_at is None or is_older(pinned, rotate))


def _in_question(entry: DesiredClient, rotate: Rotation, live: Candidates) -> Iterator[AnyLive]:
    """The clients that the rotation may be about: of those as old as a pinned one, it is not about any other."""
    for each in live.namesakes:
        if entry.id is None or each is live.pinned or not is_older(each, rotate):
            yield each


def is_older(live: AnyLive, rotate: Rotation) -> bool:
    """Whether a client is from before the time that a rotation names; not if nobody knows."""
    return live.created_at is not None and live.created_at < rotate.created_before


def _step(old: LiveClient, successor: LiveClient | None, keep_old: timedelta, at: datetime) -> RotationStep:
    if successor is None or successor.created_at is None:
        return RotationStep(old, successor, _later(at, keep_old), is_over=False)
    stops_at = _later(successor.created_at, keep_old)
    return RotationStep(old, successor, stops_at, is_over=at >= stops_at)


def _later(time: datetime, by: timedelta) -> datetime:
    try:
        return time.astimezone(UTC) + by
    except OverflowError:  # a date at the end of the calendar: such a client was not made by anybody
        return datetime.max.replace(tzinfo=UTC, microsecond=0)


def leftovers(entry: DesiredClient, rotate: Rotation, namesakes: Sequence[AnyLive], own_id: int) -> list[AnyLive]:
    """Clients that the rotation would have replaced, but for `ids:`, which says that another one is meant."""
    if entry.id != own_id:
        return []
    return [live for live in namesakes if live.id != own_id and is_older(live, rotate)]
