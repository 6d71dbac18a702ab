"""The home folder: who may look, what belongs together, and what never stands in a file."""

import shutil
import sqlite3
import stat
from collections.abc import Iterable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support.store import (
    META,
    OTHER,
    STREAM,
    database_of,
    deleted,
    message,
    opened,
    renamed,
    started,
)
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.home import PATH_BYTES_MAX, prepare_home
from threadhost.events.store.host_key import load_host_key
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite.formats import FORMAT_OF_0_1
from threadhost.events.store.sqlite.schema import FORMAT, STATEMENTS, fingerprint
from threadhost.events.thread import ThreadConfigured, ThreadSettings
from threadhost.events.turn import ItemRecorded
from threadhost.projections import all_views

SECRET = "a very private sentence"
LARGE = SECRET * 4000


def everything_in(home: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(home.rglob("*")) if p.is_file())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(home: Path) -> tuple[dict[str, int], dict[str, int]]:
    """The modes of files and of folders, by name."""
    paths = list(home.rglob("*"))
    files = {path.name: mode(path) for path in paths if path.is_file()}
    return files, {path.name: mode(path) for path in paths if path.is_dir()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_home_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    home = prepare_home(tmp_path / "deep" / "home")
    assert mode(home) == 0o700


def test_a_home_that_others_may_read_is_made_private(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    assert mode(prepare_home(tmp_path / "home")) == 0o700


@pytest.mark.parametrize("kind", ["a file", "a link that leads nowhere"])
def test_a_home_path_that_is_no_folder_is_refused_and_left_unchanged(
    tmp_path: Path, kind: str
) -> None:
    place = tmp_path / "home"
    if kind == "a file":
        place.touch()
    else:
        place.symlink_to(tmp_path / "gone")
    with pytest.raises(NotADirectoryError) as refused:
        prepare_home(place)
    assert refused.value.strerror == f"is {kind}; a home is a folder"
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


async def test_every_file_and_folder_is_for_the_owner_alone(home: Path) -> None:
    async with opened(home, all_views()) as log:
        await log.append(StreamAppend(STREAM, [started(), message(LARGE)]), meta=META)
        files, folders = modes(home)
    assert {"threadhost.db", "threadhost.db-wal", "keys.db", "host.key"} <= set(files)
    assert set(folders) == {"blobs", STREAM}
    assert set(files.values()) == {0o600}
    assert set(folders.values()) == {0o700}


async def test_a_database_that_others_may_read_is_made_private(home: Path) -> None:
    (home / "threadhost.db").touch(mode=0o644)
    async with opened(home):
        assert mode(home / "threadhost.db") == 0o600


async def test_no_file_ever_holds_sealed_text_or_a_key(home: Path) -> None:
    async with opened(home) as log:
        await log.append(
            StreamAppend(STREAM, [started(), message(SECRET), renamed(SECRET), message(LARGE)]),
            meta=META,
        )
        cipher_keys = [unwrapped(home, *row) for row in wrapped(home)]
        open_bytes = everything_in(home)
    for content in (open_bytes, everything_in(home)):
        assert SECRET.encode() not in content
        assert not any(key in content for key in cipher_keys)
        assert len(content) > len(LARGE)


def wrapped(home: Path) -> list[tuple[int, bytes, int]]:
    with closing(sqlite3.connect(home / "keys.db")) as keys:
        return keys.execute("SELECT id, wrapped, wrapping FROM keys").fetchall()


def unwrapped(home: Path, number: int, wrapped: bytes, wrapping: int) -> bytes:
    host_key = AESGCM(load_host_key(home))
    return host_key.decrypt(wrapped[:12], wrapped[12:], b"key %d under %d" % (number, wrapping))


def thread_of(number: int) -> str:
    """Ids that do not grow, so that rows go in between others and pages are split."""
    return f"{hash_of(number)}-{number}"


def hash_of(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()[:16]


async def fill(log: Log, threads: int) -> None:
    """Threads with private names and previews of many lengths, renamed once."""
    for n in range(threads):
        text = f"preview-{n:04}-{SECRET} " + "x" * (n * 37 % 400)
        content = [{"type": "text", "text": text}]
        said = ItemRecorded(turn_id="t", item_id="i", type="userMessage", item={"content": content})
        settings = ThreadSettings(cwd=f"/home/{n:04}-{SECRET}", model="m", model_provider="p")
        facts = [
            started(thread_of(n)),
            ThreadConfigured(settings=settings),
            renamed(f"first-{n:04}-{SECRET}"),
            said,
            renamed(f"second-{n:04}-{SECRET}" + "y" * (n * 53 % 300)),
        ]
        await log.append(StreamAppend(f"thread-{thread_of(n)}", facts), meta=META)


async def delete(log: Log, numbers: Iterable[int]) -> None:
    ids = [thread_of(n) for n in numbers]
    await log.append(*(StreamAppend(f"thread-{i}", [deleted(i)]) for i in ids), meta=META)
    await log.destroy_keys([f"thread-{i}" for i in ids])


def numbers_found(home: Path, numbers: Iterable[int]) -> list[int]:
    content = everything_in(home)
    return [n for n in numbers if f"{n:04}-{SECRET}".encode() in content]


async def test_after_a_delete_and_a_checkpoint_no_byte_of_private_text_is_left(home: Path) -> None:
    async with opened(home, all_views()) as log:
        await fill(log, 300)
        gone, kept = range(0, 300, 2), range(1, 300, 2)
        assert numbers_found(home, gone) == list(gone)
        for n in range(0, 300, 20):
            await delete(log, range(n, n + 20, 2))
        assert (await log.checkpoint()).is_whole
        assert numbers_found(home, gone) == []
        assert numbers_found(home, kept) == list(kept)
        assert database_of(log).rows("SELECT count(*) FROM thread_texts") == [(len(kept),)]


async def grow(log: Log, threads: int, most: int) -> None:
    """Names of up to so many characters more, for which rows have to move."""
    for n in range(threads):
        name = renamed(f"third-{n:04}-{SECRET}" + "z" * (n * 53 % most))
        await log.append(StreamAppend(f"thread-{thread_of(n)}", [name]), meta=META)


@pytest.mark.slices
async def test_an_overwrite_that_a_crash_prevented_is_done_at_the_next_start(
    tmp_path: Path,
) -> None:
    """How rows lie in pages is chance: histories are tried until one leaves a copy of a row."""
    gone = range(0, 100, 2)
    for most in range(200, 2000, 100):
        home = prepare_home(tmp_path / str(most))
        async with opened(home, all_views()) as log:
            await fill(log, 200)
            await grow(log, 200, most)
            for n in gone:
                await delete(log, [n])
        if numbers_found(home, gone):
            break
    else:
        pytest.fail("no history leaves a copy of a row")
    async with opened(home, all_views()):
        assert numbers_found(home, gone) == []


async def test_overwriting_takes_a_tenth_of_the_time_at_most(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first deletion is erased at once, those right after it once the writer had a rest."""
    now_s = iter([100.0, 102.0, 121.9, 122.1, 122.2])
    monkeypatch.setattr("threadhost.events.store.sqlite.scrub.monotonic", lambda: next(now_s))
    async with opened(home, all_views()) as log:
        await fill(log, 2)
        await delete(log, [0])
        assert (await log.checkpoint()).is_whole
        await delete(log, [1])
        assert not (await log.checkpoint()).is_whole
        assert (await log.checkpoint()).is_whole
        assert (await log.checkpoint()).is_whole
        assert next(now_s, None) is None


@pytest.mark.slices
async def test_a_checkpoint_reports_that_a_reader_blocks_it(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
        with database_of(log).reading() as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT * FROM events").fetchall()
            assert not (await log.checkpoint()).is_whole
            connection.execute("COMMIT")
        assert (await log.checkpoint()).is_whole


async def used(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), message()]), meta=META)


@pytest.mark.parametrize("missing", ["keys.db", "host.key"])
async def test_a_home_with_a_missing_file_is_refused_and_left_alone(
    home: Path, missing: str
) -> None:
    await used(home)
    (home / missing).unlink()
    for _ in range(2):
        with pytest.raises(
            StoreMismatch, match=f"{missing} is missing; restore it, the log in .* cannot be"
        ):
            async with opened(home):
                pass
        assert not (home / missing).exists()


async def test_a_host_key_outside_the_home_is_used_and_required(tmp_path: Path, home: Path) -> None:
    key_file = tmp_path / "elsewhere.key"
    async with opened(home, key_file=key_file) as log:
        await log.append(StreamAppend(STREAM, [message()]), meta=META)
    assert not (home / "host.key").exists()
    with pytest.raises(StoreMismatch, match=r"host\.key is missing"):
        async with opened(home):
            pass
    async with opened(home, key_file=key_file) as log:
        assert (await log.read(0, 1))[0].event == message()


async def test_another_host_key_is_refused_before_anything_is_written(home: Path) -> None:
    await used(home)
    (home / "host.key").write_text("ab" * 32)
    before = (home / "keys.db").read_bytes()
    with pytest.raises(StoreMismatch, match="not wrapped by this host key"):
        async with opened(home):
            pass
    assert (home / "keys.db").read_bytes() == before


async def test_keys_of_another_home_are_refused(home: Path, tmp_path: Path) -> None:
    await used(home)
    other = prepare_home(tmp_path / "other")
    await used(other)
    shutil.copy(other / "keys.db", home / "keys.db")
    with pytest.raises(StoreMismatch, match="holds the keys of log"):
        async with opened(home):
            pass


async def test_keys_from_an_old_backup_are_refused(home: Path, tmp_path: Path) -> None:
    await used(home)
    shutil.copy(home / "keys.db", tmp_path / "backup.db")
    async with opened(home) as log:
        appends = [StreamAppend(f"thread-{n}", [message()]) for n in range(300)]
        await log.append(*appends, meta=META)
    shutil.copy(tmp_path / "backup.db", home / "keys.db")
    with pytest.raises(
        StoreMismatch, match=r"lacks the keys of 285 threads .* restore a newer keys"
    ):
        async with opened(home):
            pass


async def test_a_log_of_another_format_is_refused(home: Path) -> None:
    async with opened(home) as log:
        await log.transact(lambda tx: tx.run("UPDATE store SET value = '3' WHERE name = 'format'"))
    with pytest.raises(
        StoreMismatch, match=f"the log has format 3, but this version reads {FORMAT}"
    ):
        async with opened(home):
            pass


def test_the_formats_of_logs_are_those_of_the_homes_that_exist() -> None:
    assert (FORMAT_OF_0_1, FORMAT) == ("b5e9848f183d", "a0b19d204235")


def test_another_column_changes_the_log_format_and_another_layout_or_index_does_not() -> None:
    wider = [s.replace("chain BLOB NOT NULL)", "chain BLOB NOT NULL, x)") for s in STATEMENTS]
    assert fingerprint(wider) != FORMAT
    assert fingerprint(reversed([" ".join(s.split()) for s in STATEMENTS])) == FORMAT
    assert fingerprint([*STATEMENTS, "CREATE INDEX more ON events (type)"]) == FORMAT


@pytest.mark.parametrize("more", [0, 1])
async def test_a_home_is_as_far_from_the_root_as_a_database_may_be(
    tmp_path: Path, more: int
) -> None:
    far = tmp_path / "/".join(["x" * 99] * 9)
    path = Path(str(far)[: PATH_BYTES_MAX + more - 1] + "y")
    if more:
        with pytest.raises(StoreMismatch, match="480 bytes at most, which is what SQLite takes"):
            prepare_home(path)
        assert names(tmp_path) == []
    else:
        async with opened(prepare_home(path)) as log:
            await log.append(StreamAppend(STREAM, [started(), message(LARGE)]), meta=META)


async def test_a_log_in_memory_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log = Log.in_memory(all_views())
    done = await log.append(StreamAppend(STREAM, [started(), message(LARGE)]), meta=META)
    assert await log.read_stream(STREAM) == list(done.recorded)
    await log.append(StreamAppend(OTHER, [started("b"), message()]), meta=META)
    await log.forget(STREAM)
    assert await log.stream_head(STREAM) is None
    assert [fact.stream for fact in await log.read(0, 10)] == [OTHER, OTHER]
    await log.close()
    assert names(tmp_path) == []


async def test_a_durable_log_refuses_to_drop_a_stream(log: Log) -> None:
    await log.append(StreamAppend(STREAM, [started()]), meta=META)
    with pytest.raises(LookupError, match="never dropped"):
        await log.forget(STREAM)
    assert len(await log.read(0, 10)) == 1
