"""Resolve the entries for one instance: those that are for it, with its IDs, and with its variables substituted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache, partial

from reconciler.declared.clients.entries import Entry
from reconciler.declared.clients.fast_path import parse_url, substitute_defined
from reconciler.declared.clients.redirect_url import Url
from reconciler.declared.clients.rotation import rotation_of
from reconciler.declared.clients.variables import Substituted, substitute
from reconciler.model.clients import (
    AbsentClient,
    ClientSpec,
    Declarations,
    DeclaredElsewhere,
    DesiredClient,
    Field,
    Grant,
    LabelUse,
    Location,
    Waiver,
)
from reconciler.model.labels import LABEL, is_for, names_for
from reconciler.model.settings import Instance, Settings
from reconciler.support.frozen import frozen
from reconciler.support.text import some

WaivedBy = Mapping[Entry, Sequence[Waiver]]
"""The waivers of each entry that has any."""

NO_WAIVERS: Mapping[str, WaivedBy] = {}


@frozen
class ResolvedRedirect:
    """One redirect URL of an entry, resolved for one instance."""

    entry: Entry
    position: int
    """Index among the entry's redirect URLs, from 0."""
    url: Url
    listed_in: str | None = None
    """The text in which commas separate it from other URLs, if any."""

    @property
    def place(self) -> Location:
        """The location of the URL."""
        return self.entry.redirect_place(self.position)


@frozen
class UnresolvedRedirect:
    """A redirect URL with a variable that could not be substituted."""

    entry: Entry
    position: int
    substituted: Substituted

    @property
    def place(self) -> Location:
        """The location of the URL."""
        return self.entry.redirect_place(self.position)


@frozen
class PreviousName:
    """One previous name of an entry."""

    entry: Entry
    position: int
    """Index among the entry's previous names, from 0."""
    name: str

    @property
    def place(self) -> Location:
        """The location of the previous name."""
        return self.entry.place("previous_names", self.position)


@frozen
class RuleContext:
    """Everything declared for one instance, with its variables substituted: the input of the rules."""

    instance: Instance
    settings: Settings
    entries: tuple[Entry, ...]
    """Those for this instance, present and absent, in the order of the files."""
    elsewhere: tuple[Entry, ...]
    redirects: tuple[ResolvedRedirect, ...]
    unresolved: tuple[UnresolvedRedirect, ...]
    """The redirect URLs that only the rules for variables can check."""
    urls: Mapping[Entry, tuple[str, ...]]
    """The redirect URLs of each entry that has any, with variables substituted."""
    previous_names: tuple[PreviousName, ...]
    """Every previous name, in the order of the files."""


def resolve(entries: Sequence[Entry], instance: Instance, settings: Settings) -> RuleContext:
    """Resolve the entries for one instance, including values that a rule will reject."""
    here = tuple(entry for entry in entries if entry.covers(instance))
    elsewhere = () if len(here) == len(entries) else tuple(e for e in entries if not e.covers(instance))
    redirects: list[ResolvedRedirect] = []
    unresolved: list[UnresolvedRedirect] = []
    urls: dict[Entry, tuple[str, ...]] = {}
    for entry in here:
        written = entry.redirects
        if len(written) == 1 and (text := substitute_defined(written[0], instance.variables)) is not None:
            urls[entry] = (text,)  # the usual case
            if "," in text:
                redirects += _listed(entry, 0, text)
            else:
                redirects.append(ResolvedRedirect(entry, 0, parse_url(text)))
        elif written:
            urls[entry] = tuple(_resolved(entry, instance.variables, redirects, unresolved))
    previous_names = tuple(_previous_names(here))
    return RuleContext(instance, settings, here, elsewhere, tuple(redirects), tuple(unresolved), urls, previous_names)


def _resolved(
    entry: Entry, variables: Mapping[str, str], redirects: list[ResolvedRedirect], unresolved: list[UnresolvedRedirect]
) -> Iterator[str]:
    """Yield the redirect URLs of an entry, and add each to `redirects` or `unresolved`."""
    for position, written in enumerate(entry.redirects):
        substituted = substitute(written, variables)
        if substituted.complete:
            redirects += _listed(entry, position, substituted.text)
        else:
            unresolved.append(UnresolvedRedirect(entry, position, substituted))
        yield substituted.text


def _listed(entry: Entry, position: int, text: str) -> Iterator[ResolvedRedirect]:
    """Each URL that the platform would read in a text: it separates them by commas."""
    listed_in = text if "," in text else None
    return (ResolvedRedirect(entry, position, parse_url(each), listed_in) for each in text.split(","))


def _previous_names(entries: Iterable[Entry]) -> Iterator[PreviousName]:
    for entry in entries:
        for position, name in enumerate(entry.previous_names):
            yield PreviousName(entry, position, name)


