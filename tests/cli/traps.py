"""Folders that git takes for a repository, full of programs that must never run."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.declared.git.repositories import commit, git

HOOKS = ("fsmonitor-watchman", "post-checkout", "post-index-change", "pre-commit", "reference-transaction", "update")
KEYS = (
    "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy",
    "core.alternateRefsCommand", "diff.external", "diff.trap.textconv", "diff.trap.command", "filter.trap.clean",
    "filter.trap.smudge", "filter.trap.process", "merge.trap.driver", "gpg.program", "credential.helper",
    "interactive.diffFilter", "uploadpack.packObjectsHook", "pager.status", "pager.config", "alias.status",
    "submodule.trap.update", "remote.origin.uploadpack",
)  # fmt: skip


@dataclass(frozen=True)
class Traps:
    """Where traps are laid: each writes its name into the file `ran` if it runs."""

    folder: Path

    @property
    def sprung(self) -> list[str]:
        """The names of all that ran."""
        ran = self.folder / "ran"
        return ran.read_text().split() if ran.exists() else []

    def program(self, name: str) -> Path:
        """A program that tells that it ran."""
        file = self.folder / "programs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\necho {name} >> '{self.folder}/ran'\n")
        file.chmod(0o755)
        return file

    def repository(self, files: dict[str, str | None]) -> Path:
        """What a `.git` folder contains, with these files committed, its settings and its hooks being traps."""
        source = self.folder / "source"
        if not source.exists():
            source.mkdir(parents=True)
            git(source, "init", "-q", "-b", "main")
        commit(source, files, "Forged")
        git(source, "update-ref", "refs/remotes/origin/main", "HEAD")
        made = self.folder / "made"
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(source / ".git", made)
        hooks = made / "hooks"
        shutil.rmtree(hooks, ignore_errors=True)
        for hook in HOOKS:
            hooks.mkdir(exist_ok=True)
            shutil.copy(self.program(f"hook-{hook}"), hooks / hook)
        self.set_up(made, made)
        return made

    def set_up(self, made: Path, folder: Path) -> None:
        """Write settings that name the traps, for a repository that will be at a folder."""
        values = {key: str(self.program(key)) for key in KEYS}
        values |= {"core.repositoryformatversion": "0", "core.bare": "false", "filter.trap.required": "true"}
        values |= {"core.worktree": str(folder), "core.hooksPath": str(folder / "hooks")}
        lines = []
        for key, value in values.items():
            section, _, name = key.rpartition(".")
            kind, _, part = section.partition(".")
            lines += [f'[{kind} "{part}"]' if part else f"[{kind}]", f"\t{name} = {value}"]
        (made / "config").write_text("\n".join(lines) + "\n")

    def lay(self, folder: Path, files: dict[str, str | None]) -> None:
        """Make a folder one that git takes for a repository with these files."""
        made = self.folder / "made"
        made = made if made.exists() else self.repository(files)
        self.set_up(made, folder)
        shutil.copytree(made, folder, dirs_exist_ok=True)
        (folder / ".gitattributes").write_text("* filter=trap diff=trap merge=trap\n")
        for name in ("git", "sh", "less", "ssh"):
            shutil.copy(self.program(f"{name}-in-the-work-tree"), folder / name)

    def scatter(self, folders: list[Path], seed: int) -> None:
        """Lay parts of traps at random: some files missing, empty, in the wrong place, or of the wrong kind."""
        chance = random.Random(seed)
        made = self.repository({"reconciler.yaml": "instances: {}\n"})
        for folder in folders:
            self.set_up(made, chance.choice([folder, folder, *folders]))
            for part in sorted(made.iterdir()):
                if chance.random() < 0.95:
                    _copy(part, chance.choice(folders) / part.name if chance.random() < 0.05 else folder / part.name)
                if chance.random() < 0.05 and (folder / part.name).is_file():
                    (folder / part.name).write_text(chance.choice(["", "gitdir: ./made\n", "ref: refs/heads/x\n"]))
            (folder / ".gitattributes").write_text("* filter=trap diff=trap\n")
            if chance.random() < 0.2:
                (folder / "commondir").write_text(chance.choice([".", "..", "../..", str(made)]) + "\n")
                (folder / "gitdir").write_text(f"{made}\n")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif not target.is_dir():
        shutil.copy(source, target)
