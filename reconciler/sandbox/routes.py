"""The platform's routes."""

from __future__ import annotations

from functools import lru_cache

from werkzeug.routing import Map, Rule

from reconciler.sandbox.endpoints import pages
from reconciler.sandbox.endpoints.client_routes import (
    clients_page,
    create_client,
    delete_client,
    list_clients,
    show_client,
    update_client,
)
from reconciler.sandbox.endpoints.login import log_in, log_out, login_form
from reconciler.sandbox.endpoints.tokens import issue_token
from reconciler.sandbox.platforms import Platform

STATELESS = frozenset((issue_token, pages.api))
"""The routes that start no session."""

_OPEN = {"/2fa": pages.second_factor, "/login-failed": pages.login_failed, "/metrics": pages.metrics}


@lru_cache(maxsize=16)  # werkzeug compiles each rule, which is most of the time that a sandbox takes to start
def route_map(platform: Platform) -> Map:
    """All routes of a platform. The last takes any GET, so that a wrong method is 405 even for an unknown path."""
    return Map(
        [
            Rule("/login", methods=["GET"], endpoint=login_form),
            Rule("/login", methods=["POST"], endpoint=log_in),
            Rule("/logout", methods=["GET"], endpoint=log_out),
            Rule("/keep-alive", methods=["POST"], endpoint=pages.keep_alive),
            Rule("/about", methods=["GET"], endpoint=pages.about),
            Rule("/requests", methods=["GET"], endpoint=pages.page),
            Rule("/admin/auth-clients", methods=["GET"], endpoint=clients_page),
            *(Rule(page, methods=["GET"], endpoint=_OPEN[page]) for page in platform.session.open_pages),
            *(Rule(page, methods=["GET"], endpoint=pages.empty_list) for page in platform.session.lists),
            Rule("/api/<path:path>", methods=["GET", "POST", "PUT", "DELETE"], endpoint=pages.api),
            Rule("/oauth/token", methods=["POST"], endpoint=issue_token),
            Rule("/oauth/token/refresh", methods=["POST"], endpoint=pages.refresh_session_token),
            Rule("/oauth/clients", methods=["GET"], endpoint=list_clients),
            Rule("/oauth/clients", methods=["POST"], endpoint=create_client),
            Rule("/oauth/clients/<client_id>", methods=["GET"], endpoint=show_client),
            Rule("/oauth/clients/<client_id>", methods=["PUT"], endpoint=update_client),
            Rule("/oauth/clients/<client_id>", methods=["DELETE"], endpoint=delete_client),
            Rule("/", methods=["GET"], endpoint=pages.home),
            Rule("/<path:path>", methods=["GET"], endpoint=pages.not_found),
        ],
        merge_slashes=False,
    )
