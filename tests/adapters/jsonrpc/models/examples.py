"""One filled-in and one bare example of everything that the host sends."""

from tests.adapters.jsonrpc.models import (
    around_examples,
    goal_examples,
    mcp_examples,
    moderation_examples,
)
from threadhost.adapters.jsonrpc.models import (
    archive,
    compaction,
    initialize,
    injection,
    item_list,
    memory,
    metadata,
    notices,
    queue,
    revert,
    settings,
    thread_change,
    thread_fork,
    thread_list,
    thread_notifications,
    thread_read,
    thread_resume,
    thread_search,
    thread_search_stream,
    thread_settings,
    thread_start,
    turn_list,
    turn_notifications,
    turn_start,
    turn_steer,
)
from threadhost.adapters.jsonrpc.models import message_items as said
from threadhost.adapters.jsonrpc.models import server_requests as asked
from threadhost.adapters.jsonrpc.models import tool_items as done
from threadhost.adapters.jsonrpc.models import user_input as words
from threadhost.adapters.jsonrpc.models.base import Notification, Result
from threadhost.adapters.jsonrpc.models.item import ThreadItem
from threadhost.adapters.jsonrpc.models.policy import sandbox_policy
from threadhost.adapters.jsonrpc.models.source import CustomSource, spawned_by
from threadhost.adapters.jsonrpc.models.status import (
    ActiveStatus,
    IdleStatus,
    NotLoadedStatus,
    SystemErrorStatus,
)
from threadhost.adapters.jsonrpc.models.thread import (
    GitInfo,
    Thread,
    ThreadEnvironment,
    ThreadSection,
    ThreadSectionAppearance,
)
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.turn_error import TurnError, codex_error_info
from threadhost.adapters.jsonrpc.models.usage import ThreadTokenUsage, TokenUsageBreakdown

A = "0199a3b4-5c6d-7e8f-9012-3456789abcde"
B = "0199a3b4-5c6d-7e8f-9012-3456789abcdf"
NOW_S = 1_700_000_000
NOW_MS = NOW_S * 1000

INPUTS: list[words.UserInput] = [
    words.TextInput(
        text="see it",
        text_elements=[words.TextElement(byte_range=words.ByteRange(start=0, end=3))],
    ),
    words.ImageInput(url="https://example.org/a.png", detail="high"),
    words.ImageInput(file_id="file-1"),
    words.LocalImageInput(path="/a.png"),
    words.AudioInput(file_id="file-2"),
    words.LocalAudioInput(path="/a.wav"),
    words.SkillInput(name="s", path="/s"),
    words.MentionInput(name="m", path="/m"),
]

ITEMS: list[ThreadItem] = [
    said.UserMessageItem(id="i1", client_id="c", content=INPUTS, started_at_ms=NOW_MS),
    said.AgentMessageItem(id="i9", text="half a sen", incomplete=True),
    said.AgentMessageItem(
        id="i2",
        text="done",
        phase="final_answer",
        memory_citation=said.MemoryCitation(
            entries=[said.MemoryCitationEntry(path="m", line_start=1, line_end=2, note="n")],
            thread_ids=[A],
        ),
        moderation=moderation_examples.VERDICTS[0],
        delivery="async",
        questions=[said.AsyncUserInputQuestion(title="which?", options=["a"])],
    ),
    said.AgentMessageItem(id="i3", text=""),
    *(said.AgentMessageItem(id="i31", text="", moderation=v) for v in moderation_examples.VERDICTS),
    said.PlanItem(id="i4", text="1. begin"),
    said.ReasoningItem(id="i5", summary=["short"], content=["long"]),
    said.ContextCompactionItem(id="i6"),
    done.CommandExecutionItem(
        id="i7",
        command="ls",
        cwd="/",
        status="completed",
        command_actions=[{"type": "unknown", "command": "ls"}],
        exit_code=-1,
        duration_ms=3,
    ),
    done.McpToolCallItem(
        id="i8",
        server="s",
        tool="t",
        status="failed",
        arguments={"a": [1]},
        app_context=done.McpToolCallAppContext(connector_id="c"),
        mcp_app_ui=done.McpAppUi(resource_uri="ui://x", preferred_model_display_mode="inline"),
        result=done.McpToolCallResult(content=[{"type": "text", "text": "x"}]),
        error=done.McpToolCallError(message="no"),
    ),
    done.DynamicToolCallItem(
        id="i9",
        tool="t",
        arguments=None,
        status="inProgress",
        content_items=[
            done.OutputText(text="x"),
            done.OutputImage(image_url="data:,"),
            done.OutputAudio(audio_url="data:,"),
        ],
        success=True,
    ),
    done.CollabAgentToolCallItem(
        id="i10",
        tool="spawnAgent",
        status="interrupted",
        sender_thread_id=A,
        receiver_thread_ids=[B],
        reasoning_effort="high",
        agents_states={B: done.CollabAgentState(status="running")},
    ),
    done.SubAgentActivityItem(id="i11", kind="started", agent_thread_id=B, agent_path="/root/b"),
]

