"""The routes for clients: who may call them, what they do, how they fail."""

from __future__ import annotations

import json

from werkzeug.wrappers import Response

from reconciler.sandbox import responses
from reconciler.sandbox.accounts import Permission
from reconciler.sandbox.calls import InvalidFields, RouteCall, ServerError, Unauthorized, authenticate
from reconciler.sandbox.data.client_store import ClientRow
from reconciler.sandbox.php import Value, as_text, leading_number
from reconciler.sandbox.platforms import Secrets, Stored
from reconciler.sandbox.validation import LONGEST_NAME, ClientFields, accepted_fields, refused_client
from reconciler.support.frozen import frozen


class Missing(Exception):
    """There is no such client, or it is none of the account's business."""


def list_clients(call: RouteCall) -> Response:
    """GET /oauth/clients: all that are not revoked; the query string changes nothing."""
    _permit(call, Permission.VIEW)
    return responses.clients(call.store.clients(), shows_secrets=_shows_secrets(call))


def show_client(call: RouteCall, client_id: str) -> Response:
    """GET /oauth/clients/{id}: up to 4.15 a bug of the platform, 500 for every client."""
    _permit(call, Permission.VIEW)
    if not call.platform.clients.missing_is_not_found:
        raise ServerError
    try:
        row = _existing(call, client_id)
    except Missing:
        return responses.empty(404)
    return responses.client(200, row, row[1], shows_secret=_shows_secrets(call))


def create_client(call: RouteCall) -> Response:
    """POST /oauth/clients."""
    _permit(call, Permission.CREATE)
    fields = _good_fields(call)
    wanted = _Columns(fields.redirect, fields.personal_access, fields.password, _account(call))
    columns = _STORE[call.platform.clients.stored](wanted)
    row = call.store.create(
        _storable(fields.name),
        columns.redirect,
        columns.personal_access,
        columns.password,
        owner=columns.owner,
        provider=columns.provider,
    )
    return responses.client(201, row, _shown_name(call, fields.name), shows_secret=True)


def update_client(call: RouteCall, client_id: str) -> Response:
    """PUT /oauth/clients/{id}: the id is checked before the fields, and a revoked client stays revoked."""
    _permit(call, Permission.EDIT)
    try:
        found = _existing(call, client_id)
    except Missing:
        return _missing(call)
    fields = _good_fields(call)
    name = _storable(fields.name, as_json=call.platform.clients.name_may_be_list)
    call.store.update(found[0], name, fields.redirect, fields.personal_access, fields.password)
    changed = call.store.client(found[0]) or found
    return responses.client(200, changed, _shown_name(call, fields.name), shows_secret=_shows_secrets(call))


def delete_client(call: RouteCall, client_id: str) -> Response:
    """DELETE /oauth/clients/{id}: revokes the client; up to 4.15 it can be repeated."""
    _permit(call, Permission.DELETE)
    try:
        call.store.revoke(_existing(call, client_id)[0])
    except Missing:
        return _missing(call)
    return responses.empty()


def clients_page(call: RouteCall) -> Response:
    """GET /admin/auth-clients: the page where people do the same."""
    authenticate(call)
    _permit(call, Permission.VIEW)
    return responses.html(200, "Auth Clients")


def _permit(call: RouteCall, permission: Permission) -> None:
    session = call.visitor.session
    if session is None:
        # The older permission check refuses, the newer one crashes: 500, as in a server failure.
        raise Unauthorized if call.platform.session.missing_is_forbidden else ServerError
    allowed = call.store.permissions(session.account)
    if call.platform.session.keeps_permissions:
        allowed |= session.permissions
    if permission not in allowed:
        raise Unauthorized


def _account(call: RouteCall) -> str | None:
    return call.visitor.session.account if call.visitor.session else None


def _good_fields(call: RouteCall) -> ClientFields:
    fields = call.fields()
    if problems := refused_client(fields, call.platform.clients):
        raise InvalidFields(problems)
    return accepted_fields(fields)


def _existing(call: RouteCall, client_id: str) -> ClientRow:
    row = call.store.client(leading_number(client_id))
    rules = call.platform.clients
    revoked, owner = (row[4], row[9]) if row else (0, None)
    hidden = (rules.missing_is_not_found and revoked) or (rules.owner_only and owner != _account(call))
    if row is None or hidden:
        raise Missing
    return row


def _missing(call: RouteCall) -> Response:
    if call.platform.clients.missing_is_not_found:
        return responses.empty(404)
    raise ServerError


def _shows_secrets(call: RouteCall) -> bool:
    return call.platform.clients.secrets is not Secrets.ONCE


def _shown_name(call: RouteCall, name: Value) -> Value:
    """The name in an answer: as it was sent, though it is stored as text."""
    return _storable(name) if call.platform.clients.name_becomes_text else name


def _storable(name: Value, *, as_json: bool = False) -> str:
    if name is None or (isinstance(name, list | dict) and not as_json):
        raise ServerError
    if isinstance(name, list | dict):
        text = json.dumps(name, separators=(",", ":")).replace("/", "\\/")
    else:
        text = as_text(name)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ServerError from error  # bytes that are no UTF-8
    if len(text) > LONGEST_NAME:
        raise ServerError
    return text


@frozen
class _Columns:
    redirect: str
    personal_access: bool
    password: bool
    owner: str | None
    provider: str | None = None


def _all_grants(wanted: _Columns) -> _Columns:
    return wanted


def _shifted_grants(wanted: _Columns) -> _Columns:
    """Each argument was handed on in the place of the one before: personal access became the provider."""
    provider = "1" if wanted.personal_access else "0"
    return _Columns(wanted.redirect, wanted.password, False, wanted.owner, provider)


def _one_grant(wanted: _Columns) -> _Columns:
    if wanted.personal_access:
        return _Columns("", True, False, None)
    return _Columns("", False, True, None) if wanted.password else wanted


_STORE = {Stored.ALL: _all_grants, Stored.SHIFTED: _shifted_grants, Stored.ONE: _one_grant}
