"""From what is live to declarations that the rules accept and whose plan is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.declared.declare import Declared, declare
from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.load import load_text
from reconciler.exporting.entries import Export, ExportedEntry, InstanceListing, Withheld
from reconciler.exporting.file_text import render_export
from reconciler.exporting.judge_entries import judge_items
from reconciler.model.clients import ClientSpec, Grant, Listing, LiveClient, Location
from reconciler.model.diagnostics import Severity, has_errors
from reconciler.model.errors import Refused
from reconciler.model.names import is_system_client, matches_any
from reconciler.model.settings import Instance, Policy, RuleSetting, Settings
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import Plan
from reconciler.workflow.export.export import export
from tests.builders import CODE, PASSWORD, listing, live, spec, unsupported
from tests.strategies import listings

HERE = Location("reconciler.yaml", 1, 1)
MODELINE = "yaml-language-server: $schema=x.json"

POLICIES = [
    Policy(),
    Policy(required_fields=("owner",)),
    Policy(allowed_redirect_hosts=("a.example",), name_pattern="[A-Z].*"),
    Policy(forbidden_grants=(PASSWORD,), deny_personal_access_outside=("staging",), justification_mentions="WH-"),
]


def _instance(name: str, **more: str) -> Instance:
    return Instance(name, HERE, url=f"https://{name}.example.com", variables=more)


SETTINGS = Settings(Path("reconciler.yaml"), (_instance("staging"), _instance("production")))


def _exported(
    *listings: Listing, settings: Settings = SETTINGS, system: bool = False, names: Sequence[str] = ()
) -> Export:
    instances = [each for each in settings.instances if not names or each.name in names]
    return export([InstanceListing(*pair) for pair in zip(instances, listings, strict=False)], settings, system=system)


def _documents(text: str) -> Sequence[Document]:
    loaded = load_text(text.encode(), "clients/export.yaml")
    assert not loaded.diagnostics
    assert not validate_document(loaded.documents[0], "auth-clients")
    return loaded.documents


def _declared(text: str, settings: Settings) -> Declared:
    return declare(_documents(text), settings, settings.instances, complete=True)


def _plan(declared: Declared, instance: Instance, live: Listing, settings: Settings) -> Plan:
    policy = PlanPolicy(instance.name, instance.identity, settings.ignore, (), instance.system_clients)
    return make_plan(declared.by_instance.of(instance.name), live, policy)


@given(
    st.lists(listings(), min_size=2, max_size=2),
    st.sampled_from([(), ("zapier*",), ("*a",)]),
    st.booleans(),
    st.dictionaries(
        st.sampled_from(["redirect-plain-http", "name-lookalike", "redirect-host-not-allowed", "name-pattern"]),
        st.builds(RuleSetting, severity=st.sampled_from(Severity), waivable=st.booleans()),
        max_size=2,
    ),
    st.sampled_from(POLICIES),
)
def test_what_is_exported_is_valid_and_planning_it_changes_nothing(
    seen: list[Listing], ignore: tuple[str, ...], system: bool, rules: Mapping[str, RuleSetting], policy: Policy
) -> None:
    first, second = (replace(each, expect_system_clients=False) for each in SETTINGS.instances)
    instances = (first, replace(second, policy=policy))
    settings = replace(SETTINGS, instances=instances, ignore=ignore, rules=rules)
    found = _exported(*seen, settings=settings, system=system)
    text = render_export(found.items, MODELINE)
    declared = _declared(text, settings)
    assert not has_errors(declared.diagnostics)
    mentioned = set(found.names)
    for instance, looked_at in zip(instances, seen, strict=True):
        plan = _plan(declared, instance, looked_at, settings)
        assert (plan.changes, plan.blocked) == ((), ())
        entries = [each for each in found.items if isinstance(each, ExportedEntry) and instance.name in each.instances]
        assert plan.in_sync == len(entries)
        names = [client.name for client in looked_at.clients] + [client.name for client in looked_at.unsupported]
        for name in names:
            left_out = matches_any(ignore, name) or (not system and is_system_client(name))
            assert (name in mentioned) or left_out
    backwards = declare(_documents(render_export(found.items[::-1], MODELINE)), settings, instances, complete=True)
    assert not has_errors(backwards.diagnostics)
    assert render_export(_exported(*seen, settings=settings, system=system).items, MODELINE) == text
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        read = yaml.load(text, loader)["clients"]
        assert [each["name"] for each in read] == [i.name for i in found.items if isinstance(i, ExportedEntry)]


def test_clients_that_are_alike_become_one_entry_for_their_instances() -> None:
    found = _exported(listing(live(6, "Portal"), live(7, "Only here")), listing(live(9, "Portal")))
    assert [(item.name, item.instances) for item in found.items if isinstance(item, ExportedEntry)] == [
        ("Only here", ("staging",)),
        ("Portal", ("staging", "production")),
    ]


def test_instances_stand_as_they_are_configured_whatever_the_order_of_looking() -> None:
    first, second = SETTINGS.instances
    seen = [InstanceListing(second, listing(live(6, "Portal"))), InstanceListing(first, listing(live(7, "Portal")))]
    (item,) = export(seen, SETTINGS).items
    assert isinstance(item, ExportedEntry)
    assert item.instances == ("staging", "production")


def test_a_duplicate_is_withheld_with_all_that_tells_it_from_the_others() -> None:
    found = _exported(listing(live(6, "devlink two"), live(9, spec("devlink two", PASSWORD))))
    (item,) = found.items
    assert isinstance(item, Withheld)
    assert item.reasons[:3] == (
        "2 live clients of staging have the name 'devlink two':",
        "  6 (authorization_code to 'https://app.example.com/cb', created 2026-01-07)",
        "  9 (password, created 2026-01-10)",
    )
    assert item.entry is not None
    assert item.entry.ids == (("staging", 6),)


def test_the_example_for_a_duplicate_pins_one_of_them_and_plans_nothing() -> None:
    seen = listing(live(6, "Twice"), live(9, spec("Twice", PASSWORD)))
    entries = [item.entry for item in _exported(seen).items if isinstance(item, Withheld) and item.entry]
    declared = _declared(render_export(entries, MODELINE), SETTINGS)
    assert not has_errors(declared.diagnostics)
    plan = _plan(declared, SETTINGS.instances[0], seen, SETTINGS)
    assert (plan.changes, plan.blocked, plan.in_sync) == ((), (), 1)


def test_a_duplicate_on_one_instance_leaves_its_namesake_on_another_declared() -> None:
    found = _exported(listing(live(6, "Portal"), live(7, "Portal")), listing(live(6, "Portal")))
    assert [type(item) for item in found.items] == [ExportedEntry, Withheld]


def test_an_unsupported_client_is_withheld_and_makes_its_namesake_a_duplicate() -> None:
    (alone,) = _exported(listing(unsupported(6, "Odd"))).items
    assert isinstance(alone, Withheld)
    assert "its type 'device_code' is not known" in alone.reasons[0]
    (shared,) = _exported(listing(live(5, "Odd"), unsupported(6, "Odd"))).items
    assert isinstance(shared, Withheld)


def test_system_and_ignored_clients_are_left_out_and_counted() -> None:
    settings = replace(SETTINGS, ignore=("Zapier*",))
    seen = listing(live(1, "PmApi"), live(6, "Zapier 1"), unsupported(7, "zapier 2"), live(8, "Portal"))
    found = _exported(seen, settings=settings)
    assert found.names == ("Portal",)
    assert [(each.system, each.ignored) for each in found.left_out] == [(1, 2)]


def test_a_system_client_is_exported_on_request_with_a_waiver() -> None:
    found = _exported(listing(live(1, "PmApi")), system=True)
    (item,) = found.items
    assert isinstance(item, ExportedEntry)
    assert item.allow == ("system-client-name",)
    assert found.left_out[0].system == 0


def test_a_rule_that_would_refuse_what_is_live_is_waived_with_a_note() -> None:
    (item,) = _exported(listing(live(6, spec("Old", CODE, redirect="http://a.example/cb#x")))).items
    assert isinstance(item, ExportedEntry)
    assert item.allow == ("redirect-fragment", "redirect-plain-http")
    assert len(item.notes) == 2
    assert all(
        note.startswith("allowed, since it is live: redirect URL 'http://a.example/cb#x' ") for note in item.notes
    )


def test_a_rule_that_cannot_be_waived_withholds_the_client_with_the_way_out() -> None:
    rules = {"password-without-justification": RuleSetting(severity=Severity.ERROR, waivable=False)}
    instance = replace(SETTINGS.instances[0], policy=Policy(required_fields=("owner",)))
    settings = replace(SETTINGS, rules=rules, instances=(instance,))
    (item,) = _exported(listing(live(6, spec("Desk", PASSWORD))), settings=settings).items
    assert isinstance(item, Withheld)
    assert "write 'password: {justification: why it is needed}'" in item.reasons[0]
    assert item.entry is not None
    assert item.entry.allow == ("required-field",)


@pytest.mark.parametrize("name", ["tab\there", "a\nb", "\x00", " blank", "blank ", "x" * 256, "", "\ud800"])
def test_a_name_that_cannot_be_declared_is_withheld_with_the_reason(name: str) -> None:
    found = _exported(listing(live(6, name), live(7, "Portal")))
    kinds = {item.name: type(item) for item in found.items}
    assert kinds == {name: Withheld, "Portal": ExportedEntry}


def test_clients_that_look_alike_are_waived_whatever_the_order_of_their_files() -> None:
    found = _exported(listing(live(6, "Portal"), live(7, "portal"), live(8, "Other")))
    assert [(item.name, item.allow) for item in found.items if isinstance(item, ExportedEntry)] == [
        ("Other", ()),
        ("Portal", ("name-lookalike",)),
        ("portal", ("name-lookalike",)),
    ]


def test_nothing_is_waived_for_a_likeness_to_what_is_withheld() -> None:
    found = _exported(listing(live(6, spec("Portal", CODE, redirect="https://a.example/cb,")), live(7, "portal")))
    assert [type(item) for item in found.items] == [Withheld, ExportedEntry]
    assert [item.allow for item in found.items if isinstance(item, ExportedEntry)] == [()]


def test_a_note_names_no_place_that_the_reader_cannot_open() -> None:
    found = _exported(listing(live(6, "Portal"), live(7, "portal")))
    assert [note for item in found.items if isinstance(item, ExportedEntry) for note in item.notes] == [
        "allowed, since it is live: 'Portal' looks like 'portal' [name-lookalike]",
        "allowed, since it is live: 'portal' looks like 'Portal' [name-lookalike]",
    ]


def test_entries_are_judged_beside_what_is_declared_already() -> None:
    declared = load_text(b"clients: [{name: PORTAL, grants: {password: true}}]", "clients/a.yaml").documents
    entry = ExportedEntry(ClientSpec("portal", frozenset({Grant.PASSWORD})), ("staging",))
    (item,) = judge_items([entry], SETTINGS, SETTINGS.instances, declared)
    assert isinstance(item, ExportedEntry)
    assert item.allow == ("name-lookalike",)
    assert item.notes[0].startswith("allowed, since it is live: 'portal' looks like 'PORTAL' at clients/a.yaml:1:")


def test_an_instance_without_any_client_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(Refused, match="production lists no client at all"):
        _exported(Listing(), names=("production",))
    empty = replace(SETTINGS, instances=(replace(SETTINGS.instances[0], expect_system_clients=False),))
    assert _exported(Listing(), settings=empty).items == ()


def test_what_looks_like_a_variable_on_the_instance_is_none() -> None:
    stored = ClientSpec("Odd", frozenset({CODE}), ("ftp://$${x}/cb", "https://a.example/$${y"))
    found = _exported(listing(LiveClient(6, stored)))
    text = render_export([replace(i.entry, allow=()) for i in found.items if isinstance(i, Withheld) and i.entry], "x")
    (client,) = _declared(text, SETTINGS).by_instance.of("staging").present
    assert client.spec == stored


def test_no_entry_can_be_for_one_of_two_instances_that_differ_only_in_case() -> None:
    settings = replace(SETTINGS, instances=(_instance("Prod"), _instance("prod")))
    with pytest.raises(Refused, match="Prod and prod differ only in case"):
        _exported(listing(live(6, "Portal")), settings=settings, names=("prod",))
