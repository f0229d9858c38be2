"""The next command to run, if there is a useful one."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Plan
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.support.frozen import frozen
from reconciler.support.text import printable

if TYPE_CHECKING:
    from reconciler.applying.report import Report
    from reconciler.doctor.examination import Examination
    from reconciler.results import SinkContents

_MOST_NAMED = 5
"""Maximum number of instances named in a suggested command."""


@frozen
class Chosen:
    """How the instances of a run were chosen: the flags for it, and how many these are."""

    flags: Sequence[str] = ()
    count: int = 0

    def naming(self, instances: Sequence[str]) -> Sequence[str]:
        """The flags for some of the instances in the next command: those that were given if that is all, or many."""
        if self.flags and instances and (len(instances) == self.count or len(instances) > _MOST_NAMED):
            return self.flags
        return [word for instance in instances for word in ("--instance", instance)]


NAMED_ONE_BY_ONE = Chosen()


def next_after_plans(
    plans: Iterable[tuple[Plan, Sequence[Refusal]]],
    flags: Sequence[str] = (),
    paint: Paint = plain,
    chosen: Chosen = NAMED_ONE_BY_ONE,
) -> str:
    """Return the line with the `apply` command for these plans; empty if none of them can be applied.

    Refused plans are left out: they must be fixed first. If clients are blocked, the line says that they stay as they
    are. `flags` shaped the plan, so the apply needs them too.
    """
    ready = [plan for plan, refusals in plans if plan.has_changes and not refusals]
    blocked = any(plan.blocked for plan in ready)
    remark = "  # blocked clients are not changed" if blocked else ""
    return _line("apply", chosen.naming([plan.instance for plan in ready]), flags, remark, paint)


def next_after_reports(
    reports: Iterable[tuple[Plan, Report]],
    flags: Sequence[str] = (),
    paint: Paint = plain,
    chosen: Chosen = NAMED_ONE_BY_ONE,
    others: Sequence[str] = (),
) -> str:
    """Return the lines with the `plan` and `secrets deliver` commands for what is left to do; empty if nothing is.

    `others` are instances without a report that may be planned again. Instances that refused the login are left out:
    every further try may lock the account.
    """
    from reconciler.applying.report import is_complete, undelivered, was_login_refused
    from reconciler.render.terminal.deliveries import names_to_deliver, operands

    left = [(p.instance, report) for p, report in reports if not (is_complete(report) or was_login_refused(report))]
    # If every change was applied and only a sink failed, another plan would show nothing.
    owing = [name for name, report in left if is_complete(replace(report, deliveries=()))]
    again = [*(name for name, _ in left if name not in owing), *others]
    names = names_to_deliver([each for name, report in left if name in owing for each in undelivered(report)])
    deliver = _line("secrets deliver", chosen.naming(owing), operands(names), "  # once the sink works", paint)
    return _line("plan", chosen.naming(again), flags, "", paint) + deliver


def next_after_check(
    found: Iterable[SinkContents], names: Sequence[str], flags: Sequence[str], paint: Paint, chosen: Chosen
) -> str:
    """Return the line with the `secrets deliver` command for what a check found missing or stale in usable sinks."""
    from reconciler.secrets.values import SinkState

    repaired = (SinkState.MISSING, SinkState.STALE, SinkState.LEFT_OVER)
    lacking = [each for each in found if any(place.state in repaired for place in each.places) and not each.problems]
    from reconciler.render.terminal.deliveries import operands

    chosen_flags = [*chosen.naming([each.instance.name for each in lacking]), *flags] if lacking else []
    return _line("secrets deliver", chosen_flags, operands(names), "", paint)


def next_after_examinations(
    examinations: Iterable[Examination],
    flags: Sequence[str] = (),
    paint: Paint = plain,
    clients: str = "clients",
    chosen: Chosen = NAMED_ONE_BY_ONE,
) -> str:
    """Return the line with the `plan` command for the instances that can be planned, else a `doctor` that logs in.

    If nothing is declared yet, there is nothing to plan: `export` writes the first file in the folder `clients`.
    """
    examinations = list(examinations)
    sound = [each for each in examinations if not each.has_errors]
    planned = [each.instance.name for each in sound if each.account_uses.plan]
    if planned and any(f.code == "nothing-declared" for each in examinations for f in each.findings):
        file = f"{clients}/{planned[0] if len(planned) == 1 else 'all'}.yaml"
        return _line("export", [*chosen.naming(planned), "-o", file], flags, "", paint)
    if planned:
        return _line("plan", chosen.naming(planned), flags, "", paint)
    return _line(
        "doctor", chosen.naming([each.instance.name for each in sound if each.account is None]), flags, "", paint
    )


def _line(command: str, named: Sequence[str], flags: Sequence[str], remark: str, paint: Paint) -> str:
    if not named:
        return ""
    text = printable(shlex.join(["reconciler", *command.split(), *named, *flags]))
    return f"next: {paint(text, Style.STRONG)}{remark}\n"
