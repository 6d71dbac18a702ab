"""Notifications to a service manager: ready, stopping and reloading, as systemd defines them."""

import re
import shlex
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.operator_lines import logged_line
from tests.support.program import serving
from threadhost.adapters.cli.options import SERVE
from threadhost.adapters.cli.parse import parse
from threadhost.adapters.cli.sd_notify import sd_notify

OPERATIONS = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
WAIT_S = 25


class Manager:
    """The socket of a service manager."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(WAIT_S)

    def received(self) -> dict[str, str]:
        """The assignments in the next datagram."""
        lines = self._socket.recv(4096).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(str(tmp_path / "notify"))
    yield made
    made.close()


@pytest.mark.slices
def test_a_service_manager_is_notified_when_a_host_is_ready_and_when_it_stops(
    manager: Manager, tmp_path: Path
) -> None:
    words = "--listen", "ws://127.0.0.1:0"
    with serving(tmp_path / "home", *words, NOTIFY_SOCKET=str(tmp_path / "notify")) as host:
        notified = manager.received()
        assert notified["READY"] == "1"
        address = host.address()
        assert notified["STATUS"] == f"listening on {address}"
        name, _, port = address.removeprefix("ws://").partition(":")
        socket.create_connection((name, int(port)), WAIT_S).close()
        host.process.send_signal(signal.SIGTERM)
        assert manager.received() == {"STOPPING": "1", "STATUS": "draining after SIGTERM"}
        assert host.process.wait(WAIT_S) == 0


def test_a_notification_to_the_service_manager_is_one_datagram_of_lines(
    manager: Manager, tmp_path: Path
) -> None:
    sd_notify({"NOTIFY_SOCKET": str(tmp_path / "notify")}, "READY=1", "STATUS=a b")
    assert manager.received() == {"READY": "1", "STATUS": "a b"}


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux'")
def test_a_notify_socket_that_begins_with_an_at_sign_is_an_abstract_one(tmp_path: Path) -> None:
    name = f"{tmp_path}/abstract"
    manager = Manager(f"\0{name}")
    sd_notify({"NOTIFY_SOCKET": f"@{name}"}, "READY=1")
    assert manager.received() == {"READY": "1"}
    manager.close()


@pytest.mark.parametrize("address", ["/nowhere/at/all", "x" * 200, "a\0b"])
def test_a_service_manager_that_cannot_be_notified_is_logged_and_stops_nothing(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    sd_notify({"NOTIFY_SOCKET": address}, "READY=1")
    assert (
        logged_line(caplog, "host.goes_without")["what"] == "the service manager was not notified"
    )


def test_the_systemd_unit_in_the_documents_has_only_valid_options() -> None:
    unit = re.findall(r"^```ini\n(.*?)^```", OPERATIONS.read_text(), re.MULTILINE | re.DOTALL)[0]
    settings = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line)
    assert (settings["Type"], settings["NotifyAccess"]) == ("notify", "main")
    program, verb, *words = shlex.split(settings["ExecStart"].replace("%S", "/var/lib"))
    assert (Path(program).name, verb) == ("threadhost", "serve")
    assert parse(words, SERVE, {})["listen"]
