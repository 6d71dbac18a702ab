"""`account/read`: who is logged in with the provider of models."""

from threadhost.adapters.jsonrpc.models.base import Params, Result


class GetAccountParams(Params):
    """Whether a token should be made anew before answering."""

    refresh_token: bool = False


class GetAccountResponse(Result):
    """No account is kept, so nobody has to log in."""

    account: None = None
    user_id: str | None = None
    requires_openai_auth: bool
    workspace_routing: None = None
