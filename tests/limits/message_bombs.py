"""Messages that cost much, or stand right at a limit; each is to be answered once and forgotten."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import NamedTuple
from unittest.mock import ANY

from tests.adapters.jsonrpc.malformed import CONTAINERS, DEPTH, DIGITS, MALFORMED, nested, numbered
from tests.limits.requests import CURSORS, HOSTILE_NUMBERS, HOSTILE_TEXTS
from threadhost.adapters.config import Limits

FRAME = Limits().frame_bytes_max
THREAD = "01a20280-45b9-751b-94a8-29a36213916d"


class MessageBomb(NamedTuple):
    """A message, made when it is needed; a heavy one is as large as a message may be."""

    name: str
    make: Callable[[], bytes]
    heavy: bool = False
    id: object = ANY
    """Under which it is to be answered."""


def request(params: bytes, method: bytes = b"m", id: bytes = b"7") -> bytes:
    return b'{"id":%b,"method":"%b","params":%b}' % (id, method, params)


def filled(unit: bytes, size: int = FRAME, start: bytes = b"[", end: bytes = b"]") -> bytes:
    """A request of at most this many bytes whose params repeat one thing."""
    room = size - len(request(b"")) - len(start) - len(end) - len(unit)
    return request(start + unit * (room // len(unit)) + unit.rstrip(b",") + end)


def padded(size: int) -> bytes:
    """A request of exactly this many bytes."""
    empty = request(b'""')
    return request(b'"' + b"x" * (size - len(empty)) + b'"')


def keys(count: int) -> bytes:
    return request(b"{" + b",".join(b'"%d":0' % n for n in range(count)) + b"}")


def members(count: int) -> bytes:
    return b'{"id":7,"method":"m",' + b",".join(b'"i\\u0064%d":0' % n for n in range(count)) + b"}"


def distinct(size: int) -> bytes:
    texts = (b'"%07d"' % n for n in range(size // 10 - 10))
    return request(b"[" + b",".join(texts) + b"]")


def _bomb(
    name: str, make: Callable[..., bytes], *of: object, heavy: bool = False, id: object = 7
) -> MessageBomb:
    return MessageBomb(name, partial(make, *of), heavy, id)


def _around_limits() -> Iterator[MessageBomb]:
    for size in (1024, FRAME - 1, FRAME, FRAME + 1, FRAME + 1024, 2 * FRAME - 1):
        yield _bomb(f"{size} bytes", padded, size, heavy=size >= FRAME - 1)
    for depth in (DEPTH - 1, DEPTH, DEPTH + 1, DEPTH + 2, 200, 201, 1000, 100_000, 1_000_000):
        yield _bomb(f"{depth} levels", nested, depth)
    for digits in (DIGITS - 1, DIGITS, DIGITS + 1, 4299, 4300, 4301, 100_000, 8_000_000):
        yield _bomb(f"{digits} digits", lambda n: numbered(b"9" * n), digits)
        yield _bomb(f"{digits} decimals", lambda n: numbered(b"0." + b"1" * n), digits)
    for count in (CONTAINERS - 2, CONTAINERS - 1, CONTAINERS, 2 * CONTAINERS, 5_000_000):
        yield _bomb(f"{count} arrays", arrays, count, heavy=True)
    for count in (999, 1000, 1001, 100_000):
        yield _bomb(f"{count} members", members, count)


def arrays(count: int) -> bytes:
    return request(b"[" + b"[]," * count + b"1]")


UNITS = {
    "numbers": b"1,",
    "fractions": b"1.5,",
    "long numbers": b"9" * 300 + b",",
    "numbers at the edge": b"9" * 18 + b",",
    "nulls": b"null,",
    "empty texts": b'"",',
    "short texts": b'"ab",',
    "escapes": b'"\\u0041",',
    "pairs of surrogates": b'"\\ud83e\\uddc0",',
    "escaped quotes": b'"\\"\\"\\"",',
    "escaped backslashes": b'"\\\\\\\\",',
    "brackets in texts": b'"[{",',
    "exponents": b"1e300,",
    "zeros": b"0." + b"0" * 390 + b"1,",
}
AROUND = {"blanks": b" ", "newlines": b"\n\t", "quotes": b'"', "backslashes": b"\\"}


def _full() -> Iterator[MessageBomb]:
    """Messages as large as they may be, of one thing each."""
    for name, unit in UNITS.items():
        yield _bomb(f"16 MiB of {name}", filled, unit, heavy=True)
    for name, unit in AROUND.items():
        yield _bomb(f"16 MiB of {name}", filled, unit, FRAME, b"", b"1", heavy=True)
    yield _bomb("one text of backslashes", filled, b"\\\\", FRAME, b'"', b'"', heavy=True)
    yield _bomb("400,000 keys", keys, 400_000, heavy=True)
    yield _bomb("1,600,000 distinct texts", distinct, FRAME, heavy=True)
    yield _bomb("objects in objects", filled, b'{"a":{"b":0}},', 3_000_000, heavy=True)
    yield _bomb("infinities below", filled, b'{"a":[1e300]},', 3_000_000, b"[1e999,", heavy=True)


TEXTS = {
    "high surrogate": b"\\ud83e",
    "low surrogate": b"\\uddc0",
    "surrogates in the wrong order": b"\\uddc0\\ud83e",
    "half a surrogate": b"\\ud83",
    "NUL": b"\\u0000",
    "a surrogate's bytes": b"\xed\xa0\xbe",
    "not UTF-8": b"\xff\xfe",
    "16,000 NULs": b"\\u0000" * 16_000,
}
PLACES = {
    "id": b'{"id":"%b","method":"m"}',
    "method": b'{"id":7,"method":"%b"}',
    "params": b'{"id":7,"method":"m","params":"%b"}',
    "key": b'{"id":7,"method":"m","%b":1}',
}


def _texts() -> Iterator[MessageBomb]:
    """Surrogates, doubles and long things where a name or an id stands."""
    for (name, text), (place, template) in product(TEXTS.items(), PLACES.items()):
        under = ANY if place == "id" else 7
        yield _bomb(f"{name} in the {place}", template.__mod__, text, id=under)
    for name, size in (("1 MiB", 2**20), ("15 MiB", 15 * 2**20)):
        yield _bomb(f"id of {name}", long_id, size, heavy=size > 2**20, id=ANY)
        yield _bomb(f"method of {name}", long_method, size, heavy=size > 2**20)
    for member in (b"id", b"method", b"params"):
        known = None if member == b"id" else 7
        yield _bomb(f"{member.decode()} twice", repeated, member, 1, id=known)
        yield _bomb(f"{member.decode()} 100,000 times", repeated, member, 100_000, id=known)


def long_id(size: int) -> bytes:
    return request(b"{}", id=b'"' + b"i" * size + b'"')


def long_method(size: int) -> bytes:
    return request(b"{}", b"m" * size)


def repeated(member: bytes, times: int) -> bytes:
    return b'{"id":7,"method":"m","params":{}' + b',"%b":7' % member * times + b"}"


def call(method: str, field: str, value: object) -> bytes:
    return json.dumps({"id": 7, "method": method, "params": {field: value}}).encode()


def many(field: str, count: int) -> bytes:
    return call("thread/list", field, [str(n) for n in range(count)])


def hostile_calls() -> Iterator[MessageBomb]:
    """Sound JSON that asks for much, or hopes that somebody is careless with it."""
    for text in HOSTILE_TEXTS:
        yield _bomb(f"search {text[:20]!r}", call, "thread/list", "searchTerm", text)
        yield _bomb(f"thread id {text[:20]!r}", call, "thread/read", "threadId", text)
        yield _bomb(f"delete {text[:20]!r}", call, "thread/delete", "threadId", text)
    for text in CURSORS:
        yield _bomb(f"cursor {text!r}", call, "thread/list", "cursor", text)
    for number in HOSTILE_NUMBERS:
        yield _bomb(f"limit {number}", call, "thread/list", "limit", number)
        yield _bomb(f"loaded limit {number}", call, "thread/loaded/list", "limit", number)
        yield _bomb(f"after {number}", call, "host/events/subscribe", "afterPosition", number)
    for size in (49_990, 50_001, 1_000_000):
        yield _bomb(f"search of {size}", call, "thread/list", "searchTerm", "%" * size)
    fields = ("excludedThreadIds", "modelProviders", "originators", "cwd")
    for count, field in product((1000, 32_767, 250_001, 1_000_000), fields):
        yield _bomb(f"{count} {field}", many, field, count, heavy=count > 300_000)


def corpus() -> list[MessageBomb]:
    """All of them."""
    known = [_bomb(case.name, bytes, case.data, id=case.id) for case in MALFORMED]
    return [*known, *_around_limits(), *_full(), *_texts(), *hostile_calls()]
