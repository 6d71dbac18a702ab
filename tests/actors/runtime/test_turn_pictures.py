"""Pictures that a message names: read before the model is asked, as far as they can be."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import from_json

from tests.support.hosts import (
    ORIGIN,
    WAIT_S,
    Call,
    Rig,
    eventually,
    message,
    open_rig,
    settle,
    within,
)
from tests.support.turns import errors, items, outcomes
from threadhost.actors.models import OutputStarted, TextDelta
from threadhost.actors.ports import PictureUnreadable
from threadhost.actors.runtime import append_errors, picture_run
from threadhost.actors.turn import InterruptTurn, StartTurn
from threadhost.events import bounds
from threadhost.events.picture import PicturesRead
from threadhost.events.store.errors import StoreOverloaded
from threadhost.events.turn import ItemRecorded
from threadhost.events.warning import TurnWarned

UNREAD = "[the picture `/p.png` could not be read]"
PNG = "data:image/png;base64,iVBORw0KGgo="


class PuppetPictures:
    """Pictures that are read when a test says so."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[tuple[str, asyncio.Future[str]]] = asyncio.Queue()
        self.read: list[str] = []
        self.cancelled = asyncio.Event()

    async def data_url(self, path: str) -> str:
        """Wait for the test."""
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.read.append(path)
        self.asked.put_nowait((path, future))
        try:
            return await future
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    async def next(self) -> tuple[str, "asyncio.Future[str]"]:
        """The next picture that is to be read."""
        async with asyncio.timeout(WAIT_S):
            return await self.asked.get()

    async def show(self, url: str = PNG) -> str:
        """The next one is there; its path."""
        path, future = await self.next()
        future.set_result(url)
        return path

    async def refuse(self, error: Exception) -> None:
        """The next one cannot be read."""
        _, future = await self.next()
        future.set_exception(error)


@pytest.fixture
def pictures() -> PuppetPictures:
    return PuppetPictures()


@pytest.fixture
async def rig(pictures: PuppetPictures) -> AsyncIterator[Rig]:
    async with open_rig(pictures=pictures) as rig:
        yield rig


async def say(rig: Rig, thread_id: str, *paths: str, text: str = "look") -> None:
    """Begin a turn, or steer the one that runs, with pictures."""
    content: list[dict[str, Any]] = [{"type": "text", "text": text}]
    content += [{"type": "localImage", "path": path} for path in paths]
    command = StartTurn(rig.ids.new(), rig.ids.new(), content, 1)
    await within(rig.host.threads.ask(thread_id, command, ORIGIN))


def shown(call: Call, at: int = 0) -> list[tuple[str, str]]:
    """What a model is shown of a message: kinds and contents."""
    content = from_json(call.request.history[at])["content"]
    return [(part["type"], part.get("text") or part.get("image_url")) for part in content]


def warnings(rig: Rig, thread_id: str) -> list[str]:
    """What clients were warned of."""
    return [e.message for e in rig.events(thread_id) if isinstance(e, TurnWarned)]


async def idle(rig: Rig, thread_id: str) -> None:
    await eventually(lambda: rig.host.threads.status(thread_id) in ("idle", "systemError"))


async def test_a_model_is_asked_with_the_image_once_it_is_read(
    rig: Rig, pictures: PuppetPictures
) -> None:
    thread_id = await rig.start()
    await say(rig, thread_id, "/p.png")
    await settle()
    assert (rig.model.calls, rig.host.threads.status(thread_id)) == ([], "active")
    assert await pictures.show() == "/p.png"
    call = await rig.model.asked()
    assert shown(call) == [("input_text", "look"), ("input_image", PNG)]
    call.say(*message("I see")).end()
    await idle(rig, thread_id)
    await say(rig, thread_id, text="and now?")
    again = await rig.model.asked()
    assert again.request.history[0] == call.request.history[0]
    assert pictures.read == ["/p.png"]
    [read] = [e for e in rig.events(thread_id) if isinstance(e, PicturesRead)]
    assert read.urls == {"/p.png": PNG}
    assert items(rig, thread_id)[0]["content"][1] == {"type": "localImage", "path": "/p.png"}


