"""The program in the place of the reference: its options and its other commands are accepted."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.adapters.cli.reference_flags import APP_SERVER, OF_COMMANDS, Flag
from tests.support.each import each
from tests.support.program import COMMAND, INITIALIZE, environment, run, run_here, serving
from threadhost.adapters.cli import options
from threadhost.adapters.cli.activation import activated
from threadhost.adapters.cli.commands import COMMANDS
from threadhost.adapters.cli.options import OF_CODEX, SERVE
from threadhost.adapters.cli.parse import UsageError, parse, settings_of
from threadhost.adapters.config import STDIO, Listen, Settings
from threadhost.adapters.version import PROTOCOL_VERSION

HELLO = json.dumps({"id": 1, "method": "initialize", "params": INITIALIZE})


def words_of(flag: Flag) -> list[list[str]]:
    """The ways to write an option."""
    if flag.value is None:
        return [[flag.written]]
    equals = "=" if flag.written.startswith("--") else ""
    return [[flag.written, flag.value], [f"{flag.written}{equals}{flag.value}"]]


@each("flag", APP_SERVER, ids=lambda flag: flag.written)
def test_each_option_of_the_reference_takes_effect_or_is_ignored(flag: Flag) -> None:
    for words in words_of(flag):
        values = parse(words, options.APP_SERVER, {}, OF_CODEX)
        assert bool(values) == flag.is_obeyed, words


@pytest.mark.parametrize("command", [name for name in OF_COMMANDS if name])
def test_each_option_of_the_schema_commands_of_the_reference_is_accepted(command: str) -> None:
    [ours] = [one for one in COMMANDS if one.name == command]
    for flag in OF_COMMANDS[command]:
        for words in words_of(flag):
            more = [] if flag.written in {"--out", "-o"} else ["--out", "/x"]
            assert parse([*words, *more], ours.options, {})["out"] == Path("/x")


@pytest.mark.slices
def test_a_host_starts_with_all_ignored_options_of_the_reference_at_once(tmp_path: Path) -> None:
    let_pass = [flag for flag in APP_SERVER if not flag.is_obeyed]
    words = [word for flag in let_pass for word in words_of(flag)[0]]
    home = str(tmp_path / "h")
    for more in ([], ["--stdio"], ["--stdio", "--listen", "stdio://"]):
        done = run("--strict-config", "app-server", *words, *more, "--home", home, stdin=HELLO)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["result"]["codexHome"] == home


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder in which the path of a socket file is not too long."""
    with tempfile.TemporaryDirectory(prefix="th") as folder:
        yield Path(folder)


def settings(*words: str) -> Settings:
    return settings_of(parse(words, SERVE, {}), SERVE)


def test_standard_input_may_be_named_by_a_switch() -> None:
    assert settings("--stdio").listen == (STDIO,)
    named = settings("--stdio", "--listen", "ws://127.0.0.1:1").listen
    assert named == (Listen("ws", host="127.0.0.1", port=1), STDIO)


def test_a_socket_file_without_a_name_is_that_of_the_home_and_off_means_no_address() -> None:
    found = settings("--listen", "unix://", "--home", "/x").listen
    assert found == (Listen("unix", path=Path("/x/app-server-control/app-server-control.sock")),)
    assert settings("--listen", "off").listen == ()
    with pytest.raises(UsageError, match="off cannot be combined with an address; leave"):
        settings("--listen", "off", "--stdio")


@pytest.mark.slices
def test_a_host_listens_in_its_home_and_a_host_that_listens_nowhere_stops_when_asked(
    short: Path,
) -> None:
    with serving(short, "--listen", "unix://") as host:
        path = short / "app-server-control" / "app-server-control.sock"
        assert host.address() == f"unix://{path}"
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert path.is_socket()
        assert host.signal(signal.SIGTERM) == 0
    with serving(short, "--listen", "off", "--log-format", "json") as host:
        assert host.process.stderr is not None
        while not host.errors:
            assert host.process.poll() is None
        assert json.loads(host.errors[0])["code"] == "host.started"
        assert host.signal(signal.SIGINT) == 0
    assert json.loads(host.errors[-1])["why"] == "signal SIGINT"


