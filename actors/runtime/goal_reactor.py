"""The reactor of goals: begins the next turn for an active goal when its thread is free."""

import asyncio

from threadhost.actors.goal import ContinueGoal, ScheduleGoal
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.attempts import Attempts
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.reactor import Ask, CarryOut, CommandEnvelope
from threadhost.events.causes import by_event, by_timer
from threadhost.events.fold import Thread
from threadhost.events.goal import goal_of, is_goal_ready, is_goal_turn_next
from threadhost.events.goal_cover import COVER
from threadhost.events.goal_state import Goal
from threadhost.events.ids import thread_stream

MILLISECONDS = 1000


class GoalReactor:
    """Records when the next turn for the goal is due, and begins it then."""

    __slots__ = (
        *("_attempts", "_carry_out", "_goal", "_journal"),
        *("_over_at_ms", "_posted_version", "_timer", "_timer_at_ms"),
    )

    def __init__(self, journal: Journal, ask: Ask, carry_out: CarryOut) -> None:
        self._journal = journal
        self._attempts = Attempts(self, journal, ask, "goal")
        self._carry_out = carry_out
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at_ms = 0
        self._over_at_ms = 0
        """The due time of the newest wait that is over, whatever the clock says."""
        self._goal: Goal | None = None
        """The goal as it was last passed on to the threads below."""
        self._posted_version = 0
        """The version up to which the root was asked to charge the thread's spending."""

    def look(self) -> None:
        """Ask to act if a turn for the goal is due; else set a timer for its time."""
        state = self._journal.state
        if not state.parts:
            return
        goal = goal_of(state)
        self._look_at_tree(state, goal)
        is_stale = goal is not None and self._is_stale(state)
        if goal is None or not (is_stale or self._is_turn_next(state)):
            if self._timer is not None:
                self._set_timer(0)
        elif not is_stale and self._journal.now_ms() < goal.next_at_ms != self._over_at_ms:
            self._set_timer(goal.next_at_ms)
        else:
            self._set_timer(0)
            self._attempts.ask()

    async def act(self) -> None:
        """Begin the turn that is due, or record when it will be due."""
        await self._attempts.make(self._go_on)

    def close(self) -> None:
        """Cancel the timer, and post what the thread has spent."""
        self._set_timer(0)
        self._post_spendings(self._journal.state)

    async def _go_on(self) -> None:
        state = self._journal.state
        goal = goal_of(state)
        if goal is not None and (self._is_turn_next(state) or self._is_stale(state)):
            await self._carry_out(await self._next(goal))

    def _is_turn_next(self, state: Thread) -> bool:
        """Whether the next turn is one for the goal, and this host begins such turns."""
        return self._journal.services.begins_unattended_turns and is_goal_turn_next(state)

    def _look_at_tree(self, state: Thread, goal: Goal | None) -> None:
        """Pass changes on: spending to the root, or the goal to the threads below it."""
        if state.parent_id is not None:
            self._post_spendings(state)
        elif goal is not self._goal:
            self._goal = goal
            self._journal.services.budgets.set_cover(state.id, goal.cover if goal else None)

    def _post_spendings(self, state: Thread) -> None:
        cover = COVER.of(state)
        if cover.spent_version > self._posted_version:
            self._posted_version = cover.spent_version
            self._journal.services.budgets.post(cover.root_id, state.id)

    def _is_stale(self, state: Thread) -> bool:
        """Whether the covering budget has changed, so that this goal has to stop or to continue."""
        if state.parent_id is None or state.ephemeral or not is_goal_ready(state):
            return False
        cover = self._journal.services.budgets.of(state.session_id)
        is_used_up = cover is not None and cover.is_used_up
        return COVER.of(state).is_used_up != is_used_up

    async def _next(self, goal: Goal) -> CommandEnvelope:
        if self._is_stale(state := self._journal.state):
            from threadhost.actors.goal_tree import NoteCover

            cover = self._journal.services.budgets.of(state.session_id)
            return CommandEnvelope(NoteCover(cover), await self._origin(goal))
        now_ms = self._journal.now_ms()
        wait_ms = self._journal.services.pacing.before_next(goal)
        if wait_ms and not goal.next_at_ms:
            return CommandEnvelope(ScheduleGoal(now_ms, wait_ms), await self._origin(goal))
        new_id = self._journal.services.ids.new
        command = ContinueGoal(new_id(), "", (), now_ms, goal_id=goal.id)
        return CommandEnvelope(command, await self._origin(goal))

    async def _origin(self, goal: Goal) -> Origin:
        """The origin of a goal's command; its cause is the event that made it due, or the timer."""
        log, stream = self._journal.services.log, thread_stream(self._journal.state.id)
        fact = await log.fact_at(stream, goal.due_version)
        correlation_id = fact.meta.correlation_id if fact else self._journal.state.id
        cause = by_event(stream, goal.due_version)
        if goal.next_at_ms:
            cause = by_timer("goal", goal.next_at_ms)
        return policy("goal", correlation_id, cause)

    def _set_timer(self, at_ms: int) -> None:
        """Look again at this time only; 0 for no time."""
        if self._timer is not None and self._timer_at_ms == at_ms:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at_ms:
            # If the clock is set meanwhile, the wait still ends within the longest one.
            longest_ms = self._journal.services.pacing.wait_max_ms
            wait_ms = min(at_ms - self._journal.now_ms(), longest_ms)
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(wait_ms / MILLISECONDS, self._on_timer)
            self._timer_at_ms = at_ms

    def _on_timer(self) -> None:
        self._timer, self._over_at_ms = None, self._timer_at_ms
        self.look()