ERROR = TurnError(
    message="the model broke off",
    codex_error_info=codex_error_info("responseStreamDisconnected", 502),
    additional_details="after 3 tokens",
)
TURN = Turn(
    id=A,
    root_turn_id=A,
    items=ITEMS,
    status="failed",
    error=ERROR,
    started_at=NOW_S,
    completed_at=NOW_S,
    duration_ms=12,
)
BARE_TURN = Turn(id=A, items_view="notLoaded", status="inProgress")

BARE_THREAD = Thread(
    id=A,
    session_id=A,
    preview="",
    ephemeral=True,
    model_provider="echo",
    created_at=NOW_S,
    updated_at=NOW_S,
    status=NotLoadedStatus(),
    cwd="/",
    cli_version="0.1.0",
    source="vscode",
)
THREAD = Thread(
    id=B,
    environments=[
        ThreadEnvironment(environment_id="local", cwd="/", runtime_workspace_roots=["/"])
    ],
    extra={"k": 1},
    session_id=A,
    forked_from_id=A,
    attached_to_thread_id=A,
    parent_thread_id=A,
    preview="héllo",
    ephemeral=False,
    section=ThreadSection(id="s", name="S", appearance=ThreadSectionAppearance(color="red")),
    section_entered_at=NOW_S,
    project_id="p",
    history_mode="legacy",
    model_provider="echo",
    model="echo-1",
    reasoning_effort="low",
    created_at=NOW_S,
    updated_at=NOW_S,
    recency_at=NOW_S,
    status=ActiveStatus(active_flags=["waitingOnApproval"]),
    path="/x",
    cwd="/",
    cli_version="0.1.0",
    originator="o",
    source=spawned_by(A, 1),
    can_accept_direct_input=False,
    thread_source="t",
    agent_nickname="n",
    agent_role="r",
    git_info=GitInfo(sha="0", branch="main", origin_url="u"),
    name="N",
    daybreak_enabled=False,
    turns=[TURN, BARE_TURN],
)
CUSTOM_THREAD = BARE_THREAD.model_copy(update={"source": CustomSource(custom="mine")})
TOKENS = TokenUsageBreakdown(
    total_tokens=15,
    input_tokens=10,
    cached_input_tokens=2,
    output_tokens=5,
    reasoning_output_tokens=1,
)
SUBMISSION = queue.QueuedSubmission(
    client_user_message_id="c", id=A, input=INPUTS, responsesapi_client_metadata={"k": "v"}
)
READ_STATE = thread_read.ThreadReadState(
    first_unread=thread_read.UnreadFromTurn(turn_id=A), revision="1"
)


def started(thread: Thread, sandbox: str) -> thread_start.ThreadStartResponse:
    """A thread/start result with one of the sandbox modes."""
    modes = {"ro": sandbox_policy("read-only"), "ww": sandbox_policy("workspace-write")}
    return thread_start.ThreadStartResponse(
        thread=thread,
        model="echo-1",
        model_provider="echo",
        cwd="/",
        approval_policy="never",
        approvals_reviewer="user",
        sandbox=modes.get(sandbox) or sandbox_policy("danger-full-access"),
    )


