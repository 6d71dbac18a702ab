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
    """The host has no thread of this id, or it was deleted."""

    words = "thread not found: {thread_id}"


class ThreadNotPersisted(ThreadRefusal):
    """An ephemeral thread is only in memory, so there is nothing to delete."""

    words = "thread is not persisted and cannot be deleted: {thread_id}"


class DeletionNotSupported(Refusal):
    """The host's store does not support deletion."""

    sort = "unsupported"

    def __init__(self, method: str = "thread/delete") -> None:
        super().__init__(f"{method} is not supported yet")


class MetadataNotKept(ThreadRefusal):
    """An ephemeral thread has no metadata."""

    words = "ephemeral thread does not support metadata updates: {thread_id}"


class ThreadBeingDeleted(ThreadRefusal):
    """A deletion of the thread, or of one above it, is in progress and has fenced it."""

    words = "thread is being deleted: {thread_id}"


class ThreadNotFenced(ThreadRefusal):
    """The deletion's plan has not fenced the thread, so the host does not delete it."""

    sort = "failed"
    words = "thread is not fenced by the plan of its deletion: {thread_id}"


class ThreadClosing(ThreadRefusal):
    """The thread is shutting down; the request may be repeated."""

    words = "thread is closing: {thread_id}; retry"


class ThreadUnavailable(ThreadRefusal):
    """The thread's actor failed too often, and the supervisor gave it up."""

    words = "thread failed repeatedly and was given up: {thread_id}; resume it to try again"


class ServerRequired(Refusal):
    """The host starts no thread while a required MCP server is not connected."""

    sort: ClassVar[Sort] = "failed"


class ThreadArchived(ThreadRefusal):
    """The thread is archived; it must be unarchived before it can work again."""

    # These are another program's words: its screen looks for exactly these, and so do clients that
    # unarchive by themselves. Our own command line uses its own words.
    words = (
        "session {thread_id} is archived. Run `codex unarchive {thread_id}` to unarchive it first."
    )


class AlreadyArchived(ThreadRefusal):
    """The thread is already archived."""

    words = "no rollout found for thread id {thread_id}: it is archived already"


class NotArchived(ThreadRefusal):
    """The thread is not archived."""

    words = "no archived rollout found for thread id {thread_id}: it is not archived"


class NotForkable(ThreadRefusal):
    """A fork of an ephemeral thread must be ephemeral, too."""

    words = "thread is not persisted and can only be forked as `ephemeral`: {thread_id}"


class TurnNotFound(Refusal):
    """The thread has no such turn, or it has not ended."""

    def __init__(self, turn_id: str, thread_id: str) -> None:
        super().__init__(f"turn not found or not ended: {turn_id} (in thread {thread_id})")


class EmptyThreadName(Refusal):
    """The thread name is empty."""

    def __init__(self) -> None:
        super().__init__("thread name must not be empty")


class NothingToInject(Refusal):
    """The list of items to inject is empty."""

    def __init__(self) -> None:
        super().__init__("items must not be empty")


class QueueFull(Refusal):
    """The thread's queue is full."""

    def __init__(self, queued_max: int) -> None:
        super().__init__(f"the queue is full: {queued_max} submissions wait, which is the limit")


class SubmissionNotFound(Refusal):
    """The submission is not in the thread's queue, or no longer."""

    def __init__(self, submission_id: str) -> None:
        super().__init__(f"queued submission not found: {submission_id}")


class WrongOrder(Refusal):
    """The order does not name each queued submission exactly once."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"queuedSubmissionIds must name each queued submission once: {fault}")


class GoalRefused(Refusal):
    """A value of the goal is not valid."""


class NoGoal(GoalRefused, ThreadRefusal):
    """The thread has no goal to change."""

    words = "cannot update goal for thread {thread_id}: no goal exists"


class GoalsNotKept(GoalRefused, ThreadRefusal):
    """An ephemeral thread has no goal."""

    words = "ephemeral thread does not support goals: {thread_id}"


class NotTheRoot(GoalRefused):
    """The thread is not the root of its tree; only a goal of the root can cover the tree."""

    def __init__(self, thread_id: str, root_id: str) -> None:
        super().__init__(
            f"thread {thread_id} is not the root of its tree: a goal that covers a tree is set at"
            f" {root_id}"
        )


class SettingsLost(ThreadRefusal):
    """The host cannot read the thread's settings; the client must choose them again."""

    words = (
        "the settings of thread {thread_id} cannot be read; choose them again with thread/resume"
    )


