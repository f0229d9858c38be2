"""Refuse what the instance's version of the platform does not do, or does otherwise than this program relies on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.clients import Location
from reconciler.model.lines import Capabilities, SecretDisplay, is_as_promised
from reconciler.model.settings import SinkScope
from reconciler.planning.plan.plan import Create, Plan
from reconciler.planning.refusal import Refusal
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, quoted

_MOST_NAMED = 5
"""Clients in one message."""


@frozen
class SecretKeeping:
    """What becomes of the secrets of new clients."""

    sinks: tuple[SinkScope, ...] = ()
    """Which clients have a sink that gets their secret."""
    discard: bool = False
    """Whether a secret that nobody gets is meant (`--discard-secrets`)."""

    def loses(self, create: Create) -> bool:
        """Whether nobody gets the secret of a new client, and nobody said that this is meant."""
        return not self.discard and not any(sink.covers(create.name, create.owner) for sink in self.sinks)


def unsupported_refusals(
    plan: Plan, found: Capabilities, promised: str | None, keeping: SecretKeeping
) -> tuple[Refusal, ...]:
    """Every reason not to apply the plan to an instance with these capabilities; `promised` is its `platform:`."""
    if not plan.changes:
        return ()
    if not found.is_known:
        return (_unknown(plan),)
    return (*_promise(found, promised), *_creates(plan, found, keeping))


def two_steps_refusals(plan: Plan, found: Capabilities, may_edit: bool, may_delete: bool) -> tuple[Refusal, ...]:
    """Why no client can be created in two steps by an account with or without these permissions."""
    creates = [change for change in plan.changes if isinstance(change, Create)]
    missing = [name for name, has in (("Edit", may_edit), ("Delete", may_delete)) if not has]
    if not creates or not missing:
        return ()
    needed = enumeration([f'"Auth Clients: {name} Auth Clients"' for name in missing])
    why = f"this version ({found.line}) needs a second write for each, and the account lacks the permission {needed}"
    way_out = "have an administrator grant it in Admin > Users (or Groups) > Edit > Permissions"
    return (Refusal("creates-not-permitted", f"{_number(creates)}, and {why}", way_out, _place(creates)),)


def _unknown(plan: Plan) -> Refusal:
    text = (
        "this instance answers differently from every version of the platform known here, so nothing is written to it"
    )
    way_out = (
        f"report what it says, which contains no secret: reconciler doctor --format json --instance {plan.instance}"
    )
    return Refusal("platform-unknown", text, way_out)


def _promise(found: Capabilities, promised: str | None) -> Iterator[Refusal]:
    if promised is not None and not is_as_promised(promised, found):
        text = f"`platform:` says {promised}, and this instance answers like {found.line}"
        way_out = "check `url:`; after an upgrade, change `platform:` in reconciler.yaml"
        yield Refusal("platform-mismatch", text, way_out)


def _creates(plan: Plan, found: Capabilities, keeping: SecretKeeping) -> Iterator[Refusal]:
    creates = [change for change in plan.changes if isinstance(change, Create)]
    if not creates:
        return
    match found.secrets:
        case SecretDisplay.ONCE:
            yield from _lost(creates, found, keeping)
        case SecretDisplay.NEVER:
            yield from _never_known(creates, found, keeping)
        case SecretDisplay.UNKNOWN if not found.stores_grants_as_sent:
            text = f"{_number(creates)}, and this instance is {found.line}: no client can be created on it"
            way_out = "wait until its upgrade is done, then plan again"
            yield Refusal("creates-unsupported", text, way_out, _place(creates))


def _lost(creates: Sequence[Create], found: Capabilities, keeping: SecretKeeping) -> Iterator[Refusal]:
    """Refuse creates whose secret nobody would get: the instance never shows it again."""
    lost = [create for create in creates if keeping.loses(create)]
    if lost:
        named = enumeration([quoted(create.name) for create in lost[:_MOST_NAMED]])
        more = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
        text = f"this version ({found.line}) shows a secret only once, and no sink would get that of {named}{more}"
        way_out = "add a sink that covers it under `sinks:` in reconciler.yaml; to lose the secret: --discard-secrets"
        yield Refusal("secret-lost", text, way_out, _place(lost))


def _never_known(creates: Sequence[Create], found: Capabilities, keeping: SecretKeeping) -> Iterator[Refusal]:
    """Refuse creates where every answer shows a hash."""
    why = f"this version ({found.line}) shows nothing but hashes: nobody would ever learn the new secret"
    rotated = [create for create in creates if create.replaces is not None]
    if rotated:
        way_out = "have the platform updated first, or remove `rotate:`"
        yield Refusal("rotation-unsupported", f"{_number(rotated)} for a rotation, and {why}", way_out, _place(rotated))
    elif not keeping.discard:
        way_out = "have the platform updated first; or, if nobody needs the secret: --discard-secrets"
        yield Refusal("secret-lost", f"{_number(creates)}, and {why}", way_out, _place(creates))


def _number(creates: Sequence[Create]) -> str:
    return f"{len(creates)} create{'' if len(creates) == 1 else 's'} planned"


def _place(creates: Sequence[Create]) -> Location:
    return creates[0].source
