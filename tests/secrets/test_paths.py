"""File names made of any client's name: they lead nowhere else, and no two meet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.secrets.paths import file_of, fixed_folder, stem
from reconciler.secrets.sinks.dotenv_names import variable_stem
from reconciler.secrets.values import SinkClient

HOSTILE = [
    "../../etc/passwd",
    "..",
    ".",
    "...",
    "a/b",
    "a\\b",
    "a\0b",
    "🦊" * 255,
    "x" * 255,
    "-rf",
    "~",
    "$(reboot)",
    "a\nb",
    ".git",
    "con",
    "NUL.txt",
    "{name}",
    "{owner}",
    " ",
    "",
    "\ud800",
    "a.",
    "a ",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_stays_one_harmless_part(name: str) -> None:
    part = stem(name)
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*[a-z0-9]", part)
    assert len(part) <= 100
    file = Path("secrets") / file_of("{instance}/{owner}/{name}.age", SinkClient("p", "u", name, name))
    assert file.parts == ("secrets", "p", part, f"{part}.age")


@given(st.text(max_size=300))
def test_every_name_stays_one_harmless_part(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]([a-z0-9._-]*[a-z0-9-])?", stem(name))
    assert len(stem(name)) <= 100


PARTS = st.sampled_from(["a", "B", "b", " ", "_", "-", ".", "é", "e", "0", "/", "client", "-0a1b2c3d", "🦊"])
NAMES = st.lists(PARTS, min_size=1, max_size=6).map("".join)


@given(NAMES, NAMES)
def test_two_names_that_differ_in_more_than_case_have_two_stems(one: str, other: str) -> None:
    assert (stem(one) == stem(other)) <= (one.lower() == other.lower())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Customer portal", "customer_portal"),
        ("ACME-2.0", "acme-2.0"),
        ("x", "x"),
        ("Café", "cafe-73473dcc"),
        ("客户门户", "client-fc7c8dd3"),
        ("customer_portal", "customer_portal-888ea75b"),
        ("portal-5e4ad2dc", "portal-5e4ad2dc-24b06a0c"),
    ],
)
def test_a_plain_name_stays_readable_and_any_other_gets_a_hash(name: str, expected: str) -> None:
    assert stem(name) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("secrets/{instance}/{owner}/{name}.age", "secrets/prod"),
        ("secrets/{owner}/{instance}/{name}.age", "secrets"),
        ("{name}.age", "."),
        ("s/{name}/x.age", "s"),
        ("s/x-{name}.age", "s"),
    ],
)
def test_the_fixed_folder_is_the_deepest_that_all_files_are_in(path: str, expected: str) -> None:
    assert fixed_folder(path, "prod") == Path(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Customer portal", "CUSTOMER_PORTAL"),
        ("  a--b  ", "A_B"),
        ("1Café", "_1CAFE"),
        ("straße", "STRASSE"),
        ("客户门户", "CLIENT_FC7C8DD3"),
    ],
)
def test_a_variable_is_called_after_the_client(name: str, expected: str) -> None:
    assert variable_stem(name) == expected


@given(st.text())
def test_every_name_gives_a_name_that_shells_accept(name: str) -> None:
    assert re.fullmatch("[A-Z_][A-Z0-9_]*", variable_stem(name))
