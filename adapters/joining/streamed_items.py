"""Items that a client saw begin but not end: streamed items, which no log has."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

NOTIFICATION = b'{"method":"'
"""The beginning of a notification, as a host writes it."""
STREAMED = frozenset((b"agentMessage", b"reasoning", b"contextCompaction"))
"""Types of items whose beginning is no event."""
DELTAS = frozenset(
    (b"item/agentMessage/delta", b"item/reasoning/summaryTextDelta", b"item/reasoning/textDelta")
)
TURN_ENDS = b"turn/completed"
ITEMS_MAX = 1024
KEPT_BYTES_MAX = 16 * 1024 * 1024
"""The limit on the kept deltas of all items together; an item ends at its first lost delta."""


class StreamedItems:
    """A fold over the notifications of one client; it keeps the lines of each item."""

    def __init__(self) -> None:
        self._lines: dict[bytes, list[bytes]] = {}
        self._gapless: set[bytes] = set()
        """The items of which no delta was lost."""
        self._lost: frozenset[bytes] = frozenset()
        self._kept_bytes = 0

    def mark_lost(self) -> None:
        """Note that the host is gone: open items will end at the end of their turn."""
        self._lost = frozenset(self._lines)

    @property
    def are_lost(self) -> bool:
        """Whether any of them ended with a host."""
        return bool(self._lost)

    def forget_thread(self, thread_id: bytes) -> None:
        """Forget the items of a thread that the client left: it may get no notice of their ends."""
        for item_id in self._items_with(b'"threadId":"%s"' % thread_id):
            self._end(item_id)

    def fold(self, line: bytes) -> "Sequence[dict[str, Any]]":
        """Process a notification; returns the params of `item/completed` that must go before it."""
        method = line[len(NOTIFICATION) : line.find(b'"', len(NOTIFICATION))]
        if method in DELTAS:
            self._add_delta(_text_after(line, b'"itemId":"'), line)
        elif method == b"item/started":
            if _text_after(line, b'"item":{"type":"') in STREAMED:
                self._begin(line)
        elif method == b"item/completed":
            self._end(_text_after(line, b'"id":"'))
        elif method == TURN_ENDS:
            return self._end_turn(_text_after(line, b'"turn":{"id":"'))
        return ()

    def _begin(self, line: bytes) -> None:
        item_id = _text_after(line, b'"id":"')
        self._end(item_id)  # a client that joins again gets it again
        if len(self._lines) >= ITEMS_MAX:
            self._end(next(iter(self._lines)))
        self._lines[item_id] = [line]
        self._gapless.add(item_id)

    def _add_delta(self, item_id: bytes, line: bytes) -> None:
        if self._kept_bytes >= KEPT_BYTES_MAX:
            self._gapless.discard(item_id)  # a later delta would leave a hole in the text
        elif item_id in self._gapless:
            self._lines[item_id].append(line)
            self._kept_bytes += len(line)

    def _end(self, item_id: bytes) -> "list[bytes]":
        lines = self._lines.pop(item_id, [])
        self._gapless.discard(item_id)
        self._kept_bytes -= sum(map(len, lines[1:]))
        return lines

    def _end_turn(self, turn_id: bytes) -> "Sequence[dict[str, Any]]":
        left = self._items_with(b'"turnId":"%s"' % turn_id)
        ended = [(item_id, self._end(item_id)) for item_id in left]
        return [_cut_off(lines) for item_id, lines in ended if item_id in self._lost]

    def _items_with(self, ids: bytes) -> list[bytes]:
        return [item_id for item_id, lines in self._lines.items() if ids in lines[0]]


def _text_after(line: bytes, mark: bytes) -> bytes:
    """The text between a mark and the next quote."""
    start = line.find(mark) + len(mark)
    return line[start : line.find(b'"', start)] if start >= len(mark) else b""


def _cut_off(lines: "Sequence[bytes]") -> "dict[str, Any]":
    """The end of an incomplete item, in the form of a host that interrupts a turn.

    The host's models of notifications would take 20 MiB of each client's process.
    """
    from json import loads

    from threadhost.adapters.clock import SystemClock
    from threadhost.adapters.live_items import LiveItem

    started, *grown = (loads(line)["params"] for line in lines)
    live = LiveItem(started["threadId"], started["turnId"], started["item"], {})
    for delta in grown:
        part = "summaryIndex" in delta, delta.get("summaryIndex", delta.get("contentIndex", 0))
        live.texts.setdefault(part, []).append(delta["delta"])
    at_ms = SystemClock().now_ms()
    return {
        "item": live.cut_off(at_ms),
        "threadId": live.thread_id,
        "turnId": live.turn_id,
        "contentTokenCount": None,
        "completedAtMs": at_ms,
    }
