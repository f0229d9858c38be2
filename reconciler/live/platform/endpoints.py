"""All requests that are sent to instances."""

from __future__ import annotations

from reconciler.live.http.request import ApiRequest

LOGIN = ApiRequest("POST", "/login", "log in to", 204)
LOGIN_AGAIN = ApiRequest("POST", "/login", "log in again to", 204)
LOGOUT = ApiRequest("GET", "/logout", "log out of", 302)
# Alike on every version: 200 with a session, 401 without. It renews a cookie, and nothing else.
PROBE = ApiRequest("POST", "/oauth/token/refresh", "ask for the session at", 200, repeatable=True)
LIST = ApiRequest("GET", "/oauth/clients", "list the auth clients of", 200, "View Auth Clients")
CREATE = ApiRequest("POST", "/oauth/clients", "create an auth client on", 201, "Create Auth Clients")

# With invented values beside the secret: nothing is issued.
TRY_SECRET = ApiRequest("POST", "/oauth/token", "try a secret at", 200)

ABOUT = ApiRequest("GET", "/about", "ask for the version of", 200)

ANONYMOUS_PROBE = ApiRequest("GET", "/oauth/scopes", "reach", 401)

# These can change nothing: the first has no client in it, and no instance has a client 0.
ASK_CREATE = ApiRequest("POST", "/oauth/clients", "ask for the permission to create at", 422, "Create Auth Clients")
ASK_EDIT = ApiRequest("PUT", "/oauth/clients/0", "ask for the permission to edit at", 500, "Edit Auth Clients")
ASK_DELETE = ApiRequest("DELETE", "/oauth/clients/0", "ask for the permission to delete at", 500, "Delete Auth Clients")


def show(client_id: int) -> ApiRequest:
    """The request for one client, which works from 2026 on; up to 4.15 it is answered with 500."""
    return ApiRequest(
        "GET", f"/oauth/clients/{client_id}", f"look at auth client {client_id} on", 200, "View Auth Clients"
    )


def update(client_id: int) -> ApiRequest:
    """The request that replaces a client's name, grants and redirect."""
    return ApiRequest(
        "PUT", f"/oauth/clients/{client_id}", f"update auth client {client_id} on", 200, "Edit Auth Clients"
    )


def delete(client_id: int) -> ApiRequest:
    """The request that revokes a client."""
    return ApiRequest(
        "DELETE", f"/oauth/clients/{client_id}", f"delete auth client {client_id} on", 204, "Delete Auth Clients"
    )
