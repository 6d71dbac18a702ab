"""A home that the codex program made: taken in, compared item by item, given back to it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.clients.app_server import app_server
from tests.clients.codex import CODEX, needs_codex
from tests.support.log_database import connected
from tests.support.program import run_here
from tests.support.responses_endpoint import ResponsesEndpoint

pytestmark = [pytest.mark.clients, needs_codex, pytest.mark.timeout(120)]

TOOL = {"name": "look", "description": "look it up", "inputSchema": {"type": "object"}}
FOUND = {"contentItems": [{"type": "inputText", "text": "found"}], "success": True}
AGENTS = "multi_agent_v1"
LAST_S = 30
Json = dict[str, Any]


def script(*steps: Json) -> str:
    """A message that has the model do this."""
    return "please\n@@mock " + json.dumps({"steps": list(steps)})


class Codex:
    """The program's server, over its input and output."""

    def __init__(self, program: asyncio.subprocess.Process) -> None:
        self._program = program
        self._number = 0
        self._ended: set[str] = set()
        self._answers: dict[int, Json] = {}

    async def call(self, method: str, **params: Any) -> Json:
        """The answer to a request."""
        self._number += 1
        await self._send({"id": self._number, "method": method, "params": params})
        while self._number not in self._answers:
            await self._hear()
        answer = self._answers.pop(self._number)
        assert "result" in answer, answer
        result: Json = answer["result"]
        return result

    async def start(self, **params: Any) -> str:
        """A new thread."""
        thread_id: str = (await self.call("thread/start", cwd="/tmp", **params))["thread"]["id"]
        return thread_id

    async def turn(self, thread_id: str, text: str) -> str:
        """A turn to its end."""
        said = [{"type": "text", "text": text}]
        return await self.ended(await self.call("turn/start", threadId=thread_id, input=said))

    async def ended(self, started: Json) -> str:
        """Wait for the end of a turn."""
        turn_id: str = started["turn"]["id"]
        while turn_id not in self._ended:
            await self._hear()
        return turn_id

    async def compact(self, thread_id: str) -> None:
        """Have a thread summed up."""
        before = len(self._ended)
        await self.call("thread/compact/start", threadId=thread_id)
        while len(self._ended) == before:
            await self._hear()

    async def _hear(self) -> None:
        assert self._program.stdout is not None
        line = await asyncio.wait_for(self._program.stdout.readline(), LAST_S)
        assert line, "codex hung up"
        message: Json = json.loads(line)
        if "method" not in message:
            self._answers[message["id"]] = message
        elif "id" in message:
            await self._send({"id": message["id"], "result": FOUND})
        elif message["method"] == "turn/completed":
            self._ended.add(message["params"]["turn"]["id"])

    async def _send(self, message: Json) -> None:
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps(message).encode() + b"\n")
        await self._program.stdin.drain()


@asynccontextmanager
async def codex(folder: Path, url: str) -> AsyncIterator[Codex]:
    """Codex with this folder for a home."""
    async with app_server(str(CODEX), folder, url) as program:
        server = Codex(program)
        info = {"name": "tests", "title": None, "version": "1"}
        capabilities = {"experimentalApi": True}
        await server.call("initialize", clientInfo=info, capabilities=capabilities)
        yield server


