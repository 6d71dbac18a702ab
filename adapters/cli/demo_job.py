"""The job of the demo: a small table, and an agent for each of its rows."""

import asyncio
import csv
from collections.abc import Callable
from pathlib import Path

from threadhost.adapters.cli.job_board import outcome
from threadhost.adapters.cli.output import Failure
from threadhost.adapters.client.client import Client

PLANETS = """\
planet,moons,day_hours
Mercury,0,4222.6
Venus,0,2802.0
Earth,1,24.0
Mars,2,24.7
Neptune,16,16.1
"""
INSTRUCTION = "In a line: what is a day of {day_hours} hours like on {planet}?"
END_TIMEOUT_S = 30


def _write_table(folder: Path) -> None:
    folder.mkdir()
    (folder / "planets.csv").write_text(PLANETS)


async def work_through(client: Client, folder: Path, say: Callable[[str], None]) -> int:
    """Run a job, show its file and erase it; returns its number of rows. Raises Failure."""
    await asyncio.to_thread(_write_table, folder)
    thread = await client.start_thread(cwd=str(folder))
    notes = client.notifications("job/exported")
    params = {
        "threadId": thread.id,
        "inputPath": "planets.csv",
        "outputPath": "days.csv",
        "idColumn": "planet",
        "instruction": INSTRUCTION,
    }
    job_id: str = (await client.call("job/create", params))["job"]["id"]
    try:
        async with asyncio.timeout(END_TIMEOUT_S):
            await anext(notes)
    except (TimeoutError, StopAsyncIteration):
        raise Failure(f"the job {job_id} did not write its rows") from None
    job = (await client.call("job/read", {"jobId": job_id}))["job"]
    say(f"  {outcome(job)}; {job['outputPath']}:")
    with (folder / "days.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            say(f"  {row['item_id']:<8} {row['status']}  {row['result_json']}")
    await client.call("job/delete", {"jobId": job_id})
    await client.delete_thread(thread.id)
    return int(job["completedItems"])
