"""An MCP server over streamable HTTP in the loop of a test; some of its tools mean harm."""

import asyncio
import gzip
import json
from contextlib import suppress
from typing import Any, Self

MIB = 1024 * 1024
HALF = "\ud800"
TOOLS = (
    "echo",
    "events",
    "half",
    "half_event",
    "hang",
    "endless",
    "endless_events",
    "endless_heads",
    "slow_heads",
    "html_event",
    "accepted",
    "bomb",
    "broken",
    "gone",
    "later",
    "cut",
    "unanswered",
    "of_another",
    "of_nobody",
    "notified",
    "numerous",
    "impatient",
    "told_on",
    "written_on",
    "resumable",
)
SESSION, REST = "session-1", "rest"
LATER_S = 0.5


class HttpServer:
    """Closes each connection; `requests` are those that came, with their headers."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.called = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.taken_back: list[Any] = []
        """The requests whose answers nobody waits for any more."""
        self.resumed = asyncio.Event()
        """The rest of an answer was asked for."""
        self.left = asyncio.Event()
        """Nobody reads what one tool goes on saying."""
        self.refusal: bytes | None = None
        """What every POST is answered with meanwhile."""
        self.known = SESSION
        """The session that is known; another one is over."""
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take no connection any more."""
        if self._server is not None:
            self._server.close()

    @property
    def url(self) -> str:
        """Where it is."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/mcp"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            lines = (line.split(": ", 1) for line in head[1:] if line)
            headers = {name.lower(): value for name, value in lines}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method = head[0].split()[0]
            message: Any = json.loads(body) if body else None
            self.requests.append((method, headers, message))
            if headers.get("last-event-id") == REST:
                await self._rest(writer)
            elif method != "POST":
                writer.write(no(405))
            elif self.refusal is not None:
                writer.write(self.refusal)
            elif headers.get("mcp-session-id", self.known) != self.known:
                writer.write(no(404))
            else:
                await self._answer(writer, message)
            await writer.drain()
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
        number, method = message.get("id"), message.get("method")
        if number is None:
            if method == "notifications/cancelled":
                self.taken_back.append(message["params"]["requestId"])
                self.cancelled.set()
            writer.write(b"HTTP/1.1 202 Ok\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        elif method == "initialize":
            version = message["params"]["protocolVersion"]
            said = {"protocolVersion": version, "capabilities": {"tools": {}}}
            result = {**said, "serverInfo": {"name": "far", "version": "1"}}
            whole(writer, {"id": number, "result": result}, f"mcp-session-id: {self.known}\r\n")
        elif method == "tools/list":
            hints = {"readOnlyHint": True}
            schema = {"type": "object"}
            said = {"inputSchema": schema, "annotations": hints, "description": HALF}
            tools = [{"name": n, **said} for n in TOOLS]
            whole(writer, {"id": number, "result": {"tools": tools}})
        else:
            self.called.set()
            await getattr(self, f"tool_{message['params']['name']}")(writer, number, message)

    async def tool_echo(self, writer: Any, number: Any, message: Any) -> None:
        whole(writer, {"id": number, "result": text(message["params"]["arguments"]["text"])})

    async def tool_events(self, writer: Any, number: Any, message: Any) -> None:
        begin_events(writer)
        token = message["params"]["_meta"]["progressToken"]
        told = {"progressToken": token, "progress": 1, "message": "on its way"}
        event(writer, {"method": "notifications/progress", "params": told})
        event(writer, {"id": number, "result": text("by an event")})

    async def tool_half(self, writer: Any, number: Any, message: Any) -> None:
        whole(writer, {"id": number, "result": text(f"half {HALF}")})

    async def tool_half_event(self, writer: Any, number: Any, message: Any) -> None:
        begin_events(writer)
        event(writer, {"id": number, "result": text(f"half {HALF}")})

    async def tool_hang(self, writer: Any, number: Any, message: Any) -> None:
        await self.tool_silence(writer)

    async def tool_silence(self, writer: Any) -> None:
        begin_events(writer)
        await writer.drain()
        await self.cancelled.wait()

    async def tool_endless(self, writer: Any, number: Any, message: Any) -> None:
        writer.write(
            b"HTTP/1.1 200 Ok\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n["
        )
        for _ in range(1024):
            writer.write(b" " * MIB)
            await writer.drain()

    async def tool_endless_events(self, writer: Any, number: Any, message: Any) -> None:
        begin_events(writer)
        writer.write(b"data: ")
        for _ in range(1024):
            writer.write(b"x" * MIB)
            await writer.drain()

    async def tool_endless_heads(self, writer: Any, number: Any, message: Any) -> None:
        try:
            while True:
                writer.write(b"HTTP/1.1 102 Wait\r\n\r\n" * 1024)
                await writer.drain()
        finally:
            self.left.set()

    async def tool_slow_heads(self, writer: Any, number: Any, message: Any) -> None:
        while True:
            writer.write(b"HTTP/1.1 102 Wait\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(LATER_S / 50)

    async def tool_told_on(self, writer: Any, number: Any, message: Any) -> None:
        await self._on(writer, "text/event-stream")

    async def tool_written_on(self, writer: Any, number: Any, message: Any) -> None:
        await self._on(writer, "application/json")

    async def tool_resumable(self, writer: Any, number: Any, message: Any) -> None:
        begin_events(writer)
        writer.write(f"id: {REST}\nretry: 1\ndata: \n\n".encode())

    async def _rest(self, writer: Any) -> None:
        self.resumed.set()
        await self._on(writer, "text/event-stream")

    async def _on(self, writer: Any, kind: str) -> None:
        head = f"content-type: {kind}\r\nconnection: close\r\n\r\n"
        writer.write(f"HTTP/1.1 200 Ok\r\n{head}".encode())
        try:
            while True:
                writer.write(b"\n")
                await writer.drain()
                await asyncio.sleep(LATER_S / 50)
        finally:
            self.left.set()

    async def tool_html_event(self, writer: Any, number: Any, message: Any) -> None:
        begin_events(writer)
        writer.write(b"data: <html>all well</html>\n\n")

    async def tool_accepted(self, writer: Any, number: Any, message: Any) -> None:
        writer.write(b"HTTP/1.1 202 Ok\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    async def tool_bomb(self, writer: Any, number: Any, message: Any) -> None:
        body = gzip.compress(b" " * 64 * MIB)
        head = f"content-encoding: gzip\r\ncontent-length: {len(body)}\r\n"
        writer.write(f"HTTP/1.1 200 Ok\r\ncontent-type: application/json\r\n{head}\r\n".encode())
        writer.write(body)

    async def tool_broken(self, writer: Any, number: Any, message: Any) -> None:
        body = b"<html>all well</html>"
        head = f"content-type: text/html\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(f"HTTP/1.1 200 Ok\r\n{head}".encode() + body)

    async def tool_later(self, writer: Any, number: Any, message: Any) -> None:
        await asyncio.sleep(LATER_S)
        whole(writer, {"id": number, "result": text("at last")})

    async def tool_cut(self, writer: Any, number: Any, message: Any) -> None:
        head = b"content-type: application/json\r\ncontent-length: 1000\r\n\r\n"
        writer.write(b"HTTP/1.1 200 Ok\r\n" + head + b'{"jsonrpc":"2.0","id":')

    async def tool_unanswered(self, writer: Any, number: Any, message: Any) -> None:
        pass

    async def tool_of_another(self, writer: Any, number: Any, message: Any) -> None:
        whole(writer, {"id": number + 1000, "result": text("to whoever asked")})

    async def tool_of_nobody(self, writer: Any, number: Any, message: Any) -> None:
        whole(writer, {"id": None, "result": text("to nobody")})

    async def tool_notified(self, writer: Any, number: Any, message: Any) -> None:
        whole(writer, {"method": "notifications/x"})

    async def tool_numerous(self, writer: Any, number: Any, message: Any) -> None:
        body = b'{"jsonrpc":"2.0","id":%d,"result":{"content":[],"x":%b}}' % (number, b"9" * 5_000)
        writer.write(answered(body))

    async def tool_impatient(self, writer: Any, number: Any, message: Any) -> None:
        begin_events(writer)
        writer.write(b"id: 1\nretry: -5\ndata: \n\n")

    async def tool_gone(self, writer: Any, number: Any, message: Any) -> None:
        writer.write(no(404))


def no(status: int, more: str = "", body: bytes = b"") -> bytes:
    """An answer that says no."""
    head = f"HTTP/1.1 {status} No\r\n{more}content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    return head.encode() + body


def text(said: str) -> dict[str, Any]:
    """A result."""
    return {"content": [{"type": "text", "text": said}]}


def whole(writer: asyncio.StreamWriter, message: dict[str, Any], more: str = "") -> None:
    """Answer with one message."""
    writer.write(answered(json.dumps({"jsonrpc": "2.0", **message}).encode(), more))


def answered(body: bytes, more: str = "") -> bytes:
    """An answer of this JSON."""
    head = f"content-type: application/json\r\n{more}content-length: {len(body)}\r\n"
    return f"HTTP/1.1 200 Ok\r\n{head}connection: close\r\n\r\n".encode() + body


def begin_events(writer: asyncio.StreamWriter) -> None:
    """Answer with a stream of events."""
    writer.write(b"HTTP/1.1 200 Ok\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")


def event(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    """One of them."""
    body = json.dumps({"jsonrpc": "2.0", **message})
    writer.write(f"event: message\ndata: {body}\n\n".encode())
