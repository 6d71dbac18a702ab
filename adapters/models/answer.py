"""An answer of a model, put together from whatever pieces an endpoint sends.

This is the door for what a model says: behind it there are only the typed items of the port, each
begun once and ended once, whichever of its pieces came, in which order and under which ids.
"""

from collections import Counter
from collections.abc import Generator, Iterator
from typing import NamedTuple, get_args

from pydantic_core import from_json

from threadhost.actors.models import (
    FunctionCall,
    ItemKind,
    Message,
    ModelEvent,
    ModelFailed,
    OutputDone,
    OutputItem,
    OutputStarted,
    Phase,
    Reasoning,
    ReasoningDelta,
    ResponseDone,
    TextDelta,
    TokenUsage,
)

ITEMS_MAX = 1_024
TEXT_CHARS_MAX = 16 * 1024 * 1024
"""Letters of all items of one answer together."""
REASONING_PARTS_MAX = 1_024
NAME_CHARS_MAX = 256
UNNAMED = "unnamed"
"""The name of a call that has none: the model is told that there is no such tool."""
PHASES: tuple[Phase, ...] = get_args(Phase)


class Place(NamedTuple):
    """What an endpoint says of which item a piece belongs to; None where it says nothing."""

    at: int | None = None
    id: str | None = None


NOWHERE = Place()


class _Part:
    """An item under way: its pieces as they came, by what they are pieces of."""

    __slots__ = (
        "arguments",
        "content",
        "held",
        "is_done",
        "kind",
        "name",
        "namespace",
        "number",
        "phase",
        "place",
        "refusal",
        "summary",
        "text",
    )

    def __init__(self, number: int, kind: ItemKind, place: Place) -> None:
        self.number = number
        self.kind = kind
        self.place = place
        self.is_done = False
        self.held: FunctionCall | None = None
        self.phase: Phase | None = None
        self.name = self.namespace = ""
        self.text: list[str] = []
        self.refusal: list[str] = []
        self.arguments: list[str] = []
        self.summary: dict[int, list[str]] = {}
        self.content: dict[int, list[str]] = {}

    def item(self) -> OutputItem:
        """The item that the pieces make."""
        if self.kind == "message":
            text = "".join(self.text)
            refusal = "".join(self.refusal)
            return Message(text or refusal, self.phase, bool(refusal and not text))
        if self.kind == "reasoning":
            return Reasoning(_joined(self.summary), _joined(self.content))
        return FunctionCall(self.name, "".join(self.arguments), self.namespace or None)


_Starting = Generator[ModelEvent, None, _Part]
"""Gives the item, and the event that it began if it did."""


