"""What a host gives back some time after a deletion, at once."""

from threadhost.events.store.log import Log


async def reclaim_all(log: Log) -> None:
    """Purge what is erased, write its rows anew and take free pages off the file, all of it."""
    while not (await log.purge()).is_done:
        continue
    while await log.compact_rows():
        continue
    while await log.release_pages():
        continue
    await log.checkpoint()
