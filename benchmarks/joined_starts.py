"""How soon the first thread of a client is answered that joins a host which runs already."""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.machine import described
from benchmarks.stdio import PROGRAM, Server, empty_starts, serving
from benchmarks.table import print_table

STARTS = 20


def joined_reply(home: Path) -> float:
    """Milliseconds until the first `thread/start` of a client that joins the host on a home."""
    server = Server(str(PROGRAM), "app-server", "--home", str(home))
    server.ask("initialize", clientInfo={"name": "bench", "version": "1"})
    server.start()
    started_s = perf_counter()
    server.close()
    return (started_s - server.started) * 1000


def joined(home: Path) -> tuple[list[float], list[float]]:
    """Those of clients that join, each beside an interpreter that does nothing, in milliseconds."""
    replies: list[float] = []
    with serving(home):
        empty = []
        for _ in range(STARTS):
            replies.append(joined_reply(home))
            empty += empty_starts(1)
    return replies, empty


def main() -> None:
    """Clients one after the other, each beside an interpreter that does nothing."""
    print(described())
    with TemporaryDirectory() as folder:
        replies, empty = joined(Path(folder) / "joined")
    rows = [
        ("thread/start of a client that joins", median(replies), min(replies)),
        ("an interpreter that does nothing", median(empty), min(empty)),
    ]
    print_table(("what", "median, ms", "least, ms"), rows)
