"""Encodes answers of any size as messages; shortens or refuses those that are too large."""

import asyncio
from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.envelope import result_bytes
from threadhost.adapters.jsonrpc.errors import RpcError, refusal
from threadhost.adapters.jsonrpc.shorten import shortened

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.models.base import Result
    from threadhost.adapters.jsonrpc.outline import Id
    from threadhost.adapters.jsonrpc.registry import Method
    from threadhost.adapters.off_loop import OffLoop

IN_PAGES = "`thread/turns/list` and `thread/items/list` read a history in pages"
SMALLER_PAGES = "a smaller `limit` makes smaller pages"
ONE_BY_ONE = "ask for less at a time"
"""Hints for clients whose answer was too large, by the kind of method."""


async def message_of(
    id: "Id", method: "Method", result: "Result", off_loop: "OffLoop", bytes_max: int
) -> bytes:
    """The answer, its longest texts cut if needed. Raises RpcError if it is still too large."""
    if (method.large or method.echoes) and result.is_large:
        answer = await off_loop.run(lambda: result_bytes(id, result.encode_in_steps()))
    else:
        answer = result_bytes(id, result.encode())
    if len(answer) <= bytes_max:
        return answer
    shorter = await asyncio.to_thread(shortened, answer, bytes_max)
    if shorter is None:
        raise too_large(method, len(answer), bytes_max)
    return shorter


def too_large(method: "Method", size_bytes: int, bytes_max: int) -> RpcError:
    """The refusal in place of an answer that is too large."""
    return refusal(
        "answerTooLarge",
        f"{method.name} was carried out, but its answer has {size_bytes} bytes, and a message at"
        f" most {bytes_max}: {method.large or ONE_BY_ONE}",
    )
