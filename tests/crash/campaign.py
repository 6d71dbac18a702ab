"""Killing a server under load again and again, and looking at what is left each time."""

import asyncio
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from subprocess import DEVNULL
from typing import Any

from tests.crash import verifier
from tests.crash.history import History, Note
from tests.crash.load import Worker
from tests.crash.reader import Home
from tests.crash.wire import Client, Gone, Message

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(sys.executable).parent / "threadhost"
WORKERS = 8
READY_S = 20.0
END = "/end"
"""The last thread of a campaign: who hears of it has heard everything."""
IS_UNFINISHED = re.compile("left half done|left fenced|open_deletions|its key is not")
UNFINISHED_S = 5.0
"""How long after a restart a deletion that a crash interrupted may take to finish."""


class Violation(AssertionError):
    """A promise is broken; the message says how to look at it again."""


@dataclass(slots=True)
class Campaign:
    """Cycles of start, work and SIGKILL on one home; the seed decides all but the timing."""

    seed: int
    cycles: int
    mutant: str | None = None
    load_s: tuple[float, float] = (0.05, 0.8)
    history: History = field(default_factory=History)
    ready_ms: list[float] = field(default_factory=list)
    events: int = 0
    seconds: float = 0.0
    base: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="crash-")))
    _server: asyncio.subprocess.Process | None = None
    _watcher: Client | None = None
    _level: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def home(self) -> Path:
        """The home that is written to and recovered."""
        return self.base / "home"

    @property
    def socket(self) -> Path:
        """Where the server listens."""
        return self.base / "socket"

    async def run(self) -> None:
        """All cycles. Raises Violation and keeps the home if anything is wrong."""
        began = time.perf_counter()
        random = Random(self.seed)
        workers = [
            Worker(f"worker-{n}", Random(random.random()), self.history) for n in range(WORKERS)
        ]
        try:
            for _ in range(self.cycles):
                await self._begin()
                await self._verify()
                load = [asyncio.create_task(w.work(self.socket)) for w in workers]
                await asyncio.sleep(random.uniform(*self.load_s))
                await self._kill()
                await asyncio.gather(*load)
            await self._begin()
            await self._finish()
        finally:
            await self._kill()
            self.seconds = time.perf_counter() - began

    async def _begin(self) -> None:
        """Start the server; it is ready when it answers the watching client."""
        began = time.perf_counter()
        command = [str(PROGRAM)]
        if self.mutant is not None:
            command = [sys.executable, str(Path(__file__).parent / "mutant_server.py"), self.mutant]
        command += ["serve", "--home", str(self.home), "--listen", f"unix://{self.socket}"]
        with (self.base / "server.log").open("ab") as log:
            self._server = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, stdin=DEVNULL, stdout=DEVNULL, stderr=log
            )
        while True:
            try:
                self._watcher = await Client.connect(self.socket, "watcher", self._hear)
                break
            except Gone:
                if self._server.returncode is not None or time.perf_counter() - began > READY_S:
                    raise self._violation(["the server does not start again"]) from None
                await asyncio.sleep(0.01)
        self.ready_ms.append((time.perf_counter() - began) * 1000)
        answer = await self._watcher.ask("host/events/subscribe", afterPosition=self.history.cursor)
        if not answer["complete"]:
            raise self._violation([f"the cursor {self.history.cursor} is refused: {answer}"])

    async def _verify(self) -> None:
        """Look at the home from outside; only an unfinished deletion is given time."""
        path = self.base / "history.jsonl"
        end = time.perf_counter() + UNFINISHED_S
        while True:
            self.history.save(path)
            faults = await asyncio.to_thread(verifier.check, self.home, path)
            if not faults:
                return
            if time.perf_counter() > end or not all(map(IS_UNFINISHED.search, faults)):
                raise self._violation(faults)
            await asyncio.sleep(0.2)

    async def _finish(self) -> None:
        """Make the watching client level with the log, then verify once more."""
        assert self._watcher is not None
        self._level.clear()
        await self._watcher.ask("thread/start", cwd=END)
        await asyncio.wait_for(self._level.wait(), READY_S)
        await self._verify()
        home = Home(self.home)
        self.events = len(home.events)
        home.close()

    async def _kill(self) -> None:
        """SIGKILL, and hear to the end what was sent before it."""
        if self._server is None:
            return
        self._server.send_signal(signal.SIGKILL)
        await self._server.wait()
        self._server = None
        if self._watcher is not None:
            await self._watcher.ended
            self._watcher = None

    def _hear(self, message: Message) -> None:
        params: dict[str, Any] = message["params"]
        thread = params.get("threadId") or params.get("thread", {}).get("id")
        detail = params.get("status", {}).get("type", "")
        if "position" in message:
            note = Note(message["position"], message["method"], thread, detail)
            self.history.notes.append(note)
        if params.get("thread", {}).get("cwd") == END:
            self._level.set()

    def _violation(self, faults: Sequence[str]) -> Violation:
        path = self.base / "history.jsonl"
        self.history.save(path)
        again = f"python -m tests.crash.verifier {self.home} {path}"
        return Violation("\n".join([*faults[:20], f"seed {self.seed}; look again with: {again}"]))

    def report(self) -> str:
        """One line for the record: what was done, how it ended, how long it took."""
        ready = sorted(self.ready_ms)
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        ).stdout.strip()  # fmt: skip
        counts = ", ".join(f"{n} {outcome}" for outcome, n in self.history.counts().items())
        return (
            f"kill -9: seed {self.seed}, commit {commit}, {os.cpu_count()} x {platform.machine()},"
            f" {self.cycles} cycles, {counts}, {self.events} events,"
            f" {len(self.history.notes)} notifications, 0 lost, 0 half done; ready p50"
            f" {statistics.median(ready):.0f} ms, p95 {ready[int(0.95 * (len(ready) - 1))]:.0f} ms;"
            f" {self.seconds:.0f} s"
        )
