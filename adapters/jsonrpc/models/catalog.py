"""Every method and notification with its models: what schema exports and tests go through."""

from threadhost.adapters.jsonrpc.models import (
    account,
    archive,
    compaction,
    config,
    elicitation,
    folder_lists,
    goal,
    hold,
    host_diagnostics,
    host_events,
    host_preview,
    host_stats,
    host_thread_logs,
    host_views,
    imported,
    initialize,
    injection,
    item_list,
    job,
    mcp,
    memory,
    metadata,
    mode_list,
    model_list,
    notices,
    permission_list,
    queue,
    retention,
    revert,
    server_requests,
    terminal_list,
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
from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result
from threadhost.events.named_tuple import NamedTuple


class MethodModels(NamedTuple):
    """What one method takes and answers; params are None for a method that declares none."""

    params: type[Params] | None
    result: type[Result]


METHODS: dict[str, MethodModels] = {
    "initialize": MethodModels(initialize.InitializeParams, initialize.InitializeResponse),
    "thread/start": MethodModels(thread_start.ThreadStartParams, thread_start.ThreadStartResponse),
    "thread/read": MethodModels(thread_read.ThreadReadParams, thread_read.ThreadReadResponse),
    "thread/list": MethodModels(thread_list.ThreadListParams, thread_list.ThreadListResponse),
    "thread/loaded/list": MethodModels(
        thread_list.ThreadLoadedListParams, thread_list.ThreadLoadedListResponse
    ),
    "thread/resume": MethodModels(
        thread_resume.ThreadResumeParams, thread_resume.ThreadResumeResponse
    ),
    "thread/fork": MethodModels(thread_fork.ThreadForkParams, thread_fork.ThreadForkResponse),
    "thread/archive": MethodModels(archive.ThreadArchiveParams, archive.ThreadArchiveResponse),
    "thread/unarchive": MethodModels(
        archive.ThreadUnarchiveParams, archive.ThreadUnarchiveResponse
    ),
    "turn/steer": MethodModels(turn_steer.TurnSteerParams, turn_steer.TurnSteerResponse),
    "thread/turns/list": MethodModels(
        turn_list.ThreadTurnsListParams, turn_list.ThreadTurnsListResponse
    ),
    "thread/items/list": MethodModels(
        item_list.ThreadItemsListParams, item_list.ThreadItemsListResponse
    ),
    "thread/name/set": MethodModels(
        thread_change.ThreadSetNameParams, thread_change.ThreadSetNameResponse
    ),
    "thread/unsubscribe": MethodModels(
        thread_change.ThreadUnsubscribeParams, thread_change.ThreadUnsubscribeResponse
    ),
    "thread/delete": MethodModels(
        thread_change.ThreadDeleteParams, thread_change.ThreadDeleteResponse
    ),
    "thread/inject_items": MethodModels(
        injection.ThreadInjectItemsParams, injection.ThreadInjectItemsResponse
    ),
    "thread/queue/add": MethodModels(queue.ThreadQueueAddParams, queue.ThreadQueueAddResponse),
    "thread/queue/list": MethodModels(queue.ThreadQueueListParams, queue.ThreadQueueListResponse),
    "thread/queue/update": MethodModels(
        queue.ThreadQueueUpdateParams, queue.ThreadQueueUpdateResponse
    ),
    "thread/queue/delete": MethodModels(
        queue.ThreadQueueDeleteParams, queue.ThreadQueueDeleteResponse
    ),
    "thread/queue/reorder": MethodModels(
        queue.ThreadQueueReorderParams, queue.ThreadQueueReorderResponse
    ),
    "thread/compact/start": MethodModels(
        compaction.ThreadCompactStartParams, compaction.ThreadCompactStartResponse
    ),
    "thread/revert": MethodModels(revert.ThreadRevertParams, revert.ThreadRevertResponse),
    "turn/start": MethodModels(turn_start.TurnStartParams, turn_start.TurnStartResponse),
    "turn/interrupt": MethodModels(
        turn_start.TurnInterruptParams, turn_start.TurnInterruptResponse
    ),
    "thread/metadata/update": MethodModels(
        metadata.ThreadMetadataUpdateParams, metadata.ThreadMetadataUpdateResponse
    ),
    "thread/settings/update": MethodModels(
        thread_settings.ThreadSettingsUpdateParams, thread_settings.ThreadSettingsUpdateResponse
    ),
    "thread/memoryMode/set": MethodModels(
        memory.ThreadMemoryModeSetParams, memory.ThreadMemoryModeSetResponse
    ),
    "memory/status": MethodModels(memory.MemoryStatusParams, memory.MemoryStatusResponse),
    "memory/reset": MethodModels(None, memory.MemoryResetResponse),
    "host/memory/read": MethodModels(memory.MemoryReadParams, memory.MemoryReadResponse),
    "host/hold/set": MethodModels(hold.HoldSetParams, hold.HoldSetResponse),
    "host/hold/release": MethodModels(hold.HoldReleaseParams, hold.HoldReleaseResponse),
    "host/hold/list": MethodModels(hold.HoldListParams, hold.HoldListResponse),
    "host/retention/preview": MethodModels(
        retention.RetentionPreviewParams, retention.RetentionPreviewResponse
    ),
    "host/retention/run": MethodModels(None, retention.RetentionRunResponse),
    "thread/search": MethodModels(
        thread_search.ThreadSearchParams, thread_search.ThreadSearchResponse
    ),
    "thread/search/stream": MethodModels(
        thread_search.ThreadSearchParams, thread_search.ThreadSearchResponse
    ),
    **dict.fromkeys(
        ("thread/search/cancel", "thread/search/stream/cancel"),
        MethodModels(
            thread_search_stream.ThreadSearchCancelParams,
            thread_search_stream.ThreadSearchCancelResponse,
        ),
    ),
    "account/read": MethodModels(account.GetAccountParams, account.GetAccountResponse),
    "model/list": MethodModels(model_list.ModelListParams, model_list.ModelListResponse),
    "modelProvider/list": MethodModels(
        model_list.ModelProviderListParams, model_list.ModelProviderListResponse
    ),
    "host/config/reload": MethodModels(None, config.ConfigReloadResponse),
    "config/read": MethodModels(config.ConfigReadParams, config.ConfigReadResponse),
    "configRequirements/read": MethodModels(None, config.ConfigRequirementsReadResponse),
    "permissionProfile/list": MethodModels(
        permission_list.PermissionProfileListParams, permission_list.PermissionProfileListResponse
    ),
    "collaborationMode/list": MethodModels(
        mode_list.CollaborationModeListParams, mode_list.CollaborationModeListResponse
    ),
    "skills/list": MethodModels(folder_lists.SkillsListParams, folder_lists.SkillsListResponse),
    "hooks/list": MethodModels(folder_lists.HooksListParams, folder_lists.HooksListResponse),
    "thread/backgroundTerminals/list": MethodModels(
        terminal_list.ThreadBackgroundTerminalsListParams,
        terminal_list.ThreadBackgroundTerminalsListResponse,
    ),
    "host/diagnostics/read": MethodModels(
        host_diagnostics.DiagnosticsReadParams, host_diagnostics.DiagnosticsReadResponse
    ),
    "host/views/rebuild": MethodModels(
        host_views.ViewsRebuildParams, host_views.ViewsRebuildResponse
    ),
    "host/import/codex": MethodModels(imported.ImportCodexParams, imported.ImportCodexResponse),
    "host/stats/read": MethodModels(host_stats.StatsReadParams, host_stats.StatsReadResponse),
    "host/thread/previewDelete": MethodModels(
        host_preview.PreviewDeleteParams, host_preview.PreviewDeleteResponse
    ),
    "host/thread/logs": MethodModels(
        host_thread_logs.ThreadLogsParams, host_thread_logs.ThreadLogsResponse
    ),
    "thread/goal/set": MethodModels(goal.ThreadGoalSetParams, goal.ThreadGoalSetResponse),
    "thread/goal/get": MethodModels(goal.ThreadGoalGetParams, goal.ThreadGoalGetResponse),
    "thread/goal/clear": MethodModels(goal.ThreadGoalClearParams, goal.ThreadGoalClearResponse),
    "host/goal/setTree": MethodModels(goal.GoalSetTreeParams, goal.GoalSetTreeResponse),
    "host/goal/extend": MethodModels(goal.GoalExtendParams, goal.GoalExtendResponse),
    "mcpServerStatus/list": MethodModels(
        mcp.ListMcpServerStatusParams, mcp.ListMcpServerStatusResponse
    ),
    "mcpServer/tool/call": MethodModels(mcp.McpServerToolCallParams, mcp.McpServerToolCallResponse),
    "mcpServer/resource/read": MethodModels(mcp.McpResourceReadParams, mcp.McpResourceReadResponse),
    "config/mcpServer/reload": MethodModels(None, mcp.McpServerRefreshResponse),
    "job/create": MethodModels(job.JobCreateParams, job.JobResponse),
    "job/list": MethodModels(job.JobListParams, job.JobListResponse),
    "job/read": MethodModels(job.JobReadParams, job.JobResponse),
    "job/items/list": MethodModels(job.JobItemsListParams, job.JobItemsListResponse),
    "job/cancel": MethodModels(job.JobChangeParams, job.JobResponse),
    "job/pause": MethodModels(job.JobChangeParams, job.JobResponse),
    "job/resume": MethodModels(job.JobChangeParams, job.JobResponse),
    "job/retry": MethodModels(job.JobChangeParams, job.JobResponse),
    "job/export": MethodModels(job.JobExportParams, job.JobExportResponse),
    "job/delete": MethodModels(job.JobReadParams, job.JobDeleteResponse),
    "host/events/subscribe": MethodModels(
        host_events.EventsSubscribeParams, host_events.EventsSubscribeResponse
    ),
    "host/events/unsubscribe": MethodModels(
        host_events.EventsUnsubscribeParams, host_events.EventsUnsubscribeResponse
    ),
}

SERVER_REQUESTS: dict[str, MethodModels] = {
    "item/tool/call": MethodModels(
        server_requests.DynamicToolCallParams, server_requests.DynamicToolCallResponse
    ),
    "item/tool/requestUserInput": MethodModels(
        server_requests.ToolRequestUserInputParams, server_requests.ToolRequestUserInputResponse
    ),
    "mcpServer/elicitation/request": MethodModels(
        elicitation.McpServerElicitationRequestParams,
        elicitation.McpServerElicitationRequestResponse,
    ),
}
"""What the host asks of clients."""

NOTIFICATIONS: dict[str, type[Notification]] = {
    model.method: model
    for model in (
        notices.ErrorNotification,
        notices.WarningNotification,
        notices.DeprecationNoticeNotification,
        thread_notifications.ThreadStartedNotification,
        thread_notifications.ThreadStatusChangedNotification,
        thread_notifications.ThreadDeletedNotification,
        thread_notifications.ThreadClosedNotification,
        thread_notifications.ThreadArchivedNotification,
        thread_notifications.ThreadUnarchivedNotification,
        thread_notifications.ThreadNameUpdatedNotification,
        thread_notifications.ThreadRevertedNotification,
        thread_notifications.ThreadQueueChangedNotification,
        goal.ThreadGoalUpdatedNotification,
        goal.ThreadGoalClearedNotification,
        turn_notifications.ThreadTokenUsageUpdatedNotification,
        thread_settings.ThreadSettingsUpdatedNotification,
        thread_search_stream.ThreadSearchPartialNotification,
        imported.ImportProgressNotification,
        host_views.ViewsRebuildProgressNotification,
        turn_notifications.TurnStartedNotification,
        turn_notifications.ItemStartedNotification,
        turn_notifications.AgentMessageDeltaNotification,
        turn_notifications.ReasoningSummaryPartAddedNotification,
        turn_notifications.ReasoningSummaryTextDeltaNotification,
        turn_notifications.ReasoningTextDeltaNotification,
        turn_notifications.ItemCompletedNotification,
        turn_notifications.ContextCompactedNotification,
        turn_notifications.TurnCompletedNotification,
        server_requests.ServerRequestResolvedNotification,
        mcp.McpServerStatusUpdatedNotification,
        mcp.McpToolCallProgressNotification,
        job.JobCreatedNotification,
        job.JobProgressNotification,
        job.JobItemFailedNotification,
        job.JobCompletedNotification,
        job.JobExportedNotification,
        job.JobExportFailedNotification,
        job.JobDeletedNotification,
    )
}
