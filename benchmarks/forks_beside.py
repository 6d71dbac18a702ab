"""The same fork by the reference program, in either of its two forms of a history.

Its path is in THREADHOST_REFERENCE; without it nothing is measured.
"""

import json
import os
import subprocess
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.stdio import PROGRAM, Server

FORMS = ("legacy", "paginated")
REPEATS = 3


def of_reference(home: Path, thread_id: str) -> tuple[float | str, ...]:
    """Seconds of a fork of a home's thread, in each form: the median, after one to warm up.

    A paginated fork refers to the lines of its source, as a legacy one does not.
    """
    reference = os.environ.get("THREADHOST_REFERENCE")
    if not reference:
        return tuple("-" for _ in FORMS)
    return tuple(_fork_s(reference, home, thread_id, form) for form in FORMS)


def _fork_s(reference: str, home: Path, thread_id: str, form: str) -> float:
    with TemporaryDirectory() as folder:
        to = Path(folder) / "codex"
        exported = [str(PROGRAM), "export", "codex", "--home", str(home), "--to", str(to)]
        subprocess.run([*exported, "--thread", thread_id], check=True, capture_output=True)
        for rollout in to.glob("sessions/**/*.jsonl"):
            _bring_into(form, rollout)
        command = ("env", f"CODEX_HOME={to}", f"HOME={folder}", reference, "app-server")
        with closing(Server(*command)) as server:
            opened = {"experimentalApi": True}
            client = {"name": "bench", "version": "1"}
            server.ask("initialize", clientInfo=client, capabilities=opened)
            server.send({"method": "initialized"})
            took_s = [_timed(server, thread_id) for _ in range(1 + REPEATS)]
        return median(took_s[1:])


def _bring_into(form: str, rollout: Path) -> None:
    """Each line of a paginated rollout has its number."""
    lines = [json.loads(line) for line in rollout.read_text().splitlines()]
    lines[0]["payload"]["history_mode"] = form
    if form == "paginated":
        lines = [{**line, "ordinal": number} for number, line in enumerate(lines)]
    rollout.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def _timed(server: Server, thread_id: str) -> float:
    began = perf_counter()
    server.ask("thread/fork", threadId=thread_id, excludeTurns=True)
    return perf_counter() - began
