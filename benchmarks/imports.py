"""What it takes to import a codex home of one-turn rollouts: processor time of each, and memory.

Each size is a process of its own, so that its memory is its own, too.
"""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import threadhost
from benchmarks.machine import described
from benchmarks.table import print_table
from tests.support.codex_home import CodexHome, encoded, meta, thread_id, turn

SIZES = (1_000, 4_000)
INSTRUCTIONS = "Be a careful agent. " * 1_000
"""As long as those that codex gives each thread: 20 KB."""


def grown(folder: Path, count: int) -> None:
    """A codex home of so many threads."""
    codex = CodexHome(folder)
    codex.add(1, base_instructions={"text": INSTRUCTIONS})
    text = encoded([meta(1, base_instructions={"text": INSTRUCTIONS}), *turn()])
    for number in range(2, count + 1):
        codex.place(number).write_bytes(
            text.replace(thread_id(1).encode(), thread_id(number).encode())
        )


async def take_in(home: Path, codex: Path) -> None:
    """Import it, and say what that took, as JSON."""
    import resource

    async with threadhost.open(home) as host, host.connect() as client:
        begun, cpu = time.monotonic(), time.process_time()
        answer = await client.call("host/import/codex", {"path": str(codex)})
        count = answer["counts"]["imported"]
        took_s, cpu = time.monotonic() - begun, time.process_time() - cpu
        peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps([count, 1000 * cpu / count, count / took_s, peak_kib // 1024]))


def main() -> None:
    """Measure each size."""
    rows = []
    for size in SIZES:
        with TemporaryDirectory() as folder:
            codex = Path(folder, "codex")
            grown(codex, size)
            words = [sys.executable, "-m", "benchmarks.imports", folder]
            done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
            rows.append(json.loads(done.stdout))
    print(described())
    print_table(["rollouts", "CPU, ms each", "a second", "peak RSS, MiB"], rows)


if __name__ == "__main__":
    asyncio.run(take_in(Path(sys.argv[1], "home"), Path(sys.argv[1], "codex")))
