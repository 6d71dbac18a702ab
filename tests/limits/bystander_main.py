"""A client that asks one small thing over and over; a line on stdin makes it tell its delays."""

import asyncio
import json
import sys
import time
from pathlib import Path

from tests.limits.asking import HELLO, ask
from tests.support.links import FrameLink

PAUSE_S = 0.002
ANSWER_S = 60.0


def told(waited_ms: list[float]) -> str:
    ordered = sorted(waited_ms)
    last = len(ordered) - 1
    places = (ordered[last // 2], ordered[round(last * 0.99)], ordered[last])
    return json.dumps([len(ordered), *(round(ms, 2) for ms in places)])


async def run(path: Path) -> None:
    link = await FrameLink.to_socket(path)
    await ask(link, "initialize", HELLO, ANSWER_S)
    asked = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(asked), sys.stdin
    )
    wish = asyncio.create_task(asked.readline())
    waited_ms: list[float] = []
    while True:
        began = time.perf_counter()
        await ask(link, "thread/loaded/list", {"limit": 1}, ANSWER_S)
        waited_ms.append((time.perf_counter() - began) * 1000)
        if wish.done():
            if not wish.result():
                return
            print(told(waited_ms), flush=True)  # noqa: T201
            waited_ms.clear()
            wish = asyncio.create_task(asked.readline())
        await asyncio.sleep(PAUSE_S)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
