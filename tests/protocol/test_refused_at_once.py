"""What was refused is let go of with its refusal, not when garbage is next looked for."""

import gc
from typing import Any

import pytest
from pydantic_core import to_json

from tests.support.client import INITIALIZE
from tests.support.hosts import eventually
from tests.support.server import Host
from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.adapters.jsonrpc.transports.base import Peer

pytestmark = pytest.mark.slices

MARK = "01a22356-6306-72fc-99a9-a13d414890db"
LARGE = [{"type": "text", "text": "x" * 300_000}]
REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "a field that is missing": ("turn/start", {}),
    "a field that is something else": ("turn/start", {"input": "x"}),
    "a field that is too large": ("turn/start", {"input": [], "cwd": "/" * 300_000}),
    "a large one": ("turn/start", {"input": LARGE, "cwd": 5}),
    "a method that is not there": ("no/such", {"input": LARGE}),
    "a method that is not offered": ("fs/readFile", {"input": LARGE}),
    "a thread that is not there": ("turn/start", {"input": LARGE}),
    "a second greeting": ("initialize", {**INITIALIZE, "x": LARGE}),
}


def is_request_freed() -> bool:
    return not any(type(one) is dict and one.get("threadId") == MARK for one in gc.get_objects())


@pytest.mark.parametrize("refused", REFUSED)
async def test_a_refused_request_is_freed_with_its_refusal(refused: str, host: Host) -> None:
    method, params = REFUSED[refused]
    session = host.running.accept(Outbox(host.running.settings.limits), Peer("memory", "a test"))
    session.receive(to_json({"id": 1, "method": "initialize", "params": INITIALIZE}))
    await session.finish()
    gc.collect()
    gc.disable()
    try:
        session.receive(
            to_json({"id": 2, "method": method, "params": {"threadId": MARK, **params}})
        )
        await session.finish()
        await session.close()
        await eventually(is_request_freed)  # a worker may just be letting go of it
    finally:
        gc.enable()
