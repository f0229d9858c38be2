"""Deliveries of secrets, planned and done: names of clients and sinks, never a secret."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.applying.report import DeliveryStatus, Report, undelivered
from reconciler.render.html.components import box, details, fix_line
from reconciler.render.html.elements import Html, client_name, join, sentence, tag
from reconciler.render.terminal.deliveries import render_delivery
from reconciler.secrets.delivery import MissingSecret


def to_deliver(missing_secrets: Sequence[MissingSecret]) -> Html | None:
    """List the secrets that an apply would deliver besides those of clients that it creates."""
    rows = [
        tag(
            "li", client_name(each.client.name), tag("span", f" id {each.id}", class_="id"), " to ", sentence(each.sink)
        )
        for each in missing_secrets
    ]
    return details("secret to deliver", "a sink should have it, and has not", rows)


def undelivered_box(report: Report) -> Html | None:
    """List each failed delivery and its reason."""
    items = [
        join([sentence(render_delivery(each)), fix_line(each.error.hint if each.error else None)])
        for each in undelivered(report)
    ]
    return box("Not delivered", items)


def delivered(report: Report) -> Html | None:
    """List the deliveries that did not fail: delivered, removed, or no secret shown by the instance."""
    rows = [
        tag("li", sentence(render_delivery(each)))
        for each in report.deliveries
        if each.status is not DeliveryStatus.FAILED
    ]
    return details("secret", "at its sink, or not shown by the instance", rows)
