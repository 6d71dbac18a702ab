"""The replies to clients of a websocket listener that do not speak HTTP."""

from typing import Final

from threadhost.adapters.jsonrpc.envelope import error_bytes
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST
from threadhost.adapters.jsonrpc.outline import outline

_HINT = (
    "this address serves websockets: send an HTTP/1.1 request to upgrade, then one"
    " JSON object a text frame"
)
_TLS_HANDSHAKE = b"\x16"
_NO_TLS = "this address does not speak TLS; put a proxy that ends it in front, or use a tunnel"


def non_http_reply(data: bytes) -> bytes | None:
    """The reply to a connection with this first data; None if it may be an HTTP request."""
    first = data.lstrip()[:1]
    if first and first in b"{[":
        words = f"Invalid request: {_HINT}"
        error_data = {"reason": "websocketExpected"}
        return error_bytes(outline(data).id, INVALID_REQUEST, words, error_data) + b"\n"
    if first.isalpha() or not first:
        return None
    return bad_request(_NO_TLS if first == _TLS_HANDSHAKE else _HINT)


def bad_request(words: str) -> bytes:
    """The HTTP response to data that is no HTTP request."""
    body = f"{words}\n".encode()
    head = (
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


NOT_HTTP: Final = bad_request(_HINT)
