"""Logs of other versions: an older one is read unchanged, a newer one refused with the reason."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.edited_home import EditedHome, grown
from tests.support.program import run_here
from threadhost.adapters.version import VERSION
from threadhost.events import catalogue as _all  # noqa: F401  (every type is known)
from threadhost.events.base import KINDS
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.schema import RELEASE

OLDER = (
    "UPDATE view_rules SET fingerprint = 'of another version'",
    "DROP TABLE items",
    "DELETE FROM turns",
    "ALTER TABLE threads RENAME TO threads_of_old",
    "CREATE TABLE threads (id TEXT)",
)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    return grown(tmp_path_factory.mktemp("grown"))


@pytest.fixture
def home(first: EditedHome, tmp_path: Path) -> EditedHome:
    return first.copied(tmp_path / "copied")


def digests(home: Path) -> dict[str, tuple[str, int]]:
    files = [path for path in home.rglob("*") if path.is_file()]
    return {
        str(path): (sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in files
    }


@pytest.mark.slices
def test_a_log_with_views_of_another_version_is_read_verified_and_backed_up_without_a_change(
    home: EditedHome,
) -> None:
    commands = [
        ("threads", "list", "--json"),
        ("threads", "show", home.large, "--json"),
        ("threads", "tree", "--json"),
        ("threads", "logs", home.large, "--json"),
        ("log", "show", "--json", "-n", "1000"),
    ]
    at = "--home", str(home.home)
    due = [run_here(*words, *at).stdout for words in commands]
    assert "an answer" in due[1]
    home.sql(*OLDER)
    before = digests(home.home)
    for words, expected in zip(commands, due, strict=True):
        done = run_here(*words, *at)
        assert (done.returncode, done.stderr, done.stdout) == (0, "", expected)
    code, said = home.verify()
    assert (code, said["verdict"]) == (0, "sound")
    assert "the views, which another version made" in said["notLookedAt"]
    assert digests(home.home) == before
    assert run_here("backup", str(home.kept / "b"), *at).returncode == 0
    to = "--home", str(home.kept / "new")
    assert run_here("restore", str(home.kept / "b"), *to).returncode == 0
    listed = run_here("threads", "list", "--json", *to).stdout
    assert listed.replace(str(home.kept / "new"), str(home.home)) == due[0]


def test_a_host_refuses_a_log_of_a_newer_version_and_reading_commands_warn_of_the_version(
    home: EditedHome,
) -> None:
    home.sql("UPDATE store SET value = '9.10' WHERE name = 'release'")
    at = "--home", str(home.home)
    before = digests(home.home)
    done = run_here("serve", *at)
    assert done.returncode == 1
    assert "the log was written by version 9.10, and this is version" in done.stderr
    assert "run version 9.10 or a newer one, or restore a backup" in done.stderr
    listed = run_here("threads", "list", "--json", *at)
    assert (listed.returncode, len(json.loads(listed.stdout)["data"])) == (0, 3)
    assert "was written by version 9.10: events that this version" in listed.stderr
    kept = {path: told for path, told in digests(home.home).items() if "host.lock" not in path}
    assert kept == {path: told for path, told in before.items() if "host.lock" not in path}


def test_a_log_of_an_older_release_is_marked_with_this_release_when_it_is_first_written(
    home: EditedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "RELEASES", ("0.0", *schema.RELEASES))
    home.sql("UPDATE store SET value = '0.0' WHERE name = 'release'")
    at = "--home", str(home.home)
    assert run_here("threads", "list", *at).stderr == ""
    assert home.verify()[0] == 0
    run_here("keys", "rotate", *at)
    assert home.value("SELECT value FROM store WHERE name = 'release'") == RELEASE


def test_the_release_in_the_log_is_the_newest_that_introduced_a_type_of_event() -> None:
    def numbers(release: str) -> tuple[int, ...]:
        return tuple(map(int, release.split(".")))

    newest = max(numbers(type_.since) for type_ in KINDS.values() if hasattr(type_, "since"))
    assert numbers(RELEASE) == newest
    assert numbers(VERSION)[:2] >= newest
