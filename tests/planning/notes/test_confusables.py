"""Names that people may take for other names: what the plan says about those that it gives to clients."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pytest

from reconciler.planning.notes.confusables import _LATIN
from reconciler.planning.plan.plan import Plan
from tests.builders import declare, listing, live, plan_of, present


def notes(plan: Plan) -> list[str]:
    return [note.text for note in plan.notes if note.code == "name-confusable"]


def noted(name: str, *names: str) -> list[str]:
    """What is said about a new client, beside live ones."""
    return notes(plan_of(declare(present(name)), listing(*(live(10 + at, each) for at, each in enumerate(names)))))


def test_a_letter_of_another_script_that_looks_latin_is_named() -> None:
    assert noted("\u0421ustomer") == [
        "the name '\u0421ustomer' can be mistaken for another one: it has U+0421 (CYRILLIC CAPITAL LETTER ES) like 'C'"
    ]


def test_the_live_client_whose_name_reads_the_same_is_named_too() -> None:
    [note] = noted("\u0421ustomer  portal", "Other", "customer portal")
    assert note.endswith("and 2 blanks in a row after '\u0421ustomer'; 'customer portal' is live")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("P\u0410\u0423", ["U+0410", "U+0423"]),
        ("\u0420\u0410\u0423", ["U+0420", "U+0410", "U+0423"]),
        ("Payments \u0441", ["U+0441"]),
        ("\u0391BC", ["U+0391"]),
        ("\u0410\u0412\u0421\u0415\u041d\u041a\u0425", ["U+0410", "U+0412", "U+0421", "4 more such letters"]),
        ("\u041f\u043e\u0440\u0442a\u043b", ["U+0061 (LATIN SMALL LETTER A) among letters of another script"]),
        ("\u13aapp", ["U+13AA"]),
        ("P\u0585rtal", ["U+0585"]),
    ],
)
def test_letters_are_named_wherever_they_pretend_to_be_of_the_script_around_them(
    name: str, letters: Sequence[str]
) -> None:
    [note] = noted(name)
    assert all(letter in note for letter in letters)


@pytest.mark.parametrize(
    "name",
    [
        "Customer portal",
        "Café München Straße Łódź Kayıt",
        "\u041f\u043e\u0440\u0442\u0430\u043b \u0441 \u0434\u0430\u043d\u043d\u044b\u043c\u0438",
        "API \u043f\u043e\u0440\u0442\u0430\u043b",
        "\u0395\u03bb\u03bb\u03ac\u03b4\u03b1 2",
        "顧客ポータル A",
    ],
)
def test_a_name_in_its_own_script_is_as_good_as_any(name: str) -> None:
    assert noted(name) == []


@pytest.mark.parametrize("blanks", ["  ", " \u00a0", "\u00a0\u00a0", "\u3000 "])
def test_doubled_blanks_are_said(blanks: str) -> None:
    """A browser shows them as one."""
    [note] = noted(f"Customer{blanks}portal")
    assert note.endswith("can be mistaken for another one: it has 2 blanks in a row after 'Customer'")


def test_a_renamed_client_is_noted_and_one_that_keeps_its_name_is_not() -> None:
    odd = "\u0421ustomer"
    assert len(notes(plan_of(declare(present(odd, previous=("Portal",))), listing(live(7, "Portal"))))) == 1
    assert notes(plan_of(declare(present(odd)), listing(live(7, odd)))) == []


def test_the_table_holds_letters_that_no_normalisation_or_case_folds_to_latin() -> None:
    """Those are blocked as lookalikes already."""
    for odd, latin in _LATIN.items():
        assert latin.isascii()
        assert not unicodedata.normalize("NFKC", odd).casefold().isascii()
