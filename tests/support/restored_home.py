"""A home at rest, with the commands for its backups and clients of a host on it."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import threadhost
from tests.support.program import run_here
from threadhost.adapters.client.client import Client

AGAIN = "--delete-again"


class Home:
    """A home at rest, and the commands for its backups."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "home"
        self.path.mkdir()

    def command(self, *words: str) -> tuple[int, str]:
        """The exit code of a command on this home, and its output."""
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(run_here, *words, "--home", str(self.path)).result()
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    def backup(self, name: str) -> str:
        """A new backup; its path."""
        file = str(self.folder / name)
        assert self.command("backup", file)[0] == 0
        return file

    def restore(self, file: str, *words: str) -> str:
        """The output of a restore that replaces the log."""
        code, said = self.command("restore", file, "--replace", *words)
        assert code == 0, said
        return said

    def refused(self, file: str) -> str:
        """Why a restore is refused."""
        code, said = self.command("restore", file, "--replace")
        assert code == 1
        return said

    @asynccontextmanager
    async def host(self) -> AsyncIterator[Client]:
        """A client of a host on this home."""
        async with threadhost.open(self.path) as host, host.connect("tester") as client:
            yield client

    async def ask(self, method: str, **params: Any) -> Any:
        """The answer of a host on this home."""
        async with self.host() as client:
            return await client.call(method, params)

    async def thread(self, words: str) -> str:
        """A new thread with a turn."""
        async with self.host() as client:
            thread = await client.start_thread(cwd=str(self.folder))
            await client.run_turn(thread.id, words)
            return str(thread.id)

    async def job(self, runner_id: str) -> str:
        """A new job, cancelled."""
        rows = self.folder / "rows.csv"
        rows.write_text("name\nmarmot\n")
        asked = {"threadId": runner_id, "inputPath": str(rows), "instruction": "say {name}"}
        async with self.host() as client:
            job_id = (await client.call("job/create", asked))["job"]["id"]
            await client.call("job/cancel", {"jobId": job_id})
        return str(job_id)
