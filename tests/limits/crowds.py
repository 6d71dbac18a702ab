"""As many connections as there may be: each served, one more refused, nothing left of them."""

import asyncio
from pathlib import Path

from tests.limits.hosted import Hosted, hosting
from tests.limits.raw import UPGRADE, Raw
from tests.scoreboard.row import Context, Counts

WAYS = ("ws", "unix")
FULL = 503
EMPTY_S = 10.0
AT_ONCE = 50
REQUEST = b'{"id":"served","method":"thread/loaded/list","params":{"limit":1}}'


async def crowd(context: Context, home: Path, count: int, ways: tuple[str, ...] = WAYS) -> Counts:
    """Fill one listener of each kind in turn; what each connection cost."""
    counts: Counts = {}
    for way in ways:
        folder = home / way
        address = "ws://127.0.0.1:0" if way == "ws" else f"unix://{folder}/s"
        limits = {"connections_max": count, "handshakes_max": AT_ONCE}
        async with hosting(folder, (address,), limits=limits) as hosted:
            counts |= await _fill(context, hosted, way, count)
    return counts


async def _fill(context: Context, hosted: Hosted, way: str, count: int) -> Counts:
    await (await Raw.greeted(hosted, way)).close()  # what is loaded once is loaded now
    await _settled(hosted, 0)
    held, threads, before = hosted.info.num_fds(), hosted.info.num_threads(), hosted.rss_bytes
    clients: list[Raw] = []
    while len(clients) < count:
        some = min(AT_ONCE, count - len(clients))
        clients += await asyncio.gather(*(Raw.greeted(hosted, way) for _ in range(some)))
    each_kib = (hosted.rss_bytes - before) / count / 1024
    served = sum(await asyncio.gather(*map(_is_served, clients)))
    if served < count:
        context.violates("S1", f"{way}: {count - served} of {count} were not served")
    await _one_more(context, hosted, way)
    await clients.pop().close()
    await _settled(hosted, held + count - 1)
    clients.append(await Raw.greeted(hosted, way))
    await asyncio.gather(*(client.close() for client in clients))
    left = await _settled(hosted, held) - held
    if left > 0 or hosted.info.num_threads() > threads:
        context.violates("L1", f"{way}: {left} descriptors are left of clients that are gone")
    return {f"{way} served": served, f"{way} KiB each": round(each_kib, 1), f"{way} left": left}


async def _one_more(context: Context, hosted: Hosted, way: str) -> None:
    late = await Raw.to(hosted, way)
    status = await late.request(UPGRADE)
    await late.close()
    if status != FULL:
        context.violates("S1", f"{way}: one more than allowed was answered {status}")


async def _is_served(client: Raw) -> bool:
    try:
        await client.frame(REQUEST)
        return "result" in await client.answer("served")
    except ConnectionError:
        return False


async def _settled(hosted: Hosted, descriptors: int) -> int:
    """Wait until the host holds no more than so many descriptors; how many it holds."""
    deadline = asyncio.get_running_loop().time() + (EMPTY_S if descriptors else 0.3)
    while (held := hosted.info.num_fds()) > descriptors:
        if asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(0.01)
    return held
