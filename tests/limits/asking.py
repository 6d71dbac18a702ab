"""One request and its answer on a connection that has no other in flight."""

import asyncio
import json
from typing import Any

from tests.support.links import Link

HELLO = {
    "clientInfo": {"name": "limits", "title": None, "version": "1"},
    "capabilities": {"experimentalApi": True},
}


async def ask(link: Link, method: str, params: Any, within_s: float = 10.0) -> dict[str, Any]:
    """The answer to a request. Raises TimeoutError or LinkClosed."""
    await link.send(json.dumps({"id": "ask", "method": method, "params": params}).encode())
    async with asyncio.timeout(within_s):
        while True:
            message: dict[str, Any] = json.loads(await link.receive())
            if message.get("id") == "ask":
                return message
