"""A comment as it is read: what a parser of GitHub's dialect shows of it before anybody unfolds anything."""

from __future__ import annotations

import re
from html import unescape

from markdown_it import MarkdownIt

_PARSER = MarkdownIt("gfm-like", {"html": True})
_FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"</?[a-z][^<>]*>")
_ENDS = re.compile(r"</(?:p|li|h\d|tr|pre)>")


def visible_lines(markdown: str) -> list[str]:
    """The lines of text that are seen: a point of a list, a row of a table or a heading is one line."""
    html = _COMMENT.sub("", _PARSER.render(markdown))
    unfolded = _FOLDED.sub("", html).replace("\n", " ")
    lines = (unescape(_TAG.sub("", line)).strip() for line in _ENDS.sub("\n", unfolded).split("\n"))
    return [line for line in lines if line]
