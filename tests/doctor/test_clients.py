"""What the doctor says about live clients, told from values alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from reconciler.doctor.clients import judge_clients
from reconciler.doctor.finding import CODES, DoctorFinding, FindingSeverity
from reconciler.doctor.ownership import ClientCounts, count_clients
from reconciler.model.clients import Declarations, Listing, Location
from reconciler.model.lines import NEWEST
from reconciler.model.settings import Instance, Settings
from tests.builders import CODE, PASSWORD, PERSONAL, absent, declare, listing, live, present, spec, unsupported
from tests.strategies import declarations, listings

URL = "https://staging.example.com"
STAGING = Instance("staging", Location("reconciler.yaml", 1, 1), url=URL)
BOX = replace(STAGING, name="box", url=None, embedded=Path("box.sqlite3"))
LOCAL = replace(STAGING, url="http://127.0.0.1:8089")

PM_API = live(1, spec("PmApi", CODE, PERSONAL, redirect="http://localhost"))
SWAGGER = live(2, spec("Swagger UI Auth", redirect=f"{URL}/api/oauth2-callback"))
ISSUER = live(4, spec("ProcessMaker Personal Access Client", CODE, PERSONAL, redirect="http://localhost"))
FRESH = (
    PM_API,
    SWAGGER,
    live(3, spec("Password Grant", CODE, PASSWORD, redirect="http://localhost")),
    ISSUER,
    live(5, spec("ProcessMaker Password Grant Client", CODE, PASSWORD, redirect="http://localhost")),
)


def judged(
    seen: Listing,
    declared: Declarations | None = None,
    instance: Instance = STAGING,
    ignore: tuple[str, ...] = (),
) -> list[DoctorFinding]:
    settings = Settings(Path("reconciler.yaml"), (instance,), ignore=ignore)
    return list(judge_clients(seen, declared or declare(), instance, settings))


def about(code: str, found: list[DoctorFinding]) -> list[tuple[FindingSeverity, list[int]]]:
    """The severity of each finding of a code, and the clients that it is about."""
    return [(each.severity, [client.id for client in each.clients]) for each in found if each.code == code]


def redirecting(*urls: str) -> Listing:
    return listing(*FRESH, live(6, spec("Portal", redirect=",".join(urls))))


def test_a_fresh_installation_gives_no_cause_to_worry() -> None:
    """Though its own clients do what nobody else's should: grants that exclude each other, plain http."""
    found = judged(listing(*FRESH))
    assert [(each.severity, each.code) for each in found] == [(FindingSeverity.INFO, "personal-access")]
    assert about("personal-access", found) == [(FindingSeverity.INFO, [1, 4])]


@pytest.mark.parametrize("instance", [STAGING, LOCAL, BOX], ids=lambda instance: instance.name)
def test_a_listing_without_any_client_is_an_error_unless_it_is_expected(instance: Instance) -> None:
    assert about("no-clients", judged(listing(), instance=instance)) == [(FindingSeverity.ERROR, [])]
    assert judged(listing(), instance=replace(instance, expect_system_clients=False)) == []


def test_equal_names_are_one_finding_for_each_name_with_every_id() -> None:
    """Ignored and unsupported clients are counted, since the platform counts them too."""
    seen = listing(*FRESH, live(6, "Twice"), live(9, "Twice"), unsupported(7, "Zapier"), live(8, "Zapier"))
    found = judged(seen, ignore=("Zapier*",))
    assert about("duplicate-name", found) == [(FindingSeverity.WARNING, [6, 9]), (FindingSeverity.WARNING, [7, 8])]


def test_clients_that_the_platform_makes_again_and_again_are_no_reason_to_warn() -> None:
    seen = listing(*FRESH, live(6, "devlink"), live(7, "devlink"))
    assert about("duplicate-name", judged(seen)) == [(FindingSeverity.INFO, [6, 7])]


