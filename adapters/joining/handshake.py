"""Greets the host that owns a home, and reads whether this process may join."""

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
"""How long a host may take to open, or to drain, after the greeting."""
AFTER_ELECTION_S = 300
"""The same for a new host, which gets all clients of another one at once, with their work."""
PAUSE_MIN_S, PAUSE_MAX_S = 0.002, 0.25
"""The pause after a host hung up: it is gone by then, or admits a crowd one by one."""
OURS = "THREADHOST_"
SECRET = "THREADHOST_WS_TOKEN"  # noqa: S105
"""The only variable with our prefix that does not configure a host."""


class JoinRefused(Exception):
    """The host refuses this process; the message says why, and names a remedy."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class JoinRequest:
    """How a joining process was started: its words, its environment, its folder."""

    __slots__ = ("cwd", "env", "home", "is_codex", "words")

    def __init__(
        self, home: str, words: "Sequence[str]", env: "Mapping[str, str]", *, is_codex: bool
    ) -> None:
        self.home = home
        self.words = tuple(words)
        self.env = {name: env[name] for name in env if name.startswith(OURS) and name != SECRET}
        self.cwd = working_folder()
        self.is_codex = is_codex
        """Whether options of codex are ignored."""

    def greeting(self, newest_asked: int = 0, *, takes_marks: bool = False) -> Greeting:
        """The greeting to a host; `takes_marks`: the host may mark what the client follows."""
        fields = [("protocol", PROTOCOL), ("build", VERSION), ("ask", "join"), ("cwd", self.cwd)]
        fields += [("newestAsked", str(newest_asked)), ("codex", str(self.is_codex))]
        fields += [("marks", str(takes_marks))]
        fields += [("word", word) for word in self.words]
        fields += [("env", f"{name}={value}") for name, value in self.env.items()]
        return Greeting(fields)


def handshake(
    home: str, greeting: Greeting, timeout_s: float = ANSWER_TIMEOUT_S
) -> "Answer | None":
    """The connection to the host on a home, with its answer; None without a host.

    A host that is stopping sends no answer, and is gone when it disconnects. Raises JoinRefused, or
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
    """Raise JoinRefused for a refusal, or for a protocol that this build does not know."""
    if refused := answer.one("refused"):
        host.close()
        raise JoinRefused(refused, int(answer.one("code") or 1))
    if answer.one("protocol") != PROTOCOL:
        host.close()
        raise JoinRefused(other_build(answer.one("build"), VERSION))


def other_build(host: str, joins: str) -> str:
    """The message for a host and a client of incompatible builds."""
    return (
        f"the host on this home is threadhost {host}, which threadhost {joins} cannot join;"
        " use one version, or stop the host first"
    )
