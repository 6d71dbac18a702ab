"""`turn/steer`: more input for the turn that runs."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Params, Result
from threadhost.adapters.jsonrpc.models.settings import AdditionalContextEntry
from threadhost.adapters.jsonrpc.models.user_input import UserInput


class TurnSteerParams(Params):
    """The input to add, and its turn."""

    experimental: ClassVar[tuple[str, ...]] = (
        *("additional_context", "responsesapi_client_metadata"),
        "responsesapi_client_metadata_patch",
    )
    thread_id: str
    input: list[UserInput]
    expected_turn_id: str
    """The id of the turn that the client expects to run; the host steers no other turn."""
    client_user_message_id: str | None = None
    additional_context: dict[str, AdditionalContextEntry] | None = None
    responsesapi_client_metadata: dict[str, str] | None = None
    """Ignored: nothing of a client's goes to a provider beside the input."""
    responsesapi_client_metadata_patch: dict[str, str] | None = None


class TurnSteerResponse(Result):
    """The turn that continues with the input."""

    turn_id: str
    """The id of the turn that continues with it."""
