"""Descriptors: the limit of the system, and the shares of connections and the store."""

import asyncio
import errno
import logging
import resource
import socket
import subprocess
import sys
from typing import Any

import pytest

from tests.support.operator_lines import logged_line
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.transports.accept_errors import OUT_OF_RESOURCES, AcceptErrors
from threadhost.adapters.jsonrpc.transports.connection_slots import ConnectionSlots
from threadhost.adapters.resources import RESERVE_MIN, shared_out

LIMITS = Limits()
RAISED = """
import resource, sys
from threadhost.adapters.resources import raise_descriptors
soft, hard = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(raise_descriptors(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard"), [(64, 1024), (64, 64), (1000, 1001)])
def test_the_soft_limit_is_raised_to_the_hard_one(soft: int, hard: int) -> None:
    words = [sys.executable, "-c", RAISED, str(soft), str(hard)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.split() == [str(hard)] * 3


GIVEN_BACK = """
import sys
import psutil
from threadhost.adapters.resources import give_back_large_blocks
if sys.argv[1] == "yes":
    give_back_large_blocks()
bytes(8 << 20)
pairs = [[bytearray(7 << 20), bytearray(100_000)] for _ in range(20)]
before = psutil.Process().memory_info().rss
for pair in pairs:
    del pair[0]
print((before - psutil.Process().memory_info().rss) >> 20)
"""


@pytest.mark.slices
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of glibc alone")
def test_large_freed_blocks_are_returned_to_the_system() -> None:
    given_back = {
        wanted: int(subprocess.check_output([sys.executable, "-c", GIVEN_BACK, wanted], timeout=20))
        for wanted in ("yes", "no")
    }
    assert given_back["yes"] >= 20 * 7 - 5
    assert given_back["no"] < given_back["yes"] / 2, "then it is of no use"


@pytest.mark.parametrize("descriptors", [4096, 1 << 20, resource.RLIM_INFINITY])
def test_with_enough_descriptors_the_limits_stay_unchanged(descriptors: int) -> None:
    assert shared_out(LIMITS, descriptors) is LIMITS


@pytest.mark.parametrize("descriptors", [0, 1, 64, 100, 128, 256, 512, 1024, 1535])
def test_with_few_descriptors_some_are_reserved_for_the_store(
    descriptors: int, caplog: pytest.LogCaptureFixture
) -> None:
    found = shared_out(LIMITS, descriptors)
    places = found.connections_max + found.handshakes_max
    assert places <= max(2, descriptors - RESERVE_MIN - descriptors // 8)
    assert 1 <= found.connections_per_peer_max <= max(1, found.connections_max * 3 // 4)
    assert 1 <= found.handshakes_max <= LIMITS.handshakes_max
    assert (
        f"{descriptors} open files (ulimit -n) leaves room for {found.connections_max}"
        in caplog.text
    )
    assert logged_line(caplog, "files.scarce")["descriptors"] == descriptors
    same = found._replace(
        connections_max=LIMITS.connections_max,
        connections_per_peer_max=LIMITS.connections_per_peer_max,
        handshakes_max=LIMITS.handshakes_max,
    )
    assert same == LIMITS


def test_limits_that_are_set_lower_stay_unchanged() -> None:
    few = LIMITS._replace(connections_max=5, connections_per_peer_max=2, handshakes_max=3)
    assert shared_out(few, 256) == few
    assert shared_out(few._replace(connections_max=1000), 256).connections_per_peer_max == 2


class Guest:
    peer = "rude"

    def __init__(self) -> None:
        self.dropped = False

    def drop(self) -> None:
        self.dropped = True


async def test_a_failing_accept_closes_the_oldest_guest_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    places, guests = ConnectionSlots(LIMITS), [Guest() for _ in range(3)]
    for guest in guests:
        places.arrive(guest)
    loop, accepting = asyncio.get_running_loop(), AcceptErrors(places)
    context: dict[str, Any] = {
        "message": OUT_OF_RESOURCES,
        "exception": OSError(errno.EMFILE, "Too many open files"),
    }
    for _ in range(500):
        accepting.look(loop, context)
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert said == ["no client can connect for now: Too many open files; the host tries again"]
    assert logged_line(caplog, "clients.shut_out")["why"] == "Too many open files"
    assert [guest.dropped for guest in guests] == [True, False, False]


async def test_other_errors_of_the_loop_are_logged_as_usual(
    caplog: pytest.LogCaptureFixture,
) -> None:
    AcceptErrors(ConnectionSlots(LIMITS)).look(
        asyncio.get_running_loop(), {"message": "something else"}
    )
    assert "something else" in caplog.text


async def test_asyncio_reports_a_failing_accept_with_the_message_that_the_host_expects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, is_logged = asyncio.get_running_loop(), asyncio.Event()
    messages: list[str] = []

    def look(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        messages.append(context["message"])
        is_logged.set()

    def accept(_: socket.socket) -> Any:
        raise OSError(errno.EMFILE, "Too many open files")

    loop.set_exception_handler(look)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    monkeypatch.setattr(socket.socket, "accept", accept)
    with socket.create_connection(server.sockets[0].getsockname()):
        async with asyncio.timeout(10):
            await is_logged.wait()
    server.close()
    assert set(messages) == {OUT_OF_RESOURCES}
