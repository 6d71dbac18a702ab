"""`threadhost demo`: a real host, a tree of threads, agent, goal, job, deletion, the proof."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.child_host import Child
from threadhost.adapters.cli.home_client import connected
from threadhost.adapters.cli.output import Failure, console, print_json
from threadhost.adapters.cli.turn_board import Board
from threadhost.adapters.client.client import Client, TurnEnd
from threadhost.adapters.event_loop import run_to_end
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events.base import Erased

NAMES = {
    "trip": None,
    "flights": "trip",
    "hotels": "trip",
    "budget": "trip",
    "outbound": "flights",
    "return": "flights",
    "old town": "hotels",
    "scratchpad": "budget",
}
"""Each thread's parent; parents come first."""
EPHEMERAL = "scratchpad"
ROOT = "trip"
GOAL = "budget"
DELTAS, GAP_MS = 16, 60


@dataclass
class Story:
    """What the demo has to show, gathered while it runs."""

    home: Path
    quiet: bool
    began: float = field(default_factory=time.perf_counter)
    ids: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def say(self, line: str = "") -> None:
        """A line for people."""
        if not self.quiet:
            console().print(line)

    def step(self, words: str) -> None:
        """A heading, with the time since the beginning."""
        self.say(f"\n[{time.perf_counter() - self.began:4.1f} s] {words}")


def demo(*, json: bool) -> None:
    """Show it all in a few seconds: a host, threads at work, a deletion, its receipt, the proof."""
    with tempfile.TemporaryDirectory(prefix="threadhost-demo-") as folder:
        story = Story(Path(folder) / "home", quiet=json)
        run_to_end(_tell(story))
    seconds = time.perf_counter() - story.began
    if json:
        print_json({**story.facts, "seconds": round(seconds, 1)})
    story.say(f"\ndone in {seconds:.1f} s; nothing is left behind")


async def _tell(story: Story) -> None:
    story.step("a host starts, in a process of its own, in a home of its own")
    host = await Child.start(story.home)
    try:
        story.say(f"  process {host.pid} at {host.address}, home {story.home}")
        async with connected(host.address, "demo") as client:
            await _grow(story, client)
            await _work(story, client)
            await _delegate(story, client)
            await _pursue(story, client)
            await _tabulate(story, client)
            await _look(story, client)
            await _delete(story, client)
        _prove(story)
    finally:
        code = await host.stop()
    await _return(story, code)


async def _grow(story: Story, client: Client) -> None:
    story.step(f"a tree of {len(NAMES)} threads grows; {EPHEMERAL!r} lives in memory alone")
    for name, parent in NAMES.items():
        parent_id = story.ids[parent] if parent else None
        is_ephemeral = name == EPHEMERAL
        thread = await client.start_thread(
            parent_thread_id=parent_id, ephemeral=is_ephemeral or None
        )
        story.ids[name] = thread.id
        if not is_ephemeral:
            await client.set_name(thread.id, name)
    story.facts["threads"] = len(story.ids)


async def _work(story: Story, client: Client) -> None:
    story.step("a turn in each of them, all at once")
    notes = client.notifications()
    with Board(story.quiet) as board:
        for name, thread_id in story.ids.items():
            board.expect(thread_id, name, len(_answer(name)))

        async def watch() -> None:
            async for note in notes:
                board.hear(note)

        watching = asyncio.create_task(watch())
        try:
            ends = await asyncio.gather(
                *(client.run_turn(thread, _prompt(name)) for name, thread in story.ids.items())
            )
        finally:
            watching.cancel()
            await asyncio.wait([watching])
    story.facts["turns"] = dict(Counter(end.turn.status for end in ends))
    _require_completed(ends)


def _require_completed(ends: list[TurnEnd]) -> None:
    failed = [end.turn.status for end in ends if end.turn.status != "completed"]
    if failed:
        raise Failure(f"of the turns {len(failed)} did not complete: {failed}")


def _prompt(name: str) -> str:
    step = f'{{"text": "{_answer(name)}", "deltas": {DELTAS}, "gap_ms": {GAP_MS}}}'
    return f'What about the {name}?\n@echo {{"steps": [{step}]}}'


def _answer(name: str) -> str:
    return f"Of the {name} I know what an echo knows: what was said. It comes in small pieces."


async def _delegate(story: Story, client: Client) -> None:
    """The root's model starts an agent, waits for it, and says what it heard."""
    story.step(f"the model of {ROOT!r} starts an agent of its own and waits for what that says")
    notes = client.notifications("item/completed")
    end = await client.run_turn(story.ids[ROOT], _delegating())
    _require_completed([end])
    agents: list[str] = []
    async for note in notes:
        item = note.params["item"]
        if item["type"] == "collabAgentToolCall":
            agents = list(item["agentsStates"])
            states = ", ".join(state["status"] for state in item["agentsStates"].values())
            story.say(f"  {item['tool']}: {states}")
        elif item["type"] == "agentMessage":
            is_root = note.params["threadId"] == story.ids[ROOT]
            story.say(f"  {ROOT if is_root else 'its agent'}: {item['text']}")
            if is_root:
                break
    story.facts["agents"] = len(agents)


