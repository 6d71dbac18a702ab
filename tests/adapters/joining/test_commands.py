"""Commands on a home whose host listens at its private socket alone."""

from pathlib import Path
from socket import socketpair

import pytest

from tests.support.program import run, run_json
from threadhost.adapters.client.line_link import LineLink
from threadhost.adapters.client.link import LinkClosed
from threadhost.adapters.config import Limits


@pytest.mark.slices
def test_commands_reach_a_host_that_listens_at_its_private_socket_alone(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "h"))
    assert run("daemon", "start", *home, "--model", "echo").returncode == 0
    try:
        said = run("threads", "run", "new", "hello there", *home)
        assert (said.returncode, said.stdout.strip()) == (0, "hello there")
        assert run_json("status", *home)["pid"] == run_json("daemon", "status", *home)["pid"]
    finally:
        assert run("daemon", "stop", *home).returncode == 0


ENDS: dict[str, bytes] = {
    "hung up": b"",
    "in the middle of a line": b'{"id":1',
    "stopped on purpose": b"\0stopped\n",
    "longer than any message": b"x" * 4096 + b"\n",
}


@pytest.mark.parametrize("last", ENDS.values(), ids=ENDS.keys())
async def test_a_connection_to_the_private_socket_ends_with_its_host(last: bytes) -> None:
    ours, its = socketpair()
    link = await LineLink.over(ours, Limits()._replace(frame_bytes_max=1024))
    await link.send(b'{"id":1}')
    its.sendall(b'{"a":1}\n' + last)
    its.close()
    assert await link.receive() == b'{"a":1}'
    with pytest.raises(LinkClosed):
        await link.receive()
    await link.close()
    await link.close()
