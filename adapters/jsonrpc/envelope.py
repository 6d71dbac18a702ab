"""Messages as bytes: parses and checks those of a client, and writes those to it."""

from collections.abc import Mapping
from enum import Enum
from typing import Final, Literal

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, from_json, to_json

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST
from threadhost.adapters.jsonrpc.json_faults import (
    NO_MESSAGE,
    Limited,
    duplicate_member,
    explain_unreadable,
    limit_fault,
    too_large,
)
from threadhost.adapters.jsonrpc.json_pieces import PIECE_BYTES
from threadhost.adapters.jsonrpc.outline import Id, integer_id, outline, valid_id
from threadhost.events.named_tuple import NamedTuple


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""Marks an absent member; null is a value."""


class Request(NamedTuple):
    """A call that expects an answer under its id."""

    id: Id
    method: str
    params: object | Literal[_Missing.MISSING]


class Notification(NamedTuple):
    """A call that expects no answer."""

    method: str
    params: object | Literal[_Missing.MISSING]


class Answer(NamedTuple):
    """The peer's answer to a request of this host; `error` is None on success."""

    id: Id
    result: object
    error: Mapping[str, object] | None


class Malformed(NamedTuple):
    """The refusal of bytes that are no message, with the id if one could be read.

    `answers` is the id of the request of this host that it may have been meant to answer.
    """

    id: Id | None
    code: int
    reason: str
    message: str
    answers: Id | None = None

    def answer(self, id: Id | None) -> bytes:
        """The error response under this id."""
        return error_bytes(id, self.code, self.message, {"reason": self.reason})


Message = Request | Notification | Answer | Malformed


def is_large(data: bytes) -> bool:
    """Whether parsing takes so long that it must not block the loop."""
    return len(data) > PIECE_BYTES


def parse(data: bytes, limits: Limits) -> Message | None:
    """Parse one line or frame; None for a blank one, which is to be ignored.

    Never raises: for bytes with a fault, the Malformed names the first one found.
    """
    if len(data) > limits.frame_bytes_max:
        return oversize(limits, data)
    try:
        value = _value(data, limits)
    except Limited as limited:
        return _beyond_limit(limited, data)
    except ValueError as error:
        if not data or data.isspace():
            return None
        return unread(data, *explain_unreadable(data, str(error), limits))
    return _classified(value) if type(value) is dict else _refuse(None, _not_an_object(value))


def _value(data: bytes, limits: Limits) -> object:
    """The JSON in these bytes. Raises Limited, or ValueError with the parser's message."""
    if is_large(data):
        from threadhost.adapters.jsonrpc.json_large import LargeJson

        return LargeJson(data, limits).read()
    value = from_json(data, allow_inf_nan=False)
    if type(value) is dict and (
        fault := limit_fault(data, value, limits) or duplicate_member(data)
    ):
        raise Limited(fault, value)
    return value


def _beyond_limit(limited: Limited, data: bytes) -> Malformed:
    """The refusal of a message that exceeds a limit."""
    fault, outlined, value = str(limited), outline(data), limited.value
    if not isinstance(value, dict) or "id" not in value:
        return unread(data, INVALID_REQUEST, NO_MESSAGE, _invalid(fault))
    request_id = None if fault.endswith("`id`") else valid_id(value["id"])
    asks = outlined.asks or "method" in value
    answers = outlined.answers or "result" in value or "error" in value
    message = _invalid(fault)
    return _malformed(request_id, INVALID_REQUEST, NO_MESSAGE, message, asks=asks, answers=answers)


def oversize(limits: Limits, head: bytes = b"") -> Malformed:
    """The refusal of a message longer than the limit, given its beginning."""
    return unread(head, INVALID_REQUEST, "messageTooLarge", _invalid(too_large(limits)))


def not_text(data: bytes) -> Malformed:
    """The refusal of a message in a binary frame."""
    words = _invalid("a message must be a text frame")
    return unread(data, INVALID_REQUEST, NO_MESSAGE, words)


def unread(data: bytes, code: int, reason: str, message: str) -> Malformed:
    """The refusal of an unreadable message, with its id if its beginning shows one."""
    outlined = outline(data)
    return _malformed(
        outlined.id, code, reason, message, asks=outlined.asks, answers=outlined.answers
    )


def _malformed(
    id: Id | None, code: int, reason: str, message: str, *, asks: bool, answers: bool
) -> Malformed:
    # The id of an answer is one of ours: an error with it would seem to answer a client's request.
    is_answer = answers and not asks
    request_id, answered_id = (None, id) if is_answer else (id, None)
    return Malformed(request_id, code, reason, message, answered_id)


