"""What the entries of files mean for each instance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.declared.declare import declare
from reconciler.model.clients import (
    AbsentClient,
    ClientSpec,
    Declarations,
    DeclaredElsewhere,
    DesiredClient,
    EntryLocations,
    Field,
    Grant,
    LabelUse,
    Location,
)
from tests.declared.declaring import PRODUCTION, SETTINGS, declared, document, settings, shared, with_redirect

EVERYTHING = """\
clients:
  - name: Customer portal
    owner: team-portal
    description: The portal's single sign-on
    previous_names: [Portal, Old portal]
    ids: {production: 17}
    ignore_changes: [redirect_url]
    allow: [redirect-loopback]
    grants:
      authorization_code:
        redirect_url: https://${host}/callback
  - name: Notebooks
    grants:
      personal_access_token: {justification: Notebooks}
      password: {justification: Import}
  - name: Old CRM
    owner: team-crm
    state: absent
    ids: {production: 4}
"""


def places(*stand: tuple[int, int]) -> EntryLocations:
    """Lines and columns of name, grants and redirect URL."""
    return EntryLocations(lambda number: Location("clients/all.yaml", *stand[number]), 0, 1, 2)


def test_a_label_is_for_every_instance_that_has_it() -> None:
    """Whatever the instances are called; a glob for names never matches a label."""
    eu, both, none = (replace(shared(name), labels=labels) for name, labels in LABELLED.items())
    found = declared(
        """\
        clients:
          - {name: A, instances: ["label:EU"], grants: {password: {justification: x}}}
          - {name: B, instances: ["label:can*", plain], grants: {password: {justification: x}}}
          - {name: C, instances: ["*", "label:eu"], grants: {password: {justification: x}}}
          - {name: D, instances: ["*l:eu", "eu*"], allow: [instances-unknown], state: absent}
        """,
        settings(eu, both, none),
    )
    assert found.diagnostics == ()
    by_instance = {name: found.by_instance.of(name) for name in LABELLED}
    names = {name: [each.name for each in made.present] for name, made in by_instance.items()}
    assert names == {"berlin": ["A", "C"], "paris": ["A", "B", "C"], "plain": ["B", "C"]}
    assert [made.absent for made in by_instance.values()] == [(), (), ()]
    assert by_instance["paris"].labels == (
        LabelUse("label:EU", ("berlin", "paris"), frozenset({"A"})),
        LabelUse("label:can*", ("paris",), frozenset({"B"})),
        LabelUse("label:eu", ("berlin", "paris"), frozenset({"C"})),
    )
    assert by_instance["plain"].labels == ()
    assert [(each.name, each.instances) for each in by_instance["plain"].elsewhere] == [
        ("A", ("label:EU (berlin and paris)",))
    ]


LABELLED: dict[str, tuple[str, ...]] = {"berlin": ("eu",), "paris": ("eu", "canary"), "plain": ()}
HOSTED = shared("production", host="portal.example.com")


def test_an_entry_becomes_what_the_instance_should_have() -> None:
    """Every field, with the places that a plan points at."""
    found = declared(EVERYTHING, settings(HOSTED))
    assert found.diagnostics == ()
    portal, notebooks = found.by_instance.of("production").present
    assert portal == DesiredClient(
        spec=ClientSpec(
            "Customer portal", frozenset({Grant.AUTHORIZATION_CODE}), ("https://portal.example.com/callback",)
        ),
        places=places((2, 11), (10, 7), (11, 23)),
        owner="team-portal",
        id=17,
        previous_names=("Portal", "Old portal"),
        ignore_changes=frozenset({Field.REDIRECT_URL}),
        allow=frozenset({"redirect-loopback"}),
    )
    assert notebooks == DesiredClient(
        spec=ClientSpec("Notebooks", frozenset({Grant.PERSONAL_ACCESS_TOKEN, Grant.PASSWORD})),
        places=places((12, 11), (14, 7), (14, 7)),
    )


def test_an_absent_entry_keeps_its_id_and_owner() -> None:
    """So that the very client is deleted, and its owner's shard does it."""
    (absent,) = declared(EVERYTHING, settings(HOSTED)).by_instance.of("production").absent
    assert absent == AbsentClient("Old CRM", Location("clients/all.yaml", 16, 11), owner="team-crm", id=4)


