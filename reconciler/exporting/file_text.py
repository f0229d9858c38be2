"""Render live clients as a file of declarations: entries, and comments for the reviewer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import assert_never

from reconciler.exporting.entries import ExportedEntry, Item, LeftOut, Withheld
from reconciler.exporting.variables import Proposal
from reconciler.exporting.yaml_text import comment, spec_lines
from reconciler.render.view.counts import plural
from reconciler.support.text import enumeration, first_few, quoted_scalar

MOST_NAMED = 12
"""Maximum number of instances named in a sentence."""
WITHHELD = "not declared"
"""The start of everything that is commented out: a word to search for."""

NO_PROPOSALS: Mapping[str, Proposal] = {}


def render_export(
    items: Sequence[Item],
    modeline: str,
    heading: Sequence[str] = (),
    proposals: Mapping[str, Proposal] = NO_PROPOSALS,
) -> str:
    """Render a whole file. The proposal for a client comes before its first item. Ends in a line feed."""
    lines = [comment(modeline), *map(comment, heading)]
    has_entries = any(isinstance(item, ExportedEntry) for item in items)
    lines += ["clients:"] if has_entries else ["clients: []"]
    indent = 2 if has_entries else 0  # `fmt` leaves comments there
    told: set[str] = set()
    for item in items:
        if item.name in proposals and item.name not in told:
            lines += _proposal_lines(proposals[item.name], indent)
        told.add(item.name)
        lines += item_lines(item, indent)
    return "\n".join(lines) + "\n"


def item_lines(item: Item, indent: int = 2) -> list[str]:
    """An entry below its notes; a withheld one as comments, correctly indented once `# ` is removed."""
    match item:
        case ExportedEntry(notes=notes):
            return [*_comments(notes, indent), *entry_lines(item, indent)]
        case Withheld(reasons=reasons, entry=entry):
            first, *more = reasons
            example = entry_lines(entry, 0) if entry is not None else []
            return _comments([f"{WITHHELD}: {first}", *more, *example], indent)
        case _:
            assert_never(item)


def entry_lines(entry: ExportedEntry, indent: int = 2) -> list[str]:
    """The entry alone, as an item of a list that is indented by `indent` spaces."""
    first, *more = _entry(entry)
    blanks = " " * indent
    return [f"{blanks}- {first}", *(f"{blanks}  {line}" for line in more)]


def heading_lines(instances: Sequence[str], left_out: Sequence[LeftOut]) -> list[str]:
    """Which instances' clients these are, and how many are left out."""
    return [
        f"the live clients of {enumeration(instances)}, as `reconciler export` wrote them",
        *left_out_lines(left_out),
    ]


def left_out_lines(left_out: Iterable[LeftOut]) -> list[str]:
    """How many live clients are left out: a line for equal numbers, `left out of eu and us: 5 system clients each`."""
    alike: dict[str, list[str]] = {}
    for one in left_out:
        if text := _left_out(one):
            alike.setdefault(text, []).append(one.instance)
    return [
        f"left out of {first_few(names, MOST_NAMED)}: {text}{' each' if len(names) > 1 else ''}"
        for text, names in alike.items()
    ]


def _left_out(left_out: LeftOut) -> str:
    numbers = ((left_out.system, "system client"), (left_out.ignored, "ignored client"))
    parts = [plural(number, noun) for number, noun in numbers if number]
    return enumeration(parts) if parts else ""


def _entry(entry: ExportedEntry) -> Iterator[str]:
    yield f"name: {quoted_scalar(entry.name)}"
    yield f"instances: [{', '.join(map(quoted_scalar, entry.instances))}]"
    if entry.ids:
        yield f"ids: {{{', '.join(f'{quoted_scalar(instance)}: {id}' for instance, id in entry.ids)}}}"
    if entry.allow:
        yield f"allow: [{', '.join(map(quoted_scalar, entry.allow))}]"
    yield from spec_lines(entry.spec, indent=0)


def _proposal_lines(proposal: Proposal, indent: int) -> list[str]:
    instances = proposal.entry.instances
    text = [
        f"only the host differs between {enumeration(instances)}: "
        "with a variable, this entry could replace all of them:",
        *entry_lines(proposal.entry, 0),
    ]
    if proposal.values:
        text += ["and in reconciler.yaml, under instances:"]
        text += [f"  {instance}: {{variables: {_flow(values)}}}" for instance, values in proposal.values]
    return _comments(text, indent)


def _flow(values: Sequence[tuple[str, str]]) -> str:
    return f"{{{', '.join(f'{name}: {quoted_scalar(value)}' for name, value in values)}}}"


def _comments(texts: Sequence[str], indent: int) -> list[str]:
    return [f"{' ' * indent}{comment(text)}" for text in texts]
