"""A whole history is rendered from stored JSON as its turns are from models."""

from typing import Any

import pytest
from pydantic_core import from_json, to_json

from tests.adapters.jsonrpc.models import examples
from threadhost.adapters.history_reader import TurnRead
from threadhost.adapters.jsonrpc import item_rendering, render, render_history
from threadhost.adapters.jsonrpc.models.thread_read import ThreadReadResponse
from threadhost.events.turn import ErrorRecorded
from threadhost.projections.turn_queries import TurnRow

STORED = [
    json
    for one in examples.ITEMS
    if (json := one.model_dump(mode="json", by_alias=True))["type"] in item_rendering.item_models()
]


@pytest.mark.parametrize("failed", [True, False])
@pytest.mark.parametrize("completed_at_ms", [None, 9_999])
def test_a_turn_rendered_from_its_stored_json_is_the_same_as_from_models(
    completed_at_ms: int | None, *, failed: bool
) -> None:
    row = TurnRow(1, "thread", "turn", "failed", 5_000, completed_at_ms, None, None)
    error = ErrorRecorded(turn_id="turn", message="m", code="other") if failed else None
    found = TurnRead(row, [to_json(item) for item in STORED], error)
    assert from_json(render_history.turn(found)) == from_json(render.turn(found).encode())


HOSTILE = ['"turns":[]', '","turns":[],"x":"', "\\", "\u2028"]


@pytest.mark.parametrize("text", HOSTILE)
def test_turns_are_put_into_their_thread_whatever_texts_the_thread_contains(text: str) -> None:
    said: dict[str, Any] = dict.fromkeys(("name", "preview", "model", "cwd"), text)
    thread = examples.THREAD.model_copy(update={**said, "turns": []})
    response = ThreadReadResponse(thread=thread)
    told = from_json(response.with_turns(b'{"id":"1"},{"id":"2"}').encode())
    assert told.pop("thread") == {
        **from_json(thread.encode()),
        "turns": [{"id": "1"}, {"id": "2"}],
    }
    assert from_json(response.encode())["thread"]["turns"] == []
