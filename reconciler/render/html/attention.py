"""What to read first about several instances: each finding once, with all the instances that have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from reconciler.render.html.components import fix_line
from reconciler.render.html.elements import Html, client_name, code, join, sentence, tag
from reconciler.render.view.counts import plural
from reconciler.render.view.findings import HEADINGS, ReviewFinding, ReviewKind, findings, new_clients
from reconciler.results import Overview

_MOST_SHOWN = 12
"""Maximum number of findings of a kind shown at once; the others are collapsed."""
_MOST_NAMED = 8
"""Maximum number of instances named for a finding; the table lists all of them."""
_QUIET = (ReviewKind.CHANGE, ReviewKind.KEPT, ReviewKind.ODD, ReviewKind.FILES, ReviewKind.INVALID, ReviewKind.ENDED)
"""Kinds that are shown elsewhere, or need no decision."""


def attention_box(overview: Overview, anchors: Mapping[str, str]) -> Html | None:
    """Render the section; nothing if there is nothing to decide. `anchors` are the ids of the instances' sections."""
    found = [each for each in (*findings(overview), *new_clients(overview)) if each.kind not in _QUIET]
    if not found:
        return None
    kinds = (
        part
        for kind, alike in groupby(sorted(found, key=lambda each: each.kind), lambda each: each.kind)
        for part in _kind(HEADINGS[kind], list(alike), anchors)
    )
    return tag("section", tag("h2", "Read this first", id="first"), *kinds, class_="first", aria_labelledby="first")


def _kind(heading: str, found: Sequence[ReviewFinding], anchors: Mapping[str, str]) -> Iterator[Html]:
    yield tag("h3", f"{heading} ", tag("span", f"({len(found)})", class_="number"))
    items = [tag("li", *_item(each, anchors)) for each in found]
    yield tag("ul", *items[:_MOST_SHOWN])
    if rest := items[_MOST_SHOWN:]:
        yield tag("details", tag("summary", f"and {len(rest)} more"), tag("ul", *rest), class_="left-alone")


def _item(finding: ReviewFinding, anchors: Mapping[str, str]) -> Iterator[Html | str | None]:
    if finding.client is not None:
        yield f"{finding.action} " if finding.action else None
        yield tag("b", client_name(finding.client))
        yield ": "
    yield sentence(finding.text)
    if finding.instances:
        yield " · on "
        yield _instances(finding.instances, anchors)
    if finding.location is not None and finding.client is not None:
        yield " · "
        yield code(f"{finding.location.path}:{finding.location.line}")
    yield fix_line(finding.hint)


def _instances(names: Sequence[str], anchors: Mapping[str, str]) -> Html:
    shown: list[Html | str] = [
        tag("a", client_name(each), href=f"#{anchors[each]}") if each in anchors else client_name(each)
        for each in names[:_MOST_NAMED]
    ]
    more = len(names) - _MOST_NAMED
    return join([*shown, *([f"{plural(more, 'more instance')}"] if more > 0 else [])], ", ")
