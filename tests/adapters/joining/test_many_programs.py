"""Hundreds of programs share one home and its host: the host is killed, descriptors run out."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support import client
from tests.support.joined import a_turn_each, assert_each_turn_ends_once, shared_home
from tests.support.relays import Relay, crowd_on

pytestmark = pytest.mark.slices

MANY = [pytest.param(150, marks=pytest.mark.timeout(240))]
MANY += [pytest.param(n, marks=[pytest.mark.slow, pytest.mark.timeout(1200)]) for n in (400, 1000)]
HOST_BYTES_MAX, HOST_BYTES_EACH = 100 * 2**20, 256 * 1024
FILES, TOO_MANY = 128, 120
FULL = (
    "threadhost: the host accepts no more clients: too many connections; end"
    " one, or try again later"
)
SILENT = ["thread/started", "thread/status/changed", "item/started", "item/completed"]
"""Of which everybody hears of everybody: what a thousand say to a thousand is not tried here."""
COUNTS_HOSTS = """
import os, sys
if "daemon" in sys.orig_argv:
    open(os.environ["STARTED"], "a").write("x")
"""


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "WAIT_S", 300)


async def greet(relays: Sequence[Relay]) -> None:
    wanted = {"optOutNotificationMethods": SILENT}
    await asyncio.gather(*(relay.client.initialize(**wanted) for relay in relays))


def peak_bytes(pid: int) -> int:
    """The peak memory use of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@pytest.mark.parametrize("count", MANY)
async def test_a_crowd_of_clients_survives_the_death_of_its_host_and_each_turn_ends_once(
    tmp_path: Path, count: int
) -> None:
    async with shared_home(tmp_path) as home, crowd_on(home.home, count) as crowd:
        relays = crowd.relays
        await greet(relays)
        threads = await asyncio.gather(*(relay.thread() for relay in relays))
        await a_turn_each(relays, threads, "one")
        first, early = home.owner, relays[count // 8].client
        heard = len(early.received)
        busy = asyncio.gather(*(r.turn(t, "two") for r, t in zip(relays, threads, strict=True)))
        await early.notice("turn/completed", after=heard)
        home.kill_owner()
        await busy
        await a_turn_each(relays, threads, "three")
        assert home.owner != first
        assert peak_bytes(home.owner) < HOST_BYTES_MAX + count * HOST_BYTES_EACH
        for relay, thread_id in zip(relays, threads, strict=True):
            await assert_each_turn_ends_once(relay, thread_id)
        assert await crowd.leave() == {0: count}
        assert not crowd.errors


@pytest.mark.parametrize("is_there", [False, True])
async def test_a_crowd_that_comes_to_a_new_home_at_once_starts_one_host(
    tmp_path: Path, *, is_there: bool
) -> None:
    if is_there:
        (tmp_path / "of" / "home").mkdir(parents=True)
    (tmp_path / "sitecustomize.py").write_text(COUNTS_HOSTS)
    path, started = str(tmp_path), tmp_path / "started"
    async with (
        shared_home(tmp_path / "of") as home,
        crowd_on(home.home, 20, PYTHONPATH=path, STARTED=str(started)) as crowd,
    ):
        await greet(crowd.relays)
        assert started.read_text() == "x"
        assert await crowd.leave() == {0: 20}


@pytest.mark.timeout(120)
async def test_clients_beyond_the_file_descriptors_are_refused_in_words_and_the_others_are_served(
    tmp_path: Path,
) -> None:
    async with (
        shared_home(tmp_path) as home,
        crowd_on(home.home, TOO_MANY, files=FILES) as crowd,
    ):
        greetings = (greet([relay]) for relay in crowd.relays)
        came = await asyncio.gather(*greetings, return_exceptions=True)
        inside = [r for r, error in zip(crowd.relays, came, strict=True) if error is None]
        assert 1 < len(inside) < TOO_MANY
        threads = await asyncio.gather(*(relay.thread() for relay in inside))
        await a_turn_each(inside, threads, "one")
        home.kill_owner()
        await a_turn_each(inside, threads, "two")
        await a_turn_each(inside, threads, "three")
        for relay, thread_id in zip(inside, threads, strict=True):
            await assert_each_turn_ends_once(relay, thread_id)
        assert await crowd.leave() == {0: len(inside), 1: TOO_MANY - len(inside)}
        assert crowd.errors[FULL] == TOO_MANY - len(inside)
