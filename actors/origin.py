"""The principal behind a command, and its correlation and causation."""

from threadhost.events.base import Meta
from threadhost.events.causes import REQUEST
from threadhost.events.named_tuple import NamedTuple


class Origin(NamedTuple):
    """Where a command comes from: a client's request or a policy of the host."""

    principal: str
    correlation_id: str
    causation_id: str

    @property
    def asker(self) -> str:
        """The client that waits for the result; "" where no client waits."""
        return self.principal if self.causation_id.startswith(REQUEST) else ""

    def at(self, recorded_at_ms: int) -> Meta:
        """The metadata of each event that the command leads to."""
        return Meta(self.principal, self.correlation_id, self.causation_id, recorded_at_ms)


def policy(name: str, correlation_id: str, causation_id: str) -> Origin:
    """The origin of a command that the host gives by a policy of its own."""
    return Origin(f"policy:{name}", correlation_id, causation_id)
