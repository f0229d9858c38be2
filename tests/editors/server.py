"""The YAML language server as an editor runs it: a child process that is spoken to in JSON-RPC."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO, Any

SECONDS = 120
"""After this the server is stopped: whoever waits for its answer gets none."""

PROGRAM = Path(__file__).parent / "node_modules/yaml-language-server/bin/yaml-language-server"
_SETTINGS = {
    "yaml": {
        "completion": True,
        "hover": True,
        "validate": True,
        "schemaStore": {"enable": False, "url": ""},  # which would be fetched
        "kubernetesCRDStore": {"enable": False},
    }
}


class Editor:
    """One end of the conversation. Lines and characters count from 0."""

    def __init__(self, to: IO[bytes], out: IO[bytes], folder: Path) -> None:
        self._to = to
        self._from = out
        self._folder = folder
        self._requests = 0
        self._request("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": _CAPABILITIES})
        self._notify("initialized", {})
        self._notify("workspace/didChangeConfiguration", {"settings": _SETTINGS})

    def open(self, path: str, text: str) -> list[Any]:
        """Open a file with this text; what the server finds wrong with it."""
        document = {"uri": self._uri(path), "languageId": "yaml", "version": 1, "text": text}
        self._notify("textDocument/didOpen", {"textDocument": document})
        while True:
            message = self._next()
            if (
                message.get("method") == "textDocument/publishDiagnostics"
                and message["params"]["uri"] == document["uri"]
            ):
                return list(message["params"]["diagnostics"])

    def complete(self, path: str, line: int, character: int) -> list[str]:
        """The labels that are offered at a place."""
        found = self._request("textDocument/completion", self._at(path, line, character))
        return [item["label"] for item in found["items"]]

    def hover(self, path: str, line: int, character: int) -> str:
        """What is shown over a place."""
        found = self._request("textDocument/hover", self._at(path, line, character))
        return str(found["contents"]["value"]) if found else ""

    def _at(self, path: str, line: int, character: int) -> dict[str, Any]:
        return {"textDocument": {"uri": self._uri(path)}, "position": {"line": line, "character": character}}

    def _uri(self, path: str) -> str:
        return (self._folder / path).as_uri()

    def _request(self, method: str, params: object) -> Any:
        self._requests += 1
        self._send({"id": self._requests, "method": method, "params": params})
        while (message := self._next()).get("id") != self._requests or "method" in message:
            pass
        return message["result"]

    def _notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._to.flush()

    def _next(self) -> Any:
        """The next message that is not a question; questions are answered."""
        while True:
            message = self._read()
            if "id" not in message or "method" not in message:
                return message
            settings = [_SETTINGS.get(item.get("section")) for item in message["params"].get("items", ())]
            self._send({"id": message["id"], "result": settings})

    def _read(self) -> Any:
        length = 0
        while line := self._from.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, f"the language server said nothing more (within {SECONDS} s)"
        return json.loads(self._from.read(length))


_CAPABILITIES = {
    "workspace": {"configuration": True},
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True}},
        "hover": {"contentFormat": ["markdown"]},
    },
}


@contextmanager
def editor(folder: Path) -> Iterator[Editor]:
    """An editor that has opened a folder."""
    node = shutil.which("node")
    assert node, "the tests of the schemas need node: sh tests/tools.sh install"
    assert PROGRAM.exists(), "the YAML language server is not installed: make setup"
    with subprocess.Popen([node, PROGRAM, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        watch = Timer(SECONDS, server.kill)
        watch.start()
        try:
            assert server.stdin is not None
            assert server.stdout is not None
            yield Editor(server.stdin, server.stdout, folder)
        finally:
            watch.cancel()
            server.kill()
