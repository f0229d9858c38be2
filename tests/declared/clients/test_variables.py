"""What `${name}` becomes, and what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.declared.clients.fast_path import substitute_defined
from reconciler.declared.clients.variables import _faults, _filled, names_in, substitute

VARIABLES = {"host": "portal.example.com", "a_b_1": "x", "dollar": "${host}"}


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("https://${host}/cb", "https://portal.example.com/cb"),
        ("${host}${a_b_1}", "portal.example.comx"),
        ("$${host}", "${host}"),
        ("$$${host}", "$${host}"),
        ("$${${host}", "${portal.example.com"),
        ("${dollar}", "${host}"),
        ("$host $ {host} $", "$host $ {host} $"),
        ("", ""),
    ],
)
def test_references_are_filled_in_once_and_escapes_are_not_references(written: str, filled: str) -> None:
    """A value is text: what looks like a reference in it stays."""
    substituted = substitute(written, VARIABLES)
    assert substituted.text == filled
    assert substituted.complete


def test_what_nothing_defines_is_named_once_and_stands_as_written() -> None:
    """Names are exact: case counts."""
    substituted = substitute("https://${Host}/${tenant}/${Host}/${host}", VARIABLES)
    assert substituted.undefined == ("Host", "tenant")
    assert substituted.text == "https://${Host}/${tenant}/${Host}/portal.example.com"
    assert not substituted.complete


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("https://${host/cb", "has a '${' without its '}'"),
        ("${", "has a '${' without its '}'"),
        ("${a${host}", "has a '${' without its '}'"),
        ("https://${}/cb", "has '${}', which names no variable"),
        ("${my host}", "has '${my host}', which is not a variable name"),
        ("${1st}", "has '${1st}', which is not a variable name"),
        ("${ho\x1bst}", "has '${ho\\u{1b}st}', which is not a variable name"),
    ],
)
def test_a_reference_that_cannot_be_read_is_a_fault_and_not_an_undefined_name(written: str, fault: str) -> None:
    """One slip, one message."""
    substituted = substitute(written, VARIABLES)
    assert substituted.faults == (fault,)
    assert substituted.undefined == ()


@given(st.text("${}ab-", max_size=12))
def test_every_text_is_filled_in_or_has_a_reason_why_not(text: str) -> None:
    """What is complete has every name that it refers to defined."""
    substituted = substitute(text, {"a": "1", "b": "2"})
    assert substituted.complete or substituted.faults or substituted.undefined
    assert not substituted.complete or set(names_in(text)) <= {"a", "b"}


@given(st.text(max_size=20))
def test_every_text_can_be_written_with_escapes(text: str) -> None:
    """`$${` gives back what `${` would have started."""
    assert substitute(text.replace("${", "$${"), {}).text == text or "$${" in text


FEW = {"a": "1", "b": "${a}", "long_name": "$", "empty": ""}
PIECES = st.sampled_from(["${a}", "${b}", "${long_name}", "${empty}", "${none}", "$", "{", "}", "${", "x", "-"])


@given(st.lists(PIECES, max_size=6).map("".join))
def test_the_short_way_leads_where_the_long_one_does(text: str) -> None:
    plainly = substitute_defined(text, FEW)
    if plainly is not None:
        undefined = [name for name in names_in(text) if name not in FEW]
        assert (plainly, [], ()) == (_filled(text, FEW), undefined, _faults(text))


def test_there_is_a_short_way() -> None:
    """So that the test above could fail."""
    assert substitute_defined("x${a}-${b}/", FEW) == "x1-${a}/"
    assert substitute_defined("$${a}", FEW) is None
