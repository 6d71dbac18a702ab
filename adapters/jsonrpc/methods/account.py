"""`account/read`: the host has no accounts."""

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.models.account import GetAccountParams, GetAccountResponse
from threadhost.adapters.jsonrpc.registry import method


@method("account/read", GetAccountParams, reads=True)
async def read_account(params: GetAccountParams, call: Call) -> GetAccountResponse:
    """Answer that there is no account, and that none is needed."""
    return GetAccountResponse(requires_openai_auth=False)
