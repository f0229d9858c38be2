"""The canonical form: what a file means, its order of entries and its comments stay, and there is only one form."""

from __future__ import annotations

from collections import Counter
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reconciler.declared.edit.nodes import parse_nodes
from reconciler.declared.edit.text_edits import CannotEdit
from reconciler.declared.format.comments import read_comments
from reconciler.declared.format.format import format_text
from reconciler.declared.format.scalars import is_typed_elsewhere
from reconciler.declared.schema.key_order import key_order
from reconciler.declared.yaml.load import load_text
from tests.declared.yaml.difficult_yaml import AS_BYTES
from tests.declared.yaml.everyday_yaml import ENTRIES, NAMES, SETTINGS, sloppy_texts
from tests.tiers import examples


def held(data: bytes) -> Any:
    loaded = load_text(data, "a.yaml")
    assert loaded.documents, [str(each) for each in loaded.diagnostics]
    return loaded.documents[0].root


def comments(data: bytes) -> Counter[str]:
    text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    return Counter(remark.text for remark in read_comments(text, parse_nodes(text)))


def tidy(text: str | bytes, schema: str = "auth-clients") -> str:
    data = text if isinstance(text, bytes) else dedent(text).encode()
    return format_text(data, held(data), schema).decode()


def stays_what_it_was(data: bytes, schema: str) -> bool:
    """Whether there is a canonical form; and then it is one, and nothing is lost."""
    try:
        result = format_text(data, held(data), schema)
    except CannotEdit:
        return False
    assert held(result) == held(data)
    assert comments(result) == comments(data)
    assert format_text(result, held(result), schema) == result
    assert b"\r" not in result
    assert not result.startswith((b"\xef\xbb\xbf", b"\n"))
    assert result.endswith(b"\n")
    assert not result.endswith(b"\n\n")
    return True


@pytest.mark.parametrize("layout", AS_BYTES)
def test_every_layout_has_one_form_that_means_the_same(layout: str) -> None:
    assert stays_what_it_was(AS_BYTES[layout], "auth-clients") == ("markers" not in layout)


LINE_ENDS = st.sampled_from(["\n", "\r\n"])
SOME = settings(examples(1.5), suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


@SOME
@given(sloppy_texts(ENTRIES.map(lambda entries: {"clients": entries})), LINE_ENDS, st.sampled_from(["", "\ufeff"]))
def test_whatever_people_write_keeps_its_meaning_and_its_comments(text: str, line_end: str, mark: str) -> None:
    data = (mark + text.replace("\n", line_end)).encode()
    assume(load_text(data, "a.yaml").documents)
    assert stays_what_it_was(data, "auth-clients")


@SOME
@given(sloppy_texts(SETTINGS))
def test_so_do_settings(text: str) -> None:
    assume(load_text(text.encode(), "a.yaml").documents)
    assert stays_what_it_was(text.encode(), "reconciler")


def test_keys_take_the_order_of_the_schema_at_every_depth_and_unknown_ones_come_last() -> None:
    assert tidy("""\
        clients:
        - grants:
            password: {}
            authorization_code: {redirect_url: u}
          typo: x
          instances: [b, a]
          name: Portal
          owner: o
        """) == dedent("""\
        clients:
          - name: Portal
            owner: o
            instances: [b, a]
            grants:
              authorization_code: {redirect_url: u}
              password: {}
            typo: x
        """)
    assert tidy("""\
        instances: {b: {limits: {deletes: 1, creates: 2}, url: u}, a: {url: u}}
        variables: {z: 1, x: 2}
        default_instance: b
        """, "reconciler") == dedent("""\
        default_instance: b
        variables: {z: 1, x: 2}
        instances:
          b:
            url: u
            limits: {creates: 2, deletes: 1}
          a:
            url: u
        """)  # fmt: skip


def test_comments_go_where_their_key_goes_and_those_about_the_file_stay_at_its_top() -> None:
    assert tidy("""\
        # yaml-language-server: $schema=schemas/reconciler.schema.json
        # about the instances
        instances:   # two
          # the first
          a: {url: u}   # far away
          # was here: b
        # where to
        default_instance: a
        """, "reconciler") == dedent("""\
        # yaml-language-server: $schema=schemas/reconciler.schema.json
        # where to
        default_instance: a
        # about the instances
        instances:   # two
          # the first
          a:  # far away
            url: u
          # was here: b
        """)  # fmt: skip


def test_comments_that_people_aligned_stay_aligned() -> None:
    text = "clients:\n  - name: A         # one\n    owner: team    # two\n    grants: {}     # three\n"
    assert tidy(text) == text


def test_a_comment_above_the_key_that_becomes_the_first_goes_above_the_dash() -> None:
    text = "clients:\n  - owner: o\n    # of the name\n    name: A\n"
    assert tidy(text) == "clients:\n  # of the name\n  - name: A\n    owner: o\n"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("plain", "plain"),
        ("The portal's (WH-311)", "The portal's (WH-311)"),
        ("'single'", '"single"'),
        ("'it''s'", '"it\'s"'),
        ("""'say "x"'""", """'say "x"'"""),
        (r"'a\d'", r"'a\d'"),
        (r'"\u00e9\x20\/"', '"é /"'),
        (r'"two\nlines"', r'"two\nlines"'),
        ("no", '"no"'),
        ("On", '"On"'),
        ("012", '"012"'),
        ("12:30", '"12:30"'),
        ("2026-05-01T09:00Z", '"2026-05-01T09:00Z"'),
        ("~", '"~"'),
        ("7d", "7d"),
        ("true", "true"),
        ("17", "17"),
        ("null", "null"),
        ("", ""),
        ("|\n   two\n   lines", "|\n      two\n      lines"),
        (">-\n        folded\n        text\n", ">-\n      folded\n      text"),
        ("|2-\n      indented", '"  indented"'),
        ("|+\n    kept\n", r'"kept\n\n"'),
        ("plain\n     on", "plain\n      on"),
    ],
)  # fmt: skip
def test_a_scalar_has_one_spelling(written: str, canonical: str) -> None:
    assert tidy(f"clients:\n- name: {written}\n") == f"clients:\n  - name: {canonical}".rstrip(" ") + "\n"


