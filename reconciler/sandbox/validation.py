"""The platform's validation, with its messages in its order (observed on 4.15.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.sandbox.php import Value, length
from reconciler.sandbox.urls import is_url
from reconciler.support.frozen import frozen

AUTHORIZATION_CODE = "authorization_code_grant"
PERSONAL_ACCESS = "personal_access_client"
PASSWORD = "password_client"

Messages = dict[str, list[str]]
"""The messages for each field, in the order in which the rules were tried."""

WRONG_CREDENTIALS: Messages = {"username": ["These credentials do not match our records."]}
LOCKED: Messages = {"username": ["Account locked after too many failed attempts. Contact administrator."]}

_KINDS = (AUTHORIZATION_CODE, PERSONAL_ACCESS, PASSWORD)
_LONGEST_NAME = 255
_LONGEST_REDIRECT = 2000


@frozen
class ClientFields:
    """A client as sent and accepted. A name may be a number, or an array, which cannot be stored."""

    name: Value
    redirect: str
    """Empty without the authorization code grant, whatever was sent."""
    personal_access: bool
    password: bool


def summary(messages: Messages) -> str:
    """The first message, and how many more there are."""
    first, *others = [text for texts in messages.values() for text in texts]
    if not others:
        return first
    return f"{first} (and {len(others)} more {'error' if len(others) == 1 else 'errors'})"


def refused_login(fields: Mapping[str, Value]) -> Messages:
    """Messages for user name and password as fields; whether they match an account is not checked."""
    return {f: texts for f in ("username", "password") if (texts := list(_text_problems(f, fields.get(f))))}


def refused_client(fields: Mapping[str, Value]) -> Messages:
    """All messages for the fields of a client; empty if it can be stored."""
    types = fields.get("types")
    problems = {
        "name": list(_name_problems(fields.get("name"))),
        # Rules other than "required" do not apply to a field that was not sent; null counts as sent.
        "types": list(_types_problems(types)) if "types" in fields else [_required("Types")],
        # The rules for a redirect apply only with the grant, and those for each type come last.
        "redirect": list(_redirect_problems(fields.get("redirect"))) if _asks_for_redirect(types) else [],
        **{f"types.{key}": list(_type_problems(key, item)) for key, item in _items(types)},
    }
    return {field: texts for field, texts in problems.items() if texts}


def accepted_fields(fields: Mapping[str, Value]) -> ClientFields:
    """The client that the fields describe; they must be valid."""
    kinds = [item for _, item in _items(fields.get("types"))]
    redirect = fields.get("redirect")
    return ClientFields(
        name=fields["name"],
        redirect=redirect if AUTHORIZATION_CODE in kinds and isinstance(redirect, str) else "",
        personal_access=PERSONAL_ACCESS in kinds,
        password=PASSWORD in kinds,
    )


def _name_problems(name: Value) -> Iterator[str]:
    if _is_missing(name):
        yield _required("Name")
    elif length(name) > _LONGEST_NAME:
        yield _too_long("Name", _LONGEST_NAME)


def _types_problems(types: Value) -> Iterator[str]:
    if not isinstance(types, list | dict):
        yield "The Types field must be an array."
    if length(types) < 1:
        yield "The Auth-Client must have at least 1 item chosen."
    if _is_missing(types):
        yield _required("Types")


def _type_problems(key: str, item: Value) -> Iterator[str]:
    if item not in _KINDS:
        yield f"The selected Types.{key} is invalid."


def _redirect_problems(redirect: Value) -> Iterator[str]:
    if _is_missing(redirect):
        yield _required("Redirect")
        return
    if not (isinstance(redirect, str) and is_url(redirect)):
        yield "The Redirect field must be a valid URL."
    if length(redirect) > _LONGEST_REDIRECT:
        yield _too_long("Redirect", _LONGEST_REDIRECT)


def _text_problems(field: str, value: Value) -> Iterator[str]:
    if _is_missing(value):
        yield _required(field.capitalize())
    elif not isinstance(value, str):
        yield f"The {field.capitalize()} field must be a string."


def _asks_for_redirect(types: Value) -> bool:
    # In PHP any text equals true.
    return any(item is True or item == AUTHORIZATION_CODE for _, item in _items(types))


def _items(types: Value) -> list[tuple[str, Value]]:
    if isinstance(types, dict):
        return list(types.items())
    return [(str(i), item) for i, item in enumerate(types)] if isinstance(types, list) else []


def _is_missing(value: Value) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip(" \t\n\r\0\v"))


def _required(field: str) -> str:
    return f"The {field} field is required."


def _too_long(field: str, most: int) -> str:
    return f"The {field} field must not be greater than {most} characters."
