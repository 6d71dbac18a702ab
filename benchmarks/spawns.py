"""What a spawn costs beside a `thread/start`, in bytecodes of the loop, which no machine changes.

An agent that is started does nothing here: its first turn is one like any other.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from unittest.mock import patch

import threadhost
from benchmarks.machine import described
from benchmarks.table import print_table
from threadhost.actors.runtime import agent_reactor
from threadhost.adapters.client.client import Client
from threadhost.adapters.config import Settings

FEW, MANY = 2, 22
WARM_UP_S = 12
CONFIG = "[agents]\nmax_concurrent_threads_per_session = 1000\n"
SPAWN = {"namespace": "multi_agent_v1", "name": "spawn_agent", "args": {"message": "work"}}
LOOK = {"name": "get_goal", "args": {}}
Work = Callable[[], Awaitable[object]]


async def bytecodes(work: Work) -> int:
    """What the loop executes for it, and for what it leads to."""
    count = 0

    def enter(frame: FrameType, event: str, argument: object) -> object:
        frame.f_trace_opcodes = True
        return step

    def step(frame: FrameType, event: str, argument: object) -> object:
        nonlocal count
        count += event == "opcode"
        return step

    async def whole() -> None:
        await work()
        await asyncio.sleep(0.3)

    sys.settrace(enter)  # type: ignore[arg-type]
    try:
        await asyncio.create_task(whole())
    finally:
        sys.settrace(None)
    return count


async def each(work: Callable[[int], Awaitable[object]]) -> float:
    """What one more of these costs."""
    few, many = [await bytecodes(lambda n=n: work(n)) for n in (FEW, MANY)]  # type: ignore[misc]
    return (many - few) / (MANY - FEW)


async def measured(client: Client) -> tuple[float, float, float]:
    """A start, a spawn with the call that asks for it, and a call that does next to nothing."""
    root = await client.start_thread()

    async def starts(count: int) -> None:
        for _ in range(count):
            await client.start_thread()

    def turns(call: object) -> Callable[[int], Awaitable[object]]:
        def turn(count: int) -> Awaitable[object]:
            script = {"steps": [{"calls": [call] * count}, {"text": "done"}]}
            return client.run_turn(root.id, f"@echo {json.dumps(script)}")

        return turn

    for call in (SPAWN, LOOK):
        await turns(call)(1)
    await asyncio.sleep(WARM_UP_S)  # what is imported ahead of its use is there by then
    return await each(starts), await each(turns(SPAWN)), await each(turns(LOOK))


async def run(home: Path) -> tuple[float, float, float]:
    """Measure on a home."""
    (home / "config.toml").write_text(CONFIG)
    async with threadhost.open(Settings(home)) as host, host.connect() as client:
        with patch.object(agent_reactor, "takes_message", lambda _: False):
            return await measured(client)


def main() -> None:
    """Print what was measured."""
    print(described())
    with TemporaryDirectory() as folder:
        start, spawn, call = asyncio.run(run(Path(folder)))
    rows = [
        ("thread/start", start, "1"),
        ("a call of a tool of the host", call, f"{call / start:.2f}"),
        ("a spawn with its call", spawn, f"{spawn / start:.2f}"),
        ("a spawn without its call", spawn - call, f"{(spawn - call) / start:.2f}"),
    ]
    print_table(("of the loop", "bytecodes", "of thread/start"), rows)


if __name__ == "__main__":
    main()
