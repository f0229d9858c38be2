"""The results of `doctor` for a terminal: one line per check, then the findings, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.doctor.checks import CheckLine, CheckState, lines_of
from reconciler.doctor.examination import Examination
from reconciler.doctor.finding import DoctorFinding, FindingSeverity
from reconciler.render.terminal.color import Paint, Style, plain
from reconciler.render.view.counts import plural
from reconciler.support.text import printable

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
