"""Logging in, asking, logging out: the platform's session, whose absence looks like a broken server."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import urlencode

from reconciler.errors import GatewayError, LoginRefused, NotAuthenticated, Unavailable
from reconciler.live.answers import SESSION_HINT, data_of, field_messages, leads_to_login, problem, session_problem
from reconciler.live.calls import LOGIN, LOGOUT, PROBE, Call, sentence
from reconciler.live.credentials import Credentials
from reconciler.live.transport import Answer, Transport
from reconciler.secret import Secret

LOG = logging.getLogger("reconciler.http")

LOGOUT_SECONDS = 5.0
"""A server that hangs must not hold up the error that is on its way out."""

_NO_MORE = "do not try again before that: one try too many locks the account"


class Session:
    """What one account may ask of one instance."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._url = transport.url

    def log_in(self, credentials: Credentials) -> None:
        """Log in, with an empty cookie jar: one that has a session already would not be checked at all.

        Sent once. Raises LoginRefused when the platform says no, any other GatewayError when it cannot be asked.
        """
        fields = {"username": credentials.username.reveal(), "password": credentials.password.reveal()}
        form = Secret(urlencode(fields))
        del fields
        answer = self._transport.exchange(LOGIN, form=form)
        if answer.status == LOGIN.success:
            return
        if answer.status == 422:
            raise _refused(answer, credentials, self._url)
        if leads_to_login(answer, self._url):
            raise _taken(self._url)
        raise problem(answer, LOGIN, self._url)

    def log_out(self) -> None:
        """End the session if that can be done. Raises nothing: whatever led here is more important."""
        try:
            self._transport.exchange(LOGOUT, timeout=LOGOUT_SECONDS)
        except GatewayError as error:
            LOG.info("%s; the session stays until it lapses", error)

    def ask(self, call: Call, body: Mapping[str, object] | None = None) -> object:
        """The data of a successful answer (None where success has none). Sent once; raises any GatewayError."""
        answer = self._transport.exchange(call, json=body)
        if answer.status == 500:
            raise self._behind_500(call)
        if answer.status != call.success:
            raise session_problem(answer, call, self._url)
        return None if call.success == 204 else data_of(answer, call, self._url)

    def _behind_500(self, call: Call) -> GatewayError:
        """What a 500 means: it is also the answer to a missing session, and to an id that never was."""
        try:
            status = self._transport.exchange(PROBE).status
        except GatewayError as error:
            LOG.debug("%s", error)
            status = 500
        if status == 401:
            return NotAuthenticated(sentence(call, self._url, "the session has ended"), SESSION_HINT)
        if status == 200 and call.method in ("PUT", "DELETE"):
            why = "there is no such client any more, or the server failed (500)"
            return Unavailable(sentence(call, self._url, why), "plan again")
        return Unavailable(sentence(call, self._url, "the server failed (500)"), "try again later, or see its own log")


def _refused(answer: Answer, credentials: Credentials, url: str) -> LoginRefused:
    """Wrong credentials, a locked account and a missing field all come as a 422; only the words differ."""
    words = field_messages(answer)
    for secret in (credentials.password, credentials.username):
        words = words.replace(secret.reveal(), "***")
    said = words.lower()
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
    return LoginRefused(sentence(LOGIN, url, why + quoted), f"{hint}; {_NO_MORE}")


def _taken(url: str) -> LoginRefused:
    why = "the instance allows one session a user, and this account has one already"
    hint = "log that one out; if a killed run left it behind, wait until it lapses (two hours unless set otherwise)"
    return LoginRefused(sentence(LOGIN, url, why), hint)
