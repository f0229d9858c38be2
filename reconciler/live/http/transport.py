"""Send requests to an instance: limited in time and size, TLS verified, redirects never followed."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic, time
from types import TracebackType
from typing import Any

import requests
import urllib3

from reconciler import __version__
from reconciler.live.http.body import FAILURES, read_body
from reconciler.live.http.deadline import DeadlineAdapter, failed_to_connect, forget_connecting
from reconciler.live.http.outcomes import HttpOutcome, HttpResponse, NoResponse
from reconciler.live.http.proxy import checked_proxy, why_direct
from reconciler.live.http.request import ApiRequest, failure_text
from reconciler.live.http.retry import TOTAL_TIMEOUT_FACTOR, RetryClock, RetryLog, TimeLimits, send_with_retries
from reconciler.live.http.route import Route
from reconciler.live.http.trust import Trust, checked_trust
from reconciler.live.http.url import checked_url
from reconciler.model.errors import ProxyFailed, ReconcilerError, UnexpectedResponse
from reconciler.model.secret import Secret
from reconciler.model.settings import ClientCertificate
from reconciler.support.loopback import is_loopback

LOG = logging.getLogger("reconciler.http")
# Its debug lines and warnings would write the instance's headers to the log.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)
# For a cookie that it cannot read, such as one whose age has 400 digits, http.cookiejar warns with a traceback.
# It leaves out all cookies of that response.
warnings.filterwarnings("ignore", "http.cookiejar bug!", UserWarning)

_PROXY_AUTHENTICATION_REQUIRED = 407
_ABOUT_SCHEMES = (b"HTTPS port", b"SSL-enabled server port")  # in those of nginx and Apache for plain http
_ABOUT_CERTIFICATES = b"SSL certificate"  # in the page of nginx for a client certificate that is missing or bad
_HEADERS = {
    "User-Agent": f"processmaker-reconciler/{__version__}",
    # Without it the platform answers refusals and successes with the same redirect.
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
}


class CookieSession(requests.Session):
    """The cookies of one login, and the settings that requests keeps with them."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: even for a redirect that is not followed, requests would read the whole body."""

    @property
    def is_empty(self) -> bool:
        """Whether the instance has set no cookie: then there is no session to end."""
        return len(self.cookies) == 0

    @property
    def is_for_https_only(self) -> bool:
        """Whether no cookie that the instance has set would be sent over plain http."""
        return not self.is_empty and all(cookie.secure for cookie in self.cookies)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the first cookie expires; None if the instance set no expiry time."""
        ends = [cookie.expires for cookie in self.cookies if cookie.expires is not None]
        return min(ends) - time() if ends else None


class Transport:
    """A connection pool for one instance. Safe to use from several threads."""

    def __init__(  # noqa: PLR0913  (an instance's settings, by name)
        self,
        url: str,
        *,
        timeout: float,
        ca_bundle: Path | None,
        client_certificate: ClientCertificate | None = None,
        allow_http: bool,
        embedded: bool,
        connections: int,
        retry_clock: RetryClock,
        quote: Callable[[str], str] = str,
    ) -> None:
        """Prepare the connections. `timeout` is the total per request in seconds; `embedded` disables proxies.

        `connections` is how many are kept open: at least the number of threads, or each request beyond that opens a new
        one. `quote` masks what a message must not show of a certificate's names. Raises ReconcilerError, before
        anything is sent, for a URL, a proxy or files of certificates that cannot be used.
        """
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._retry_clock = retry_clock
        parts = checked_url(self.url)
        self._embedded = embedded
        self._direct = embedded or is_loopback(parts.hostname or "")
        if parts.scheme == "http" and not (self._direct or allow_http):
            raise ReconcilerError(
                f"cannot use {self.url}: plain http would send the password unencrypted",
                "use https, or set `allow_http: true` on the instance",
            )
        self._trust: Trust | None = None
        if parts.scheme == "https" or ca_bundle is not None or client_certificate is not None:
            trust = checked_trust(ca_bundle, client_certificate)
            self._trust = trust if parts.scheme == "https" else None
        self._adapter = DeadlineAdapter(max_retries=0, pool_maxsize=connections)
        self._proxy = checked_proxy(self.url, self._settings(self.new_cookies(), self.url)["proxies"])
        self._retry_log = RetryLog()
        self._quote = quote
        self._was_answered = False

    def __enter__(self) -> Transport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._adapter.close()

    def new_cookies(self) -> CookieSession:
        """Return a session without cookies. All sessions share the connections."""
        cookies = CookieSession()
        # Proxies from the environment are not for this machine's own addresses.
        cookies.trust_env = not self._direct
        # Without an `auth`, requests would read ~/.netrc.
        cookies.auth = _without_netrc
        cookies.headers.update(_HEADERS)
        for scheme in ("http://", "https://"):
            cookies.mount(scheme, self._adapter)
        return cookies

    def route(self) -> Route:
        """How requests reach the instance."""
        parts = checked_url(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        direct = why_direct(self.url, own_machine=self._direct) if self._proxy is None else None
        return Route(parts.hostname or "", port, self._trust, self._proxy, direct, self._timeout)

    def _settings(self, cookies: CookieSession, url: str) -> dict[str, Any]:
        """How a request is sent: through which proxy, whom to trust, and with which certificate."""
        trust = self._trust
        verify, certificate = (trust.place, trust.pair) if trust is not None else (True, None)
        return dict(cookies.merge_environment_settings(url, {}, True, verify, certificate))

    def exchange(
        self,
        call: ApiRequest,
        cookies: CookieSession,
        *,
        form: Secret | None = None,
        json: Mapping[str, object] | None = None,
        within: float | None = None,
    ) -> HttpResponse:
        """Send a request, with retries where safe and useful, and return the response, whatever its status.

        `form` is an urlencoded body, a Secret because it holds a password. `within` limits all attempts together, in
        seconds; the default is TIMES times the timeout. Raises Unavailable when no complete response came in time,
        UnexpectedResponse when it is larger than LARGEST or compressed in an unknown way.
        """
        limits = (
            TimeLimits(self._timeout, TOTAL_TIMEOUT_FACTOR * self._timeout)
            if within is None
            else TimeLimits(within, within)
        )
        outcome = send_with_retries(
            lambda seconds: self._try(call, cookies, form, json, seconds),
            call,
            self._place(call),
            limits,
            self._retry_clock,
            log=self._retry_log,
        )
        if isinstance(outcome, HttpResponse):
            return outcome
        # Not inside `except`: the error's context would be the HTTP library's error, which holds the request.
        raise outcome.kind(failure_text(call, self.url, outcome.why + outcome.tried), outcome.hint) from outcome.cause

    def _place(self, call: ApiRequest) -> str:
        return self.url + call.path

    def _try(
        self,
        call: ApiRequest,
        cookies: CookieSession,
        form: Secret | None,
        json: Mapping[str, object] | None,
        seconds: float,
    ) -> HttpOutcome:
        started = monotonic()
        forget_connecting()
        try:
            outcome = self._send(call, cookies, form, json, seconds)
        except FAILURES as error:
            name = type(error).__name__
            LOG.debug("%s %s: %s, %d ms", call.method, self._place(call), name, _since(started))
            return self._explain(error, seconds, sent=not failed_to_connect())
        if isinstance(outcome, HttpResponse):
            self._was_answered = True
            size = len(outcome.body)
            LOG.debug(
                "%s %s: %d, %d ms, %d bytes", call.method, self._place(call), outcome.status, _since(started), size
            )
            return self._refusal_before_the_platform(outcome) or outcome
        return outcome

    def _explain(self, error: Exception, seconds: float, *, sent: bool) -> NoResponse:
        from reconciler.live.http.errors import explain_failure  # most runs meet no failure
        from reconciler.live.http.tls_inquiry import inquired

        route = self.route()
        outcome = explain_failure(error, seconds, sent=sent, route=route)
        # With an answer there was a connection, so that its end has another reason.
        if self._was_answered:
            return outcome
        if outcome.hint is None and route.trust is None and not self._embedded:
            return replace(outcome, hint="check that `url:` has the right scheme (http or https) and port")
        return inquired(outcome, route, self._quote)

    def _refusal_before_the_platform(self, answer: HttpResponse) -> NoResponse | None:
        """What an answer means that comes from something in front of the platform, which wants to know who asks."""
        # Over plain http a proxy answers in the place of the instance.
        if answer.status == _PROXY_AUTHENTICATION_REQUIRED and self._proxy is not None:
            from reconciler.live.http.proxy_failures import refusal  # most runs meet no such proxy

            return NoResponse(*refusal(answer.status, self._proxy), None, ProxyFailed, permanent=True)
        if answer.status == 400 and self._trust is not None and _ABOUT_CERTIFICATES in answer.body:
            from reconciler.live.http.tls_failures import certificate_refusal  # nor such a server

            return NoResponse(*certificate_refusal(self._trust), None, permanent=True)
        if answer.status == 400 and self._trust is None and any(words in answer.body for words in _ABOUT_SCHEMES):
            from reconciler.live.http.errors import SPEAKS_TLS

            return NoResponse(*SPEAKS_TLS, None, permanent=True)
        return None

    def _send(
        self,
        call: ApiRequest,
        cookies: CookieSession,
        form: Secret | None,
        json: Mapping[str, object] | None,
        seconds: float,
    ) -> HttpOutcome:
        prepared = self._prepare(call, cookies, form, json)
        settings = self._settings(cookies, self._place(call))
        # Connecting counts: the response gets the time that is left.
        limit = urllib3.Timeout(total=seconds)
        with cookies.send(prepared, timeout=limit, allow_redirects=False, **settings) as response:  # type: ignore[arg-type]
            body = read_body(response)
            if isinstance(body, str):
                return NoResponse(body, None, None, UnexpectedResponse, permanent=True)
            content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            location, retry_after, date = (response.headers.get(name) for name in ("Location", "Retry-After", "Date"))
            proxy = str(self._proxy) if self._proxy is not None else ""
            return HttpResponse(response.status_code, content_type, location, body, retry_after, date, proxy=proxy)

    def _prepare(
        self, call: ApiRequest, cookies: CookieSession, form: Secret | None, json: Mapping[str, object] | None
    ) -> requests.PreparedRequest:
        request = requests.Request(call.method, self._place(call))
        if form is not None:
            request.data = form.reveal()
            request.headers = {"Content-Type": "application/x-www-form-urlencoded"}
        request.json = json
        return cookies.prepare_request(request)


def _without_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _since(started: float) -> float:
    return (monotonic() - started) * 1000
