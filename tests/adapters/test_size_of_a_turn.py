"""How much a home grows with each turn."""

import sqlite3
from contextlib import closing
from pathlib import Path

import threadhost

BYTES_A_TURN = 3_000
SAID = "Fifty bytes of a text, as short as people's often."
TURNS = 100


async def used_after(home: Path, turns: int) -> int:
    """The bytes that the database of a host uses once a thread has had so many turns."""
    async with threadhost.open(home) as host, host.connect() as client:
        thread = await client.start_thread()
        for _ in range(turns):
            await client.run_turn(thread.id, SAID)
    with closing(sqlite3.connect(home / "threadhost.db")) as database:
        count, free, size = (
            database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((count - free) * size)


async def test_a_turn_of_fifty_bytes_takes_less_than_three_kilobytes(tmp_path: Path) -> None:
    few = await used_after(tmp_path / "few", 1)
    many = await used_after(tmp_path / "many", 1 + TURNS)
    assert len(SAID) == 50
    assert many - few < BYTES_A_TURN * TURNS
