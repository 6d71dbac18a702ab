"""Live items: those that models are at work on, with the text so far for clients that join."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from threadhost.events.named_tuple import NamedTuple

Part = tuple[bool, int]
"""A part of an item: whether it belongs to the summary of a thought, and its number."""


class LiveItem(NamedTuple):
    """An item that was notified as begun, and its text so far by part."""

    thread_id: str
    turn_id: str
    item: dict[str, Any]
    texts: dict[Part, list[str]]

    def deltas(self) -> Iterator[tuple[Part, str]]:
        """The text so far, one piece for each part."""
        for part, pieces in sorted(self.texts.items()):
            yield part, "".join(pieces)

    def cut_off(self, at_ms: int) -> dict[str, Any]:
        """The item in its incomplete form, ended at this time.

        A joined client's process ends its items by this, too; so it imports nothing heavy.
        """
        ended = {**self.item, "completedAtMs": at_ms, "incomplete": True}
        texts = list(self.deltas())
        if self.item["type"] == "agentMessage":
            return {**ended, "text": "".join(text for _, text in texts)}
        if self.item["type"] != "reasoning":
            return ended
        summary = [text for (of_summary, _), text in texts if of_summary]
        content = [text for (of_summary, _), text in texts if not of_summary]
        return {**ended, "summary": summary, "content": content}


class LiveItems:
    """All live items, by thread."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, LiveItem]] = {}

    def begin(self, thread_id: str, turn_id: str, item: dict[str, Any]) -> None:
        """Add an item that began; one without an id or a type is ignored."""
        if isinstance(item.get("id"), str) and isinstance(item.get("type"), str):
            live = LiveItem(thread_id, turn_id, item, {})
            self._items.setdefault(thread_id, {})[item["id"]] = live

    def grow(self, thread_id: str, item_id: str, part: Part, text: str) -> bool:
        """Add text to an item; returns whether it is the first text of this part."""
        live = self._items.get(thread_id, {}).get(item_id)
        if live is None:
            return False
        pieces = live.texts.setdefault(part, [])
        pieces.append(text)
        return len(pieces) == 1

    def complete(self, thread_id: str, item_id: str) -> None:
        """Remove an item that is in the log."""
        items = self._items.get(thread_id)
        if items is not None:
            items.pop(item_id, None)
            if not items:
                del self._items[thread_id]

    def left_by(self, thread_id: str, turn_id: str, *, of_compaction: bool) -> list[LiveItem]:
        """Remove and return the items of a turn that will not be completed.

        `of_compaction`: only the item of a compaction that failed, whose turn goes on.
        """
        items = self._items.get(thread_id, {}).values()
        abandoned = [live for live in items if live.turn_id == turn_id]
        if of_compaction:
            from threadhost.actors.compaction import ITEM

            abandoned = [live for live in abandoned if live.item["type"] == ITEM]
        for live in abandoned:
            self.complete(thread_id, live.item["id"])
        return abandoned

    @property
    def thread_ids(self) -> Collection[str]:
        """The threads with items."""
        return self._items.keys()

    def of(self, thread_ids: Iterable[str]) -> list[LiveItem]:
        """The items of these threads."""
        none: dict[str, LiveItem] = {}
        return [live for t in thread_ids for live in self._items.get(t, none).values()]

    def all(self) -> list[LiveItem]:
        """The items of all threads."""
        return [live for items in self._items.values() for live in items.values()]

    def forget(self, thread_id: str) -> None:
        """Remove the items of a thread that is gone."""
        self._items.pop(thread_id, None)
