"""Reads the chunks of a chat completions stream, in all the forms that servers write."""

from collections.abc import Mapping

from threadhost.actors.models import Message, ModelFailed, Reasoning, TokenUsage
from threadhost.adapters.models import json_values as values
from threadhost.adapters.models.answer import Answer
from threadhost.adapters.models.answer_part import Place
from threadhost.adapters.models.chat_calls import Calls
from threadhost.adapters.models.chat_usage import usage_in
from threadhost.adapters.models.failures import broken, failure_of_error
from threadhost.adapters.models.flat_names import FlatNames
from threadhost.adapters.models.json_values import Object, text
from threadhost.adapters.models.lenient_text import (
    DropCounts,
    count_strange,
    object_of,
    objects_of,
    words,
)
from threadhost.adapters.models.sse import ServerSentEvent

UNREADABLE = "an event that is no JSON object"
BLANK_CHARS_MAX = 1_000
THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
"""Where servers put reasoning; some repeat it in two places."""
THOUGHTS_IN_PARTS = ("thinking_blocks", "reasoning_details")
"""Where they repeat it in parts."""
DELTAS = ("delta", "message", "text")
"""Where a choice has content; the last is from an older API."""
OF_CHOICE = frozenset({*DELTAS, "finish_reason", "index", "logprobs", "usage"})
OF_DELTA = frozenset(
    {
        *THOUGHTS,
        *THOUGHTS_IN_PARTS,
        "annotations",
        "audio",
        "citations",
        "content",
        "extra_content",
        "function_call",
        "name",
        "provider_specific_fields",
        "reasoning_signature",
        "refusal",
        "role",
        "tool_calls",
    }
)
"""Known members of a delta; one with other members alone is counted as skipped."""
OF_SOUND = ("data", "expires_at", "id")
THINKING_TYPES = ("thinking", "reasoning")
GOOD_ENDS = frozenset(
    {
        "end_turn",
        "eos",
        "eos_token",
        "function_call",
        "stop",
        "stop_sequence",
        "tool_call",
        "tool_calls",
        "tool_use",
    }
)
EARLY_ENDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("length", "max_output_tokens", "max_tokens", "model_length"), "max_output_tokens"
    ),
    **{
        reason: reason
        for reason in (
            "blocklist",
            "content_filter",
            "malformed_function_call",
            "prohibited_content",
            "recitation",
            "safety",
            "spii",
        )
    },
}
"""The reasons in the terms of the Responses API, where it has one."""
UNKNOWN_END = "a reason to end that is not known"
FAILED_ENDS: Mapping[str, str] = {
    "abort": "responseStreamDisconnected",
    "error": "internalServerError",
    "insufficient_system_resource": "serverOverloaded",
}


