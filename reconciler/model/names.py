"""Client names: which can be declared, which belong to system clients, which look alike; and globs for names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from reconciler.model.platform import SYSTEM_CLIENT_NAMES, TRIMMED

# Characters without a glyph that general category Cf does not cover (Unicode's Default_Ignorable_Code_Point).
_INVISIBLE = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


def lookalike_key(name: str) -> str:
    """A key that two names share when they differ only in case, normalisation or invisible characters."""
    if name.isascii() and name.isprintable():
        return name.lower()
    import unicodedata  # a separate library, which few names need

    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    if folded.isprintable() and not _invisible().search(folded):
        return folded  # nothing to remove: printable text has no character of category Cf, Cc or Co
    visible = (c for c in _invisible().sub("", folded) if unicodedata.category(c) not in ("Cf", "Cc", "Co"))
    return unicodedata.normalize("NFKC", "".join(visible))


@lru_cache(maxsize=1)
def _invisible() -> re.Pattern[str]:
    return re.compile(_INVISIBLE)


def can_be_declared(name: str) -> bool:
    """Whether an entry can have this name. If not, the platform would trim it, or it is not readable."""
    return name == name.strip(TRIMMED) != "" and (name.isprintable() or _is_readable(name))


def _is_readable(name: str) -> bool:
    import unicodedata

    return all(unicodedata.category(c) not in ("Cc", "Cs") for c in name)


def is_system_client(name: str, globs: Collection[str] = ()) -> bool:
    """Whether this is a system client's name: one that the platform installs, or matched by `system_clients:`."""
    return name.casefold() in SYSTEM_CLIENT_NAMES or (bool(globs) and matches_any(globs, name))


def matches(glob: str, name: str) -> bool:
    """Whether a glob matches the whole name. Only `*` and `?` are special; case is ignored."""
    return _compiled(glob).fullmatch(name) is not None


def matches_any(globs: Iterable[str], name: str) -> bool:
    """Whether at least one of the globs matches the whole name."""
    pattern = _compiled_together(tuple(globs))
    return pattern is not None and pattern.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile(_as_regex(glob), re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=256)
def _compiled_together(globs: tuple[str, ...]) -> re.Pattern[str] | None:
    # One pattern for all: thousands of names are matched against the same few globs.
    return re.compile("|".join(map(_as_regex, globs)), re.IGNORECASE | re.DOTALL) if globs else None


def _as_regex(glob: str) -> str:
    """The glob as a regular expression that takes linear time: each part is found once, at the earliest place."""
    first, *others = map(_literal, glob.split("*"))
    if not others:
        return first
    # An earliest place leaves the most room for the parts after it: atomic groups, since no other need be tried.
    between = (f"(?>.*?{part})" for part in others[:-1] if part)
    return f"{first}{''.join(between)}.*{others[-1]}"


def _literal(part: str) -> str:
    return ".".join(map(re.escape, part.split("?")))
