"""The state of a client's session that is needed to continue on another host.

Lines are only collected while a host lives, and parsed when it is gone or when there are many: a
start needs no JSON.
"""

from threadhost.adapters.joining.greeting import FOLLOWED, LEFT, MARK
from threadhost.adapters.joining.streamed_items import NOTIFICATION, TURN_ENDS, StreamedItems

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    Key = tuple[bool, str]

LINES_MAX = 256
GATHERED_BYTES_MAX = 4 * 1024 * 1024
"""How many collected bytes start the parsing."""
KEPT_BYTES_MAX = 64 * 1024 * 1024
"""The limit on pending requests' lines; beyond it only their names are kept."""
HEAD_BYTES = 4096
"""How much of an answer is kept: its id, and the beginning of its result."""
TAIL_BYTES = 512
"""How much of a notification is kept: its end, with its place in the log."""
RESULT = b'{"id":'
TURN_ENDED = b'%s%s"' % (NOTIFICATION, TURN_ENDS)
FOLLOWS = ("thread/start", "thread/resume", "thread/fork")
"""Methods whose answer is a thread that the connection then follows; hosts of 0.1.1 mark none."""
SUBSCRIPTION = ("afterPosition", "afterCursor", "followedOnly")
"""The params of a subscription, in their order."""
READS = ("read", "list", "search")
"""The ends of the names of methods that change nothing."""


class PendingRequest:
    """A request of the client without an answer; `line` is empty if it was too large to keep."""

    __slots__ = ("id", "line", "method", "thread_id", "with_key")

    def __init__(self, message: "dict[str, Any]", line: bytes) -> None:
        params = params_of(message)
        self.id = message["id"]
        self.method = str(message["method"])
        self.thread_id = str(params.get("threadId", ""))
        self.with_key = isinstance(params.get("idempotencyKey"), str)
        self.line = line

    @property
    def is_retryable(self) -> bool:
        """Whether repeating the request has no further effect."""
        reads = self.method.rpartition("/")[2] in READS or self.method == "host/events/subscribe"
        return bool(self.line) and (self.with_key or reads)


