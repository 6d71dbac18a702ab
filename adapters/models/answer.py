"""An answer of a model, put together from whatever pieces an endpoint sends.

This is the door for what a model says: behind it there are only the typed items of the port, each
begun once and ended once, whichever of its pieces came, in which order and under which ids.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator
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
TEXT_CHARS_MAX = 4 * 1024 * 1024
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


Slot = tuple[str, int]
"""What of an item a piece is of: its text, its refusal, or one part of a thought."""
TEXT, REFUSAL, ARGUMENTS = ("text", 0), ("refusal", 0), ("arguments", 0)
SUMMARY, CONTENT = "summary", "content"


class _Part:
    """An item under way: its pieces as they came, by what they are pieces of."""

    __slots__ = (
        "ended",
        "held",
        "kind",
        "name",
        "namespace",
        "number",
        "phase",
        "pieces",
        "place",
    )

    def __init__(self, number: int, kind: ItemKind, place: Place) -> None:
        self.number = number
        self.kind = kind
        self.place = place
        self.ended: OutputItem | None = None
        self.held: FunctionCall | None = None
        self.phase: Phase | None = None
        self.name = self.namespace = ""
        self.pieces: dict[Slot, list[str]] = {}

    @property
    def is_done(self) -> bool:
        """Whether its end came."""
        return self.ended is not None

    def take(self, slot: Slot, said: str, *, is_whole: bool = False) -> str:
        """A further piece, or all of them; what of it people have not read."""
        pieces = self.pieces.setdefault(slot, [])
        if not is_whole:
            pieces.append(said)
            return said
        known = "".join(pieces)
        if said:
            pieces[:] = [said]
        return said[len(known) :] if said.startswith(known) else ""

    def item(self) -> OutputItem:
        """The item that the pieces make."""
        if self.kind == "message":
            text, refusal = self._text(TEXT), self._text(REFUSAL)
            return said_and_refused(text, refusal, self.phase)
        if self.kind == "reasoning":
            return Reasoning(self._texts(SUMMARY), self._texts(CONTENT))
        return FunctionCall(self.name, self._text(ARGUMENTS), self.namespace or None)

    def fits(self, item: OutputItem) -> bool:
        """Whether the item may be what the pieces are pieces of."""
        pieces = self.item()
        if isinstance(item, Message) and isinstance(pieces, Message):
            return not item.text or item.text.startswith(pieces.text)
        if isinstance(item, FunctionCall) and isinstance(pieces, FunctionCall):
            is_named = pieces.name in ("", item.name)
            return is_named and item.arguments.startswith(pieces.arguments)
        return isinstance(item, Reasoning) and isinstance(pieces, Reasoning)

    def _text(self, slot: Slot) -> str:
        return "".join(self.pieces.get(slot, ()))

    def _texts(self, name: str) -> tuple[str, ...]:
        slots = sorted(slot for slot in self.pieces if slot[0] == name)
        return tuple(map(self._text, slots))


def said_and_refused(text: str, refusal: str, phase: Phase | None) -> Message:
    """One message of both; a refusal only if nothing else was said."""
    whole = "\n\n".join(filter(None, (text, refusal)))
    return Message(whole, phase, bool(refusal and not text))


_Starting = Generator[ModelEvent, None, _Part]
"""Gives the item, and the event that it began if it did."""
_Opening = Generator[ModelEvent, None, _Part | None]
"""Likewise; None for a piece of an item that is over."""


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
        is_told_again = part is not None and part.is_done and _is_same(part, place)
        if part is None or _is_another(part, place) or (part.is_done and not is_told_again):
            part = yield from self._begin(kind, place)
        part.phase = phase or part.phase

    def text(self, place: Place, delta: str, *, is_whole: bool = False) -> Iterator[ModelEvent]:
        """A piece of a message, or all of it."""
        return self._grow("message", place, TEXT, delta, is_whole=is_whole)

    def refusal(self, place: Place, delta: str, *, is_whole: bool = False) -> Iterator[ModelEvent]:
        """A piece of a refusal, which people read like any other message; or all of it."""
        return self._grow("message", place, REFUSAL, delta, is_whole=is_whole)

    def thought(
        self, place: Place, number: int, delta: str, *, of_summary: bool, is_whole: bool = False
    ) -> Iterator[ModelEvent]:
        """A piece of one part of what the model thought, or of its summary; or all of it."""
        number = min(max(number, 0), REASONING_PARTS_MAX - 1)
        slot = (SUMMARY if of_summary else CONTENT, number)
        return self._grow("reasoning", place, slot, delta, is_whole=is_whole)

    def arguments(
        self, place: Place, delta: str, *, name: str = "", is_whole: bool = False
    ) -> Iterator[ModelEvent]:
        """A piece of the arguments of a call, or all of them."""
        part = yield from self._open("call", place)
        if part is not None:
            part.name = part.name or name[:NAME_CHARS_MAX]
            part.take(ARGUMENTS, self._counted(delta), is_whole=is_whole)

    def called(self, place: Place, name: str, namespace: str = "") -> Iterator[ModelEvent]:
        """What is called, before its arguments are known."""
        part = yield from self._open("call", place)
        if part is not None:
            part.name = name[:NAME_CHARS_MAX] or part.name
            part.namespace = namespace[:NAME_CHARS_MAX] or part.namespace

    def done(self, place: Place, item: OutputItem) -> Iterator[ModelEvent]:
        """A whole item, as the endpoint repeats it at its end or says it only there."""
        kind = kind_of(item)
        part = self._known(kind, place)
        if part is None and place.at is None:
            part = next((one for one in self._unfinished(kind) if one.fits(item)), None)
        if part is None or (part.is_done and not _is_repeat(part, place, item)):
            part = yield from self._begin(kind, place)
        yield from self._finish(part, item)

    def whole(self, items: list[tuple[Place, OutputItem]]) -> Iterator[ModelEvent]:
        """All items of the answer, as repeated at its end; those that were not known are added."""
        unmatched = list(self._parts)
        for place, item in items:
            part = _match(place, item, unmatched)
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
        *,
        model: str = "",
        finish_reason: str = "",
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
        yield ResponseDone(response_id, usage, stopped_early, skipped, model, finish_reason)

    def refuse_if_unusable(self) -> None:
        """Raise ModelFailed if something came, and nothing of it can be used."""
        if self.is_empty and self.skipped:
            what = ", ".join(sorted(self.skipped))
            message = f"nothing in the model's answer can be used: {what}"
            raise ModelFailed(message, "responseStreamDisconnected", is_transient=True)

    # -- inside --

    def _grow(
        self, kind: ItemKind, place: Place, slot: Slot, delta: str, *, is_whole: bool
    ) -> Iterator[ModelEvent]:
        part = yield from self._open(kind, place)
        if part is None:
            return
        new = part.take(slot, self._counted(delta), is_whole=is_whole)
        if new and kind == "message":
            yield TextDelta(part.number, new)
        elif new:
            yield ReasoningDelta(part.number, slot[1], new, slot[0] == SUMMARY)

    def _finish(self, part: _Part, item: OutputItem) -> Iterator[ModelEvent]:
        if part.is_done:
            return
        part.ended = item
        merged = _merged(part, item)
        if isinstance(merged, FunctionCall) and not _is_object(merged.arguments):
            # Whether it was cut off or meant so is known at the end of the answer alone.
            part.held = merged
        else:
            yield OutputDone(part.number, merged)

    def _open(self, kind: ItemKind, place: Place) -> _Opening:
        """The item that a piece is of."""
        part = self._known(kind, place)
        if part is None and place.at is None:  # what is open goes on, newest first
            part = next(reversed(self._unfinished(kind)), None)
        if part is None or (part.is_done and _is_another(part, place)):
            part = yield from self._begin(kind, place)
        return None if part.is_done else part

    def _begin(self, kind: ItemKind, place: Place) -> _Starting:
        if len(self._parts) >= ITEMS_MAX:
            raise _too_large(f"{ITEMS_MAX} items")
        part = _Part(len(self._parts), kind, NOWHERE)
        self._parts.append(part)
        self._put(part, place)
        yield OutputStarted(part.number, kind)
        return part

    def _put(self, part: _Part, place: Place) -> None:
        """What is said of an item's place from now on, where that is news."""
        if part.place.at is None and place.at is not None:
            self._at[place.at] = part
        if part.place.id is None and place.id is not None:
            self._named[place.id] = part
        at = place.at if part.place.at is None else part.place.at
        part.place = Place(at, part.place.id or place.id)

    def _known(self, kind: ItemKind, place: Place) -> _Part | None:
        """The item of this kind in this place.

        Its id counts where its number does not say otherwise, else its number: some ids change with
        every event, some numbers are the same for all items, and some ids are.
        """
        named = self._named.get(place.id) if place.id is not None else None
        if named is not None and None not in (place.at, named.place.at):
            named = named if named.place.at == place.at else None
        part = named or (self._at.get(place.at) if place.at is not None else None)
        if part is None or part.kind != kind:
            return None
        self._put(part, place)
        return part

    def _unfinished(self, kind: ItemKind) -> list[_Part]:
        return [part for part in self._parts if part.kind == kind and not part.is_done]

    def _counted(self, text: str) -> str:
        self._left_chars -= len(text)
        if self._left_chars < 0:
            raise _too_large(f"{TEXT_CHARS_MAX} letters")
        return text


