"""The results of `doctor` as JSON, described by schemas/output.schema.json."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from reconciler.doctor.checks import lines_of
from reconciler.doctor.examination import Examination
from reconciler.doctor.finding import DoctorFinding, FindingSeverity
from reconciler.live.probe.facts import (
    AnonymousAnswer,
    Certificate,
    Connected,
    Failure,
    LoggedIn,
    ProbeResult,
    Resolved,
    Secured,
    Untrusted,
)
from reconciler.render.json.overview import render_document


def render_examinations(examinations: Iterable[Examination]) -> str:
    """Render the document for `doctor`, ending in a line feed."""
    return render_document("doctor", {"instances": [_entry(each) for each in examinations]})


def _entry(examination: Examination) -> dict[str, Any]:
    found = examination.findings
    errors, warnings, infos = (sum(each.severity is severity for each in found) for severity in FindingSeverity)
    return {
        "instance": examination.instance.name,
        "identity": examination.instance.identity,
        "counts": {"errors": errors, "warnings": warnings, "infos": infos},
        "fits": asdict(examination.account_uses),
        "checks": [{"check": line.check, "status": line.state, "message": line.text} for line in lines_of(examination)],
        "facts": {
            **_reachability(examination.reach if isinstance(examination.reach, ProbeResult) else None),
            **_account(examination),
            "clients": asdict(examination.client_counts) if examination.client_counts else None,
        },
        "findings": [_finding(each) for each in found],
    }


def _reachability(reach: ProbeResult | None) -> dict[str, Any]:
    name, tls = (reach.name, reach.tls) if reach else (None, None)
    return {
        "url": reach.url if reach else None,
        "checked_at": reach.at.isoformat(timespec="seconds") if reach else None,
        "proxy": reach.proxy if reach else None,
        "route_reason": reach.route_reason if reach else None,
        "addresses": list(name.addresses) if isinstance(name, Resolved) else [],
        **_connection(reach.connection if reach else None),
        "tls_version": tls.version if isinstance(tls, Secured) else None,
        "certificate": _certificate(tls.certificate) if isinstance(tls, Secured | Untrusted) else None,
        **_answer(reach.answer if reach else None),
    }


def _connection(connection: Connected | Failure | None) -> dict[str, Any]:
    if not isinstance(connection, Connected):
        return {"address": None, "connect_milliseconds": None}
    return {"address": connection.address, "connect_milliseconds": connection.milliseconds}


def _answer(answer: AnonymousAnswer | Failure | None) -> dict[str, Any]:
    known = answer if isinstance(answer, AnonymousAnswer) else None
    return {
        "http_status": known.status if known else None,
        "answer": known.kind if known else None,
        "answer_milliseconds": known.milliseconds if known else None,
        "clock_ahead_seconds": known.skew if known else None,
    }


def _certificate(certificate: Certificate | None) -> dict[str, Any] | None:
    if certificate is None:
        return None
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": list(certificate.names),
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
    }


def _account(examination: Examination) -> dict[str, Any]:
    account = examination.account
    if not isinstance(account, LoggedIn):
        return {"session_minutes": None, "rights": None, "platform": None}
    rights = account.rights
    minutes = None if account.session_seconds is None else round(account.session_seconds / 60)
    known = {"view": rights.view, "create": rights.create, "edit": rights.edit, "delete": rights.delete}
    return {"session_minutes": minutes, "rights": known, "platform": _platform(account)}


def _platform(account: LoggedIn) -> dict[str, Any] | None:
    if account.listing is None:
        return None
    found = account.listing.capabilities
    return {
        "version": account.version,
        "line": found.line,
        "secrets": found.secrets,
        "stores_grants_as_sent": found.stores_grants_as_sent,
        "owner_only": found.owner_only,
        "foreign_clients": list(account.foreign),
    }


def _finding(finding: DoctorFinding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "check": finding.check,
        "code": finding.code,
        "message": finding.message,
        "hint": finding.way_out,
        "clients": [{"id": client.id, "name": client.name} for client in finding.clients],
    }
