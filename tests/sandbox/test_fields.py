"""What becomes of the fields of a client, in shapes that were not recorded."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sandbox.platforms import find_platform
from tests.sandbox.conftest import Browser

NAME = "The Name field is required."
TYPES = "The Types field is required."
REDIRECT = "The Redirect field is required."
ARRAY = "The Types field must be an array."
ONE = "The Auth-Client must have at least 1 item chosen."
URL = "The Redirect field must be a valid URL."
CODE = "authorization_code_grant"
PASSWORD = "password_client"
NOTHING_SENT = {"name": [NAME], "types": [TYPES]}

REFUSED: list[tuple[Any, dict[str, list[str]]]] = [
    ([], NOTHING_SENT),
    ([{"name": "x", "types": [PASSWORD]}], NOTHING_SENT),
    ("text", NOTHING_SENT),
    (5, NOTHING_SENT),
    ({"NAME": "x", "types": [PASSWORD]}, {"name": [NAME]}),
    ({"name": [], "types": [PASSWORD]}, {"name": [NAME]}),
    ({"name": {}, "types": [PASSWORD]}, {"name": [NAME]}),
    ({"name": "\u2003\ufeff", "types": [PASSWORD]}, {"name": [NAME]}),
    ({"name": "x", "types": 0}, {"types": [ARRAY]}),
    ({"name": "x", "types": True}, {"types": [ARRAY]}),
    ({"name": "x", "types": False}, {"types": [ARRAY, ONE]}),
    ({"name": "x", "types": " "}, {"types": [ARRAY, ONE, TYPES]}),
    ({"name": "x", "types": {}}, {"types": [ONE, TYPES]}),
    ({"name": "x", "types": [None]}, {"types.0": ["The selected Types.0 is invalid."]}),
    ({"name": "x", "types": [[PASSWORD]]}, {"types.0": ["The selected Types.0 is invalid."]}),
    ({"name": "x", "types": {"a": "foo"}}, {"types.a": ["The selected Types.a is invalid."]}),
    ({"name": "x", "types": [CODE]}, {"redirect": [REDIRECT]}),
    ({"name": "x", "types": [CODE], "redirect": []}, {"redirect": [REDIRECT]}),
    ({"name": "x", "types": [CODE], "redirect": "\u00a0"}, {"redirect": [REDIRECT]}),
    ({"name": "x", "types": [CODE], "redirect": 5}, {"redirect": [URL]}),
    ({"name": "x", "types": [CODE], "redirect": False}, {"redirect": [URL]}),
    ({"name": "x", "types": [CODE], "redirect": ["https://a.example"]}, {"redirect": [URL]}),
    (
        {"name": "x", "types": [CODE], "redirect": "x" * 2001},
        {"redirect": [URL, "The Redirect field must not be greater than 2000 characters."]},
    ),
    (
        {"name": "x" * 256, "types": ["a", PASSWORD, "b"]},
        {
            "name": ["The Name field must not be greater than 255 characters."],
            "types.0": ["The selected Types.0 is invalid."],
            "types.2": ["The selected Types.2 is invalid."],
        },
    ),
    (
        {"name": "x", "types": [CODE, "foo"]},
        {"redirect": [REDIRECT], "types.1": ["The selected Types.1 is invalid."]},
    ),
    ({"name": "x", "types": [True]}, {"redirect": [REDIRECT], "types.0": ["The selected Types.0 is invalid."]}),
]


@pytest.mark.parametrize(("body", "errors"), REFUSED)
def test_refused_fields_are_named_in_the_platforms_words(
    body: Any, errors: dict[str, list[str]], admin: Browser
) -> None:
    answer = admin.call("POST", "/oauth/clients", json=body)
    assert (answer.status_code, answer.json()["errors"]) == (422, errors)
    first, *others = [text for texts in errors.values() for text in texts]
    more = {0: "", 1: " (and 1 more error)"}.get(len(others), f" (and {len(others)} more errors)")
    assert answer.json()["message"] == first + more


@pytest.mark.parametrize(
    ("name", "answered", "listed"),
    [
        (0, 0, "0"),
        (-7, -7, "-7"),
        (5.5, 5.5, "5.5"),
        (1e25, 1e25, "1.0E+25"),
        (0.00001, 0.00001, "1.0E-5"),
        (True, True, "1"),
        (False, False, "0"),
        ("0", "0", "0"),
        ("a\u0000b", "a\u0000b", "a\u0000b"),
        ("\u001cnot trimmed\u001f", "\u001cnot trimmed\u001f", "\u001cnot trimmed\u001f"),
        ("e\u0301", "e\u0301", "e\u0301"),
        (" \u0085x\u200e", "x", "x"),
        ("😀" * 255, "😀" * 255, "😀" * 255),
    ],
)
def test_a_name_is_answered_as_sent_and_listed_as_text(
    name: object, answered: object, listed: str, admin: Browser
) -> None:
    made = admin.create(name=name)
    assert (made.status_code, made.json()["name"]) == (201, answered)
    assert admin.names()[made.json()["id"]] == listed


@pytest.mark.parametrize("name", [["a"], {"a": "b"}, [[]]])
def test_an_array_cannot_be_stored_as_a_name(name: object, admin: Browser) -> None:
    assert admin.create(name=name).status_code == 500


@pytest.mark.parametrize("char", find_platform("4.15.6").clients.trimmed)
def test_exactly_these_characters_are_trimmed_from_names_and_redirects(char: str, admin: Browser) -> None:
    made = admin.create(name=f"{char}a{char}b{char}", types=[CODE], redirect=f"{char}https://a.example/cb{char}")
    assert (made.json()["name"], made.json()["redirect"]) == (f"a{char}b", "https://a.example/cb")


def test_types_are_trimmed_too_and_an_object_of_them_is_an_array(admin: Browser) -> None:
    assert admin.create(name="x", types=[" password_client "]).json()["types"] == [PASSWORD]
    assert admin.create(name="x", types={"a": "password_client"}).json()["types"] == [PASSWORD]


@pytest.mark.parametrize(
    "form",
    [
        "name=form&types[]=password_client&types[]=personal_access_client",
        "name=form&types[0]=password_client&types[1]=personal_access_client",
        "name=form&types%5Ba%5D=password_client&types%5Bb%5D=personal_access_client",
        "name=first&name=+form+&types[]=personal_access_client&types[]=password_client",
    ],
)
def test_a_form_makes_arrays_as_php_does(form: str, admin: Browser) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for method, path in (("POST", "/oauth/clients"), ("PUT", "/oauth/clients/5")):
        client = admin.call(method, path, data=form, headers=headers).json()
        assert (client["name"], client["types"]) == ("form", ["personal_access_client", "password_client"])


def test_a_multipart_form_is_read_for_post_alone(admin: Browser) -> None:
    parts = {"name": (None, "parts"), "types[]": (None, PASSWORD)}
    assert admin.call("POST", "/oauth/clients", files=parts).json()["name"] == "parts"
    assert admin.call("PUT", "/oauth/clients/5", files=parts).json()["errors"] == NOTHING_SENT


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/vnd.api+json", "application/json;charset=UTF-8"]
)
def test_a_json_body_is_known_by_its_type(kind: str, admin: Browser) -> None:
    body = b'{"name": "typed", "types": ["password_client"]}'
    assert admin.call("POST", "/oauth/clients", data=body, headers={"Content-Type": kind}).status_code == 201


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml"])
def test_a_body_of_another_type_is_not_read(kind: str | None, admin: Browser) -> None:
    body = b'{"name": "typed", "types": ["password_client"]}'
    answer = admin.call("POST", "/oauth/clients", data=body, headers={"Content-Type": kind})
    assert answer.json()["errors"] == NOTHING_SENT


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b'{"name": "\xff", "types": ["password_client"]}',
        b'{"name": "\\ud800", "types": ["password_client"]}',
        b'{"name": NaN, "types": ["password_client"]}',
        b'{"name": "x", "types": ["password_client"],}',
        b'{"name": "x", "types": ["password_client"], "deep": ' + b"[" * 600 + b"]" * 600 + b"}",
        b"[" * 100_000,
        b"null",
    ],
)
def test_json_that_php_does_not_understand_is_nothing_at_all(body: bytes, admin: Browser) -> None:
    answer = admin.call("POST", "/oauth/clients", data=body, headers={"Content-Type": "application/json"})
    assert answer.json()["errors"] == NOTHING_SENT


def test_the_query_string_gives_what_the_body_leaves_out(admin: Browser) -> None:
    answer = admin.call("POST", "/oauth/clients?name=query&types[]=password_client", json={"name": "body"})
    assert (answer.status_code, answer.json()["name"]) == (201, "body")


def test_text_that_is_no_utf_8_cannot_be_stored(admin: Browser) -> None:
    form = b"name=%FF&types[]=password_client"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert admin.call("POST", "/oauth/clients", data=form, headers=headers).status_code == 500


def test_a_huge_number_is_a_float_as_in_php(admin: Browser) -> None:
    body = b'{"name": 12345678901234567890, "types": ["password_client"]}'
    made = admin.call("POST", "/oauth/clients", data=body, headers={"Content-Type": "application/json"})
    assert admin.names()[made.json()["id"]] == "1.2345678901235E+19"


def test_nothing_is_written_when_one_field_is_refused(admin: Browser) -> None:
    before = admin.call("GET", "/oauth/clients").json()
    admin.create(name="x", types=[CODE], redirect="/relative")
    admin.call("PUT", "/oauth/clients/3", json={"name": "x", "types": ["foo"]})
    assert admin.call("GET", "/oauth/clients").json() == before
