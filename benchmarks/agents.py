"""A host whose models have started 1,000 agents: at work at once, idle, deleted while all are busy.

Four processes on one machine: the host, a model over HTTP, the client that follows everything, and
a bystander that starts threads and interrupts turns of its own.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import psutil

from benchmarks.endpoint import HANGS
from benchmarks.machine import described
from benchmarks.stdio import PROGRAM
from benchmarks.table import print_table
from benchmarks.wire import Client, Message

EACH = 100
TREES = (("first", 5), ("second", 5), ("third", 10))
"""Trees, one after the other, and how many leads of `EACH` agents each has; the last is at work."""
FILL_THREADS, FILL_BYTES = 400, 48 * 1024
"""More than the page cache of the database takes."""
ROUNDS = 5
CONFIG = """
[agents]
max_depth = 2
max_concurrent_threads_per_session = 2000
max_working_threads_per_session = 2000
"""
KIB = 1024
Figures = dict[str, float]


@contextmanager
def running(*command: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that is asked to end at the end of the block."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def said(stream: object) -> str:
    """The next line that a process writes."""
    return str(stream.readline()).strip()  # type: ignore[attr-defined]


class Ends:
    """The turns that end, as they are told."""

    def __init__(self) -> None:
        self.turns: set[str] = set()
        self.failed = 0
        self._changed = asyncio.Event()
        self._awaited: dict[str, asyncio.Event] = {}

    def heard(self, message: Message) -> None:
        """Take a notification."""
        if message["method"] == "turn/completed":
            turn = message["params"]["turn"]
            self.turns.add(turn["id"])
            self.failed += turn["status"] != "completed"
            self._changed.set()
            if (awaited := self._awaited.pop(turn["id"], None)) is not None:
                awaited.set()

    async def of(self, turn_id: str) -> None:
        """Wait for the end of one."""
        if turn_id not in self.turns:
            await self._awaited.setdefault(turn_id, asyncio.Event()).wait()

    async def are(self, total: int) -> None:
        """Wait for so many."""
        while len(self.turns) < total:
            self._changed.clear()
            await self._changed.wait()


def percentile(took: Sequence[float], share: float) -> float:
    """Of so many milliseconds."""
    return sorted(took)[int(share * (len(took) - 1))]


class Bystander:
    """The other client."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        if said(process.stdout) != "ready":
            raise RuntimeError("the bystander is gone")

    def figures(self, when: str) -> Figures:
        """What it waited for."""
        took = json.loads(self._process.communicate("")[0])
        found: Figures = {}
        for what, name in (("start", "thread/start of others"), ("interrupt", "turn/interrupt")):
            waits, cpu = zip(*took[what], strict=True)
            for label, share in (("p50", 0.5), ("p95", 0.95), ("longest", 1)):
                found[f"{name}, {when}, {label} (ms)"] = percentile(waits, share)
                found[f"{name}, {when}, CPU of the host, {label} (ms)"] = percentile(cpu, share)
            found[f"{name}, {when} (times)"] = len(waits)
        return found


@contextmanager
def bystanding(socket: Path, host: psutil.Process) -> Iterator[Bystander]:
    """Somebody else's client, which asks until it is told to end."""
    words = "benchmarks.bystander", str(socket), str(host.pid)
    with running(sys.executable, "-m", *words) as process:
        yield Bystander(process)


async def measured(home: Path, host: psutil.Process) -> Figures:
    """All figures of one host."""
    socket, ends = home / "s", Ends()
    client = await Client.at(socket, ends.heard)
    await warmed_up(client, ends)
    before = host.memory_info().rss
    await filled(client, ends)
    found: Figures = {"page cache, once (MiB)": (host.memory_info().rss - before) / KIB / KIB}
    root, agents = "", list[str]()
    for which, leads in TREES:
        before, began = host.memory_info().rss, perf_counter()
        root, agents = await grown(client, ends, leads)
        found |= {
            f"{which} tree: agents": len(agents),
            f"{which} tree: spawned, and all had a turn (s)": perf_counter() - began,
            f"{which} tree: RSS of a live idle agent (KiB)": (host.memory_info().rss - before)
            / KIB
            / len(agents),
        }
    with bystanding(socket, host) as bystander:
        await asyncio.sleep(2)
        found |= bystander.figures("at rest")
    found |= await at_once(client, ends, socket, agents, host)
    found |= await deleted_busy(client, root, agents)
    await client.close()
    return found


