"""Events of a log as domain events of the eventsourcing library.

Each is still an instance of its own type, by which handlers are found; its class also gives the
event's place in the log.
"""

from datetime import UTC, datetime
from functools import lru_cache
from types import new_class
from typing import Any

from threadhost.events.base import Event, Recorded, newest_name

CLASSES_MAX = 1024
"""More than there are types; damaged rows may have any number of unknown type names."""
_FACT, _MORE = "_fact", "_more_follow"


class DomainEvent:
    """The properties that the library expects of an event; `fact_of` gives all metadata."""

    __slots__ = ()

    @property
    def originator_id(self) -> str:
        """The stream, such as `thread-<id>`."""
        return fact_of(self).stream

    @property
    def originator_version(self) -> int:
        """The event's number in its stream, from 1."""
        return fact_of(self).version

    @property
    def timestamp(self) -> datetime:
        """The time at which it was recorded."""
        return datetime.fromtimestamp(fact_of(self).meta.recorded_at_ms / 1000, UTC)


def fact_of(event: object) -> Recorded:
    """Return the event with its metadata: position, stream, version, principal, causation and time.

    Raises TypeError for an object that was not read from a log.
    """
    if not isinstance(event, DomainEvent):
        raise TypeError(f"{type(event).__name__} was not read from a log")
    fact: Recorded = vars(event)[_FACT]
    return fact


def more_follow(event: object) -> bool:
    """Whether later events of the same page follow at once, so that a handler may wait for them."""
    return bool(vars(event)[_MORE])


def as_domain_event(fact: Recorded, *, more_follow: bool = False) -> DomainEvent:
    """Return the event of a fact as a domain event."""
    event: Any = fact.event
    of: Any = type(event)
    cls = _class_for(of, newest_name(event.kind))
    copy: Any
    if isinstance(event, Event):
        copy = event.model_copy()
        object.__setattr__(copy, "__class__", cls)
    else:
        copy = cls._make(event)
    vars(copy).update({_FACT: fact, _MORE: more_follow})
    domain_event: DomainEvent = copy
    return domain_event


@lru_cache(CLASSES_MAX)
def _class_for(of: type[Any], topic: str) -> Any:  # noqa: ANN401  (a class of two bases)
    """The type for the library; its topic is our stable name instead of a Python path."""
    body = {"__module__": of.__module__, "__qualname__": of.__qualname__}
    cls: Any = new_class(of.__name__, (DomainEvent, of), exec_body=lambda names: names.update(body))
    cls.TOPIC = topic
    return cls
