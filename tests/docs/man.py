"""Write the manual pages of all commands, made of what --help says: `make man`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from reconciler import __version__
from reconciler.cli.main import cli


def pages(
    command: click.Command = cli, path: tuple[str, ...] = ("reconciler",), parent: click.Context | None = None
) -> Iterator[tuple[str, str]]:
    """The name of each page without its section, and its text: of a command, and of those in it."""
    context = click.Context(command, parent, path[-1], **command.context_settings)
    yield "-".join(path), _page(command, path, context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from pages(inner, (*path, name), context)


def _page(command: click.Command, path: tuple[str, ...], context: click.Context) -> str:
    name = "-".join(path)
    usage = " ".join(command.collect_usage_pieces(context))
    return "".join(
        (
            f'.TH "{name.upper()}" 1 "" "reconciler {__version__}" "User Commands"\n.nh\n.ad l\n',
            f".SH NAME\n{_text(name)} \\- {_text(command.get_short_help_str(200))}\n",
            f".SH SYNOPSIS\n.B {_text(' '.join(path))}\n{_text(usage)}\n",
            f".SH DESCRIPTION\n{_paragraphs(command.help or '')}",
            _options(command, context),
            _commands(command, path, context),
            f".SH NOTES\n{_paragraphs(command.epilog)}" if command.epilog else "",
            "" if len(path) == 1 else ".SH SEE ALSO\n.BR reconciler (1)\n",
        )
    )


def _options(command: click.Command, context: click.Context) -> str:
    options = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    records = [record for each in options if (record := each.get_help_record(context))]
    return ".SH OPTIONS\n" + "".join(f".TP\n.B {_text(flag)}\n{_text(about)}\n" for flag, about in records)


def _commands(command: click.Command, path: tuple[str, ...], context: click.Context) -> str:
    if not isinstance(command, click.Group):
        return ""
    inner = ((name, command.get_command(context, name)) for name in command.list_commands(context))
    lines = (f".TP\n.BR {'-'.join((*path, n))} (1)\n{_text(c.get_short_help_str(200))}\n" for n, c in inner if c)
    return f".SH COMMANDS\n{''.join(lines)}"


def _paragraphs(text: str) -> str:
    """Paragraphs; what begins with a backspace keeps its lines, as in --help."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        body = "\n".join(_text(line.strip()) for line in paragraph.replace("\b\n", "").splitlines())
        found.append(f".PP\n.nf\n{body}\n.fi\n" if "\b" in paragraph else f".PP\n{body}\n")
    return "".join(found)


def _text(text: str) -> str:
    """Text as it stands: no character begins a request or an escape."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", plain, flags=re.MULTILINE)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for title, page in pages():
        (folder / f"{title}.1").write_text(page, encoding="utf-8")
