"""A command shows its token only to a host of this user on this machine."""

import json
import os
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from threadhost.adapters.cli.home_client import address_of, client_of
from threadhost.adapters.cli.output import Failure
from threadhost.adapters.config import Limits, Listen
from threadhost.adapters.joining import handshake
from threadhost.adapters.joining.handshake import JoinRefused
from threadhost.adapters.jsonrpc.transports.dial import DialFailed, FrameLink
from threadhost.events.store.home import LOCK
from threadhost.events.store.lock import locked_home

TOKEN = "c4n4ry-T0ken"


def noted(home: Path, listen: Any, **more: Any) -> Path:
    """A home whose lock file names these addresses."""
    home.chmod(0o700)
    (home / LOCK).write_text(json.dumps({"pid": 7, "listen": listen, **more}))
    (home / LOCK).chmod(0o600)
    return home


@pytest.mark.parametrize(
    "listen",
    ["ws://10.0.0.1:80", "ws://example.org:80", "ws://[2001:db8::1]:80", "ws://127.0.0.1.evil:1"],
)
def test_an_address_of_another_machine_is_refused_by_name(tmp_path: Path, listen: str) -> None:
    with pytest.raises(Failure) as refused:
        address_of(noted(tmp_path, ["stdio://", listen]))
    assert f"in use by process 7, which listens at {listen} alone" in str(refused.value)


@pytest.mark.parametrize(
    ("listen", "reached"),
    [
        (["ws://10.0.0.1:1", "ws://127.0.0.1:2"], "ws://127.0.0.1:2"),
        (["ws://127.9.9.9:2"], "ws://127.9.9.9:2"),
        (["ws://[::1]:2"], "ws://[::1]:2"),
        (["nonsense", 5, None, "ws://localhost:2"], "ws://localhost:2"),
        (["ws://0.0.0.0:3"], "ws://127.0.0.1:3"),
    ],
)
def test_an_address_of_this_machine_is_used(
    tmp_path: Path, listen: list[Any], reached: str
) -> None:
    assert str(address_of(noted(tmp_path, listen))) == reached


async def test_a_command_says_why_the_host_refused_to_take_it_at_its_own_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise JoinRefused("the host did not answer within 60 s; try again")

    monkeypatch.setattr(handshake, "handshake", stopped)
    with locked_home(noted(tmp_path, [])), pytest.raises(Failure, match="did not answer"):
        async with client_of(tmp_path, None):
            pass


@pytest.mark.parametrize("listen", [[], ["stdio://"], "ws://127.0.0.1:1", {"a": 1}, 7, ["x://"]])
def test_a_lock_file_without_an_address_gives_a_command_no_address(
    tmp_path: Path, listen: Any
) -> None:
    with pytest.raises(Failure, match="listens on no socket"):
        address_of(noted(tmp_path, listen, pid="1\x1b[2J"))


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda lock: lock.chmod(0o666), "can be written by others"),
        (lambda lock: lock.parent.chmod(0o777), "can be written by others"),
        (lambda lock: lock.unlink(), "cannot be read"),
        (
            lambda lock: lock.rename(lock.with_name("x")) and lock.symlink_to("x"),
            ("is not a regular file"),
        ),
        (lambda lock: lock.unlink() or os.mkfifo(lock, 0o600), "is not a regular file"),  # type: ignore[func-returns-value]
    ],
    ids=["file", "folder", "missing", "link", "fifo"],
)
def test_a_lock_file_that_other_users_can_write_is_not_trusted(
    tmp_path: Path, make: Any, fault: str
) -> None:
    home = noted(tmp_path, ["ws://127.0.0.1:2"])
    make(home / LOCK)
    with pytest.raises(Failure, match=f"{fault}.*is not trusted"):
        address_of(home)


def test_a_lock_file_of_another_user_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = noted(tmp_path, ["ws://127.0.0.1:2"])
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(Failure, match=f"belongs to user {os.getuid()}, so its record"):
        address_of(home)


def test_a_command_skips_the_socket_of_another_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = noted(tmp_path, [f"unix://{tmp_path}/s", "ws://127.0.0.1:2"])
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{tmp_path}/s")
        assert str(address_of(home)) == f"unix://{tmp_path}/s"
        monkeypatch.setattr("threadhost.adapters.cli.home_client._is_of_others", lambda _: True)
        assert str(address_of(home)) == "ws://127.0.0.1:2"


async def refused_by(status: int, body: bytes = b"", **headers: str) -> tuple[list[str], str]:
    """The requests to a server with this answer, and the client's reason for not connecting."""
    asked: list[str] = []

    class Refusing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    serving = Thread(target=server.serve_forever)
    serving.start()
    try:
        address = Listen("ws", host="127.0.0.1", port=server.server_port)
        with pytest.raises(DialFailed) as refused:
            await FrameLink.dial(address, Limits(), TOKEN)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
    return asked, str(refused.value).removeprefix(f"cannot connect to {address}: ")


@pytest.mark.slices
async def test_no_redirect_is_followed_with_or_without_the_token() -> None:
    """A server cannot send a client on to another address."""
    asked, why = await refused_by(302, Location="/elsewhere")
    assert (asked, why) == (["/"], "Found (302)")


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"too many connections of one peer\n", "too many connections of one peer"),
        (b"", "Service Unavailable"),
        (b"\x1b[2J\xffa\r\nb" + b"c" * 10_000, "[2J\ufffda b" + "c" * 191),
    ],
    ids=["words", "none", "hostile"],
)
async def test_a_client_repeats_the_reason_of_a_host_that_refuses_the_connection_escaped(
    body: bytes, words: str
) -> None:
    _, why = await refused_by(503, body)
    assert why == f"{words} (503)"
