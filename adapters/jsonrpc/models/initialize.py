"""`initialize`: who the client is, what it can do, and who we are."""

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire


class ClientInfo(Wire):
    """The program at the other end."""

    name: str
    title: str | None = None
    version: str


class InitializeCapabilities(Wire):
    """What the client asks of this connection."""

    experimental_api: bool = False
    request_attestation: bool = False
    opt_out_notification_methods: list[str] | None = None
    extensions: dict[str, object] | None = None
    mcp_server_openai_form_elicitation: bool = False
    explicit_gateway_oauth: bool = False
    required_human_approval: bool = False


class InitializeParams(Params):
    """The first request of a connection."""

    client_info: ClientInfo
    capabilities: InitializeCapabilities | None = None


class InitializeResponse(Result):
    """Name, version and place of this host."""

    user_agent: str
    codex_home: str
    platform_family: str
    platform_os: str