async def test_each_picture_is_read_once_and_shown_in_its_place(
    rig: Rig, pictures: PuppetPictures
) -> None:
    thread_id = await rig.start()
    await say(rig, thread_id, "/a", "/b", "/a")
    assert [await pictures.show(f"{PNG}{n}") for n in range(2)] == ["/a", "/b"]
    call = await rig.model.asked()
    urls = [url for kind, url in shown(call) if kind == "input_image"]
    assert urls == [f"{PNG}0", f"{PNG}1", f"{PNG}0"]


async def test_of_an_unreadable_image_the_model_gets_a_placeholder_and_the_client_a_warning(
    rig: Rig, pictures: PuppetPictures
) -> None:
    thread_id = await rig.start()
    await say(rig, thread_id, "/p.png", "/q.png")
    await pictures.refuse(PictureUnreadable("the picture /p.png cannot be shown: it is gone"))
    await pictures.show()
    call = await rig.model.asked()
    assert shown(call)[1:] == [("input_text", UNREAD), ("input_image", PNG)]
    call.say(*message("I see one")).end()
    await idle(rig, thread_id)
    assert outcomes(rig, thread_id) == ["completed"]
    assert warnings(rig, thread_id) == ["the picture /p.png cannot be shown: it is gone"]
    await say(rig, thread_id, text="and now?")
    assert shown(await rig.model.asked())[1] == ("input_text", UNREAD)
    assert pictures.read == ["/p.png", "/q.png"]


async def test_of_many_pictures_that_cannot_be_read_few_are_named(
    rig: Rig, pictures: PuppetPictures
) -> None:
    thread_id = await rig.start()
    await say(rig, thread_id, *map(str, range(5)))
    for number in range(5):
        await pictures.refuse(PictureUnreadable(f"no {number}"))
    await rig.model.asked()
    assert warnings(rig, thread_id) == ["no 0; no 1; no 2; the same is true of 2 more pictures"]


async def test_pictures_that_are_too_large_together_are_not_all_shown(
    rig: Rig, pictures: PuppetPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_run, "SHOWN_BYTES_MAX", 3 * len(PNG) - 1)
    thread_id = await rig.start()
    await say(rig, thread_id, "/a", "/b", "/c")
    for _ in range(3):
        await pictures.show()
    kinds = [kind for kind, _ in shown(await rig.model.asked())]
    assert kinds == ["input_text", "input_image", "input_image", "input_text"]
    assert warnings(rig, thread_id) == [picture_run.TOO_MANY.format("/c")]


async def test_an_internal_error_while_an_image_is_read_fails_the_turn_without_details(
    rig: Rig, pictures: PuppetPictures
) -> None:
    thread_id = await rig.start()
    await say(rig, thread_id, "/p.png")
    await pictures.refuse(RuntimeError("secret"))
    await idle(rig, thread_id)
    assert (rig.model.calls, outcomes(rig, thread_id)) == ([], ["failed"])
    assert errors(rig, thread_id) == [("the pictures could not be read", "other")]


async def test_an_interrupt_ends_a_turn_whose_image_is_being_read(
    rig: Rig, pictures: PuppetPictures
) -> None:
    thread_id = await rig.start()
    await say(rig, thread_id, "/p.png")
    await pictures.next()
    await within(rig.host.threads.ask(thread_id, InterruptTurn("", 9), ORIGIN))
    await within(pictures.cancelled.wait())
    assert outcomes(rig, thread_id) == ["interrupted"]


async def test_a_picture_that_joins_while_the_model_answers_is_read_meanwhile(
    rig: Rig, pictures: PuppetPictures
) -> None:
    thread_id = await rig.start()
    await say(rig, thread_id, text="one")
    call = await rig.model.asked()
    call.say(*message("first"))
    await settle()
    await say(rig, thread_id, "/p.png")
    _, future = await pictures.next()
    call.end()
    await settle()
    assert len(rig.model.calls) == 1
    future.set_result(PNG)
    again = await rig.model.asked()
    assert shown(again, 2) == [("input_text", "look"), ("input_image", PNG)]


