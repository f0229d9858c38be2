"""Login and logout, with the policies that can refuse a login."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.wrappers import Response

from reconciler.sandbox import responses
from reconciler.sandbox.accounts import ANONYMOUS, Account, AccountStatus, find_account
from reconciler.sandbox.calls import InvalidFields, RouteCall, ServerError, Unauthenticated
from reconciler.sandbox.data.session_store import StoredSession
from reconciler.sandbox.php import Value, children
from reconciler.sandbox.platforms import BlockedLogin
from reconciler.sandbox.request_fields import wants_json
from reconciler.sandbox.session_cookie import RequestSession, device
from reconciler.sandbox.validation import LOCKED, WRONG_CREDENTIALS, Messages, refused_login

_REFUSE_SECOND = 1
_END_FIRST = 2
_MOST_FAILURES = 5  # wrong passwords in a minute, where logins are throttled
_AGENTS_THAT_FAIL = ("python-requests/", "python-urllib/", "curl/", "wget/", "go-http-client/")


def login_form(call: RouteCall) -> Response:
    """GET /login: a page for visitors without a session."""
    if call.visitor.session:
        return responses.redirect(call.base)
    return responses.html(200, "Login")


def log_in(call: RouteCall) -> Response:
    """POST /login. With a session, it redirects home and checks no credentials."""
    if call.visitor.session:
        return responses.redirect(call.base)
    fields = call.fields()
    account = _account_meant(call, fields.get("username"))
    rules = call.platform.login
    if rules.policies and account and _is_taken(call, _sessions(call, account)):
        return responses.redirect(f"{call.base}/login")
    if account and rules.unknown_is_unauthenticated and _counts_as_inactive(call, account):
        return responses.redirect(call.base)
    page = call.visitor.intended or ""
    accepted = _check(call, account, fields)
    if call.store.uses_ldap(accepted.name):
        return responses.redirect(f"{call.base}/sso/callback")  # the session is made there, and nothing is there here
    _start(call, accepted)
    _choke_on_agent(call)
    if wants_json(call.request) and not rules.redirects:
        return responses.empty()
    return responses.redirect(f"{call.base}{page}")


def log_out(call: RouteCall) -> Response:
    """GET /logout: the same answer with or without a session."""
    if call.visitor.session:
        call.store.drop_session(call.visitor.session.token)
    call.visitor = RequestSession()
    return responses.redirect(f"{call.base}{call.platform.login.log_out_page}")


def _choke_on_agent(call: RouteCall) -> None:
    """The log of logins looks for an operating system in the User-Agent, and some versions crash if there is none."""
    agent = call.request.headers.get("User-Agent", "").lower()
    if call.platform.login.chokes_on_agents and agent.startswith(_AGENTS_THAT_FAIL):
        raise ServerError


def _account_meant(call: RouteCall, username: Value) -> Account | None:
    # The database searches for the first value of an array.
    while isinstance(username, list | dict):
        username = next(iter(children(username)), None)
    account = find_account(username) if isinstance(username, str) else None
    return None if account is ANONYMOUS and not call.platform.login.anonymous_account else account


def _counts_as_inactive(call: RouteCall, account: Account) -> bool:
    status = call.store.status(account.name)
    blocked = status is AccountStatus.BLOCKED and call.platform.login.blocked is BlockedLogin.UNKNOWN
    return blocked or status is AccountStatus.INACTIVE


def _check(call: RouteCall, account: Account | None, fields: Mapping[str, Value]) -> Account:
    """Return the account if it may log in; else raise `InvalidFields`. The order decides which message is given."""
    rules = call.platform.login
    if account is None and rules.unknown_is_unauthenticated:
        raise Unauthenticated
    if account is None or _counts_as_inactive(call, account):
        raise InvalidFields(WRONG_CREDENTIALS)
    if rules.blocked is BlockedLogin.REFUSED and call.store.status(account.name) is AccountStatus.BLOCKED:
        raise InvalidFields(LOCKED)
    if problems := refused_login(fields, call.platform.clients.words):
        raise InvalidFields(problems)
    if rules.throttled:
        _throttle(call, account)
    if rules.policies and 0 < call.policy.login_attempts <= call.store.failures(account.name):
        # One attempt too many blocks the account, even with the right password.
        call.store.set_status(account.name, AccountStatus.BLOCKED)
        raise InvalidFields(LOCKED)
    if not is_password(call, account, fields["password"]):
        _choke_on_agent(call)
        call.store.count_failure(account.name)
        call.store.count_attempt(_throttle_key(call, account))
        raise InvalidFields(WRONG_CREDENTIALS)
    call.store.forget_failures(account.name)
    call.store.forget_attempts(_throttle_key(call, account))
    return account


def is_password(call: RouteCall, account: Account, given: Value) -> bool:
    """Whether this is the password of an account now. Nothing is that of an account that nobody can log in to."""
    right = call.store.password(account.name)
    return right != "" and given == right


def _throttle(call: RouteCall, account: Account) -> None:
    seconds = call.store.seconds_to_wait(_throttle_key(call, account), _MOST_FAILURES)
    if seconds:
        raise InvalidFields(_too_many(seconds), 429)


def _throttle_key(call: RouteCall, account: Account) -> str:
    return f"login {account.name} {call.address}"


def _too_many(seconds: int) -> Messages:
    return {"username": [f"Too many login attempts. Please try again in {seconds} seconds."]}


def _start(call: RouteCall, account: Account) -> None:
    if call.platform.login.policies:
        others = [session.token for session in _sessions(call, account) if _must_go(call, session)]
        call.store.end_sessions(others)
    # Resetting a running sandbox ends all sessions, so nobody lists its clients before this.
    call.store.tell_url()
    session = call.store.start_session(account.name, call.address, device(call.request), call.visitor.previous)
    call.visitor = RequestSession(session, call.visitor.previous)


def _sessions(call: RouteCall, account: Account) -> list[StoredSession]:
    return call.store.sessions_of(account.name, lifetime=call.policy.lifetime * 60.0)


def _is_taken(call: RouteCall, sessions: list[StoredSession]) -> bool:
    """Whether the policy refuses a second session: from one address, or from another device than the first."""
    same_address = any(session.address == call.address for session in sessions)
    if call.policy.ip_restriction == _REFUSE_SECOND and same_address:
        return True
    return call.policy.device_restriction == _REFUSE_SECOND and _others(call, sessions) > len(sessions) / 2


def _must_go(call: RouteCall, session: StoredSession) -> bool:
    same_address = session.address == call.address
    if call.policy.ip_restriction == _END_FIRST and same_address:
        return True
    return call.policy.device_restriction == _END_FIRST and _others(call, [session]) > 0


def _others(call: RouteCall, sessions: list[StoredSession]) -> int:
    here = (call.address, device(call.request))
    return sum((session.address, session.device) != here for session in sessions)
