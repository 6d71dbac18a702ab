"""The refusals of the rules, in the words that clients of the protocol know."""

from typing import ClassVar, Literal

Sort = Literal["invalid", "overloaded", "failed", "unsupported"]
"""It is impossible, impossible just now, stopped halfway, or never done by this host."""


class Refusal(Exception):
    """The root of all refusals; the message may be shown to the client that asked."""

    sort: ClassVar[Sort] = "invalid"


class ThreadRefusal(Refusal):
    """A refusal whose message names the thread, and nothing else."""

    words: ClassVar[str]

    def __init__(self, thread_id: str) -> None:
        super().__init__(self.words.format(thread_id=thread_id))
        self.thread_id = thread_id


class ThreadNotFound(ThreadRefusal):
    """No such thread, or no longer."""

    words = "thread not found: {thread_id}"


class ThreadNotPersisted(ThreadRefusal):
    """A thread that lives only in memory has nothing to delete."""

    words = "thread is not persisted and cannot be deleted: {thread_id}"


class DeletionNotSupported(Refusal):
    """The store cannot delete: what it was told it would keep."""

    sort = "unsupported"

    def __init__(self, method: str = "thread/delete") -> None:
        super().__init__(f"{method} is not supported yet")


class MetadataNotKept(ThreadRefusal):
    """A thread that lives only in memory has no metadata."""

    words = "ephemeral thread does not support metadata updates: {thread_id}"


class ThreadBeingDeleted(ThreadRefusal):
    """The thread's subtree is fenced by a deletion."""

    words = "thread is being deleted: {thread_id}"


class ThreadNotFenced(ThreadRefusal):
    """Only what a plan has fenced is deleted: nobody may write to it any more."""

    sort = "failed"
    words = "thread is not fenced by the plan of its deletion: {thread_id}"


class ThreadClosing(ThreadRefusal):
    """The thread is shutting down; the request may be repeated."""

    words = "thread is closing: {thread_id}; retry"


class ThreadUnavailable(ThreadRefusal):
    """The thread's actor failed too often and was given up."""

    words = "thread failed repeatedly and was given up: {thread_id}; resume it to try again"


class ServerRequired(Refusal):
    """No thread is started without a server that is not connected."""

    sort: ClassVar[Sort] = "failed"


class ThreadArchived(ThreadRefusal):
    """The thread is put away: it has to be taken out before it can work again."""

    # These are another program's words: its screen looks for exactly these, and so do clients that
    # unarchive by themselves. Our own command line uses its own words.
    words = (
        "session {thread_id} is archived. Run `codex unarchive {thread_id}` to unarchive it first."
    )


class AlreadyArchived(ThreadRefusal):
    """There is nothing left to put away."""

    words = "no rollout found for thread id {thread_id}: it is archived already"


class NotArchived(ThreadRefusal):
    """There is nothing to take out."""

    words = "no archived rollout found for thread id {thread_id}: it is not archived"


class NotForkable(ThreadRefusal):
    """What lives only in memory is not copied to where it would last."""

    words = "thread is not persisted and can only be forked as `ephemeral`: {thread_id}"


class TurnNotFound(Refusal):
    """The thread has no such turn, or it has not ended."""

    def __init__(self, turn_id: str, thread_id: str) -> None:
        super().__init__(f"turn not found or not ended: {turn_id} (in thread {thread_id})")


class EmptyThreadName(Refusal):
    """A name has to say something."""

    def __init__(self) -> None:
        super().__init__("thread name must not be empty")


class NothingToInject(Refusal):
    """An injection has to bring something."""

    def __init__(self) -> None:
        super().__init__("items must not be empty")


class QueueFull(Refusal):
    """No more turns may wait."""

    def __init__(self, queued_max: int) -> None:
        super().__init__(f"the queue is full: {queued_max} submissions wait, which is the most")


class SubmissionNotFound(Refusal):
    """It does not wait in line, or no longer."""

    def __init__(self, submission_id: str) -> None:
        super().__init__(f"queued submission not found: {submission_id}")


