"""Malformed messages, each with the answer that every transport must give, and survive."""

from typing import NamedTuple

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, PARSE_ERROR

DEPTH = Limits().json_depth_max
DIGITS = Limits().number_digits_max
CONTAINERS = Limits().json_containers_max


class Case(NamedTuple):
    name: str
    data: bytes
    code: int
    id: str | int | None
    words: str
    answers: int | None = None
    """The request of the host that it was meant to answer."""


def nested(levels: int) -> bytes:
    """A request with id 7 that is `levels` levels deep, its own object included."""
    arrays = levels - 1
    return b'{"id":7,"method":"m","params":' + b"[" * arrays + b"]" * arrays + b"}"


def numbered(number: bytes) -> bytes:
    return b'{"id":7,"method":"m","params":{"n":%b}}' % number


def answering(value: bytes) -> bytes:
    """An answer to the host's request 4."""
    return b'{"id":4,"result":%b}' % value


def _unreadable(name: str, data: bytes, words: str, id: str | int | None = None) -> Case:
    return Case(name, data, PARSE_ERROR, id, words)


def _no_answer(name: str, data: bytes, words: str, code: int = INVALID_REQUEST) -> Case:
    """A malformed answer to 4: the error has no id, as 4 could be the client's own, too."""
    return Case(name, data, code, None, words, answers=4)


def _invalid(name: str, data: bytes, words: str, id: str | int | None = None) -> Case:
    return Case(name, data, INVALID_REQUEST, id, words)


