"""`threadhost serve` with tokens: refusals to start, and commands against a guarded host."""

import json
import signal
from hashlib import sha256
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Grown
from tests.support.program import run_here, serving
from threadhost.adapters.cli.home_client import address_of
from threadhost.events.store.home import LOCK

pytestmark = pytest.mark.slices

TOKEN = "c4n4ry-T0ken"
CAPABILITY = ("--ws-auth", "capability-token")
SIGNED = ("--ws-auth", "signed-bearer-token")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ["--listen", "ws://0.0.0.0:0"],
            2,
            "refusing to start non-loopback websocket listener 0",
        ),
        (["--ws-token-file", "t"], 2, "--ws-token-file has no effect here; give --ws-auth capabi"),
        (["--ws-issuer", "i", *CAPABILITY], 2, "--ws-issuer has no effect here; give --ws-auth"),
        ([*CAPABILITY], 2, "has no token; give either --ws-token-file or --ws-token-sha256"),
        (
            [*CAPABILITY, "--ws-token-sha256", "abc"],
            2,
            ("--ws-token-sha256: the value is not a SHA-256"),
        ),
        ([*CAPABILITY, "--ws-token-file", "/no/where"], 1, "cannot read /no/where: No such file"),
        ([*SIGNED], 2, "signed-bearer-token has no secret; give --ws-shared-secret-file"),
        ([*SIGNED, "--ws-max-clock-skew-seconds", "-1"], 2, "`-1` is not a time; give a whole"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_leave_the_port_unguarded_keep_the_host_from_starting(
    tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    home = tmp_path / "h"
    done = run_here("serve", "--home", str(home), "--listen", "stdio://", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("threadhost: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert not home.exists()


def test_an_unknown_mode_of_authentication_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    done = run_here("serve", "--home", str(tmp_path / "h"), "--ws-auth", "password")
    assert done.returncode == 2
    assert "`password` is unknown; give capability-token or signed-bearer-token" in done.stderr


def test_commands_reach_a_guarded_host_with_the_token_of_the_environment(grown: Grown) -> None:
    digest = sha256(TOKEN.encode()).hexdigest()
    words = ("--listen", "ws://0.0.0.0:0", *CAPABILITY, "--ws-token-sha256", digest)
    deletion = ("threads", "delete", grown.root, "--yes", "--json", "--home", str(grown.home))
    with serving(grown.home, *words, "--log-level", "debug") as host:
        host.address()
        for env, why in (({}, "missing"), ({"THREADHOST_WS_TOKEN": f"{TOKEN}x"}, "invalid")):
            done = run_here(*deletion, **env)
            assert (done.returncode, done.stdout) == (1, "")
            assert f"{why} websocket bearer token; THREADHOST_WS_TOKEN has to" in done.stderr
            assert TOKEN not in done.stderr
        done = run_here(*deletion, THREADHOST_WS_TOKEN=f" {TOKEN}\n")
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)["deleted"]) == 2
        assert host.signal(signal.SIGTERM) == 0
    assert host.errors
    assert TOKEN not in "\n".join(host.errors)


@pytest.mark.parametrize(
    ("listen", "reached"),
    [
        (["stdio://", "ws://0.0.0.0:1"], "ws://127.0.0.1:1"),
        (["ws://[::]:1"], "ws://[::1]:1"),
        (["ws://10.0.0.1:1", "unix:///s"], "unix:///s"),
    ],
)
def test_a_host_is_reached_by_its_socket_file_or_at_loopback(
    tmp_path: Path, listen: list[str], reached: str
) -> None:
    (tmp_path / LOCK).write_text(json.dumps({"pid": 1, "listen": listen}))
    assert str(address_of(tmp_path)) == reached
