"""Examine one instance: the facts, and the findings from them."""

from __future__ import annotations

from collections.abc import Iterator, Set

from reconciler.doctor.account import NOT_KNOWN, AccountUses, account_uses, judge_account
from reconciler.doctor.clients import judge_clients
from reconciler.doctor.finding import Check, DoctorFinding, FindingSeverity
from reconciler.doctor.ownership import ClientCounts, count_clients
from reconciler.doctor.platform import judge_platform
from reconciler.doctor.reachability import judge_reachability
from reconciler.live.probe.facts import AccountFacts, Failure, LoggedIn, NotLoggedIn, ProbeResult
from reconciler.model.clients import Declarations
from reconciler.model.settings import Instance, Settings
from reconciler.support.frozen import frozen


@frozen
class Context:
    """What the files say about an instance. `declared` is None if the declarations are invalid."""

    instance: Instance
    settings: Settings
    declared: Declarations | None
    first_day: bool = False
    """Whether `declared` is None because there is no file of declarations yet."""
    not_declarable: Set[int] = frozenset()
    """The ids of unmanaged clients that no entry can declare as they are."""


@frozen
class Examination:
    """What is known about an instance; None for what was not tried, or could not be."""

    instance: Instance
    reach: ProbeResult | Failure
    """A failure if nothing could be tried, because of the settings or the embedded sandbox."""
    account: AccountFacts | None
    client_counts: ClientCounts | None
    account_uses: AccountUses
    findings: tuple[DoctorFinding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether anything is wrong that would stop a plan."""
        return any(finding.severity is FindingSeverity.ERROR for finding in self.findings)

    @property
    def login_refused(self) -> bool:
        """Whether the account must not be tried again until it is fixed."""
        return isinstance(self.account, NotLoggedIn) and self.account.refused


def examine(context: Context, reach: ProbeResult | Failure, account: AccountFacts | None) -> Examination:
    """Turn the facts into findings: errors first, then warnings, each in the order of the checks."""
    listing = account.listing if isinstance(account, LoggedIn) else None
    client_counts = count_clients(listing, context.declared, context.instance, context.settings) if listing else None
    found = sorted(_findings(context, reach, account), key=_rank)
    good_for = account_uses(account.rights) if isinstance(account, LoggedIn) else NOT_KNOWN
    return Examination(context.instance, reach, account, client_counts, good_for, tuple(found))


def _findings(context: Context, reach: ProbeResult | Failure, account: AccountFacts | None) -> Iterator[DoctorFinding]:
    if isinstance(reach, Failure):
        embedded = context.instance.embedded is not None
        code = "sandbox-failed" if embedded else "settings-unusable"
        yield DoctorFinding(FindingSeverity.ERROR, Check.SETTINGS, code, reach.why, reach.hint)
    else:
        yield from judge_reachability(reach)
    # A check of the connection alone is not about the clients.
    if context.declared is None and context.first_day and account is not None:
        text, way_out = "nothing is declared yet", "export the live clients: reconciler export"
        yield DoctorFinding(FindingSeverity.INFO, Check.SETTINGS, "nothing-declared", text, way_out)
    elif context.declared is None and account is not None:
        text = "the declarations are invalid, so it is not known which clients are managed"
        yield DoctorFinding(
            FindingSeverity.WARNING, Check.SETTINGS, "declarations-invalid", text, "see: reconciler validate"
        )
    if context.instance.frozen is not None:
        text = f"the instance is frozen, so every apply is refused: {context.instance.frozen}"
        way_out = "when the reason is gone, remove `frozen:` from reconciler.yaml"
        yield DoctorFinding(FindingSeverity.INFO, Check.SETTINGS, "frozen", text, way_out)
    if account is not None:
        yield from judge_account(account, embedded=context.instance.embedded is not None)
    if isinstance(account, LoggedIn) and account.listing is not None:
        yield from judge_platform(account, account.listing, context.declared, context.instance)
        yield from judge_clients(
            account.listing, context.declared, context.instance, context.settings, context.not_declarable
        )


_SEVERITIES = tuple(FindingSeverity)
_CHECKS = tuple(Check)


def _rank(finding: DoctorFinding) -> tuple[int, int]:
    return _SEVERITIES.index(finding.severity), _CHECKS.index(finding.check)
