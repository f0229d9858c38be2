"""The results of `doctor` for a terminal: one line per check, then the findings, worst first.

Of several instances, what they share stands once, then what is their own, and a table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.doctor.checks import CheckLine, CheckState, lines_of
from reconciler.doctor.examination import Examination
from reconciler.doctor.finding import Check, DoctorFinding, FindingSeverity
from reconciler.live.probe.facts import LoggedIn
from reconciler.model.settings import Instance
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.terminal.columns import column
from reconciler.render.view.any_instance import for_any, for_these, naming
from reconciler.render.view.counts import plural
from reconciler.render.view.where import Fleet
from reconciler.support.text import enumeration, printable

_STATES = {
    CheckState.OK: ("ok", Style.ADDED),
    CheckState.WARNING: ("!", Style.WARNED),
    CheckState.FAILED: ("x", Style.REMOVED),
    CheckState.NOT_TRIED: ("-", Style.FAINT),
}
_SEVERITIES = {
    FindingSeverity.ERROR: Style.REMOVED,
    FindingSeverity.WARNING: Style.WARNED,
    FindingSeverity.INFO: Style.FAINT,
}
_INDENT = " " * 11
_WORST_FIRST = tuple(FindingSeverity)
_WORDS = {FindingSeverity.ERROR: "errors", FindingSeverity.WARNING: "warnings", FindingSeverity.INFO: "ok"}
_STYLES = {**_SEVERITIES, FindingSeverity.INFO: Style.ADDED}


def render_examination(examination: Examination, paint: Paint = plain) -> str:
    """Render one instance, ending in a line feed: its checks, its findings, the counts."""
    instance = examination.instance
    blocks = [
        [f"{paint(printable(instance.name), Style.STRONG)}  {printable(instance.identity)}"],
        [_line(line, paint) for line in lines_of(examination)],
        *(list(_finding(finding, paint)) for finding in examination.findings),
        [paint(_summary(examination.findings), Style.STRONG)],
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _line(line: CheckLine, paint: Paint) -> str:
    mark, style = _STATES[line.state]
    return f"  {paint(f'{mark:<2}', style)} {line.check:<12}{printable(line.text)}"


def _finding(finding: DoctorFinding, paint: Paint) -> Iterator[str]:
    message = f"{printable(finding.message)} {paint(f'[{finding.code}]', Style.FAINT)}"
    yield f"  {paint(f'{finding.severity:<8}', _SEVERITIES[finding.severity])} {message}"
    if finding.way_out:
        yield f"{_INDENT}fix: {printable(finding.way_out)}"


def _summary(findings: Sequence[DoctorFinding]) -> str:
    errors, warnings, infos = (sum(f.severity is severity for f in findings) for severity in FindingSeverity)
    if not (errors or warnings):
        return f"nothing wrong · {plural(infos, 'note')}" if infos else "nothing wrong"
    return f"{plural(errors, 'error')}, {plural(warnings, 'warning')} · {plural(infos, 'note')}"


def render_examinations(
    examined: Sequence[Examination], paint: Paint = plain, flags_for: Callable[[Sequence[str]], Sequence[str]] = naming
) -> str:
    """Render the instances: one in full; of several, each finding once, and a line for each of them.

    `flags_for` returns the flags that select some of them in a command.
    """
    if len(examined) < 2:
        return "".join(render_examination(each, paint) for each in examined)
    shared = _shared(examined)
    blocks = [_together(shared, examined, paint, flags_for), *(_own(each, shared, paint) for each in examined)]
    return "".join(f"{block}\n\n" for block in blocks if block) + _table(examined, paint)


def _shared(examined: Sequence[Examination]) -> Mapping[DoctorFinding, Sequence[Examination]]:
    """The findings that several instances have, in general words, with these instances."""
    found: dict[DoctorFinding, list[Examination]] = {}
    for each in examined:
        for finding in dict.fromkeys(_general(finding, each.instance) for finding in each.findings):
            found.setdefault(finding, []).append(each)
    return {finding: those for finding, those in found.items() if len(those) > 1}


def _general(finding: DoctorFinding, instance: Instance) -> DoctorFinding:
    """The finding with placeholders for the instance's URL, and for its name where a command has it."""

    def put(text: str) -> str:
        text = text.replace(instance.url, "{url}") if instance.url is not None else text
        return for_any(text, instance.name)

    way_out = put(finding.way_out) if finding.way_out is not None else None
    return replace(finding, message=put(finding.message), way_out=way_out, clients=())