def test_several_redirect_urls_are_joined_by_commas() -> None:
    """The platform stores them as one text."""
    found = declared(with_redirect("https://a.example/cb", "https://b.example/cb"), settings())
    (client,) = found.by_instance.of("production").present
    assert client.spec.redirect_urls == ("https://a.example/cb", "https://b.example/cb")
    assert client.redirect_source == Location("clients/all.yaml", 6, 9)


def test_each_instance_has_its_own_ids_and_variables() -> None:
    """An id of another instance means another client."""
    staging = shared("staging", host="portal.staging.example.com")
    found = declared(EVERYTHING.replace("{production: 4}", "{staging: 5}"), settings(HOSTED, staging))
    portal, *_ = found.by_instance.of("staging").present
    assert portal.id is None
    assert portal.spec.redirect_urls == ("https://portal.staging.example.com/callback",)
    assert [client.id for client in found.by_instance.of("staging").absent] == [5]
    assert [client.id for client in found.by_instance.of("production").absent] == [None]


@pytest.mark.parametrize(
    ("written", "here"),
    [("[production]", True), ("['PROD*']", True), ("[staging, '?roduction']", True), ("[staging]", False)],
)
def test_an_entry_is_for_the_instances_that_it_names(written: str, here: bool) -> None:
    """By names or globs, in any case."""
    text = f"clients:\n- name: A\n  instances: {written}\n  grants: {{password: {{justification: j}}}}\n"
    found = declared(text, settings(PRODUCTION, shared("staging")))
    assert bool(found.by_instance.of("production").present) is here
    assert bool(found.by_instance.of("production").elsewhere) is not here


def test_a_client_for_other_instances_is_known_with_their_names() -> None:
    """So that a plan can say why it is unmanaged here; an absent entry for elsewhere declares nothing."""
    text = """
    clients:
      - name: A
        instances: [staging, "test-*"]
        grants: {password: {justification: j}}
      - {name: B, instances: [staging], state: absent}
    """
    found = declared(text, settings(PRODUCTION, shared("staging"), shared("test-1")))
    here = Location("clients/all.yaml", 3, 11)
    assert found.by_instance.of("production") == Declarations(
        elsewhere=(DeclaredElsewhere("A", here, ("staging", "test-*")),)
    )


def test_values_that_rules_refuse_are_resolved_all_the_same() -> None:
    """All problems are shown at once, and none hides another."""
    found = declared(with_redirect("/cb", "https://${nowhere}/cb", "https://a.example/#x"), settings())
    (client,) = found.by_instance.of("production").present
    assert client.spec.redirect_urls == ("/cb", "https://${nowhere}/cb", "https://a.example/#x")
    assert [d.rule for d in found.diagnostics] == ["redirect-not-absolute", "undefined-variable", "redirect-fragment"]


def test_files_count_in_the_order_of_their_paths_whatever_the_order_of_loading() -> None:
    """Equal inputs give equal output, and "already declared at" points to the earlier file."""
    one = document("clients: [{name: A, state: absent}]", "clients/1.yaml")
    two = document("clients: [{name: A, state: absent}]", "clients/2.yaml")
    forth = declare([one, two], SETTINGS, SETTINGS.instances, complete=True)
    back = declare([two, one], SETTINGS, SETTINGS.instances, complete=True)
    assert forth == back
    assert [str(d.location) for d in forth.diagnostics] == ["clients/2.yaml:1:18"]


def test_nothing_declared_is_nothing_declared() -> None:
    """An empty list is how one says so."""
    found = declared("clients: []", settings())
    assert found.by_instance.instances == ("production",)
    assert found.by_instance.of("production") == Declarations()
    assert found.diagnostics == ()


def test_only_the_instances_asked_for_are_resolved_but_all_are_known() -> None:
    """An entry for another instance is no mistake because today's run leaves that out."""
    text = "clients: [{name: A, instances: [staging], ids: {staging: 3}, state: absent}]"
    having = settings(PRODUCTION, shared("staging"))
    found = declared(text, having, instances=[PRODUCTION])
    assert found.by_instance.instances == ("production",)
    assert found.diagnostics == ()


def test_without_any_instance_only_the_files_are_judged() -> None:
    """Nothing to resolve for, and still no silence about a rule that does not exist."""
    found = declared(
        "clients: [{name: A, allow: [no-rule], state: absent}]", replace(SETTINGS, instances=()), instances=[]
    )
    assert found.by_instance.instances == ()
    assert [d.rule for d in found.diagnostics] == ["allow-unknown"]
