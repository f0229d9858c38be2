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
@click.option("--url", metavar="URL", help="The first instance, as in a browser. Without it, a terminal asks.")
@click.option(
    "--from", "source", metavar="URL", help="The same, and go on with doctor and export: its clients become files."
)
@click.option("--name", metavar="NAME", help="What to call the instance.  [default: production]")
@click.option(
    "--username-env", metavar="VARIABLE", help="Where its user name will be.  [default: PM_PRODUCTION_USERNAME]"
)
@click.option(
    "--password-env", metavar="VARIABLE", help="Where its password will be.  [default: PM_PRODUCTION_PASSWORD]"
)
@click.option("--sandbox", is_flag=True, help="An instance on this machine instead, to try it: no URL, no account.")
@click.option("--github", is_flag=True, help="The five workflows for GitHub, too, with the names filled in.")
@click.option(
    "--action", metavar="OWNER/REPO@SHA", help="With --github: where the action of reconciler is, at which commit."
)
@click.option("--gitlab", is_flag=True, help="The pipeline for GitLab, too, with the names filled in.")
@click.option(
    "--program", metavar="ADDRESS@COMMIT", help="With --gitlab: where git fetches reconciler from, at which commit."
)
@plain_output_options
def init(
    folder: Path,
    url: str | None,
    source: str | None,
    name: str | None,
    username_env: str | None,
    password_env: str | None,
    sandbox: bool,
    github: bool,
    action: str | None,
    gitlab: bool,
    program: str | None,
    console: Console,
) -> int:
    """Start a project: write its first files.

    These are reconciler.yaml, clients/, the schemas for editors, and .gitignore. Asks on a terminal for the URL and
    the names; elsewhere they are flags. A file that exists is kept and named, never changed: in a project that is
    there already, this adds what is missing, and the pipeline for its instances.

    No network, except with --from: that logs in with the account in the two environment variables, examines the
    instance and writes its clients to clients/NAME.yaml, so that the first plan has nothing to do. If the login fails,
    the files stay.
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
        sandbox=sandbox,
        github=github,
        action=action,
        gitlab=gitlab,
        program=program,
    )
    return start_project(folder, flags, console)
