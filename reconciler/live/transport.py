"""One request to an instance, and its answer: bounded in time and size, verified, never redirected, never repeated."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from types import TracebackType

import requests
import urllib3

from reconciler import __version__
from reconciler.errors import ReconcilerError, UnexpectedResponse
from reconciler.live.address import checked_ca_bundle, checked_url, is_loopback
from reconciler.live.calls import Call, sentence
from reconciler.live.deadline import DeadlineAdapter
from reconciler.live.failures import FAILURES, explain
from reconciler.secret import Secret

LARGEST = 64 * 1024 * 1024
"""Bytes of an answer, unpacked. The listing of 10,000 clients is 2.8 MB (observed on 4.15.6)."""

LOG = logging.getLogger("reconciler.http")
# Its debug lines and warnings would put the instance's header lines into the log.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

_WITH_BODY = frozenset({200, 201, 422})
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. The body is empty unless the status is one whose body is read; neither it nor a header prints."""

    status: int
    content_type: str = field(repr=False)
    location: str | None = field(repr=False)
    body: bytes = field(repr=False)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """No redirect has a target: even looking for one would read the whole of its body."""


class Transport:
    """A connection pool and a cookie jar, for one instance. Safe to use from several threads."""

    def __init__(self, url: str, *, timeout: float, ca_bundle: Path | None, allow_http: bool, embedded: bool) -> None:
        """`timeout` is in seconds, for one request in all; with `embedded` no proxy is ever used.

        Raises ReconcilerError, before anything is sent, for a URL or a CA bundle that cannot be used.
        """
        self.url = url.rstrip("/")
        self._timeout = timeout
        parts = checked_url(self.url)
        direct = embedded or is_loopback(parts.hostname or "")
        if parts.scheme == "http" and not (direct or allow_http):
            raise ReconcilerError(
                f"cannot use {self.url}: plain http would send the password unencrypted",
                "use https, or set `allow_http: true` on the instance",
            )
        self._verify: str | bool = True if ca_bundle is None else checked_ca_bundle(ca_bundle)
        self._session = _open_session(direct)

    def __enter__(self) -> Transport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    @property
    def has_cookies(self) -> bool:
        """Whether the instance has set any: without one there is no session to end."""
        return len(self._session.cookies) > 0

    def exchange(
        self,
        call: Call,
        *,
        form: Secret | None = None,
        json: Mapping[str, object] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Send a request once and read the answer, whatever its status.

        `form` is an urlencoded body, secret because it holds a password. Raises Unavailable when no complete answer
        came in time, UnexpectedResponse when it is larger than LARGEST or packed in an unknown way.
        """
        seconds = self._timeout if timeout is None else timeout
        started = monotonic()
        try:
            answer = self._send(call, form, json, seconds)
        except FAILURES as error:
            LOG.debug("%s %s%s: %s, %d ms", call.method, self.url, call.path, type(error).__name__, _since(started))
            failure, cause = explain(error, call, self.url, seconds)
        else:
            size = len(answer.body)
            LOG.debug(
                "%s %s%s: %d, %d ms, %d bytes", call.method, self.url, call.path, answer.status, _since(started), size
            )
            return answer
        # Not inside `except`: the error's context would be the HTTP library's own, which holds the request.
        raise failure from cause

    def _send(self, call: Call, form: Secret | None, json: Mapping[str, object] | None, seconds: float) -> Answer:
        prepared = self._prepare(call, form, json)
        settings = self._session.merge_environment_settings(prepared.url, {}, True, self._verify, None)
        # The time that connecting took is taken off what is left for the answer.
        limit = urllib3.Timeout(total=seconds)
        with self._session.send(prepared, timeout=limit, allow_redirects=False, **settings) as response:  # type: ignore[arg-type]
            body = _read(response)
            if isinstance(body, str):
                raise UnexpectedResponse(sentence(call, self.url, body))
            content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Answer(response.status_code, content_type, response.headers.get("Location"), body)

    def _prepare(self, call: Call, form: Secret | None, json: Mapping[str, object] | None) -> requests.PreparedRequest:
        request = requests.Request(call.method, self.url + call.path)
        if form is not None:
            request.data = form.reveal()
            request.headers = {"Content-Type": "application/x-www-form-urlencoded"}
        request.json = json
        return self._session.prepare_request(request)


def _open_session(direct: bool) -> requests.Session:
    session = _Session()
    # Neither proxies nor the CA bundle of the environment are for this machine's own addresses.
    session.trust_env = not direct
    # Without an `auth`, requests would look into ~/.netrc.
    session.auth = _without_netrc
    session.headers.update(
        {
            "User-Agent": f"processmaker-reconciler/{__version__}",
            # Without it the platform answers refusals and successes with the same redirect.
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
        }
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, DeadlineAdapter(max_retries=0))
    return session


def _without_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read(response: requests.Response) -> bytes | str:
    """The body where one matters, or what is wrong with it. Elsewhere a broken page must not hide the status."""
    if response.status_code not in _WITH_BODY:
        return b""
    if response.headers.get("Content-Encoding", "").lower() not in _ENCODINGS:
        return "its answer is packed in a way we did not ask for"
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > LARGEST:
            return f"its answer is larger than {LARGEST // 1024 // 1024} MiB"
    return bytes(body)


def _since(started: float) -> float:
    return (monotonic() - started) * 1000
