"""Whatever files of the right shape say, declaring answers: the same for the same, and never with an exception."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.declared.clients.fast_path import parse_url
from reconciler.declared.declare import Declared, declare
from reconciler.declared.rules.registry import RULES
from reconciler.declared.yaml.document import Document
from reconciler.model.clients import Declarations, Field, Grant
from reconciler.model.settings import Policy, RuleSetting, Settings
from reconciler.sandbox.urls import is_url, is_url_2026
from tests.declared.declaring import PLACE, SANDBOX, document, shared
from tests.declared.declaring import settings as settings_with

# How long an example takes depends on the machine, and says nothing.

POLICY = Policy(
    allowed_redirect_hosts=("*.example",),
    required_fields=("owner",),
    name_pattern="[A-Z].*",
    allowed_owners=("team-*",),
    forbidden_grants=(Grant.PASSWORD,),
    deny_personal_access_outside=("sandbox",),
    justification_mentions="[A-Z]+-[0-9]+",
)
STAGING = replace(shared("staging", host="a.example"), policy=POLICY)
PRODUCTION = replace(shared("production", host="#,*", tenant="x"), policy=POLICY)
SETTINGS = replace(
    settings_with(SANDBOX, STAGING, PRODUCTION),
    protected=("Pay*",),
    ignore=("Zap*",),
    variable_sources=(("host", PLACE), ("tenant", PLACE)),
)

NAMES = st.sampled_from(["A", "a", "A\u200b", "Payments", "Zapier", "PmApi", "Caf\u00e9", "\u202eB", "C", "${x}"])
INSTANCES = st.sampled_from(["production", "staging", "*", "s*", "prodcution"])
USUAL_PARTS = ["https:", "http:", "//", "a.example", "localhost", "[::1]", ":", "80", "/", "cb", "é", "${host}"]
ODD_PARTS = ["[", "@", "#", "?", "*", ",", "%", "${tenant}", "${nobody}", "${", "}", "$${", " ", "\u202e", "x" * 700]
URL_PARTS = st.sampled_from(USUAL_PARTS) | st.sampled_from(ODD_PARTS)
URLS = st.lists(URL_PARTS, min_size=1, max_size=8).map("".join)
REASONS = st.sampled_from([True, {"justification": "a reason"}, {"justification": " "}])

GRANTS = st.fixed_dictionaries(
    {},
    optional={
        "authorization_code": st.fixed_dictionaries({"redirect_url": URLS | st.lists(URLS, min_size=1, max_size=3)}),
        "password": REASONS,
        "personal_access_token": REASONS,
    },
).filter(bool)

_COMMON = {
    "instances": st.lists(INSTANCES, min_size=1, max_size=2),
    "ids": st.dictionaries(st.sampled_from(["production", "staging", "prod"]), st.integers(1, 3), max_size=2),
    "owner": st.sampled_from(["team", " "]),
    "allow": st.lists(st.sampled_from([*RULES, "no-rule"]), max_size=2),
}
PRESENT = st.fixed_dictionaries(
    {"name": NAMES, "grants": GRANTS},
    optional={**_COMMON, "previous_names": st.lists(NAMES, max_size=2), "ignore_changes": st.just(["redirect_url"])},
)
ABSENT = st.fixed_dictionaries({"name": NAMES, "state": st.just("absent")}, optional=_COMMON)
FILES = st.lists(st.lists(PRESENT | ABSENT, max_size=4), min_size=1, max_size=3)
TUNING = st.dictionaries(
    st.sampled_from(list(RULES)),
    st.builds(RuleSetting, off=st.booleans(), waivable=st.none() | st.booleans()),
    max_size=4,
)


def documents(files: Sequence[Sequence[Mapping[str, Any]]]) -> list[Document]:
    """The files as documents; JSON is YAML."""
    return [document(json.dumps({"clients": entries}), f"clients/{n}.yaml") for n, entries in enumerate(files)]


def declared(files: Sequence[Document], having: Settings = SETTINGS) -> Declared:
    """What the files declare for every instance."""
    return declare(files, having, having.instances, complete=True)


@given(FILES, st.randoms(use_true_random=False), TUNING)
def test_neither_the_order_of_files_nor_a_second_look_changes_anything(
    files: list[list[dict[str, Any]]], random: Any, tuning: dict[str, RuleSetting]
) -> None:
    """Equal inputs give equal output, to the last diagnostic."""
    having = replace(SETTINGS, rules=tuning, rule_sources=tuple((name, PLACE) for name in tuning))
    loaded = documents(files)
    first = declared(loaded, having)
    random.shuffle(loaded)
    assert declared(loaded, having) == first


@given(FILES)
def test_every_entry_is_present_absent_or_elsewhere_for_every_instance(files: list[list[dict[str, Any]]]) -> None:
    """Whatever rules say about it; only absent entries for other instances say nothing."""
    found = declared(documents(files)).by_instance
    for here in map(found.of, found.instances):
        present = sum("grants" in entry for entries in files for entry in entries)
        assert len(here.present) + len(here.elsewhere) == present
        assert len(here.absent) <= sum("state" in entry for entries in files for entry in entries)
        assert _is_sound(here)


def _is_sound(here: Declarations) -> bool:
    with_code = all((Grant.AUTHORIZATION_CODE in c.spec.grants) == bool(c.spec.redirect_urls) for c in here.present)
    return with_code and all(c.ignore_changes <= {Field.REDIRECT_URL} for c in here.present)


@given(FILES)
def test_every_diagnostic_is_one_printable_line_with_a_way_out_of_a_known_rule(
    files: list[list[dict[str, Any]]],
) -> None:
    """Nothing from a file can break or reorder what people read; and no two are the same."""
    diagnostics = declared(documents(files)).diagnostics
    assert len(set(diagnostics)) == len(diagnostics)
    for diagnostic in diagnostics:
        assert str(diagnostic).isprintable()
        assert diagnostic.hint
        assert diagnostic.rule in RULES
        assert not diagnostic.message.endswith(".")
        assert len(diagnostic.message) < 400


@given(FILES, st.sampled_from([name for name, rule in RULES.items() if rule.tunable]))
def test_a_rule_that_is_off_finds_nothing_and_silences_no_other(files: list[list[dict[str, Any]]], off: str) -> None:
    """Rules do not depend on one another."""
    loaded = documents(files)
    having = replace(SETTINGS, rules={off: RuleSetting(off=True)})
    assert declared(loaded, having).diagnostics == tuple(d for d in declared(loaded).diagnostics if d.rule != off)


@given(st.text(max_size=60) | URLS)
def test_any_text_can_be_taken_apart_as_a_url(text: str) -> None:
    """Parsers of libraries raise for some."""
    url = parse_url(text)
    assert url.text == text
    assert url.host == url.host.lower()
    assert url.fault is None or url.fault.isprintable()


@given(st.from_regex(r"https://(xn--)?[a1._-]{1,8}(xn--)?[a1._-]{0,3}/cb", fullmatch=True))
def test_a_host_in_which_nothing_is_wrong_is_taken_by_every_later_version(text: str) -> None:
    """Otherwise the platform would refuse it in the middle of an apply."""
    assert parse_url(text).fault is not None or (is_url(text) and is_url_2026(text))


@given(st.from_regex(r"https?://[a-z0-9._-]{1,20}(/[A-Za-z0-9._~/-]{0,20})?", fullmatch=True))
def test_a_plain_url_is_taken_apart_the_same_on_the_short_way(text: str) -> None:
    """Where a query would not matter, adding one gives the same parts on the long way."""
    short, long = parse_url(text), parse_url(f"{text}?x")
    assert replace(long, text=text) == short
