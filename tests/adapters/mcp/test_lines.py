"""What a program says, line by line: halves of letters, answers that are none, more than may be."""

import json

from mcp_types import JSONRPCError, JSONRPCNotification, JSONRPCResponse

from tests.support.each import each
from threadhost.adapters.jsonrpc.json_pieces import PIECE_BYTES
from threadhost.adapters.mcp.lines import message_in


def answer(result: object, id: object = 1) -> bytes:
    """The line of an answer."""
    return json.dumps({"jsonrpc": "2.0", "id": id, "result": result}).encode()


def text_of(line: bytes) -> str:
    """The text `x` of its result."""
    message = message_in(line)
    assert isinstance(message, JSONRPCResponse)
    found: str = message.result["x"]
    return found


@each("padding", ["", "a" * PIECE_BYTES])
@each(
    ("said", "kept"),
    [
        (r"\ud800", "\ufffd"),
        (r"\udc00\ud83d", "\ufffd\ufffd"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\\ud800", r"\ud800"),
        (r"\\\ud800", "\\\ufffd"),
        (r"\n\"\uD800\"", '\n"\ufffd"'),
    ],
)
def test_half_a_letter_is_shown_as_one_that_is_missing(padding: str, said: str, kept: str) -> None:
    line = answer({"x": "HERE" + padding}).replace(b"HERE", said.encode())
    assert text_of(line) == kept + padding


@each("padding", ["", "a" * PIECE_BYTES])
def test_bytes_that_are_no_letter_are_shown_as_one_that_is_missing(padding: str) -> None:
    line = answer({"x": "HERE" + padding}).replace(b"HERE", "\u00e9".encode() + b"\xff caf\xe9 ")
    assert text_of(line) == "\u00e9\ufffd caf\ufffd " + padding


@each(
    "line",
    [
        answer([1, 2]),
        answer("x"),
        b'{"jsonrpc":"2.0","id":1,"error":{"code":"x","message":"no"}}',
        b'{"jsonrpc":"2.0","id":1,"error":"no"}',
        b'{"id":1}',
    ],
)
def test_an_answer_that_is_broken_is_an_error_for_whoever_waits_for_it(line: bytes) -> None:
    message = message_in(line)
    assert isinstance(message, JSONRPCError)
    assert message.id == 1
    assert message.error.message.endswith("it is no message of JSON-RPC")


def test_an_answer_with_too_many_values_is_an_error_in_words() -> None:
    message = message_in(answer({"x": [[]] * 100_000}, id="a"))
    assert isinstance(message, JSONRPCError)
    assert message.id == "a"
    assert "objects and arrays" in message.error.message


@each(
    "line", [b"hello", b"[" * 100_000, b'{"id":true,"result":1}', b'{"id":null,"result":1}', b"7"]
)
def test_what_says_nothing_to_anybody_is_no_message(line: bytes) -> None:
    assert message_in(line) is None


def test_what_else_is_a_message_stays_one() -> None:
    line = b'{"jsonrpc":"2.0","method":"notifications/x"}'
    assert isinstance(message_in(line), JSONRPCNotification)
