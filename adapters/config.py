"""What a host is told at its start: where it lives, where it listens, and every limit it keeps."""

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
    """A path: no more can be opened."""
    description_bytes_max: int = 64 * 1024
    """What a tool is for, or a value of metadata."""
    instructions_bytes_max: int = 1024 * 1024
    """Instructions for a model."""
    text_bytes_max: int = 16 * 1024 * 1024
    """What is said in a turn, all its parts, and raw items: what one message holds."""
    json_bytes_max: int = 1024 * 1024
    """A value of any shape, such as a thread's `config` or a schema, written as JSON."""
    tools_bytes_max: int = 4 * 1024 * 1024
    """All tools that a client offers to one thread, written as JSON."""
    list_bytes_max: int = 1024 * 1024
    """All texts of one list of ids, names or paths, or of one map."""
    entries_max: int = 5_000
    """Entries of one list or one map; the database takes some six times as many in one question."""


class Limits(NamedTuple):
    """Every bound the wire keeps, in one place; the unit is in the name."""

    frame_bytes_max: int = 16 * 1024 * 1024
    """One message, either way: a line on stdio, a text frame elsewhere."""
    json_depth_max: int = 128
    """Objects and arrays inside one another."""
    json_containers_max: int = 100_000
    """Objects and arrays in one message: each costs some twenty times its bytes in memory."""
    json_values_max: int = 500_000
    """Values in one message, counted by its objects, arrays and commas."""
    number_digits_max: int = 400
    """Digits of one JSON number."""
    injected_items_max: int = 4_096
    """Items that one request puts into a thread's history."""
    page_bytes_max: int = 12 * 1024 * 1024
    """Turns, items or threads in one answer; what does not fit is for the next page."""
    in_flight_requests_max: int = 512
    """Requests of one connection that wait for their reply."""
    in_flight_bytes_max: int = 64 * 1024 * 1024
    """Those of one connection, as they came; a single one may be larger."""
    host_in_flight_bytes_max: int = 256 * 1024 * 1024
    """Those of all connections together; a small one of who has no other always goes in."""
    server_requests_max: int = 256
    """Requests of the host to one client that wait for its answer."""
    large_answers_max: int = 4
    """Requests of one connection with an answer of any size that are carried out at a time."""
    host_large_answers_max: int = 8
    """Those of all connections together; the next waits for its turn."""
    search_timeout_ms: int = 1_000
    """A search looks for so long; then it answers with what it found, and a cursor to go on."""
    outbox_bytes_max: int = 32 * 1024 * 1024
    """What waits for one reader and nobody asked for; past it, it is told from the log later."""
    host_outbox_bytes_max: int = 256 * 1024 * 1024
    """What waits for all readers together; past it nobody is given much to read."""
    outbox_high_water_bytes: int = 8 * 1024 * 1024
    """While more waits for a reader, nothing more is heard of it, and nothing it asked is begun."""
    outbox_low_water_bytes: int = 2 * 1024 * 1024
    """Once no more than this waits, it goes on."""
    outbox_batch_bytes: int = 256 * 1024
    """What one write takes from the outbox, unless a single message is larger."""
    connections_max: int = 1024
    """Clients of all sockets and ports together; the next is answered 503."""
    connections_per_peer_max: int = 768
    """Those of one peer: an address, or a process at a socket file; the next is answered 503."""
    handshakes_max: int = 256
    """Connections that have not said what they want; for the next, the oldest is hung up on."""
    slow_reader_timeout_ms: int = 60_000
    """A reader that takes nothing for so long while something waits for it is given up."""
    crowded_reader_timeout_ms: int = 5_000
    """The same while what waits for all readers together is too much."""
    live_bytes_max: int = 512 * 1024 * 1024
    """Settings and histories of live threads; past it, idle threads are unloaded."""
    ephemeral_bytes_max: int = 256 * 1024 * 1024
    """The threads that live only in memory; past it, none is started, forked or talked to."""
    read_chunk_bytes: int = 64 * 1024
    """What is read of one client at a time."""
    host_unheard_bytes_max: int = 256 * 1024 * 1024
    """What has come over all sockets and is no whole message yet, or not looked at; past it, who
    has kept some for longest is hung up on."""
    open_timeout_ms: int = 10_000
    """From a socket's accept to the end of its websocket handshake."""
    initialize_timeout_ms: int = 60_000
    """From the end of the websocket handshake to `initialize`."""
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
    fields: FieldLimits = FieldLimits()
    """What a client may say in one field of a request."""


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
    """Whether there is one token, or any counts that is signed with a shared secret."""
    token_file: Path | None = None
    """The one token, as text."""
    token_sha256: bytes | None = None
    """The digest of the one token, which then need not be on this machine."""
    shared_secret_file: Path | None = None
    """The secret of signed tokens (HS256), as text of at least 32 bytes."""
    issuer: str | None = None
    """What `iss` of a signed token has to be."""
    audience: str | None = None
    """What `aud` of a signed token has to be or to hold."""
    max_clock_skew_seconds: int | None = None
    """How far the clock of the signer may be off; 30 unless given."""

    def check(self) -> None:
        """Check the fields. Raises ValueError for fields that exclude or need each other."""
        for mode, names in _AUTH_FIELDS.items():
            for name in names:
                if getattr(self, name) is not None and self.mode != mode:
                    flag = f"--ws-{name.replace('_', '-')}"
                    raise ValueError(f"{flag} means nothing here; give --ws-auth {mode} with it")
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
    """The folder of everything the host keeps."""
    listen: tuple[Listen, ...] = (STDIO,)
    """Where clients reach it, at least one address."""
    ws_auth: WsAuth = WsAuth()
    """What websocket clients have to show; needed where other machines can reach an address."""
    model: str = ""
    """The model specification of threads that name none; if empty, the file or the echo says."""
    model_url: str | None = None
    """The base URL of the model's provider."""
    config_file: Path | None = None
    """The configuration file, in place of `config.toml` in the home."""
    profile: str | None = None
    """The profile of that file."""
    store: Literal["sqlite", "memory"] = "sqlite"
    """Where the log is kept; `memory` leaves no file."""
    rollouts: Literal["codex", "off"] | None = None
    """Whether rollout files are kept for codex; without a word, where the home has some."""
    key_file: Path | None = None
    """The host key that wraps all others, outside the home where possible."""
    takes_up: bool = True
    """Whether goals and queues go on by themselves, and agents and jobs that others began."""
    allow_missing_keys: bool = False
    """Whether to start on a log of which threads that were not deleted have no key any more."""
    drain_timeout_ms: int = 10_000
    """How long live threads have to stop."""
    idle_unload_ms: int = 1_800_000
    """How long an idle thread without subscribers stays in memory."""
    goal_wait_ms: int = 1_000
    """From the end of a turn for a goal to the next; doubles while the model only talks."""
    goal_wait_max_ms: int = 300_000
    """The longest of these waits."""
    tool_timeout_ms: int = 3_600_000
    """How long a client's tool, or the user, has to answer."""
    turn_timeout_ms: int | None = None
    """How long one turn may take, 0 for ever; a day unless the configuration file says else."""
    call_limits: CallLimits = PATIENT
    """How patient to be with the answers of models."""
    user_input: bool = False
    """Whether the models of threads that do not say may ask the user."""
    tree_depth_max: int = 64
    """Generations below a root."""
    tree_width_max: int = 1_000
    """Children of one thread."""
    tree_size_max: int = 100_000
    """Threads in one tree."""
    limits: Limits = Limits()
    """Bounds of the wire."""

    def checked(self) -> "Settings":
        """These settings. Raises ValueError for one that excludes or needs another."""
        self.ws_auth.check()
        if OFF in self.listen and len(self.listen) > 1:
            raise ValueError("off listens nowhere; leave it or the other --listen out")
        if len(set(self.listen)) < len(self.listen):
            twice = next(address for address in self.listen if self.listen.count(address) > 1)
            raise ValueError(
                f"the listen address {twice} is given twice; give --listen once for it"
            )
        if self.model_url and self.model.partition(":")[0] == "echo":
            raise ValueError("the echo model has no endpoint; leave out --model-url or its --model")
        if self.rollouts == "codex" and self.store == "memory":
            raise ValueError(
                "a host in memory leaves no file; leave out --rollouts codex or --store memory"
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
    raise ValueError(f"`{text}` is no listen address; give {_FORMS}")


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
        raise ValueError(f"`{text}` has no such port; give a number from 0 to 65535")
    return Listen("ws", host=host, port=int(port))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
