"""The APIs that providers speak: how a request is written in each, and how its answer is read."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Protocol

from threadhost.actors.models import ModelRequest
from threadhost.adapters.models.answer import Answer
from threadhost.adapters.models.provider import Provider, WireName
from threadhost.adapters.models.sse import ServerSentEvent


class Reader(Protocol):
    """Reads one answer; what it says for the port is added to that of `answer`."""

    @property
    def answer(self) -> Answer:
        """What was read so far."""

    @property
    def is_over(self) -> bool:
        """Whether the endpoint said its last word."""

    def read(self, event: ServerSentEvent) -> None:
        """Take one event of a stream; raises ModelFailed."""

    def read_whole(self, payload: object) -> None:
        """Take an answer that came in one piece; raises ModelFailed."""

    def end(self) -> None:
        """The stream came to its end, which may be the last word; raises ModelFailed."""


class Wire(Protocol):
    """One API, as a module of this package implements it."""

    PATH: str
    """Where requests go, below the base URL."""

    def body(self, request: ModelRequest, provider: Provider) -> bytes:
        """The request as JSON."""

    def reader(self, request: ModelRequest) -> Reader:
        """A reader for the answer to this request."""


WIRES: Mapping[WireName, str] = {
    "chat": "threadhost.adapters.models.chat",
    "responses": "threadhost.adapters.models.responses",
}


@cache
def wire(name: WireName) -> Wire:
    """The API of this name; imported with its first request. Raises ValueError without it."""
    if name not in WIRES:
        built_in = " or ".join(f"`{wire_name}`" for wire_name in WIRES)
        raise ValueError(f"wire_api `{name}` is not there in this version, use {built_in}")
    return import_module(WIRES[name])
