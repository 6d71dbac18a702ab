"""What a host is told at its start: where it lives, where it listens, and every limit it keeps."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

_FORMS = "stdio://, unix://PATH, ws://HOST:PORT"


@dataclass(frozen=True, slots=True)
class Limits:
    """Every bound the wire keeps, in one place; the unit is in the name."""

    frame_bytes_max: int = 16 * 1024 * 1024
    """One message: a line on stdio, a text frame elsewhere."""
    json_depth_max: int = 128
    """Objects and arrays inside one another."""
    json_containers_max: int = 500_000
    """Objects and arrays in one message: each costs some twenty times its bytes in memory."""
    number_digits_max: int = 400
    """Digits of one JSON number."""
    injected_items_max: int = 4_096
    """Items that one request puts into a thread's history."""
    in_flight_requests_max: int = 512
    """Requests of one connection that wait for their reply."""
    outbox_bytes_max: int = 64 * 1024 * 1024
    """What may wait for a slow reader before its connection is given up."""
    outbox_messages_max: int = 262_144
    """Likewise in messages, each of which costs memory beside its bytes."""
    outbox_high_water_bytes: int = 8 * 1024 * 1024
    """Above this, stdio reads no more input."""
    outbox_low_water_bytes: int = 2 * 1024 * 1024
    """Below this, stdio reads again."""
    outbox_batch_bytes: int = 256 * 1024
    """What one write takes from the outbox, unless a single message is larger."""
    connections_max: int = 1024
    """Open connections of one listener; the next is answered 503."""
    handshakes_max: int = 256
    """Connections of one listener whose handshake is not over; the next is hung up on."""
    read_chunk_bytes: int = 64 * 1024
    """What is read of one client at a time."""
    open_timeout_ms: int = 10_000
    """From a socket's accept to the end of its websocket handshake."""
    close_timeout_ms: int = 2_000
    """For the closing handshake, and for a leaving peer to take what is left for it."""
    ping_interval_ms: int = 20_000
    """Between keepalive pings on a websocket."""
    ping_timeout_ms: int = 60_000
    """Without an answer to a ping for so long, a websocket is given up."""
    websocket_queue_frames_max: int = 16
    """Frames received and not yet looked at; reading pauses above."""
    websocket_write_bytes: int = 256 * 1024
    """What a websocket holds outside its outbox before it waits for its peer."""


@dataclass(frozen=True, slots=True)
class Listen:
    """An address that clients reach the host at."""

    scheme: Literal["stdio", "unix", "ws"]
    path: Path | None = None
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        """The address as it is written on a command line."""
        if self.scheme == "ws":
            return f"ws://{self.authority}"
        return f"{self.scheme}://{self.path or ''}"

    @property
    def authority(self) -> str:
        """HOST:PORT, an IPv6 host in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


STDIO = Listen("stdio")


@dataclass(frozen=True, slots=True)
class Settings:
    """One host's settings, complete."""

    home: Path
    """The folder of everything the host keeps."""
    listen: tuple[Listen, ...] = (STDIO,)
    """Where clients reach it, at least one address."""
    model: str = "echo"
    """The model specification of threads that name none."""
    model_url: str | None = None
    """The base URL of an endpoint that speaks the Responses API."""
    store: Literal["sqlite", "memory"] = "sqlite"
    """Where the log is kept; `memory` leaves no file."""
    key_file: Path | None = None
    """The host key that wraps all others, outside the home where possible."""
    drain_timeout_ms: int = 10_000
    """How long live threads have to stop."""
    idle_unload_ms: int = 1_800_000
    """How long an idle thread without subscribers stays in memory."""
    tree_depth_max: int = 64
    """Generations below a root."""
    tree_width_max: int = 1_000
    """Children of one thread."""
    tree_size_max: int = 100_000
    """Threads in one tree."""
    limits: Limits = field(default_factory=Limits)
    """Bounds of the wire."""

    def __post_init__(self) -> None:
        if len(set(self.listen)) < len(self.listen):
            raise ValueError("a listen address is given twice")


def parse_listen(text: str) -> Listen:
    """Read one listen address; raises ValueError that says what is wrong with it."""
    if text == "stdio://":
        return STDIO
    if text.startswith("unix://"):
        return _unix(text, text.removeprefix("unix://"))
    if text.startswith("ws://"):
        return _websocket(text, text.removeprefix("ws://").removesuffix("/"))
    raise ValueError(f"listen address `{text}` is not one of {_FORMS}")


def _unix(text: str, path: str) -> Listen:
    if not path:
        raise ValueError(f"listen address `{text}` names no socket path")
    if "\0" in path:
        raise ValueError("listen address: a socket path cannot hold a NUL character")
    return Listen("unix", path=Path(path))


def _websocket(text: str, authority: str) -> Listen:
    host, colon, port = authority.rpartition(":")
    if not colon or (":" in host) != (host.startswith("[") and host.endswith("]")):
        raise ValueError(f"listen address `{text}` is not of the form ws://HOST:PORT")
    host = host.removeprefix("[").removesuffix("]")
    if not host:
        raise ValueError(f"listen address `{text}` names no host")
    if not (port.isascii() and port.isdigit() and int(port[:6]) < 2**16):
        raise ValueError(f"listen address `{text}`: the port must be a number from 0 to 65535")
    if not _is_loopback(host):
        raise ValueError(
            f"refusing to start non-loopback websocket listener {authority} without auth"
        )
    return Listen("ws", host=host, port=int(port))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
