"""Events of a log as domain events of the eventsourcing library.

Each is an instance of its own type still, so that handlers are found by it, and of a class that
also knows the event's place in the log.
"""

from datetime import UTC, datetime
from functools import lru_cache
from types import new_class
from typing import Any

from threadhost.events.base import Event, Recorded, newest_name

CLASSES_MAX = 1024
"""More than there are types; of what is damaged nobody knows how many there may seem to be."""
_FACT, _MORE = "_fact", "_more_follow"


class DomainEvent:
    """What an event has beside its own fields; `fact_of` gives all of it."""

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
        """When it was recorded."""
        return datetime.fromtimestamp(fact_of(self).meta.recorded_at_ms / 1000, UTC)


def fact_of(event: object) -> Recorded:
    """The event in its place: position, stream, version, and who asked, why and when.

    Raises TypeError for what is no event of a log.
    """
    if not isinstance(event, DomainEvent):
        raise TypeError(f"{type(event).__name__} was not read from a log")
    fact: Recorded = vars(event)[_FACT]
    return fact


def more_follow(event: object) -> bool:
    """Whether others were read together with the event and come at once: it need not hurry."""
    return bool(vars(event)[_MORE])


def as_domain_event(fact: Recorded, *, more_follow: bool = False) -> DomainEvent:
    """The event of a fact, which knows its place."""
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
def _class_for(of: type[Any], topic: str) -> Any:  # noqa: ANN401  (made of two)
    """The type as the library is to know it: by our stable name, not by where it is written."""
    body = {"__module__": of.__module__, "__qualname__": of.__qualname__}
    cls: Any = new_class(of.__name__, (DomainEvent, of), exec_body=lambda names: names.update(body))
    cls.TOPIC = topic
    return cls