class ChatReader:
    """Reads one answer: server-sent events in, port events out."""

    def __init__(self, names: FlatNames) -> None:
        self.answer = Answer()
        self._calls = Calls(self.answer, names)
        self._response_id: str | None = None
        self._model = ""
        self._usage: TokenUsage | None = None
        self._ended: str | None = None
        self._blank = ""
        self._thinks = self._speaks = False
        self._thoughts = 0
        self.is_over = False
        """Whether the endpoint ended the answer."""

    def read(self, event: ServerSentEvent) -> None:
        """Read one event of the stream; unreadable parts are counted.

        Raises ModelFailed for a failure that the event reports.
        """
        data = event.data.strip()
        if self.is_over or not data:
            return
        if data == b"[DONE]":
            if self._ended is not None or not self.answer.is_empty or self._blank:
                self._finish()
            return
        try:
            payload = values.parse(data)
        except values.Unreadable as error:
            if event.name == b"error":
                raise failure_of_error(data.decode("utf-8", "replace")) from None
            self.answer.skipped[str(error)] += 1
            return
        if event.name == b"error":
            raise failure_of_error(values.member(payload, "error") or payload)
        if isinstance(payload, dict):
            self._take(payload)
        else:
            self.answer.skipped[UNREADABLE] += 1

    def read_whole(self, payload: object) -> None:
        """Read an answer that came in one piece. Raises ModelFailed."""
        if not isinstance(payload, dict):
            raise broken("the model endpoint answered with no JSON object")
        self._take(payload)
        if self._ended is None and self.answer.is_empty and not self._blank:
            raise broken("the model endpoint answered with no message")
        if not self.is_over:
            self._finish()

    def end(self) -> None:
        """End a stream: many servers just close it after the finish reason."""
        if self._ended is not None and not self.is_over:
            self._finish()

    # -- chunks --

    def _take(self, payload: Object) -> None:
        _check(payload)
        self._response_id = self._response_id or text(payload.get("id")) or None
        self._model = self._model or text(payload.get("model"))
        self._usage = usage_in(payload) or self._usage
        choices = [*objects_of(payload.get("choices"), self.answer.skipped)]
        for choice in choices:
            at = choice.get("index")
            if isinstance(at, int) and at > 0:
                self.answer.skipped["a further choice"] += 1
            else:
                self._choose(choice)
        is_last = "choices" in payload and not choices and self._usage is not None
        if is_last and self._ended is not None:
            # Only the end mark follows, which some servers omit.
            self._finish()

    def _choose(self, choice: Object) -> None:
        skipped = self.answer.skipped
        delta = self._delta_of(choice)
        for number, thought in enumerate(_thoughts_in(delta, skipped)):
            self._think(thought, number)
        self._content(delta.get("content"))
        self._hear(delta.get("audio"), content=delta.get("content"))
        self._refuse(words(delta.get("refusal"), skipped))
        self._called(delta)
        self._end(choice.get("finish_reason"))

    def _delta_of(self, choice: Object) -> Object:
        """The delta of a choice; a server may send the text without an object around it."""
        skipped = self.answer.skipped
        deltas = [delta for delta in map(choice.get, DELTAS) if delta]
        if len(deltas) > 1:
            skipped["a message beside a delta"] += 1
        first = deltas[0] if deltas else None
        if isinstance(first, (str, list)):
            return {"content": first}
        delta = object_of(first, skipped)
        count_strange(choice, OF_CHOICE, skipped)
        count_strange(delta, OF_DELTA, skipped)
        return delta

    def _end(self, reason: object) -> None:
        """Note the finish reason of a chunk, if any. Raises ModelFailed for a failure."""
        if reason is None:
            return
        reason_text = text(reason).lower() if isinstance(reason, str) else UNKNOWN_END
        if reason_text in FAILED_ENDS:
            message = f"the model endpoint broke the answer off ({reason_text})"
            raise ModelFailed(message, FAILED_ENDS[reason_text], is_transient=True)
        self._ended = reason_text or self._ended

    def _content(self, content: object) -> None:
        if isinstance(content, str):
            self._say(text(content))
            return
        skipped, texts = self.answer.skipped, list[str]()
        for part in content if isinstance(content, list) else (content,):
            if not isinstance(part, dict):
                texts.append(words(part, skipped))
                continue
            is_thought = part.get("type") in THINKING_TYPES
            if is_thought or "refusal" in part:
                self._say("".join(texts))
                texts.clear()
            if is_thought:
                self._think(words(part, skipped))
            elif "refusal" in part:
                self._refuse(words(part["refusal"], skipped))
            else:
                texts.append(words(part, skipped))
        self._say("".join(texts))

    def _refuse(self, refusal: str) -> None:
        if refusal:
            self._end_thought()
            self._speaks = True
            self.answer.refusal(MESSAGE, refusal)

    def _hear(self, sound: object, *, content: object) -> None:
        """Add the transcript of sound, unless the text has it, too."""
        skipped = self.answer.skipped
        written = sound
        if isinstance(sound, dict):
            written = {key: value for key, value in sound.items() if key not in OF_SOUND}
        transcript = words(written, skipped)
        if transcript != content:
            self._say(transcript)
        if values.member(sound, "data"):
            skipped["sound"] += 1

    def _say(self, piece: str) -> None:
        """Add text; leading white space, which models put around reasoning, waits for more."""
        is_blank = not self._speaks and not piece.strip()
        if is_blank and len(self._blank) < BLANK_CHARS_MAX:
            self._blank += piece
            return
        if piece:
            self._end_thought()
            self._speaks = True
            blank, self._blank = self._blank, ""
            self.answer.text(MESSAGE, blank + piece)

    def _think(self, thought: str, number: int = 0) -> None:
        if thought:
            self._thinks = True
            place = Place(id=f"thought {self._thoughts}")
            self.answer.thought(place, number, thought, of_summary=False)

    def _end_thought(self) -> None:
        if self._thinks:
            self._thinks = False
            place = Place(id=f"thought {self._thoughts}")
            self._thoughts += 1
            self.answer.done(place, Reasoning())

    def _called(self, delta: Object) -> None:
        skipped = self.answer.skipped
        calls = [*objects_of(delta.get("tool_calls"), skipped)]
        legacy = object_of(delta.get("function_call"), skipped)
        if not calls and not legacy:
            return
        self._end_thought()
        for call in calls:
            self._calls.take(call)
        if legacy:
            self._calls.take({"function": legacy, "index": 0})

    def _finish(self) -> None:
        self.is_over = True
        if self._blank and self.answer.is_empty:
            self.answer.text(MESSAGE, self._blank)
        reason = self._ended or ""
        is_cut_off = reason in EARLY_ENDS
        if reason and not is_cut_off and reason not in GOOD_ENDS:
            self.answer.skipped[UNKNOWN_END] += 1
        if is_cut_off and self._calls.are_any and self._speaks:
            self.answer.done(MESSAGE, Message(""))
        self._calls.end(is_cut_off=is_cut_off)
        self.answer.over(
            self._response_id,
            self._usage,
            EARLY_ENDS.get(reason),
            model=self._model,
            finish_reason=reason,
        )


MESSAGE = Place(id="message")


def _check(payload: Object) -> None:
    """Raise ModelFailed if a chunk reports a failure."""
    error = payload.get("error")
    if error:
        raise failure_of_error(error)
    is_error = "error" in (payload.get("object"), payload.get("type"))
    has_words = not payload.keys().isdisjoint({"detail", "message", "error_message"})
    if is_error or (has_words and "choices" not in payload):
        kind = None if payload.get("type") == "error" else payload.get("type")
        raise failure_of_error({**payload, "type": kind})


def _thoughts_in(delta: Object, skipped: DropCounts) -> list[str]:
    """The reasoning, once if several places repeat it; else from all places."""
    thoughts: list[str] = []
    for key in (*THOUGHTS, *THOUGHTS_IN_PARTS):
        thought = words(delta[key], skipped) if key in delta else ""
        if thought and all(thought not in earlier for earlier in thoughts):
            thoughts = [*(earlier for earlier in thoughts if earlier not in thought), thought]
    return thoughts
