"""`reconciler completion`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.main import COMPLETION
from reconciler.cli.output.streams import print_result, say

if TYPE_CHECKING:
    from click.shell_completion import ShellComplete

_SHELLS = ("bash", "zsh", "fish")


# No environment variable: that it writes a file must be visible in the command itself.
@click.command(
    epilog="""\b
Examples:
  reconciler completion bash --install
  reconciler completion zsh"""
)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.option("--install", is_flag=True, help="Install the script for the current user.")
@click.pass_context
def completion(context: click.Context, shell: str, install: bool) -> int:
    """Print or install the shell completion script.

    Install it once. The script asks the program each time, so it stays up to date after an upgrade.
    """
    script = f"{_script(context.find_root().command, shell)}\n"
    if not install:
        print_result(script)
        return 0
    from reconciler.cli.output.files import write_with_folder

    file = _place(shell, os.environ)
    write_with_folder(file, script, "script")
    say(f"wrote {file}\n{_then(shell, file)}\n")
    return 0


def _script(cli: click.Command, shell: str) -> str:
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    kinds: Mapping[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
    kind = kinds[shell](cli, {}, "reconciler", COMPLETION)
    return kind.source_template % kind.source_vars()  # source() would run bash only to see how old it is


def _place(shell: str, environ: Mapping[str, str]) -> Path:
    """Where a shell looks for scripts of this user."""
    home = Path(environ.get("HOME") or Path.home())
    match shell:
        case "bash":  # as the package bash-completion says
            data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
            return data / "bash-completion" / "completions" / "reconciler"
        case "fish":
            return Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "fish" / "completions" / "reconciler.fish"
        case _:
            return Path(environ.get("ZDOTDIR") or home) / ".zfunc" / "_reconciler"


def _then(shell: str, file: Path) -> str:
    """What is left to do."""
    if shell == "zsh":
        return f"once, in ~/.zshrc, above `autoload -Uz compinit && compinit`: fpath+=({file.parent})"
    needs = "; it needs the package bash-completion" if shell == "bash" else ""
    return f"it works in every new {shell}{needs}"
