"""The platform's session: log in, send requests, log out. A missing session looks like a server failure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from threading import Lock
from urllib.parse import urlencode

from reconciler.live.http.outcomes import HttpResponse
from reconciler.live.http.request import ApiRequest, failure_text
from reconciler.live.http.transport import CookieSession, Transport
from reconciler.live.platform.credentials import Credentials
from reconciler.live.platform.endpoints import LOGIN, LOGIN_AGAIN, LOGOUT, PROBE
from reconciler.live.platform.responses import (
    decode_body,
    error_for,
    field_messages,
    instance_time,
    leads_to_login,
    session_error_for,
    unquoted_messages,
)
from reconciler.live.platform.server_words import ServerWords
from reconciler.model.errors import GatewayError, LoginRefused, NotAuthenticated, Unavailable
from reconciler.model.secret import Secret

LOG = logging.getLogger("reconciler.http")

LOGOUT_SECONDS = 5.0
"""Seconds for all attempts together. A server that hangs must not delay the error that is being raised."""

_NO_MORE = "do not try again before that: one try too many locks the account"
ENDED_EARLY = "the session has ended before its time"
ENDED_AGAIN = "the session has ended again, though it was renewed"
_OWN_ACCOUNT = "have an administrator make an account that nobody but this program logs in with, then run it again"


def _nothing() -> None:
    pass


class Session:
    """One account's session on one instance, for several threads. Renewed if it ends too early, once by default."""

    def __init__(self, transport: Transport, credentials: Credentials, renewals: int = 1) -> None:
        self._transport = transport
        self._url = transport.url
        self._credentials = credentials
        self.words = ServerWords(credentials)
        """How words of the instance are quoted."""
        # Each login has cookies of its own. The platform sets a cookie with every response, and a late one of the old
        # session must not replace the new session's.
        self._cookies = transport.new_cookies()
        self._renewal = Lock()
        self._renewals = renewals
        self._renewed = False
        self._failure: GatewayError | None = None

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
        try:
            self._transport.exchange(LOGOUT, self._cookies, within=LOGOUT_SECONDS)
        except GatewayError as error:
            LOG.info("%s; the session stays until it lapses", error)

    def ask(
        self,
        call: ApiRequest,
        body: Mapping[str, object] | None = None,
        *,
        before_repeating: Callable[[], object] = _nothing,
    ) -> object:
        """Send a request and return the data of a successful response (None for 204). Raises any GatewayError.

        A request that fails because the session has ended is sent again in a new one, after `before_repeating`, which
        raises if it must not be sent again.
        """
        answer = self._succeed(call, body, before_repeating)
        return None if call.success == 204 else decode_body(answer, call, self._url)

    def ask_when(self, call: ApiRequest) -> tuple[object, datetime | None]:
        """Send a request; return the data of a successful response and the instance's time. Raises any GatewayError."""
        answer = self._succeed(call, None, _nothing)
        return decode_body(answer, call, self._url), instance_time(answer)

    def ask_with_secrets(self, call: ApiRequest) -> tuple[object, datetime | None]:
        """As `ask_when`, and each `secret` in the data is a `Secret`."""
        answer = self._succeed(call, None, _nothing)
        return decode_body(answer, call, self._url, with_secrets=True), instance_time(answer)

    def _succeed(
        self, call: ApiRequest, body: Mapping[str, object] | None, before_repeating: Callable[[], object]
    ) -> HttpResponse:
        while True:
            cookies = self._cookies
            answer = self._quotable(self._transport.exchange(call, cookies, json=body))
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
        return self._quotable(self._transport.exchange(call, self._cookies, json=body))

    def is_alive(self) -> bool:
        """Whether the session is valid and the server confirms it."""
        probed = self._probe(self._cookies)
        return probed is not None and probed.status == PROBE.success

    def _problem(self, answer: HttpResponse, call: ApiRequest, cookies: CookieSession) -> GatewayError | None:
        """Return the error, or None if the only problem is that the session of these cookies has ended.

        Without a session, every method is answered with 500, as in a server failure or for an unknown id; or with 401,
        once, after a password change. Only the probe can tell these apart (observed on 4.15.6).
        """
        if not (answer.status == 500 or _has_ended(answer, self._url)):
            return session_error_for(answer, call, self._url)
        if cookies is not self._cookies:
            return None  # another thread has renewed it already
        probed = self._probe(cookies)
        if probed is not None and _has_ended(probed, self._url):
            return None
        if answer.status != 500:
            return session_error_for(answer, call, self._url)
        if probed is not None and probed.status == 200 and call.method in ("PUT", "DELETE"):
            why = "there is no such client any more, or the server failed (500)"
            return Unavailable(failure_text(call, self._url, why), "plan again")
        return Unavailable(
            failure_text(call, self._url, "the server failed (500)"), "try again later, or see its own log"
        )

    def _probe(self, cookies: CookieSession) -> HttpResponse | None:
        try:
            return self._transport.exchange(PROBE, cookies)
        except GatewayError as error:
            LOG.debug("%s", error)
            return None

    def _quotable(self, answer: HttpResponse) -> HttpResponse:
        return replace(answer, quote=self.words.quote)

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
                raise NotAuthenticated(failure_text(call, self._url, why), _OWN_ACCOUNT)
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
            raise
        except BaseException:
            # Interrupted, perhaps after the login succeeded: then this session must be logged out.
            self._cookies = fresh
            raise
        self._cookies = fresh

    def _send_login(self, call: ApiRequest, cookies: CookieSession) -> None:
        """Log in. `cookies` must be empty: with a session, the platform would not check the credentials at all."""
        answer = self._quotable(self._transport.exchange(call, cookies, form=_form(self._credentials)))
        if answer.status == call.success:
            return
        if answer.status == 422:
            raise _refused(answer, call, self._credentials, self._url)
        if leads_to_login(answer, self._url):
            raise _second_session_refused(call, self._url)
        raise error_for(answer, call, self._url)


def _form(credentials: Credentials) -> Secret:
    fields = {"username": credentials.username.reveal(), "password": credentials.password.reveal()}
    return Secret(urlencode(fields))


def _has_ended(answer: HttpResponse, url: str) -> bool:
    return answer.status == 401 or leads_to_login(answer, url)


def _refused(answer: HttpResponse, call: ApiRequest, credentials: Credentials, url: str) -> LoginRefused:
    """Explain a 422: wrong credentials, a locked account and a missing field differ only in the message."""
    words = field_messages(answer).replace(credentials.username.reveal(), "***")
    said = unquoted_messages(answer).lower()
    if "locked" in said or "too many" in said:
        why, hint = "the account is locked", "have an administrator unlock it in Admin > Users"
    elif "do not match" in said:
        why = "user name and password do not belong to an active account"
        hint = "check both, and in Admin > Users that the account is active"
    elif "required" in said:
        why, hint = "user name or password did not arrive", "check where `credentials:` takes them from"
    else:
        why, hint = "the platform refuses the account", "have an administrator look at it in Admin > Users"
    quoted = f' ("{words}")' if words else ""
    return LoginRefused(failure_text(call, url, why + quoted), f"{hint}; {_NO_MORE}")


def _second_session_refused(call: ApiRequest, url: str) -> LoginRefused:
    why = "the instance allows one session a user, and this account has one already"
    hint = "log that one out; if a killed run left it behind, wait until it lapses (two hours unless set otherwise)"
    if call is LOGIN_AGAIN:
        hint = f"somebody else has logged in meanwhile: {_OWN_ACCOUNT}"
    return LoginRefused(failure_text(call, url, why), hint)
