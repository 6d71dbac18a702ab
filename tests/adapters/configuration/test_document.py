"""The examples of configuration files in the documents are valid."""

import re
from pathlib import Path

import pytest

from tests.support.configured import loaded
from threadhost.adapters.models.api_keys import keys_of
from threadhost.adapters.models.key_command import OUTPUT_BYTES_MAX
from threadhost.adapters.models.provider import SECRET_CHARS_MIN
from threadhost.adapters.models.select import model_client

DOCS = Path(__file__).parents[3] / "docs"
TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = {
    f"{page.name} {number}": text
    for page in sorted(DOCS.glob("*.md"))
    for number, text in enumerate(TOML.findall(page.read_text()))
}
CONFIGURATION = (DOCS / "configuration.md").read_text()


@pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_each_example_of_a_configuration_file_is_accepted_without_unused_keys(
    tmp_path: Path, text: str
) -> None:
    found = loaded(tmp_path, text)
    assert found.unused == ()
    if not found.providers:
        assert found.servers or found.memories or found.retention
        return
    client = model_client("", None, {}, configuration=found)
    assert client.name == found.model_provider
    assert client.window(client.name, client.default_model).tokens_max


def test_the_documents_have_an_example_of_a_local_and_of_a_remote_provider(tmp_path: Path) -> None:
    local, hosted = (loaded(tmp_path, EXAMPLES[f"models.md {number}"]) for number in (0, 1))
    [here] = local.providers.values()
    [far] = hosted.providers.values()
    assert (here.wire, here.key_variable, "127.0.0.1" in here.base_url) == ("chat", None, True)
    assert (far.wire, far.key_variable) == ("responses", "OPENROUTER_API_KEY")


def test_the_profile_of_the_example_is_the_one_of_the_command(tmp_path: Path) -> None:
    [name] = {*re.findall(r"--profile (\w+)", CONFIGURATION)}
    found = loaded(tmp_path, EXAMPLES["configuration.md 0"], profile=name)
    assert (found.thread["effort"], found.turn_timeout_ms) == ("high", 600_000)


@pytest.mark.parametrize(
    "line", re.findall(r"^\| `([^`]+)` \| ", CONFIGURATION.partition("## Keys")[2], re.MULTILINE)
)
def test_every_documented_way_to_configure_a_key_is_accepted(tmp_path: Path, line: str) -> None:
    key = line if "=" in line else '[model_providers.NAME.auth]\ncommand = "x"'
    text = f'[model_providers.NAME]\nbase_url = "http://h"\n{key}'
    provider = loaded(tmp_path, text).providers["NAME"]
    keys_of(provider)
    assert provider.key_variable or provider.key or provider.key_command or provider.headers


def test_the_limits_of_keys_are_those_of_the_code() -> None:
    assert f"{OUTPUT_BYTES_MAX >> 10} KiB" in CONFIGURATION
    assert ("less than four characters" in CONFIGURATION) == (SECRET_CHARS_MIN == 4)
