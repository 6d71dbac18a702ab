"""The APIs of providers: how each writes a request, and reads its answer."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Protocol

from threadhost.actors.models import ModelRequest
from threadhost.adapters.models.answer import Answer
from threadhost.adapters.models.provider import Provider, WireName
from threadhost.adapters.models.sse import ServerSentEvent


class Reader(Protocol):
    """Reads one answer, and adds its content to `answer`."""

    @property
    def answer(self) -> Answer:
        """The answer so far."""

    @property
    def is_over(self) -> bool:
        """Whether the endpoint ended the answer."""

    def read(self, event: ServerSentEvent) -> None:
        """Read one event of a stream; raises ModelFailed."""

    def read_whole(self, payload: object) -> None:
        """Read an answer that came in one piece; raises ModelFailed."""

    def end(self) -> None:
        """The stream ended, which may complete the answer; raises ModelFailed."""


class Wire(Protocol):
    """One API, as a module of this package implements it."""

    PATH: str
    """The path of requests, below the base URL."""

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
    """The API of this name, imported on its first request. Raises ValueError for an unknown one."""
    if name not in WIRES:
        built_in = " or ".join(f"`{wire_name}`" for wire_name in WIRES)
        raise ValueError(f"wire_api `{name}` is not available in this version, use {built_in}")
    return import_module(WIRES[name])
