"""The guard of a server's program finds all processes below it, and ends them at a signal."""

import asyncio
import os
import signal
import sys

import psutil
import pytest

from tests.support.watching import until
from threadhost.adapters.mcp import guard
from threadhost.adapters.mcp.stdio import GUARD

STRAYS = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    print(os.getpid(), flush=True)
print(os.getpid(), flush=True)
time.sleep(1000)
"""


def test_the_guard_finds_descendant_processes_at_any_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    deepest = 20_000
    monkeypatch.setattr(
        guard, "children_of", lambda process: [process + 1] if process < deepest else []
    )
    assert len(list(guard.below(0))) == deepest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_to_the_guard_ends_all_processes_below_it(number: signal.Signals) -> None:
    theirs, ours = os.pipe()
    guarding = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(GUARD), str(theirs)),
        *(sys.executable, "-I", "-S", "-c", STRAYS),
        stdout=asyncio.subprocess.PIPE,
        pass_fds=(theirs,),
        start_new_session=True,
    )
    try:
        assert guarding.stdout is not None
        said = [await guarding.stdout.readline() for _ in range(3)]
        strays = [psutil.Process(pid) for pid in {int(line) for line in said}]
        assert len(strays) == 2
        guarding.send_signal(number)
        assert await guarding.wait() == guard.OF_SIGNALS + signal.SIGTERM
        await asyncio.to_thread(until, lambda: not any(one.is_running() for one in strays))
    finally:
        os.close(ours)
        os.close(theirs)
