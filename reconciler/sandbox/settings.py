"""The platform's settings that change how logging in works, by the platform's own keys."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.errors import WrongUsage
from reconciler.support.frozen import frozen


@frozen
class LoginSettings:
    """The settings in force. The defaults are those of a fresh installation (observed on 4.15.6)."""

    login_attempts: int = 0
    """Wrong passwords allowed for an account within 60 seconds; 0 is no limit."""
    ip_restriction: int = 0
    """Several sessions of a user from one address: 0 allowed, 1 the second login is refused, 2 it ends the first."""
    device_restriction: int = 0
    """Several sessions of a user from different devices: as above."""
    lifetime: int = 120
    """Minutes that a session lives after its last request."""
    secure: int | None = None
    """Whether the session's cookie is sent over https only; None is the platform's default."""


@frozen
class _Key:
    field: str
    least: int
    most: int
    meaning: str
    switch: bool = False
    """It is on or off."""


_KEYS = {
    "password-policies.login_attempts": _Key("login_attempts", 0, 1_000_000, "a number of attempts, 0 for no limit"),
    "session-control.ip_restriction": _Key("ip_restriction", 0, 2, "0, 1 or 2"),
    "session-control.device_restriction": _Key("device_restriction", 0, 2, "0, 1 or 2"),
    "session.lifetime": _Key("lifetime", 1, 1_000_000, "a number of minutes, at least 1"),
    "session.secure": _Key("secure", 0, 1, "true or false", switch=True),
}

_SWITCH = {"true": 1, "false": 0, "1": 1, "0": 0}

SETTING_KEYS = tuple(_KEYS)
"""The keys that `read_settings` takes."""


def read_settings(settings: Mapping[str, str | int]) -> LoginSettings:
    """Read the login settings from the platform's keys and values.

    Raises `WrongUsage` for a key that the sandbox does not know and for an invalid value.
    """
    return replace(LoginSettings(), **{_known(key).field: _number(key, value) for key, value in settings.items()})


def _known(key: str) -> _Key:
    if key in _KEYS:
        return _KEYS[key]
    close = difflib.get_close_matches(key, _KEYS, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}?" if close else f"it knows {', '.join(_KEYS)}"
    raise WrongUsage(f"the sandbox has no setting {key!r}", hint)


def _number(key: str, value: str | int) -> int:
    known = _known(key)
    given = _SWITCH.get(str(value).lower(), known.least - 1) if known.switch else value
    try:
        number = int(given)
    except ValueError:
        number = known.least - 1
    if isinstance(given, bool) or not known.least <= number <= known.most:
        raise WrongUsage(f"the setting {key} cannot be {value!r}", f"give it {known.meaning}")
    return number
