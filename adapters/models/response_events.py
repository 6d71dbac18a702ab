"""What the events of a Responses API stream mean: one table from event type to its reader."""

from collections.abc import Callable, Iterator, Mapping

from pydantic_core import from_json

from threadhost.actors.ports import (
    ModelEvent,
    ModelFailed,
    OutputDone,
    OutputStarted,
    ResponseDone,
    TextDelta,
    TokenUsage,
)
from threadhost.adapters.models.errors import broken, of_error
from threadhost.adapters.models.sse import ServerSentEvent

Payload = dict[str, object]


class ResponseReader:
    """Reads one response: events in, port events out, each output item started before it speaks."""

    def __init__(self) -> None:
        self._started: set[str] = set()

    def read(self, event: ServerSentEvent) -> Iterator[ModelEvent]:
        """Port events for one server-sent event; only types that matter are decoded.

        Raises ModelFailed for a failure that the event reports, and for an event that is not
        what the API describes.
        """
        if event.name and event.name not in READERS and event.name != b"message":
            return
        if event.data == b"[DONE]":
            return
        try:
            payload = _member(from_json(event.data), "")
            reader = READERS.get(_text(payload, "type").encode())
            if reader is not None:
                yield from self._announced(reader(payload))
        except (ValueError, _Unexpected) as error:
            what = error if isinstance(error, _Unexpected) else "an event that is not JSON"
            raise broken(f"the model endpoint sent {what}") from None

    def _announced(self, event: ModelEvent) -> Iterator[ModelEvent]:
        """Some servers leave the start of an item out; clients cannot do without it."""
        if isinstance(event, OutputStarted):
            if event.item_id in self._started:
                return
            self._started.add(event.item_id)
        elif isinstance(event, TextDelta | OutputDone) and event.item_id not in self._started:
            self._started.add(event.item_id)
            item_type = event.item["type"] if isinstance(event, OutputDone) else "message"
            yield OutputStarted(event.item_id, str(item_type))
        yield event


class _Unexpected(Exception):
    """A member of an event that is missing or of another type than the API gives it."""


def _output_started(payload: Payload) -> ModelEvent:
    item = _member(payload.get("item"), "item")
    return OutputStarted(_item_id(item, payload), _text(item, "type"))


def _text_delta(payload: Payload) -> ModelEvent:
    return TextDelta(_text(payload, "item_id"), _text(payload, "delta"))


def _output_done(payload: Payload) -> ModelEvent:
    item = _member(payload.get("item"), "item")
    _text(item, "type")
    return OutputDone(_item_id(item, payload), item)


def _completed(payload: Payload) -> ModelEvent:
    response = _member(payload.get("response"), "response")
    usage = response.get("usage")
    return ResponseDone(
        _text(response, "id"), None if usage is None else _usage(_member(usage, "usage"))
    )


def _failed(payload: Payload) -> ModelEvent:
    raise of_error(_member(payload.get("response"), "response").get("error"))


def _error(payload: Payload) -> ModelEvent:
    nested = payload.get("error")
    raise of_error(nested if isinstance(nested, dict) else {**payload, "type": None})


def _incomplete(payload: Payload) -> ModelEvent:
    details = _member(payload.get("response"), "response").get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    raise ModelFailed(f"the model stopped early: {reason or 'no reason given'}", "other")


READERS: Mapping[bytes, Callable[[Payload], ModelEvent]] = {
    b"response.output_item.added": _output_started,
    b"response.output_text.delta": _text_delta,
    b"response.output_item.done": _output_done,
    b"response.completed": _completed,
    b"response.failed": _failed,
    b"response.incomplete": _incomplete,
    b"error": _error,
}


def _usage(usage: Payload) -> TokenUsage:
    read, written = usage.get("input_tokens_details"), usage.get("output_tokens_details")
    return TokenUsage(
        input=_count(usage, "input_tokens"),
        cached_input=_count(read, "cached_tokens"),
        output=_count(usage, "output_tokens"),
        reasoning_output=_count(written, "reasoning_tokens"),
        total=_count(usage, "total_tokens"),
    )


def _count(owner: object, name: str) -> int:
    value = owner.get(name) if isinstance(owner, dict) else None
    return value if isinstance(value, int) and value >= 0 else 0


def _item_id(item: Payload, payload: Payload) -> str:
    found = item.get("id")
    return found if isinstance(found, str) and found else f"item-{payload.get('output_index', 0)}"


def _member(value: object, name: str) -> Payload:
    if not isinstance(value, dict):
        raise _Unexpected(f"an event whose `{name}` is no object" if name else "no object")
    return value


def _text(owner: Payload, name: str) -> str:
    value = owner.get(name)
    if not isinstance(value, str):
        raise _Unexpected(f"an event whose `{name}` is no text")
    return value
