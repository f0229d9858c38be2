"""Deliveries of secrets, planned and done: names of clients and sinks, never a secret."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.applying.report import DeliveryStatus, Report, undelivered
from reconciler.model.placeholders import placed
from reconciler.render.html.components import box, details, fix_line
from reconciler.render.html.elements import Html, client_name, code, join, sentence, tag
from reconciler.render.terminal.deliveries import render_delivery
from reconciler.render.view.deliveries import DeliveryGroup
from reconciler.secrets.delivery import MissingSecret


def delivery_cards(groups: Sequence[DeliveryGroup], anchor: str) -> list[Html]:
    """Render a card for each group of new recipients: the clients, who gets their secrets, and who had them."""
    return [_delivery_card(group, f"{anchor}-d{number}") for number, group in enumerate(groups, 1)]


def delivery_risks(groups: Sequence[DeliveryGroup], anchor: str) -> list[Html]:
    """Render the risks of each group, linked to its card."""
    return [
        join(
            [
                tag("a", "> deliver ", client_name(group.title), href=f"#{anchor}-d{number}"),
                ": ",
                sentence("; ".join(risk.text for risk in group.risks)),
            ]
        )
        for number, group in enumerate(groups, 1)
    ]


def _delivery_card(group: DeliveryGroup, anchor: str) -> Html:
    badge = tag("span", tag("span", ">", aria_hidden="true"), " deliver", class_="badge deliver")
    client_id = tag("span", f" id {group.first.id}", class_="id") if group.is_single else None
    owner = (" · owner ", client_name(group.first.owner)) if group.first.owner is not None else ()
    return tag(
        "article",
        tag("h4", badge, " ", client_name(group.title), client_id),
        *(tag("p", sentence(f"! {risk.text}"), class_="risk") for risk in group.risks),
        _recipients_table(group),
        _names(group),
        tag(
            "p",
            sentence(group.reason.text),
            " · ",
            code(f"{group.source.path}:{group.source.line}"),
            *owner,
            class_="why",
        ),
        class_="card deliver",
        id=anchor,
        data_action="deliver",
    )


def _recipients_table(group: DeliveryGroup) -> Html:
    head = tag("tr", *(tag("th", word, scope="col") for word in ("Secret", "Before", "After")))
    before = _lines(group.before) if group.before else tag("span", "nobody, as far as is known", class_="faint")
    row = tag("tr", tag("th", "recipients", scope="row"), tag("td", before), tag("td", _lines(group.recipients)))
    return tag("table", tag("thead", head), tag("tbody", row), class_="fields of-3")


def _lines(texts: Sequence[str]) -> Html:
    return tag("ul", *(tag("li", sentence(text)) for text in texts))


def _names(group: DeliveryGroup) -> Html | None:
    if group.is_single:
        return None
    rows = (tag("li", client_name(each.name), tag("span", f" id {each.id}", class_="id")) for each in group.deliveries)
    return tag("details", tag("summary", group.title), tag("ul", *rows), class_="left-alone")


def to_deliver(missing_secrets: Sequence[MissingSecret]) -> Html | None:
    """List the secrets that an apply would deliver again to those who had them."""
    rows = [
        tag(
            "li",
            client_name(each.client.name),
            tag("span", f" id {each.id}", class_="id"),
            " to ",
            sentence(placed(each.sink, each.client.instance)),
        )
        for each in missing_secrets
    ]
    return details("secret to deliver again", "a sink has lost it", rows)


def undelivered_box(report: Report, instance: str) -> Html | None:
    """List each failed delivery and its reason."""
    items = [
        join([sentence(render_delivery(each, instance)), fix_line(each.error.hint if each.error else None)])
        for each in undelivered(report)
    ]
    return box("Not delivered", items)


def delivered(report: Report, instance: str) -> Html | None:
    """List the deliveries that did not fail: delivered, removed, or no secret shown by the instance."""
    rows = [
        tag("li", sentence(render_delivery(each, instance)))
        for each in report.deliveries
        if each.status is not DeliveryStatus.FAILED
    ]
    return details("secret", "at its sink, or not shown by the instance", rows)
