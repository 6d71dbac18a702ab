"""`initialize`: the client, its capabilities, and this host."""

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire

OPTED_OUT_MAX = 1_000
EXTENSIONS_MAX = 256


class ClientInfo(Wire):
    """The program at the other end."""

    name: str
    """The name of the client; the log keeps up to 64 characters, or a digest of a longer name."""
    title: str | None = None
    """Ignored: the name of the client for people."""
    version: str
    """Ignored: the version of the client."""


class InitializeCapabilities(Wire):
    """The capabilities that the client wants on this connection."""

    experimental_api: bool = False
    """Whether the connection uses experimental methods and fields, and gets experimental
    notifications."""
    request_attestation: bool = False
    """Ignored: the host asks for no attestation."""
    opt_out_notification_methods: list[str] | None = Field(None, max_length=OPTED_OUT_MAX)
    """The names of notifications that the host does not send on this connection; at most 1,000;
    null for none."""
    extensions: dict[str, object] | None = Field(None, max_length=EXTENSIONS_MAX)
    """Ignored: at most 256 keys."""
    mcp_server_openai_form_elicitation: bool = False
    """Ignored: the host sends forms as MCP defines them."""
    explicit_gateway_oauth: bool = False
    """Ignored: the host logs in nowhere."""
    required_human_approval: bool = False
    """Ignored: approvals always come from a client."""


class InitializeParams(Params):
    """The first request of a connection."""

    client_info: ClientInfo
    """The name and version of the client."""
    capabilities: InitializeCapabilities | None = None
    """The capabilities that the client wants on this connection; null for the plain protocol."""


class InitializeResponse(Result):
    """Name, version and place of this host, which log its positions are of, and which start it is.

    Each start of a host has a greater `host_epoch` than any before.
    """

    user_agent: str
    """The version of the protocol, and the name and version of this host."""
    codex_home: str
    """The home of this host."""
    platform_family: str
    """The family of its operating system."""
    platform_os: str
    """Its operating system."""
    log_id: str
    """Extension of this host: the id of the log that its positions belong to."""
    host_epoch: int
    """Extension of this host: the number of this start, greater than that of every earlier
    start."""
