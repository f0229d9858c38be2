"""The section of one instance: what to know first, then each change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from reconciler.applying.report import Applied, Report, Skipped
from reconciler.live.observation import ObservationAge
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import BASE_LACKS, Delete, Note, OnDrift, Plan, Unmanaged, Waived
from reconciler.render.html.change import SIGNS, Card, blocked_card, card_of, change_card, kept_card
from reconciler.render.html.components import box, details, fix_line, text_line
from reconciler.render.html.elements import (
    Child,
    Html,
    Part,
    client_name,
    code,
    in_pieces,
    join,
    long_tag,
    name_text,
    sentence,
    tag,
    template,
    words,
)
from reconciler.render.html.secrets import delivered, delivery_cards, delivery_risks, to_deliver, undelivered_box
from reconciler.render.terminal.color import plain
from reconciler.render.terminal.elapsed_time import as_of_text
from reconciler.render.view import verdict
from reconciler.render.view.counts import ACTIONS, count, removed_from_git
from reconciler.render.view.deliveries import delivery_groups
from reconciler.results import ApplyResult, Finished, Planned, Stopped

_GROUPS = {
    "drift": "Changes that undo drift",
    "delete": "Deletions",
    "replace": "Replacements, for a new secret",
    "rename": "Renames",
    "update": "Updates",
    "create": "Creations",
}
_DELIVER = "Secrets that get a new recipient"
_ON_DRIFT = {
    OnDrift.REFUSE: "what was changed on the instance since is not overwritten",
    OnDrift.KEEP: "what was changed on the instance since is kept",
    OnDrift.REVERT: "what was changed on the instance since is reverted",
}

_RISK = template('<a href="#%s">%s <bdi>%s</bdi></a>: <bdi dir="ltr">%s</bdi>')


def instance_body(result: ApplyResult, anchor: str) -> Iterator[Html]:
    """Render everything about an instance except its heading. The ids inside start with `anchor`."""
    match result:
        case Planned(plan=plan, refusals=refusals, as_of=as_of, missing_secrets=missing_secrets):
            cards = [card_of(change, f"{anchor}-{n}") for n, change in enumerate(plan.changes, 1)]
            first = (summary_bar(result), _basis(plan, as_of), _refused(refusals))
            return in_pieces([*first, *_of_plan(plan, cards, anchor), to_deliver(missing_secrets)])
        case Finished(planned=planned, report=report, already_live=done):
            known = [card_of(change, f"{anchor}-done-{n}", done=True) for n, change in enumerate(done, 1)]
            tried = [card_of(o.change, f"{anchor}-{n}", o) for n, o in enumerate(report.outcomes, 1)]
            parts = _of_plan(planned.plan, [*known, *tried])
            name = result.instance.name
            ends = (summary_bar(result), _basis(planned.plan, planned.as_of), *_ends(report))
            return in_pieces([*ends, undelivered_box(report, name), *parts, delivered(report, name)])
        case Stopped(error=error):
            why = join([text_line(error.message, "bad"), fix_line(error.hint)])
            return in_pieces([box("Nothing was planned or written", [why])])
        case _:
            assert_never(result)


def summary_bar(result: ApplyResult) -> Html | None:
    """Render the counts of an instance."""
    match result:
        case Planned(plan=plan, missing_secrets=missing_secrets):
            return _bar(
                [*_planned_numbers(plan), (len({each.id for each in missing_secrets}), "to deliver again", "update")]
            )
        case Finished(planned=planned, report=report, already_live=done):
            return _bar(_finished_numbers(planned.plan, report, len(done)))
        case Stopped():
            return None
        case _:
            assert_never(result)


def verdict_badge(result: ApplyResult) -> Html:
    """Render the verdict of an instance."""
    found = verdict.of_result(result)
    return tag("span", found.value.replace("_", " "), class_=f"verdict {found.value}")


def _bar(numbers: Sequence[tuple[int, str, str]]) -> Html:
    items = (tag("li", tag("b", str(number)), f" {word}", class_=kind) for number, word, kind in numbers if number)
    return tag("ul", *items, class_="bar", aria_label="Summary")


def _planned_numbers(plan: Plan) -> list[tuple[int, str, str]]:
    counts = count(plan)
    changes = [(getattr(counts, word), f"to {word}", word) for word in ACTIONS]
    return [
        *(changes if plan.has_changes else [(1, "plan without changes", "quiet")] if plan.blocked or plan.kept else []),
        (counts.drift, "undoing drift", "drift"),
        (counts.taken_out, "taken out of git, still live", "delete"),
        (counts.blocked, "blocked", "blocked"),
        (counts.kept, "kept as changed on the instance", "drift"),
        (counts.left_out, "left out by --only/--owner", "quiet"),
        (counts.in_sync, "in sync", "quiet"),
        (counts.unmanaged, "unmanaged", "quiet"),
        (counts.ignored, "ignored", "quiet"),
        (counts.unsupported, "unsupported", "quiet"),
    ]


def _finished_numbers(plan: Plan, report: Report, done: int) -> list[tuple[int, str, str]]:
    applied = sum(isinstance(each, Applied) for each in report.outcomes)
    skipped = sum(isinstance(each, Skipped) for each in report.outcomes)
    return [
        (applied, "applied", "create"),
        (done, "done before", "quiet"),
        (len(report.outcomes) - applied - skipped, "failed", "delete"),
        (skipped, "not tried", "blocked"),
        (len(plan.blocked), "blocked", "blocked"),
        (plan.in_sync, "in sync", "quiet"),
    ]


def _basis(plan: Plan, as_of: ObservationAge | None) -> Html:
    """Render what the plan is based on, starting with differences from the trusted configuration."""
    base = None
    if plan.base is not None and plan.on_drift is not None:
        base = tag("p", "base ", code(plan.base[:12]), f"; {_ON_DRIFT[plan.on_drift]}", class_="faint")
    lacking = [note for note in plan.configuration if note.code == BASE_LACKS]
    others = [note for note in plan.configuration if note.code != BASE_LACKS]
    loosened = box("The configuration differs from the one that is trusted", _texts(others))
    return join(
        [
            box("The base lacks the files", _texts(lacking)),
            loosened,
            text_line(as_of_text(as_of, plain, short=True), "as-of") if as_of else None,
            base,
        ]
    )


def _refused(refusals: Sequence[Refusal]) -> Html | None:
    items = [join([sentence(each.text), fix_line(each.way_out)]) for each in refusals]
    return box("Refused: nothing will be written", items)


def _ends(report: Report) -> Iterator[Html | None]:
    if report.interrupted:
        yield box("Interrupted", [sentence("the run was stopped: the remaining changes were not tried")])
    if report.journal_failure is not None:
        yield box("The journal is incomplete", [sentence(report.journal_failure)])


def _of_plan(plan: Plan, cards: Sequence[Card], deliveries: str = "") -> Iterator[Part]:
    """Yield the parts of a plan. `deliveries` starts the anchors of new recipients; empty after an apply."""
    groups = delivery_groups(plan) if deliveries else []
    yield box("Risks", [*_risks(cards), *delivery_risks(groups, deliveries)], "risks")
    yield box("Taken out of git, still live", [_stays(each, note) for each, note in removed_from_git(plan)], "risks")
    yield _group("Blocked", "blocked", [blocked_card(each) for each in plan.blocked])
    grouped: Mapping[str, list[Card]] = {kind: [] for kind in _GROUPS}
    for card in cards:
        grouped["drift" if card.drift else card.word].append(card)
    yield _group(_DELIVER, "deliver", delivery_cards(groups, deliveries))
    for kind, title in _GROUPS.items():
        yield _cards(title, kind, grouped[kind])
    yield _group("Drift that is kept", "drift", [kept_card(each) for each in plan.kept])
    yield box("Notes", _texts(plan.notes), "notes")
    yield details("entry in sync that waives rules", "`allow:` says so", [_waived(each) for each in plan.waived])
    yield from _left_alone(plan)


def _waived(waived: Waived) -> Html:
    return _client_line(waived.name, "; ".join(note.text for note in waived.notes))


def _risks(cards: Sequence[Card]) -> Iterator[Html]:
    """Yield the changes with risks, deletions first, each linked to its card."""
    risky = [card for card in cards if card.change.risks]
    for card in sorted(risky, key=lambda card: not isinstance(card.change, Delete)):
        risks = words("; ".join([risk.text for risk in card.change.risks]))
        yield _RISK(card.anchor, f"{SIGNS[card.word]} {card.word}", name_text(card.change.name), risks)


def _cards(title: str, kind: str, cards: Sequence[Card]) -> Iterator[Html]:
    """Yield the cards of changes of one kind, each when it is written: there may be thousands."""
    if cards:
        yield from long_tag("div", _heading(title, len(cards)), map(change_card, cards), class_=f"group {kind}")


def _group(title: str, kind: str, cards: Sequence[Html]) -> Html | None:
    return tag("div", _heading(title, len(cards)), *cards, class_=f"group {kind}") if cards else None


def _heading(title: str, number: int) -> Html:
    return tag("h3", f"{title} ", tag("span", f"({number})", class_="number"))


def _texts(notes: Sequence[Note]) -> list[Html]:
    return [sentence(note.text) for note in notes]


def _stays(client: Unmanaged, note: Note) -> Html:
    return join([client_name(client.name), tag("span", f" id {client.id}", class_="id"), ": ", sentence(note.text)])


def _left_alone(plan: Plan) -> Iterator[Html | None]:
    unmatched = [client for client in plan.unmanaged if not client.system or client.note]
    system = [client for client in plan.unmanaged if client.system and not client.note]
    yield details(
        "unmanaged client", "live, and not declared: never changed", [_unmanaged(client) for client in unmatched]
    )
    yield details("system client", "the platform needs them", [_unmanaged(c) for c in system])
    yield details("ignored client", "ignored by ignore: in reconciler.yaml", [_unmanaged(c) for c in plan.ignored])
    why = "in a form that cannot be declared: never changed or pruned"
    rows = [_client(client.id, client.name, client.why) for client in plan.unsupported]
    yield details("unsupported client", why, rows)


def _unmanaged(client: Unmanaged) -> Html:
    return _client(client.id, client.name, client.note.text if client.note else None)


def _client_line(client: str, remark: str) -> Html:
    return tag("li", client_name(client), ": ", sentence(remark))


def _client(client_id: int, client: str, remark: str | None) -> Html:
    more: tuple[Child, ...] = (": ", sentence(remark)) if remark else ()
    return tag("li", client_name(client), tag("span", f" id {client_id}", class_="id"), *more)
