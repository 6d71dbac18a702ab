"""`threadhost serve` as a process: its output, its exit codes and its signals."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import COMMAND, INITIALIZE, environment, run, run_here, serving

pytestmark = pytest.mark.slices

FAILING = """
import errno, os, sys
from threadhost.adapters.cli.main import run
from threadhost.events import failpoints

def fail():
    if os.path.exists("BROKEN"):
        raise OSError(errno.EIO, "broken")

failpoints.arm("store.before_commit", fail)
sys.exit(run(sys.argv[1:]))
"""
HANG = '@echo {"steps": [{"hang": true}]}'


def start_error(home: Path, *words: str, code: int = 1) -> str:
    """The one line of a host that cannot start."""
    done = run_here("serve", "--home", str(home), *words)
    assert done.returncode == code
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_the_end_of_input_drains_and_exits_zero_with_protocol_alone_on_stdout(
    tmp_path: Path,
) -> None:
    with serving(tmp_path / "h") as host:
        host.initialize()
        thread = host.ask("thread/start", cwd="/tmp")["result"]["thread"]["id"]
        host.ask("turn/start", threadId=thread, input=[{"type": "text", "text": HANG}])
        code, rest = host.end_input()
    assert code == 0
    messages = [json.loads(line) for line in rest]
    ends = [m["params"]["turn"]["status"] for m in messages if m["method"] == "turn/completed"]
    assert ends == ["interrupted"]
    assert host.errors == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_drains_and_exits_zero(tmp_path: Path, number: signal.Signals) -> None:
    home = tmp_path / "h"
    with serving(home) as host:
        host.initialize()
        assert host.signal(number) == 0
    last = run_here("log", "tail", "-n", "1", "--home", str(home), "--json")
    assert json.loads(last.stdout)["event"] == {"reason": f"signal {number.name}"}


def test_a_hang_up_that_nohup_ignores_ends_nothing(tmp_path: Path) -> None:
    ignoring = ("nohup", *COMMAND)
    with serving(tmp_path / "h", command=ignoring) as host:
        host.initialize()
        host.process.send_signal(signal.SIGHUP)
        assert "result" in host.ask("thread/start")


def test_a_second_signal_ends_a_host_at_once(tmp_path: Path) -> None:
    with serving(tmp_path / "h", "--listen", "ws://127.0.0.1:0") as host:
        host.address()
        host.process.send_signal(signal.SIGSTOP)
        host.process.send_signal(signal.SIGINT)
        host.process.send_signal(signal.SIGTERM)
        code = host.signal(signal.SIGCONT)
    assert code in {128 + signal.SIGINT, 128 + signal.SIGTERM}


def test_a_second_host_on_a_home_is_refused_with_the_process_and_address_of_the_first(
    tmp_path: Path,
) -> None:
    anywhere = "--listen", "ws://127.0.0.1:0"
    with serving(tmp_path, *anywhere) as host:
        address = host.address()
        said = start_error(tmp_path, *anywhere)
    assert f"in use by process {host.process.pid} (listening on {address})" in said


def test_app_server_ignores_the_options_that_clients_pass_to_codex(tmp_path: Path) -> None:
    words = ("-c", "model=x", "--enable", "f", "--session-source", "cli")
    done = run(
        *("--config", "a=b", "app-server", *words, "--listen", "stdio://"),
        *("--home", str(tmp_path / "h")),
        stdin=json.dumps({"id": 1, "method": "initialize", "params": INITIALIZE}),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["result"]["codexHome"] == str(tmp_path / "h")


def test_the_address_stands_on_stderr_and_in_the_home(tmp_path: Path) -> None:
    words = ("--listen", "ws://127.0.0.1:0", "--listen", f"unix://{tmp_path}/s")
    with serving(tmp_path / "h", *words) as host:
        addresses = [host.address(), host.address()]
        noted = json.loads((tmp_path / "h" / "host.lock").read_text())["listen"]
    assert noted == addresses
    assert addresses[0].startswith("ws://127.0.0.1:")
    assert not addresses[0].endswith(":0")
    assert addresses[1] == f"unix://{tmp_path}/s"


@pytest.mark.parametrize(
    ("verb", "says"), [("serve", "listening on stdio://"), ("app-server", "joined the host on ")]
)
def test_at_a_terminal_a_host_prints_where_it_listens_on_standard_error(
    tmp_path: Path, verb: str, says: str
) -> None:
    """It prints nothing of that on standard output, and nothing for a client at a pipe."""
    ours, its = pty.openpty()
    try:
        command = (*COMMAND, verb, "--home", str(tmp_path / "h"))
        with subprocess.Popen(
            command, stdin=its, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        ) as host:
            assert host.stderr is not None
            line = host.stderr.readline().decode()
            host.send_signal(signal.SIGTERM)
            out, err = host.communicate(timeout=20)
    finally:
        os.close(ours)
        os.close(its)
    assert line.startswith(says)
    assert ": one JSON message a line is a request; " in line
    assert (out, err) == (b"", b"")
    assert host.returncode == 0 or verb == "app-server"  # which has the signal end it so early


def test_a_host_without_a_client_or_an_address_says_so_and_ends(tmp_path: Path) -> None:
    command = (*COMMAND, "serve", "--home", str(tmp_path / "h"))
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment()
    )
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.startswith(b"listening on stdio:// alone: standard input is ")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_a_host_with_closed_standard_streams_ends_as_with_null_devices(
    tmp_path: Path, closed: str
) -> None:
    """No file or socket of the host may reuse their descriptors: libuv's loop would abort."""
    command = (*COMMAND, "serve", "--home", str(tmp_path / "h"))
    shell = ("sh", "-c", f'exec "$@" {closed}', "sh", *command)
    done = subprocess.run(
        shell, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment()
    )
    assert (done.returncode, done.stdout) == (0, b"")
    assert ("2>&-" in closed) or done.stderr.startswith(
        b"listening on stdio:// alone: standard input"
    )


