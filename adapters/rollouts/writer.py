"""Rollout files of threads, each updated from the stream of its thread."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from threadhost.adapters.rollout_path import RolloutPlace, rollout_place
from threadhost.adapters.rollouts import file
from threadhost.adapters.rollouts.folders import RolloutFolders, UnexpectedFile
from threadhost.adapters.rollouts.lines import (
    OF_CONTEXT,
    Context,
    advance_context,
    began_elsewhere,
    render_lines,
)
from threadhost.events.base import Recorded
from threadhost.events.damage import DamageReport
from threadhost.events.ids import thread_stream
from threadhost.events.imported import ThreadImported, is_imported
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.log_reader import LogReader
from threadhost.events.store.rows import LogRow
from threadhost.events.thread import ThreadArchived, ThreadUnarchived
from threadhost.events.turn import TurnStarted

KEPT_MAX = 4096
"""How many threads' ends of files are remembered."""
MOVES: Mapping[type, bool] = {ThreadArchived: True, ThreadUnarchived: False}


class RolloutState(NamedTuple):
    """A thread's file: its place, its version of the stream, and the context of later lines."""

    thread_id: str
    places: tuple[RolloutPlace, RolloutPlace]
    """Its place while active, and its place when archived."""
    archived: bool
    version: int
    size: int
    context: Context

    @property
    def place(self) -> RolloutPlace:
        """The present place."""
        return self.places[self.archived]


class RolloutWriter:
    """Updates files, on whichever one thread calls it; it waits for the log alone."""

    def __init__(self, log: LogReader, folders: RolloutFolders) -> None:
        self.anew = False
        """Whether files are rewritten, because they are of another history."""
        self.unsynced: dict[str, RolloutPlace] = {}
        """The written files that may not be on disk yet, by thread."""
        self.damages = DamageReport()
        """Events that could not be read, and are in no file."""
        self._log = log
        self._folders = folders
        self._states: OrderedDict[str, RolloutState] = OrderedDict()

    def forget(self, thread_id: str) -> None:
        """Examine the file of this thread again before the next write."""
        self._states.pop(thread_id, None)

    async def bring_up(self, thread_id: str, rows: Sequence[LogRow], until: int) -> int:
        """Update the file of one thread to a version; `rows` are the newest rows, if known.

        Returns its size in bytes, 0 without any content. Raises OSError, UnexpectedFile, KeyMissing
        for a thread of which nothing can be read, or another StoreError.
        """
        state = self._states.pop(thread_id, None)
        try:
            state = await self._brought_up(thread_id, state, rows, until)
        except file.Changed:
            state = await self._brought_up(thread_id, None, rows, until)
        if state is None:
            return 0
        self._states[thread_id] = state
        if len(self._states) > KEPT_MAX:
            self._states.popitem(last=False)
        return state.size

    async def _brought_up(
        self, thread_id: str, state: RolloutState | None, rows: Sequence[LogRow], until: int
    ) -> RolloutState | None:
        """Update the file to the end of its thread; None for a thread without events."""
        if state is not None and [row.version for row in rows] == list(
            range(state.version + 1, state.version + 1 + len(rows))
        ):
            return self._added(state, self._log.opened(rows))
        state = state or await self._taken_up(thread_id)
        if state is not None:
            stream = thread_stream(thread_id)
            async for facts in self._log.walk_stream(stream, state.version, until):
                state = self._added(state, facts)
        return state

    async def _taken_up(self, thread_id: str) -> RolloutState | None:
        """The state of a file that was not examined yet; None for a thread without events."""
        stream = thread_stream(thread_id)
        first = await self._log.read_stream(stream, limit=1)
        if not first:
            return None
        await self._log.require_key(stream)  # else the file would count as complete, and be empty
        moves = await self._log.read_stream(stream, types=(ThreadArchived, ThreadUnarchived))
        archived = bool(moves) and MOVES.get(type(moves[-1].event), False)
        made_ms = await self._made_ms(first[0])
        active, archive = (rollout_place(thread_id, made_ms, archived=n) for n in (False, True))
        state = RolloutState(thread_id, (active, archive), archived, 0, 0, Context())
        if self._look_at(state.place) is None:
            self._folders.move(state.places[not archived], state.place)
        content = self._look_at(state.place) or file.EMPTY
        version = content.version or 0
        context = await self._context(stream, version) if content.size else Context()
        return state._replace(version=version, size=content.size, context=context)

    async def _made_ms(self, first: Recorded) -> int:
        """When a thread began, here or in another program."""
        if is_imported(first.meta):
            for fact in await self._log.read_stream(first.stream, limit=1, types=(ThreadImported,)):
                return began_elsewhere(fact) or first.meta.recorded_at_ms
        return first.meta.recorded_at_ms

    async def _context(self, stream: str, version: int) -> Context:
        """The context of lines after a version."""
        facts = await self._log.read_stream(stream, types=OF_CONTEXT)
        earlier = [fact for fact in facts if fact.version <= version]
        context = advance_context(Context(), earlier)
        turns = [fact.version for fact in earlier if isinstance(fact.event, TurnStarted)]
        async for batch in self._log.walk_stream(stream, turns[-1] if turns else version, version):
            context = advance_context(context, batch)
        return context

    def _look_at(self, place: RolloutPlace) -> file.IntactPrefix | None:
        """The intact part of an existing file, cut to it; UnexpectedFile for another program's."""
        try:
            with self._folders.opened(place) as descriptor:
                content = file.intact_prefix(descriptor)
                if content.version is None:
                    raise UnexpectedFile(self._folders.path(place), "of another program")
                content = file.EMPTY if self.anew else content
                file.cut(descriptor, content.size)
                return content
        except FileNotFoundError:
            return None

    def _added(self, state: RolloutState, facts: Sequence[Recorded]) -> RolloutState:
        """Append the lines of these facts to the file, and move it if they archive the thread."""
        facts = list(self.damages.noted(facts))
        context, lines = render_lines(state.context, facts, is_new=state.size == 0)
        size = state.size
        if lines:
            with self._folders.opened(state.place, make=True) as descriptor:
                size = file.add(descriptor, state.size, lines)
            self.unsynced[state.thread_id] = state.place
        version = facts[-1].version if facts else state.version
        state = state._replace(version=version, size=size, context=context)
        moves = [MOVES[type(fact.event)] for fact in facts if type(fact.event) in MOVES]
        if moves and moves[-1] != state.archived:
            old = state.place
            state = state._replace(archived=moves[-1])
            self._folders.move(old, state.place)
            self.unsynced[state.thread_id] = state.place
        return state
