"""Find the old client and the successor of a rotation. Their creation dates are the only state of a rotation.

| older than `created_before` | created since | what it means |
|---|---|---|
| none | none | nothing to rotate: the client is created, or renamed, as without `rotate:` |
| none | one | the rotation is over |
| one | none | a successor must be created |
| one | one | the successor is the declared client; the old one is deleted once the time of `keep_old` is over |
| more | any | ambiguous: blocked |
| any | more | ambiguous: blocked; an aborted run may have created one more |

`ids:` names the client to replace if several are old. Once that one is gone, its successor is found by name and date.
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
    """A rotation that is due or under way."""

    old: LiveClient
    successor: LiveClient | None
    """None: it must still be created."""
    stops_at: datetime
    """When the old client may be deleted; without a successor, as if that were created now."""
    is_over: bool
    """Whether there is a successor, and `stops_at` has passed."""


@frozen
class RotationDone:
    """The pinned client was replaced and is gone: this is its successor."""

    successor: LiveClient


@frozen
class Candidates:
    """The live clients that an entry with `rotate:` may mean."""

    namesakes: Sequence[AnyLive]
    """The live clients with exactly its name."""
    pinned: AnyLive | None
    """The one with the id in its `ids:`."""
    at: datetime | None
    """The time on the instance."""
    instance: str


def rotation_step(
    entry: DesiredClient, rotate: Rotation, live: Candidates
) -> RotationStep | RotationDone | Blocked | None:
    """What `rotate:` requires now; None if nothing, so that the entry is matched as without it."""
    at = live.at
    if at is not None and rotate.created_before > at:
        return blocked.rotation_ahead(entry, rotate, at)
    if live.pinned is not None and _is_settled(entry, rotate, live.pinned):
        return None
    found = list(_participants(entry, rotate, live))
    clients = [each for each in found if isinstance(each, LiveClient)]
    if not clients:
        return None
    if len(clients) < len(found) or any(each.created_at is None for each in clients):
        return blocked.rotation_unclear(entry, found)
    old = [each for each in clients if is_older(each, rotate)]
    new = [each for each in clients if not is_older(each, rotate)]
    if len(old) > 1 or len(new) > 1:
        return blocked.rotation_ambiguous(entry, rotate, old, new, live.instance)
    return _step_for(entry, rotate, old, new, at)


def _step_for(
    entry: DesiredClient, rotate: Rotation, old: Sequence[LiveClient], new: Sequence[LiveClient], at: datetime | None
) -> RotationStep | RotationDone | Blocked | None:
    """Like `rotation_step`, with at most one old and at most one new client."""
    if not old:
        return RotationDone(new[0]) if entry.id is not None else None
    if at is None:
        return blocked.rotation_without_clock(entry)
    return _step(old[0], new[0] if new else None, rotate.keep_old, at)


def _is_settled(entry: DesiredClient, rotate: Rotation, pinned: AnyLive) -> bool:
    """Whether the pinned client is not replaced now: it is new enough, or must be renamed first."""
    return pinned.name != entry.name or not (pinned.created_at is None or is_older(pinned, rotate))


def _participants(entry: DesiredClient, rotate: Rotation, live: Candidates) -> Iterator[AnyLive]:
    """The clients that the rotation may be about: if one is pinned, no other old one."""
    for each in live.namesakes:
        if entry.id is None or each is live.pinned or not is_older(each, rotate):
            yield each


def is_older(live: AnyLive, rotate: Rotation) -> bool:
    """Whether a client was created before `created_before`; False if its date is unknown."""
    return live.created_at is not None and live.created_at < rotate.created_before


def _step(old: LiveClient, successor: LiveClient | None, keep_old: timedelta, at: datetime) -> RotationStep:
    if successor is None or successor.created_at is None:
        return RotationStep(old, successor, _later(at, keep_old), is_over=False)
    stops_at = _later(successor.created_at, keep_old)
    return RotationStep(old, successor, stops_at, is_over=at >= stops_at)


def _later(time: datetime, by: timedelta) -> datetime:
    try:
        return time.astimezone(UTC) + by
    except OverflowError:  # a date at the end of the calendar: no real client has one
        return datetime.max.replace(tzinfo=UTC, microsecond=0)


def unreplaced_clients(
    entry: DesiredClient, rotate: Rotation, namesakes: Sequence[AnyLive], own_id: int
) -> list[AnyLive]:
    """Clients that the rotation would have replaced if `ids:` did not pin another one."""
    if entry.id != own_id:
        return []
    return [live for live in namesakes if live.id != own_id and is_older(live, rotate)]