class SessionState:
    """A fold over the lines of one client, which invalid lines cannot break."""

    def __init__(self) -> None:
        self.initialize: bytes | None = None
        """The client's `initialize` request, once it was accepted."""
        self.initialized: bytes | None = None
        """The client's `initialized` notification."""
        self.open: dict[Key, PendingRequest] = {}
        self.followed: dict[str, str] = {}
        """The threads that the client follows, each with its cursor then, if the host marks it."""
        self.follows_all = False
        self.open_server_requests: dict[int, str] = {}
        """The thread of each request of the host that the client has not answered."""
        self.newest_asked = 0
        self.items = StreamedItems()
        self.hides_turn_ends = False
        """Whether the host sends ends of turns for this process alone: the client opted out."""
        self._notice = b""
        self._subscribed: tuple[bytes, dict[str, Any]] | None = None
        """The newest notification when a subscription began, and the place that this began at."""
        self._gathered: list[tuple[bool, bytes, bytes]] = []
        """Lines, each with whether it is the client's, and with the newest notification then."""
        self._gathered_bytes = 0
        self.kept_bytes = 0
        """The bytes of pending requests' lines."""

    @property
    def gathered_lines(self) -> int:
        """How many lines are not parsed yet."""
        return len(self._gathered)

    @property
    def place(self) -> "dict[str, Any]":
        """Position and cursor of the last notification to the client; empty without one."""
        from json import loads

        _, mark, tail = self._notice.rpartition(b',"position":')
        return dict(loads(b'{"position":' + tail)) if mark else {}

    @property
    def resume_params(self) -> "dict[str, Any]":
        """The params of the subscription with which a new host continues; empty for none."""
        if self._subscribed is not None and self._subscribed[0] == self._notice:
            return dict(self._subscribed[1])
        cursors = (self.place.get("cursor"), *self.followed.values())
        return next(({"afterCursor": cursor} for cursor in cursors if cursor), {})

    def sent(self, line: bytes) -> None:
        """Note a line from the client."""
        self._gather(True, line)

    def received(self, line: bytes) -> "Sequence[bytes]":
        """Note a line to the client; returns the lines that must go before it."""
        if is_notification(line):
            ahead = [self.notice("item/completed", end) for end in self.items.fold(line)]
            if line.rfind(b',"cursor":"', -TAIL_BYTES) >= 0:
                self._notice = line[-TAIL_BYTES:]
            return ahead
        self._gather(False, line[:HEAD_BYTES] if line.startswith(RESULT) else line)
        return ()

    def is_hidden(self, line: bytes) -> bool:
        """Whether a line of the host is not for the client."""
        return self.hides_turn_ends and line.startswith(TURN_ENDED)

    def note_mark(self, line: bytes) -> None:
        """Note a mark: a line of the host for this process alone; an unknown one is ignored."""
        if line.startswith(LEFT):
            self.items.forget_thread(line.removeprefix(LEFT).partition(b" ")[0])
        self._gather(False, line)

    def notice(self, method: str, params: "dict[str, Any]") -> bytes:
        """A notification of this process, with the client's present place in the log."""
        from json import dumps

        from threadhost.adapters.clock import SystemClock

        at = {"emittedAtMs": SystemClock().now_ms(), **self.place}
        sent = {"method": method, "params": params, **at}
        return dumps(sent, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    def _gather(self, by_client: bool, line: bytes) -> None:  # noqa: FBT001
        self._gathered.append((by_client, line, self._notice))
        self._gathered_bytes += len(line)
        if len(self._gathered) >= LINES_MAX or self._gathered_bytes >= GATHERED_BYTES_MAX:
            self.fold_gathered()

    def fold_gathered(self) -> None:
        """Parse the collected lines."""
        from json import loads

        gathered, self._gathered, self._gathered_bytes = self._gathered, [], 0
        for by_client, line, notice in gathered:
            if not by_client and line.startswith(RESULT):
                self._fold_result(line, notice)
                continue
            if not by_client and line.startswith(MARK):
                self._fold_mark(line)
                continue
            try:
                message = loads(line)
            except (ValueError, RecursionError):
                continue  # the host reports the fault
            if isinstance(message, dict):
                (self._fold_client_message if by_client else self._fold_host_message)(message, line)

    def pop_lost(self, *, everything: bool = False) -> "Iterator[PendingRequest]":
        """Remove and yield the pending requests that must not be repeated, or all."""
        for key, request in list(self.open.items()):
            if everything or not (request.is_retryable or request.method == "initialize"):
                yield self._close(key)

    def _fold_client_message(self, message: "dict[str, Any]", line: bytes) -> None:
        if "method" not in message:
            self.open_server_requests.pop(_number(message.get("id")), None)
        elif message["method"] == "initialized":
            self.initialized = line
        elif (key := _key(message.get("id"))) is not None:
            request = PendingRequest(message, line)
            if self.kept_bytes + len(line) > KEPT_BYTES_MAX:
                request.line = b""
            if key in self.open:
                self._close(key)
            self.kept_bytes += len(request.line)
            self.open[key] = request

    def _fold_host_message(self, message: "dict[str, Any]", line: bytes) -> None:
        number, thread_id = _number(message.get("id")), str(params_of(message).get("threadId", ""))
        if "method" in message and number:
            self.open_server_requests[number] = thread_id
            self.newest_asked = max(self.newest_asked, number)
        elif (key := _key(message.get("id"))) in self.open and key is not None:
            self._close(key)

    def _fold_mark(self, line: bytes) -> None:
        thread_id, _, cursor = line.partition(b" ")[2].decode().partition(" ")
        if line.startswith(FOLLOWED):
            self.followed.setdefault(thread_id, cursor)
        elif line.startswith(LEFT):
            self.followed.pop(thread_id, None)

    def _fold_result(self, head: bytes, notice: bytes) -> None:
        """Process an answer of which only the beginning was kept."""
        from json import JSONDecoder, loads

        result = head.decode(errors="replace")
        try:
            number, _ = JSONDecoder().raw_decode(result, len(RESULT))
        except (ValueError, RecursionError):
            return
        key = _key(number)
        if key is None or key not in self.open:
            return
        request = self._close(key)
        if request.method == "initialize":
            self.initialize = request.line
        elif request.method in FOLLOWS:
            thread_id = result.partition('"thread":{"id":"')[2].partition('"')[0]
            if thread_id:
                self.followed.setdefault(thread_id, "")
        elif request.method == "thread/unsubscribe":
            self.followed.pop(request.thread_id, None)
        elif request.method == "host/events/unsubscribe":
            self.follows_all = False
        elif request.method == "host/events/subscribe" and '"complete":true' in result:
            params = params_of(loads(request.line), *SUBSCRIPTION) if request.line else {}
            self.follows_all |= not params.pop("followedOnly", False)
            self._subscribed = (notice, params) if params else None

    def _close(self, key: "Key") -> PendingRequest:
        request = self.open.pop(key)
        self.kept_bytes -= len(request.line)
        return request


def is_notification(line: bytes) -> bool:
    """Whether a line of the host is a notification, by the host's own spelling."""
    if not line.startswith(NOTIFICATION):
        return False
    return not line.startswith(b',"id":', line.find(b'"', len(NOTIFICATION)) + 1)


def params_of(message: "dict[str, Any]", *names: str) -> "dict[str, Any]":
    """The params of a request, by name; a host also reads an array of them, in their order."""
    params = message.get("params")
    if isinstance(params, list):
        params = dict(zip(names, params, strict=False))
    return params if isinstance(params, dict) else {}


def _key(id: object) -> "Key | None":
    """A key of an id with its type: 1 is not "1"."""
    return (isinstance(id, str), str(id)) if isinstance(id, str) or type(id) is int else None


def _number(id: object) -> int:
    return id if type(id) is int else 0
