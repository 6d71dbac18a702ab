"""Deliberate faults of hosts in processes of their own, each of which a row has to notice."""

from collections.abc import Iterator
from typing import Any

from tests.limits.hosted import MIB
from threadhost.actors.runtime import eviction, journal, threads
from threadhost.adapters import resources
from threadhost.adapters.jsonrpc import (
    delivery,
    envelope,
    failures,
    large_answers,
    message_reader,
    session,
)
from threadhost.adapters.jsonrpc.client_profile import ClientProfile
from threadhost.adapters.jsonrpc.models import base, turn_notifications
from threadhost.adapters.jsonrpc.outbox import Outbox, Unwritten
from threadhost.adapters.jsonrpc.outline import Outline
from threadhost.adapters.jsonrpc.transports import (
    connection_slots,
    frame_socket,
    frames,
    lines,
    unread_input,
)
from threadhost.events.store import log


def checks_limits_after_reading() -> None:
    """A frame or line is taken in whole, however long, before its length is looked at."""
    settings = frames.Frames.settings

    def unlimited(self: Any) -> dict[str, Any]:
        return {**settings(self), "max_size": None}

    def keep(self: Any, piece: bytes) -> Iterator[lines.Oversize]:
        self._pieces.append(piece)
        self.kept_bytes += len(piece)
        yield from ()

    frames.Frames.settings = unlimited  # type: ignore[method-assign]
    lines.LineSplitter._keep = keep  # type: ignore[method-assign]


def forgets_ids_of_what_it_cannot_read() -> None:
    """What is no message is refused under no id, whatever it began with."""
    vars(envelope)["outline"] = lambda _: Outline()


def keeps_what_clients_say() -> None:
    """All that a client says of itself is kept as long as the host lives."""
    of, kept = ClientProfile.of, []

    def keep(params: Any) -> ClientProfile:
        kept.append(params)
        return of(params)

    ClientProfile.of = keep  # type: ignore[method-assign]


def hangs_up_on_strangers() -> None:
    """Whoever speaks something else hears nothing."""
    vars(frame_socket)["NOT_HTTP"] = b""
    vars(frame_socket)["non_http_reply"] = lambda data: None if data[:1].isalpha() else b""


def never_is_full() -> None:
    """What waits for a reader has no bound."""
    Outbox.has_room = lambda *_: True  # type: ignore[method-assign]
    Outbox.above_high_water = False  # type: ignore[method-assign, assignment]


def takes_size_for_slowness() -> None:
    """Whoever has much to read is given up, however fast it reads."""
    send, bytes_max = Outbox.send, 4 * MIB

    def impatient(self: Any, message: bytes | Unwritten) -> None:
        send(self, message)
        if self.load_bytes > bytes_max:
            self._on_slow()

    Outbox.send = impatient  # type: ignore[method-assign]


def waits_for_ever() -> None:
    """Nobody is slow, however long it takes nothing."""

    def look(self: Any) -> None:
        self._timer = None

    Outbox.look = look  # type: ignore[method-assign]


def never_catches_up() -> None:
    """What there was no room for is not told later either."""

    async def go_on(self: Any, catch_up: Any, after: int) -> None:
        await self._outbox.drained()
        self._warn("something was dropped", after)
        self._beginning = None
        self.stop_catch_up()

    delivery.Delivery._begin_when_drained = go_on  # type: ignore[method-assign]


def keeps_what_nobody_reads() -> None:
    """What there was no room for is kept, too, as long as the client is there."""
    deliver = delivery.Delivery.deliver

    def keep(self: Any, outgoing: delivery.Outgoing) -> None:
        deliver(self, outgoing)
        if self.is_behind and self._is_wanted(outgoing):
            vars(self).setdefault("kept", []).append(self._message(outgoing))

    delivery.Delivery.deliver = keep  # type: ignore[method-assign]


def sends_any_size() -> None:
    """A message may be of any size on its way out."""
    message_of = large_answers.message_of

    async def unlimited(id: Any, method: Any, result: Any, off_loop: Any, _: int) -> bytes:
        return await message_of(id, method, result, off_loop, 2**40)

    vars(session)["message_of"] = unlimited


def takes_a_shortage_for_an_incident() -> None:
    """What is merely scarce is an internal error, with a number."""
    vars(failures)["shortage"] = lambda _: None


def admits_everyone() -> None:
    """There is always room for one more."""

    def seat(self: Any, holder: connection_slots.SlotHolder) -> None:
        self._arriving.discard(holder)
        self._clients.add(holder)

    connection_slots.ConnectionSlots.seat = seat  # type: ignore[method-assign]


def keeps_whoever_came_first() -> None:
    """Those who say nothing stay, and whoever comes after them has to go."""
    arrive = connection_slots.ConnectionSlots.arrive

    def refuse(self: Any, holder: connection_slots.SlotHolder) -> None:
        if len(self._arriving) >= self._limits.handshakes_max:
            holder.drop()
            return
        arrive(self, holder)

    connection_slots.ConnectionSlots.arrive = refuse  # type: ignore[method-assign]


def keeps_nothing_back() -> None:
    """Connections may have every descriptor that there is."""
    vars(resources)["shared_out"] = lambda limits, _: limits


def takes_any_field() -> None:
    """A field may be as large as the message that it comes in."""
    vars(message_reader)["require_bounded"] = lambda *_: None


def forks_without_account() -> None:
    """A log in memory takes whatever comes."""
    log.Log.require_room = lambda *_: None  # type: ignore[method-assign]


def keeps_idle_threads() -> None:
    """Whatever live threads hold, all of them stay."""

    async def stay(_: Any) -> None:
        return

    eviction.Evictor.require = stay  # type: ignore[method-assign, assignment]


def counts_each_reader_alone() -> None:
    """What waits for one reader is nothing to the others."""
    Outbox.share = lambda *_: None  # type: ignore[method-assign]


def keeps_what_never_ends() -> None:
    """Parts of messages may be kept by everyone, as large as a message may be."""
    unread_input.UnreadInput.note = lambda *_: None  # type: ignore[method-assign]


def reads_on_the_loop() -> None:
    """A message is read where it comes in, however large it is."""
    vars(message_reader)["is_large"] = lambda _: False


def reads_in_one() -> None:
    """A large message is parsed as a small one is, if beside the loop."""
    vars(envelope)["is_large"] = lambda _: False


def writes_on_the_loop() -> None:
    """Events and messages are written, and events taken into a history, where they are made."""
    for module in (log, journal, threads, base, turn_notifications):
        vars(module)["is_large"] = lambda _: False
