"""The methods of the protocol as methods of a Python client."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, Self
from weakref import WeakValueDictionary

from threadhost.adapters.client.errors import ClientError, ConnectionClosed
from threadhost.adapters.client.link import Link
from threadhost.adapters.client.notes import Notes
from threadhost.adapters.client.stored import Input, StoredThreadsClient, given, parts
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.adapters.jsonrpc.models.elicitation import (
    McpServerElicitationRequestParams,
    McpServerElicitationRequestResponse,
)
from threadhost.adapters.jsonrpc.models.host_events import EventsSubscribeResponse
from threadhost.adapters.jsonrpc.models.host_preview import PreviewDeleteResponse
from threadhost.adapters.jsonrpc.models.host_stats import StatsReadResponse
from threadhost.adapters.jsonrpc.models.server_requests import (
    DynamicToolCallParams,
    DynamicToolCallResponse,
    ToolRequestUserInputParams,
)
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.adapters.jsonrpc.models.thread_change import (
    ThreadUnsubscribeResponse,
    ThreadUnsubscribeStatus,
)
from threadhost.adapters.jsonrpc.models.thread_list import ThreadListResponse
from threadhost.adapters.jsonrpc.models.thread_read import ThreadReadResponse
from threadhost.adapters.jsonrpc.models.thread_start import ThreadStartResponse
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.turn_start import TurnStartResponse

Dial = Callable[[], Awaitable[Link]]
ElicitationHandler = Callable[
    [McpServerElicitationRequestParams],
    Awaitable[Literal["accept", "decline", "cancel"] | McpServerElicitationRequestResponse],
]
ToolHandler = Callable[[DynamicToolCallParams], Awaitable[str | DynamicToolCallResponse]]
QuestionHandler = Callable[[ToolRequestUserInputParams], Awaitable[Mapping[str, Sequence[str]]]]
AHEAD_OF_ANY_LOG = 2**53 - 1


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """An ended turn: the turn as the host reported it, and the last message of the model."""

    turn: Turn
    text: str


class Client(StoredThreadsClient):
    """A connection with a method for each of the host's; use it as a context or `close` it.

    Every method raises RpcError if the host refuses, and ConnectionClosed if the connection ended.
    """

    def __init__(self, link: Link, dial: Dial, name: str, version: str) -> None:
        super().__init__(link, name, version)
        self._dial = dial
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Each is held while a turn of the thread runs."""

    async def __aenter__(self) -> Self:
        await self.ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start_thread(  # noqa: PLR0913  (an argument for each parameter of the method)
        self,
        *,
        cwd: str | None = None,
        model: str | None = None,
        parent_thread_id: str | None = None,
        ephemeral: bool | None = None,
        base_instructions: str | None = None,
        developer_instructions: str | None = None,
        dynamic_tools: Sequence[dict[str, Any]] | None = None,
        approval_policy: str | dict[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Thread:
        """Start a thread, alone or below a parent, and follow it.

        A client that offers `dynamic_tools` must answer their calls, see `answer_tool_calls`.
        """
        response = await self._ask(
            ThreadStartResponse,
            "thread/start",
            cwd=cwd,
            model=model,
            parentThreadId=parent_thread_id,
            ephemeral=ephemeral,
            baseInstructions=base_instructions,
            developerInstructions=developer_instructions,
            dynamicTools=None if dynamic_tools is None else list(dynamic_tools),
            approvalPolicy=approval_policy,
            idempotencyKey=idempotency_key,
        )
        self._followed.add(response.thread.id)
        return response.thread

    async def read_thread(self, thread_id: str, *, include_turns: bool = False) -> Thread:
        """A thread, loaded or stored."""
        params = {"threadId": thread_id, "includeTurns": include_turns}
        return (await self._ask(ThreadReadResponse, "thread/read", **params)).thread

    async def list_threads(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        sort_key: Literal["created_at", "updated_at", "recency_at"] | None = None,
        sort_direction: Literal["asc", "desc"] | None = None,
        parent_thread_id: str | None = None,
        ancestor_thread_id: str | None = None,
        search_term: str | None = None,
        cwd: str | list[str] | None = None,
    ) -> ThreadListResponse:
        """One page of the stored threads that had a turn; `next_cursor` leads to the next."""
        return await self._ask(
            ThreadListResponse,
            "thread/list",
            cursor=cursor,
            limit=limit,
            sortKey=sort_key,
            sortDirection=sort_direction,
            parentThreadId=parent_thread_id,
            ancestorThreadId=ancestor_thread_id,
            searchTerm=search_term,
            cwd=cwd,
        )

    async def loaded_threads(self) -> list[str]:
        """The ids of all live threads."""
        thread_ids: list[str] = (await self.call("thread/loaded/list", {}))["data"]
        return thread_ids

    async def set_name(
        self, thread_id: str, name: str, *, idempotency_key: str | None = None
    ) -> None:
        """Rename a thread."""
        params = given(threadId=thread_id, name=name, idempotencyKey=idempotency_key)
        await self.call("thread/name/set", params)

    async def unsubscribe(self, thread_id: str) -> ThreadUnsubscribeStatus:
        """Stop following a thread's turns."""
        response = await self._ask(
            ThreadUnsubscribeResponse, "thread/unsubscribe", threadId=thread_id
        )
        self._followed.discard(thread_id)
        return response.status

    async def start_turn(
        self,
        thread_id: str,
        input: Input,
        *,
        model: str | None = None,
        output_schema: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Turn:
        """Start a turn, or add input to the running one; returns at once."""
        response = await self._ask(
            TurnStartResponse,
            "turn/start",
            threadId=thread_id,
            input=parts(input),
            model=model,
            outputSchema=output_schema,
            idempotencyKey=idempotency_key,
        )
        return response.turn

    async def run_turn(self, thread_id: str, input: Input, *, model: str | None = None) -> TurnEnd:
        """Start a turn and wait until it ended: completed, failed or interrupted.

        Concurrent calls of this client for one thread run one after the other, and each gets its
        own answer. Cancelling the call interrupts its turn.
        """
        of_thread = self._turns.setdefault(thread_id, asyncio.Lock())
        async with of_thread, self._turn_notes(thread_id) as notes:
            starting = asyncio.ensure_future(self.start_turn(thread_id, input, model=model))
            try:
                turn = await asyncio.shield(starting)
                async for note in notes:
                    if note.params["turn"]["id"] == turn.id:
                        ended = note.params["turn"]
                        return TurnEnd(Turn.from_wire(ended), _text(ended))
            except asyncio.CancelledError:
                with suppress(RpcError, ClientError):  # the turn may be over, and so may the host
                    await self.interrupt_turn(thread_id, (await starting).id)
                raise
        raise ConnectionClosed("the host ended the connection before the turn ended")

    async def interrupt_turn(self, thread_id: str, turn_id: str) -> None:
        """Interrupt the running turn."""
        await self.call("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})

    async def preview_delete(self, thread_id: str) -> PreviewDeleteResponse:
        """Preview the deletion of a thread and all below it; changes nothing."""
        return await self._ask(
            PreviewDeleteResponse, "host/thread/previewDelete", threadId=thread_id
        )

    async def delete_thread(self, thread_id: str, *, idempotency_key: str | None = None) -> None:
        """Delete a thread and all below it; the deletion is complete when this returns."""
        params = given(threadId=thread_id, idempotencyKey=idempotency_key)
        await self.call("thread/delete", params)

    async def subscribe_events(
        self, after_position: int | None = None, *, after_cursor: str | None = None
    ) -> EventsSubscribeResponse:
        """Follow all threads: first the notifications after a place, then each as it happens.

        Give one of the two places; the answer says if a cursor is from another log, or from a copy.
        The replay begins after this returns; call `notifications` before.
        """
        after = given(afterPosition=after_position, afterCursor=after_cursor)
        return await self._ask(EventsSubscribeResponse, "host/events/subscribe", **after)

    async def unsubscribe_events(self) -> None:
        """Follow only the followed threads again."""
        await self.call("host/events/unsubscribe", {})

    async def read_stats(self) -> StatsReadResponse:
        """The host's statistics of this moment."""
        return await self._ask(StatsReadResponse, "host/stats/read")

    def answer_tool_calls(self, handler: ToolHandler) -> None:
        """Answer calls of the tools that this client's threads offer; a text is a success."""

        async def answered(params: dict[str, Any]) -> dict[str, Any]:
            answer = await handler(DynamicToolCallParams.from_wire(params))
            if isinstance(answer, str):
                part = {"type": "inputText", "text": answer}
                return {"contentItems": [part], "success": True}
            return answer.model_dump(mode="json", by_alias=True)

        self.answer("item/tool/call", answered)

    def answer_questions(self, handler: QuestionHandler) -> None:
        """Answer a model's questions to the user: for each id of a question, its answer."""

        async def answered(params: dict[str, Any]) -> dict[str, Any]:
            answer = await handler(ToolRequestUserInputParams.from_wire(params))
            return {"answers": {key: {"answers": list(answer[key])} for key in answer}}

        self.answer("item/tool/requestUserInput", answered)

    def answer_elicitations(self, handler: ElicitationHandler) -> None:
        """Answer whether a call may be made, and questions of MCP servers: in a word or in full."""

        async def answered(params: dict[str, Any]) -> dict[str, Any]:
            answer = await handler(McpServerElicitationRequestParams.from_wire(params))
            if isinstance(answer, str):
                return {"action": answer}
            return answer.model_dump(mode="json", by_alias=True)

        self.answer("mcpServer/elicitation/request", answered)

    @asynccontextmanager
    async def _turn_notes(self, thread_id: str) -> AsyncIterator[Notes]:
        """The ends of a thread's turns, even if this connection does not follow the thread."""
        if thread_id in self._followed:
            yield self.notifications("turn/completed", thread_id=thread_id)
            return
        async with Client(await self._dial(), self._dial, "watcher", "0") as watcher:
            newest = await watcher.subscribe_events(AHEAD_OF_ANY_LOG)
            notes = watcher.notifications("turn/completed", thread_id=thread_id)
            await watcher.subscribe_events(newest.position)
            yield notes


def _text(turn: dict[str, Any]) -> str:
    texts = [item["text"] for item in turn["items"] if item["type"] == "agentMessage"]
    return str(texts[-1]) if texts else ""
