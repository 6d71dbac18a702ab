"""Assembles a model's items from pieces; over repeated calls, it tracks what clients have seen."""

from collections.abc import Callable
from typing import Any

from threadhost.actors.items import Begun, incomplete_item
from threadhost.actors.models import (
    FunctionCall,
    ItemKind,
    Message,
    ModelEvent,
    OutputDone,
    OutputStarted,
    Reasoning,
    ReasoningDelta,
    ResponseDone,
    TextDelta,
)

Part = tuple[bool, int]
"""The part of an item that a piece belongs to: whether of its summary, and its number."""
TEXT: Part = (False, 0)
Delta = TextDelta | ReasoningDelta


class _Text:
    """A growing part: the text that clients saw in earlier calls, and what this call adds."""

    __slots__ = ("_new", "_said_chars", "earlier")

    def __init__(self, earlier: str = "") -> None:
        self.earlier = earlier
        self._new: list[str] = []
        self._said_chars = 0

    def repeats(self, piece: str) -> bool:
        """Whether a piece agrees with what clients saw in its place."""
        expected = self.earlier[self._said_chars : self._said_chars + len(piece)]
        return piece.startswith(expected)

    def grow(self, piece: str) -> str:
        """Add a piece that agrees with what clients saw; returns the text that is new to them."""
        known_chars = max(0, len(self.earlier) - self._said_chars)
        self._said_chars += len(piece)
        new = piece[known_chars:] if known_chars else piece
        self._new.append(new)
        return new

    def text(self) -> str:
        """All text of the part that clients have seen."""
        return self.earlier + "".join(self._new)

    def own_text(self) -> str:
        """The text of the part that this call produced."""
        return self.text()[: self._said_chars]


class PartialItem:
    """An item in progress."""

    __slots__ = ("begun", "parts")

    def __init__(self, begun: Begun, earlier: "PartialItem | None" = None) -> None:
        self.begun = begun
        parts = earlier.parts if earlier else {}
        self.parts: dict[Part, _Text] = {part: _Text(text.text()) for part, text in parts.items()}

    def grow(self, part: Part, piece: str) -> str:
        """Add a piece; returns the text that is new to clients."""
        return self.parts.setdefault(part, _Text()).grow(piece)

    def is_denied(self, part: Part, piece: str) -> bool:
        """Whether a piece differs from what clients saw in its place."""
        text = self.parts.get(part)
        return text is not None and not text.repeats(piece)

    def is_denied_by(self, item: Message | Reasoning) -> bool:
        """Whether the complete item does not begin with what clients saw in earlier calls."""
        parts = [(of_summary, text.earlier) for (of_summary, _), text in sorted(self.parts.items())]
        if isinstance(item, Message):
            return any(not item.text.startswith(earlier) for _, earlier in parts)
        return any(
            _denies(texts, [earlier for of_it, earlier in parts if of_it is of_summary])
            for of_summary, texts in ((True, item.summary), (False, item.content))
        )

    def so_far(self) -> Message | Reasoning:
        """The item as far as it is known."""
        texts = [(part, text.text()) for part, text in sorted(self.parts.items())]
        if self.begun.kind == "message":
            return Message("".join(text for _, text in texts))
        summary = tuple(text for (of_summary, _), text in texts if of_summary)
        return Reasoning(summary, tuple(text for (of_summary, _), text in texts if not of_summary))


class ItemAssembler:
    """The items in progress in one call, including those that an earlier call left unfinished.

    Clients cannot unsee an item. A retried call mostly repeats it, and then the item continues. If
    the call says something else, the item ends where it was (`cut_off_by`), and a new one begins
    (`restart`).
    """

    __slots__ = ("_continued", "_earlier", "_open")

    def __init__(self, previous: "ItemAssembler | None" = None) -> None:
        self._earlier: list[PartialItem] = previous.unfinished() if previous else []
        self._open: dict[int, PartialItem] = {}
        self._continued: set[int] = set()

    def unfinished(self) -> list[PartialItem]:
        """The items that are not complete."""
        return [*self._earlier, *self._open.values()]

    def begin(self, event: OutputStarted, new_id: Callable[[], str], at_ms: int) -> Begun | None:
        """Begin an item; None if it continues one that clients saw in an earlier call."""
        earlier = self._take_earlier(event.kind)
        begun = earlier.begun if earlier else Begun(new_id(), event.kind, at_ms)
        self._open[event.number] = PartialItem(begun, earlier)
        if earlier is None:
            return begun
        self._continued.add(event.number)
        return None

    def grow(self, event: Delta) -> tuple[Begun, str] | None:
        """The item of a piece, and the text that is new to clients; None without new text."""
        stream = self._open.get(event.number)
        if stream is None:
            return None
        new = stream.grow(_part_of(event), event.text)
        return (stream.begun, new) if new else None

    def is_denied(self, event: ModelEvent) -> bool:
        """Whether the event contradicts an item that an earlier call began."""
        if not self._continued or not isinstance(event, (OutputDone, TextDelta, ReasoningDelta)):
            return False
        if event.number not in self._continued:
            return False
        stream = self._open[event.number]
        if not isinstance(event, OutputDone):
            return stream.is_denied(_part_of(event), event.text)
        return not isinstance(event.item, FunctionCall) and stream.is_denied_by(event.item)

    def cut_off_by(self, event: ModelEvent, at_ms: int) -> list[dict[str, Any]]:
        """The earlier item that this event contradicts, as incomplete; nothing without one."""
        if isinstance(event, ResponseDone) or not self.is_denied(event):
            return []
        stream = self._open[event.number]
        return [incomplete_item(stream.so_far(), stream.begun, at_ms)]

    def restart(
        self, number: int, new_id: Callable[[], str], at_ms: int
    ) -> tuple[Begun, list[Delta]]:
        """Begin an item in place of a contradicted one, with the text of this call so far."""
        earlier = self._open[number]
        begun = Begun(new_id(), earlier.begun.kind, at_ms)
        self._open[number] = item = PartialItem(begun)
        self._continued.discard(number)
        texts = [(part, text.own_text()) for part, text in sorted(earlier.parts.items())]
        deltas = [_delta(begun.kind, number, part, text) for part, text in texts if text]
        for piece in deltas:
            item.grow(_part_of(piece), piece.text)
        return begun, deltas

    def end(self, number: int) -> Begun | None:
        """Complete an item; None if it never began."""
        self._continued.discard(number)
        stream = self._open.pop(number, None)
        return stream.begun if stream else None

    def incomplete(self, at_ms: int) -> list[dict[str, Any]]:
        """The items that clients saw and no call completed, marked as incomplete."""
        unfinished = [item for item in self.unfinished() if item.begun.kind != "call"]
        return [incomplete_item(item.so_far(), item.begun, at_ms) for item in unfinished]

    def _take_earlier(self, kind: ItemKind) -> PartialItem | None:
        for at, stream in enumerate(self._earlier):
            if stream.begun.kind == kind:
                return self._earlier.pop(at)
        return None


def _denies(texts: tuple[str, ...], earlier: list[str]) -> bool:
    """Whether any part that clients saw begins differently."""
    padded = (*texts, *[""] * len(earlier))
    return any(not text.startswith(part) for text, part in zip(padded, earlier, strict=False))


def _part_of(event: Delta) -> Part:
    return TEXT if isinstance(event, TextDelta) else (event.of_summary, event.part)


def _delta(kind: ItemKind, number: int, part: Part, text: str) -> Delta:
    if kind == "message":
        return TextDelta(number, text)
    of_summary, at = part
    return ReasoningDelta(number, at, text, of_summary)
