"""Orders the history of a thread, with each message once: as an item, or as a model was shown it.

A rollout has most messages in both forms, on adjacent lines. An item of ours also says what a model
is shown, so of such a pair the item stays.
"""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from threadhost.events.base import Event
from threadhost.events.compaction import HistoryCompacted
from threadhost.events.injection import ItemsInjected
from threadhost.events.input_items import TYPES
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.picture import PicturesRead
from threadhost.events.revert import ThreadReverted
from threadhost.events.thread import MCP_ITEM
from threadhost.events.tool import TOOL_ITEM
from threadhost.events.turn import (
    LOCAL_PICTURE,
    USER_ITEM,
    ItemRecorded,
    OutputRecorded,
    TurnStarted,
    parts,
)

if TYPE_CHECKING:
    from threadhost.events.words import Purpose

Key = tuple[str, str]
"""Matches a line with an item: the role and the text, or the id of the answered call."""
NOISE = "internal_chat_message_metadata_passthrough"
OUTPUT = "output"
USER = "user"
CONTEXT = "<"
"""The beginning of messages that codex itself gives a model in a user's name."""


class Turn:
    """A turn that is being read; its purpose is known at its end."""

    def __init__(self, turn_id: str, started_at_ms: int, root_turn_id: str | None) -> None:
        self.id = turn_id
        self.started_at_ms = started_at_ms
        self.root_turn_id = root_turn_id
        self.told_id: object = turn_id
        """Its id in the rollout, where two turns may share one."""
        self.purpose: Purpose = "regular"
        self.is_told = True
        """Whether the rollout has its beginning and end; older ones do not."""
        self.asks = self.compacts = False

    def begun(self) -> TurnStarted:
        """The event of its start."""
        return TurnStarted(
            turn_id=self.id,
            started_at_ms=self.started_at_ms,
            purpose=self.purpose,
            root_turn_id=self.root_turn_id,
        )


class Reverted(NamedTuple):
    """A turn, and everything after it, was reverted."""

    turn: Turn
    turns_left: int


class Compacted(NamedTuple):
    """These items replace the whole history."""

    turn_id: str
    items: list[dict[str, Any]]


class Recording:
    """Events in the order of a stream; references to their places are filled in at the end."""

    def __init__(self) -> None:
        self._entries: list[Event | Turn | Reverted | Compacted | None] = []
        self._lines: dict[Key, list[int]] = {}
        """The places of lines that no item has matched yet."""
        self._items: Counter[Key] = Counter()
        """Items whose lines have not come yet."""
        self._newest: Key | None = None
        """The key of the newest entry, if it may be one of a pair."""

    def add(self, entry: Event | Turn | Reverted | Compacted) -> None:
        """Add an entry that is no half of a pair."""
        self._entries.append(entry)
        self._newest = None

    def settle(self, event: Event, turn: Turn | None) -> None:
        """Add an event that was decided before a turn that just began, if one runs."""
        if turn is None:
            return self.add(event)
        at = next(n for n in range(len(self._entries) - 1, -1, -1) if self._entries[n] is turn)
        self._entries.insert(at, event)
        for places in self._lines.values():
            places[:] = [place + (place >= at) for place in places]
        return None

    def turn_over(self) -> None:
        """Stop matching the turn's entries, except for a user's line right at its end."""
        key, places = self._newest, list[int]()
        if key is not None and key[0] == USER:
            places = self._lines.get(key, [])[-1:]
        self._lines = {key: places} if key is not None and places else {}
        self._items.clear()

    def line(self, payload: Mapping[str, Any], turn: Turn | None) -> None:
        """Add an item that a model was shown, unless a protocol item says the same."""
        item = {name: value for name, value in payload.items() if name != NOISE}
        key = _key_of_line(item)
        if key is not None and self._is_said(key):
            return
        self._entries.append(_event_of(item, turn))
        if key is not None:
            self._lines.setdefault(key, []).append(len(self._entries) - 1)
        self._newest = key

    def item(self, item: ItemRecorded) -> None:
        """Add an item; it replaces the line that shows the same to a model."""
        key = _key_of_item(item)
        line = None if key is None else self._take_line(key)
        self._entries.append(item)
        if key is not None and line is None:
            self._items[key] += 1
        self._newest = key
        if line is not None and (pictures := _pictures(item, line)):
            self.add(pictures)

    def events(self, first_version: int) -> list[Event]:
        """All events; the first has this version in its stream."""
        entries = [entry for entry in self._entries if entry is not None]
        versions = {id(entry): n for n, entry in enumerate(entries, first_version)}
        return [_event_at(entry, n, versions) for n, entry in enumerate(entries, first_version)]

    def _is_said(self, key: Key) -> bool:
        """Whether an item matches: one of the same text, or else the one right before."""
        if self._items[key]:
            self._items[key] -= 1
            return True
        newest = self._newest
        if newest is None or not self._items[newest] or not _may_be_same(key, newest):
            return False
        self._items[newest] -= 1
        return True

    def _take_line(self, key: Key) -> Event | None:
        """Remove and return the line that an item matches."""
        places, newest = self._lines.get(key), self._newest
        if not places and newest is not None and _may_be_same(newest, key):
            places = self._lines.get(newest)
        if not places:
            return None
        at = places.pop()
        line, self._entries[at] = self._entries[at], None
        return line if isinstance(line, Event) else None


