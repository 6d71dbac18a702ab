"""The first words of a thread: of which messages they are made, and how."""

from collections.abc import Sequence

from tests.projections.test_handlers import PLACE, written
from tests.support.each import each
from tests.support.store import message
from threadhost.events.turn import ItemRecorded

A_TEXT = {"type": "text", "text": "a"}
SILENT: list[Sequence[object]] = [
    [],
    [{"type": "text", "text": ""}],
    [{"type": "text", "text": " \n"}],
    [{"type": "text", "text": 7}, "a", None],
    [{"type": "mention", "name": "n", "path": "/x"}],
    [{"type": ["image"]}, {"type": {"text": "a"}}],
]


def a_message(content: Sequence[object], type_: str = "userMessage") -> ItemRecorded:
    item = {"type": type_, "content": content}
    return ItemRecorded(turn_id="t", item_id="i", type=type_, item=item)


PREVIEWS: list[tuple[Sequence[object], str]] = [
    ([A_TEXT, {"type": "image", "url": "x"}], "a"),
    ([A_TEXT, {"type": "text", "text": "b"}], "ab"),
    ([{"type": "text", "text": " a  b\n\nc "}, {"type": "text", "text": "d\n"}], "a  b\n\nc d"),
    ([{"type": "text", "text": "x" * 3000}], "x" * 2000),
    ([{"type": "text", "text": " "}, {"type": "image", "url": "x"}], "[Image]"),
    ([{"type": "localImage", "path": "/x"}], "[Image]"),
]


@each(("content", "preview"), PREVIEWS)
def test_a_preview_is_the_text_of_a_users_message_up_to_a_limit(
    content: Sequence[object], preview: str
) -> None:
    texts = {"thread_id": "A", "preview": preview, "preview_folded": preview.lower()}
    write = ("threads.PREVIEW", {**texts, "preview_version": PLACE["version"]})
    assert written(a_message(content))[0] == write


@each("content", SILENT)
def test_a_message_without_words_is_no_preview(content: Sequence[object]) -> None:
    assert [name for name, _ in written(a_message(content))] == ["turns.INSERT_ITEM"]


def test_an_agents_message_is_no_preview() -> None:
    assert [name for name, _ in written(message())] == ["turns.INSERT_ITEM"]
