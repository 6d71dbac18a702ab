"""Where and when something was measured, in one line."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GIB = 2**30


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
    """Date, commit, machine and how busy it was."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"{now}, commit {commit()}, {os.cpu_count()} x {platform.machine()}, {memory:.0f} GiB,"
        f" Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}\n"
    )


def cpu_ms(process_id: int) -> float:
    """What the threads of a process have used, finer than in ticks of the clock."""
    threads = Path(f"/proc/{process_id}/task").iterdir()
    return sum(int((one / "schedstat").read_text().split()[0]) for one in threads) / 1e6
