"""Translates an answer that pydantic-ai streams, by the kinds of its events."""

from collections.abc import Mapping
from typing import Any

from threadhost.actors.models import FunctionCall, Message, Reasoning, TokenUsage
from threadhost.adapters.models.answer import Answer
from threadhost.adapters.models.answer_part import Place
from threadhost.adapters.models.failures import STREAM_CLOSED, broken
from threadhost.adapters.models.flat_names import FlatNames
from threadhost.adapters.models.json_values import count, text
from threadhost.adapters.models.lenient_text import arguments
from threadhost.adapters.models.opaque import Opaque
from threadhost.events.usage import COUNT_MAX
from threadhost.events.words import truncate

EARLY_ENDS: Mapping[str, str] = {
    "content_filter": "content_filter",
    "error": "error",
    "length": "max_output_tokens",
}


class Translation:
    """One answer; a model that `says_why` it ends broke off if it gives no reason."""

    def __init__(self, names: FlatNames, *, says_why: bool = True) -> None:
        self._names = names
        self._says_why = says_why
        self.answer = Answer()

    def take(self, event: Any, system: str | None) -> None:  # noqa: ANN401 - the library's own
        """Process one event of the library.

        `system` names the owner of the keys that verify signatures, if it is not the provider.
        """
        place = Place(at=event.index) if hasattr(event, "index") else Place()
        kind = event.event_kind
        if kind == "part_start":
            self._start(place, event.part)
        elif kind == "part_delta":
            self._delta(place, event.delta)
        elif kind == "part_end":
            self._end(place, event.part, system)

    def over(self, response: Any) -> None:  # noqa: ANN401 - the library's own
        """End the answer; `response` is all of it. Raises ModelFailed."""
        details = response.provider_details or {}
        if self._says_why and not (response.finish_reason or details.get("finish_reason")):
            # The library treats a broken stream as complete.
            raise broken(STREAM_CLOSED)
        self.answer.over(
            text(response.provider_response_id) or None,
            usage_of(response.usage),
            EARLY_ENDS.get(response.finish_reason or ""),
            model=text(response.model_name),
            finish_reason=text(response.finish_reason),
        )

    def _start(self, place: Place, part: Any) -> None:  # noqa: ANN401
        if part.part_kind == "text":
            self.answer.started("message", place)
            self.answer.text(place, text(part.content))
        elif part.part_kind == "thinking":
            self.answer.started("reasoning", place)
            self.answer.thought(place, 0, text(part.content), of_summary=True)

    def _delta(self, place: Place, delta: Any) -> None:  # noqa: ANN401
        if delta.part_delta_kind == "tool_call":
            self.answer.call_grew(place)
        piece = text(getattr(delta, "content_delta", None))
        if not piece:
            return
        if delta.part_delta_kind == "text":
            self.answer.text(place, piece)
        elif delta.part_delta_kind == "thinking":
            self.answer.thought(place, 0, piece, of_summary=True)

    def _end(self, place: Place, part: Any, system: str | None) -> None:  # noqa: ANN401
        if part.part_kind == "text":
            self.answer.done(place, Message(text(part.content)))
        elif part.part_kind == "thinking":
            self.answer.done(place, self._thought(part, system))
        elif part.part_kind == "tool-call":
            self._details_ahead(place, part, system)
            self.answer.done(place, self._call(part))
        else:
            self.answer.skipped[f"a part of kind {truncate(text(part.part_kind), 64)}"] += 1

    def _thought(self, part: Any, system: str | None) -> Reasoning:  # noqa: ANN401
        thought = text(part.content)
        encrypted = None
        if part.signature or part.id or part.provider_details:
            names = ("content", "id", "signature", "provider_details")
            fields = {name: getattr(part, name) for name in names}
            encrypted = Opaque("thought", fields, part.provider_name, system).sealed()
        return Reasoning((thought,) if thought else (), (), encrypted)

    def _details_ahead(self, place: Place, part: Any, system: str | None) -> None:  # noqa: ANN401
        """Data that the provider wants back with a call, as reasoning without text before it."""
        if not part.provider_details:
            return
        fields = {"provider_details": part.provider_details}
        encrypted = Opaque("next", fields, part.provider_name, system).sealed()
        if encrypted is not None:
            aside = Place(id=f"aside {place.at}")
            self.answer.done(aside, Reasoning(encrypted=encrypted))

    def _call(self, part: Any) -> FunctionCall:  # noqa: ANN401
        tool = self._names.tool(text(part.tool_name))
        return FunctionCall(tool.name, arguments(part.args), tool.namespace or None)


def usage_of(usage: Any) -> TokenUsage:  # noqa: ANN401 - the library's own
    """The token counts."""
    input_tokens, output_tokens = count(usage.input_tokens), count(usage.output_tokens)
    return TokenUsage(
        input=input_tokens,
        cached_input=count(usage.cache_read_tokens),
        output=output_tokens,
        reasoning_output=count(getattr(usage, "output_reasoning_tokens", 0)),
        total=min(input_tokens + output_tokens, COUNT_MAX),
    )
