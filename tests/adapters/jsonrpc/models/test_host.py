"""The host's own methods and params."""

import json

import pytest
from pydantic import ValidationError

from tests.support.each import each
from tests.support.methods import METHODS, least
from threadhost.adapters.jsonrpc.models.host_events import (
    EventsSubscribeParams,
    EventsSubscribeResponse,
)
from threadhost.adapters.jsonrpc.models.host_preview import (
    PreviewCounts,
    PreviewDeleteResponse,
    PreviewFile,
    PreviewTarget,
)
from threadhost.adapters.jsonrpc.models.thread_start import ThreadStartParams
from threadhost.adapters.jsonrpc.registry import registry


def test_a_preview_names_targets_order_counts_files_and_forks() -> None:
    root = PreviewTarget(thread_id="a", depth=0, live=True, busy=False, ephemeral=False)
    child = PreviewTarget(
        thread_id="b",
        depth=1,
        parent_thread_id="a",
        live=False,
        busy=False,
        ephemeral=False,
        edge="closed",
    )
    preview = PreviewDeleteResponse(
        targets=[root, child],
        delete_order=["b", "a"],
        counts=PreviewCounts(threads=2, live=1, busy=0, ephemeral=0, turns=3, items=6, files=1),
        files=[PreviewFile(thread_id="b", name="blobs/b")],
    )
    written = json.loads(preview.encode())
    names = ["targets", "deleteOrder", "counts", "files", "survivingForks", "holds"]
    assert list(written) == names
    assert list(written["targets"][0].items()) == [
        ("threadId", "a"),
        ("depth", 0),
        ("parentThreadId", None),
        ("live", True),
        ("busy", False),
        ("ephemeral", False),
        ("forkedFromId", None),
        ("edge", None),
    ]
    assert written["targets"][1]["edge"] == "closed"
    assert list(written["counts"]) == [
        "threads",
        "live",
        "busy",
        "ephemeral",
        "turns",
        "items",
        "files",
    ]
    assert written["files"] == [{"threadId": "b", "name": "blobs/b"}]
    assert PreviewDeleteResponse.from_wire(written) == preview


def test_the_answer_to_a_subscription_names_the_position_of_the_log_and_what_is_missing() -> None:
    answer = EventsSubscribeResponse(
        position=9, oldest_position=4, complete=False, reason="gone", log_id="l", cursor="l.9.t"
    )
    assert answer.encode() == (
        b'{"position":9,"oldestPosition":4,"complete":false,"reason":"gone","logId":"l",'
        b'"cursor":"l.9.t"}'
    )


@each("position", [-1, 1.0, "0", True, 2**63])
def test_a_position_is_a_whole_number_that_a_log_can_reach(position: object) -> None:
    with pytest.raises(ValidationError, match="u64"):
        EventsSubscribeParams.from_wire({"afterPosition": position})


def test_a_subscription_may_begin_before_the_first_event() -> None:
    assert EventsSubscribeParams.from_wire({"afterPosition": 0}).after_position == 0


def test_a_thread_may_be_started_under_a_parent() -> None:
    assert ThreadStartParams.from_wire({"parentThreadId": "p"}).parent_thread_id == "p"


TAKERS = [
    name
    for name, models in METHODS.items()
    if models.params and "idempotencyKey" in models.params.wire_names()
]


@each("method", TAKERS)
def test_an_idempotency_key_is_of_a_method_that_changes_something_and_is_not_empty(
    method: str,
) -> None:
    model, known = METHODS[method].params, registry.get(method)
    assert model is not None
    assert known is not None
    assert not known.reads
    read = model.from_wire({**least(model), "idempotencyKey": "k"})
    assert json.loads(read.encode())["idempotencyKey"] == "k"
    with pytest.raises(ValidationError, match="at least 1 character"):
        model.from_wire({**least(model), "idempotencyKey": ""})
