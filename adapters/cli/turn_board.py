"""The display of streaming turns: a live board on a terminal, plain lines elsewhere."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from threadhost.adapters.cli.output import console, shown
from threadhost.adapters.client.notes import Note

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

BAR_COLUMNS = 20
TAIL_CHARS = 32
COLUMNS = 4


@dataclass(slots=True)
class Line:
    """One turn: the most characters that it is expected to say, and its text so far."""

    name: str
    expected_chars: int
    text: str = ""
    deltas: int = 0
    status: str = "waiting"


class Board:
    """Shows running turns, one a thread."""

    def __init__(self, quiet: bool) -> None:  # noqa: FBT001
        self._console = console()
        self._lines: dict[str, Line] = {}
        self._quiet = quiet
        self._live: Live | None = None

    def expect(self, thread_id: str, name: str, chars: int) -> None:
        """Announce a turn of this thread."""
        self._lines[thread_id] = Line(name, chars)

    def hear(self, note: Note) -> None:
        """Apply a notification."""
        line = self._lines.get(note.thread_id or "")
        if line is None:
            return
        if note.method == "turn/started":
            line.status = "streams"
        elif note.method == "item/agentMessage/delta":
            line.text += note.params["delta"]
            line.deltas += 1
        elif note.method == "turn/completed":
            line.status = note.params["turn"]["status"]
            self._finished(line)
        if self._live is not None:
            self._live.update(self._table())

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._quiet:
            from rich.live import Live

            self._live = Live(self._table(), console=self._console, refresh_per_second=20)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def _finished(self, line: Line) -> None:
        if self._live is None and not self._quiet:
            self._console.print(f"  {line.name:<12} {line.status}, {line.deltas} deltas")

    def _table(self) -> "Table":
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for _ in range(COLUMNS):
            table.add_column(no_wrap=True)
        for line in self._lines.values():
            bar = ProgressBar(line.expected_chars, len(line.text), width=BAR_COLUMNS)
            table.add_row(f"  {line.name}", bar, line.status, shown(line.text[-TAIL_CHARS:]))
        return table
