"""Check connectivity, credentials, permissions and clients. Writes nothing, to an instance or to a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from contextlib import ExitStack

from reconciler.declared.clients.resolve import InstanceDeclarations
from reconciler.doctor.examination import Context, Examination, examine
from reconciler.doctor.ownership import plan_without_flags
from reconciler.live.platform.server_words import ServerWords
from reconciler.live.probe.facts import AccountFacts, Failure, LoggedIn, NotLoggedIn, ProbeResult
from reconciler.live.probe.permissions import examine_account
from reconciler.live.probe.probe import probe_instance
from reconciler.model.clients import Declarations
from reconciler.model.errors import CredentialsMissing, GatewayError, LoginRefused, ReconcilerError
from reconciler.model.settings import Instance, Settings
from reconciler.planning.notes.unmanaged import WITHHELD
from reconciler.support.frozen import frozen
from reconciler.workflow.connect.sessions import Endpoint, Sessions, locate
from reconciler.workflow.options import Options
from reconciler.workflow.parallel import CancelToken, Watch, each_parallel, unwatched


@frozen
class ExaminationRequest:
    """What to examine. `declared` is None if the declarations are invalid."""

    settings: Settings
    declared: InstanceDeclarations | None
    instances: Sequence[Instance]
    options: Options
    log_in: bool = True
    """If False, the credentials are not even read."""
    first_day: bool = False
    """Whether `declared` is None because there is no file of declarations yet."""


def examine_instances(request: ExaminationRequest, parallelism: int, watch: Watch = unwatched) -> Iterator[Examination]:
    """Examine the instances, `parallelism` at a time, in their order; an error becomes a finding."""
    cancel_token = CancelToken()
    sessions = Sessions(request.options.environ, request.options.timeout, stop=cancel_token)

    def examine_one(instance: Instance) -> Examination:
        declared = None if request.declared is None else request.declared.of(instance.name)
        with watch(instance.name):
            reach, account = _facts(instance, sessions, log_in=request.log_in)
        withheld = _not_declarable(account, declared, instance, request.settings)
        return examine(Context(instance, request.settings, declared, request.first_day, withheld), reach, account)

    return each_parallel(request.instances, examine_one, parallelism, cancel_token)


def _not_declarable(
    account: AccountFacts | None, declared: Declarations | None, instance: Instance, settings: Settings
) -> Set[int]:
    """The ids of unmanaged clients that no entry can declare as they are: `export` withholds these."""
    if not isinstance(account, LoggedIn) or account.listing is None or declared is None:
        return frozenset()
    from reconciler.exporting.judge_entries import note_not_declarable  # once all is declared, nobody needs it

    plan = plan_without_flags(account.listing, declared, instance, settings)
    if all(client.system for client in plan.unmanaged):
        return frozenset()
    noted = note_not_declarable(plan, account.listing, instance, settings).unmanaged
    return {each.id for each in noted if each.note is not None and each.note.code in WITHHELD}


def _facts(
    instance: Instance, sessions: Sessions, *, log_in: bool
) -> tuple[ProbeResult | Failure, AccountFacts | None]:
    with ExitStack() as stack:
        try:
            place = locate(instance, stack)
            reach = _look(place, sessions, sessions.words_of(place) if log_in else None)
        except ReconcilerError as problem:
            return Failure(problem.message, problem.hint), None
        # A password must only be sent to the platform.
        account = _account(place, sessions, stack) if log_in and reach.is_platform else None
        return reach, account


def _look(place: Endpoint, sessions: Sessions, words: ServerWords | None) -> ProbeResult:
    """Probe an instance. `words` mask the password, which its server may have from an earlier login."""
    instance = place.instance
    found = probe_instance(
        place.url,
        timeout=sessions.timeout_of(instance),
        ca_bundle=instance.ca_bundle,
        client_certificate=instance.client_certificate,
        allow_http=instance.allow_http,
        embedded=instance.url is None,
    )
    return found if words is None else found.quoted(words.quote)


def _account(place: Endpoint, sessions: Sessions, stack: ExitStack) -> AccountFacts:
    try:
        # If somebody else ends the session, report it; do not log in again.
        return examine_account(sessions.log_in(place, stack, renewals=0))
    except CredentialsMissing as problem:
        return NotLoggedIn(Failure(problem.message, problem.hint), missing=True)
    except GatewayError as problem:
        return NotLoggedIn(Failure(problem.message, problem.hint), refused=isinstance(problem, LoginRefused))
