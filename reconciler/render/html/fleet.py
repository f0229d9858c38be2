"""Overview of several instances: how many have each verdict, and a row for each, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.applying.report import Applied
from reconciler.render.html.components import scrolling
from reconciler.render.html.elements import Html, client_name, join, sentence, tag
from reconciler.render.html.plan import verdict_badge
from reconciler.render.terminal.elapsed_time import age_text
from reconciler.render.view.counts import ACTIONS, Counts, count
from reconciler.render.view.verdict import Verdict, of_result, tally
from reconciler.results import ApplyResult, Finished, Planned, Stopped

_FEW = 2
"""Columns besides name and result that fit a telephone."""
_WIDTH, _HEIGHT = 1000, 14
_COLUMNS = (*ACTIONS, "drift", "blocked", "in_sync")


def fleet_overview(results: Sequence[ApplyResult], anchors: Sequence[str]) -> Html:
    """Render the bar and the table. Each row links to the section of its instance."""
    numbers = [_numbers(result) for result in results]
    # A column in which nothing stands is left out, so that the table fits a narrower page.
    columns = [word for number, word in enumerate(_COLUMNS) if any(each[number][1] for each in numbers)]
    heads = [tag("th", word.replace("_", " ").capitalize(), scope="col", class_="n") for word in columns]
    remarks = [_remark(result) for result in results]
    heads += [tag("th", "Remark", scope="col")] if any(remarks) else []
    head = tag("tr", *(tag("th", each, scope="col") for each in ("Instance", "Result")), *heads)
    shown = [remark if any(remarks) else None for remark in remarks]
    rows = (_row(*each, columns) for each in zip(results, anchors, shown, strict=True))
    table = tag(
        "table",
        tag("caption", "Every instance, the most severe first", class_="unseen"),
        tag("thead", head),
        tag("tbody", *rows),
        class_="fleet",
    )
    return tag(
        "section",
        tag("h2", "All instances", id="overview"),
        _picture(results),
        scrolling(table, "Table of all instances", kind="sideways" if len(heads) > _FEW else ""),
        aria_labelledby="overview",
    )


def _picture(results: Sequence[ApplyResult]) -> Html:
    """Render a bar with a part for each verdict, and below it the verdicts with their counts."""
    numbers = tally(map(of_result, results))
    found = [(verdict, numbers[verdict]) for verdict in reversed(Verdict) if numbers[verdict]]
    words = (
        tag("li", tag("b", str(number)), f" {verdict.value.replace('_', ' ')}", class_=f"verdict {verdict.value}")
        for verdict, number in found
    )
    box = f"0 0 {_WIDTH} {_HEIGHT}"
    parts = _parts(found, len(results))
    bar = tag("svg", *parts, viewBox=box, preserveAspectRatio="none", aria_hidden="true", class_="share")
    return join([bar, tag("ul", *words, class_="bar", aria_label="How many instances of each result")])


def _parts(found: Sequence[tuple[Verdict, int]], total: int) -> Iterator[Html]:
    begin = 0
    for verdict, number in found:
        left, right = begin * _WIDTH // total, (begin + number) * _WIDTH // total
        width = max(right - left - 2, 2)
        yield tag("rect", x=left, y=0, width=width, height=_HEIGHT, rx=2, class_=f"part {verdict.value}")
        begin += number


def _row(result: ApplyResult, anchor: str, remark: str | None, columns: Sequence[str]) -> Html:
    link = tag("th", tag("a", client_name(result.instance.name), href=f"#{anchor}"), scope="row")
    numbers = [(word, number) for word, number in _numbers(result) if word in columns]
    cells = (
        tag("td", str(number) if number else "", class_=f"n {word}" if number else "n") for word, number in numbers
    )
    last = tag("td", sentence(remark), class_="remark") if remark is not None else None
    return tag("tr", link, tag("td", verdict_badge(result)), *cells, last, data_section=anchor)


def _numbers(result: ApplyResult) -> list[tuple[str, int]]:
    """Return the cells of a row by column; drift counts manual changes that would be undone or are kept."""
    counts = _counts(result)
    if counts is None:
        return [(word, 0) for word in _COLUMNS]
    return [(word, counts.drift + counts.kept if word == "drift" else getattr(counts, word)) for word in _COLUMNS]


def _counts(result: ApplyResult) -> Counts | None:
    match result:
        case Planned(plan=plan):
            return count(plan)
        case Finished(planned=planned):
            return count(planned.plan)
        case Stopped():
            return None


def _remark(result: ApplyResult) -> str:
    match result:
        case Planned(refusals=refusals, as_of=as_of):
            age = [f"observed {age_text(as_of.age)}"] if as_of else []
            return " · ".join([*age, *dict.fromkeys(refusal.code for refusal in refusals)])
        case Finished(report=report):
            applied = sum(isinstance(outcome, Applied) for outcome in report.outcomes)
            return f"{applied} of {len(report.outcomes)} applied"
        case Stopped(error=error):
            return error.message
