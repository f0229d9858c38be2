"""Parts of JSON documents, and new recipients as entries of their changes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reconciler.applying.report import Report
from reconciler.model.clients import Location
from reconciler.model.recipients import Recipient
from reconciler.planning.plan.plan import Deliver, Note, Waived
from reconciler.planning.plan.resume import Resume

NO_OUTCOME: dict[str, Any] = {"status": "", "id": None, "adopted": False, "message": None, "hint": None}
"""What the outcome of a change has unless it says something else."""


def deliver_entry(deliver: Deliver) -> dict[str, Any]:
    """Return a new recipient as an entry of `changes`: it has the keys of every change."""
    return {
        "action": "deliver",
        "name": deliver.name,
        "id": deliver.id,
        "before": None,
        "after": None,
        "origin": None,
        "origins": [],
        "replaces": None,
        "successor": None,
        "resume": None,
        "changed_fields": [],
        "reason": note_entry(deliver.reason),
        "risks": [note_entry(risk) for risk in deliver.risks],
        "owner": deliver.owner,
        "recipients": [recipient_entry(each) for each in deliver.recipients],
        "recipients_before": [recipient_entry(each) for each in deliver.before],
        "location": location_entry(deliver.source),
        "outcome": None,
    }


def resume_entry(resume: Resume) -> dict[str, Any]:
    """Return the unfinished create that a create goes on with."""
    return {"mode": resume.mode.value, "id": resume.id, "others": list(resume.others)}


def recipient_entry(recipient: Recipient) -> dict[str, Any]:
    """Return who gets a secret."""
    return asdict(recipient) | {"keys": list(recipient.keys), "programs": list(recipient.programs)}


def delivery_outcome(deliver: Deliver, report: Report) -> dict[str, Any]:
    """Return what became of a new recipient, in the form of the outcome of a change."""
    tried = [each for each in report.deliveries if each.id == deliver.id]
    error = next((each.error for each in tried if each.error is not None), None)
    if error is not None:
        return {**NO_OUTCOME, "status": "failed", "message": error.message, "hint": error.hint}
    return {**NO_OUTCOME, "status": "applied" if tried else "not_tried", "id": deliver.id if tried else None}


def waived_entry(waived: Waived) -> dict[str, Any]:
    """Return the waivers of an entry."""
    notes = [note_entry(note) for note in waived.notes]
    return {"name": waived.name, "location": location_entry(waived.source), "notes": notes}


def note_entry(note: Note) -> dict[str, str]:
    """Return a note: its code for programs, its text for people."""
    return {"code": note.code, "message": note.text}


def location_entry(location: Location | None) -> dict[str, Any] | None:
    """Return a place in a file."""
    return {"path": location.path, "line": location.line, "column": location.column} if location else None
