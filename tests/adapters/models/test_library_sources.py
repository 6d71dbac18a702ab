"""A library client keeps connections for the newest key only."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tests.support.model_calls import request, user
from threadhost.actors.models import ModelEvent, ModelRequest, ResponseDone
from threadhost.adapters.models.library_sources import Sources
from threadhost.adapters.models.provider import Provider

CALL = request(user("hello"))


class Source:
    """A source that answers with two events, and records its end."""

    def __init__(self, key: str | None) -> None:
        self.key = key
        self.is_closed = False

    def prepare(self) -> None:
        """Nothing to import."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        for name in ("first", "last"):
            assert not self.is_closed
            yield ResponseDone(f"{self.key} {name}", None)

    async def close(self) -> None:
        self.is_closed = True
        raise OSError("the connection is gone already")


class Rig:
    """The sources of one provider, with every source that was made."""

    def __init__(self) -> None:
        self.made: list[Source] = []
        self.sources = Sources(Provider("test", "", "anthropic"), self._connect)

    def _connect(self, provider: Provider, key: str | None) -> Source:
        self.made.append(Source(key))
        return self.made[-1]

    @property
    def open(self) -> list[str | None]:
        """The keys whose sources were not closed."""
        return [source.key for source in self.made if not source.is_closed]


async def ends(rig: Rig, key: str | None) -> None:
    """Make a call with this key."""
    assert len([event async for event in rig.sources.stream(key, CALL)]) == 2


async def test_a_key_that_is_used_again_has_one_source() -> None:
    rig = Rig()
    await ends(rig, "a")
    await ends(rig, "a")
    assert (len(rig.made), rig.open) == (1, ["a"])


async def test_the_source_of_an_older_key_is_closed_once_there_is_a_newer_one() -> None:
    rig = Rig()
    rig.sources.get(None).prepare()
    for number in range(100):
        await ends(rig, f"key {number}")
        assert rig.open == [f"key {number}"]
    await rig.sources.close()
    assert rig.open == []


async def test_a_call_with_an_older_key_comes_to_its_end() -> None:
    rig = Rig()
    async with aclosing(rig.sources.stream("old", CALL)) as old:
        await anext(old)
        await ends(rig, "new")
        assert rig.open == ["old", "new"]
        await anext(old)
    assert rig.open == ["new"]
