"""One client's session: handshake, requests in flight, replies and notifications in order."""

import asyncio
import logging
from collections import deque
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from pydantic_core import to_json

from threadhost.actors.origin import Origin
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.envelope import (
    Answer,
    Malformed,
    Notification,
    Request,
    error_bytes,
    parse,
    result_bytes,
)
from threadhost.adapters.jsonrpc.errors import (
    INVALID_REQUEST,
    METHOD_UNSUPPORTED,
    OVERLOADED,
    RpcError,
)
from threadhost.adapters.jsonrpc.failures import as_rpc_error
from threadhost.adapters.jsonrpc.models.base import Params
from threadhost.adapters.jsonrpc.models.initialize import InitializeParams
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.adapters.jsonrpc.registry import Method
from threadhost.adapters.jsonrpc.replay import Replay
from threadhost.adapters.jsonrpc.scopes import Ticket
from threadhost.adapters.jsonrpc.server_requests import ServerRequest, ServerRequests
from threadhost.adapters.jsonrpc.transports.base import Peer

if TYPE_CHECKING:
    from threadhost.adapters.app import App
    from threadhost.adapters.jsonrpc.models.base import Result

logger = logging.getLogger("threadhost.session")


def _fingerprint(id: str | int) -> str:
    """An id for the record, which stays for ever: of a text, which could say anything, a digest."""
    return str(id) if isinstance(id, int) else sha256(id.encode()).hexdigest()[:16]


def _require_stable(method: Method, params: Params | None) -> None:
    used = params.experimental_use(method.name) if params is not None else None
    if gated := method.name if method.experimental else used:
        raise RpcError(INVALID_REQUEST, f"{gated} requires experimentalApi capability")