def test_names_that_look_alike_are_told_apart_from_names_that_are_equal() -> None:
    seen = listing(*FRESH, live(6, "Portal"), live(7, "PORTAL"), live(8, "Same"), live(9, "Same"))
    assert about("name-lookalike", judged(seen)) == [(FindingSeverity.WARNING, [6, 7])]


@pytest.mark.parametrize("grants", [(CODE, PASSWORD), (CODE, PERSONAL), (CODE, PASSWORD, PERSONAL)])
def test_a_client_whose_code_cannot_be_exchanged_is_one_that_nobody_can_use(grants: tuple[object, ...]) -> None:
    """The three combinations that the token endpoint refuses, also of a client that is ignored."""
    seen = listing(*FRESH, live(6, spec("Portal", *grants)))  # type: ignore[arg-type]
    assert about("code-exchange-refused", judged(seen, ignore=("*",))) == [(FindingSeverity.WARNING, [6])]


@pytest.mark.parametrize("grants", [(CODE,), (PASSWORD,), (PERSONAL,), (PASSWORD, PERSONAL)])
def test_every_other_combination_works(grants: tuple[object, ...]) -> None:
    seen = listing(*FRESH, live(6, spec("Portal", *grants)))  # type: ignore[arg-type]
    assert about("code-exchange-refused", judged(seen)) == []


def test_personal_access_is_a_warning_unless_somebody_has_reviewed_it() -> None:
    seen = listing(*FRESH, live(6, spec("Notebooks", PERSONAL)), live(7, spec("By hand", PERSONAL)))
    found = judged(seen, declare(present(spec("Notebooks", PERSONAL))))
    assert about("personal-access", found) == [(FindingSeverity.WARNING, [7]), (FindingSeverity.INFO, [1, 4, 6])]
    assert all("any user, administrators included" in each.message for each in found if each.code == "personal-access")


def test_on_2026_the_newest_client_with_personal_access_is_named_as_the_issuer() -> None:
    seen = replace(listing(*FRESH, live(7, spec("By hand", PERSONAL))), capabilities=NEWEST)
    messages = [each.message for each in judged(seen) if each.code == "personal-access"]
    assert len(messages) == 2
    assert all("client 7, 'By hand', issues the personal access tokens of all users" in each for each in messages)


def test_the_client_that_issues_everybodys_tokens_must_keep_its_grant() -> None:
    robbed = live(4, spec("ProcessMaker Personal Access Client", redirect="http://localhost"))
    found = judged(listing(PM_API, SWAGGER, robbed))
    assert about("personal-access-broken", found) == [(FindingSeverity.ERROR, [4])]
    assert about("personal-access-broken", judged(listing(PM_API, SWAGGER))) == [(FindingSeverity.WARNING, [])]
    tolerant = replace(STAGING, expect_system_clients=False)
    assert about("personal-access-broken", judged(listing(PM_API, SWAGGER), instance=tolerant)) == []


def test_it_may_have_another_id_or_another_name() -> None:
    moved = live(40, spec("ProcessMaker Personal Access Client", PERSONAL))
    renamed = live(4, spec("Tokens", PERSONAL))
    for issuer in (moved, renamed):
        assert about("personal-access-broken", judged(listing(PM_API, issuer))) == []


@pytest.mark.parametrize(
    ("redirect", "is_copy"),
    [
        (f"{URL}/api/oauth2-callback", False),
        ("https://STAGING.example.com:443/api/oauth2-callback", False),
        ("https://production.example.com/api/oauth2-callback", True),
        ("http://staging.example.com/api/oauth2-callback", True),
        ("https://[", True),
    ],
)
def test_a_copy_of_another_instance_is_known_by_the_address_it_was_installed_at(redirect: str, is_copy: bool) -> None:
    seen = listing(PM_API, live(2, spec("Swagger UI Auth", redirect=redirect)), ISSUER)
    assert about("copied-instance", judged(seen)) == ([(FindingSeverity.WARNING, [2])] if is_copy else [])
    assert about("copied-instance", judged(seen, instance=BOX)) == []


