"""Plans, reports and diagnostics as versioned JSON, described by schemas/output.schema.json.

The same keys everywhere: a `code` is for programs and stable, a `message` is for people and may be reworded, a `hint`
is the fix. Every key is always present; null means "none".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC
from itertools import chain
from typing import Any, assert_never

from reconciler.applying.report import Applied, DeliveryResult, Failed, Outcome, Report, Skipped, is_complete
from reconciler.live.observation import ObservationAge
from reconciler.model.diagnostics import Diagnostic, Severity, has_errors
from reconciler.model.errors import NotVerified, ReconcilerError
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import (
    Blocked,
    Change,
    Kept,
    Plan,
    Unmanaged,
)
from reconciler.render.json.changes import change_entries, change_entry
from reconciler.render.json.parts import (
    NO_OUTCOME,
    deliver_entry,
    delivery_outcome,
    location_entry,
    note_entry,
    waived_entry,
)
from reconciler.render.view import verdict
from reconciler.render.view.counts import count
from reconciler.render.view.verdict import tally
from reconciler.results import ApplyResult, Finished, Overview, Planned, Stopped
from reconciler.secrets.delivery import MissingSecret
from reconciler.support.json_writer import json_pieces
from reconciler.support.text import without_workflow_commands

FORMAT_VERSION = 2


def plan_entry(
    plan: Plan,
    refusals: Sequence[Refusal],
    as_of: ObservationAge | None = None,
    *,
    missing_secrets: Sequence[MissingSecret] = (),
) -> dict[str, Any]:
    """Return one instance's plan as plain values. `as_of` is for a plan that was made from an observation.

    `changes` is an iterator, so that each of thousands is let go once it is written.
    """
    return {
        "instance": plan.instance,
        "identity": plan.identity,
        "status": "refused" if refusals else "planned",
        "result": verdict.of_plan(plan, refusals),
        "observed_at": as_of and as_of.observed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "age_seconds": as_of and int(as_of.age.total_seconds()),
        "interrupted": False,
        "journal_failure": None,
        "counts": asdict(count(plan)),
        "changes": chain(change_entries(plan.changes), map(deliver_entry, plan.deliveries)),
        "base": plan.base,
        "on_drift": plan.on_drift,
        "configuration": [note_entry(note) for note in plan.configuration],
        "kept": [_kept(kept) for kept in plan.kept],
        "issuer": plan.issuer and asdict(plan.issuer),
        "waived": [waived_entry(waived) for waived in plan.waived],
        "blocked": [_blocked(blocked) for blocked in plan.blocked],
        "refusals": [{"code": r.code, "message": r.text, "hint": r.way_out} for r in refusals],
        "notes": [note_entry(note) for note in plan.notes],
        "unmanaged": [_unmanaged(client) for client in plan.unmanaged],
        "ignored": [{"id": client.id, "name": client.name} for client in plan.ignored],
        "unsupported": [{"id": c.id, "name": c.name, "message": c.why} for c in plan.unsupported],
        "to_deliver": [{"name": each.client.name, "id": each.id, "sink": each.sink} for each in missing_secrets],
        "deliveries": [],
    }


def report_entry(plan: Plan, report: Report, already_live: Sequence[Change] = ()) -> dict[str, Any]:
    """Return one instance's plan with the outcome of each change. Changes that were already done come first."""
    return {
        **plan_entry(plan, ()),
        "status": "applied" if is_complete(report) else "incomplete",
        "result": verdict.of_report(report),
        "interrupted": report.interrupted,
        "journal_failure": report.journal_failure,
        "changes": [
            *({**change_entry(change), "outcome": {**NO_OUTCOME, "status": "already_done"}} for change in already_live),
            *({**change_entry(each.change), "outcome": _outcome(each)} for each in report.outcomes),
            *({**deliver_entry(each), "outcome": delivery_outcome(each, report)} for each in plan.deliveries),
        ],
        "deliveries": [_delivery(each) for each in report.deliveries],
    }


def stopped_entry(instance: str, identity: str, error: ReconcilerError) -> dict[str, Any]:
    """Return an instance that was not planned or not written to, with the reason."""
    why = {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}
    result = verdict.of_error(error)
    return {"instance": instance, "identity": identity, "status": "stopped", "result": result, "error": why}


