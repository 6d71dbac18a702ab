"""One line that a program said as a message: what is broken of answers is told."""

import json
from typing import Any

from mcp_types import INTERNAL_ERROR, ErrorData, JSONRPCError, JSONRPCMessage
from mcp_types import jsonrpc_message_adapter as messages

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.json_faults import Limited
from threadhost.adapters.jsonrpc.json_large import LargeJson
from threadhost.adapters.jsonrpc.json_pieces import PIECE_BYTES
from threadhost.adapters.mcp.half_letters import mended
from threadhost.adapters.mcp.limits import CONTAINERS_MAX, DEPTH_MAX, VALUES_MAX

LIMITS = Limits()._replace(
    json_depth_max=DEPTH_MAX, json_containers_max=CONTAINERS_MAX, json_values_max=VALUES_MAX
)
NO_ANSWER = "the MCP server's answer cannot be used: {}"
NO_MESSAGE = "it is no message of JSON-RPC"


def message_in(line: bytes) -> JSONRPCMessage | None:
    """The message; for an answer that is broken, an error in its place. None if it is neither."""
    try:
        value = _value(line)
    except Limited as limited:
        return _no_answer(limited.value, str(limited))
    except (ValueError, RecursionError):
        return None
    try:
        return messages.validate_python(value)
    except ValueError:
        return _no_answer(value, NO_MESSAGE)


def _value(line: bytes) -> Any:  # noqa: ANN401 - JSON of any kind
    """The JSON of a line; a long one is read piece by piece. Raises ValueError or Limited."""
    line = mended(line)
    return LargeJson(line, LIMITS).read() if len(line) > PIECE_BYTES else json.loads(line)


def _no_answer(value: object, fault: str) -> JSONRPCError | None:
    """An error for whoever waits for what this seems to answer, as far as it was read."""
    answers = value.get("id") if isinstance(value, dict) and "method" not in value else None
    if isinstance(answers, bool) or not isinstance(answers, (int, str)):
        return None
    error = ErrorData(code=INTERNAL_ERROR, message=NO_ANSWER.format(fault))
    return JSONRPCError(jsonrpc="2.0", id=answers, error=error)
