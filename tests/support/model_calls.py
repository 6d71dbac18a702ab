"""Model requests for tests: histories, scripts, and collecting what a client streams."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from ssl import SSLContext
from typing import cast

import pytest

from threadhost.actors.models import (
    Message,
    ModelEvent,
    ModelFailed,
    ModelRequest,
    ModelSettings,
    OutputDone,
    TextDelta,
)
from threadhost.adapters.models.http_client import HttpClient
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.provider import Provider, TransportName, WireName, usable_key
from threadhost.adapters.models.providers import ProviderClient
from threadhost.adapters.models.select import http_client

WAIT_S = 10
NO_ENVIRONMENT: Mapping[str, str] = {}
KEY = "sk-very-secret-0123456789"


def script(*steps: dict[str, object], say: str = "hello") -> str:
    """The text of a user message that scripts the model."""
    return f"{say}\n@echo {json.dumps({'steps': steps})}"


def user(text: str) -> bytes:
    """A user message as a history keeps it."""
    content = [{"type": "input_text", "text": text}]
    return json.dumps({"type": "message", "role": "user", "content": content}).encode()


def tool_output(call_id: str = "call-1-0", output: str = "done") -> bytes:
    """A tool's answer as a history keeps it."""
    item = {"type": "function_call_output", "call_id": call_id, "output": output}
    return json.dumps(item).encode()


def function_call(call_id: str, name: str, namespace: str | None = None) -> bytes:
    """A call as a history keeps it."""
    item = {"type": "function_call", "call_id": call_id, "name": name, "arguments": "{}"}
    return json.dumps({**item, "namespace": namespace} if namespace else item).encode()


def request(*history: bytes, settings: ModelSettings | None = None) -> ModelRequest:
    """A request with this history."""
    return ModelRequest("thread-1", "turn-1", history, (), settings or ModelSettings("test-model"))


def streaming(
    client: ProviderClient, call: ModelRequest
) -> aclosing[AsyncGenerator[ModelEvent, None]]:
    """The stream of a call, closed at the end of the block."""
    return aclosing(cast("AsyncGenerator[ModelEvent, None]", client.stream(call)))


async def collect_into(got: list[ModelEvent], client: ProviderClient, *history: bytes) -> None:
    """Append the events of one call as they come, to see them also when it fails."""
    async with streaming(client, request(*history)) as events:
        async for event in events:
            got.append(event)  # noqa: PERF401 - a comprehension would lose them


async def collect(client: ProviderClient, *history: bytes) -> list[ModelEvent]:
    """All events of one call."""
    got: list[ModelEvent] = []
    await collect_into(got, client, *history)
    return got


async def failure(client: ProviderClient, prompt: bytes = b"") -> ModelFailed:
    """How one call fails; an AssertionError if it does not."""
    with pytest.raises(ModelFailed) as failed:
        await collect(client, prompt or user("hello"))
    return failed.value


def text_of(events: list[ModelEvent]) -> str:
    """The deltas, joined."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def done_text(events: list[ModelEvent]) -> str:
    """The text of the message that was completed."""
    items = [event.item for event in events if isinstance(event, OutputDone)]
    (said,) = [item.text for item in items if isinstance(item, Message)]
    return said


def client_of(
    base_url: str,
    key: str | None = None,
    *,
    limits: TransportLimits | None = None,
    tls: SSLContext | None = None,
    env: Mapping[str, str] = NO_ENVIRONMENT,
    wire: WireName = "responses",
    transport: TransportName | None = None,
) -> HttpClient:
    """A client of an endpoint."""
    provider = Provider("test", base_url, wire, key=usable_key(key), transport=transport)
    return http_client(provider, env, tls, limits)
