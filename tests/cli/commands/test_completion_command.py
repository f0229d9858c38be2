"""`reconciler completion`: where the script goes, and that a shell takes it from there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.projects import SECONDS, environment, process

PLACES = {
    "bash": ".local/share/bash-completion/completions/reconciler",
    "zsh": ".zfunc/_reconciler",
    "fish": ".config/fish/completions/reconciler.fish",
}


def install(home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    unset = dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"), "")
    return process("completion", *words, env=environment(HOME=str(home), **{**unset, **variables}))


@pytest.mark.parametrize("shell", PLACES)
def test_the_script_is_written_to_where_the_shell_looks(shell: str, tmp_path: Path) -> None:
    ended = install(tmp_path, shell, "--install")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr.startswith(f"wrote {tmp_path}/{PLACES[shell]}\n")
    script = (tmp_path / PLACES[shell]).read_text()
    assert f"_RECONCILER_COMPLETE={shell}_complete" in script
    assert install(tmp_path, shell).stdout == script


@pytest.mark.parametrize(
    ("shell", "variable", "place"),
    [
        ("bash", "XDG_DATA_HOME", "bash-completion/completions/reconciler"),
        ("fish", "XDG_CONFIG_HOME", "fish/completions/reconciler.fish"),
        ("zsh", "ZDOTDIR", ".zfunc/_reconciler"),
    ],
)
def test_a_folder_of_ones_own_is_kept_to(shell: str, variable: str, place: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    assert install(tmp_path, shell, "--install", **{variable: str(elsewhere)}).returncode == 0
    assert (elsewhere / place).exists()


@pytest.mark.parametrize("shell", PLACES)
def test_what_is_written_is_in_the_language_of_the_shell(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    install(tmp_path, shell, "--install")
    judged = subprocess.run([program, "-n", str(tmp_path / PLACES[shell])], timeout=SECONDS, check=False)
    assert judged.returncode == 0


def test_zsh_is_told_what_is_left(tmp_path: Path) -> None:
    assert install(tmp_path, "zsh", "--install").stderr.endswith(f"compinit`: fpath+=({tmp_path}/.zfunc)\n")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / ".zfunc").write_text("")
    ended = install(tmp_path, "zsh", "--install")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: cannot write the script to {tmp_path}/.zfunc/_reconciler: ")


def test_another_shell_is_wrong_usage(tmp_path: Path) -> None:
    ended = install(tmp_path, "tcsh")
    assert (ended.returncode, ended.stdout) == (64, "")
    assert "'bash', 'zsh', 'fish'" in ended.stderr
