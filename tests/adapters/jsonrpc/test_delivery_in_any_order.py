"""A client that reads when it likes, and asks what it likes, sees the log without gap or double."""

import json
from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.hosts import settle
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.delivery import LOST, Delivery
from threadhost.adapters.jsonrpc.models.notices import WarningNotification
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.outbox import MESSAGE_OVERHEAD_BYTES, Outbox, Unwritten
from threadhost.adapters.jsonrpc.server_requests import ServerRequest

ROOMY, TIGHT = 1_000_000, 1_200
AWAITED, UNWANTED, ALIEN = "awaited", "unwanted", "alien"
OF_NO_CONCERN = {4: UNWANTED, 5: ALIEN}
"""Facts that a client is not told of: it does not want them, or does not follow their threads."""


def next_fact(position: int) -> int:
    """The first fact after a position that a client is told of."""
    return position + 1 if (position + 1) % 6 not in OF_NO_CONCERN else next_fact(position + 1)


class Socket(Outbox):
    """An outbox into which nothing goes ahead of the answer that it waits for."""

    def __init__(self, client: "Client") -> None:
        super().__init__(client.limits)
        self._client = client

    def send(self, message: bytes | Unwritten) -> None:
        """Look at it, and send it."""
        assert isinstance(message, bytes)
        assert not (self._client.is_awaiting and AWAITED.encode() in message)
        super().send(message)


class Pages:
    """A catch-up that goes on when it is told to."""

    def __init__(self, client: "Client", after: int) -> None:
        self._client = client
        self.after = after
        self.is_running = False

    def begin(self) -> None:
        """Send from now on."""
        self.is_running = True

    def cancel(self) -> None:
        """Send no more."""
        self.is_running = False

    def go_on(self) -> None:
        """Send the next fact; at the end of the log, let live ones through."""
        outbox, limits = self._client.outbox, self._client.limits
        if not self.is_running or outbox.pending_bytes > limits.outbox_low_water_bytes:
            return
        if self.after < self._client.head:
            self.after += 1
            self._client.delivery.pass_on(self._client.fact(self.after))
        else:
            self.is_running = False
            self._client.delivery.stop_catch_up()


