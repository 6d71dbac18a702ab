"""Who is notified of what, after any order of coming, following, leaving and deleting."""

from collections.abc import Callable
from random import Random
from typing import Any, cast

import pytest

from threadhost.adapters.jsonrpc.followers import Followers, Place
from threadhost.adapters.jsonrpc.lineage import Lineage
from threadhost.adapters.jsonrpc.models.notices import WarningNotification
from threadhost.adapters.jsonrpc.notice import Notice

PARENTS = {"b": "a", "c": "b", "d": "a"}
"""Agents; `e` is a thread that nobody started."""
THREADS = "abcde"
NOWHERE = Place(0, 0)


def line_of(thread_id: str) -> list[str]:
    """A thread and those above it."""
    parent_id = PARENTS.get(thread_id)
    return [thread_id, *(line_of(parent_id) if parent_id else ())]


class Connection:
    """A connection, and what the model expects of it: since when it hears what, and its marks."""

    def __init__(self) -> None:
        self.is_gone = False
        self.is_initialized = False
        self.follows: dict[str, Place] = {}
        self.follows_all: Place | None = None
        self.marked: set[str] = set()

    def deliver(self, notice: Notice) -> None:
        """Nothing is delivered here."""

    def note_following(self, thread_id: str, *, on: bool) -> None:
        """What a joining process keeps."""
        assert (thread_id in self.marked) != on
        (self.marked.add if on else self.marked.remove)(thread_id)

    def since(self, thread_id: str) -> list[Place]:
        """The places from which on it hears a thread, one for each reason."""
        places = [self.follows[one] for one in line_of(thread_id) if one in self.follows]
        return places + [self.follows_all] * (self.follows_all is not None)  # type: ignore[list-item]


