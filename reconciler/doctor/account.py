"""Check whether the account can log in, and what it may do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from reconciler.doctor.finding import Check, DoctorFinding, FindingSeverity
from reconciler.live.platform.endpoints import ASK_CREATE, ASK_DELETE, ASK_EDIT, LIST
from reconciler.live.probe.facts import AccountFacts, LoggedIn, NotLoggedIn, Permissions, PermissionState
from reconciler.model.lines import SecretDisplay
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration

_GRANT = "have an administrator grant it in Admin > Users (or Groups) > Edit > Permissions > Auth Clients"

_AGAIN = "run it again; with -vv it shows every request"


@frozen
class AccountUses:
    """What an account can be used for; None where that is unknown."""

    plan: bool | None
    apply: bool | None


NOT_KNOWN = AccountUses(None, None)


def permissions(rights: Permissions) -> tuple[tuple[str, PermissionState], ...]:
    """Each permission with its name in the platform's manual."""
    calls = (LIST, ASK_CREATE, ASK_EDIT, ASK_DELETE)
    names = (str(call.permission) for call in calls)
    return tuple(zip(names, (rights.view, rights.create, rights.edit, rights.delete), strict=True))


def account_uses(rights: Permissions) -> AccountUses:
    """What an account with these rights can be used for."""
    return AccountUses(_all(rights.view), _all(rights.view, rights.create, rights.edit, rights.delete))


def _all(*rights: PermissionState) -> bool | None:
    if PermissionState.LACKING in rights:
        return False
    return None if PermissionState.UNKNOWN in rights else True


def judge_account(account: AccountFacts, *, embedded: bool) -> Iterator[DoctorFinding]:
    """Findings about the login and the permissions; the password of an `embedded` instance is public."""
    match account:
        case NotLoggedIn():
            yield _not_logged_in(account)
        case LoggedIn():
            yield from _rights(account, embedded)
            if account.problem is not None and account.rights.view is not PermissionState.LACKING:
                yield DoctorFinding(
                    FindingSeverity.ERROR,
                    Check.CLIENTS,
                    "list-failed",
                    account.problem.why,
                    account.problem.hint or _AGAIN,
                )
        case _:
            assert_never(account)


def _not_logged_in(account: NotLoggedIn) -> DoctorFinding:
    code = "login-refused" if account.refused else "credentials-missing" if account.missing else "login-failed"
    return DoctorFinding(FindingSeverity.ERROR, Check.LOGIN, code, account.failure.why, account.failure.hint or _AGAIN)


def _rights(account: LoggedIn, embedded: bool) -> Iterator[DoctorFinding]:
    rights, refusal = account.rights, account.problem
    writing = permissions(rights)[1:]
    missing = [f'"{name}"' for name, right in writing if right is PermissionState.LACKING]
    if rights.view is PermissionState.LACKING:
        text = f'the account lacks the permission "{LIST.permission}": neither plan nor apply can work'
        yield DoctorFinding(
            FindingSeverity.ERROR, Check.PERMISSIONS, "cannot-view", text, (refusal and refusal.hint) or _GRANT
        )
    elif len(missing) == len(writing):
        text = "the account may only view auth clients: it fits a plan, not an apply"
        yield DoctorFinding(FindingSeverity.INFO, Check.PERMISSIONS, "cannot-write", text, f"for an apply, {_GRANT}")
    elif missing:
        text = f"the account lacks {enumeration(missing)}: it fits a plan, and an apply that needs none of it"
        yield DoctorFinding(
            FindingSeverity.WARNING, Check.PERMISSIONS, "cannot-write-all", text, f"for every apply, {_GRANT}"
        )
    yield from _unknown_permissions(rights)
    listing = account.listing
    shows_secrets = listing is None or listing.capabilities.secrets is SecretDisplay.ALWAYS
    if rights.view is PermissionState.GRANTED and shows_secrets and not embedded:
        text = (
            "whoever can view auth clients sees every secret, and can impersonate any user through a client with "
            "personal access: these credentials are equivalent to administrator credentials"
        )
        way_out = "guard them so, also where they only plan; never give them to a run that a stranger controls"
        yield DoctorFinding(FindingSeverity.INFO, Check.PERMISSIONS, "viewing-is-administering", text, way_out)


def _unknown_permissions(rights: Permissions) -> Iterator[DoctorFinding]:
    if rights.doubts:
        more = f"; so are {len(rights.doubts) - 1} more" if len(rights.doubts) > 1 else ""
        text = f"a permission is not known: {rights.doubts[0]}{more}"
        yield DoctorFinding(
            FindingSeverity.WARNING, Check.PERMISSIONS, "rights-unknown", text, "try again, or look in Admin > Users"
        )
