"""Programs that share one home: each a real `threadhost app-server` at pipes, and its client."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.client import Client
from tests.support.links import LineLink
from tests.support.program import environment
from threadhost.events.store.lock import is_held

END_S = 25
PROGRAM = (sys.executable, "-m", "threadhost.adapters.cli.main")


class Joined:
    """One of the programs."""

    def __init__(self, process: Process, errors: Path) -> None:
        assert process.stdout is not None
        assert process.stdin is not None
        self.process = process
        self.client = Client(LineLink(process.stdout, process.stdin))
        self._errors = errors

    @property
    def errors(self) -> str:
        """What it said on standard error."""
        return self._errors.read_text()

    def end_input(self) -> None:
        """Say no more."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    async def leave(self) -> int:
        """End its input; its exit code."""
        self.end_input()
        return await asyncio.wait_for(self.process.wait(), END_S)

    async def thread(self) -> str:
        """The id of a new thread."""
        thread_id: str = (await self.client.ok("thread/start"))["thread"]["id"]
        return thread_id

    async def turn(self, thread_id: str, text: str = "hello") -> dict[str, Any]:
        """Begin a turn, under a key of its own, and wait for its end."""
        said = {"threadId": thread_id, "input": [{"type": "text", "text": text}]}
        key = {"idempotencyKey": f"{thread_id} {text}"}
        result = await self.client.ok("turn/start", said | key)
        turn_id = result["turn"]["id"]
        return await self.client.until(lambda m: ends(m, turn_id))


def ends(message: dict[str, Any], turn_id: str) -> bool:
    """Whether a message tells the end of a turn."""
    return message.get("method") == "turn/completed" and message["params"]["turn"]["id"] == turn_id


class Home:
    """A home, and all who were started on it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.home = folder / "home"
        self._folder = folder
        self.programs: list[Joined] = []

    async def join(self, *words: str, verb: str = "app-server", **env: str) -> Joined:
        """Start a program; its client has said nothing yet."""
        errors = self._folder / f"errors.{len(self.programs)}"
        with errors.open("w") as file:
            process = await asyncio.create_subprocess_exec(
                *(*PROGRAM, *verb.split(), "--home", str(self.home), *words),
                stdin=PIPE,
                stdout=PIPE,
                stderr=file,
                env=environment(**env),
                cwd=self._folder,
            )
        joined = Joined(process, errors)
        self.programs.append(joined)
        return joined

    async def client(self, *words: str, verb: str = "app-server", **env: str) -> Joined:
        """The same with its handshake done."""
        joined = await self.join(*words, verb=verb, **env)
        await joined.client.initialize()
        return joined

    @property
    def owner(self) -> int:
        """The number of the process that owns the home."""
        found = json.loads((self.home / "host.lock").read_text())
        return int(found["pid"])

    @property
    def is_owned(self) -> bool:
        """Whether a host runs on it."""
        return is_held(self.home)

    def pause_owner(self) -> None:
        """Let it do nothing more."""
        os.kill(self.owner, signal.SIGSTOP)

    def kill_owner(self) -> None:
        """End it as a power cut would."""
        os.kill(self.owner, signal.SIGKILL)

    async def command(self, *words: str) -> tuple[int, str]:
        """Run a command on the home; its exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            *(*PROGRAM, *words, "--home", str(self.home)),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=environment(),
        )
        out, errors = await asyncio.wait_for(process.communicate(), END_S)
        assert process.returncode is not None
        return process.returncode, (out + errors).decode()


@asynccontextmanager
async def shared_home(folder: Path) -> AsyncIterator[Home]:
    """A home for several programs, all ended with the block, and their host."""
    shared = Home(folder)
    try:
        yield shared
    finally:
        for joined in shared.programs:
            await joined.client.close()
            if joined.process.returncode is None:
                joined.process.kill()
            await joined.process.wait()
        await shared.command("daemon", "stop")


async def a_turn_each(programs: "Sequence[Joined]", threads: Sequence[str], text: str) -> None:
    """Each has a turn on its thread, at the same time, and all complete."""
    turns = (p.turn(t, text) for p, t in zip(programs, threads, strict=True))
    for end in await asyncio.gather(*turns):
        assert end["params"]["turn"]["status"] == "completed"


async def assert_each_turn_ends_once(program: Joined, thread_id: str) -> None:
    """Require that the client got the end of each turn of the thread once, in order."""
    asked = {"threadId": thread_id, "includeTurns": True}
    stored = (await program.client.ok("thread/read", asked))["thread"]["turns"]
    ends = [m["params"] for m in program.client.notices if m["method"] == "turn/completed"]
    assert [end["turn"]["id"] for end in ends] == [turn["id"] for turn in stored]
    assert {end["threadId"] for end in ends} == {thread_id}
    assert len(stored) == 3
