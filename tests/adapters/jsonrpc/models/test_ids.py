"""Thread ids: the spellings of a UUID, and the messages for invalid ones."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import transcripts
from tests.support.each import each
from threadhost.adapters.jsonrpc.models.ids import thread_id

ID = "67e55044-10b1-426f-9247-bb680e5fe0c8"
DIGITS = ID.replace("-", "")


@each(
    "text",
    [
        ID,
        ID.upper(),
        DIGITS,
        DIGITS.upper(),
        f"{{{ID}}}",
        f"urn:uuid:{ID}",
        f"urn:uuid:{ID.upper()}",
    ],
)
def test_every_spelling_of_an_id_becomes_the_canonical_one(text: str) -> None:
    assert thread_id(text) == ID


CHARACTER = (
    "invalid character: expected an optional prefix of `urn:uuid:` "
    "followed by [0-9a-fA-F-], found `{}` at {}"
)
LENGTH = "invalid length: expected length 32 for simple format, found {}"
COUNT = "invalid group count: expected 5, found {}"
GROUP = "invalid group length in group {}: expected {}, found {}"

BAD = [
    ("", LENGTH.format(0)),
    ("1", LENGTH.format(1)),
    (DIGITS[:-1], LENGTH.format(31)),
    (DIGITS + "0", LENGTH.format(33)),
    ("not-a-uuid", CHARACTER.format("n", 1)),
    (f" {ID}", CHARACTER.format(" ", 1)),
    (f"{ID}\n", CHARACTER.format("\n", 37)),
    (ID[:-1] + "g", CHARACTER.format("g", 36)),
    (ID[:-1] + "é", CHARACTER.format("é", 36)),
    ("ab" + "é" + "g", CHARACTER.format("é", 3)),
    ("٣" * 32, CHARACTER.format("٣", 1)),
    ("0" * 31 + "\N{FULLWIDTH DIGIT ONE}", CHARACTER.format("\N{FULLWIDTH DIGIT ONE}", 32)),
    (f"URN:UUID:{ID}", CHARACTER.format("U", 1)),
    (f"urn:uuid:g{ID}", CHARACTER.format("g", 10)),
    ("{g}", CHARACTER.format("g", 2)),
    ("{", CHARACTER.format("{", 1)),
    (f"{{{ID}", CHARACTER.format("{", 1)),
    (f"{ID}}}", CHARACTER.format("}", 37)),
    ("\ud800", CHARACTER.format("\\ud800", 1)),
    ("{}", COUNT.format(1)),
    (f"{{{DIGITS}}}", COUNT.format(1)),
    (f"urn:uuid:{DIGITS}", COUNT.format(1)),
    (f"{DIGITS}-", COUNT.format(2)),
    ("67e55044-10b1-426f9247-bb680e5fe0c8", COUNT.format(4)),
    (f"{ID}-", COUNT.format(6)),
    ("-" * 32, COUNT.format(33)),
    ("----", GROUP.format(0, 8, 0)),
    ("67e550441-10b1-426f-9247-bb680e5fe0c8", GROUP.format(0, 8, 9)),
    ("67e55044-10b-426f-9247-bb680e5fe0c8", GROUP.format(1, 4, 3)),
    ("67e55044-10b1-426f0-9247-bb680e5fe0c", GROUP.format(2, 4, 5)),
    ("67e55044-10b1-426f-92470-bb680e5fe0c", GROUP.format(3, 4, 5)),
    ("67e55044-10b1-426f-9247-bb680e5fe0", GROUP.format(4, 12, 10)),
    (f"{ID}0", GROUP.format(4, 12, 13)),
    (f"{{{ID}0}}", GROUP.format(4, 12, 13)),
    (f"urn:uuid:0{ID}", GROUP.format(0, 8, 9)),
]


@each(("text", "message"), BAD, ids=[ascii(text) for text, _ in BAD])
def test_an_invalid_thread_id_is_refused_with_what_is_wrong_with_the_text(
    text: str, message: str
) -> None:
    with pytest.raises(ValueError, match=r"^invalid") as caught:
        thread_id(text)
    assert str(caught.value) == message
    assert message.encode()


def test_the_recorded_refusals_are_repeated_word_for_word() -> None:
    compared = set()
    for exchange in transcripts.exchanges():
        kind, _, words = (exchange.error or "").partition(" id: ")
        if kind in {"invalid thread", "invalid session"}:
            compared.add(exchange.params["threadId"])
            with pytest.raises(ValueError, match=r"^invalid") as caught:
                thread_id(exchange.params["threadId"])
            assert str(caught.value) == words
    assert compared == {"not-a-uuid", ""}


@given(st.uuids(), st.sampled_from(["{}", "{{{}}}", "urn:uuid:{}"]), st.booleans())
def test_any_uuid_in_any_spelling_is_understood(uuid: UUID, spelling: str, bare: bool) -> None:  # noqa: FBT001
    text = uuid.hex if bare else spelling.format(uuid)
    assert thread_id(text) == str(uuid)


@given(st.text(alphabet="0aF-{}urnid:é\n", max_size=48))
def test_any_text_is_a_thread_id_or_is_refused_with_a_message(text: str) -> None:
    try:
        canonical = thread_id(text)
    except ValueError as refusal:
        canonical = str(refusal)
    assert re.fullmatch(r"invalid .+|[0-9a-f-]{36}", canonical, re.DOTALL)
