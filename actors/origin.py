"""Who asks for something, and what it belongs to."""

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
        """The client that waits for what is done; "" where that goes on by itself."""
        return self.principal if self.causation_id.startswith(REQUEST) else ""

    def at(self, recorded_at_ms: int) -> Meta:
        """What is recorded with each event that follows."""
        return Meta(self.principal, self.correlation_id, self.causation_id, recorded_at_ms)


def policy(name: str, correlation_id: str, causation_id: str) -> Origin:
    """The host itself, acting on a policy of its own because of something."""
    return Origin(f"policy:{name}", correlation_id, causation_id)