NOT_JSON = [
    _unreadable("words", b"not json", "not valid JSON"),
    _unreadable("half an object", b'{"id": 900, "method": "m", "params": {', "EOF", 900),
    _unreadable("half a key", b'{"id', "EOF"),
    _unreadable("half a string", b'"abc', "EOF"),
    _unreadable("half a literal", b'{"id":1,"method":"m","params":tru', "not valid JSON", 1),
    _unreadable("an opening brace", b"{", "EOF"),
    _unreadable("a closing brace", b"}", "expected value"),
    _unreadable("two objects", b'{"id":1,"method":"m"}{"id":2,"method":"m"}', "trailing"),
    _unreadable("words after the object", b'{"id":1,"method":"m"} x', "trailing", 1),
    _unreadable("trailing comma in an object", b'{"id":1,"method":"m",}', "trailing comma", 1),
    _unreadable("trailing comma in an array", b"[1,]", "trailing comma"),
    _unreadable("single quotes", b"{'id':1}", "key must be a string"),
    _unreadable("a bare key", b"{id:1}", "key must be a string"),
    _unreadable("a number for a key", b"{1:1}", "key must be a string"),
    _unreadable("no colon", b'{"id" 1}', "expected `:`"),
    _unreadable("no comma", b'{"id":1 "method":"m"}', "expected `,`"),
    _unreadable("a comment", b'{"id":1,"method":"m"}//x', "trailing", 1),
    _unreadable("a leading zero", b'{"id":01,"method":"m"}', "invalid number"),
    _unreadable("a leading plus", b'{"id":+1,"method":"m"}', "expected value"),
    _unreadable("a bare fraction", b'{"id":.5,"method":"m"}', "expected value"),
    _unreadable("a bare minus", b'{"id":-,"method":"m"}', "invalid number"),
    _unreadable("an empty exponent", b'{"id":1e,"method":"m"}', "invalid number"),
    _unreadable("hexadecimal", b'{"id":0x1,"method":"m"}', "expected `,`"),
    _unreadable("NaN", numbered(b"NaN"), "`NaN` is not a JSON number", 7),
    _unreadable("Infinity", numbered(b"Infinity"), "`Infinity` is not a JSON number", 7),
    _unreadable("-Infinity", numbered(b"-Infinity"), "`-Infinity` is not a JSON number", 7),
    _unreadable("an unknown escape", b'{"id":"\\x41","method":"m"}', "invalid escape"),
    _unreadable("a short escape", b'{"id":"\\u12","method":"m"}', "escape"),
    _unreadable("a tab in a string", b'{"id":"a\tb","method":"m"}', "control character"),
    _unreadable("a NUL in a string", b'{"id":"a\0b","method":"m"}', "control character"),
    _unreadable("a NUL", b"\0", "expected value"),
    _unreadable("a vertical tab", b"\x0b{}", "expected value"),
    _unreadable("a no-break space", b"\xc2\xa0{}", "expected value"),
    _unreadable("lone high surrogate", b'{"id":"\\ud800","method":"m"}', "lone surrogate"),
    _unreadable("lone low surrogate", b'{"id":"\\udc00","method":"m"}', "lone surrogate"),
    _unreadable(
        "high surrogate, letter", b'{"id":"\\uD83D\\u0041","method":"m"}', "lone surrogate"
    ),
    _unreadable(
        "half a letter", b'{"id":701,"method":"m","params":["cut \\ud83d"]}', "lone surrogate", 701
    ),
    _unreadable(
        "half a letter, params first",
        b'{"params":{"id":[{"id":3}],"x":"\\ud83d"},"id":5}',
        "lone",
        5,
    ),
    _unreadable("half a letter, the id escaped", b'{"id":"\\u0061","x":"\\ud83d"}', "lone", "a"),
    _unreadable("half a letter and two ids", b'{"id":1,"id":2,"x":"\\ud83d"}', "lone"),
    _unreadable(
        "half a letter, and a name in escapes that is no id",
        b'{"id":1,"i\\u0064s":2,"x":"\\ud83d"}',
        "lone",
        1,
    ),
    _unreadable(
        "half a letter and an id in escapes", b'{"id":1,"\\u0069d":2,"x":"\\ud83d"}', "lone"
    ),
    _unreadable("half a letter, an id in a text", b'{"x":"\\",\\"id\\":1,\\ud83d"}', "lone"),
    _unreadable("half a letter, an id within", b'{"params":{"id":1,"x":"\\ud83d"}}', "lone"),
    _unreadable("half an id", b'{"method":"m","id":12', "EOF"),
    _unreadable(
        "a stray byte", b'{"id":"\xff","method":"m"}', "byte 0xff at offset 7 is not UTF-8"
    ),
    _unreadable("half a character", b'{"id":"\xe2\x82","method":"m"}', "is not UTF-8"),
    _unreadable("an overlong character", b'{"id":"\xc0\xaf","method":"m"}', "is not UTF-8"),
    _unreadable("a surrogate's bytes", b'{"id":"\xed\xa0\x80","method":"m"}', "is not UTF-8"),
    _unreadable("bytes outside strings", b"\x80\x81\x82", "is not UTF-8"),
    _unreadable("UTF-8 byte order mark", b"\xef\xbb\xbf{}", "byte order mark"),
    _unreadable("UTF-16", '{"id":1}'.encode("utf-16"), "byte order mark"),
]

