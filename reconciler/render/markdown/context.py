"""What every part of a comment needs to know: which instances there are, and where files are shown on the web."""

from __future__ import annotations

import os
from collections.abc import Sequence
from urllib.parse import quote

from reconciler.model.clients import Location
from reconciler.model.revisions import split_path
from reconciler.project import PROJECT, Addresses
from reconciler.render.markdown.escape import code, prose
from reconciler.render.view.findings import ReviewFinding, findings
from reconciler.render.view.messages import code_parts
from reconciler.render.view.rules import rule_page
from reconciler.render.view.where import Fleet, fleet_of
from reconciler.results import Overview
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration


@frozen
class CommentContext:
    """The run that a comment is about."""

    overview: Overview
    found: Sequence[ReviewFinding]
    fleet: Fleet
    project: Addresses = PROJECT

    @property
    def is_fleet(self) -> bool:
        """Whether the run has several instances."""
        return len(self.fleet.waves) > 1

    def message(self, text: str) -> str:
        """Format a message of the program, without folders of this machine, its code as code."""
        parts = code_parts(self.overview.from_anywhere(text))
        return "".join(code(part) if number % 2 else prose(part) for number, part in enumerate(parts))

    def place(self, location: Location) -> str:
        """Format a place in a file, linked if it is known where the repository is shown; a file at a base is not."""
        path = self.overview.from_top(location.path)
        if os.path.isabs(path):
            return code(f"{os.path.basename(path)}:{location.line}")
        shown = code(f"{path}:{location.line}")
        if self.overview.blob_url is None or path.startswith("..") or split_path(path)[0]:
            return shown
        return f"[{shown}]({self.overview.blob_url}{quote(path, errors='surrogatepass')}#L{location.line})"

    def rule(self, name: str) -> str:
        """Format the name of a rule, linked to its page if there is one."""
        page = rule_page(self.project, name)
        return f"[{code(name)}]({page})" if page else code(name)

    def short_place(self, location: Location) -> str:
        """Format a place in a file without a link, for one of many lines."""
        return code(f"{os.path.basename(location.path)}:{location.line}")

    def where(self, names: Sequence[str]) -> str:
        """Name the instances of a line, with the word before them; empty if there is only one."""
        found = self.fleet.where(names)
        if found is None:
            return ""
        listed = enumeration(map(code, found.names)) if found.names else ""
        return f" on {' '.join(filter(None, [found.words, listed]))}"


def context_of(
    overview: Overview, project: Addresses = PROJECT, found: Sequence[ReviewFinding] | None = None
) -> CommentContext:
    """Return the context of a run. `found` are its findings, if another report has looked for them."""
    return CommentContext(overview, findings(overview) if found is None else found, fleet_of(overview), project)
