"""A noun that this host does not have: what a client pins to a thread. Its files, and its row."""

ROW = 'Noun("pin", ("thread/pin/set", "thread/pin/read"), view="pins", notified_by="methods.pin"),'
FACTS = '''"""What a client pins to a thread: the event, and what the thread is then."""

from typing import NamedTuple

from threadhost.events.base import Event, event
from threadhost.events.part import Part
from threadhost.events.thread import Thread, evolve


@event("thread.pin_set.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class PinSet(Event):
    """A client pinned a text to the thread, in place of what was there."""

    text: str


class Pinned(NamedTuple):
    """What is pinned, and how often that changed."""

    text: str = ""
    times: int = 0


PINNED = Part("pin", Pinned())


@evolve.register
def _(fact: PinSet, thread: Thread) -> Thread:
    return PINNED.put(thread, Pinned(fact.text, PINNED.of(thread).times + 1))
'''
RULES = '''"""The command that pins a text to a thread, and its rule."""

from threadhost.actors.command import Command
from threadhost.actors.errors import Refusal
from threadhost.actors.thread import Events, decide
from threadhost.events.pin import PINNED, PinSet
from threadhost.events.thread import Thread

TIMES_MAX = 3


class TooManyPins(Refusal):
    """The pin of a thread may be changed so often and no more."""

    sort = "overloaded"


class SetPin(Command):
    """Pin this text."""

    text: str


@decide.register
def _(command: SetPin, thread: Thread) -> Events:
    pinned = PINNED.of(thread)
    if pinned.text == command.text:
        return ()
    if pinned.times == TIMES_MAX:
        raise TooManyPins(f"the pin was changed {TIMES_MAX} times, which is all it may be")
    return (PinSet(text=command.text),)
'''
VIEW = '''"""The view of what is pinned: where in the log it is, and how often it changed."""

from collections.abc import Iterable

from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.pin import PinSet
from threadhost.events.store.port import Reads
from threadhost.events.thread import ThreadActivated
from threadhost.projections.base import Projection, Write
from threadhost.projections.table import Column, Table

PINS = Table(
    "thread_pins",
    (Column("thread_id", "key"), Column("position", "long", may_be_null=True)),
    key=("thread_id",),
    goes_with=("thread_id",),
)
projection = Projection(PINS)
BEGIN = PINS.insert()
MOVE = PINS.update("position")
ONE = "SELECT position FROM thread_pins WHERE thread_id = :of"


@projection.on(ThreadActivated)
def _(event: ThreadActivated, fact: Recorded) -> Iterable[Write]:
    if event.incarnation == 1:
        yield BEGIN, {"thread_id": thread_of(fact.stream), "position": None}


@projection.on(PinSet)
def _(event: PinSet, fact: Recorded) -> Iterable[Write]:
    yield MOVE, {"thread_id": thread_of(fact.stream), "position": fact.position}


async def pinned_at(reads: Reads, thread_id: str) -> int | None:
    """Where in the log stands what is pinned to a thread."""
    found = await reads.rows(ONE, {"of": thread_id})
    return found[0][0] if found else None
'''
WIRE = '''"""`thread/pin/*`: what they take, give and tell."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.field_limits import NAME, declare
from threadhost.adapters.jsonrpc.models.base import Empty, Notification, Params, Result

declare(pinned_text=NAME)


class PinReadParams(Params):
    """A thread."""

    thread_id: str


class PinSetParams(PinReadParams):
    """A thread, and what is to be pinned to it."""

    pinned_text: str


class PinSetResponse(Empty):
    """It is pinned."""


class PinReadResponse(Result):
    """What is pinned to a thread."""

    text: str | None


class PinSetNotification(Notification):
    """Something else is pinned to a thread."""

    method: ClassVar[str] = "thread/pin/set"
    thread_id: str
    text: str
'''
METHODS = '''"""`thread/pin/*`: what a client pins to a thread."""

from threadhost.actors.pin import SetPin
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import canonical, thread_reading, thread_scope
from threadhost.adapters.jsonrpc.models.pin import (
    PinReadParams,
    PinReadResponse,
    PinSetNotification,
    PinSetParams,
    PinSetResponse,
)
from threadhost.adapters.jsonrpc.event_handlers import Addressed, handles
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.adapters.jsonrpc.registry import method
from threadhost.events.base import Recorded
from threadhost.events.pin import PinSet
from threadhost.projections.pins import pinned_at


@method("thread/pin/set", PinSetParams, scope=thread_scope, not_found="no thread to pin to: {}")
async def set_pin(params: PinSetParams, call: Call) -> PinSetResponse:
    """Pin a text to a thread, loaded or stored."""
    command = SetPin(params.pinned_text)
    await call.app.host.threads.amend(canonical(params.thread_id), command, call.origin)
    return PinSetResponse()


@method("thread/pin/read", PinReadParams, scope=thread_reading, reads=True)
async def read_pin(params: PinReadParams, call: Call) -> PinReadResponse:
    """What is pinned to a thread, as the log has it."""
    thread_id = canonical(params.thread_id)
    log = call.app.logs.of(thread_id)
    position = await pinned_at(log.reads, thread_id)
    facts = await log.read_at([position]) if position else []
    texts = [fact.event.text for fact in facts if isinstance(fact.event, PinSet)]
    return PinReadResponse(text=texts[0] if texts else None)


@handles(PinSet)
def _told(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    event: PinSet = fact.event  # type: ignore[assignment]
    yield PinSetNotification(thread_id=thread_id, text=event.text), False
'''
FILES = {
    "events/pin.py": FACTS,
    "actors/pin.py": RULES,
    "projections/pins.py": VIEW,
    "adapters/jsonrpc/models/pin.py": WIRE,
    "adapters/jsonrpc/methods/pin.py": METHODS,
}
"""Where they go."""
