"""The settings of a host at its start: its home, its addresses and all of its limits."""

from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from threadhost.actors.models import CallLimits
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.home import CONTROL_SOCKET

PATIENT = CallLimits()
_FORMS = "stdio://, unix://PATH, ws://HOST:PORT or off"


class FieldLimits(NamedTuple):
    """How large what a client says may be, by kind; which field is of which kind: fields.md."""

    id_bytes_max: int = 1024
    """An id, a key or a cursor, in UTF-8 as all texts."""
    name_bytes_max: int = 4096
    """A name or another word: of a thread, a model, a provider, a tool, a branch."""
    path_bytes_max: int = 4096
    """A path; the operating system opens no longer ones."""
    description_bytes_max: int = 64 * 1024
    """The description of a tool, or a value of metadata."""
    instructions_bytes_max: int = 1024 * 1024
    """Instructions for a model."""
    text_bytes_max: int = 16 * 1024 * 1024
    """All parts of a turn's input, and raw items; the same as for one message."""
    json_bytes_max: int = 1024 * 1024
    """A value of any shape, such as a thread's `config` or a schema, written as JSON."""
    tools_bytes_max: int = 4 * 1024 * 1024
    """All tools that a client offers to one thread, written as JSON."""
    list_bytes_max: int = 1024 * 1024
    """All texts of one list of ids, names or paths, or of one map."""
    entries_max: int = 5_000
    """Entries of one list or one map; a query of the database takes some six times as many."""


class Limits(NamedTuple):
    """Every bound the wire keeps, in one place; the unit is in the name."""

    frame_bytes_max: int = 16 * 1024 * 1024
    """The size of a message in either direction: a line on stdio, else a text frame."""
    json_depth_max: int = 128
    """The depth of nested objects and arrays."""
    json_containers_max: int = 100_000
    """Objects and arrays in one message: each costs some twenty times its bytes in memory."""
    json_values_max: int = 500_000
    """Values in one message, counted by its objects, arrays and commas."""
    number_digits_max: int = 400
    """Digits of one JSON number."""
    injected_items_max: int = 4_096
    """Items that one request puts into a thread's history."""
    page_bytes_max: int = 12 * 1024 * 1024
    """The size of the turns, items or threads of one answer; the rest is on the next page."""
    in_flight_requests_max: int = 512
    """Requests of one connection that wait for their reply."""
    in_flight_bytes_max: int = 64 * 1024 * 1024
    """The size of the requests of one connection in flight; a single one may be larger."""
    host_in_flight_bytes_max: int = 256 * 1024 * 1024
    """The same for all connections; a client's only request is always accepted if it is small."""
    server_requests_max: int = 256
    """Requests of the host to one client that wait for an answer."""
    large_answers_max: int = 4
    """Requests with an answer of any size that run at once for one connection."""
    host_large_answers_max: int = 8
    """The same for all connections; further requests wait."""
    search_timeout_ms: int = 1_000
    """The time limit of a search, which then returns its hits so far and a cursor to go on."""
    outbox_bytes_max: int = 32 * 1024 * 1024
    """Notifications that wait for one client; above it, the host sends them from the log later."""
    host_outbox_bytes_max: int = 256 * 1024 * 1024
    """Messages that wait for all clients; above it, the host sends little to each."""
    outbox_high_water_bytes: int = 8 * 1024 * 1024
    """While more waits for a client, the host reads and begins no requests of it."""
    outbox_low_water_bytes: int = 2 * 1024 * 1024
    """When no more than this waits, the host reads from the client again."""
    outbox_batch_bytes: int = 256 * 1024
    """The size of one write from the outbox, unless a single message is larger."""
    connections_max: int = 1024
    """Clients of all sockets and ports together; further ones get a 503."""
    connections_per_peer_max: int = 768
    """Clients of one peer, an address or a process at a socket file; further ones get a 503."""
    handshakes_max: int = 256
    """Connections in their handshake; for a further one the host closes the oldest."""
    slow_reader_timeout_ms: int = 60_000
    """The host closes a connection that reads nothing for so long while messages wait for it."""
    crowded_reader_timeout_ms: int = 5_000
    """The same, while too much waits for all clients together."""
    live_bytes_max: int = 512 * 1024 * 1024
    """Settings and histories of live threads; above it, idle threads are unloaded."""
    ephemeral_bytes_max: int = 256 * 1024 * 1024
    """Ephemeral threads; above it, the host refuses to start, fork or give input to one."""
    read_chunk_bytes: int = 64 * 1024
    """The size of one read from a client."""
    host_unheard_bytes_max: int = 256 * 1024 * 1024
    """Received bytes of all sockets that are no whole message yet, or not parsed; above it, the
    host closes the connection whose bytes are oldest."""
    open_timeout_ms: int = 10_000
    """The time from a socket's accept to the end of its websocket handshake."""
    initialize_timeout_ms: int = 60_000
    """The time from the end of the websocket handshake to `initialize`."""
    close_timeout_ms: int = 2_000
    """The time for the closing handshake, and for a leaving peer to read what is left for it."""
    ping_interval_ms: int = 20_000
    """The time between keepalive pings on a websocket."""
    ping_timeout_ms: int = 60_000
    """The time for the answer to a ping; after that the host closes the websocket."""
    websocket_queue_frames_max: int = 16
    """Received frames that are not parsed yet; above it, reading pauses."""
    websocket_write_bytes: int = 256 * 1024
    """Bytes that a websocket buffers outside its outbox before it waits for its peer."""
    fields: FieldLimits = FieldLimits()
    """The limits of the fields of requests."""


