"""What a turn waits for, as its events say: whether its model may be asked, and for what."""

from typing import Any

from tests.support.each import each
from tests.support.store import message
from threadhost.events.base import Event
from threadhost.events.compaction import (
    CompactionFailed,
    CompactionRequested,
    HistoryCompacted,
    InputReceived,
)
from threadhost.events.fold import Thread, foresee
from threadhost.events.picture import PicturesRead
from threadhost.events.retry import RetryScheduled
from threadhost.events.thread import ActiveTurn
from threadhost.events.turn import (
    ItemHead,
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    TurnStarted,
)

T = "turn-1"
TURN = TurnStarted(turn_id=T, started_at_ms=5)
REQUEST = ModelRequested(turn_id=T, request=1, model="m", history_items=1, digest="d")
RESPONSE = ModelResponded(turn_id=T, request=1, response_id="r")
SUM_UP = CompactionRequested(turn_id=T, item_id="i", prompt={})
SUMMARY = HistoryCompacted(turn_id=T, items=[], through_version=3)
NO_SUMMARY = CompactionFailed(turn_id=T, message="no", code="other")


def user_message(item_id: str = "u", *paths: str) -> ItemRecorded:
    """What a user said, with pictures."""
    content: list[dict[str, Any]] = [{"type": "text", "text": "hi"}]
    content += [{"type": "localImage", "path": path} for path in paths]
    item = {"type": "userMessage", "id": item_id, "content": content}
    return ItemRecorded(turn_id=T, item_id=item_id, type="userMessage", item=item)


def retry(wait_ms: int, attempt: int = 1, turn_id: str = T) -> RetryScheduled:
    """The call is made again."""
    return RetryScheduled(
        turn_id=turn_id, attempt=attempt, wait_ms=wait_ms, message="busy", code="serverOverloaded"
    )


def read(item_id: str = "u") -> PicturesRead:
    """The pictures of a message were read."""
    return PicturesRead(turn_id=T, item_id=item_id, urls={})


def after(*events: Event) -> ActiveTurn:
    """The turn after these events."""
    turn = foresee(Thread(id="a"), [TURN, *events]).turn
    assert turn is not None
    return turn


ASKS: list[tuple[tuple[Event, ...], bool]] = [
    ((), True),
    ((user_message(),), True),
    ((REQUEST,), False),
    ((REQUEST, RESPONSE), True),
    ((REQUEST, retry(0)), True),
    ((REQUEST, retry(50)), False),
    ((REQUEST, retry(50), REQUEST, RESPONSE), True),
    ((REQUEST, retry(50, turn_id="turn-0")), False),
    ((user_message("u", "/p"),), False),
    ((user_message("u", "/p"), read("another")), False),
    ((user_message("u", "/p"), read()), True),
    ((user_message("u", "/p"), user_message("v", "/q"), read()), False),
    ((SUM_UP,), True),
    ((SUM_UP, REQUEST), False),
    ((SUM_UP, REQUEST, RESPONSE, SUMMARY), True),
    ((SUM_UP, REQUEST, NO_SUMMARY), True),
]


@each(("events", "may_ask"), ASKS)
def test_a_model_is_asked_only_when_no_other_work_of_the_turn_is_open(
    events: tuple[Event, ...], *, may_ask: bool
) -> None:
    assert after(*events).may_ask == may_ask


def test_input_that_is_not_in_the_request_makes_the_turn_go_on() -> None:
    assert not after(user_message()).steered
    assert after(REQUEST, user_message()).steered
    assert not after(REQUEST, message(turn_id=T)).steered
    assert not after(REQUEST, user_message(), REQUEST).steered


def test_failures_in_a_row_are_counted_until_a_model_answers() -> None:
    assert after(REQUEST, retry(1), REQUEST, retry(1, 2)).retries == 2
    assert after(REQUEST, retry(1), REQUEST, RESPONSE).retries == 0


def test_a_turn_sums_up_from_the_prompt_to_the_summary_or_its_failure() -> None:
    assert after(SUM_UP, REQUEST).sums_up
    for over in ((RESPONSE, SUMMARY), (NO_SUMMARY,)):
        turn = after(SUM_UP, REQUEST, *over)
        assert (turn.sums_up, turn.compactions) == (False, 1)
    assert after(SUM_UP, REQUEST, retry(1), REQUEST).sums_up


def test_compactions_are_counted_until_the_model_answers_something_else() -> None:
    summed_up = (SUM_UP, REQUEST, RESPONSE, SUMMARY)
    assert after(*summed_up, REQUEST).compactions == 1
    assert after(*summed_up, REQUEST, RESPONSE).compactions == 0


def test_input_is_held_back_until_it_is_recorded() -> None:
    item = user_message().item
    held = InputReceived(turn_id=T, item=item)
    assert after(held, SUM_UP).held_back == (item,)
    assert after(held, SUM_UP, user_message()).held_back == ()
    assert after(held, SUM_UP, user_message("another")).held_back == (item,)


def test_the_pictures_of_each_message_are_waited_for() -> None:
    said = TURN, user_message("u", "/a.png"), user_message("v", "/b.png")
    turns = [foresee(Thread(), [*said, *seen]).turn for seen in ([], [read("u")], [read("v")])]
    assert [turn.pictures for turn in turns if turn] == [("u", "v"), ("v",), ("u",)]


@each(
    "body",
    [
        b'{"turn_id":"t","item_id":"i","type":"userMessage"}',
        b'{"turn_id":"t","item_id":"i","more":1,"item":{}}',
        b'{"turn_id":"t","item_id":,"item":{}}',
    ],
)
def test_an_item_that_is_written_otherwise_has_to_be_read_whole(body: bytes) -> None:
    assert ItemHead.of(body) is None
