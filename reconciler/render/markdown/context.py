"""What every part of a comment needs to know: which instances there are, and where files are shown on the web."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from reconciler.model.clients import Location
from reconciler.render.markdown.escape import code, prose
from reconciler.render.view.findings import ReviewFinding, findings
from reconciler.render.view.names import natural
from reconciler.results import Overview, Stopped
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, printable

_MOST_MISSING = 3
"""Maximum number of instances that are named as those without a change, instead of those with it."""

_CODE = re.compile(r"(?:(?<=^)|(?<=[\s(]))`([A-Za-z0-9_<>:./{}\[\], -]{1,80})`(?=$|[\s),.;:])")
"""Code in a message of the program: a key, a flag, a command. A backtick of a name stays what it is."""


@frozen
class CommentContext:
    """The run that a comment is about."""

    overview: Overview
    found: Sequence[ReviewFinding]
    waves: Mapping[str, int]

    @property
    def is_fleet(self) -> bool:
        """Whether the run has several instances."""
        return len(self.waves) > 1

    def message(self, text: str) -> str:
        """Format a message of the program, without folders of this machine, its code as code."""
        parts = _CODE.split(self.overview.from_anywhere(text))
        return "".join(code(part) if number % 2 else prose(part) for number, part in enumerate(parts))

    def place(self, location: Location) -> str:
        """Format a place in a file, linked if it is known where the repository is shown."""
        path = self.overview.from_top(location.path)
        if os.path.isabs(path):
            return code(f"{os.path.basename(path)}:{location.line}")
        shown = code(f"{path}:{location.line}")
        if self.overview.blob_url is None or path.startswith(".."):
            return shown
        return f"[{shown}]({self.overview.blob_url}{quote(path, errors='surrogatepass')}#L{location.line})"

    def where(self, names: Sequence[str]) -> str:
        """Name instances, those of the highest wave first: a wave is higher the more careful somebody wants to be."""
        if not self.is_fleet or not names:
            return ""
        there, total = set(names), len(self.waves)
        missing = [name for name in self.waves if name not in there]
        if not missing and total > 2:
            return f" on all {total} instances"
        if len(missing) <= _MOST_MISSING < len(there) and not self._without_result(missing):
            return f" on {len(there)} of the {total} instances, not on {self._listed(missing)}"
        return f" on {self._listed(there)}"

    def _listed(self, names: Sequence[str] | set[str]) -> str:
        ordered = sorted(names, key=lambda name: (-self.waves.get(name, 0), natural(name)))
        return enumeration(map(code, ordered))

    def _without_result(self, names: Sequence[str]) -> bool:
        stopped = {each.instance.name for each in self.overview.results if isinstance(each, Stopped)}
        return not stopped.isdisjoint(names)


def context_of(overview: Overview) -> CommentContext:
    """Return the context of a run."""
    return CommentContext(
        overview, findings(overview), {each.instance.name: each.instance.wave for each in overview.results}
    )


def plain_place(location: Location, overview: Overview) -> str:
    """Format a place for a block of code."""
    return printable(f"{overview.from_top(location.path)}:{location.line}")
