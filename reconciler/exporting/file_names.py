"""One file per client: its name and its content."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from reconciler.exporting.entries import Item
from reconciler.exporting.file_text import NO_PROPOSALS, render_export
from reconciler.exporting.variables import Proposal

_LONGEST = 80
"""Maximum characters of a client's name in a file name, which stays below 100 with suffix and extension."""

# Windows reserves these for devices, with any extension (learn.microsoft.com: "Naming Files, Paths, and Namespaces").
_DEVICES = re.compile("con|prn|aux|nul|(?:com|lpt)[0-9]")


def render_files(
    items: Sequence[Item], modeline: str, proposals: Mapping[str, Proposal] = NO_PROPOSALS
) -> dict[str, str]:
    """The text of each file by its file name: one file per client name, with all items of that name."""
    named = file_names(item.name for item in items)
    return {
        named[name]: render_export(list(group), modeline, proposals=proposals)
        for name, group in groupby(items, key=lambda item: item.name)
    }


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A file name for each client name: lower-case ASCII, never hidden, unique on every file system.

    The same names give the same files; ids and order do not matter.
    """
    slugs = {name: _slug(name) for name in names}
    often = Counter(slugs.values())
    plain = {name: slug for name, slug in slugs.items() if often[slug] == 1 and _is_usable(slug)}
    taken = set(plain.values())
    files = dict(plain)
    for name in sorted(slugs.keys() - plain.keys()):
        files[name] = _unique(name, slugs[name], taken)
        taken.add(files[name])
    return {name: f"{files[name]}.yaml" for name in slugs}


def _slug(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", ascii_only).strip("-")


def _is_usable(slug: str) -> bool:
    return 0 < len(slug) <= _LONGEST and not _DEVICES.fullmatch(slug)


def _unique(name: str, slug: str, taken: Iterable[str]) -> str:
    """The slug, or `client` if it is empty, with as much of a digest of the name as makes it unique."""
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    base = slug[:_LONGEST].strip("-") or "client"
    return next(each for length in range(8, 65) if (each := f"{base}-{digest[:length]}") not in taken)
