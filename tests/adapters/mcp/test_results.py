"""The result of a server's tool as it is recorded: within limits, or as an error."""

from typing import Any

from tests.support.each import each
from threadhost.adapters.mcp.limits import BLOCKS_MAX, DEPTH_MAX, TEXT_BYTES_MAX
from threadhost.adapters.mcp.results import is_too_deep, result_of


def text(said: str) -> dict[str, Any]:
    """A block."""
    return {"type": "text", "text": said}


def nested(levels: int) -> Any:
    """Lists in one another."""
    made: list[Any] = []
    for _ in range(levels - 1):
        made = [made]
    return made


def test_a_result_is_recorded_as_it_came() -> None:
    raw = {"content": [text("a")], "structuredContent": {"b": 1}, "_meta": {"c": 2}, "more": 3}
    made = result_of(raw)
    assert made.success
    assert made.whole == {key: raw[key] for key in ("content", "structuredContent", "_meta")}


def test_a_result_marked_as_an_error_is_recorded_as_failed() -> None:
    made = result_of({"content": [text("no")], "isError": True})
    assert not made.success
    assert made.whole is not None


@each(
    "raw",
    [
        {"content": "x"},
        {"content": [1]},
        {"content": [text("x")] * (BLOCKS_MAX + 1)},
        {"content": [], "structuredContent": nested(DEPTH_MAX)},
        {"content": [], "structuredContent": "x" * (TEXT_BYTES_MAX + 1)},
        {"content": [{"n": float("nan")}]},
        {"content": [{"n": 10**5000}]},
    ],
)
def test_a_result_that_cannot_be_recorded_or_shown_becomes_an_error(raw: dict[str, Any]) -> None:
    made = result_of(raw)
    assert not made.success
    assert made.whole is None
    assert made.content[0]["text"].startswith("the MCP server's answer cannot be used: ")


def test_text_beyond_the_limit_is_cut_with_the_number_of_missing_characters() -> None:
    made = result_of({"content": [text("a" * TEXT_BYTES_MAX), text("b" * 7), text("")]})
    assert made.whole is not None
    first, second, third = made.whole["content"]
    assert len(first["text"]) == TEXT_BYTES_MAX
    assert second["text"] == "\n[... 7 more characters were cut off]"
    assert third["text"] == ""


def test_text_in_any_kind_of_block_counts_towards_the_limit() -> None:
    long = "a" * TEXT_BYTES_MAX
    resource = {"type": "resource", "resource": {"uri": "u", "text": long + "more"}}
    made = result_of(
        {"content": [resource, {"type": "odd", "text": long}, {"type": "new", "x": 1}]}
    )
    assert made.whole is not None
    first, second, third = made.whole["content"]
    assert first["resource"]["uri"] == "u"
    assert first["resource"]["text"] == long + "\n[... 4 more characters were cut off]"
    assert second["text"] == f"\n[... {len(long)} more characters were cut off]"
    assert third == text("[a block of 20 bytes was left out]")


def test_text_is_limited_in_bytes_and_cut_between_characters() -> None:
    made = result_of({"content": [text("\u2603" * TEXT_BYTES_MAX)]})
    assert made.whole is not None
    kept = made.whole["content"][0]["text"].partition("\n")[0]
    assert kept == "\u2603" * (TEXT_BYTES_MAX // 3)


def test_pictures_and_sound_do_not_count_as_text() -> None:
    content = [{"type": kind, "data": "A" * TEXT_BYTES_MAX} for kind in ("image", "audio", "image")]
    made = result_of({"content": content})
    assert made.whole is not None
    assert made.whole["content"] == content


def test_depth_is_counted_to_the_last_container() -> None:
    assert not is_too_deep(nested(DEPTH_MAX))
    assert is_too_deep(nested(DEPTH_MAX + 1))
