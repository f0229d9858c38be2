"""Clients to hand over, keys to open what was encrypted, and sinks as reconciler.yaml would have them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reconciler.declared.config.settings import read_settings
from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.load import load_text
from reconciler.model.secret import Secret
from reconciler.model.settings import Settings
from reconciler.secrets.delivery import Deliverer
from reconciler.secrets.open_deliverer import open_deliverer
from reconciler.secrets.values import DeliveryEvent, SecretDelivery, SinkClient

SECONDS = 120
URL = "https://acme.example.com"
NAMES = [f"Client {number}" for number in range(20)]


def text_of(number: int) -> str:
    """A secret as the platform makes them: 40 letters and digits, other ones for each number."""
    return f"{number:04d}aZ9{'qWeRtYuIoPlKjHgFdSaZxCvBnM'[number % 20 :]}{'0123456789abcdefghijklmnopqrstuvwxyz'}"[:40]


def client(name: str = "Customer portal", owner: str | None = "team-portal") -> SinkClient:
    return SinkClient("production", URL, name, owner)


def delivery(name: str = "Customer portal", number: int = 17, **more: Any) -> SecretDelivery:
    owner = more.pop("owner", "team-portal")
    handed = SecretDelivery(DeliveryEvent.CREATED, client(name, owner), number, Secret(text_of(number)))
    return replace(handed, **more)


def many() -> list[SecretDelivery]:
    """Twenty clients, as one apply creates them."""
    return [delivery(name, number) for number, name in enumerate(NAMES, 100)]


@dataclass(frozen=True)
class Key:
    """A pair of keys of one of the kinds that age knows."""

    private: Path
    public: str

    def opens(self, file: Path) -> Any:
        """What the `age` program of this machine finds in a file."""
        done = age(self.private, file.read_bytes())
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def fails_to_open(self, file: Path) -> bool:
        return age(self.private, file.read_bytes()).returncode != 0


def age(private: Path, encrypted: bytes) -> subprocess.CompletedProcess[bytes]:
    run = ["age", "--decrypt", "--identity", str(private)]
    return subprocess.run(run, input=encrypted, capture_output=True, timeout=SECONDS, check=False)


def make_key(folder: Path, name: str, kind: str = "age") -> Key:
    """A new key: of age itself, or of one of the kinds of ssh-keygen."""
    private = folder / name
    if kind == "age":
        run = ["age-keygen", "-o", str(private)]
        subprocess.run(run, capture_output=True, timeout=SECONDS, check=True)
        done = subprocess.run(["age-keygen", "-y", str(private)], capture_output=True, timeout=SECONDS, check=True)
        return Key(private, done.stdout.decode().strip())
    size = ["-b", "2048"] if kind == "rsa" else []
    run = ["ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-C", "somebody@example.com", "-f", str(private)]
    subprocess.run(run, capture_output=True, timeout=SECONDS, check=True)
    return Key(private, Path(f"{private}.pub").read_text().strip())


def configured(folder: Path, *sinks: Any, owners: Any = None) -> Settings:
    """The settings of a reconciler.yaml with these sinks of `production`, which must have no fault."""
    production = {
        "url": URL,
        "credentials": {"username_env": "PM_USERNAME", "password_env": "PM_PASSWORD"},
        "sinks": sinks,
    }
    document = {
        "instances": {"production": production, "sandbox": {"embedded": "box.sqlite3"}},
        "owners": owners or {},
    }
    loaded = load_text(json.dumps(document).encode(), "reconciler.yaml").documents[0]
    assert validate_document(loaded, "reconciler") == []
    settings, problems = read_settings(loaded, folder)
    assert settings is not None, problems
    return settings


def deliverer(
    folder: Path, *sinks: Any, owners: Any = None, environ: dict[str, str] | None = None, pipeline: Any = None
) -> Deliverer:
    """The sinks of `production`."""
    settings = configured(folder, *sinks, owners=owners)
    return open_deliverer(settings.instances[0], settings, environ or {"PATH": "/usr/bin:/bin"}, pipeline)


def recipients(*keys: Key, owner: str = "team-portal") -> dict[str, Any]:
    return {owner: {"age": [key.public for key in keys]}}
