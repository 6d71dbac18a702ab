"""What judges every message of every test: right ones pass, and each that is wrong is named."""

from copy import deepcopy
from typing import Any

import pytest

from tests.support import schema, transcripts
from tests.support.each import each
from tests.support.judge import Judge

DELETED = {"threadId": "one"}
GONE = object()
"""Not a value: what is to be left out."""
RECORDED = [one for one in transcripts.notifications() if schema.knows("notification", one.method)]
THREAD = next(
    one.result["thread"]
    for one in transcripts.exchanges()
    if one.method == "thread/read" and one.error is None
)
WRONG: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "a text for a number": (("createdAt",), "yesterday"),
    "a number for a text": (("preview",), 7),
    "a fraction for a whole number": (("updatedAt",), 1.5),
    "nothing for a list": (("turns",), None),
    "a field that is not there": (("id",), GONE),
    "a status of another kind": (("status",), {"type": "unheard of"}),
    "half a character for a status": (("status", "type"), "\ud800"),
    "a source that nobody knows": (("source",), {"other": []}),
}


def wire_notification(method: str, params: object, position: int = 1) -> dict[str, Any]:
    """A notification as it goes over the wire."""
    at = {"emittedAtMs": 1, "position": position, "cursor": f"log.{position}.tag"}
    return {"method": method, "params": params, **at}


def answered(thread: object) -> None:
    """Judge an answer that shows this thread."""
    judge = Judge()
    judge.sent({"id": 1, "method": "thread/read", "params": {}})
    judge.look({"id": 1, "result": {"thread": thread}})


def altered(value: Any, place: tuple[str | int, ...], by: object) -> Any:
    """A copy of a value with one place of it altered."""
    made = deepcopy(value)
    *way, last = place
    at = made
    for step in way:
        at = at[step]
    if by is GONE:
        del at[last]
    else:
        at[last] = by
    return made


def test_recorded_messages_of_the_reference_pass_the_judge() -> None:
    for one in RECORDED:
        Judge().look(wire_notification(one.method, one.params))
    answered(THREAD)


@each(("place", "by"), WRONG.values(), ids=WRONG)
def test_one_wrong_place_in_an_answer_is_a_fault(place: tuple[str | int, ...], by: object) -> None:
    with pytest.raises(AssertionError, match="result of thread/read breaks the schema"):
        answered(altered(THREAD, place, by))


def test_a_fault_names_its_place() -> None:
    with pytest.raises(AssertionError, match=r"\$\.thread\.createdAt: .*yesterday"):
        answered(altered(THREAD, ("createdAt",), "yesterday"))


@each("method", sorted({one.method for one in RECORDED}))
@pytest.mark.parametrize("params", [None, [], "text", 5], ids=str)
def test_params_of_another_kind_are_a_fault_of_every_notification(
    method: str, params: object
) -> None:
    with pytest.raises(AssertionError, match=f"notification of {method} breaks the schema"):
        Judge().look(wire_notification(method, params))


def test_a_second_message_is_judged_like_the_first_though_it_differs_in_a_number_alone() -> None:
    judge = Judge()
    delta = next(one for one in RECORDED if one.method == "thread/tokenUsage/updated")
    place = ("tokenUsage", "last", "inputTokens")
    judge.look(wire_notification(delta.method, delta.params))
    with pytest.raises(AssertionError, match="inputTokens"):
        judge.look(wire_notification(delta.method, altered(delta.params, place, 0.5), 2))


@each(
    "message",
    [
        [],
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"id": 1, "result": {}},
        {"id": 1, "error": {"code": "1", "message": "no"}},
        {"id": 1, "error": {"code": 1, "message": "Traceback (most recent call last)"}},
        {"method": "thread/deleted", "params": DELETED},
        {**wire_notification("thread/deleted", DELETED), "more": 1},
        {**wire_notification("thread/deleted", DELETED), "cursor": "log.2.tag"},
        {**wire_notification("thread/deleted", DELETED), "emittedAtMs": True},
        {"id": "1", "method": "item/tool/call", "params": {}},
    ],
    ids=str,
)
def test_an_envelope_of_another_form_is_a_fault(message: object) -> None:
    with pytest.raises(AssertionError):
        Judge().look(message)


def test_a_cursor_that_goes_back_is_a_fault() -> None:
    judge = Judge()
    judge.look(wire_notification("thread/deleted", DELETED, 5))
    with pytest.raises(AssertionError, match="goes back"):
        judge.look(wire_notification("thread/deleted", DELETED, 4))
