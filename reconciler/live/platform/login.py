"""What an answer to a login means. Only 204, or a redirect that the probe confirms, is a success."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from reconciler.live.http.outcomes import HttpResponse
from reconciler.live.http.request import ApiRequest, failure_text
from reconciler.live.platform.endpoints import LOGIN_AGAIN
from reconciler.live.platform.responses import (
    WORDS_LEFT_OUT,
    error_for,
    is_json,
    leads_to_login,
    refusal_messages,
    unquoted_messages,
)
from reconciler.model.errors import GatewayError, LoginRefused, NotAuthenticated

OWN_ACCOUNT = "have an administrator make an account that nobody but this program logs in with, then run it again"

_NO_MORE = "do not try again before that: one try too many locks the account"
_SECONDS = re.compile(r"\b(\d{1,5} seconds?)\b")


def may_be_success(answer: HttpResponse, call: ApiRequest, url: str) -> bool:
    """Whether a login may have succeeded: up to 4.2 a success is a redirect to another page of the same instance."""
    return answer.status == call.success or _leads_inside(answer, url)


def login_error(answer: HttpResponse, call: ApiRequest, url: str) -> GatewayError:
    """Why a login failed, by its answer."""
    match answer.status:
        case 401 if is_json(answer):
            why, hint = "there is no account with this user name", "check where `credentials:` takes it from"
            return _refusal(call, url, why, hint)
        case 422:
            return _refused(answer, call, url)
        case 429 if is_json(answer):
            return _throttled(answer, call, url)
        case _ if leads_to_login(answer, url):
            return _second_session_refused(call, url)
        case _:
            return error_for(answer, call, url)


def https_only_error(call: ApiRequest, url: str) -> NotAuthenticated:
    """The error for a login over plain http whose cookie is for https alone, as up to 4.2 by default."""
    why = "the instance marks its session cookie as Secure, so that it never comes back over plain http"
    hint = "use its https address in `url:`, or set SESSION_SECURE_COOKIE=false on an instance for tests"
    return NotAuthenticated(failure_text(call, url, why), hint)


def no_session_error(answer: HttpResponse, call: ApiRequest, url: str) -> LoginRefused:
    """Why a login that was answered with a redirect has made no session."""
    if answer.location is not None and "sso" in urlsplit(answer.location).path.lower():
        why = "this account logs in through a directory (LDAP) or single sign-on, which only a browser can finish"
        return _refusal(call, url, why, "make a local account for this program in Admin > Users")
    why = "it was answered with a redirect, and there is no session after it: the account may be inactive"
    return _refusal(call, url, why, "have an administrator look at it in Admin > Users")


def blocked_session_error(words: str, call: ApiRequest, url: str) -> LoginRefused:
    """The error for a session that ended because its account was blocked or made inactive (from 2026 on)."""
    quoted = f' ("{words}")' if words else ""
    why = f"the account was blocked or made inactive during the run{quoted}"
    return _refusal(call, url, why, "have an administrator look at it in Admin > Users")


def _refusal(call: ApiRequest, url: str, why: str, hint: str) -> LoginRefused:
    return LoginRefused(failure_text(call, url, why), f"{hint}; {_NO_MORE}")


def _refused(answer: HttpResponse, call: ApiRequest, url: str) -> LoginRefused:
    """Explain a 422: wrong credentials, a locked account and a missing field differ only in the message."""
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
    words = refusal_messages(answer)
    if words or not said:
        return _refusal(call, url, why + (f' ("{words}")' if words else ""), hint)
    return _refusal(call, url, f"{why} ({WORDS_LEFT_OUT})", hint)


def _throttled(answer: HttpResponse, call: ApiRequest, url: str) -> LoginRefused:
    """Explain a 429 (up to 4.8): until it is over, the right password is refused as well."""
    found = _SECONDS.search(unquoted_messages(answer))
    wait = f"wait {found[1]}" if found else "wait a minute"
    why = "too many wrong logins of this account within a minute (429); until that is over, every login is refused"
    return LoginRefused(failure_text(call, url, why), f"check user name and password, {wait}, then run it again")


def _second_session_refused(call: ApiRequest, url: str) -> LoginRefused:
    why = "the instance allows one session a user, and this account has one already"
    hint = (
        "log out there, or have an administrator end it in Admin > Users (a killed run's never expires); "
        "or set Session Control to end old sessions (dedicated accounts only)"
    )
    if call is LOGIN_AGAIN:
        hint = f"somebody else has logged in with this account: {OWN_ACCOUNT}"
    return LoginRefused(failure_text(call, url, why), hint)


def _leads_inside(answer: HttpResponse, url: str) -> bool:
    """Whether the answer is a redirect to a page of the same instance that is not the login page."""
    if not 300 <= answer.status < 400 or answer.location is None or leads_to_login(answer, url):
        return False
    try:
        here, there = urlsplit(url), urlsplit(urljoin(f"{url}/", answer.location))
        return (here.scheme, here.hostname, here.port) == (there.scheme, there.hostname, there.port)
    except ValueError:
        return False
