"""An item of an answer in progress: its pieces, and the item that its end makes of them."""

from pydantic_core import from_json

from threadhost.actors.arguments import size_fault
from threadhost.actors.models import FunctionCall, ItemKind, Message, OutputItem, Phase, Reasoning
from threadhost.events.named_tuple import NamedTuple

NAME_CHARS_MAX = 256
UNNAMED = "unnamed"
"""The name of a call without one: the model is told that there is no such tool."""
BETWEEN = "\n\n"
"""Separates text from a refusal."""


class Place(NamedTuple):
    """The item of a piece according to the endpoint; None where it does not say."""

    at: int | None = None
    id: str | None = None


NOWHERE = Place()

Slot = tuple[str, int]
"""The part of an item that a piece belongs to: a part of its text, refusal or reasoning."""
TEXT, REFUSAL, SUMMARY, CONTENT = "text", "refusal", "summary", "content"
ARGUMENTS: Slot = ("arguments", 0)
FIRST_TEXT: Slot = (TEXT, 0)
JUST_TEXT = frozenset({FIRST_TEXT})


class Part:
    """An item in progress: its pieces by slot, and the item made of them."""

    __slots__ = (
        "_refuses",
        "_repeated_chars",
        "announced",
        "ended",
        "held",
        "kind",
        "made",
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
        self.announced: OutputItem | None = None
        """The item as its beginning announced it."""
        self.ended: OutputItem | None = None
        """The item as its end repeated it."""
        self.made: OutputItem | None = None
        """The item as it was, or will be, passed on."""
        self.held: FunctionCall | None = None
        self.phase: Phase | None = None
        self.name = self.namespace = ""
        self.pieces: dict[Slot, list[str]] = {}
        self._refuses = False
        self._repeated_chars: dict[Slot, int] = {}

    @property
    def is_done(self) -> bool:
        """Whether its end came."""
        return self.ended is not None

    def take(self, slot: Slot, text: str, *, is_whole: bool = False) -> str:
        """Add a piece, or a whole slot; returns the text that clients have not seen."""
        if not is_whole:
            pieces = self.pieces.get(slot)
            if pieces is None:
                self.pieces[slot] = [text]
            else:
                pieces.append(text)
            return text
        earlier = self._text(slot)
        is_of_another = not earlier and slot[1] > 0 and text == "".join(self._texts(slot[0]))
        if not text or is_of_another:  # some servers number whole texts, but not their pieces
            return ""
        self.pieces[slot] = [text]
        return text[len(earlier) :] if text.startswith(earlier) else ""

    def denies(self, slot: Slot, text: str) -> bool:
        """Whether the pieces that came are not contained in the whole text."""
        return bool(text) and self._text(slot).strip() not in text

    def spaced(self, slot: Slot, new_text: str) -> str:
        """A new piece; the first piece of a refusal is separated from the text before it."""
        if slot[0] != REFUSAL or self._refuses:
            return new_text
        self._refuses = True
        return BETWEEN + new_text if any(name == TEXT for name, _ in self.pieces) else new_text

    def repeats(self, slot: Slot, piece: str) -> bool:
        """Whether a piece after the end repeats known text."""
        known_slot = slot if self.kind == "reasoning" else (slot[0], 0)
        at = self._repeated_chars.get(known_slot, 0)
        self._repeated_chars[known_slot] = at + len(piece)
        return _text_of(self.made, slot).startswith(piece, at)

    def has(self, slot: Slot, text: str) -> bool:
        """Whether the made item contains this text."""
        return text.strip() in _text_of(self.made, slot)

    def item(self) -> OutputItem:
        """The item that the pieces make."""
        if self.kind == "message":
            if self.pieces.keys() <= JUST_TEXT:
                return Message(self._text(FIRST_TEXT), self.phase)
            text, refusal = "".join(self._texts(TEXT)), "".join(self._texts(REFUSAL))
            return message_with_refusal(text, refusal, self.phase)
        if self.kind == "reasoning":
            return Reasoning(self._texts(SUMMARY), self._texts(CONTENT))
        return FunctionCall(self.name, self._text(ARGUMENTS), self.namespace or None)

    def fits(self, item: OutputItem) -> bool:
        """Whether the pieces may be the beginning of this item."""
        pieces = self.item()
        if isinstance(item, Message) and isinstance(pieces, Message):
            return not item.text or item.text.startswith(pieces.text)
        if isinstance(item, FunctionCall) and isinstance(pieces, FunctionCall):
            is_named = not item.name or pieces.name in ("", item.name)
            return is_named and item.arguments.startswith(pieces.arguments)
        return isinstance(item, Reasoning) and isinstance(pieces, Reasoning)

    def _text(self, slot: Slot) -> str:
        pieces = self.pieces.get(slot)
        if not pieces:
            return ""
        if len(pieces) > 1:  # joined once, however often it is read
            pieces[:] = ["".join(pieces)]
        return pieces[0]

    def _texts(self, name: str) -> tuple[str, ...]:
        slots = sorted(slot for slot in self.pieces if slot[0] == name)
        return tuple(map(self._text, slots))


def message_with_refusal(text: str, refusal: str, phase: Phase | None) -> Message:
    """One message of both; marked as a refusal only without other text."""
    if not refusal:
        return Message(text, phase)
    return Message(text + BETWEEN + refusal if text else refusal, phase, not text)


def kind_of(item: OutputItem) -> ItemKind:
    """The kind of this item."""
    if isinstance(item, Message):
        return "message"
    return "reasoning" if isinstance(item, Reasoning) else "call"


def merged(item: OutputItem, pieces: OutputItem) -> OutputItem:
    """The item from its end; fields that are missing there come from its pieces."""
    if isinstance(item, Message) and isinstance(pieces, Message):
        merged = item if item.text else pieces
        return merged._replace(phase=item.phase or pieces.phase)
    if isinstance(item, Reasoning) and isinstance(pieces, Reasoning):
        summary = item.summary if any(item.summary) else pieces.summary
        content = item.content if any(item.content) else pieces.content
        return Reasoning(summary or item.summary, content or item.content, item.encrypted)
    if isinstance(item, FunctionCall) and isinstance(pieces, FunctionCall):
        name = (item.name or pieces.name or UNNAMED)[:NAME_CHARS_MAX]
        namespace = (item.namespace or pieces.namespace or "")[:NAME_CHARS_MAX]
        return FunctionCall(name, item.arguments or pieces.arguments, namespace or None)
    return item


def adds_content(item: OutputItem, other: OutputItem) -> bool:
    """Whether an item has content that the other lacks."""
    if isinstance(item, Message) and isinstance(other, Message):
        return item.text.strip() not in other.text
    if isinstance(item, Reasoning) and isinstance(other, Reasoning):
        other_text = "\n".join([*other.summary, *other.content])
        is_sealed_anew = item.encrypted not in (None, other.encrypted)
        return is_sealed_anew or any(
            text.strip() not in other_text for text in (*item.summary, *item.content)
        )
    if isinstance(item, FunctionCall) and isinstance(other, FunctionCall):
        is_named = item.name[:NAME_CHARS_MAX] in ("", other.name)
        return not is_named or not _is_same(item.arguments, other.arguments)
    return True


def has_no_content(item: OutputItem) -> bool:
    """Whether an item has no content; a call always has some."""
    if isinstance(item, Message):
        return not item.text
    return isinstance(item, Reasoning) and not any((*item.summary, *item.content, item.encrypted))


def is_object(arguments: str) -> bool:
    """Whether arguments can be given to a tool."""
    try:
        return size_fault(arguments) is None and isinstance(from_json(arguments or "{}"), dict)
    except ValueError:
        return False


def _is_same(text: str, other: str) -> bool:
    return not text.strip() or text == other or canonical(text) == canonical(other)


def size_of(item: OutputItem) -> int:
    """The number of characters of an item."""
    if isinstance(item, Message):
        return len(item.text)
    if isinstance(item, FunctionCall):
        return len(item.arguments)
    return sum(map(len, (*item.summary, *item.content)))


def canonical(arguments: str) -> str:
    """A form that equal arguments share; too large arguments stay unchanged."""
    try:
        return arguments if size_fault(arguments) else repr(from_json(arguments or "{}"))
    except ValueError:
        return arguments


def _text_of(item: OutputItem | None, slot: Slot) -> str:
    """The text of the item that a slot's pieces are in."""
    if isinstance(item, Message):
        return item.text
    if isinstance(item, FunctionCall):
        return item.arguments
    name, number = slot
    texts = () if item is None else item.summary if name == SUMMARY else item.content
    return texts[number] if number < len(texts) else ""
