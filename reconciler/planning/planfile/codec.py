"""Convert plans to plain JSON values and back, with writer and reader of each type side by side.

A plan file contains no secrets: everything written here comes from the fields of `Plan`, and no type that a plan is
built of has a field for a secret. `LiveClient` has none, the gateway drops secrets while it reads a listing, and JSON
cannot encode a `Secret`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, timedelta
from enum import StrEnum
from typing import Any, assert_never

from reconciler.model.clients import Field
from reconciler.model.fields import read_spec, read_unsupported, spec_values, unsupported_values
from reconciler.planning.plan.plan import (
    Change,
    Create,
    Delete,
    FieldDrift,
    FieldOrigin,
    Kept,
    OnDrift,
    Origin,
    Plan,
    Replaced,
    Update,
)
from reconciler.planning.planfile.codec_parts import (
    blocked_values,
    deliver_values,
    location_values,
    note_values,
    read_blocked,
    read_deliver,
    read_issuer_change,
    read_location,
    read_note,
    read_recipient,
    read_resume,
    read_unmanaged,
    read_waived,
    recipient_values,
    resume_values,
    unmanaged_values,
    waived_values,
)
from reconciler.support.json_reader import JsonValue, WrongShape

Values = dict[str, Any]


class Action(StrEnum):
    """The kind of a change; a rename is an update that changes the name, perhaps with other fields."""

    CREATE = "create"
    REPLACE = "replace"
    UPDATE = "update"
    RENAME = "rename"
    DELETE = "delete"


PLAN_KEYS = (
    "instance",
    "identity",
    "counts",
    "changes",
    "left_out",
    "blocked",
    "unmanaged",
    "ignored",
    "unsupported",
    "notes",
    "in_sync",
    "declared_present",
    "live",
    "live_ids",
    "held",
    "base",
    "on_drift",
    "kept",
    "deliveries",
    "again",
    "issuer",
    "waived",
    "configuration",
)


def plan_values(plan: Plan) -> Values:
    """Everything that a plan contains, under PLAN_KEYS, with the number of changes of each kind."""
    return {
        "instance": plan.instance,
        "identity": plan.identity,
        "counts": _counts(plan),
        "changes": [_change_values(change) for change in plan.changes],
        "left_out": plan.left_out,
        "blocked": [blocked_values(blocked) for blocked in plan.blocked],
        "unmanaged": [unmanaged_values(client) for client in plan.unmanaged],
        "ignored": [unmanaged_values(client) for client in plan.ignored],
        "unsupported": [unsupported_values(client) for client in plan.unsupported],
        "notes": list(map(note_values, plan.notes)),
        "in_sync": plan.in_sync,
        "declared_present": plan.declared_present,
        "live": plan.live,
        "live_ids": list(plan.live_ids),
        "held": list(plan.held),
        "base": plan.base,
        "on_drift": plan.on_drift and plan.on_drift.value,
        "kept": [asdict(kept) | {"fields": list(map(asdict, kept.fields))} for kept in plan.kept],
        "deliveries": [deliver_values(deliver) for deliver in plan.deliveries],
        "again": [deliver_values(deliver) for deliver in plan.again],
        "issuer": plan.issuer and asdict(plan.issuer),
        "waived": [waived_values(waived) for waived in plan.waived],
        "configuration": list(map(note_values, plan.configuration)),
    }


def read_plan(values: Mapping[str, JsonValue]) -> Plan:
    """The plan that `plan_values` wrote, under PLAN_KEYS. Raises `WrongShape`."""
    plan = Plan(
        instance=values["instance"].text(),
        identity=values["identity"].text(),
        changes=values["changes"].each(_read_change),
        left_out=values["left_out"].number(),
        blocked=values["blocked"].each(read_blocked),
        unmanaged=values["unmanaged"].each(read_unmanaged),
        ignored=values["ignored"].each(read_unmanaged),
        unsupported=values["unsupported"].each(read_unsupported),
        notes=values["notes"].each(read_note),
        in_sync=values["in_sync"].number(),
        declared_present=values["declared_present"].number(),
        live=values["live"].number(),
        live_ids=values["live_ids"].each(JsonValue.client_id),
        held=values["held"].each(JsonValue.client_id),
        base=values["base"].unless_null(JsonValue.text),
        on_drift=values["on_drift"].unless_null(lambda node: node.one_of(OnDrift)),
        kept=values["kept"].each(_read_kept),
        deliveries=values["deliveries"].each(read_deliver),
        again=values["again"].each(read_deliver),
        issuer=values["issuer"].unless_null(read_issuer_change),
        waived=values["waived"].each(read_waived),
        configuration=values["configuration"].each(read_note),
    )
    if (plan.base is None) != (plan.on_drift is None):
        raise WrongShape("`on_drift` does not fit `base`: both are null, or none")
    _demand_the_same(plan_values(plan), values)
    return plan


def _demand_the_same(again: Values, values: Mapping[str, JsonValue]) -> None:
    # Derived values (counts, kinds of changes) must match their source, and nothing may get lost.
    for key in PLAN_KEYS:
        if again[key] != values[key].value:
            raise WrongShape(f"`{key}` does not fit the rest of the plan")


def _counts(plan: Plan) -> Values:
    found = Counter(_action(change) for change in plan.changes)
    return {action.value: found[action] for action in Action} | {"deliver": len(plan.deliveries)}


def _action(change: Change) -> Action:
    match change:
        case Create(replaces=replaces):
            return Action.CREATE if replaces is None else Action.REPLACE
        case Update():
            return Action.RENAME if change.is_rename else Action.UPDATE
        case Delete():
            return Action.DELETE
        case _:
            assert_never(change)


_LONGEST = 9_999 * 24 * 3600
"""Seconds: the longest possible `keep_old`."""

_CHANGE_KEYS = (
    "action",
    "id",
    "before",
    "after",
    "reason",
    "risks",
    "owner",
    "source",
    "origin",
    "origins",
    "replaces",
    "successor",
    "recipients",
    "resume",
)


def _change_values(change: Change) -> Values:
    before = None if isinstance(change, Create) else change.before
    after = None if isinstance(change, Delete) else change.after
    return {
        "action": _action(change).value,
        "id": None if isinstance(change, Create) else change.id,
        "before": before and spec_values(before),
        "after": after and spec_values(after),
        "reason": note_values(change.reason),
        "risks": list(map(note_values, change.risks)),
        "owner": change.owner,
        "source": change.source and location_values(change.source),
        "origin": None if isinstance(change, Update) else change.origin,
        "origins": [asdict(each) for each in change.origins] if isinstance(change, Update) else [],
        "replaces": _replaced_values(change.replaces) if isinstance(change, Create) and change.replaces else None,
        "successor": change.successor if isinstance(change, Delete) else None,
        "recipients": list(map(recipient_values, change.recipients)),
        "resume": resume_values(change.resume) if isinstance(change, Create) and change.resume else None,
    }


def _read_change(node: JsonValue) -> Change:
    values = node.record(_CHANGE_KEYS)
    reason, owner = read_note(values["reason"]), values["owner"].unless_null(JsonValue.text)
    source, risks = values["source"], values["risks"].each(read_note)
    origin, origins = values["origin"].unless_null(_read_origin), values["origins"].each(_read_field_origin)
    replaces, successor = (
        values["replaces"].unless_null(_read_replaced),
        values["successor"].unless_null(JsonValue.client_id),
    )
    recipients = values["recipients"].each(read_recipient)
    match values["action"].one_of(Action):
        case Action.CREATE | Action.REPLACE:
            values["id"].null()
            values["before"].null()
            after = read_spec(values["after"])
            where, resume = read_location(source), values["resume"].unless_null(read_resume)
            return Create(after, reason, where, owner, risks, origin, replaces, recipients, resume)
        case Action.UPDATE | Action.RENAME:
            values["origin"].null()
            before, after, place = read_spec(values["before"]), read_spec(values["after"]), read_location(source)
            return Update(values["id"].client_id(), before, after, reason, place, owner, risks, origins, recipients)
        case Action.DELETE:
            values["after"].null()
            before, cause = read_spec(values["before"]), source.unless_null(read_location)
            return Delete(values["id"].client_id(), before, reason, cause, owner, risks, origin, successor, recipients)
        case action:
            assert_never(action)


def _replaced_values(replaced: Replaced) -> Values:
    return {
        "id": replaced.id,
        "before": spec_values(replaced.before),
        "keep_old_seconds": int(replaced.keep_old.total_seconds()),
        "stops_at": replaced.stops_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _read_replaced(node: JsonValue) -> Replaced:
    values = node.record(("id", "before", "keep_old_seconds", "stops_at"))
    keep_old = timedelta(seconds=min(values["keep_old_seconds"].number(), _LONGEST))
    before = read_spec(values["before"])
    return Replaced(values["id"].client_id(), before, keep_old, values["stops_at"].time())


def _read_origin(node: JsonValue) -> Origin:
    return node.one_of(Origin)


def _read_field_origin(node: JsonValue) -> FieldOrigin:
    values = node.record(("field", "origin"))
    return FieldOrigin(values["field"].one_of(Field), _read_origin(values["origin"]))


def _read_kept(node: JsonValue) -> Kept:
    values = node.record(("name", "id", "origin", "source", "fields"))
    return Kept(
        name=values["name"].text(),
        id=values["id"].unless_null(JsonValue.client_id),
        origin=_read_origin(values["origin"]),
        source=values["source"].unless_null(read_location),
        fields=values["fields"].each(_read_field_drift),
    )


def _read_field_drift(node: JsonValue) -> FieldDrift:
    values = node.record(("field", "origin", "declared", "live"))
    return FieldDrift(
        values["field"].one_of(Field),
        _read_origin(values["origin"]),
        values["declared"].unless_null(JsonValue.text),
        values["live"].unless_null(JsonValue.text),
    )
