"""A configuration file: known keys, values of their types, profiles."""

from pathlib import Path

import pytest

from tests.support.configured import loaded
from tests.support.each import each
from threadhost.actors.models import ModelWindow
from threadhost.adapters.configuration import reference_keys
from threadhost.adapters.configuration.checking import checked
from threadhost.adapters.configuration.memory_tables import MemoriesTable
from threadhost.adapters.configuration.tables import FileTable, McpServerTable, ProviderTable
from threadhost.adapters.configuration.thread_keys import RETRIES_MAX
from threadhost.adapters.configuration.toml_file import ConfigError, Source

SECRET = "sk-0123456789abcdef"
OF_A_CODEX_USER = """
model = "gpt-5.2-codex"
model_provider = "relay"
model_reasoning_effort = "xhigh"
model_reasoning_summary = "detailed"
model_verbosity = "low"
model_context_window = 400000
service_tier = "fast"
personality = "pragmatic"
approval_policy = "on-request"
sandbox_mode = "workspace-write"
disable_response_storage = true
preferred_auth_method = "apikey"
network_access = "enabled"
notify = ["notify-send", "Codex"]
profile = "deep"

[sandbox_workspace_write]
network_access = true

[features]
web_search_request = true

[tui]
notifications = true

[mcp_servers.docs]
command = "docs-server"

[projects."/home/me/code"]
trust_level = "trusted"

[model_providers.relay]
name = "A relay"
base_url = "https://relay.example/v1"
wire_api = "responses"
env_key = "RELAY_KEY"
requires_openai_auth = true
supports_websockets = false
stream_max_retries = 10
stream_idle_timeout_ms = 300000

[model_providers.azure]
base_url = "https://me.openai.azure.com/openai"
query_params = { api-version = "2025-04-01-preview" }
env_http_headers = { "api-key" = "AZURE_KEY" }

[profiles.deep]
model = "gpt-5.2-pro"
model_reasoning_effort = "high"
approval_policy = "never"
"""


def fault(folder: Path, text: str) -> str:
    """The error for a file, without its path; it never contains the secret."""
    with pytest.raises(ConfigError) as refused:
        loaded(folder, text)
    assert SECRET not in str(refused.value)
    return str(refused.value).removeprefix(str(folder / "config.toml"))


def test_an_empty_configuration_file_changes_nothing(tmp_path: Path) -> None:
    found = loaded(tmp_path, "")
    assert (found.model, found.model_provider, found.thread, found.providers) == (
        None,
        None,
        {},
        {},
    )
    assert found.file == tmp_path / "config.toml"


def test_a_configuration_file_of_codex_is_accepted_unchanged(tmp_path: Path) -> None:
    found = loaded(tmp_path, OF_A_CODEX_USER, env={"RELAY_KEY": SECRET, "AZURE_KEY": "z" * 20})
    assert (found.profile, found.model, found.model_provider) == ("deep", "gpt-5.2-pro", "relay")
    assert found.thread == {
        "effort": "high",
        "summary": "detailed",
        "verbosity": "low",
        "service_tier": "fast",
        "personality": "pragmatic",
    }
    assert found.window == ModelWindow(400_000, None)
    relay, azure = found.providers["relay"], found.providers["azure"]
    assert relay.key is not None
    assert relay.key.get_secret_value() == SECRET
    assert (relay.limits.stream_retries_max, relay.limits.request_retries_max) == (10, 4)
    assert azure.headers == {"api-key": "z" * 20}
    assert azure.query == {"api-version": "2025-04-01-preview"}
    assert (azure.key, azure.key_variable) == (None, None)
    assert found.unused == (
        *("approval_policy", "sandbox_mode", "disable_response_storage", "preferred_auth_method"),
        *(
            "network_access",
            "notify",
            "sandbox_workspace_write",
            "features.web_search_request",
            "tui",
        ),
        *("projects", "model_providers.relay.supports_websockets"),
        "profiles.deep.approval_policy",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('\nmodle = "m"', ", line 2: no such key: `modle`; did you mean `model`?"),
        ("xyzzy = 1", ", line 1: no such key: `xyzzy`"),
        (
            '[model_providers.a]\nbase_uri = "http://h"',
            ", line 2: no such key: `model_providers.a.base_uri`; did you mean `base_url`?",
        ),
        (
            '[model_providers.a.auth]\ncomand = "x"',
            ", line 2: no such key: `model_providers.a.auth.comand`; did you mean `command`?",
        ),
        (
            "[model_providers.a.models.m]\nwindow = 1",
            ", line 2: no such key: `model_providers.a.models.m.window`",
        ),
        (
            '[profiles.p]\nmodel_provder = "x"',
            ", line 2: no such key: `profiles.p.model_provder`; did you mean `model_provider`?",
        ),
        (
            '[profiles.p]\nprofile = "x"',
            ", line 2: no such key: `profiles.p.profile`",
        ),
        ('sandbox_mod = "x"', ", line 1: no such key: `sandbox_mod`; did you mean `sandbox_mode`?"),
    ],
)
def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_known_key(
    tmp_path: Path, text: str, words: str
) -> None:
    assert fault(tmp_path, text).startswith(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model = 5", "`model`: should be a valid string"),
        ('model = ""', "`model`: string should have at least 1 character"),
        (f'model_verbosity = "{SECRET}"', "should be 'low', 'medium' or 'high'"),
        ('model_reasoning_summary = "yes"', "'auto', 'concise', 'detailed' or 'none'"),
        (
            'model_reasoning_effort = "very high"',
            "should be one word of printable ASCII characters",
        ),
        ('personality = "grim"', "should be 'none', 'friendly' or 'pragmatic'"),
        ("model_context_window = 0", "greater than or equal to 1"),
        ("model_context_window = 1.5", "should be a valid integer"),
        ("model_context_window = true", "should be a valid integer"),
        ("turn_timeout_ms = -1", "greater than or equal to 0"),
        ("model_providers = 5", "`model_providers`: should be a valid dictionary"),
        ("[model_providers]\na = 5", "`model_providers.a`: should be a valid dictionary"),
        ('profile = "p"', "no profile `p`, there is none"),
        ('profile = "p"\n[profiles.q]', "no profile `p`, there is `q`"),
        ('openai_base_url = "nowhere"', "`openai_base_url`: model URL must be of the form"),
        ('model_instructions_file = "gone.md"', "gone.md: No such file or directory"),
        ('model_instructions_file = "/"', "is a folder, and no file to read settings from"),
        ('model_instructions_file = "~nobody-at-all/x"', "No such file or directory"),
    ],
)
def test_an_invalid_value_is_named_by_its_key_and_never_repeated(
    tmp_path: Path, text: str, words: str
) -> None:
    said = fault(tmp_path, text)
    assert words in said
    assert said.startswith(", line ")