async def _pursue(story: Story, client: Client) -> None:
    from threadhost.adapters.cli.demo_goal import pursue

    story.step(f"{GOAL!r} gets a goal: turns begin by themselves until the model is done with it")
    story.facts["goal"] = await pursue(client, story.ids[GOAL], story.say)


async def _tabulate(story: Story, client: Client) -> None:
    from threadhost.adapters.cli.demo_job import work_through

    story.step("a job gives each row of a small table to an agent of its own")
    folder = story.home.parent / "tables"
    story.facts["rows"] = await work_through(client, folder, story.say)


def _delegating() -> str:
    task = _script({"text": "Sunny, with some wind in the evening."})
    started = {"message": f"How will the weather be?\n{task}"}
    return "Ask somebody about the weather.\n" + _script(
        _calling("spawn_agent", started),
        _calling("wait_agent", {"targets": ["$A1"]}),
        {"text": "I have asked, and know how the weather will be."},
    )


def _calling(name: str, args: Mapping[str, object]) -> dict[str, object]:
    return {"calls": [{"namespace": "multi_agent_v1", "name": name, "args": args}]}


def _script(*steps: dict[str, object]) -> str:
    """A line that tells the echo what to do."""
    return f"@echo {dumps({'steps': steps})}"


async def _look(story: Story, client: Client) -> None:
    from threadhost.adapters.cli.home_store import open_store
    from threadhost.adapters.cli.tree import forest, lines
    from threadhost.events.store.sqlite.engine import run_sync

    listed = (await client.list_threads(ancestor_thread_id=story.ids[ROOT])).data
    loaded = await client.loaded_threads()
    story.step(f"what is stored: {len(listed)} below the root; {len(loaded)} threads are live")
    with open_store(story.home, None) as home_store:
        for line in lines(run_sync(forest(home_store.log.reads, [story.ids[ROOT]], story.home))[0]):
            story.say(f"  {line}")
        story.facts["position"] = home_store.log.position


async def _delete(story: Story, client: Client) -> None:
    from threadhost.adapters.cli.deletion import preview_lines, recorded

    plan = await client.preview_delete(story.ids[ROOT])
    story.step("deleting the root: first what that would take")
    for line in preview_lines(plan):
        story.say(f"  {line}")
    began = time.perf_counter()
    await client.delete_thread(story.ids[ROOT])
    story.step(f"deleted in {1000 * (time.perf_counter() - began):.0f} ms; the receipt")
    deletion = recorded(story.home, None, story.ids[ROOT], story.facts["position"])
    for line in deletion.as_lines():
        story.say(f"  {line}")
    story.facts["deletion"] = deletion.as_json()


def _prove(story: Story) -> None:
    from threadhost.adapters.cli.home_store import open_store
    from threadhost.events.store.sqlite.engine import run_sync
    from threadhost.events.store.sqlite.verify import verify

    story.step("the log: every event is still in its place, what was said in it is erased")
    with open_store(story.home, None) as home_store:
        facts = run_sync(home_store.log.read(0, home_store.log.position))
        kinds = Counter(fact.kind for fact in facts)
        erased = Counter(fact.kind for fact in facts if isinstance(fact.event, Erased))
        for kind, count in sorted(kinds.items()):
            places = [fact.position for fact in facts if fact.kind == kind]
            words = f", {erased[kind]} erased" if erased[kind] else ""
            story.say(f"  {kind:<30} {count:>3}{words}  at {places[0]} to {places[-1]}")
        verification = verify(home_store.log.database, home_store.blobs)
    if not verification.is_sound:
        raise Failure(f"the chain does not hold: {verification.findings[0]}")
    position, chain = verification.end
    story.step(
        f"the chain holds over {verification.events} events; head {position}: {chain.hex()[:32]}..."
    )
    story.facts["log"] = {"events": verification.events, "erased": sum(erased.values())}
    story.facts["chain"] = {"position": position, "chain": chain.hex()}


async def _return(story: Story, code: int) -> None:
    if code:
        raise Failure(f"the host stopped with exit code {code}")
    story.step("the host drained and stopped with exit code 0; another starts on the same home")
    host = await Child.start(story.home)
    try:
        async with connected(host.address, "demo") as client:
            listed = (await client.list_threads()).data
            answer = await _refusal(client, story.ids[ROOT])
    finally:
        await host.stop()
    if listed:
        raise Failure(f"{len(listed)} threads came back")
    story.say(f"  no thread is listed; reading the root: {answer}")
    story.facts["afterRestart"] = {"listed": len(listed), "read": answer}


async def _refusal(client: Client, thread_id: str) -> str:
    try:
        await client.read_thread(thread_id)
    except RpcError as refused:
        return refused.message
    raise Failure("the deleted root can still be read")
