"""A proxy that cannot be used, or that does not let us through, is named with its variable and without its password."""

from __future__ import annotations

import socket
import ssl

import pytest
import requests

from reconciler.live.http.errors import explain_failure
from reconciler.live.http.proxy import Proxy, why_direct, why_proxy
from reconciler.live.http.route import Route
from reconciler.live.platform.gateway import connect
from reconciler.model.errors import ProxyFailed, ReconcilerError, UnexpectedResponse
from tests.live.http.test_tls import AUTHORITY, server_side
from tests.live.servers import CREDENTIALS, ONCE, answer, serving

VARIABLES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")
PROXY = Proxy("proxy.example:3128", "https_proxy")
ROUTE = Route("acme.example", 443, None, PROXY, None, 5)


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def failure(url: str = "https://acme.example", timeout: float = 30.0) -> ReconcilerError:
    with (
        pytest.raises(ReconcilerError) as caught,
        connect(url, CREDENTIALS, allow_http=True, timeout=timeout, retry_clock=ONCE),
    ):
        pytest.fail("there is no way to the instance")
    said = f"{caught.value.message} {caught.value.hint}"
    assert "ssword1" not in said
    assert "`url:`" not in said
    return caught.value


UNUSABLE = {
    "http://[bad": "it is not a URL",
    "http:/proxy.example:3128": "it is not a URL, which begins with http://",
    "http:proxy.example:3128": "it is not a URL, which begins with http://",
    "//proxy.example:3128": "it is not a URL, which begins with http://",
    "http://::1:3128": "an IPv6 address takes brackets, as in http://[::1]:3128",
    "http://ACME\\user:ssword1@proxy.example:3128": "percent-encoded",
    "http://proxy.example/proxy.pac": "it is the address of a PAC file",
    "${PROXY}": "it names no host that there can be",
    "http://***:3128": "it names no host that there can be",
    "DIRECT": "that word is not the URL of a proxy; for no proxy, unset it",
    '"http://proxy.example:3128': "it begins or ends with a quote",
    "socks://proxy.example:1080": "write socks5h://",
    "http://user:pa%24ssword1@[::1": "it is not a URL",
    "http://user:12345@": "it names no host",
    "http://user:pa#ssword1@proxy.example": "percent-encoded",
    "http://user:12#ssword1@proxy.example:3128": "percent-encoded",
    "http://user:pa/ssword1@proxy.example": "percent-encoded",
    "http://user@ssword1@proxy.example": "percent-encoded",
    "http://user:%C5%82ssword1@proxy.example": "percent-encoded",
    "http://proxy.example:99999": "the port of proxy.example is not a number from 1 to 65535",
    "http://user:pa%24ssword1@proxy.example:0": "the port of proxy.example is not a number from 1 to 65535",
    "http://user:ssword1": "the port of user is not a number from 1 to 65535",
    "http://user:pa%24ssword1@proxy.example:3128\r": "it ends in a carriage return (proxy.example:3128)",
    " proxy.example:3128": "it begins with a blank (proxy.example:3128)",
    "http://user:pa#ssword1@proxy.example\n": "it ends in a line feed",
    "http://pro xy.example": "it contains a space",
    "'http://proxy.example:3128'": "it begins and ends with quotes",
    "ftp://proxy.example": "its scheme is neither http, https nor socks5",
    "socks5://user:pa%24ssword1@proxy.example:1080": "a library that is not installed (proxy.example:1080)",
    "://": "its scheme is neither http, https nor socks5",
}


@pytest.mark.parametrize("proxy", UNUSABLE, ids=ascii)
@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
def test_a_proxy_that_cannot_be_used_is_refused_by_its_variable_and_never_shown(
    proxy: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, proxy)
    said = failure().message
    assert said.startswith(f"the proxy in {variable} cannot be used: ")
    assert UNUSABLE[proxy] in said


def test_the_variable_of_the_scheme_is_named_also_if_others_hold_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("all_proxy", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "http://proxy.example:0")
    assert "the proxy in HTTPS_PROXY cannot be used" in failure().message


REFUSING = {
    (407, "user:pa%24ssword1@"): ("does not accept its user name and password (407)", "correct them in https_proxy"),
    (407, ""): ("requires a user name and a password (407)", "write them into https_proxy: http://user:password@"),
    (403, ""): ("refuses to connect to the instance (403)", "have this host allowed on the proxy"),
    (404, ""): ("does not connect to other servers (404): it answers as a web server does", "check https_proxy; "),
    (302, ""): (
        "redirects to another page instead (302), as the login page of a network does",
        "log in to this network",
    ),
    (511, ""): ("wants a login of its own first (511)", "log in to this network in a browser; "),
    (429, ""): ("asks us to slow down (429)", "try again later"),
    (500, ""): ("failed (500)", "ask whoever runs the proxy; "),
    (502, ""): ("cannot reach the instance (502)", "ask whoever runs the proxy; NO_PROXY names hosts"),
}


