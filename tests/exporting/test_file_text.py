"""Exported entries as a file, read with the eyes of whoever reviews it."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.declared.yaml.load import load_text
from reconciler.exporting.entries import ExportedEntry, LeftOut, Withheld
from reconciler.exporting.file_text import heading_lines, item_lines, left_out_lines, render_export
from reconciler.exporting.variables import Proposal
from reconciler.model.clients import ClientSpec
from tests.builders import CODE, PASSWORD

PORTAL = ExportedEntry(
    ClientSpec("Customer portal", frozenset({CODE}), ("https://portal.example.com/cb",)), ("production",)
)
DESK = ExportedEntry(
    ClientSpec("Desk: one", frozenset({CODE, PASSWORD}), ("http://a.example/cb", "https://b.example/cb")),
    ("production", "staging"),
    allow=("redirect-plain-http",),
    notes=("allowed, since it is live: it is old",),
)
TWICE = Withheld("Twice", ("2 live clients have this name:", "  6", "  7", "pin one"), PORTAL)
PROPOSAL = Proposal(PORTAL, (("production", (("portal_host", "portal.example.com"),)), ("staging", (("a", "1.2"),))))

FILE = """\
# yaml-language-server: $schema=../schemas/auth-clients.schema.json
# the live clients of production and staging, as `reconciler export` wrote them
# left out of production: 5 system clients and 1 ignored client
clients:
  # only the host differs between production: with a variable, this entry could replace all of them:
  # - name: Customer portal
  #   instances: [production]
  #   grants:
  #     authorization_code:
  #       redirect_url: "https://portal.example.com/cb"
  # and in reconciler.yaml, under instances:
  #   production: {variables: {portal_host: portal.example.com}}
  #   staging: {variables: {a: "1.2"}}
  - name: Customer portal
    instances: [production]
    grants:
      authorization_code:
        redirect_url: "https://portal.example.com/cb"
  # allowed, since it is live: it is old
  - name: "Desk: one"
    instances: [production, staging]
    allow: [redirect-plain-http]
    grants:
      authorization_code:
        redirect_url: ["http://a.example/cb", "https://b.example/cb"]
      password: true
  # not declared: 2 live clients have this name:
  #   6
  #   7
  # pin one
  # - name: Customer portal
  #   instances: [production]
  #   grants:
  #     authorization_code:
  #       redirect_url: "https://portal.example.com/cb"
"""


def test_a_file_has_entries_and_comments_where_a_reviewer_must_look() -> None:
    heading = heading_lines(["production", "staging"], [LeftOut("production", 5, 1), LeftOut("staging", 0, 0)])
    modeline = "yaml-language-server: $schema=../schemas/auth-clients.schema.json"
    text = render_export([PORTAL, DESK, TWICE], modeline, heading, {PORTAL.name: PROPOSAL})
    assert text == FILE


def test_taking_an_entry_out_of_its_comment_puts_it_in_place() -> None:
    lines = render_export([DESK, TWICE], "x").splitlines()
    start = lines.index("  # - name: Customer portal")
    text = "\n".join([*lines[:start], *(line.replace("# ", "", 1) for line in lines[start:])])
    assert [each["name"] for each in yaml.safe_load(text)["clients"]] == ["Desk: one", "Customer portal"]


def test_a_file_without_entries_declares_none() -> None:
    assert render_export([], "x").splitlines() == ["# x", "clients: []"]
    assert yaml.safe_load(render_export([TWICE], "x")) == {"clients": []}


def test_what_is_left_out_is_counted_in_words() -> None:
    counts = {"a": (0, 0), "b": (5, 2), "c": (1, 0), "d": (5, 2)}
    assert left_out_lines(LeftOut(name, *numbers) for name, numbers in counts.items()) == [
        "left out of b and d: 5 system clients and 2 ignored clients each",
        "left out of c: 1 system client",
    ]


@given(st.text(), st.text())
def test_no_comment_can_be_left_by_what_stands_in_it(reason: str, name: str) -> None:
    entry = ExportedEntry(ClientSpec(name, frozenset({CODE}), (name,)), ("production",))
    text = render_export([Withheld(name, (reason,), entry), PORTAL], "x", [reason])
    loaded = load_text(text.encode(), "a.yaml")
    assert not loaded.diagnostics
    assert [each["name"] for each in yaml.safe_load(text)["clients"]] == [PORTAL.name]
    assert all(line.startswith("  # ") for line in item_lines(Withheld(name, (reason,), entry)))
