"""Check whether a saved plan can still be applied: what is already done, or why it is stale. Pure.

A saved plan is applied exactly or not at all. It is also stale if a planned name or match has become ambiguous since
(an equal name, a lookalike name, `ignore:`): a new plan would block that client.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from reconciler.model.clients import AnyLive, ClientSpec, Field, Listing, LiveClient, UnsupportedClient
from reconciler.model.fields import field_changes
from reconciler.planning.guard import Refusal
from reconciler.planning.match.blocked import clients_text
from reconciler.planning.match.match import LiveIndex
from reconciler.planning.notes.unfinished import resume_of, with_resume
from reconciler.planning.plan.plan import Change, Create, Delete, Plan, Replaced, Update
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted, quoted_url

_MAX_SHOWN = 2_000
"""Characters. The longest value that the platform stores: the difference may be at its end, so nothing is cut."""


@frozen
class StaleField:
    """A field that is not as the plan expects, as text for people; None where there is no value."""

    field: Field
    expected: str | None
    found: str | None


@frozen
class StaleReason:
    """Why a change cannot be applied as it was planned, with a stable code and a sentence for people.

    The codes: changed, gone, unsupported, ambiguous, name-taken, name-lookalike, ignored, empty-listing,
    no-successor, unfinished-create.
    """

    code: str
    change: Change
    text: str
    differences: tuple[StaleField, ...] = ()
    others: tuple[int, ...] = ()
    """The ids of other live clients that prevent the change, ascending."""


@frozen
class Ready:
    """The saved plan to apply: without the changes that are already done, and with the current live clients."""

    plan: Plan
    already_live: tuple[Change, ...] = ()


@frozen
class Stale:
    """Every reason why the saved plan must not be applied, in the order of its changes."""

    reasons: tuple[StaleReason, ...]


def reconcile_saved(saved: Plan, live: Listing, *, ignore: Sequence[str] = ()) -> Ready | Stale:
    """Compare a saved plan with the current live clients; `ignore` are the current globs of `ignore:`.

    Any reason makes the whole plan stale. The order of the listing does not matter.
    """
    now = _Now(saved, live, ignore)
    remaining = [change for change in saved.changes if now.result_of(change) is None]
    reasons = tuple(reason for change in remaining for reason in now.reasons(change))
    if reasons:
        return Stale(reasons)
    done = tuple(change for change in saved.changes if now.result_of(change) is not None)
    left = {change.name for change in remaining}
    plan = replace(
        saved,
        changes=tuple(now.with_unfinished(now.with_successor(change)) for change in remaining),
        # Entries whose changes are done are in sync; a pruned client has no entry.
        in_sync=saved.in_sync + len({change.name for change in done if change.source is not None} - left),
        # The guards and the verification use the clients that are live now.
        live=len(now.index.all),
        live_ids=tuple(sorted(now.index.by_id)),
    )
    return Ready(plan, done)


def stale_refusals(stale: Stale, instance: str) -> tuple[Refusal, ...]:
    """The reasons as refusals, which every report format can show. No flag forces a stale plan."""
    way_out = f"plan again, and read it: reconciler plan --instance {instance} -o FILE"
    return tuple(Refusal(f"stale-{reason.code}", reason.text, way_out) for reason in stale.reasons)


class _Now:
    """The current live clients, compared with the saved plan."""

    def __init__(self, saved: Plan, live: Listing, ignore: Sequence[str]) -> None:
        self.index = LiveIndex(live, ignore, saved.instance)
        self._capabilities = live.capabilities
        self._known_ids = frozenset(saved.live_ids)
        self._names_then = _names_then(saved)
        self._survivors = self._known_ids.difference(c.id for c in saved.changes if isinstance(c, Delete))
        self._replacing = {c.replaces.id: c for c in saved.changes if isinstance(c, Create) and c.replaces}
        self._results = frozenset(filter(None, map(self.result_of, saved.changes)))

    def result_of(self, change: Change) -> int | None:
        """The id of the client if the change is already done, else None."""
        match change:
            case Create(after=after, replaces=replaces):
                return self._made(after, replaces)
            case Update(id=client_id, after=after):
                live = self.index.by_id.get(client_id)
                return client_id if isinstance(live, LiveClient) and live.spec == after else None
            case Delete(id=client_id):
                return None if client_id in self.index.by_id or self._is_implausible else client_id
            case _:
                assert_never(change)

    def reasons(self, change: Change) -> Iterator[StaleReason]:
        """Why a change that is not done cannot be applied."""
        match change:
            case Create(replaces=replaces):
                yield from self._on_the_replaced(change, replaces) if replaces else ()
                yield from self._on_the_new_name(change)
                yield from self._on_the_unfinished(change)
            case Update():
                yield from self._on_the_client(change)
                yield from self._on_the_new_name(change) if change.is_rename else ()
            case Delete():
                yield from self._on_the_client(change)
                yield from self._on_the_successor(change)
            case _:
                assert_never(change)

    def with_unfinished(self, change: Change) -> Change:
        """The create, going on with what is unfinished of it now."""
        if not isinstance(change, Create):
            return change
        resume = resume_of(change.name, self.index, self._capabilities)
        return change if resume is None and change.resume is None else with_resume(change, resume)

    def with_successor(self, change: Change) -> Change:
        """Add the successor to the delete of a replaced client, if it was created since."""
        if not isinstance(change, Delete) or change.id not in self._replacing:
            return change
        return replace(change, successor=self.result_of(self._replacing[change.id]))

    @property
    def _is_implausible(self) -> bool:
        """Whether nothing is listed, although the plan does not delete every client."""
        return not self.index.all and bool(self._survivors)

    def _made(self, after: ClientSpec, replaces: Replaced | None) -> int | None:
        """The id of the one new client that a create has made. A client from before the plan does not count."""
        namesakes = self.index.named(after.name)
        if replaces is not None:  # ignore the old one, and those that `ids:` excludes
            namesakes = [live for live in namesakes if live.id not in self._known_ids]
        match namesakes:
            case [LiveClient(id=client_id, spec=spec)] if spec == after and client_id not in self._known_ids:
                return client_id
            case _:
                return None

    def _on_the_replaced(self, change: Create, replaces: Replaced) -> Iterator[StaleReason]:
        """Check that the old client of a rotation is as it was: its successor was planned from it."""
        yield from self._on_the_state(change, replaces.id, replaces.before)

    def _on_the_unfinished(self, change: Create) -> Iterator[StaleReason]:
        """Check that what is unfinished of a name was planned, or was left by an earlier run of this plan."""
        planned = (change.resume.id, *change.resume.others) if change.resume else ()
        for begun in self.index.unfinished(change.name):
            if not begun.ours and not (begun.id in planned and begun.is_free(self.index.at)):
                text = f"run {begun.run} has begun to create {quoted(begun.name)}, as client {begun.id}"
                yield StaleReason("unfinished-create", change, text, others=(begun.id,))

    def _on_the_successor(self, change: Delete) -> Iterator[StaleReason]:
        """Check that the successor is live before the old client is deleted."""
        if change.successor is not None and not isinstance(self.index.by_id.get(change.successor), LiveClient):
            text = f"client {change.successor}, which has replaced {_named(change)} is not live any more"
            yield StaleReason("no-successor", change, text)

    def _on_the_state(self, change: Change, client_id: int, before: ClientSpec) -> Iterator[StaleReason]:
        """Check that a client is still as it was when planned."""
        who = f"client {client_id}, {quoted(before.name)},"
        match self.index.by_id.get(client_id):
            case None:
                yield self._missing(change, who)
            case UnsupportedClient(why=why):
                text = f"{who} is in a form now that cannot be declared: {why}"
                yield StaleReason("unsupported", change, text)
            case LiveClient(spec=spec) if spec != before:
                found = _differences(before, spec)
                yield StaleReason("changed", change, f"{who} has changed since: {_in_words(found)}", found)

    def _on_the_client(self, change: Update | Delete) -> Iterator[StaleReason]:
        yield from self._on_the_state(change, change.id, change.before)
        live = self.index.by_id.get(change.id)
        if live is None:
            return
        if self.index.ignores(live.name):
            yield StaleReason("ignored", change, f"{_named(change)} is excluded by `ignore:` now")
        yield from self._on_namesakes(change)

    def _missing(self, change: Change, who: str) -> StaleReason:
        if isinstance(change, Delete):  # done, if the listing were plausible
            text = f"{who} is not listed any more, but neither is any other client: that is not plausible"
            return StaleReason("empty-listing", change, text)
        return StaleReason("gone", change, f"{who} is not live any more: somebody deleted it")

    def _on_namesakes(self, change: Update | Delete) -> Iterator[StaleReason]:
        """Check that no other client has the same name, which makes a match by name ambiguous."""
        if change.reason.code in ("pinned-by-id", "pruned"):
            return
        sharing = [live for live in self._others(change.before.name, change.id) if live.name == change.before.name]
        if sharing:
            text = f"{_named(change)} is not the only one of this name any more: {clients_text(sharing)}"
            yield StaleReason("ambiguous", change, text, others=_ids(sharing))

    def _on_the_new_name(self, change: Create | Update) -> Iterator[StaleReason]:
        own_id = change.id if isinstance(change, Update) else None
        replaces = change.replaces if isinstance(change, Create) else None
        name = change.after.name
        if self.index.ignores(name):
            yield StaleReason("ignored", change, f"{quoted(name)} is a name that `ignore:` excludes now")
        holders = [live for live in self.index.named(name) if live.id != own_id]
        if replaces is not None:  # the old one has the name, and so may others that `ids:` excludes
            holders = [live for live in holders if live.id not in self._known_ids]
        if holders:
            found = _compared(change.after, holders)
            words = f", where {_in_words(found)}" if found else ""
            text = f"the name {quoted(name)} is taken by another live client now: {clients_text(holders)}{words}"
            yield StaleReason("name-taken", change, text, found, _ids(holders))
        elif twins := list(self._others(name, own_id)):
            text = f"a live client's name reads like {quoted(name)} now: {clients_text(twins, with_names=True)}"
            yield StaleReason("name-lookalike", change, text, others=_ids(twins))

    def _others(self, name: str, own_id: int | None) -> Iterator[AnyLive]:
        """Clients with this name or a lookalike, unless they had it when planned or got it from this plan.

        The plan does not keep the names of clients that were in sync: these count as unchanged.
        """
        for live in self.index.looking_like(name):
            known = live.id in self._known_ids and self._names_then.get(live.id, live.name) == live.name
            if not known and live.id != own_id and live.id not in self._results:
                yield live


def _names_then(saved: Plan) -> dict[int, str]:
    touched = (change for change in saved.changes if not isinstance(change, Create))
    return {
        **{client.id: client.name for client in (*saved.unmanaged, *saved.ignored)},
        **{client.id: client.name for client in saved.unsupported},
        **{change.id: change.before.name for change in touched},
    }


def _compared(wanted: ClientSpec, holders: Sequence[AnyLive]) -> tuple[StaleField, ...]:
    match holders:
        case [LiveClient(spec=spec)]:
            return _differences(wanted, spec)
        case _:
            return ()


def _differences(expected: ClientSpec, found: ClientSpec) -> tuple[StaleField, ...]:
    return tuple(StaleField(each.field, each.before, each.after) for each in field_changes(expected, found))


def _in_words(differences: Sequence[StaleField]) -> str:
    return "; ".join(map(_in_word, differences))


def _in_word(each: StaleField) -> str:
    found, expected = _shown(each.field, each.found), _shown(each.field, each.expected)
    if found == expected:
        return f"{each.field} has another user name or password in {found}"
    return f"{each.field} is {found}, not {expected}"


def _shown(field: Field, value: str | None) -> str:
    if not value:
        return "empty"
    return quoted_url(value, _MAX_SHOWN) if field is Field.REDIRECT_URL else quoted(value, _MAX_SHOWN)


def _named(change: Update | Delete) -> str:
    return f"client {change.id}, {quoted(change.before.name)},"


def _ids(clients: Sequence[AnyLive]) -> tuple[int, ...]:
    return tuple(sorted(live.id for live in clients))
