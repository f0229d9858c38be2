"""Generated runs whose every text is hostile, for the renderers of reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from reconciler.model.clients import Field
from reconciler.model.diagnostics import Severity
from reconciler.model.settings import Instance
from reconciler.planning.plan.plan import FieldDrift, Kept, Origin
from reconciler.results import ApplyResult, Finished, Overview, Planned, Stopped
from tests.render.strategies import diagnostics, errors, locations, notes, refusals, reports_of, texts, wild_plans

_by_hand = st.sampled_from([Origin.INSTANCE, Origin.BOTH])
_KEPT = st.builds(
    Kept,
    texts,
    st.none() | st.integers(1, 99),
    _by_hand,
    st.none() | locations,
    st.lists(
        st.builds(
            FieldDrift,
            st.sampled_from(Field),
            _by_hand,
            texts,
            st.none() | texts,
        ),
        max_size=2,
    ).map(tuple),
)


@st.composite
def results(draw: st.DrawFn, command: str, number: int) -> ApplyResult:
    """What came of the instance of this number."""
    instance = Instance(f"instance-{number}", draw(locations), url="https://staging.example.com")
    if draw(st.integers(0, 3)) == 0:
        return Stopped(instance, draw(errors))
    plan = replace(
        draw(wild_plans),
        instance=instance.name,
        configuration=tuple(draw(st.lists(notes, max_size=1))),
        kept=tuple(draw(st.lists(_KEPT, max_size=1))),
    )
    planned = Planned(instance, plan, draw(refusals))
    if command == "plan" or draw(st.booleans()):
        return planned
    return Finished(planned, draw(reports_of(plan)), plan.changes[:1])


@st.composite
def overviews(draw: st.DrawFn) -> Overview:
    """Up to three instances, or a run without any."""
    command = draw(st.sampled_from(["plan", "apply", "validate"]))
    number = 0 if command == "validate" else draw(st.integers(0, 3))
    found = draw(st.lists(diagnostics, max_size=3, unique=True))
    commit = draw(st.none() | st.just("4f2c1e9a1b2c3d4e5f60718293a4b5c6d7e8f901"))
    return Overview(
        command,
        tuple(draw(results(command, each)) for each in range(number)),
        # Beside plans there are warnings alone.
        tuple(replace(each, severity=Severity.WARNING) for each in found) if number else tuple(found),
        made_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        commit=commit,
        head=draw(st.none() | st.just("9b1d0a77c0ffee00112233445566778899aabbcc")) if commit else None,
        blob_url=draw(st.none() | st.just(f"https://code.example.com/idp/blob/{commit}/")) if commit else None,
        known=draw(st.none() | st.just(frozenset(replace(each, severity=Severity.WARNING) for each in found[:1]))),
        error=None if number else draw(st.none() | errors),
        folder="/src/idp",
        top=draw(st.none() | st.just("/src")),
    )
