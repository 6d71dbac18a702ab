"""A crowd of programs that join one home: the real relay in processes of its own, forked.

A process each by the usual way takes a second of a processor for eight of them; a fork of one that
has imported the relay takes a millisecond, and is the same program from then on.
"""

import asyncio
import os
import resource
import socket
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.client import Client
from tests.support.joined import Joined
from tests.support.links import LineLink
from tests.support.program import environment

END_S = 120
UP = b"up\n"


class Relay(Joined):
    """One of the crowd, and its client."""

    def __init__(self, crowd: Process, errors: Path, link: LineLink) -> None:
        self.process = crowd
        self.client = Client(link)
        self._errors = errors
        self._link = link

    def end_input(self) -> None:
        """Say no more."""
        self._link.end_input()


class Crowd:
    """All of them."""

    def __init__(self, process: Process, relays: list[Relay], errors: Path) -> None:
        self.process = process
        self.relays = relays
        self._errors = errors

    @property
    def errors(self) -> Counter[str]:
        """What they said on standard error, and how many said so."""
        return Counter(self._errors.read_text().splitlines())

    async def leave(self) -> Counter[int]:
        """End the input of all; their exit codes."""
        for relay in self.relays:
            relay.end_input()
        assert self.process.stdout is not None
        said = await asyncio.wait_for(self.process.stdout.read(), END_S)
        await self.process.wait()
        return Counter(map(int, said.split()))


@asynccontextmanager
async def crowd_on(home: Path, count: int, *, files: int = 0, **env: str) -> AsyncIterator[Crowd]:
    """So many programs that join a home; they have so few open files, as has the host."""
    pairs = [socket.socketpair() for _ in range(count)]
    theirs = [pair[1].fileno() for pair in pairs]
    errors = home.parent / "errors.crowd"
    with errors.open("w") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.relays", str(home), str(files)),
            *map(str, theirs),
            pass_fds=theirs,
            stdout=asyncio.subprocess.PIPE,
            stderr=file,
            env=environment(**env),
        )
    relays = []
    for ours, end in pairs:
        end.close()
        relays.append(Relay(process, errors, await LineLink.over(ours)))
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == UP
        yield Crowd(process, relays, errors)
    finally:
        await asyncio.gather(*(relay.client.close() for relay in relays))
        if process.returncode is None:
            await asyncio.wait_for(process.communicate(), END_S)


def relay(home: str, end: int, files: int) -> int:
    """Be a program that joins, at this end of a pair of sockets; its exit code."""
    from threadhost.adapters.joining.handshake import JoinRequest
    from threadhost.adapters.joining.proxy import run

    for descriptor in (0, 1):
        os.dup2(end, descriptor)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    if files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    code = run(JoinRequest(home, (), os.environ, is_codex=True), may_start=True)
    assert code is not None
    return code


def main(home: str, files: str, *ends: str) -> None:
    """Fork a program for each of these descriptors; write down their exit codes."""
    import threadhost.adapters.joining.failover
    import threadhost.adapters.joining.proxy
    import threadhost.adapters.joining.starting  # noqa: F401  (once, before there are many)

    children = []
    for end in ends:
        child = os.fork()
        if not child:
            code = 70
            try:
                code = relay(home, int(end), int(files))
            finally:
                sys.stderr.flush()
                os._exit(code)
        children.append(child)
    for end in ends:
        os.close(int(end))
    os.write(1, UP)
    codes = (os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
    os.write(1, " ".join(map(str, codes)).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
