"""A turn leaves no reference cycles: the garbage collector would stop everything under way."""

import gc
import json
from collections import Counter
from collections.abc import Iterator

import pytest

import threadhost
from tests.support.responses_endpoint import ResponsesEndpoint

TURNS = 5
CALLS = json.dumps({"steps": [{"calls": [{"name": "none_such", "args": {}}]}, {"text": "done"}]})


@pytest.fixture
def garbage() -> Iterator[list[object]]:
    """The objects that only the collector finds, once it has run."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.few(1)
@pytest.mark.parametrize("said", ["hello", f"@echo {CALLS}", "@error 503"])
async def test_a_turn_leaves_no_reference_cycles(
    endpoint: ResponsesEndpoint, garbage: list[object], said: str
) -> None:
    async with (
        threadhost.open(model_url=endpoint.base_url, model="m") as host,
        host.connect() as client,
    ):
        thread = await client.start_thread()
        await client.run_turn(thread.id, said)
        gc.collect()
        garbage.clear()
        for _ in range(TURNS):
            await client.run_turn(thread.id, said)
        gc.collect()
        left = Counter(type(found) for found in garbage)

    ours = {of: count for of, count in left.items() if of.__module__.startswith("threadhost.")}
    assert [of for of, count in ours.items() if count >= TURNS] == []
