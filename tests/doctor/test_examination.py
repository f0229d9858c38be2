"""What the facts about the way and the account mean: each fact a finding, each finding a way out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.doctor.account import AccountUses
from reconciler.doctor.checks import CheckState, lines_of
from reconciler.doctor.examination import Context, Examination, examine
from reconciler.doctor.finding import CODES, Check, FindingSeverity
from reconciler.live.probe.facts import (
    AccountFacts,
    AnonymousAnswer,
    AnswerKind,
    Certificate,
    Connected,
    Failure,
    LoggedIn,
    NotLoggedIn,
    Permissions,
    PermissionState,
    ProbeResult,
    Resolved,
    Secured,
    Untrusted,
)
from reconciler.model.settings import Settings
from tests.builders import declare, listing
from tests.doctor.test_clients import FRESH, STAGING, URL

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HAS, LACKS, PERHAPS = PermissionState.GRANTED, PermissionState.LACKING, PermissionState.UNKNOWN


def certificate(days: float) -> Certificate:
    return Certificate("staging.example.com", "Example CA", NOW - timedelta(90), NOW + timedelta(days))


def answered(status: int, kind: AnswerKind, skew: int | None = 0, leads_to: str | None = None) -> AnonymousAnswer:
    return AnonymousAnswer(status, kind, 40, skew, leads_to)


HEALTHY = ProbeResult(
    URL,
    NOW,
    name=Resolved(("192.0.2.1",)),
    connection=Connected("192.0.2.1", 12),
    tls=Secured("TLSv1.3", certificate(72)),
    answer=answered(401, AnswerKind.PLATFORM),
)
EVERYTHING = LoggedIn(Permissions(HAS, HAS, HAS, HAS), 7200.0, listing(*FRESH))


def examined(reach: ProbeResult | Failure = HEALTHY, account: AccountFacts | None = EVERYTHING) -> Examination:
    settings = Settings(Path("reconciler.yaml"), (STAGING,))
    return examine(Context(STAGING, settings, declare()), reach, account)


def codes(examination: Examination) -> list[str]:
    """The codes of what is wrong."""
    return [each.code for each in examination.findings if each.severity is not FindingSeverity.INFO]


def states(examination: Examination) -> dict[Check, CheckState]:
    return {line.check: line.state for line in lines_of(examination)}


def test_a_healthy_instance_has_nothing_wrong_and_every_check_is_ok() -> None:
    examination = examined()
    assert codes(examination) == []
    assert set(states(examination).values()) == {CheckState.OK}
    texts = {line.check: line.text for line in lines_of(examination)}
    assert texts[Check.TLS] == (
        "TLSv1.3, certificate for staging.example.com by Example CA, valid until 2027-02-03 (in 72 days)"
    )
    assert texts[Check.PERMISSIONS] == "View, Create, Edit and Delete Auth Clients; fits plan and apply"
    assert "7 live" not in texts[Check.CLIENTS]


FAILED = Failure("it failed", None)


@pytest.mark.parametrize(
    ("reach", "code", "check"),
    [
        (ProbeResult(URL, NOW, name=FAILED), "name-not-resolved", Check.NAME),
        (replace(HEALTHY, connection=FAILED, tls=None, answer=None), "not-reachable", Check.CONNECTION),
        (replace(HEALTHY, tls=FAILED, answer=None), "tls-failed", Check.TLS),
        (replace(HEALTHY, tls=Untrusted("no", None, None), answer=None), "certificate-not-trusted", Check.TLS),
        (
            replace(HEALTHY, tls=Untrusted("no", None, certificate(9)), answer=None),
            "certificate-not-trusted",
            Check.TLS,
        ),
        (replace(HEALTHY, tls=Untrusted("no", None, certificate(-1)), answer=None), "certificate-expired", Check.TLS),
        (replace(HEALTHY, answer=FAILED), "no-answer", Check.PLATFORM),
        *(
            (replace(HEALTHY, answer=answered(status, kind)), code, Check.PLATFORM)
            for status, kind, code in [
                (301, AnswerKind.REDIRECT, "redirected"),
                (400, AnswerKind.UNKNOWN_HOST, "unknown-host"),
                (429, AnswerKind.UNAVAILABLE, "unavailable"),
                (500, AnswerKind.UNAVAILABLE, "unavailable"),
                (503, AnswerKind.UNAVAILABLE, "unavailable"),
                (200, AnswerKind.OTHER, "not-the-platform"),
                (401, AnswerKind.OTHER, "not-the-platform"),
                (403, AnswerKind.OTHER, "not-the-platform"),
                (404, AnswerKind.OTHER, "not-the-platform"),
            ]
        ),
    ],
)
def test_a_way_that_ends_early_is_one_error_at_the_check_where_it_ends(
    reach: ProbeResult, code: str, check: Check
) -> None:
    examination = examined(reach, None)
    assert codes(examination) == [code]
    assert examination.has_errors
    assert examination.findings[0].way_out
    found = states(examination)
    assert found[check] is CheckState.FAILED
    assert found[Check.LOGIN] is found[Check.CLIENTS] is CheckState.NOT_TRIED
    assert examination.account_uses == AccountUses(None, None)


def test_a_redirect_names_the_url_to_configure() -> None:
    reach = replace(HEALTHY, answer=answered(301, AnswerKind.REDIRECT, leads_to="https://acme.example.com"))
    assert "`url: https://acme.example.com`" in str(examined(reach, None).findings[0].way_out)


@pytest.mark.parametrize(("days", "warns"), [(0.1, True), (29.9, True), (30.1, False)])
def test_a_certificate_that_ends_within_thirty_days_is_a_warning(days: float, warns: bool) -> None:
    reach = replace(HEALTHY, tls=Secured("TLSv1.3", certificate(days)))
    assert codes(examined(reach)) == (["certificate-expires-soon"] if warns else [])
    assert not examined(reach).has_errors


@pytest.mark.parametrize(("skew", "warns"), [(60, False), (-60, False), (61, True), (-3600, True), (None, False)])
def test_clocks_that_differ_by_more_than_a_minute_are_a_warning(skew: int | None, warns: bool) -> None:
    reach = replace(HEALTHY, answer=answered(401, AnswerKind.PLATFORM, skew))
    assert codes(examined(reach)) == (["clock-differs"] if warns else [])


def test_plain_http_to_another_machine_is_a_warning() -> None:
    assert codes(examined(replace(HEALTHY, url="http://acme.example.com", tls=None))) == ["plain-http"]
    assert codes(examined(replace(HEALTHY, url="http://127.0.0.1:8089", tls=None))) == []


def test_behind_a_proxy_the_way_is_its_business_and_it_says_so() -> None:
    because = "https_proxy names it"
    examination = examined(ProbeResult(URL, NOW, "proxy.example.com:3128", because, answer=HEALTHY.answer))
    assert codes(examination) == []
    assert "proxy" in [each.code for each in examination.findings]
    assert states(examination)[Check.NAME] is CheckState.NOT_TRIED
    assert states(examination)[Check.PLATFORM] is CheckState.OK


@pytest.mark.parametrize(
    ("rights", "fit", "code"),
    [
        (Permissions(HAS, HAS, HAS, HAS), AccountUses(True, True), None),
        (Permissions(HAS, LACKS, LACKS, LACKS), AccountUses(True, False), None),
        (Permissions(HAS, LACKS, HAS, LACKS), AccountUses(True, False), "cannot-write-all"),
        (Permissions(LACKS, LACKS, HAS, LACKS), AccountUses(False, False), "cannot-view"),
        (Permissions(LACKS, LACKS, LACKS, LACKS), AccountUses(False, False), "cannot-view"),
        (Permissions(HAS, PERHAPS, HAS, HAS, ("why",)), AccountUses(True, None), "rights-unknown"),
        (Permissions(PERHAPS, PERHAPS, PERHAPS, PERHAPS, ("why", "too")), AccountUses(None, None), "rights-unknown"),
        (Permissions(HAS, PERHAPS, LACKS, HAS), AccountUses(True, False), "cannot-write-all"),
    ],
)
def test_the_rights_tell_what_the_account_is_good_for(rights: Permissions, fit: AccountUses, code: str | None) -> None:
    account = LoggedIn(rights, None, listing(*FRESH) if rights.view is HAS else None)
    examination = examined(account=account)
    assert examination.account_uses == fit
    assert codes(examination) == ([code] if code else [])
    assert examination.has_errors == (rights.view is LACKS)


def test_a_missing_permission_is_named_as_in_the_manual() -> None:
    account = LoggedIn(Permissions(HAS, LACKS, HAS, LACKS), None, listing(*FRESH))
    assert '"Create Auth Clients" and "Delete Auth Clients"' in examined(account=account).findings[0].message


@pytest.mark.parametrize(
    ("account", "code", "refused"),
    [
        (NotLoggedIn(FAILED, refused=True), "login-refused", True),
        (NotLoggedIn(FAILED, missing=True), "credentials-missing", False),
        (NotLoggedIn(FAILED), "login-failed", False),
    ],
)
def test_no_session_is_an_error_and_a_refusal_is_told_apart(account: AccountFacts, code: str, refused: bool) -> None:
    examination = examined(account=account)
    assert (codes(examination), examination.login_refused) == ([code], refused)
    assert states(examination)[Check.LOGIN] is CheckState.FAILED


def test_a_list_that_cannot_be_read_is_an_error() -> None:
    account = LoggedIn(
        Permissions(PERHAPS, HAS, HAS, HAS), None, None, Failure("its answer has an unexpected structure")
    )
    examination = examined(account=account)
    assert codes(examination) == ["list-failed"]
    assert states(examination)[Check.CLIENTS] is CheckState.FAILED


def test_settings_that_lead_nowhere_are_an_error_before_any_check() -> None:
    examination = examined(Failure("cannot read the CA bundle"), None)
    assert codes(examination) == ["settings-unusable"]
    assert set(states(examination).values()) == {CheckState.NOT_TRIED}


def test_a_frozen_instance_says_why() -> None:
    frozen = replace(STAGING, frozen="audit until 1 December")
    context = Context(frozen, Settings(Path("reconciler.yaml"), (frozen,)), declare())
    found = [each for each in examine(context, HEALTHY, EVERYTHING).findings if each.code == "frozen"]
    assert "audit until 1 December" in found[0].message


def test_what_is_worst_comes_first() -> None:
    reach = replace(HEALTHY, tls=Secured("TLSv1.3", certificate(3)))
    found = examined(reach, NotLoggedIn(FAILED)).findings
    assert [each.severity for each in found] == [FindingSeverity.ERROR, FindingSeverity.WARNING]


def test_every_code_that_is_given_is_listed_and_every_listed_one_is_given() -> None:
    """So that the page, which is held against the list, is held against the source."""
    files = [file for file in (ROOT / "reconciler" / "doctor").glob("*.py") if file.name != "finding.py"]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    texts = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert texts >= set(CODES)
    given = {text for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) for text in _codes(node)}
    assert given <= set(CODES)
    assert len(CODES) == len(set(CODES))


def _codes(call: ast.Call) -> Iterator[str]:
    """The code that a call gives to a finding: its first text of small letters and hyphens."""
    if isinstance(call.func, ast.Name) and call.func.id in ("Finding", "_about", "_failed"):
        texts = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        yield from texts[:1]
