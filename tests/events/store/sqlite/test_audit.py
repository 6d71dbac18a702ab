"""What verifying finds of each kind, where nothing else would give it away."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.support.log_database import connected
from tests.support.store import META, OTHER, STREAM, deleted, message, opened, renamed, started
from threadhost.events.store.chain import digest_of
from threadhost.events.store.committer import Idempotency, StreamAppend
from threadhost.events.store.findings import About, Finding, Verdict, Verification
from threadhost.events.store.rows import Row
from threadhost.events.store.sqlite.opening import open_home
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase
from threadhost.events.store.sqlite.verify import verify

LARGE = "x" * 100_000


def check(home: Path) -> Verification:
    with closing(ReadOnlyDatabase(home / "threadhost.db")) as database:
        return verify(database, home / "blobs")


def about(found: Verification, kind: About) -> list[Finding]:
    return [finding for finding in found.findings if finding.about is kind]


def reasons(found: Verification) -> str:
    return "\n".join(map(str, found.findings))


def edit(home: Path, script: str) -> None:
    with closing(connected(home / "threadhost.db", isolation_level=None)) as connection:
        connection.executescript(script)


def row(stream: str, version: int, kind: str, body: bytes = b"{}", key: int | None = None) -> Row:
    """A row that a writer with a fault could write: chained and sealed like all others."""
    about = META.recorded_at_ms, "", "", ""
    return [0, 0, stream, version, kind, *about, key], body, None, digest_of(body)


def write(home: Path, *rows: Row) -> None:
    found = open_home(home, None, lost_keys=False)
    with found.engine.transaction() as tx:
        found.recorder.insert(tx, [rows])
        found.recorder.seal_end(tx)
    found.close()


@pytest.fixture
async def written(home: Path) -> Path:
    """Two threads, one with a snapshot, and a request that is known by its key."""
    async with opened(home) as log:
        first = StreamAppend(STREAM, [started(), renamed(), message(LARGE)], snapshot=b"a state")
        await log.append(first, meta=META, idempotency=Idempotency.of("key", b"request"))
        await log.append(StreamAppend(OTHER, [started("b"), renamed()]), meta=META)
    return home


RULES: dict[str, tuple[Row, str]] = {
    "an event after a tombstone": (
        row(OTHER, 4, "turn.started.v1", b'{"turn_id":"t","started_at_ms":1}'),
        f"position 9, {OTHER}: its stream does not admit it: it is deleted",
    ),
    "an incarnation that does not follow": (
        row(STREAM, 4, "thread.activated.v2", b'{"incarnation":7}'),
        "its stream does not admit it: incarnation 7 does not follow 0",
    ),
    "an incarnation of an older version that does not follow": (
        row(STREAM, 4, "thread.activated.v1", b'{"incarnation":7}'),
        "its stream does not admit it: incarnation 7 does not follow 0",
    ),
    "a body that is none of its type": (
        row(STREAM, 4, "thread.draining.v1", b'{"no":"reason"}'),
        f"position 9, {STREAM}: its body is not a thread.draining.v1",
    ),
    "the key of another thread": (
        row("thread-c", 1, "thread.renamed.v1", b"x", 1),
        f"position 9, thread-c: it is sealed under key 1, which is that of {STREAM}",
    ),
    "a key that is none": (
        row("thread-c", 1, "thread.renamed.v1", b"x", -4),
        "position 9, thread-c: it is sealed under key -4, which is none",
    ),
}


@pytest.mark.few(1)
@pytest.mark.parametrize(("wrong", "words"), list(RULES.values()), ids=list(RULES))
async def test_a_broken_rule_is_reported_though_chain_and_seal_hold(
    written: Path, wrong: Row, words: str
) -> None:
    async with opened(written) as log:
        await log.append(StreamAppend(OTHER, [deleted("b")]), meta=META)
        await log.append(StreamAppend("thread-d", [started("d"), started("d")]), meta=META)
    write(written, wrong)
    found = check(written)
    assert words in reasons(found)
    assert about(found, About.SEAL) == []
    assert "differs from what was written" not in reasons(found)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE store SET value = 'open' WHERE name = 'release'", "has a row release of no host"),
        (
            "DELETE FROM store WHERE name = 'release'",
            "does not name the release that wrote the log",
        ),
    ],
)
async def test_a_log_without_the_release_that_wrote_it_is_reported(
    written: Path, statement: str, words: str
) -> None:
    edit(written, statement)
    [finding] = check(written).findings
    assert (finding.about, f"the table store {words}" in str(finding)) == (About.TABLE, True)


async def test_a_tombstone_that_is_damaged_still_closes_its_stream(written: Path) -> None:
    write(written, row(STREAM, 4, "thread.deleted.v1", b"no body"))
    found = check(written)
    assert "its body is not a thread.deleted.v1" in reasons(found)
    assert found.heads[STREAM].state == "closed"


async def test_a_type_of_a_newer_version_could_not_be_looked_at(written: Path) -> None:
    write(written, row("thread-c", 1, "x\x1b[2J"), row("thread-c", 2, "thread.sung.v1"))
    edit(
        written,
        "INSERT INTO stream_state VALUES ('thread-c', 2, 0, 'open', NULL)",
    )
    found = check(written)
    assert found.verdict is Verdict.NOT_SEEN
    assert found.is_sound
    assert [str(finding) for finding in found.findings] == [
        "position 6, thread-c: its type x\N{REPLACEMENT CHARACTER}[2J is unknown to this version",
        "unseen: 2 events of types that are unknown to this version",
    ]


COPIES = {
    "a snapshot of another version": (
        "UPDATE snapshots SET version = 9",
        f"{STREAM}: its snapshot of version 9 does not match the stream",
    ),
    "a snapshot under another key": (
        "UPDATE snapshots SET key_id = 2",
        f"{STREAM}: its snapshot of version 3 does not match the stream",
    ),
    "a snapshot of nothing": (
        "UPDATE snapshots SET stream = 'thread-z'",
        "thread-z: its snapshot of version 3 does not match the stream",
    ),
    "a snapshot of another type": (
        "UPDATE snapshots SET payload = 'text'",
        f"{STREAM}: its snapshot is malformed",
    ),
    "a request of the future": (
        "UPDATE idempotency SET last_position = 99",
        "the record of the request",
    ),
    "a request of no time": (
        "UPDATE idempotency SET recorded_at_ms = -1",
        "the record of the request",
    ),
    "a digest that is none": (
        "UPDATE idempotency SET digest = x'00'",
        "the record of the request",
    ),
}


@pytest.mark.few(2)
@pytest.mark.parametrize(("script", "words"), list(COPIES.values()), ids=list(COPIES))
async def test_copies_and_notes_that_do_not_fit_are_named_and_the_log_is_sound(
    written: Path, script: str, words: str
) -> None:
    edit(written, script)
    found = check(written)
    assert (found.verdict, found.is_sound) == (Verdict.BESIDE, True)
    assert words in reasons(found)


async def test_without_the_host_key_a_seal_that_is_none_is_named(written: Path) -> None:
    edit(written, "UPDATE sealed_end SET seal = x'0102'")
    assert "the seal on the end of the log is malformed" in reasons(check(written))


async def test_a_table_that_cannot_be_read_is_named(written: Path) -> None:
    edit(written, "ALTER TABLE stream_state RENAME COLUMN incarnation TO other")
    assert "the table stream_state cannot be read: no such column" in reasons(check(written))


async def test_rows_without_an_order_are_named_and_end_the_looking(written: Path) -> None:
    edit(
        written,
        "ALTER TABLE event_rows RENAME TO old;"
        " CREATE TABLE event_rows AS SELECT * FROM old;"
        " UPDATE event_rows SET position = 'x' WHERE position = 3",
    )
    found = check(written)
    assert "the rows of the table events have no order" in reasons(found)
    assert found.events == 4


async def test_a_blob_that_may_not_be_read_could_not_be_looked_at(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("threadhost.events.store.audit.open_blob", refused)
    found = check(written)
    assert found.verdict is Verdict.NOT_SEEN
    assert reasons(found) == f"position 3, {STREAM}: its blob: Permission denied"


@pytest.fixture
async def long(home: Path) -> Path:
    """A log of many pages."""
    async with opened(home) as log:
        for number in range(60):
            stream = f"thread-{number}"
            await log.append(StreamAppend(stream, [started(str(number))] * 20), meta=META)
    return home


def pages_of(home: Path, name: str) -> Iterator[int]:
    """Where pages of a table or an index begin that hold rows, the second and later ones."""
    with closing(connected(home / "threadhost.db")) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (root,) = connection.execute(query, (name,)).fetchone()
    data = (home / "threadhost.db").read_bytes()
    inner = (root - 1) * size
    assert data[inner] in (2, 5)
    count = int.from_bytes(data[inner + 3 : inner + 5], "big")
    for cell in range(1, count):
        at = inner + 12 + 2 * cell
        start = inner + int.from_bytes(data[at : at + 2], "big")
        yield (int.from_bytes(data[start : start + 4], "big") - 1) * size


def damage(home: Path, at: int) -> None:
    with (home / "threadhost.db").open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * 100)


async def test_rows_on_a_damaged_page_are_reported_and_those_after_it_are_checked(
    long: Path,
) -> None:
    page = next(partial(pages_of, long, "event_rows")())
    damage(long, page)
    found = check(long)
    first = about(found, About.EVENT)[0]
    assert first.reason.startswith("the database cannot read the rows from here on: ")
    assert first.position is not None
    assert 1 < first.position < 1200
    assert found.end.position == 1200
    assert 1000 < found.events < 1200


async def test_an_index_that_differs_from_its_table_is_reported(long: Path) -> None:
    damage(long, next(pages_of(long, "event_rows_stream")))
    found = check(long)
    assert found.events == 1200
    assert "the database is damaged: " in reasons(found)


async def test_no_more_than_so_many_findings_are_kept_and_all_are_counted(long: Path) -> None:
    edit(long, "UPDATE events SET principal = 'eve'")
    found = check(long)
    assert len(found.findings) == 1000
    assert found.finding_count == 1200 + 1  # the old name, which no event has any more
    assert [finding.position for finding in found.findings] == list(range(1, 1001))
