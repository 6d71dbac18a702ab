"""What the store refuses, and how it fails."""


class StoreError(Exception):
    """The root of everything the store raises."""


class WrongExpectedVersion(StoreError):
    """Another writer appended to the stream first: the conflict of optimistic concurrency."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream} is at version {actual}, expected {expected}")
        self.stream, self.expected, self.actual = stream, expected, actual


class StreamFenced(StoreError):
    """The stream does not admit the event: it drains, is closed, or has a newer incarnation."""

    def __init__(self, stream: str, kind: str, reason: str) -> None:
        super().__init__(f"{stream} does not admit {kind}: {reason}")
        self.stream, self.kind, self.reason = stream, kind, reason


class IdempotencyKeyReused(StoreError):
    """The client used this idempotency key before, for a different request."""

    def __init__(self, key: str) -> None:
        super().__init__(f"idempotency key {key!r} was used for a different request")
        self.key = key


class CorruptEvent(StoreError):
    """A stored event is damaged."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"event at position {position} is damaged: {reason}")
        self.position, self.reason = position, reason


class EventRefused(StoreError):
    """The event could not be read back after a write, so the host does not write it."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind} cannot be recorded: {reason}")
        self.kind, self.reason = kind, reason


class KeyMissing(StoreError):
    """The key of a stream that was not deleted is lost, or does not belong to this host key."""


class StoreOverloaded(StoreError):
    """The writer's queue already holds its maximum number of bytes."""


class MemoryFull(StoreOverloaded):
    """The log in memory is full; it has room again when ephemeral threads end."""


class StoreUnavailable(StoreError):
    """The store cannot write now, for example because the disk is full; reading goes on."""


class OutOfResources(StoreUnavailable):
    """The process is out of open files, memory or threads; the client may try again later."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"{fault}; nothing was changed, try again later")


class StoreFailed(StoreError):
    """A write or sync failed, and its outcome is unknown; the host has to stop."""


class StoreUnreadable(StoreError):
    """The database cannot read what the request needs; the message has the database's error."""


class StoreMismatch(StoreError):
    """Files of the home do not belong together, or are of another format."""


class LogDamaged(StoreMismatch):
    """A log is so damaged that it does not say which one it is."""


class HomeLocked(StoreError):
    """Another process holds the home; `is_for_a_moment` if it only keeps hosts from starting."""

    def __init__(self, home: str, owner: str, *, is_for_a_moment: bool = False) -> None:
        super().__init__(f"{home} is in use by {owner}")
        self.home, self.owner = home, owner
        self.is_for_a_moment = is_for_a_moment
