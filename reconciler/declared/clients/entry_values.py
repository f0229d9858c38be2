"""Convert a client to the values of an entry that declares it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reconciler.model.clients import ClientSpec, Grant
from reconciler.model.fields import PLAIN_FIELDS
from reconciler.support.json_reader import JsonData

_AS_WRITTEN = (Grant.AUTHORIZATION_CODE, Grant.PASSWORD, Grant.PERSONAL_ACCESS_TOKEN)
"""Grants in the order of the schema's keys, which `fmt` keeps."""


def as_written(grants: Collection[Grant]) -> Sequence[Grant]:
    """Return grants in the order in which files have them."""
    return [grant for grant in _AS_WRITTEN if grant in grants]


def grants_values(spec: ClientSpec) -> dict[str, JsonData]:
    """The value of `grants:`; the redirect URLs are as written in a file."""
    return {grant.value: grant_value(grant, spec.redirect_urls) for grant in as_written(spec.grants)}


def grant_value(grant: Grant, redirect_urls: Sequence[str]) -> JsonData:
    """The value of one grant: `true`, or its redirect URL, or a list of several."""
    if grant is not Grant.AUTHORIZATION_CODE:
        return True
    return {"redirect_url": redirect_urls[0] if len(redirect_urls) == 1 else list(redirect_urls)}


def plain_values(spec: ClientSpec) -> dict[str, JsonData]:
    """The values of the plain fields that the client has, by key."""
    return {row.field.value: value for row in PLAIN_FIELDS if (value := row.to_json(spec)) is not None}
