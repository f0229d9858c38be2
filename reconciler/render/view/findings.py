"""Findings of a run for reviewers, worst first: one list that every report format shows in its own way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields, replace
from enum import StrEnum
from operator import attrgetter
from typing import assert_never

from reconciler.applying.report import Applied, DeliveryResult, Failed, Outcome, Skipped, undelivered
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic, Severity
from reconciler.model.errors import NotVerified, ReconcilerError
from reconciler.model.placeholders import placed
from reconciler.model.settings import Instance
from reconciler.planning.drift.origins import has_drift, kept_text, origin_text, origins_of
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import (
    BASE_LACKS,
    Blocked,
    Change,
    Create,
    Delete,
    Kept,
    Note,
    Origin,
    Plan,
    is_drift,
)
from reconciler.render.view import verdict
from reconciler.render.view.any_instance import for_any, for_these, naming, of_any
from reconciler.render.view.counts import action, removed_from_git
from reconciler.render.view.deliveries import MOST_NAMED, DeliveryGroup, delivery_groups, sentence_of
from reconciler.render.view.kinds import HEADINGS, ReviewKind
from reconciler.render.view.rotation import old_secret_text
from reconciler.results import ApplyResult, Finished, Overview, Planned, Stopped
from reconciler.support.frozen import frozen


class Level(StrEnum):
    """The severity of a finding."""

    ERROR = "error"
    """The run fails because of it."""
    WARNING = "warning"
    """Somebody should think about it before approving."""
    NOTICE = "notice"


def heading_of(kind: ReviewKind, overview: Overview) -> str:
    """The heading above the findings of a kind: with a base, only new warnings are listed."""
    is_new = kind is ReviewKind.FILES and overview.known is not None
    return "New warnings about the files" if is_new else HEADINGS[kind]


@frozen
class ReviewFinding:
    """A finding about one client, about instances, or about the whole run."""

    kind: ReviewKind
    level: Level
    notes: tuple[Note, ...]
    """The texts of the finding, at least one; the code of the first names the finding."""
    location: Location | None = None
    client: str | None = None
    instances: tuple[str, ...] = ()
    """All instances that have exactly this finding."""
    action: str | None = None
    """create, replace, update, rename, deliver or delete, for a finding about a change."""
    hint: str | None = None
    rule: str | None = None
    """The rule behind a problem in the files, which `rules:` configures and `allow:` waives."""
    earlier: Location | None = None
    """Where the base has the entry, if the files no longer have it: its file may be gone, and its line another one."""
    brief: Note | None = None
    """What stands for the first note where there is little room; None if that is short enough."""
    caused: bool = True
    """Whether what is reviewed causes it, as far as that is known: the base has it not, and no person made it alone."""

    @property
    def text(self) -> str:
        """The texts in one line. It may contain anything that a name may contain."""
        return "; ".join(note.text for note in self.notes)

    @property
    def is_alert(self) -> bool:
        """Whether lists that keep every result for long show it: no plain change, but what was taken out of git."""
        return self.level is not Level.NOTICE or self.kind is ReviewKind.TAKEN_OUT

    def in_brief(self) -> ReviewFinding:
        """Return the same finding for a format with little room."""
        return self if self.brief is None else replace(self, notes=(self.brief, *self.notes[1:]), brief=None)


def findings(overview: Overview) -> list[ReviewFinding]:
    """Return all findings, by kind, then in the order of the results; equal ones of several instances are merged."""
    found = [*_of_run(overview), *(each for result in overview.results for each in _of_result(result))]
    places = {result.instance.location for result in overview.results}
    return sorted(_merged(found, places), key=attrgetter("kind"))


def _merged(found: Collection[ReviewFinding], places: Collection[Location]) -> Iterator[ReviewFinding]:
    """Merge what is equal. A finding in no entry stands at its instance, one of `places`; merged, at the first."""
    names = {field.name for field in fields(ReviewFinding)} - {"instances", "location", "hint"}
    in_common = attrgetter(*names)
    times = Counter(map(attrgetter("client"), found))
    alike: dict[object, list[ReviewFinding]] = {}
    for each in found:
        if times[each.client] == 1:  # on a single instance, most are like no other one, whatever they say
            alike[each.client] = [each]
            continue
        place = None if each.location in places else each.location
        alike.setdefault((place, _hint_for_any(each), in_common(_of_any(each))), []).append(each)
    yield from map(_as_one, alike.values())


def _as_one(same: Sequence[ReviewFinding]) -> ReviewFinding:
    """What several instances have in common, with the names of all and a command for all."""
    first, *others = same
    if not others:
        return first
    hint = _hint_for_any(first)
    shown = _of_any(first) if any(each.notes != first.notes for each in others) else first
    instances = tuple(dict.fromkeys(name for each in same for name in each.instances))
    return replace(shown, instances=instances, hint=hint and for_these(hint, naming(instances)))


def _of_any(finding: ReviewFinding) -> ReviewFinding:
    """A difference of the configuration, or a refusal, in general words: `defaults:` are another thing on each."""
    if finding.kind not in (ReviewKind.CONFIGURATION, ReviewKind.REFUSED) or len(finding.instances) != 1:
        return finding
    [name] = finding.instances
    return replace(finding, notes=tuple(replace(note, text=of_any(note.text, name)) for note in finding.notes))


def _hint_for_any(finding: ReviewFinding) -> str | None:
    """The hint of a finding, the same for each instance on which the same command helps."""
    if finding.hint is None or len(finding.instances) != 1:
        return finding.hint
    hint = for_any(finding.hint, finding.instances[0])
    return of_any(hint, finding.instances[0]) if finding.kind is ReviewKind.REFUSED else hint


def _of_run(overview: Overview) -> Iterator[ReviewFinding]:
    if overview.error is not None:
        where = Location(overview.config, 1, 1)
        yield _error(ReviewKind.ENDED, "run-ended", overview.error, where)
    known = overview.known or ()
    yield from (_of_diagnostic(each, caused=each not in known) for each in overview.diagnostics)


def _of_diagnostic(diagnostic: Diagnostic, *, caused: bool) -> ReviewFinding:
    kind, level = (ReviewKind.FILES, Level.WARNING)
    if diagnostic.severity is Severity.ERROR:
        kind, level = (ReviewKind.INVALID, Level.ERROR)
    note, rule = Note(diagnostic.rule, diagnostic.message), diagnostic.rule
    return ReviewFinding(kind, level, (note,), diagnostic.location, hint=diagnostic.hint, rule=rule, caused=caused)


def _error(kind: ReviewKind, code: str, error: ReconcilerError, location: Location, *instances: str) -> ReviewFinding:
    return ReviewFinding(
        kind, Level.ERROR, (Note(code, error.message),), location, instances=instances, hint=error.hint
    )


def _of_result(result: ApplyResult) -> Iterator[ReviewFinding]:
    instance = result.instance
    match result:
        case Planned(plan=plan, refusals=refusals):
            yield from _of_plan(plan, instance.location)
            yield from (_refused(refusal, refusal.source or instance.location, instance.name) for refusal in refusals)
            yield from (_of_change(change, instance.name) for change in plan.changes)
            yield from (_delivered(group, instance.name) for group in delivery_groups(plan))
        case Finished(planned=planned, report=report):
            yield from _of_plan(planned.plan, instance.location)
            yield from (each for outcome in report.outcomes for each in _of_outcome(outcome, instance.name))
            yield from (_undelivered(delivery, instance) for delivery in undelivered(report))
            if report.journal_failure is not None:
                note = Note("journal-failed", f"the journal is incomplete: {report.journal_failure}")
                yield ReviewFinding(
                    ReviewKind.FAILED, Level.ERROR, (note,), instance.location, instances=(instance.name,)
                )
        case Stopped(error=error):
            code = verdict.of_error(error).value.replace("_", "-")
            yield _error(ReviewKind.STOPPED, code, error, instance.location, instance.name)
        case _:
            assert_never(result)


def _undelivered(delivery: DeliveryResult, instance: Instance) -> ReviewFinding:
    why = delivery.error.message if delivery.error is not None else "it failed"
    note = Note("undelivered", f"not delivered to {placed(delivery.sink, instance.name)}: {why}")
    hint = delivery.error.hint if delivery.error is not None else None
    where = (instance.location, delivery.name, (instance.name,))
    return ReviewFinding(ReviewKind.FAILED, Level.ERROR, (note,), *where, hint=hint)


def _of_plan(plan: Plan, place: Location) -> Iterator[ReviewFinding]:
    for note in plan.configuration:
        kind = ReviewKind.BASE if note.code == BASE_LACKS else ReviewKind.CONFIGURATION
        yield ReviewFinding(kind, Level.WARNING, (note,), place, instances=(plan.instance,))
    yield from (_blocked(blocked, plan.instance) for blocked in plan.blocked)
    for client, note in removed_from_git(plan):
        stays = Note(note.code, f"stays live: {note.text}")
        where = (client.source, client.name, (plan.instance,))
        yield ReviewFinding(ReviewKind.TAKEN_OUT, Level.NOTICE, (stays,), *where, earlier=client.earlier)
    yield from (_kept(kept, place, plan.instance) for kept in plan.kept)
    for note in plan.notes:
        caused = note not in plan.known
        yield ReviewFinding(ReviewKind.ODD, Level.NOTICE, (note,), place, instances=(plan.instance,), caused=caused)


def _refused(refusal: Refusal, place: Location, instance: str) -> ReviewFinding:
    note = Note(refusal.code, refusal.text)
    return ReviewFinding(ReviewKind.REFUSED, Level.ERROR, (note,), place, instances=(instance,), hint=refusal.way_out)


def _blocked(blocked: Blocked, instance: str) -> ReviewFinding:
    where = (blocked.source, blocked.name, (instance,))
    return ReviewFinding(ReviewKind.BLOCKED, Level.ERROR, (blocked.reason,), *where, hint=blocked.way_out)


def _kept(kept: Kept, place: Location, instance: str) -> ReviewFinding:
    sides = (
        f"{each.field}: {each.live or 'nothing'} is live, {each.declared or 'nothing'} is declared"
        for each in kept.fields
    )
    note = Note("kept", "; ".join([kept_text(kept), *sides]))
    caused = kept.origin is Origin.BOTH
    where = (kept.source or place, kept.name, (instance,))
    return ReviewFinding(ReviewKind.KEPT, Level.NOTICE, (note,), *where, caused=caused)


def is_risky(change: Change) -> bool:
    """Whether a change needs more thought than its fields: it undoes a manual change, replaces a secret, has risks."""
    return has_drift(change) or bool(change.risks) or (isinstance(change, Create) and change.replaces is not None)


def kind_of(change: Change) -> ReviewKind:
    """What a change is to a reviewer, for lists with a line for each change."""
    if isinstance(change, Delete):
        return ReviewKind.DELETE
    if is_risky(change):
        return ReviewKind.RISK
    return ReviewKind.CREATE if isinstance(change, Create) else ReviewKind.CHANGE


def _is_caused(origins: Collection[Origin]) -> bool:
    """Whether git asks for a change; a difference that a person alone has made is none of a pull request's."""
    return not origins or any(origin is not Origin.INSTANCE for origin in origins)


