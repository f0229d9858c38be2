"""Past applies as one HTML file: a timeline, and a table with a row for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from reconciler.applying.journal import WriteAnswer, WriteResult
from reconciler.applying.past_runs import PastRun, PastWrite, UnreadableJournal
from reconciler.applying.report import DeliveryStatus
from reconciler.render.html.change import SIGNS
from reconciler.render.html.components import kind_for, scrolling, text_line
from reconciler.render.html.elements import Html, client_name, code, join, sentence, tag
from reconciler.render.html.overview import header
from reconciler.render.html.page import page
from reconciler.render.html.timeline import Bar, legend, timeline
from reconciler.render.terminal.history import delivery_text, run_summary, write_result
from reconciler.render.view.counts import action, plural

_HEADS = ("Started", "Instance", "Result", "Changes", "By", "Commit", "Run")
_PARTS = {
    WriteResult.APPLIED: "applied",
    WriteResult.FAILED: "failed",
    WriteResult.UNVERIFIED: "uncertain",
    WriteResult.NOT_TRIED: "not_tried",
}


def render_history_html(found: Sequence[PastRun | UnreadableJournal], made_at: datetime | None = None) -> str:
    """Render the page, ending in a line feed: the runs in the given order, then the unreadable journals."""
    runs = [each for each in found if isinstance(each, PastRun)]
    broken = [each for each in found if isinstance(each, UnreadableJournal)]
    several = plural(len({run.heading.run for run in runs}), "run")
    title = f"History: {several} on {plural(len({run.instance for run in runs}), 'instance')}"
    heading = header(join([title]), made_at, None)
    nothing = None if found else text_line("no apply is recorded", "faint")
    return "".join(page(title, heading, [nothing, _picture(runs), _table(runs), _unreadable(broken)]))


def part_of(write: PastWrite) -> str:
    """Return the outcome of a change as far as its journal shows: one of `PARTS`."""
    if write.verdict is not None:
        return _PARTS[write.verdict.result]
    if write.sent_at is None:
        return "not_tried"
    refused = write.answer is not None and write.answer.answered is WriteAnswer.REFUSED
    return "failed" if refused else "uncertain"


def _numbers(run: PastRun) -> Mapping[str, int]:
    return Counter(map(part_of, run.writes))


def _picture(runs: Sequence[PastRun]) -> Html | None:
    if not runs:
        return None
    bars = [Bar(run.instance, run.heading.run, run.heading.started_at, _numbers(run)) for run in runs]
    several, drawn = len({run.heading.run for run in runs}), timeline(bars)
    latest = f"the latest {drawn.runs} of {several} runs" if several > drawn.runs else plural(several, "run")
    caption = f"{latest}, the oldest on the left; the height of a bar is its number of changes"
    picture = scrolling(drawn.picture, "Applies over time", kind=kind_for(drawn.width))
    parts = (tag("p", caption, class_="faint"), picture, legend())
    return tag("section", tag("h2", "Over time", id="time"), *parts, aria_labelledby="time")


def _table(runs: Sequence[PastRun]) -> Html | None:
    if not runs:
        return None
    table = tag(
        "table",
        tag("thead", tag("tr", *(tag("th", head, scope="col") for head in _HEADS))),
        tag("tbody", *map(_row, runs)),
        class_="history",
    )
    scrolls = scrolling(table, "Table of all applies", kind="sideways at-78 of-cards")
    return tag("section", tag("h2", "Every apply", id="every"), scrolls, aria_labelledby="every")


def _row(run: PastRun) -> Html:
    heading, at = run.heading, run.heading.started_at.astimezone(UTC)
    moment = tag("time", f"{at:%Y-%m-%d %H:%M} UTC", datetime=f"{at:%Y-%m-%dT%H:%M:%SZ}")
    clean = None if heading.clean is not False else tag("span", " with changes that were not committed", class_="faint")
    commit = join([code(heading.commit[:12]), clean]) if heading.commit else tag("span", "none", class_="faint")
    word = verdict_of(run)
    cells = (
        tag("span", word.replace("_", " "), class_=f"verdict {word}"),
        _writes(run),
        sentence(heading.who),
        commit,
        code(heading.run),
    )
    return tag(
        "tr",
        tag("td", moment),
        tag("th", client_name(run.instance), scope="row"),
        *(tag("td", each, data_head=head) for each, head in zip(cells, _HEADS[2:], strict=True)),
    )


def verdict_of(run: PastRun) -> str:
    """Return one word for the result of a run."""
    if run.finished_at is None:
        return "uncertain"
    if run.interrupted:
        return "interrupted"
    numbers, statuses = _numbers(run), {each.status for each in run.deliveries}
    if numbers.get("applied", 0) == len(run.writes) and DeliveryStatus.FAILED not in statuses:
        return "applied"
    begun = numbers.get("applied") or numbers.get("uncertain") or statuses - {DeliveryStatus.FAILED}
    return "in_part" if begun else "failed"


def _writes(run: PastRun) -> Html:
    items = [tag("li", *_write(write)) for write in run.writes]
    items += [tag("li", sentence(delivery_text(each, run.instance))) for each in run.deliveries]
    if not items:
        return join([run_summary(run)])
    return tag("details", tag("summary", run_summary(run)), tag("ul", *items))


def _write(write: PastWrite) -> Iterator[Html | str]:
    word = action(write.change)
    yield f"{SIGNS[word]} {word} "
    yield client_name(write.change.name)
    yield f": {write_result(write)}"
    if why := write.verdict.why if write.verdict else write.answer.error if write.answer else None:
        yield ": "
        yield sentence(why)


def _unreadable(broken: Sequence[UnreadableJournal]) -> Html | None:
    if not broken:
        return None
    items = (tag("li", sentence(each.problem.message)) for each in broken)
    return tag("section", tag("h2", "Not readable", id="broken"), tag("ul", *items), aria_labelledby="broken")
