"""Answers that may be of any size: which methods give them, and how they become messages."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.envelope import result_bytes
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, RpcError
from threadhost.adapters.jsonrpc.shorten import shortened

if TYPE_CHECKING:
    from threadhost.adapters.beside import Beside
    from threadhost.adapters.jsonrpc.models.base import Result
    from threadhost.adapters.jsonrpc.outline import Id

IN_PAGES = "`thread/turns/list` and `thread/items/list` read a history in pages"
SMALLER_PAGES = "a smaller `limit` makes smaller pages"
ONE_BY_ONE = "ask for less at a time"

LARGE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("thread/read", "thread/resume", "thread/fork"), IN_PAGES),
        "thread/turns/list": SMALLER_PAGES,
        "thread/items/list": SMALLER_PAGES,
        "thread/list": SMALLER_PAGES,
        "thread/loaded/list": SMALLER_PAGES,
        "thread/search": SMALLER_PAGES,
        "thread/search/stream": SMALLER_PAGES,
        "thread/queue/list": SMALLER_PAGES,
        "host/thread/previewDelete": ONE_BY_ONE,
    }
)
"""How to go on, by method."""

WRITTEN_BESIDE = frozenset((*LARGE, "thread/queue/add", "thread/queue/update"))
"""Methods whose answers may be so large that the loop should not be held by writing them."""


async def message_of(
    id: "Id", method: str, result: "Result", beside: "Beside", bytes_max: int
) -> bytes:
    """The answer, its longest texts cut if need be. Raises RpcError if no message holds it."""
    if method in WRITTEN_BESIDE and result.is_large:
        answer = await beside.run(lambda: result_bytes(id, result.encode_in_steps()))
    else:
        answer = result_bytes(id, result.encode())
    if len(answer) <= bytes_max:
        return answer
    shorter = await asyncio.to_thread(shortened, answer, bytes_max)
    if shorter is None:
        raise too_large(method, len(answer), bytes_max)
    return shorter


def too_large(method: str, size_bytes: int, bytes_max: int) -> RpcError:
    """What is answered instead."""
    return RpcError(
        INVALID_REQUEST,
        f"{method} was carried out, but its answer has {size_bytes} bytes, and a message at most"
        f" {bytes_max}: {LARGE.get(method, ONE_BY_ONE)}",
    )
