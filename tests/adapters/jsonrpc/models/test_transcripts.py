"""Recorded messages of the reference are read and written again by our models."""

import json
from collections.abc import Iterable

import pytest
from pydantic import ValidationError

from tests.support import transcripts
from tests.support.each import each
from tests.support.methods import METHODS
from threadhost.adapters.jsonrpc.models.base import Params, Wire
from threadhost.adapters.jsonrpc.models.catalog import NOTIFICATIONS

UNKNOWN_TO_US = {"extraField"}
OURS: dict[str, dict[str, object]] = {
    "initialize": {"logId": "l", "hostEpoch": 1},
    "thread/goal/get": {"treeTokensUsed": None},
    "thread/goal/updated": {"nextTurnAtMs": None, "treeTokensUsed": None},
}
"""What this host says beside what the reference does."""


def compact(value: object) -> str:
    """JSON text with the key order that `value` has."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def changed(model: type[Wire], recorded: object) -> str | None:
    """How a message changed by reading and writing, or None if it did not."""
    written = model.from_wire(recorded).encode().decode()
    return None if written == compact(recorded) else f"{compact(recorded)}\n  -> {written}"


def first(faults: Iterable[str | None]) -> str | None:
    return next((fault for fault in faults if fault), None)


NOT_IN_THE_RECORDINGS = {
    "server/diagnostics",
    "account/read",
    "collaborationMode/list",
    "config/mcpServer/reload",
    "config/read",
    "configRequirements/read",
    "hooks/list",
    "mcpServer/resource/read",
    "mcpServer/tool/call",
    "mcpServerStatus/list",
    "memory/reset",
    "memory/status",
    "model/list",
    "modelProvider/list",
    "permissionProfile/list",
    "skills/list",
    "thread/backgroundTerminals/list",
    "thread/queue/delete",
    "thread/queue/list",
    "thread/queue/reorder",
    "thread/queue/update",
    "thread/revert",
    "thread/memoryMode/set",
    "thread/metadata/update",
    "thread/search",
    "thread/search/cancel",
    "thread/search/stream",
    "thread/search/stream/cancel",
    "thread/settings/update",
}
"""Methods that the recorded clients had no success with, or did not call."""


OWN = ("host/", "job/")
"""How methods begin that no other server has."""


def answered() -> list[str]:
    """Methods of the protocol whose results were recorded."""
    return [n for n in METHODS if not n.startswith(OWN) and n not in NOT_IN_THE_RECORDINGS]


@each("method", answered())
def test_recorded_results_of_the_reference_are_written_as_they_were_read(method: str) -> None:
    model = METHODS[method].result
    exchanges = [e for e in transcripts.exchanges() if e.method == method and not e.error]
    results = [{**e.result, **OURS.get(method, {})} for e in exchanges]
    assert results, "nothing of this method was recorded"
    assert first(changed(model, result) for result in results) is None


RECORDED_NEVER = {
    "item/mcpToolCall/progress",
    "item/reasoning/summaryPartAdded",
    "item/reasoning/summaryTextDelta",
    "item/reasoning/textDelta",
    "thread/closed",
    "thread/compacted",
    "thread/reverted",
    "thread/search/partial",
    "thread/settings/updated",
}


OF_REVIEWS = frozenset(("enteredReviewMode", "exitedReviewMode"))
"""Items that no host without a reviewer makes."""
SENT = sorted(n for n in NOTIFICATIONS.keys() - RECORDED_NEVER if not n.startswith(OWN))


@each("method", SENT)
def test_recorded_notifications_of_the_reference_are_written_as_they_were_read(method: str) -> None:
    model = NOTIFICATIONS[method]
    sent = [one.params for one in transcripts.notifications() if one.method == method]
    made = [one for one in sent if one.get("item", {}).get("type") not in OF_REVIEWS]
    params = [{**one, **OURS.get(method, {})} for one in made]
    assert params, "nothing of this kind was recorded"
    assert first(changed(model, one) for one in params) is None


def test_notifications_thought_to_be_unrecorded_are_still_unrecorded() -> None:
    assert RECORDED_NEVER.isdisjoint(sent.method for sent in transcripts.notifications())


def in_scope() -> list[transcripts.Exchange]:
    return [exchange for exchange in transcripts.exchanges() if exchange.method in METHODS]


def params_of(method: str) -> type[Params]:
    model = METHODS[method].params
    assert model is not None
    return model


def test_params_that_the_reference_accepted_are_accepted() -> None:
    for exchange in in_scope():
        if (exchange.error or "").startswith("Invalid request: "):
            continue
        read = params_of(exchange.method).from_wire(exchange.params)
        if isinstance(exchange.params, dict):
            given = json.loads(read.model_dump_json(exclude_unset=True))
            sent = {k: v for k, v in exchange.params.items() if k not in UNKNOWN_TO_US}
            assert given == sent, exchange


def test_params_that_the_reference_refused_are_refused() -> None:
    refused = [e for e in in_scope() if (e.error or "").startswith("Invalid request: ")]
    assert len(refused) >= 8
    for exchange in refused:
        with pytest.raises(ValidationError):
            params_of(exchange.method).from_wire(exchange.params)


def test_params_in_an_array_are_read_by_position() -> None:
    [exchange] = [e for e in in_scope() if isinstance(e.params, list)]
    read = params_of(exchange.method).from_wire(exchange.params)
    assert read.model_dump(exclude_unset=True) == {"threadId": exchange.params[0]}
