"""A whole history is told as its turns and items are one by one, byte for byte."""

import pytest
from pydantic_core import to_json

from tests.adapters.jsonrpc.models import examples
from threadhost.adapters.jsonrpc import render, render_history
from threadhost.adapters.turn_reading import TurnRead
from threadhost.events.turn import ErrorRecorded
from threadhost.projections.turn_reading import TurnRow

STORED = [
    json
    for one in examples.ITEMS
    if (json := one.model_dump(mode="json", by_alias=True))["type"] in render.item_models()
]
BARE = [
    {"type": "agentMessage", "id": "m", "text": "said"},
    {"type": "userMessage", "id": "u", "content": [], "unknown": "not told"},
]


@pytest.mark.parametrize("stored", [*STORED, *BARE])
def test_an_item_is_told_the_same_either_way(stored: dict[str, object]) -> None:
    assert to_json(render_history.item(stored)) == to_json(render.item(stored))


@pytest.mark.parametrize("failed", [True, False])
@pytest.mark.parametrize("completed_at_ms", [None, 9_999])
def test_a_turn_is_told_the_same_either_way(completed_at_ms: int | None, *, failed: bool) -> None:
    row = TurnRow(1, "thread", "turn", "failed", 5_000, completed_at_ms, None, None)
    error = ErrorRecorded(turn_id="turn", message="m", code="other") if failed else None
    found = TurnRead(row, STORED, error)
    assert to_json(render_history.turn(found)) == to_json(render.turn(found))
