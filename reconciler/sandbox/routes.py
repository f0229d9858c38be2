"""The platform's routes, and the pages among them."""

from __future__ import annotations

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

from reconciler.sandbox import responses
from reconciler.sandbox.calls import RouteCall, authenticate
from reconciler.sandbox.client_routes import create_client, delete_client, list_clients, show_client, update_client
from reconciler.sandbox.login import log_in, log_out, login_form
from reconciler.sandbox.platforms import Platform
from reconciler.sandbox.tokens import issue_token


def scopes(call: RouteCall) -> Response:
    """GET /oauth/scopes: an empty list, for any session."""
    authenticate(call)
    return responses.value(200, [])


def keep_alive(call: RouteCall) -> Response:
    """POST /keep-alive: extends the session."""
    authenticate(call)
    return responses.empty()


def refresh_session_token(call: RouteCall) -> Response:
    """POST /oauth/token/refresh: a word for any session. Alike on every platform."""
    authenticate(call)
    return responses.html(200, "Refreshed.")


def home(call: RouteCall) -> Response:
    """GET /: redirects to the start page."""
    authenticate(call)
    return responses.redirect(f"{call.base}{call.platform.session.start_page}")


def about(call: RouteCall) -> Response:
    """GET /about: a page that names the version."""
    authenticate(call)
    return responses.html(200, call.platform.about)


def not_found(call: RouteCall, path: str = "") -> Response:
    """GET of an unknown page: a 404 only with a session, and always as HTML."""
    authenticate(call)
    return responses.html(404, "Page not found")


def route_map(platform: Platform) -> Map:
    """All routes of a platform. The last takes any GET, so that a wrong method is 405 even for an unknown path."""
    return Map(
        [
            Rule("/login", methods=["GET"], endpoint=login_form),
            Rule("/login", methods=["POST"], endpoint=log_in),
            Rule("/logout", methods=["GET"], endpoint=log_out),
            Rule("/keep-alive", methods=["POST"], endpoint=keep_alive),
            Rule("/about", methods=["GET"], endpoint=about),
            *([Rule("/oauth/scopes", methods=["GET"], endpoint=scopes)] if platform.session.lists_scopes else []),
            Rule("/oauth/token", methods=["POST"], endpoint=issue_token),
            Rule("/oauth/token/refresh", methods=["POST"], endpoint=refresh_session_token),
            Rule("/oauth/clients", methods=["GET"], endpoint=list_clients),
            Rule("/oauth/clients", methods=["POST"], endpoint=create_client),
            Rule("/oauth/clients/<client_id>", methods=["GET"], endpoint=show_client),
            Rule("/oauth/clients/<client_id>", methods=["PUT"], endpoint=update_client),
            Rule("/oauth/clients/<client_id>", methods=["DELETE"], endpoint=delete_client),
            Rule("/", methods=["GET"], endpoint=home),
            Rule("/<path:path>", methods=["GET"], endpoint=not_found),
        ],
        merge_slashes=False,
    )