def _classified(value: dict[str, object]) -> Message:
    if "method" not in value:
        return _answer(value) if "result" in value or "error" in value else _no_method(value)
    method, params = value["method"], value.get("params", MISSING)
    call_id = valid_id(value.get("id"))
    if "id" in value and call_id is None:
        return _refuse(None, _bad_id(value["id"]))
    if type(method) is not str:
        return _refuse(call_id, "`method` must be a string")
    return Notification(method, params) if call_id is None else Request(call_id, method, params)


def _no_method(value: dict[str, object]) -> Malformed:
    call_id = valid_id(value.get("id"))
    if "id" in value and call_id is None:
        return _refuse(None, _bad_id(value["id"]))
    is_bare = value.keys() <= {"id", "jsonrpc"}
    return _refuse(call_id, "missing field `method`", answers=call_id if is_bare else None)


def _answer(value: dict[str, object]) -> Answer | Malformed:
    our_id = valid_id(value.get("id"))
    result, error = value.get("result"), value.get("error")
    if our_id is not None and error is None and "result" in value:
        return Answer(our_id, result, None)
    if our_id is not None and isinstance(error, dict) and result is None:
        return Answer(our_id, None, error)
    answered_id = our_id if our_id is not None else integer_id(value.get("id"))
    return _refuse(None, _answer_fault(value, our_id), answers=answered_id)


def _answer_fault(value: dict[str, object], our_id: Id | None) -> str:
    if "id" not in value:
        return "missing field `id`"
    if our_id is None:
        return _bad_id(value["id"])
    if not isinstance(value.get("error"), dict):
        return "`error` of an answer must be an object"
    return "an answer holds `result` or `error`, not both"


def _bad_id(id: object) -> str:
    if type(id) is int:
        return "`id` does not fit a 64-bit signed integer"
    return f"`id` must be a string or an integer, not {_kind(id)}"


def _not_an_object(value: object) -> str:
    if isinstance(value, list):
        return "batches are not supported, send one object a message"
    return f"a message must be an object, not {_kind(value)}"


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a fraction",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def _kind(value: object) -> str:
    return _KINDS[type(value)]


def _refuse(id: Id | None, fault: str, answers: Id | None = None) -> Malformed:
    return Malformed(id, INVALID_REQUEST, NO_MESSAGE, _invalid(fault), answers)


def _invalid(fault: str) -> str:
    return f"Invalid request: {fault}"


def result_bytes(id: Id, result: bytes | BaseModel | Mapping[str, object]) -> bytes:
    """The answer to a request; `result` may be JSON already."""
    return b'{"id":%b,"result":%b}' % (_id_bytes(id), _json(result))


def error_bytes(id: Id | None, code: int, message: str, data: object = None) -> bytes:
    """The refusal of a request; id None where none could be read. Never raises for any text."""
    text = _text(message)
    extra = b"" if data is None else b',"data":' + to_json(data, inf_nan_mode="null")
    return b'{"error":{"code":%d,"message":%b%b},"id":%b}' % (code, text, extra, _id_bytes(id))


def request_bytes(id: Id, method: str, params: bytes) -> bytes:
    """A request to a client; its params are JSON already."""
    return b'{"method":%b,"id":%b,"params":%b}' % (to_json(method), _id_bytes(id), params)


def notification_bytes(
    method: str,
    params: bytes,
    emitted_at_ms: int,
    position: int | None = None,
    cursor: str = "",
) -> bytes:
    """A notification to a client; its params are JSON already.

    `position` is that of its event in the log, None if it has none. Methods and cursors need no
    escapes, since this host makes them.
    """
    members = b"" if position is None else b',"position":%d' % position
    members += b',"cursor":"%b"' % cursor.encode() if cursor else b""
    parts = (method.encode(), params, emitted_at_ms, members)
    return b'{"method":"%b","params":%b,"emittedAtMs":%d%b}' % parts


def _json(value: bytes | BaseModel | Mapping[str, object]) -> bytes:
    return value if isinstance(value, bytes) else to_json(value, inf_nan_mode="null")


def _id_bytes(id: Id | None) -> bytes:
    return b"%d" % id if type(id) is int else to_json(id)


def _text(message: str) -> bytes:
    try:
        return to_json(message)
    except PydanticSerializationError:
        # A file name that is not UTF-8 reaches error texts as lone surrogates.
        return to_json(message.encode("utf-8", "replace").decode())
