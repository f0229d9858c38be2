"""Ask the token endpoint whether a client's secret is still accepted, without a token being issued.

The endpoint looks at the secret before it looks at what else was sent, so a request with an invented token, code or
user says enough: `invalid_client` refuses the secret, and a complaint about what was invented accepts it. From 2026 on
it asks first whether the client has the grant. `client_credentials` and `personal_access` are never asked for: with the
right secret, both would issue a token.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from secrets import token_hex
from urllib.parse import urlencode

from reconciler.live.http.outcomes import HttpResponse
from reconciler.live.http.request import ApiRequest, failure_text
from reconciler.live.platform.endpoints import TRY_SECRET
from reconciler.live.platform.responses import error_for, is_json
from reconciler.model.clients import Grant, LiveClient
from reconciler.model.errors import Unavailable
from reconciler.model.lines import Capabilities
from reconciler.model.secret import Secret
from reconciler.model.trials import Trial, TrialState

Send = Callable[[ApiRequest, Secret], HttpResponse]
"""Sends a form without a session and returns the answer, whatever its status."""

_ACCEPTED = Trial(TrialState.ACCEPTED)
_REFUSED = Trial(TrialState.REFUSED)
_BY_ERROR = {
    "invalid_client": _REFUSED,
    "invalid_grant": _ACCEPTED,
    "invalid_credentials": _ACCEPTED,  # 4.0, of a user name and password
    "unauthorized_client": Trial(
        TrialState.IMPOSSIBLE, "the instance says that the client lacks the grant, before it looks at the secret"
    ),
    "unsupported_grant_type": Trial(
        TrialState.IMPOSSIBLE, "the instance does not offer the grant with which it could be asked"
    ),
}
_PARAMETER_MISSING = "Check the `"
"""How the hint of an `invalid_request` begins if a parameter did not arrive. All were sent."""
_GONE = frozenset({502, 503, 504})


def try_secret(client: LiveClient, secret: Secret, capabilities: Capabilities, url: str, send: Send) -> Trial:
    """Whether a live client's secret is accepted. The client's grants decide how that can be asked.

    Raises Unavailable if no answer came, or one after which no more secrets should be tried, such as a 429.
    """
    invented = _invented(client.spec.grants, capabilities)
    if isinstance(invented, str):
        return Trial(TrialState.IMPOSSIBLE, invented)
    fields = {**invented, "client_id": str(client.id), "client_secret": secret.reveal()}
    return _read(send(TRY_SECRET, Secret(urlencode(fields, errors="surrogatepass"))), url)


def _invented(grants: frozenset[Grant], capabilities: Capabilities) -> dict[str, str] | str:
    """The fields of a request that can issue nothing; or why there is none."""
    if not capabilities.is_known:
        return "the instance answers differently from every version known here"
    if capabilities.checks_secrets_first:
        return {"grant_type": "refresh_token", "refresh_token": token_hex(20)}
    if Grant.AUTHORIZATION_CODE in grants:
        return {"grant_type": "authorization_code", "code": token_hex(20)}
    if Grant.PASSWORD in grants:
        user = f"nobody-{token_hex(8)}"
        return {"grant_type": "password", "username": user, "password": token_hex(20)}
    return "this version cannot test the secret of a client with personal access alone"


def _read(answer: HttpResponse, url: str) -> Trial:
    if answer.status == 429:
        asked = answer.retry_after or ""
        wait = f"; it asks us to wait {asked} s" if asked.isdecimal() and len(asked) < 7 else ""
        why = f"it asks us to slow down (429){wait}"
        raise Unavailable(failure_text(TRY_SECRET, url, why), "try the rest later")
    if answer.status in _GONE:
        raise error_for(answer, TRY_SECRET, url)
    word, hint = _words(answer)
    if word == "invalid_request":
        return _ACCEPTED if hint and not hint.startswith(_PARAMETER_MISSING) else _unclear(answer)
    return _BY_ERROR.get(word) or _unclear(answer)


def _unclear(answer: HttpResponse) -> Trial:
    """The answer is not quoted: a server may repeat what it was sent."""
    return Trial(TrialState.UNCLEAR, f"the token endpoint gave an answer that is not known here ({answer.status})")


def _words(answer: HttpResponse) -> tuple[str, str]:
    """The `error` and the `hint` of an answer; empty for what is missing."""
    try:
        document = json.loads(answer.body) if is_json(answer) and answer.status >= 400 else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return "", ""
    error, hint = document.get("error"), document.get("hint")
    return error if isinstance(error, str) else "", hint if isinstance(hint, str) else ""
