"""One client's session: handshake, requests in flight, replies and notifications in order."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from pydantic_core import to_json

from threadhost.actors.origin import Origin
from threadhost.adapters.jsonrpc.backlog import AdmittedRequest, Backlog
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.cancelling import CancelKey, Cancellable, ending_early
from threadhost.adapters.jsonrpc.client_profile import UNKNOWN_CLIENT, ClientProfile, fingerprint
from threadhost.adapters.jsonrpc.delivery import Delivery, Outgoing
from threadhost.adapters.jsonrpc.envelope import (
    Answer,
    Malformed,
    Notification,
    Request,
    error_bytes,
)
from threadhost.adapters.jsonrpc.errors import (
    INVALID_REQUEST,
    METHOD_UNSUPPORTED,
    RpcError,
    refusal,
)
from threadhost.adapters.jsonrpc.failures import as_rpc_error, is_recorded
from threadhost.adapters.jsonrpc.json_faults import NO_MESSAGE
from threadhost.adapters.jsonrpc.large_answers import message_of
from threadhost.adapters.jsonrpc.message_reader import MessageReader, ParsedMessage
from threadhost.adapters.jsonrpc.models.base import Params
from threadhost.adapters.jsonrpc.models.ids import thread_id as canonical
from threadhost.adapters.jsonrpc.models.initialize import InitializeParams
from threadhost.adapters.jsonrpc.open_requests import OpenRequests
from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.adapters.jsonrpc.outline import integer_id
from threadhost.adapters.jsonrpc.presence import Presence
from threadhost.adapters.jsonrpc.registry import Method
from threadhost.adapters.jsonrpc.scopes import Ticket, in_turn
from threadhost.adapters.jsonrpc.server_requests import ServerRequest, ServerRequests
from threadhost.adapters.jsonrpc.transports.base import Peer
from threadhost.events.bounds import is_large
from threadhost.events.causes import by_request
from threadhost.events.client import RequestRefused

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.catch_up import CatchUp
    from threadhost.adapters.jsonrpc.context import HostContext
    from threadhost.adapters.jsonrpc.models.base import Result
    from threadhost.adapters.jsonrpc.notice import Notice
    from threadhost.adapters.stats import ConnectionStats

logger = logging.getLogger("threadhost.session")


def _require_stable(method: Method, params: Params | None) -> None:
    experimental_field = params.experimental_use(method.name) if params is not None else None
    if gated := method.name if method.experimental else experimental_field:
        raise refusal("experimentalApiRequired", f"{gated} requires experimentalApi capability")


class Session:
    """A connection's protocol state; it does no I/O, the transport drains its outbox.

    No further request begins while the outbox is above its high-water mark, until it is drained.
    """

    def __init__(
        self,
        app: "HostContext",
        outbox: Outbox,
        peer: Peer,
        on_gone: Callable[["Session"], None],
    ) -> None:
        self.app = app
        self.outbox = outbox
        self.id = app.ids.new()
        self.who = UNKNOWN_CLIENT
        self._peer, self.folder = peer, peer.folder
        self._on_gone = on_gone
        self.presence = Presence(app, self.id, peer)
        self._in_flight: dict[str, Method] = {}
        self._open = OpenRequests(app.settings.limits, app.in_flight)
        self._resuming: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        limits = app.settings.limits
        self._backlog = Backlog(
            limits.large_answers_max, app.starts, self._begin, self._is_kept_waiting
        )
        self._reader = MessageReader(app.registry, limits, app.off_loop, self._take)
        self.delivery = Delivery(app, self, self._is_wanted, self._is_held, self._catch_up)
        self.deliver: Callable[[Notice], None] = self.delivery.deliver
        """Deliver a new notification."""
        self.pass_on: Callable[[Notice], None] = self.delivery.pass_on
        """Send a notification, or queue it behind those that wait."""
        self.stop_catch_up: Callable[[], None] = self.delivery.stop_catch_up
        """End a catch-up that reached the end of the log, and deliver live again."""
        self.asked = ServerRequests(limits, peer.newest_asked)
        self.cancellable = Cancellable()
        self.is_gone = False
        """Whether the peer is gone, and gets nothing more."""

    # -- incoming --

    def receive(self, data: bytes) -> asyncio.Future[None] | None:
        """Take one message; never raises, never blocks.

        While a large message is read it returns a future, which is done once that message and all
        that arrived meanwhile are read.
        """
        return self._reader.receive(data)

    def _take(self, read: ParsedMessage) -> None:
        message = read.message
        if isinstance(message, Request):
            self._request(message, read)
        elif isinstance(message, Malformed):
            self.refuse(message)
        elif isinstance(message, Notification):
            logger.debug("%s says Notification", self.id)
        elif isinstance(message, Answer) and not self.asked.take(message):
            self._stray(message)

    def _stray(self, answer: Answer) -> None:
        """Log an answer to no open request; if its id is an open one as a text, that one fails."""
        if self.asked.awaits(answered_id := integer_id(answer.id)):
            form = f"the integer {answered_id}, not a string"
            fault = f"Invalid request: `id` of this answer must be {form}"
            self.refuse(Malformed(None, INVALID_REQUEST, NO_MESSAGE, fault, answered_id))
            return
        stray = fingerprint(answer.id)
        logger.debug("%s answers request %s, which is not open", self.id, stray)

    def refuse(self, malformed: Malformed) -> None:
        """Send the error for a malformed message; a request that it may answer fails."""
        is_answer = self.asked.fail(malformed.answers, malformed.message)
        request_id = None if is_answer else malformed.id
        self.outbox.send(malformed.answer(request_id))

    async def close(self) -> None:
        """End the session: wait up to `close_timeout_ms` for the answers to the peer's requests."""
        if self.is_gone:
            return
        self.is_gone = True
        self.presence.end()
        self.app.hub.followers.leave(self)
        self._on_gone(self)
        self.delivery.stop_catch_up()
        self.asked.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.app.settings.limits.close_timeout_ms / 1000):
                await self._all_answered()
        self._reader.close()
        for admitted in self._backlog.clear():
            self._open.close(admitted.request.id)
        self.delivery.close()
        self.outbox.close()

    async def _all_answered(self) -> None:
        while under_way := {*self._tasks, *filter(None, (self._reader.reading, self._resuming))}:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)

    async def finish(self) -> None:
        """Wait until all received messages are read, and the requests in flight are answered."""
        if self._reader.reading is not None:
            await asyncio.wait([self._reader.reading])
        while self._tasks:
            await asyncio.wait(set(self._tasks), return_when=asyncio.FIRST_COMPLETED)

    def stats(self) -> "ConnectionStats":
        """The counts of this connection."""
        from threadhost.adapters.stats import ConnectionStats

        requests = len(self._in_flight), len(self._backlog), len(self.asked)
        unread = self.outbox.pending_messages, self.outbox.load_bytes
        connection = self.id, self.is_initialized, self.delivery.is_behind
        return ConnectionStats(*connection, *requests, self.delivery.waiting, *unread)

    @property
    def is_initialized(self) -> bool:
        """Whether the client has sent `initialize`."""
        return self.who is not UNKNOWN_CLIENT

    @property
    def principal(self) -> str:
        """The principal of this connection in the log."""
        return f"client:{self.who.name}/{self._peer.transport}/{self.id}"

    @property
    def identity(self) -> str:
        """The identity of the client, the same over all its connections, places and versions."""
        return to_json((self._peer.subject, self.who.name)).decode()

    @property
    def is_experimental(self) -> bool:
        """Whether the client asked for the experimental API."""
        return self.who.is_experimental

    # -- outgoing --

    async def ask(self, thread_id: str, method: str, params: Params, correlation_id: str) -> object:
        """The client's answer, as JSON. Raises ClientRefused or NotAnswered.

        Cancelling withdraws the request. A client that got it is always notified of its end.
        """
        if is_large((params,)):
            encoded = await self.app.off_loop.run(params.encode_in_steps)
        else:
            encoded = params.encode()
        request = self.asked.open(method, encoded, correlation_id)
        try:
            self.delivery.deliver(request)
            return await request.answer
        finally:
            self.asked.forget(request)
            if request.is_sent:
                self._notify_resolved(thread_id, request.id)

    def _notify_resolved(self, thread_id: str, request_id: int) -> None:
        from threadhost.adapters.jsonrpc.models.server_requests import (
            ServerRequestResolvedNotification,
        )

        resolved = ServerRequestResolvedNotification(thread_id=thread_id, request_id=request_id)
        self.delivery.deliver(self.app.hub.notice(resolved, thread_id, is_fleeting=True))

    def note_following(self, thread_id: str, *, on: bool) -> None:
        """Mark for a joining process that its client follows a thread, or no longer."""
        if self._peer.marks and not self.is_gone:
            cursor = self.app.cursors.at(self.app.hub.position)
            self.outbox.send(self._peer.marks[on] + f"{thread_id} {cursor}".encode())

    def _catch_up(self, after: int) -> "CatchUp":
        from threadhost.adapters.jsonrpc.catch_up import CatchUp

        return CatchUp(self.app, self, after)

    def _is_wanted(self, outgoing: Outgoing) -> bool:
        if isinstance(outgoing, ServerRequest):
            return not outgoing.answer.done()
        client = self.who
        return outgoing.method not in client.opted_out and (
            client.is_experimental or not outgoing.is_experimental
        )

    def _is_held(self, outgoing: Outgoing) -> bool:
        method = self._in_flight.get(outgoing.correlation_id)
        return method is not None and (method.holds == "all" or outgoing.kind in method.holds)

    # -- requests --

    def _request(self, request: Request, read: ParsedMessage) -> None:
        if read.fault is not None:  # not raised: its traceback and this frame would be a cycle
            self._refuse(request, request.method, read.fault)
            return
        try:
            method, params = self._admitted(request, read)
        except Exception as error:  # noqa: BLE001  (every request gets its answer)
            self._refuse(request, request.method, error)
            return
        admitted = AdmittedRequest(request, method, params, self._origin(request))
        if method.is_ahead and not self.outbox.above_high_water:
            self._begin(admitted)
        else:
            self._backlog.add(admitted)

    def _origin(self, request: Request) -> Origin:
        cause = by_request(self.id, fingerprint(request.id), request.method)
        return Origin(self.principal, self.app.ids.new(), cause)

    def _is_kept_waiting(self) -> bool:
        """Whether requests must wait until the client has read its outbox."""
        if self._resuming is None and self.outbox.above_high_water:
            self._resuming = asyncio.get_running_loop().create_task(self._resume())
        return self._resuming is not None

    def cancel(self, requested: CancelKey) -> None:
        """End this request of the client with an error, whether it runs or waits."""
        waiting = self._backlog.take(requested)
        if waiting is None:
            self.cancellable.cancel(requested)
            return
        ended = waiting.method._replace(handler=ending_early(requested), scope=None)
        self._begin(waiting._replace(method=ended))

    async def _resume(self) -> None:
        await self.outbox.drained()
        self._resuming = None
        self._backlog.begin_some()

    def _begin(self, admitted: AdmittedRequest) -> None:
        tickets = self._tickets(admitted)
        self._in_flight[admitted.origin.correlation_id] = admitted.method
        self._backlog.begun(admitted, is_at_work=all(ticket.granted for ticket in tickets))
        task = asyncio.get_running_loop().create_task(self._answer(admitted, tickets))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tickets(self, admitted: AdmittedRequest) -> Sequence[Ticket]:
        """The tickets of a request; a shared read waits only for requests of its own client."""
        scope, method = admitted.method.scope_of(admitted.params), admitted.method
        if scope is None:
            return ()
        enter, of_client = self.app.scopes.enter, scope._replace(key=f"{self.id} {scope.key}")
        ticket = enter(of_client)
        return (ticket,) if scope.shared and method.reads else (ticket, enter(scope))

    def _admitted(self, request: Request, read: ParsedMessage) -> tuple[Method, Params | None]:
        method, params = read.method, read.params
        if method is None:
            raise self._not_offered(request.method)
        if not self.is_initialized and method.name != "initialize":
            raise refusal("notInitialized", "Not initialized")
        if not self.is_experimental:
            _require_stable(method, params)
        if isinstance(params, InitializeParams) and self.is_initialized:
            raise refusal("alreadyInitialized", "Already initialized")
        self._open.open(request.id, read.size_bytes)
        if isinstance(params, InitializeParams):
            # At once: notifications from now on need not wait for the reply.
            self.who = ClientProfile.of(params)
        return method, params

    def _not_offered(self, name: str) -> RpcError:
        from threadhost.adapters.jsonrpc.not_offered import NOT_OFFERED

        if name not in NOT_OFFERED:
            return refusal("unknownMethod", self.app.registry.unknown(name))
        if not self.is_initialized:
            return refusal("notInitialized", "Not initialized")
        words = f"{name} is not offered by this host: {NOT_OFFERED[name]}"
        return refusal("methodNotOffered", words, code=METHOD_UNSUPPORTED)

    async def _answer(self, admitted: AdmittedRequest, tickets: Sequence[Ticket]) -> None:
        request, method, params, origin = admitted
        call = Call(self.app, self, origin, method.name, request.id)
        try:
            async with in_turn(*tickets):
                answer = await self._carry_out(method, params, call)
        except Exception as error:  # noqa: BLE001  (every request gets its answer)
            self._end(admitted)
            self._refuse(request, method.name, error, origin)
            self._note_refusal(method.name, params, error)
            error.__traceback__ = None  # a frame in it may hold the error: a cycle
        else:
            self.outbox.send(answer)
            self._end(admitted)
            self.delivery.begin_catch_up()
        self._backlog.begin_some()

    async def _carry_out(self, method: Method, params: Params | None, call: Call) -> bytes:
        """The answer; raises AccountFull for a large one while unread messages fill the host."""
        if not method.large:
            return await self._message_of(method, params, call)
        async with self.app.large_answers:
            if self.app.waiting.is_full:
                raise self.app.waiting.full()
            return await self._message_of(method, params, call)

    async def _message_of(self, method: Method, params: Params | None, call: Call) -> bytes:
        result = cast("Result", await method.handler(params, call))
        bytes_max = self.app.settings.limits.frame_bytes_max
        return await message_of(call.request_id, method, result, self.app.off_loop, bytes_max)

    def _refuse(
        self, request: Request, method: str, error: Exception, origin: Origin | None = None
    ) -> None:
        # In a function of its own: a local where the error was caught would keep the error and the
        # request in a cycle until the next full garbage collection.
        rpc_error = as_rpc_error(error, method)
        self.outbox.send(error_bytes(request.id, rpc_error.code, rpc_error.message, rpc_error.data))
        imported = self.app.registry.imported(method)
        if imported is not None and is_recorded(imported, error):
            refused = RequestRefused(
                connection_id=self.id, method=method, code=rpc_error.code, reason=rpc_error.reason
            )
            self.app.facts.note(refused, origin or self._origin(request))

    def _note_refusal(self, method: str, params: Params | None, error: Exception) -> None:
        """Note the refusal in the program log of the request's thread, if that is live."""
        try:
            thread_id = canonical(str(getattr(params, "thread_id", "")))
        except ValueError:  # the request names no thread
            return
        if self.app.host.live.get(thread_id) is not None:
            self.app.program_log.refused(thread_id, method, as_rpc_error(error, method).code)

    def _end(self, admitted: AdmittedRequest) -> None:
        self._open.close(admitted.request.id)
        del self._in_flight[admitted.origin.correlation_id]
        self._backlog.over(admitted)
        self.delivery.send_waiting()
