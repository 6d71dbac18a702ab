"""Byte inputs that are almost messages: a corpus, changed at random, the same for the same seed."""

import json
from collections.abc import Callable, Iterator
from random import Random

from tests.adapters.jsonrpc.malformed import MALFORMED

LONG_BYTES = 4096
THREAD = "01a20280-45b9-751b-94a8-29a36213916d"
CALLS: tuple[tuple[str, object], ...] = (
    ("initialize", {"clientInfo": {"name": "n", "title": None, "version": "1"}}),
    ("thread/start", {"cwd": "/tmp", "config": {"a": [1, -2.5e3, True]}}),
    ("thread/read", {"threadId": THREAD, "includeTurns": True}),
    ("thread/list", {"limit": 5, "searchTerm": "käse \U0001f9c0", "sortKey": "created_at"}),
    ("thread/name/set", {"threadId": THREAD, "name": 'a "quoted" \\ name'}),
    ("turn/start", {"threadId": THREAD, "input": [{"type": "text", "text": "hi"}]}),
    ("thread/delete", [THREAD]),
)
VALID = [
    *(json.dumps({"id": n, "method": m, "params": p}).encode() for n, (m, p) in enumerate(CALLS)),
    b'{"method":"initialized"}',
    b'{"id":"a","result":{"x":null}}',
    b'{"id":-9223372036854775808,"error":{"code":-32600,"message":"no"}}',
    b' {"jsonrpc":"2.0","id":1,"method":"m","params":null,"extra":[[],{}]} ',
]
TOKENS = (
    *(b'"id":', b'"method":', b'"params":', b'"result":', b'"error":', b'"\\u0069d":', b"{", b"}"),
    *(b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\ud83d", b"\\udc00", b"\\u0000", b"null"),
    *(b"true", b"NaN", b"-Infinity", b"1e400", b"-0", b"0.1", b"1E+", b"9" * 401, b"9" * 19),
    *(b"9223372036854775808", b"[" * 129, b"]" * 129, b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
    *(b"\x00", b"\n", b"\r\n", b"\t ", b"/*", b"'", b'""', b"{}", b"[]", b'{"id":1,"method":"m"}'),
)
VALUES = (
    *(b"0", b"7", b"-1", b"1.5", b"1.0", b"1e3", b"true", b"null", b'"a"', b'""', b"[]", b"{}"),
    *(b"9223372036854775807", b"9223372036854775808", b'"\\u00e4"', b'"\\ud83e\\uddc0"'),
    *(b'"' + "\U0001f9c0".encode() + b'"', b"[1,[2,[3]]]", b'{"id":1,"id":2}', b"1e308", b"1e309"),
)
MEMBERS = [
    b'"%b":%b' % (name, value)
    for name in (b"id", b"method", b"params", b"result", b"error", b"jsonrpc", b"i\\u0064")
    for value in (*VALUES, b'"m"', b'"m"', b'{"code":1,"message":"x"}')
]
STRUCTURED_BELOW, HALF = 7, 0.5
Change = Callable[[Random, bytearray], None]


def corpus() -> list[bytes]:
    """What the changes begin with."""
    return [data for data in (*VALID, *(case.data for case in MALFORMED)) if len(data) < LONG_BYTES]


def inputs(random: Random, count: int) -> Iterator[bytes]:
    """So many inputs: changed messages, put together ones, rows of tokens, and noise."""
    pool = corpus()
    for number in range(count):
        kind = number & 15
        if kind == 0:
            yield random.randbytes(random.randrange(64))
        elif kind == 1:
            yield b"".join(random.choices(TOKENS, k=random.randrange(1, 12)))
        elif kind < STRUCTURED_BELOW:
            yield _put_together(random)
        else:
            data = bytearray(random.choice(VALID if kind & 1 else pool))
            for _ in range(1 + (kind & 2)):
                random.choice(CHANGES)(random, data)
            yield bytes(data)


def _put_together(random: Random) -> bytes:
    """Members that are each fine, in an object that may not be."""
    members = random.sample(MEMBERS, random.randrange(1, 5))
    data = b"{" + b",".join(members) + b"}"
    if random.random() < HALF:
        data = b'{"id":%b,"method":"m",%b' % (random.choice(VALUES), data[1:])
    return data


def _place(random: Random, data: bytearray) -> int:
    return int(random.random() * (len(data) + 1))


def _flip(random: Random, data: bytearray) -> None:
    if data:
        data[int(random.random() * len(data))] ^= 1 << int(random.random() * 8)


def _set(random: Random, data: bytearray) -> None:
    if data:
        data[int(random.random() * len(data))] = int(random.random() * 256)


def _insert(random: Random, data: bytearray) -> None:
    at = _place(random, data)
    data[at:at] = random.choice(TOKENS)


def _remove(random: Random, data: bytearray) -> None:
    at = _place(random, data)
    del data[at : at + 1 + int(random.random() * 8)]


def _repeat(random: Random, data: bytearray) -> None:
    at = _place(random, data)
    data[at:at] = data[at : at + 1 + int(random.random() * 32)]


def _cut(random: Random, data: bytearray) -> None:
    del data[_place(random, data) :]


def _swap(random: Random, data: bytearray) -> None:
    first, second = sorted((_place(random, data), _place(random, data)))
    data[:] = data[first:second] + data[:first] + data[second:]


CHANGES: tuple[Change, ...] = (_flip, _set, _insert, _insert, _remove, _repeat, _cut, _swap)
