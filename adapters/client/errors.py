"""Errors of a client other than the host's refusals, which are `RpcError`."""


class ClientError(Exception):
    """The root of errors between a client and its host."""


class ConnectionClosed(ClientError):
    """The connection ended; a request without an answer may or may not have been carried out."""


class Unsendable(ClientError):
    """The message cannot be JSON, as with half a surrogate pair; nothing was sent."""


class FellBehind(ClientError):
    """A stream of notifications was read too slowly and has ended; nothing before this is missing.

    `position` is where to continue, with `subscribe_events`.
    """

    def __init__(self, position: int) -> None:
        super().__init__(f"notifications were read too slowly; continue after position {position}")
        self.position = position
