"""How a server fails, in words that are fit for a user and for a model."""


class ServerFailed(Exception):
    """A server cannot be reached, or is no such server; the message says how."""


class NotAuthorized(ServerFailed):
    """A server wants to know who asks, or does not take what it is told of that."""


class CallFailed(Exception):
    """One call got no result; the message says why."""


def words_of(error: BaseException) -> str:
    """What went wrong inside of a library."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


OURS = {
    "SSE stream ended and reconnection attempts were exhausted": (
        "the MCP server broke its answer off, and did not go on with it when it was asked to"
    )
}
"""What the library says of a server, in words for who has no part in it."""
