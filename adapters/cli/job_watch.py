"""Runs a job on a file, and shows a job; it continues in its host when the user stops watching."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from threadhost.adapters.cli.home_store import command_line, require_home
from threadhost.adapters.cli.job_board import JobBoard, outcome
from threadhost.adapters.cli.job_home import run_with_host, settled, whole_id
from threadhost.adapters.cli.main import INTERRUPTED
from threadhost.adapters.cli.output import WHILE_READ, Failure, note, print_result, shown
from threadhost.adapters.client.client import Client
from threadhost.adapters.client.errors import FellBehind
from threadhost.adapters.client.notes import Note
from threadhost.events.job_state import ENDED
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.files import READ, read_whole

NEWS = ("job/progress", "job/item/failed", "job/completed", "job/deleted")
EXPORT_LOOK_S = 0.1
REASON_CHARS = 400
SCHEMA_BYTES_MAX = 64 * 1024
NOT_ALL_ROWS = 3
"""The exit code of an ended job with rows that are not completed."""
Job = dict[str, Any]


def watch(*, job: str, home: Path, key_file: Path | None, json: bool) -> int:
    """Show a job until it ends; returns an exit code. Raises Failure."""
    return _Watching(home, json=json).attach(whole_id(home, key_file, job))


def run(  # noqa: PLR0913  (an argument for each option)
    *,
    file: Path,
    instruction: str,
    output: Path | None,
    id_column: str | None,
    schema: Path | None,
    name: str | None,
    model: str | None,
    workers: int | None,
    attempts: int | None,
    row_timeout: int | None,
    deadline: int | None,
    priority: int | None,
    force: bool,
    detach: bool,
    home: Path,
    json: bool,
) -> int:
    """Start a job with a file, and show it until it ends; returns an exit code. Raises Failure."""
    source, target = settled(file), settled(output) if output is not None else None
    if target is not None and target.exists() and not force:
        raise Failure(f"{target} exists; --force replaces it, or name another --output")
    folder = os.path.commonpath([source.parent, (target or source).parent])
    options = {
        "inputPath": str(source),
        "outputPath": str(target) if target is not None else None,
        "force": force,
        "instruction": instruction,
        "idColumn": id_column,
        "outputSchema": _schema(schema),
        "name": name,
        "maxConcurrency": workers,
        "maxAttempts": attempts,
        "maxRuntimeSeconds": row_timeout,
        "deadlineSeconds": deadline,
        "priority": priority,
    }
    params = {key: value for key, value in options.items() if value is not None}
    watching = _Watching(home, json=json)

    async def begin(client: Client) -> int:
        thread = await client.start_thread(cwd=folder, model=model)
        created: Job = (await client.call("job/create", {"threadId": thread.id, **params}))["job"]
        watching.job_id = created["id"]
        if detach:
            return watching.report_detached(created)
        return await watching.follow(client)

    return watching.carry_out(begin)


def _schema(path: Path | None) -> Mapping[str, Any] | None:
    if path is None:
        return None
    try:
        text = read_whole(path, SCHEMA_BYTES_MAX, READ & ~os.O_NOFOLLOW)
        schema = from_json(text, allow_inf_nan=False)
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from None
    except StoreMismatch as error:
        raise Failure.of(error) from None
    except ValueError as error:
        raise Failure(f"{path} is not JSON: {error}") from None
    if not isinstance(schema, dict):
        raise Failure(f"{path} is not a JSON Schema of an object; give one")
    return schema


class _Watching:
    """Watches a job from a terminal."""

    def __init__(self, home: Path, *, json: bool) -> None:
        self.job_id = ""
        self._home = require_home(home)
        self._json = json

    def attach(self, job_id: str) -> int:
        """Show an existing job."""
        self.job_id = job_id
        return self.carry_out(self.follow)

    def carry_out(self, work: Any) -> int:  # noqa: ANN401
        """Run the work; Ctrl-C leaves the job to its host, and prints how to resume watching."""
        try:
            code: int = run_with_host(self._home, work)
        except KeyboardInterrupt:
            if not self.job_id:
                raise
            note(self._how_to_return())
            return INTERRUPTED
        return code

    def report_detached(self, job: Job) -> int:
        """Report that the job continues in its host."""
        print_result({"job": job}, self._how_to_return(), json=self._json)
        return 0

    async def follow(self, client: Client) -> int:
        """Show the job until it ended and its rows are in their file."""
        with JobBoard(quiet=self._json) as board:
            job = await self._until_over(client, board)
            if job["exports"] and job["outputPath"]:
                job = await self._until_written(client, job)
        written = f"; written to {job['outputPath']}" if job["exportedAt"] else ""
        with WHILE_READ:
            print_result({"job": job}, outcome(job) + written, json=self._json)
        if job["exportFailed"]:
            export = command_line(f"jobs export {self.job_id}", self._home)
            raise Failure(f"{shown(job['exportError'], REASON_CHARS)}; {export} tries again")
        return 0 if job["status"] == "completed" and not job["failedItems"] else NOT_ALL_ROWS

    async def _until_over(self, client: Client, board: JobBoard) -> Job:
        while True:
            notes = client.notifications(*NEWS)
            job = await self._read(client)
            board.update(job)
            with suppress(FellBehind):
                while job["status"] not in ENDED:
                    try:
                        job = await self._after(await anext(notes), job, client, board)
                    except StopAsyncIteration:
                        remedy = self._how_to_return()
                        raise Failure(f"the host ended the connection; {remedy}") from None
                return job

    async def _after(self, news: Note, job: Job, client: Client, board: JobBoard) -> Job:
        if news.params["jobId"] != self.job_id:
            return job
        if news.method == "job/deleted":
            raise Failure(f"the job {self.job_id} was deleted")
        if news.method == "job/item/failed":
            board.failed(news.params["rowIndex"], news.params["error"])
        elif news.method == "job/completed":
            job = await self._read(client)
            board.update(job)
        else:
            board.update(news.params, news.params["etaSeconds"])
        return job

    async def _until_written(self, client: Client, job: Job) -> Job:
        while not (job["exportedAt"] or job["exportFailed"]):
            await asyncio.sleep(EXPORT_LOOK_S)
            job = await self._read(client)
        return job

    async def _read(self, client: Client) -> Job:
        job: Job = (await client.call("job/read", {"jobId": self.job_id}))["job"]
        return job

    def _how_to_return(self) -> str:
        command = command_line(f"jobs watch {self.job_id}", self._home)
        return f"job {self.job_id} goes on in its host; {command} shows it"