def _match(place: Place, item: OutputItem, among: list[_Part]) -> _Part | None:
    """The item that the end of an answer repeats: by its names, else by what it says."""
    kind = kind_of(item)
    fitting = [part for part in among if part.kind == kind]
    ways: tuple[Callable[[_Part], bool], ...] = (
        lambda part: part.place.id is not None and part.place.id == place.id,
        lambda part: part.place.at is not None and part.place.at == place.at,
        lambda part: part.ended == item,
        lambda part: not part.is_done and part.fits(item),
        lambda part: not part.is_done,
    )
    return next((part for is_it in ways for part in fitting if is_it(part)), None)


def kind_of(item: OutputItem) -> ItemKind:
    """What sort of item this is."""
    if isinstance(item, Message):
        return "message"
    return "reasoning" if isinstance(item, Reasoning) else "call"


def _is_another(part: _Part, place: Place) -> bool:
    """Whether this is of a further item, though its place is taken."""
    return place.id is not None and part.place.id is not None and place.id != part.place.id


def _is_same(part: _Part, place: Place) -> bool:
    """Whether this is of the same item for sure."""
    return place.id is not None and place.id == part.place.id


def _is_repeat(part: _Part, place: Place, item: OutputItem) -> bool:
    """Whether an item that is over is said again."""
    return not _is_another(part, place) and (_is_same(part, place) or part.ended == item)


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


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(from_json(arguments or "{}"), dict)
    except ValueError:
        return False


def _too_large(what: str) -> ModelFailed:
    return ModelFailed(f"the answer has more than {what}", "responseStreamDisconnected")
