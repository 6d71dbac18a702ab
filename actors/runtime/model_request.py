"""Makes the next request to a model, and the event that records it."""

from collections.abc import Iterable
from hashlib import sha256

from threadhost.actors.compaction import CompactInTurn, summary_request
from threadhost.actors.model_settings import DIGEST_CHARS, compact_from_tokens
from threadhost.actors.models import AgentOf, ModelRequest, ModelSettings
from threadhost.actors.response import RequestModel, WarnOfTurn
from threadhost.actors.runtime.answer_notes import is_worth_summing_up
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.thread import decide
from threadhost.actors.tools import NO_TOOLS, Toolbox
from threadhost.events.acceptable import Acceptable, noteworthy
from threadhost.events.agent import AGENT
from threadhost.events.base import Event
from threadhost.events.fold import Thread
from threadhost.events.history import History
from threadhost.events.named_tuple import NamedTuple


class PreparedRequest(NamedTuple):
    """A request that is about to be recorded: its events, its lines, its tools and its settings."""

    events: list[Event]
    lines: list[bytes]
    tools: Toolbox
    settings: ModelSettings

    def request(self, state: Thread) -> ModelRequest:
        """The request for the running turn of this state."""
        turn_id = state.turn.id if state.turn else ""
        parent_id, agent_of = state.parent_id, None
        if parent_id is not None and AGENT.of(state).is_agent:
            agent_of = AgentOf(parent_id, state.session_id)
        tools = self.tools.definitions
        return ModelRequest(state.id, turn_id, self.lines, tools, self.settings, agent_of)


def must_compact(journal: Journal, state: Thread, history: History) -> bool:
    """Whether the history must be summed up before the next request of this state's turn."""
    turn = state.turn
    settings = turn.settings if turn else state.settings
    if turn is not None and (turn.sums_up or turn.compactions):
        return False
    model = journal.services.model
    provider, name = (settings.model_provider, settings.model) if settings else ("", "")
    limit = compact_from_tokens(settings, model.window(provider, name))
    if limit is None or history.tokens < limit:
        return False
    return is_worth_summing_up(history.lines, history.asked_in(turn.id) if turn else ())


def asked_after(
    journal: Journal,
    events: list[Event],
    output_schema: dict[str, object] | None,
    left_out: int | None = None,
    *,
    anew: bool = False,
) -> PreparedRequest | None:
    """The request that follows these events; None if something else has to come first.

    `left_out`: how many of the oldest lines to leave out, None for as many as before. `anew`: the
    request replaces the one in progress.
    """
    state = journal.then(events)
    turn = state.turn._replace(asking=False, wait_ms=0) if state.turn and anew else state.turn
    if turn is None or not turn.may_ask or journal.services.servers.are_starting:
        return None
    added: list[Event] = []
    # Render the history before foreseeing it: what a foreseen one renders is not kept.
    journal.history.rendered_for(_settings(journal, state, None).provider)
    history = journal.foresee(events)
    if must_compact(journal, state, history):
        added += decide(CompactInTurn(summary_request(journal.services.ids.new())), state)
        history, state = journal.foresee(events, added), journal.then([*events, *added])
    if state.parent_id is not None and (noted := _cover_noted(journal, state)):
        history = journal.foresee([*events, *added], noted)
        added += noted
        state = journal.then([*events, *added])
    schema = None if state.turn is None or state.turn.sums_up else output_schema
    if left_out is None:
        left_out = state.turn.left_out if state.turn else 0
    return _prepared(journal, state, history, added, schema, left_out)


def _cover_noted(journal: Journal, state: Thread) -> list[Event]:
    """The events that note which goal of the root the thread spends for, if that has changed."""
    cover = journal.services.budgets.of(state.session_id)
    if state.ephemeral or (cover is None and "goal_cover" not in state.parts):
        return []
    from threadhost.actors.goal_tree import cover_noted

    return cover_noted(state, cover)


def _prepared(
    journal: Journal,
    state: Thread,
    history: History,
    added: list[Event],
    output_schema: dict[str, object] | None,
    left_out: int,
) -> PreparedRequest:
    settings = _settings(journal, state, output_schema)
    provider = settings.provider
    sent = history.without_oldest(left_out, provider) if left_out else history.request(provider)
    tools = tools_of(journal, state)
    if tools is NO_TOOLS:  # a summary covers this thread alone, without the memory of others
        settings = journal.without_memory(settings)
    digest = sha256(f"{sent.digest}\n{tools.digest}".encode()).hexdigest()
    record = RequestModel(
        settings.model,
        provider,
        len(sent.lines),
        digest,
        left_out,
        sent.mended,
        digests={**journal.digests(settings), **_digests(sent, tools)},
        output_schema=output_schema,
    )
    return PreparedRequest(
        [*added, *decide(record, state), *_warnings(journal, state, sent)],
        sent.lines,
        tools,
        settings,
    )


def _digests(sent: Acceptable, tools: Toolbox) -> dict[str, str]:
    of_tools = {"tools": tools.digest} if tools.digest else {}
    return {"history": sent.digest[:DIGEST_CHARS], **of_tools}


def _settings(
    journal: Journal, state: Thread, output_schema: dict[str, object] | None
) -> ModelSettings:
    chosen_settings = state.turn.settings if state.turn else state.settings
    if chosen_settings is None:
        model = journal.services.model
        return ModelSettings(model.default_model, model.name, output_schema=output_schema)
    settings = journal.model_settings(chosen_settings)
    return settings if output_schema is None else settings._replace(output_schema=output_schema)


def _warnings(journal: Journal, state: Thread, sent: Acceptable) -> Iterable[Event]:
    """A warning that the history was changed for the provider, if the changes are new."""
    mended = noteworthy(sent.mended)
    if not mended or mended == state.mended:
        return ()
    rules = ", ".join(f"{rule} ({count})" for rule, count in sorted(mended.items()))
    words = f"parts of the history were changed so that the provider accepts them: {rules}"
    return decide(WarnOfTurn("historyMended", words), state)


def tools_of(journal: Journal, state: Thread) -> Toolbox:
    """The tools that the model may call in this state."""
    return NO_TOOLS if state.turn is not None and state.turn.sums_up else journal.tools(state)
