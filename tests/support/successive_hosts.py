"""Hosts of one home that follow each other, for the process of a client that joined one."""

import json
import os
import socket
import threading
from typing import Any

import pytest

from threadhost.adapters.joining import proxy as module
from threadhost.adapters.joining import relay, starting
from threadhost.adapters.joining.greeting import Greeting
from threadhost.adapters.joining.handshake import JoinRequest
from threadhost.adapters.joining.proxy import ClientProxy


class Hosts:
    """Hosts of a home, one after another; each reads what it expects, answers, and dies."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._input, self.says = os.pipe()
        self.hears, self._output = os.pipe()
        monkeypatch.setattr(relay, "INPUT", self._input)
        monkeypatch.setattr(relay, "OUTPUT", self._output)
        monkeypatch.setattr(module, "handshake", self._found)
        monkeypatch.setattr(starting, "start", self._start)
        self.next: list[tuple[socket.socket, Greeting] | Exception | None] = []
        self.looked = 0
        self.started: list[tuple[Any, ...]] = []
        self.remarks = ""
        """What a host prints that is started."""
        self._open: list[socket.socket] = []

    def host(
        self, *said: bytes, hears: bytes = b"", answers: bytes = b"", **fields: str
    ) -> tuple[socket.socket, Greeting]:
        """A host that sends `said`, reads `hears`, sends `answers` and dies."""
        ours, its = socket.socketpair()
        self._open.append(ours)
        its.sendall(b"".join(said))

        def live() -> None:
            left = len(hears)
            while left > 0:
                left -= len(its.recv(left))
            its.sendall(answers)
            its.close()

        if hears:
            threading.Thread(target=live).start()
        else:
            live()
        return ours, Greeting(fields.items())

    def served(self, first: tuple[socket.socket, Greeting]) -> int:
        """The exit code of a process that joined this host."""
        return ClientProxy(JoinRequest("home", (), {}, is_codex=True), *first).run()

    def received(self) -> list[dict[str, Any]]:
        os.set_blocking(self.hears, False)
        try:
            return [json.loads(line) for line in os.read(self.hears, 65536).splitlines()]
        except BlockingIOError:
            return []

    def close(self) -> None:
        for descriptor in (self._input, self.says, self.hears, self._output):
            os.close(descriptor)
        for end in self._open:
            end.close()

    def _found(
        self, home: str, greeting: Greeting, *_: object
    ) -> tuple[socket.socket, Greeting] | None:
        assert (home, greeting.one("marks")) == ("home", "True")
        self.looked += 1
        found = self.next.pop(0) if self.next else None
        if isinstance(found, Exception):
            raise found
        return found

    def _start(self, *words: object) -> str:
        self.started.append(words)
        return self.remarks
