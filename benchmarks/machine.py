"""Where and when something was measured, in one line."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from time import thread_time

ROOT = Path(__file__).resolve().parent.parent
GIB = 2**30
STEPS, TOUCHED_BYTES = 2**20, 2**24
TRIES = 3


def commit() -> str:
    """The commit that is measured; a `+` says that files had changed since."""

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words],  # noqa: S607  (whichever git is there)
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip()

    return git("rev-parse", "--short", "HEAD") + "+" * bool(git("status", "--short"))


def described() -> str:
    """Date, commit, machine, how busy it was, and what it was worth just then."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"{now}, commit {commit()}, {os.cpu_count()} x {platform.machine()}, {memory:.0f} GiB,"
        f" Python {platform.python_version()}, load {os.getloadavg()[0]:.1f};"
        f" controls: {STEPS:,} steps of Python {min(map(_steps_ms, range(TRIES))):.0f} ms of CPU,"
        f" {TOUCHED_BYTES >> 20} MiB of new memory {max(map(_touch_ms, range(TRIES))):.0f} ms\n"
    )


def _steps_ms(_: int) -> float:
    began, total = thread_time(), 0
    for step in range(STEPS):
        total += step * step % 7
    return (thread_time() - began) * 1000


def _touch_ms(_: int) -> float:
    """Where a hypervisor took pages back, the first touch of each costs many times as much."""
    began = thread_time()
    touched = bytearray(TOUCHED_BYTES)
    took_ms = (thread_time() - began) * 1000
    return took_ms if touched else 0.0


def cpu_ms(process_id: int) -> float:
    """What the threads of a process have used, finer than in ticks of the clock."""
    threads = Path(f"/proc/{process_id}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e6
