"""What to read first about several instances: each finding and change once, with all the instances that have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from reconciler.planning.drift.origins import has_drift, origin_text
from reconciler.render.html.components import fix_line, text_line
from reconciler.render.html.difference import change_in_words
from reconciler.render.html.elements import Child, Html, client_name, code, join, sentence, tag
from reconciler.render.view.change_groups import PLACEHOLDER, ChangeGroup, change_groups
from reconciler.render.view.counts import action
from reconciler.render.view.findings import ReviewFinding, findings, heading_of, kind_of
from reconciler.render.view.kinds import ReviewKind
from reconciler.render.view.where import Fleet, fleet_of
from reconciler.results import Overview, Planned

_MOST_SHOWN = 50
"""Maximum number of findings of a kind shown at once; the others are collapsed."""
_ELSEWHERE = (ReviewKind.CHANGE, ReviewKind.RISK, ReviewKind.DELETE, ReviewKind.INVALID, ReviewKind.ENDED)
"""Kinds of findings that the changes themselves show, or another section."""
_ASIDE = (ReviewKind.ODD, ReviewKind.FILES)

Points = list[tuple[ReviewKind, Html]]


def attention_box(overview: Overview, anchors: Mapping[str, str]) -> Html | None:
    """Render the section; nothing if there is nothing to decide. `anchors` are the ids of the instances' sections."""
    fleet = fleet_of(overview)
    points: Points = [
        (each.kind, tag("li", *_finding(each, fleet, anchors)))
        for each in findings(overview)
        if each.kind not in _ELSEWHERE and not (each.kind in _ASIDE and _is_known(each, overview))
    ]
    groups = change_groups([result.plan for result in overview.results if isinstance(result, Planned)])
    points += [(kind_of(each.change), tag("li", *_change(each, fleet, anchors))) for each in groups]
    if not points:
        return None
    kinds = (
        part
        for kind, alike in groupby(sorted(points, key=lambda point: point[0]), lambda point: point[0])
        for part in _kind(heading_of(kind, overview), [item for _, item in alike])
    )
    return tag("section", tag("h2", "Read this first", id="first"), *kinds, class_="first", aria_labelledby="first")


def _is_known(finding: ReviewFinding, overview: Overview) -> bool:
    """Whether the base has it as well, or nobody knows: the problems in the files are listed at the end."""
    return not finding.caused or (finding.kind is ReviewKind.FILES and overview.known is None)


def _kind(heading: str, items: Sequence[Html]) -> Iterator[Html]:
    yield tag("h3", f"{heading} ", tag("span", f"({len(items)})", class_="number"))
    yield tag("ul", *items[:_MOST_SHOWN])
    if rest := items[_MOST_SHOWN:]:
        yield tag("details", tag("summary", f"and {len(rest)} more"), tag("ul", *rest), class_="left-alone")


def _finding(finding: ReviewFinding, fleet: Fleet, anchors: Mapping[str, str]) -> Iterator[Child]:
    if finding.client is not None:
        yield f"{finding.action} " if finding.action else None
        yield tag("b", client_name(finding.client))
    yield from _where(finding.instances, fleet, anchors)
    yield ": " if finding.client is not None or finding.instances else None
    yield sentence(finding.text)
    if finding.location is not None and (finding.client is not None or finding.kind is ReviewKind.FILES):
        yield " · "
        yield code(f"{finding.location.path}:{finding.location.line}")
    yield fix_line(finding.hint)


def _change(group: ChangeGroup, fleet: Fleet, anchors: Mapping[str, str]) -> Iterator[Child]:
    change = group.change
    yield f"{action(change)} "
    yield tag("b", client_name(change.name))
    yield from _where(group.instances, fleet, anchors)
    yield ": "
    yield change_in_words(change)
    if group.patterned:
        yield join([" · ", code(PLACEHOLDER), " stands for the name of the instance"])
    if has_drift(change):
        yield text_line(origin_text(change) or "", "drift")
    yield from (text_line(f"! {risk.text}", "risk") for risk in change.risks)


def _where(names: Sequence[str], fleet: Fleet, anchors: Mapping[str, str]) -> Iterator[Child]:
    found = fleet.where(names)
    if found is None:
        return
    yield f" on {found.words}{' ' if found.words and found.names else ''}"
    yield join([_linked(name, anchors) for name in found.names], ", ")


def _linked(name: str, anchors: Mapping[str, str]) -> Html:
    return tag("a", client_name(name), href=f"#{anchors[name]}") if name in anchors else client_name(name)
