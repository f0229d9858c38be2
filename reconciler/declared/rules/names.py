"""The rules for names and IDs: one function per rule."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.declared.clients.entries import Entry
from reconciler.declared.clients.resolve import PreviousName, RuleContext
from reconciler.declared.rules.finding import RuleFinding
from reconciler.model.names import is_system_client, lookalike_key, matches_any
from reconciler.support.odd_ends import is_quoted
from reconciler.support.text import is_fully_visible, is_hidden, quoted


def system_client_name(context: RuleContext) -> Iterator[RuleFinding]:
    """The platform needs its system clients unchanged."""
    globs = context.instance.system_clients
    for entry in context.entries:
        if is_system_client(entry.name, globs):
            message = f"{quoted(entry.name)} is the name of a system client, which the platform needs as it is"
            yield RuleFinding(message, entry.source, "leave the client out, or choose another name", entry)
    for previous in context.previous_names:
        if is_system_client(previous.name, globs):
            problem = "is that of a system client, which the platform needs as it is"
            yield _found(previous, problem, "remove it: a system client is never renamed")


def duplicate_name(context: RuleContext) -> Iterator[RuleFinding]:
    """Two entries cannot declare the same client."""
    first: dict[str, Entry] = {}
    for entry in context.entries:
        earlier = first.setdefault(entry.name, entry)
        if earlier is not entry:
            is_alias = earlier.source == entry.source
            where = "at the same place: an alias repeats it" if is_alias else f"at {earlier.source}"
            message = f"{quoted(entry.name)} is already declared {where}"
            hint = "remove one of the two, or give them different instances"
            yield RuleFinding(message, entry.source, hint, entry)


def duplicate_id(context: RuleContext) -> Iterator[RuleFinding]:
    """One live client cannot belong to two entries."""
    first: dict[int, Entry] = {}
    instance = context.instance.name
    for entry in context.entries:
        client_id = entry.ids.get(instance) if "ids" in entry.fields else None
        if client_id is None or (earlier := first.setdefault(client_id, entry)) is entry:
            continue
        message = f"id {client_id} is already claimed by {quoted(earlier.name)} at {earlier.source}"
        yield RuleFinding(
            message, entry.place("ids", instance), "look up which of the two it is, and correct it", entry
        )


def name_lookalike(context: RuleContext) -> Iterator[RuleFinding]:
    """Names that differ only in case, normalisation or invisible characters look the same."""
    first: dict[str, Entry] = {}
    for entry in context.entries:
        earlier = first.setdefault(lookalike_key(entry.name), entry)
        if earlier.name != entry.name:
            message = f"{quoted(entry.name)} looks like {quoted(earlier.name)} at {earlier.source}"
            hint = "choose names that differ in more than case, normalisation or invisible characters"
            yield RuleFinding(message, entry.source, hint, entry)


def name_invisible(context: RuleContext) -> Iterator[RuleFinding]:
    """An invisible character is probably a mistake, and hides that two names differ; so are typographic quotes."""
    for entry in context.entries:
        if not entry.name.isascii() and entry.present and is_quoted(entry.name):
            message = f"the quotes around {quoted(entry.name)} are part of the name: YAML knows only \" and '"
            yield RuleFinding(message, entry.source, 'leave them out, or write " in their place', entry)
        elif not is_fully_visible(entry.name) and entry.present and (odd := next(filter(_is_odd, entry.name), None)):
            yield RuleFinding(_what_is_odd(entry.name, odd), entry.source, "type the name again, without it", entry)


def _is_odd(character: str) -> bool:
    import unicodedata  # a separate library, which few names need

    return is_hidden(character) or (character != " " and unicodedata.category(character) == "Zs")


def _what_is_odd(name: str, odd: str) -> str:
    import unicodedata

    code = f"U+{ord(odd):04X} ({unicodedata.name(odd, 'without a name')})"
    if unicodedata.category(odd) in ("Cn", "Co"):
        kind = "is for private use or not assigned: it has another glyph in each font, or none"
    else:
        kind = "is invisible" if is_hidden(odd) else "looks like a space, but is not one"
    return f"{quoted(name)} has the character {code}, which {kind}"


def name_is_previous_name(context: RuleContext) -> Iterator[RuleFinding]:
    """A live client with that name would match two entries."""
    declared = {entry.name: entry for entry in context.entries} if context.previous_names else {}
    for previous in context.previous_names:
        other = declared.get(previous.name)
        if other is not None and other.name != previous.entry.name:
            problem = f"is itself declared at {other.source}"
            yield _found(previous, problem, "remove the previous name, or the entry that declares it")


def previous_name_is_own(context: RuleContext) -> Iterator[RuleFinding]:
    """A previous name equal to the name has no effect: one of the two is probably a typo."""
    for previous in context.previous_names:
        if previous.name == previous.entry.name:
            problem = "is the client's own name, so nothing would be renamed"
            yield _found(previous, problem, "remove it, or write the name that the client had")


def previous_name_twice(context: RuleContext) -> Iterator[RuleFinding]:
    """One live client cannot be renamed to two names."""
    first: dict[str, PreviousName] = {}
    for previous in context.previous_names:
        earlier = first.setdefault(previous.name, previous)
        if earlier is not previous:
            problem = f"is already claimed at {earlier.place}"
            yield _found(previous, problem, "keep it only in the entry of the client that had this name")


def protected_absent(context: RuleContext) -> Iterator[RuleFinding]:
    """A protected client is never deleted."""
    for entry in context.entries if context.settings.protected else ():
        if not entry.present and matches_any(context.settings.protected, entry.name):
            message = f"{quoted(entry.name)} is protected, and so cannot be declared absent"
            hint = f"remove the entry, or remove the name from protected: in {context.settings.path.name}"
            yield RuleFinding(message, entry.place("state"), hint, entry)


def declared_and_ignored(context: RuleContext) -> Iterator[RuleFinding]:
    """An ignored client is never changed, so declaring it has no effect."""
    globs = context.settings.ignore
    if not globs:
        return
    for entry in context.entries:
        if matches_any(globs, entry.name):
            message = f"{quoted(entry.name)} is declared, but ignored by ignore: in {context.settings.path.name}"
            yield RuleFinding(message, entry.source, "remove the entry, or the pattern that covers it", entry)


def _found(previous: PreviousName, problem: str, hint: str) -> RuleFinding:
    return RuleFinding(f"previous name {quoted(previous.name)} {problem}", previous.place, hint, previous.entry)
