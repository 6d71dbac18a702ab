"""Connections of clients, admitted or turned away, and refused requests; on the host's stream."""

from typing import Literal

from threadhost.events.base import Event, event
from threadhost.events.words import Id, Name, SystemLine

Transport = Literal["stdio", "unix", "websocket", "memory"]
Authentication = Literal[
    "nothing", "process", "socketOwner", "capability-token", "signed-bearer-token"
]


@event("client.connected.v1", since="0.1", stream="host", cause="asked")
class ClientConnected(Event):
    """A client initialised a connection. Its own words are shortened, or digests of them.

    `peer` is its address, or user and process, as far as the transport tells; `subject` whom its
    token is of, where tokens say so.
    """

    connection_id: Id
    transport: Transport
    peer: Name
    name: Name
    version: Name
    authenticated_by: Authentication
    subject: Name = ""


@event("client.disconnected.v1", since="0.1", stream="host", cause="asked")
class ClientDisconnected(Event):
    """The connection of an initialised client ended."""

    connection_id: Id
    lasted_ms: int


@event("client.refused.v1", since="0.1", stream="host", cause="asked")
class ClientRefused(Event):
    """The host refused a connection; `status` is that of HTTP, `reason` has the host's words."""

    transport: Transport
    peer: Name
    status: int
    reason: SystemLine


@event("request.refused.v1", since="0.1", stream="host", cause="asked")
class RequestRefused(Event):
    """A request to change something was refused; the event has none of its contents.

    `code` is that of the answer, `reason` of which kind the refusal is.
    """

    connection_id: Id
    method: SystemLine
    code: int
    reason: Id
