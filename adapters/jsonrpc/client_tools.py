"""Calls that clients answer: which clients are asked, in which order, and the result."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from pydantic import ValidationError

from threadhost.actors.answers import text_result
from threadhost.actors.ports import ElicitationAnswer, ToolCall, ToolResult
from threadhost.actors.runtime.tasks import cancel_and_wait
from threadhost.adapters.jsonrpc.errors import METHOD_UNSUPPORTED, excerpt, invalid_params_message
from threadhost.adapters.jsonrpc.server_requests import ClientRefused, NotAnswered

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.hub import Hub
    from threadhost.adapters.jsonrpc.models.base import Params

TOOL_CALL = "item/tool/call"
T = TypeVar("T")
USER_INPUT = "item/tool/requestUserInput"
ELICITATION = "mcpServer/elicitation/request"
logger = logging.getLogger("threadhost.session")


class Answerer(Protocol):
    """A connection that the host may send requests to."""

    @property
    def is_experimental(self) -> bool:
        """Whether its client supports such requests."""

    @property
    def principal(self) -> str:
        """The principal of the connection."""

    async def ask(
        self, thread_id: str, method: str, params: "Params", correlation_id: str
    ) -> object:
        """The client's answer. Raises ClientRefused or NotAnswered; cancelling withdraws it."""


class ClientTools:
    """Sends calls and questions to the followers of a thread that use the experimental API.

    A tool call goes to one client at a time, since running it twice could do harm: first to the
    client whose request caused the turn, then in the order in which they followed. The next client
    is asked only if the one before is gone or does not support the request. A question goes to all
    clients at once, also to those that follow later, and the first answer counts.
    """

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub

    async def call(self, call: ToolCall) -> ToolResult:
        """The result of the tool, from one of the clients."""
        from threadhost.adapters.jsonrpc.models.server_requests import DynamicToolCallParams

        params = DynamicToolCallParams(
            thread_id=call.thread_id,
            turn_id=call.turn_id,
            call_id=call.call_id,
            namespace=call.namespace,
            tool=call.tool,
            arguments=call.arguments,
        )
        asked_clients: set[Answerer] = set()
        failure, reached = "no client is connected that can answer", False
        while (client := self._next_client(call, asked_clients)) is not None:
            asked_clients.add(client)
            try:
                answer = await client.ask(
                    call.thread_id, TOOL_CALL, params, call.origin.correlation_id
                )
                return _tool_result(answer)._replace(by=client.principal)
            except NotAnswered as error:
                failure, reached = str(error), True
            except ClientRefused as refused:
                failure = excerpt(str(refused))
                if refused.code != METHOD_UNSUPPORTED:
                    return _failed(failure)
        return _failed(failure, reached=reached)

    async def ask_user(self, call: ToolCall) -> ToolResult:
        """The user's answers, from the first client that sends them."""
        answers = await self._first_of_all(call, lambda client: self._ask_user(client, call))
        failure = "the user could not be asked, or did not answer"
        return answers or text_result(failure, success=False, reached=False)

    async def elicit(self, call: ToolCall, request: dict[str, Any]) -> ElicitationAnswer:
        """The user's answer to an elicitation of a call, from the first client that sends one."""
        answer = await self._first_of_all(call, lambda client: self._elicit(client, call, request))
        return answer or ElicitationAnswer("unreached")

    async def _first_of_all(
        self, call: ToolCall, ask: Callable[[Answerer], Coroutine[Any, Any, T | None]]
    ) -> T | None:
        """The first answer of any client, also of one that follows later; None without any."""
        asking: set[asyncio.Task[T | None]] = set()
        asked_clients: set[Answerer] = set()
        with self._hub.followers.joins.watching(call.thread_id) as joined:
            try:
                while (client := self._next_client(call, asked_clients)) is not None or asking:
                    if client is not None:
                        asked_clients.add(client)
                        asking.add(_task(ask(client)))
                        continue
                    joined.clear()
                    answers = await _first(asking, joined)
                    if answers is not None:
                        return answers
            finally:
                await cancel_and_wait(asking)
        return None

    async def _ask_user(self, client: Answerer, call: ToolCall) -> ToolResult | None:
        from threadhost.adapters.jsonrpc.models import server_requests as models

        params = models.ToolRequestUserInputParams(
            thread_id=call.thread_id,
            turn_id=call.turn_id,
            item_id=call.call_id,
            questions=[
                models.ToolRequestUserInputQuestion.from_wire(question)
                for question in call.questions
            ],
            is_blocking=True,
        )
        try:
            answer = await client.ask(
                call.thread_id, USER_INPUT, params, call.origin.correlation_id
            )
            answers = models.ToolRequestUserInputResponse.from_wire(answer).encode().decode()
            return text_result(answers, success=True)._replace(by=client.principal)
        except (ClientRefused, NotAnswered, ValidationError) as error:
            reason = type(error).__name__
            logger.debug("%s did not answer the user's questions: %s", client.principal, reason)
            return None

    async def _elicit(
        self, client: Answerer, call: ToolCall, request: dict[str, Any]
    ) -> ElicitationAnswer | None:
        from threadhost.adapters.jsonrpc.models import elicitation as models

        params = models.McpServerElicitationRequestParams.from_wire(
            {"threadId": call.thread_id, "turnId": call.turn_id, **request}
        )
        try:
            answer = await client.ask(
                call.thread_id, ELICITATION, params, call.origin.correlation_id
            )
            response = models.McpServerElicitationRequestResponse.from_wire(answer)
        except (ClientRefused, NotAnswered, ValidationError) as error:
            reason = type(error).__name__
            logger.debug("%s did not answer an elicitation: %s", client.principal, reason)
            return None
        return ElicitationAnswer(
            response.action,
            response.content if response.action == "accept" else None,
            for_session=response.is_for_session,
            by=client.principal,
        )

    def _next_client(self, call: ToolCall, asked_clients: set[Answerer]) -> Answerer | None:
        return next((client for client in self._able(call) if client not in asked_clients), None)

    def _able(self, call: ToolCall) -> Sequence[Answerer]:
        followers = cast("list[Answerer]", self._hub.followers.of(call.thread_id))
        able = [client for client in followers if client.is_experimental]
        return sorted(able, key=lambda client: client.principal != call.origin.principal)


async def _first(asking: set[asyncio.Task[T | None]], joined: asyncio.Event) -> T | None:
    """Wait for one event: the answer if a client gave one; None if one joined or did not answer."""
    joining = _task(joined.wait())
    try:
        done, _ = await asyncio.wait({*asking, joining}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        joining.cancel()
    finished = asking & done
    asking -= finished
    return next((answers for task in finished if (answers := task.result()) is not None), None)


def _task(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    return asyncio.get_running_loop().create_task(work)


def _tool_result(answer: object) -> ToolResult:
    from threadhost.adapters.jsonrpc.models.server_requests import DynamicToolCallResponse

    try:
        response = DynamicToolCallResponse.from_wire(answer)
    except ValidationError as error:
        fault = invalid_params_message(error).removeprefix("Invalid request: ")
        return text_result(f"dynamic tool response was invalid: {fault}", success=False)
    parts: list[dict[str, Any]] = [
        part.model_dump(mode="json", by_alias=True) for part in response.content_items
    ]
    return ToolResult(parts, response.success)


def _failed(reason: str, *, reached: bool = True) -> ToolResult:
    return text_result(f"dynamic tool request failed: {reason}", success=False, reached=reached)