SETTINGS = thread_settings.ThreadSettings(
    disabled_plugin_ids=["a"],
    cwd="/",
    environments=THREAD.environments,
    approval_policy="on-request",
    approvals_reviewer="auto_review",
    sandbox_policy=sandbox_policy("workspace-write"),
    model="m",
    model_provider="p",
    service_tier="default",
    effort="low",
    summary="concise",
    collaboration_mode=settings.CollaborationMode(
        mode="default", settings=settings.ModeSettings(model="m", developer_instructions="d")
    ),
    personality="none",
)
HIT = thread_search.ThreadSearchResult(thread=THREAD, snippet="s")

RESULTS: list[tuple[str, Result]] = [
    (
        "initialize",
        initialize.InitializeResponse(
            user_agent="threadhost/0.1.0",
            codex_home="/h",
            platform_family="unix",
            platform_os="x",
            log_id="l",
            host_epoch=3,
        ),
    ),
    ("thread/start", started(BARE_THREAD, "ro")),
    ("thread/start", started(THREAD, "ww")),
    ("thread/start", started(CUSTOM_THREAD, "full")),
    ("thread/read", thread_read.ThreadReadResponse(thread=BARE_THREAD)),
    ("thread/read", thread_read.ThreadReadResponse(thread=THREAD, read_state=READ_STATE)),
    ("thread/list", thread_list.ThreadListResponse(data=[])),
    (
        "thread/list",
        thread_list.ThreadListResponse(
            data=[THREAD, BARE_THREAD], read_states={A: READ_STATE}, next_cursor="x"
        ),
    ),
    ("thread/loaded/list", thread_list.ThreadLoadedListResponse(data=[A])),
    (
        "thread/resume",
        thread_resume.ThreadResumeResponse(
            **dict(started(THREAD, "ww")),
            collaboration_mode=settings.CollaborationMode(
                mode="default", settings=settings.ModeSettings(model="m")
            ),
            initial_turns_page=turn_list.TurnsPage(data=[TURN]),
        ),
    ),
    ("thread/fork", thread_fork.ThreadForkResponse(**dict(started(THREAD, "ro")))),
    ("thread/archive", archive.ThreadArchiveResponse()),
    ("thread/unarchive", archive.ThreadUnarchiveResponse(thread=THREAD)),
    ("turn/steer", turn_steer.TurnSteerResponse(turn_id=B)),
    ("thread/turns/list", turn_list.ThreadTurnsListResponse(data=[TURN, BARE_TURN])),
    (
        "thread/items/list",
        item_list.ThreadItemsListResponse(
            data=[item_list.ThreadItemEntry(turn_id=B, item=item) for item in ITEMS]
        ),
    ),
    ("thread/name/set", thread_change.ThreadSetNameResponse()),
    ("thread/unsubscribe", thread_change.ThreadUnsubscribeResponse(status="notLoaded")),
    ("thread/delete", thread_change.ThreadDeleteResponse()),
    ("thread/inject_items", injection.ThreadInjectItemsResponse()),
    ("thread/queue/add", queue.ThreadQueueAddResponse(queued_submission=SUBMISSION)),
    ("thread/queue/list", queue.ThreadQueueListResponse(data=[SUBMISSION], next_cursor="1")),
    ("thread/queue/update", queue.ThreadQueueUpdateResponse(queued_submission=SUBMISSION)),
    ("thread/queue/delete", queue.ThreadQueueDeleteResponse(deleted=True)),
    ("thread/queue/reorder", queue.ThreadQueueReorderResponse()),
    ("thread/compact/start", compaction.ThreadCompactStartResponse()),
    ("thread/revert", revert.ThreadRevertResponse(thread=BARE_THREAD)),
    (
        "thread/revert",
        revert.ThreadRevertResponse(
            thread=THREAD, turns_backwards_cursor="t", items_backwards_cursor="i"
        ),
    ),
    ("turn/start", turn_start.TurnStartResponse(turn=BARE_TURN)),
    ("thread/metadata/update", metadata.ThreadMetadataUpdateResponse(thread=THREAD)),
    ("thread/settings/update", thread_settings.ThreadSettingsUpdateResponse()),
    ("memory/reset", memory.MemoryResetResponse()),
    ("memory/status", memory.MemoryStatusResponse(v2_consolidated_threads=3, v2_ready=True)),
    ("thread/memoryMode/set", memory.ThreadMemoryModeSetResponse()),
    ("thread/search", thread_search.ThreadSearchResponse(data=[HIT], next_cursor="x")),
    ("thread/search/stream", thread_search.ThreadSearchResponse(data=[HIT])),
    ("thread/search/cancel", thread_search_stream.ThreadSearchCancelResponse()),
    ("thread/search/stream/cancel", thread_search_stream.ThreadSearchCancelResponse()),
    ("turn/interrupt", turn_start.TurnInterruptResponse()),
    *around_examples.RESULTS,
    *goal_examples.RESULTS,
    *mcp_examples.RESULTS,
]

