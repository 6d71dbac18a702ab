"""`threadhost doctor` and `host/diagnostics/read`: each finding has its cause and its remedy."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.edited_home import Edit, EditedHome, grown
from tests.support.program import run_here
from threadhost.adapters import diagnosis
from threadhost.adapters.cli.doctor import KINDS
from threadhost.adapters.client.errors import ClientError
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events.store.findings import About
from threadhost.events.store.lock import HomeLock

OLD_S = 100


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    return grown(tmp_path_factory.mktemp("grown"))


@pytest.fixture
def home(first: EditedHome, tmp_path: Path) -> EditedHome:
    return first.copied(tmp_path / "copied")


def ran(home: EditedHome, *words: str) -> subprocess.CompletedProcess[str]:
    with ThreadPoolExecutor(1) as pool:
        command = "doctor", "--home", str(home.home), *words
        done = pool.submit(run_here, *command).result()
    assert "Traceback" not in done.stderr
    return done


def findings_of(home: EditedHome, *words: str) -> tuple[int, dict[str, Any]]:
    done = ran(home, *words, "--json")
    return done.returncode, json.loads(done.stdout)


def test_a_home_at_rest_is_healthy_and_its_sizes_are_those_of_its_files(home: EditedHome) -> None:
    code, said = findings_of(home)
    assert (code, said["verdict"], said["findings"], said["log"]) == (0, "healthy", [], "sound")
    files = [path for path in home.home.rglob("*") if path.is_file()]
    counted = [path for path in files if path.name not in ("host.key", "host.lock")]
    assert sum(said["sizes"].values()) == sum(path.stat().st_size for path in counted)
    assert said["position"] == home.last
    assert ran(home).stdout.splitlines()[-1] == "healthy"


def orphan(home: EditedHome) -> None:
    path = home.blob.with_name("f" * 64)
    path.write_bytes(b"nobody names it")
    os.utime(path, (OLD_S, OLD_S))


FIXED: list[tuple[str, int, Edit]] = [
    ("permissions", 5, lambda home: home.database.chmod(0o644)),
    ("permissions", 5, lambda home: home.home.chmod(0o755)),
    ("files", 5, orphan),
    ("files", 5, lambda home: (home.home / "host.key.new").touch()),
    ("view", 5, lambda home: home.sql("UPDATE turns SET status = 'odd'")),
    ("view", 5, lambda home: home.sql("DROP TABLE items")),
    ("head", 1, lambda home: home.sql("UPDATE stream_state SET incarnation = 9")),
    ("erased", 5, lambda home: home.sh("cp {kept}/keys.db {home}/keys.db")),
]


@pytest.mark.slices
@pytest.mark.parametrize(("area", "code", "edit"), FIXED, ids=range(len(FIXED)))
def test_doctor_names_faults_that_can_be_repaired_without_loss_and_fix_repairs_them(
    home: EditedHome, area: str, code: int, edit: Edit
) -> None:
    edit(home)
    got, said = findings_of(home)
    named = [finding for finding in said["findings"] if finding["area"] == area]
    assert named
    assert (got, named[0]["fix"] is not None) == (code, True)
    assert all(finding["cause"] and finding["remedy"] for finding in said["findings"])
    got, said = findings_of(home, "--fix")
    assert (got, said["findings"], bool(said["fixed"])) == (0, [], True)
    assert said["notLookedAt"] == []


TOMBSTONE = "type = 'thread.deleted.v1'"


@pytest.mark.parametrize(
    "damage",
    [
        f"DELETE FROM events WHERE {TOMBSTONE}",
        f"UPDATE events SET type = 'x.v1' WHERE {TOMBSTONE}",
        "UPDATE events SET payload = X'00' WHERE position = {n}",
    ],
)
def test_doctor_does_not_rebuild_heads_and_views_from_a_damaged_log(
    home: EditedHome, damage: str
) -> None:
    home.sql(damage, "UPDATE thread_texts SET name = 'changed'")
    tables = "stream_state", "thread_texts", "turns", "threads"
    before = [home.rows(f"SELECT * FROM {table}") for table in tables]
    code, said = findings_of(home, "--fix")
    assert (code, said["fixed"]) == (1, [])
    assert [home.rows(f"SELECT * FROM {table}") for table in tables] == before
    remedies = {finding["remedy"] for finding in said["findings"] if finding["area"] == "view"}
    assert remedies == {"restore a backup first: heads and views may contain what the log has lost"}


def test_doctor_reports_a_home_that_cannot_be_written_as_one_that_no_host_starts_on(
    home: EditedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, *_, **__: path != home.home)
    code, said = findings_of(home, "--quick")
    [finding] = said["findings"]
    assert (code, finding["area"]) == (1, "permissions")
    assert "cannot be written, so no host starts on it" in finding["what"]


def test_doctor_changes_no_modes_of_files_that_the_host_did_not_make(home: EditedHome) -> None:
    (home.home / "sessions").mkdir()
    script = home.home / "notify.sh"
    script.write_text("#!/bin/sh")
    script.chmod(0o755)
    home.database.chmod(0o644)
    assert findings_of(home, "--fix")[1]["fixed"] == ["permissions"]
    assert (script.stat().st_mode & 0o777, home.database.stat().st_mode & 0o777) == (0o755, 0o600)


LEFT: list[tuple[str, int, Edit]] = [
    ("event", 1, lambda home: home.sql("UPDATE events SET principal = 'x' WHERE position = {n}")),
    ("blob", 1, lambda home: home.blob.unlink()),
    ("table", 1, lambda home: home.sql("INSERT INTO store VALUES ('more', 'x')")),
    ("table", 1, lambda home: home.sql("INSERT INTO store VALUES ('epoch', 'x')")),
    ("files", 5, lambda home: (home.home / "letter").touch()),
    ("keys", 1, lambda home: (home.home / "host.key.next").touch()),
    ("keys", 1, lambda home: (home.home / "keys.db").unlink()),
    ("keys", 1, lambda home: (home.home / "host.key").unlink()),
    ("restore", 1, lambda home: (home.home / "restored").mkdir()),
    ("log", 1, lambda home: home.database.write_bytes(b"no database at all" * 100)),
    ("log", 1, lambda home: home.database.unlink()),
    ("files", 1, lambda home: home.sh("mv {home}/blobs {kept}/; ln -s {kept}/blobs {home}/blobs")),
    ("files", 1, lambda home: home.sh("ln -s {kept} {home}/blobs/thread-{living}")),
    ("files", 1, lambda home: home.sh("rm {home}/host.lock; ln -s {kept} {home}/host.lock")),
]


@pytest.mark.few(2)
@pytest.mark.parametrize(("area", "code", "edit"), LEFT, ids=range(len(LEFT)))
def test_doctor_names_faults_that_need_a_decision_and_fix_leaves_them(
    home: EditedHome, area: str, code: int, edit: Edit
) -> None:
    edit(home)
    for words in ((), ("--fix",)):
        got, said = findings_of(home, *words)
        assert (got, area in {finding["area"] for finding in said["findings"]}) == (code, True)


def test_a_single_finding_is_counted_as_one_and_has_its_remedy(home: EditedHome) -> None:
    (home.home / "blobs/thread-a").touch()
    lines = run_here("doctor", "--home", str(home.home)).stdout.splitlines()
    assert lines[0] == f"error: files: {home.home}/blobs/thread-a is not a folder of a thread"
    assert lines[2] == "  remedy: move it away, and restore what a host had there, if anything"
    assert lines[-1] == "1 finding"


def test_doctor_prints_the_area_of_a_finding_once(home: EditedHome) -> None:
    home.sql("UPDATE thread_texts SET name = 'x' WHERE thread_id = '{living}'")
    line = run_here("doctor", "--home", str(home.home)).stdout.splitlines()[0]
    assert line == f"warning: view: thread_texts differs from the log in 1 row: {home.living}"


@pytest.mark.parametrize("where", [".", "blobs"])
def test_doctor_names_files_that_no_host_made_and_leaves_them(home: EditedHome, where: str) -> None:
    folder = home.home / where
    (folder / "letter").touch()
    (folder / "more").mkdir()
    old = folder / "more" / "#123"
    old.touch()
    os.utime(old, (1, 1))
    for words in ((), ("--fix",)):
        code, said = findings_of(home, *words)
        [finding] = said["findings"]
        assert (code, finding["severity"], said["log"]) == (5, "warning", "sound")
        assert finding["what"] == f"{folder} holds files that no host made: letter, more"
        assert finding["remedy"] == "move them elsewhere"
    at = ("--home", str(home.home))
    for command in (("log", "verify"), ("du",), ("backup", f"{home.kept}/b"), ("threads", "list")):
        assert run_here(*command, *at).returncode == 0
    assert run_here("threads", "run", "new", "hello", *at).returncode == 0
    assert old.exists()


def test_doctor_checks_disk_space_descriptors_and_the_clock(
    home: EditedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "FREE_MIN_BYTES", 2**60)
    monkeypatch.setattr(diagnosis, "DESCRIPTORS_MIN", 2**40)
    monkeypatch.setattr(diagnosis, "JOURNAL_MAX_BYTES", -1)
    monkeypatch.setattr(diagnosis, "CLOCK_MS_MAX", -(2**50))
    code, said = findings_of(home)
    assert code == 1
    assert [f["area"] for f in said["findings"]] == ["disk", "disk", "descriptors", "clock"]
    monkeypatch.setattr(diagnosis, "FREE_MIN_BYTES", 0)
    assert "less than twice" not in str(findings_of(home)[1])


def test_doctor_ignores_files_of_codex_beside_the_rollout_files(home: EditedHome) -> None:
    (home.home / "sessions").mkdir()
    (home.home / "history.jsonl").touch()
    assert findings_of(home)[0] == 0


def test_a_quick_doctor_names_the_areas_that_were_not_checked(home: EditedHome) -> None:
    home.sql("UPDATE events SET principal = 'x' WHERE position = {n}")
    code, said = findings_of(home, "--quick")
    assert (code, said["notLookedAt"]) == (0, ["the log, keys and views"])


def test_every_kind_of_fault_of_a_log_has_a_cause_and_a_remedy() -> None:
    assert set(KINDS) == set(About)


def test_doctor_repairs_nothing_under_a_running_host_and_refuses_a_folder_that_is_no_home(
    home: EditedHome, tmp_path: Path
) -> None:
    lock = HomeLock(home.home)
    lock.acquire({"pid": 1, "listen": []})
    healthy = ran(home, "--fix")
    said = ["repaired: nothing", "a host runs on it", "healthy"]
    lines = healthy.stdout.splitlines()
    assert (healthy.returncode, [line for line in lines if line in said]) == (0, said)
    home.database.chmod(0o644)
    refused = ran(home, "--fix")
    lock.release()
    assert (refused.returncode, "stop it first" in refused.stderr) == (4, True)
    plain = tmp_path / "plain"
    plain.mkdir()
    plain.chmod(0o755)
    (plain / "letter").touch()
    for folder in (tmp_path / "none", plain, plain / "letter"):
        none = run_here("doctor", "--fix", "--home", str(folder))
        assert (none.returncode, "is not a host's home" in none.stderr) == (4, True)
    assert plain.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in plain.iterdir()] == ["letter"]


async def test_a_running_host_diagnoses_its_own_home(home: EditedHome) -> None:
    async with threadhost.open(home.home) as host, host.connect() as client:
        (home.home / "letter").touch()
        found = await client.call("host/diagnostics/read", {})
        code, said = findings_of(home)
    assert (found["verdict"], found["findings"][0]["area"]) == ("warning", "files")
    assert found["sizes"]["payloadFiles"] > 0
    assert "threadhost doctor" in found["notLookedAt"][0]
    assert (code, said["hostRuns"], said["log"]) == (5, True, "sound")


async def test_a_host_in_memory_has_no_home_to_diagnose() -> None:
    async with threadhost.open(None) as host, host.connect() as client:
        with pytest.raises((RpcError, ClientError), match="keeps everything in memory"):
            await client.call("host/diagnostics/read", {})