class Client:
    """One connection to a host whose log grows, and what it saw of it."""

    def __init__(self, seed: int, bytes_max: int) -> None:
        self._random = Random(seed)
        self.limits = Limits(outbox_bytes_max=bytes_max, outbox_low_water_bytes=bytes_max // 4)
        self.is_awaiting = False
        self.outbox = Socket(self)
        self.hub = SimpleNamespace(
            position=0, followers=SimpleNamespace(concerns=lambda _, notice: notice.kind != ALIEN)
        )
        app: Any = SimpleNamespace(
            settings=SimpleNamespace(limits=self.limits),
            hub=self.hub,
            cursors=SimpleNamespace(at=str, fetch=lambda _: settle(1)),
            clock=SimpleNamespace(now_ms=lambda: 1),
        )
        me: Any = SimpleNamespace(outbox=self.outbox, id="c")
        self.delivery = Delivery(app, me, self._is_wanted, self._is_held, self._catch_up)
        self.pages = Pages(self, 0)
        self.head = 0
        self._sent = 0
        self.fleeting: list[str] = []
        """What no log has, and the client is to get once."""
        self.heard: list[str] = []
        self.seen = 0
        """The newest fact since the client last chose where to go on; it saw all before it."""
        self.furthest = 0
        self.goes_back = False
        """Whether the client just ended a subscription, and goes on where it was before."""
        self.written = self.live = 0
        """Messages of use now, and those that the client got."""
        self.lost = False

    def _catch_up(self, after: int) -> Any:
        self.pages = Pages(self, after)
        return self.pages

    def _is_wanted(self, outgoing: Any) -> bool:
        return bool(outgoing.kind != UNWANTED)

    def _is_held(self, outgoing: Any) -> bool:
        return self.is_awaiting and outgoing.correlation_id == AWAITED

    def fact(self, position: int) -> Notice:
        """What the log has there."""
        text = f"fact {position} {'x' * (position % 3 * 100)}"
        return self._notice(text, position, OF_NO_CONCERN.get(position % 6, ""), states=True)

    def _notice(
        self,
        text: str,
        position: int,
        kind: str = "",
        *,
        is_fleeting: bool = False,
        states: bool = False,
    ) -> Notice:
        cause = self._random.choice((AWAITED, "", ""))
        params = WarningNotification(message=f"{text} {cause}")
        return Notice(
            params,
            1,
            position,
            kind=kind,
            correlation_id=cause,
            is_fleeting=is_fleeting,
            states=states,
        )

    def commit(self) -> None:
        """The log grows."""
        self.head += 1
        if (fact := self.fact(self.head)).kind != ALIEN:
            self._deliver(fact)
        self.hub.position = self.head

    def _deliver(self, notice: Notice) -> None:
        before = self.outbox.load_bytes
        self.delivery.deliver(notice)
        bound = self.limits.outbox_bytes_max + MESSAGE_OVERHEAD_BYTES
        assert not before or self.outbox.load_bytes <= max(before, bound)

    def _next(self, what: str) -> str:
        self._sent += 1
        self.fleeting.append(f"{what} {self._sent}")
        return self.fleeting[-1]

    def tell(self) -> None:
        """Something happens in a thread that is in no log."""
        self._deliver(self._notice(self._next("told"), self.head, is_fleeting=True))

    def ask(self) -> None:
        """The host asks the client something."""
        params = json.dumps({"message": self._next("asked")}).encode()
        self.delivery.deliver(ServerRequest(self._sent, "ask", params, ""))

    def delta(self) -> None:
        """A model writes, which no log has; it is lost to a client that is behind."""
        self.written += 1
        self.delivery.deliver(self._notice("live", self.head))

    def report(self) -> None:
        """A tool reports its progress."""
        self.written += 1
        cause = Notice(WarningNotification(message="live"), 1, self.head)
        self.delivery.deliver_now(cause)

    def keep_to_itself(self) -> None:
        """The host does what this client does not want to hear of."""
        before = self.outbox.load_bytes
        for deliver in (self.delivery.deliver, self.delivery.deliver_now):
            deliver(self._notice("never", self.head, UNWANTED, is_fleeting=True))
        self.delivery.deliver_ahead(self._notice("never", self.head, UNWANTED))
        assert self.outbox.load_bytes == before

    def go_ahead(self) -> None:
        """Something that is to be known before what waits."""
        self.written += 1
        waits = self.delivery.waiting or self.is_awaiting or self.delivery.is_behind
        before = self.outbox.pending_messages
        self.delivery.deliver_ahead(self._notice("live", self.head))
        assert waits or self.outbox.pending_messages > before or self.delivery.is_behind

    def await_reply(self) -> None:
        """The client asks something."""
        self.is_awaiting = True

    def reply_to_another(self) -> None:
        """It gets the answer to something else."""
        self.delivery.send_waiting()

    def reply(self) -> None:
        """It gets the answer."""
        self.is_awaiting = False
        self.delivery.send_waiting()

    def subscribe(self) -> None:
        """It wants the log again from a fact on that it saw."""
        after = self._random.randrange(self.seen + 1)
        self.delivery.subscribe(after)
        self._answer(f"subscribed {after}")

    def unsubscribe(self) -> None:
        """It wants no more than others get."""
        self.delivery.unsubscribe()
        self._answer("unsubscribed")

    def _answer(self, text: str) -> None:
        self.outbox.send(json.dumps({"params": {"message": text}}).encode())
        self.delivery.begin_catch_up()

    async def read(self) -> None:
        """It reads one batch."""
        while self.outbox.pending_messages:
            for message in map(json.loads, await self.outbox.next_batch()):
                self._hear(message["params"]["message"], message.get("position"))

    def _hear(self, text: str, position: int | None) -> None:
        assert text != "never"
        self.lost |= text == LOST
        if text.startswith("fact"):
            number = int(text.split()[1])
            assert number % 6 not in OF_NO_CONCERN
            newest = self.furthest if self.goes_back else self.seen
            assert number == next_fact(self.seen) or number <= next_fact(newest) * self.goes_back
            self.seen, self.furthest, self.goes_back = number, max(number, self.furthest), False
        elif text.startswith("subscribed"):
            self.seen, self.goes_back = int(text.split()[1]), False
        elif text.startswith("unsubscribed"):
            self.goes_back = True
        elif text.startswith(("told", "asked")):
            self.heard.append(" ".join(text.split()[:2]))
        elif text.startswith("live"):
            self.live += 1
        newest = self.furthest if self.goes_back else self.seen
        assert position is None or position < next_fact(newest)

    def close(self) -> None:
        """It leaves."""
        self.delivery.close()
        self.outbox.close()

    @property
    def held_bytes(self) -> int:
        """What waits for an answer or for the end of a catch-up."""
        queued = self.outbox.pending_messages * MESSAGE_OVERHEAD_BYTES + self.outbox.pending_bytes
        return self.outbox.load_bytes - queued

    def go_on(self) -> None:
        """A catch-up under way sends more."""
        self.pages.go_on()

    async def end(self) -> None:
        """The client reads all there is."""
        self.reply()
        for _ in range(2 * self.head + 9):
            await self.read()
            await settle(4)
            self.go_on()
        await self.read()


ACTS: list[Callable[[Client], Any]] = [
    *[Client.commit] * 4,
    *[Client.go_on] * 3,
    *[Client.tell] * 2,
    *[Client.read] * 2,
    Client.ask,
    Client.delta,
    Client.keep_to_itself,
    Client.go_ahead,
    Client.await_reply,
    Client.report,
    Client.reply,
    Client.reply_to_another,
    lambda _: settle(3),
]


async def play(client: Client, acts: list[Callable[[Client], Any]], seed: int) -> None:
    """Do so many things in an order of chance, and then read to the end."""
    choose = Random(seed)
    for act in choose.choices(acts, k=80):
        if (waits := act(client)) is not None:
            await waits
        assert (client.delivery.waiting > 0) == (client.held_bytes > 0)


@pytest.mark.parametrize("bytes_max", [ROOMY, TIGHT], ids=["prompt", "slow"])
@pytest.mark.parametrize(
    "more", [[], [Client.subscribe, Client.unsubscribe]], ids=["follower", "subscriber"]
)
async def test_a_client_gets_facts_in_order_whatever_it_reads_replies_or_subscribes_to(
    bytes_max: int, more: list[Callable[[Client], Any]]
) -> None:
    for seed in range(25):
        client = Client(seed, bytes_max)
        await play(client, [*ACTS, *more], seed)
        await client.end()
        newest = client.furthest if client.goes_back else client.seen
        assert newest <= client.head < next_fact(newest)
        assert client.delivery.waiting == client.outbox.load_bytes == 0
        assert not client.delivery.is_behind
        assert client.lost or client.heard == client.fleeting
        if bytes_max == ROOMY:
            assert not client.lost
            assert client.live == client.written or more
        client.close()


@pytest.mark.parametrize("bytes_max", [ROOMY, TIGHT], ids=["prompt", "slow"])
async def test_a_disconnected_client_keeps_no_waiting_notifications_in_memory(
    bytes_max: int,
) -> None:
    for seed in range(25):
        client = Client(seed, bytes_max)
        await play(client, [*ACTS, Client.subscribe], seed)
        client.delivery.close()
        assert (client.delivery.waiting, client.held_bytes) == (0, 0)
        assert (client.pages.is_running, client.delivery.is_behind) == (False, False)
        client.close()
