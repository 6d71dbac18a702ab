"""The AI SDK's provider for codex drives a real server."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.npm_packages import LISTS, MODULES, WHERE
from tests.clients.served import script, served
from tests.support.program import environment

RUN_S = 25

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(not (MODULES / "ai-sdk-provider-codex-cli").exists(), reason=WHERE),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the host that the provider starts."""
    return tmp_path_factory.mktemp("ai") / "home"


@pytest.fixture(scope="module")
def got(home: Path) -> Any:
    """What a program got that uses the provider."""
    env = environment(
        PROGRAM=str(Path(sys.executable).parent / "threadhost"),
        THREADHOST_HOME=str(home),
        OBJECT=script({"text": '{"bird": "owl"}'}),
        HANGS=script({"text": "so far", "hang": True}),
    )
    done = subprocess.run(
        ["node", "--no-warnings", "--input-type=module"],
        input=(LISTS / "ai_sdk.mjs").read_text(),
        cwd=MODULES.parent,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_S,
    )
    assert done.returncode == 0, done.stderr
    [said] = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return json.loads(said)


def test_texts_are_streamed_and_generated_with_their_usage(got: Any) -> None:
    assert "tell of owls" in got["texts"][0]
    assert "tell of owls" in got["texts"][1]
    assert got["usage"]["totalTokens"] == 15


def test_a_thread_that_is_kept_is_gone_on_with_and_listed(got: Any, home: Path) -> None:
    assert got["sameThread"]
    assert "and of wrens" in got["texts"][2]
    with served(home) as (_, other):
        assert list(other.listed()) == [got["thread"]]
        assert len(other.turns(got["thread"])) == 2


def test_an_object_is_generated_by_a_schema(got: Any) -> None:
    assert got["object"] == {"bird": "owl"}


def test_a_turn_that_hangs_is_aborted(got: Any) -> None:
    assert got["heard"] == ["text-delta", "abort"]


def test_the_models_are_listed(got: Any) -> None:
    assert got["models"] == ["echo-1"]
