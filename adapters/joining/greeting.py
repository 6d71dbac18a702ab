"""The greeting of a joining process and the host's answer, before the protocol: one record each.

A record is its length in four bytes, then `name=value` fields separated by a zero byte, which no
word of a command line and no path can contain. This format is fixed for all builds, for ever; the
fields' meaning is fixed for builds with the same `protocol`.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PROTOCOL = "1"
LENGTH_BYTES = 4
GREETING_BYTES_MAX = 1024 * 1024
MARK = b"\0"
"""The start of a line of the host for the joining process alone; no JSON begins like it."""
STOPPED = MARK + b"stopped"
"""The last line of a host that was stopped on purpose."""
FOLLOWED, LEFT = MARK + b"followed ", MARK + b"left "
"""The client follows a thread from now on, or no longer; its id, a space and a cursor follow."""
CLIENTS, DAEMON, SERVICE = "clients", "daemon", "service"
"""Why a host lives: for its clients alone; until it is stopped; under a service manager."""


class Greeting:
    """Fields by name, each any number of times, in their order."""

    __slots__ = ("fields",)

    def __init__(self, fields: "Iterable[tuple[str, str]]") -> None:
        self.fields = tuple(fields)

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for field, value in self.fields if field == name]

    def one(self, name: str) -> str:
        """The first value of a field; empty without one."""
        return next(iter(self.all(name)), "")

    def pack(self) -> bytes:
        """The greeting as a record."""
        body = "\0".join(f"{name}={value}" for name, value in self.fields)
        data = body.encode("utf-8", "surrogateescape")
        return len(data).to_bytes(LENGTH_BYTES, "big") + data


def unpack(body: bytes) -> Greeting:
    """The greeting of a record; text without `=` is a field with an empty value."""
    parts = body.decode("utf-8", "surrogateescape").split("\0")
    return Greeting((name, value) for name, _, value in (part.partition("=") for part in parts))


def read(receive: "Callable[[int], bytes]") -> Greeting | None:
    """The other side's record; None if it disconnected. Raises ValueError for an invalid one."""
    head = _exactly(receive, LENGTH_BYTES)
    size = body_bytes(head) if len(head) == LENGTH_BYTES else 0
    body = _exactly(receive, size)
    return unpack(body) if body and len(body) == size else None


def body_bytes(head: bytes) -> int:
    """The length of a record's body, from its head. Raises ValueError."""
    size = int.from_bytes(head[:LENGTH_BYTES], "big")
    if not 0 < size <= GREETING_BYTES_MAX:
        raise ValueError("the other side did not send the greeting of a threadhost")
    return size


def _exactly(receive: "Callable[[int], bytes]", size: int) -> bytes:
    data = b""
    while len(data) < size and (piece := receive(size - len(data))):
        data += piece
    return data