def test_a_profile_that_is_asked_for_goes_before_the_one_in_the_file(tmp_path: Path) -> None:
    text = """
    model = "top"
    instructions = "of the top"
    profile = "one"
    [profiles.one]
    model = "first"
    [profiles.two]
    model_provider = "other"
    turn_timeout_ms = 5
    model_auto_compact_token_limit = 7
    """
    one, two = loaded(tmp_path, text), loaded(tmp_path, text, profile="two")
    assert (one.profile, one.model, one.model_provider) == ("one", "first", None)
    assert (two.profile, two.model, two.model_provider) == ("two", "top", "other")
    assert (two.turn_timeout_ms, two.window.compact_from_tokens) == (5, 7)
    assert two.thread == {"base_instructions": "of the top"}


def test_an_instructions_file_replaces_the_instructions_in_the_configuration(
    tmp_path: Path,
) -> None:
    (tmp_path / "how.md").write_text("be kind\n")
    text = 'instructions = "no"\nmodel_instructions_file = "how.md"\n[profiles.p]\ninstructions="p"'
    assert loaded(tmp_path, text).thread == {"base_instructions": "be kind\n"}
    assert loaded(tmp_path, text, profile="p").thread == {"base_instructions": "p"}


def test_more_retries_than_the_maximum_count_as_the_maximum(tmp_path: Path) -> None:
    text = '[model_providers.a]\nbase_url = "http://h"\nrequest_max_retries = 100000'
    limits = loaded(tmp_path, text).providers["a"].limits
    assert limits.request_retries_max == RETRIES_MAX


def test_no_key_is_both_used_and_left_unused() -> None:
    assert not reference_keys.TOP_LEVEL & FileTable.model_fields.keys()
    assert not reference_keys.PROVIDER & ProviderTable.model_fields.keys()
    assert not reference_keys.MEMORIES & MemoriesTable.model_fields.keys()
    assert not reference_keys.MCP_SERVER & McpServerTable.model_fields.keys()


AWKWARD: list[object] = [
    *(True, -1, 2**70, 1.5, float("nan"), "", "x", "\0", [], [[]], {}),
    *({"": ""}, {"x": {}}, {"x": {"auth": 1}}, {"x": {"models": {"m": 1}}}),
]


@each("key", sorted(FileTable.model_fields))
def test_every_top_level_key_accepts_a_value_or_refuses_it_by_name(key: str) -> None:
    refused = 0
    for value in AWKWARD:
        try:
            checked(Source(Path("config.toml"), "", {key: value}))
        except ConfigError as error:
            refused += str(error).startswith(f"config.toml: `{key}")
            refused += str(error).startswith(f"config.toml: no such key: `{key}.x.")
    assert refused >= len(AWKWARD) // 2
