"""Read the method and the fields of a request as the platform's framework does."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.wrappers import Request

from reconciler.sandbox.php import Value, build_fields, decode_form, decode_json

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""The methods that routes know, in the platform's order."""

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_NOT_TRIMMED = frozenset({"password", "password_confirmation"})


def read_fields(request: Request, trimmed: str) -> dict[str, Value]:
    """All fields of the query string and the body; the body wins, and empty texts are null.

    The characters in `trimmed` are removed from both ends of every text but a password.
    """
    fields = {**_query(request), **_body(request)}
    return {key: _cleaned(value, "" if key in _NOT_TRIMMED else trimmed) for key, value in fields.items()}


def read_method(request: Request) -> str:
    """The effective method: a POST may name another in a header or in the field `_method`."""
    if request.method != "POST":
        return request.method
    named: Value = request.headers.get("X-HTTP-Method-Override")
    if not named:
        named = {**_query(request), **_body(request)}.get("_method")
    meant = named.upper() if isinstance(named, str) else "POST"
    return meant if meant in METHODS else "POST"


def wants_json(request: Request) -> bool:
    """Whether the media type that the request prefers is JSON. `*/*` is not."""
    best = _acceptable(request)[:1]
    return any(mark in media for media in best for mark in ("/json", "+json"))


def expects_json(request: Request) -> bool:
    """Whether errors are sent as JSON: it is preferred, or a script asks and accepts anything."""
    return wants_json(request) or (is_ajax(request) and _takes_anything(request) and "X-PJAX" not in request.headers)


def is_ajax(request: Request) -> bool:
    """Whether the request says that a script in a page made it."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def _takes_anything(request: Request) -> bool:
    return _acceptable(request)[:1] in ([], ["*/*"], ["*"])


def _acceptable(request: Request) -> list[str]:
    """The media types of the Accept header, preferred first; equal ones in the order given."""
    ranges = [part.split(";") for part in request.headers.get("Accept", "").lower().split(",") if part.strip()]
    return [media.strip() for media, *parameters in sorted(ranges, key=lambda r: -_quality(r[1:]))]


def _quality(parameters: list[str]) -> float:
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _query(request: Request) -> Mapping[str, Value]:
    return decode_form(request.query_string)


def _body(request: Request) -> Mapping[str, Value]:
    kind = request.headers.get("Content-Type", "")
    if "/json" in kind or "+json" in kind:
        return decode_json(request.get_data())
    if kind.startswith(_FORM):
        return decode_form(request.get_data())
    # PHP itself parses a multipart body, and only for POST.
    if kind.startswith(_MULTIPART) and request.method == "POST":
        return build_fields(request.form.items(multi=True))
    return {}


def _cleaned(value: Value, trimmed: str) -> Value:
    match value:
        case str():
            return value.strip(trimmed) or None
        case list():
            return [_cleaned(item, trimmed) for item in value]
        case dict():
            return {key: _cleaned(item, trimmed) for key, item in value.items()}
        case _:
            return value
