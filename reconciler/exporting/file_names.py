"""One file a client: what each is called, and what stands in it."""

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
"""Characters of a name in a file's name: with a suffix and the ending it stays below 100."""

# Windows keeps these for devices, whatever the ending (learn.microsoft.com: "Naming Files, Paths, and Namespaces").
_DEVICES = re.compile("con|prn|aux|nul|(?:com|lpt)[0-9]")


def render_files(
    items: Sequence[Item], modeline: str, proposals: Mapping[str, Proposal] = NO_PROPOSALS
) -> dict[str, str]:
    """The text of each file by its name: one for every name of a client, with all that is said of that name."""
    named = file_names(item.name for item in items)
    return {
        named[name]: render_export(list(group), modeline, proposals=proposals)
        for name, group in groupby(items, key=lambda item: item.name)
    }


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A file's name for each name of a client: lower-case ASCII, never hidden, told apart on every file system.

    The same names give the same files, and no id or order goes into them.
    """
    slugs = {name: _slug(name) for name in names}
    often = Counter(slugs.values())
    plain = {name: slug for name, slug in slugs.items() if often[slug] == 1 and _speaks_for_itself(slug)}
    taken = set(plain.values())
    files = dict(plain)
    for name in sorted(slugs.keys() - plain.keys()):
        files[name] = _told_apart(name, slugs[name], taken)
        taken.add(files[name])
    return {name: f"{files[name]}.yaml" for name in slugs}


def _slug(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", ascii_only).strip("-")


def _speaks_for_itself(slug: str) -> bool:
    return 0 < len(slug) <= _LONGEST and not _DEVICES.fullmatch(slug)


def _told_apart(name: str, slug: str, taken: Iterable[str]) -> str:
    """The slug, or `client` where nothing is left of the name, with as much of a digest of the name as it takes."""
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    base = slug[:_LONGEST].strip("-") or "client"
    return next(each for length in range(8, 65) if (each := f"{base}-{digest[:length]}") not in taken)
