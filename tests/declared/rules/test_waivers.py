"""How rules are tuned and waived, and how what several instances have in common is told once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.declared.rules.registry import RULES
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Severity
from reconciler.model.settings import RuleSetting, Settings
from tests.declared.declaring import PLACE, SANDBOX, declared, names_of, only, settings, shared, with_redirect

FRAGMENT = with_redirect("https://a.example/#x")
WAIVED = with_redirect("https://a.example/#x", more="  allow: [redirect-fragment]")
NOT_WAIVABLE = sorted(name for name, rule in RULES.items() if not rule.waivable)
NOT_TUNABLE = sorted(name for name, rule in RULES.items() if not rule.tunable)


def tuned(name: str, **how: bool | Severity) -> Settings:
    """Settings in which one rule is tuned."""
    sources = ((name, PLACE),)
    return replace(settings(rules={name: RuleSetting(**how)}), rule_sources=sources)  # type: ignore[arg-type]


def test_an_entry_waives_a_rule_by_its_name() -> None:
    """Where the reviewer sees it."""
    assert names_of(declared(FRAGMENT, settings())) == ["redirect-fragment"]
    assert names_of(declared(WAIVED, settings())) == []


def test_a_waiver_is_for_its_own_entry() -> None:
    """Not for the file."""
    text = WAIVED + with_redirect("https://b.example/#x").removeprefix("clients:").replace("Portal", "Other")
    assert only(declared(text, settings())).message.startswith("redirect URL 'https://b.example/#x'")


def test_waiving_a_rule_that_finds_nothing_does_no_harm() -> None:
    """Waivers may be written ahead, and variables differ between instances."""
    assert names_of(declared(WAIVED.replace("#x", "x"), settings())) == []


@pytest.mark.parametrize("severity", list(Severity))
def test_the_severity_of_a_rule_can_be_tuned(severity: Severity) -> None:
    """In both directions."""
    assert only(declared(FRAGMENT, tuned("redirect-fragment", severity=severity))).severity is severity


def test_a_rule_can_be_off() -> None:
    """Then it finds nothing."""
    assert names_of(declared(FRAGMENT, tuned("redirect-fragment", off=True))) == []


def test_a_rule_that_may_no_longer_be_waived_is_reported_and_so_is_the_waiver() -> None:
    """A platform team decides; the entry's own waiver does not outvote it."""
    found = declared(WAIVED, tuned("redirect-fragment", waivable=False))
    assert names_of(found) == ["redirect-fragment", "allow-not-waivable"]


def test_a_rule_can_be_made_waivable() -> None:
    """As long as it is tunable."""
    text = with_redirect("/cb", more="  allow: [redirect-not-absolute]")
    assert names_of(declared(text, tuned("redirect-not-absolute", waivable=True))) == []


@pytest.mark.parametrize("name", NOT_WAIVABLE)
def test_a_rule_that_is_not_waivable_says_so_where_it_is_waived(name: str) -> None:
    """At the name's own place."""
    found = only(declared(f"clients:\n- name: A\n  state: absent\n  allow: [{name}]", settings()))
    assert (found.rule, found.severity) == ("allow-not-waivable", Severity.ERROR)
    assert found.message == f"the rule {name} cannot be waived"
    assert found.location == Location("clients/all.yaml", 4, 11)


def test_an_unknown_rule_under_allow_is_an_error_with_a_guess() -> None:
    """A waiver with a slip in it waives nothing."""
    found = only(declared("clients:\n- name: A\n  state: absent\n  allow: [redirect-fragmnet]", settings()))
    assert found.rule == "allow-unknown"
    assert found.hint == "did you mean 'redirect-fragment'?"
    assert found.location == Location("clients/all.yaml", 4, 11)


def test_an_unknown_rule_in_the_settings_is_an_error_with_a_guess_at_its_place() -> None:
    """Else a rule that was meant to be stricter stays lax."""
    found = only(declared("clients: []", tuned("redirect-fragmnet", severity=Severity.WARNING)))
    assert (found.rule, found.location) == ("rules-unknown", PLACE)
    assert found.hint == "did you mean 'redirect-fragment'?"


@pytest.mark.parametrize("name", NOT_TUNABLE)
def test_some_rules_cannot_be_tuned(name: str) -> None:
    """Planning relies on them."""
    found = only(declared("clients: []", tuned(name, off=True)))
    assert (found.rule, found.severity) == ("rules-not-tunable", Severity.ERROR)


def test_a_rule_that_cannot_be_tuned_stays_as_it_is() -> None:
    """The setting is an error, and the rule is applied nevertheless."""
    text = "clients: [{name: A, state: absent}, {name: A, state: absent}]"
    assert set(names_of(declared(text, tuned("duplicate-name", off=True)))) == {"duplicate-name", "rules-not-tunable"}


def test_what_every_instance_has_is_reported_once_without_naming_any() -> None:
    """It is a mistake in the file, not of an instance."""
    found = only(declared(FRAGMENT, settings(*(shared(f"staging-{n}") for n in range(5)))))
    assert found.message == (
        "redirect URL 'https://a.example/#x' has a fragment, which OAuth forbids (RFC 6749 section 3.1.2)"
    )


@pytest.mark.parametrize(("wrong", "where"), [(1, "staging-0"), (2, "staging-0, staging-1"), (3, "3 instances")])
def test_what_some_instances_have_is_reported_once_and_says_where(wrong: int, where: str) -> None:
    """One or two by name, more by their number."""
    instances = [shared(f"staging-{n}", tail="#x" if n < wrong else "x") for n in range(5)]
    found = only(declared(with_redirect("https://a.example/${tail}"), settings(*instances)))
    assert found.message.endswith(f"(RFC 6749 section 3.1.2) (on {where})")


def test_an_instance_that_an_entry_is_not_for_does_not_count() -> None:
    """All that the entry is for have the problem: nothing to add."""
    text = with_redirect("https://a.example/#x", more="  instances: [production]")
    found = only(declared(text, settings(shared("production"), shared("staging"))))
    assert "(on" not in found.message


def test_an_undefined_variable_always_names_its_instances() -> None:
    """Variables are defined instance by instance."""
    text = with_redirect("https://${host}/cb")
    assert only(declared(text, settings())).message == "variable 'host' is not defined (on production)"
    found = only(declared(text, settings(shared("production"), shared("staging"), SANDBOX)))
    assert found.message == "variable 'host' is not defined (on 3 instances)"
