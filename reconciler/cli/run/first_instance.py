"""The first instance of a new project: from the flags of `init`, or from answers on a terminal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.output.prompt import ask_for
from reconciler.cli.output.streams import is_interactive
from reconciler.exporting.new_project.pipelines import check_action, check_program
from reconciler.exporting.new_project.starting_files import SANDBOX, NewInstance, new_settings, variable_for
from reconciler.model.errors import WrongUsage
from reconciler.model.platform import platform_page_start
from reconciler.project import PROJECT
from reconciler.support.frozen import frozen
from reconciler.support.text import printable, quoted_url

if TYPE_CHECKING:
    from reconciler.model.settings import Settings

_Wrong = tuple[str, str | None]
"""A message and its hint."""

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
    allow_http: bool
    sandbox: bool
    github: bool
    action: str | None
    gitlab: bool
    program: str | None

    def refuse(self) -> None:
        """Raise `WrongUsage` for flags that make no sense together, or lack another."""
        if self.sandbox and (self.url is not None or self.github or self.gitlab):
            raise WrongUsage("--sandbox needs no URL and no pipeline", "leave out --sandbox, or the other flags")
        for flag, value in (("--name", self.name), ("--from" if self.adopts else "--url", self.url)):
            if value is not None and not value.strip():
                raise WrongUsage(f"{flag} is empty", "a variable of your shell is not set, perhaps")
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
    """Return the instance that the flags describe. Raises `WrongUsage` if they cannot be right."""
    name = flags.name or (SANDBOX if flags.url is None else _NAME)
    if flags.url is None:
        return NewInstance(name)
    user = flags.username_env or variable_for(name, "USERNAME")
    password = flags.password_env or variable_for(name, "PASSWORD")
    url = flags.url.strip()
    for wrong in (_page(url), _no_variable(user), _no_variable(password), _one_variable(user, password)):
        if wrong is not None:
            raise WrongUsage(*wrong)
    return NewInstance(name, url, user, password, flags.allow_http)


def ask_for_instance(flags: InitFlags) -> NewInstance:
    """Ask on the terminal for what the flags leave open. Raises `WrongUsage` if there is no terminal."""
    if not is_interactive():
        raise WrongUsage(
            "which instance? There is no terminal to ask on",
            "add --url URL, with --name NAME if it is not to be called production; or --sandbox, to try it without one",
        )
    has_pipeline = flags.github or flags.gitlab
    allow = flags.allow_http
    url = ask_for(
        "URL of the instance, as in a browser",
        None if has_pipeline else _ON_THIS_MACHINE,
        lambda url: None if _is_sandbox(url) and not has_pipeline else _problem_of_url(url, allow),
    )
    if _is_sandbox(url):
        return NewInstance(flags.name or SANDBOX)
    name = ask_for(
        "its name", flags.name or _NAME, lambda name: _problem(NewInstance(name, url, "U", "P", allow_http=allow))
    )
    user = ask_for(
        "environment variable with the user name",
        flags.username_env or variable_for(name, "USERNAME"),
        lambda variable: _text(_no_variable(variable)) or _problem(NewInstance(name, url, variable, "P", allow)),
    )
    password = ask_for(
        "environment variable with the password",
        flags.password_env or variable_for(name, "PASSWORD"),
        lambda variable: (
            _text(_no_variable(variable))
            or _text(_one_variable(user, variable))
            or _problem(NewInstance(name, url, user, variable, allow))
        ),
    )
    return NewInstance(name, url, user, password, allow)


def problem_of(new: NewInstance, folder: Path) -> tuple[Settings | None, _Wrong | None]:
    """Return the settings of a new project, or why there can be none, with what `init` can do about it."""
    settings, problem = new_settings(new, folder)
    if problem is None:
        return settings, None
    hint = problem.hint
    if hint is not None and "allow_http" in hint:
        hint = "use https; if that is not possible, add --allow-http to this command"
    return settings, (problem.message, hint)


def _is_sandbox(url: str) -> bool:
    return url == _ON_THIS_MACHINE or url.lower() == SANDBOX


def _problem_of_url(url: str, allow_http: bool) -> str | None:
    return _problem(NewInstance(_NAME, url, "U", "P", allow_http)) or _text(_page(url))


def _page(url: str) -> _Wrong | None:
    """Return what is wrong with a URL that was copied from a page of the platform."""
    begins = platform_page_start(url)
    if begins is None:
        return None
    return f"{quoted_url(url)} is the address of a page, not of the instance", f"leave out the page: {begins}"


def _no_variable(typed: str) -> _Wrong | None:
    """Return what is wrong with what is no variable, but perhaps the user name or the password itself."""
    if typed == typed.upper() or typed in os.environ:
        return None
    hint = "type the name of a variable, such as PM_PRODUCTION_PASSWORD, and never the password itself"
    return "no variable of this name is set", hint


def _one_variable(user: str, password: str) -> _Wrong | None:
    return ("the user name and the password are in one variable", "name two variables") if user == password else None


def _text(wrong: _Wrong | None) -> str | None:
    return None if wrong is None else printable("; ".join(each for each in wrong if each))


def _problem(new: NewInstance) -> str | None:
    return _text(problem_of(new, Path())[1])
