"""A progress bar with text beside it, shown only on a terminal."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID


class ProgressBar:
    """The progress of some work; nothing is shown except on a terminal."""

    def __init__(self, console: "Console", *, quiet: bool) -> None:
        self._console = console
        self._is_wanted = console.is_terminal and not quiet
        self._bar: tuple[Progress, TaskID] | None = None

    @property
    def is_shown(self) -> bool:
        """Whether the bar is shown now."""
        return self._bar is not None

    def show(self) -> None:
        """Show the bar if there is a terminal."""
        if not self._is_wanted:
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[words]}"))
        progress = Progress(*columns, console=self._console)
        self._bar = progress, progress.add_task("", total=None, words="")
        progress.start()

    def update(self, done: int, total: int, words: str) -> None:
        """Set how much is done."""
        if self._bar is not None:
            progress, task = self._bar
            progress.update(task, completed=done, total=max(1, total), words=words)

    def end(self) -> None:
        """End the bar in its present state."""
        if self._bar is not None:
            self._bar[0].stop()
