"""Assembles a model's answer from whatever pieces an endpoint sends.

All model output enters here: behind it there are only the typed items of the port. Each item begins
once and ends once, whichever of its pieces came, in any order and under any ids.
"""

from collections.abc import Sequence

from threadhost.actors.models import (
    FunctionCall,
    ItemKind,
    ModelEvent,
    ModelFailed,
    OutputDone,
    OutputItem,
    OutputStarted,
    Phase,
    ReasoningDelta,
    ResponseDone,
    TextDelta,
    TokenUsage,
)
from threadhost.adapters.models.answer_part import (
    ARGUMENTS,
    CONTENT,
    FIRST_TEXT,
    NAME_CHARS_MAX,
    NOWHERE,
    REFUSAL,
    SUMMARY,
    TEXT,
    Part,
    Place,
    Slot,
    adds_content,
    has_no_content,
    is_object,
    kind_of,
    merged,
    size_of,
)
from threadhost.adapters.models.lenient_text import DropCounts, at_least, nothing_skipped
from threadhost.adapters.models.repeated_items import Unmatched

ITEMS_MAX = 1_024
TEXT_CHARS_MAX = 4 * 1024 * 1024
"""Characters of all items of one answer together."""
PARTS_MAX = 1_024
"""Parts of a message's text, of a reasoning item, or of its summary."""
OTHERWISE = "what was said otherwise before"
LATE = "a piece of an item that was over"
LOOKED_AT_CHARS_MAX = 16 * TEXT_CHARS_MAX
"""How many characters the searches for repeated text may read; then text counts as not found."""
INLINE_ARGUMENTS_CHARS_MAX = 128 * 1024
"""How many characters of arguments are parsed and compared in some 10 ms."""