NOTIFICATIONS: list[Notification] = [
    *goal_examples.NOTIFICATIONS,
    *mcp_examples.NOTIFICATIONS,
    thread_search_stream.ThreadSearchPartialNotification(request_id=7, data=[HIT]),
    thread_search_stream.ThreadSearchPartialNotification(request_id="seven", data=[]),
    asked.ServerRequestResolvedNotification(thread_id=A, request_id=7),
    notices.ErrorNotification(error=ERROR, will_retry=False, thread_id=A, turn_id=B),
    notices.ErrorNotification(
        error=TurnError(message="m", codex_error_info=codex_error_info("news to clients")),
        will_retry=True,
        thread_id=A,
        turn_id=B,
    ),
    notices.WarningNotification(message="m"),
    notices.DeprecationNoticeNotification(summary="s"),
    thread_notifications.ThreadStartedNotification(thread=THREAD),
    *(
        thread_notifications.ThreadStatusChangedNotification(thread_id=A, status=status)
        for status in (NotLoadedStatus(), IdleStatus(), SystemErrorStatus(), ActiveStatus())
    ),
    thread_notifications.ThreadDeletedNotification(thread_id=A),
    thread_notifications.ThreadArchivedNotification(thread_id=A),
    thread_notifications.ThreadUnarchivedNotification(thread_id=A),
    thread_notifications.ThreadClosedNotification(thread_id=A),
    thread_notifications.ThreadNameUpdatedNotification(thread_id=A, thread_name=None),
    thread_notifications.ThreadRevertedNotification(thread_id=A),
    thread_notifications.ThreadQueueChangedNotification(thread_id=A),
    thread_settings.ThreadSettingsUpdatedNotification(thread_id=A, thread_settings=SETTINGS),
    turn_notifications.ThreadTokenUsageUpdatedNotification(
        thread_id=A, turn_id=B, token_usage=ThreadTokenUsage(total=TOKENS, last=TOKENS)
    ),
    turn_notifications.ContextCompactedNotification(thread_id=A, turn_id=B),
    turn_notifications.TurnStartedNotification(thread_id=A, turn=BARE_TURN),
    turn_notifications.TurnCompletedNotification(thread_id=A, turn=TURN),
    turn_notifications.AgentMessageDeltaNotification(
        thread_id=A, turn_id=B, item_id="i", delta="d"
    ),
    turn_notifications.ReasoningSummaryPartAddedNotification(
        thread_id=A, turn_id=B, item_id="i", summary_index=0
    ),
    turn_notifications.ReasoningSummaryTextDeltaNotification(
        thread_id=A, turn_id=B, item_id="i", delta="d", summary_index=0
    ),
    turn_notifications.ReasoningTextDeltaNotification(
        thread_id=A, turn_id=B, item_id="i", delta="d", content_index=0
    ),
    *(
        turn_notifications.ItemStartedNotification(
            item=item, thread_id=A, turn_id=B, started_at_ms=NOW_MS
        )
        for item in ITEMS
    ),
    *(
        turn_notifications.ItemCompletedNotification(
            item=item, thread_id=A, turn_id=B, completed_at_ms=NOW_MS
        )
        for item in ITEMS
    ),
]
