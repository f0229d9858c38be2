"""Build the site: python -m tests.site.build FOLDER. The pages are in FOLDER/html then."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from reconciler.project import PROJECT, Addresses
from tests.docs.pages import ROOT
from tests.site.check import problems
from tests.site.config import written
from tests.site.markdown import page
from tests.site.pages import folders, listing, place, sources, target

GENERATOR = ROOT / ".venv-site" / "bin" / "zensical"
REMOTE = re.compile(r'<script src="https://[^"]*/iframe-worker/[^"]*"')
"""What the generator fetches so that the search works without a server."""


def stage(folder: Path, to: Addresses) -> None:
    """Write what the generator reads."""
    for source in sources():
        file = folder / "pages" / str(place(source))
        file.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            text = (ROOT / source).read_text(encoding="utf-8")
            file.write_text(page(text, lambda link, at=source: target(at, link, to.repository_url)), encoding="utf-8")  # type: ignore[misc]
        else:
            shutil.copyfile(ROOT / source, file)
    for each in folders():
        (folder / "pages" / str(place(each)) / "index.md").write_text(listing(each), encoding="utf-8")
    shutil.copyfile(ROOT / "docs" / "site" / "offline.js", folder / "pages" / "offline.js")
    (folder / "mkdocs.yml").write_text(written(to), encoding="utf-8")


def generate(folder: Path) -> None:
    """Make the pages of what is staged; what is wrong with a source ends the program."""
    done = subprocess.run(
        [GENERATOR, "build", "--strict", "--clean"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}")
    for file in (folder / "html").rglob("*.html"):
        up = "../" * (len(file.relative_to(folder / "html").parts) - 1)
        text = REMOTE.sub(f'<script src="{up}offline.js"', file.read_text(encoding="utf-8"))
        file.write_text(text, encoding="utf-8")


def main(folder: Path) -> None:
    """Build and check."""
    shutil.rmtree(folder, ignore_errors=True)
    stage(folder, PROJECT)
    generate(folder)
    sys.exit("\n".join(problems(folder / "html")) or 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