class Model:
    """Connections that come and go, beside the followers that are told of it."""

    def __init__(self, seed: int) -> None:
        lineage = Lineage(cast("Any", None))
        for agent_id, parent_id in PARENTS.items():
            lineage.belongs(agent_id, parent_id)
        self.place = NOWHERE
        self.followers = Followers(lineage, lambda: self.place)
        self.random = Random(seed)
        self.connections: list[Connection] = []
        self.came: list[tuple[str, Connection]] = []
        """Who began to follow which thread, in this order."""

    def any(self) -> Connection:
        """One of the connections."""
        if not self.connections:
            self.connections.append(Connection())
        return self.random.choice(self.connections)

    def any_thread(self) -> str:
        """One of the threads."""
        return self.random.choice(THREADS)

    def go_on(self) -> None:
        """Something happens in the log, and in memory."""
        self.place = Place(self.place.durable + 2, self.place.in_memory + 1)

    def come(self) -> None:
        """A connection is there, and initialises itself perhaps."""
        self.connections.append(one := Connection())
        if self.random.random() < 0.8:
            one.is_initialized = True
            self.followers.join(one)

    def follow(self) -> None:
        """One follows a thread."""
        one, thread_id = self.any(), self.any_thread()
        self.followers.follow(one, thread_id)
        if thread_id not in one.follows:
            one.follows[thread_id] = self.place
            self.came.append((thread_id, one))

    def unfollow(self) -> None:
        """One leaves a thread."""
        one, thread_id = self.any(), self.any_thread()
        followed = one.follows.pop(thread_id, None) is not None
        self.came = [came for came in self.came if came != (thread_id, one)]
        assert self.followers.unfollow(one, thread_id) == followed

    def follow_all(self) -> None:
        """One subscribes to everything, or no longer."""
        one, on = self.any(), self.random.random() < 0.6
        self.followers.follow_all(one, on=on)
        one.follows_all = (one.follows_all or self.place) if on else None

    def replay(self) -> None:
        """One hears the log again from a position on."""
        one, position = self.any(), self.random.randrange(self.place.durable + 1)
        self.followers.note_catch_up(one, position)

        def earlier(place: Place) -> Place:
            return Place(min(place.durable, position), place.in_memory)

        one.follows = {thread_id: earlier(place) for thread_id, place in one.follows.items()}
        one.follows_all = one.follows_all and earlier(one.follows_all)

    def leave(self) -> None:
        """One is gone, whatever it still asks for."""
        one = self.any()
        self.connections.remove(one)
        self.came = [came for came in self.came if came[1] is not one]
        one.is_gone = True
        self.followers.leave(one)
        assert not self.followers.notified_threads(one, THREADS)
        assert not one.marked
        self.followers.join(one)
        self.followers.follow(one, self.any_thread())
        self.followers.follow_all(one, on=True)
        assert not one.marked

    def delete(self) -> None:
        """A thread is deleted."""
        thread_id = self.any_thread()
        self.followers.forget(thread_id)
        self.came = [came for came in self.came if came[0] != thread_id]
        for one in self.connections:
            one.follows.pop(thread_id, None)

    def check(self) -> None:
        """All that is asked of followers is as it is to be."""
        everyone = [one for one in self.connections if one.is_initialized]
        assert list(self.followers.audience(None)) == everyone
        for thread_id in THREADS:
            self._check_thread(thread_id)
        for one in self.connections:
            assert one.marked == set(one.follows)
            heard_ids = {thread_id for thread_id in THREADS if one.since(thread_id)}
            assert set(self.followers.notified_threads(one, THREADS)) == heard_ids
            assert self.followers.concerns(one, notice(None)) == one.is_initialized
        assert self.followers.counts == {
            "initialized": len(everyone),
            "subscribed": sum(one.follows_all is not None for one in self.connections),
            "followed_threads": len({t for one in self.connections for t in one.follows}),
            "followers": sum(len(one.follows) for one in self.connections),
            "awaited_threads": 0,
        }

    def _check_thread(self, thread_id: str) -> None:
        direct, *above = [[c for t, c in self.came if t == one] for one in line_of(thread_id)]
        following = list(dict.fromkeys([*direct, *(one for each in above for one in each)]))
        hear = {one for one in self.connections if one.since(thread_id)}
        audience = list(self.followers.audience(thread_id))
        assert self.followers.of(thread_id) == following == audience[: len(following)]
        assert (len(audience), set(audience)) == (len(hear), hear)
        assert self.followers.are_any(thread_id) == bool(hear)
        assert self.followers.is_followed(thread_id) == bool(direct)
        for one in self.connections:
            places = one.since(thread_id) or [self.place]
            since = self.followers.notified_since(one, thread_id)
            assert since == Place(*map(min, zip(*places, strict=True)))
            assert self.followers.follows(one, thread_id) == (one in direct)
            assert self.followers.concerns(one, notice(thread_id)) == (one in hear)


def notice(thread_id: str | None) -> Notice:
    """Something that is said of a thread, or to everyone."""
    return Notice(WarningNotification(message="m"), 1, 1, thread_id)


ACTS: list[Callable[[Model], None]] = [
    *(Model.come, Model.go_on, Model.follow, Model.follow, Model.follow, Model.unfollow),
    *(Model.follow_all, Model.replay, Model.leave, Model.delete),
]


@pytest.mark.parametrize("seed", range(20))
def test_a_connection_gets_events_of_followed_threads_and_agents_below_from_then_on(
    seed: int,
) -> None:
    model = Model(seed)
    for act in model.random.choices(ACTS, k=40):
        act(model)
        model.check()


async def test_a_task_that_waits_for_a_follower_of_a_thread_is_woken_by_the_first() -> None:
    followers, one = Followers(Lineage(cast("Any", None)), lambda: NOWHERE), Connection()
    with followers.joins.watching("a") as joined:
        assert followers.counts["awaited_threads"] == 1
        followers.follow(one, "b")
        assert not joined.is_set()
        followers.follow(one, "a")
        assert joined.is_set()
