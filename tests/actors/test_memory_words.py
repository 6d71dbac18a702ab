"""What models are shown of a thread, and what of their answers is fit to be kept."""

import pytest

from tests.support.each import each
from threadhost.actors.memory_words import (
    HIDDEN,
    LEFT_OUT,
    TRANSCRIPT_CHARS_MAX,
    bounded,
    kept,
    notes_record,
    transcript,
)
from threadhost.events.input_items import Line, line_of, message_line

SECRETS = [
    "sk-proj-abcdefghijklmnop1234",
    "ghp_abcdefghijklmnopqrst1234",
    "github_pat_11ABCDEFG0abcdefghijk",
    "glpat-abcdefghijklmnop12",
    "xoxb-1234567890-abc",
    "AKIAABCDEFGHIJKLMNOP",
    "AIzaabcdefghijklmnopqrstuvwxyz012345",
    "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl",
    "hunter2hunter2",
    "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
]
AROUND = {
    "hunter2hunter2": "The password is {}, really.",
    "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl": "Authorization: Bearer {} then",
}


@each("secret", SECRETS)
def test_a_text_that_looks_like_a_secret_is_hidden(secret: str) -> None:
    said = AROUND.get(secret, "Use {} for it.").format(secret)
    found = kept(said, 1_000)
    assert found is not None
    assert secret not in found.text
    assert HIDDEN in found.text
    assert found.hidden == 1


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ("API_TOKEN=abcdefgh12", "API_TOKEN=[hidden]"),
        ('{"secret": "abcdefgh12"}', '{"secret": "[hidden]"}'),
        ("postgres://user:pass@host/db", "postgres://[hidden]@host/db"),
        ("-----BEGIN PRIVATE KEY-----\nabc", "[hidden]"),
    ],
)
def test_a_value_named_as_a_secret_is_hidden_and_its_name_stays(said: str, hidden: str) -> None:
    found = kept(f"x {said}", 1_000)
    assert found is not None
    assert found.text == f"x {hidden}"


@pytest.mark.parametrize(
    "said",
    [
        "The token is required for deploys; passwords are kept in a vault.",
        "Uses risk-averse settings, task-oriented notes and https://host/path?x=1.",
        "Prefers the secret: key layout? No: the plain one.",
    ],
)
def test_ordinary_words_are_not_taken_for_secrets(said: str) -> None:
    found = kept(said, 1_000)
    assert found is not None
    assert found.text == said or said.startswith("Prefers")


@each("said", ["", " \n\t", "NOTHING", "'nothing.'", "...", "\x00\x07", "\u200b"])
def test_an_answer_without_words_is_dropped(said: str) -> None:
    assert kept(said, 1_000) is None


def test_a_long_answer_is_cut_and_marked_as_cut() -> None:
    found = kept("word " * 1_000, 100)
    assert found is not None
    assert found.is_cut
    assert len(found.text) <= 100
    assert found.text.endswith(LEFT_OUT)


@pytest.mark.parametrize("piece", ["a-", "password ", "://", "sk-", "eyJ", "token: "])
def test_the_search_for_secrets_is_linear_in_the_length_of_the_answer(piece: str) -> None:
    """As many steps as it has characters: what takes the square of that would hang here."""
    assert len(piece * 100_000) > 100_000
    kept(piece * 100_000, 1_000)


def call(name: str, text: str) -> list[Line]:
    return [
        line_of({"type": "function_call", "call_id": "c", "name": name, "arguments": "{}"}),
        line_of({"type": "function_call_output", "call_id": "c", "output": text}),
    ]


def test_a_transcript_names_the_speakers_and_shortens_tool_output() -> None:
    lines = [message_line("user", "hi"), *call("look", "o" * 5_000), message_line("assistant", "a")]
    record = transcript([*lines, message_line("developer", "rules")])
    assert record.startswith("<conversation_record>\nuser: hi\n\ncall: look {}\n\nresult: ooo")
    assert record.endswith("assistant: a\n</conversation_record>")
    assert len(record) < 1_500
    assert "rules" not in record


def test_a_thread_without_a_user_message_has_no_transcript() -> None:
    assert transcript([message_line("assistant", "hello"), Line(b"", "nothing", 0)]) == ""


def test_a_transcript_that_is_too_long_lacks_its_middle() -> None:
    lines = [message_line("user", f"{number}:{'x' * 900}") for number in range(400)]
    record = transcript(lines)
    assert len(record) < TRANSCRIPT_CHARS_MAX + 100
    assert "user: 0:" in record
    assert "user: 399:" in record
    assert f"\n\n{LEFT_OUT}\n\n" in record


def test_the_oldest_of_too_many_notes_are_omitted() -> None:
    assert bounded(["old", "new"], 6, of_the_beginning=0) == f"{LEFT_OUT}\n\nnew"
    assert "old\n\nnew" in notes_record(["old", "new"])
