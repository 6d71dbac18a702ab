"""Websocket clients at a socket file."""

import asyncio
import os
import re
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from tests.adapters.jsonrpc.echo import Echoes
from threadhost.adapters.config import Limits, Listen
from threadhost.adapters.jsonrpc.transports.base import Listener, ListenFailed, Peer
from threadhost.adapters.jsonrpc.transports.listening import open_listener

LIMITS = Limits()
ASK = '{"id":1,"method":"m"}'


@asynccontextmanager
async def serving(path: Path, echoes: Echoes | None = None) -> AsyncIterator[Listener]:
    accept = (echoes or Echoes()).accept
    listener = await open_listener(Listen("unix", path=path), accept, LIMITS)
    try:
        yield listener
    finally:
        await listener.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder / "s"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def answered(path: Path) -> None:
    async with unix_connect(str(path)) as client:
        await client.send(ASK)
        assert await client.recv() == '{"id":1,"result":{"echo":"missing"}}'


def stale(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))


def replace(path: Path) -> None:
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def text(path: Path) -> str:
    return path.read_text()


def is_there(path: Path) -> bool:
    return path.exists()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def read_to_end(client: ClientConnection) -> None:
    while True:
        await client.recv()


async def test_a_client_at_a_socket_file_speaks_websocket_frames(path: Path) -> None:
    echoes = Echoes()
    async with serving(path, echoes) as listener:
        await answered(path)
        assert listener.address == Listen("unix", path=path)
        peer = echoes.sessions[0].peer
        assert peer == Peer("unix", str(path), whose=peer.whose)
        assert f"process {os.getpid()}" in peer.whose


async def test_a_socket_file_is_accessible_to_its_owner_alone(path: Path) -> None:
    async with serving(path):
        assert mode(path) == 0o600


async def test_a_folder_that_exists_keeps_its_mode(path: Path) -> None:
    write(path.parent / "other", "")
    path.parent.chmod(0o755)
    async with serving(path):
        assert mode(path.parent) == 0o755


async def test_the_socket_file_is_removed_at_the_end(path: Path) -> None:
    async with serving(path):
        assert is_there(path)
    assert not is_there(path)


@pytest.mark.slices
async def test_a_socket_file_without_a_listener_is_replaced(path: Path) -> None:
    stale(path)
    async with serving(path):
        await answered(path)


async def test_a_socket_file_with_a_listener_is_left_unchanged(path: Path) -> None:
    async with serving(path):
        with pytest.raises(ListenFailed, match=f"{path}: another process listens there"):
            await open_listener(Listen("unix", path=path), Echoes().accept, LIMITS)
        await answered(path)


async def test_a_file_that_is_no_socket_is_left_unchanged(path: Path) -> None:
    write(path, "precious")
    with pytest.raises(ListenFailed, match="the file there is not a socket; give another path"):
        await open_listener(Listen("unix", path=path), Echoes().accept, LIMITS)
    assert text(path) == "precious"


async def test_a_socket_file_that_another_process_replaced_is_not_removed(path: Path) -> None:
    async with serving(path):
        replace(path)
    assert is_there(path)


async def test_a_path_too_long_for_a_socket_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 200)
    with pytest.raises(ListenFailed, match="too long; give one of up to 107 bytes"):
        await open_listener(Listen("unix", path=path), Echoes().accept, LIMITS)


@pytest.mark.parametrize(
    ("folder", "lacks"),
    [("no/such", "does not exist"), ("file", "is not a folder"), ("link", "does not exist")],
)
async def test_a_folder_that_is_not_there_is_named_and_not_made(
    tmp_path: Path, folder: str, lacks: str
) -> None:
    write(tmp_path / "file", "precious")
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    path = tmp_path / folder / "s"
    words = f"cannot listen on {path}: {path.parent} {lacks}; make that folder"
    with pytest.raises(ListenFailed, match=re.escape(words)):
        await open_listener(Listen("unix", path=path), Echoes().accept, LIMITS)
    assert sorted(os.listdir(tmp_path)) == ["file", "link"]  # noqa: PTH208


async def test_a_request_with_an_origin_is_refused_at_a_socket_file_too(path: Path) -> None:
    async with serving(path):
        with pytest.raises(InvalidStatus) as caught:
            await unix_connect(str(path), origin=Origin("http://localhost"))
        assert caught.value.response.status_code == 403


async def test_a_listener_that_closes_sends_its_clients_a_goodbye(path: Path) -> None:
    async with serving(path) as listener, unix_connect(str(path)) as client:
        await client.send(ASK)
        await client.recv()
        closing = asyncio.create_task(listener.close())
        with pytest.raises(ConnectionClosed):
            await read_to_end(client)
        assert client.close_code == 1001
        await closing
        await listener.ended()


async def test_no_descriptor_is_left_open(path: Path) -> None:
    before = descriptors()
    for _ in range(3):
        async with serving(path):
            await answered(path)
    assert descriptors() == before
