"""The contract of a host for its clients on a custom store, tested on an embedded host."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from threadhost.adapters.embed import EmbeddedHost, open_host
from threadhost.adapters.jsonrpc.errors import METHOD_UNSUPPORTED, RpcError
from threadhost.events.store.errors import StoreFailed
from threadhost.events.store.log import Log
from threadhost.projections.base import Views

NOT_SUPPORTED = "thread/delete is not supported yet"


class HostContract:
    """A host on an external store: all of its data is there, and none in its home."""

    can_delete: ClassVar[bool] = True
    """Whether the engine can delete."""

    def opened(self, folder: Path, views: Views, on_failure: Callable[[StoreFailed], None]) -> Log:
        """The log of the store, which must be empty; `folder` is for its files, if it needs any."""
        raise NotImplementedError

    @pytest.fixture
    def home(self, tmp_path: Any) -> Path:
        return Path(tmp_path, "home")

    @pytest.fixture
    async def host(self, tmp_path: Any, home: Path) -> AsyncIterator[EmbeddedHost]:
        def store(views: Views, on_failure: Callable[[StoreFailed], None]) -> Log:
            return self.opened(Path(tmp_path), views, on_failure)

        async with open_host(home, model="echo", store=store) as host:
            yield host

    async def test_nothing_local_appears(self, host: EmbeddedHost, home: Path) -> None:
        async with host.connect() as client:
            thread = await client.start_thread()
            assert (await client.run_turn(thread.id, "hello")).text
            (listed,) = (await client.call("thread/list", {}))["data"]
            assert (listed["id"], listed["path"]) == (thread.id, None)
            fork = (await client.call("thread/fork", {"threadId": thread.id}))["thread"]["id"]
            assert (await client.run_turn(fork, "go on")).text
            if self.can_delete:
                await client.delete_thread(thread.id)
        assert not _is_there(home)

    async def test_turns_are_read_back_and_found_by_their_text(self, host: EmbeddedHost) -> None:
        async with host.connect() as client:
            thread = await client.start_thread()
            for word in ("one", "two"):
                await client.run_turn(thread.id, word)
            read = await client.call("thread/read", {"threadId": thread.id, "includeTurns": True})
            texts = [turn["items"][0]["content"][0]["text"] for turn in read["thread"]["turns"]]
            assert texts == ["one", "two"]
            listed = await client.call("thread/list", {"searchTerm": "one"})
            assert [entry["id"] for entry in listed["data"]] == [thread.id]

    async def test_a_thread_is_deleted_loaded_or_not(self, host: EmbeddedHost) -> None:
        if not self.can_delete:
            pytest.skip("this store says that it cannot")
        async with host.connect() as client:
            loaded, unloaded = await client.start_thread(), await client.start_thread()
            for thread in (loaded, unloaded):
                await client.run_turn(thread.id, "hello")
            await client.call("thread/archive", {"threadId": unloaded.id})
            for thread in (loaded, unloaded):
                await client.delete_thread(thread.id)
                with pytest.raises(RpcError):
                    await client.call("thread/read", {"threadId": thread.id})
            assert (await client.call("thread/list", {}))["data"] == []

    async def test_a_store_that_cannot_delete_refuses_before_anything_is_stopped(
        self, host: EmbeddedHost
    ) -> None:
        if self.can_delete:
            pytest.skip("this store says that it can")
        async with host.connect() as client:
            thread = await client.start_thread()
            child = await client.start_thread(parent_thread_id=thread.id)
            for method in ("thread/delete", "host/thread/previewDelete"):
                with pytest.raises(RpcError) as refused:
                    await client.call(method, {"threadId": thread.id})
                assert refused.value.code == METHOD_UNSUPPORTED
                assert refused.value.message == NOT_SUPPORTED
            loaded = (await client.call("thread/loaded/list", {}))["data"]
            assert {thread.id, child.id} <= set(loaded)
            for member in (thread, child):
                assert (await client.run_turn(member.id, "still here")).text


def _is_there(place: Path) -> bool:
    return os.path.lexists(place)
