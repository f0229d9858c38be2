"""Past runs, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from reconciler.applying.journal import WriteAnswer, WriteResult
from reconciler.applying.past_runs import PastDelivery, PastRun, PastWrite, UnreadableJournal
from reconciler.applying.report import DeliveryStatus
from reconciler.model.placeholders import placed
from reconciler.planning.plan.plan import Create
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.terminal.plan import title
from reconciler.render.view.counts import action, plural
from reconciler.secrets.values import DeliveryEvent
from reconciler.support.text import printable

_RESULTS = {
    WriteResult.APPLIED: "applied",
    WriteResult.FAILED: "failed",
    WriteResult.UNVERIFIED: "uncertain",
    WriteResult.NOT_TRIED: "not tried",
}
_ANSWERS = {
    WriteAnswer.DONE: "answered as done, not verified",
    WriteAnswer.REFUSED: "refused",
    WriteAnswer.UNKNOWN: "sent, no answer",
}


def render_runs(found: Sequence[PastRun | UnreadableJournal], paint: Paint = plain) -> str:
    """Render one line per run in the given order, then the unreadable journals. Ends in a line feed unless empty."""
    runs = [run for run in found if isinstance(run, PastRun)]
    broken = [each for each in found if isinstance(each, UnreadableJournal)]
    lines = [_overview(run, max(len(run.instance) for run in runs), paint) for run in runs]
    lines += [f"{paint('unreadable', Style.WARNED)}  {printable(each.problem.message)}" for each in broken]
    return "".join(f"{line}\n" for line in lines)


def render_run(run: PastRun, paint: Paint = plain) -> str:
    """Render everything that the journal has about a run, ending in a line feed."""
    return "".join(f"{line}\n" for line in _details(run, paint))


def _overview(run: PastRun, width: int, paint: Paint) -> str:
    name = paint(printable(run.heading.run), Style.STRONG)
    who = paint(printable(run.heading.who), Style.FAINT)
    return f"{name}  {_moment(run.heading.started_at)}  {printable(run.instance):<{width}}  {run_summary(run)}  {who}"


def _details(run: PastRun, paint: Paint) -> Iterator[str]:
    heading = run.heading
    yield paint(f"run {printable(heading.run)}", Style.STRONG)
    yield f"  instance  {printable(run.instance)}  {printable(run.identity)}"
    yield f"  started   {_moment(heading.started_at)} by {printable(heading.who)}"
    yield f"  finished  {_end(run)}"
    yield f"  commit    {_commit(run)}"
    if heading.plan_digest is not None:
        yield f"  plan      {printable(heading.plan_digest)}"
    yield ""
    width = max((len(write_result(write)) for write in run.writes), default=0)
    for write in run.writes:
        yield f"  {write_result(write):<{width}}  {action(write.change)} {title(write.change)}{_id(write)}{_why(write)}"
    yield from (f"  {delivery_text(each, run.instance)}" for each in run.deliveries)
    yield ""
    yield paint(run_summary(run), Style.STRONG)


_FATES = {
    DeliveryStatus.DELIVERED: "delivered to",
    DeliveryStatus.REMOVED: "removed from",
    DeliveryStatus.FAILED: "not delivered to",
    DeliveryStatus.NO_SECRET: "without a secret for",
}


def delivery_text(delivery: PastDelivery, instance: str) -> str:
    """Return what happened to a client's secret at a sink, printable."""
    why = f": {printable(delivery.why)}" if delivery.why else ""
    fate = _FATES[delivery.status]
    if delivery.status is DeliveryStatus.FAILED and delivery.cause is DeliveryEvent.DELETED:
        fate = "not removed from"
    return f"{printable(delivery.name)} (id {delivery.id}) {fate} {printable(placed(delivery.sink, instance))}{why}"


def _end(run: PastRun) -> str:
    if run.finished_at is None:
        return "not finished: it is running, or was interrupted; its last step is uncertain"
    return _moment(run.finished_at) + (", interrupted" if run.interrupted else "")


def _commit(run: PastRun) -> str:
    if run.heading.commit is None:
        return "none: the declarations were not in git"
    return printable(run.heading.commit) + ("" if run.heading.clean else ", with changes that were not committed")


def run_summary(run: PastRun) -> str:
    """Return a summary of a run in one line."""
    failed = {delivery.id for delivery in run.deliveries if delivery.status is DeliveryStatus.FAILED}
    delivered = {delivery.id for delivery in run.deliveries if delivery.status is DeliveryStatus.DELIVERED} - failed
    parts = [_changes(run)] if run.writes or not run.deliveries else []
    parts += [f"{len(delivered)} delivered"] if delivered else []
    parts += [f"{len(failed)} not delivered"] if failed else []
    return " · ".join(parts or ["nothing delivered"])


def _changes(run: PastRun) -> str:
    if run.finished_at is None:
        done = sum(write.answer is not None and write.answer.answered is WriteAnswer.DONE for write in run.writes)
        return f"{done} of {plural(len(run.writes), 'change')} answered as done · not finished"
    results = [write.verdict.result for write in run.writes if write.verdict is not None]
    parts = [f"{results.count(WriteResult.APPLIED)} of {plural(len(run.writes), 'change')} applied"]
    parts += [f"{number} {_RESULTS[kind]}" for kind in list(WriteResult)[1:] if (number := results.count(kind))]
    parts += ["interrupted"] if run.interrupted else []
    return " · ".join(parts)


def write_result(write: PastWrite) -> str:
    """Return the outcome of a change in words, as far as its journal shows."""
    if write.verdict is not None:
        return _RESULTS[write.verdict.result]
    if write.answer is not None:
        return _ANSWERS[write.answer.answered]
    return "sent, no answer" if write.sent_at is not None else "not sent"


def _id(write: PastWrite) -> str:
    """Return the id of a created client; for other changes the title has it."""
    known = write.verdict or write.answer
    return f" (id {known.id})" if isinstance(write.change, Create) and known and known.id is not None else ""


def _why(write: PastWrite) -> str:
    why = write.verdict.why if write.verdict is not None else write.answer.error if write.answer is not None else None
    return f": {printable(why)}" if why else ""


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
