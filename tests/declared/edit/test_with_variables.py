"""Live redirect URLs on their way into a file: variables stay where they still hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.declared.clients.variables import substitute
from reconciler.declared.edit.with_variables import urls_with_variables, with_variables

VARIABLES = {"host": "portal.example.com", "port": "8443", "path": "oauth", "empty": "", "dollar": "$"}


@pytest.mark.parametrize(
    ("written", "live", "becomes"),
    [
        ("https://${host}/cb", "https://portal.example.com/cb2", "https://${host}/cb2"),
        ("https://${host}/cb", "http://portal.example.com/cb", "http://${host}/cb"),
        ("https://${host}/cb", "https://portal.example.com:444/cb", "https://${host}:444/cb"),
        ("https://${host}/cb", "https://portal.example.com", "https://${host}"),
        ("https://${host}:${port}/${path}", "https://portal.example.com:8444/oauth", "https://${host}:8444/${path}"),
        ("https://${host}/cb", "https://portal.example.com.evil.example/cb", "https://portal.example.com.evil.example/cb"),
        ("https://${host}/cb", "https://my.portal.example.com/cb", "https://my.portal.example.com/cb"),
        ("https://${host}/cb", "https://other.example.com/cb", "https://other.example.com/cb"),
        ("https://${host}/cb", "https://portal.example.com/${x}", "https://${host}/$${x}"),
        ("https://${unknown}/cb", "https://portal.example.com/cb", "https://portal.example.com/cb"),
    ],
)  # fmt: skip
def test_a_variable_stays_where_its_value_still_stands(written: str, live: str, becomes: str) -> None:
    assert with_variables(live, written, VARIABLES) == becomes


def test_urls_that_did_not_change_stay_as_they_are_written() -> None:
    written = ("https://${host}/a", "https://b.example.com/")
    live = ("https://portal.example.com/a", "https://new.example.com/", "https://b.example.com/")
    assert urls_with_variables(written, live, VARIABLES) == ("https://${host}/a", live[1], "https://b.example.com/")


MARKS = ["https://", "${host}", "${port}", "${path}", "${empty}", "${dollar}", "$${", "$", "{x}", "/", "a", ":"]
PIECES = st.lists(st.sampled_from(MARKS)).map("".join)


@given(st.lists(PIECES, max_size=3), st.lists(PIECES.map(lambda text: substitute(text, VARIABLES).text), max_size=3))
def test_whatever_was_written_the_result_stands_for_what_is_live(written: list[str], live: list[str]) -> None:
    taken = urls_with_variables(written, live, VARIABLES)
    assert [substitute(each, VARIABLES).text for each in taken] == live
