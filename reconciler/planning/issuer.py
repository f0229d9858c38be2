"""Who issues the personal access tokens of all users, where the newest live client with the grant does.

A new issuer takes over at once. Taking the grant away gives the issuing back to the client before, and what was issued
stays valid; deleting a client ends every token that it has issued, to anybody. So the issuer is never deleted, and a
plan changes it only if that is allowed, once at most: independent changes run at the same time, in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.model.clients import Grant, Listing, LiveClient
from reconciler.planning.plan.issuer_change import Issuer, IssuerChange
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Plan, Update
from reconciler.planning.refusal import Refusal

_GRANT = Grant.PERSONAL_ACCESS_TOKEN
_NOBODY = datetime.min.replace(tzinfo=UTC), 0
"""Older than every client."""

_Age = tuple[datetime, int]

ALLOW = "--max-issuer-changes 1"


class _Issuing:
    """The live clients with the grant, and what the plan does to it."""

    def __init__(self, plan: Plan, live: Listing) -> None:
        self._plan = plan
        self._clients = {client.id: client for client in live.clients}
        self._dated = all(client.created_at is not None for client in live.clients)
        holders = [client for client in live.clients if _GRANT in client.spec.grants]
        self.now = max(holders, key=self._age, default=None)
        """The present issuer."""
        lost = {change.id for change in plan.changes if _loses(change) and not isinstance(change, Create)}
        self._staying = [client for client in holders if client.id not in lost]
        self._floor = max(map(self._age, self._staying), default=_NOBODY)

    def _age(self, client: LiveClient) -> _Age:
        """The later the larger. Ids ascend with time, should the instance not say when a client was created."""
        return (client.created_at if self._dated and client.created_at else _NOBODY[0]), client.id

    def altering(self) -> tuple[Change, ...]:
        """The changes that alter who issues, in at least one order: those above the newest holder that stays."""
        return tuple(change for change in self._plan.changes if self._alters(change))

    def _alters(self, change: Change) -> bool:
        if isinstance(change, Create):
            return _gains(change)
        client = self._clients.get(change.id)
        return client is not None and (_gains(change) or _loses(change)) and self._age(client) > self._floor

    def then(self) -> Issuer | None:
        """The issuer after all changes."""
        made = [change for change in self._plan.changes if isinstance(change, Create) and _gains(change)]
        if made:
            return Issuer(None, made[-1].name)
        names = {change.id: change.name for change in self._plan.changes if isinstance(change, Update)}
        gaining = {change.id for change in self._plan.changes if isinstance(change, Update) and _gains(change)}
        holders = [*self._staying, *(self._clients[each] for each in gaining if each in self._clients)]
        newest = max(holders, key=self._age, default=None)
        return _as_issuer(newest, names)

    def change(self) -> IssuerChange:
        return IssuerChange(_as_issuer(self.now, {}), self.then())


def _as_issuer(client: LiveClient | None, names: Mapping[int, str]) -> Issuer | None:
    """A client as issuer, under the new name that it may get."""
    return None if client is None else Issuer(client.id, names.get(client.id, client.name))


def _gains(change: Change) -> bool:
    match change:
        case Create(after=after):
            return _GRANT in after.grants
        case Update(before=before, after=after):
            return _GRANT in after.grants - before.grants
        case Delete():
            return False


def _loses(change: Change) -> bool:
    match change:
        case Create():
            return False
        case Update(before=before, after=after):
            return _GRANT in before.grants - after.grants
        case Delete(before=before):
            return _GRANT in before.grants


def present_issuer(live: Listing) -> Issuer | None:
    """Who issues the tokens now; None if nobody, or if other versions issue them otherwise."""
    if not live.capabilities.newest_issues_tokens:
        return None
    return _Issuing(Plan("", ""), live).change().before


def issuer_change(plan: Plan, live: Listing) -> IssuerChange | None:
    """How the plan alters who issues tokens; None if it does not, or if other versions issue them otherwise."""
    if not plan.changes or not live.capabilities.newest_issues_tokens:
        return None
    issuing = _Issuing(plan, live)
    return issuing.change() if issuing.altering() else None


def could_alter(plan: Plan, live: Listing) -> bool:
    """Whether the plan changes or deletes a client so that another would issue the tokens, if this were 2026."""
    return any(not isinstance(change, Create) for change in _Issuing(plan, live).altering())


def with_issuer(plan: Plan, live: Listing) -> Plan:
    """The plan with the old and the new issuer, also as a note at each change that alters it."""
    found = issuer_change(plan, live)
    if found is None:
        return plan
    altering = _Issuing(plan, live).altering()
    changes = tuple(_noted(change, found) if change in altering else change for change in plan.changes)
    return replace(plan, changes=changes, issuer=found)


def _noted(change: Change, found: IssuerChange) -> Change:
    kept = "" if isinstance(change, Delete) else "; what was issued before stays valid"
    note = Note("issuer-changes", f"personal access: {found}{kept}")
    # It says exactly what this note says in general.
    return replace(change, risks=(*(risk for risk in change.risks if risk.code != "issues-tokens"), note))


def issuer_refusals(plan: Plan, live: Listing, limit: int | None) -> Iterator[Refusal]:
    """Why the plan must not be applied for what it does to the issuing. `limit` is None for no limit below one."""
    if not live.capabilities.newest_issues_tokens:
        return
    issuing = _Issuing(plan, live)
    deletes = [each for each in issuing.altering() if isinstance(each, Delete) and _is(each, issuing.now)]
    yield from map(_deleted, deletes)
    others = [each for each in issuing.altering() if each not in deletes]
    if len(others) > 1:
        text = f"{len(others)} changes alter who issues personal access tokens: {issuing.change()}"
        way_out = f"at most one in an apply: apply them one after the other, with --only NAME {ALLOW}"
        yield Refusal("issuer-changes", text, way_out)
    elif others and limit is not None and limit < 1:
        way_out = f"if that is intended, allow exactly this: {ALLOW}"
        yield Refusal("limit-issuer-changes", f"{issuing.change()}; the limit is {limit}", way_out, others[0].source)


def _is(change: Delete, issuer: LiveClient | None) -> bool:
    return issuer is not None and change.id == issuer.id


def _deleted(change: Delete) -> Refusal:
    who = str(Issuer(change.id, change.before.name))
    text = f"{who} issues the personal access tokens of all users now: deleting it ends every token that it has issued"
    return Refusal("issuer-deleted", text, _how_to_delete(change), change.source)


def _how_to_delete(change: Delete) -> str:
    if not change.is_rotation:
        first = "declare it without personal_access_token (with another grant, if it has no other)"
        return f"in two applies: first {first}, applied with {ALLOW}; then delete it"
    if change.successor is None:
        return "set `keep_old:`, to 7d for example: a later apply deletes it, when the new client issues the tokens"
    return f"take personal access from client {change.id} on the Auth Clients page first; then apply again"


def claim_refusals(claimed: IssuerChange | None, found: IssuerChange | None, instance: str) -> Iterator[Refusal]:
    """A refusal if a saved plan names another change of issuer than the one that it would make today."""
    if found is not None and found != claimed:
        said = f"the saved plan says: {claimed}" if claimed else "the saved plan does not say so"
        way_out = f"plan again, and read it: reconciler plan --instance {instance} -o FILE"
        yield Refusal("issuer-not-as-planned", f"{found}; {said}", way_out)