@pytest.mark.parametrize(("status", "account"), REFUSING)
def test_a_proxy_that_refuses_is_told_from_an_instance_that_does(
    status: int, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    why, hint = REFUSING[status, account]
    with serving(lambda _: answer(status)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.replace("//", f"//{account}"))
        found = failure()
        place = proxy.url.removeprefix("http://")
    assert found.message == f"cannot log in to https://acme.example: the proxy {place} (from https_proxy) {why}"
    assert found.hint is not None
    assert found.hint.startswith(hint)
    assert isinstance(found, ProxyFailed)


def test_over_plain_http_a_proxy_that_wants_a_password_is_not_taken_for_the_instance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(lambda _: answer(407)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert "(from http_proxy) requires a user name and a password (407)" in failure("http://acme.example").message
        assert len(proxy.requests) == 1


def test_a_page_in_the_place_of_the_instance_may_come_from_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: answer(200, b"<title>Welcome to this hotel</title>", content_type="text/html")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with pytest.raises(UnexpectedResponse) as caught, connect("http://acme.example", CREDENTIALS, allow_http=True):
            pytest.fail("this is a captive portal")
    place = proxy.url.removeprefix("http://")
    assert str(caught.value.hint).startswith(
        f"the proxy {place} (from http_proxy) may have answered in its place; else "
    )


def test_a_proxy_that_is_down_or_speaks_something_else_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("https_proxy", f"http://{place}")
        # It accepts and says nothing.
        found = failure(timeout=0.2)
        assert f"the proxy {place} (from https_proxy) does not connect to the instance within 0.2 s" in found.message
        assert isinstance(found, ProxyFailed)
    with serving(lambda _: b"") as mute:
        monkeypatch.setenv("https_proxy", mute.url)
        assert "(from https_proxy) closes the connection without an answer" in failure().message
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        place = f"127.0.0.1:{nobody.getsockname()[1]}"
        monkeypatch.setenv("https_proxy", f"http://{place}")
        assert f"the proxy {place} (from https_proxy) refuses the connection" in failure().message
    with serving(lambda _: b"") as plain:
        monkeypatch.setenv("https_proxy", plain.url.replace("http:", "https:"))
        found = failure()
    assert "(from https_proxy) does not speak TLS" in found.message
    assert "write http:// in https_proxy" in str(found.hint)
    with serving(lambda _: b"SSH-2.0-OpenSSH_9.6\r\n") as stranger:
        monkeypatch.setenv("https_proxy", stranger.url)
        assert "(from https_proxy) does not answer like a proxy" in failure().message
    with serving(lambda _: b"", server_side(AUTHORITY.issue_cert("127.0.0.1"))) as untrusted:
        monkeypatch.setenv("https_proxy", untrusted.url)
        assert "(from https_proxy) has a certificate that does not verify" in failure().message


def test_what_fails_behind_a_proxy_names_the_proxy_and_not_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """It connected to something that does not speak TLS."""
    with serving(lambda _: b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n") as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        found = failure()
    assert "no TLS connection could be made" in found.message
    assert found.message.endswith(f"through the proxy {proxy.url.removeprefix('http://')} (from https_proxy)")
    assert str(found.hint).startswith("check https_proxy; ")


NAMES = {
    socket.EAI_NONAME: "is not known: no name server has its host name",
    socket.EAI_AGAIN: "cannot be looked up: no name server answers",
}


@pytest.mark.parametrize("code", NAMES)
def test_a_proxy_whose_name_is_not_known_is_named(code: int) -> None:
    error = requests.exceptions.ProxyError(socket.gaierror(code, "?"))
    found = explain_failure(error, 5, sent=False, route=ROUTE)
    assert found.why == f"the proxy proxy.example:3128 (from https_proxy) {NAMES[code]}"
    assert found.permanent is (code == socket.EAI_NONAME)


def test_a_certificate_behind_a_proxy_may_be_the_proxys_own() -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code = 20
    found = explain_failure(requests.exceptions.SSLError(error), 5, sent=False, route=ROUTE)
    assert found.why.endswith("not trusted here, through the proxy proxy.example:3128 (from https_proxy)")
    assert str(found.hint).endswith("; a proxy that inspects TLS connections has its own authority")


def test_an_answer_that_is_wrong_stays_the_instances_fault() -> None:
    error = requests.exceptions.ContentDecodingError()
    assert explain_failure(error, 5, sent=True, route=ROUTE).kind is UnexpectedResponse


def test_why_no_proxy_is_used_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://acme.example"
    assert why_direct(url, own_machine=True) is None
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert why_direct(url, own_machine=False) is None
    assert why_direct(url, own_machine=True) == "the proxy in HTTPS_PROXY is never used for this machine"
    monkeypatch.setenv("NO_PROXY", "other.example,.example")
    assert why_direct(url, own_machine=False) == "NO_PROXY names this host"
    monkeypatch.setenv("no_proxy", "acme.example")
    assert why_direct(url, own_machine=False) == "no_proxy names this host"
    monkeypatch.setenv("https_proxy", "")
    assert why_direct(url, own_machine=False) == "https_proxy is empty, and is read before HTTPS_PROXY"
    assert why_direct("http://acme.example", own_machine=False) == "HTTPS_PROXY is for https:// only"


MISREAD = {
    "*.example": "NO_PROXY has '*.example', which is not read in this form or place: write '.example'",
    "acme.example:443": "write 'acme.example'",
    "https://acme.example/": "write 'acme.example'",
    "other.example acme.example": "write 'acme.example' after a comma",
    "other.example;acme.example": "write 'acme.example' after a comma",
    "'acme.example'": "write 'acme.example'",
}


@pytest.mark.parametrize("exceptions", MISREAD)
def test_an_exception_in_a_form_that_is_not_read_is_named(exceptions: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", exceptions)
    with serving(lambda _: answer(502)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert str(failure().hint).endswith(MISREAD[exceptions])


def test_of_two_variables_the_one_that_is_not_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://other.example:3128")
    assert why_proxy("https://acme.example", PROXY).endswith("(HTTPS_PROXY names another, and is not read)")
    monkeypatch.setenv("no_proxy", "other.example")
    monkeypatch.setenv("NO_PROXY", "acme.example")
    said = "https_proxy names it, and NO_PROXY names this host, but no_proxy is read in its place"
    monkeypatch.delenv("HTTPS_PROXY")
    assert why_proxy("https://acme.example", PROXY) == said
