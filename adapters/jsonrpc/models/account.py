"""`account/read`: the account with the provider of models; the host has none."""

from threadhost.adapters.jsonrpc.models.base import Params, Result


class GetAccountParams(Params):
    """Whether to refresh the token before the answer."""

    refresh_token: bool = False
    """Ignored: there is no account, so there is no token."""


class GetAccountResponse(Result):
    """The host has no accounts, so clients need not log in."""

    account: None = None
    """Always null: there is no account."""
    user_id: str | None = None
    """Always null: there is no account."""
    requires_openai_auth: bool
    """Whether clients must log in first: always false."""
    workspace_routing: None = None
    """Always null: there is no account."""