class Listen(NamedTuple):
    """An address that clients reach the host at."""

    scheme: Literal["stdio", "unix", "ws", "off"]
    path: Path | None = None
    host: str = ""
    port: int = 0
    descriptor: int | None = None
    """Of a socket that somebody else opened for this host."""

    def __str__(self) -> str:
        """The address as it is written on a command line."""
        if self.scheme == "ws":
            return f"ws://{self.authority}"
        if self.scheme == "off":
            return "off"
        return f"{self.scheme}://{self.path or ''}"

    @property
    def authority(self) -> str:
        """HOST:PORT, an IPv6 host in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.scheme != "ws" or _is_loopback(self.host)

    @property
    def from_here(self) -> "Listen":
        """The address for a client on this machine; loopback in place of `all interfaces`."""
        return self._replace(host=_ALL_INTERFACES.get(self.host, self.host))


STDIO = Listen("stdio")
OFF = Listen("off")
"""No address: a host that serves no clients and only resumes its own work."""
_ALL_INTERFACES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class WsAuth(NamedTuple):
    """What a websocket client has to show before it is one; without a mode, nothing."""

    mode: Literal["capability-token", "signed-bearer-token"] | None = None
    """Whether one known token is valid, or any that is signed with a shared secret."""
    token_file: Path | None = None
    """The file with the known token, as text."""
    token_sha256: bytes | None = None
    """The SHA-256 digest of the known token, instead of the token."""
    shared_secret_file: Path | None = None
    """The file with the secret of signed tokens (HS256), as text of at least 32 bytes."""
    issuer: str | None = None
    """The required `iss` of a signed token."""
    audience: str | None = None
    """The required `aud` of a signed token, or one of its entries."""
    max_clock_skew_seconds: int | None = None
    """The largest clock difference to the signer, in seconds; 30 if it is None."""

    def check(self) -> None:
        """Check the fields. Raises ValueError for fields that exclude or need each other."""
        for mode, names in _AUTH_FIELDS.items():
            for name in names:
                if getattr(self, name) is not None and self.mode != mode:
                    flag = f"--ws-{name.replace('_', '-')}"
                    raise ValueError(f"{flag} has no effect here; give --ws-auth {mode} with it")
        tokens = (self.token_file, self.token_sha256)
        if self.mode == "capability-token" and tokens.count(None) != 1:
            fault = "has two tokens" if all(tokens) else "has no token"
            needs = "give either --ws-token-file or --ws-token-sha256"
            raise ValueError(f"--ws-auth capability-token {fault}; {needs}")
        if self.mode == "signed-bearer-token" and self.shared_secret_file is None:
            needs = "give --ws-shared-secret-file"
            raise ValueError(f"--ws-auth signed-bearer-token has no secret; {needs}")


_AUTH_FIELDS = {
    "capability-token": ("token_file", "token_sha256"),
    "signed-bearer-token": ("shared_secret_file", "issuer", "audience", "max_clock_skew_seconds"),
}
"""The modes of each field."""


class Settings(NamedTuple):
    """One host's settings, complete; no host opens with any that are not `checked`."""

    home: Path
    """The folder of all data of the host."""
    listen: tuple[Listen, ...] = (STDIO,)
    """The addresses for clients, at least one."""
    ws_auth: WsAuth = WsAuth()
    """The authentication of websocket clients; required if other machines can reach an address."""
    model: str = ""
    """The model of threads that name none; if empty, that of the file, or else the echo."""
    model_url: str | None = None
    """The base URL of the model's provider."""
    config_file: Path | None = None
    """The configuration file, in place of `config.toml` in the home."""
    profile: str | None = None
    """The profile of that file."""
    store: Literal["sqlite", "memory"] = "sqlite"
    """The store of the log; `memory` leaves no file."""
    rollouts: Literal["codex", "off"] | None = None
    """Whether the host writes rollout files for codex; by default if the home has some."""
    key_file: Path | None = None
    """The file of the host key, which wraps all other keys; outside the home if possible."""
    takes_up: bool = True
    """Whether the host resumes by itself goals, queues, agents and jobs that earlier hosts
    began."""
    allow_missing_keys: bool = False
    """Whether to start if keys of threads that were not deleted are missing."""
    drain_timeout_ms: int = 10_000
    """The time that live threads have to stop."""
    idle_unload_ms: int = 1_800_000
    """The time after which an idle thread without subscribers is unloaded."""
    goal_wait_ms: int = 1_000
    """The wait between two turns for a goal; it doubles while the model only talks."""
    goal_wait_max_ms: int = 300_000
    """The longest wait between two turns for a goal."""
    tool_timeout_ms: int = 3_600_000
    """The time that a client's tool, or the user, has to answer."""
    turn_timeout_ms: int | None = None
    """The time limit of a turn, 0 for none; if None, that of the configuration file, or a day."""
    call_limits: CallLimits = PATIENT
    """The retries and time limits of calls of models."""
    user_input: bool = False
    """Whether models may ask the user, for threads that do not set it."""
    tree_depth_max: int = 64
    """The largest depth of a tree: generations below the root."""
    tree_width_max: int = 1_000
    """The largest number of children of one thread."""
    tree_size_max: int = 100_000
    """The largest number of threads in one tree."""
    limits: Limits = Limits()
    """Bounds of the wire."""

    def checked(self) -> "Settings":
        """These settings. Raises ValueError for one that excludes or needs another."""
        self.ws_auth.check()
        if OFF in self.listen and len(self.listen) > 1:
            raise ValueError(
                "off cannot be combined with an address; leave out it or the other --listen"
            )
        if len(set(self.listen)) < len(self.listen):
            twice = next(address for address in self.listen if self.listen.count(address) > 1)
            raise ValueError(
                f"the listen address {twice} is given twice; give --listen once for it"
            )
        if self.model_url and self.model.partition(":")[0] == "echo":
            raise ValueError("the echo model has no endpoint; leave out --model-url or its --model")
        if self.rollouts == "codex" and self.store == "memory":
            raise ValueError(
                "a host in memory writes no files; leave out --rollouts codex or --store memory"
            )
        open_to_all = [address for address in self.listen if not address.is_local]
        if open_to_all and self.ws_auth.mode is None:
            raise ValueError(
                f"refusing to start non-loopback websocket listener {open_to_all[0].authority}"
                " without auth; add --ws-auth, or listen on a loopback address"
            )
        listen = tuple(self._with_path(address) for address in self.listen if address != OFF)
        return self._replace(listen=listen)

    def _with_path(self, address: Listen) -> Listen:
        is_named = address.scheme != "unix" or address.path is not None
        return address if is_named else address._replace(path=self.home / CONTROL_SOCKET)