class Answer:
    """Collects one answer; every method gives the port's events that follow.

    Raises ModelFailed where an answer is larger than any that this host takes.
    """

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._at: dict[int, _Part] = {}
        self._named: dict[str, _Part] = {}
        self._left_chars = TEXT_CHARS_MAX
        self.skipped: Counter[str] = Counter()
        """What could not be used, by kind."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing of use has come."""
        return not self._parts

    # -- pieces --

    def started(
        self, kind: ItemKind, place: Place, phase: Phase | None = None
    ) -> Iterator[ModelEvent]:
        """The endpoint announced an item."""
        part = self._known(kind, place)
        if part is None or part.is_done or _is_another(part, place):
            part = yield from self._begin(kind, place)
        part.phase = phase or part.phase

    def text(self, place: Place, delta: str, *, is_whole: bool = False) -> Iterator[ModelEvent]:
        """A piece of a message, or all of it, which counts where no piece came."""
        part = yield from self._open("message", place)
        if is_whole and part.text:
            return
        part.text.append(self._counted(delta))
        if delta:
            yield TextDelta(part.number, delta)

    def refusal(self, place: Place, delta: str) -> Iterator[ModelEvent]:
        """A piece of a refusal, which people read like any other message."""
        part = yield from self._open("message", place)
        part.refusal.append(self._counted(delta))
        if delta:
            yield TextDelta(part.number, delta)

    def thought(
        self, place: Place, number: int, delta: str, *, of_summary: bool
    ) -> Iterator[ModelEvent]:
        """A piece of one part of what the model thought, or of its summary."""
        part = yield from self._open("reasoning", place)
        number = min(max(number, 0), REASONING_PARTS_MAX - 1)
        parts = part.summary if of_summary else part.content
        parts.setdefault(number, []).append(self._counted(delta))
        if delta:
            yield ReasoningDelta(part.number, number, delta, of_summary)

    def arguments(
        self, place: Place, delta: str, *, name: str = "", is_whole: bool = False
    ) -> Iterator[ModelEvent]:
        """A piece of the arguments of a call, or all of them."""
        part = yield from self._open("call", place)
        part.name = part.name or name[:NAME_CHARS_MAX]
        if is_whole and delta:
            part.arguments.clear()
        part.arguments.append(self._counted(delta))

    def called(self, place: Place, name: str, namespace: str = "") -> Iterator[ModelEvent]:
        """What is called, before its arguments are known."""
        part = yield from self._open("call", place)
        part.name = name[:NAME_CHARS_MAX] or part.name
        part.namespace = namespace[:NAME_CHARS_MAX] or part.namespace

    def done(self, place: Place, item: OutputItem) -> Iterator[ModelEvent]:
        """A whole item, as the endpoint repeats it at its end or says it only there."""
        kind = kind_of(item)
        part = self._oldest(kind) if place == NOWHERE else self._known(kind, place)
        if part is None or (part.is_done and _is_another(part, place)):
            part = yield from self._begin(kind, place)
        yield from self._finish(part, item)

    def whole(self, items: list[tuple[Place, OutputItem]]) -> Iterator[ModelEvent]:
        """All items of the answer, as repeated at its end; those that were not known are added."""
        unmatched = list(self._parts)
        for place, item in items:
            part = self._match(place, item, unmatched)
            if part is None:
                part = yield from self._begin(kind_of(item), NOWHERE)
            else:
                unmatched.remove(part)
            yield from self._finish(part, item)

    # -- ends --

    def over(
        self,
        response_id: str | None = None,
        usage: TokenUsage | None = None,
        stopped_early: str | None = None,
    ) -> Iterator[ModelEvent]:
        """The endpoint's last word: what it left open is ended with what there is of it."""
        for part in self._parts:
            if stopped_early is None:
                yield from self._finish(part, part.item())
                if part.held is not None:
                    yield OutputDone(part.number, part.held)
            elif part.held is not None:
                self.skipped["a call that was cut off"] += 1
        self.refuse_if_unusable()
        skipped = dict(self.skipped) or None
        yield ResponseDone(response_id, usage, stopped_early, skipped)

    def refuse_if_unusable(self) -> None:
        """Raise ModelFailed if something came, and nothing of it can be used."""
        if self.is_empty and self.skipped:
            what = ", ".join(sorted(self.skipped))
            message = f"nothing in the model's answer can be used: {what}"
            raise ModelFailed(message, "responseStreamDisconnected", is_transient=True)

    # -- inside --

    def _finish(self, part: _Part, item: OutputItem) -> Iterator[ModelEvent]:
        if part.is_done:
            return
        part.is_done = True
        merged = _merged(part, item)
        if isinstance(merged, FunctionCall) and not _is_object(merged.arguments):
            # Whether it was cut off or meant so is known at the end of the answer alone.
            part.held = merged
        else:
            yield OutputDone(part.number, merged)

    def _open(self, kind: ItemKind, place: Place) -> _Starting:
        part = self._known(kind, place) or self._newest(kind, place)
        if part is None or part.is_done:
            part = yield from self._begin(kind, place)
        return part

    def _begin(self, kind: ItemKind, place: Place) -> _Starting:
        if len(self._parts) >= ITEMS_MAX:
            raise _too_large(f"{ITEMS_MAX} items")
        part = _Part(len(self._parts), kind, place)
        self._parts.append(part)
        if place.at is not None:
            self._at[place.at] = part
        if place.id is not None:
            self._named[place.id] = part
        yield OutputStarted(part.number, kind)
        return part

    def _known(self, kind: ItemKind, place: Place) -> _Part | None:
        """The item of this kind in this place; its number counts first, for some ids change."""
        part = self._at.get(place.at) if place.at is not None else None
        if part is None and place.id is not None:
            part = self._named.get(place.id)
        return part if part is not None and part.kind == kind else None

    def _newest(self, kind: ItemKind, place: Place) -> _Part | None:
        """The item that goes on where an endpoint does not say which, or names it anew."""
        if place.at is not None:
            return None
        return next((p for p in reversed(self._parts) if p.kind == kind and not p.is_done), None)

    def _oldest(self, kind: ItemKind) -> _Part | None:
        """The item that ends where an endpoint does not say which."""
        return next((p for p in self._parts if p.kind == kind and not p.is_done), None)

    def _match(self, place: Place, item: OutputItem, among: list[_Part]) -> _Part | None:
        kind = kind_of(item)
        fitting = [part for part in among if part.kind == kind]
        by_id = (part for part in fitting if place.id is not None and part.place.id == place.id)
        by_index = (part for part in fitting if part.place.at == place.at)
        return next(by_id, None) or next(by_index, None) or next(iter(fitting), None)

    def _counted(self, text: str) -> str:
        self._left_chars -= len(text)
        if self._left_chars < 0:
            raise _too_large(f"{TEXT_CHARS_MAX} letters")
        return text


def kind_of(item: OutputItem) -> ItemKind:
    """What sort of item this is."""
    if isinstance(item, Message):
        return "message"
    return "reasoning" if isinstance(item, Reasoning) else "call"


def _is_another(part: _Part, place: Place) -> bool:
    """Whether this is of a further item, though its place is taken."""
    return place.id is not None and part.place.id is not None and place.id != part.place.id


def phase_of(value: object) -> Phase | None:
    """The phase of a message, None for one that no client knows."""
    return next((phase for phase in PHASES if phase == value), None)


def _merged(part: _Part, item: OutputItem) -> OutputItem:
    """The item as it was said at its end; what is missing there, from its pieces."""
    pieces = part.item()
    if isinstance(item, Message) and isinstance(pieces, Message):
        said = item if item.text else pieces
        return said._replace(phase=item.phase or pieces.phase)
    if isinstance(item, Reasoning) and isinstance(pieces, Reasoning):
        summary = item.summary if any(item.summary) else pieces.summary
        content = item.content if any(item.content) else pieces.content
        return Reasoning(summary or item.summary, content or item.content, item.encrypted)
    if isinstance(item, FunctionCall) and isinstance(pieces, FunctionCall):
        name = (item.name or pieces.name or UNNAMED)[:NAME_CHARS_MAX]
        namespace = (item.namespace or pieces.namespace or "")[:NAME_CHARS_MAX]
        return FunctionCall(name, item.arguments or pieces.arguments, namespace or None)
    return item


def _joined(parts: dict[int, list[str]]) -> tuple[str, ...]:
    return tuple("".join(pieces) for _, pieces in sorted(parts.items()))


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(from_json(arguments or "{}"), dict)
    except ValueError:
        return False


def _too_large(what: str) -> ModelFailed:
    return ModelFailed(f"the answer has more than {what}", "responseStreamDisconnected")
