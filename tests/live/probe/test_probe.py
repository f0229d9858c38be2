"""The first look at an instance, step by step: what each finds, and that nothing is sent to whoever is not trusted."""

from __future__ import annotations

import datetime
import socket
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme

from reconciler.live.probe.facts import (
    AnonymousAnswer,
    AnswerKind,
    Connected,
    Failure,
    ProbeResult,
    Resolved,
    Secured,
    Untrusted,
)
from reconciler.live.probe.probe import probe_instance
from reconciler.model.errors import ReconcilerError
from tests.live.http.test_bad_servers import CASES, Case
from tests.live.http.test_tls import AUTHORITY, LONG_AGO, server_side
from tests.live.servers import SET_COOKIE, Answering, answer, platform, serving

NO_SESSION = answer(401, {"error": "Unauthenticated."}, headers=SET_COOKIE)
STRANGE: Answering = platform(scopes=NO_SESSION)


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    AUTHORITY.cert_pem.write_to_path(tmp_path / "authority.pem")
    return tmp_path / "authority.pem"


def seen(url: str, *, timeout: float = 30.0, ca_bundle: Path | None = None, allow_http: bool = False) -> ProbeResult:
    return probe_instance(url, timeout=timeout, ca_bundle=ca_bundle, allow_http=allow_http, embedded=False)


def answered(reach: ProbeResult) -> AnonymousAnswer:
    assert isinstance(reach.answer, AnonymousAnswer)
    return reach.answer


def test_a_platform_is_known_by_what_it_says_to_a_stranger(bundle: Path) -> None:
    with serving(STRANGE, server_side(AUTHORITY.issue_cert("127.0.0.1"))) as server:
        reach = seen(server.url, ca_bundle=bundle)
        assert server.lines == ["GET /oauth/scopes"]
    assert reach.is_platform
    assert reach.name == Resolved(("127.0.0.1",))
    assert isinstance(reach.connection, Connected)
    assert isinstance(reach.tls, Secured)
    assert reach.tls.version.startswith("TLSv1.")
    assert reach.tls.certificate is not None
    assert reach.tls.certificate.not_before < reach.at < reach.tls.certificate.not_after
    assert "trustme" in reach.tls.certificate.issuer


@pytest.mark.parametrize(
    ("certificate", "trusted", "said"),
    [
        (AUTHORITY.issue_cert("127.0.0.1"), False, "not trusted here"),
        (AUTHORITY.issue_cert("elsewhere.example", common_name="elsewhere.example"), True, "is for another"),
        (AUTHORITY.issue_cert("127.0.0.1", not_after=LONG_AGO), True, "has expired"),
    ],
    ids=["unknown-authority", "wrong-host", "expired"],
)
def test_a_certificate_that_does_not_verify_is_shown_and_gets_no_request(
    certificate: trustme.LeafCert, trusted: bool, said: str, bundle: Path
) -> None:
    """Whom it names and who issued it: that is how a company's proxy, or the wrong host, is recognised."""
    with serving(STRANGE, server_side(certificate)) as server:
        reach = seen(server.url, ca_bundle=bundle if trusted else None)
        assert server.requests == []
    assert isinstance(reach.tls, Untrusted)
    assert said in reach.tls.why
    assert reach.tls.certificate is not None
    assert "trustme" in reach.tls.certificate.issuer
    assert (reach.tls.certificate.not_after == LONG_AGO) == (said == "has expired")
    assert (reach.tls.certificate.subject == "elsewhere.example") == ("another" in said)
    assert reach.answer is None


def test_an_authority_is_not_mistaken_for_trusted_because_its_certificate_was_looked_at(bundle: Path) -> None:
    """The look takes the certificate for its own authority, for that one connection alone."""
    with serving(STRANGE, server_side(trustme.CA().issue_cert("127.0.0.1"))) as server:
        assert isinstance(seen(server.url, ca_bundle=bundle).tls, Untrusted)
        assert isinstance(seen(server.url, ca_bundle=bundle).tls, Untrusted)


def test_a_server_without_tls_says_so() -> None:
    with serving(STRANGE) as server:
        reach = seen(server.url.replace("http:", "https:"))
    assert isinstance(reach.tls, Failure)
    assert "does not speak TLS on this port" in reach.tls.why


