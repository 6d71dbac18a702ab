"""A turn's life inside a thread: its events and what they do to the thread's state."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field
from pydantic_core import from_json

from threadhost.events.base import UNTIL_CLOSED, UPCASTERS, Event, Upcaster, event, history_event
from threadhost.events.empty import no_dict
from threadhost.events.goal_state import GOAL_TURN
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.thread import ActiveTurn, Thread, evolve, heard, in_turn
from threadhost.events.tool import TOOL_ITEMS, with_call_closed
from threadhost.events.usage import Usage
from threadhost.events.words import EndReason, Id, Purpose

TurnOutcome = Literal["completed", "interrupted", "failed"]
USER_ITEM = "userMessage"
FUNCTION_CALL = "function_call"
"""The type of output that calls a tool."""
LOCAL_PICTURE = "localImage"
"""The part of a message that names a picture on this machine."""


@event("turn.started.v1", since="0.1", stream="thread", cause="asked", inherited=True)
class TurnStarted(Event):
    """Work on an input began, or, for another `purpose`, on the thread itself.

    `root_turn_id` is the turn of the tree's root that led to it, if that is another turn.
    """

    turn_id: Id
    started_at_ms: int
    purpose: Purpose = "regular"
    root_turn_id: Id | None = None


@history_event("turn.item_recorded.v2", since="0.1", cause="item", admitted=UNTIL_CLOSED)
class ItemRecorded(Event):
    """An item of a turn is complete; clients get `item`, the last field, unchanged."""

    turn_id: str
    item_id: str
    type: str
    item: dict[str, Any]


ITEM_KEY = b',"item":'
UNSAID_IN_V1 = {
    "userMessage": ("clientId",),
    "agentMessage": ("moderation", "phase", "memoryCitation", "delivery", "questions"),
}
"""Keys that clients expect and that the first version omitted if they were empty."""


def parts(item: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the parts that an item has under this key; values that are not parts are skipped."""
    value = item.get(key)
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def text_part(text: str) -> dict[str, Any]:
    """Return a text as a part of a user's message."""
    return {"type": "text", "text": text, "text_elements": []}


def item_json(body: bytes) -> bytes:
    """Return the bytes of the item in the JSON of an ItemRecorded.

    Quotes within a string are escaped, so no text of a client or a model can look like the key.
    """
    return body[body.index(ITEM_KEY) + len(ITEM_KEY) : -1]


class ItemHead(NamedTuple):
    """The turn, id and type of the item of an ItemRecorded."""

    turn_id: str
    item_id: str
    type: str

    @classmethod
    def of(cls, body: bytes) -> Self | None:
        """Read it from the JSON of an ItemRecorded; None if the whole event has to be read."""
        head, _, item = body.partition(ITEM_KEY)
        try:
            return cls(**from_json(head + b"}")) if item else None
        except (TypeError, ValueError):
            return None


def _with_every_key(body: dict[str, Any]) -> dict[str, Any]:
    keys = (*UNSAID_IN_V1.get(body["type"], ()), "startedAtMs", "completedAtMs")
    return {**body, "item": {**dict.fromkeys(keys), **body["item"]}}


UPCASTERS["turn.item_recorded.v1"] = Upcaster(ItemRecorded.kind, _with_every_key)


@history_event("turn.output_recorded.v1", since="0.1", cause="request", admitted=UNTIL_CLOSED)
class OutputRecorded(Event):
    """Output that items do not contain, for later requests: reasoning, calls, answers."""

    turn_id: str
    output: dict[str, Any]


@history_event("turn.model_requested.v1", since="0.1", cause="heard")
class ModelRequested(Event):
    """A model was asked.

    The request is kept as what it can be rendered from again: the length of the history, and the
    digest of the bytes that were sent. Keeping each whole request would grow with the square of the
    history. The `left_out` oldest items were not sent; `mended` counts, by rule, the items that
    were sent in another form than they were said. `digests` has those of the parts that the request
    had: instructions, history, tools, settings. `replaces` is the number of the request that this
    one replaces, because input came before a model began to answer that one.
    """

    turn_id: str
    request: int
    model: str
    history_items: int
    digest: str
    provider: str = ""
    left_out: int = 0
    mended: dict[str, int] = Field(default_factory=no_dict)
    digests: dict[str, str] = Field(default_factory=no_dict)
    output_schema: dict[str, Any] | None = None
    replaces: int = 0


@history_event("turn.model_responded.v1", since="0.1", cause="request", admitted=UNTIL_CLOSED)
class ModelResponded(Event):
    """A model's response ended.

    `served_model` and `finish_reason` are the provider's words, empty if it says nothing.
    `first_output_ms` and `duration_ms` count from the call that was answered, the last of
    `attempts`. `steered`: input came after the answer had begun, and the answer does not consider
    it. None and 0 stand for what was not measured.
    """

    turn_id: str
    request: int
    response_id: str | None
    served_model: str = ""
    finish_reason: str = ""
    first_output_ms: int | None = None
    duration_ms: int | None = None
    attempts: int = 0
    steered: bool = False


