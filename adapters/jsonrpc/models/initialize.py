"""`initialize`: the client, its capabilities, and this host."""

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire

OPTED_OUT_MAX = 1_000
EXTENSIONS_MAX = 256


class ClientInfo(Wire):
    """The program at the other end."""

    name: str
    """What the client is called; the log keeps it up to 64 characters, else a digest of it."""
    title: str | None = None
    """What people call it: taken and not used."""
    version: str
    """Its version: taken and not used."""


class InitializeCapabilities(Wire):
    """What the client asks of this connection."""

    experimental_api: bool = False
    """Whether the connection may use what is experimental, and is told of it."""
    request_attestation: bool = False
    """Taken and not used: the host asks for no attestation."""
    opt_out_notification_methods: list[str] | None = Field(None, max_length=OPTED_OUT_MAX)
    """Notifications that this connection is not to be told, by their names; at most 1,000;
    null for none."""
    extensions: dict[str, object] | None = Field(None, max_length=EXTENSIONS_MAX)
    """Taken and not used; at most 256 keys."""
    mcp_server_openai_form_elicitation: bool = False
    """Taken and not used: forms are asked for as MCP has them."""
    explicit_gateway_oauth: bool = False
    """Taken and not used: the host logs in nowhere."""
    required_human_approval: bool = False
    """Taken and not used: approvals are always those of a client."""


class InitializeParams(Params):
    """The first request of a connection."""

    client_info: ClientInfo
    """Who the client is."""
    capabilities: InitializeCapabilities | None = None
    """What the client asks of this connection; null for the plain protocol."""


class InitializeResponse(Result):
    """Name, version and place of this host, which log its positions are of, and which start it is.

    Each start of a host has a greater `host_epoch` than any before.
    """

    user_agent: str
    """The protocol's version, and which host this is."""
    codex_home: str
    """The home of this host."""
    platform_family: str
    """The family of its operating system."""
    platform_os: str
    """Its operating system."""
    log_id: str
    """This host's own: which log its positions are of."""
    host_epoch: int
    """This host's own: the number of this start, greater than that of any before."""
