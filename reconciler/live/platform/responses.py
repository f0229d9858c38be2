"""Turn a failed response into an error, and decode the data of a successful one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from reconciler.live.http.outcomes import HttpResponse
from reconciler.live.http.request import ApiRequest, failure_text
from reconciler.live.platform.lines import capabilities_from, secret_shape
from reconciler.model.errors import (
    ClientNotFound,
    GatewayError,
    NotAuthenticated,
    NotPermitted,
    Rejected,
    Unavailable,
    UnexpectedResponse,
)
from reconciler.model.fields import PLAIN_FIELDS
from reconciler.model.lines import Capabilities
from reconciler.model.secret import Secret
from reconciler.model.unfinished import MARK_START
from reconciler.support.text import printable

_KEPT = frozenset({"data", "id", "name", "redirect", "revoked", "types", "created_at"}) | {
    row.sent_as for row in PLAIN_FIELDS
}
"""The keys of a response that are read. All others, above all the secrets, are dropped while decoding."""

_KEPT_OF_LISTING = _KEPT | {"links", "next", "meta", "total", "last_page"}
"""And those that would say that a listing has more pages than one."""

_COUNTED_FROM = 8 * 1024 * 1024
"""Bytes. Smaller answers, such as the listing of 25,000 clients, cannot hold so many values that memory gets short."""
_MOST_VALUES = 2_000_000
"""Values in an answer, by the characters that begin and separate them: those of over 100,000 clients, for which Python
takes some 300 MB. 64 MiB of empty lists take 1.7 GB.
"""

_Keep = Callable[[dict[str, object]], dict[str, object]]

_WORDS = {
    429: "it asks us to slow down (429)",
    500: "the server failed (500)",
    502: "the platform behind the proxy does not answer (502)",
    503: "it is in maintenance or overloaded (503)",
    504: "the platform behind the proxy did not answer in time (504)",
    511: "the network wants a login of its own first (511)",
}

_PLATFORM_HINT = "check that `url:` is the address of the platform itself"
SESSION_HINT = "run the command again, and let nobody else log in with this account or change its password"


class ListingAnswer(NamedTuple):
    """The answer to the request for a listing."""

    document: object
    at: datetime | None
    """The instance's own time."""
    capabilities: Capabilities
    """What the instance can do, as far as the answer shows it."""


_FIELDS_SHOWN = 10
_LENGTH_SHOWN = 200
_LONGEST_FIELD = 50
_LENGTH_READ = 500
"""Characters of a message that are searched. More than are shown: what is cut off must not hide what is left."""
WORDS_LEFT_OUT = "its words are left out, since they may contain the password"
_LOGIN_FIELDS = frozenset({"username", "password", "email"})


def one_line(text: str, limit: int = _LENGTH_SHOWN) -> str:
    """Make external text safe to print on one line, cut after `limit` characters."""
    return printable(text) if len(text) <= limit else printable(text[:limit]) + "…"


def error_for(answer: HttpResponse, call: ApiRequest, url: str) -> GatewayError:
    """The error for a response without the request's success status, with or without a session."""
    status = answer.status
    if 300 <= status < 400:
        return _redirected(answer, call, url)
    if status in _WORDS or status >= 500:
        why = _WORDS.get(status, f"the server failed ({status})")
        hint = "log in to this network in a browser" if status == 511 else "try again later"
        return Unavailable(failure_text(call, url, why + answer.tried), hint)
    match status:
        case 400:
            why = "it does not know this host name (400)"
        case 403 if not is_json(answer):
            why = "it is refused with a web page (403): the platform sends none, a firewall in front of it may"
            hint = "ask whoever runs that firewall, or the proxy, to let these requests through"
            return UnexpectedResponse(failure_text(call, url, why), hint)
        case 404 | 405:
            why = f"there is no such page ({status})"
        case 422:
            return Rejected(failure_text(call, url, f"refused: {field_messages(answer) or 'no reason given'}"))
        case _:
            why = f"the platform does not answer this with {status}"
    return UnexpectedResponse(failure_text(call, url, why), answer.or_of_proxy(_PLATFORM_HINT))


