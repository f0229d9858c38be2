"""New recipients of secrets, those that are alike in one group, in the words that all formats use."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.clients import Location
from reconciler.model.recipients import Recipient
from reconciler.planning.plan.plan import Deliver, Note, Plan
from reconciler.render.view.counts import plural
from reconciler.support.frozen import frozen

MOST_NAMED = 10
"""Maximum number of clients named of a group on a terminal and in an annotation; reports have all of them."""


@frozen
class DeliveryGroup:
    """Clients whose secrets get the same new recipients, for the same reason."""

    deliveries: tuple[Deliver, ...]
    """At least one, by name."""

    @property
    def first(self) -> Deliver:
        """The delivery that stands for all of them: they differ in name, id and path alone."""
        return self.deliveries[0]

    @property
    def is_single(self) -> bool:
        """Whether it is about one client."""
        return len(self.deliveries) == 1

    @property
    def title(self) -> str:
        """The client, or how many there are."""
        return self.first.name if self.is_single else plural(len(self.deliveries), "client")

    @property
    def names(self) -> tuple[str, ...]:
        """The names to show below a number of clients; empty if the title has the only one."""
        return () if self.is_single else tuple(each.name for each in self.deliveries[:MOST_NAMED])

    @property
    def unnamed(self) -> int:
        """How many clients `names` leaves out."""
        return 0 if self.is_single else len(self.deliveries) - len(self.names)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who gets the secrets, as text; it may contain anything that a name may contain."""
        return tuple(recipient_text(each, self.is_single) for each in self.first.recipients)

    @property
    def before(self) -> tuple[str, ...]:
        """Who had them before, as text; empty if that is nobody, or not known."""
        return tuple(recipient_text(each, self.is_single) for each in self.first.before)

    @property
    def source(self) -> Location:
        """The entry of the first client."""
        return self.first.source

    @property
    def reason(self) -> Note:
        """Why they are new."""
        return self.first.reason

    @property
    def risks(self) -> tuple[Note, ...]:
        """What a reviewer should know."""
        return self.first.risks


def delivery_groups(plan: Plan) -> list[DeliveryGroup]:
    """Return the new recipients of a plan, in the order of the first names."""
    alike: dict[object, list[Deliver]] = {}
    for each in plan.deliveries:
        key = (_kinds(each.recipients), _kinds(each.before), each.reason, each.risks)
        alike.setdefault(key, []).append(each)
    return [DeliveryGroup(tuple(group)) for group in alike.values()]


def _kinds(recipients: Sequence[Recipient]) -> tuple[object, ...]:
    return tuple((each.owner, each.kind, each.sink, each.keys, each.programs) for each in recipients)


def recipient_text(recipient: Recipient, resolved: bool = True) -> str:
    """Return a recipient in one line: owner, sink, path, key fingerprints, program.

    With `resolved`, the path is that of the client, else as configured.
    """
    place = f"{recipient.kind} {recipient.place}" if resolved or recipient.kind == "command" else recipient.sink
    owner = "no owner" if recipient.owner is None else recipient.owner
    keys = [f"key {key}" for key in recipient.keys]
    return " · ".join([owner, place, *keys, *(f"program {program}" for program in recipient.programs)])


def sentence_of(group: DeliveryGroup, most: int | None = None) -> str:
    """Return who gets the secrets of a group and who had them, in one sentence that names all clients, or `most`."""
    names = [each.name for each in group.deliveries]
    more = f" and {len(names) - most} more, see the comment" if most is not None and len(names) > most else ""
    named = f" ({', '.join(names[:most])}{more})"
    whose = "its id and secret go" if group.is_single else f"ids and secrets of {group.title}{named} go"
    before = "; ".join(group.before) or "nobody, as far as is known"
    return f"{group.reason.text}: {whose} to {'; '.join(group.recipients)}; before: {before}"