@event(
    "turn.usage_recorded.v1",
    since="0.1",
    stream="thread",
    cause="request",
    inherited=True,
    admitted=UNTIL_CLOSED,
)
class UsageRecorded(Event):
    """The tokens of one model response, and of the thread so far."""

    turn_id: Id
    last: Usage
    total: Usage


@history_event("turn.error_recorded.v1", since="0.1", cause="request", admitted=UNTIL_CLOSED)
class ErrorRecorded(Event):
    """Something failed in a turn; the message is fit for a user."""

    turn_id: str
    message: str
    code: str
    http_status: int | None = None
    details: str | None = None


@event("turn.interrupt_requested.v1", since="0.1", stream="thread", cause="asked")
class InterruptRequested(Event):
    """The interruption of the turn was requested."""

    turn_id: Id


@event(
    "turn.deadline_passed.v1",
    since="0.1",
    stream="thread",
    cause="timer",
    inherited=True,
    admitted=UNTIL_CLOSED,
)
class DeadlinePassed(Event):
    """A turn exceeded its time limit; its end is in the same append."""

    turn_id: Id
    limit_ms: int


@event(
    "turn.completed.v1",
    since="0.1",
    stream="thread",
    cause="end",
    inherited=True,
    admitted=UNTIL_CLOSED,
)
class TurnCompleted(Event):
    """The turn is over."""

    turn_id: Id
    outcome: TurnOutcome
    started_at_ms: int
    completed_at_ms: int
    reason: EndReason | None = None
    root_turn_id: Id | None = None


@evolve.register
def _turn_started(fact: TurnStarted, thread: Thread) -> Thread:
    begun = ActiveTurn(
        fact.turn_id,
        fact.started_at_ms,
        thread.settings,
        kind=fact.purpose,
        root_turn_id=fact.root_turn_id,
    )
    turn = begun._replace(heard_at_version=thread.version + 1)
    is_held = thread.queue_held and fact.purpose == GOAL_TURN
    return thread._replace(turn=turn, turns=thread.turns + 1, failed=False, queue_held=is_held)


@evolve.register
def _interrupt_requested(fact: InterruptRequested, thread: Thread) -> Thread:
    return thread._replace(queue_held=True)


@evolve.register
def _item_recorded(fact: ItemRecorded, thread: Thread) -> Thread:
    thread = in_turn(thread, fact.turn_id, lambda turn: _with_item(turn, fact))
    if fact.type == USER_ITEM:
        return heard(thread, fact.turn_id)
    return (
        with_call_closed(thread, fact.turn_id, fact.item_id) if fact.type in TOOL_ITEMS else thread
    )


def _with_item(turn: ActiveTurn, fact: ItemRecorded) -> ActiveTurn:
    if fact.type != USER_ITEM:
        return turn._replace(items=turn.items + 1)
    has_pictures = any(part.get("type") == LOCAL_PICTURE for part in parts(fact.item, "content"))
    return turn._replace(
        items=turn.items + 1,
        steered=turn.steered or turn.asking,
        unanswered=0,
        held_back=tuple(item for item in turn.held_back if item.get("id") != fact.item_id),
        pictures=(*turn.pictures, fact.item_id) if has_pictures else turn.pictures,
    )


@evolve.register
def _output_recorded(fact: OutputRecorded, thread: Thread) -> Thread:
    if fact.output.get("type") != FUNCTION_CALL:
        return thread
    return in_turn(thread, fact.turn_id, lambda turn: turn._replace(called=True))


def noteworthy(mended: Mapping[str, int]) -> dict[str, int]:
    """Return the rules that are not routine, with their counts."""
    if not mended:
        return {}
    from threadhost.events.acceptable import noteworthy

    return noteworthy(mended)


@evolve.register
def _model_requested(fact: ModelRequested, thread: Thread) -> Thread:
    version = thread.version + 1
    if (mended := noteworthy(fact.mended)) != thread.mended:
        thread = thread._replace(mended=mended)
    return in_turn(
        thread,
        fact.turn_id,
        lambda turn: turn._replace(
            requests=fact.request,
            asked_at_version=version,
            asking=True,
            steered=False,
            wait_ms=0,
            left_out=fact.left_out,
            called=False,
            reached=False,
        ),
    )


@evolve.register
def _model_responded(fact: ModelResponded, thread: Thread) -> Thread:
    return in_turn(
        thread,
        fact.turn_id,
        lambda turn: (
            turn._replace(
                asking=False,
                retries=0,
                left_out=0,
                compactions=turn.compactions if turn.sums_up else 0,
            ).counted
        ),
    )


@evolve.register
def _usage_recorded(fact: UsageRecorded, thread: Thread) -> Thread:
    return thread._replace(usage=fact.total, last_usage=fact.last, usage_turn_id=fact.turn_id)


@evolve.register
def _error_recorded(fact: ErrorRecorded, thread: Thread) -> Thread:
    return in_turn(thread, fact.turn_id, lambda turn: turn._replace(error=True))


@evolve.register
def _turn_completed(fact: TurnCompleted, thread: Thread) -> Thread:
    if thread.turn is None or thread.turn.id != fact.turn_id:
        return thread
    failed = fact.outcome == "failed"
    return thread._replace(
        turn=None,
        turn_ended_at_version=thread.version + 1,
        failed=failed,
        queue_held=thread.queue_held or failed,
    )