def _of_change(change: Change, instance: str) -> ReviewFinding:
    """Return the finding of a change. A deletion is never a plain change, and undoing a manual change is a risk."""
    word, where, origins = action(change), (change.source, change.name, (instance,)), origins_of(change)
    notes = [Note("drift", origin_text(change) or "")] if any(map(is_drift, origins)) else []
    if isinstance(change, Create) and change.replaces is not None:
        notes.append(Note("secret-replaced", old_secret_text(change.replaces)))
    notes += change.risks
    kind, level = (ReviewKind.RISK, Level.WARNING) if notes else (ReviewKind.CHANGE, Level.NOTICE)
    if isinstance(change, Delete):
        kind, level = ReviewKind.DELETE, Level.WARNING
        notes.insert(0, Note("delete", change.reason.text))
    found = tuple(notes) or (Note(word, change.reason.text),)
    return ReviewFinding(kind, level, found, *where, action=word, earlier=_earlier(change), caused=_is_caused(origins))


def _earlier(change: Change) -> Location | None:
    return change.earlier if isinstance(change, Delete) else None


def _delivered(group: DeliveryGroup, instance: str) -> ReviewFinding:
    notes = (Note(group.reason.code, sentence_of(group)), *group.risks)
    brief = Note(group.reason.code, sentence_of(group, MOST_NAMED)) if len(group.deliveries) > MOST_NAMED else None
    where = (group.source, group.first.name if group.is_single else None, (instance,))
    return ReviewFinding(ReviewKind.DELIVER, Level.WARNING, notes, *where, action="deliver", brief=brief)


def _of_outcome(outcome: Outcome, instance: str) -> Iterator[ReviewFinding]:
    change = outcome.change
    where, word, earlier = (change.source, change.name, (instance,)), action(change), _earlier(change)
    match outcome:
        case Applied():
            return
        case Failed(error=error):
            code = "uncertain" if isinstance(error, NotVerified) else "failed"
            notes = (Note(code, f"{code}: {error.message}"),)
            yield ReviewFinding(ReviewKind.FAILED, Level.ERROR, notes, *where, word, error.hint, earlier=earlier)
        case Skipped(reason=reason):
            notes = (Note("not-tried", f"not tried: {reason}"),)
            yield ReviewFinding(ReviewKind.NOT_TRIED, Level.WARNING, notes, *where, word, earlier=earlier)
        case _:
            assert_never(outcome)