def result_entry(result: ApplyResult) -> dict[str, Any]:
    """Return the result of one instance as plain values."""
    match result:
        case Planned(plan=plan, refusals=refusals, as_of=as_of, missing_secrets=missing_secrets):
            return plan_entry(plan, refusals, as_of, missing_secrets=missing_secrets)
        case Finished(planned=planned, report=report, already_live=done):
            return report_entry(planned.plan, report, done)
        case Stopped(instance=instance, error=error):
            return stopped_entry(instance.name, instance.identity, error)
        case _:
            assert_never(result)


def render_document(kind: str, content: dict[str, Any]) -> str:
    """Render a document of the given kind, ending in a line feed."""
    return "".join(_dump(_document(kind, content)))


def _document(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"format_version": FORMAT_VERSION, "kind": kind, **content}


def render_instances(kind: str, entries: Iterable[dict[str, Any]]) -> str:
    """Render the document for `plan` or `apply`, ending in a line feed."""
    return "".join(instances_pieces(kind, list(entries)))


def instances_pieces(kind: str, entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Render the same document in pieces: with thousands of changes, it is several times as large as the plan."""
    return _dump(_of_instances(kind, entries))


def _of_instances(kind: str, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return _document(kind, {"summary": tally(entry["result"] for entry in entries), "instances": entries})


def render_overview_json(overview: Overview) -> str:
    """Render the document for a whole run, ending in a line feed: what `--format json` prints, or why there is none.

    The reason is the document of `validate` for invalid declarations, else one of the kind `error`.
    """
    return "".join(overview_json_pieces(overview))


def overview_json_pieces(overview: Overview) -> Iterator[str]:
    """Render the same document in pieces."""
    return _dump(_of_run(overview))


def _of_run(overview: Overview) -> dict[str, Any]:
    if overview.error is not None:
        why = {"message": overview.error.message, "hint": overview.error.hint, "exit_code": overview.error.exit_code}
        return _document("error", {"command": overview.command, "error": why})
    if overview.command == "validate" or has_errors(overview.diagnostics):
        return _of_diagnostics(overview.diagnostics)
    return _of_instances(overview.command, [result_entry(result) for result in overview.results])


def render_diagnostics(diagnostics: Sequence[Diagnostic]) -> str:
    """Render the document for `validate`, ending in a line feed."""
    return "".join(_dump(_of_diagnostics(diagnostics)))


def _of_diagnostics(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    entries = [
        {
            "severity": d.severity,
            "rule": d.rule,
            "message": d.message,
            "hint": d.hint,
            "location": location_entry(d.location),
        }
        for d in diagnostics
    ]
    errors = sum(d.severity is Severity.ERROR for d in diagnostics)
    counts = {"errors": errors, "warnings": len(diagnostics) - errors}
    return _document("validate", {"counts": counts, "diagnostics": entries})


def _dump(document: dict[str, Any]) -> Iterator[str]:
    # ASCII only: a name may contain lone surrogates or bidirectional marks, and escapes survive every terminal and log.
    return (without_workflow_commands(piece, r"\u0023") for piece in json_pieces(document))


def _outcome(outcome: Outcome) -> dict[str, Any]:
    what = NO_OUTCOME
    match outcome:
        case Applied(id=client_id, adopted=adopted):
            return {**what, "status": "applied", "id": client_id, "adopted": adopted}
        case Failed(error=error):
            status = "uncertain" if isinstance(error, NotVerified) else "failed"
            return {**what, "status": status, "message": error.message, "hint": error.hint}
        case Skipped(reason=reason):
            return {**what, "status": "not_tried", "message": reason}
        case _:
            assert_never(outcome)


def _delivery(delivery: DeliveryResult) -> dict[str, Any]:
    return {
        "name": delivery.name,
        "id": delivery.id,
        "event": delivery.event,
        "sink": delivery.sink,
        "status": delivery.status,
        "message": delivery.error and delivery.error.message,
        "hint": delivery.error and delivery.error.hint,
    }


def _blocked(blocked: Blocked) -> dict[str, Any]:
    return {
        "name": blocked.name,
        **note_entry(blocked.reason),
        "hint": blocked.way_out,
        "location": location_entry(blocked.source),
    }


def _kept(kept: Kept) -> dict[str, Any]:
    return {
        "name": kept.name,
        "id": kept.id,
        "origin": kept.origin,
        "location": location_entry(kept.source),
        "fields": [asdict(field) for field in kept.fields],
    }


def _unmanaged(client: Unmanaged) -> dict[str, Any]:
    note = note_entry(client.note) if client.note else None
    return {"id": client.id, "name": client.name, "system": client.system, "note": note}
