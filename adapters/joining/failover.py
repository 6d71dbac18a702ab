"""Moves a client to a new host: introduces the client, and delivers what it missed."""

import select
from time import monotonic, sleep

from threadhost.adapters.joining.greeting import MARK, STOPPED
from threadhost.adapters.joining.handshake import AFTER_ELECTION_S
from threadhost.adapters.joining.relay import CHUNK_BYTES, LINE_BYTES_MAX
from threadhost.adapters.joining.session_state import is_notification, params_of
from threadhost.adapters.joining.streamed_items import TURN_ENDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Iterator
    from typing import Any

    from threadhost.adapters.joining.session_state import PendingRequest, SessionState

AT_A_TIME = 64
"""How many threads are resumed before the answers are awaited."""
PAUSE_S = 0.1
"""The pause before a request is repeated that an overloaded host refused."""
RESUME, SUBSCRIBE = "thread/resume", "host/events/subscribe"
OURS = "threadhost/join/"
"""The prefix of the ids of requests that this process sends, not the client."""
INTERNAL, OVERLOADED = -32603, -32001
LOST, OPEN = "hostLost", "unknown"
"""`data.reason` and `data.outcome` of requests that failed with their host."""


class FailoverFailed(Exception):
    """The new host does not accept the client as the old one did; the message says why."""


def host_lost_answer(request: "PendingRequest") -> bytes:
    """The error for a pending request that was lost with the host, and that is not repeated."""
    message = (
        f"the host ended before it answered {request.method}: whether it was carried out is not"
        " known; read what it would have changed, or ask again with an `idempotencyKey` next time"
    )
    data = {"reason": LOST, "outcome": OPEN, "method": request.method}
    return _json({"error": {"code": INTERNAL, "message": message, "data": data}, "id": request.id})


def resolved_notifications(state: "SessionState") -> "Iterator[bytes]":
    """Notifications that the old host's questions are withdrawn."""
    for number, thread_id in state.open_server_requests.items():
        params = {"threadId": thread_id, "requestId": number}
        yield state.notice("serverRequest/resolved", params)
    state.open_server_requests.clear()


class Failover:
    """Repeats a client's introduction to a new host, and reads the answers.

    Notifications from before the catch-up are dropped: the log replays them.
    """

    def __init__(self, host: "socket", state: "SessionState") -> None:
        self._host = host
        self._state = state
        self._received = bytearray()
        self._numbers = 0
        self._answers: dict[object, dict[str, Any]] = {}
        """Answers that came before they were awaited, by id."""
        self._until_s = monotonic() + AFTER_ELECTION_S
        self.was_stopped = False
        """Whether the new host said meanwhile that it was stopped on purpose."""
        self.to_client: list[bytes] = []
        """The lines that the client gets first."""

    def run(self) -> "list[bytes]":
        """Introduce the client; returns the requests to repeat. Raises FailoverFailed, OSError."""
        state = self._state
        unanswered = [request.line for request in state.open.values()]
        if state.initialize is None:
            return [*unanswered, *filter(None, (state.initialized,))]
        from json import loads

        hello = loads(state.initialize)
        opted_out = _opted_out(hello)
        if "item/completed" not in opted_out:
            state.items.mark_lost()
        turn_ends = TURN_ENDS.decode()
        state.hides_turn_ends = state.items.are_lost and turn_ends in opted_out
        if state.hides_turn_ends:  # this process needs them to end the lost items
            opted_out[:] = (name for name in opted_out if name != turn_ends)
        self._send(_json(hello) if state.hides_turn_ends else state.initialize)
        _result(self._answer(hello["id"]), "initialize")
        if state.initialized is not None:
            self._send(state.initialized)
        self._follow_again()
        self._catch_up()
        return unanswered

    @property
    def rest(self) -> bytes:
        """The bytes after the last line read."""
        return bytes(self._received)

    def _follow_again(self) -> None:
        """Follow the threads again; the client is notified of a thread that no longer exists."""
        threads = list(self._state.followed)
        for first in range(0, len(threads), AT_A_TIME):
            batch = [
                {"threadId": thread_id, "excludeTurns": True}
                for thread_id in threads[first : first + AT_A_TIME]
            ]
            sent = [(self._ask(RESUME, params), params) for params in batch]
            for request, params in sent:
                if "error" in self._answer_to(request, RESUME, params):
                    closed = {"threadId": params["threadId"]}
                    self._state.followed.pop(str(params["threadId"]), None)
                    self.to_client.append(self._state.notice("thread/closed", closed))

    def _catch_up(self) -> None:
        params = self._state.resume_params
        if not params:
            return
        if not self._state.follows_all:
            params["followedOnly"] = True
        answer = self._answer_to(self._ask(SUBSCRIBE, params), SUBSCRIBE, params)
        result = _result(answer, SUBSCRIBE)
        if result.get("complete") is not True:
            message = f"events of the change of hosts are missing: {result.get('reason')}"
            self.to_client.append(self._state.notice("warning", {"message": message}))

    def _ask(self, method: str, params: "dict[str, Any]") -> str:
        self._numbers += 1
        request = f"{OURS}{self._numbers}"
        self._send(_json({"id": request, "method": method, "params": params}))
        return request

    def _answer_to(
        self, request: object, method: str, params: "dict[str, Any]"
    ) -> "dict[str, Any]":
        """The final answer: the request is repeated while the host is overloaded."""
        answer = self._answer(request)
        while answer.get("error", {}).get("code") == OVERLOADED:
            sleep(PAUSE_S)
            answer = self._answer(self._ask(method, params))
        return answer

    def _answer(self, id: object) -> "dict[str, Any]":
        """The answer to a request, in any order; the host's requests are kept for the client."""
        from json import loads

        while id not in self._answers:
            line = self._line()
            if line.startswith(MARK):
                self.was_stopped |= line == STOPPED
                self._state.note_mark(line)
            if is_notification(line) or line.startswith(MARK):
                continue
            message = loads(line)
            if "method" not in message:
                self._answers[message["id"]] = message
            else:
                self.to_client.append(line)
        return self._answers.pop(id)

    def _send(self, line: bytes) -> None:
        unsent = memoryview(line + b"\n")
        while unsent:
            self._wait((), (self._host,))
            unsent = unsent[self._host.send(unsent[:CHUNK_BYTES]) :]

    def _line(self) -> bytes:
        while (end := self._received.find(b"\n")) < 0:
            self._wait((self._host,), ())
            chunk = self._host.recv(CHUNK_BYTES)
            if not chunk or len(self._received) > LINE_BYTES_MAX:
                raise ConnectionResetError
            self._received += chunk
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        return line

    def _wait(self, reads: "tuple[socket, ...]", writes: "tuple[socket, ...]") -> None:
        remaining_s = self._until_s - monotonic()
        if remaining_s <= 0 or not any(select.select(reads, writes, (), remaining_s)):
            raise FailoverFailed(f"the new host did not answer within {AFTER_ELECTION_S} s")


def _opted_out(hello: "dict[str, Any]") -> "list[str]":
    """The list, in the client's `initialize`, of the notifications that the client opted out of."""
    capabilities = params_of(hello, "clientInfo", "capabilities").get("capabilities") or {}
    return capabilities.get("optOutNotificationMethods") or []


def _result(answer: "dict[str, Any]", method: str) -> "dict[str, Any]":
    if "result" not in answer:
        raise FailoverFailed(f"the new host refuses {method}: {answer.get('error')}")
    result: dict[str, Any] = answer["result"]
    return result


def _json(message: "dict[str, Any]") -> bytes:
    from json import dumps

    return dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