def session_error_for(answer: HttpResponse, call: ApiRequest, url: str) -> GatewayError:
    """As `error_for`, with a session: 401, 403 and a redirect to the login page have special meanings."""
    if answer.status == 401 or leads_to_login(answer, url):
        return NotAuthenticated(failure_text(call, url, "the session has ended"), SESSION_HINT)
    if answer.status == 403 and is_json(answer):
        why = f'the account lacks the permission "Auth Clients: {call.permission}"'
        hint = "have an administrator grant it in Admin > Users (or Groups) > Edit > Permissions"
        return NotPermitted(failure_text(call, url, why), hint)
    if answer.status == 404 and call.path.startswith("/oauth/clients/"):
        why = "there is no such client, or it belongs to another account (404)"
        return ClientNotFound(failure_text(call, url, why), "plan again: it shows what is live now")
    return error_for(answer, call, url)


def is_refusal(answer: HttpResponse) -> bool:
    """Whether the platform itself refuses it with 403; a firewall's 403 is a page."""
    return answer.status == 403 and is_json(answer)


def has_ended(answer: HttpResponse, url: str) -> bool:
    """Whether the answer says by itself that there is no session."""
    return answer.status == 401 or leads_to_login(answer, url)


def leads_to_login(answer: HttpResponse, url: str) -> bool:
    """Whether the response is a redirect to the platform's own login page."""
    if not 300 <= answer.status < 400 or answer.location is None:
        return False
    try:
        here, there = urlsplit(url), urlsplit(urljoin(f"{url}/", answer.location))
        # A redirect from http to https on the same host is what web servers send for every page.
        upgraded = (here.scheme, there.scheme) == ("http", "https")
        return there.hostname == here.hostname and not upgraded and there.path.rstrip("/").endswith("/login")
    except ValueError:
        return False


def _redirected(answer: HttpResponse, call: ApiRequest, url: str) -> GatewayError:
    try:
        target = urlsplit(urljoin(f"{url}/", answer.location or ""))
        where = f"{target.scheme}://{target.hostname}"
    except ValueError:
        where = "an unreadable address"
    shown = one_line(answer.quote(where))
    why = f"it answers with a redirect to {shown}" if shown else "it answers with a redirect to another address"
    hint = answer.or_of_proxy("give the URL of the platform itself in `url:`")
    return UnexpectedResponse(failure_text(call, url, why), hint)


def field_messages(answer: HttpResponse) -> str:
    """The platform's messages about the fields that were sent, on one line; empty if there are none."""
    found = _messages(answer)
    quoted = [answer.quote(f"{field}: {text}") for field, text in found[:_FIELDS_SHOWN]]
    # A secret can be spread over several of them.
    if not all(quoted) or (found and not answer.quote(" ".join(text for _, text in found[:_FIELDS_SHOWN]))):
        return WORDS_LEFT_OUT
    more = [f"and {len(found) - _FIELDS_SHOWN} more"] if len(found) > _FIELDS_SHOWN else []
    return "; ".join([*map(one_line, quoted), *more])


def refusal_messages(answer: HttpResponse) -> str:
    """The messages with which the platform refuses an account, on one line; without any others."""
    known = ((field, text) for field, text in _messages(answer) if answer.quote_refusal(text))
    return "; ".join(f"{field}: {text}" if field in _LOGIN_FIELDS else text for field, text in known)


def unquoted_messages(answer: HttpResponse) -> str:
    """The messages as they came, to find out what is meant: never to be shown."""
    return "; ".join(f"{field}: {text}" for field, text in _messages(answer))


def locked_words(answer: HttpResponse) -> str | None:
    """The message of a 401 that a locked or inactive account gets, as it may be shown; None for any other 401."""
    document = _decoded(answer.body, None) if is_json(answer) else None
    said = document.get("message") if isinstance(document, dict) else None
    if not isinstance(said, str) or not ("locked" in said.lower() or said.strip(". ").lower() == "unauthorized"):
        return None
    return answer.quote_refusal(said)


