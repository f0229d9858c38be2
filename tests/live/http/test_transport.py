"""How requests travel: encrypted or not at all, through which proxy, without what lies about, and what is logged."""

from __future__ import annotations

import logging
import socket
import threading
from pathlib import Path

import pytest
import requests
import responses
import urllib3

from reconciler import __version__
from reconciler.live.platform.gateway import connect
from reconciler.model.errors import ReconcilerError, Unavailable
from tests.live.servers import CREDENTIALS, ONCE, PLANTED, RESET, answer, platform, row, serving

HERE = "127.0.0.1"


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.example",
        "http://localhost.acme.example",
        "http://127.0.0.1.acme.example:8080",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://[::2]",
        "HTTP://acme.example",
    ],
)
def test_plain_http_to_another_machine_is_refused_before_anything_is_sent(url: str) -> None:
    """No socket to such a host is allowed in these tests: trying would raise another error."""
    with pytest.raises(ReconcilerError, match="unencrypted") as caught, connect(url, CREDENTIALS):
        pytest.fail("this would have sent a password in clear")
    assert caught.value.hint is not None
    assert "allow_http" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme.example",
        "ftp://acme.example",
        "https://",
        "https://acme.example:0",
        "https://acme.example:99999",
        "https://acme.example:x",
        "https://[::1",
        "https://acme.example/?a=b",
        "https://acme.example/#top",
        "https://robot:hunter2@acme.example",
    ],
)
def test_a_url_that_is_not_the_place_of_a_platform_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ReconcilerError, match="URL cannot be used") as caught, connect(url, CREDENTIALS):
        pytest.fail("there is no such place")
    assert "hunter2" not in caught.value.message


@responses.activate
def test_plain_http_goes_where_the_instance_says_so() -> None:
    responses.post("http://acme.example/login", status=204)
    responses.get("http://acme.example/logout", status=302)
    with connect("http://acme.example", CREDENTIALS, allow_http=True):
        pass
    assert len(responses.calls) == 2


@pytest.mark.parametrize("embedded", [False, True])
def test_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch, embedded: bool) -> None:
    with serving(lambda _: answer(500)) as proxy, serving(platform()) as server:
        for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(variable, proxy.url)
        with connect(server.url, CREDENTIALS, embedded=embedded) as gateway:
            gateway.list_clients()
        assert len(server.lines) == 3
        assert proxy.lines == []


def test_other_machines_are_reached_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(platform()) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with connect("http://acme.example", CREDENTIALS, allow_http=True) as gateway:
            gateway.list_clients()
        assert proxy.lines == [
            "POST http://acme.example/login",
            "GET http://acme.example/oauth/clients",
            "GET http://acme.example/logout",
        ]


@responses.activate
def test_netrc_is_never_looked_into(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine acme.example login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    responses.post("https://acme.example/login", status=204)
    responses.get("https://acme.example/logout", status=302)
    with connect("https://acme.example", CREDENTIALS):
        pass
    assert [call.request.headers.get("Authorization") for call in responses.calls] == [None, None]


def test_every_request_says_who_asks_and_wants_json() -> None:
    with serving(platform(list=answer(500))) as server:
        with pytest.raises(Unavailable), connect(server.url, CREDENTIALS) as gateway:
            gateway.list_clients()
        headers = [(request.headers["user-agent"], request.headers["accept"]) for request in server.requests]
        assert headers == 4 * [(f"processmaker-reconciler/{__version__}", "application/json")]


@responses.activate
def test_a_host_name_that_is_not_known_says_so() -> None:
    unknown = urllib3.exceptions.NameResolutionError("acme.example", None, OSError())  # type: ignore[arg-type]
    unknown.__cause__ = socket.gaierror(-2, "Name or service not known")
    responses.post("https://acme.example/login", body=requests.ConnectionError(unknown))
    with pytest.raises(Unavailable, match="the host name is not known"), connect("https://acme.example", CREDENTIALS):
        pytest.fail("there is no such host")


@responses.activate
@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError(),
        requests.Timeout(),
        requests.exceptions.InvalidURL("?"),
        requests.exceptions.InvalidHeader("?"),
        requests.exceptions.RetryError(),
        requests.exceptions.ChunkedEncodingError(),
        requests.exceptions.ProxyError(),
        requests.exceptions.SSLError(),
        urllib3.exceptions.LocationParseError("?"),
        urllib3.exceptions.ProtocolError(),
        OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /none"),
        OSError(101, "Network is unreachable"),
        UnicodeError("label too long"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_error_of_the_http_library_leaves_the_room(error: Exception) -> None:
    responses.post("https://acme.example/login", body=error)
    with pytest.raises(Unavailable) as caught, connect("https://acme.example", CREDENTIALS):
        pytest.fail("there is no answer")
    assert caught.value.message.startswith("cannot log in to https://acme.example: ")


def test_debugging_shows_each_request_with_its_status_and_nothing_of_its_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(platform(delete=RESET)) as server, connect(server.url, CREDENTIALS) as gateway:
        gateway.list_clients()
        with pytest.raises(Unavailable):
            gateway.delete_client(7)
    lines = [record.getMessage() for record in caplog.records]
    assert {record.name for record in caplog.records} == {"reconciler.http"}
    assert [line.partition(", ")[0] for line in lines] == [
        f"POST {server.url}/login: 204",
        f"GET {server.url}/oauth/clients: 200",
        f"DELETE {server.url}/oauth/clients/7: ConnectionError",
        f"GET {server.url}/logout: 302",
    ]
    assert lines[1].endswith(" bytes")
    assert not [planted for planted in PLANTED if planted in caplog.text]


def test_a_failed_logout_is_told_to_whoever_watches(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with serving(platform(logout=b"")) as server, connect(server.url, CREDENTIALS, retry_clock=ONCE):
        pass
    assert "the session stays open on the instance" in caplog.text


def test_several_threads_share_one_session() -> None:
    with serving(platform()) as server, connect(server.url, CREDENTIALS) as gateway:
        spec = gateway.list_clients().clients[0].spec
        threads = [threading.Thread(target=gateway.update_client, args=(7, spec)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    puts = [request for request in server.requests if request.method == "PUT"]
    assert len(puts) == 8
    assert len({request.headers["cookie"] for request in puts}) == 1
    assert row()["name"] == spec.name
