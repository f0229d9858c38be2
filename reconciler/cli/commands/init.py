"""`reconciler init`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.flags.options import plain_output_options
from reconciler.cli.output.console import Console
from reconciler.model.errors import WrongUsage


# No environment variables: what is written into a new project must be visible in the command itself.
@click.command(
    epilog="""\b
Examples:
  reconciler init
  reconciler init --sandbox
  reconciler init acme --url https://acme.processmaker.net
  reconciler init acme --from https://acme.processmaker.net --name production
  reconciler init --github --action acme/reconciler@0123456789abcdef0123456789abcdef01234567
  reconciler init --gitlab"""
)
@click.argument("folder", metavar="[DIR]", required=False, default=".", type=click.Path(path_type=Path))
@click.option("--url", metavar="URL", help="URL of the first instance. Without it, you are asked on a terminal.")
@click.option("--from", "source", metavar="URL", help="Like --url, then run doctor and export its clients to files.")
@click.option("--name", metavar="NAME", help="Name of the instance.  [default: production]")
@click.option(
    "--username-env", metavar="VARIABLE", help="Variable with the user name.  [default: PM_PRODUCTION_USERNAME]"
)
@click.option(
    "--password-env", metavar="VARIABLE", help="Variable with the password.  [default: PM_PRODUCTION_PASSWORD]"
)
@click.option("--allow-http", is_flag=True, help="Accept a plain http URL: the password is sent unencrypted.")
@click.option("--sandbox", is_flag=True, help="Use a local emulator instead: no URL, no account.")
@click.option("--github", is_flag=True, help="Also write the five GitHub workflows, with your names filled in.")
@click.option(
    "--action", metavar="OWNER/REPO@SHA", help="With --github: repository and commit of the reconciler action."
)
@click.option("--gitlab", is_flag=True, help="Also write the GitLab pipeline, with your names filled in.")
@click.option("--program", metavar="ADDRESS@COMMIT", help="With --gitlab: git address and commit of reconciler.")
@plain_output_options
def init(
    folder: Path,
    url: str | None,
    source: str | None,
    name: str | None,
    username_env: str | None,
    password_env: str | None,
    allow_http: bool,
    sandbox: bool,
    github: bool,
    action: str | None,
    gitlab: bool,
    program: str | None,
    console: Console,
) -> int:
    """Start a project: write its first files.

    These are reconciler.yaml, clients/, the schemas for editors, and .gitignore. Asks for the URL and names on a
    terminal; use the flags elsewhere. Existing files are listed and never changed. In an existing project, only what is
    missing is added. For another URL, the lines to add to reconciler.yaml are printed.

    Needs no network, except with --from. That logs in with the account in the two environment variables, checks the
    instance, and exports its clients to clients/NAME.yaml. The first plan then has no changes. If the login fails, the
    files are kept.
    """
    from reconciler.cli.run.first_instance import InitFlags
    from reconciler.cli.run.first_project import start_project

    if url is not None and source is not None:
        raise WrongUsage("--url and --from both name the instance", "leave out --url")
    flags = InitFlags(
        url=source if source is not None else url,
        adopts=source is not None,
        name=name,
        username_env=username_env,
        password_env=password_env,
        allow_http=allow_http,
        sandbox=sandbox,
        github=github,
        action=action,
        gitlab=gitlab,
        program=program,
    )
    return start_project(folder, flags, console)
