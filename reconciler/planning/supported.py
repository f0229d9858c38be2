"""Refuse what the instance's version of the platform does not do, or does otherwise than this program relies on."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.lines import Capabilities, SecretDisplay, is_as_promised
from reconciler.planning.plan.plan import Create, Plan
from reconciler.planning.refusal import Refusal


def unsupported_refusals(plan: Plan, found: Capabilities, promised: str | None) -> tuple[Refusal, ...]:
    """Every reason not to apply the plan to an instance with these capabilities; `promised` is its `platform:`."""
    if not plan.changes:
        return ()
    if not found.is_known:
        return (_unknown(plan),)
    return (*_promise(found, promised), *_creates(plan, found))


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


def _creates(plan: Plan, found: Capabilities) -> Iterator[Refusal]:
    creates = [change for change in plan.changes if isinstance(change, Create)]
    if not creates or found.stores_grants_as_sent:
        return
    number = f"{len(creates)} create{'' if len(creates) == 1 else 's'} planned, and"
    by_hand = "create the client on the Auth Clients page; an entry that matches a live client is planned as anywhere"
    yield Refusal("creates-unsupported", f"{number} {_why_no_creates(found)}", by_hand, creates[0].source)


def _why_no_creates(found: Capabilities) -> str:
    match found.secrets:
        case SecretDisplay.ALWAYS:
            return f"this version ({found.line}) may store other grants than are sent with a create"
        case SecretDisplay.ONCE:
            return f"this version ({found.line}) shows a secret only once, which this program cannot yet keep safe"
        case SecretDisplay.NEVER:
            return f"this version ({found.line}) shows nothing but hashes: nobody would ever learn the new secret"
        case _:
            return f"this instance is {found.line}: no client can be created on it"
