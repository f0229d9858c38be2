"""Every place that says where the project lives: `make docs` writes them from reconciler/project.py."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from reconciler import __version__
from reconciler.declared.schema.files import SCHEMA_NAMES
from reconciler.project import PROJECT, Addresses
from tests.docs.pages import ROOT

Text = Callable[[Addresses], str]

OURS = "uses: ./ # zizmor: ignore[self-repository] every runner knows this form\n"
"""How the workflows of this repository name the action."""
TEMPLATES = ROOT / "docs" / "github"
"""The workflows as others copy them. What this repository runs itself is made of them: .github/workflows."""
WORKFLOWS = ("apply.yml", "comment.yml", "drift.yml", "observe.yml", "plan.yml")


def repository(to: Addresses) -> str:
    """What stands before the commit in `uses:`."""
    return to.repository or "OWNER/REPO"


def _urls(to: Addresses) -> str:
    found = {
        "Documentation": to.site,
        "Source": to.repository_url,
        "Issues": to.issues_url,
        "Changelog": to.repository_url and f"{to.repository_url}/blob/main/CHANGELOG.md",
    }
    return "".join(f'{name} = "{url}"\n' for name, url in found.items() if url)


def _readme(to: Addresses) -> str:
    if to.repository is None:
        return "In a checkout of this repository, wherever you have it from: the project has no public address yet.\n"
    return f"```console\n$ git clone {to.repository_url} reconciler && cd reconciler\n```\n"


def _installing(to: Addresses) -> str:
    places = {
        f"the package index, as `{to.index_name}`": to.index_name,
        f"images, as `{to.image}`": to.image,
        f"[{to.repository}]({to.repository_url})": to.repository,
    }
    there = [place for place, address in places.items() if address]
    warning = (
        ""
        if to.index_name
        else "**No package of this project is in any index**: what you find there under its name is somebody else's.\n"
    )
    if not there:
        return (
            "The project has no public address yet. Everything starts in a checkout of this repository, wherever"
            f" you have it from.\n{warning}"
        )
    return f"The project is here: {', '.join(there)}.\n{warning}"


def _installing_index(to: Addresses) -> str:
    if to.index_name is None:
        return "```text\npip install '.[all]'\n```\n"
    return f"```text\npip install '{to.index_name}[all]=={__version__}'\n```\n"


def _installing_image(to: Addresses) -> str:
    if to.image is None:
        return "No registry has it: build it from the checkout, and push it to a registry of your own.\n"
    return f"Each release is `{to.image}:VERSION`. Name it by its digest: `{to.image}@sha256:…`.\n"


def _github(to: Addresses) -> str:
    if to.repository:
        return (
            f"   ```text\n   reconciler init --github --action {to.repository}@FULL-COMMIT-ID\n   ```\n"
            f"\n   The commits of releases: {to.repository_url}/releases.\n"
        )
    return (
        "   The project has no public address yet, so push your checkout to a repository of your organisation (a"
        " private one:\n   *Settings > Actions > General > Access*). In the checkout, this prints what to name:\n\n"
        "   ```text\n"
        "   action=$(git remote get-url origin | sed -E 's|.*github.com[:/]||; s|[.]git$||')@$(git rev-parse HEAD)\n"
        '   echo "$action"\n'
        "   ```\n\n"
        "   and in your own repository, with that value:\n\n"
        "   ```text\n"
        '   reconciler init --github --action "$action"\n'
        "   ```\n"
    )


def _security(to: Addresses) -> str:
    if to.repository:
        return (
            f"Please **do not open an issue**. [Report it in private]({to.repository_url}/security/advisories/new).\n"
        )
    return (
        "Please **do not open an issue**. The project has no public address yet: tell the person or team that you have"
        " this copy\nfrom, in private.\n"
    )


def _gitlab(to: Addresses) -> str:
    return f'"{to.repository_url}.git"' if to.repository else '""'


def _pre_commit(to: Addresses) -> str:
    return f"repo: {to.repository_url}" if to.repository else "repo: ../reconciler         # the path of your checkout"


def _image(to: Addresses) -> str:
    return f"{to.image or 'IMAGE'}@DIGEST"


def _guide(to: Addresses) -> str:
    return to.document("docs/guides/github.md")


def _label(to: Addresses) -> str:
    source = f'org.opencontainers.image.source="{to.repository_url}"'
    return f" \\\n      {source}" if to.repository else ""


def block(name: str) -> re.Pattern[str]:
    """What stands in a page between two comments."""
    return re.compile(rf"(?<=<!-- address: {name} -->\n)(?:(?! *<!-- end -->).*\n)*")


GUIDE = re.compile(r"\S+/guides/github\.(?:md|html)")
"""What a workflow that was copied says of where it is explained."""
USES = re.compile(r"(?<=uses: )[\w.-]+/[\w.-]+(?=@SHA)")

PLACES: dict[str, list[tuple[re.Pattern[str], Text]]] = {
    "README.md": [(block("checkout"), _readme)],
    "SECURITY.md": [(block("report"), _security)],
    "docs/guides/installing.md": [
        (block("places"), _installing),
        (block("index"), _installing_index),
        (block("image"), _installing_image),
    ],
    "docs/guides/github.md": [(block("action"), _github), (USES, repository)],
    "docs/guides/fleet.md": [(USES, repository)],
    **{
        f"docs/github/{name}": [(GUIDE, _guide), *([(USES, repository)] if name != "comment.yml" else [])]  # no install
        for name in WORKFLOWS
    },
    "docs/guides/editors.md": [(re.compile(r"repo: .*"), _pre_commit)],
    "docs/guides/gitlab/gitlab-ci.yml": [(re.compile(r'(?<=  RECONCILER: )"[^"]*"'), _gitlab)],
    "docs/guides/kubernetes/cronjob.yaml": [(re.compile(r"(?<=image: )\S+"), _image)],
    "docs/guides/kubernetes/fleet-job.yaml": [(re.compile(r"(?<=image: )\S+"), _image)],
    "Dockerfile": [(re.compile(r'(?<=\$\{REVISION\}")(?: \\\n +org\.opencontainers\.image\.source="[^"]*")?'), _label)],
    "pyproject.toml": [(re.compile(r"(?<=\[project\.urls\]\n)(?:\w+ = .*\n)*"), _urls)],
    **{
        f"schemas/{name}.schema.json": [
            (re.compile(r'(?<="\$id": ")[^"]*'), lambda to, name=name: to.schema_id(name))  # type: ignore[misc]
        ]
        for name in SCHEMA_NAMES
    },
}
"""What is written where: each file's patterns, each found at least once, and what takes the place of what they find."""


