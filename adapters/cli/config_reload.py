"""`threadhost config reload`: having the host of a home read its configuration again."""

import asyncio
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_client import client_of
from threadhost.adapters.cli.output import Failure, note, print_json, say
from threadhost.adapters.cli.stored import called, existing
from threadhost.adapters.client.errors import ClientError
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events.store.lock import is_held


def reload(*, home: Path, json: bool) -> None:
    """Have it done, and print what came of it. Raises Failure."""
    folder = existing(home)
    if not is_held(folder):
        raise Failure(f"no host runs on {folder}; {called('serve', folder)} starts one")
    try:
        answer = asyncio.run(_asked(folder))
    except (RpcError, ClientError) as error:
        raise Failure(str(error)) from None
    if json:
        print_json(answer)
        return
    for key in answer["changed"]:
        say(key)
    for key in answer["needsRestart"]:
        say(f"{key}  needs a restart")
    note(f"{answer['file']} was read again")


async def _asked(home: Path) -> Any:  # noqa: ANN401
    async with client_of(home, None) as client:
        return await client.call("host/config/reload", {})
