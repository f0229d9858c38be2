"""Fingerprints: they tell findings apart, and recognise the same finding in a later run."""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring_ascii as quoted

from reconciler.planning.plan.plan import Note
from reconciler.render.view.findings import ReviewFinding


def fingerprint(finding: ReviewFinding, note: Note, path: str) -> str:
    """Return the fingerprint of a note: 64 hexadecimal digits, unchanged if its entry moves within its file."""
    # The text of a finding about a client may contain ids and dates, which must not change its fingerprint.
    what = [note.code, finding.client, path, *finding.instances, *([] if finding.client is not None else [note.text])]
    # A list as `json.dumps` writes it, which takes five times as long.
    listed = ", ".join(["null" if each is None else quoted(each) for each in what])
    return hashlib.sha256(f"[{listed}]".encode()).hexdigest()
