"""Edits of files as people really write them: nothing but what was wanted changes, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.declared.edit.add_entries import add_entries
from reconciler.declared.edit.block import Addition
from reconciler.declared.edit.change_entries import change_entries
from reconciler.declared.edit.nodes import parse_nodes
from reconciler.declared.edit.text_edits import CannotEdit
from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.load import load_text
from reconciler.declared.yaml.parse import HAS_LIBYAML
from reconciler.model.clients import ClientSpec, Grant
from tests.declared.yaml.difficult_yaml import AS_BYTES, PORTAL
from tests.tiers import examples

CODE, TOKEN, PASSWORD = Grant.AUTHORIZATION_CODE, Grant.PERSONAL_ACCESS_TOKEN, Grant.PASSWORD
NEW = Addition({"name": "New", "instances": ["production"], "grants": {"authorization_code": {"redirect_url": PORTAL}}})
ODD = Addition({"name": "null", "grants": {"password": {"justification": 'a "job": # not'}}}, ("# look at this",))
WANTED = (
    (frozenset({CODE}), ("https://new.example.com/cb",)),
    (frozenset({CODE}), ("https://${host}:${port}/cb",)),
    (frozenset({CODE}), (PORTAL, "https://b.example.com/cb?x=[1]")),
    (frozenset({CODE}), ("https://a.example.com/a%2Cb", PORTAL, f"{PORTAL}2", f"{PORTAL}3")),
    (frozenset({CODE, PASSWORD}), (PORTAL,)),
    (frozenset({PASSWORD}), ()),
    (frozenset({PASSWORD, TOKEN}), ()),
)


def clients(data: bytes) -> Any:
    loaded = load_text(data, "clients/all.yaml")
    assert not loaded.diagnostics, [str(each) for each in loaded.diagnostics]
    assert not validate_document(loaded.documents[0], "auth-clients")
    root: Any = loaded.documents[0].root
    return root["clients"]


def unchanged_around(old: bytes, new: bytes) -> bytes:
    """What of the old bytes is not at the beginning or at the end of the new ones."""
    start = same_start(old, new)
    return old[start : len(old) - same_start(old[start:][::-1], new[start:][::-1])]


def same_start(one: bytes, other: bytes) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def changed(text: str, name: str, grants: frozenset[Grant], *redirects: str, index: int = 0) -> str:
    amended = change_entries(dedent(text).encode(), {index: ClientSpec(name, grants, redirects)})
    assert not amended.refused
    return amended.data.decode()


@pytest.mark.parametrize("layout", AS_BYTES)
def test_new_entries_leave_every_byte_of_a_file_alone(layout: str) -> None:
    old = AS_BYTES[layout]
    new = add_entries(old, [NEW, ODD])
    assert clients(new) == [*clients(old), NEW.value, ODD.value]
    lost = unchanged_around(old, new).strip()
    in_brackets = b"[" in old and not clients(old)
    assert not lost or in_brackets or old.rstrip().endswith((b"]", b"}", b"so be it")), lost
    assert is_contained(old.replace(b"[]", b"").replace(b"[  ]", b""), new)


def is_contained(old: bytes, new: bytes) -> bool:
    """Whether the new bytes are the old ones with more in between."""
    rest = iter(new)
    return all(any(byte == other for other in rest) for byte in old if byte not in b" ")


@pytest.mark.parametrize("layout", AS_BYTES)
def test_new_entries_end_their_lines_as_the_file_does(layout: str) -> None:
    if layout == "mixed line ends":
        return
    old, new = AS_BYTES[layout], add_entries(AS_BYTES[layout], [NEW])
    for ending in (b"\r\n", b"\r", b"\n"):
        if ending in old:
            rest = new.replace(ending, b"")
            assert rest.translate(None, delete=b"\r\n") == rest
            break


@pytest.mark.parametrize("layout", AS_BYTES)
@pytest.mark.parametrize("rename", [False, True], ids=["", "renamed"])
def test_an_entry_is_changed_as_wanted_or_refused_and_the_others_stay(layout: str, rename: bool) -> None:
    old = AS_BYTES[layout]
    before = clients(old)
    for index, fields in enumerate(before):
        for grants, redirects in WANTED:
            name = "It's: new" if rename else fields["name"]
            amended = change_entries(old, {index: ClientSpec(name, grants, redirects)})
            if amended.refused:
                assert amended.data == old
                assert layout.startswith(("anchors and aliases", "explicit keys"))
                continue
            after = clients(amended.data)
            assert [each for number, each in enumerate(after) if number != index] == [
                each for number, each in enumerate(before) if number != index
            ]
            assert says(after[index]) == (name, grants, redirects)
            assert as_much_else(after[index], fields)


def says(fields: Mapping[str, Any]) -> tuple[str, frozenset[Grant], tuple[str, ...]]:
    written = fields["grants"].get("authorization_code", {}).get("redirect_url", ())
    return (
        fields["name"],
        frozenset(map(Grant, fields["grants"])),
        (written,) if isinstance(written, str) else tuple(written),
    )


def as_much_else(after: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    keeps = [grant for grant in before["grants"] if grant in after["grants"] and grant != "authorization_code"]
    rest = [key for key in before if key not in ("name", "grants")]
    return list(after) == list(before) and all(
        [*(after[key] == before[key] for key in rest), *(after["grants"][g] == before["grants"][g] for g in keeps)]
    )


@pytest.mark.parametrize("layout", AS_BYTES)
def test_what_is_as_wanted_already_is_not_touched(layout: str) -> None:
    old = AS_BYTES[layout]
    wanted = {index: ClientSpec(*says(fields)) for index, fields in enumerate(clients(old))}
    shared = layout.startswith("anchors")
    amended = change_entries(old, {} if shared else wanted)
    assert (amended.data, amended.refused) == (old, {})


@pytest.mark.parametrize("layout", [each for each in AS_BYTES if "tabs" not in each])
def test_both_parsers_place_everything_alike(layout: str) -> None:
    text = AS_BYTES[layout].decode("utf-8-sig")
    assert parse_nodes(text, libyaml=True) == parse_nodes(text, libyaml=False)


def test_comments_below_an_entry_stay_with_it_and_those_of_the_list_below_what_is_new() -> None:
    text = "clients:\n- name: A\n  grants: {password: true}\n  # of A\n# of nobody\n"
    new = add_entries(text.encode(), [ODD]).decode()
    assert new.startswith("clients:\n- name: A\n  grants: {password: true}\n  # of A\n# look at this\n- name: ")
    assert new.endswith("# of nobody\n")


def test_entries_stand_apart_where_the_file_sets_them_apart() -> None:
    entry = "- name: {}\n  grants: {{password: true}}\n"
    apart = f"clients:\n{entry.format('A')}\n{entry.format('B')}"
    assert "\n\n- name: New\n" in add_entries(apart.encode(), [NEW]).decode()
    assert "\n\n" not in add_entries(apart.replace("\n\n", "\n").encode(), [NEW]).decode()


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("https://a.example.com/cb   # why", "https://b.example.com/cb   # why"),
        ("'https://a.example.com/cb'  # why", "'https://b.example.com/cb'  # why"),
        ('"https://a.example.com/cb"', '"https://b.example.com/cb"'),
        (">-  # why\n          https://a.example.com/cb", ">-  # why\n          https://b.example.com/cb"),
        ("[https://a.example.com/cb]", "[https://b.example.com/cb]"),
        (
            "\n        # 1\n        - https://a.example.com/cb # 2",
            "\n        # 1\n        - https://b.example.com/cb # 2",
        ),
    ],
)
def test_a_redirect_keeps_its_quotes_and_its_comment(written: str, becomes: str) -> None:
    text = "clients:\n  - name: A\n    grants:\n      authorization_code:\n        redirect_url: {}\n"
    now = changed(text.format(written), "A", frozenset({CODE}), "https://b.example.com/cb")
    assert now == text.format(becomes)


def test_of_a_list_only_the_urls_that_changed_are_touched() -> None:
    text = """\
    clients:
      - name: A
        grants:
          authorization_code:
            redirect_url:
              - 'https://a.example.com/'   # one
              # two
              - 'https://b.example.com/'   # 2
              - 'https://c.example.com/'   # three
    """
    urls = ("https://a.example.com/", "https://c.example.com/", "https://d.example.com/")
    now = changed(text, "A", frozenset({CODE}), *urls)
    assert now.splitlines()[5:] == [
        "          - 'https://a.example.com/'   # one",
        "          # two",
        "          - 'https://c.example.com/'   # three",
        "          - 'https://d.example.com/'",
    ]


def test_a_justification_stays_when_another_grant_goes() -> None:
    text = """\
    clients:
      - name: A
        grants:
          authorization_code: {redirect_url: https://a.example.com/}
          # legacy
          password:
            justification: it is old   # WH-311
    """
    now = changed(text, "A", frozenset({PASSWORD, TOKEN}))
    assert now.splitlines()[3:] == [
        "      # legacy",
        "      password:",
        "        justification: it is old   # WH-311",
        "      personal_access_token: true",
    ]


@pytest.mark.parametrize(
    ("index", "grants", "why"),
    [
        (0, {PASSWORD}, "`grants` has the anchor &web, which aliases repeat"),
        (1, {PASSWORD}, "`grants` is the alias *web, which other entries share"),
        (2, {CODE}, "`authorization_code` is the alias *code, which other entries share"),
        (3, {CODE}, "`redirect_url` is the alias *url, which other entries share"),
    ],
)
def test_what_others_share_is_refused(index: int, grants: set[Grant], why: str) -> None:
    old = AS_BYTES["anchors and aliases"]
    redirects = ("https://new.example.com/cb",) if CODE in grants else ()
    wanted = {
        index: ClientSpec(clients(old)[index]["name"], frozenset(grants), redirects),
        4: ClientSpec("Nightly", frozenset({TOKEN}), ()),
    }
    amended = change_entries(old, wanted)
    assert amended.refused == {index: why}
    assert clients(amended.data)[index] == clients(old)[index]
    assert b"&pw {personal_access_token: true}" in amended.data, "an anchor that nothing repeats stays"


@pytest.mark.parametrize("data", [b"clients: [", b"\xff", b"", b"clients: {}\n", b"[]"])
def test_a_file_that_is_broken_is_refused(data: bytes) -> None:
    with pytest.raises(CannotEdit):
        add_entries(data, [NEW])


# --- documents made of pieces of style

BREAKS = st.sampled_from(["\n", "\r\n"])
COMMENTS = st.sampled_from(["", "", " # c", "   #c, - x: [", "\t# 'q" if HAS_LIBYAML else " # 'q"])
ABOVE = st.sampled_from(["", "", "# above", "  # - name: Old", "", "        # deep"])
NAMES = st.sampled_from(["Portal", "'It''s'", '"a\\x62"', "Ünï 🏥", "a - b", '"#1"', "no"])
URLS = st.sampled_from([PORTAL, f"'{PORTAL}'", f'"{PORTAL}"', f"[{PORTAL}, '{PORTAL}2']"])


@st.composite
def entries(draw: st.DrawFn, gap: int) -> list[str]:
    inner, deep = " " * draw(st.integers(1, 5)), " " * draw(st.integers(1, 5))
    lines = [f"name: {draw(NAMES)}{draw(COMMENTS)}", f"grants:{draw(COMMENTS)}"]
    if draw(st.booleans()):
        lines[1] = f"grants: {{authorization_code: {{redirect_url: {draw(URLS)}}}}}{draw(COMMENTS)}"
    else:
        lines += [f"{inner}authorization_code:{draw(COMMENTS)}", f"{inner}{deep}redirect_url: {draw(URLS)}"]
    if draw(st.booleans()):
        more = (
            ["description: |-", "  # text", "  more", ""] if draw(st.booleans()) else ["description: >", " folded", ""]
        )
        lines += more
    return ["-" + " " * (gap - 1) + lines[0], *(" " * gap + line if line else line for line in lines[1:])]


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    column, gap = draw(st.integers(0, 5)), draw(st.integers(2, 5))
    lines = [draw(ABOVE), f"clients:{draw(COMMENTS)}"]
    for _ in range(draw(st.integers(1, 3))):
        lines.append(draw(ABOVE))
        lines += [" " * column + line if line else line for line in draw(entries(gap))]
        lines += [""] * draw(st.integers(0, 2))
    lines += draw(st.sampled_from([[], ["# end"], ["...", "# end"], ["", "  # end"]]))
    newline = draw(BREAKS)
    return (newline.join(lines) + draw(st.sampled_from([newline, "", newline * 2]))).encode()


@examples(3)
@given(documents(), st.lists(st.sampled_from([NEW, ODD]), min_size=1, max_size=2))
def test_without_the_new_entries_any_file_is_what_it_was(old: bytes, additions: list[Addition]) -> None:
    new = add_entries(old, additions)
    assert unchanged_around(old, new) == b""
    assert len(new) > len(old)
    assert [dict(each) for each in clients(new)] == [*clients(old), *(each.value for each in additions)]


@examples(3)
@given(documents(), st.data())
def test_of_any_file_only_the_entry_in_question_changes(old: bytes, data: st.DataObject) -> None:
    before = clients(old)
    index = data.draw(st.integers(0, len(before) - 1))
    grants, redirects = data.draw(st.sampled_from(WANTED))
    amended = change_entries(old, {index: ClientSpec(before[index]["name"], grants, redirects)})
    assert not amended.refused
    assert says(clients(amended.data)[index]) == (before[index]["name"], grants, redirects)
    undone = change_entries(amended.data, {index: ClientSpec(*says(before[index]))})
    assert list(map(says, clients(undone.data))) == list(map(says, before))
