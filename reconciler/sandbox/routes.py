"""The platform's routes: who may call them, what they do, how they fail (observed on 4.15.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass  # noqa: TID251  (it is filled in bit by bit)

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from reconciler.sandbox import responses
from reconciler.sandbox.accounts import Permission, account_named
from reconciler.sandbox.php import Value, as_text, leading_number
from reconciler.sandbox.request_fields import read_fields
from reconciler.sandbox.session_cookie import RequestSession
from reconciler.sandbox.settings import LoginSettings
from reconciler.sandbox.store import ClientRow, Store
from reconciler.sandbox.validation import ClientFields, Messages, accepted_fields, refused_client


class Unauthenticated(Exception):
    """The route needs a session."""


class Unauthorized(Exception):
    """The account lacks the permission."""


class ServerError(Exception):
    """What the platform answers with 500: often a mistake of the caller that it does not handle."""


class InvalidFields(Exception):
    """Fields that were refused, with the messages for each."""

    def __init__(self, messages: Messages) -> None:
        super().__init__("invalid")
        self.messages = messages


@dataclass(slots=True)
class RouteCall:
    """One request in a route. Logging in or out replaces the visitor."""

    request: Request
    visitor: RequestSession
    store: Store
    policy: LoginSettings
    base: str
    """The URL of the instance, without a trailing slash."""


Handler = Callable[..., Response]


def list_clients(call: RouteCall) -> Response:
    """GET /oauth/clients: all that are not revoked; the query string changes nothing."""
    _permit(call, Permission.VIEW)
    return responses.clients(call.store.clients())


def show_client(call: RouteCall, client_id: str) -> Response:
    """GET /oauth/clients/{id}: 500 with the view permission, a bug of the platform."""
    _permit(call, Permission.VIEW)
    raise ServerError


def create_client(call: RouteCall) -> Response:
    """POST /oauth/clients."""
    _permit(call, Permission.CREATE)
    fields = _good_fields(call)
    row = call.store.create(_storable(fields.name), fields.redirect, fields.personal_access, fields.password)
    return responses.client(201, row, fields.name)


def update_client(call: RouteCall, client_id: str) -> Response:
    """PUT /oauth/clients/{id}: the id is checked before the fields, and a revoked client stays revoked."""
    _permit(call, Permission.EDIT)
    found = _existing(call, client_id)
    fields = _good_fields(call)
    name = _storable(fields.name)
    call.store.update(found[0], name, fields.redirect, fields.personal_access, fields.password)
    return responses.client(200, _existing(call, str(found[0])), fields.name)


def delete_client(call: RouteCall, client_id: str) -> Response:
    """DELETE /oauth/clients/{id}: revokes the client; idempotent."""
    _permit(call, Permission.DELETE)
    call.store.revoke(_existing(call, client_id)[0])
    return responses.empty()


def scopes(call: RouteCall) -> Response:
    """GET /oauth/scopes: an empty list, for any session."""
    _authenticate(call)
    return responses.value(200, [])


def keep_alive(call: RouteCall) -> Response:
    """POST /keep-alive: extends the session."""
    _authenticate(call)
    return responses.empty()


def home(call: RouteCall) -> Response:
    """GET /: redirects to the start page."""
    _authenticate(call)
    return responses.redirect(f"{call.base}/home")


def not_found(call: RouteCall, path: str = "") -> Response:
    """GET of an unknown page: a 404 only with a session, and always as HTML."""
    _authenticate(call)
    return responses.html(404, "Page not found")


def route_map(login_form: Handler, log_in: Handler, log_out: Handler) -> Map:
    """All routes. The last takes any GET, so that a wrong method is 405 even for an unknown path."""
    return Map(
        [
            Rule("/login", methods=["GET"], endpoint=login_form),
            Rule("/login", methods=["POST"], endpoint=log_in),
            Rule("/logout", methods=["GET"], endpoint=log_out),
            Rule("/keep-alive", methods=["POST"], endpoint=keep_alive),
            Rule("/oauth/scopes", methods=["GET"], endpoint=scopes),
            Rule("/oauth/clients", methods=["GET"], endpoint=list_clients),
            Rule("/oauth/clients", methods=["POST"], endpoint=create_client),
            Rule("/oauth/clients/<client_id>", methods=["GET"], endpoint=show_client),
            Rule("/oauth/clients/<client_id>", methods=["PUT"], endpoint=update_client),
            Rule("/oauth/clients/<client_id>", methods=["DELETE"], endpoint=delete_client),
            Rule("/", methods=["GET"], endpoint=home),
            Rule("/<path:path>", methods=["GET"], endpoint=not_found),
        ],
        merge_slashes=False,
    )


def _authenticate(call: RouteCall) -> str:
    if call.visitor.session is None:
        raise Unauthenticated
    return call.visitor.session.account


def _permit(call: RouteCall, permission: Permission) -> None:
    # The permission check crashes without a session: 500, as in a server failure.
    if call.visitor.session is None:
        raise ServerError
    if permission not in account_named(call.visitor.session.account).permissions:
        raise Unauthorized


def _good_fields(call: RouteCall) -> ClientFields:
    fields = read_fields(call.request)
    if problems := refused_client(fields):
        raise InvalidFields(problems)
    return accepted_fields(fields)


def _existing(call: RouteCall, client_id: str) -> ClientRow:
    row = call.store.client(leading_number(client_id))
    if row is None:
        raise ServerError
    return row


def _storable(name: Value) -> str:
    if name is None or isinstance(name, list | dict):
        raise ServerError
    text = as_text(name)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ServerError from error  # bytes that are no UTF-8
    return text
