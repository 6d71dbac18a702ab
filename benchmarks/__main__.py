"""Runs the benchmarks named on the command line, or all of them, and prints their tables."""

import sys
from importlib import import_module

WITH_MORE = ("growth", "cold_start", "jobs", "job_growth")
"""What follows these are their sizes, or checkouts to compare with."""
ALL = ("appends", "views", "live_threads", "stdio", "spawns", "agents", "imports", "forks")
"""Not `backups`: it fills three gigabytes of a disk."""


def main() -> None:
    """Run what was asked for; a benchmark is a module of this package with a `main`."""
    wanted = sys.argv[1:] or ALL
    for name in wanted[:1] if wanted[0] in WITH_MORE else wanted:
        print(f"\n## {name}\n", flush=True)
        import_module(f"benchmarks.{name}").main()


main()
