"""Bodies of sealed events, packed before they are sealed."""

import random
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from tests.events.test_item_json import values
from tests.support.each import each
from tests.support.golden import golden_events, golden_lines
from threadhost.events.base import Event
from threadhost.events.store.codec import encode
from threadhost.events.store.packing import MARKER, PACKED_BYTES_MAX, pack, unpack
from threadhost.events.store.packing_words import WORDS
from threadhost.events.turn import ItemRecorded, ModelRequested, ModelResponded

SHA256_OF_WORDS = "37aa1c0bc0a1fa867672d8ccd0c093f82e1fdf8775fe534f0af62a457f1a1d5e"
TURN = "01a22f60-e536-74bb-a60b-c1f6b76c1e98"
ASKED = "01a22f60-e536-74bb-a60b-c1f7a2a98246"
SAID = "01a22f60-e54e-7532-bfb8-3772a3d9c984"
RESPONDED = (
    b'{"turn_id":"01a22f60-e536-74bb-a60b-c1f6b76c1e98","request":1,"response_id":"resp-1",'
    b'"served_model":"echo-1","finish_reason":"","first_output_ms":5,"duration_ms":8,'
    b'"attempts":1,"steered":false}'
)
PACKED = bytes.fromhex(
    "0143f3a291519a99816eaaa9b199aeb94952926ea29941926eb2619a5992b959b261aaa505c16c04"
    "eebda1e5a3d4e48c7cb0387a6ec296934cd1729205fe9c0400"
)
GIB = 1 << 30


def deflated(body: bytes) -> bytes:
    """A body packed by hand, however large it is."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=WORDS)
    return MARKER + packer.compress(body) + packer.flush()


def bomb(piece_bytes: int = 1 << 20) -> bytes:
    """Packed bytes that unpack to 1 GiB: one piece again and again, as each begins afresh."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(piece_bytes)) + packer.flush(zlib.Z_FULL_FLUSH)
    return MARKER + piece * (GIB // piece_bytes) + packer.flush()


def plain_turn(text: str) -> list[Event]:
    """The sealed events of a turn without calls."""
    times: dict[str, Any] = {"startedAtMs": 1796091209014, "completedAtMs": 1796091209041}
    content = [{"type": "text", "text": text, "text_elements": []}]
    asked: dict[str, Any] = {"type": "userMessage", "id": ASKED, "clientId": None}
    said: dict[str, Any] = {"type": "agentMessage", "id": SAID, "text": text, "phase": None}
    said |= dict.fromkeys(("moderation", "memoryCitation", "delivery", "questions"))
    digests = {name: sha256(name.encode()).hexdigest()[:32] for name in ("settings", "history")}
    return [
        ItemRecorded(
            turn_id=TURN,
            item_id=ASKED,
            type="userMessage",
            item={**asked, "content": content, **times},
        ),
        ModelRequested(
            turn_id=TURN,
            request=1,
            model="echo-1",
            history_items=1,
            digest=sha256(b"all").hexdigest(),
            provider="echo",
            digests={**digests, "tools": "a85b9cbafdb9a90955d86a6a12b2f41d"},
        ),
        ItemRecorded(turn_id=TURN, item_id=SAID, type="agentMessage", item={**said, **times}),
        ModelResponded(turn_id=TURN, request=1, response_id="resp-1", served_model="echo-1"),
    ]


@given(st.dictionaries(st.text(), values))
def test_any_json_is_the_same_after_packing_and_unpacking(value: dict[str, Any]) -> None:
    body = to_json(value)
    assert unpack(pack(body)) == body


@each("body", [body for _, body in golden_lines()] + encode(list(golden_events().values())))
def test_every_event_ever_written_is_the_same_after_packing_and_unpacking(body: bytes) -> None:
    assert len(pack(body)) <= len(body)
    assert unpack(pack(body)) == body


def test_what_was_packed_once_can_be_unpacked_for_ever() -> None:
    assert unpack(PACKED) == RESPONDED


def test_the_words_never_change() -> None:
    """Logs hold bodies packed with them: another dictionary needs a marker of its own beside it."""
    assert sha256(WORDS).hexdigest() == SHA256_OF_WORDS


def test_a_plain_turn_is_packed_to_two_fifths() -> None:
    bodies = encode(plain_turn("please have a look at the failing test of mine, ok"))
    assert sum(map(len, map(pack, bodies))) * 5 < sum(map(len, bodies)) * 2


def test_a_body_of_the_largest_size_is_packed_and_a_larger_one_stays() -> None:
    largest = b'{"text":"' + b"a" * (PACKED_BYTES_MAX - 11) + b'"}'
    assert pack(largest).startswith(MARKER)
    assert unpack(pack(largest)) == largest
    assert pack(largest + b" ") == largest + b" "


@each("body", [b"", b"{}", b'{"\xc3\xa9":1}', to_json({"k": random.Random(1).randbytes(99).hex()})])
def test_a_body_that_would_not_become_smaller_stays(body: bytes) -> None:
    assert len(pack(body)) <= len(body)
    assert unpack(pack(body)) == body


def test_an_unpacked_body_of_an_older_log_stays() -> None:
    assert unpack(RESPONDED) == RESPONDED


def test_packed_bytes_that_unpack_to_more_are_refused_without_the_memory() -> None:
    packed = bomb()
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="more than 4096 bytes"):
            unpack(packed)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(packed) + 100_000
    finally:
        tracemalloc.stop()


def test_one_byte_too_many_is_refused() -> None:
    assert unpack(deflated(b" " * PACKED_BYTES_MAX)) == b" " * PACKED_BYTES_MAX
    with pytest.raises(ValueError, match="more than 4096 bytes"):
        unpack(deflated(b" " * (PACKED_BYTES_MAX + 1)))


@each("size", range(1, len(PACKED)))
def test_a_cut_body_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="cut"):
        unpack(PACKED[:size])


def test_other_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(ValueError, match="followed"):
        unpack(PACKED + b"\x00")


@each(
    "packed",
    [PACKED, deflated(random.Random(1).randbytes(300)), *map(pack, encode(plain_turn("a")))],
)
def test_a_changed_byte_never_gives_another_exception_or_more_bytes(packed: bytes) -> None:
    for at in range(len(packed)):
        for change in range(1, 256):
            changed = bytearray(packed)
            changed[at] ^= change
            try:
                assert len(unpack(bytes(changed))) <= PACKED_BYTES_MAX
            except ValueError:
                continue


def test_several_threads_pack_and_unpack_at_once() -> None:
    bodies = [to_json({"turn_id": TURN, "text": f"{number} said"}) for number in range(2_000)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(unpack, pool.map(pack, bodies))) == bodies
