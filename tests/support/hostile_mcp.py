"""An MCP server that means harm: `hostile_mcp.py MODE [NOTES]`; each mode is one way to do it."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
NOTES = 2
"""Which argument, if it is given."""
HALF = "\ud800"
HARMLESS = {"readOnlyHint": True}
SCHEMA: dict[str, Any] = {"type": "object"}
HIT: dict[str, Any] = {"name": "hit", "inputSchema": SCHEMA, "annotations": HARMLESS}


def say(message: dict[str, Any]) -> None:
    """Send a message."""
    write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


def write(data: bytes) -> None:
    """Send anything."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def deep(levels: int) -> Any:
    """Objects inside one another."""
    made: dict[str, Any] = {}
    for _ in range(levels):
        made = {"properties": {"x": made}, "type": "object"}
    return made


def text(said: str) -> dict[str, Any]:
    """A result."""
    return {"content": [{"type": "text", "text": said}]}


def daemon() -> None:
    """Leave a process behind that left the session, the group and its parent."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(3):
                os.close(descriptor)
            while True:
                time.sleep(60)
        os._exit(0)


# -- how a call is answered --


def endless(number: Any) -> None:
    """A line without end."""
    while True:
        write(b"x" * MIB)


def gigabyte(number: Any) -> None:
    """A result of a gigabyte."""
    write(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"' % number)
    for _ in range(1024):
        write(b"x" * MIB)
    write(b'"}]}}\n')


def silent(number: Any) -> None:
    """Nothing."""


def brackets(number: Any) -> None:
    """Millions of values."""
    inside = ",".join(["[]"] * 2_000_000)
    write(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[%s]}}\n' % (number, inside.encode()))


def nested(number: Any) -> None:
    """Ten thousand levels."""
    inside = b"[" * 10_000 + b"]" * 10_000
    write(b'{"jsonrpc":"2.0","id":%d,"result":{"content":%s}}\n' % (number, inside))


def a_bit_nested(number: Any) -> None:
    """Levels that JSON can hold, and no event."""
    say({"id": number, "result": {"content": [], "structuredContent": deep(60)}})


def long_number(number: Any) -> None:
    """What most parsers do not take for a number."""
    write(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[],"x":%b}}\n' % (number, b"9" * 5_000))


def two_in_a_line(number: Any) -> None:
    """An answer, and the next, with nothing between them."""
    line = json.dumps({"jsonrpc": "2.0", "id": number, "result": text("x")})
    write(f"{line}{line}\n".encode())


def reads_nothing(number: Any) -> None:
    """What is said where a request could not be read."""
    say({"id": None, "error": {"code": -32700, "message": "what was that?"}})


def odd_numbers(number: Any) -> None:
    """What is a number to this parser and to no other."""
    write(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[{"a":NaN}]}}\n' % number)


def blocks(number: Any) -> None:
    """Very many parts."""
    say({"id": number, "result": {"content": [{"type": "text", "text": "x"}] * 20_000}})


def no_content(number: Any) -> None:
    """A result of another form."""
    say({"id": number, "result": {"content": "all well"}})


def no_result(number: Any) -> None:
    """A result that is none."""
    say({"id": number, "result": [1, 2, 3]})


def wrong_json(number: Any) -> None:
    """Lines that are no messages."""
    while True:
        write(b'{"jsonrpc": "2.0", "id": 1, "result":\n' * 1000)


def flood(number: Any) -> None:
    """Notifications, as fast as can be."""
    for n in count():
        told = {"progressToken": number, "progress": n, "message": f"step {n}"}
        logged = {"level": "info", "data": "x" * 200}
        say({"method": "notifications/progress", "params": told})
        say({"method": "notifications/message", "params": logged})
        say({"method": "notifications/tools/list_changed"})


def asks_all_the_time(number: Any) -> None:
    """Questions to the user, as fast as can be."""
    for n in count():
        form = {"message": "?", "requestedSchema": {"type": "object", "properties": {}}}
        say({"id": f"q{n}", "method": "elicitation/create", "params": form})


def asks_oddly(number: Any) -> None:
    """A question that no client could read."""
    odd = {"message": "?", "requestedSchema": {"type": "object", "properties": {"a": deep(5)}}}
    say({"id": "odd", "method": "elicitation/create", "params": odd})
    say({"id": number, "result": text("asked")})


def half_letters(number: Any) -> None:
    """Halves of letters wherever something is said."""
    told = {"progressToken": number, "progress": 1, "message": f"half {HALF}"}
    say({"method": "notifications/progress", "params": told})
    form = {"message": HALF, "requestedSchema": {"type": "object", "properties": {HALF: {}}}}
    say({"id": "q", "method": "elicitation/create", "params": form})
    say({"id": number, "result": {**text(f"half {HALF}"), "_meta": {HALF: HALF}}})


def half_an_error(number: Any) -> None:
    """Why not, with half a letter."""
    say({"id": number, "error": {"code": 1, "message": f"no {HALF}"}})


def long_error(number: Any) -> None:
    """Why not, at great length."""
    say({"id": number, "error": {"code": 1, "message": "no " * MIB}})


def odd_error(number: Any) -> None:
    """An error of another form."""
    say({"id": number, "error": {"code": "none", "message": 5}})


def says_more(number: Any) -> None:
    """Answer, and go on with what is over and what was never asked."""
    say({"id": number, "result": text(f"answer {number}")})
    told = {"progressToken": number, "progress": 1, "message": "too late"}
    say({"method": "notifications/progress", "params": told})
    for odd in (number, number - 1, number + 1000, str(number), None, True, 1.5, [number]):
        say({"id": odd, "result": text("too late")})


def closes_output(number: Any) -> None:
    """Nothing more can come, and the process stays."""
    os.close(1)
    time.sleep(1000)


def deaf(number: Any) -> None:
    """Ask, and take no answers in."""
    for n in count():
        say({"id": f"{n}{'x' * 60_000}", "method": "ping"})


def forks(number: Any) -> None:
    """Leave processes behind, then answer."""
    for _ in range(5):
        daemon()
    say({"id": number, "result": text("forked")})


ANSWERS: dict[str, Callable[[Any], None]] = {
    made.__name__: made
    for made in (
        *(endless, gigabyte, silent, brackets, nested, a_bit_nested, odd_numbers, blocks),
        *(no_content, no_result, wrong_json, flood, asks_all_the_time, asks_oddly, forks),
        *(long_number, two_in_a_line, reads_nothing),
        *(half_letters, half_an_error, long_error, odd_error, says_more, closes_output, deaf),
    )
}


# -- what is offered --

GREETINGS: dict[str, dict[str, Any]] = {
    "of_the_future": {"protocolVersion": "2126-07-28"},
    "odd_capabilities": {"capabilities": {"tools": [1]}},
}


def tools(mode: str) -> list[Any]:
    """The tools of a mode."""
    if mode == "many_tools":
        return [
            HIT,
            *({**HIT, "name": f"tool{n}", "description": "x" * 500} for n in range(10_000)),
        ]
    if mode == "schema_bombs":
        schemas = (
            deep(300),
            {"type": "object", "properties": {"x" * 100_000: {}}},
            5,
            {"type": 7},
        )
        return [
            HIT,
            *({**HIT, "name": f"bomb{n}", "inputSchema": s} for n, s in enumerate(schemas)),
        ]
    if mode == "names":
        odd = ("hit", "", " ", "a b", "a.b", "a/b", "x" * 500, "\u2603", "\x00", "mcp__x", None, 7)
        return [HIT, *({**HIT, "name": name} for name in odd), "no tool", None]
    if mode == "half_letters":
        halves: list[dict[str, Any]] = [
            {"name": f"name{HALF}"},
            {"name": "a", "description": HALF, "title": HALF},
            {"name": "b", "inputSchema": {"type": "object", "description": HALF}},
            {"name": "c", "annotations": {HALF: HALF}},
        ]
        return [HIT, *({**HIT, **more} for more in halves)]
    return [HIT]


def requests() -> Iterator[dict[str, Any]]:
    """What the host asks."""
    for line in sys.stdin:
        message = json.loads(line)
        if "method" in message and "id" in message:
            yield message


def handshake(mode: str, number: Any) -> None:
    """Modes that never get to their tools."""
    if mode == "dies_in_the_handshake":
        write(b'{"jsonrpc"')
        os._exit(9)
    if mode == "will_not_end":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        note("deaf")
        time.sleep(1000)
    if mode == "speaks_no_json":
        write(b"Welcome to my server!\n")
        endless(number)


def answer(mode: str, message: dict[str, Any]) -> None:
    """Answer a request as the mode does."""
    number, method = message["id"], message["method"]
    if method == "initialize" and mode == "needs_no_handshake":
        say({"id": number, "error": {"code": -32601, "message": "Method not found"}})
    elif method == "initialize":
        version = message["params"]["protocolVersion"]
        said = {
            "protocolVersion": version,
            "capabilities": {"tools": {}},
            **GREETINGS.get(mode, {}),
        }
        name = HALF if mode == "half_letters" else "h"
        say({"id": number, "result": {**said, "serverInfo": {"name": name, "version": "0"}}})
    elif method == "tools/list":
        note(f"listed {mode}")
        if mode in ("changes", *LISTED_ONCE):
            say({"method": "notifications/tools/list_changed"})
        if mode in LISTED_ONCE and next(LISTED) > 0:
            if mode == "refuses_its_list":
                say({"id": number, "error": {"code": -32000, "message": "not again"}})
            return
        say({"id": number, "result": {"tools": tools(mode)}})
    elif mode in ANSWERS:
        ANSWERS[mode](number)
    else:
        say({"id": number, "result": text("hit")})


LISTED_ONCE = ("refuses_its_list", "keeps_its_list")
LISTED = count()


def note(words: str) -> None:
    """Tell the test, if it wants to know."""
    if len(sys.argv) > NOTES:
        with Path(sys.argv[NOTES]).open("a") as file:
            file.write(f"{words}\n")


def main(mode: str) -> None:
    """Behave badly until the end."""
    note(f"started {os.getpid()}")
    if mode == "dies":
        sys.exit(7)
    for message in requests():
        handshake(mode, message["id"])
        if mode != "never_starts":
            answer(mode, message)


if __name__ == "__main__":
    main(sys.argv[1])
