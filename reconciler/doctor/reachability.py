"""Check whether the instance can be reached, can be trusted, and is the platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from reconciler.doctor.finding import Check, DoctorFinding, FindingSeverity
from reconciler.live.probe.facts import (
    AnonymousAnswer,
    AnswerKind,
    Certificate,
    Failure,
    ProbeResult,
    Secured,
    Untrusted,
)
from reconciler.support.loopback import is_loopback
from reconciler.support.text import enumeration, quoted

SOON = timedelta(days=30)
MOST_SKEW = 60
"""Seconds. Beyond this, tokens and signed requests are commonly refused."""

_URL = "check `url:` in reconciler.yaml"


def judge_reachability(reach: ProbeResult) -> Iterator[DoctorFinding]:
    """Findings about the connection to an instance."""
    yield from _connection(reach)
    yield from _trust(reach)
    yield from _answer(reach)
    yield from _clock(reach)


def _connection(reach: ProbeResult) -> Iterator[DoctorFinding]:
    if isinstance(reach.name, Failure):
        yield _failed(Check.NAME, "name-not-resolved", reach.name)
    if isinstance(reach.connection, Failure):
        code = "not-reachable" if reach.proxy is None else "proxy-failed"
        yield _failed(Check.CONNECTION, code, reach.connection)
    elif reach.proxy is not None:
        text = (
            f"requests go through the proxy {reach.proxy}, since {reach.route_reason}: "
            "neither name, connection nor certificate were looked at"
        )
        way_out = "the certificate is still verified; NO_PROXY in the environment names hosts to reach directly"
        yield DoctorFinding(FindingSeverity.INFO, Check.CONNECTION, "proxy", text, way_out)


def _failed(check: Check, code: str, failure: Failure) -> DoctorFinding:
    return DoctorFinding(FindingSeverity.ERROR, check, code, failure.why, failure.hint or _URL)


def _trust(reach: ProbeResult) -> Iterator[DoctorFinding]:
    match reach.tls:
        case Failure():
            yield _failed(Check.TLS, "tls-failed", reach.tls)
        case Untrusted(certificate=Certificate() as certificate) if certificate.not_after < reach.at:
            text = f"the certificate expired on {certificate.not_after.date()}"
            way_out = f"{_RENEW}; if that day is still to come, set this machine's clock"
            yield DoctorFinding(FindingSeverity.ERROR, Check.TLS, "certificate-expired", text, way_out)
        case Untrusted(why=why, hint=hint, certificate=certificate):
            details = f" ({_described(certificate)})" if certificate else ""
            text = f"{why}{details}"
            yield DoctorFinding(FindingSeverity.ERROR, Check.TLS, "certificate-not-trusted", text, hint or _URL)
        case Secured(certificate=Certificate(not_after=ends)) if ends - reach.at < SOON:
            text = f"the certificate expires on {ends.date()}, in {_days((ends - reach.at).days)}"
            way_out = f"{_RENEW}; from that day on, every command stops there"
            yield DoctorFinding(FindingSeverity.WARNING, Check.TLS, "certificate-expires-soon", text, way_out)
        case _:
            pass
    yield from _plain_http(reach)


_RENEW = "have it renewed by whoever runs the instance"


_MOST_NAMES = 5


def _described(certificate: Certificate) -> str:
    names = certificate.names or (certificate.subject,)
    more = (f"{len(names) - _MOST_NAMES} more",) if len(names) > _MOST_NAMES else ()
    shown = enumeration((*map(quoted, names[:_MOST_NAMES]), *more))
    return f"it names {shown}, and was issued by {quoted(certificate.issuer)}"


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"


def _plain_http(reach: ProbeResult) -> Iterator[DoctorFinding]:
    parts = urlsplit(reach.url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        text = "plain http: whoever listens on the way reads the password, and the secret of every client"
        yield DoctorFinding(
            FindingSeverity.WARNING, Check.TLS, "plain-http", text, "use https in `url:`, and drop `allow_http:`"
        )


def _answer(reach: ProbeResult) -> Iterator[DoctorFinding]:
    match reach.answer:
        case Failure():
            yield _failed(Check.PLATFORM, "no-answer", reach.answer)
        case AnonymousAnswer():
            yield from _unexpected_answer(reach.answer, reach.proxy)
        case None:
            pass


def _unexpected_answer(answer: AnonymousAnswer, proxy: str | None) -> Iterator[DoctorFinding]:
    match answer.kind:
        case AnswerKind.PLATFORM:
            return
        case AnswerKind.REDIRECT:
            code, (text, way_out) = "redirected", _redirected(answer)
        case AnswerKind.UNKNOWN_HOST:
            code, text = "unknown-host", f"the instance does not know this host name ({answer.status})"
            way_out = "give `url:` the name that people use in the browser, or have this one added to the web server"
        case AnswerKind.UNAVAILABLE:
            code, (text, way_out) = "unavailable", _unavailable(answer.status)
        case AnswerKind.OTHER:
            code, (text, way_out) = "not-the-platform", _other(answer.status)
    if proxy is not None and code in ("redirected", "not-the-platform"):
        way_out = f"the proxy {proxy} may have answered in its place; else {way_out}"
    yield DoctorFinding(FindingSeverity.ERROR, Check.PLATFORM, code, text, way_out)


def _redirected(answer: AnonymousAnswer) -> tuple[str, str]:
    if answer.leads_to is None:
        return f"it answers with a redirect to nowhere ({answer.status})", _URL
    if not answer.leads_to:
        return f"it answers with a redirect ({answer.status}), and redirects are never followed", _URL
    text = f"it answers with a redirect to {quoted(answer.leads_to, 200)}, and redirects are never followed"
    return (
        text,
        f"if that is the platform: `url: {answer.leads_to}`; if it is a login of its own, let this program past it",
    )


_UNAVAILABLE = {
    429: ("it asks us to slow down (429)", "try again later"),
    502: ("the platform behind the proxy does not answer (502)", "have a look at the platform's web server"),
    503: ("it is in maintenance or overloaded (503)", "try again later; maintenance also refuses every login"),
    504: ("the platform behind the proxy does not answer in time (504)", "have a look at the platform's web server"),
    511: ("the network wants a login of its own first (511)", "log in to this network in a browser"),
}


def _unavailable(status: int) -> tuple[str, str]:
    return _UNAVAILABLE.get(status, (f"the server fails ({status})", "have a look at the platform's own log"))


def _other(status: int) -> tuple[str, str]:
    match status:
        case 401:
            why = "something in front of it requires its own login (401)"
            return why, "let this program past it, for instance by its address"
        case 403:
            why = "something in front of it does not let us through (403)"
            return why, "look for a firewall, or a list of allowed addresses, between here and the instance"
        case 404 | 405:
            return f"it is not the platform: it has no such page ({status})", f"{_URL}: perhaps its path is wrong"
        case _:
            why = f"it is not the platform: it answers {status} where the platform answers 401"
            return why, _URL


def _clock(reach: ProbeResult) -> Iterator[DoctorFinding]:
    skew = reach.answer.skew if isinstance(reach.answer, AnonymousAnswer) else None
    if skew is None or abs(skew) <= MOST_SKEW:
        return
    text = f"its clock and ours differ by {abs(skew)} s: it is {'ahead' if skew > 0 else 'behind'}"
    way_out = "let both follow a time server (NTP); certificates, sessions and `created_before:` go by the clock"
    yield DoctorFinding(FindingSeverity.WARNING, Check.CLOCK, "clock-differs", text, way_out)
