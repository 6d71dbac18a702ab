"""What a client is told beside the host's own refusals, which are `RpcError`."""


class ClientError(Exception):
    """The root of what goes wrong between a client and its host."""


class ConnectionClosed(ClientError):
    """The connection ended; what was asked and not answered may or may not have happened."""


class Unsendable(ClientError):
    """What was to be sent is no JSON, as half a character is; nothing was sent."""


class FellBehind(ClientError):
    """A stream of notifications was read too slowly and has ended; nothing before this is missing.

    `position` is where to go on, with `subscribe_events`.
    """

    def __init__(self, position: int) -> None:
        super().__init__(f"notifications were read too slowly; go on after position {position}")
        self.position = position
