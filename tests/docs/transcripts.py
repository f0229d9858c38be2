"""What the command lines of a page really print. `make docs` writes it below them; a test compares."""

from __future__ import annotations

import fnmatch
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.lines import Line, Written, lines, steps
from tests.docs.pages import PAGES, ROOT
from tests.docs.preparations import BETWEEN, PREPARATIONS, project
from tests.docs.stage import has, stage

ELSEWHERE = {"docs/reference/commands.md", "docs/reference/formats.md"}
"""Made of what the program prints in ways of their own; test_generated.py compares."""

NOT_RUN = {
    r"make (demo|test|lint)": "they install, and run these tests",
    r"python3 -m venv|pip install": "they install",
    r"python -m pytest": "these tests",
    r"export .*…": "the reader's own credentials",
}
"""Command lines that cannot be run here, by how they begin, and why."""


@dataclass(frozen=True, slots=True)
class Played:
    """A command line, and what came of it."""

    line: Line
    code: int
    printed: str

    @property
    def agrees(self) -> bool:
        """Whether the page shows nothing, or what is printed: `…` stands for one line or more that it leaves out."""
        shown, printed = _trimmed(self.line.shown), _trimmed(self.printed)
        if "…" not in shown.splitlines():
            return not shown or shown == printed
        pattern = "\n".join("*" if each == "…" else re.sub(r"([*?[])", r"[\1]", each) for each in shown.splitlines())
        return fnmatch.fnmatchcase(printed, pattern)


def _trimmed(text: str) -> str:
    """Without what a reader does not see: blanks at the ends of lines, and empty lines around all."""
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def named(page: Path) -> str:
    """As the tables above call a page."""
    return str(page.relative_to(ROOT))


def pages() -> list[Path]:
    """The pages with command lines to run."""
    return [page for page in PAGES if named(page) not in ELSEWHERE and lines(page)]


def missing(page: Path) -> list[str]:
    """Programs of others that the page uses and this machine lacks."""
    typed = [line.command for line in lines(page)]
    wanted = {word for word in ("age", "curl", "jq") if any(re.search(rf"(^|\| *){word} ", each) for each in typed)}
    return sorted(program for program in wanted if not has(program))


def played(page: Path, folder: Path) -> Iterator[Played]:
    """Run the page's lines in order, in one new project below the folder."""
    with stage(folder, PREPARATIONS.get(named(page), project)) as ours:
        for step in steps(page):
            match step:
                case Written(path=path, text=text):
                    ours.write(path, text)
                case Line():
                    for happen in (
                        each for (where, words), each in BETWEEN.items() if _begins(step, page, where, words)
                    ):
                        happen(ours)
                    if not any(re.match(pattern, step.command) for pattern in NOT_RUN):
                        yield Played(step, *ours.run(step))


def _begins(line: Line, page: Path, where: str, words: str) -> bool:
    return where == named(page) and words in f"{line.command}\n"


def write() -> None:
    """Put what is printed into every page that shows something else."""
    for page in pages():
        if missing(page):
            print(f"{named(page)} was not changed: its lines need {', '.join(missing(page))}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            text = page.read_text(encoding="utf-8")
            for each in played(page, Path(folder)):
                if each.code != each.line.exit_code:
                    print(f"{each.line}\nended with {each.code}:\n{each.printed}")
                if not each.agrees:
                    shown = f"$ {each.line.typed}\n{each.line.shown}"
                    text = text.replace(shown, f"$ {each.line.typed}\n{_trimmed(each.printed)}\n", 1)
            page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
