"""Those who come and do not know what is spoken here, or say far too much at once."""

import json
from collections.abc import Iterator

from tests.adapters.jsonrpc.malformed import CONTAINERS
from tests.limits.hosted import MIB, Hosted
from tests.limits.raw import UPGRADE, Raw
from tests.limits.wire_bombs import Act, WireBomb

HELLO = {"id": 7, "method": "initialize", "params": {"clientInfo": {"name": "x", "version": "1"}}}
HERE, NO_TLS = "this address serves websockets", "this address does not speak TLS"
STRANGERS = {
    "a line of JSON": (json.dumps(HELLO) + "\n", HERE),
    "half a line of JSON": (json.dumps(HELLO)[:40], HERE),
    "a list": ("[1]\n", HERE),
    "TLS": ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "a" * 500, NO_TLS),
    "HTTP/2": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HERE),
    "HTTP/9.9": (UPGRADE.replace("HTTP/1.1", "HTTP/9.9") + "\r\n", HERE),
    "another language": ("EHLO localhost\r\n", HERE),
    "frames": ("\x81\x85....hello", HERE),
    "noise": ("\x80\xff\0" * 1000, HERE),
}
TALKERS, ARRAYS = 10, CONTAINERS - 1_000
KEPT_MAX_MIB = 20
"""What ten clients may cost that each said as much of itself as they may."""


def told(data: str, words: str) -> Act:
    """Whoever says this is told so before the connection is closed; JSON is told under its id."""

    async def act(hosted: Hosted, way: str) -> str:
        raw = await Raw.to(hosted, way)
        await raw.write(data.encode("latin-1"))
        answer = await raw.source.read()
        await raw.close()
        if words not in answer.decode():
            return f"told {answer[:200]!r}"
        if data.startswith("{") and json.loads(answer)["id"] != HELLO["id"]:
            return f"not told under its id: {answer[:200]!r}"
        return ""

    return act


async def _say_much(hosted: Hosted, way: str) -> str:
    extensions = b'{"a":[' + b"[]," * ARRAYS + b"0]}"
    hello = json.dumps(HELLO | {"id": "call"}).encode()
    hello = hello[:-2] + b', "capabilities": {"extensions": ' + extensions + b"}}}"
    before, clients = hosted.rss_bytes, []
    for _ in range(TALKERS):
        clients.append(await Raw.upgraded(hosted, way))
        await clients[-1].frame(hello)
        answer = await clients[-1].answer("call")
        if "result" not in answer:
            return f"answered {str(answer)[:200]}"
    grown = (hosted.rss_bytes - before) / MIB
    for client in clients:
        await client.close()
    return f"{grown:.0f} MiB are kept of it" if grown > KEPT_MAX_MIB else ""


def corpus() -> Iterator[WireBomb]:
    """All of them."""
    for name, (data, words) in STRANGERS.items():
        yield WireBomb(f"whoever says {name}", told(data, words))
    yield WireBomb("10 clients that say much", _say_much)
