"""The item in a recorded body, found without reading the body."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from threadhost.events.store.codec import decode, encode
from threadhost.events.turn import ItemRecorded, item_json

words = st.text() | st.sampled_from(["item", 'item":', ',"item":{}', "\\", "}"])
values = st.recursive(
    st.none() | st.integers(-(2**31), 2**31) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(words, words, words, st.dictionaries(words, values, max_size=4))
def test_the_item_is_extracted_from_a_body_with_any_content(
    turn_id: str, item_id: str, type_: str, item: dict[str, Any]
) -> None:
    event = ItemRecorded(turn_id=turn_id, item_id=item_id, type=type_, item=item)
    assert from_json(item_json(encode([event])[0])) == item


@pytest.mark.parametrize(
    ("type_", "added"),
    [
        ("userMessage", {"clientId"}),
        ("agentMessage", {"moderation", "phase", "memoryCitation", "delivery", "questions"}),
        ("reasoning", set()),
    ],
)
def test_an_item_of_the_first_version_gets_the_keys_that_clients_expect(
    type_: str, added: set[str]
) -> None:
    body = b'{"turn_id":"t","item_id":"i","type":"%b","item":{"type":"%b","id":"i"}}'
    event = decode(1, "turn.item_recorded.v1", body % (type_.encode(), type_.encode()))
    assert isinstance(event, ItemRecorded)
    missing = {*added, "startedAtMs", "completedAtMs"}
    assert event.item == {"type": type_, "id": "i", **dict.fromkeys(missing)}


def test_fields_of_a_first_version_item_stay() -> None:
    item = b'{"type":"agentMessage","id":"i","phase":"final_answer","startedAtMs":7}'
    body = b'{"turn_id":"t","item_id":"i","type":"agentMessage","item":%b}' % item
    event = decode(1, "turn.item_recorded.v1", body)
    assert isinstance(event, ItemRecorded)
    assert event.item | {"phase": "final_answer", "startedAtMs": 7} == event.item
