"""Homes with missing, foreign or unusual files and folders."""

from pathlib import Path

import pytest

import threadhost
from tests.support.edited_home import EditedHome, log_text, refusal, started
from tests.support.operator_lines import logged_line
from threadhost.events.store.errors import StoreMismatch


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("statement", ["CREATE VIEW v AS SELECT 1", "CREATE TRIGGER t {}"])
async def test_a_database_with_views_or_triggers_is_refused(
    edited: EditedHome, statement: str
) -> None:
    edited.sql(statement.replace("{}", "AFTER INSERT ON event_rows BEGIN DELETE FROM store; END"))
    assert "which no version of this program makes" in await refusal(edited.home)


async def test_a_database_with_another_view_of_the_rows_is_refused_and_a_missing_one_is_made(
    edited: EditedHome,
) -> None:
    edited.sql("DROP VIEW main.events")
    async with started(edited.home):
        pass
    assert edited.verify()[0] == 0
    edited.sql("DROP VIEW main.events", "CREATE VIEW main.events AS SELECT 1 AS position")
    assert "has a view 'events', which no version of this program" in await refusal(edited.home)


async def test_a_home_without_its_database_is_refused_and_gets_no_new_one(
    edited: EditedHome,
) -> None:
    edited.sh("rm {home}/threadhost.db*")
    before = names(edited.home)
    words = await refusal(edited.home)
    assert (
        "threadhost.db is missing, and the keys of its log are there; restore the database" in words
    )
    assert names(edited.home) == before


async def test_an_emptied_database_is_not_taken_for_a_new_log(edited: EditedHome) -> None:
    edited.sh(": > {home}/threadhost.db")
    assert "is missing, and the keys of its log are there" in await refusal(edited.home)
    assert edited.database.stat().st_size == 0


@pytest.mark.parametrize("name", ["notes.txt", ".git"])
async def test_a_folder_with_foreign_files_is_refused_and_left_unchanged(
    tmp_path: Path, name: str
) -> None:
    (home := tmp_path / "home").mkdir(mode=0o755)
    (home / name).write_text("mine")
    words = await refusal(home)
    assert f"is neither empty nor a home: it holds {name}" in words
    assert home.stat().st_mode & 0o777 == 0o755
    assert [(path.name, path.read_text()) for path in home.iterdir()] == [(name, "mine")]


@pytest.mark.few(1)
@pytest.mark.parametrize("name", ["lost+found", "host.key.new"])
async def test_an_empty_volume_or_the_rest_of_an_interrupted_first_start_can_become_a_home(
    tmp_path: Path, name: str
) -> None:
    (home := tmp_path / "home").mkdir()
    (home / name).write_text("")
    async with started(home) as client:
        await client.start_thread()


async def test_an_empty_name_is_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="an empty text is not a home"):
        async with threadhost.open(""):
            pass
    assert names(tmp_path) == []


@pytest.mark.few(2)
@pytest.mark.parametrize("name", ["threadhost.db", "keys.db", "host.key", "host.lock", "blobs"])
@pytest.mark.parametrize("kind", ["mkfifo {}", "ln -s {kept} {}"])
async def test_a_host_uses_regular_files_alone(edited: EditedHome, name: str, kind: str) -> None:
    edited.sh("rm -rf {home}/" + name)
    edited.sh(kind.replace("{}", "{home}/" + name))
    what = "a pipe" if "fifo" in kind else "a symbolic link"
    words = await refusal(edited.home)
    assert f"{name} is {what}" in words or "blobs is not a folder of a host" in words


async def test_key_files_that_others_may_read_are_warned_of(
    edited: EditedHome, caplog: pytest.LogCaptureFixture
) -> None:
    edited.sh("chmod 644 {home}/host.key && chmod 644 {home}/keys.db")
    async with started(edited.home):
        pass
    assert (
        "host.key has mode 0644, so other users may read the host key; run `chmod 600` on it"
        in log_text(caplog)
    )
    assert logged_line(caplog, "host_key.open")["mode"] == "0644"
    assert (edited.home / "keys.db").stat().st_mode & 0o777 == 0o600


async def test_a_named_host_key_may_be_a_link_but_not_a_pipe(
    edited: EditedHome, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(edited.home / "host.key")
    async with threadhost.open(edited.home, key_file=tmp_path / "link"):
        pass
    (tmp_path / "pipe").mkdir()
    with pytest.raises(StoreMismatch, match="pipe is a folder; only a regular file is read"):
        async with threadhost.open(edited.home, key_file=tmp_path / "pipe"):
            pass
