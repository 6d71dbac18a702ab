"""The methods on stored threads as methods of a Python client: history and lifecycle."""

from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from threadhost.adapters.client.connection import Connection
from threadhost.adapters.client.link import Link
from threadhost.adapters.jsonrpc.models.archive import ThreadUnarchiveResponse
from threadhost.adapters.jsonrpc.models.base import Result
from threadhost.adapters.jsonrpc.models.item_list import ThreadItemsListResponse
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.adapters.jsonrpc.models.thread_fork import ThreadForkResponse
from threadhost.adapters.jsonrpc.models.thread_resume import ThreadResumeResponse
from threadhost.adapters.jsonrpc.models.turn_list import ThreadTurnsListResponse

Input = str | Sequence[dict[str, Any]]
"""Input to a thread: text, or the protocol's input parts."""
Direction = Literal["asc", "desc"]
R = TypeVar("R", bound=Result)


class StoredThreadsClient(Connection):
    """Calls that resume stored threads, copy them, archive them and page through them."""

    def __init__(self, link: Link, name: str, version: str) -> None:
        super().__init__(link, name, version)
        self._followed: set[str] = set()

    def _notified(self, message: dict[str, Any]) -> None:
        if message["method"] == "thread/deleted":
            self._followed.discard(message["params"]["threadId"])
        super()._notified(message)

    async def resume_thread(self, thread_id: str, *, model: str | None = None) -> Thread:
        """Activate a stored thread, or join a live one, and follow it; its turns are not read."""
        params = {"threadId": thread_id, "model": model, "excludeTurns": True}
        response = await self._ask(ThreadResumeResponse, "thread/resume", **params)
        self._followed.add(response.thread.id)
        return response.thread

    async def fork_thread(
        self,
        thread_id: str,
        *,
        last_turn_id: str | None = None,
        before_turn_id: str | None = None,
        ephemeral: bool = False,
        idempotency_key: str | None = None,
    ) -> Thread:
        """Copy a thread, whole or up to a turn, into a new one, and follow that."""
        response = await self._ask(
            ThreadForkResponse,
            "thread/fork",
            threadId=thread_id,
            lastTurnId=last_turn_id,
            beforeTurnId=before_turn_id,
            ephemeral=ephemeral,
            excludeTurns=True,
            idempotencyKey=idempotency_key,
        )
        self._followed.add(response.thread.id)
        return response.thread

    async def archive_thread(self, thread_id: str) -> None:
        """Stop and archive a thread and all below it."""
        await self.call("thread/archive", {"threadId": thread_id})

    async def unarchive_thread(self, thread_id: str) -> Thread:
        """Unarchive one thread; threads that were archived with it stay archived."""
        response = await self._ask(ThreadUnarchiveResponse, "thread/unarchive", threadId=thread_id)
        return response.thread

    async def list_turns(
        self,
        thread_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        sort_direction: Direction | None = None,
        items_view: Literal["notLoaded", "summary", "full"] | None = None,
    ) -> ThreadTurnsListResponse:
        """One page of a thread's turns, newest first unless asked otherwise."""
        return await self._ask(
            ThreadTurnsListResponse,
            "thread/turns/list",
            threadId=thread_id,
            cursor=cursor,
            limit=limit,
            sortDirection=sort_direction,
            itemsView=items_view,
        )

    async def list_items(
        self,
        thread_id: str,
        *,
        turn_id: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        sort_direction: Direction | None = None,
    ) -> ThreadItemsListResponse:
        """One page of the items of a thread or of a turn, oldest first unless asked otherwise."""
        return await self._ask(
            ThreadItemsListResponse,
            "thread/items/list",
            threadId=thread_id,
            turnId=turn_id,
            cursor=cursor,
            limit=limit,
            sortDirection=sort_direction,
        )

    async def steer_turn(self, thread_id: str, turn_id: str, input: Input) -> None:
        """Add input to the running turn, if it is this one."""
        params = {"threadId": thread_id, "expectedTurnId": turn_id, "input": parts(input)}
        await self.call("turn/steer", params)

    async def _ask(self, result: type[R], method: str, **params: object) -> R:
        return result.from_wire(await self.call(method, given(**params)))


def given(**params: object) -> dict[str, Any]:
    """The given params: for some methods null differs from absence."""
    return {name: value for name, value in params.items() if value is not None}


def parts(input: Input) -> list[dict[str, Any]]:
    """Input as the protocol's parts."""
    return [{"type": "text", "text": input}] if isinstance(input, str) else list(input)
