"""Recognise files that are something else than YAML by how they begin, and what else is written in place of YAML."""

from __future__ import annotations

import re
from typing import NamedTuple

from reconciler.declared.yaml.messages import Problem
from reconciler.support.odd_ends import named_character


class _Kind(NamedTuple):
    """A kind of file that is no YAML, by how it begins."""

    beginning: str
    rule: str
    message: str
    hint: str


_FETCH_LFS = "fetch it: git lfs pull; in a pipeline, check out with LFS; or take the file out of LFS (.gitattributes)"
_ENCRYPTED = "this file is encrypted"

_KINDS = (
    _Kind(
        r"version https?://(?:git-lfs|hawser|git-media)", "lfs-pointer",
        "this is a pointer of git LFS, and not the file itself", _FETCH_LFS,
    ),
    _Kind(
        r"\S*/annex/objects/", "lfs-pointer",
        "this is a pointer of git-annex, and not the file itself", "fetch it: git annex get FILE",
    ),
    _Kind(
        r"\.{1,2}/\S+\s*\Z", "lfs-pointer",
        "this is the target of a symlink, and not the file itself",
        "check out with symlinks: git config core.symlinks true, then git checkout -- FILE",
    ),
    _Kind("\0GITCRYPT\0", "yaml", _ENCRYPTED, "decrypt it: git-crypt unlock"),
    _Kind(r"\$ANSIBLE_VAULT;", "yaml", _ENCRYPTED, "decrypt it: ansible-vault decrypt FILE"),
    _Kind(r"-----BEGIN |age-encryption\.org/", "yaml", _ENCRYPTED, "decrypt it; declarations hold no secrets"),
    _Kind(
        r"(?i)<(?:!doctype|html|\?xml|[a-z][\w:-]*[ >/])", "yaml",
        "this is HTML or XML, and not YAML: perhaps a page that was downloaded in place of the file", "fetch it again",
    ),
    _Kind(r"```", "yaml", "this is Markdown, and not YAML", "remove the lines with ```"),
    _Kind(r"diff --git |Index: |(?:---|\*\*\*) \S.*\n(?:\+\+\+|---) \S", "yaml",
          "this is a patch, and not the file itself", "apply it: git apply FILE"),
)  # fmt: skip


def foreign_file(text: str) -> Problem | None:
    """What a text is, if it is a file of another kind."""
    for kind in _KINDS:
        if re.match(kind.beginning, text):
            return Problem(0, kind.rule, kind.message, kind.hint)
    return None


_BLANKS = "\xa0\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff"
_LOOKALIKES = re.compile(
    rf"^[ ]*(?:- *)*(?P<blank>[{_BLANKS}])|:(?P<after>[{_BLANKS}])|^[ ]*(?P<dash>[—–‒−•·‣*])[ ]+\S|\w(?P<colon>[：﹕])"
    r"|^[ ]*(?P<number>\d+)[:|]?[ ]+(?:clients|instances):|^(?P<reply>>) \S|(?P<template>\{\{|\{%|<%)",
    re.MULTILINE,
)


def misplaced(text: str, offset: int) -> Problem | None:
    """What only looks like YAML, or would become it, on the line of a mistake or on the one before."""
    line = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    found = _LOOKALIKES.search(text, text.rfind("\n", 0, max(line - 1, 0)) + 1, len(text) if end < 0 else end)
    if found is None or found.lastgroup is None:
        return None
    place, character = found.start(found.lastgroup), found[found.lastgroup]
    match found.lastgroup:
        case "blank" | "after":
            message = f"{named_character(character)} stands where YAML wants a blank (U+0020)"
            return Problem(place, "character", message, "replace it with a blank")
        case "dash":
            return Problem(place, "character", f"'{character}' begins no entry of a list", "write '- '")
        case "colon":
            return Problem(place, "character", f"'{character}' is not the ':' that follows a key", "write ': '")
        case "template":
            hint = "write the file that the template makes; or, for a variable of reconciler.yaml, `${name}`"
            return Problem(place, "yaml", "this is a template that was not filled in", hint)
        case _:
            what = "line numbers" if found.lastgroup == "number" else "the marks of a quoted text (>)"
            return Problem(place, "yaml", f"{what} were copied along", "remove them")