class InstanceDeclarations:
    """The declarations of each instance, computed when a command needs them (`validate` does not)."""

    def __init__(self, pending: Mapping[str, Callable[[], Declarations]]) -> None:
        """`pending` has a function that computes them, by the instance's name; each is called once, then released."""
        self.instances = tuple(pending)
        """The names of the instances."""
        self._pending = dict(pending)
        self._done: dict[str, Declarations] = {}

    def of(self, instance: str) -> Declarations:
        """The declarations of one of the instances."""
        self.compute(instance)
        return self._done[instance]

    def compute(self, instance: str) -> None:
        """Compute an instance's declarations now, and release the file data that was kept for it.

        After the last instance, all file data is released: megabytes for thousands of clients.
        """
        if instance not in self._done:
            self._done[instance] = self._pending.pop(instance)()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, InstanceDeclarations):
            return NotImplemented
        return self.instances == other.instances and all(self.of(each) == other.of(each) for each in self.instances)

    def __hash__(self) -> int:
        return hash(self.instances)


def instance_declarations(
    contexts: Iterable[RuleContext], waived: Mapping[str, WaivedBy] = NO_WAIVERS
) -> InstanceDeclarations:
    """The declarations of each resolved instance, with the waivers of its entries."""
    # Without what only the rules need: thousands of parsed URLs.
    slim = [replace(context, redirects=(), unresolved=(), previous_names=()) for context in contexts]
    names = [context.instance.name for context in slim]
    return InstanceDeclarations(
        {name: partial(declarations, context, waived.get(name, {})) for name, context in zip(names, slim, strict=True)}
    )


def declarations(context: RuleContext, waived: WaivedBy) -> Declarations:
    """The values that planning compares with the live clients."""
    return Declarations(
        present=tuple(_desired(context, waived)),
        absent=tuple(_absent(entry, context, waived) for entry in context.entries if not entry.present),
        elsewhere=tuple(_elsewhere(context)),
        labels=tuple(_labels(context)),
    )


_RARE = frozenset(("ids", "previous_names", "ignore_changes", "rotate", "allow"))
"""The keys that few entries have."""


def _desired(context: RuleContext, waived: WaivedBy) -> Iterator[DesiredClient]:
    from reconciler.model.fields import PLAIN_FIELDS  # only commands that plan need it

    document, at = None, None
    for entry in context.entries:
        if entry.present:
            if at is None or entry.document is not document:
                document, at = entry.document, entry.document.at
            urls = context.urls.get(entry, ())
            if len(urls) > 1 or (urls and "," in urls[0]):  # few have several, and no call is spent on the others
                urls = _stored(urls)
            spec = ClientSpec(entry.name, _grants(tuple(entry.grants)), urls)
            spec = _with_plain_fields(spec, entry) if PLAIN_FIELDS else spec
            client = DesiredClient(spec, entry.places(at), entry.owner)
            yield client if _RARE.isdisjoint(entry.fields) else _with_rare_keys(client, entry, context, waived)


def _with_rare_keys(client: DesiredClient, entry: Entry, context: RuleContext, waived: WaivedBy) -> DesiredClient:
    """The client with the values of rare keys. Only an entry with `allow` can waive anything."""
    return replace(
        client,
        id=entry.ids.get(context.instance.name),
        previous_names=tuple(entry.previous_names),
        ignore_changes=frozenset(map(Field, entry.fields.get("ignore_changes", ()))),
        rotate=rotation_of(entry),
        allow=frozenset(entry.allow),
        waivers=tuple(dict.fromkeys(waived.get(entry, ()))),
    )


def _stored(urls: tuple[str, ...]) -> tuple[str, ...]:
    """The URLs as the platform stores them: a comma inside one, if no rule rejects it, separates two there."""
    if not any("," in url for url in urls):
        return urls
    from reconciler.model.fields import stored_urls

    return stored_urls(urls)


def _with_plain_fields(spec: ClientSpec, entry: Entry) -> ClientSpec:
    from reconciler.model.fields import with_plain_fields

    return with_plain_fields(spec, lambda row: row.declared(entry.fields) if row.declared else None)


@lru_cache(maxsize=32)
def _grants(names: tuple[str, ...]) -> frozenset[Grant]:
    return frozenset(map(Grant, names))


def _absent(entry: Entry, context: RuleContext, waived: WaivedBy) -> AbsentClient:
    return AbsentClient(
        name=entry.name,
        source=entry.source,
        owner=entry.owner,
        id=entry.ids.get(context.instance.name),
        allow=frozenset(entry.allow),
        waivers=tuple(dict.fromkeys(waived.get(entry, ()))),
    )


def _elsewhere(context: RuleContext) -> Iterator[DeclaredElsewhere]:
    # An absent entry declares no client: if it is only for other instances, it does not matter for this one.
    @cache
    def shown(glob: str) -> str:
        return f"{glob} ({some(names_for(glob, context.settings.instances))})" if glob.startswith(LABEL) else glob

    for entry in context.elsewhere:
        if entry.present:
            yield DeclaredElsewhere(entry.name, entry.source, tuple(map(shown, entry.instances or ())), entry.owner)


def _labels(context: RuleContext) -> Iterator[LabelUse]:
    """The labels by which entries are for this instance, each with its instances and entries."""
    if not context.instance.labels:
        return
    names: defaultdict[str, set[str]] = defaultdict(set)
    for entry in context.entries:
        for glob in entry.fields.get("instances", ()):
            if glob.startswith(LABEL) and is_for(glob, context.instance):
                names[glob].add(entry.name)
    for glob in sorted(names):
        yield LabelUse(glob, names_for(glob, context.settings.instances), frozenset(names[glob]))
