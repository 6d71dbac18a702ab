"""A text that does not match its pattern is refused with a description of the pattern."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.support.configured import loaded
from threadhost.adapters.configuration.checking import TABLES
from threadhost.adapters.configuration.toml_file import ConfigError
from threadhost.adapters.jsonrpc.errors import invalid_params_message
from threadhost.adapters.jsonrpc.models.hold import HoldSetParams
from threadhost.adapters.pattern_words import WORDS, words_of

PROTOCOL = Path("tests/golden/schema/openrpc.json")


def patterns(schema: object) -> Iterator[str]:
    """Each pattern that a JSON Schema has."""
    if isinstance(schema, list):
        for one in schema:
            yield from patterns(one)
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        yield from schema.get("patternProperties", {})
        yield from patterns(list(schema.values()))


def test_every_pattern_of_a_field_or_a_key_has_a_description() -> None:
    of_fields = {*patterns(json.loads(PROTOCOL.read_text()))}
    of_keys = {*patterns([kind.table.model_json_schema() for kind in TABLES.values()])}
    assert len(of_fields) > 1
    assert len(of_keys) > 3
    assert (of_fields | of_keys) - WORDS.keys() == set()


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"reason": ""}, 'string "", expected text that is not blank (at `reason`)'),
        ({"reason": " "}, 'string " ", expected text that is not blank (at `reason`)'),
        (
            {"matter": "a b"},
            'string "a b", expected letters, digits and any of `_ . : + -` (at `matter`)',
        ),
    ],
)
def test_a_param_that_does_not_match_its_pattern_is_refused_with_value_and_expectation(
    params: dict[str, str], words: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        HoldSetParams.from_wire({"threadId": "t", "reason": "r", **params})
    assert invalid_params_message(refused.value) == f"Invalid request: invalid value: {words}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[retention.rules.'a b']\nof = 'trees'\nidle_days = 1",
            "should be letters, digits and any of `_ . -`",
        ),
        (
            "[mcp_servers.m]\ncommand = ' '",
            "`mcp_servers.m.command`: should be text that is not",
        ),
    ],
)
def test_a_key_of_the_file_that_does_not_match_its_pattern_is_refused_without_the_value(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert words in str(refused.value)


def test_a_pattern_without_a_description_is_shown_itself() -> None:
    assert words_of("^x$") == "text of the form `^x$`"
