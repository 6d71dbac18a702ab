"""Meeting the host that owns a home: saying who joins, and hearing whether it may."""

import select
from time import sleep

from threadhost.adapters.home_socket import connect, working_folder
from threadhost.adapters.joining.greeting import PROTOCOL, Greeting, read
from threadhost.adapters.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Mapping, Sequence

    Answer = tuple[socket, Greeting]

ANSWER_TIMEOUT_S = 60
"""For a host to be open, or to have drained, from when it was asked."""
AFTER_ELECTION_S = 300
"""The same for one to which all clients of another come at once, with all that they do."""
PAUSE_MIN_S, PAUSE_MAX_S = 0.002, 0.25
"""After a host hung up, which is gone by then, or lets a crowd in one after the other."""
OURS = "THREADHOST_"
SECRET = "THREADHOST_WS_TOKEN"  # noqa: S105
"""Of our variables the one that no host is configured by."""


class JoinRefused(Exception):
    """The host does not let this process join; the message says why and what would do."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class JoinRequest:
    """What a process that joins is told to be: its words, its environment, its folder."""

    __slots__ = ("cwd", "env", "home", "is_codex", "words")

    def __init__(
        self, home: str, words: "Sequence[str]", env: "Mapping[str, str]", *, is_codex: bool
    ) -> None:
        self.home = home
        self.words = tuple(words)
        self.env = {name: env[name] for name in env if name.startswith(OURS) and name != SECRET}
        self.cwd = working_folder()
        self.is_codex = is_codex
        """Whether options of codex are let pass."""

    def greeting(self, newest_asked: int = 0) -> Greeting:
        """What is said of it to a host."""
        fields = [("protocol", PROTOCOL), ("build", VERSION), ("ask", "join"), ("cwd", self.cwd)]
        fields += [("newestAsked", str(newest_asked)), ("codex", str(self.is_codex))]
        fields += [("word", word) for word in self.words]
        fields += [("env", f"{name}={value}") for name, value in self.env.items()]
        return Greeting(fields)


def handshake(
    home: str, greeting: Greeting, timeout_s: float = ANSWER_TIMEOUT_S
) -> "Answer | None":
    """The connection to the host on a home and what it answers; None if nobody is there.

    A host that is going answers nothing, and is gone when it hangs up. Raises JoinRefused, or
    OSError for what is no socket of this user.
    """
    host, pause_s = connect(home), PAUSE_MIN_S
    while host is not None:
        answer = _answer(host, greeting, timeout_s)
        if answer is not None:
            _check(answer, host)
            return host, answer
        host.close()
        sleep(pause_s)
        pause_s = min(2 * pause_s, PAUSE_MAX_S)
        host = connect(home)
    return None


def _answer(host: "socket", greeting: Greeting, timeout_s: float) -> Greeting | None:
    def receive(size: int) -> bytes:
        if not select.select((host,), (), (), timeout_s)[0]:
            words = f"the host did not answer within {timeout_s} s; try again"
            raise JoinRefused(words)
        return host.recv(size)

    try:
        host.sendall(greeting.pack())
        return read(receive)
    except ValueError as error:
        raise JoinRefused(str(error)) from None
    except OSError:
        return None


def _check(answer: Greeting, host: "socket") -> None:
    """Raise JoinRefused for what it says, or for words that this build does not understand."""
    if refused := answer.one("refused"):
        host.close()
        raise JoinRefused(refused, int(answer.one("code") or 1))
    if answer.one("protocol") != PROTOCOL:
        host.close()
        raise JoinRefused(other_build(answer.one("build"), VERSION))


def other_build(host: str, joins: str) -> str:
    """What is said where host and client do not understand each other."""
    return (
        f"the host on this home is threadhost {host}, which threadhost {joins} cannot join;"
        " use one version, or stop the host first"
    )