def parse_listen(text: str) -> Listen:
    """Read one listen address. Raises ValueError that says what is wrong with it.

    A socket file without a path is that of the home.
    """
    if text in ("stdio://", "off"):
        return STDIO if text != "off" else OFF
    if text.startswith("unix://"):
        return _unix(text, text.removeprefix("unix://"))
    if text.startswith("ws://"):
        return _websocket(text, text.removeprefix("ws://").removesuffix("/"))
    raise ValueError(f"`{text}` is not a listen address; give {_FORMS}")


def _unix(text: str, path: str) -> Listen:
    if "\0" in path:
        raise ValueError("a socket path cannot hold a NUL character; give unix://PATH without")
    return Listen("unix", path=Path(path) if path else None)


def _websocket(text: str, authority: str) -> Listen:
    authority, slash, _ = authority.partition("/")
    if slash:
        raise ValueError(f"`{text}` has a path; give ws://HOST:PORT, which ends with the port")
    host, colon, port = authority.rpartition(":")
    if not colon or (":" in host) != (host.startswith("[") and host.endswith("]")):
        raise ValueError(f"`{text}` is not of the form; give ws://HOST:PORT")
    host = host.removeprefix("[").removesuffix("]")
    if not host:
        raise ValueError(f"`{text}` names no host; give ws://HOST:PORT, such as ws://127.0.0.1:0")
    if not (port.isascii() and port.isdigit() and int(port[:6]) < 2**16):
        raise ValueError(f"`{text}` has an invalid port; give a number from 0 to 65535")
    return Listen("ws", host=host, port=int(port))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
