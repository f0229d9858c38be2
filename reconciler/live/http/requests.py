"""The requests that are ever made of an instance, each in its words."""

from __future__ import annotations

from reconciler.support.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what is sent where, and how people call it."""

    method: str
    path: str
    doing: str
    """Completed by the instance's URL: "cannot <doing> <url>"."""
    success: int
    """The only status that is a success (observed on 4.15.6)."""
    permission: str | None = None
    """What the platform's manual calls the permission that this takes."""


LOGIN = Call("POST", "/login", "log in to", 204)
LOGIN_AGAIN = Call("POST", "/login", "log in again to", 204)
LOGOUT = Call("GET", "/logout", "log out of", 302)
PROBE = Call("GET", "/oauth/scopes", "ask for the session at", 200)
LIST = Call("GET", "/oauth/clients", "list the auth clients of", 200, "View Auth Clients")
CREATE = Call("POST", "/oauth/clients", "create an auth client on", 201, "Create Auth Clients")

LOOK = Call("GET", "/oauth/scopes", "reach", 401)

# Nothing in them can be done: one has no client in it, and no instance has a client 0.
ASK_CREATE = Call("POST", "/oauth/clients", "ask for the permission to create at", 422, "Create Auth Clients")
ASK_EDIT = Call("PUT", "/oauth/clients/0", "ask for the permission to edit at", 500, "Edit Auth Clients")
ASK_DELETE = Call("DELETE", "/oauth/clients/0", "ask for the permission to delete at", 500, "Delete Auth Clients")


def update(client_id: int) -> Call:
    """The request that replaces a client's name, grants and redirect."""
    return Call("PUT", f"/oauth/clients/{client_id}", f"update auth client {client_id} on", 200, "Edit Auth Clients")


def delete(client_id: int) -> Call:
    """The request that revokes a client."""
    return Call(
        "DELETE", f"/oauth/clients/{client_id}", f"delete auth client {client_id} on", 204, "Delete Auth Clients"
    )


def sentence(call: Call, url: str, why: str) -> str:
    """The first line of every error about a call."""
    return f"cannot {call.doing} {url}: {why}"
