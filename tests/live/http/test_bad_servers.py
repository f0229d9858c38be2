"""Servers that break off, never end, send too much or talk nonsense: bounded, one clear message."""

from __future__ import annotations

import gzip
import itertools
import resource
import socket
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from reconciler.live.platform.gateway import connect
from reconciler.model.errors import GatewayError, Unavailable, UnexpectedResponse
from tests.live.http.test_tls import AUTHORITY, server_side
from tests.live.servers import CREDENTIALS, ONCE, RESET, Answering, Pieces, Request, answer, platform, row, serving

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


class Case(NamedTuple):
    """What a server sends for the list, and what becomes of it."""

    pieces: Pieces
    kind: type[GatewayError]
    said: str


BROKE_OFF = "the connection was closed before the answer was complete"
BAD_PACKING = "cannot be unpacked"
BAD_LENGTH = "gives an impossible length (Content-Length), which is a fault of the server or a proxy"

CASES = {
    "nothing at all": Case(b"", Unavailable, BROKE_OFF),
    "half a status line": Case(b"HTTP/1.", Unavailable, BROKE_OFF),
    "not http": Case(b"SSH-2.0-OpenSSH_9.6\r\n", Unavailable, BROKE_OFF),
    "half the headers": Case(HEAD, UnexpectedResponse, "not valid JSON"),
    "a body cut short": Case(HEAD + b'Content-Length: 900\r\n\r\n{"data": [', Unavailable, BROKE_OFF),
    "a whole document, yet cut short": Case(HEAD + b'Content-Length: 900\r\n\r\n{"data": []}', Unavailable, BROKE_OFF),
    "a chunk cut short": Case(CHUNKED + b'ff\r\n{"data"', Unavailable, BROKE_OFF),
    "no last chunk": Case(CHUNKED + b'c\r\n{"data": []}\r\n', Unavailable, BROKE_OFF),
    "a chunk of no length": Case(CHUNKED + b"zz\r\n{}\r\n", Unavailable, BROKE_OFF),
    "two lengths": Case(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", UnexpectedResponse, BAD_LENGTH),
    "two lengths in one": Case(HEAD + b"Content-Length: 2, 3\r\n\r\n{}", UnexpectedResponse, BAD_LENGTH),
    "a negative length": Case(HEAD + b"Content-Length: -5\r\n\r\n{}", UnexpectedResponse, BAD_LENGTH),
    "a length that is none": Case(HEAD + b"Content-Length: many\r\n\r\n{}", UnexpectedResponse, BAD_LENGTH),
    "not gzip": Case(
        HEAD + b'Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\n{"data": []}', UnexpectedResponse, BAD_PACKING
    ),
    "an encoding that was not asked for": Case(
        HEAD + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", UnexpectedResponse, "did not ask for"
    ),
    "packed twice": Case(
        HEAD + b"Content-Encoding: gzip, gzip\r\nContent-Length: 2\r\n\r\n{}", UnexpectedResponse, "did not ask for"
    ),
    "a header line without an end": Case(HEAD + b"X: " + b"x" * 100_000, Unavailable, BROKE_OFF),
    "too many headers": Case(HEAD + b"X: y\r\n" * 2000 + b"\r\n", Unavailable, BROKE_OFF),
}


def list_error(pieces: Pieces | Answering, timeout: float = 30.0) -> GatewayError:
    """What listing raises when nothing is tried again. The logout came last."""
    with serving(platform(list=pieces)) as server:
        with (
            connect(server.url, CREDENTIALS, timeout=timeout, retry_clock=ONCE) as gateway,
            pytest.raises(GatewayError) as caught,
        ):
            gateway.list_clients()
        assert server.lines == ["POST /login", "GET /oauth/clients", "GET /logout"]
        assert server.url in caught.value.message
        return caught.value


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_broken_answer_is_one_clear_error(case: Case) -> None:
    error = list_error(case.pieces)
    assert type(error) is case.kind
    assert case.said in error.message


def endless_body(_: Request) -> Iterator[bytes]:
    yield CHUNKED
    while True:
        yield b"1000\r\n" + b" " * 0x1000 + b"\r\n"


def test_a_body_without_end_is_cut_off_by_its_size() -> None:
    error = list_error(endless_body)
    assert isinstance(error, UnexpectedResponse)
    assert "larger than 64 MiB" in error.message


def test_a_chunk_size_without_end_is_cut_off() -> None:
    """Here the HTTP library sees to it, from the version on that pyproject.toml asks for."""

    def endless(_: Request) -> Iterator[bytes]:
        yield CHUNKED + b"5;a="
        yield from itertools.repeat(b"x" * 2**20, 200)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert list_error(endless).message.endswith(BROKE_OFF)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB


def test_the_body_of_a_redirect_is_not_read_at_all() -> None:
    """Whoever follows redirects reads their bodies first, however long."""

    def endless(_: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nTransfer-Encoding: chunked\r\n\r\n"
        yield from itertools.repeat(b"1000\r\n" + b" " * 0x1000 + b"\r\n")

    assert "redirect to https://elsewhere.example" in list_error(endless).message


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
def test_a_body_that_unpacks_to_too_much_is_cut_off_by_its_unpacked_size(packed: str) -> None:
    """A gigabyte of blanks takes a megabyte to send; 96 MiB are too much as well."""
    packer = zlib.compressobj(wbits=31 if packed == "gzip" else 15)
    body = b"".join(packer.compress(b" " * 2**20) for _ in range(96)) + packer.flush()
    head = HEAD + f"Content-Encoding: {packed}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    error = list_error(head + body)
    assert isinstance(error, UnexpectedResponse)
    assert "larger than 64 MiB" in error.message


@pytest.mark.parametrize(
    ("start", "value"),
    [(b'{"data":[', b"[],"), (b'{"data":[', b'{"id":1},'), (b"[", b"1.5,"), (b"[", b"[[[[[[[[[]]]]]]]]],")],
)
def test_an_answer_of_too_many_values_is_not_even_decoded(value: bytes, start: bytes) -> None:
    """60 KB on the way, 60 MB unpacked, gigabytes as objects."""
    body = gzip.compress(start + value * (60 * 2**20 // len(value)) + b"1]}", 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = list_error(answer(200, body, headers="Content-Encoding: gzip\r\n"))
    assert isinstance(error, UnexpectedResponse)
    assert "its answer has more than 2,000,000 values" in error.message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # KB


def test_a_listing_of_30_000_clients_is_read() -> None:
    rows = [row(number, name=f"Portal {number}, " + "a, b, c, " * 5) for number in range(1, 30_001)]
    with serving(platform(list=answer(200, {"data": rows}))) as server, connect(server.url, CREDENTIALS) as gateway:
        assert len(gateway.list_clients().clients) == 30_000


def test_a_packed_list_is_read() -> None:
    body = gzip.compress(b'{"data": []}')
    listed = answer(200, body, headers="Content-Encoding: gzip\r\n")
    with serving(platform(list=listed)) as server, connect(server.url, CREDENTIALS) as gateway:
        assert gateway.list_clients().clients == ()


NEVER = threading.Event()


def slowly(*beginning: bytes, then: bytes) -> Iterator[bytes]:
    """The beginning, then the same few bytes again and again: always something, never enough."""
    yield from beginning
    for _ in itertools.repeat(None):
        NEVER.wait(0.1)  # so that a hundred headers, which are too many, take longer than any test
        yield then


TRICKLES = {
    "status": (b"", b"H"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "one header": (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "chunks": (CHUNKED, b"1\r\n \r\n"),
    "body until close": (HEAD + b"\r\n", b" "),
}


def test_the_time_is_for_the_whole_answer_however_slowly_it_trickles() -> None:
    """All at once, with time enough for the login before."""

    def error_of(name: str) -> GatewayError:
        beginning, then = TRICKLES[name]
        return list_error(lambda _: slowly(beginning, then=then), timeout=5)

    with ThreadPoolExecutor(len(TRICKLES)) as pool:
        errors = dict(zip(TRICKLES, pool.map(error_of, TRICKLES), strict=True))
    for name, error in errors.items():
        assert isinstance(error, Unavailable), name
        assert "no complete answer within 5 s" in error.message, name
        assert error.hint is not None, name
        assert "--timeout" in error.hint, name
        assert isinstance(error.__cause__, TimeoutError), name


def test_a_login_that_is_never_answered_is_given_up_and_not_sent_again() -> None:
    with serving(platform(login=lambda _: slowly(then=b""))) as server:
        with pytest.raises(Unavailable) as caught, connect(server.url, CREDENTIALS, timeout=2):
            pytest.fail("there is no session to use")
        assert "cannot log in to" in caught.value.message
    assert server.lines == ["POST /login"]


def test_a_connection_refused_says_so() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        port = nobody.getsockname()[1]
        with pytest.raises(Unavailable) as caught, connect(f"http://127.0.0.1:{port}", CREDENTIALS, retry_clock=ONCE):
            pytest.fail("nothing listens there")
    assert caught.value.message == f"cannot log in to http://127.0.0.1:{port}: connection refused"
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_a_connection_that_is_reset_says_that_it_broke_off() -> None:
    error = list_error(RESET)
    assert isinstance(error, Unavailable)
    assert BROKE_OFF in error.message
    assert isinstance(error.__cause__, ConnectionResetError)


def test_a_broken_page_does_not_hide_the_status_that_it_came_with() -> None:
    cut = b"HTTP/1.1 503 Service Unavailable\r\nContent-Encoding: gzip\r\nContent-Length: 900\r\n\r\nnot gzip"
    assert "in maintenance" in list_error(cut).message


@pytest.mark.parametrize(
    ("beginning", "then"),
    [(b"", b"H"), (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), (b"HTTP/1.1 200 OK\r\nX: ", b"y")],
    ids=["status", "headers", "header"],
)
@pytest.mark.parametrize("over_tls", [False, True], ids=["http-proxy", "https-proxy"])
def test_a_proxy_that_sends_slowly_for_ever_ends_with_the_time_out(
    beginning: bytes, then: bytes, over_tls: bool, monkeypatch: pytest.MonkeyPatch, bundle: Path
) -> None:
    """Before TLS with the instance begins, whoever is in between can answer CONNECT as it likes."""
    tls = server_side(AUTHORITY.issue_cert("127.0.0.1")) if over_tls else None
    with serving(lambda _: slowly(beginning, then=then), tls) as proxy:
        use_proxy(monkeypatch, proxy.url)
        error = login_error(bundle, timeout=0.5)
    place = proxy.url.partition("://")[2]
    assert error.message.endswith(f"the proxy {place} (from https_proxy) does not connect to the instance within 0.5 s")


def test_a_proxy_that_sends_headers_without_end_is_cut_off_by_their_size(
    monkeypatch: pytest.MonkeyPatch, bundle: Path
) -> None:
    def endless(_: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        yield from itertools.repeat(b"X: y\r\n" * 1000)

    with serving(endless) as proxy:
        use_proxy(monkeypatch, proxy.url)
        error = login_error(bundle, timeout=60)
    assert "(from https_proxy) does not answer like a proxy" in error.message


@pytest.mark.parametrize("over_tls", [False, True], ids=["http-proxy", "https-proxy"])
def test_an_instance_behind_a_proxy_has_the_same_limits(
    over_tls: bool, monkeypatch: pytest.MonkeyPatch, bundle: Path
) -> None:
    """A tunnel that never lets TLS with the instance get further."""
    tls = server_side(AUTHORITY.issue_cert("127.0.0.1")) if over_tls else None
    tunnel = slowly(b"HTTP/1.1 200 OK\r\n\r\n", b"\x16\x03\x03\x40\x00", then=b"\x02")
    with serving(lambda _: tunnel, tls) as proxy:
        use_proxy(monkeypatch, proxy.url)
        error = login_error(bundle, timeout=0.5)
    assert "0.5 s" in error.message or "TLS" in error.message


def use_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("https_proxy", url)
    for variable in ("no_proxy", "NO_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(variable, raising=False)


def login_error(bundle: Path, timeout: float) -> GatewayError:
    with (
        pytest.raises(GatewayError) as caught,
        connect("https://acme.example", CREDENTIALS, ca_bundle=bundle, timeout=timeout, retry_clock=ONCE),
    ):
        pytest.fail("there is no instance")
    return caught.value


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    AUTHORITY.cert_pem.write_to_path(tmp_path / "authority.pem")
    return tmp_path / "authority.pem"