def test_a_socket_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    said = start_error(tmp_path / "h", "--listen", f"unix://{tmp_path}/no/such/s")
    assert f"no/such/s: {tmp_path}/no/such does not exist; make that folder" in said
    assert not (tmp_path / "no").exists()


def test_an_address_in_use_is_named(tmp_path: Path) -> None:
    with serving(tmp_path / "one", "--listen", "ws://127.0.0.1:0") as host:
        address = host.address()
        said = start_error(tmp_path / "two", "--listen", address)
    right = "Address already in use; give another port, 0 for any free one"
    assert said == f"threadhost: cannot listen on {address}: {right}\n"


def test_a_host_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    said = start_error(tmp_path, "--listen", "x", code=2)
    assert "--listen: `x` is not a listen address; give stdio://" in said
    refused = start_error(tmp_path, "--model", "a:b")
    assert "no such model: 'a:b': no provider 'a' is configured, only `openai`" in refused
    (tmp_path / "file").write_text("")
    assert "file: is a file; a home is a folder" in start_error(tmp_path / "file")


def test_a_host_refuses_a_home_without_its_host_key_and_makes_no_new_key(tmp_path: Path) -> None:
    with serving(tmp_path) as host:
        host.initialize()
        host.ask("thread/start", cwd="/tmp")
        host.end_input()
    (tmp_path / "host.key").unlink()
    assert "host.key is missing" in start_error(tmp_path)
    assert not (tmp_path / "host.key").exists()


def test_words_that_make_no_sense_exit_with_two() -> None:
    done = run("serve", "--hoem", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "threadhost: no such option: --hoem; did you mean --home?\n"


def test_a_store_in_memory_leaves_no_file(tmp_path: Path) -> None:
    home = tmp_path / "h"
    with serving(home, "--store", "memory") as host:
        host.initialize()
        host.ask("thread/start", cwd="/tmp")
        assert host.end_input()[0] == 0
    assert not home.exists()


def test_the_hosts_own_log_holds_no_words_of_a_client_even_at_debug(tmp_path: Path) -> None:
    words = ("--listen", "stdio://", "--listen", "ws://127.0.0.1:0", "--log-level", "debug")
    with serving(tmp_path, *words) as host:
        from websockets.sync.client import connect

        with connect(host.address()) as socket:
            params = {**INITIALIZE, "secret": "do-not-log"}
            socket.send(json.dumps({"id": 1, "method": "initialize", "params": params}))
            socket.recv(timeout=10)
        host.end_input()
    assert host.errors
    assert "do-not-log" not in "\n".join(host.errors)


@pytest.mark.parametrize("at", ["serving", "draining"])
def test_a_host_whose_store_fails_exits_with_code_70(tmp_path: Path, at: str) -> None:
    broken = tmp_path / "broken"
    command = (sys.executable, "-c", FAILING.replace("BROKEN", str(broken)))
    with serving(tmp_path / "home", command=command) as host:
        host.initialize()
        if at == "serving":
            broken.touch()
        assert ("error" in host.ask("thread/start", cwd="/tmp")) == (at == "serving")
        broken.touch()
        code, _ = host.end_input()
    assert code == 70
    lines = [line for line in host.errors if "CRITICAL" in line]
    assert ["store.failed the log cannot be written" in line for line in lines] == [True]
