"""Rollout files of threads, each brought up to date from the stream of its thread."""

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
"""Threads of which it is known where their files end."""
MOVES: Mapping[type, bool] = {ThreadArchived: True, ThreadUnarchived: False}


class RolloutState(NamedTuple):
    """A thread's file: where it is, up to which version of the stream, and what lines need."""

    thread_id: str
    places: tuple[RolloutPlace, RolloutPlace]
    """Where it is in use, and where it is put away."""
    archived: bool
    version: int
    size: int
    context: Context

    @property
    def place(self) -> RolloutPlace:
        """Where it is."""
        return self.places[self.archived]


class RolloutWriter:
    """Brings files up to date, on whichever one thread calls it; it waits for the log alone."""

    def __init__(self, log: LogReader, folders: RolloutFolders) -> None:
        self.anew = False
        """Whether files are made anew, as they are of another history."""
        self.unsynced: dict[str, RolloutPlace] = {}
        """By thread, the files that were written and may not be on disk yet."""
        self.damages = DamageReport()
        """What could not be read, and is in no file."""
        self._log = log
        self._folders = folders
        self._kept: OrderedDict[str, RolloutState] = OrderedDict()

    def forget(self, thread_id: str) -> None:
        """Look at the file of this thread before it is written to again."""
        self._kept.pop(thread_id, None)

    async def bring_up(self, thread_id: str, rows: Sequence[LogRow], until: int) -> int:
        """Bring the file of one thread up to a version; `rows` are the newest, if they are known.

        Returns how many bytes it has, 0 where there is nothing to tell. Raises OSError,
        UnexpectedFile, KeyMissing for a thread of which nothing can be read, or another StoreError.
        """
        known = self._kept.pop(thread_id, None)
        try:
            known = await self._brought_up(thread_id, known, rows, until)
        except file.Changed:
            known = await self._brought_up(thread_id, None, rows, until)
        if known is None:
            return 0
        self._kept[thread_id] = known
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return known.size

    async def _brought_up(
        self, thread_id: str, known: RolloutState | None, rows: Sequence[LogRow], until: int
    ) -> RolloutState | None:
        """The file once it says all of its thread; None for a thread that nobody can name."""
        if known is not None and [row.version for row in rows] == list(
            range(known.version + 1, known.version + 1 + len(rows))
        ):
            return self._added(known, self._log.opened(rows))
        known = known or await self._taken_up(thread_id)
        if known is not None:
            stream = thread_stream(thread_id)
            async for facts in self._log.walk_stream(stream, known.version, until):
                known = self._added(known, facts)
        return known

    async def _taken_up(self, thread_id: str) -> RolloutState | None:
        """Where a file stands that was not looked at yet; None for a thread nobody can name."""
        stream = thread_stream(thread_id)
        first = await self._log.read_stream(stream, limit=1)
        if not first:
            return None
        await self._log.require_key(stream)  # else it would be whole with nothing in it
        moves = await self._log.read_stream(stream, types=(ThreadArchived, ThreadUnarchived))
        archived = bool(moves) and MOVES.get(type(moves[-1].event), False)
        made_ms = await self._made_ms(first[0])
        active, archive = (rollout_place(thread_id, made_ms, archived=n) for n in (False, True))
        known = RolloutState(thread_id, (active, archive), archived, 0, 0, Context())
        if self._look_at(known.place) is None:
            self._folders.move(known.places[not archived], known.place)
        content = self._look_at(known.place) or file.EMPTY
        version = content.version or 0
        context = await self._context(stream, version) if content.size else Context()
        return known._replace(version=version, size=content.size, context=context)

    async def _made_ms(self, first: Recorded) -> int:
        """When a thread began, here or elsewhere."""
        if is_imported(first.meta):
            for fact in await self._log.read_stream(first.stream, limit=1, types=(ThreadImported,)):
                return began_elsewhere(fact) or first.meta.recorded_at_ms
        return first.meta.recorded_at_ms

    async def _context(self, stream: str, version: int) -> Context:
        """What lines after a version need of what was said before."""
        facts = await self._log.read_stream(stream, types=OF_CONTEXT)
        known = [fact for fact in facts if fact.version <= version]
        context = advance_context(Context(), known)
        turns = [fact.version for fact in known if isinstance(fact.event, TurnStarted)]
        async for some in self._log.walk_stream(stream, turns[-1] if turns else version, version):
            context = advance_context(context, some)
        return context

    def _look_at(self, place: RolloutPlace) -> file.IntactPrefix | None:
        """How far a file goes that is there, cut to that; UnexpectedFile if it is another's."""
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

    def _added(self, known: RolloutState, facts: Sequence[Recorded]) -> RolloutState:
        """The file with what these facts say, and where they put it."""
        facts = list(self.damages.noted(facts))
        context, lines = render_lines(known.context, facts, is_new=known.size == 0)
        size = known.size
        if lines:
            with self._folders.opened(known.place, make=True) as descriptor:
                size = file.add(descriptor, known.size, lines)
            self.unsynced[known.thread_id] = known.place
        version = facts[-1].version if facts else known.version
        known = known._replace(version=version, size=size, context=context)
        moves = [MOVES[type(fact.event)] for fact in facts if type(fact.event) in MOVES]
        if moves and moves[-1] != known.archived:
            old = known.place
            known = known._replace(archived=moves[-1])
            self._folders.move(old, known.place)
            self.unsynced[known.thread_id] = known.place
        return known
