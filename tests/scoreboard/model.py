"""The model that row 9 holds the host against: threads, trees and turns as plain Python."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Turn:
    """One turn as its client knows it."""

    id: str
    texts: list[str]
    status: str = "inProgress"


@dataclass(slots=True)
class Thread:
    """One thread as its clients know it."""

    id: str
    parent: str | None = None
    depth: int = 0
    ephemeral: bool = False
    name: str | None = None
    live: bool = True
    turns: list[Turn] = field(default_factory=list)
    had_turns: bool = False
    failed: bool = False

    def begin(self, turn: Turn) -> None:
        """A turn began."""
        self.had_turns = True
        self.turns.append(turn)
        self.failed = False

    def end(self, status: str) -> None:
        """The turn that ran is over."""
        self.turns[-1].status = status
        self.failed = status == "failed"

    @property
    def preview(self) -> str:
        """What lists show of it: what was said first, of what was not taken back."""
        return self.turns[0].texts[0] if self.turns else ""

    @property
    def running(self) -> Turn | None:
        """The turn that has not ended."""
        last = self.turns[-1] if self.turns else None
        return last if last and last.status == "inProgress" else None


@dataclass(slots=True)
class Model:
    """All threads that are, and the ids of those that are gone."""

    threads: dict[str, Thread] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    """Ephemeral threads that ended with their process or were let go."""

    def add(self, thread: Thread) -> None:
        """A thread was started."""
        if thread.parent is not None:
            thread.depth = self.threads[thread.parent].depth + 1
        self.threads[thread.id] = thread

    def children(self, thread_id: str) -> list[str]:
        """The threads right below, by age."""
        return [t.id for t in self.threads.values() if t.parent == thread_id]

    def below(self, thread_id: str) -> list[str]:
        """The thread and all below it, breadth first: by depth, then by id."""
        found, level = [], [thread_id]
        while level:
            found += level
            level = sorted(child for parent in level for child in self.children(parent))
        return found

    def delete(self, thread_id: str) -> list[str]:
        """A tree is gone; its threads in the order of their removal."""
        order = list(reversed(self.below(thread_id)))
        for doomed in order:
            del self.threads[doomed]
        self.gone.update(order)
        return order

    def let_go(self, thread_id: str) -> None:
        """A thread was unloaded: one in memory is no more, one that is stored stays."""
        thread = self.threads[thread_id]
        if thread.running:
            thread.running.status = "interrupted"
        thread.live = False
        if thread.ephemeral:
            del self.threads[thread_id]
            self.lost.add(thread_id)

    def restart(self) -> None:
        """The process ended, this way or that, and another one began."""
        for thread_id in list(self.threads):
            self.let_go(thread_id)

    def listed(self) -> set[str]:
        """What a list of roots shows: stored threads that had a turn."""
        return {
            t.id
            for t in self.threads.values()
            if t.had_turns and not t.ephemeral and t.parent is None
        }
