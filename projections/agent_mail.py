"""The view of messages and ends that agents have yet to receive: places in the log, no text."""

from collections.abc import Iterable, Sequence

from threadhost.events.agent import (
    AgentEnded,
    AgentEndTold,
    AgentMessageReceived,
    AgentMessageSent,
    AgentMessageSettled,
    AgentMessageTaken,
)
from threadhost.events.base import Recorded
from threadhost.events.ids import THREAD, TREE, thread_of
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads
from threadhost.events.tree import AgentLossTold, AgentLost
from threadhost.projections.base import Projection, Write
from threadhost.projections.table import Column, Index, Table

MAIL = Table(
    "agent_mail",
    (
        Column("stream", "key"),
        Column("version", "long"),
        Column("kind"),
        Column("thread_id", "key", may_be_null=True),
        Column("child_id", "key", may_be_null=True),
    ),
    key=("stream", "version"),
    indices=(
        Index("agent_mail_of", ("thread_id",)),
        Index("agent_mail_lost", ("stream", "child_id")),
    ),
    goes_with=("thread_id",),
)

projection = Projection(MAIL)

INSERT = MAIL.insert()
SETTLE = MAIL.delete()
SETTLE_LOSS = MAIL.delete("stream", "child_id")
_WAITING = "SELECT stream, kind FROM agent_mail ORDER BY stream, version"


class Waiting(NamedTuple):
    """Where mail waits: threads that have to deliver or to take some, and trees."""

    senders: Sequence[str]
    due: Sequence[str]
    sessions: Sequence[str]


def _inserted(fact: Recorded, kind: str, child_id: str | None = None) -> Write:
    place = {"stream": fact.stream, "version": fact.version, "kind": kind}
    return INSERT, {**place, "thread_id": thread_of(fact.stream), "child_id": child_id}


@projection.on(AgentMessageSent)
def _sent(event: AgentMessageSent, fact: Recorded) -> Iterable[Write]:
    yield _inserted(fact, "sent")


@projection.on(AgentMessageReceived)
def _received(event: AgentMessageReceived, fact: Recorded) -> Iterable[Write]:
    yield _inserted(fact, "due")


@projection.on(AgentEnded)
def _ended(event: AgentEnded, fact: Recorded) -> Iterable[Write]:
    yield _inserted(fact, "ended")


@projection.on(AgentMessageSettled)
def _settled(event: AgentMessageSettled, fact: Recorded) -> Iterable[Write]:
    yield SETTLE, {"stream": fact.stream, "version": event.sent_version}


@projection.on(AgentMessageTaken)
def _taken(event: AgentMessageTaken, fact: Recorded) -> Iterable[Write]:
    yield SETTLE, {"stream": fact.stream, "version": event.received_version}


@projection.on(AgentEndTold)
def _end_told(event: AgentEndTold, fact: Recorded) -> Iterable[Write]:
    yield SETTLE, {"stream": fact.stream, "version": event.ended_version}


@projection.on(AgentLost)
def _lost(event: AgentLost, fact: Recorded) -> Iterable[Write]:
    yield _inserted(fact, "lost", event.child_id)


@projection.on(AgentLossTold)
def _loss_told(event: AgentLossTold, fact: Recorded) -> Iterable[Write]:
    yield SETTLE_LOSS, {"stream": fact.stream, "child_id": event.child_id}


async def waiting_mail(reads: Reads) -> Waiting:
    """Return where the mail waits that an earlier process left."""
    senders, due, sessions = dict[str, None](), dict[str, None](), dict[str, None]()
    for stream, kind in await reads.rows(_WAITING):
        if stream.startswith(TREE):
            sessions[stream.removeprefix(TREE)] = None
        else:
            (due if kind == "due" else senders)[stream.removeprefix(THREAD)] = None
    return Waiting(tuple(senders), tuple(due), tuple(sessions))
