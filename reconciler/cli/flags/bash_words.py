"""The words of a command line as bash splits them for completion: at `:` and `=`, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from click.shell_completion import BashComplete, CompletionItem


class Bash(BashComplete):
    """Puts words together again: `label:e` comes as three, of which bash replaces only the last."""

    _kept = ""
    """The beginning of the last word that bash leaves as it is."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one to complete, and that one."""
        before, last = super().get_completion_args()
        *words, whole = _joined([*before, last])
        self._kept = whole[: whole.rfind(":") + 1] if ":" in (last, *before[-1:]) else ""
        return words, whole

    def format_completion(self, item: CompletionItem) -> str:
        """Return what bash puts in the place of its last word."""
        return f"{item.type},{item.value.removeprefix(self._kept)}"


def _joined(parts: Sequence[str]) -> list[str]:
    words: list[str] = []
    for joins, part in zip(_follows_colon(parts), parts, strict=True):
        if part == "=" and words and words[-1].startswith("--"):
            continue  # the value of an option is a word of its own for click
        if words and (joins or part == ":"):
            words[-1] += part
        else:
            words.append(part)
    return words if parts[-1] != "=" else [*words, ""]


def _follows_colon(parts: Sequence[str]) -> Iterator[bool]:
    return (number > 0 and parts[number - 1] == ":" for number in range(len(parts)))
