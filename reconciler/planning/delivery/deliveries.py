"""Decide which secrets get a new recipient, which are only delivered again, and of which nobody can tell."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto

from reconciler.model.clients import DesiredClient, LiveClient
from reconciler.model.lines import UP_TO_4_15, Capabilities, SecretDisplay
from reconciler.model.names import is_system_client, matches_any
from reconciler.model.recipients import DELIVERED, KEPT, Covering, Held, Recipient, Recorded
from reconciler.planning.notes.risks import delivery_risks
from reconciler.planning.plan.plan import Deliver, Note
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, quoted


@frozen
class Candidate:
    """A declared client that is live, and every sink that covers it."""

    entry: DesiredClient
    live: LiveClient
    covering: tuple[Covering, ...]
    base: tuple[Recipient, ...] | None = None
    """Who gets its secret by the files of the base; None without a base."""


@frozen
class Again:
    """A client whose secret is missing from a sink that has had it for the same recipient."""

    entry: DesiredClient
    live: LiveClient
    number: int
    """The number of the sink in the deliverer."""
    kept: bool = False
    """Whether the sink has it staged, or under an earlier name, so that the instance need not show it."""


@frozen
class PlannedDeliveries:
    """What an apply hands to sinks besides the secrets of clients that it creates or renames."""

    new: tuple[Deliver, ...] = ()
    """By name, then id."""
    again: tuple[Again, ...] = ()
    left_out: int = 0
    """How many more would be new, but are excluded by `--only` or `--owner`."""
    notes: tuple[Note, ...] = ()


def plan_deliveries(  # noqa: PLR0913  (by name: what was chosen, and what the instance shows)
    candidates: Iterable[Candidate],
    instance: str,
    *,
    only: Sequence[str] = (),
    owners: Sequence[str] = (),
    observed: bool = False,
    capabilities: Capabilities = UP_TO_4_15,
) -> PlannedDeliveries:
    """Compare who gets each secret today with who had it before: by the base, or else by the sinks and journals.

    `only` and `owners` are globs that choose among the results. With `observed`, a sink whose file is not on this
    machine cannot be asked. The platform's own clients must not be among the candidates.
    """
    new: list[Deliver] = []
    again: list[Again] = []
    unknown: defaultdict[str, set[int]] = defaultdict(set)
    """The clients of which nobody knows, by the label of the sink, which several sinks may share."""
    left_out = 0
    hidden = capabilities.secrets in (SecretDisplay.ONCE, SecretDisplay.NEVER)
    for each in candidates:
        fates = [(covering, _fate(covering, each.base, observed)) for covering in each.covering]
        if hidden:  # what a sink keeps comes from a change that was reviewed; it can only be put into use
            fates = [(covering, _Fate.AGAIN if _is_kept(covering) else fate) for covering, fate in fates]
        fresh = tuple(covering for covering, fate in fates if fate is _Fate.NEW)
        chosen = _is_chosen(each, only, owners)
        left_out += bool(fresh) and not chosen
        again += [
            Again(each.entry, each.live, covering.number, _is_kept(covering))
            for covering, fate in fates
            # What is kept under an earlier name must not be overwritten by whoever gets that name.
            if fate is _Fate.AGAIN and (chosen or (hidden and _is_kept(covering)))
        ]
        if chosen:
            for covering, fate in fates:
                if fate is _Fate.UNKNOWN:
                    unknown[covering.recipient.sink].add(each.live.id)
            new += [_deliver(each, fresh, capabilities)] if fresh else []
    if hidden:
        kept = tuple(each for each in again if each.kept)
        lost = {*(deliver.id for deliver in new), *(each.live.id for each in again if not each.kept)}
        return PlannedDeliveries(again=kept, notes=tuple(_lost(lost, capabilities)))
    new.sort(key=lambda deliver: (deliver.name, deliver.id))
    return PlannedDeliveries(tuple(new), tuple(again), left_out, tuple(_notes(unknown, instance)))


def _lost(ids: Collection[int], capabilities: Capabilities) -> Iterator[Note]:
    """What cannot be had is said once, with the way to a new secret."""
    if ids:
        way = "add `rotate:`"
        if capabilities.secrets is SecretDisplay.NEVER:
            way = f"have the platform updated, then {way}"
        clients = f"{len(ids)} client{'' if len(ids) == 1 else 's'}"
        text = f"this instance does not show the secrets of live clients, and sinks lack those of {clients}"
        yield Note("secret-not-shown", f"{text}: nothing of that is delivered; for a new secret, {way}")


def may_be_delivered(entry: DesiredClient, live: LiveClient, system_clients: Sequence[str]) -> bool:
    """Whether anybody may get the secret of a declared client: never that of a client that the platform needs."""
    return not any(is_system_client(name, system_clients) for name in (entry.name, live.name))


class _Fate(Enum):
    """What is to be done about one client at one sink."""

    NONE = auto()
    NEW = auto()
    AGAIN = auto()
    UNKNOWN = auto()


def _fate(covering: Covering, base: tuple[Recipient, ...] | None, observed: bool) -> _Fate:
    recorded, held = covering.recorded, covering.answer.held
    if _is_pending(covering) and held not in DELIVERED:
        return _Fate.NEW
    if base is None:
        return _fate_by_records(covering, observed)
    if covering.recipient not in base and not _has_had_it(recorded, covering.recipient):
        return _Fate.NEW
    return _Fate.NONE if held in (Held.SAME, Held.UNKNOWN) else _Fate.AGAIN


def _fate_by_records(covering: Covering, observed: bool) -> _Fate:
    """Without a base: by what the sink says, and where it says nothing, by the journals."""
    recorded, held = covering.recorded, covering.answer.held
    if held is Held.SAME:
        return _Fate.NONE
    if held in DELIVERED:
        return _Fate.AGAIN
    # An older version wrote down that it delivered, and not to whom.
    had_it = _has_had_it(recorded, covering.recipient)
    perhaps = had_it or (held is not Held.OTHER and recorded is not None and recorded.unnamed)
    if held is Held.UNKNOWN or (held is Held.ABSENT and observed):
        return _Fate.UNKNOWN if recorded is None else _Fate.NONE if perhaps else _Fate.NEW
    return _Fate.AGAIN if perhaps else _Fate.NEW


def _has_had_it(recorded: Recorded | None, recipient: Recipient) -> bool:
    return recorded is not None and recipient in recorded.recipients


def _deliver(each: Candidate, fresh: Sequence[Covering], capabilities: Capabilities) -> Deliver:
    recipients = tuple(covering.recipient for covering in fresh)
    before = tuple(dict.fromkeys(_before(each)))
    owed = any(map(_is_owed, fresh)) or (not before and any(map(_is_pending, fresh)))
    reason = _owed() if owed else _reason(recipients, before, based=each.base is not None)
    risks = delivery_risks(each.live.spec, before, capabilities)
    entry = each.entry
    return Deliver(each.live.id, entry.name, recipients, before, reason, entry.source, entry.owner, risks)


def _before(each: Candidate) -> Iterator[Recipient]:
    if each.base is not None:
        yield from each.base
        return
    for covering in each.covering:
        known = {each.place for each in covering.recorded.recipients} if covering.recorded is not None else set()
        # A manifest does not name the owner of keys that are not configured any more; a journal does.
        yield from (each for each in covering.answer.before if each.owner is not None or each.place not in known)
        if covering.answer.held in DELIVERED:
            yield covering.recipient
        elif covering.recorded is not None:
            yield from covering.recorded.recipients


def _is_kept(covering: Covering) -> bool:
    return covering.answer.held in KEPT


def _is_pending(covering: Covering) -> bool:
    return covering.recorded is not None and covering.recorded.pending


def _is_owed(covering: Covering) -> bool:
    return covering.recorded is not None and covering.recorded.pending and covering.recorded.failed


def _owed() -> Note:
    return Note("delivery-owed", "a past run created or renamed it, and its journal knows of no delivery since")


def _reason(recipients: Sequence[Recipient], before: Sequence[Recipient], *, based: bool) -> Note:
    if not before:
        text = "nobody had its secret at the base" if based else "nobody is known to have its secret"
        return Note("first-delivery", f"first delivery of a client that was live before, and {text}")
    since = " since the base" if based else ""
    found = dict.fromkeys(difference for each in recipients for difference in _differences(each, before))
    return Note("new-recipient", f"{enumeration(found)}{since}")


def _differences(recipient: Recipient, before: Sequence[Recipient]) -> Iterator[str]:
    """What is new about a recipient, compared with the one most like it."""
    alike = max(before, key=lambda each: _likeness(recipient, each))
    unnamed = alike.kind == "age" and alike.owner is None
    if alike.owner != recipient.owner and not unnamed:
        yield f"the owner changed from {_named(alike.owner)} to {_named(recipient.owner)}"
    elif alike.keys != recipient.keys and alike.kind == recipient.kind:
        yield f"the keys of {_named(recipient.owner)} changed"
    elif alike.programs != recipient.programs and alike.kind == recipient.kind:
        yield f"the program of {recipient.sink} changed"
    elif alike.sink == recipient.sink and alike.place != recipient.place:
        yield f"the path changed from {quoted(alike.place)}"
    else:
        yield f"{recipient.sink} is a new sink for it"


def _likeness(one: Recipient, other: Recipient) -> tuple[bool, ...]:
    return one.kind == other.kind, one.sink == other.sink, one.place == other.place, one.owner == other.owner


def _named(owner: str | None) -> str:
    return "nobody" if owner is None else quoted(owner)


def _notes(unknown: Mapping[str, Collection[int]], instance: str) -> Iterator[Note]:
    for sink, ids in sorted(unknown.items()):
        clients = f"{len(ids)} client{'' if len(ids) == 1 else 's'}"
        text = f"{sink} cannot be asked whether it has {clients}, no journal here says so, and there is no --base"
        command = shlex.join(["reconciler", "secrets", "deliver", "--instance", instance])
        yield Note("delivery-unknown", f"{text}: apply delivers nothing of that; to hand it over: {command}")


def _is_chosen(each: Candidate, only: Sequence[str], owners: Sequence[str]) -> bool:
    named = not only or any(matches_any(only, name) for name in (each.live.name, each.entry.name))
    return named and (not owners or (each.entry.owner is not None and matches_any(owners, each.entry.owner)))