async def lived(server: Codex) -> dict[str, str]:
    """Threads of all kinds, by what they are."""
    root = await server.start(baseInstructions="be brief", dynamicTools=[TOOL])
    await server.turn(root, "tell of owls")
    await server.turn(root, script({"calls": [{"name": "look"}]}, {"text": "seen"}))
    spawn = {"name": "spawn_agent", "namespace": AGENTS, "args": {"message": "sing"}}
    await server.turn(root, script({"calls": [spawn]}, {"text": "spawned"}))
    await server.call("thread/name/set", threadId=root, name="Owls")
    await server.call("thread/goal/set", threadId=root, objective="know owls", status="paused")
    away = await server.start()
    await server.turn(away, "put me away")
    await server.call("thread/archive", threadId=away)
    summed = await server.start()
    await server.turn(summed, "one")
    await server.turn(summed, "two")
    await server.compact(summed)
    await server.turn(summed, "three")
    fork = (await server.call("thread/fork", threadId=summed))["thread"]["id"]
    await server.turn(fork, "in the fork")
    older = await server.start(historyMode="legacy")
    await server.turn(older, "as before")
    back = await server.start()
    await server.turn(back, "kept")
    taken = await server.turn(back, "taken back")
    await server.call("thread/revert", threadId=back, beforeTurnId=taken)
    await server.turn(back, "instead")
    names = {"root": root, "away": away, "summed": summed, "fork": fork}
    return {**names, "older": older, "back": back}


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query of one of codex's databases gives."""
    with closing(connected(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


async def shown(reader: Any, thread_id: str) -> Json:
    """What clients see of a thread's turns."""
    params = {"threadId": thread_id, "includeTurns": True}
    thread = (await reader("thread/read", params))["thread"]
    turns = [
        {
            **{key: turn[key] for key in ("id", "status", "startedAt", "completedAt", "error")},
            "items": [_timeless(item) for item in turn["items"]],
        }
        for turn in thread["turns"]
    ]
    kept = ("id", "parentThreadId", "forkedFromId", "name", "preview", "createdAt", "cwd", "source")
    return {**{key: thread[key] for key in kept}, "turns": turns}


def _timeless(item: Json) -> Json:
    """An item as both tell it: older rollouts have neither times nor ids of items."""
    kept = {k: v for k, v in item.items() if k not in ("startedAtMs", "completedAtMs")}
    return {**kept, "id": ""} if kept["type"] in ("userMessage", "agentMessage") else kept


async def test_a_codex_home_is_imported_item_by_item_and_goes_on_in_both_programs(
    tmp_path: Path,
) -> None:
    made, home, given = tmp_path / "codex", tmp_path / "home", tmp_path / "given"
    async with ResponsesEndpoint() as endpoint:
        async with codex(made, endpoint.base_url) as server:
            threads = await lived(server)

            async def reader(method: str, params: Json) -> Json:
                return await server.call(method, **params)

            wanted = {name: await shown(reader, one) for name, one in threads.items()}
        words = ("import", "codex", "--from", str(made), "--home", str(home), "--json")
        done = await asyncio.to_thread(run_here, *words)
        assert done.returncode == 0, done.stderr + done.stdout
        answer = json.loads(done.stdout)
        assert (answer["counts"]["imported"], answer["faults"]) == (len(threads) + 1, [])
        async with threadhost.open(home) as host, host.connect() as client:
            for name, thread_id in threads.items():
                assert await shown(client.call, thread_id) == wanted[name], name
            edges = rows(made / "state_5.sqlite", "SELECT * FROM thread_spawn_edges")
            ours = rows(home / "threadhost.db", "SELECT parent_id, child_id FROM spawn_edges")
            assert ours == [edge[:2] for edge in edges]
            goal = await client.call("thread/goal/get", {"threadId": threads["root"]})
            assert (goal["goal"]["objective"], goal["goal"]["status"]) == ("know owls", "paused")
            echo = {"model": "echo", "modelProvider": "echo"}
            for name in ("root", "fork", "back"):
                await client.call("thread/resume", {"threadId": threads[name], **echo})
                end = await client.run_turn(threads[name], "and now?")
                assert (end.turn.status, end.text) == ("completed", "and now?"), name
        back = ("export", "codex", "--home", str(home), "--to", str(given))
        done = await asyncio.to_thread(run_here, *back)
        assert done.returncode == 0, done.stderr
        async with codex(given, endpoint.base_url) as server:
            provider = {"model": "mock-model", "modelProvider": "mock"}
            resumed = await server.call("thread/resume", threadId=threads["root"], **provider)
            assert [one["id"] for one in resumed["thread"]["turns"]][:3] == [
                one["id"] for one in wanted["root"]["turns"]
            ]
            await server.turn(threads["root"], "and here?")
            asked = json.dumps(endpoint.received[-1].body)
            assert "tell of owls" in asked
            assert "and now?" in asked