def rewritten(text: str, file: str, to: Addresses) -> str:
    """The text of a file of PLACES with these addresses."""
    for pattern, write in PLACES[file]:
        written = write(to)
        text, found = pattern.subn(lambda _, written=written: written, text)  # type: ignore[misc]
        if not found:
            raise LookupError(f"{file} has no place for {pattern.pattern}")
    return text


def ours(template: str) -> str:
    """A template as this repository runs it: with the action and the guide that are beside it."""
    template = GUIDE.sub(_guide(Addresses()), template)
    return re.sub(r"uses: [\w.-]+/[\w.-]+@SHA .*\n", OURS, template)


def schema_store(to: Addresses) -> str:
    """What SchemaStore's catalog is to have of us. Its `url` takes only https, so that nothing is submitted before.

    Client files have no name of their own: whoever has other files in a folder `clients` would get our schema.
    """
    entries: tuple[tuple[str, str, list[str]], ...] = (
        ("reconciler", "Settings of reconciler, for the auth clients of ProcessMaker Platform", ["reconciler.yaml"]),
        ("auth-clients", "Declared auth clients of ProcessMaker Platform, for reconciler", []),
    )
    found = [
        {
            "name": f"ProcessMaker reconciler: {name}",
            "description": description,
            **({"fileMatch": names} if names else {}),
            "url": to.schema_id(name),
        }
        for name, description, names in entries
    ]
    return json.dumps(found, indent=2) + "\n"


CODEOWNERS = ROOT / ".github" / "CODEOWNERS"
"""Only there once somebody owns the code."""


def codeowners(to: Addresses) -> str | None:
    """Who is asked to review what; None if nobody is known."""
    if to.owners is None:
        return None
    return f"# Who reviews what; reconciler/project.py names them, and `make docs` writes this.\n* {to.owners}\n"


def files(to: Addresses) -> Iterator[tuple[Path, str]]:
    """Every file with an address, and its text with these."""
    for file in PLACES:
        yield ROOT / file, rewritten((ROOT / file).read_text(encoding="utf-8"), file, to)
    yield ROOT / "docs" / "schemastore.json", schema_store(to)
    for name in WORKFLOWS:
        template = (TEMPLATES / name).read_text(encoding="utf-8")
        yield ROOT / ".github" / "workflows" / name, ours(template)


if __name__ == "__main__":
    for path, new in files(PROJECT):
        path.write_text(new, encoding="utf-8")
    if (owners := codeowners(PROJECT)) is not None:
        CODEOWNERS.write_text(owners, encoding="utf-8")
    else:
        CODEOWNERS.unlink(missing_ok=True)
