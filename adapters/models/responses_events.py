"""Reads the events of a Responses API stream: one table from event type to reader."""

from collections.abc import Callable, Mapping

from threadhost.actors.models import OutputItem
from threadhost.adapters.models import json_values as values
from threadhost.adapters.models.answer import Answer
from threadhost.adapters.models.answer_part import Place
from threadhost.adapters.models.failures import failure_of_answer, failure_of_error
from threadhost.adapters.models.json_values import Object, text
from threadhost.adapters.models.lenient_text import (
    arguments,
    at_least,
    count_strange,
    name_of,
    nothing_skipped,
    object_of,
    words,
)
from threadhost.adapters.models.responses_items import (
    item_of,
    kind_in,
    kind_in_words,
    named_in,
    phase_of,
    place_in,
    place_of,
    texts_in,
    usage_of,
)
from threadhost.adapters.models.sse import ServerSentEvent

UNREADABLE = "an event that is no JSON object"
DONE = b"[DONE]"
"""The end mark of other APIs' streams."""


class ResponsesReader:
    """Reads one answer: server-sent events in, port events out."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.is_over = False
        """Whether the endpoint ended the answer."""

    def read(self, event: ServerSentEvent) -> None:
        """Read one event of the stream; unreadable parts are counted.

        Raises ModelFailed for a failure that the event reports.
        """
        name, data = event
        if self.is_over or name in NAMES_WITHOUT_NEWS:
            return
        try:
            payload = values.parse(data)
        except values.Unreadable as error:
            self._take_no_json(data.strip(), str(error))
            return
        if isinstance(payload, dict):
            self._take(payload, name)
        else:
            self.answer.skipped[UNREADABLE] += 1

    def read_whole(self, payload: object) -> None:
        """Read an answer that came in one piece. Raises ModelFailed."""
        if not isinstance(values.member(payload, "output"), list):
            raise failure_of_answer(payload)
        self._take({"type": COMPLETED, "response": payload}, b"")

    def end(self) -> None:
        """Raise ModelFailed: this API ends a response with an event of its own."""
        if not self.is_over:
            self.answer.refuse_if_unusable()

    def _take_no_json(self, data: bytes, fault: str) -> None:
        if data == DONE and not self.answer.is_empty:
            self.is_over = True
            self.answer.over()
        elif data not in (b"", DONE):
            self.answer.skipped[fault] += 1

    def _take(self, payload: Object, name: bytes) -> None:
        if payload.get("error"):
            raise failure_of_error(payload["error"])
        type_ = payload.get("type")
        if not isinstance(type_, str) or type_ not in READERS:
            type_ = name.decode("ascii", "replace").removeprefix(UNNAMED) or text(type_)
            if type_ not in READERS:
                self._take_unknown(type_, payload)
                return
        if type_ in LAST:
            self.is_over = True
        READERS[type_](self.answer, payload)

    def _take_unknown(self, type_: str, payload: Object) -> None:
        if not type_ and (payload.get("object") == "error" or payload.get("detail")):
            raise failure_of_error(payload)
        if not type_ and payload:
            self.answer.skipped["an event without a type"] += 1
        elif type_ not in WITHOUT_NEWS and any(map(payload.get, NEWS)):
            self.answer.skipped["an event of a type that is not known"] += 1


def _added(answer: Answer, payload: Object) -> None:
    item = object_of(payload.get("item"), answer.skipped)
    kind = kind_in(item)
    place = place_of(item, payload)
    count_strange(item, OF_ITEM, answer.skipped)
    if kind is None and item:
        answer.foreign[kind_in_words(item)] += 1
    elif kind is not None:
        has_words = any(map(item.get, WORDS_OF_ITEMS))
        announced = item_of(item, answer.skipped) if has_words else None
        answer.started(kind, place, phase_of(item.get("phase")), announced)
    if kind == "call":
        answer.called(place, *named_in(item, answer.skipped))


def _text(answer: Answer, payload: Object) -> None:
    answer.text(*_piece(answer, payload, "delta"))  # by far the most frequent events


def _text_done(answer: Answer, payload: Object) -> None:
    answer.text(*_piece(answer, payload, "text"), is_whole=True)


def _refusal(answer: Answer, payload: Object) -> None:
    answer.refusal(*_piece(answer, payload, "delta"))


def _refusal_done(answer: Answer, payload: Object) -> None:
    answer.refusal(*_piece(answer, payload, "refusal"), is_whole=True)


def _transcript_done(answer: Answer, payload: Object) -> None:
    answer.text(*_piece(answer, payload, "transcript"), is_whole=True)


def _part_added(answer: Answer, payload: Object) -> None:
    _part(answer, payload, is_whole=False)


def _part_done(answer: Answer, payload: Object) -> None:
    _part(answer, payload, is_whole=True)


def _part(answer: Answer, payload: Object, *, is_whole: bool) -> None:
    part = payload.get("part")
    text_part, refused = texts_in(part, answer.skipped)
    if not text_part and not refused:  # most parts are added without text
        return
    number, place = values.count(payload.get("content_index")), place_in(payload)
    is_thought = values.member(part, "type") == "reasoning_text"
    if text_part and (is_thought or payload.get("type") in OF_THOUGHTS):
        answer.thought(place, number, text_part, of_summary=False, is_whole=is_whole)
    elif text_part:
        answer.text(place, text_part, number, is_whole=is_whole)
    if refused:
        answer.refusal(place, refused, number, is_whole=is_whole)


def _summary_part_added(answer: Answer, payload: Object) -> None:
    _summary_part(answer, payload, is_whole=False)


def _summary_part_done(answer: Answer, payload: Object) -> None:
    _summary_part(answer, payload, is_whole=True)


def _summary_part(answer: Answer, payload: Object, *, is_whole: bool) -> None:
    number, place = values.count(payload.get("summary_index")), place_in(payload)
    summary = words(payload.get("part"), answer.skipped)
    if summary:
        answer.thought(place, number, summary, of_summary=True, is_whole=is_whole)


def _summary(answer: Answer, payload: Object) -> None:
    _of_thought(answer, payload, "delta", of_summary=True)


def _summary_done(answer: Answer, payload: Object) -> None:
    _of_thought(answer, payload, "text", of_summary=True)


def _thought(answer: Answer, payload: Object) -> None:
    _of_thought(answer, payload, "delta", of_summary=False)


def _thought_done(answer: Answer, payload: Object) -> None:
    _of_thought(answer, payload, "text", of_summary=False)


def _piece(answer: Answer, payload: Object, key: str) -> tuple[Place, str, int]:
    """The place of a piece, its text, and the number of its part."""
    piece, number = payload.get(key), payload.get("content_index")
    if not isinstance(piece, str) or not piece.isascii():
        piece = words(piece, answer.skipped)
    return place_in(payload), piece, values.count(number) if number else 0


def _of_thought(answer: Answer, payload: Object, key: str, *, of_summary: bool) -> None:
    number = values.count(payload.get("summary_index" if of_summary else "content_index"))
    place, piece = place_in(payload), words(payload.get(key), answer.skipped)
    answer.thought(place, number, piece, of_summary=of_summary, is_whole=key == "text")


def _arguments(answer: Answer, payload: Object) -> None:
    answer.arguments(place_in(payload), words(payload.get("delta"), answer.skipped))


def _arguments_done(answer: Answer, payload: Object) -> None:
    answer.arguments(
        place_in(payload),
        arguments(payload.get("arguments")),
        name=name_of(payload.get("name"), answer.skipped),
        is_whole=True,
    )


def _input(answer: Answer, payload: Object) -> None:
    if payload.get("delta"):
        answer.call_grew(place_in(payload))


def _input_done(answer: Answer, payload: Object) -> None:
    input_text = arguments({"input": payload.get("input")})
    answer.arguments(place_in(payload), input_text, is_whole=True)


def _done(answer: Answer, payload: Object) -> None:
    item = values.object_in(payload, "item")
    output_item = item_of(item, answer.skipped)
    if output_item is not None:
        answer.done(place_of(item, payload), output_item)
    else:
        answer.skipped[kind_in_words(item)] += 1


def _completed(answer: Answer, payload: Object) -> None:
    response = object_of(payload.get("response"), answer.skipped)
    if response.get("error") or response.get("status") == "failed":
        raise failure_of_error(response.get("error"), text(response.get("id")))
    count_strange(response, OF_RESPONSE, answer.skipped)
    answer.whole(_outputs(answer, response))
    stopped = response.get("status") == "incomplete" or payload.get("type") == INCOMPLETE
    answer.over(
        text(response.get("id")) or None,
        usage_of(response.get("usage")),
        _why_incomplete(response) if stopped else None,
        model=text(response.get("model")),
        finish_reason=text(response.get("status")),
    )


def _outputs(answer: Answer, response: Object) -> list[tuple[Place, OutputItem]]:
    """The items that the end repeats; parts that were counted before are not counted again."""
    outputs: list[tuple[Place, OutputItem]] = []
    skipped = nothing_skipped()
    output = response.get("output")
    for at, item in enumerate(output if isinstance(output, list) else [output]):
        output_item = item_of(item, skipped) if isinstance(item, dict) else None
        if output_item is not None:
            outputs.append((place_of(item, {"output_index": at}), output_item))
        elif item:
            skipped[kind_in_words(item)] += 1
    at_least(answer.skipped, skipped)
    return outputs


def _failed(answer: Answer, payload: Object) -> None:
    response = values.object_in(payload, "response")
    raise failure_of_error(response.get("error"), text(response.get("id")))


def _error(answer: Answer, payload: Object) -> None:
    raise failure_of_error({**payload, "type": None})


COMPLETED = "response.completed"
INCOMPLETE = "response.incomplete"
OF_THOUGHTS = ("response.reasoning_part.added", "response.reasoning_part.done")
OF_ITEM = frozenset({"call_id", "content", "id", "name", "role", "status", "summary", "type"})
OF_RESPONSE = frozenset({"id", "model", "object", "output", "status", "usage"})
READERS: Mapping[str, Callable[[Answer, Object], None]] = {
    "response.output_item.added": _added,
    "response.output_text.delta": _text,
    "response.output_text.done": _text_done,
    "response.refusal.delta": _refusal,
    "response.refusal.done": _refusal_done,
    "response.content_part.added": _part_added,
    "response.content_part.done": _part_done,
    "response.reasoning_part.added": _part_added,
    "response.reasoning_part.done": _part_done,
    "response.reasoning_summary_part.added": _summary_part_added,
    "response.reasoning_summary_part.done": _summary_part_done,
    "response.reasoning_summary_text.delta": _summary,
    "response.reasoning_summary_text.done": _summary_done,
    "response.reasoning_text.delta": _thought,
    "response.reasoning_text.done": _thought_done,
    "response.output_audio_transcript.delta": _text,
    "response.output_audio_transcript.done": _transcript_done,
    "response.function_call_arguments.delta": _arguments,
    "response.function_call_arguments.done": _arguments_done,
    "response.custom_tool_call_input.delta": _input,
    "response.custom_tool_call_input.done": _input_done,
    "response.output_item.done": _done,
    COMPLETED: _completed,
    "response.done": _completed,
    INCOMPLETE: _completed,
    "response.failed": _failed,
    "error": _error,
}
LAST = frozenset({COMPLETED, "response.done", INCOMPLETE})
UNNAMED = "message"
"""The type of an event without a name."""
WITHOUT_NEWS = frozenset(
    {
        "response.created",
        "response.in_progress",
        "response.output_text.annotation.added",
        "response.queued",
    }
)
"""Events that repeat others, or have no content of the model."""
NAMES_WITHOUT_NEWS = frozenset(type_.encode() for type_ in WITHOUT_NEWS)
WORDS_OF_ITEMS = ("arguments", "content", "input", "summary")
NEWS = ("arguments", "delta", "input", "item", "refusal", "text", "transcript")
"""Members that hold content of the model."""


def _why_incomplete(response: Object) -> str:
    reason = text(values.object_in(response, "incomplete_details").get("reason"))
    return reason or "no reason given"