def _may_be_same(line: Key, item: Key) -> bool:
    """Whether neighbours of different texts may match: pictures leave traces in the texts."""
    return line[0] == item[0] == USER and not line[1].startswith(CONTEXT)


def _key_of_line(item: Mapping[str, Any]) -> Key | None:
    kind, role = item.get("type"), item.get("role")
    if kind == "message" and role in (USER, "assistant"):
        return str(role), "\n".join(_texts(item))
    if isinstance(kind, str) and kind.endswith("_call_output"):
        return OUTPUT, str(item.get("call_id"))
    return None


def _key_of_item(item: ItemRecorded) -> Key | None:
    if item.type == USER_ITEM:
        return USER, "\n".join(_texts(item.item))
    if item.type == "agentMessage":
        return "assistant", str(item.item.get("text") or "")
    return (OUTPUT, item.item_id) if item.type in (TOOL_ITEM, MCP_ITEM) else None


def _texts(item: Mapping[str, Any]) -> list[str]:
    return [str(part["text"]) for part in parts(item, "content") if part.get("text")]


def _event_of(item: dict[str, Any], turn: Turn | None) -> Event:
    if str(item.get("type")) not in TYPES:
        return ItemsInjected(items=[], unknown=[item])
    is_input = item.get("type") == "message" and item.get("role") != "assistant"
    if is_input or turn is None:
        return ItemsInjected(items=[item])
    return OutputRecorded(turn_id=turn.id, output=item)


def _pictures(item: ItemRecorded, line: Event) -> PicturesRead | None:
    """The pictures that a message named by their paths, as the model was shown them."""
    shown = line.items[0] if isinstance(line, ItemsInjected) and line.items else {}
    unread = "".join(text for text in _texts(shown) if text not in _texts(item.item))
    content = parts(item.item, "content")
    named_paths = [part["path"] for part in content if part.get("type") == LOCAL_PICTURE]
    paths = [path for path in named_paths if f"`{path}`" not in unread]  # the model sees the fault
    item_urls = [part.get("url") for part in content]
    urls = [part.get("image_url") for part in parts(shown, "content")]
    pictures = [url for url in urls if isinstance(url, str) and url not in item_urls]
    if not paths or len(paths) != len(pictures):
        return None
    urls_by_path = dict(zip(paths, pictures, strict=True))
    return PicturesRead(turn_id=item.turn_id, item_id=item.item_id, urls=urls_by_path)


def _event_at(
    entry: Event | Turn | Reverted | Compacted, version: int, versions: Mapping[int, int]
) -> Event:
    if isinstance(entry, Turn):
        return entry.begun()
    if isinstance(entry, Reverted):
        begun = versions[id(entry.turn)]
        return ThreadReverted(
            turn_id=entry.turn.id, from_version=begun, turns_left=entry.turns_left
        )
    if isinstance(entry, Compacted):
        return HistoryCompacted(
            turn_id=entry.turn_id, items=entry.items, through_version=version - 1
        )
    return entry
