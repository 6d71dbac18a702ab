"""`initialize`: who the client is, what it can do, and who we are."""

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire

OPTED_OUT_MAX = 1_000
EXTENSIONS_MAX = 256


class ClientInfo(Wire):
    """The program at the other end."""

    name: str
    title: str | None = None
    version: str


class InitializeCapabilities(Wire):
    """What the client asks of this connection."""

    experimental_api: bool = False
    request_attestation: bool = False
    opt_out_notification_methods: list[str] | None = Field(None, max_length=OPTED_OUT_MAX)
    extensions: dict[str, object] | None = Field(None, max_length=EXTENSIONS_MAX)
    mcp_server_openai_form_elicitation: bool = False
    explicit_gateway_oauth: bool = False
    required_human_approval: bool = False


class InitializeParams(Params):
    """The first request of a connection."""

    client_info: ClientInfo
    capabilities: InitializeCapabilities | None = None


class InitializeResponse(Result):
    """Name, version and place of this host, which log its positions are of, and which start it is.

    Each start of a host has a greater `host_epoch` than any before.
    """

    user_agent: str
    codex_home: str
    platform_family: str
    platform_os: str
    log_id: str
    host_epoch: int
