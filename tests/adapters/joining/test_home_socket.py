"""The private socket of a home: which home a command line means, and files in its place."""

import os
import socket
from pathlib import Path

import pytest

from tests.support.each import each
from threadhost.adapters import home_socket
from threadhost.adapters.cli.option import path
from threadhost.adapters.cli.options import HOME
from threadhost.adapters.cli.serve import OWNED
from threadhost.adapters.home_socket import (
    SOCKET,
    UntrustedSocket,
    bind,
    connect,
    home_of_stdio_host,
    peer_pid,
    peer_uid,
)
from threadhost.adapters.joining import starting
from threadhost.events.store import home as names


def long_home(folder: Path) -> Path:
    home = folder / ("a" * 100) / ("b" * 100)
    home.mkdir(parents=True)
    return home


def can_connect(home: Path) -> bool:
    """Whether a client reaches the listener, and each learns the user of the other."""
    with socket.socket(fileno=bind(str(home)).detach()) as listening:
        joining = connect(str(home))
        assert joining is not None
        with socket.socket(fileno=joining.detach()) as one, listening.accept()[0] as other:
            one.sendall(b"hello")
            assert {peer_uid(one), peer_uid(other)} == {os.geteuid()}
            assert peer_pid(other) in {str(os.getpid()), ""}
            return other.recv(5) == b"hello"


def test_no_host_is_connected_where_none_listens(tmp_path: Path) -> None:
    assert connect(str(tmp_path)) is None
    assert connect(str(tmp_path / "no" / "home")) is None


def test_a_socket_of_a_dead_host_is_replaced(tmp_path: Path) -> None:
    bind(str(tmp_path)).close()
    assert (tmp_path / SOCKET).is_socket()
    assert connect(str(tmp_path)) is None
    assert can_connect(tmp_path)


def test_no_other_user_may_open_the_socket(tmp_path: Path) -> None:
    bind(str(tmp_path)).close()
    assert (tmp_path / SOCKET).lstat().st_mode & 0o777 == 0o600


def test_a_home_with_a_path_of_any_length_has_a_private_socket(tmp_path: Path) -> None:
    home = long_home(tmp_path)
    assert len(str(home)) > 200
    assert can_connect(home)


def test_a_home_with_a_long_path_has_a_socket_on_systems_without_paths_of_descriptors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_socket, "DESCRIPTORS", "/nowhere")
    assert can_connect(long_home(tmp_path))


@pytest.mark.parametrize("kind", ["file", "folder", "link to a socket"])
def test_a_file_in_the_place_of_the_socket_is_named_and_left_unchanged(
    tmp_path: Path, kind: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    bind(str(tmp_path / "elsewhere")).close()
    there = tmp_path / SOCKET
    if kind == "file":
        there.write_text("kept")
    elif kind == "folder":
        there.mkdir()
    else:
        there.symlink_to(tmp_path / "elsewhere" / SOCKET)
    before = there.lstat()
    for meet in (bind, connect):
        with pytest.raises(UntrustedSocket, match=r"host\.sock is not a socket; remove it"):
            meet(str(tmp_path))
    assert there.lstat() == before


def test_a_host_of_another_user_is_not_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening = bind(str(tmp_path))
    try:
        monkeypatch.setattr(home_socket, "peer_uid", lambda _: 65534)
        with pytest.raises(
            UntrustedSocket, match=r"host\.sock belongs to user 65534; give another --home"
        ):
            connect(str(tmp_path))
    finally:
        listening.close()


@each(
    ("words", "env", "meant"),
    [
        (["--home", "/h"], {}, "/h"),
        (["--home=/h", "--listen", "stdio://"], {}, "/h"),
        (["--home", "/a", "--home", "/h"], {}, "/h"),
        ([], {"THREADHOST_HOME": "/h"}, "/h"),
        (["--home", "/h"], {"THREADHOST_HOME": "/other"}, "/h"),
        (["--home", "/h", "--model", "x"], {"THREADHOST_LISTEN": "stdio://"}, "/h"),
        (["--home", "/h", "--listen", "stdio://"], {"THREADHOST_LISTEN": "ws://x:1"}, "/h"),
        (["--home", "/h", "--listen", "ws://127.0.0.1:0"], {}, None),
        (["--home", "/h", "--listen=stdio://", "--listen=unix:///s"], {}, None),
        (["--home", "/h"], {"THREADHOST_LISTEN": "stdio:// ws://127.0.0.1:0"}, None),
        (["--home", "/h", "--store", "memory"], {}, None),
        (["--home", "/h"], {"THREADHOST_STORE": "memory"}, None),
        (["--home", "/h", "--help"], {}, None),
        (["--home", ""], {}, None),
        (["--home"], {}, None),
        (["--listen"], {}, None),
    ],
)
def test_a_command_line_joins_a_home_only_if_its_options_want_stdio_alone(
    words: list[str], env: dict[str, str], meant: str | None
) -> None:
    assert home_of_stdio_host(words, env) == meant


@each("text", ["~", "~/h", "h", "./h", "/a/b", HOME])
def test_the_home_to_join_is_the_one_that_the_command_line_parser_reads(text: str) -> None:
    found = home_of_stdio_host(["--home", text], {})
    assert found is not None
    assert Path(os.path.normpath(found)) == path(text)


@pytest.mark.usefixtures("nowhere")
def test_an_absolute_home_can_be_joined_though_the_working_folder_is_gone() -> None:
    assert home_of_stdio_host(["--home", "/a/b"], {}) == "/a/b"
    assert home_of_stdio_host(["--home", "b"], {}) is None


def test_both_sides_call_the_files_of_a_home_by_the_same_names() -> None:
    assert starting.OWNED == OWNED
    ours = SOCKET, starting.LOCK, starting.ELECTION, starting.HOST_LOG
    assert ours == (names.SOCKET, names.LOCK, names.ELECTION, names.HOST_LOG)
    assert set(ours) <= names.OURS
    assert home_socket.DEFAULT_HOME == HOME
