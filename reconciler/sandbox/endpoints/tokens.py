"""The token endpoint: it authenticates a client, and gives tokens for some grants."""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from secrets import token_urlsafe

from werkzeug.wrappers import Response

from reconciler.sandbox import responses
from reconciler.sandbox.accounts import find_account
from reconciler.sandbox.calls import RouteCall, ServerError
from reconciler.sandbox.data.client_store import ClientRow
from reconciler.sandbox.data.schema import is_secret
from reconciler.sandbox.endpoints.login import is_password
from reconciler.sandbox.php import Value, as_text, leading_number
from reconciler.support.frozen import frozen

_MOST = 60  # requests in a minute from one address
_LIFETIME = 31_536_000  # seconds

_SAID = {
    "invalid_client": "Client authentication failed",
    "invalid_request": "The request is missing a required parameter, includes an invalid parameter value, includes a"
    " parameter more than once, or is otherwise malformed.",
    "unauthorized_client": "The authenticated client is not authorized to use this authorization grant type.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
}
_INCOMPLETE = "Check that all required parameters have been provided"


class _Refused(Exception):
    """A refusal as the protocol has it: status, error, and a hint for the developer."""

    def __init__(self, status: int, error: str, hint: str | None = None, said: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        said = said or _SAID[error]
        self.content = {"error": error, "error_description": said} | ({"hint": hint} if hint else {})


@frozen
class _Grant:
    """A grant type: whether a client may use it, and what it gives."""

    is_for: Callable[[RouteCall, ClientRow], bool]
    give: Callable[[RouteCall, ClientRow, Mapping[str, Value]], bool]
    """Checks the other parameters; true if there is a refresh token."""


def issue_token(call: RouteCall) -> Response:
    """POST /oauth/token: always JSON; no session is read or started."""
    count = call.store.count_attempt(f"token {call.address}")
    if count > _MOST:
        return _too_many(call)
    try:
        response = _issue(call, call.fields())
    except _Refused as refused:
        # The older library says the description twice.
        twice = {} if call.platform.tokens.by_owner else {"message": refused.content["error_description"]}
        response = responses.value(refused.status, refused.content | twice)
    except ServerError:
        response = responses.message(500, "Server Error", as_json=True)
    return _with_limits(response, _MOST - count)


def _issue(call: RouteCall, fields: Mapping[str, Value]) -> Response:
    name = fields.get("grant_type")
    grant = _GRANTS.get(name) if isinstance(name, str) else None
    if grant is None or not _is_enabled(call, str(name)):
        raise _Refused(400, "unsupported_grant_type", _INCOMPLETE)
    client = _authenticated_client(call, fields, grant)
    refreshes = grant.give(call, client, fields)
    content: dict[str, object] = {
        "token_type": "Bearer",
        "expires_in": _LIFETIME,
        "access_token": _access_token(client),
    }
    if refreshes:
        content["refresh_token"] = call.store.start_refresh_token(client[0])
    return responses.value(200, content)


def _is_enabled(call: RouteCall, grant: str) -> bool:
    rules = call.platform.tokens
    return not (grant == "password" and not rules.password_grant) and not (
        grant == "personal_access" and rules.by_owner
    )


def _authenticated_client(call: RouteCall, fields: Mapping[str, Value], grant: _Grant) -> ClientRow:
    given_id, given_secret = _credentials(call, fields)
    if given_id is None:
        raise _Refused(400, "invalid_request", "Check the `client_id` parameter")
    client = call.store.client(leading_number(given_id))
    if client is None or client[4]:
        raise _Refused(401, "invalid_client")
    early = call.platform.tokens.by_owner
    if early and not grant.is_for(call, client):
        raise _Refused(400, "unauthorized_client")
    if early and given_secret is None:
        raise _Refused(400, "invalid_request", "Check the `client_secret` parameter")
    kind = call.platform.clients.secrets
    if not is_secret(given_secret or "", client[2], kind) or not grant.is_for(call, client):
        raise _Refused(401, "invalid_client")
    return client


def _credentials(call: RouteCall, fields: Mapping[str, Value]) -> tuple[str | None, str | None]:
    """Id and secret: from the fields, else from HTTP basic authentication."""
    scheme, _, encoded = call.request.headers.get("Authorization", "").partition(" ")
    basic: tuple[str | None, str | None] = (None, None)
    if scheme.lower() == "basic":
        try:
            name, separator, password = b64decode(encoded, validate=True).decode().partition(":")
        except (NotBase64, UnicodeDecodeError):
            separator = ""
        if separator:
            basic = (name, password)
    return _parameter(fields, "client_id") or basic[0], _parameter(fields, "client_secret") or basic[1]


def _parameter(fields: Mapping[str, Value], name: str) -> str | None:
    value = fields.get(name)
    return None if value is None or isinstance(value, list | dict) else as_text(value)


def _required(fields: Mapping[str, Value], name: str) -> str:
    value = _parameter(fields, name)
    if value is None:
        raise _Refused(400, "invalid_request", f"Check the `{name}` parameter")
    return value


def _give_for_password(call: RouteCall, client: ClientRow, fields: Mapping[str, Value]) -> bool:
    """For any user with the right password, whatever the status of the account."""
    username, password = _required(fields, "username"), _required(fields, "password")
    if client[10] not in (None, "0"):
        raise ServerError  # there is no provider of that name
    account = find_account(username)
    if account is None or not is_password(call, account, password):
        status, error = call.platform.tokens.wrong_password
        raise _Refused(status, error, said="The user credentials were incorrect.")
    return True


def _give_for_refresh_token(call: RouteCall, client: ClientRow, fields: Mapping[str, Value]) -> bool:
    token = _required(fields, "refresh_token")
    if not call.store.use_refresh_token(token, client[0]):
        status, error = (400, "invalid_grant") if call.platform.tokens.by_owner else (401, "invalid_request")
        raise _Refused(status, error, "Cannot decrypt the refresh token", said="The refresh token is invalid.")
    return True


def _give_for_code(call: RouteCall, client: ClientRow, fields: Mapping[str, Value]) -> bool:
    """There is no page for consent, so no code is ever right."""
    _required(fields, "code")
    raise _Refused(400, "invalid_request", "Cannot decrypt the authorization code")


def _give_for_client(call: RouteCall, client: ClientRow, fields: Mapping[str, Value]) -> bool:
    return False


def _give_for_user(call: RouteCall, client: ClientRow, fields: Mapping[str, Value]) -> bool:
    """For any user id, also one that does not exist."""
    _required(fields, "user_id")
    return False


def _may_use_code(call: RouteCall, client: ClientRow) -> bool:
    alone = not client[5] and not client[6]
    return bool(client[3]) if call.platform.tokens.by_owner else alone


def _may_use_client_credentials(call: RouteCall, client: ClientRow) -> bool:
    return not call.platform.tokens.by_owner or client[9] is None


def _may_refresh(call: RouteCall, client: ClientRow) -> bool:
    return not call.platform.tokens.by_owner or bool(client[3]) or bool(client[6])


_GRANTS = {
    "password": _Grant(lambda _, client: bool(client[6]), _give_for_password),
    "authorization_code": _Grant(_may_use_code, _give_for_code),
    "client_credentials": _Grant(_may_use_client_credentials, _give_for_client),
    "personal_access": _Grant(lambda _, client: bool(client[5]), _give_for_user),
    "refresh_token": _Grant(_may_refresh, _give_for_refresh_token),
}


def _access_token(client: ClientRow) -> str:
    """A token in the form of the platform's. No route of the sandbox takes it."""
    head = json.dumps({"typ": "JWT", "alg": "RS256"})
    body = json.dumps({"aud": str(client[0]), "jti": token_urlsafe(30), "scopes": []})
    parts = [urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in (head, body)]
    return ".".join((*parts, token_urlsafe(64)))


def _too_many(call: RouteCall) -> Response:
    response = responses.message(429, "Too Many Attempts.", as_json=True)
    response.headers["Retry-After"] = str(call.store.seconds_to_wait(f"token {call.address}", _MOST))
    return _with_limits(response, 0)


def _with_limits(response: Response, remaining: int) -> Response:
    response.headers["X-RateLimit-Limit"] = str(_MOST)
    response.headers["X-RateLimit-Remaining"] = str(remaining)
    return response
