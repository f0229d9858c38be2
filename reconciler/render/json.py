"""Plans, reports and diagnostics for programs: versioned JSON, described by schemas/output.schema.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, assert_never

from reconciler.applying.report import Applied, Failed, Outcome, Report, Skipped
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.errors import ReconcilerError
from reconciler.model import ClientSpec, Grant, Location
from reconciler.planning.guard import Refusal
from reconciler.planning.plan import Change, Create, Delete, Note, Plan, Unmanaged, Update, field_changes
from reconciler.render.summary import action, count

FORMAT_VERSION = 1


def plan_entry(plan: Plan, refusals: Sequence[Refusal]) -> dict[str, Any]:
    """One instance's plan as plain values."""
    return {
        "instance": plan.instance,
        "identity": plan.identity,
        "status": "planned",
        "counts": asdict(count(plan)),
        "changes": [_change(change) for change in plan.changes],
        "blocked": [
            {"name": b.name, "reason": _note(b.reason), "source": _place(b.source), "way_out": b.way_out}
            for b in plan.blocked
        ],
        "unmanaged": [_unmanaged(client) for client in plan.unmanaged],
        "ignored": [{"id": client.id, "name": client.name} for client in plan.ignored],
        "unsupported": [{"id": c.id, "name": c.name, "why": c.why} for c in plan.unsupported],
        "notes": [_note(note) for note in plan.notes],
        "refusals": [{"code": r.code, "text": r.text, "way_out": r.way_out} for r in refusals],
    }


def report_entry(plan: Plan, report: Report) -> dict[str, Any]:
    """One instance's plan, and what came of each change."""
    return {
        **plan_entry(plan, ()),
        "status": "applied",
        "interrupted": report.interrupted,
        "outcomes": [_outcome(outcome) for outcome in report.outcomes],
    }


def stopped_entry(instance: str, identity: str, error: ReconcilerError) -> dict[str, Any]:
    """An instance that could not be planned or applied, and why."""
    return {"instance": instance, "identity": identity, "status": "stopped", "error": _error(error)}


def render_instances(kind: str, entries: Iterable[dict[str, Any]]) -> str:
    """The document for `plan` or `apply`, ending in a line feed."""
    return _dump({"format_version": FORMAT_VERSION, "kind": kind, "instances": list(entries)})


def render_diagnostics(diagnostics: Sequence[Diagnostic]) -> str:
    """The document for `validate`, ending in a line feed."""
    entries = [
        {
            "severity": d.severity,
            "rule": d.rule,
            "message": d.message,
            "hint": d.hint,
            "location": _place(d.location),
        }
        for d in diagnostics
    ]
    errors = sum(d.severity is Severity.ERROR for d in diagnostics)
    counts = {"errors": errors, "warnings": len(diagnostics) - errors}
    return _dump({"format_version": FORMAT_VERSION, "kind": "validate", "counts": counts, "diagnostics": entries})


def _dump(document: dict[str, Any]) -> str:
    # ASCII only: a name may hold lone surrogates or bidirectional marks, and escapes survive every terminal and log.
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _change(change: Change) -> dict[str, Any]:
    before: ClientSpec | None = None
    after: ClientSpec | None = None
    client_id: int | None = None
    match change:
        case Create():
            after = change.after
        case Update():
            client_id, before, after = change.id, change.before, change.after
        case Delete():
            client_id, before = change.id, change.before
        case _:
            assert_never(change)
    return {
        "action": action(change),
        "name": change.name,
        "id": client_id,
        "before": _spec(before),
        "after": _spec(after),
        "fields": [asdict(changed) for changed in field_changes(before, after)] if before and after else [],
        "reason": _note(change.reason),
        "risks": [_note(risk) for risk in change.risks],
        "owner": change.owner,
        "source": _place(change.source),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    common = {"action": action(outcome.change), "name": outcome.change.name}
    match outcome:
        case Applied(id=client_id):
            return {**common, "status": "applied", "id": client_id}
        case Failed(error=error):
            return {**common, "status": "failed", "error": _error(error)}
        case Skipped(reason=reason):
            return {**common, "status": "not_tried", "reason": reason}
        case _:
            assert_never(outcome)


def _spec(spec: ClientSpec | None) -> dict[str, Any] | None:
    if spec is None:
        return None
    grants = [grant for grant in Grant if grant in spec.grants]
    return {"name": spec.name, "grants": grants, "redirect_url": spec.redirect_url}


def _unmanaged(client: Unmanaged) -> dict[str, Any]:
    note = _note(client.note) if client.note else None
    return {"id": client.id, "name": client.name, "system": client.system, "note": note}


def _note(note: Note) -> dict[str, str]:
    return {"code": note.code, "text": note.text}


def _place(location: Location | None) -> dict[str, Any] | None:
    return asdict(location) if location else None


def _error(error: ReconcilerError) -> dict[str, Any]:
    return {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}
