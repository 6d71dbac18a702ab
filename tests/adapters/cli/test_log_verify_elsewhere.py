"""`threadhost log verify` of a file that is no log, or may not be read."""

import json
import tarfile
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.support.edited_home import EditedHome
from tests.support.program import run_here
from threadhost.adapters.cli import verify

NOT_SEEN = 4


def test_log_verify_of_a_backup_says_that_the_file_is_a_backup(
    edited: EditedHome, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    assert run_here("backup", str(file), "--home", str(edited.home)).returncode == 0
    for words in ([str(file)], ["--home", str(file)]):
        done = run_here("log", "verify", *words)
        assert (done.returncode, done.stdout) == (NOT_SEEN, "")
        assert f"{file} is a backup or its keys; restore it into a folder and" in done.stderr


def test_log_verify_cannot_check_a_log_without_permission_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "read_member", Mock(side_effect=PermissionError))
    (tmp_path / "log").touch()
    done = run_here("log", "verify", str(tmp_path / "log"), "--json")
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (NOT_SEEN, "could not look")


def test_log_verify_of_a_foreign_archive_does_not_call_the_file_a_backup(tmp_path: Path) -> None:
    file = tmp_path / "other.tar"
    with tarfile.open(file, "w") as archive:
        archive.add(__file__, "threadhost.db")
    done = run_here("log", "verify", str(file))
    assert (done.returncode, done.stdout) == (NOT_SEEN, "")
    assert "this is not a log" in done.stderr
