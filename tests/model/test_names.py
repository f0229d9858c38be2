"""Globs, lookalikes and the names that the platform needs."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.names import is_system_client, lookalike_key, matches, matches_any
from reconciler.model.platform import TRIMMED

NAMES = st.text(max_size=30)
INVISIBLE = [
    "\u200b",
    "\u200d",
    "\u00ad",
    "\u2060",
    "\ufeff",
    "\u202e",
    "\u034f",
    "\ufe0f",
    "\U000e0001",
    "\x00",
    "\ue000",
]


@pytest.mark.parametrize(
    ("glob", "name"),
    [
        ("staging-*", "staging-1"),
        ("staging-*", "STAGING-"),
        ("*", ""),
        ("*", "several\nlines"),
        ("stag?ng", "staging"),
        ("PAYMENTS*", "payments terminal"),
        ("Straße*", "STRAßE 1"),
        ("a[b]c", "a[b]c"),
        ("a.c", "a.c"),
        ("!x", "!x"),
        ("**", "anything"),
    ],
)
def test_a_glob_covers_the_whole_name_in_any_case(glob: str, name: str) -> None:
    """Only `*` and `?` are special; brackets, dots and exclamation marks are not."""
    assert matches(glob, name)


@pytest.mark.parametrize(
    ("glob", "name"),
    [
        ("staging", "staging-1"),
        ("taging", "staging"),
        ("stag?", "stag"),
        ("stag?", "staging"),
        ("a[bc]", "ab"),
        ("a.c", "abc"),
        ("[!x]", "y"),
        ("a|b", "a"),
        ("", "a"),
    ],
)
def test_a_glob_does_not_cover_a_part_or_a_character_class(glob: str, name: str) -> None:
    """A name is covered as a whole or not at all."""
    assert not matches(glob, name)


@given(NAMES)
def test_a_name_without_wildcards_covers_itself(name: str) -> None:
    """Whatever else is in it."""
    plain = name.replace("*", "").replace("?", "")
    assert matches(plain, plain)


@given(st.lists(st.text("ab*?|", max_size=4), max_size=4), st.text("ab|", max_size=4))
def test_several_globs_cover_what_one_of_them_covers(globs: list[str], name: str) -> None:
    """One pattern for all of them must not let them run into one another."""
    assert matches_any(globs, name) is any(matches(glob, name) for glob in globs)


@given(NAMES)
def test_a_lookalike_key_looks_like_itself(name: str) -> None:
    """The key of a key is the key: it holds nothing more that could be folded away."""
    assert lookalike_key(lookalike_key(name)) == lookalike_key(name)


@given(st.text(st.characters(codec="ascii"), max_size=20))
def test_case_does_not_tell_names_apart(name: str) -> None:
    """Nor for accents, see below; beyond ASCII, upper and lower case are no inverses."""
    assert lookalike_key(name.upper()) == lookalike_key(name.lower()) == lookalike_key(name)


@given(NAMES, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_normalisation_does_not_tell_names_apart(name: str, form: str) -> None:
    """The platform stores text as sent, so both forms can be live."""
    assert lookalike_key(unicodedata.normalize(form, name)) == lookalike_key(name)  # type: ignore[arg-type]


@pytest.mark.parametrize("invisible", INVISIBLE)
@pytest.mark.parametrize("name", ["{}Portal", "Por{}tal", "Caf\u00e9{}", "{}"])
def test_invisible_characters_do_not_tell_names_apart(name: str, invisible: str) -> None:
    """Wherever they stand."""
    assert lookalike_key(name.format(invisible)) == lookalike_key(name.format(""))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Portal", "Portal 2"), ("Cafe", "Caf\u00e9"), ("a-b", "a_b"), ("Portal", "P\u043ertal"), ("a b", "ab")],
)
def test_names_that_differ_in_something_visible_are_no_lookalikes(one: str, other: str) -> None:
    """Letters of another script count as visible: which of them look alike is a matter of the font."""
    assert lookalike_key(one) != lookalike_key(other)


@pytest.mark.parametrize("name", ["PmApi", "pmapi", "SWAGGER UI AUTH", "devlink", "Password Grant"])
def test_the_clients_that_the_platform_installs_are_known_in_any_case(name: str) -> None:
    """The platform takes the same name in another case, so people will write it."""
    assert is_system_client(name)


def test_system_clients_can_be_named_by_globs() -> None:
    """Packages of the platform bring their own."""
    assert is_system_client("Analytics bridge", ("analytics*",))
    assert not is_system_client("Analytics bridge")
    assert not is_system_client("PmApi 2")


def test_the_characters_that_the_platform_trims_are_those_observed() -> None:
    """U+001C to U+001F are not among them, though Python's strip takes them."""
    assert len(set(TRIMMED)) == len(TRIMMED) == 56
    assert not set("\x1c\x1d\x1e\x1f") & set(TRIMMED)


@given(NAMES | st.text(st.sampled_from([*INVISIBLE, *"a №ﬁÅé\u0301ſßİ\u00a0"]), max_size=8))
def test_the_key_is_that_of_the_name_without_whatever_is_invisible(name: str) -> None:
    """Also where there is nothing to take out, which is told by a shorter way."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    ignorable = {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)}
    ignorable |= {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0, *range(0xFFF0, 0xFFF9)}
    visible = [c for c in folded if ord(c) not in ignorable and unicodedata.category(c) not in ("Cf", "Cc", "Co")]
    assert lookalike_key(name) == unicodedata.normalize("NFKC", "".join(visible))


def by_definition(glob: str, name: str) -> bool:
    """Whether a glob covers a name, by trying everything that each `*` can stand for."""
    if not glob:
        return not name
    if glob[0] == "*":
        return any(by_definition(glob[1:], name[taken:]) for taken in range(len(name) + 1))
    return name[:1] != "" and glob[0] in ("?", name[0]) and by_definition(glob[1:], name[1:])


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_a_glob_covers_what_its_definition_says(glob: str, name: str) -> None:
    """Each part is sought once, at its earliest place; that loses no match."""
    assert matches(glob, name) == matches_any([glob], name) == by_definition(glob, name)
