"""Login and logout, with the policies that can refuse a login (observed on 4.15.6)."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.wrappers import Response

from reconciler.sandbox import responses
from reconciler.sandbox.accounts import Account, AccountStatus, find_account
from reconciler.sandbox.php import Value, children
from reconciler.sandbox.request_fields import read_fields, wants_json
from reconciler.sandbox.routes import InvalidFields, RouteCall
from reconciler.sandbox.session_cookie import RequestSession, device
from reconciler.sandbox.store import StoredSession
from reconciler.sandbox.validation import LOCKED, WRONG_CREDENTIALS, refused_login

_REFUSE_SECOND = 1
_END_FIRST = 2


def login_form(call: RouteCall) -> Response:
    """GET /login: a page for visitors without a session."""
    if call.visitor.session:
        return responses.redirect(call.base)
    return responses.html(200, "Login")


def log_in(call: RouteCall) -> Response:
    """POST /login. With a session, it redirects home and checks no credentials."""
    if call.visitor.session:
        return responses.redirect(call.base)
    fields = read_fields(call.request)
    account = _account_meant(fields.get("username"))
    if account and _is_taken(call, _sessions(call, account)):
        return responses.redirect(f"{call.base}/login")
    _start(call, _check(call, account, fields))
    return responses.empty() if wants_json(call.request) else responses.redirect(call.base)


def log_out(call: RouteCall) -> Response:
    """GET /logout: the same answer with or without a session."""
    if call.visitor.session:
        call.store.drop_session(call.visitor.session.token)
    call.visitor = RequestSession()
    return responses.redirect(f"{call.base}/login")


def _account_meant(username: Value) -> Account | None:
    # The database searches for the first value of an array.
    while isinstance(username, list | dict):
        username = next(iter(children(username)), None)
    return find_account(username) if isinstance(username, str) else None


def _check(call: RouteCall, account: Account | None, fields: Mapping[str, Value]) -> Account:
    """Return the account if it may log in; else raise `InvalidFields`. The order decides which message is given."""
    status = call.store.status(account.name) if account else AccountStatus.INACTIVE
    if account is None or status is AccountStatus.INACTIVE:
        raise InvalidFields(WRONG_CREDENTIALS)
    if status is AccountStatus.BLOCKED:
        raise InvalidFields(LOCKED)
    if problems := refused_login(fields):
        raise InvalidFields(problems)
    if 0 < call.policy.login_attempts <= call.store.failures(account.name):
        # One attempt too many blocks the account, even with the right password.
        call.store.set_status(account.name, AccountStatus.BLOCKED)
        raise InvalidFields(LOCKED)
    if fields["password"] != account.password:
        call.store.count_failure(account.name)
        raise InvalidFields(WRONG_CREDENTIALS)
    call.store.forget_failures(account.name)
    return account


def _start(call: RouteCall, account: Account) -> None:
    others = [session.token for session in _sessions(call, account) if _must_go(call, session)]
    call.store.end_sessions(others)
    session = call.store.start_session(account.name, _address(call), device(call.request), call.visitor.previous)
    call.visitor = RequestSession(session, call.visitor.previous)


def _sessions(call: RouteCall, account: Account) -> list[StoredSession]:
    return call.store.sessions_of(account.name, lifetime=call.policy.lifetime * 60.0)


def _is_taken(call: RouteCall, sessions: list[StoredSession]) -> bool:
    """Whether the policy refuses a second session: from one address, or from another device than the first."""
    same_address = any(session.address == _address(call) for session in sessions)
    if call.policy.ip_restriction == _REFUSE_SECOND and same_address:
        return True
    return call.policy.device_restriction == _REFUSE_SECOND and _others(call, sessions) > len(sessions) / 2


def _must_go(call: RouteCall, session: StoredSession) -> bool:
    same_address = session.address == _address(call)
    if call.policy.ip_restriction == _END_FIRST and same_address:
        return True
    return call.policy.device_restriction == _END_FIRST and _others(call, [session]) > 0


def _others(call: RouteCall, sessions: list[StoredSession]) -> int:
    here = (_address(call), device(call.request))
    return sum((session.address, session.device) != here for session in sessions)


def _address(call: RouteCall) -> str:
    return call.request.remote_addr or ""
