"""The platform's session: log in, send requests, log out. A missing session looks like a server failure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from threading import Lock
from urllib.parse import urlencode

from reconciler.live.http.outcomes import HttpResponse
from reconciler.live.http.request import ApiRequest, failure_text
from reconciler.live.http.transport import CookieSession, Transport
from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.endpoints import LOGIN, LOGIN_AGAIN, LOGOUT, PROBE
from reconciler.live.platform.login import (
    OWN_ACCOUNT,
    blocked_session_error,
    https_only_error,
    login_error,
    may_be_success,
    no_session_error,
)
from reconciler.live.platform.responses import (
    ListingAnswer,
    decode_body,
    decode_listing,
    has_ended,
    is_refusal,
    locked_words,
    session_error_for,
)
from reconciler.live.platform.server_words import ServerWords
from reconciler.model.errors import GatewayError, LoginRefused, NotAuthenticated, Unavailable
from reconciler.model.secret import Secret

LOG = logging.getLogger("reconciler.http")

LOGOUT_SECONDS = 5.0
"""Seconds for all attempts together. A server that hangs must not delay the error that is being raised."""

ENDED_EARLY = "the session has ended before its time"
ENDED_AGAIN = "the session has ended again, though it was renewed"


def _nothing() -> None:
    pass


class Session:
    """One account's session on one instance, for several threads. Renewed if it ends too early, once by default."""

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        renewals: int = 1,
        on_refused: Callable[[], object] = _nothing,
    ) -> None:
        """`on_refused` is called once the instance does not accept the account any more, in the middle of the run."""
        self._transport = transport
        self._url = transport.url
        self._credentials = credentials
        self.words = ServerWords(credentials)
        """How words of the instance are quoted."""
        # Each login has cookies of its own. The platform sets a cookie with every response, and a late one of the old
        # session must not replace the new session's.
        self._cookies = transport.new_cookies()
        self._renewal = Lock()
        self._on_refused = on_refused
        self._renewals = renewals
        self._renewed = False
        self._failure: GatewayError | None = None
        self.answers_login_with_redirect = False
        """Whether a successful login is a redirect, as up to 4.2; later it is a 204."""

    @property
    def may_be_open(self) -> bool:
        """Whether the instance has set any cookie: without one there is no session to end."""
        return not self._cookies.is_empty

    @property
    def url(self) -> str:
        """The instance's URL."""
        return self._url

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the session lives without another request, by its cookies; None if they do not say."""
        return self._cookies.seconds_left

    def log_in(self) -> None:
        """Log in. Retried only if no connection was made, never once the request was sent.

        Raises LoginRefused when the platform refuses the login, another GatewayError for any other failure.
        """
        self._send_login(LOGIN, self._cookies)

    def log_out(self) -> None:
        """End the session if possible. Raises nothing: the reason for logging out is more important."""
        self._log_out(self._cookies)

    def _log_out(self, cookies: CookieSession) -> None:
        try:
            self._transport.exchange(LOGOUT, cookies, within=LOGOUT_SECONDS)
        except GatewayError as error:
            LOG.info("%s; the session stays open on the instance", error)

    def ask(
        self,
        call: ApiRequest,
        body: Mapping[str, object] | None = None,
        *,
        before_repeating: Callable[[], object] = _nothing,
        with_secrets: bool = False,
    ) -> object:
        """Send a request and return the data of a successful response (None for 204). Raises any GatewayError.

        A request that fails because the session has ended is sent again in a new one, after `before_repeating`, which
        raises if it must not be sent again. `with_secrets`, each secret in the data is a `Secret`; otherwise there is
        none in it.
        """
        answer = self._succeed(call, body, before_repeating)
        return None if call.success == 204 else decode_body(answer, call, self._url, with_secrets=with_secrets)

    def ask_listing(self, call: ApiRequest, *, with_secrets: bool = False) -> ListingAnswer:
        """Send the request for a listing and return its data. Raises any GatewayError.

        `with_secrets`, each secret in it is a `Secret`; otherwise there is none in it.
        """
        answer = self._succeed(call, None, _nothing)
        return decode_listing(
            answer, call, self._url, with_secrets=with_secrets, redirects_logins=self.answers_login_with_redirect
        )

    def _succeed(
        self, call: ApiRequest, body: Mapping[str, object] | None, before_repeating: Callable[[], object]
    ) -> HttpResponse:
        while True:
            cookies = self._cookies
            answer = self._quotable(self._transport.exchange(call, cookies, json=body), body)
            if answer.status == call.success:
                return answer
            problem = self._problem(answer, call, cookies)
            if problem is not None:
                raise problem
            self._renew(cookies, call)
            before_repeating()

    def try_out(self, call: ApiRequest, body: Mapping[str, object] | None = None) -> HttpResponse:
        """Return the response to a request, whatever it says and whether or not the session has ended.

        Raises GatewayError if there is none.
        """
        return self._quotable(self._transport.exchange(call, self._cookies, json=body), body)

    def status_of(self, call: ApiRequest, telling: Set[int], body: Mapping[str, object] | None = None) -> int:
        """Return the status of an answer if it is one of those that tell something. Raises any GatewayError.

        403 and 500 tell something only if there is a session.
        """
        while True:
            cookies = self._cookies
            answer = self._quotable(self._transport.exchange(call, cookies, json=body), body)
            if answer.status in telling and (answer.status not in (403, 500) or self._is_confirmed(cookies)):
                return answer.status
            problem = self._problem(answer, call, cookies)
            if problem is not None:
                raise problem
            self._renew(cookies, call)

    def ask_without_session(self, call: ApiRequest, form: Secret) -> HttpResponse:
        """Return the response to a form, whatever it says. No cookie of the session is sent, and none is kept."""
        return self._transport.exchange(call, self._transport.new_cookies(), form=form)

    def is_alive(self) -> bool:
        """Whether the session is valid and the server confirms it."""
        return self._is_confirmed(self._cookies)

    def _is_confirmed(self, cookies: CookieSession) -> bool:
        probed = self._probe(cookies)
        return probed is not None and probed.status == PROBE.success

    def _problem(self, answer: HttpResponse, call: ApiRequest, cookies: CookieSession) -> GatewayError | None:
        """Return the error, or None if the only problem is that the session of these cookies has ended.

        Without a session, every method is answered with 500, as in a server failure or for an unknown id; up to 4.11.1
        with 403, as without the permission; once with 401, after a password change. Only the probe can tell these
        apart.
        """
        if not (answer.status == 500 or has_ended(answer, self._url) or is_refusal(answer)):
            return session_error_for(answer, call, self._url)
        if cookies is not self._cookies:
            return None  # another thread has renewed it already
        if answer.status == 401 and (words := locked_words(answer)) is not None:
            self._on_refused()
            return blocked_session_error(words, call, self._url)
        probed = self._probe(cookies)
        if probed is not None and has_ended(probed, self._url):
            return None
        if answer.status != 500:
            return session_error_for(answer, call, self._url)
        has_session = probed is not None and probed.status == PROBE.success
        return self._server_error(call, has_session=has_session)

    def _server_error(self, call: ApiRequest, *, has_session: bool) -> GatewayError:
        """The error for a 500. With a session, up to 4.15, it is also the answer for an id that does not exist."""
        if has_session and call.method in ("PUT", "DELETE"):
            why = "there is no such client any more, or the server failed (500)"
            return Unavailable(failure_text(call, self._url, why), "plan again")
        why = "the server failed (500)"
        return Unavailable(failure_text(call, self._url, why), "try again later, or see its own log")

    def _probe(self, cookies: CookieSession) -> HttpResponse | None:
        try:
            return self._transport.exchange(PROBE, cookies)
        except GatewayError as error:
            LOG.debug("%s", error)
            return None

    def _quotable(self, answer: HttpResponse, body: Mapping[str, object] | None = None) -> HttpResponse:
        sent = texts_in(body or {})
        return replace(answer, quote=lambda text: self.words.quote(text, sent), quote_refusal=self.words.quote_known)

    def _renew(self, ended: CookieSession, call: ApiRequest) -> None:
        """Renew the session unless another thread already has; one thread logs in, the others wait.

        At most `renewals` times: a refused login must not be repeated, and where an instance allows one session per
        user, two runs that kept logging in would end each other's sessions forever. Raises what prevents the renewal.
        """
        with self._renewal:
            if self._cookies is not ended:
                return
            if self._failure is not None:
                raise type(self._failure)(self._failure.message, self._failure.hint)
            if self._renewals == 0:
                why = ENDED_AGAIN if self._renewed else ENDED_EARLY
                raise NotAuthenticated(failure_text(call, self._url, why), OWN_ACCOUNT)
            self._renewals -= 1
            self._renewed = True
            LOG.info("the session at %s has ended before its time: logging in again, this once", self._url)
            self._log_in_again()

    def _log_in_again(self) -> None:
        fresh = self._transport.new_cookies()
        try:
            self._send_login(LOGIN_AGAIN, fresh)
        except GatewayError as error:
            self._failure = error
            if isinstance(error, LoginRefused):
                self._on_refused()
            raise
        except BaseException:
            # Interrupted, perhaps after the login succeeded: then this session must be logged out.
            self._cookies = fresh
            raise
        self._cookies = fresh

    def _send_login(self, call: ApiRequest, cookies: CookieSession) -> None:
        """Log in. `cookies` must be empty: with a session, the platform would not check the credentials at all."""
        answer = self._quotable(self._transport.exchange(call, cookies, form=_form(self._credentials)))
        if not may_be_success(answer, call, self._url):
            raise login_error(answer, call, self._url)
        https_only = self._url.startswith("http:") and cookies.is_for_https_only
        if https_only:
            raise https_only_error(call, self._url)
        self.answers_login_with_redirect = answer.status != call.success
        if self.answers_login_with_redirect:
            self._confirm_login(answer, call, cookies)

    def _confirm_login(self, answer: HttpResponse, call: ApiRequest, cookies: CookieSession) -> None:
        """Raise an error if a login that was answered with a redirect has made no session."""
        probed = self._probe(cookies)
        if probed is not None and probed.status == PROBE.success:
            return
        if probed is not None and has_ended(probed, self._url):
            raise no_session_error(answer, call, self._url)
        self._log_out(cookies)
        why = "whether it succeeded is not known: the instance did not confirm it"
        raise Unavailable(failure_text(call, self._url, why), "try again later")


def texts_in(body: Mapping[str, object]) -> str:
    """What is sent in the body of a request: a server may repeat it."""
    return "\n".join(map(str, body.values()))


def _form(credentials: Credentials) -> Secret:
    fields = {"username": credentials.username.reveal(), "password": credentials.password.reveal()}
    return Secret(urlencode(fields))
