"""Put a built site among those of earlier versions: python -m tests.site.publish SITE PAGES.

PAGES is what a web server serves: a folder for each version (`0.1`, without the last number), `latest` with the newest,
`versions.json` for the list of versions on each page, and the schemas where their `$id` leads.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from reconciler import __version__

LATEST = "latest"
_INDEX = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>reconciler</title>
<meta http-equiv="refresh" content="0; url={LATEST}/index.html">
<link rel="canonical" href="{LATEST}/index.html">
<p><a href="{LATEST}/index.html">The documentation</a></p>
</html>
"""


_ALONE, _AMONG_OTHERS = '"version":null}</script>', '"version":{"provider":"mike"}}</script>'
"""What the pages of a site say of versions: a list of them is only looked for where there is one."""


def publish(site: Path, pages: Path, version: str) -> None:
    """Write the site of a version, in the place of what is there of it. Raises ValueError for pages of another make."""
    minor = version.rpartition(".")[0]
    known = _versions(pages)
    titles = {each["version"]: each["title"] for each in known} | {minor: version}
    newest = max(titles, key=_order)
    _replace(site, pages / minor)
    for file in (pages / minor).rglob("*.html"):
        alone = file.read_text(encoding="utf-8")
        if _ALONE not in alone:
            raise ValueError(f"{file} has no place for the list of versions")
        file.write_text(alone.replace(_ALONE, _AMONG_OTHERS), encoding="utf-8")
    if minor == newest:
        _replace(pages / minor, pages / LATEST)
        _replace(site / "schemas", pages / "schemas")
        shutil.copyfile(pages / minor / "404.html", pages / "404.html")
    listed = [
        {"version": each, "title": titles[each], "aliases": [LATEST] if each == newest else []}
        for each in sorted(titles, key=_order, reverse=True)
    ]
    (pages / "versions.json").write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    (pages / "index.html").write_text(_INDEX, encoding="utf-8")
    (pages / ".nojekyll").touch()  # GitHub would leave out what begins with a low line


def _order(minor: str) -> tuple[int, ...]:
    return tuple(map(int, minor.split(".")))


def _versions(pages: Path) -> list[dict[str, str]]:
    file = pages / "versions.json"
    found: list[dict[str, str]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return found


def _replace(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


if __name__ == "__main__":
    publish(Path(sys.argv[1]), Path(sys.argv[2]), __version__)
