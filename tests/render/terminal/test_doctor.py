"""What the doctor has found, as text and as JSON, whatever an instance, a certificate or a name holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reconciler.doctor.examination import Context, examine
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
from reconciler.model.clients import Listing
from reconciler.model.settings import Settings
from reconciler.render.json.doctor import render_examinations
from reconciler.render.terminal.color import coloured
from reconciler.render.terminal.doctor import render_examination
from reconciler.render.terminal.next_step import next_after_examinations
from tests.doctor.test_clients import STAGING
from tests.render.json.test_overview import read
from tests.render.strategies import texts
from tests.render.terminal.test_properties import SGR, is_clean
from tests.strategies import declarations, listings

_times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_failures = st.builds(Failure, texts, st.none() | texts)
_certificates = st.none() | st.builds(Certificate, texts, texts, _times, _times)
_numbers = st.integers(0, 99_999)
_reaches = st.builds(
    ProbeResult,
    st.sampled_from(["https://staging.example.com", "http://acme.example.com", "http://127.0.0.1:1"]),
    _times,
    st.none() | texts,
    st.none() | texts,
    st.none() | _failures | st.builds(Resolved, st.lists(texts, min_size=1, max_size=3).map(tuple)),
    st.none() | _failures | st.builds(Connected, texts, _numbers),
    st.none()
    | _failures
    | st.builds(Secured, texts, _certificates)
    | st.builds(Untrusted, texts, texts, _certificates),
    st.none()
    | _failures
    | st.builds(
        AnonymousAnswer,
        st.integers(100, 599),
        st.sampled_from(AnswerKind),
        _numbers,
        st.none() | st.integers(-9999, 9999),
        st.none() | texts,
    ),
)
_rights = st.sampled_from(PermissionState)
_accounts = st.one_of(
    st.none(),
    st.builds(NotLoggedIn, _failures, st.booleans(), st.booleans()),
    st.builds(
        LoggedIn,
        st.builds(Permissions, _rights, _rights, _rights, _rights, st.lists(texts, max_size=3).map(tuple)),
        st.none() | st.floats(-10, 99_999),
        st.none() | listings(),
        st.none() | _failures,
    ),
)


@given(_reaches | _failures, _accounts, st.none() | declarations())
def test_no_fact_breaks_a_line_hides_in_it_or_makes_the_document_invalid(
    reach: ProbeResult | Failure, account: AccountFacts | None, declared: object
) -> None:
    """Also combinations that no instance gives cause to."""
    context = Context(STAGING, Settings(Path("reconciler.yaml"), (STAGING,)), declared)  # type: ignore[arg-type]
    examination = examine(context, reach, account)
    text = render_examination(examination) + next_after_examinations([examination])
    assert is_clean(text)
    assert "\n\n\n" not in text
    assert SGR.sub("", render_examination(examination, coloured)) == render_examination(examination)
    marks = re.findall(r"^  (ok|!|x|-) ", text, re.MULTILINE)
    assert len(marks) == 8
    entry = read(render_examinations([examination]))["instances"][0]
    assert sum(entry["counts"].values()) == len(entry["findings"]) == len(examination.findings)


def test_equal_facts_give_equal_bytes() -> None:
    def document() -> str:
        reach = ProbeResult("https://staging.example.com", datetime(2026, 11, 23, tzinfo=UTC))
        rights = Permissions(
            PermissionState.GRANTED, PermissionState.LACKING, PermissionState.LACKING, PermissionState.LACKING
        )
        context = Context(STAGING, Settings(Path("reconciler.yaml"), (STAGING,)), None)
        return render_examinations([examine(context, reach, LoggedIn(rights, 60.0, Listing()))])

    assert document() == document()
