"""The requests of a connection that wait for their answer."""

import pytest

from threadhost.actors.account import Account
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.adapters.jsonrpc.open_requests import OpenRequests


@pytest.mark.parametrize(("id", "words"), [(5, "5"), ("a", "'a'"), ("\0" * 100_000, "'\\x00\\x00")])
def test_an_id_that_is_already_in_flight_is_refused_in_few_words(id: int | str, words: str) -> None:
    requests = OpenRequests(Limits(), Account("requests"))
    requests.open(id, 1)
    with pytest.raises(RpcError, match="is already in flight") as refused:
        requests.open(id, 1)
    assert refused.value.message.startswith(f"request id {words}")
    assert len(refused.value.message) < 400
    requests.close(id)
    requests.open(id, 1)
