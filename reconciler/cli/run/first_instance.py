"""The first instance of a new project: from the flags of `init`, or from answers on a terminal."""

from __future__ import annotations

from pathlib import Path

from reconciler.cli.output.prompt import ask_for
from reconciler.cli.output.streams import is_interactive
from reconciler.exporting.new_project.pipelines import check_action, check_program
from reconciler.exporting.new_project.starting_files import SANDBOX, NewInstance, new_settings, variable_for
from reconciler.model.errors import WrongUsage
from reconciler.project import PROJECT
from reconciler.support.frozen import frozen
from reconciler.support.text import printable

_NAME = "production"
_ON_THIS_MACHINE = "a sandbox on this machine"
"""The default answer to the question for a URL."""


@frozen
class InitFlags:
    """What the command line says about the new project."""

    url: str | None
    adopts: bool
    """Whether what the instance has is exported (`--from`)."""
    name: str | None
    username_env: str | None
    password_env: str | None
    sandbox: bool
    github: bool
    action: str | None
    gitlab: bool
    program: str | None

    def refuse(self) -> None:
        """Raise `WrongUsage` for flags that make no sense together, or lack another."""
        if self.sandbox and (self.url is not None or self.github or self.gitlab):
            raise WrongUsage("--sandbox needs no URL and no pipeline", "leave out --sandbox, or the other flags")
        if self.action is not None:
            if not self.github:
                raise WrongUsage("--action is for the workflows of GitHub", "add --github, or leave out --action")
            check_action(self.action)
        elif self.github and PROJECT.repository is None:
            raise WrongUsage(
                "--github needs --action OWNER/REPO@SHA: where GitHub finds the action of reconciler",
                "push your checkout of reconciler to a repository of your organisation, and name that and the full id"
                " of the commit",
            )
        if self.program is not None:
            if not self.gitlab:
                raise WrongUsage("--program is for the pipeline of GitLab", "add --gitlab, or leave out --program")
            check_program(self.program)

    @property
    def names_an_instance(self) -> bool:
        """Whether the flags describe the first instance."""
        return self.sandbox or self.url is not None


def instance_from_flags(flags: InitFlags) -> NewInstance:
    """Return the instance that the flags describe."""
    name = flags.name or (SANDBOX if flags.url is None else _NAME)
    if flags.url is None:
        return NewInstance(name)
    return NewInstance(
        name,
        flags.url,
        flags.username_env or variable_for(name, "USERNAME"),
        flags.password_env or variable_for(name, "PASSWORD"),
    )


def ask_for_instance() -> NewInstance:
    """Ask on the terminal. Raises `WrongUsage` if there is none."""
    if not is_interactive():
        raise WrongUsage(
            "which instance? There is no terminal to ask on",
            "add --url URL, with --name NAME if it is not to be called production; or --sandbox, to try it without one",
        )
    url = ask_for("URL of the instance, as in a browser", _ON_THIS_MACHINE, _problem_of_url)
    if url == _ON_THIS_MACHINE:
        return NewInstance(SANDBOX)
    name = ask_for("its name", _NAME, lambda name: _problem(NewInstance(name, url, "U", "P")))
    user = ask_for(
        "environment variable with the user name",
        variable_for(name, "USERNAME"),
        lambda variable: _problem(NewInstance(name, url, variable, "P")),
    )
    password = ask_for(
        "environment variable with the password",
        variable_for(name, "PASSWORD"),
        lambda variable: _problem(NewInstance(name, url, user, variable)),
    )
    return NewInstance(name, url, user, password)


def _problem_of_url(url: str) -> str | None:
    return None if url == _ON_THIS_MACHINE else _problem(NewInstance(_NAME, url, "U", "P"))


def _problem(new: NewInstance) -> str | None:
    problem = new_settings(new, Path())[1]
    if problem is None:
        return None
    return printable(problem.message + (f"; {problem.hint}" if problem.hint else ""))
