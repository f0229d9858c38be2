"""Reports of a run besides stdout: files, and GitHub's annotations and step summary."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.flags.options import option
from reconciler.cli.flags.types import MultiLine
from reconciler.cli.output.console import Console
from reconciler.cli.output.github_actions import is_on_github, show_on_github
from reconciler.model.diagnostics import Diagnostic
from reconciler.model.errors import GitError, Interrupted, InvalidDeclarations, ReconcilerError, WrongUsage
from reconciler.render.formats import REPORTS, Found, found_in, renderer_for
from reconciler.render.terminal.errors import render_error_lines
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, quoted
from reconciler.workflow.options import ProjectFiles

if TYPE_CHECKING:
    from reconciler.results import ApplyResult, Overview


@frozen
class ReportFiles:
    """The reports of one run of a command."""

    command: str
    reports: Sequence[Path]
    files: ProjectFiles
    console: Console
    platform: str | None = None
    """The version that the files are judged by in place of what the settings say."""

    @contextmanager
    def reporting_failures(self) -> Iterator[None]:
        """Write reports of a failed run too: a report of an earlier run must not be mistaken for one of this run."""
        try:
            yield
        except WrongUsage:
            raise  # nothing was started
        except InvalidDeclarations as invalid:
            self.show(diagnostics=invalid.diagnostics)
            raise
        except ReconcilerError as problem:
            self.show(error=problem)
            raise
        except (KeyboardInterrupt, click.Abort):
            self.show(error=Interrupted("interrupted before there was a result"))
            raise

    def show(
        self,
        results: Sequence[ApplyResult] = (),
        diagnostics: Sequence[Diagnostic] = (),
        error: ReconcilerError | None = None,
    ) -> bool:
        """Write all requested reports, and return whether all could be written. Failures are reported on stderr."""
        on_github = is_on_github(os.environ)
        if not (self.reports or on_github):
            return True
        overview = self._overview(results, diagnostics, error)
        if on_github:
            show_on_github(overview, os.environ, self.console)
        found = found_in(overview)
        written = [self._write(report, overview, found) for report in self.reports]  # all of them, even after a failure
        return all(written)

    def _overview(
        self, results: Sequence[ApplyResult], diagnostics: Sequence[Diagnostic], error: ReconcilerError | None
    ) -> Overview:
        from reconciler.cli.output.pipeline import pipeline_of
        from reconciler.cli.run.context import declared_from
        from reconciler.declared.git.repository import work_tree_root
        from reconciler.results import Overview

        at = declared_from(self.files, self.console)
        commit = at.commit if at else None
        pipeline = pipeline_of(os.environ, commit)
        return Overview(
            self.command,
            tuple(results),
            tuple(diagnostics),
            made_at=datetime.now(UTC),
            commit=commit,
            error=error,
            config=str(self.files.config),
            folder=os.path.realpath("."),
            top=work_tree_root(Path()),
            known=self._known(results, diagnostics),
            head=pipeline.head,
            blob_url=pipeline.blob_url,
        )

    def _known(self, results: Sequence[ApplyResult], diagnostics: Sequence[Diagnostic]) -> frozenset[Diagnostic] | None:
        """Return the warnings that the bases have too; None without a base, or if git cannot tell."""
        from reconciler.results import plan_of

        plans = [plan for plan in map(plan_of, results) if plan is not None]
        commits = tuple(dict.fromkeys(plan.base for plan in plans if plan.base is not None))
        if not commits:
            return None
        from reconciler.workflow.revisions.known_warnings import known_warnings

        try:
            instances = [result.instance for result in results]
            return known_warnings(self.files, commits, instances, diagnostics, self.platform)
        except GitError:
            return None

    def _write(self, report: Path, overview: Overview, found: Found) -> bool:
        from reconciler.cli.output.files import write_with_folder

        render = renderer_for(report.name)
        assert render is not None  # noqa: S101  (the flag accepts no other name)
        if report.suffix.lower() == ".prom":
            overview = replace(overview, successes=_earlier(report, overview.command))
        try:
            write_with_folder(report, render(overview, found), "report")
        except ReconcilerError as problem:
            self.console.problem(render_error_lines(problem))
            return False
        return True


def _earlier(report: Path, command: str) -> Mapping[str, float]:
    """Return when each instance last succeeded, from the report that the new one replaces."""
    from reconciler.render.ci.openmetrics import last_successes

    try:
        return last_successes(report.read_text(encoding="utf-8", errors="replace"), command) if report.is_file() else {}
    except OSError:  # it cannot be read, and will probably not be written either
        return {}


def _known(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[Path, ...]:
    """Return the files. Raises `BadParameter` if one has no known format or is named twice."""
    for value in values:
        if renderer_for(Path(value).name) is None:
            known = enumeration(REPORTS, last="or")
            text = f"{quoted(value)} has no format: the name of a report ends in {known}"
            raise click.BadParameter(text, context, parameter)
    real = [os.path.realpath(value) for value in values]
    if twice := [value for value, path in zip(values, real, strict=True) if real.count(path) > 1]:
        raise click.BadParameter(f"{quoted(twice[-1])} is named twice: the last report would win", context, parameter)
    return tuple(map(Path, values))


report_option = option(
    "--report",
    "reports",
    multiple=True,
    type=MultiLine(),
    callback=_known,
    metavar="FILE",
    help="Also write a report to this file; repeatable. The suffix selects the format: " + ", ".join(REPORTS) + ".",
)