async def warmed_up(client: Client, ends: Ends) -> None:
    """Whatever is imported at its first use has been, and the host knows its client."""
    thread_id = await client.start()
    await client.say(thread_id, "start 1 agents: work")
    await ends.are(2)
    await client.ask("thread/delete", threadId=thread_id)
    await asyncio.sleep(3)


async def filled(client: Client, ends: Ends) -> None:
    """The page cache of the database is full, and no thread is live that filled it.

    Whatever a host does first fills it: it is none of what an agent keeps.
    """
    for _ in range(FILL_THREADS):
        thread_id = await client.start()
        await ends.of(await client.say(thread_id, "x" * FILL_BYTES))
        await client.ask("thread/archive", threadId=thread_id)


async def grown(client: Client, ends: Ends, leads: int) -> tuple[str, list[str]]:
    """A root whose model starts leads, whose models start agents; these."""
    done = len(ends.turns)
    root = await client.start()
    await client.say(root, f"start {leads} agents: start {EACH} agents: work")
    await ends.are(done + 1 + leads + leads * EACH)
    await asyncio.sleep(2)
    listed: list[Message] = []
    cursor = None
    while not listed or cursor:
        page = await client.ask(
            "thread/list", ancestorThreadId=root, limit=100, cursor=cursor, sourceKinds=[]
        )
        listed, cursor = [*listed, *page["data"]], page["nextCursor"]
    return root, [one["id"] for one in listed]


async def at_once(
    client: Client, ends: Ends, socket: Path, agents: Sequence[str], host: psutil.Process
) -> Figures:
    """All of them take turns at the same time, one after the other each."""
    turns = len(agents) * ROUNDS
    with bystanding(socket, host) as bystander:
        failed = ends.failed
        cpu, began = sum(host.cpu_times()[:2]), perf_counter()

        async def works(agent_id: str) -> None:
            for _ in range(ROUNDS):
                await ends.of(await client.say(agent_id, "work on"))

        await asyncio.gather(*map(works, agents))
        took_s = perf_counter() - began
        cpu_s = sum(host.cpu_times()[:2]) - cpu
        found = bystander.figures("under load")
    return {
        "turns": turns,
        "turns that did not complete": ends.failed - failed,
        "turns a second": turns / took_s,
        "CPU of the host (ms a turn, all included)": cpu_s / turns * 1000,
        **found,
    }


async def deleted_busy(client: Client, root: str, agents: Sequence[str]) -> Figures:
    """The whole tree goes while each agent has a turn that never ends."""
    await asyncio.gather(*(client.say(agent_id, HANGS) for agent_id in agents))
    await asyncio.sleep(2)
    began = perf_counter()
    await client.ask("thread/delete", threadId=root)
    return {"busy tree deleted (s)": perf_counter() - began}


def main() -> None:
    """Measure in a folder that is removed afterwards."""
    print(described())
    with TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "config.toml").write_text(CONFIG)
        with running(sys.executable, "-m", "benchmarks.endpoint") as model:
            url = f"http://127.0.0.1:{said(model.stdout)}/v1"
            words = ("--home", folder, "--listen", f"unix://{folder}/s", "--model-url", url)
            with running(str(PROGRAM), "serve", *words, "--model", "m") as host:
                said(host.stderr)
                found = asyncio.run(measured(home, psutil.Process(host.pid)))
    print_table(("1,000 agents", ""), [(name, value) for name, value in found.items()])


if __name__ == "__main__":
    main()
