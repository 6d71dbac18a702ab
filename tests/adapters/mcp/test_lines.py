"""The lines of a server's program: broken characters, malformed answers, too many values."""

import json

from mcp_types import (
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
)

from tests.support.each import each
from threadhost.adapters.jsonrpc.json_pieces import PIECE_BYTES
from threadhost.adapters.mcp.lines import PendingRequests, answer_in, messages_in, messages_of_event


def message_in(line: bytes) -> JSONRPCMessage | None:
    """The one message of a line."""
    said = list(messages_in(line))
    assert len(said) <= 1
    return next(iter(said), None)


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
def test_half_a_surrogate_pair_is_shown_as_a_replacement_character(
    padding: str, said: str, kept: str
) -> None:
    line = answer({"x": "HERE" + padding}).replace(b"HERE", said.encode())
    assert text_of(line) == kept + padding


@each("padding", ["", "a" * PIECE_BYTES])
def test_bytes_that_are_not_utf_8_are_shown_as_a_replacement_character(padding: str) -> None:
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
def test_a_malformed_answer_becomes_an_error_under_the_id_of_its_request(line: bytes) -> None:
    message = message_in(line)
    assert isinstance(message, JSONRPCError)
    assert message.id == 1
    assert message.error.message.endswith("it is not a JSON-RPC message")


@each("id", [1, "1", None])
def test_a_log_line_with_the_id_of_a_request_is_not_taken_for_its_answer(id: object) -> None:
    line = json.dumps({"id": id, "level": "info", "msg": "request seen"}).encode()
    assert message_in(line) is None


def test_an_answer_with_too_many_values_becomes_an_error_with_the_reason() -> None:
    message = message_in(answer({"x": [[]] * 100_000}, id="a"))
    assert isinstance(message, JSONRPCError)
    assert message.id == "a"
    assert "objects and arrays" in message.error.message


@each(
    ("broken", "fault"),
    [
        ('"x":' + "9" * 5000, "a number has more than 400 digits"),
        ('"x":' + "[" * 10_000 + "]" * 10_000, "message is nested deeper than 64 levels"),
        ('"x":' + "[" * 950 + "]" * 950, "message is nested deeper than 64 levels"),
        ('"x":"a\tb"', "not valid JSON: control character"),
        ('"x":{},', "not valid JSON: trailing comma"),
        ('"x":0}}{"id":2}', "not valid JSON: trailing characters"),
        ('"x":[1,2', "not valid JSON: "),
    ],
)
@each("padding", ["", "a" * PIECE_BYTES])
def test_an_answer_that_is_no_json_becomes_an_error_with_the_reason(
    padding: str, broken: str, fault: str
) -> None:
    line = f'{{"jsonrpc":"2.0","id":12,"result":{{"pad":"{padding}",{broken}}}}}'
    message = message_in(line.encode())
    assert isinstance(message, JSONRPCError)
    assert message.id == 12
    assert fault in message.error.message


def test_an_event_that_is_nested_too_deep_is_an_error_with_its_reason() -> None:
    [message], is_answer = messages_of_event(answer("x").replace(b'"x"', b"[" * 300 + b"]" * 300))
    assert b"message is nested deeper than 64 levels" in message
    assert is_answer


@each("around", [b"%b\r", b"%b\0", b"\0%b", b"\xef\xbb\xbf%b", b" \t%b "])
@each("padding", ["", "a" * PIECE_BYTES])
def test_bytes_around_a_message_are_ignored(padding: str, around: bytes) -> None:
    assert text_of(around % answer({"x": padding})) == padding


def test_an_id_that_is_a_whole_number_is_read_however_it_is_written() -> None:
    message = message_in(answer({}, id=7.0))
    assert isinstance(message, JSONRPCResponse)
    assert message.id == 7


@each("id", [None, True, 1.5, [1]])
def test_an_answer_without_a_usable_id_becomes_an_error_without_an_id(id: object) -> None:
    message = message_in(answer({}, id=id))
    assert isinstance(message, JSONRPCError)
    assert message.id is None


def test_a_batch_is_read_as_its_messages() -> None:
    batch = b"[%b,5,%b,[],%b]" % (answer({}, 1), answer([], 2), b'{"jsonrpc":"2.0","method":"x"}')
    first, second, third = messages_in(batch)
    assert isinstance(first, JSONRPCResponse)
    assert isinstance(second, JSONRPCError)
    assert second.id == 2
    assert isinstance(third, JSONRPCNotification)


ASKED = [JSONRPCRequest(jsonrpc="2.0", id=number, method="x") for number in (1, 2)]
CANCELLED = JSONRPCNotification(
    jsonrpc="2.0", method="notifications/cancelled", params={"requestId": 2}
)
TO_TWO = JSONRPCResponse(jsonrpc="2.0", id="2", result={})


@each(
    ("before", "whose"),
    [
        (ASKED[:1], 1),
        (ASKED, None),
        ([], None),
        ([*ASKED, CANCELLED], 1),
        ([*ASKED, TO_TWO], 1),
        ([*ASKED[:1], JSONRPCResponse(jsonrpc="2.0", id=1, result={})], None),
    ],
)
def test_an_error_without_an_id_is_for_the_only_pending_request(
    before: list[JSONRPCMessage], whose: int | None
) -> None:
    asked = PendingRequests()
    for message in before:
        if isinstance(message, JSONRPCResponse):
            assert asked.match_received(message)
        else:
            asked.record_sent(message)
    error = message_in(b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}}')
    assert isinstance(error, JSONRPCError)
    assert asked.match_received(error) is (whose is not None)
    assert error.id == whose


@each(
    "line",
    [b"hello", b"[" * 100_000, b'{"level":"error","error":"no","id":null}', b"7", b"[]", b"\0"],
)
def test_a_line_that_is_neither_request_nor_answer_is_ignored(line: bytes) -> None:
    assert message_in(line) is None


def test_a_notification_of_a_server_is_passed_on() -> None:
    line = b'{"jsonrpc":"2.0","method":"notifications/x"}'
    assert isinstance(message_in(line), JSONRPCNotification)


@each("around", [b"%b", b"%b\0", b"\xef\xbb\xbf%b", b"[%b]"])
@each("number", [7, 7.0, "7", 8])
@each("padding", ["", "a" * PIECE_BYTES])
def test_an_answer_in_a_body_is_passed_on_in_the_form_that_the_library_reads(
    padding: str, number: object, around: bytes
) -> None:
    body = answer_in(around % answer({"x": padding}, id=number), 7)
    assert body is not None
    assert json.loads(body) == {"jsonrpc": "2.0", "id": 7, "result": {"x": padding}}
    assert type(json.loads(body)["id"]) is int