class NoActiveTurn(Refusal):
    """The thread has no active turn to interrupt or steer."""

    def __init__(self, purpose: str) -> None:
        super().__init__(f"no active turn to {purpose}")


class EmptyInput(Refusal):
    """The input is empty."""

    def __init__(self) -> None:
        super().__init__("input must not be empty")


class TurnNotSteerable(Refusal):
    """The active turn is of a kind that accepts no input."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"cannot steer a {kind} turn")
        self.kind = kind


class TurnRunning(Refusal):
    """The request cannot be carried out while a turn of the thread runs."""

    def __init__(self, turn_id: str, consequence: str) -> None:
        super().__init__(f"thread has a turn in progress, {consequence}: {turn_id}")


class WrongTurn(Refusal):
    """The active turn is not the one that the client named."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"expected active turn id {expected} but found {actual}")


class ToolRefused(Refusal):
    """The client offers a tool that the host cannot offer to a model."""


class SpawnRefused(Refusal):
    """The child thread cannot join the tree at that place."""


class TreeGrown(ThreadRefusal):
    """Threads joined below the thread after the decision to delete it."""

    words = (
        "threads joined the tree below {thread_id} after the decision to delete it; read"
        " the tree again"
    )


class TreeChanged(ThreadRefusal):
    """The thread, or one below it, changed after the decision to delete it."""

    words = (
        "thread {thread_id}, or one below it, changed after the decision to delete it;"
        " read the tree again"
    )


class BudgetUsedUp(SpawnRefused):
    """The tree has used up the token budget that all its threads share."""

    def __init__(self, used: int, budget: int | None) -> None:
        super().__init__(
            f"the token budget that all agents of this tree share is used up ({used} of {budget});"
            " start no more agents, and end the turn with what was reached and what is missing"
            " (a client raises it with host/goal/extend)"
        )


class AgentsFull(SpawnRefused):
    """The limit of working or open agents, or of their depth, is reached."""


class ApprovalNeeded(Refusal):
    """The limit of open agents is reached; one more needs an approval."""

    def __init__(self, open_max: int) -> None:
        super().__init__(f"at most {open_max} may be open without an approval")


class AgentNotFound(Refusal):
    """The tree has no agent of this id, or it was closed."""

    def __init__(self, agent_id: str) -> None:
        super().__init__(f"agent with id {agent_id} not found")
        self.agent_id = agent_id


class DeletionHalted(Refusal):
    """A deletion stopped halfway; deleted threads were announced, the others are usable."""

    sort = "failed"

    def __init__(self, reason: str) -> None:
        is_whole = reason.startswith(FAILED)
        super().__init__(reason if is_whole else f"{FAILED} thread: {reason}")
        self.reason = reason


FAILED = "failed to delete"
"""How a reason begins that says what could not be deleted."""


class RolloutRefused(Refusal):
    """The path of the rollout file does not hold a regular file, so nothing is deleted."""

    def __init__(self, path: str, kind: str) -> None:
        super().__init__(
            f"rollout path `{path}` is {kind}; a rollout is a regular file in `sessions` or"
            " `archived_sessions` of the home"
        )


class Overloaded(Refusal):
    """The host has too much work waiting; the client may repeat the request later."""

    sort = "overloaded"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Server overloaded; retry later. ({reason})")


class AccountFull(Overloaded):
    """The host's memory limit for one purpose is reached; the message says for which."""


class ShuttingDown(Refusal):
    """The host is shutting down and accepts no new work."""

    sort = "overloaded"

    def __init__(self) -> None:
        super().__init__("the host is shutting down")
