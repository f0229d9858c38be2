"""Parts of a plan file as plain JSON values, written and read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reconciler.model.clients import Location
from reconciler.model.recipients import Recipient
from reconciler.planning.plan.issuer_change import Issuer, IssuerChange
from reconciler.planning.plan.plan import Blocked, Deliver, Note, Unmanaged, Waived
from reconciler.planning.plan.resume import Resume, ResumeMode
from reconciler.support.json_reader import JsonData, JsonValue, WrongShape


def note_values(note: Note) -> dict[str, JsonData | None]:
    """A note as plain JSON values. Like locations, a plan has thousands, and `asdict` takes six times as long."""
    return {"code": note.code, "text": note.text}


def read_note(node: JsonValue) -> Note:
    """Read a note from its values."""
    values = node.record(("code", "text"))
    return Note(values["code"].text(), values["text"].text())


def location_values(location: Location) -> dict[str, JsonData | None]:
    """A location as plain JSON values."""
    return {"path": location.path, "line": location.line, "column": location.column}


def read_location(node: JsonValue) -> Location:
    """Read a location from its values."""
    values = node.record(("path", "line", "column"))
    return Location(values["path"].text(), values["line"].number(1), values["column"].number(1))


def recipient_values(recipient: Recipient) -> dict[str, JsonData | None]:
    """A recipient as plain JSON values."""
    return asdict(recipient) | {"keys": list(recipient.keys), "programs": list(recipient.programs)}


def read_recipient(node: JsonValue) -> Recipient:
    """The recipient that `recipient_values` wrote."""
    values = node.record(("owner", "kind", "sink", "place", "keys", "programs"))
    return Recipient(
        owner=values["owner"].unless_null(JsonValue.text),
        kind=values["kind"].text(),
        sink=values["sink"].text(),
        place=values["place"].text(),
        keys=values["keys"].each(JsonValue.text),
        programs=values["programs"].each(JsonValue.text),
    )


_DELIVER_KEYS = ("id", "name", "recipients", "before", "reason", "source", "owner", "risks")


def deliver_values(deliver: Deliver) -> dict[str, Any]:
    """A new recipient of a client's secret as plain JSON values."""
    return {
        "id": deliver.id,
        "name": deliver.name,
        "recipients": list(map(recipient_values, deliver.recipients)),
        "before": list(map(recipient_values, deliver.before)),
        "reason": note_values(deliver.reason),
        "source": location_values(deliver.source),
        "owner": deliver.owner,
        "risks": list(map(note_values, deliver.risks)),
    }


def read_deliver(node: JsonValue) -> Deliver:
    """What `deliver_values` wrote. Raises `WrongShape`, also for one without recipients."""
    values = node.record(_DELIVER_KEYS)
    recipients = values["recipients"].each(read_recipient)
    if not recipients:
        raise WrongShape(f"`{values['recipients'].place}` is empty")
    return Deliver(
        id=values["id"].client_id(),
        name=values["name"].text(),
        recipients=recipients,
        before=values["before"].each(read_recipient),
        reason=read_note(values["reason"]),
        source=read_location(values["source"]),
        owner=values["owner"].unless_null(JsonValue.text),
        risks=values["risks"].each(read_note),
    )


def read_unmanaged(node: JsonValue) -> Unmanaged:
    """A client that the plan leaves alone, from its values."""
    values = node.record(("id", "name", "system", "note"))
    note = values["note"].unless_null(read_note)
    return Unmanaged(values["id"].client_id(), values["name"].text(), values["system"].flag(), note)


def read_issuer_change(node: JsonValue) -> IssuerChange:
    """The change of issuer, from its values."""
    values = node.record(("before", "after"))
    return IssuerChange(values["before"].unless_null(_read_issuer), values["after"].unless_null(_read_issuer))


def _read_issuer(node: JsonValue) -> Issuer:
    values = node.record(("id", "name"))
    return Issuer(values["id"].unless_null(JsonValue.client_id), values["name"].text())


def waived_values(waived: Waived) -> dict[str, Any]:
    """The waivers of an entry as plain JSON values."""
    return asdict(waived) | {"notes": list(map(note_values, waived.notes))}


def read_waived(node: JsonValue) -> Waived:
    """What `waived_values` wrote."""
    values = node.record(("name", "source", "notes"))
    return Waived(values["name"].text(), read_location(values["source"]), values["notes"].each(read_note))


def resume_values(resume: Resume) -> dict[str, Any]:
    """The unfinished create that a create goes on with, as plain JSON values."""
    return {"mode": resume.mode.value, "id": resume.id, "others": list(resume.others)}


def read_resume(node: JsonValue) -> Resume:
    """The unfinished create that `resume_values` wrote."""
    values = node.record(("mode", "id", "others"))
    return Resume(
        values["mode"].one_of(ResumeMode), values["id"].client_id(), values["others"].each(JsonValue.client_id)
    )


def blocked_values(blocked: Blocked) -> dict[str, Any]:
    """A blocked entry as plain JSON values."""
    return asdict(blocked)


def read_blocked(node: JsonValue) -> Blocked:
    """The blocked entry that `blocked_values` wrote."""
    values = node.record(("name", "reason", "source", "way_out"))
    reason, source = read_note(values["reason"]), read_location(values["source"])
    return Blocked(values["name"].text(), reason, source, values["way_out"].text())


def unmanaged_values(client: Unmanaged) -> dict[str, Any]:
    """An unmanaged client as plain JSON values."""
    note = asdict(client.note) if client.note else None
    return {"id": client.id, "name": client.name, "system": client.system, "note": note}