def _messages(answer: HttpResponse) -> list[tuple[str, str]]:
    """Fields and messages of a refusal, each cut."""
    document = _decoded(answer.body, None) if is_json(answer) else None
    errors = document.get("errors") if isinstance(document, dict) else None
    if not isinstance(errors, dict):
        return []
    return [
        (field[:_LONGEST_FIELD], text[:_LENGTH_READ])
        for field, texts in errors.items()
        for text in (texts if isinstance(texts, list) else [texts])
        if isinstance(text, str)
    ]


def decode_body(answer: HttpResponse, call: ApiRequest, url: str, *, with_secrets: bool = False) -> object:
    """Decode the body of a successful response. Raises UnexpectedResponse if it is not JSON.

    Secrets are dropped; or, `with_secrets`, each is a `Secret`.
    """
    return _decode_with(_with_secrets if with_secrets else _without_secrets, answer, call, url)


def decode_listing(
    answer: HttpResponse, call: ApiRequest, url: str, *, with_secrets: bool, redirects_logins: bool
) -> ListingAnswer:
    """Decode the body of a listing. Raises UnexpectedResponse.

    Secrets are dropped; or, `with_secrets`, each is a `Secret`. `redirects_logins` is how the instance answers logins.
    """
    shapes: set[object] = set()

    def keep(pairs: dict[str, object]) -> dict[str, object]:
        if "secret" in pairs:
            shapes.add(secret_shape(pairs["secret"]))
        kept = {key: value for key, value in pairs.items() if key in _KEPT_OF_LISTING}
        redirect = pairs.get("redirect")
        if redirect and type(redirect) is str and redirect.startswith(MARK_START):
            kept["updated_at"] = pairs.get("updated_at")
        return kept

    def keep_secrets(pairs: dict[str, object]) -> dict[str, object]:
        return keep(pairs) | _secret_of(pairs)

    document = _decode_with(keep_secrets if with_secrets else keep, answer, call, url)
    return ListingAnswer(document, instance_time(answer), capabilities_from(shapes, redirects_logins=redirects_logins))


def _decode_with(keep: _Keep, answer: HttpResponse, call: ApiRequest, url: str) -> object:
    if not is_json(answer):
        why = "it answers with a web page instead of data"
        raise UnexpectedResponse(failure_text(call, url, why), answer.or_of_proxy(_PLATFORM_HINT))
    if _has_too_many_values(answer.body):
        why = f"its answer has more than {_MOST_VALUES:,} values"
        raise UnexpectedResponse(failure_text(call, url, why), answer.or_of_proxy(_PLATFORM_HINT))
    document = _decoded(answer.body, keep)
    if document is _NOT_JSON:
        raise UnexpectedResponse(
            failure_text(call, url, "its answer is not valid JSON"), answer.or_of_proxy(_PLATFORM_HINT)
        )
    return document


def _has_too_many_values(body: bytes) -> bool:
    return len(body) > _COUNTED_FROM and sum(map(body.count, (b",", b"[", b"{"))) > _MOST_VALUES


def instance_time(answer: HttpResponse) -> datetime | None:
    """The instance's time of a response (RFC 9110 section 6.6.1), in UTC; None if missing or unreadable."""
    try:
        time = parsedate_to_datetime(answer.date) if answer.date is not None else None
        return time and (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_json(answer: HttpResponse) -> bool:
    """Whether the content type of a response is JSON: data, not a page."""
    return answer.content_type == "application/json"


_NOT_JSON = object()


def _decoded(body: bytes, keep: _Keep | None) -> object:
    """Decode the body, or return _NOT_JSON. No exception: json's own would hold the whole body.

    `keep` filters each object; None keeps everything.
    """
    try:
        return json.loads(body, object_hook=keep)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _without_secrets(pairs: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in pairs.items() if key in _KEPT}


def _with_secrets(pairs: dict[str, object]) -> dict[str, object]:
    return _without_secrets(pairs) | _secret_of(pairs)


def _secret_of(pairs: dict[str, object]) -> dict[str, object]:
    """The secret as a `Secret`, if there is one; False for a secret that is not text, None for a hash or no secret."""
    if "secret" not in pairs:
        return {}
    secret = pairs["secret"]
    if secret is None or secret_shape(secret) == "hash":
        return {"secret": None}
    return {"secret": Secret(secret) if isinstance(secret, str) else False}
