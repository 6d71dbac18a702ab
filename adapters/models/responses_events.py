"""What the events of a Responses API stream mean: one table from event type to its reader."""

import json
import re
from collections.abc import Callable, Iterator, Mapping

from threadhost.actors.models import (
    FunctionCall,
    ItemKind,
    Message,
    ModelEvent,
    OutputItem,
    Reasoning,
    TokenUsage,
)
from threadhost.adapters.models import json_values as values
from threadhost.adapters.models.answer import Answer, Place, phase_of, said_and_refused
from threadhost.adapters.models.failures import of_answer, of_error
from threadhost.adapters.models.json_values import Object, text
from threadhost.adapters.models.sse import ServerSentEvent

UNREADABLE = "an event that is no JSON object"
TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}")
KINDS: Mapping[str, ItemKind] = {
    "message": "message",
    "reasoning": "reasoning",
    "function_call": "call",
    "custom_tool_call": "call",
}
Pieces = Iterator[ModelEvent]


class ResponsesReader:
    """Reads one answer: server-sent events in, port events out."""

    def __init__(self) -> None:
        self._answer = Answer()
        self.is_over = False
        """Whether the endpoint said its last word."""

    def read(self, event: ServerSentEvent) -> Pieces:
        """The port's events for one event of the stream; what cannot be read is counted.

        Raises ModelFailed for a failure that the event reports.
        """
        name = event.name.decode("ascii", "replace")
        data = event.data.strip()
        is_of_no_use = name.startswith(OF_THE_API) and name not in READERS
        if self.is_over or not data or is_of_no_use:
            return
        if data == b"[DONE]":
            yield from self._without_last_word()
            return
        try:
            payload = values.parse(event.data)
        except values.Unreadable as error:
            self._answer.skipped[str(error)] += 1
            return
        if isinstance(payload, dict):
            yield from self._take(text(payload.get("type")) or name.removeprefix(UNNAMED), payload)
        else:
            self._answer.skipped[UNREADABLE] += 1

    def read_whole(self, payload: object) -> Pieces:
        """The port's events for an answer that came in one piece. Raises ModelFailed."""
        if not isinstance(values.member(payload, "output"), list):
            raise of_answer(payload)
        yield from self._take("response.completed", {"response": payload})

    def end(self) -> Pieces:
        """Nothing: the API ends a response with an event of its own. Raises ModelFailed."""
        if not self.is_over:
            self._answer.refuse_if_unusable()
        return iter(())

    def _without_last_word(self) -> Pieces:
        """The sign by which other APIs end a stream, where something came before it."""
        if not self._answer.is_empty:
            self.is_over = True
            yield from self._answer.over()

    def _take(self, type_: str, payload: Object) -> Pieces:
        if payload.get("error"):
            raise of_error(payload["error"])
        reader = READERS.get(type_)
        if reader is not None:
            self.is_over = type_ in LAST
            yield from reader(self._answer, payload)
        elif not type_ and (payload.get("object") == "error" or payload.get("detail")):
            raise of_error(payload)
        elif not type_ and payload:
            self._answer.skipped["an event without a type"] += 1


def _added(answer: Answer, payload: Object) -> Pieces:
    item = values.object_in(payload, "item")
    kind = KINDS.get(text(item.get("type")))
    place = place_of(item, payload)
    if kind is not None:
        yield from answer.started(kind, place, phase_of(item.get("phase")))
    if kind == "call":
        yield from answer.called(place, text(item.get("name")), text(item.get("namespace")))


def _text(answer: Answer, payload: Object) -> Pieces:
    return answer.text(place_of({}, payload), text(payload.get("delta")))


def _text_done(answer: Answer, payload: Object) -> Pieces:
    return answer.text(place_of({}, payload), text(payload.get("text")), is_whole=True)


def _refusal(answer: Answer, payload: Object) -> Pieces:
    return answer.refusal(place_of({}, payload), text(payload.get("delta")))


def _refusal_done(answer: Answer, payload: Object) -> Pieces:
    return answer.refusal(place_of({}, payload), text(payload.get("refusal")), is_whole=True)


def _summary(answer: Answer, payload: Object) -> Pieces:
    return _of_thought(answer, payload, "delta", of_summary=True)


def _summary_done(answer: Answer, payload: Object) -> Pieces:
    return _of_thought(answer, payload, "text", of_summary=True)


def _thought(answer: Answer, payload: Object) -> Pieces:
    return _of_thought(answer, payload, "delta", of_summary=False)


def _thought_done(answer: Answer, payload: Object) -> Pieces:
    return _of_thought(answer, payload, "text", of_summary=False)


def _of_thought(answer: Answer, payload: Object, key: str, *, of_summary: bool) -> Pieces:
    number = values.count(payload.get("summary_index" if of_summary else "content_index"))
    place, said = place_of({}, payload), text(payload.get(key))
    return answer.thought(place, number, said, of_summary=of_summary, is_whole=key == "text")


def _arguments(answer: Answer, payload: Object) -> Pieces:
    return answer.arguments(place_of({}, payload), text(payload.get("delta")))


def _arguments_done(answer: Answer, payload: Object) -> Pieces:
    return answer.arguments(
        place_of({}, payload),
        text(payload.get("arguments")),
        name=text(payload.get("name")),
        is_whole=True,
    )


def _done(answer: Answer, payload: Object) -> Pieces:
    item = values.object_in(payload, "item")
    made = item_of(item)
    if made is not None:
        yield from answer.done(place_of(item, payload), made)
    else:
        answer.skipped[_kind_in_words(item)] += 1