async def test_an_unreadable_image_does_not_end_a_turn_that_it_joins(
    rig: Rig, pictures: PuppetPictures
) -> None:
    thread_id = await rig.start()
    await say(rig, thread_id, text="one")
    call = await rig.model.asked()
    await say(rig, thread_id, "/p.png")
    await pictures.refuse(PictureUnreadable("no"))
    call.say(*message("first")).end()
    again = await rig.model.asked()
    assert shown(again, 2)[1] == ("input_text", UNREAD)
    again.say(*message("second")).end()
    await idle(rig, thread_id)
    assert outcomes(rig, thread_id) == ["completed"]


async def test_an_internal_error_during_an_answer_keeps_the_streamed_items(
    rig: Rig, pictures: PuppetPictures
) -> None:
    thread_id = await rig.start()
    await say(rig, thread_id, text="one")
    call = await rig.model.asked()
    call.say(*message("whole"), OutputStarted(1, "message"), TextDelta(1, "half"))
    await eventually(lambda: "half" in [heard[-1] for heard in rig.live.heard])
    await say(rig, thread_id, "/p.png")
    await pictures.refuse(RuntimeError("no"))
    await idle(rig, thread_id)
    await within(call.closed.wait())
    said = items(rig, thread_id, "agentMessage")
    assert [(item["text"], item.get("incomplete")) for item in said] == [
        ("whole", None),
        ("half", True),
    ]
    assert outcomes(rig, thread_id) == ["failed"]


async def test_images_that_the_store_refuses_are_recorded_once_the_store_accepts(
    rig: Rig, pictures: PuppetPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.005)
    thread_id = await rig.start()
    await say(rig, thread_id, "/p.png")
    log, append, refusals = rig.logs.durable, rig.logs.durable.append, [StoreOverloaded()] * 3

    async def refusing(*args: Any, **named: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return await append(*args, **named)

    monkeypatch.setattr(log, "append", refusing)
    await pictures.show()
    assert shown(await rig.model.asked())[1] == ("input_image", PNG)


async def test_after_a_restart_the_model_gets_the_image_unchanged(tmp_path: Path) -> None:
    pictures = PuppetPictures()
    async with open_rig(tmp_path, pictures=pictures) as rig:
        thread_id = await rig.start()
        await say(rig, thread_id, "/p.png")
        await pictures.show()
        call = await rig.model.asked()
        call.say(*message("I see")).end()
        await idle(rig, thread_id)
    async with open_rig(tmp_path) as rig:
        await say(rig, thread_id, text="and now?")
        again = await rig.model.asked()
        assert again.request.history[0] == call.request.history[0]


async def test_a_restart_while_an_image_is_read_leaves_a_placeholder(
    tmp_path: Path,
) -> None:
    pictures = PuppetPictures()
    async with open_rig(tmp_path, pictures=pictures) as rig:
        thread_id = await rig.start()
        await say(rig, thread_id, "/p.png")
        await pictures.next()
    async with open_rig(tmp_path) as rig:
        assert [type(e) for e in rig.events(thread_id) if isinstance(e, ItemRecorded)] != []
        await say(rig, thread_id, text="and now?")
        call = await rig.model.asked()
        assert shown(call)[1] == ("input_text", UNREAD)


async def test_images_too_large_for_an_event_fail_the_turn_and_the_thread_lives_on(
    rig: Rig, pictures: PuppetPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "BYTES_MAX", 10_000)
    thread_id = await rig.start()
    await say(rig, thread_id, "/a", "/b")
    for _ in range(2):
        await pictures.show(PNG + "A" * 6_000)
    await idle(rig, thread_id)
    [(words, _)] = errors(rig, thread_id)
    assert words.startswith("the turn was ended: turn.pictures_read.v1 cannot be recorded")
    assert (outcomes(rig, thread_id), rig.model.calls) == (["failed"], [])
    await say(rig, thread_id, text="go on")
    (await rig.model.asked()).say(*message("yes")).end()
    await idle(rig, thread_id)
    assert outcomes(rig, thread_id) == ["failed", "completed"]
    assert rig.published_events("thread.failed.v1") == []
