"""Keep of the files of declarations each entry that matches the schema, whatever is wrong with the others.

Rules can then judge it: who corrects one entry does not find out only afterwards what is wrong with the next.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.declared.schema.validate import fits_schema
from reconciler.declared.yaml.document import Document, YamlMapping, YamlSequence
from reconciler.declared.yaml.load import LoadResult

_SCHEMA = "auth-clients"


def with_valid_entries(loaded: LoadResult, valid: LoadResult) -> LoadResult:
    """The valid documents, and the others that were loaded: their wrong entries are marked as broken."""
    sound = {document.path for document in valid.documents}
    kept = (document if document.path in sound else _in_part(document) for document in loaded.documents)
    return LoadResult(tuple(document for document in kept if document is not None), valid.diagnostics)


def _in_part(document: Document) -> Document | None:
    entries = document.root.get("clients") if isinstance(document.root, YamlMapping) else None
    if not isinstance(entries, YamlSequence):
        return None
    fits = fits_schema(_SCHEMA, "properties", "clients", "items")
    return replace(document, broken=frozenset(index for index, entry in enumerate(entries) if not fits(entry)))
