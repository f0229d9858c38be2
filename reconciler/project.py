"""The addresses of the project: None as long as there is no such place."""

from __future__ import annotations

from reconciler.support.frozen import frozen


@frozen
class Addresses:
    """Where strangers find the project. `make docs` writes every address in the repository from these values."""

    repository: str | None = None
    """`owner/name` on GitHub."""
    index_name: str | None = None
    """The name in the Python package index, once the project owns it there."""
    image: str | None = None
    """The container image without tag and digest, such as `ghcr.io/owner/repo`."""
    site: str | None = None
    """The URL of the documentation, without a slash at its end."""
    owners: str | None = None
    """Who reviews every change: `@name` or `@owner/team` on GitHub, several with blanks between. Without any there is
    no CODEOWNERS: a name that nobody has, or that somebody else has, protects nothing."""

    @property
    def repository_url(self) -> str | None:
        """Where the repository is shown and cloned from."""
        return f"https://github.com/{self.repository}" if self.repository else None

    @property
    def issues_url(self) -> str | None:
        """Where bugs are reported."""
        return f"{self.repository_url}/issues" if self.repository else None

    def document(self, path: str) -> str:
        """Where a page such as `docs/reference/rules.md` is read: its URL, or else its path in the repository."""
        page = path.removeprefix("docs/").removesuffix(".md")
        return f"{self.site}/latest/{page}.html" if self.site else path

    def rule_page(self, rule: str) -> str | None:
        """The URL of the section about a rule."""
        return f"{self.document('docs/reference/rules.md')}#{rule}" if self.site else None

    def removed_page(self) -> str | None:
        """The URL of the section about clients that were taken out of git."""
        return f"{self.document('docs/guides/drift.md')}#what-was-taken-out" if self.site else None

    def schema_id(self, name: str) -> str:
        """The `$id` of a schema: the URL that serves it, or a URN."""
        return f"{self.site}/schemas/{name}.schema.json" if self.site else f"urn:processmaker-reconciler:schema:{name}"


PROJECT = Addresses()
