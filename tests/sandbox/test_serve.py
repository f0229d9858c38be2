"""Starting, serving many at once, and stopping without a trace."""

from __future__ import annotations

import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from reconciler.model.errors import SandboxError, WrongUsage
from reconciler.sandbox.serve import running
from tests.sandbox.conftest import Browser


def test_one_connection_serves_many_requests(base: str) -> None:
    """Errors, empty answers and bodies that nobody reads leave it usable."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=10)
    connection.connect()
    first = connection.sock
    for method, path, body in (
        ("GET", "/oauth/scopes", None),
        ("POST", "/nowhere", b"x" * 100_000),
        ("HEAD", "/login", None),
        ("OPTIONS", "/login", None),
        ("GET", "/logout", None),
    ):
        connection.request(method, path, body)
        connection.getresponse().read()
        assert connection.sock is first
    connection.close()


def test_a_chunked_body_is_read_and_broken_chunks_end_the_connection(base: str) -> None:
    address = urlsplit(base)
    connection = http.client.HTTPConnection(address.netloc, timeout=10)
    body = iter([b'{"username": "admin", ', b'"password": "Admin-pass-1"}'])
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    connection.request("POST", "/login", body, headers, encode_chunked=True)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 204
    connection.close()
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as raw:
        raw.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
        assert raw.recv(100) == b""


@pytest.mark.parametrize("host", ["sandbox.localhost:1", "LOCALHOST", "127.0.0.1:8089", "[::1]:1"])
def test_names_of_loopback_are_answered_and_locations_name_the_address_served(base: str, host: str) -> None:
    with Browser(base) as browser:
        answer = browser.call("GET", "/logout", headers={"Host": host, "X-Forwarded-Host": host})
        assert answer.headers["Location"] == f"{base}/login"


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
def test_other_host_names_are_refused_since_4_14_2(header: str) -> None:
    for platform, status in {"4.14.1": 302, "4.14.2": 400, "2026": 400}.items():
        with running(None, platform=platform) as base, Browser(base) as browser:
            assert browser.call("GET", "/logout", headers={header: "pm.example"}).status_code == status


def test_eight_threads_create_400_clients_with_400_ids(base: str) -> None:
    def create_fifty(number: int) -> list[int]:
        with Browser(base) as browser:
            browser.log_in()
            return [browser.create(name=f"{number}").json()["id"] for _ in range(50)]

    with ThreadPoolExecutor(8) as pool:
        made = [client_id for ids in pool.map(create_fifty, range(8)) for client_id in ids]
    assert len(set(made)) == 400
    with Browser(base) as browser:
        browser.log_in()
        assert list(browser.names()) == sorted(browser.names())
        assert set(made) <= browser.names().keys()


def test_stopping_ends_idle_connections_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with running(None) as base:
        browser = Browser(base)
        browser.log_in()
        assert set(threading.enumerate()) - before
    assert not set(threading.enumerate()) - before
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((urlsplit(base).hostname or "", urlsplit(base).port or 0), timeout=10)
    browser.close()


def test_an_exception_in_the_body_stops_the_server_too() -> None:
    before = set(threading.enumerate())
    with pytest.raises(KeyError), running(None):
        raise KeyError("of the test")
    assert not set(threading.enumerate()) - before


def test_a_port_in_use_is_a_plain_error(base: str) -> None:
    port = urlsplit(base).port or 0
    with (
        pytest.raises(SandboxError, match=rf"port {port}: address already in use") as refused,
        running(None, port=port),
    ):
        pass
    assert refused.value.hint == "take another port, or 0 for a free one"


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_cannot_be_is_a_plain_error(port: int) -> None:
    with pytest.raises(SandboxError, match="cannot listen"), running(None, port=port):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", "", "127.0.0.1.example.com"])
def test_only_loopback_is_served(host: str) -> None:
    """The passwords are known to everybody."""
    with pytest.raises(WrongUsage, match="loopback only"), running(None, host=host):
        pass


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_loopback_may_be_named(host: str) -> None:
    with running(None, host=host) as base, Browser(base) as browser:
        assert urlsplit(base).hostname == "127.0.0.1"
        assert browser.log_in().status_code == 204


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        (
            {"password-policies.login_attempt": 3},
            "the sandbox has no setting 'password-policies.login_attempt'",
            "did you mean 'password-policies.login_attempts'?",
        ),
        (
            {"x": 3},
            "the sandbox has no setting 'x'",
            "it knows password-policies.login_attempts, session-control.ip_restriction,"
            " session-control.device_restriction, session.lifetime, session.secure",
        ),
        (
            {"session-control.ip_restriction": 3},
            "the setting session-control.ip_restriction cannot be 3",
            "give it 0, 1 or 2",
        ),
        (
            {"session.lifetime": "soon"},
            "the setting session.lifetime cannot be 'soon'",
            "give it a number of minutes, at least 1",
        ),
        (
            {"password-policies.login_attempts": "-1"},
            "the setting password-policies.login_attempts cannot be '-1'",
            "give it a number of attempts, 0 for no limit",
        ),
        (
            {"session.lifetime": True},
            "the setting session.lifetime cannot be True",
            "give it a number of minutes, at least 1",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, str | int], message: str, hint: str) -> None:
    with pytest.raises(WrongUsage) as refused, running(None, settings=settings):
        pass
    assert (refused.value.message, refused.value.hint) == (message, hint)
