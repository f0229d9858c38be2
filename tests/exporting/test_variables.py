"""A variable is proposed where only the host differs, and nowhere else."""

from __future__ import annotations

import pytest

from reconciler.exporting.entries import ExportedEntry, Item, Withheld
from reconciler.exporting.variables import Proposal, propose_variables
from reconciler.model.clients import ClientSpec, Grant, Location
from reconciler.model.settings import Instance
from tests.builders import CODE, PASSWORD


def _instance(name: str, **variables: str) -> Instance:
    return Instance(name, Location("reconciler.yaml", 1, 1), url=f"https://{name}.example", variables=variables)


INSTANCES = (_instance("production"), _instance("staging"), _instance("test"))


def _entry(name: str, *urls: str, on: str | tuple[str, ...] = "production", grant: Grant = CODE) -> ExportedEntry:
    return ExportedEntry(ClientSpec(name, frozenset({grant}), urls), (on,) if isinstance(on, str) else on)


def _propose(*items: Item, instances: tuple[Instance, ...] = INSTANCES) -> Proposal | None:
    found = propose_variables(items, instances)
    assert len(found) <= 1
    return next(iter(found.values()), None)


def test_a_variable_named_after_the_client_makes_one_entry_of_several() -> None:
    proposal = _propose(
        _entry("Customer portal", "https://staging.example/cb?a=1", on="staging"),
        _entry("Customer portal", "https://portal.example/cb?a=1", on=("production", "test")),
    )
    assert proposal is not None
    assert proposal.entry.spec.redirect_urls == ("https://${customer_portal_host}/cb?a=1",)
    assert proposal.entry.instances == ("production", "staging", "test")
    assert proposal.values == (
        ("production", (("customer_portal_host", "portal.example"),)),
        ("staging", (("customer_portal_host", "staging.example"),)),
        ("test", (("customer_portal_host", "portal.example"),)),
    )


def test_of_several_urls_those_whose_host_is_the_same_everywhere_stay_as_they_are() -> None:
    proposal = _propose(
        _entry("P", "https://a.example/cb", "https://same.example/$${x}", "https://b.example/z"),
        _entry("P", "https://c.example/cb", "https://same.example/$${x}", "https://d.example/z", on="staging"),
    )
    assert proposal is not None
    written = ("https://${p_host}/cb", "https://same.example/$${x}", "https://${p_host_2}/z")
    assert proposal.entry.spec.redirect_urls == written


def test_a_variable_that_says_it_already_is_used() -> None:
    known = (_instance("production", portal_host="a.example"), _instance("staging", portal_host="b.example"))
    entries = _entry("P", "https://a.example/cb"), _entry("P", "https://b.example/cb", on="staging")
    proposal = _propose(*entries, instances=known)
    assert proposal is not None
    assert (proposal.entry.spec.redirect_urls, proposal.values) == (("https://${portal_host}/cb",), ())


def test_a_variable_of_another_meaning_is_not_taken() -> None:
    known = (_instance("production", p_host="x.example"), _instance("staging"))
    entries = _entry("P", "https://a.example/cb"), _entry("P", "https://b.example/cb", on="staging")
    proposal = _propose(*entries, instances=known)
    assert proposal is not None
    assert proposal.entry.spec.redirect_urls == ("https://${p_host_2}/cb",)


def test_clients_whose_hosts_differ_in_the_same_way_share_a_variable() -> None:
    items = [
        _entry(name, f"https://{host}.example/{name}", on=on)
        for name in ("A", "B")
        for host, on in (("x", "production"), ("y", "staging"))
    ]
    found = propose_variables(items, INSTANCES)
    assert [each.entry.spec.redirect_urls for each in found.values()] == [
        ("https://${a_host}/A",),
        ("https://${a_host}/B",),
    ]


@pytest.mark.parametrize("name", ["日本語", "9 lives", "-", "x" * 255])
def test_every_name_gives_a_name_of_a_variable(name: str) -> None:
    proposal = _propose(_entry(name, "https://a.example/cb"), _entry(name, "https://b.example/cb", on="staging"))
    assert proposal is not None
    variable = proposal.values[0][1][0][0]
    assert variable.isidentifier()
    assert len(variable) < 60


@pytest.mark.parametrize(
    "other",
    [
        _entry("P", "https://b.example/other", on="staging"),
        _entry("P", "http://b.example/cb", on="staging"),
        _entry("P", "https://b.example:8443/cb", on="staging"),
        _entry("P", "https://b.example/cb", "https://b.example/more", on="staging"),
        _entry("P", "https://me@b.example/cb", on="staging"),
        _entry("P", "https://[::1]/cb", on="staging"),
        _entry("P", "https://$${x}/cb", on="staging"),
        _entry("P", on="staging", grant=PASSWORD),
        _entry("Q", "https://b.example/cb", on="staging"),
        Withheld("P", ("why",), _entry("P", "https://b.example/cb", on="staging")),
    ],
)
def test_nothing_is_proposed_where_more_than_the_host_differs(other: Item) -> None:
    assert _propose(_entry("P", "https://a.example/cb"), other) is None