def _together(
    shared: Mapping[DoctorFinding, Sequence[Examination]],
    examined: Sequence[Examination],
    paint: Paint,
    flags_for: Callable[[Sequence[str]], Sequence[str]],
) -> str:
    if not shared:
        return ""
    fleet = Fleet({each.instance.name: each.instance.wave for each in examined})
    blocks = [[paint("on several instances", Style.STRONG)]]
    for finding in sorted(shared, key=lambda each: _WORST_FIRST.index(each.severity)):
        names = [each.instance.name for each in shared[finding]]
        way_out = finding.way_out and for_these(finding.way_out, flags_for(names))
        head, *rest = _finding(replace(finding, way_out=way_out), paint)
        blocks.append([head, _INDENT + paint(_where(names, fleet), Style.STRONG), *rest])
    return "\n\n".join("\n".join(block) for block in blocks)


def _where(names: Sequence[str], fleet: Fleet) -> str:
    found = fleet.where(names)
    if found is None:
        return ""
    listed = enumeration(map(printable, found.names)) if found.names else ""
    return f"on {' '.join(filter(None, [found.words, listed]))}"


def _own(examination: Examination, shared: Mapping[DoctorFinding, object], paint: Paint) -> str:
    """What only this instance has; empty if that is nothing. With an error or a warning, its checks as well."""
    instance = examination.instance
    own = [finding for finding in examination.findings if _general(finding, instance) not in shared]
    if not own:
        return ""
    lines = lines_of(examination) if any(f.severity is not FindingSeverity.INFO for f in own) else ()
    blocks = [
        [f"{paint(printable(instance.name), Style.STRONG)}  {printable(instance.identity)}"],
        [_line(line, paint) for line in lines],
        *(list(_finding(finding, paint)) for finding in own),
        [paint(_summary(examination.findings), Style.STRONG)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _table(examined: Sequence[Examination], paint: Paint) -> str:
    worst = [_worst(each) for each in examined]
    names = column([printable(each.instance.name) for each in examined])
    words = column([_WORDS[severity] for severity in worst])
    cells = zip(names, words, worst, map(_remark, examined, worst), strict=True)
    lines = [f"{name}  {paint(word, _STYLES[severity])}  {remark}".rstrip() for name, word, severity, remark in cells]
    return "\n".join([*lines, "", paint(_total(worst), Style.STRONG)]) + "\n"


def _worst(examination: Examination) -> FindingSeverity:
    found = {finding.severity for finding in examination.findings}
    return next((severity for severity in _WORST_FIRST if severity in found), FindingSeverity.INFO)


def _remark(examination: Examination, worst: FindingSeverity) -> str:
    if worst is not FindingSeverity.INFO:
        return ", ".join(dict.fromkeys(each.code for each in examination.findings if each.severity is worst))
    return " · ".join(_facts(examination))


def _facts(examination: Examination) -> Iterator[str]:
    account, uses = examination.account, examination.account_uses
    if isinstance(account, LoggedIn) and account.version:
        yield f"version {printable(account.version)}"
    fits = [word for word, is_so in (("plan", uses.plan), ("apply", uses.apply)) if is_so]
    if fits:
        yield f"fits {enumeration(fits)}"
    yield from (printable(line.text) for line in _clients(examination))


def _clients(examination: Examination) -> Iterator[CheckLine]:
    return (line for line in lines_of(examination) if line.check is Check.CLIENTS and examination.client_counts)


def _total(worst: Sequence[FindingSeverity]) -> str:
    numbers = Counter(worst)
    words = {FindingSeverity.INFO: "ok", FindingSeverity.WARNING: "with warnings", FindingSeverity.ERROR: "with errors"}
    counted = ", ".join(f"{numbers[severity]} {word}" for severity, word in words.items() if numbers[severity])
    return f"{plural(len(worst), 'instance')}: {counted}"
