"""An embedded host uses the configuration file of its home, and of no other folder."""

from pathlib import Path

import pytest

import threadhost
from tests.support.operator_lines import logged_line
from threadhost.adapters.config import Settings

TEXT = 'model_provider = "local"\n[model_providers.local]\nbase_url = "http://127.0.0.1:9/v1"\n'
OTHER = 'base_url = "http://127.0.0.1:9/v1"\nexperimental_bearer_token = "known"\n'


def contents(folder: Path) -> list[str]:
    """The names in a folder."""
    return [path.name for path in folder.iterdir()]


async def test_an_embedded_host_reads_the_configuration_of_its_home_or_the_named_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.toml").write_text(TEXT)
    named = tmp_path / "named.toml"
    named.write_text(TEXT.replace("local", "other"))
    async with threadhost.open(tmp_path) as host, host.connect() as client:
        assert (await client.start_thread()).model_provider == "local"
    async with threadhost.open(tmp_path, config=named) as host, host.connect() as client:
        assert (await client.start_thread()).model_provider == "other"
    async with threadhost.open(config=str(named)) as host, host.connect() as client:
        assert (await client.start_thread()).model_provider == "other"
    async with threadhost.open(tmp_path, model="echo") as host, host.connect() as client:
        assert (await client.start_thread()).model_provider == "echo"


async def test_an_embedded_host_without_a_home_ignores_a_file_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text("broken")
    monkeypatch.chdir(tmp_path)
    async with threadhost.open() as host, host.connect() as client:
        assert (await client.start_thread()).model_provider == "echo"


async def test_a_broken_configuration_file_is_refused_before_the_home_is_touched(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.toml").write_text("broken")
    with pytest.raises(ValueError, match="line 1: expected '='"):
        async with threadhost.open(tmp_path):
            pass
    assert contents(tmp_path) == ["config.toml"]


async def test_a_missing_provider_key_is_logged_at_the_start_and_fails_turns_with_the_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "config.toml"
    keys = 'env_key = "NO_SUCH_KEY"\nenv_key_instructions = "ask the desk"\n'
    file.write_text(f"{TEXT}{keys}[model_providers.other]\n{OTHER}")
    async with threadhost.open(tmp_path) as host, host.connect() as client:
        assert [record.getMessage() for record in caplog.records] == [
            (
                f"{file}: NO_SUCH_KEY is not set, the variable with the key of"
                " provider local: turns that use this provider will fail"
            )
        ]
        assert logged_line(caplog, "provider.key_missing")["variable"] == "NO_SUCH_KEY"
        thread = await client.start_thread()
        end = await client.run_turn(thread.id, "hello")
    assert end.turn.error is not None
    assert end.turn.error.message.endswith(
        "but `NO_SUCH_KEY` is not set where this host was started: ask the desk"
    )


async def test_an_embedded_host_uses_its_host_table_except_addresses_tokens_and_logs(
    tmp_path: Path,
) -> None:
    file = tmp_path / "config.toml"
    text = '[host]\nlisten = ["ws://127.0.0.1:1"]\ntree_depth_max = 3\nlog_level = "debug"\n'
    file.write_text(f"{text}initialize_timeout_ms = 7\nidle_unload_ms = 5000\n")
    async with threadhost.open(tmp_path) as host, host.connect() as client:
        settings = host.app.settings
        assert (settings.listen, settings.tree_depth_max) == ((), 3)
        assert settings.limits.initialize_timeout_ms == 7
        file.write_text(f"{text}idle_unload_ms = 6000\n")
        answer = await client.call("host/config/reload", {})
        assert answer["changed"] == ["host.idle_unload_ms"]
        assert answer["needsRestart"] == ["host.initialize_timeout_ms"]
        assert host.app.settings.idle_unload_ms == 6000
    async with threadhost.open(Settings(tmp_path, listen=())) as host:
        assert host.app.settings.tree_depth_max == 64


async def test_an_embedded_host_without_a_home_refuses_to_reload_its_configuration() -> None:
    async with threadhost.open() as host, host.connect() as client:
        with pytest.raises(threadhost.RpcError, match=r"config\.toml in its home"):
            await client.call("host/config/reload", {})