@pytest.mark.slices
@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("generate-ts", {"protocol.ts", "index.ts"}),
        ("generate-json-schema", {"protocol.schema.json", "openrpc.json"}),
    ],
)
def test_the_schema_is_written_by_the_commands_of_the_reference(
    tmp_path: Path, command: str, files: set[str]
) -> None:
    done = run_here("app-server", "-c", "a=b", command, "--out", str(tmp_path), "--experimental")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == files


def test_the_requirements_for_clients_are_printed_without_a_host(tmp_path: Path) -> None:
    home = tmp_path / "h"
    done = run_here("app-server", "--print-startup-config", "--home", str(home))
    assert (done.returncode, done.stderr, home.exists()) == (0, "", False)
    required = json.loads(done.stdout)
    assert required["appServerVersion"] == PROTOCOL_VERSION
    assert required["configRequirements"]["requirements"] is None
    home.mkdir()
    (home / "config.toml").write_text("modell = 'x'")
    done = run_here("app-server", "--print-startup-config", "--home", str(home))
    assert (done.returncode, done.stdout) == (1, "")
    assert "no such key: `modell`; did you mean `model`?" in done.stderr


ACTIVATE = """
import os, sys
os.environ["LISTEN_PID"] = str(os.getpid())
os.dup2(int(sys.argv[1]), 3, inheritable=True)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


@pytest.mark.slices
@pytest.mark.parametrize("family", [socket.AF_UNIX, socket.AF_INET])
def test_a_socket_that_a_service_manager_opened_is_listened_on(
    tmp_path: Path, family: socket.AddressFamily
) -> None:
    """A client that connects before the host starts is served; the file stays for the next host."""
    path = tmp_path / "s"
    with closing(socket.socket(family, socket.SOCK_STREAM)) as ours:
        ours.bind(str(path) if family == socket.AF_UNIX else ("127.0.0.1", 0))
        ours.listen()
        with closing(socket.socket(family, socket.SOCK_STREAM)) as early:
            early.connect(ours.getsockname())
            early.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            early.settimeout(25)
            with activating(ours, tmp_path / "h") as host:
                assert early.recv(100).startswith(b"HTTP/1.1 200")
                host.send_signal(signal.SIGTERM)
                assert host.wait(25) == 0
        assert path.exists() == (family == socket.AF_UNIX)


def activating(ours: socket.socket, home: Path) -> "subprocess.Popen[bytes]":
    """A small service manager, which passes one socket to the host."""
    command = (*COMMAND[1:], "serve", "--home", str(home))
    return subprocess.Popen(
        [sys.executable, "-c", ACTIVATE, str(ours.fileno()), *command],
        pass_fds=[ours.fileno()],
        env=environment(LISTEN_FDS="1"),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("count", ["x", "", "-1"])
def test_a_count_of_sockets_that_is_no_number_is_named(count: str) -> None:
    with pytest.raises(UsageError, match="LISTEN_FDS is not a number"):
        activated(settings(), {"LISTEN_FDS": count}, is_named=False)


def test_the_listen_option_stays_if_the_service_manager_passes_no_socket() -> None:
    assert activated(settings(), {"LISTEN_FDS": "0"}, is_named=False) == settings()


@pytest.mark.slices
def test_a_descriptor_that_is_no_socket_is_named(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        done = subprocess.run(
            [sys.executable, "-c", ACTIVATE, str(file.fileno()), *COMMAND[1:], "serve"],
            pass_fds=[file.fileno()],
            env=environment(LISTEN_FDS="1", THREADHOST_HOME=str(tmp_path / "h")),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "descriptor 3 of LISTEN_FDS is not a socket: " in done.stderr
    assert os.environ.get("LISTEN_PID") is None
