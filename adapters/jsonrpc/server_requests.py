"""The requests of this host that one client has not answered yet."""

import asyncio
from itertools import count

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.envelope import Answer, request_bytes
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST
from threadhost.adapters.jsonrpc.outline import Id, integer_id


class NotAnswered(Exception):
    """The client cannot be asked or is gone; the message says which."""


class ClientRefused(Exception):
    """The client answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class ServerRequest:
    """A request to one client, sent in order with its notifications."""

    __slots__ = ("_message", "answer", "correlation_id", "id", "is_sent", "method")
    kind = ""
    is_fleeting = True

    def __init__(self, id: int, method: str, params: bytes, correlation_id: str) -> None:
        self.id = id
        self.method = method
        self.correlation_id = correlation_id
        self.is_sent = False
        self.answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._message = request_bytes(id, method, params)

    @property
    def size_bytes(self) -> int:
        """The size of the message."""
        return len(self._message)

    def at(self, position: int) -> "ServerRequest":
        """This request itself: a request has no cursor."""
        return self

    def encode(self, bytes_max: int) -> bytes:
        """The message, whatever its size."""
        return self._message

    def sends(self, bytes_max: int) -> bool:
        """Whether to send it, since its caller still waits; one that is too large fails."""
        size = len(self.encode(bytes_max))
        if size > bytes_max:
            self.fail(f"the request has {size} bytes, and a message at most {bytes_max}")
        self.is_sent = not self.answer.done()
        return self.is_sent

    def fail(self, reason: str) -> None:
        """Fail a request that cannot be sent: the waiting caller gets NotAnswered."""
        if not self.answer.done():
            self.answer.set_exception(NotAnswered(reason))


class ServerRequests:
    """The open requests of one connection, by id; an id is never used twice on it."""

    def __init__(self, limits: Limits, newest: int = 0) -> None:
        self._open_max = limits.server_requests_max
        self._bytes_max = limits.outbox_bytes_max
        self._open: dict[int, ServerRequest] = {}
        self._open_bytes = 0
        self._numbers = count(newest + 1)
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._open)

    def open(self, method: str, params: bytes, correlation_id: str) -> ServerRequest:
        """Make a request that is to be sent; its params are JSON. Raises NotAnswered."""
        if self._is_closed:
            raise NotAnswered("the client disconnected")
        if len(self._open) >= self._open_max:
            raise NotAnswered(f"the client has {self._open_max} requests to answer already")
        request = ServerRequest(next(self._numbers), method, params, correlation_id)
        size = request.size_bytes
        if self._open and self._open_bytes + size > self._bytes_max:
            raise NotAnswered(
                f"the client has {self._open_bytes} bytes of requests to answer already"
            )
        self._open[request.id] = request
        self._open_bytes += size
        return request

    def take(self, answer: Answer) -> bool:
        """Give an answer to the waiting caller; False if no request waits for it."""
        request = self._awaited(answer.id)
        if request is None:
            return False
        if answer.error is None:
            request.answer.set_result(answer.result)
        else:
            code, message = answer.error.get("code"), answer.error.get("message")
            refused = ClientRefused(code if type(code) is int else 0, str(message or "no reason"))
            request.answer.set_exception(refused)
        return True

    def fail(self, id: Id | None, fault: str) -> bool:
        """Fail the request of a malformed answer with ClientRefused; False if none waits for it."""
        request = self._awaited(integer_id(id))
        if request is None:
            return False
        malformed = f"the client's answer is malformed: {fault}"
        request.answer.set_exception(ClientRefused(INVALID_REQUEST, malformed))
        return True

    def awaits(self, id: Id | None) -> bool:
        """Whether a request with exactly this id was sent and not answered."""
        return self._awaited(id) is not None

    def _awaited(self, id: Id | None) -> ServerRequest | None:
        """The request of this id, sent and not answered; `1.0` and `"1"` are not 1."""
        request = self._open.get(id) if type(id) is int else None
        return None if request is None or not request.is_sent or request.answer.done() else request

    def forget(self, request: ServerRequest) -> None:
        """Remove a request that no caller waits for any more."""
        if self._open.pop(request.id, None) is not None:
            self._open_bytes -= request.size_bytes
        if not request.answer.cancel() and not request.answer.cancelled():
            request.answer.exception()  # mark as retrieved: the caller may be gone

    def close(self) -> None:
        """Fail all open requests, and all new ones: the client is gone."""
        self._is_closed = True
        for request in self._open.values():
            if not request.answer.done():
                request.answer.set_exception(NotAnswered("the client disconnected"))