class WrongOrder(Refusal):
    """An order has to name each submission that waits, once."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"queuedSubmissionIds must name each queued submission once: {fault}")


class GoalRefused(Refusal):
    """A goal cannot be like that."""


class NoGoal(GoalRefused, ThreadRefusal):
    """There is no goal that could be changed."""

    words = "cannot update goal for thread {thread_id}: no goal exists"


class GoalsNotKept(GoalRefused, ThreadRefusal):
    """A thread that lives only in memory has no goal."""

    words = "ephemeral thread does not support goals: {thread_id}"


class NotTheRoot(GoalRefused):
    """What covers a tree is set at its root."""

    def __init__(self, thread_id: str, root_id: str) -> None:
        super().__init__(
            f"thread {thread_id} is not the root of its tree: a goal that covers a tree is set at"
            f" {root_id}"
        )


class SettingsLost(ThreadRefusal):
    """What the thread's settings were cannot be read: they have to be chosen anew."""

    words = "settings cannot be read: {thread_id}; thread/resume chooses them anew"


class NoActiveTurn(Refusal):
    """There is nothing to interrupt or steer."""

    def __init__(self, purpose: str) -> None:
        super().__init__(f"no active turn to {purpose}")


class EmptyInput(Refusal):
    """Somebody has to say something."""

    def __init__(self) -> None:
        super().__init__("input must not be empty")


class TurnNotSteerable(Refusal):
    """The running turn is of a kind that takes no input."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"cannot steer a {kind} turn")
        self.kind = kind


class TurnRunning(Refusal):
    """A turn has to end first."""

    def __init__(self, turn_id: str, consequence: str) -> None:
        super().__init__(f"thread has a turn in progress, {consequence}: {turn_id}")


class WrongTurn(Refusal):
    """Another turn is active than the client thinks."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"expected active turn id {expected} but found {actual}")


class ToolRefused(Refusal):
    """A client offers a tool that no model could be offered."""


class SpawnRefused(Refusal):
    """A child cannot join the tree there."""


class TreeGrown(ThreadRefusal):
    """Threads joined below one that was to go with fewer."""

    words = "threads joined below {thread_id} since it was looked at"


class TreeChanged(ThreadRefusal):
    """Something was recorded of threads that were to go as they were."""

    words = "{thread_id}, or a thread below, has changed since it was looked at"


class BudgetUsedUp(SpawnRefused):
    """Nothing is left of the tokens that all threads of a tree share."""

    def __init__(self, used: int, budget: int | None) -> None:
        super().__init__(
            f"the token budget that all agents of this tree share is used up ({used} of {budget});"
            " start no more agents, and end the turn with what was reached and what is missing"
            " (a client raises it with host/goal/extend)"
        )


class AgentsFull(SpawnRefused):
    """No more agents may be at work, or be open."""


class ApprovalNeeded(Refusal):
    """As many agents are open as may be unless somebody approves one more."""

    def __init__(self, open_max: int) -> None:
        super().__init__(f"at most {open_max} may be open without an approval")


class AgentNotFound(Refusal):
    """There is no such agent in the tree, or it was closed."""

    def __init__(self, agent_id: str) -> None:
        super().__init__(f"agent with id {agent_id} not found")
        self.agent_id = agent_id


class DeletionHalted(Refusal):
    """A deletion stopped in the middle; what is gone was announced, the rest is usable."""

    sort = "failed"

    def __init__(self, reason: str) -> None:
        is_whole = reason.startswith(FAILED)
        super().__init__(reason if is_whole else f"{FAILED} thread: {reason}")
        self.reason = reason


FAILED = "failed to delete"
"""How a reason begins that says what could not be deleted."""


class RolloutRefused(Refusal):
    """Where a rollout file should be stands something else: nothing is deleted."""

    def __init__(self, path: str, kind: str) -> None:
        super().__init__(
            f"rollout path `{path}` is {kind}; a rollout is a regular file in `sessions` or"
            " `archived_sessions` of the home"
        )


class Overloaded(Refusal):
    """Too much is waiting; the request may be repeated later."""

    sort = "overloaded"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Server overloaded; retry later. ({reason})")


class AccountFull(Overloaded):
    """What the host may keep in memory for one purpose is taken; the message says which."""


class ShuttingDown(Refusal):
    """The host takes no new work."""

    sort = "overloaded"

    def __init__(self) -> None:
        super().__init__("the host is shutting down")
