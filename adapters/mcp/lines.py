"""Parses messages of a server from a line or a body; broken answers become errors."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from mcp.shared.dispatcher import coerce_request_id
from mcp_types import (
    INTERNAL_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)
from mcp_types import jsonrpc_message_adapter as messages
from pydantic_core import from_json

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.json_faults import Limited, explain_unreadable
from threadhost.adapters.jsonrpc.json_large import LargeJson
from threadhost.adapters.jsonrpc.json_pieces import PIECE_BYTES
from threadhost.adapters.mcp.limits import CONTAINERS_MAX, DEPTH_MAX, LINE_DEPTH_MAX, VALUES_MAX
from threadhost.adapters.mcp.lone_surrogates import replace_lone_surrogates
from threadhost.events.bounds import is_too_deep

LIMITS = Limits()._replace(
    json_depth_max=DEPTH_MAX, json_containers_max=CONTAINERS_MAX, json_values_max=VALUES_MAX
)
NO_ANSWER = "the MCP server's answer cannot be used: {}"
NO_MESSAGE = "it is not a JSON-RPC message"
CANCELLED: Final = "notifications/cancelled"
BLANKS: Final = b"\xef\xbb\xbf\0 \t\r\n"
"""Bytes around a message: also a byte order mark and the zero byte that ends a text in C."""
_COLUMN = re.compile(r"column (\d+)$")


def messages_in(line: bytes, depth_max: int = LINE_DEPTH_MAX) -> Iterator[JSONRPCMessage]:
    """The messages of a line, several for a batch; a broken answer becomes an error.

    The error has no id if the answer's id cannot be read.
    """
    for part, fault in _parts(replace_lone_surrogates(line.strip(BLANKS)), depth_max):
        if (message := _message(part, fault)) is not None:
            yield message


def answer_in(body: bytes, number: Any) -> bytes | None:  # noqa: ANN401 - whatever was asked
    """The answer in a body, under the id of its request; None if there is none."""
    body = replace_lone_surrogates(body.strip(BLANKS))
    for part, fault in _parts(body, DEPTH_MAX):
        written = part.get("id")
        message = _message(part, fault)
        if isinstance(message, (JSONRPCResponse, JSONRPCError)):
            is_right = type(written) is type(number) and written == number and not fault
            if is_right and body.startswith(b"{") and len(body) > PIECE_BYTES:
                return body  # encoding it again would block others
            message.id = number
            return json.dumps(message.model_dump(by_alias=True, exclude_unset=True)).encode()
    return None


def messages_of_event(data: bytes) -> tuple[Sequence[bytes], bool]:
    """The messages of an event, each as JSON, and whether an answer is among them."""
    try:
        parsed = [messages.validate_json(data, by_name=False)]
    except ValueError:
        parsed = list(messages_in(data, DEPTH_MAX))  # deeper ones could not be written
        written = [m.model_dump_json(by_alias=True, exclude_unset=True).encode() for m in parsed]
    else:
        written = [data]
    return written, any(isinstance(m, (JSONRPCResponse, JSONRPCError)) for m in parsed)


def _parts(line: bytes, depth_max: int) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects of a line, which may be a batch, and the line's fault."""
    fault = ""
    try:
        value = _value(line, depth_max)
    except Limited as limited:
        value, fault = _begun(line), str(limited)
    except ValueError as error:
        explained = explain_unreadable(line, str(error), LIMITS)[-1]
        value, fault = _begun(line), explained.partition(": ")[2]
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            yield part, fault


class PendingRequests:
    """The pending requests; an answer without an id belongs to the only one."""

    def __init__(self) -> None:
        self._ids: set[RequestId] = set()

    def record_sent(self, message: JSONRPCMessage) -> None:
        """Note a message to the server."""
        if isinstance(message, JSONRPCRequest):
            self._ids.add(coerce_request_id(message.id))
        elif isinstance(message, JSONRPCNotification) and message.method == CANCELLED:
            self._ids.discard((message.params or {})["requestId"])

    def match_received(self, message: JSONRPCMessage) -> bool:
        """Match a message of the server; an answer without an id gets that of the only request.

        Returns whether it is no answer, or the answer to a pending request.
        """
        if not isinstance(message, (JSONRPCResponse, JSONRPCError)):
            return True
        if message.id is None and len(self._ids) == 1:
            [message.id] = self._ids
        number = None if message.id is None else coerce_request_id(message.id)
        is_awaited = number in self._ids
        self._ids.discard(number)
        return is_awaited


def _value(line: bytes, depth_max: int) -> Any:  # noqa: ANN401 - JSON of any kind
    """The JSON of a line; a long one is parsed in pieces. Raises ValueError or Limited."""
    if len(line) > PIECE_BYTES:
        return LargeJson(line, LIMITS).read()
    with suppress(ValueError, RecursionError):
        if not is_too_deep(value := json.loads(line), depth_max):
            return value
    return from_json(line)  # refuses what nothing else could read or write


def _begun(line: bytes) -> Any:  # noqa: ANN401 - as above
    """The readable beginning of a broken line."""
    head = line[:PIECE_BYTES]
    try:
        return from_json(head, allow_partial=True)
    except ValueError as error:
        column = _COLUMN.search(str(error))
        head = head[: int(column[1]) - 1] if column else b""
    for sound in (head, head[: head.rfind(b",")]):
        with suppress(ValueError):
            return from_json(sound, allow_partial=True)
    return None


def _message(value: dict[str, Any], fault: str) -> JSONRPCMessage | None:
    """The message, or an error for a broken answer; None if it is neither."""
    number = value.get("id")
    if isinstance(number, float) and number.is_integer():
        value["id"] = number = int(number)  # in JSON it is the same number
    if not fault:
        try:
            return messages.validate_python(value)
        except ValueError:
            fault = NO_MESSAGE
    if isinstance(number, bool) or not isinstance(number, (int, str)):
        number = None
    if "method" in value or not _is_answer(value, number):
        return None
    error = ErrorData(code=INTERNAL_ERROR, message=NO_ANSWER.format(fault))
    return JSONRPCError(jsonrpc="2.0", id=number, error=error)


def _is_answer(value: dict[str, Any], number: RequestId | None) -> bool:
    """Whether this was meant as an answer, and not as text for people."""
    marks = ("jsonrpc" in value, not value.keys().isdisjoint({"result", "error"}))
    return all(marks) if number is None else any(marks) or value.keys() == {"id"}
