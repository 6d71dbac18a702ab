"""Settings of codex on a command line have no effect; a warning names the key of each once."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.operator_lines import logged_line
from tests.support.program import INITIALIZE, run
from threadhost.adapters.cli.codex_settings import report_settings

SECRET = "sk-secret"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["-c", f"model={SECRET}"], "model"),
        ([f"-cmodel={SECRET}", f"-c=review_model={SECRET}"], "model, review_model"),
        (["--home", "/h", f"--config=tools.web_search={SECRET}"], "tools.web_search"),
        (["--config", f" tools . web_search = {SECRET}"], "tools.web_search"),
        (["-c", f'projects."/{SECRET}".trust_level=1'], "projects"),
        (["-c", f"model_providers.{SECRET}.base_url=1"], "model_providers"),
        (["-c", f'"{SECRET}"=1'], "(a key of its own)"),
        (["--enable", "-c", "-c", "model=1", "--", "-c", "other=1"], "model"),
    ],
)
def test_the_ignored_settings_warning_names_each_key_and_never_its_value(
    words: list[str], names: str, caplog: pytest.LogCaptureFixture
) -> None:
    report_settings(words, set())
    line = logged_line(caplog, "settings.ignored")
    assert line["names"] == names
    assert SECRET not in str(line)


def test_each_ignored_setting_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    known: set[str] = set()
    for words in (["-c", "a=1"], ["-c", "a=2", "-c", "b=1"], ["-c", "b=1"]):
        report_settings(words, known)
    assert [record.getMessage().rpartition(" ")[2] for record in caplog.records] == ["a", "b"]


@given(st.lists(st.text(max_size=12) | st.sampled_from(["-c", "--enable"]), max_size=6))
@example(["-c"])
@example(["--enable"])
def test_no_ignored_setting_keeps_a_host_from_starting(words: list[str]) -> None:
    report_settings(words, set())


@pytest.mark.slices
def test_a_host_that_a_client_starts_names_the_ignored_settings_in_its_log_without_values(
    tmp_path: Path,
) -> None:
    hello = json.dumps({"id": 1, "method": "initialize", "params": INITIALIZE})
    words = ("app-server", "--home", str(tmp_path / "h"), "-c", f"model={SECRET}")
    done = run(*words, stdin=f"{hello}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "h/host.log").read_text().count("have no effect: model\n") == 1
    assert SECRET not in (tmp_path / "h/host.log").read_text()
