"""Failures of a server, in words that are fit for a user and for a model."""


class ServerFailed(Exception):
    """A server cannot be reached, or does not speak the protocol; the message says what failed."""


class NotAuthorized(ServerFailed):
    """A server requires a token, or refuses the one that it got."""


class CallFailed(Exception):
    """One call has no result; the message says why."""


def words_of(error: BaseException) -> str:
    """The failure for an error inside of a library, as text."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


OURS = {
    "SSE stream ended and reconnection attempts were exhausted": (
        "the MCP server broke off its answer, and did not continue it when the host asked"
    )
}
"""The library's phrases about a server, reworded for users."""
