"""Paths of sinks' files: paths with placeholders, and safe file names for any client name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath

from reconciler.model.placeholders import fill_instance
from reconciler.secrets.values import SinkClient
from reconciler.support.text import did_you_mean, enumeration, quoted

LONGEST = 100
"""Characters of a stem. File systems allow names of 255 bytes."""
READABLE_LENGTH = 60
"""Characters of a longer or otherwise lossy stem that are kept for people, before its hash."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FAITHFUL = re.compile(r"[a-z0-9]([a-z0-9 .-]*[a-z0-9-])?")
_SAFE = "a-z0-9._-"
"""The characters of a stem."""
_LOOKS_HASHED = re.compile(r".*-[0-9a-f]{8}")
# Device names on Windows, whatever their extension.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")

Fault = tuple[str, str]
"""What is wrong, and what to do about it."""


def stem(name: str) -> str:
    """A safe part of a file name for any client name: a-z, 0-9, `.`, `-` and `_`, and never only dots.

    Lower case, with `_` for blanks. If that loses more than upper and lower case, a hash of the name is appended, so
    that two names have two stems: "Customer portal" is `customer_portal`, "Café" is `cafe-` and 8 hexadecimal digits.
    """
    folded = name.lower()
    faithful = len(folded) <= LONGEST and _FAITHFUL.fullmatch(folded) and not _DEVICES.fullmatch(folded)
    if faithful and not _LOOKS_HASHED.fullmatch(folded):
        return folded.replace(" ", "_")
    plain = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^a-z0-9-]+", "_", plain)[:READABLE_LENGTH].strip("_-")
    digest = sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{readable or 'client'}-{digest}"


def template_faults(path: str, known: Sequence[str], needed: Sequence[str] = ()) -> list[Fault]:
    """What is wrong with the placeholders of a path; `known` are allowed in it, `needed` are required."""
    found = _PLACEHOLDER.findall(path)
    offer = f"known here: {enumeration(f'{{{name}}}' for name in known)}"
    faults = [(f"'${{{name}}}' is not a placeholder", f"write {{{name}}}, without $") for name in _dollars(path, known)]
    faults += [
        (f"{quoted('{' + name + '}')} is not a placeholder", _meant(name, known) or offer)
        for name in found
        if name not in known
    ]
    if re.search(r"[{}]", _PLACEHOLDER.sub("", path)):
        faults.append((f"a brace in {quoted(path)} is not closed, or not opened", offer))
    missing = [name for name in needed if name not in found]
    if missing and not faults:
        braced = enumeration(f"{{{name}}}" for name in missing)
        faults.append((f"without {braced} all clients would have one file", f"put {braced} into the path"))
    return faults


def _dollars(path: str, known: Sequence[str]) -> list[str]:
    """The placeholders that are written like a variable of a shell or of a redirect URL."""
    return [name for name in known if f"${{{name}}}" in path]


def _meant(name: str, known: Sequence[str]) -> str | None:
    alike = known if name.isupper() else [each for each in known if not each.isupper()]
    guess = did_you_mean(name, alike)
    return guess.replace("'", "'{", 1)[:-2] + "}'?" if guess else None


def folder_faults(path: str) -> list[Fault]:
    """The fault of a path that leads out of the folder that it starts from."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if path.startswith(("/", "\\", "~")) or ".." in parts or re.match(r"[A-Za-z]:", path):
        return [
            (f"{quoted(path)} leads out of the project's folder", "give a path below the folder of reconciler.yaml")
        ]
    return []


def expand(path: str, instance: str) -> str:
    """The path with the placeholders for the instance filled in; `{owner}` and `{name}` stay."""
    return fill_instance(path, instance)


def file_of(path: str, client: SinkClient) -> str:
    """The path of a client's file. No name or owner of a client can make it lead elsewhere."""
    return (
        expand(path, client.instance)
        .replace("{owner}", stem(client.owner) if client.owner is not None else "")
        .replace("{name}", stem(client.name))
    )


def file_pattern(path: str, instance: str) -> str:
    """A regular expression for the paths that `file_of` returns for the clients of an instance."""
    plain = PurePosixPath(expand(path, instance)).as_posix()
    return f"[{_SAFE}]+".join(map(re.escape, _PLACEHOLDER.split(plain)[::2]))


Shape = Sequence[Sequence[str]]
"""The parts of a path, each as the texts around its placeholders; case is ignored."""


def shape(path: str) -> Shape:
    """The shape of a path with the placeholders that are left in it."""
    return [_PLACEHOLDER.split(part)[::2] for part in PurePosixPath(path.casefold()).parts]


def may_be_one_file(one: Shape, other: Shape) -> bool:
    """Whether two paths can be that of one file, for some clients. Nothing that fills a placeholder has a slash."""
    return len(one) == len(other) and all(map(_may_be_equal, one, other))


def _may_be_equal(one: Sequence[str], other: Sequence[str]) -> bool:
    if len(one) == len(other) == 1:
        return one == other
    begins = one[0].startswith(other[0]) or other[0].startswith(one[0])
    return begins and (one[-1].endswith(other[-1]) or other[-1].endswith(one[-1]))


def fixed_folder(path: str, instance: str) -> Path:
    """The deepest folder that contains all files of an instance."""
    parts = PurePosixPath(expand(path, instance)).parts[:-1]
    fixed = [part for index, part in enumerate(parts) if not any("{" in earlier for earlier in parts[: index + 1])]
    return Path(*fixed)
