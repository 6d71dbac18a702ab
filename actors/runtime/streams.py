"""The items that a model is at work on: what clients were told of each, over repeated calls."""

from collections.abc import Callable, Iterator
from typing import Any

from threadhost.actors.items import Begun, incomplete_item
from threadhost.actors.models import (
    ItemKind,
    Message,
    OutputStarted,
    Reasoning,
    ReasoningDelta,
    TextDelta,
)

Part = tuple[bool, int]
"""Which part of an item a piece of text belongs to: whether of its summary, and its number."""
TEXT: Part = (False, 0)


class _Text:
    """A part that grows: what calls said of it, and what clients heard."""

    __slots__ = ("_heard", "_known", "_new", "_pieces", "_repeats", "_said_chars")

    def __init__(self, earlier: "_Text | None" = None) -> None:
        self._heard = earlier.heard() if earlier else ""
        self._known = earlier.text() if earlier else ""
        self._pieces: list[str] = []
        self._new: list[str] = []
        self._said_chars = 0
        self._repeats = True

    def grow(self, piece: str) -> str:
        """Take a piece; returns what of it is new to clients.

        A call that was made again mostly says again what clients heard. Where it says something
        else nothing more is told before the item is complete: what was told cannot be taken back.
        """
        at, self._said_chars = self._said_chars, self._said_chars + len(piece)
        self._pieces.append(piece)
        heard = self._heard[at : self._said_chars]
        self._repeats = self._repeats and piece.startswith(heard)
        new = piece[len(heard) :] if self._repeats else ""
        self._new.append(new)
        return new

    def heard(self) -> str:
        """What clients heard of the part, in all calls."""
        return self._heard + "".join(self._new)

    def text(self) -> str:
        """What is known of the part: what the newest call said, unless it only fell behind."""
        said = "".join(self._pieces)
        return self._known if self._known.startswith(said) else said


class Stream:
    """One item under way."""

    __slots__ = ("begun", "parts")

    def __init__(self, begun: Begun, earlier: "Stream | None" = None) -> None:
        self.begun = begun
        parts = earlier.parts if earlier else {}
        self.parts: dict[Part, _Text] = {part: _Text(text) for part, text in parts.items()}

    def grow(self, part: Part, piece: str) -> str:
        """Take a piece; returns what of it is new to clients."""
        return self.parts.setdefault(part, _Text()).grow(piece)

    def texts(self) -> Iterator[tuple[Part, str]]:
        """The parts in order, each as far as it is known."""
        for part, text in sorted(self.parts.items()):
            yield part, text.text()

    def so_far(self) -> Message | Reasoning:
        """The item as far as it is known."""
        texts = list(self.texts())
        if self.begun.kind == "message":
            return Message("".join(text for _, text in texts))
        summary = tuple(text for (of_summary, _), text in texts if of_summary)
        return Reasoning(summary, tuple(text for (of_summary, _), text in texts if not of_summary))


class Streams:
    """The items under way in one call; those that an earlier call left go on in it."""

    __slots__ = ("_left", "_open")

    def __init__(self, left: "Streams | None" = None) -> None:
        self._left: list[Stream] = left.unfinished() if left else []
        self._open: dict[int, Stream] = {}

    def unfinished(self) -> list[Stream]:
        """The items that nobody has completed."""
        return [*self._left, *self._open.values()]

    def begin(self, event: OutputStarted, new_id: Callable[[], str], at_ms: int) -> Begun | None:
        """The item that is told as begun; None for one that clients know from an earlier call."""
        earlier = self._take_left(event.kind)
        begun = earlier.begun if earlier else Begun(new_id(), event.kind, at_ms)
        self._open[event.number] = Stream(begun, earlier)
        return None if earlier else begun

    def grow(self, event: TextDelta | ReasoningDelta) -> tuple[Begun, str] | None:
        """The item that grew and what of the piece is new to clients; None where nothing is."""
        stream = self._open.get(event.number)
        if stream is None:
            return None
        part = TEXT if isinstance(event, TextDelta) else (event.of_summary, event.part)
        new = stream.grow(part, event.text)
        return (stream.begun, new) if new else None

    def end(self, number: int) -> Begun | None:
        """The item is complete; None for one that never began."""
        stream = self._open.pop(number, None)
        return stream.begun if stream else None

    def incomplete(self, at_ms: int) -> list[dict[str, Any]]:
        """What clients were told and nobody completed, as items."""
        told = [one for one in self.unfinished() if one.begun.kind != "call"]
        return [incomplete_item(one.so_far(), one.begun, at_ms) for one in told]

    def _take_left(self, kind: ItemKind) -> Stream | None:
        for at, stream in enumerate(self._left):
            if stream.begun.kind == kind:
                return self._left.pop(at)
        return None