@given(st.one_of(NAMES, st.from_regex(r"[-+]?[0-9a-fxo_.:eTZ-]{1,12}", fullmatch=True)))
def test_what_another_reader_takes_for_something_else_than_text_gets_quotes(text: str) -> None:
    try:
        other = yaml.safe_load(f"[{text}]")
    except (yaml.YAMLError, ValueError):
        return
    loaded = load_text(f"[{text}]".encode(), "a.yaml")
    if loaded.documents and loaded.documents[0].root == [text] and other != [text]:
        assert is_typed_elsewhere(text)


def test_an_alias_keeps_its_place_below_its_anchor() -> None:
    """The order of keys gives way: `grants` would come last."""
    text = "clients:\n  - grants: &g {password: true}\n    name: A\n    odd: {x: *g}\n"
    assert tidy(text) == text.replace("  - grants: &g {password: true}\n    name", "  - name").replace(
        "    odd", "    grants: &g {password: true}\n    odd"
    )
    backwards = "clients:\n  - grants: &g {password: &t x}\n    name: *t\n    owner: o\n"
    assert tidy(backwards) == backwards


def test_lists_and_mappings_in_brackets_stay_so_on_one_line_alone() -> None:
    assert tidy('{"clients": [{"name": "A", "allow": [\n"x",\n"y"], "ids": { "p" : 1 }}]}') == dedent("""\
        clients:
          - name: "A"
            ids: {p: 1}
            allow:
              - "x"
              - "y"
        """)


def test_a_directive_is_left_to_a_person() -> None:
    with pytest.raises(CannotEdit, match="directive"):
        tidy("%YAML 1.1\n---\nclients: []\n")


def test_the_order_comes_from_the_schema_also_where_it_is_put_together() -> None:
    order = key_order("auth-clients").below("clients").below("")
    assert sorted(["grants", "zzz", "name", "owner"], key=order.rank) == ["name", "owner", "grants", "zzz"]
    assert order.below("grants").rank("authorization_code") == 0
    sink = key_order("reconciler").below("instances").below("production").below("sinks").below("").below("age")
    assert sink.rank("path") < sink.rank("only")
