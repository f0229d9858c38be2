"""The platform's validation, with its messages in its order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.sandbox.php import Value, length
from reconciler.sandbox.platforms import ClientRules, Words
from reconciler.support.frozen import frozen

AUTHORIZATION_CODE = "authorization_code_grant"
PERSONAL_ACCESS = "personal_access_client"
PASSWORD = "password_client"

Messages = dict[str, list[str]]
"""The messages for each field, in the order in which the rules were tried."""

WRONG_CREDENTIALS: Messages = {"username": ["These credentials do not match our records."]}
LOCKED: Messages = {"username": ["Account locked after too many failed attempts. Contact administrator."]}

_KINDS = (AUTHORIZATION_CODE, PERSONAL_ACCESS, PASSWORD)
LONGEST_NAME = 255
_LONGEST_REDIRECT = 2000


@frozen
class ClientFields:
    """A client as sent and accepted. A name may be a number, or an array, which cannot be stored."""

    name: Value
    redirect: str
    """Empty without the authorization code grant, whatever was sent."""
    personal_access: bool
    password: bool


def summary(messages: Messages, words: Words) -> str:
    """The first message, and how many more there are; older versions say the same of all."""
    first, *others = [text for texts in messages.values() for text in texts]
    if not words.recent:
        return "The given data was invalid."
    if not others:
        return first
    return f"{first} (and {len(others)} more {'error' if len(others) == 1 else 'errors'})"


def refused_login(fields: Mapping[str, Value], words: Words) -> Messages:
    """Messages for user name and password as fields; whether they match an account is not checked."""
    return {f: texts for f in ("username", "password") if (texts := list(_text_problems(f, fields.get(f), words)))}


def refused_client(fields: Mapping[str, Value], rules: ClientRules) -> Messages:
    """All messages for the fields of a client; empty if it can be stored."""
    types, words = fields.get("types"), rules.words
    problems = {
        "name": list(_name_problems(fields.get("name"), words)),
        # Rules other than "required" do not apply to a field that was not sent; null counts as sent.
        "types": list(_types_problems(types, words)) if "types" in fields else [_required("types", words)],
        # The rules for a redirect apply only with the grant, and those for each type come last.
        "redirect": list(_redirect_problems(fields.get("redirect"), rules)) if _asks_for_redirect(types) else [],
        **{f"types.{key}": list(_type_problems(key, item, words)) for key, item in _items(types)},
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


def _name_problems(name: Value, words: Words) -> Iterator[str]:
    if _is_missing(name):
        yield _required("name", words)
    elif length(name) > LONGEST_NAME:
        yield _too_long("name", LONGEST_NAME, words)


def _types_problems(types: Value, words: Words) -> Iterator[str]:
    if not isinstance(types, list | dict):
        yield _must("types", "be an array.", words)
    if length(types) < 1:
        yield "The Auth-Client must have at least 1 item chosen."
    if _is_missing(types):
        yield _required("types", words)


def _type_problems(key: str, item: Value, words: Words) -> Iterator[str]:
    if item not in _KINDS:
        yield f"The selected {_named('types', words)}.{key} is invalid."


def _redirect_problems(redirect: Value, rules: ClientRules) -> Iterator[str]:
    words = rules.words
    if _is_missing(redirect):
        yield _required("redirect", words)
        return
    if not (isinstance(redirect, str) and rules.accepts_redirect(redirect)):
        name = _named("redirect", words)
        yield f"The {name} field must be a valid URL." if words.recent else f"The {name} format is invalid."
    if length(redirect) > _LONGEST_REDIRECT:
        yield _too_long("redirect", _LONGEST_REDIRECT, words)


def _text_problems(field: str, value: Value, words: Words) -> Iterator[str]:
    if _is_missing(value):
        yield _required(field, words)
    elif not isinstance(value, str):
        yield _must(field, "be a string.", words)


def _asks_for_redirect(types: Value) -> bool:
    # In PHP any text equals true.
    return any(item is True or item == AUTHORIZATION_CODE for _, item in _items(types))


def _items(types: Value) -> list[tuple[str, Value]]:
    if isinstance(types, dict):
        return list(types.items())
    return [(str(i), item) for i, item in enumerate(types)] if isinstance(types, list) else []


def _is_missing(value: Value) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip(" \t\n\r\0\v"))


def _required(field: str, words: Words) -> str:
    return f"The {_named(field, words)} field is required."


def _must(field: str, what: str, words: Words) -> str:
    return f"The {_named(field, words)} {'field ' if words.recent else ''}must {what}"


def _too_long(field: str, most: int, words: Words) -> str:
    verb = "field must" if words.recent else "may"
    return f"The {_named(field, words)} {verb} not be greater than {most} characters."


def _named(field: str, words: Words) -> str:
    return field.capitalize() if words.capitals else field
