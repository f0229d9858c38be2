"""The result of each check, in a few words: facts, not findings."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from reconciler.doctor.account import AccountUses, permissions
from reconciler.doctor.examination import Examination
from reconciler.doctor.finding import Check, FindingSeverity
from reconciler.doctor.ownership import ClientCounts
from reconciler.live.probe.facts import (
    AccountFacts,
    AnonymousAnswer,
    AnswerKind,
    Certificate,
    Connected,
    Failure,
    LoggedIn,
    Permissions,
    PermissionState,
    ProbeResult,
    Resolved,
    Secured,
    Untrusted,
)
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration


class CheckState(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_TRIED = "not_tried"


@frozen
class CheckLine:
    """The result of one check."""

    check: Check
    state: CheckState
    text: str


def lines_of(examination: Examination) -> tuple[CheckLine, ...]:
    """The results of all checks except that of the settings, in order."""
    texts = dict(_texts(examination))
    return tuple(
        CheckLine(check, _state(check, examination, check in texts), texts.get(check, "not tried"))
        for check in Check
        if check is not Check.SETTINGS
    )


def _state(check: Check, examination: Examination, tried: bool) -> CheckState:
    found = {finding.severity for finding in examination.findings if finding.check is check}
    if FindingSeverity.ERROR in found:
        return CheckState.FAILED
    if not tried:
        return CheckState.NOT_TRIED
    return CheckState.WARNING if FindingSeverity.WARNING in found else CheckState.OK


def _texts(examination: Examination) -> Iterator[tuple[Check, str]]:
    if isinstance(examination.reach, ProbeResult):
        yield from _connection(examination.reach, examination.account)
    if isinstance(examination.account, LoggedIn):
        yield Check.LOGIN, _session(examination.account)
        yield Check.PERMISSIONS, _rights(examination.account.rights, examination.account_uses)
    elif examination.account is not None:
        yield Check.LOGIN, "no session"
    if examination.client_counts is not None:
        yield Check.CLIENTS, _client_counts(examination.client_counts)
    elif _has_problem(examination.account):
        yield Check.CLIENTS, "no list"


def _has_problem(account: AccountFacts | None) -> bool:
    return isinstance(account, LoggedIn) and account.problem is not None


def _connection(reach: ProbeResult, account: AccountFacts | None) -> Iterator[tuple[Check, str]]:
    match reach.name:
        case Resolved(addresses=addresses):
            yield Check.NAME, ", ".join(addresses)
        case Failure():
            yield Check.NAME, "no address"
    match reach.connection:
        case Connected(address=address, milliseconds=took):
            directly = f", directly: {reach.route_reason}" if reach.route_reason else ""
            yield Check.CONNECTION, f"{address}, {took} ms{directly}"
        case Failure():
            yield Check.CONNECTION, "none" if reach.proxy is None else f"none through the proxy {reach.proxy}"
        case None if reach.proxy is not None:
            yield Check.CONNECTION, f"through the proxy {reach.proxy}: {reach.route_reason}"
    yield from _tls(reach)
    match reach.answer:
        case AnonymousAnswer():
            yield Check.PLATFORM, _answer(reach.answer) + _line(account)
            if reach.answer.skew is not None:
                yield Check.CLOCK, _clock(reach.answer.skew)
        case Failure():
            yield Check.PLATFORM, "no answer"


def _tls(reach: ProbeResult) -> Iterator[tuple[Check, str]]:
    match reach.tls:
        case Secured(version=version, certificate=certificate):
            yield Check.TLS, ", ".join([version, *_certificate(certificate, reach)])
        case Untrusted(certificate=certificate):
            yield Check.TLS, ", ".join(["not trusted", *_certificate(certificate, reach)])
        case Failure():
            yield Check.TLS, "none"
        case None if reach.url.startswith("http:") and isinstance(reach.connection, Connected):
            yield Check.TLS, "plain http"


def _certificate(certificate: Certificate | None, reach: ProbeResult) -> Iterator[str]:
    if certificate is None:
        return
    issuer = f" by {certificate.issuer}" if certificate.issuer else ""
    days = (certificate.not_after - reach.at).days
    left = f"in {days} days" if days != 1 else "in 1 day"
    ends = f"{certificate.not_after.date()} ({left if days >= 0 else 'past'})"
    yield f"certificate for {certificate.subject or 'nobody'}{issuer}, valid until {ends}"


def _answer(answer: AnonymousAnswer) -> str:
    what = "answers like a platform" if answer.kind is AnswerKind.PLATFORM else f"answers {answer.status}"
    return f"{what}, {answer.milliseconds} ms"


def _line(account: AccountFacts | None) -> str:
    """Which version it is: what it shows to people, and what it answers like."""
    if not isinstance(account, LoggedIn) or account.listing is None:
        return ""
    version = f"version {account.version}, " if account.version else ""
    return f"; {version}answers like {account.listing.capabilities.line}"


def _clock(skew: int) -> str:
    return "the same as ours" if abs(skew) <= 1 else f"{abs(skew)} s {'ahead of' if skew > 0 else 'behind'} ours"


def _session(account: LoggedIn) -> str:
    if account.session_seconds is None:
        return "logged in"
    return f"logged in; the session lapses after {round(account.session_seconds / 60)} minutes without a request"


def _rights(rights: Permissions, account_uses: AccountUses) -> str:
    named = permissions(rights)
    granted = [name.removesuffix(" Auth Clients") for name, right in named if right is PermissionState.GRANTED]
    unknown = [name.removesuffix(" Auth Clients") for name, right in named if right is PermissionState.UNKNOWN]
    parts = (
        [f"{enumeration(granted)} Auth Clients" if granted else "none on auth clients"]
        if granted or not unknown
        else []
    )
    parts += [f"not known: {enumeration(unknown)}"] if unknown else []
    good = [word for word, is_so in (("plan", account_uses.plan), ("apply", account_uses.apply)) if is_so]
    parts += [f"fits {enumeration(good)}"] if good else []
    return "; ".join(parts)


def _client_counts(client_counts: ClientCounts) -> str:
    parts = [
        (client_counts.managed, "managed"),
        (client_counts.unmanaged, "unmanaged"),
        (client_counts.system, "of the platform's own"),
        (client_counts.ignored, "ignored"),
        (client_counts.unsupported, "unsupported"),
    ]
    shown = ", ".join(f"{number} {word}" for number, word in parts if number)
    return f"{client_counts.live} live: {shown}" if shown else f"{client_counts.live} live"
