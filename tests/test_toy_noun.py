"""A new noun is its own files and one row: shown by adding one to a copy of the source."""

import json
import re
import shutil
from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import Serving, run, serving
from tests.support.toy_noun import FILES, ROW

pytestmark = pytest.mark.slices

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("events", "actors", "projections", "adapters")
TABLE = "events/nouns.py"
FILES_MAX = 5


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source as one package, with the noun in it; compiled code comes along."""
    site = tmp_path_factory.mktemp("site")
    package = site / "threadhost"
    shutil.copytree(ROOT / "adapters" / "embedded", package)
    for layer in LAYERS:
        shutil.copytree(ROOT / layer, package / layer)
    for name, source in FILES.items():
        (package / name).write_text(source)
    table = (package / TABLE).read_text()
    (package / TABLE).write_text(
        re.sub(r"^\)\nBY_NAME", f"    {ROW}\n)\nBY_NAME", table, flags=re.MULTILINE)
    )
    return site


def touched(package: Path) -> tuple[set[str], list[str]]:
    """The files that the copy has more, and what was changed in others."""
    new, changes = set(), []
    for layer in LAYERS:
        for path in (package / layer).rglob("*.py"):
            name = str(path.relative_to(package))
            if not (ROOT / name).exists():
                new.add(name)
                continue
            before, after = (ROOT / name).read_text(), path.read_text()
            if before != after:
                lines = ndiff(before.splitlines(), after.splitlines())
                changes += [f"{name} {line}" for line in lines if line[0] in "+-"]
    return new, changes


def test_a_new_noun_needs_at_most_five_files_and_one_row(tree: Path) -> None:
    new, changes = touched(tree / "threadhost")
    assert new == set(FILES)
    assert len(new) <= FILES_MAX
    assert changes == [f"{TABLE} +     {ROW}"]


def until(host: Serving, method: str) -> dict[str, Any]:
    """The next message of a method that the host sends."""
    assert host.process.stdout is not None
    for line in host.process.stdout:
        message: dict[str, Any] = json.loads(line)
        if message.get("method") == method and "id" not in message:
            return message
    raise AssertionError(host.errors)


def test_a_new_noun_is_stored_served_notified_and_replayed(tree: Path, tmp_path: Path) -> None:
    home, env = tmp_path / "home", {"PYTHONPATH": str(tree)}
    with serving(home, "--listen", "stdio://", "--model", "echo", **env) as host:
        host.initialize()
        thread_id = host.ask("thread/start")["result"]["thread"]["id"]
        of = {"threadId": thread_id}
        assert host.ask("thread/pin/read", **of)["result"] == {"text": None}
        assert host.ask("thread/pin/set", **of, pinnedText="one")["result"] == {}
        told = until(host, "thread/pin/set")
        assert told["params"] == {**of, "text": "one"}
        host.ask("thread/pin/set", **of, pinnedText="two")
        long = host.ask("thread/pin/set", **of, pinnedText="x" * 5_000)["error"]
        assert long["data"]["field"] == "pinnedText"
        other = thread_id[:-1] + ("0" if thread_id[-1] != "0" else "1")
        missing = host.ask("thread/pin/set", threadId=other, pinnedText="x")["error"]
        assert missing["message"] == f"no thread to pin to: {other}"
        assert "`thread/pin/read`" in host.ask("thread/pin/none")["error"]["message"]
        assert host.end_input()[0] == 0
    with serving(home, "--listen", "stdio://", "--model", "echo", **env) as host:
        host.initialize()
        host.ask("host/events/subscribe", afterPosition=0)  # before any method of the noun is asked
        told_again = [until(host, "thread/pin/set")["params"] for _ in range(2)]
        assert [params["text"] for params in told_again] == ["one", "two"]
        assert host.ask("thread/pin/read", **of)["result"] == {"text": "two"}
        host.ask("thread/resume", **of)
        host.ask("thread/pin/set", **of, pinnedText="three")
        full = host.ask("thread/pin/set", **of, pinnedText="four")["error"]
        assert (full["code"], full["message"][:19]) == (-32001, "the pin was changed")
        host.ask("thread/delete", **of)
        assert host.end_input()[0] == 0
    verified = run("log", "verify", "--home", str(home), **env)
    assert verified.returncode == 0, verified.stdout
