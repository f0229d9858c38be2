"""What sinks hold or received, as JSON described by schemas/output.schema.json: never a secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from reconciler.model.trials import Trial
from reconciler.render.json.overview import FORMAT_VERSION, stopped_entry
from reconciler.results import SecretsResult, SinkEntry, Stopped


def render_secrets(results: Sequence[SecretsResult], *, check: bool, tried: bool = False) -> str:
    """Render the document for `secrets deliver`, ending in a line feed."""
    document = {
        "format_version": FORMAT_VERSION,
        "kind": "secrets",
        "check": check,
        "try": tried,
        "instances": [_entry(result) for result in results],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _entry(result: SecretsResult) -> dict[str, Any]:
    if isinstance(result, Stopped):
        return stopped_entry(result.instance.name, result.instance.identity, result.error)
    return {
        "instance": result.instance.name,
        "identity": result.instance.identity,
        "status": "supplied",
        "journal_failure": result.journal_failure,
        "places": [_place(place) for place in result.places],
        "problems": [
            {"sink": each.sink, "message": each.error and each.error.message, "hint": each.error and each.error.hint}
            for each in result.problems
        ],
    }


def _place(place: SinkEntry) -> dict[str, Any]:
    return {
        "name": place.name,
        "id": place.id,
        "sink": place.sink,
        "status": place.state,
        "message": place.error and place.error.message,
        "hint": place.error and place.error.hint,
        "trial": place.trial and _trial(place.trial),
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {"status": trial.state, "id": trial.id, "message": trial.why}
