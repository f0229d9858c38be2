"""The command to type next, where there is one that helps."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Plan
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.support.text import printable

if TYPE_CHECKING:
    from reconciler.applying.report import Report
    from reconciler.doctor.examination import Examination

_MOST_NAMED = 5
"""Instances in a command that somebody is to type."""


def next_after_plans(
    plans: Iterable[tuple[Plan, Sequence[Refusal]]],
    flags: Sequence[str] = (),
    paint: Paint = plain,
    chosen: Sequence[str] = (),
) -> str:
    """The line that names the apply of these plans; empty if none of them can be applied.

    A refused plan is left out: its way out comes first. So it is said of blocked clients that they stay as they are.
    `flags` are those that shaped the plan, and that the apply needs as well. `chosen` are those that chose the
    instances: of many, they stand for their names.
    """
    ready = [plan for plan, refusals in plans if plan.changes and not refusals]
    blocked = any(plan.blocked for plan in ready)
    remark = "  # what is blocked stays as it is" if blocked else ""
    return _line("apply", _named([plan.instance for plan in ready], chosen), flags, remark, paint)


def next_after_reports(
    reports: Iterable[tuple[Plan, Report]],
    flags: Sequence[str] = (),
    paint: Paint = plain,
    chosen: Sequence[str] = (),
) -> str:
    """The line that names the plan which shows what is left to do; empty if nothing is.

    Not where the login was refused: every further try may lock the account.
    """
    from reconciler.applying.report import is_complete, undelivered, was_login_refused
    from reconciler.render.terminal.deliveries import names_to_deliver, operands

    left = [(p.instance, report) for p, report in reports if not (is_complete(report) or was_login_refused(report))]
    # Where every change is there, and a sink failed, another plan would show nothing.
    owing = [name for name, report in left if is_complete(replace(report, handed=()))]
    again = [name for name, _ in left if name not in owing]
    names = names_to_deliver([each for name, report in left if name in owing for each in undelivered(report)])
    deliver = _line("secrets deliver", _named(owing, chosen), operands(names), "  # once the sink works", paint)
    return _line("plan", _named(again, chosen), flags, "", paint) + deliver


def next_after_examinations(
    examinations: Iterable[Examination], flags: Sequence[str] = (), paint: Paint = plain, clients: str = "clients"
) -> str:
    """The line that names the plan of those that nothing stands in the way of, or the rest of the examination.

    Where nothing is declared yet there is nothing to plan: the first file in the folder `clients` comes before.
    """
    examinations = list(examinations)
    sound = [each for each in examinations if not each.has_errors]
    planned = [each.instance.name for each in sound if each.account_uses.plan]
    if planned and any(f.code == "nothing-declared" for each in examinations for f in each.findings):
        file = f"{clients}/{planned[0] if len(planned) == 1 else 'all'}.yaml"
        return _line("export", [*_named(planned), "-o", file], flags, "", paint)
    if planned:
        return _line("plan", _named(planned), flags, "", paint)
    return _line("doctor", _named([each.instance.name for each in sound if each.account is None]), flags, "", paint)


def _named(instances: Sequence[str], chosen: Sequence[str] = ()) -> Sequence[str]:
    if len(instances) > _MOST_NAMED and chosen:
        return chosen
    return [word for instance in instances for word in ("--instance", instance)]


def _line(command: str, named: Sequence[str], flags: Sequence[str], remark: str, paint: Paint) -> str:
    if not named:
        return ""
    text = printable(shlex.join(["reconciler", *command.split(), *named, *flags]))
    return f"next: {paint(text, Style.STRONG)}{remark}\n"