class Answer:
    """Assembles one answer; the port's events that each piece causes are added to `events`.

    Methods raise ModelFailed if the answer exceeds this host's limits.
    """

    def __init__(self) -> None:
        self.events: list[ModelEvent] = []
        """The port's events that nobody has taken yet, in their order."""
        self.is_long = False
        """Whether the calls are so large that parsing them would block the loop."""
        self._parts: list[Part] = []
        self._recent: tuple[ItemKind, Place] | None = None
        """The item and the place of the last piece; reset when the places of items change."""
        self._recent_part: Part
        self._at: dict[tuple[ItemKind, int], Part] = {}
        self._named: dict[tuple[ItemKind, str], Part] = {}
        self._unfinished: dict[ItemKind, dict[int, Part]] = {}
        self._left_chars = TEXT_CHARS_MAX
        self._look_chars = LOOKED_AT_CHARS_MAX
        self._arguments_chars = 0
        self.skipped: DropCounts = nothing_skipped()
        """The unusable parts, counted by kind."""
        self.foreign: DropCounts = nothing_skipped()
        """The same for announced parts: most of them are repeated in full later."""

    def drain(self) -> list[ModelEvent]:
        """The events since the last call."""
        events, self.events = self.events, []
        return events

    @property
    def is_empty(self) -> bool:
        """Whether nothing usable has come."""
        return not self._parts

    # -- pieces --

    def started(
        self,
        kind: ItemKind,
        place: Place,
        phase: Phase | None = None,
        announced: OutputItem | None = None,
    ) -> None:
        """The endpoint announced an item, perhaps with content."""
        part = self._part_at(kind, place)
        is_told_again = part is not None and part.is_done and _is_same(part, place)
        if part is None or _is_another(part, place) or (part.is_done and not is_told_again):
            part = self._begin(kind, place)
        part.phase = phase or part.phase
        if announced is None:
            return
        if part.is_done:
            self._finish(part, announced)
        elif part.announced is not None and adds_content(part.announced, announced):
            self.skipped[OTHERWISE] += 1
        part.announced = announced

    def text(self, place: Place, delta: str, number: int = 0, *, is_whole: bool = False) -> None:
        """Add a piece of one part of a message, or the whole part."""
        slot = FIRST_TEXT if number == 0 else _slot(TEXT, number)
        self._grow("message", place, slot, delta, is_whole=is_whole)

    def refusal(self, place: Place, delta: str, number: int = 0, *, is_whole: bool = False) -> None:
        """Add a piece of a refusal, which is shown like any message; or the whole refusal."""
        self._grow("message", place, _slot(REFUSAL, number), delta, is_whole=is_whole)

    def thought(
        self, place: Place, number: int, delta: str, *, of_summary: bool, is_whole: bool = False
    ) -> None:
        """Add a piece of one part of reasoning, or of its summary; or the whole part."""
        slot = _slot(SUMMARY if of_summary else CONTENT, number)
        self._grow("reasoning", place, slot, delta, is_whole=is_whole)

    def arguments(
        self, place: Place, delta: str, *, name: str = "", is_whole: bool = False
    ) -> None:
        """Add a piece of a call's arguments, or all of them."""
        part = self._open("call", place)
        self._count_arguments(delta)
        new_text = self._take(part, ARGUMENTS, delta, is_whole=is_whole)
        if new_text is not None:
            part.name = part.name or name[:NAME_CHARS_MAX]
        if new_text:
            self.call_grew(place)

    def call_grew(self, place: Place) -> None:
        """Note progress of a call whose piece cannot be used alone: its end repeats all of it."""
        grew = TextDelta(self._open("call", place).number, "")
        if self.events[-1:] != [grew]:
            self.events.append(grew)

    def called(self, place: Place, name: str, namespace: str = "") -> None:
        """Set the name of a call before its arguments are known."""
        part = self._open("call", place)
        part.name = name[:NAME_CHARS_MAX] or part.name
        part.namespace = namespace[:NAME_CHARS_MAX] or part.namespace

    def done(self, place: Place, item: OutputItem) -> None:
        """Add a whole item, which repeats pieces or comes without any."""
        kind = kind_of(item)
        part = self._part_at(kind, place) or self._fitting(kind, place, item)
        if part is None or (part.is_done and not _is_repeat(part, place, item)):
            part = self._begin(kind, place)
        self._finish(part, item)

    def whole(self, items: Sequence[tuple[Place, OutputItem]]) -> None:
        """Apply the items that the end of an answer repeats; items not known before are added."""
        if self._are_all(items):
            for part, (_, item) in zip([*self._parts], items, strict=True):
                self._finish(part, item)
            return
        unmatched = Unmatched(self._parts)
        for place, item in items:
            self._finish(unmatched.take(place, item) or self._begin(kind_of(item), NOWHERE), item)

    # -- ends --

    def over(
        self,
        response_id: str | None = None,
        usage: TokenUsage | None = None,
        stopped_early: str | None = None,
        *,
        model: str = "",
        finish_reason: str = "",
    ) -> None:
        """End the answer: items that are still open end with the pieces that came."""
        for part in self._parts:
            if stopped_early is None:
                self._close(part)
            else:
                self._cut_off(part)
        at_least(self.skipped, self.foreign)
        self.refuse_if_unusable()
        skipped = dict(self.skipped) or None
        self.events.append(
            ResponseDone(response_id, usage, stopped_early, skipped, model, finish_reason)
        )

    def _close(self, part: Part) -> None:
        if part.ended is None:
            self._finish(part, part.item())
        if part.held is not None:
            self.events.append(OutputDone(part.number, part.held))

    def _cut_off(self, part: Part) -> None:
        """Count what a cut-off item lost; clients have seen its pieces."""
        if part.held is not None or (part.kind == "call" and not part.is_done):
            self.skipped["a call that was cut off"] += 1
        elif not part.is_done and part.announced and adds_content(part.announced, part.item()):
            self.skipped[OTHERWISE] += 1

    def refuse_if_unusable(self) -> None:
        """Raise ModelFailed if parts came, but none is usable."""
        if self.is_empty and self.skipped:
            kinds = ", ".join(sorted(self.skipped))
            message = f"nothing in the model's answer can be used: {kinds}"
            raise ModelFailed(message, "responseStreamDisconnected", is_transient=True)

    # -- inside --

    def _grow(
        self, kind: ItemKind, place: Place, slot: Slot, delta: str, *, is_whole: bool
    ) -> None:
        part = self._open(kind, place)
        new_text = self._take(part, slot, delta, is_whole=is_whole)
        if not new_text:
            return
        if slot is FIRST_TEXT:
            self.events.append(TextDelta(part.number, new_text))
        elif kind == "message":
            self.events.append(TextDelta(part.number, part.spaced(slot, new_text)))
        else:
            self.events.append(ReasoningDelta(part.number, slot[1], new_text, slot[0] == SUMMARY))

    def _take(self, part: Part, slot: Slot, delta: str, *, is_whole: bool) -> str | None:
        """The text of a piece that clients have not seen; None if the item has ended."""
        if part.ended is not None:
            is_known = part.repeats(slot, delta) if not is_whole else self._has(part, slot, delta)
            if not is_known:
                self.skipped[LATE] += 1
            return None
        if is_whole and part.denies(slot, delta):
            self.skipped[OTHERWISE] += 1
        self._left_chars -= len(delta)
        if self._left_chars < 0:
            raise _too_large(f"{TEXT_CHARS_MAX} letters")
        return part.take(slot, delta, is_whole=is_whole)

    def _finish(self, part: Part, item: OutputItem) -> None:
        if part.made is not None and part.ended is not None:
            self._said_again(part, part.made, item)
            return
        pieces = part.item()
        part.ended, part.made = item, merged(item, pieces)
        if part.announced is not None:
            part.made = merged(part.made, part.announced)
        self._unfinished[part.kind].pop(part.number, None)
        self._recent = None
        if adds_content(pieces, part.made) or (
            part.announced and adds_content(part.announced, part.made)
        ):
            self.skipped[OTHERWISE] += 1
        if isinstance(item, FunctionCall):
            self._count_arguments(item.arguments)
        if isinstance(part.made, FunctionCall) and not is_object(part.made.arguments):
            # Only the end of the answer shows whether it was cut off or meant to be so.
            part.held = part.made
        else:
            self.events.append(OutputDone(part.number, part.made))

    def _said_again(self, part: Part, earlier: OutputItem, item: OutputItem) -> None:
        """Handle the repeated end of an item."""
        if item in (part.ended, earlier) or (
            self._may_look(earlier) and not adds_content(item, earlier)
        ):
            return
        if has_no_content(earlier):
            part.made = item
            self._finish(self._begin(part.kind, NOWHERE), item)
        elif part.held is not None and _mends(item):
            part.ended = part.held = None
            self._finish(part, item)
        else:
            self.skipped[OTHERWISE] += 1

    def _open(self, kind: ItemKind, place: Place) -> Part:
        """The item of a piece; begins one if none fits."""
        if (kind, place) == self._recent:
            return self._recent_part
        part = self._part_at(kind, place)
        if part is None:
            part = self._newest(kind) if place.at is None else self._misplaced(kind, place)
        if part is None or (part.is_done and _is_another(part, place)):
            part = self._begin(kind, place)
        self._recent, self._recent_part = (kind, place), part
        return part

    def _begin(self, kind: ItemKind, place: Place) -> Part:
        if len(self._parts) >= ITEMS_MAX:
            raise _too_large(f"{ITEMS_MAX} items")
        part = Part(len(self._parts), kind, NOWHERE)
        self._parts.append(part)
        self._unfinished.setdefault(kind, {})[part.number] = part
        self._recent = None
        self._put(part, place)
        self.events.append(OutputStarted(part.number, kind))
        return part

    def _put(self, part: Part, place: Place) -> None:
        """Record what is newly known of an item's place."""
        if place == part.place:
            return
        self._recent = None
        if part.place.at is None and place.at is not None:
            self._at[part.kind, place.at] = part
        if part.place.id is None and place.id is not None:
            self._named[part.kind, place.id] = part
        at = place.at if part.place.at is None else part.place.at
        part.place = Place(at, part.place.id or place.id)

    def _part_at(self, kind: ItemKind, place: Place) -> Part | None:
        """The item of this kind in this place.

        The id counts unless the numbers differ; else the number counts. Some servers change ids
        with every event, and some give all items the same number or the same id. Items of different
        kinds are never confused, whatever their ids.
        """
        named = self._named.get((kind, place.id)) if place.id is not None else None
        if named is not None and None not in (place.at, named.place.at):
            named = named if named.place.at == place.at else None
        part = named or (self._at.get((kind, place.at)) if place.at is not None else None)
        if part is not None:
            self._put(part, place)
        return part

    def _newest(self, kind: ItemKind) -> Part | None:
        """The newest open item, which a piece without a place continues."""
        return next(reversed(self._unfinished.get(kind, {}).values()), None)

    def _misplaced(self, kind: ItemKind, place: Place) -> Part | None:
        """The open item with this id, if no item is known at the piece's number."""
        named = self._named.get((kind, place.id)) if place.id is not None else None
        return None if named is None or named.is_done else named

    def _fitting(self, kind: ItemKind, place: Place, item: OutputItem) -> Part | None:
        """The open item that this may complete, although its place does not say so."""
        if place.at is None:
            unfinished = self._unfinished.get(kind, {}).values()
            return next((part for part in unfinished if part.fits(item)), None)
        named = self._misplaced(kind, place)
        return named if named is not None and named.fits(item) else None

    def _may_look(self, item: OutputItem) -> bool:
        self._look_chars -= size_of(item)
        return self._look_chars > 0

    def _has(self, part: Part, slot: Slot, text: str) -> bool:
        """Whether an ended item contains all of this text."""
        return not text or (
            part.made is not None and self._may_look(part.made) and part.has(slot, text)
        )

    def _count_arguments(self, text: str) -> None:
        self._arguments_chars += len(text)
        self.is_long = self._arguments_chars > INLINE_ARGUMENTS_CHARS_MAX

    def _are_all(self, items: Sequence[tuple[Place, OutputItem]]) -> bool:
        """Whether these are the known items, with the same ids in the same order."""
        ids = [(part.kind, part.place.id) for part in self._parts]
        item_ids = [(kind_of(item), place.id) for place, item in items]
        return ids == item_ids and all(id_ for _, id_ in ids)


def _slot(name: str, number: int) -> Slot:
    return name, number if 0 <= number < PARTS_MAX else PARTS_MAX - 1


def _mends(item: OutputItem) -> bool:
    """Whether this call can be given to a tool; it replaces one that cannot."""
    return isinstance(item, FunctionCall) and bool(item.arguments) and is_object(item.arguments)


def _is_another(part: Part, place: Place) -> bool:
    """Whether this belongs to another item with the same number."""
    return place.id is not None and part.place.id is not None and place.id != part.place.id


def _is_same(part: Part, place: Place) -> bool:
    """Whether this certainly belongs to the same item."""
    return place.id is not None and place.id == part.place.id


def _is_repeat(part: Part, place: Place, item: OutputItem) -> bool:
    """Whether this repeats an ended item."""
    return not _is_another(part, place) and (_is_same(part, place) or part.ended == item)


def _too_large(limit: str) -> ModelFailed:
    return ModelFailed(f"the answer has more than {limit}", "responseStreamDisconnected")
