"""`threadhost gc`: having the rules of retention let go of what is due, or looking at that."""

import asyncio
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_client import client_of
from threadhost.adapters.cli.output import Failure, local_time, note, print_json, say
from threadhost.adapters.cli.stored import existing
from threadhost.adapters.client.errors import ClientError
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.adapters.jsonrpc.models.retention import RetentionDue
from threadhost.events.words import numbered


def gc(*, home: Path, key_file: Path | None, dry_run: bool, json: bool) -> None:
    """Apply the rules of a home, or say what they would do. Raises Failure."""
    method = "host/retention/preview" if dry_run else "host/retention/run"
    answer = _asked(existing(home), key_file, method)
    if json:
        print_json(answer)
        return
    for entry in map(RetentionDue.from_wire, answer["data"]):
        say(_line(entry))
    if answer["more"]:
        say("... more, which are not named")
    size = f"{numbered(answer['threads'], 'thread')}, {numbered(answer['bytes'], 'byte')}"
    note(f"would go: {size}" if dry_run else f"gone: {size}")


def _line(entry: RetentionDue) -> str:
    what = numbered(entry.threads, "thread")
    why = f"stays, {entry.stays}" if entry.stays else "goes"
    since = local_time(entry.active_at * 1000)
    return (
        f"{entry.thread_id}  {since}  {entry.rule}: {why}  ({what}, {entry.bytes} bytes;"
        f" {entry.why})"
    )


def _asked(home: Path, key_file: Path | None, method: str) -> Any:  # noqa: ANN401
    async def ask() -> Any:  # noqa: ANN401
        async with client_of(home, key_file) as client:
            return await client.call(method, {})

    try:
        return asyncio.run(ask())
    except (RpcError, ClientError) as error:
        raise Failure.of(error) from None
