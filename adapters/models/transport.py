"""The port to an HTTP library: one POST whose answer is read piece by piece."""

from collections.abc import Mapping
from typing import Protocol

Headers = list[tuple[str, str]]


class HttpAnswer(Protocol):
    """An answer whose head has arrived; `headers` by name in lower case."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def reason(self) -> str:
        """The reason phrase; may be empty."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by name in lower case; of repeated ones the last counts."""

    async def read(self) -> bytes | None:
        """The next piece of the body, None at its end; raises ModelFailed."""

    async def finish(self) -> None:
        """The caller needs no more of the body: the connection may be reused."""

    def abort(self) -> None:
        """Close the connection, unless `finish` returned it; idempotent."""


class Transport(Protocol):
    """A connection to one endpoint."""

    async def prepare(self) -> None:
        """Do off the loop what would delay the first call; idempotent."""

    async def post(self, target: str, headers: Headers, body: bytes) -> HttpAnswer:
        """Send a request and wait for the head of its answer; raises ModelFailed.

        `target` is the path with its query. Cancelling closes the connection at once.
        """

    async def close(self) -> None:
        """Close all connections, those in use too; idempotent."""
