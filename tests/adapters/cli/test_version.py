"""The version of the program and the commit of its build."""

import json
import subprocess
from pathlib import Path

import pytest

from threadhost.adapters.build import NOTE, UNKNOWN, commit
from threadhost.adapters.cli.main import run
from threadhost.adapters.version import PROTOCOL_VERSION, product_version

FIRST, SECOND = "1" * 40, "2" * 40


@pytest.mark.parametrize("words", [["version"], ["--version"]])
def test_the_version_is_printed_with_the_commit_and_the_protocol(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 0
    said = capsys.readouterr().out
    build = commit()[:12]
    assert said == f"threadhost {product_version()}, build {build}, protocol {PROTOCOL_VERSION}\n"


def test_the_version_as_json_has_the_whole_commit(capsys: pytest.CaptureFixture[str]) -> None:
    run(["version", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["build"] == commit()
    assert set(found) == {"version", "build", "protocol", "python"}


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "some/branch")
    git(folder, "commit", "-q", "--allow-empty", "-m", "one")
    return folder


def test_the_commit_of_a_checkout_is_the_one_that_git_reports(
    checkout: Path, tmp_path: Path
) -> None:
    assert commit(checkout) == git(checkout, "rev-parse", "HEAD")
    git(checkout, "pack-refs", "--all")
    assert commit(checkout) == git(checkout, "rev-parse", "HEAD")
    beside = tmp_path / "beside"
    git(checkout, "worktree", "add", "-q", "-b", "other", str(beside))
    git(beside, "commit", "-q", "--allow-empty", "-m", "two")
    assert commit(beside) == git(beside, "rev-parse", "HEAD") != commit(checkout)
    git(beside, "checkout", "-q", "--detach")
    assert commit(beside) == git(beside, "rev-parse", "HEAD")


def test_the_commit_noted_by_a_build_goes_before_that_of_a_surrounding_checkout(
    checkout: Path,
) -> None:
    (checkout / "adapters").mkdir()
    (checkout / "adapters" / NOTE).write_text(f"{FIRST}\n")
    assert commit(checkout) == FIRST
    (checkout / "adapters" / NOTE).write_text("no commit")
    assert commit(checkout) == git(checkout, "rev-parse", "HEAD")


@pytest.mark.parametrize("head", [b"ref: refs/heads/none", b"nothing", b"", b"\xff\xfe"])
def test_without_a_build_or_a_checkout_the_commit_is_unknown(tmp_path: Path, head: bytes) -> None:
    assert commit(tmp_path) == UNKNOWN
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_bytes(head)
    assert commit(tmp_path) == UNKNOWN