class Session:
    """A connection's protocol state; it does no I/O, its outbox is drained by the transport.

    Notifications that a request caused wait until it is answered, and all after them wait with
    them, so that what a client has seen is always a prefix of the log.
    """

    def __init__(self, app: "App", outbox: Outbox, peer: Peer) -> None:
        self.app = app
        self.outbox = outbox
        self.id = app.ids.new()
        self.client: InitializeParams | None = None
        self._peer = peer
        self._opted_out: frozenset[str] = frozenset()
        self._in_flight: dict[str, Method] = {}
        self._ids: set[str | int] = set()
        self._waiting: deque[Notice | ServerRequest] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._replay: Replay | None = None
        self._behind: list[Notice | ServerRequest] = []
        self.asked = ServerRequests(app.settings.limits.server_requests_max)
        self.is_gone = False
        """Whether the peer is gone: nobody has to tell it anything."""

    # -- incoming --

    def receive(self, data: bytes) -> None:
        """Take one message; never raises, never blocks."""
        message = parse(data, self.app.settings.limits)
        if isinstance(message, Request):
            self._request(message)
        elif isinstance(message, Malformed):
            self.refuse(message)
        elif isinstance(message, Notification):
            logger.debug("%s says Notification", self.id)
        elif isinstance(message, Answer) and not self.asked.take(message):
            stray = _fingerprint(message.id)
            logger.debug("%s answers request %s, which nobody waits for", self.id, stray)

    def refuse(self, malformed: Malformed) -> None:
        """Answer what is no message; what it may have been meant to answer has failed."""
        is_answer = self.asked.fail(malformed.answers, malformed.message)
        under = None if is_answer else malformed.id
        self.outbox.send(error_bytes(under, malformed.code, malformed.message))

    async def close(self) -> None:
        """The peer asks nothing more: answer what it asked, as far as that is soon, and end."""
        if self.is_gone:
            return
        self.is_gone = True
        self.app.forget(self)
        self.stop_replay()
        self._behind.clear()
        self.asked.close()
        if self._tasks:
            grace_ms = self.app.settings.limits.close_timeout_ms
            await asyncio.wait(set(self._tasks), timeout=grace_ms / 1000)
        self._waiting.clear()
        self.outbox.close()

    async def finish(self) -> None:
        """Wait until the requests in flight are answered."""
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    def _shake_hands(self, client: InitializeParams) -> None:
        """What is sent from now on need not wait for the reply. Raises RpcError the second time."""
        if self.client is not None:
            raise RpcError(INVALID_REQUEST, "Already initialized")
        self.client = client
        wanted = client.capabilities.opt_out_notification_methods if client.capabilities else None
        self._opted_out = frozenset(wanted or ())

    @property
    def principal(self) -> str:
        """Who acts over this connection, for the record."""
        name = self.client.client_info.name if self.client else "unknown"
        return f"client:{name}/{self._peer.transport}/{self.id}"

    @property
    def identity(self) -> str:
        """Who the client is, however often and from where it connects; its version may change."""
        name = self.client.client_info.name if self.client else ""
        return to_json((self._peer.subject, name)).decode()

    @property
    def is_experimental(self) -> bool:
        """Whether the client said that it knows what is experimental."""
        capabilities = self.client.capabilities if self.client else None
        return capabilities is not None and capabilities.experimental_api

    # -- outgoing --

    async def ask(self, thread_id: str, method: str, params: Params, correlation_id: str) -> object:
        """The client's answer, as JSON. Raises ClientRefused or NotAnswered.

        Cancelling takes the request back; either way the client is told that it is over.
        """
        asked = self.asked.open(method, params, correlation_id)
        try:
            self.hear(asked)
            return await asked.answer
        finally:
            self.asked.forget(asked)
            if asked.is_sent:
                self._tell_resolved(thread_id, asked.id)

    def _tell_resolved(self, thread_id: str, request_id: int) -> None:
        from threadhost.adapters.jsonrpc.models.server_requests import (
            ServerRequestResolvedNotification,
        )

        over = ServerRequestResolvedNotification(thread_id=thread_id, request_id=request_id)
        now_ms, position = self.app.clock.now_ms(), self.app.hub.position
        self.hear(Notice(over, now_ms, position, thread_id, is_fleeting=True))

    def hear(self, notice: Notice | ServerRequest) -> None:
        """Take a notification as it is made.

        While a replay tells of the log, only what is not in the log is kept, for later.
        """
        if self._replay is None:
            self.pass_on(notice)
        elif notice.is_fleeting:
            self._behind.append(notice)

    def hear_ahead(self, notice: Notice) -> None:
        """Take a notification that goes ahead of those that wait, and moves no cursor past them."""
        if not self._waiting:
            self.hear(notice)
        elif self._replay is None:
            waiting = (one.cursor_before for one in self._waiting if isinstance(one, Notice))
            self._waiting.appendleft(notice.at(next(waiting, notice.position)))

    def pass_on(self, notice: Notice | ServerRequest) -> None:
        """Send a notification, unless something ahead of it has to wait."""
        if self._waiting or self._is_held(notice):
            self._waiting.append(notice)
        else:
            self._send(notice)

    def replay(self, replay: Replay) -> None:
        """From here on this connection is told of the log by a replay, until that caught up.

        What waits to be sent and is not in the log comes after it.
        """
        self.stop_replay()
        self._behind = [notice for notice in self._waiting if notice.is_fleeting]
        self._waiting.clear()
        self._replay = replay

    def stop_replay(self) -> None:
        """Hear the log directly again."""
        if self._replay is None:
            return
        self._replay.cancel()
        self._replay = None
        behind, self._behind = self._behind, []
        for notice in behind:
            self.pass_on(notice.at(self.app.hub.position))

    def _send(self, notice: Notice | ServerRequest) -> None:
        if isinstance(notice, ServerRequest):
            if not notice.answer.done():
                notice.is_sent = True
                self.outbox.send(notice.encode())
            return
        if notice.is_experimental and not self.is_experimental:
            return
        if notice.method not in self._opted_out:
            self.outbox.send(notice.encode())

    def _is_held(self, notice: Notice | ServerRequest) -> bool:
        method = self._in_flight.get(notice.correlation_id)
        return method is not None and (method.holds == "all" or notice.kind in method.holds)

    def _let_go(self) -> None:
        while self._waiting and not self._is_held(self._waiting[0]):
            self._send(self._waiting.popleft())

    # -- requests --

    def _request(self, request: Request) -> None:
        try:
            method, params = self._admitted(request)
        except RpcError as refused:
            self.outbox.send(error_bytes(request.id, refused.code, refused.message, refused.data))
            return
        scope = method.scope_of(params)
        ticket = self.app.scopes.enter(scope) if scope is not None else None
        origin = Origin(
            self.principal, self.app.ids.new(), f"request:{self.id}:{_fingerprint(request.id)}"
        )
        self._ids.add(request.id)
        self._in_flight[origin.correlation_id] = method
        task = asyncio.get_running_loop().create_task(
            self._answer(request, method, params, ticket, origin)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _admitted(self, request: Request) -> tuple[Method, Params | None]:
        method = self.app.registry.get(request.method)
        if method is None:
            raise self._not_offered(request.method)
        params = method.read(request.params)
        if self.client is None and method.name != "initialize":
            raise RpcError(INVALID_REQUEST, "Not initialized")
        if not self.is_experimental:
            _require_stable(method, params)
        if request.id in self._ids:
            raise RpcError(INVALID_REQUEST, f"request id {request.id!r} is already in flight")
        if len(self._ids) >= self.app.settings.limits.in_flight_requests_max:
            raise RpcError(OVERLOADED, "Server overloaded; retry later.")
        if isinstance(params, InitializeParams):
            self._shake_hands(params)
        return method, params

    def _not_offered(self, name: str) -> RpcError:
        from threadhost.adapters.jsonrpc.not_offered import NOT_OFFERED

        if name not in NOT_OFFERED:
            return RpcError(INVALID_REQUEST, self.app.registry.unknown(name))
        if self.client is None:
            return RpcError(INVALID_REQUEST, "Not initialized")
        reason = f"{name} is not offered by this host: {NOT_OFFERED[name]}"
        return RpcError(METHOD_UNSUPPORTED, reason)

    async def _answer(
        self,
        request: Request,
        method: Method,
        params: Params | None,
        ticket: Ticket | None,
        origin: Origin,
    ) -> None:
        call = Call(self.app, self, origin)
        try:
            if ticket is None:
                result = await method.handler(params, call)
            else:
                async with ticket:
                    result = await method.handler(params, call)
            answer = result_bytes(request.id, cast("Result", result).encode())
        except Exception as error:  # noqa: BLE001  (every request gets its answer)
            self._end(request, origin)
            self._refuse(request, method, error)
            return
        self.outbox.send(answer)
        self._end(request, origin)
        if self._replay is not None:
            self._replay.begin()

    def _refuse(self, request: Request, method: Method, error: Exception) -> None:
        # Not where it was caught: a local there would keep the error, and with it the request,
        # in a cycle until the next full garbage collection.
        failed = as_rpc_error(error, method.name)
        self.outbox.send(error_bytes(request.id, failed.code, failed.message, failed.data))

    def _end(self, request: Request, origin: Origin) -> None:
        self._ids.discard(request.id)
        del self._in_flight[origin.correlation_id]
        self._let_go()
