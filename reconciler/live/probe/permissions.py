"""What an account may do, told without doing it: the platform judges the permission before the id and the values.

So a create of nothing, and an update and a delete of client 0, which no instance has, are answered with 403 where the
permission is missing, and with another refusal where it is there (observed on 4.15.6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.live.http.outcomes import Answer
from reconciler.live.http.requests import ASK_CREATE, ASK_DELETE, ASK_EDIT, Call, sentence
from reconciler.live.platform.gateway import HttpGateway
from reconciler.live.platform.responses import is_json, session_problem
from reconciler.live.platform.session import Session
from reconciler.live.probe.facts import Failure, LoggedIn, Right, Rights
from reconciler.model.clients import Listing
from reconciler.model.errors import GatewayError, NotPermitted

_NOTHING: Mapping[str, object] = {}

_TRIALS: tuple[tuple[Call, Mapping[str, object] | None, frozenset[int]], ...] = (
    (ASK_CREATE, _NOTHING, frozenset({422})),
    (ASK_EDIT, _NOTHING, frozenset({404, 422, 500})),
    (ASK_DELETE, None, frozenset({404, 500})),
)
"""Each with its body, and with the refusals that only somebody with the permission gets."""


def examine_account(gateway: HttpGateway) -> LoggedIn:
    """What the account that is logged in sees and may do. Raises nothing that an instance may answer, or not answer."""
    left = gateway.session.seconds_left
    view, listing, problem = _view(gateway)
    told = list(_try_all(gateway.session))
    create, edit, delete = (each.right for each in told)
    doubts = tuple(each.doubt for each in told if each.doubt is not None)
    return LoggedIn(Rights(view, create, edit, delete, doubts), left, listing, problem)


class _Told(NamedTuple):
    """What a request has told about a permission, or why it has not."""

    right: Right
    doubt: str | None = None


def _view(gateway: HttpGateway) -> tuple[Right, Listing | None, Failure | None]:
    try:
        return Right.GRANTED, gateway.list_clients(), None
    except NotPermitted as error:
        return Right.LACKING, None, Failure(error.message, error.hint)
    except GatewayError as error:
        return Right.UNKNOWN, None, Failure(error.message, error.hint)


def _try_all(session: Session) -> Iterator[_Told]:
    silent = False
    for call, body, telling in _TRIALS:
        if silent:
            yield _Told(Right.UNKNOWN)  # it would only take as long again
            continue
        try:
            answer = session.try_out(call, body)
        except GatewayError as error:
            silent = True
            yield _Told(Right.UNKNOWN, error.message)
        else:
            yield _judge(answer, call, telling, session)


def _judge(answer: Answer, call: Call, telling: frozenset[int], session: Session) -> _Told:
    if answer.status in telling and is_json(answer) and (answer.status != 500 or session.is_alive()):
        return _Told(Right.GRANTED)
    if answer.status == 403 and is_json(answer):
        return _Told(Right.LACKING)
    return _Told(Right.UNKNOWN, _doubt(answer, call, session))


def _doubt(answer: Answer, call: Call, session: Session) -> str:
    """Why an answer does not tell. Without a session everything is 500, or 401 once (observed on 4.15.6)."""
    if answer.status == 403:
        why = "its refusal (403) is not the platform's own: a firewall may stand in between"
        return sentence(call, session.url, why)
    if answer.status == 500 and is_json(answer):
        return sentence(call, session.url, "the session has ended, or the server failed (500)")
    return session_problem(answer, call, session.url).message