def test_a_handshake_that_never_ends_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reach = seen(f"https://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3)
    assert isinstance(reach.tls, Failure)
    assert "no complete answer within 0.3 s" in reach.tls.why


def test_a_name_that_nobody_knows_ends_it() -> None:
    reach = seen("https://nowhere.invalid")
    assert isinstance(reach.name, Failure)
    assert (reach.connection, reach.tls, reach.answer) == (None, None, None)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "..", "xn--a.invalid"])
def test_a_name_that_cannot_be_one_ends_it_too(host: str) -> None:
    assert isinstance(seen(f"https://{host}").name, Failure)


@pytest.mark.parametrize("seconds", [-3600, -5, 0, 5, 3600])
def test_the_clocks_are_compared(seconds: int) -> None:
    """To the second or two that the header and the way leave open."""
    there = format_datetime(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds), usegmt=True)
    sent = answer(401, {}, headers=f"{SET_COOKIE}Date: {there}\r\n")
    with serving(lambda _: sent) as server:
        skew = answered(seen(server.url)).skew
    assert skew is not None
    assert abs(skew - seconds) <= 30


@pytest.mark.parametrize(
    "date",
    [
        "",
        "Date: yesterday\r\n",
        "Date: Mon, 99 Foo 2026 99:99:99 GMT\r\n",
        "Date: Mon, 01 Jan 99999999999 00:00:00 GMT\r\n",
        f"Date: Mon, 01 Jan {'9' * 5000} 00:00:00 GMT\r\n",
        f"Date: Mon, 01 Jan 2026 00:00:00 +{'9' * 20}\r\n",
    ],
)
def test_a_clock_that_cannot_be_read_is_unknown(date: str) -> None:
    sent = answer(401, {}, headers=SET_COOKIE + date)
    with serving(lambda _: sent) as server:
        assert answered(seen(server.url)).skew is None


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("https://acme.example.com/oauth/scopes", "https://acme.example.com"),
        ("https://acme.example.com/pm/oauth/scopes?token=s3cr3t", "https://acme.example.com/pm"),
        ("https://user:s3cr3t@sso.example.com:8443/start?s3cr3t", "https://sso.example.com:8443"),
        ("https://[", None),
        ("https://a:port/", None),
    ],
)
def test_a_redirect_tells_where_to_and_keeps_what_may_be_secret(location: str, leads_to: str | None) -> None:
    with serving(lambda _: answer(302, headers=f"Location: {location}\r\n")) as server:
        found = answered(seen(server.url))
        assert len(server.requests) == 1
    assert (found.kind, found.leads_to) == (AnswerKind.REDIRECT, leads_to)


def test_behind_a_proxy_only_the_answer_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name may have no meaning on this side of it. Its password is not part of what is found."""
    with serving(STRANGE) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//someone:hunter2@"))
        reach = seen("http://nowhere.invalid", allow_http=True)
        assert proxy.lines == ["GET http://nowhere.invalid/oauth/scopes"]
    assert reach.is_platform
    assert reach.proxy == proxy.url.removeprefix("http://")
    assert (reach.name, reach.connection, reach.tls) == (None, None, None)


def test_no_proxy_is_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(STRANGE) as server:
        reach = seen(server.url)
    assert (reach.proxy, reach.is_platform) == (None, True)


def test_what_the_settings_forbid_is_not_tried(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError, match="plain http would send the password"):
        seen("http://acme.example.com")
    with pytest.raises(ReconcilerError, match="cannot read the CA bundle"):
        seen("https://127.0.0.1", ca_bundle=tmp_path / "gone.pem")


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_of_the_environment_that_is_gone_is_a_failure_not_a_crash(
    monkeypatch: pytest.MonkeyPatch, variable: str, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "gone.pem"))
    with pytest.raises(ReconcilerError, match=rf"cannot read the CA bundle .*gone.pem \(from {variable}\)"):
        seen("https://acme.example.com")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_whatever_a_server_sends_a_stranger_gets_words(case: Case) -> None:
    """Only the status and the headers matter: a success is none of the platform's answers, however it goes on."""
    with serving(lambda _: case.pieces if isinstance(case.pieces, bytes) else b"".join(case.pieces)) as server:
        reach = seen(server.url)
        assert len(server.requests) == 1
    assert not reach.is_platform
    assert isinstance(reach.answer, Failure) or answered(reach).status == 200
