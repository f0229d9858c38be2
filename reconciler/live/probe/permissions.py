"""Find out an account's permissions without changing anything.

The platform checks the permission before the id and the values. So an empty create, and an update and a delete of
client 0, which no instance has, are answered with 403 if the permission is missing, and with another error if it is
not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.live.http.outcomes import HttpResponse
from reconciler.live.http.request import ApiRequest, failure_text
from reconciler.live.ownership import ask_owner_only
from reconciler.live.platform.endpoints import ABOUT, ASK_CREATE, ASK_DELETE, ASK_EDIT
from reconciler.live.platform.gateway import HttpGateway
from reconciler.live.platform.responses import is_json, session_error_for
from reconciler.live.platform.session import Session
from reconciler.live.probe.facts import Failure, LoggedIn, Permissions, PermissionState
from reconciler.model.clients import Listing
from reconciler.model.errors import GatewayError, NotPermitted

MOST_ASKED = 100
"""Clients for which it is asked whether the account can change them: the newest."""

MOST_OF_A_PAGE = 512 * 1024
"""Bytes of the page about the instance in which the version is looked for."""

# `Version 4.15.6 (Build #…)`; up to 4.2 `ProcessMaker 4 v4.2.36`.
_VERSION = re.compile(r"(?:\bVersion\s{1,9}|\bProcessMaker 4 v)(\d{1,4}(?:\.\d{1,4}){1,3})")

_NOTHING: Mapping[str, object] = {}

_TRIALS: tuple[tuple[ApiRequest, Mapping[str, object] | None, frozenset[int]], ...] = (
    (ASK_CREATE, _NOTHING, frozenset({422})),
    (ASK_EDIT, _NOTHING, frozenset({404, 422, 500})),
    (ASK_DELETE, None, frozenset({404, 500})),
)
"""Each request with its body, and the error statuses that only an account with the permission gets."""


def examine_account(gateway: HttpGateway) -> LoggedIn:
    """Find out what the logged-in account can see and do. Raises no GatewayError."""
    left = gateway.session.seconds_left
    view, listing, problem = _view(gateway)
    told = list(_try_all(gateway.session))
    create, edit, delete = (each.right for each in told)
    doubts = tuple(each.doubt for each in told if each.doubt is not None)
    version = _version(gateway.session)
    foreign: tuple[int, ...] = ()
    not_asked = 0
    if listing is not None and listing.capabilities.owner_only is not False:
        listing, foreign, not_asked = _ownership(gateway, listing)
    rights = Permissions(view, create, edit, delete, doubts)
    return LoggedIn(rights, left, listing, problem, version, foreign, not_asked)


def _version(session: Session) -> str | None:
    """The version on the page that tells people; never more than a short word of it."""
    try:
        answer = session.try_out(ABOUT)
    except GatewayError:
        return None
    found = _VERSION.search(answer.body[:MOST_OF_A_PAGE].decode("latin-1")) if answer.status == 200 else None
    return found[1] if found else None


def _ownership(gateway: HttpGateway, listing: Listing) -> tuple[Listing, tuple[int, ...], int]:
    """The listing, once it is known who may change what; the clients of others; and how many were not asked for."""
    ids = [client.id for client in listing.clients]
    try:
        listing = ask_owner_only(gateway, listing)
        if listing.capabilities.owner_only is False:
            return listing, (), 0
        asked = ids[-MOST_ASKED:]
        foreign = tuple(each for each in asked if not gateway.may_change(each))
    except GatewayError:
        return listing, (), len(ids)
    return listing, foreign, len(ids) - len(asked)


class _PermissionAnswer(NamedTuple):
    """What a request showed about a permission, or why it showed nothing."""

    right: PermissionState
    doubt: str | None = None


def _view(gateway: HttpGateway) -> tuple[PermissionState, Listing | None, Failure | None]:
    try:
        return PermissionState.GRANTED, gateway.list_clients(), None
    except NotPermitted as error:
        return PermissionState.LACKING, None, Failure(error.message, error.hint)
    except GatewayError as error:
        return PermissionState.UNKNOWN, None, Failure(error.message, error.hint)


def _try_all(session: Session) -> Iterator[_PermissionAnswer]:
    silent = False
    for call, body, telling in _TRIALS:
        if silent:
            yield _PermissionAnswer(PermissionState.UNKNOWN)  # it would only take as long to fail
            continue
        try:
            answer = session.try_out(call, body)
        except GatewayError as error:
            silent = True
            yield _PermissionAnswer(PermissionState.UNKNOWN, error.message)
        else:
            yield _judge(answer, call, telling, session)


def _judge(answer: HttpResponse, call: ApiRequest, telling: frozenset[int], session: Session) -> _PermissionAnswer:
    # Without a session the platform answers with 500 too; up to 4.11.1 with 403.
    # From 2026 on it has no client 0: 404, with nothing in it; a page is somebody else's.
    is_own = is_json(answer) or (answer.status == 404 and not answer.content_type)
    shows = is_own and (answer.status not in (403, 500) or session.is_alive())
    if shows and answer.status in telling:
        return _PermissionAnswer(PermissionState.GRANTED)
    if shows and answer.status == 403:
        return _PermissionAnswer(PermissionState.LACKING)
    return _PermissionAnswer(PermissionState.UNKNOWN, _doubt(answer, call, session))


def _doubt(answer: HttpResponse, call: ApiRequest, session: Session) -> str:
    """Why a response shows nothing. Without a session every response is 500, or 403 up to 4.11.1, or 401 once."""
    if answer.status == 403 and not is_json(answer):
        why = "its refusal (403) is not the platform's own: there may be a firewall in between"
        return failure_text(call, session.url, why)
    if answer.status in (403, 500) and is_json(answer):
        return failure_text(call, session.url, f"the session has ended, or the server failed ({answer.status})")
    return session_error_for(answer, call, session.url).message
