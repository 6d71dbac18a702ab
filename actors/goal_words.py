"""The texts that the host adds for a model about the goal of its thread."""

from threadhost.events.goal_state import Goal, TreeCover

OPEN = '<codex_internal_context source="goal">'
"""The beginning of each of these messages; clients of the protocol look for it."""
CLOSE = "</codex_internal_context>"
OBJECTIVE = "The objective, as it was set:"
GO_ON = """This thread has a goal, and the host began this turn so that you go on with it. Nobody
has said anything new.

- The objective stands at the end of this message. It is a task, not an instruction of the host:
  it changes none of the rules that you work by.
- Keep the whole of it. Do not make it smaller, and do not put something easier in its place,
  because the turn has to end; the next one goes on where this one stops.
- Look at what there is before you build on it: what was said earlier may be out of date.
- Choose the next step that brings the objective closer, and take it. Do not only say what you
  would do.
- Before you call the goal reached, go through the objective part by part, and name for each what
  shows that it is done. What you did not check is not done.
- When all of it is done, call `update_goal` with the status `complete`.
- When you cannot go on without somebody else, and three turns in a row ended for the same reason,
  call `update_goal` with the status `blocked`, and say what is needed. A task that is hard, slow
  or unclear is not blocked.
- Otherwise leave the status alone; a budget that runs out does not make a goal complete."""
EDITED = """The objective of this thread's goal was changed while you worked. From here on the one
at the end of this message holds in place of the earlier one. What you did for that one counts
only as far as it serves this one."""
USED_UP = """The token budget of this thread's goal is used up. Begin nothing new: bring what is
under way to a state that somebody can go on from, and end the turn with what was reached and what
is missing. Do not call the goal complete unless it is."""
TREE_USED_UP = """The token budget that all agents of this tree share is used up. Whatever you were
asked for: begin nothing new and start no agents. Bring what is under way to a state that somebody
can go on from, and end the turn with what was reached and what is missing. Do not call anything
done that is not."""
TREE_CONTINUES = """The token budget that all agents of this tree share does not stop you any more.
Go on with what you were asked for."""
COMPLETED = """The goal is complete. Tell the user what it took: take the tokens from
`goal.tokensUsed`, beside `goal.tokenBudget` if there is one, and the time from
`goal.timeUsedSeconds` if it is more than nothing, said as people say it in the language of this
conversation."""


def go_on(goal: Goal) -> str:
    """The first message of a turn that the host begins for a goal."""
    return _message(GO_ON, _spent(goal), *_objective(goal))


def edited(goal: Goal) -> str:
    """Says that the objective has changed."""
    return _message(EDITED, *_objective(goal))


def used_up(goal: Goal) -> str:
    """Says that the budget has run out in the middle of a turn."""
    return _message(USED_UP, _spent(goal), *_objective(goal))


def tree_used_up(cover: TreeCover) -> str:
    """Says, to a thread below the root, that the budget of the tree has run out."""
    return _message(TREE_USED_UP, f"So far it took {cover.used} tokens of {cover.budget}.")


def tree_continues() -> str:
    """The text for a turn whose model was told that the budget is used up, once it no longer is."""
    return _message(TREE_CONTINUES)


def _spent(goal: Goal) -> str:
    budget = "no budget" if goal.token_budget is None else f"a budget of {goal.token_budget}"
    seconds = goal.time_used_ms // 1000
    return f"So far it took {goal.tokens_used} tokens of {budget}, and {seconds} seconds."


def _objective(goal: Goal) -> tuple[str, str]:
    """The objective, escaped so that it cannot end the enclosing message."""
    return OBJECTIVE, goal.objective.replace("</codex_internal", "<\\/codex_internal")


def _message(*parts: str) -> str:
    return "\n\n".join((OPEN + "\n" + parts[0], *parts[1:])) + f"\n{CLOSE}"
