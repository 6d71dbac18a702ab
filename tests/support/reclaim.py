"""What a host gives back some time after a deletion, at once."""

from threadhost.events.store.log import Log


async def reclaim_all(log: Log) -> None:
    """Purge what is erased, write its rows anew and take free pages off the file, all of it."""
    while not (await log.purge()).is_done:
        continue
    while await log.pack():
        continue
    while await log.give_back():
        continue
    await log.checkpoint()