NOT_A_MESSAGE = [
    _invalid("a number", b"42", "not an integer"),
    _invalid("a fraction", b"4.2", "not a fraction"),
    _invalid("null", b"null", "not null"),
    _invalid("a string", b'"str"', "not a string"),
    _invalid("true", b"true", "not a boolean"),
    _invalid("an empty batch", b"[]", "batches are not supported"),
    _invalid("a batch", b'[{"id":903,"method":"m","params":{}}]', "batches are not supported"),
    _invalid("an empty object", b"{}", "missing field `method`"),
    _invalid("an id alone", b'{"id":901}', "missing field `method`", 901)._replace(answers=901),
    _invalid("params alone", b'{"params":{}}', "missing field `method`"),
    _invalid("a method in capitals", b'{"id":1,"METHOD":"m"}', "missing field `method`", 1),
    _invalid("null id alone", b'{"id":null}', "`id` must be a string or an integer, not null"),
    _invalid("null id", b'{"id":null,"method":"m","params":{}}', "not null"),
    _invalid("fractional id", b'{"id":1.5,"method":"m","params":{}}', "not a fraction"),
    _invalid("whole id written as a fraction", b'{"id":1.0,"method":"m"}', "not a fraction"),
    _invalid("id with an exponent", b'{"id":1e3,"method":"m"}', "not a fraction"),
    _invalid("boolean id", b'{"id":true,"method":"m"}', "not a boolean"),
    _invalid("object id", b'{"id":{"a":1},"method":"m","params":{}}', "not an object"),
    _invalid("array id", b'{"id":[1],"method":"m"}', "not an array"),
    _invalid("id over 64 bits", b'{"id":99999999999999999999,"method":"m"}', "64-bit"),
    _invalid("id just over", b'{"id":9223372036854775808,"method":"m"}', "64-bit"),
    _invalid("id just under", b'{"id":-9223372036854775809,"method":"m"}', "64-bit"),
    _invalid("method a number", b'{"id":905,"method":5}', "`method` must be a string", 905),
    _invalid("method null", b'{"id":"a","method":null}', "`method` must be a string", "a"),
    _invalid("method an array", b'{"id":1,"method":["m"]}', "`method` must be a string", 1),
    _invalid("notification, method a number", b'{"method":5}', "`method` must be a string"),
    _invalid("answer without id", b'{"result":{}}', "missing field `id`"),
    _invalid("answer with null id", b'{"id":null,"error":{"code":1}}', "not null"),
    _no_answer("answer with both", b'{"id":4,"result":1,"error":{"code":1}}', "not both"),
    _no_answer(
        "answer with a null error and no result", b'{"id":4,"error":null}', "must be an object"
    ),
    _no_answer("error a string", b'{"id":4,"error":"no"}', "must be an object"),
    _no_answer("error a list", b'{"error":[],"id":4}', "must be an object"),
    _no_answer("half a letter in an answer", answering(b'"\\ud83d"'), "lone", PARSE_ERROR),
    _no_answer("half an answer", answering(b"{")[:-1], "EOF", PARSE_ERROR),
    _no_answer("an answer too deep", answering(b"[" * DEPTH + b"]" * DEPTH), "deeper than"),
    _no_answer("an answer far too deep", answering(b"[" * 9999), "deeper than"),
    _no_answer("an infinite answer", answering(b"1e999"), "out of range"),
    _no_answer("result twice", answering(b'1,"result":2'), "duplicate field `result`"),
    _invalid("id twice", b'{"id":1,"id":2,"method":"m"}', "duplicate field `id`"),
    _invalid("method twice", b'{"id":1,"method":"m","method":"n"}', "duplicate field `method`", 1),
    _invalid("params twice", b'{"id":1,"params":1,"method":"m","params":2}', "`params`", 1),
    _invalid("id twice, once escaped", b'{"id":1,"\\u0069d":2,"method":"m"}', "`id`"),
]

OVER_A_LIMIT = [
    _invalid("a level too deep", nested(DEPTH + 1), f"deeper than {DEPTH} levels", 7),
    _invalid("far too deep", nested(100_000), f"deeper than {DEPTH} levels", 7),
    _invalid("deep and never closed", b"[" * 100_000, f"deeper than {DEPTH} levels"),
    _invalid("a digit too many", numbered(b"9" * (DIGITS + 1)), f"more than {DIGITS} digits", 7),
    _invalid("a long fraction", numbered(b"0." + b"1" * DIGITS), f"more than {DIGITS} digits", 7),
    _invalid("an endless integer", numbered(b"9" * 100_000), f"more than {DIGITS} digits", 7),
    _invalid("an endless id", b'{"id":' + b"9" * 100_000 + b"}", f"more than {DIGITS} digits"),
    _invalid("infinite", numbered(b"1e400"), "a number is out of range", 7),
    _invalid("minus infinite", numbered(b"-1E+400"), "a number is out of range", 7),
    _invalid("infinite by zeros", numbered(b"9" * 300 + b"e99"), "is out of range", 7),
    _invalid("infinite with a point", numbered(b"1.5e00999"), "is out of range", 7),
    _invalid("too many", numbered(b"[" + b"[]," * CONTAINERS + b"1]"), f"than {CONTAINERS}", 7),
]

MALFORMED = [*NOT_JSON, *NOT_A_MESSAGE, *OVER_A_LIMIT]

OVERSIZE_WORDS = f"message is larger than {Limits().frame_bytes_max} bytes"