@pytest.mark.parametrize(
    ("urls", "codes"),
    [
        (["https://a.example.com/cb"], []),
        (["https://a.example.com/*"], ["redirect-wildcard"]),
        (["http://a.example.com/cb"], ["redirect-plain-http"]),
        (["https://a.example.com/cb", "foo"], ["redirect-useless"]),
        (["https://a.example.com/cb", ""], ["redirect-useless"]),
        (["ftp://a.example.com/cb"], ["redirect-useless"]),
        (["http://localhost:8080/cb"], ["redirect-loopback"]),
        (
            ["http://127.0.0.1/cb", "http://a.example.com/*"],
            ["redirect-wildcard", "redirect-plain-http", "redirect-loopback"],
        ),
    ],
)
def test_a_redirect_that_may_surprise_is_named_with_its_client(urls: list[str], codes: list[str]) -> None:
    found = [each for each in judged(redirecting(*urls)) if each.code.startswith("redirect-")]
    assert [each.code for each in found] == codes
    assert all([client.id for client in each.clients] == [6] for each in found)


def test_loopback_is_at_home_on_an_instance_that_only_this_machine_reaches() -> None:
    for instance in (BOX, LOCAL):
        assert about("redirect-loopback", judged(redirecting("http://localhost/cb"), instance=instance)) == []


def test_a_user_name_in_a_redirect_is_not_repeated() -> None:
    found = judged(redirecting("http://someone:hunter2@a.example.com/cb"))
    assert "hunter2" not in "".join(each.message + str(each.way_out) for each in found)


def test_unmanaged_clients_come_with_the_command_that_declares_them() -> None:
    seen = listing(*FRESH, live(6, "Ours"), live(7, "Theirs"), live(8, "Zapier"), unsupported(9, "Kiosk"))
    found = judged(seen, declare(present("Ours"), absent("Gone")), ignore=("zap*",))
    assert about("unmanaged", found) == [(FindingSeverity.INFO, [7])]
    assert about("unsupported", found) == [(FindingSeverity.INFO, [9])]
    assert "reconciler export --instance staging" in str([each.way_out for each in found])


def test_the_census_counts_every_client_once() -> None:
    seen = listing(*FRESH, live(6, "Ours"), live(7, "Theirs"), live(8, "Zapier"), unsupported(9, "Kiosk"))
    settings = Settings(Path("reconciler.yaml"), (STAGING,), ignore=("zap*",))
    assert count_clients(seen, declare(present("Ours")), STAGING, settings) == ClientCounts(9, 1, 1, 5, 1, 1)
    assert count_clients(seen, None, STAGING, settings) == ClientCounts(9, None, None, 5, 1, 1)


@given(listings(), declarations())
def test_the_parts_of_any_census_add_up(seen: Listing, declared: Declarations) -> None:
    client_counts = count_clients(
        seen, declared, STAGING, Settings(Path("reconciler.yaml"), (STAGING,), ignore=("a*",))
    )
    assert client_counts.managed is not None
    assert client_counts.unmanaged is not None
    parts = (
        client_counts.managed,
        client_counts.unmanaged,
        client_counts.system,
        client_counts.ignored,
        client_counts.unsupported,
    )
    assert min(parts) >= 0
    assert sum(parts) == client_counts.live == len(seen.clients) + len(seen.unsupported)


@given(listings(), declarations())
def test_whatever_is_live_the_findings_are_known_ones_about_live_clients(seen: Listing, declared: Declarations) -> None:
    ids = {client.id for client in seen.clients} | {client.id for client in seen.unsupported}
    for finding in judged(seen, declared):
        assert finding.code in CODES
        assert {client.id for client in finding.clients} <= ids
        assert finding.way_out


def test_many_clients_are_counted_not_listed() -> None:
    seen = listing(*FRESH, *(live(number, spec(f"Client {number}", PERSONAL)) for number in range(6, 106)))
    (found,) = (each for each in judged(seen) if each.severity is FindingSeverity.WARNING)
    assert "and 95 more" in found.message
    assert len(found.message) < 500
    assert len(found.clients) == 100