def _completed(answer: Answer, payload: Object) -> Pieces:
    response = values.object_in(payload, "response")
    if response.get("error") or response.get("status") == "failed":
        raise of_error(response.get("error"), text(response.get("id")))
    outputs = values.objects_in(response, "output")
    made = [(place_of(one, {"output_index": n}), item_of(one)) for n, one in enumerate(outputs)]
    yield from answer.whole([(place, item) for place, item in made if item is not None])
    stopped = response.get("status") == "incomplete" or payload.get("type") == INCOMPLETE
    yield from answer.over(
        text(response.get("id")) or None,
        usage_of(response.get("usage")),
        _why_incomplete(response) if stopped else None,
        model=text(response.get("model")),
        finish_reason=text(response.get("status")),
    )


def _failed(answer: Answer, payload: Object) -> Pieces:
    del answer
    response = values.object_in(payload, "response")
    raise of_error(response.get("error"), text(response.get("id")))


def _error(answer: Answer, payload: Object) -> Pieces:
    del answer
    raise of_error({**payload, "type": None})


INCOMPLETE = "response.incomplete"
READERS: Mapping[str, Callable[[Answer, Object], Pieces]] = {
    "response.output_item.added": _added,
    "response.output_text.delta": _text,
    "response.output_text.done": _text_done,
    "response.refusal.delta": _refusal,
    "response.refusal.done": _refusal_done,
    "response.reasoning_summary_text.delta": _summary,
    "response.reasoning_summary_text.done": _summary_done,
    "response.reasoning_text.delta": _thought,
    "response.reasoning_text.done": _thought_done,
    "response.function_call_arguments.delta": _arguments,
    "response.function_call_arguments.done": _arguments_done,
    "response.output_item.done": _done,
    "response.completed": _completed,
    "response.done": _completed,
    INCOMPLETE: _completed,
    "response.failed": _failed,
    "error": _error,
}
LAST = frozenset({"response.completed", "response.done", INCOMPLETE})
UNNAMED = "message"
"""What an event is called that has no name."""
OF_THE_API = "response."
"""How names of the API's own events begin; what others mean, their data says."""


def place_of(item: Object, payload: Object) -> Place:
    """Where in the answer a piece belongs, as far as its event tells."""
    at = payload.get("output_index")
    # An item without an id is a call whose pieces name it by that of the call.
    given = (item.get("id") or item.get("call_id")) if item else payload.get("item_id")
    is_number = isinstance(at, int) and not isinstance(at, bool)
    return Place(at if isinstance(at, int) and is_number else None, text(given) or None)


def item_of(item: Object) -> OutputItem | None:
    """The item that an output of the API is; None for one that is nobody's here."""
    type_ = text(item.get("type"))
    if type_ == "message" or (not type_ and "content" in item):
        return _message(item)
    if type_ == "reasoning":
        return _reasoning(item)
    if type_ == "function_call":
        name, namespace = text(item.get("name")), text(item.get("namespace"))
        return FunctionCall(name, _as_text(item.get("arguments")), namespace or None)
    if type_.endswith("_call") and "call_id" in item:
        return _foreign_call(type_, item)
    return None


def _message(item: Object) -> Message:
    content = item.get("content")
    if isinstance(content, str):
        return Message(text(content), phase_of(item.get("phase")))
    parts = values.objects_in(item, "content")
    said = "".join(text(part.get("text")) for part in parts)
    refused = "".join(text(part.get("refusal")) for part in parts)
    return said_and_refused(said, refused, phase_of(item.get("phase")))


def _reasoning(item: Object) -> Reasoning:
    return Reasoning(
        tuple(text(part.get("text")) for part in values.objects_in(item, "summary")),
        tuple(text(part.get("text")) for part in values.objects_in(item, "content")),
        text(item.get("encrypted_content")) or None,
    )


def _foreign_call(type_: str, item: Object) -> FunctionCall:
    """A call of a kind that only its provider has, as one of a tool: it gets an answer like any."""
    given = next((item[key] for key in ("input", "arguments", "action") if key in item), None)
    arguments = given if isinstance(given, dict) else {"input": given}
    return FunctionCall(text(item.get("name")) or type_.removesuffix("_call"), _as_text(arguments))


def _as_text(arguments: object) -> str:
    if isinstance(arguments, str):
        return text(arguments)
    return "" if arguments is None else json.dumps(arguments)


def usage_of(usage: object) -> TokenUsage | None:
    """The tokens that an endpoint counted, None where it did not."""
    if not isinstance(usage, dict):
        return None
    read, written = (usage.get(f"{name}_tokens_details") for name in ("input", "output"))
    taken_in, put_out, total = (
        values.count(usage.get(f"{name}_tokens")) for name in ("input", "output", "total")
    )
    return TokenUsage(
        input=taken_in,
        cached_input=values.count(values.member(read, "cached_tokens")),
        output=put_out,
        reasoning_output=values.count(values.member(written, "reasoning_tokens")),
        total=total or values.count(taken_in + put_out),
    )


def _why_incomplete(response: Object) -> str:
    reason = text(values.object_in(response, "incomplete_details").get("reason"))
    return reason or "no reason given"


def _kind_in_words(item: Object) -> str:
    type_ = text(item.get("type"))
    return f"an item of type {type_}" if TYPE.fullmatch(type_) else "an item of no known type"
