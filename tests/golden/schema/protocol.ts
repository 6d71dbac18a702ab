// Made by `threadhost schema --typescript`; all of it are types.

/** The memory in use for one purpose, and its limit, which is null for no limit. */
export type AccountStats = {
  /** The bytes in use. */
  usedBytes: number;
  /** The limit in bytes; null for no limit. */
  maxBytes: number | null;
};

/** The named profile that the permissions came from. */
export type ActivePermissionProfile = {
  /** The profile, by its name. */
  id: string;
  /** Always null: profiles of this host extend no others. */
  extends: string | null;
};

/** A turn runs, or waits for an answer. */
export type ActiveStatus = {
  /** The variant of the object. */
  type: "active";
  /** What the turn waits for; empty if it does not wait. */
  activeFlags: Array<ThreadActiveFlag>;
};

/** The running turn accepts no further input. */
export type ActiveTurnNotSteerable = {
  /** The kind of the turn. */
  activeTurnNotSteerable: NotSteerable;
};

/** A fragment of context that the client adds to a turn. */
export type AdditionalContextEntry = {
  /** Its text. */
  value: string;
  /** `application` for words of the application, `untrusted` for words that the model should not obey. */
  kind: "untrusted" | "application";
  /** The name of the fragment; null for none. */
  name?: string | null;
};

/** A piece of a message that the model is writing. */
export type AgentMessageDeltaNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
  /** The id of the item. */
  itemId: string;
  /** The piece, which follows the earlier ones. */
  delta: string;
};

export type AgentMessageDisplay = ShownAnswer | HiddenAnswer | BlockedAnswer;

/** A message of the model; its text is empty while it streams. */
export type AgentMessageItem = {
  /** The variant of the object. */
  type: "agentMessage";
  /** The verdict of the provider's moderation; null for none. */
  moderation: AgentMessageModeration | null;
  /** Its id. */
  id: string;
  /** The text, as far as it is known. */
  text: string;
  /** Whether the message is commentary or the answer; null if the model does not say. */
  phase: MessagePhase | null;
  /** The memories that it is based on; null if it names none. */
  memoryCitation: MemoryCitation | null;
  /** `async` if the turn does not wait for an answer; else null. */
  delivery: "async" | null;
  /** The questions that it asks without waiting; null for none. */
  questions: Array<AsyncUserInputQuestion> | null;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number | null;
  /** Extension of this host: true if the model's output broke off in this item; else absent. */
  incomplete?: Incomplete;
};

/** A provider's verdict on a message. */
export type AgentMessageModeration = {
  /** Whether the provider flagged it. */
  moderated: boolean;
  /** How to show it; null to show it unchanged. */
  display: AgentMessageDisplay | null;
};

/** What to show beside an answer. */
export type AnswerAnnotation = {
  /** The name of the annotation. */
  kind: "wellbeingHelpline";
  /** Whether the verdict is about the answer or about the prompt. */
  subject: HelplineSubject;
};

/** What to show in the place of an answer. */
export type AnswerReplacement = {
  /** The variant: a replacement. */
  kind: "wellbeingPromptHelpline";
};

export type ApprovalName = "untrusted" | "on-request" | "never";

export type ApprovalsReviewer = "user" | "auto_review" | "guardian_subagent";

export type AskForApproval = ApprovalName | GranularApproval;

export type AskForApprovalParam = ApprovalName | GranularApprovalParam;

/** A question that a message asks without waiting. */
export type AsyncUserInputQuestion = {
  /** Its title for people; null if it has none. */
  title: string;
  /** The answers to choose from; null for a free answer. */
  options: Array<string> | null;
};

/** Sound by reference. */
export type AudioInput = {
  /** The variant of the object. */
  type: "audio";
  /** Its URL, or its contents as a `data:` URL; absent or null if `fileId` is given. */
  url?: string | null;
  /** The id of a file that was uploaded to the provider; absent or null if `url` is given. */
  fileId?: string | null;
};

/** Sound by reference. */
export type AudioInputParam = {
  /** The variant of the object. */
  type: "audio";
  /** Its URL, or its contents as a `data:` URL; absent or null if `fileId` is given. */
  url?: string | null;
  /** The id of a file that was uploaded to the provider; absent or null if `url` is given. */
  fileId?: string | null;
};

export type BlockReason = ProtectionBlock | CyberBlock;

/** The client does not show the answer. */
export type BlockedAnswer = {
  /** Always `block`: the client shows nothing of the answer. */
  mode: "block";
  /** The version of this format. */
  version: 1;
  /** The protection that held it back. */
  reason: BlockReason;
};

/** A half-open span of UTF-8 bytes. */
export type ByteRange = {
  /** The first byte, counted from 0. */
  start: number;
  /** The end of the span: the byte after the last one. */
  end: number;
};

/** The program at the other end. */
export type ClientInfo = {
  /** The name of the client; the log keeps up to 64 characters, or a digest of a longer name. */
  name: string;
  /** Ignored: the name of the client for people. */
  title?: string | null;
  /** Ignored: the version of the client. */
  version: string;
};

export type ClientNotification = {
  method: "initialized";
};

export type ClientRequest = {
  method: "account/read";
  params: GetAccountParams;
  id: RequestId;
} | {
  method: "collaborationMode/list";
  params: CollaborationModeListParams;
  id: RequestId;
} | {
  method: "config/mcpServer/reload";
  id: RequestId;
} | {
  method: "config/read";
  params: ConfigReadParams;
  id: RequestId;
} | {
  method: "configRequirements/read";
  id: RequestId;
} | {
  method: "hooks/list";
  params: HooksListParams;
  id: RequestId;
} | {
  method: "host/config/reload";
  id: RequestId;
} | {
  method: "host/diagnostics/read";
  params: DiagnosticsReadParams;
  id: RequestId;
} | {
  method: "host/events/subscribe";
  params: EventsSubscribeParams;
  id: RequestId;
} | {
  method: "host/events/unsubscribe";
  params: EventsUnsubscribeParams;
  id: RequestId;
} | {
  method: "host/goal/extend";
  params: GoalExtendParams;
  id: RequestId;
} | {
  method: "host/goal/setTree";
  params: GoalSetTreeParams;
  id: RequestId;
} | {
  method: "host/hold/list";
  params: HoldListParams;
  id: RequestId;
} | {
  method: "host/hold/release";
  params: HoldReleaseParams;
  id: RequestId;
} | {
  method: "host/hold/set";
  params: HoldSetParams;
  id: RequestId;
} | {
  method: "host/import/codex";
  params: ImportCodexParams;
  id: RequestId;
} | {
  method: "host/memory/read";
  params: MemoryReadParams;
  id: RequestId;
} | {
  method: "host/retention/preview";
  params: RetentionPreviewParams;
  id: RequestId;
} | {
  method: "host/retention/run";
  id: RequestId;
} | {
  method: "host/stats/read";
  params: StatsReadParams;
  id: RequestId;
} | {
  method: "host/thread/logs";
  params: ThreadLogsParams;
  id: RequestId;
} | {
  method: "host/thread/previewDelete";
  params: PreviewDeleteParams;
  id: RequestId;
} | {
  method: "host/views/rebuild";
  params: ViewsRebuildParams;
  id: RequestId;
} | {
  method: "initialize";
  params: InitializeParams;
  id: RequestId;
} | {
  method: "job/cancel";
  params: JobChangeParams;
  id: RequestId;
} | {
  method: "job/create";
  params: JobCreateParams;
  id: RequestId;
} | {
  method: "job/delete";
  params: JobReadParams;
  id: RequestId;
} | {
  method: "job/export";
  params: JobExportParams;
  id: RequestId;
} | {
  method: "job/items/list";
  params: JobItemsListParams;
  id: RequestId;
} | {
  method: "job/list";
  params: JobListParams;
  id: RequestId;
} | {
  method: "job/pause";
  params: JobChangeParams;
  id: RequestId;
} | {
  method: "job/read";
  params: JobReadParams;
  id: RequestId;
} | {
  method: "job/resume";
  params: JobChangeParams;
  id: RequestId;
} | {
  method: "job/retry";
  params: JobChangeParams;
  id: RequestId;
} | {
  method: "mcpServer/resource/read";
  params: McpResourceReadParams;
  id: RequestId;
} | {
  method: "mcpServer/tool/call";
  params: McpServerToolCallParams;
  id: RequestId;
} | {
  method: "mcpServerStatus/list";
  params: ListMcpServerStatusParams;
  id: RequestId;
} | {
  method: "memory/reset";
  id: RequestId;
} | {
  method: "memory/status";
  params: MemoryStatusParams;
  id: RequestId;
} | {
  method: "model/list";
  params: ModelListParams;
  id: RequestId;
} | {
  method: "modelProvider/list";
  params: ModelProviderListParams;
  id: RequestId;
} | {
  method: "permissionProfile/list";
  params: PermissionProfileListParams;
  id: RequestId;
} | {
  method: "server/diagnostics";
  params: ServerDiagnosticsParams;
  id: RequestId;
} | {
  method: "skills/list";
  params: SkillsListParams;
  id: RequestId;
} | {
  method: "thread/archive";
  params: ThreadArchiveParams;
  id: RequestId;
} | {
  method: "thread/backgroundTerminals/list";
  params: ThreadBackgroundTerminalsListParams;
  id: RequestId;
} | {
  method: "thread/compact/start";
  params: ThreadCompactStartParams;
  id: RequestId;
} | {
  method: "thread/delete";
  params: ThreadDeleteParams;
  id: RequestId;
} | {
  method: "thread/fork";
  params: ThreadForkParams;
  id: RequestId;
} | {
  method: "thread/goal/clear";
  params: ThreadGoalClearParams;
  id: RequestId;
} | {
  method: "thread/goal/get";
  params: ThreadGoalGetParams;
  id: RequestId;
} | {
  method: "thread/goal/set";
  params: ThreadGoalSetParams;
  id: RequestId;
} | {
  method: "thread/inject_items";
  params: ThreadInjectItemsParams;
  id: RequestId;
} | {
  method: "thread/items/list";
  params: ThreadItemsListParams;
  id: RequestId;
} | {
  method: "thread/list";
  params: ThreadListParams;
  id: RequestId;
} | {
  method: "thread/loaded/list";
  params: ThreadLoadedListParams;
  id: RequestId;
} | {
  method: "thread/memoryMode/set";
  params: ThreadMemoryModeSetParams;
  id: RequestId;
} | {
  method: "thread/metadata/update";
  params: ThreadMetadataUpdateParams;
  id: RequestId;
} | {
  method: "thread/name/set";
  params: ThreadSetNameParams;
  id: RequestId;
} | {
  method: "thread/queue/add";
  params: ThreadQueueAddParams;
  id: RequestId;
} | {
  method: "thread/queue/delete";
  params: ThreadQueueDeleteParams;
  id: RequestId;
} | {
  method: "thread/queue/list";
  params: ThreadQueueListParams;
  id: RequestId;
} | {
  method: "thread/queue/reorder";
  params: ThreadQueueReorderParams;
  id: RequestId;
} | {
  method: "thread/queue/update";
  params: ThreadQueueUpdateParams;
  id: RequestId;
} | {
  method: "thread/read";
  params: ThreadReadParams;
  id: RequestId;
} | {
  method: "thread/resume";
  params: ThreadResumeParams;
  id: RequestId;
} | {
  method: "thread/revert";
  params: ThreadRevertParams;
  id: RequestId;
} | {
  method: "thread/search";
  params: ThreadSearchParams;
  id: RequestId;
} | {
  method: "thread/search/cancel";
  params: ThreadSearchCancelParams;
  id: RequestId;
} | {
  method: "thread/search/stream";
  params: ThreadSearchParams;
  id: RequestId;
} | {
  method: "thread/search/stream/cancel";
  params: ThreadSearchCancelParams;
  id: RequestId;
} | {
  method: "thread/settings/update";
  params: ThreadSettingsUpdateParams;
  id: RequestId;
} | {
  method: "thread/start";
  params: ThreadStartParams;
  id: RequestId;
} | {
  method: "thread/turns/list";
  params: ThreadTurnsListParams;
  id: RequestId;
} | {
  method: "thread/unarchive";
  params: ThreadUnarchiveParams;
  id: RequestId;
} | {
  method: "thread/unsubscribe";
  params: ThreadUnsubscribeParams;
  id: RequestId;
} | {
  method: "turn/interrupt";
  params: TurnInterruptParams;
  id: RequestId;
} | {
  method: "turn/start";
  params: TurnStartParams;
  id: RequestId;
} | {
  method: "turn/steer";
  params: TurnSteerParams;
  id: RequestId;
};

export type CodexErrorInfo = CodexErrorName | HttpConnectionFailed | ResponseStreamConnectionFailed | ResponseStreamDisconnected | ResponseTooManyFailedAttempts | ActiveTurnNotSteerable;

export type CodexErrorName = "contextWindowExceeded" | "sessionBudgetExceeded" | "usageLimitExceeded" | "rateLimitExceeded" | "flexUnavailable" | "serverOverloaded" | "modelNotFound" | "policyCapacityUnavailable" | "cyberPolicy" | "bioPolicy" | "misalignmentPolicyViolation" | "tooManyDenials" | "internalServerError" | "unauthorized" | "badRequest" | "threadRollbackFailed" | "sandboxError" | "other" | "inferenceHookDenied";

/** The last known activity of a subagent. */
export type CollabAgentState = {
  /** The last known activity of the agent. */
  status: CollabAgentStatus;
  /** Its last message, or why it failed; null for none. */
  message: string | null;
};

export type CollabAgentStatus = "pendingInit" | "running" | "interrupted" | "completed" | "errored" | "shutdown" | "notFound";

export type CollabAgentTool = "spawnAgent" | "sendInput" | "resumeAgent" | "wait" | "closeAgent" | "sendMessage" | "followupTask" | "interruptAgent" | "listAgents";

/** A call of a tool that acts on other threads. */
export type CollabAgentToolCallItem = {
  /** The variant of the object. */
  type: "collabAgentToolCall";
  /** Its id. */
  id: string;
  /** The tool of the call. */
  tool: CollabAgentTool;
  /** Its status. */
  status: CollabAgentToolCallStatus;
  /** The id of the thread whose model calls it. */
  senderThreadId: string;
  /** The ids of the threads that it acts on. */
  receiverThreadIds: Array<string>;
  /** The prompt that they get; null for none. */
  prompt: string | null;
  /** The model of an agent that the call starts; null if it starts none. */
  model: string | null;
  /** The reasoning effort of that model; null if none was chosen. */
  reasoningEffort: string | null;
  /** The statuses of the agents, by id. */
  agentsStates: Record<string, CollabAgentState>;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number | null;
};

export type CollabAgentToolCallStatus = "inProgress" | "completed" | "failed" | "interrupted";

/** A preset of model, effort and instructions. */
export type CollaborationMode = {
  /** The preset; this host does not offer `plan`. */
  mode: "plan" | "default";
  /** The model, effort and instructions of the preset. */
  settings: ModeSettings;
};

/** All of them. */
export type CollaborationModeListParams = Record<string, unknown>;

/** The presets. */
export type CollaborationModeListResponse = {
  /** The presets. */
  data: Array<CollaborationModeMask>;
};

/** A preset; its null values leave settings unchanged. */
export type CollaborationModeMask = {
  /** Its name. */
  name: string;
  /** The preset; null leaves it unchanged. */
  mode: "plan" | "default" | null;
  /** The model; null leaves it unchanged. */
  model: string | null;
  /** The reasoning effort; null leaves it unchanged. */
  reasoning_effort: string | null;
};

/** A preset of model, effort and instructions. */
export type CollaborationModeParam = {
  /** The preset; this host does not offer `plan`. */
  mode: "plan" | "default";
  /** The model, effort and instructions of the preset. */
  settings: ModeSettingsParam;
};

/** A command that ran; `command_actions` are the actions recognised in it. */
export type CommandExecutionItem = {
  /** The variant of the object. */
  type: "commandExecution";
  /** Its id. */
  id: string;
  /** Always null: the host has no plugins. */
  pluginId: string | null;
  /** The script that was run; null for none. */
  scriptPath: string | null;
  /** The command. */
  command: string;
  /** The folder in which it ran. */
  cwd: string;
  /** The id of the process; null if it is not known. */
  processId: string | null;
  /** The origin of the command. */
  source: "agent" | "userShell" | "unifiedExecStartup" | "unifiedExecInteraction";
  /** How it ended, if it ended. */
  status: CommandExecutionStatus;
  /** The actions that were recognised in it. */
  commandActions: Array<Record<string, unknown>>;
  /** Its whole output; null if that is not known. */
  aggregatedOutput: string | null;
  /** Its exit code; null if it has none. */
  exitCode: number | null;
  /** Its duration in milliseconds; null before its end. */
  durationMs: number | null;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number | null;
};

export type CommandExecutionStatus = "inProgress" | "completed" | "failed" | "declined";

/** The values of one source, without secrets. */
export type ConfigLayer = {
  /** The source: a file, or the command line and environment of the host. */
  name: LayerSource;
  /** A digest of its contents. */
  version: string;
  /** The values of the source, without secrets. */
  config: Record<string, unknown>;
  /** Always null: every listed source applies. */
  disabledReason: string | null;
  /** Keys that only codex uses. */
  unusedKeys: Array<string>;
};

/** The folder from which to see the configuration, and whether to return its layers. */
export type ConfigReadParams = {
  /** Whether the answer has `layers`, the values of each source by itself. */
  includeLayers?: boolean;
  /** The value for `config.cwd`, relative to the client's folder; the client's folder if absent or null. */
  cwd?: string | null;
};

/** The configuration, the origin of each key, and each layer whole, the strongest first. */
export type ConfigReadResponse = {
  /** The configuration that is in force. */
  config: EffectiveConfig;
  /** For each key, the source with the highest precedence that sets it. */
  origins: Record<string, LayerMetadata>;
  /** The values of each source by itself, highest precedence first; null unless requested. */
  layers: Array<ConfigLayer> | null;
};

/** The file that was read again; keys are spelled as in the file. */
export type ConfigReloadResponse = {
  /** The file that was read. */
  file: string;
  /** A digest of its contents. */
  version: string;
  /** The keys whose new values apply from now on. */
  changed: Array<string>;
  /** The keys whose new values apply only after a restart. */
  needsRestart: Array<string>;
  /** The keys that this host does not use. */
  unusedKeys: Array<string>;
};

/** The requirements of an administrator: none. */
export type ConfigRequirementsReadResponse = {
  /** Always null: there are no requirements. */
  supportsIndependentSpeedModes: boolean | null;
  /** Always null: there are no requirements. */
  requirements: null;
};

/** All connections together; `mostUnreadBytes` is what the slowest one has not read. */
export type ConnectionsStats = {
  /** The number of connections. */
  open: number;
  /** Those of them that get notifications from the log, as they read slowly. */
  behind: number;
  /** Requests that are carried out. */
  runningRequests: number;
  /** Requests that have not begun. */
  waitingRequests: number;
  /** Requests of the host that wait for an answer. */
  openQuestions: number;
  /** Notifications that wait for an earlier reply. */
  waitingNotifications: number;
  /** Messages that clients have not read. */
  unreadMessages: number;
  /** The messages that clients have not read, in bytes. */
  unreadBytes: number;
  /** The messages that the slowest client has not read, in bytes. */
  mostUnreadBytes: number;
};

/** The history was compacted; newer clients read the item that says so. */
export type ContextCompactedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
};

/** The history before this point was replaced by a summary. */
export type ContextCompactionItem = {
  /** The variant of the object. */
  type: "contextCompaction";
  /** Its id. */
  id: string;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number | null;
  /** Extension of this host: true if the model's output broke off in this item; else absent. */
  incomplete?: Incomplete;
};

/** A multi-agent mode in the client's own words. */
export type CustomMultiAgentMode = {
  /** The mode, in the client's own words. */
  custom: string;
};

/** A thread of a program that gave its own name. */
export type CustomSource = {
  /** The name that the program gave itself. */
  custom: string;
};

export type CyberAccessProgram = "standard" | "daybreakBlue" | "daybreakRed";

/** An answer that would help an attack; whether trusted access would have got it. */
export type CyberBlock = {
  /** The variant: the answer would help an attack. */
  kind: "cyber";
  /** Whether trusted access would get the answer; absent if that is not known. */
  trustedAccess?: boolean | null;
};

/** The client uses something that later versions will not have. */
export type DeprecationNoticeNotification = {
  /** What the client uses that later versions will not have. */
  summary: string;
  /** What to use instead; null if there is nothing to say. */
  details: string | null;
};

/** A fault or risk: what, why, and the remedy. */
export type DiagnosticsFinding = {
  /** Its subject, in one word. */
  area: string;
  /** `error` if the finding keeps the host from its work, `warning` if it may. */
  severity: "error" | "warning";
  /** The fault or risk. */
  what: string;
  /** Why it is so. */
  cause: string;
  /** The remedy. */
  remedy: string;
};

/** No parameters. */
export type DiagnosticsReadParams = Record<string, unknown>;

/** The findings, the size of the home in bytes by cause, and the checks that were left out. */
export type DiagnosticsReadResponse = {
  /** The most severe of the findings. */
  verdict: "healthy" | "warning" | "error";
  /** The findings. */
  findings: Array<DiagnosticsFinding>;
  /** The disk space of the home, in bytes by cause. */
  sizes: Record<string, number>;
  /** The free space of the home's file system, in bytes. */
  freeBytes: number;
  /** The newest position of the log. */
  position: number;
  /** The checks that were left out, and the command that runs them. */
  notLookedAt: Array<string>;
};

/** A tool that the client runs itself; `input_schema` is a JSON Schema. */
export type DynamicFunction = {
  /** The variant of the object. */
  type: "function";
  /** The name of the tool for models: 1 to 128 letters without accents, digits, `_` and `-`. */
  name: string;
  /** What it does, for models. */
  description: string;
  /** The JSON Schema of its arguments. */
  inputSchema: unknown;
  /** Whether models may have to search for the tool; this host always offers it at once, and requires a namespace for it. */
  deferLoading?: boolean;
  /** Its MCP annotations (`readOnlyHint`, `destructiveHint`): calls of a tool with annotations that is not read-only need an approval; null for none. */
  annotations?: Record<string, unknown> | null;
};

/** A group of the client's tools under one name. */
export type DynamicNamespace = {
  /** The variant of the object. */
  type: "namespace";
  /** The name of the namespace: 1 to 64 letters without accents, digits, `_` and `-`. */
  name: string;
  /** The common purpose of its tools, for models. */
  description: string;
  /** Its tools, at least one. */
  tools: Array<DynamicFunction>;
};

/** A call of a tool that the client offers. */
export type DynamicToolCallItem = {
  /** The variant of the object. */
  type: "dynamicToolCall";
  /** Its id. */
  id: string;
  /** The namespace of the tool; null for none. */
  namespace: string | null;
  /** The name of the tool. */
  tool: string;
  /** The arguments of the call. */
  arguments: unknown;
  /** Its status. */
  status: ToolCallStatus;
  /** Its answer; null before. */
  contentItems: Array<DynamicToolCallOutput> | null;
  /** Whether it succeeded; null while that is not known. */
  success: boolean | null;
  /** Its duration in milliseconds; null before its end. */
  durationMs: number | null;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number | null;
};

export type DynamicToolCallOutput = OutputText | OutputImage | OutputAudio;

export type DynamicToolCallOutputParam = OutputTextParam | OutputImageParam | OutputAudioParam;

/** A call of a tool that the client offered. */
export type DynamicToolCallParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
  /** The id of the call. */
  callId: string;
  /** The namespace of the tool; null for none. */
  namespace: string | null;
  /** The name of the tool. */
  tool: string;
  /** Its arguments, which match its schema. */
  arguments: unknown;
};

/** The output of the tool, for the model. */
export type DynamicToolCallResponse = {
  /** The output that the model sees. */
  contentItems: Array<DynamicToolCallOutputParam>;
  /** Whether it succeeded. */
  success: boolean;
};

export type DynamicToolSpec = DynamicFunction | DynamicNamespace;

/** The defaults of a new thread, under the names of a configuration file. */
export type EffectiveConfig = {
  /** The model. */
  model: string;
  /** Its provider, by its name. */
  model_provider: string;
  /** Which tool calls need an approval. */
  approval_policy: AskForApproval;
  /** The reviewer of approvals: stored and shown, but this host always asks the user. */
  approvals_reviewer: ApprovalsReviewer;
  /** The sandbox of commands; the host runs no commands. */
  sandbox_mode: SandboxMode;
  /** The working folder: the requested one, or the client's own. */
  cwd: string;
  /** The tokens of the model's context window; absent if that is not known. */
  model_context_window?: number | null;
  /** The number of tokens from which the history is compacted; absent for never. */
  model_auto_compact_token_limit?: number | null;
  /** The reasoning effort; absent for the model's default. */
  model_reasoning_effort?: string | null;
  /** Whether the model summarises its reasoning; absent for the provider's default. */
  model_reasoning_summary?: ReasoningSummary | null;
  /** The verbosity of the model; absent for its default. */
  model_verbosity?: Verbosity | null;
  /** The service tier; absent for the provider's default. */
  service_tier?: string | null;
  /** The system instructions; absent for none. */
  instructions?: string | null;
  /** The developer message ahead of the history; absent for none. */
  developer_instructions?: string | null;
  /** The tone of answers; absent if none was chosen. */
  personality?: Personality | null;
  /** The profile of the file that applies; absent for none. */
  profile?: string | null;
  /** The time limit of a turn, in milliseconds; 0 for none, absent for the host's limit. */
  turn_timeout_ms?: number | null;
  /** The providers in the file, by name, without secrets; absent for none. */
  model_providers?: Record<string, unknown> | null;
};

/** Whether the host sends a key, which its configuration sets. */
export type EndpointAuth = {
  /** Whether the host sends a key. */
  mode: "none" | "externallyConfigured";
};

/** A folder inside an environment. */
export type EnvironmentLocation = {
  /** The variant of the object. */
  type: "environment";
  /** The id of the environment. */
  environmentId: string;
  /** The folder in that environment. */
  path: string;
};

/** A turn met an error; `will_retry` says whether the host tries again. */
export type ErrorNotification = {
  /** What went wrong. */
  error: TurnError;
  /** Whether the host tries again within the turn. */
  willRetry: boolean;
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
};

/** The kind of the refusal; later versions may have more. */
export type ErrorReason = "accountFull" | "agentNotFound" | "agentsFull" | "alreadyArchived" | "alreadyInitialized" | "answerTooLarge" | "approvalNeeded" | "badJob" | "budgetUsedUp" | "codexUnreadable" | "conflictingParams" | "corruptEvent" | "deletionHalted" | "deletionNotSupported" | "emptyInput" | "emptyThreadName" | "eventRefused" | "experimentalApiRequired" | "fieldTooLarge" | "goalRefused" | "goalsNotKept" | "heldOtherwise" | "holdNotFound" | "holdsFull" | "holdsNotKept" | "hostLost" | "idempotencyKeyReused" | "importOfItself" | "inMemory" | "inputChanged" | "inputRefused" | "internalError" | "invalidConfig" | "invalidConfigurationFile" | "invalidCursor" | "invalidId" | "invalidItem" | "invalidMessage" | "invalidParams" | "itemNotFound" | "jobNotFound" | "jobRefused" | "keyMissing" | "mcpCallFailed" | "mcpServerNotFound" | "memoryFull" | "messageTooLarge" | "metadataNotKept" | "methodNotOffered" | "modelProviderNotConfigured" | "noActiveTurn" | "noCodexHome" | "noConfigurationFile" | "noFile" | "noGoal" | "noRetentionRules" | "notArchived" | "notForkable" | "notInitialized" | "notTheRoot" | "nothingToInject" | "outOfResources" | "outputFailed" | "outputRefused" | "overloaded" | "parseError" | "permissionProfileNotFound" | "projectNotFound" | "queueFull" | "requestCancelled" | "requestIdInUse" | "rolloutNotFound" | "rolloutRefused" | "schemaRefused" | "serverRequired" | "settingsLost" | "shuttingDown" | "spawnRefused" | "staleToken" | "storeFailed" | "storeOverloaded" | "storeUnavailable" | "storeUnreadable" | "submissionNotFound" | "threadArchived" | "threadBeingDeleted" | "threadClosing" | "threadHeld" | "threadNotFenced" | "threadNotFound" | "threadNotMaterialized" | "threadNotPersisted" | "threadUnavailable" | "tooManyItems" | "toolRefused" | "treeChanged" | "treeGrown" | "turnNotFound" | "turnNotSteerable" | "turnRunning" | "unknownMethod" | "valueNotOffered" | "websocketExpected" | "wrongOrder" | "wrongTurn";

export type ErrorResponse = {
  error: {
    code: number;
    message: string;
    data: {
      reason: ErrorReason;
    };
  };
  id: RequestId | null;
};

/** The last cursor that the client has seen; or the last position, 0 when it has seen none. */
export type EventsSubscribeParams = {
  /** The last position that the client has seen, 0 for none; absent or null if `afterCursor` is given. */
  afterPosition?: number | null;
  /** The last `cursor` that the client has seen, which also reveals a change of log; absent or null if `afterPosition` is given. */
  afterCursor?: string | null;
  /** Whether the host sends only notifications of threads that this connection follows, now and later. */
  followedOnly?: boolean;
};

/** The log and its position, and whether everything after the requested place follows. */
export type EventsSubscribeResponse = {
  /** The newest position of the log. */
  position: number;
  /** The oldest position from which the host can send notifications. */
  oldestPosition: number;
  /** Whether the host sends everything after the requested place. */
  complete: boolean;
  /** Why the host does not send everything; null if it does. */
  reason: string | null;
  /** The id of the log; positions of other logs are not valid in it. */
  logId: string;
  /** The place of the newest notification, for `afterCursor`. */
  cursor: string;
};

/** No parameters. */
export type EventsUnsubscribeParams = Record<string, unknown>;

/** The subscription ended; notifications of followed threads go on. */
export type EventsUnsubscribeResponse = Record<string, unknown>;

/** An outer program provides the sandbox. */
export type ExternalSandbox = {
  /** The variant of the object. */
  type: "externalSandbox";
  /** Whether commands may use the network: stored and shown, but the host runs no commands. */
  networkAccess: "restricted" | "enabled";
};

/** An outer program provides the sandbox. */
export type ExternalSandboxParam = {
  /** The variant of the object. */
  type: "externalSandbox";
  /** Whether commands may use the network: stored and shown, but the host runs no commands. */
  networkAccess?: "restricted" | "enabled";
};

/** No sandbox. */
export type FullAccessSandbox = {
  /** The variant of the object. */
  type: "dangerFullAccess";
};

/** No sandbox. */
export type FullAccessSandboxParam = {
  /** The variant of the object. */
  type: "dangerFullAccess";
};

/** Any other endpoint. */
export type GatewayProviderSettings = {
  /** The variant of the object. */
  type: "customGateway";
  /** How the host authenticates itself. */
  auth: EndpointAuth | VariableAuth;
};

/** Whether to refresh the token before the answer. */
export type GetAccountParams = {
  /** Ignored: there is no account, so there is no token. */
  refreshToken?: boolean;
};

/** The host has no accounts, so clients need not log in. */
export type GetAccountResponse = {
  /** Always null: there is no account. */
  account: null;
  /** Always null: there is no account. */
  userId: string | null;
  /** Whether clients must log in first: always false. */
  requiresOpenaiAuth: boolean;
  /** Always null: there is no account. */
  workspaceRouting: null;
};

/** The repository a thread was started in. */
export type GitInfo = {
  /** The commit; null if that is not known. */
  sha: string | null;
  /** The branch; null if that is not known. */
  branch: string | null;
  /** The URL from which the repository was cloned; null if that is not known. */
  originUrl: string | null;
};

/** The thread of the goal, and the tokens to add to its budget, or to those used if more. */
export type GoalExtendParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The tokens to add to its budget, or to the tokens used if these are more; at least 1. */
  tokens: number;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** The current goal, and the tokens that threads below used for it; null unless these count. */
export type GoalExtendResponse = {
  /** The current state of the goal. */
  goal: ThreadGoal;
  /** Extension of this host: the tokens that threads below used for the goal; null unless these count. */
  treeTokensUsed: number | null;
};

/** As for `thread/goal/set`, for a goal that also counts the tokens of all threads below. */
export type GoalSetTreeParams = {
  /** The id of the root of a tree. */
  threadId: string;
  /** The objective, 1 to 4,000 characters; if absent or null, that of the existing goal. */
  objective?: string | null;
  /** The status of the goal; if absent or null, a new goal is `active`, and an existing one keeps its status. */
  status?: ThreadGoalStatus | null;
  /** The tokens that all threads of the tree may use together, at least 1; null removes the budget, absent leaves it unchanged. */
  tokenBudget?: number | null;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** The current goal, and the tokens that threads below used for it. */
export type GoalSetTreeResponse = {
  /** The current state of the goal. */
  goal: ThreadGoal;
  /** Extension of this host: the tokens that threads below used for the goal; null unless these count. */
  treeTokensUsed: number;
};

/** A policy that allows or forbids each kind of question. */
export type GranularApproval = {
  /** The kinds of questions that may be asked. */
  granular: GranularRules;
};

/** A policy that allows or forbids each kind of question. */
export type GranularApprovalParam = {
  /** The kinds of questions that may be asked. */
  granular: GranularRulesParam;
};

/** The kinds of questions that may be asked at all. */
export type GranularRules = {
  /** Whether the user may be asked about the sandbox; stored and shown. */
  sandbox_approval: boolean;
  /** Whether rules may ask the user; stored and shown. */
  rules: boolean;
  /** Whether the user may be asked about skills; stored and shown. */
  skill_approval: boolean;
  /** Whether the user may be asked for more permissions; stored and shown. */
  request_permissions: boolean;
  /** Whether the user may be asked about tool calls; if not, calls that need an approval are not made. */
  mcp_elicitations: boolean;
};

/** The kinds of questions that may be asked at all. */
export type GranularRulesParam = {
  /** Whether the user may be asked about the sandbox; stored and shown. */
  sandbox_approval: boolean;
  /** Whether rules may ask the user; stored and shown. */
  rules: boolean;
  /** Whether the user may be asked about skills; stored and shown. */
  skill_approval?: boolean;
  /** Whether the user may be asked for more permissions; stored and shown. */
  request_permissions?: boolean;
  /** Whether the user may be asked about tool calls; if not, calls that need an approval are not made. */
  mcp_elicitations: boolean;
};

export type HelplineSubject = "answer" | "prompt";

/** The client shows something else in place of the answer. */
export type HiddenAnswer = {
  /** The variant: something else is shown. */
  mode: "hide";
  /** The version of this format. */
  version: 1;
  /** What to show in its place. */
  replacement: AnswerReplacement;
};

/** A hold on a thread: its matter, who set it, and when (in seconds). */
export type Hold = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The matter of the hold: 1 to 64 letters without accents, digits and any of `_.:+-`; not encrypted in the log. */
  matter: string;
  /** `thread` for this thread alone, `tree` for all threads below it, too, present and future. */
  scope: HoldScope;
  /** The reason for the hold; null if it cannot be read. */
  reason: string | null;
  /** The principal that set it. */
  setBy: string;
  /** The time at which it was set, in seconds since 1970. */
  setAt: number;
};

/** A thread, to list all holds that cover it; or a page of all holds. */
export type HoldListParams = {
  /** The id of the thread whose holds to return, all at once; null for those of all threads, in pages. */
  threadId?: string | null;
  /** The start of the page: the `nextCursor` of the page before; absent or null for the first page. */
  cursor?: string | null;
  /** The largest number of entries of the page, 1 to 100; 25 if absent or null. */
  limit?: number | null;
};

/** Holds by matter and thread, and the cursor of those that follow. */
export type HoldListResponse = {
  /** The holds, by matter and thread. */
  data: Array<Hold>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
};

/** The hold to release, and why. */
export type HoldReleaseParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The reason for the release, 1 to 1,000 characters, not all blank; encrypted in the log. */
  reason: string;
  /** The matter of the hold to release; `hold` if absent. */
  matter?: string;
};

/** The hold was released; other holds of the thread stay. */
export type HoldReleaseResponse = Record<string, unknown>;

export type HoldScope = "thread" | "tree";

/** What to hold, for which matter, and why; the reason is encrypted, the matter is not. */
export type HoldSetParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The reason for the hold, 1 to 1,000 characters, not all blank; encrypted in the log. */
  reason: string;
  /** The matter of the hold, `hold` if absent: 1 to 64 letters without accents, digits and any of `_.:+-`; not encrypted in the log. */
  matter?: string;
  /** `thread` for this thread alone, `tree` for all threads below it, too, present and future. */
  scope?: "thread" | "tree";
};

/** The hold, in its current state. */
export type HoldSetResponse = {
  /** The hold, in its current state. */
  hold: Hold;
};

/** The hooks of one folder. */
export type HooksListEntry = {
  /** The folder. */
  cwd: string;
  /** Its hooks: always none. */
  hooks: Array<unknown>;
  /** Warnings about them: always none. */
  warnings: Array<string>;
  /** The entries that could not be read: always none. */
  errors: Array<unknown>;
};

/** The folders, or the thread whose folder to use. */
export type HooksListParams = {
  /** The folders to look in; the client's own folder if the list is empty. */
  cwds?: Array<string>;
  /** The id of a thread whose folder is used instead; null for none. */
  threadId?: string | null;
};

/** An entry for each folder, in the order of the request. */
export type HooksListResponse = {
  /** An entry for each folder, in the order of the request. */
  data: Array<HooksListEntry>;
};

/** The endpoint could not be reached. */
export type HttpConnectionFailed = {
  /** What is known about it. */
  httpConnectionFailed: HttpFailure;
};

/** The HTTP status of an endpoint's answer, if there was one. */
export type HttpFailure = {
  /** The HTTP status of the endpoint's answer; null if there was no answer. */
  httpStatusCode: number | null;
};

/** The thread is loaded and has nothing to do. */
export type IdleStatus = {
  /** The variant of the object. */
  type: "idle";
};

export type ImageDetail = "auto" | "low" | "high" | "original";

/** A picture by reference. */
export type ImageInput = {
  /** The variant of the object. */
  type: "image";
  /** Its URL, or its contents as a `data:` URL; absent or null if `fileId` is given. */
  url?: string | null;
  /** The id of a file that was uploaded to the provider; absent or null if `url` is given. */
  fileId?: string | null;
  /** The detail with which the model sees it; null for the provider's default. */
  detail: ImageDetail | null;
};

/** A picture by reference. */
export type ImageInputParam = {
  /** The variant of the object. */
  type: "image";
  /** Its URL, or its contents as a `data:` URL; absent or null if `fileId` is given. */
  url?: string | null;
  /** The id of a file that was uploaded to the provider; absent or null if `url` is given. */
  fileId?: string | null;
  /** The detail with which the model sees it; null for the provider's default. */
  detail?: ImageDetail | null;
};

/** The home of codex, as a path on the host's machine; with `dryRun` nothing is recorded. */
export type ImportCodexParams = {
  /** The home of codex, as an absolute path on the machine of the host. */
  path: string;
  /** Whether the host only reads the home and records nothing. */
  dryRun?: boolean;
};

/** The result of an import; `left` and `faults` have the first entries, `counts` counts all. */
export type ImportCodexResponse = {
  /** What was found, in numbers. */
  counts: ImportCounts;
  /** The first of what was not imported. */
  left: Array<ImportLeft>;
  /** The first of what is missing in imported threads. */
  faults: Array<ImportFault>;
};

/** The number of threads in the home, by outcome; `left` counts files of no thread, too. */
export type ImportCounts = {
  /** The threads in the home of codex. */
  total: number;
  /** Those that were read. */
  done: number;
  /** Those that were imported. */
  imported: number;
  /** Those that were here already. */
  unchanged: number;
  /** Those that were not imported, and files that belong to no thread. */
  left: number;
  /** Lines that were stored unchanged, as the host has no equivalent. */
  keptLines: number;
};

/** What is missing in an imported thread: part of a line, counted from 1, or of the file. */
export type ImportFault = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The file. */
  path: string;
  /** The line, counted from 1; null for the whole file. */
  line: number | null;
  /** What is wrong at that place. */
  why: string;
};

/** A thread that was not imported, or a file of no thread, and why. */
export type ImportLeft = {
  /** The id of the thread; null for a file of no thread. */
  threadId: string | null;
  /** The file. */
  path: string;
  /** Why it was not imported. */
  why: string;
};

/** The progress of an import that this connection requested; some steps may be skipped. */
export type ImportProgressNotification = {
  /** The id of the request that this refers to. */
  requestId: string | number;
  /** What was found so far, in numbers. */
  counts: ImportCounts;
};

export type Incomplete = true | null;

/** The capabilities that the client wants on this connection. */
export type InitializeCapabilities = {
  /** Whether the connection uses experimental methods and fields, and gets experimental notifications. */
  experimentalApi?: boolean;
  /** Ignored: the host asks for no attestation. */
  requestAttestation?: boolean;
  /** The names of notifications that the host does not send on this connection; at most 1,000; null for none. */
  optOutNotificationMethods?: Array<string> | null;
  /** Ignored: at most 256 keys. */
  extensions?: Record<string, unknown> | null;
  /** Ignored: the host sends forms as MCP defines them. */
  mcpServerOpenaiFormElicitation?: boolean;
  /** Ignored: the host logs in nowhere. */
  explicitGatewayOauth?: boolean;
  /** Ignored: approvals always come from a client. */
  requiredHumanApproval?: boolean;
};

/** The first request of a connection. */
export type InitializeParams = {
  /** The name and version of the client. */
  clientInfo: ClientInfo;
  /** The capabilities that the client wants on this connection; null for the plain protocol. */
  capabilities?: InitializeCapabilities | null;
};

/** Name, version and place of this host, which log its positions are of, and which start it is. */
export type InitializeResponse = {
  /** The version of the protocol, and the name and version of this host. */
  userAgent: string;
  /** The home of this host. */
  codexHome: string;
  /** The family of its operating system. */
  platformFamily: string;
  /** Its operating system. */
  platformOs: string;
  /** Extension of this host: the id of the log that its positions belong to. */
  logId: string;
  /** Extension of this host: the number of this start, greater than that of every earlier start. */
  hostEpoch: number;
};

export type InputModality = "text" | "image" | "audio";

/** The item before or after which a page begins, without the item itself. */
export type ItemAnchor = {
  /** The variant of the object. */
  type: "item";
  /** The id of the item after which the page begins; `turnId` must name its turn. */
  itemId: string;
};

/** An item is complete; its contents replace those of the deltas. */
export type ItemCompletedNotification = {
  /** The item as it is now. */
  item: ThreadItem;
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
  /** The number of tokens of its content; null if that is not known. */
  contentTokenCount: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number;
};

/** An item began; it is not complete. */
export type ItemStartedNotification = {
  /** The item as it is now. */
  item: ThreadItem;
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number;
};

/** A job, with the number of its rows in each state; times are in seconds. */
export type Job = {
  /** The id of the job. */
  id: string;
  /** The id of the thread below which its workers are started. */
  threadId: string;
  /** Its name. */
  name: string;
  /** Its status. */
  status: JobStatus;
  /** Whether the job is paused: it starts no more rows. */
  paused: boolean;
  /** Whether all rows of the file were read. */
  inputComplete: boolean;
  /** The number of rows of the job that were read so far. */
  totalItems: number;
  /** The number of rows that wait. */
  pendingItems: number;
  /** The number of rows that are running. */
  runningItems: number;
  /** The number of rows that have a result. */
  completedItems: number;
  /** The number of rows that failed. */
  failedItems: number;
  /** Its share of the tree's workers. */
  priority: number;
  /** Why it ended early; null if it did not. */
  error: string | null;
  /** The file of rows. */
  inputPath: string;
  /** The file to which its rows are written; if the job names none, the default file of an export. */
  outputPath: string;
  /** Whether the host writes its rows to a file when it is over. */
  exports: boolean;
  /** The time of the last export, in seconds since 1970; null if there was none. */
  exportedAt: number | null;
  /** Whether the last attempt to write them failed. */
  exportFailed: boolean;
  /** The error of the last failed attempt; null if none failed, or if it cannot be read. */
  exportError: string | null;
  /** The time of its creation, in seconds since 1970. */
  createdAt: number;
  /** The time of its last change, in seconds since 1970. */
  updatedAt: number;
  /** The time of its start, in seconds since 1970; null before. */
  startedAt: number | null;
  /** The time of its end, in seconds since 1970; null before. */
  completedAt: number | null;
};

/** The job. */
export type JobChangeParams = {
  /** The id of the job, a UUID. */
  jobId: string;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** A job ended: all its rows did, or the job failed or was cancelled. */
export type JobCompletedNotification = {
  /** The id of the job, a UUID. */
  jobId: string;
  /** How it ended. */
  status: "completed" | "failed" | "cancelled";
  /** Why it ended early; null if it did not. */
  error: string | null;
};

/** A job to begin below a thread; paths count from its folder, and lie below it. */
export type JobCreateParams = {
  /** The id of the thread below which the job's workers are started. */
  threadId: string;
  /** The file of rows (CSV, or JSON lines), relative to the thread's folder and inside it. */
  inputPath: string;
  /** The instruction to the worker of each row; `{column}` stands for the row's value, `{{` and `}}` for braces. */
  instruction: string;
  /** The name of the job; if absent or null, that of its input file. */
  name?: string | null;
  /** The column with the ids of the rows; if absent or null, these are `row-1`, `row-2` and so on. */
  idColumn?: string | null;
  /** The file to which the rows are written when the job is over, inside the thread's folder; if absent or null, none is written. */
  outputPath?: string | null;
  /** Whether the export may replace an existing file at `outputPath`. */
  force?: boolean;
  /** The JSON Schema of a row's result; null to accept any object. */
  outputSchema?: Record<string, unknown> | null;
  /** The largest number of rows at work at once, 1 to 64; 16 if absent or null. */
  maxConcurrency?: number | null;
  /** The time limit of a row, in seconds, at least 1; 1,800 if absent or null. */
  maxRuntimeSeconds?: number | null;
  /** The largest number of attempts for a row, 1 to 100; 3 if absent or null. */
  maxAttempts?: number | null;
  /** The time limit of the job, in seconds, at least 1; none if absent or null. */
  deadlineSeconds?: number | null;
  /** The job's share of the tree's workers, 1 to 100: a job of 20 gets twice as many as a job of 10; 1 if absent or null. */
  priority?: number | null;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** A job was created. */
export type JobCreatedNotification = {
  /** The id of the job, a UUID. */
  jobId: string;
  /** The id of the thread below which its workers are started. */
  threadId: string;
};

/** It is gone, with its rows. */
export type JobDeleteResponse = Record<string, unknown>;

/** A job was deleted. */
export type JobDeletedNotification = {
  /** The id of the job, a UUID. */
  jobId: string;
};

/** The host could not write the rows of a job; the client may try again. */
export type JobExportFailedNotification = {
  /** The id of the job, a UUID. */
  jobId: string;
  /** The reason of the failure. */
  reason: string;
};

/** A job, and where its rows are to be written, if not where it says itself. */
export type JobExportParams = {
  /** The id of the job, a UUID. */
  jobId: string;
  /** The file to write, inside the thread's folder; if absent or null, the one that the job names. */
  outputPath?: string | null;
  /** The format of the file; if absent or null, that of its suffix, `csv` by default. */
  format?: JobFormat | null;
  /** Whether the export may replace an existing file. */
  force?: boolean;
  /** Whether to put a `'` ahead of cells that a spreadsheet would compute. */
  escapeFormulas?: boolean;
};

/** The file that was written. */
export type JobExportResponse = {
  /** The file that was written. */
  outputPath: string;
  /** The number of rows. */
  items: number;
};

/** The rows of a job were written to its file. */
export type JobExportedNotification = {
  /** The id of the job, a UUID. */
  jobId: string;
  /** The number of rows that were written. */
  items: number;
};

export type JobFormat = "csv" | "jsonl" | "parquet";

/** A row of a job, its worker and its result; times are in seconds. */
export type JobItem = {
  /** The id of the row; null if it cannot be read. */
  itemId: string | null;
  /** The index of the row, counted from 0. */
  rowIndex: number;
  /** The row's value of the id column; null if there is no such column. */
  sourceId: string | null;
  /** Its status. */
  status: JobItemStatus;
  /** The thread id of its worker; null if it has none. */
  assignedThreadId: string | null;
  /** The number of attempts so far. */
  attemptCount: number;
  /** The error of the last failed attempt; null if none failed. */
  lastError: string | null;
  /** The row as it was read; null if it cannot be read. */
  row: Record<string, unknown> | null;
  /** Its result; null before there is one. */
  result: Record<string, unknown> | null;
  /** The time of its creation, in seconds since 1970. */
  createdAt: number;
  /** The time of its last change, in seconds since 1970. */
  updatedAt: number;
  /** The time of its worker's report, in seconds since 1970; null before. */
  reportedAt: number | null;
  /** The time of its end, in seconds since 1970; null before. */
  completedAt: number | null;
};

/** A row failed for good. */
export type JobItemFailedNotification = {
  /** The id of the job, a UUID. */
  jobId: string;
  /** The index of the row, counted from 0. */
  rowIndex: number;
  /** Why it failed. */
  error: string;
};

export type JobItemStatus = "pending" | "running" | "completed" | "failed";

/** The page of rows to list, in their order, and their status if only one is wanted. */
export type JobItemsListParams = {
  /** The id of the job, a UUID. */
  jobId: string;
  /** The start of the page: the `nextCursor` of the page before; absent or null for the first page. */
  cursor?: string | null;
  /** The largest number of entries of the page, 1 to 100; 25 if absent or null. */
  limit?: number | null;
  /** The status of the rows to return; null for all. */
  status?: JobItemStatus | null;
};

/** One page of rows. */
export type JobItemsListResponse = {
  /** The rows, in their order. */
  data: Array<JobItem>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
};

/** The page of jobs to list, the newest first, and their status if only one is wanted. */
export type JobListParams = {
  /** The start of the page: the `nextCursor` of the page before; absent or null for the first page. */
  cursor?: string | null;
  /** The largest number of entries of the page, 1 to 100; 25 if absent or null. */
  limit?: number | null;
  /** The status of the jobs to return; null for all. */
  status?: JobStatus | null;
};

/** One page of jobs. */
export type JobListResponse = {
  /** The jobs, the newest first. */
  data: Array<Job>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
};

/** The progress of a job: at its start and end, and at most once a second in between. */
export type JobProgressNotification = {
  /** The id of the job, a UUID. */
  jobId: string;
  /** Its status. */
  status: JobStatus;
  /** The number of rows of the job that were read so far. */
  totalItems: number;
  /** The number of rows that wait. */
  pendingItems: number;
  /** The number of rows that are running. */
  runningItems: number;
  /** The number of rows that have a result. */
  completedItems: number;
  /** The number of rows that failed. */
  failedItems: number;
  /** The estimated remaining time at the speed so far, in seconds; null while that is not known. */
  etaSeconds: number | null;
};

/** The job. */
export type JobReadParams = {
  /** The id of the job, a UUID. */
  jobId: string;
};

/** The current job. */
export type JobResponse = {
  /** The current job. */
  job: Job;
};

export type JobStatus = "pending" | "running" | "completed" | "failed" | "cancelled" | "deleting";

/** The source of a key; `version` is a digest of its contents. */
export type LayerMetadata = {
  /** The source: a file, or the command line and environment of the host. */
  name: LayerSource;
  /** A digest of its contents. */
  version: string;
};

export type LayerSource = UserLayer | SessionFlagsLayer;

/** The servers to list, the detail of each, and the start of the page. */
export type ListMcpServerStatusParams = {
  /** The start of the page: the `nextCursor` of the page before; absent or null for the first page. */
  cursor?: string | null;
  /** The largest number of servers of the page, at least 1; no limit if absent or null. */
  limit?: number | null;
  /** `toolsAndAuthOnly` leaves out resources and their templates; absent or null for everything. */
  detail?: "full" | "toolsAndAuthOnly" | null;
  /** Ignored: all threads share the servers. */
  threadId?: string | null;
  /** The name of the only server to return; null for all. */
  serverName?: string | null;
  /** Ignored: the servers are those of the host. */
  environmentId?: string | null;
};

/** One page, in the order of their names. */
export type ListMcpServerStatusResponse = {
  /** The servers, in the order of their names. */
  data: Array<McpServerStatus>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
};

/** Sound in a file on the host's machine. */
export type LocalAudioInput = {
  /** The variant of the object. */
  type: "localAudio";
  /** The path of the file on the host's machine. */
  path: string;
};

/** Sound in a file on the host's machine. */
export type LocalAudioInputParam = {
  /** The variant of the object. */
  type: "localAudio";
  /** The path of the file on the host's machine. */
  path: string;
};

/** A picture in a file on the host's machine. */
export type LocalImageInput = {
  /** The variant of the object. */
  type: "localImage";
  /** The path of the file on the host's machine. */
  path: string;
  /** The detail with which the model sees it; null for the provider's default. */
  detail: ImageDetail | null;
};

/** A picture in a file on the host's machine. */
export type LocalImageInputParam = {
  /** The variant of the object. */
  type: "localImage";
  /** The path of the file on the host's machine. */
  path: string;
  /** The detail with which the model sees it; null for the provider's default. */
  detail?: ImageDetail | null;
};

/** A log: its newest position, the waiting appends, and its part in memory. */
export type LogStats = {
  /** Its newest position. */
  position: number;
  /** The appends that wait to be durable, in bytes. */
  queuedBytes: number;
  /** Subscribers within the host. */
  followers: number;
  /** Keys of threads that are in memory. */
  cachedKeys: number;
  /** Its part in memory, in bytes. */
  memoryBytes: number;
};

/** The location of the tool's own user interface, and how to show it. */
export type McpAppUi = {
  /** Its location. */
  resourceUri: string;
  /** How to show it. */
  preferredModelDisplayMode: "inline" | "fullscreen";
};

export type McpAuthStatus = "unknown" | "unsupported" | "notLoggedIn" | "bearerToken" | "oAuth";

/** A resource of a server. */
export type McpResourceReadParams = {
  /** The name of the server in the configuration. */
  server: string;
  /** The URI of the resource. */
  uri: string;
  /** Ignored: what a resource holds is the same for all threads. */
  threadId?: string | null;
  /** Ignored: the servers are those of the host. */
  environmentId?: string | null;
  /** Ignored: the host has no connectors. */
  connectorId?: string | null;
  /** Ignored: the host has no connectors. */
  originCallId?: string | null;
  /** Ignored: the host has no connectors. */
  target?: Record<string, unknown> | null;
  /** Ignored: the host itself names the reader. */
  _meta?: Record<string, unknown> | null;
};

/** Its contents, each part as text or as base64. */
export type McpResourceReadResponse = {
  /** Its contents, each part as text or as base64. */
  contents: Array<Record<string, unknown>>;
  /** Always null: the host has no connectors. */
  originCallId: string | null;
};

export type McpServerConnectionStatus = "notStarted" | "starting" | "connected" | "authenticationRequired" | "failed" | "cancelled" | "disabled";

/** Asks for approval of a tool call, or relays a server's question: a form, or a page. */
export type McpServerElicitationRequestParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn whose call it belongs to; null for none. */
  turnId: string | null;
  /** The server that asks, or whose tool the model calls; for a client's tool its namespace, or `client`. */
  serverName: string;
  /** Always null: the servers are those of the host. */
  environmentId: string | null;
  /** `form` for a form, also for an approval; `url` for a page to open. */
  mode: "form" | "url";
  /** For an approval, the tool, its arguments, and how long an approval may apply; null for other questions. */
  _meta: Record<string, unknown> | null;
  /** The question to the user. */
  message: string;
  /** The JSON Schema of the form; absent for a page. */
  requestedSchema?: Record<string, unknown> | null;
  /** The page to open; absent for a form. */
  url?: string | null;
  /** The server's id of its question; absent for a form. */
  elicitationId?: string | null;
};

/** The user's decision, with the values of the form; `_meta.persist` says for how long. */
export type McpServerElicitationRequestResponse = {
  /** The decision of the user. */
  action: "accept" | "decline" | "cancel";
  /** The values of the form by name: texts, numbers, flags and lists of texts; null for none. */
  content?: Record<string, unknown> | null;
  /** `persist` says how long the answer applies: `session`, or `always`, which here is the same; null for this call only. */
  _meta?: Record<string, unknown> | null;
};

/** The name that a server gives itself. */
export type McpServerInfo = {
  /** Its name. */
  name: string;
  /** Its version. */
  version: string;
  /** Its title for people; null if it has none. */
  title: string | null;
  /** A description for people; null if it has none. */
  description: string | null;
  /** Its icons, as the server gives them; null if it gives none. */
  icons: Array<unknown> | null;
  /** Its web page; null if it gives none. */
  websiteUrl: string | null;
};

/** The configuration was read again. */
export type McpServerRefreshResponse = Record<string, unknown>;

export type McpServerStartupState = "starting" | "ready" | "failed" | "cancelled";

/** One server of the configuration: whether it is connected, and what it offers. */
export type McpServerStatus = {
  /** The name of the server in the configuration. */
  name: string;
  /** Always null: the servers are those of the host. */
  environmentId: string | null;
  /** Always null: the host has no plugins. */
  pluginId: string | null;
  /** Whether it is connected; null if that is not known. */
  runtimeStatus: McpServerConnectionStatus | null;
  /** The name that it gives itself; null before it has sent one. */
  serverInfo: McpServerInfo | null;
  /** Its MCP capabilities; null before it has sent them. */
  serverCapabilities: unknown;
  /** Its tools, by their names. */
  tools: Record<string, Tool>;
  /** Why it has no tools, or which tools were left out; null for neither. */
  toolsError: string | null;
  /** Always null: the list has no metadata. */
  toolListMeta: unknown;
  /** Its resources; empty unless `detail` is `full`. */
  resources: Array<Resource>;
  /** Forms of the addresses of its resources; empty unless `detail` is `full`. */
  resourceTemplates: Array<ResourceTemplate>;
  /** How the host authenticates itself. */
  authStatus: McpAuthStatus;
  /** Its HTTP address; null if it is a program that the host runs. */
  httpOrigin: string | null;
};

/** A server is starting, ready, or failed; with a thread, at the start of that thread. */
export type McpServerStatusUpdatedNotification = {
  /** The id of the thread that was just started; null if the notification is about the server alone. */
  threadId: string | null;
  /** The name of the server in the configuration. */
  name: string;
  /** Always null: the servers are those of the host. */
  environmentId: string | null;
  /** The state of its start. */
  status: McpServerStartupState;
  /** The reason of its failure; null if it did not fail. */
  error: string | null;
  /** The kind of the failure, if clients know it; else null. */
  failureReason: "reauthenticationRequired" | null;
};

/** A tool that a client calls by itself, on behalf of a thread. */
export type McpServerToolCallParams = {
  /** The id of the thread for which the tool is called; its history does not get the call. */
  threadId: string;
  /** The name of the server in the configuration. */
  server: string;
  /** The name of the tool. */
  tool: string;
  /** Its arguments, which must match its schema; null for none. */
  arguments?: Record<string, unknown> | null;
  /** Ignored: the host itself names the caller. */
  _meta?: Record<string, unknown> | null;
  /** Ignored: the servers are those of the host. */
  environmentId?: string | null;
};

/** What the tool answered. */
export type McpServerToolCallResponse = {
  /** The parts of the tool's answer, in MCP's form. */
  content: Array<unknown>;
  /** The same as a JSON object; null if it gives none. */
  structuredContent: unknown;
  /** Whether the tool reports a failure; null if it does not say. */
  isError: boolean | null;
  /** The `_meta` of MCP, passed on unchanged. */
  _meta: unknown;
};

/** The connector behind an MCP tool. */
export type McpToolCallAppContext = {
  /** The id of the connector. */
  connectorId: string;
  /** The id of the link to it; null for none. */
  linkId: string | null;
  /** The resource that it shows; null for none. */
  resourceUri: string | null;
  /** The app; null if that is not known. */
  appName: string | null;
  /** What the app does; null if that is not known. */
  actionName: string | null;
};

/** Why an MCP tool did not answer. */
export type McpToolCallError = {
  /** Why it did not answer. */
  message: string;
};

/** A call of a tool that an MCP server offers. */
export type McpToolCallItem = {
  /** The variant of the object. */
  type: "mcpToolCall";
  /** Its id. */
  id: string;
  /** The name of the server in the configuration. */
  server: string;
  /** Always null: the servers are those of the host. */
  environmentId: string | null;
  /** The name of the tool. */
  tool: string;
  /** Its status. */
  status: ToolCallStatus;
  /** The arguments of the call. */
  arguments: unknown;
  /** Always null: the host has no connectors. */
  appContext: McpToolCallAppContext | null;
  /** Absent: the host has no connectors. */
  mcpAppResourceUri?: string | null;
  /** Always null: the host has no connectors. */
  mcpAppUi: McpAppUi | null;
  /** Always null: the host has no plugins. */
  pluginId: string | null;
  /** Whether the tool declares that it only reads; null if it does not declare it. */
  readOnlyHint: boolean | null;
  /** Its answer; null before. */
  result: McpToolCallResult | null;
  /** Why it did not answer; null if it answered. */
  error: McpToolCallError | null;
  /** Its duration in milliseconds; null before its end. */
  durationMs: number | null;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number | null;
};

/** A server reported the progress of a call. */
export type McpToolCallProgressNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
  /** The id of the item. */
  itemId: string;
  /** The message of the server. */
  message: string;
};

/** The answer of an MCP tool, in blocks. */
export type McpToolCallResult = {
  /** The parts of its answer, in MCP's form. */
  content: Array<unknown>;
  /** The same as a JSON object; null if it gives none. */
  structuredContent: unknown;
  /** The `_meta` of MCP, passed on unchanged. */
  _meta: unknown;
};

/** The memories that an answer is based on. */
export type MemoryCitation = {
  /** The cited lines. */
  entries: Array<MemoryCitationEntry>;
  /** The ids of the threads that these came from. */
  threadIds: Array<string>;
};

/** Lines of a memory file that an answer is based on. */
export type MemoryCitationEntry = {
  /** The file. */
  path: string;
  /** The first line. */
  lineStart: number;
  /** The last line. */
  lineEnd: number;
  /** The contents of these lines. */
  note: string;
};

/** A thread, or none. */
export type MemoryReadParams = {
  /** The id of the thread whose note to return; null for none. */
  threadId?: string | null;
};

/** The text that later threads get, and the note of the requested thread. */
export type MemoryReadResponse = {
  /** Whether the host makes notes of threads. */
  enabled: boolean;
  /** The text that later threads get; null for none. */
  text: string | null;
  /** The note of the requested thread; null if there is none. */
  note: string | null;
  /** The number of threads in each state of their notes. */
  states: Record<string, number>;
};

/** All memories were dropped. */
export type MemoryResetResponse = Record<string, unknown>;

/** The number of threads from which the text must be made to be ready. */
export type MemoryStatusParams = {
  /** The number of threads from which the text must be made to be ready, 1 to 4,096; 20 if absent or null. */
  minConsolidatedThreads?: number | null;
};

/** The number of threads from which the text is made, and whether it is large enough. */
export type MemoryStatusResponse = {
  /** The number of threads from which the text for later threads is made. */
  v2ConsolidatedThreads: number;
  /** Whether the text is made from at least `minConsolidatedThreads` threads. */
  v2Ready: boolean;
};

/** A file or an app that the text mentions. */
export type MentionInput = {
  /** The variant of the object. */
  type: "mention";
  /** Its name. */
  name: string;
  /** Its path, or the address of the app. */
  path: string;
};

/** A file or an app that the text mentions. */
export type MentionInputParam = {
  /** The variant of the object. */
  type: "mention";
  /** Its name. */
  name: string;
  /** Its path, or the address of the app. */
  path: string;
};

export type MessagePhase = "commentary" | "partial_answer" | "final_answer";

/** What a policy refused, and why. */
export type MisalignmentErrorDetails = {
  /** The kind of the refusal; null if none is given. */
  errorType: string | null;
  /** What was reviewed; null if that is not said. */
  reviewTarget: string | null;
  /** The reason; null if none is given. */
  detailedExplanation: string | null;
  /** The message that the client may send to the model instead; null for none. */
  steer: MisalignmentSteer | null;
};

/** A message that a client may send to the model instead. */
export type MisalignmentSteer = {
  /** The message. */
  message: string;
};

/** The settings of a collaboration mode. */
export type ModeSettings = {
  /** The model; an empty name is refused. */
  model: string;
  /** The reasoning effort, one of those of the model; null for the model's default. */
  reasoning_effort: string | null;
  /** The developer message ahead of the history; null leaves it unchanged. */
  developer_instructions: string | null;
};

/** The settings of a collaboration mode. */
export type ModeSettingsParam = {
  /** The model; an empty name is refused. */
  model: string;
  /** The reasoning effort, one of those of the model; null for the model's default. */
  reasoning_effort?: string | null;
  /** The developer message ahead of the history; null leaves it unchanged. */
  developer_instructions?: string | null;
};

/** A model as clients offer it to people. */
export type Model = {
  /** Its id. */
  id: string;
  /** The value of a thread's `model` that selects it. */
  model: string;
  /** Always null: the host recommends nothing. */
  upgrade: string | null;
  /** Always null: the host recommends nothing. */
  upgradeInfo: null;
  /** Always null: the host recommends nothing. */
  availabilityNux: null;
  /** Its name for people. */
  displayName: string;
  /** Its purpose. */
  description: string;
  /** Always null: the host does not know. */
  modelSpecialty: string | null;
  /** Whether clients should not offer it to people. */
  hidden: boolean;
  /** The reasoning efforts that it can be asked for. */
  supportedReasoningEfforts: Array<ReasoningEffortOption>;
  /** Its default reasoning effort. */
  defaultReasoningEffort: string;
  /** The kinds of input that it accepts: text, pictures. */
  inputModalities: Array<InputModality>;
  /** Always false: the host gives the tone to every model as an instruction. */
  supportsPersonality: boolean;
  /** Always null: the configuration says which tools agents have. */
  multiAgentVersion: null;
  /** Always empty: the host does not know the tiers of a provider. */
  additionalSpeedTiers: Array<string>;
  /** Always empty: the host does not know the tiers of a provider. */
  serviceTiers: Array<ModelServiceTier>;
  /** Always null: only the provider knows it. */
  defaultServiceTier: string | null;
  /** Always null: the host takes part in no such program. */
  availableAccessPrograms: null;
  /** Whether it is the default of threads that name none. */
  isDefault: boolean;
  /** Extension of this host: the name of its provider; null if it has none. */
  modelProvider: string | null;
  /** Extension of this host: the tokens of its context window; null if that is not known. */
  contextWindow: number | null;
};

/** The models to list, the start of the page, and its size. */
export type ModelListParams = {
  /** The start of the page: the `nextCursor` of the page before; absent or null for the first page. */
  cursor?: string | null;
  /** The largest number of models of the page, at least 1; no limit if absent or null. */
  limit?: number | null;
  /** Whether to list models that clients do not offer to people, too; null for no. */
  includeHidden?: boolean | null;
  /** The provider whose models to return; null for all providers, the default provider first. */
  modelProvider?: string | null;
};

/** One page of models. */
export type ModelListResponse = {
  /** The models, those of the default provider first. */
  data: Array<Model>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
};

/** All of them. */
export type ModelProviderListParams = Record<string, unknown>;

/** The providers, and which one a thread has that names none. */
export type ModelProviderListResponse = {
  /** The providers. */
  data: Array<ModelProviderSummary>;
  /** The provider of a thread that names none. */
  defaultProviderId: string;
  /** Whether clients can change the default: always false. */
  canChangeDefault: boolean;
};

/** A provider of models; `base_url` None is not for display. */
export type ModelProviderSummary = {
  /** Its id. */
  id: string;
  /** Its name for people. */
  name: string;
  /** Whether clients can change it: always false. */
  canEdit: boolean;
  /** Its base URL; null if it is not for display. */
  baseUrl: string | null;
  /** Its kind. */
  settings: ProviderSettings;
};

/** A service tier of a model. */
export type ModelServiceTier = {
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** Its purpose. */
  description: string;
};

export type MultiAgentMode = MultiAgentName | CustomMultiAgentMode;

export type MultiAgentName = "explicitRequestOnly" | "proactive";

/** The connections by what they follow; `untoldEvents` are in the log and not sent yet. */
export type NewsStats = {
  /** Initialised connections. */
  initialized: number;
  /** Those of them that get notifications of all threads. */
  subscribed: number;
  /** Threads that a connection follows. */
  followedThreads: number;
  /** Pairs of a thread and a connection that follows it. */
  followers: number;
  /** Threads that a client waits for. */
  awaitedThreads: number;
  /** Items that are being made. */
  liveItems: number;
  /** Events in the log that were not sent to clients yet. */
  untoldEvents: number;
};

export type NonSteerableTurnKind = "review" | "compact";

/** The thread is stored and has no actor. */
export type NotLoadedStatus = {
  /** The variant of the object. */
  type: "notLoaded";
};

/** The kind of the turn that accepts no further input. */
export type NotSteerable = {
  /** The kind of the turn. */
  turnKind: NonSteerableTurnKind;
};

/** OpenAI's own endpoint. */
export type OpenaiProviderSettings = {
  /** The variant of the object. */
  type: "openai";
};

/** A subagent with a label and no parent in the tree. */
export type OtherSubAgentSource = {
  /** The label. */
  other: string;
};

/** Sound in the answer of a client's tool. */
export type OutputAudio = {
  /** The variant of the object. */
  type: "inputAudio";
  /** The URL of the sound, or its contents as a `data:` URL. */
  audioUrl: string;
};

/** Sound in the answer of a client's tool. */
export type OutputAudioParam = {
  /** The variant of the object. */
  type: "inputAudio";
  /** The URL of the sound, or its contents as a `data:` URL. */
  audioUrl: string;
};

/** A picture in the answer of a client's tool. */
export type OutputImage = {
  /** The variant of the object. */
  type: "inputImage";
  /** The URL of the picture, or its contents as a `data:` URL. */
  imageUrl: string;
};

/** A picture in the answer of a client's tool. */
export type OutputImageParam = {
  /** The variant of the object. */
  type: "inputImage";
  /** The URL of the picture, or its contents as a `data:` URL. */
  imageUrl: string;
};

/** Text in the answer of a client's tool. */
export type OutputText = {
  /** The variant of the object. */
  type: "inputText";
  /** The text. */
  text: string;
};

/** Text in the answer of a client's tool. */
export type OutputTextParam = {
  /** The variant of the object. */
  type: "inputText";
  /** The text. */
  text: string;
};

/** From where, how many, and as seen from which folder. */
export type PermissionProfileListParams = {
  /** The start of the page: the `nextCursor` of the page before; absent or null for the first page. */
  cursor?: string | null;
  /** The largest number of profiles of the page, at least 1; no limit if absent or null. */
  limit?: number | null;
  /** Ignored: the profiles are the same everywhere. */
  cwd?: string | null;
};

/** One page of profiles. */
export type PermissionProfileListResponse = {
  /** The profiles. */
  data: Array<PermissionProfileSummary>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
};

/** A profile, and whether it may be chosen. */
export type PermissionProfileSummary = {
  /** Its id. */
  id: string;
  /** A description for people; null if it has none. */
  description: string | null;
  /** Whether it may be chosen: always true. */
  allowed: boolean;
};

export type Personality = "none" | "friendly" | "pragmatic";

/** A plan that the model wrote down. */
export type PlanItem = {
  /** The variant of the object. */
  type: "plan";
  /** Its id. */
  id: string;
  /** The plan. */
  text: string;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number | null;
};

/** What would be deleted, in numbers over all targets. */
export type PreviewCounts = {
  /** The number of threads that would be deleted. */
  threads: number;
  /** Those of them that are loaded. */
  live: number;
  /** Those of the threads with a running turn. */
  busy: number;
  /** The ephemeral ones among them. */
  ephemeral: number;
  /** The number of turns that would be deleted. */
  turns: number;
  /** The number of items that would be deleted. */
  items: number;
  /** Files that would be removed. */
  files: number;
};

/** The root of the tree in question. */
export type PreviewDeleteParams = {
  /** The id of the thread whose deletion to preview. */
  threadId: string;
};

/** The plan: targets breadth first, and their ids in the order of deletion, leaf first. */
export type PreviewDeleteResponse = {
  /** The threads that would be deleted, breadth first. */
  targets: Array<PreviewTarget>;
  /** Their ids in the order of deletion, leaves first. */
  deleteOrder: Array<string>;
  /** What would be deleted, in numbers. */
  counts: PreviewCounts;
  /** The files that would be removed. */
  files: Array<PreviewFile>;
  /** The ids of their forks, which stay. */
  survivingForks: Array<string>;
  /** The legal holds that prevent the deletion; it is refused if there is one. */
  holds: Array<PreviewHold>;
};

/** One file that would be removed; `name` is relative to the host's home. */
export type PreviewFile = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The path of the file, relative to the host's home. */
  name: string;
};

/** A legal hold that prevents the deletion. */
export type PreviewHold = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The matter of the hold: 1 to 64 letters without accents, digits and any of `_.:+-`; not encrypted in the log. */
  matter: string;
};

/** A thread that would be deleted; `edge` is the state of the edge to its parent. */
export type PreviewTarget = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** Its depth below the root. */
  depth: number;
  /** The parent of the thread; null for a root. */
  parentThreadId: string | null;
  /** Whether it is loaded. */
  live: boolean;
  /** Whether it has a running turn. */
  busy: boolean;
  /** Whether it is ephemeral: kept only in memory. */
  ephemeral: boolean;
  /** For an ephemeral fork, the id of the thread that it copied; null for threads of the tree. */
  forkedFromId: string | null;
  /** The state of the edge to its parent; null for the root. */
  edge: "open" | "closed" | null;
};

/** An answer that a protection held back. */
export type ProtectionBlock = {
  /** The variant: a protection blocked the answer. */
  kind: "protection";
  /** The protection that blocked the answer. */
  protectionType: string;
};

export type ProviderSettings = OpenaiProviderSettings | GatewayProviderSettings;

/** The input of a queued turn, and the id that the turn will have. */
export type QueuedSubmission = {
  /** The submission, and the turn that it will be, by their id. */
  id: string;
  /** The input: one part or more. */
  input: Array<UserInput>;
  /** The client's own id of the message, which its item has as `clientId`; null for none. */
  clientUserMessageId: string;
  /** Texts by name that the client gave; null for none. */
  responsesapiClientMetadata: Record<string, string> | null;
};

/** Commands may read everything and write nothing. */
export type ReadOnlySandbox = {
  /** The variant of the object. */
  type: "readOnly";
  /** Whether commands may use the network: stored and shown, but the host runs no commands. */
  networkAccess: boolean;
};

/** Commands may read everything and write nothing. */
export type ReadOnlySandboxParam = {
  /** The variant of the object. */
  type: "readOnly";
  /** Whether commands may use the network: stored and shown, but the host runs no commands. */
  networkAccess?: boolean;
};

/** An effort that a model can be asked for. */
export type ReasoningEffortOption = {
  /** The effort, as `effort` of `turn/start` takes it. */
  reasoningEffort: string;
  /** Its purpose. */
  description: string;
};

/** The model's reasoning: its summary, and the text if the provider gives it. */
export type ReasoningItem = {
  /** The variant of the object. */
  type: "reasoning";
  /** Its id. */
  id: string;
  /** The parts of the summary of the reasoning. */
  summary: Array<string>;
  /** The parts of the reasoning, if the provider shows it. */
  content: Array<string>;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number | null;
  /** Extension of this host: true if the model's output broke off in this item; else absent. */
  incomplete?: Incomplete;
};

export type ReasoningSummary = "auto" | "concise" | "detailed" | "none";

/** A further part of the summary of the model's reasoning begins. */
export type ReasoningSummaryPartAddedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
  /** The id of the item. */
  itemId: string;
  /** The number of the part, counted from 0. */
  summaryIndex: number;
};

/** A piece of the summary of the model's reasoning. */
export type ReasoningSummaryTextDeltaNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
  /** The id of the item. */
  itemId: string;
  /** The piece, which follows the earlier ones. */
  delta: string;
  /** The number of the part that it belongs to, counted from 0. */
  summaryIndex: number;
};

/** A piece of the model's reasoning, if the provider shows it. */
export type ReasoningTextDeltaNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
  /** The id of the item. */
  itemId: string;
  /** The piece, which follows the earlier ones. */
  delta: string;
  /** The number of the part that it belongs to, counted from 0. */
  contentIndex: number;
};

export type RequestId = string | number;

/** A resource that a server offers for reading. */
export type Resource = {
  /** Its name. */
  name: string;
  /** Its location. */
  uri: string;
  /** Its title for people; null if it has none. */
  title: string | null;
  /** A description for people; null if it has none. */
  description: string | null;
  /** The MIME type of its content; null if the server does not say. */
  mimeType: string | null;
  /** Its size in bytes; null if the server does not say. */
  size: number | null;
  /** Its audience in MCP's form; null for none. */
  annotations: unknown;
  /** Its icons, as the server gives them; null if it gives none. */
  icons: Array<unknown> | null;
  /** The `_meta` of MCP, passed on unchanged. */
  _meta: unknown;
};

/** A template of the URIs of resources. */
export type ResourceTemplate = {
  /** Its name. */
  name: string;
  /** The form of their addresses. */
  uriTemplate: string;
  /** Its title for people; null if it has none. */
  title: string | null;
  /** A description for people; null if it has none. */
  description: string | null;
  /** The MIME type of its content; null if the server does not say. */
  mimeType: string | null;
  /** Their audience in MCP's form; null for none. */
  annotations: unknown;
};

export type Response = {
  id: RequestId;
  result: Record<string, unknown>;
};

/** The response stream could not be opened. */
export type ResponseStreamConnectionFailed = {
  /** What is known about it. */
  responseStreamConnectionFailed: HttpFailure;
};

/** The response stream broke before its end. */
export type ResponseStreamDisconnected = {
  /** What is known about it. */
  responseStreamDisconnected: HttpFailure;
};

/** All attempts were used up. */
export type ResponseTooManyFailedAttempts = {
  /** What is known about the last one. */
  responseTooManyFailedAttempts: HttpFailure;
};

/** Threads that are due together: their root, the rule and the reason; times are in seconds. */
export type RetentionDue = {
  /** The id of the root of what is due together. */
  threadId: string;
  /** The rule, by its name in the configuration. */
  rule: string;
  /** What the rule applies to. */
  of: RetentionOf;
  /** Why it is due. */
  why: string;
  /** The number of threads that would be deleted together. */
  threads: number;
  /** Their size in bytes. */
  bytes: number;
  /** The time of the last activity of any of them, in seconds since 1970. */
  activeAt: number;
  /** What keeps them from deletion; null for nothing. */
  stays: string | null;
};

export type RetentionOf = "threads" | "trees" | "ephemeral";

/** The largest number of entries, 1,000 by default. */
export type RetentionPreviewParams = {
  /** The largest number of entries, 1 to 1,000; 1,000 if absent or null. */
  limit?: number | null;
};

/** The first of what is due now; the totals count all threads that would be deleted. */
export type RetentionPreviewResponse = {
  /** The names of the rules. */
  rules: Array<string>;
  /** The first of what is due. */
  data: Array<RetentionDue>;
  /** Whether there are more entries than this answer has. */
  more: boolean;
  /** The number of threads that would be deleted. */
  threads: number;
  /** The space of these threads, in bytes. */
  bytes: number;
};

/** The deleted threads in numbers, and the first of what was deleted or was due but stays. */
export type RetentionRunResponse = {
  /** The number of deleted threads. */
  threads: number;
  /** The space that these threads took, in bytes. */
  bytes: number;
  /** The first of what was due but stays. */
  data: Array<RetentionDue>;
  /** Whether there are more entries than this answer has. */
  more: boolean;
  /** The first of what was deleted; `threads` counts the deleted threads of each entry. */
  deleted: Array<RetentionDue>;
  /** Whether more was deleted than `deleted` names. */
  moreDeleted: boolean;
};

export type SandboxMode = "read-only" | "workspace-write" | "danger-full-access";

export type SandboxPolicy = ReadOnlySandbox | WorkspaceWriteSandbox | FullAccessSandbox | ExternalSandbox;

export type SandboxPolicyParam = ReadOnlySandboxParam | WorkspaceWriteSandboxParam | FullAccessSandboxParam | ExternalSandboxParam;

/** A capability root that the hosting platform chose for a thread. */
export type SelectedCapabilityRoot = {
  /** Its name on the platform. */
  id: string;
  /** Its location. */
  location: EnvironmentLocation;
};

/** A gauge: a number that rises and falls. */
export type ServerDiagnosticsGauge = {
  /** The name of the gauge. */
  name: string;
  /** The value of the gauge. */
  value: number;
};

/** No parameters. */
export type ServerDiagnosticsParams = Record<string, unknown>;

/** The host as the operating system knows it. */
export type ServerDiagnosticsProcess = {
  /** Its number. */
  id: number;
  /** Its resident memory, in bytes; null if the system does not say. */
  residentMemoryBytes: number | null;
  /** A value of macOS: always null. */
  physicalFootprintBytes: number | null;
};

/** The process, the gauges that codex has, and behind them all that `host/stats/read` says. */
export type ServerDiagnosticsResponse = {
  /** The process of the host. */
  process: ServerDiagnosticsProcess;
  /** The gauges by name. Those of `host/stats/read` have the name `host.`, followed by their path there. */
  gauges: Array<ServerDiagnosticsGauge>;
};

export type ServerNotification = {
  method: "thread/goal/updated";
  params: ThreadGoalUpdatedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/goal/cleared";
  params: ThreadGoalClearedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "host/views/rebuildProgress";
  params: ViewsRebuildProgressNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "host/import/progress";
  params: ImportProgressNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "job/created";
  params: JobCreatedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "job/progress";
  params: JobProgressNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "job/item/failed";
  params: JobItemFailedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "job/completed";
  params: JobCompletedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "job/exported";
  params: JobExportedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "job/export/failed";
  params: JobExportFailedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "job/deleted";
  params: JobDeletedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "mcpServer/startupStatus/updated";
  params: McpServerStatusUpdatedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "item/mcpToolCall/progress";
  params: McpToolCallProgressNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "error";
  params: ErrorNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "warning";
  params: WarningNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "deprecationNotice";
  params: DeprecationNoticeNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "serverRequest/resolved";
  params: ServerRequestResolvedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/started";
  params: ThreadStartedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/status/changed";
  params: ThreadStatusChangedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/deleted";
  params: ThreadDeletedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/archived";
  params: ThreadArchivedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/unarchived";
  params: ThreadUnarchivedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/closed";
  params: ThreadClosedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/name/updated";
  params: ThreadNameUpdatedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/reverted";
  params: ThreadRevertedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/queue/changed";
  params: ThreadQueueChangedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/search/partial";
  params: ThreadSearchPartialNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/settings/updated";
  params: ThreadSettingsUpdatedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "turn/started";
  params: TurnStartedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "item/started";
  params: ItemStartedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "item/agentMessage/delta";
  params: AgentMessageDeltaNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "item/reasoning/summaryPartAdded";
  params: ReasoningSummaryPartAddedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "item/reasoning/summaryTextDelta";
  params: ReasoningSummaryTextDeltaNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "item/reasoning/textDelta";
  params: ReasoningTextDeltaNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "item/completed";
  params: ItemCompletedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/compacted";
  params: ContextCompactedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "turn/completed";
  params: TurnCompletedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
} | {
  method: "thread/tokenUsage/updated";
  params: ThreadTokenUsageUpdatedNotification;
  /** The time at which the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** Extension of this host: the position in the log of its event; the client has all notifications up to there. Absent if the notification has no event in the log. */
  position?: number;
};

export type ServerRequest = {
  method: "item/tool/call";
  params: DynamicToolCallParams;
  id: RequestId;
} | {
  method: "item/tool/requestUserInput";
  params: ToolRequestUserInputParams;
  id: RequestId;
} | {
  method: "mcpServer/elicitation/request";
  params: McpServerElicitationRequestParams;
  id: RequestId;
};

/** A request of the host was answered or withdrawn; the host expects no answer any more. */
export type ServerRequestResolvedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the request that this refers to. */
  requestId: string | number;
};

/** The command line and the environment of the host's start. */
export type SessionFlagsLayer = {
  /** The variant of the object. */
  type: "sessionFlags";
};

export type SessionName = "cli" | "vscode" | "exec" | "appServer" | "unknown";

export type SessionSource = SessionName | CustomSource | SubAgentSessionSource;

/** The client shows the answer, perhaps with something beside it. */
export type ShownAnswer = {
  /** The variant: the answer is shown. */
  mode: "show";
  /** The version of this format. */
  version: 1;
  /** What to show beside it; absent for nothing. */
  annotation?: AnswerAnnotation | null;
  /** Whether the user's trusted contacts may have to be notified. */
  trustedContacts: TrustedContacts;
};

/** A skill to use. */
export type SkillInput = {
  /** The variant of the object. */
  type: "skill";
  /** The name of the skill. */
  name: string;
  /** Its path. */
  path: string;
};

/** A skill to use. */
export type SkillInputParam = {
  /** The variant of the object. */
  type: "skill";
  /** The name of the skill. */
  name: string;
  /** Its path. */
  path: string;
};

/** The skills of one folder. */
export type SkillsListEntry = {
  /** The folder. */
  cwd: string;
  /** Its skills: always none. */
  skills: Array<unknown>;
  /** The entries that could not be read: always none. */
  errors: Array<unknown>;
};

/** The folders; the host's own if none is named. */
export type SkillsListParams = {
  /** The folders to look in; the client's own folder if the list is empty. */
  cwds?: Array<string>;
  /** Ignored: the host caches nothing here. */
  forceReload?: boolean;
};

/** An entry for each folder, in the order of the request. */
export type SkillsListResponse = {
  /** An entry for each folder, in the order of the request. */
  data: Array<SkillsListEntry>;
};

export type SortDirection = "asc" | "desc";

/** No parameters. */
export type StatsReadParams = Record<string, unknown>;

/** The host's gauges; notifications lag by `log.position` minus `toldPosition`, views never. */
export type StatsReadResponse = {
  /** The log on disk. */
  log: LogStats;
  /** The position up to which clients got notifications. */
  toldPosition: number;
  /** The log of ephemeral threads. */
  memoryLog: LogStats;
  /** The loaded threads. */
  threads: ThreadStats;
  /** All connections of clients, in numbers. */
  connections: ConnectionsStats;
  /** The connections by what they follow, and the notifications that they did not get yet. */
  news: NewsStats;
  /** The memory of requests that wait for their reply. */
  requests: AccountStats;
  /** The memory of messages that clients have not read. */
  unread: AccountStats;
  /** The memory of prepared notifications, in bytes. */
  preparedBytes: number;
};

/** An event of a subagent of this thread. */
export type SubAgentActivityItem = {
  /** The variant of the object. */
  type: "subAgentActivity";
  /** The model of the agent; null if it is not known. */
  model: string | null;
  /** The reasoning effort of its model; null if none was chosen. */
  reasoningEffort: string | null;
  /** Its id. */
  id: string;
  /** What happened. */
  kind: SubAgentActivityKind;
  /** The id of the agent. */
  agentThreadId: string;
  /** Its path in its team. */
  agentPath: string;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number | null;
};

export type SubAgentActivityKind = "started" | "interacted" | "interrupted" | "completed";

export type SubAgentName = "review" | "compact" | "memory_consolidation";

/** A thread that runs on behalf of another. */
export type SubAgentSessionSource = {
  /** The kind of the subagent. */
  subAgent: SubAgentSource;
};

export type SubAgentSource = SubAgentName | ThreadSpawnSource | OtherSubAgentSource;

/** The thread failed and waits for its next turn. */
export type SystemErrorStatus = {
  /** The variant of the object. */
  type: "systemError";
};

/** A span of the text that a client draws in its own way. */
export type TextElement = {
  /** The place of the span in the text. */
  byteRange: ByteRange;
  /** What the client shows instead; null for the text itself. */
  placeholder: string | null;
};

/** A span of the text that a client draws in its own way. */
export type TextElementParam = {
  /** The place of the span in the text. */
  byteRange: ByteRange;
  /** What the client shows instead; null for the text itself. */
  placeholder?: string | null;
};

/** Plain text. */
export type TextInput = {
  /** The variant of the object. */
  type: "text";
  /** The text. */
  text: string;
  /** Spans that a client draws in its own way; models do not see them. */
  text_elements: Array<TextElement>;
};

/** Plain text. */
export type TextInputParam = {
  /** The variant of the object. */
  type: "text";
  /** The text. */
  text: string;
  /** Spans that a client draws in its own way; models do not see them. */
  text_elements?: Array<TextElementParam>;
};

/** A thread; `turns` is empty unless the method returns turns. */
export type Thread = {
  /** The thread, by its id: a UUID. */
  id: string;
  /** The environments in which it works; null unless it is loaded. */
  environments: Array<ThreadEnvironment> | null;
  /** Always null: the host stores nothing more. */
  extra: Record<string, unknown> | null;
  /** The id of the root of its tree. */
  sessionId: string;
  /** The id of the thread that it was copied from; null if it is no copy. */
  forkedFromId: string | null;
  /** Always null: no thread is attached to another here. */
  attachedToThreadId: string | null;
  /** The parent of the thread; null for a root. */
  parentThreadId: string | null;
  /** The first words of the user that were not reverted; empty if there are none. */
  preview: string;
  /** Whether it is ephemeral: kept only in memory. */
  ephemeral: boolean;
  /** Always null: the host keeps no sections. */
  section: ThreadSection | null;
  /** Always null: the host keeps no sections. */
  sectionEnteredAt: number | null;
  /** Always null: the host keeps no projects. */
  projectId: string | null;
  /** How clients read its history. */
  historyMode: "legacy" | "paginated";
  /** The provider of its model, by its name. */
  modelProvider: string;
  /** Its model; null if that cannot be read. */
  model: string | null;
  /** The reasoning effort of its model; null for the model's default. */
  reasoningEffort: string | null;
  /** The time of its creation, in seconds since 1970. */
  createdAt: number;
  /** The time of its last change, in seconds since 1970. */
  updatedAt: number;
  /** The time of its last activity, in seconds since 1970; never null here. */
  recencyAt: number | null;
  /** Whether it is loaded, idle, at work, or has failed. */
  status: ThreadStatus;
  /** The path of its rollout file, which may not exist; null for an ephemeral thread. */
  path: string | null;
  /** Its working folder. */
  cwd: string;
  /** The version of the protocol. */
  cliVersion: string;
  /** The client that started it, by its name; null if that is not known. */
  originator: string | null;
  /** The kind of its source: a client, an agent, or another program. */
  source: SessionSource;
  /** True if it is loaded; else null. */
  canAcceptDirectInput: boolean | null;
  /** The client's word for its source; null for none. */
  threadSource: string | null;
  /** The nickname of the agent; null if the thread is no agent, or has no nickname. */
  agentNickname: string | null;
  /** The role of the agent; null if it has none. */
  agentRole: string | null;
  /** The repository in which it was started; null if no client named one. */
  gitInfo: GitInfo | null;
  /** The thread's name; null if it has none. */
  name: string | null;
  /** A flag of the client; null if it was not set. */
  daybreakEnabled: boolean | null;
  /** Its turns; empty unless the method returns them. */
  turns: Array<Turn>;
};

export type ThreadActiveFlag = "waitingOnApproval" | "waitingOnUserInput";

/** The thread to archive, with all threads below it. */
export type ThreadArchiveParams = {
  /** The id of the thread to archive; all threads below it are archived, too. */
  threadId: string;
};

/** They are out of sight. */
export type ThreadArchiveResponse = Record<string, unknown>;

/** A thread was archived. */
export type ThreadArchivedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
};

/** The thread, the start of the page, and its size. */
export type ThreadBackgroundTerminalsListParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** Refused unless it is null: there is one page, and it is empty. */
  cursor?: string | null;
  /** The largest number of entries of the page, null for any; the page is always empty. */
  limit?: number | null;
};

/** One page of background terminals, which is always empty. */
export type ThreadBackgroundTerminalsListResponse = {
  /** The background terminals: always none. */
  data: Array<unknown>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
};

/** A thread was unloaded because no connection followed it. */
export type ThreadClosedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
};

/** The thread whose history is long; `idempotency_key` is this host's own. */
export type ThreadCompactStartParams = {
  /** The id of the thread whose history a model summarises. */
  threadId: string;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** The model is at work on it, in a turn. */
export type ThreadCompactStartResponse = Record<string, unknown>;

/** The root of the tree to delete. */
export type ThreadDeleteParams = {
  /** The id of the thread to delete; all threads below it are deleted, too. */
  threadId: string;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** The whole tree is gone. */
export type ThreadDeleteResponse = Record<string, unknown>;

/** A thread was deleted. */
export type ThreadDeletedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
};

/** An environment in which a loaded thread works. */
export type ThreadEnvironment = {
  /** The id of the environment: always `local`. */
  environmentId: string;
  /** The folder in that environment. */
  cwd: string;
  /** The folders of the thread: on this host always `cwd` alone. */
  runtimeWorkspaceRoots: Array<string>;
};

/** The thread, the end of the copy, and the settings that differ in the fork. */
export type ThreadForkParams = {
  /** The id of the thread, a UUID; ignored if `path` is given. */
  threadId: string;
  /** The path of the thread's rollout file, as in `thread.path`; null to use the id. Experimental. */
  path?: string | null;
  /** The model from now on; `PROVIDER:MODEL` also names its provider; null leaves it unchanged. */
  model?: string | null;
  /** The provider from now on, with its default model if no model is named; null leaves it unchanged. */
  modelProvider?: string | null;
  /** The service tier; null for the provider's default, absent leaves it unchanged. */
  serviceTier?: string | null;
  /** The working folder from now on, relative to the client's folder; null leaves it unchanged. */
  cwd?: string | null;
  /** Ignored: `cwd` is the only folder of a thread. Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  /** Which tool calls need an approval from now on; null leaves the policy unchanged. */
  approvalPolicy?: AskForApprovalParam | null;
  /** The reviewer of approvals: stored and shown, but the host always asks the user; null leaves it unchanged. */
  approvalsReviewer?: ApprovalsReviewer | null;
  /** The sandbox of commands: stored and shown, but the host runs no commands; null leaves it unchanged; not together with `permissions`. */
  sandbox?: SandboxMode | null;
  /** A profile of `permissionProfile/list`, in place of `sandbox`; null for none. Experimental. */
  permissions?: string | null;
  /** Keys of the configuration file for this thread, merged over those it has; keys that the host does not know are stored; null for none. */
  config?: Record<string, unknown> | null;
  /** The system instructions from now on; null leaves them unchanged. */
  baseInstructions?: string | null;
  /** The developer message ahead of the history from now on; null leaves it unchanged. */
  developerInstructions?: string | null;
  /** Whether the answer leaves out the history; its `turns` are then empty. */
  excludeTurns?: boolean;
  /** The id of the last turn to copy; null to copy all; not together with `beforeTurnId`. */
  lastTurnId?: string | null;
  /** The id of the first turn not to copy; null to copy all; not together with `lastTurnId`. Experimental. */
  beforeTurnId?: string | null;
  /** Whether the copy is ephemeral; for a paginated thread this requires `excludeTurns`. */
  ephemeral?: boolean;
  /** The client's word for the source of the copy, stored and shown; null for none. */
  threadSource?: string | null;
  /** Refused unless it is false: this host does not attach copies to their source. Experimental. */
  attachToSource?: boolean;
  /** Whether to copy the goal, which then waits until the copy is next loaded; else it is not copied. Experimental. */
  deferGoalContinuation?: boolean;
  /** Refused unless it is false: the host predicts nothing. Experimental. */
  experimentalPredictionMode?: boolean;
  /** Ignored: the host predicts nothing. Experimental. */
  experimentalDisablePredictionMcp?: boolean;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** The fork, loaded and idle. */
export type ThreadForkResponse = {
  /** The thread, in its current state. */
  thread: Thread;
  /** The model. */
  model: string;
  /** Its provider, by its name. */
  modelProvider: string;
  /** The requested service tier; null for the provider's default. */
  serviceTier: string | null;
  /** The plugins that are disabled for the thread: stored and shown, but the host has none. */
  disabledPluginIds: Array<string>;
  /** Its working folder. */
  cwd: string;
  /** The folders of the thread: on this host always `cwd` alone. */
  runtimeWorkspaceRoots: Array<string>;
  /** The files of its instructions: always none. */
  instructionSources: Array<string>;
  /** Which tool calls need an approval. */
  approvalPolicy: AskForApproval;
  /** The reviewer of approvals: stored and shown, but this host always asks the user. */
  approvalsReviewer: ApprovalsReviewer;
  /** The sandbox of commands; the host runs no commands. */
  sandbox: SandboxPolicy;
  /** The named profile that the sandbox came from; null if it came from none. */
  activePermissionProfile: ActivePermissionProfile | null;
  /** The reasoning effort; null for the model's default. */
  reasoningEffort: string | null;
  /** When a model may start agents by itself: always the default, as the configuration decides that here. */
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
};

/** A goal and its cost; times are in seconds. */
export type ThreadGoal = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The objective. */
  objective: string;
  /** Its status. */
  status: ThreadGoalStatus;
  /** The token budget; null for no limit. */
  tokenBudget: number | null;
  /** The tokens used so far. */
  tokensUsed: number;
  /** The time of turns that worked on it, in seconds. */
  timeUsedSeconds: number;
  /** The time of its creation, in seconds since 1970. */
  createdAt: number;
  /** The time of its last change, in seconds since 1970. */
  updatedAt: number;
};

/** The thread. */
export type ThreadGoalClearParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** Ignored: the log says who cleared it. */
  origin?: ThreadGoalMutationOrigin | null;
};

/** Whether the thread had a goal. */
export type ThreadGoalClearResponse = {
  /** Whether there was a goal. */
  cleared: boolean;
};

/** The goal of a thread was removed. */
export type ThreadGoalClearedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
};

/** The thread. */
export type ThreadGoalGetParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
};

/** The goal, if there is one. */
export type ThreadGoalGetResponse = {
  /** The goal; null if the thread has none. */
  goal: ThreadGoal | null;
  /** Extension of this host: the tokens that threads below used for the goal; null unless these count. */
  treeTokensUsed: number | null;
};

export type ThreadGoalMutationOrigin = "user" | "automatic";

/** The changes to the goal; a null budget removes it, so check `model_fields_set`. */
export type ThreadGoalSetParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The objective, 1 to 4,000 characters; if absent or null, that of the existing goal. */
  objective?: string | null;
  /** The status of the goal; if absent or null, a new goal is `active`, and an existing one keeps its status. */
  status?: ThreadGoalStatus | null;
  /** The tokens that it may use, at least 1; null removes the budget, absent leaves it unchanged. */
  tokenBudget?: number | null;
  /** Ignored: the log says who set it. */
  origin?: ThreadGoalMutationOrigin | null;
};

/** The current goal. */
export type ThreadGoalSetResponse = {
  /** The current state of the goal. */
  goal: ThreadGoal;
};

export type ThreadGoalStatus = "active" | "paused" | "blocked" | "usageLimited" | "budgetLimited" | "complete";

/** A goal changed; `turn_id` is the turn in which it changed. */
export type ThreadGoalUpdatedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn in which it changed; null for none. */
  turnId: string | null;
  /** The current state of the goal. */
  goal: ThreadGoal;
  /** Extension of this host: the time of its next turn, in milliseconds since 1970, if that was just decided; else null. */
  nextTurnAtMs: number | null;
  /** Extension of this host: the tokens that threads below used for the goal; null unless these count. */
  treeTokensUsed: number | null;
};

export type ThreadHistoryMode = "legacy" | "paginated";

/** The items, oldest first; `idempotency_key` is this host's own. */
export type ThreadInjectItemsParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** Items of the Responses API, the oldest first: at least one, and at most the host's `injected_items_max`. */
  items: Array<unknown>;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** The items are in the history. */
export type ThreadInjectItemsResponse = Record<string, unknown>;

export type ThreadItem = UserMessageItem | AgentMessageItem | PlanItem | ReasoningItem | CommandExecutionItem | McpToolCallItem | DynamicToolCallItem | CollabAgentToolCallItem | SubAgentActivityItem | ContextCompactionItem;

/** An item, its turn, and when it began and ended (milliseconds since the epoch). */
export type ThreadItemEntry = {
  /** The id of the turn. */
  turnId: string;
  /** The item. */
  item: ThreadItem;
  /** Whether its output was left out: always absent. */
  outputDeferred?: boolean;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number | null;
};

/** Which outputs may be left out; this host leaves out none, as its items are small. */
export type ThreadItemOutputDeferral = {
  /** Ignored: the host runs no commands. */
  commandExecution?: boolean;
  /** Ignored: the host never leaves out outputs. */
  mcpToolCall?: boolean;
};

export type ThreadItemsListCursor = string | ItemAnchor;

/** The thread and the turn of the items, and the start of the page; by default oldest first. */
export type ThreadItemsListParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn whose items to return; absent or null for all turns. */
  turnId?: string | null;
  /** The start of the page: a cursor of another page, or an item of the turn; if absent or null, the first entry in the order of `sortDirection`. */
  cursor?: ThreadItemsListCursor | null;
  /** The largest number of entries of the page, 1 to 100; 25 if absent or null. */
  limit?: number | null;
  /** `asc` for the oldest first, which is the default if absent or null; `desc` for the newest first. */
  sortDirection?: SortDirection | null;
  /** Ignored: the host never leaves out outputs. */
  deferOutput?: ThreadItemOutputDeferral | null;
};

/** One page, with the cursors of the next and the previous one. */
export type ThreadItemsListResponse = {
  /** The items, in the requested order. */
  data: Array<ThreadItemEntry>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
  /** The `cursor` for the entries before this page, with the other `sortDirection`; null if the page is empty. */
  backwardsCursor: string | null;
};

/** The threads to list, their order, and the start of the page. */
export type ThreadListParams = {
  /** The start of the page: the `nextCursor` of the page before; absent or null for the first page. */
  cursor?: string | null;
  /** The largest number of entries of the page, 1 to 100; 25 if absent or null. */
  limit?: number | null;
  /** The time by which threads are sorted; `created_at` if absent or null, or for a key that no thread here has. */
  sortKey?: ThreadSortKey | null;
  /** `desc` for the newest first, which is the default if absent or null; `asc` for the oldest first. */
  sortDirection?: SortDirection | null;
  /** The providers of the threads to return; if absent, empty or null, any. */
  modelProviders?: Array<string> | null;
  /** The sources of the threads to return; if absent, empty or null, `cli` and `vscode`, or all sources if a parent or an ancestor is given. */
  sourceKinds?: Array<ThreadSourceKind> | null;
  /** The names of clients that started the threads to return; empty or null for all. */
  originators?: Array<string> | null;
  /** Whether to list only archived threads; null for only the others. */
  archived?: boolean | null;
  /** The section of the threads: no thread has one, so any id finds nothing; absent or null for all. */
  sectionId?: string | null;
  /** The project of the threads: no thread has one, so any id finds nothing; absent or null for all. Experimental. */
  projectId?: string | null;
  /** The working folder or folders of the threads; null for any. */
  cwd?: string | Array<string> | null;
  /** Ignored: the host has only one source to list from. */
  useStateDbOnly?: boolean;
  /** A text that the name or the first words must contain, in any case; at most 1,000 characters; null for all. */
  searchTerm?: string | null;
  /** The id of their parent; null for any. Experimental. */
  parentThreadId?: string | null;
  /** The id of an ancestor of theirs, at any depth; null for any. Experimental. */
  ancestorThreadId?: string | null;
  /** The id of a thread that they are attached to: no thread is attached, so any id finds nothing; null for all. Experimental. */
  attachedToThreadId?: string | null;
  /** Ignored: no thread is attached to another here. Experimental. */
  includeAttachedThreads?: boolean;
  /** The only threads to list, at most 100; null for all. */
  includedThreadIds?: Array<string> | null;
  /** The threads to leave out; null for none. */
  excludedThreadIds?: Array<string> | null;
  /** Ignored: the host keeps no accounts. */
  currentAccountOnly?: boolean;
};

/** One page, with the cursors of the next and the previous one. */
export type ThreadListResponse = {
  /** The threads, in the requested order. */
  data: Array<Thread>;
  /** Always empty: the host does not store what a person has read. */
  readStates: Record<string, ThreadReadState> | null;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
  /** The `cursor` for the entries before this page, with the other `sortDirection`; null if the page is empty. */
  backwardsCursor: string | null;
};

/** From where, and how many. */
export type ThreadLoadedListParams = {
  /** The id after which the page begins: the `nextCursor` of the page before; null for the first page. */
  cursor?: string | null;
  /** The largest number of ids of the page, at least 1; no limit if absent or null. */
  limit?: number | null;
};

/** One page of the ids of loaded threads. */
export type ThreadLoadedListResponse = {
  /** The ids of loaded threads, in their order. */
  data: Array<string>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
};

/** One line of the program log; it contains no words of clients or models. */
export type ThreadLogLine = {
  /** The time of the line, in milliseconds since 1970. */
  atMs: number;
  /** The level of the line. */
  level: "info" | "warn" | "error";
  /** The event, in one word. */
  event: string;
  /** The id of the turn that it belongs to; null for none. */
  turnId: string | null;
  /** The version, in the thread's stream, of the event with the details; 0 if there is none. */
  version: number;
  /** Numbers, codes and ids; no words of clients or models. */
  details: Record<string, unknown>;
};

/** A thread, live or stored; `cursor` is the `nextCursor` of the page before. */
export type ThreadLogsParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The start of the page: the `nextCursor` of the page before; absent or null for the first page. */
  cursor?: string | null;
  /** The largest number of lines of the page, 1 to 1,000; 100 if absent or null. */
  limit?: number | null;
};

/** A page, the oldest line first; `nextCursor` is null at the end. */
export type ThreadLogsResponse = {
  /** The lines, the oldest first. */
  data: Array<ThreadLogLine>;
  /** The `cursor` of the next page; null at the end. */
  nextCursor: string | null;
  /** The number of entries of the page that are missing or unreadable in a damaged home; 0 in a sound one. `threadhost log verify` says more. */
  missing: number;
};

export type ThreadMemoryMode = "enabled" | "disabled";

/** A thread, and whether memories may be made of it. */
export type ThreadMemoryModeSetParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** `enabled` to allow notes of the thread; `disabled` also drops the existing one. */
  mode: ThreadMemoryMode;
};

/** The mode is set. */
export type ThreadMemoryModeSetResponse = Record<string, unknown>;

/** Changes to the data of a repository. */
export type ThreadMetadataGitInfoUpdateParams = {
  /** The commit; null clears it, absent leaves it unchanged. */
  sha?: string | null;
  /** The branch; null clears it, absent leaves it unchanged. */
  branch?: string | null;
  /** The URL from which the repository was cloned; null clears it, absent leaves it unchanged. */
  originUrl?: string | null;
};

/** A thread and what is to be changed; null is as good as absent but inside `git_info`. */
export type ThreadMetadataUpdateParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The changes to the repository's data: at least one field; null changes nothing. */
  gitInfo?: ThreadMetadataGitInfoUpdateParams | null;
  /** Refused unless it is empty or null: the host keeps no projects. Experimental. */
  projectId?: string | null;
  /** A flag of the client, stored and shown; null leaves it unchanged. Experimental. */
  daybreakEnabled?: boolean | null;
};

/** The current thread. */
export type ThreadMetadataUpdateResponse = {
  /** The thread, in its current state. */
  thread: Thread;
};

/** The name of a thread changed. */
export type ThreadNameUpdatedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** Its current name; null for none. */
  threadName: string | null;
};

/** The turn to queue; `idempotency_key` is an extension of this host. */
export type ThreadQueueAddParams = {
  /** The id of the thread whose queue the turn joins; a stored thread is loaded. */
  threadId: string;
  /** The client's own id of the message, which its item has as `clientId`; null for none. */
  clientUserMessageId: string;
  /** The input: one part or more. */
  input: Array<UserInputParam>;
  /** Texts by name, stored and shown with the submission; null for none. */
  responsesapiClientMetadata?: Record<string, string> | null;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** It waits, or has begun already. */
export type ThreadQueueAddResponse = {
  /** The queued submission, in its current state. */
  queuedSubmission: QueuedSubmission;
};

/** The queue of a thread changed. */
export type ThreadQueueChangedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
};

/** The queued turn to remove. */
export type ThreadQueueDeleteParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the queued submission. */
  queuedSubmissionId: string;
};

/** Whether the turn was still queued. */
export type ThreadQueueDeleteResponse = {
  /** Whether the turn was still queued. */
  deleted: boolean;
};

/** The thread, and which page of its queue. */
export type ThreadQueueListParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The start of the page: the `nextCursor` of the page before; absent or null for the first page. */
  cursor?: string | null;
  /** The largest number of entries of the page, 1 to 100; 25 if absent or null. */
  limit?: number | null;
};

/** One page of the queue, the next turn first. */
export type ThreadQueueListResponse = {
  /** The queued submissions, the next one first. */
  data: Array<QueuedSubmission>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
};

/** All that waits, the next one first. */
export type ThreadQueueReorderParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The ids of all queued submissions, each once, the next one first. */
  queuedSubmissionIds: Array<string>;
};

/** The queue has this order. */
export type ThreadQueueReorderResponse = Record<string, unknown>;

/** The new input; absent or empty metadata stays unchanged. */
export type ThreadQueueUpdateParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the queued submission. */
  queuedSubmissionId: string;
  /** The new input: one part or more. */
  input: Array<UserInputParam>;
  /** Texts by name, in place of the stored ones; null or an empty map leaves these unchanged. */
  responsesapiClientMetadata?: Record<string, string> | null;
};

/** The submission that is now in the same place. */
export type ThreadQueueUpdateResponse = {
  /** The queued submission, in its current state. */
  queuedSubmission: QueuedSubmission;
};

/** The thread, and whether to return its whole history. */
export type ThreadReadParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** Whether the whole history comes along, in `thread.turns`. */
  includeTurns?: boolean;
};

/** The current thread. */
export type ThreadReadResponse = {
  /** The thread, in its current state. */
  thread: Thread;
  /** Always null: the host does not store what a person has read. */
  readState: ThreadReadState | null;
};

/** How far a person has read a thread; `revision` changes with it. */
export type ThreadReadState = {
  /** The place at which reading continues; null if all was read. */
  firstUnread: UnreadFromStart | UnreadFromTurn | null;
  /** A text that changes with every change. */
  revision: string;
};

/** The page of turns to include in the answer. */
export type ThreadResumeInitialTurnsPageParams = {
  /** The largest number of turns of the page, 1 to 100; 25 if absent or null. */
  limit?: number | null;
  /** `desc` for the newest first, which is the default if absent or null; `asc` for the oldest first. */
  sortDirection?: SortDirection | null;
  /** Which items each turn contains; `summary` if absent or null. */
  itemsView?: TurnItemsView | null;
};

/** The thread, and how much of its history to return. */
export type ThreadResumeParams = {
  /** The id of the thread, a UUID; ignored if `path` is given. */
  threadId: string;
  /** The path of the thread's rollout file, as in `thread.path`; null to use the id. Experimental. */
  path?: string | null;
  /** The model from now on; `PROVIDER:MODEL` also names its provider; null leaves it unchanged. */
  model?: string | null;
  /** The provider from now on, with its default model if no model is named; null leaves it unchanged. */
  modelProvider?: string | null;
  /** The service tier; null for the provider's default, absent leaves it unchanged. */
  serviceTier?: string | null;
  /** The working folder from now on, relative to the client's folder; null leaves it unchanged. */
  cwd?: string | null;
  /** Ignored: `cwd` is the only folder of a thread. Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  /** Which tool calls need an approval from now on; null leaves the policy unchanged. */
  approvalPolicy?: AskForApprovalParam | null;
  /** The reviewer of approvals: stored and shown, but the host always asks the user; null leaves it unchanged. */
  approvalsReviewer?: ApprovalsReviewer | null;
  /** The sandbox of commands: stored and shown, but the host runs no commands; null leaves it unchanged; not together with `permissions`. */
  sandbox?: SandboxMode | null;
  /** A profile of `permissionProfile/list`, in place of `sandbox`; null for none. Experimental. */
  permissions?: string | null;
  /** Keys of the configuration file for this thread, merged over those it has; keys that the host does not know are stored; null for none. */
  config?: Record<string, unknown> | null;
  /** The system instructions from now on; null leaves them unchanged. */
  baseInstructions?: string | null;
  /** The developer message ahead of the history from now on; null leaves it unchanged. */
  developerInstructions?: string | null;
  /** Whether the answer leaves out the history; its `turns` are then empty. */
  excludeTurns?: boolean;
  /** Refused unless it is null: the host has the history of its threads. Experimental. */
  history?: Array<Record<string, unknown>> | null;
  /** The tone of answers from now on; null leaves it unchanged. */
  personality?: Personality | null;
  /** The page of turns to include in the answer; null for none. Experimental. */
  initialTurnsPage?: ThreadResumeInitialTurnsPageParams | null;
};

/** The thread, loaded; the cursors are of its newest turn and item. */
export type ThreadResumeResponse = {
  /** The thread, in its current state. */
  thread: Thread;
  /** The model. */
  model: string;
  /** Its provider, by its name. */
  modelProvider: string;
  /** The requested service tier; null for the provider's default. */
  serviceTier: string | null;
  /** The plugins that are disabled for the thread: stored and shown, but the host has none. */
  disabledPluginIds: Array<string>;
  /** Its working folder. */
  cwd: string;
  /** The folders of the thread: on this host always `cwd` alone. */
  runtimeWorkspaceRoots: Array<string>;
  /** The files of its instructions: always none. */
  instructionSources: Array<string>;
  /** Which tool calls need an approval. */
  approvalPolicy: AskForApproval;
  /** The reviewer of approvals: stored and shown, but this host always asks the user. */
  approvalsReviewer: ApprovalsReviewer;
  /** The sandbox of commands; the host runs no commands. */
  sandbox: SandboxPolicy;
  /** The named profile that the sandbox came from; null if it came from none. */
  activePermissionProfile: ActivePermissionProfile | null;
  /** The reasoning effort; null for the model's default. */
  reasoningEffort: string | null;
  /** The mode of turns, with its settings: on this host always `default`, never null. */
  collaborationMode: CollaborationMode | null;
  /** When a model may start agents by itself: always the default, as the configuration decides that here. */
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
  /** The requested page of turns; null if none was requested. */
  initialTurnsPage: TurnsPage | null;
  /** The `cursor` for `thread/turns/list` to begin at the newest turn; null if there is none. */
  turnsBackwardsCursor: string | null;
  /** The `cursor` for `thread/items/list` to begin at the newest item; null if there is none. */
  itemsBackwardsCursor: string | null;
};

/** The first turn that shall be gone; `idempotency_key` is this host's own. */
export type ThreadRevertParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the first turn to remove; all later turns are removed, too. */
  beforeTurnId: string;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** The current thread, without turns, and the cursors of the remaining turns and items. */
export type ThreadRevertResponse = {
  /** The thread, in its current state. */
  thread: Thread;
  /** The `cursor` for `thread/turns/list` to begin at the newest turn; null if there is none. */
  turnsBackwardsCursor: string | null;
  /** The `cursor` for `thread/items/list` to begin at the newest item; null if there is none. */
  itemsBackwardsCursor: string | null;
};

/** Turns were removed from the history of a thread. */
export type ThreadRevertedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
};

/** The search of this connection to cancel. */
export type ThreadSearchCancelParams = {
  /** The request id of the search to cancel, on this connection. */
  requestId: string | number;
};

/** It ends, if it was not over. */
export type ThreadSearchCancelResponse = Record<string, unknown>;

/** The text, the threads to search, their order, and the start of the page. */
export type ThreadSearchParams = {
  /** The start of the page: the `nextCursor` of the page before; absent or null for the first page. */
  cursor?: string | null;
  /** The largest number of entries of the page, 1 to 100; 25 if absent or null. */
  limit?: number | null;
  /** The time by which hits are sorted; `created_at` if absent or null. */
  sortKey?: ThreadSearchSortKey | null;
  /** `desc` for the newest first, which is the default if absent or null; `asc` for the oldest first. */
  sortDirection?: SortDirection | null;
  /** The sources of the threads to return; if absent, empty or null, `cli` and `vscode`. */
  sourceKinds?: Array<ThreadSourceKind> | null;
  /** Whether to search only archived threads; null for only the others. */
  archived?: boolean | null;
  /** The text to look for in names and first words, in any case; not blank, at most 1,000 characters. */
  searchTerm: string;
  /** Ignored: no thread is attached to another here. */
  includeAttachedThreads?: boolean;
  /** Ignored: the host keeps no accounts. */
  currentAccountOnly?: boolean;
};

/** Hits ahead of the answer, which has all hits; each hit is in one notification. */
export type ThreadSearchPartialNotification = {
  /** The search, by the id of its request. */
  requestId: string | number;
  /** Hits that no earlier notification had. */
  data: Array<ThreadSearchResult>;
};

/** One page, with the cursors of the next and the previous one. */
export type ThreadSearchResponse = {
  /** The hits, in the requested order. */
  data: Array<ThreadSearchResult>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
  /** The `cursor` for the entries before this page, with the other `sortDirection`; null if the page is empty. */
  backwardsCursor: string | null;
};

/** A thread, and the text around the first place where it was found. */
export type ThreadSearchResult = {
  /** The thread, in its current state. */
  thread: Thread;
  /** The text around the first place where it was found. */
  snippet: string;
};

export type ThreadSearchSortKey = "created_at" | "updated_at" | "recency_at";

/** The section of a client's list that a thread belongs to. */
export type ThreadSection = {
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** How to draw it; null for the default. */
  appearance: ThreadSectionAppearance | null;
};

/** The appearance of a section. */
export type ThreadSectionAppearance = {
  /** Its colour; null for none. */
  color: string | null;
  /** Its picture; null for none. */
  icon: string | null;
};

/** A thread and its new name. */
export type ThreadSetNameParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The new name of the thread; not blank. */
  name: string;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** The thread has the name. */
export type ThreadSetNameResponse = Record<string, unknown>;

/** All settings of a thread's next turns. */
export type ThreadSettings = {
  /** The plugins that are disabled for the thread: stored and shown, but the host has none. */
  disabledPluginIds: Array<string>;
  /** Its working folder. */
  cwd: string;
  /** The environments in which it works: always this host alone; null if none is shown. */
  environments: Array<ThreadEnvironment> | null;
  /** Which tool calls need an approval. */
  approvalPolicy: AskForApproval;
  /** The reviewer of approvals: stored and shown, but this host always asks the user. */
  approvalsReviewer: ApprovalsReviewer;
  /** The sandbox of commands; the host runs no commands. */
  sandboxPolicy: SandboxPolicy;
  /** The named profile that the sandbox came from; null if it came from none. */
  activePermissionProfile: ActivePermissionProfile | null;
  /** The model. */
  model: string;
  /** Its provider, by its name. */
  modelProvider: string;
  /** The requested service tier; null for the provider's default. */
  serviceTier: string | null;
  /** The reasoning effort; null for the model's default. */
  effort: string | null;
  /** Whether the model summarises its reasoning; null for the provider's default. */
  summary: ReasoningSummary | null;
  /** The mode of turns, with its settings: on this host always `default`. */
  collaborationMode: CollaborationMode;
  /** When a model may start agents by itself: always the default, as the configuration decides that here. */
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
  /** The tone of answers; null if none was chosen. */
  personality: Personality | null;
};

/** A thread and the settings of its next turns; absent or null settings stay unchanged. */
export type ThreadSettingsUpdateParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The plugins that are disabled for the thread: stored and shown, but the host has none. */
  disabledPluginIds?: Array<string> | null;
  /** The working folder from now on, relative to the client's folder; null leaves it unchanged. */
  cwd?: string | null;
  /** The environment of turns: one, with the id `local`, whose folder becomes the working folder; null leaves it unchanged. */
  environments?: Array<TurnEnvironmentParams> | null;
  /** Which tool calls need an approval from now on; null leaves the policy unchanged. */
  approvalPolicy?: AskForApprovalParam | null;
  /** The reviewer of approvals: stored and shown, but this host always asks the user. */
  approvalsReviewer?: ApprovalsReviewer | null;
  /** The sandbox of commands: stored and shown, but the host runs no commands; null leaves it unchanged; not together with `permissions`. */
  sandboxPolicy?: SandboxPolicyParam | null;
  /** A profile of `permissionProfile/list`, in place of `sandboxPolicy`; null for none. */
  permissions?: string | null;
  /** The model from now on, not empty; `PROVIDER:MODEL` also names its provider; null leaves it unchanged. */
  model?: string | null;
  /** The service tier; null for the provider's default, absent leaves it unchanged. */
  serviceTier?: string | null;
  /** The reasoning effort, one of those of the model; null leaves it unchanged. */
  effort?: string | null;
  /** Whether the model summarises its reasoning; null leaves it unchanged. */
  summary?: ReasoningSummary | null;
  /** The preset whose model, effort and instructions to use, only `default`; null leaves these unchanged. */
  collaborationMode?: CollaborationModeParam | null;
  /** Ignored: the configuration says whether a model may start agents. */
  multiAgentMode?: MultiAgentMode | null;
  /** The tone of answers from now on; null leaves it unchanged. */
  personality?: Personality | null;
};

/** The settings are those that were asked for. */
export type ThreadSettingsUpdateResponse = Record<string, unknown>;

/** The settings of a thread changed. */
export type ThreadSettingsUpdatedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** All settings of its next turns. */
  threadSettings: ThreadSettings;
};

export type ThreadSortKey = "created_at" | "updated_at" | "recency_at" | "section_position";

export type ThreadSourceKind = "cli" | "vscode" | "exec" | "appServer" | "subAgent" | "subAgentReview" | "subAgentCompact" | "subAgentThreadSpawn" | "subAgentOther" | "unknown";

/** The parent that spawned a thread, and the thread's depth below the root. */
export type ThreadSpawn = {
  /** The id of the parent. */
  parent_thread_id: string;
  /** Its depth below the root. */
  depth: number;
  /** Its path in its team; null if it has none. */
  agent_path: string | null;
  /** The nickname of the agent; null if the thread is no agent, or has no nickname. */
  agent_nickname: string | null;
  /** The role of the agent; null if it has none. */
  agent_role: string | null;
};

/** A thread that another thread spawned. */
export type ThreadSpawnSource = {
  /** The thread that spawned it. */
  thread_spawn: ThreadSpawn;
};

/** Settings of a new thread; what is left out has the host's default. */
export type ThreadStartParams = {
  /** The model; `PROVIDER:MODEL` also names its provider; if absent or null, that of `config`, or the host's default. */
  model?: string | null;
  /** The provider, with its default model if no model is named; null for the host's default. */
  modelProvider?: string | null;
  /** Ignored: the turn fails if the provider does not have the model. Experimental. */
  allowProviderModelFallback?: boolean;
  /** The service tier; null for the provider's default, absent for that of the configuration. */
  serviceTier?: string | null;
  /** The working folder, relative to the client's folder, or to `~`, the home folder of the host's user; if absent or null, the client's folder. */
  cwd?: string | null;
  /** Ignored: `cwd` is the only folder of a thread. Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  /** Which tool calls need an approval; if absent or null, the policy of `config`, or else `never`. */
  approvalPolicy?: AskForApprovalParam | null;
  /** The reviewer of approvals: stored and shown, but the host always asks the user; if absent or null, that of `config`, or else `user`. */
  approvalsReviewer?: ApprovalsReviewer | null;
  /** The sandbox of commands: stored and shown, but the host runs no commands; if absent or null, that of `config`, or else `read-only`; not together with `permissions`. */
  sandbox?: SandboxMode | null;
  /** A profile of `permissionProfile/list`, in place of `sandbox`; null for none. Experimental. */
  permissions?: string | null;
  /** Keys of the configuration file for this thread; keys that the host does not know are stored; null for none. */
  config?: Record<string, unknown> | null;
  /** Ignored: the host sends no reports. */
  serviceName?: string | null;
  /** The system instructions; if absent or null, those of the configuration, if any. */
  baseInstructions?: string | null;
  /** The developer message ahead of the history; if absent or null, that of the configuration, if any. */
  developerInstructions?: string | null;
  /** The tone of answers; if absent or null, that of the configuration. */
  personality?: Personality | null;
  /** Ignored: the configuration says whether a model may start agents. Experimental. */
  multiAgentMode?: MultiAgentMode | null;
  /** Whether it is ephemeral: kept only in memory, without a trace after its end; null for no. */
  ephemeral?: boolean | null;
  /** How clients read its history; `paginated` if absent or null. Experimental. */
  historyMode?: ThreadHistoryMode | null;
  /** Ignored: the host runs no hooks. */
  sessionStartSource?: ThreadStartSource | null;
  /** The client's word for the source of the thread, stored and shown; null for none. */
  threadSource?: string | null;
  /** Ignored: the host keeps no projects. Experimental. */
  projectId?: string | null;
  /** Ignored: the host works only in its own environment. Experimental. */
  environments?: Array<TurnEnvironmentParams> | null;
  /** Tools that the client runs itself, offered to the model for the life of the thread; null for none. Experimental. */
  dynamicTools?: Array<DynamicToolSpec> | null;
  /** Ignored: the host has no such roots. Experimental. */
  selectedCapabilityRoots?: Array<SelectedCapabilityRoot> | null;
  /** Ignored: `thread/metadata/update` sets the flag. Experimental. */
  daybreakEnabled?: boolean | null;
  /** Ignored: the field only tests experimental fields. Experimental. */
  mockExperimentalField?: string | null;
  /** Ignored: `host/events/subscribe` sends everything. Experimental. */
  experimentalRawEvents?: boolean;
  /** Extension of this host: the id of the parent; null to start the root of a new tree. */
  parentThreadId?: string | null;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** The new thread, loaded and idle. */
export type ThreadStartResponse = {
  /** The thread, in its current state. */
  thread: Thread;
  /** The model. */
  model: string;
  /** Its provider, by its name. */
  modelProvider: string;
  /** The requested service tier; null for the provider's default. */
  serviceTier: string | null;
  /** The plugins that are disabled for the thread: stored and shown, but the host has none. */
  disabledPluginIds: Array<string>;
  /** Its working folder. */
  cwd: string;
  /** The folders of the thread: on this host always `cwd` alone. */
  runtimeWorkspaceRoots: Array<string>;
  /** The files of its instructions: always none. */
  instructionSources: Array<string>;
  /** Which tool calls need an approval. */
  approvalPolicy: AskForApproval;
  /** The reviewer of approvals: stored and shown, but this host always asks the user. */
  approvalsReviewer: ApprovalsReviewer;
  /** The sandbox of commands; the host runs no commands. */
  sandbox: SandboxPolicy;
  /** The named profile that the sandbox came from; null if it came from none. */
  activePermissionProfile: ActivePermissionProfile | null;
  /** The reasoning effort; null for the model's default. */
  reasoningEffort: string | null;
  /** When a model may start agents by itself: always the default, as the configuration decides that here. */
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
};

export type ThreadStartSource = "startup" | "clear";

/** A thread was started or forked; the notification has its first status, too. */
export type ThreadStartedNotification = {
  /** The thread, in its current state. */
  thread: Thread;
};

/** The live threads, by activity, and the work around them. */
export type ThreadStats = {
  /** Threads that are loaded. */
  live: number;
  /** Those of the threads with a running turn. */
  working: number;
  /** The ephemeral ones among them. */
  ephemeral: number;
  /** Those of them whose history is in memory. */
  withHistory: number;
  /** Threads that are being loaded. */
  starting: number;
  /** Threads that failed and are loaded again. */
  restarting: number;
  /** Threads that failed too often. */
  givenUp: number;
  /** Messages that wait for all of them. */
  waitingMessages: number;
  /** The largest number of messages that wait for one connection. */
  longestMailbox: number;
  /** The number of trees with work in progress. */
  trees: number;
  /** Deletions in progress. */
  deletions: number;
  /** The memory that threads take. */
  memory: AccountStats;
};

export type ThreadStatus = NotLoadedStatus | IdleStatus | SystemErrorStatus | ActiveStatus;

/** The status of a thread changed. */
export type ThreadStatusChangedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** Its current status. */
  status: ThreadStatus;
};

/** The tokens of a thread in total and of its last response. */
export type ThreadTokenUsage = {
  /** The sum over all responses. */
  total: TokenUsageBreakdown;
  /** The last response. */
  last: TokenUsageBreakdown;
  /** The context window to compare the last response with: 95 percent of the one that the thread or the configuration sets; null if neither sets one, or while the thread is not loaded. */
  modelContextWindow: number | null;
};

/** The tokens of a response were counted. */
export type ThreadTokenUsageUpdatedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
  /** The tokens that the thread has used. */
  tokenUsage: ThreadTokenUsage;
};

/** The thread of the turns, and the start of the page; by default newest first. */
export type ThreadTurnsListParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The start of the page: a cursor of another page; if absent or null, the first entry in the order of `sortDirection`. */
  cursor?: string | null;
  /** The largest number of entries of the page, 1 to 100; 25 if absent or null. */
  limit?: number | null;
  /** `desc` for the newest first, which is the default if absent or null; `asc` for the oldest first. */
  sortDirection?: SortDirection | null;
  /** Which items each turn contains; `summary` if absent or null. */
  itemsView?: TurnItemsView | null;
};

/** One page of turns. */
export type ThreadTurnsListResponse = {
  /** The turns, in the requested order. */
  data: Array<Turn>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
  /** The `cursor` for the entries before this page, with the other `sortDirection`; null if the page is empty. */
  backwardsCursor: string | null;
};

/** The one thread to take out again. */
export type ThreadUnarchiveParams = {
  /** The id of the thread to unarchive; the threads below it stay archived. */
  threadId: string;
};

/** The thread, not loaded. */
export type ThreadUnarchiveResponse = {
  /** The thread, in its current state. */
  thread: Thread;
};

/** A thread was unarchived. */
export type ThreadUnarchivedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
};

/** The thread that this connection no longer follows. */
export type ThreadUnsubscribeParams = {
  /** The id of the thread that this connection stops following. */
  threadId: string;
};

/** Whether the connection followed the thread, and whether the thread was loaded. */
export type ThreadUnsubscribeResponse = {
  /** Whether the connection followed the thread, and whether the thread was loaded. */
  status: ThreadUnsubscribeStatus;
};

export type ThreadUnsubscribeStatus = "notLoaded" | "notSubscribed" | "unsubscribed";

/** Token counts of one response, or summed over a thread. */
export type TokenUsageBreakdown = {
  /** All tokens. */
  totalTokens: number;
  /** The input tokens. */
  inputTokens: number;
  /** The input tokens that were in the provider's cache. */
  cachedInputTokens: number;
  /** The input tokens that the provider put into its cache. */
  cacheWriteInputTokens: number;
  /** The output tokens. */
  outputTokens: number;
  /** The output tokens that were reasoning. */
  reasoningOutputTokens: number;
};

/** A tool as its server describes it. */
export type Tool = {
  /** Its name. */
  name: string;
  /** Its title for people; null if it has none. */
  title: string | null;
  /** A description for people; null if it has none. */
  description: string | null;
  /** The JSON Schema of its arguments. */
  inputSchema: unknown;
  /** The JSON Schema of its structured answer; null for none. */
  outputSchema: unknown;
  /** Its MCP annotations, which describe its effects; null for none. */
  annotations: unknown;
  /** Its icons, as the server gives them; null if it gives none. */
  icons: Array<unknown> | null;
  /** The `_meta` of MCP, passed on unchanged. */
  _meta: unknown;
};

export type ToolCallStatus = "inProgress" | "completed" | "failed";

/** The answer to one question. */
export type ToolRequestUserInputAnswer = {
  /** The labels of the chosen answers, or the typed text. */
  answers: Array<string>;
};

/** An answer that the user can choose. */
export type ToolRequestUserInputOption = {
  /** The label of the answer. */
  label: string;
  /** What the answer means. */
  description: string;
};

/** Questions for the user; `item_id` is the id of the model's call. */
export type ToolRequestUserInputParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn. */
  turnId: string;
  /** The id of the model's call that asks. */
  itemId: string;
  /** The questions. */
  questions: Array<ToolRequestUserInputQuestion>;
  /** Whether the turn waits for the answers. */
  isBlocking: boolean;
  /** The time after which the turn goes on without answers, in milliseconds; null for never. */
  autoResolutionMs: number | null;
};

/** A question; with `is_other` the user may answer freely, `is_secret` hides what is typed. */
export type ToolRequestUserInputQuestion = {
  /** Its id. */
  id: string;
  /** Its subject, in few words. */
  header: string;
  /** The question. */
  question: string;
  /** Whether the user may give a free answer. */
  isOther: boolean;
  /** Whether the client must hide the typed answer. */
  isSecret: boolean;
  /** The answers to choose from; null for a free answer. */
  options: Array<ToolRequestUserInputOption> | null;
};

/** The answers by the ids of their questions. */
export type ToolRequestUserInputResponse = {
  /** The answers, by the ids of their questions. */
  answers: Record<string, ToolRequestUserInputAnswer>;
};

export type TrustedContacts = "check" | "skip";

/** A turn; `items_view` says which items `items` contains. */
export type Turn = {
  /** Its id. */
  id: string;
  /** The id of the turn of the tree's root that led to it; null for none. */
  rootTurnId: string | null;
  /** Its items, as selected by `itemsView`. */
  items: Array<ThreadItem>;
  /** Which items are included: none, the user's and the model's last, or all. */
  itemsView: "notLoaded" | "summary" | "full";
  /** How it ended, if it ended. */
  status: TurnStatus;
  /** The reason of its failure; null if it did not fail. */
  error: TurnError | null;
  /** The time of its start, in seconds since 1970; null before. */
  startedAt: number | null;
  /** The time of its end, in seconds since 1970; null before. */
  completedAt: number | null;
  /** Its duration in milliseconds; null before its end. */
  durationMs: number | null;
};

/** A turn ended: completed, interrupted or failed. */
export type TurnCompletedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The turn as it ended. */
  turn: Turn;
};

/** An environment in which turns should work. */
export type TurnEnvironmentParams = {
  /** The id of the environment: `local` is the only one. */
  environmentId: string;
  /** The folder in that environment. */
  cwd: string;
  /** Ignored: `cwd` is the only folder of a thread. */
  runtimeWorkspaceRoots?: Array<string> | null;
};

/** An error that a person may read; it holds no secret and no traceback. */
export type TurnError = {
  /** What went wrong, for people. */
  message: string;
  /** The kind of failure, for programs; null if it has none. */
  codexErrorInfo: CodexErrorInfo | null;
  /** Further details for people; null for none. */
  additionalDetails: string | null;
  /** What a policy refused; null if none refused anything. */
  misalignment: MisalignmentErrorDetails | null;
};

/** The turn to stop. */
export type TurnInterruptParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The id of the turn to interrupt; it must be the running one. */
  turnId: string;
};

/** The turn has stopped. */
export type TurnInterruptResponse = Record<string, unknown>;

export type TurnItemsView = "notLoaded" | "summary" | "full";

/** The input to the thread, and the settings that change from this turn on. */
export type TurnStartParams = {
  /** The id of the thread; a stored thread is loaded and followed. */
  threadId: string;
  /** The input: one part or more. */
  input: Array<UserInputParam>;
  /** The client's own id of the message, which its item has as `clientId`; null for none. */
  clientUserMessageId?: string | null;
  /** The output of a tool that no model called, in place of `input`: the model sees it in a tag with the tool's name; null for none. */
  toolOutput?: TurnToolOutput | null;
  /** Ignored: nothing of a client's goes to a provider beside the input. Experimental. */
  responsesapiClientMetadata?: Record<string, string> | null;
  /** Ignored: the host sends no client metadata to providers. Experimental. */
  responsesapiClientMetadataPatch?: Record<string, string> | null;
  /** Fragments of context for the model, by name. The host puts each ahead of the input, unless it is the same as the last one of that name; no turn shows them; null for none. Experimental. */
  additionalContext?: Record<string, AdditionalContextEntry> | null;
  /** The environment of turns: one, with the id `local`, whose folder becomes the working folder from now on; null or an empty list leaves it unchanged. Experimental. */
  environments?: Array<TurnEnvironmentParams> | null;
  /** The plugins that are disabled for the thread: stored and shown, but the host has none. */
  disabledPluginIds?: Array<string> | null;
  /** The working folder from this turn on, relative to the client's folder; null leaves it unchanged. */
  cwd?: string | null;
  /** Ignored: `cwd` is the only folder of a thread. Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  /** Which tool calls need an approval from this turn on; null leaves the policy unchanged. */
  approvalPolicy?: AskForApprovalParam | null;
  /** The reviewer of approvals: stored and shown, but this host always asks the user. */
  approvalsReviewer?: ApprovalsReviewer | null;
  /** The sandbox of commands: stored and shown, but the host runs no commands; null leaves it unchanged; not together with `permissions`. */
  sandboxPolicy?: SandboxPolicyParam | null;
  /** A profile of `permissionProfile/list`, in place of `sandboxPolicy`; null for none. Experimental. */
  permissions?: string | null;
  /** The model from this turn on, not empty; `PROVIDER:MODEL` also names its provider; null leaves it unchanged. */
  model?: string | null;
  /** The service tier from this turn on; null for the provider's default. */
  serviceTier?: string | null;
  /** Ignored: `serviceTier` applies from this turn on. */
  serviceTierForTurn?: string | null;
  /** The reasoning effort from this turn on, one of those of the model; null leaves it unchanged. */
  effort?: string | null;
  /** Whether the model summarises its reasoning from this turn on; null leaves it unchanged. */
  summary?: ReasoningSummary | null;
  /** The tone of answers from this turn on; null leaves it unchanged. */
  personality?: Personality | null;
  /** The JSON Schema that the last message of this turn must match; null, or a value that is no object, for none. */
  outputSchema?: unknown;
  /** The preset whose model, effort and instructions to use from this turn on, only `default`; null leaves these unchanged. Experimental. */
  collaborationMode?: CollaborationModeParam | null;
  /** Ignored: the configuration says whether a model may start agents. Experimental. */
  multiAgentMode?: MultiAgentMode | null;
  /** Ignored: the host takes part in no such program. Experimental. */
  cyberAccessProgram?: CyberAccessProgram | null;
  /** Ignored: the log says which turn led to this one. */
  parentTurnId?: string | null;
  /** The id of the turn, of any thread, that led to this one, as turns of agents have it; null or empty for none. A running turn keeps its own. */
  rootTurnId?: string | null;
  /** Ignored: the log says who asked for the turn. */
  turnTrigger?: string | null;
  /** Extension of this host: a key of 1 to 200 characters that the client chose for this request, or null. A request of the same client with the same key and params within seven days gets the same answer and has no second effect; other params are refused. */
  idempotencyKey?: string | null;
};

/** The turn, in progress and still empty. */
export type TurnStartResponse = {
  /** The new turn, in progress and still empty; or the running turn, if the input joins it. */
  turn: Turn;
};

/** A turn runs. */
export type TurnStartedNotification = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The turn, in progress and still empty. */
  turn: Turn;
};

export type TurnStatus = "completed" | "interrupted" | "failed" | "inProgress";

/** The input to add, and its turn. */
export type TurnSteerParams = {
  /** The id of the thread, a UUID. */
  threadId: string;
  /** The input: one part or more. */
  input: Array<UserInputParam>;
  /** The id of the turn that the client expects to run; the host steers no other turn. */
  expectedTurnId: string;
  /** The client's own id of the message, which its item has as `clientId`; null for none. */
  clientUserMessageId?: string | null;
  /** Fragments of context for the model, by name. The host puts each ahead of the input, unless it is the same as the last one of that name; no turn shows them; null for none. Experimental. */
  additionalContext?: Record<string, AdditionalContextEntry> | null;
  /** Ignored: nothing of a client's goes to a provider beside the input. Experimental. */
  responsesapiClientMetadata?: Record<string, string> | null;
  /** Ignored: the host sends no client metadata to providers. Experimental. */
  responsesapiClientMetadataPatch?: Record<string, string> | null;
};

/** The turn that continues with the input. */
export type TurnSteerResponse = {
  /** The id of the turn that continues with it. */
  turnId: string;
};

/** The output of a tool that starts a turn in place of a user's input. */
export type TurnToolOutput = {
  /** The tool whose output it is. */
  name: string;
  /** The namespace of the tool; null for none. */
  namespace?: string | null;
  /** The output of the tool: a text, or parts of content. */
  output: string | Array<Record<string, unknown>>;
  /** Ignored: the context stays in the history like all input of a thread. */
  retain?: boolean;
};

/** One page, with the cursors of the next and the previous one. */
export type TurnsPage = {
  /** The turns, in the requested order. */
  data: Array<Turn>;
  /** The `cursor` of the next page; null if there is none. */
  nextCursor: string | null;
  /** The `cursor` for the entries before this page, with the other `sortDirection`; null if the page is empty. */
  backwardsCursor: string | null;
};

/** A person has read nothing of the thread. */
export type UnreadFromStart = {
  /** The variant of the object. */
  type: "threadStart";
};

/** A person has read the thread up to this turn. */
export type UnreadFromTurn = {
  /** The variant of the object. */
  type: "turn";
  /** The id of the first turn that was not read. */
  turnId: string;
};

export type UserInput = TextInput | ImageInput | LocalImageInput | AudioInput | LocalAudioInput | SkillInput | MentionInput;

export type UserInputParam = TextInputParam | ImageInputParam | LocalImageInputParam | AudioInputParam | LocalAudioInputParam | SkillInputParam | MentionInputParam;

/** A configuration file, and the profile of it that applies. */
export type UserLayer = {
  /** The variant of the object. */
  type: "user";
  /** The path of the file. */
  file: string;
  /** The profile of it that applies; null for none. */
  profile: string | null;
};

/** The input that a client sent with a turn. */
export type UserMessageItem = {
  /** The variant of the object. */
  type: "userMessage";
  /** Its id. */
  id: string;
  /** The client's own id of the message; null if it gave none. */
  clientId: string | null;
  /** The parts of the message. */
  content: Array<UserInput>;
  /** The time of its start, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** The time of its end, in milliseconds since 1970; null before. */
  completedAtMs: number | null;
};

/** The key is in an environment variable. */
export type VariableAuth = {
  /** The environment variable that holds the key. */
  envKey: string;
  /** Always the variant of a key from the environment. */
  mode: "environmentVariable";
};

export type Verbosity = "low" | "medium" | "high";

/** No parameters. */
export type ViewsRebuildParams = Record<string, unknown>;

/** The progress of a rebuild that this connection requested: applied and total events. */
export type ViewsRebuildProgressNotification = {
  /** The id of the request that asked for the rebuild. */
  requestId: string | number;
  /** The number of events that were applied. */
  done: number;
  /** The number of events to apply. */
  total: number;
};

/** From how many events they were made, and how many rows of which tables that changed. */
export type ViewsRebuildResponse = {
  /** The number of events from which the views were rebuilt. */
  events: number;
  /** The number of rows that did not match the log, by table; empty if all matched. */
  changed: Record<string, number>;
};

/** The host warns the user of a possible problem. */
export type WarningNotification = {
  /** The id of the thread that it concerns; null for none. */
  threadId: string | null;
  /** What went wrong or may go wrong, in a sentence for people. */
  message: string;
};

/** Commands may write the workspace and the named roots. */
export type WorkspaceWriteSandbox = {
  /** The variant of the object. */
  type: "workspaceWrite";
  /** The folders that commands may write besides `cwd`. */
  writableRoots: Array<string>;
  /** Whether commands may use the network: stored and shown, but the host runs no commands. */
  networkAccess: boolean;
  /** Whether commands must not write the folder of `TMPDIR`. */
  excludeTmpdirEnvVar: boolean;
  /** Whether commands must not write `/tmp`. */
  excludeSlashTmp: boolean;
};

/** Commands may write the workspace and the named roots. */
export type WorkspaceWriteSandboxParam = {
  /** The variant of the object. */
  type: "workspaceWrite";
  /** The folders that commands may write besides `cwd`. */
  writableRoots?: Array<string>;
  /** Whether commands may use the network: stored and shown, but the host runs no commands. */
  networkAccess?: boolean;
  /** Whether commands must not write the folder of `TMPDIR`. */
  excludeTmpdirEnvVar?: boolean;
  /** Whether commands must not write `/tmp`. */
  excludeSlashTmp?: boolean;
};

/** What clients ask. */
export type ClientMethods = {
  /** Answer that there is no account, and that none is needed. */
  "account/read": { params: GetAccountParams; result: GetAccountResponse };
  /** List the only preset, which changes nothing. */
  "collaborationMode/list": { params: CollaborationModeListParams; result: CollaborationModeListResponse };
  /** Read the MCP servers in the configuration file again; unchanged ones stay connected. */
  "config/mcpServer/reload": { params: undefined; result: McpServerRefreshResponse };
  /** Return the defaults of a new thread, from the host's start and its configuration file. */
  "config/read": { params: ConfigReadParams; result: ConfigReadResponse };
  /** Answer that no administrator sets requirements. */
  "configRequirements/read": { params: undefined; result: ConfigRequirementsReadResponse };
  /** Answer that each folder has no hooks: the host runs none. */
  "hooks/list": { params: HooksListParams; result: HooksListResponse };
  /** Read the configuration file again; apply at once the keys that need no restart. */
  "host/config/reload": { params: undefined; result: ConfigReloadResponse };
  /** Report faults and risks of the home, with remedies; `threadhost doctor` checks more. */
  "host/diagnostics/read": { params: DiagnosticsReadParams; result: DiagnosticsReadResponse };
  /** Send notifications of all or of followed threads: past ones after a place, then new ones. */
  "host/events/subscribe": { params: EventsSubscribeParams; result: EventsSubscribeResponse };
  /** Send only notifications of threads that this connection follows. */
  "host/events/unsubscribe": { params: EventsUnsubscribeParams; result: EventsUnsubscribeResponse };
  /** Raise a goal's token budget; a goal that had used up its budget goes on. */
  "host/goal/extend": { params: GoalExtendParams; result: GoalExtendResponse };
  /** Set or change the goal of a tree's root, so that it counts the tokens of all threads. */
  "host/goal/setTree": { params: GoalSetTreeParams; result: GoalSetTreeResponse };
  /** List the holds that cover one thread, or one page of all holds. */
  "host/hold/list": { params: HoldListParams; result: HoldListResponse };
  /** Release one hold of a thread; the log keeps who set and who released it, and when. */
  "host/hold/release": { params: HoldReleaseParams; result: HoldReleaseResponse };
  /** Set a hold: nobody can delete the thread, loaded or stored, until it is released. */
  "host/hold/set": { params: HoldSetParams; result: HoldSetResponse };
  /** Import threads that are not there yet; a repeated call resumes where an earlier one ended. */
  "host/import/codex": { params: ImportCodexParams; result: ImportCodexResponse };
  /** Read the memory that later threads get, one thread's note, and the progress of all notes. */
  "host/memory/read": { params: MemoryReadParams; result: MemoryReadResponse };
  /** List what the retention rules would delete now, and what is due but stays; change nothing. */
  "host/retention/preview": { params: RetentionPreviewParams; result: RetentionPreviewResponse };
  /** Apply the retention rules now; each deletion names its rule as the principal. */
  "host/retention/run": { params: undefined; result: RetentionRunResponse };
  /** Return the host's gauges at this moment; they count this request, too. */
  "host/stats/read": { params: StatsReadParams; result: StatsReadResponse };
  /** Return one page of the program log of a thread, the oldest lines first. */
  "host/thread/logs": { params: ThreadLogsParams; result: ThreadLogsResponse };
  /** Report what deleting a thread would do now; change nothing. */
  "host/thread/previewDelete": { params: PreviewDeleteParams; result: PreviewDeleteResponse };
  /** Rebuild all views from the log; reads use the old ones until all are replaced at once. */
  "host/views/rebuild": { params: ViewsRebuildParams; result: ViewsRebuildResponse };
  /** Open the session; `userAgent` has the version of the protocol. */
  "initialize": { params: InitializeParams; result: InitializeResponse };
  /** Cancel a job; running rows are released and are pending again. */
  "job/cancel": { params: JobChangeParams; result: JobResponse };
  /** Create a job from the rows of a file; work begins while the rest of the file is read. */
  "job/create": { params: JobCreateParams; result: JobResponse };
  /** Erase a job with all its rows, unless its runner is held; its workers' threads stay. */
  "job/delete": { params: JobReadParams; result: JobDeleteResponse };
  /** Write the rows of a job, in their current state, to a file. */
  "job/export": { params: JobExportParams; result: JobExportResponse };
  /** List one page of the rows of a job, with the result of each. */
  "job/items/list": { params: JobItemsListParams; result: JobItemsListResponse };
  /** List one page of the jobs of this host, the newest first. */
  "job/list": { params: JobListParams; result: JobListResponse };
  /** Pause a job: start no more rows; running rows go on. */
  "job/pause": { params: JobChangeParams; result: JobResponse };
  /** Return a job, with the number of its rows in each state. */
  "job/read": { params: JobReadParams; result: JobResponse };
  /** Resume a paused job: start rows again. */
  "job/resume": { params: JobChangeParams; result: JobResponse };
  /** Retry the failed rows of a job, and the unfinished rows of a cancelled one. */
  "job/retry": { params: JobChangeParams; result: JobResponse };
  /** Return the contents of a resource of an MCP server. */
  "mcpServer/resource/read": { params: McpResourceReadParams; result: McpResourceReadResponse };
  /** Call a tool for the client, without an approval; the thread's history omits the call. */
  "mcpServer/tool/call": { params: McpServerToolCallParams; result: McpServerToolCallResponse };
  /** List the configured MCP servers, whether they are connected, and what they offer. */
  "mcpServerStatus/list": { params: ListMcpServerStatusParams; result: ListMcpServerStatusResponse };
  /** Drop all memories; a thread is noted again after its next change, if its mode allows. */
  "memory/reset": { params: undefined; result: MemoryResetResponse };
  /** Return from how many threads the memory text for later threads is made. */
  "memory/status": { params: MemoryStatusParams; result: MemoryStatusResponse };
  /** List all known models, the default provider's first; threads may also name others. */
  "model/list": { params: ModelListParams; result: ModelListResponse };
  /** List the model providers of this host; its configuration sets them. */
  "modelProvider/list": { params: ModelProviderListParams; result: ModelProviderListResponse };
  /** List the permission profiles: one for each sandbox mode. */
  "permissionProfile/list": { params: PermissionProfileListParams; result: PermissionProfileListResponse };
  /** Return the memory of the process and the host's gauges; they count this request, too. */
  "server/diagnostics": { params: ServerDiagnosticsParams; result: ServerDiagnosticsResponse };
  /** Answer that each folder has no skills: the host looks for none. */
  "skills/list": { params: SkillsListParams; result: SkillsListResponse };
  /** Stop and archive a thread and all below it; notifications follow the answer, root first. */
  "thread/archive": { params: ThreadArchiveParams; result: ThreadArchiveResponse };
  /** Answer that a thread has no background terminals: the host runs no commands. */
  "thread/backgroundTerminals/list": { params: ThreadBackgroundTerminalsListParams; result: ThreadBackgroundTerminalsListResponse };
  /** Start a turn that replaces the history that the model sees with a summary. */
  "thread/compact/start": { params: ThreadCompactStartParams; result: ThreadCompactStartResponse };
  /** Delete a thread and all below it; notifications follow the answer, leaves first. */
  "thread/delete": { params: ThreadDeleteParams; result: ThreadDeleteResponse };
  /** Copy a thread, whole or up to a turn, into a new thread, and follow the copy. */
  "thread/fork": { params: ThreadForkParams; result: ThreadForkResponse };
  /** Remove the goal of a thread; a running turn goes on and no longer counts for it. */
  "thread/goal/clear": { params: ThreadGoalClearParams; result: ThreadGoalClearResponse };
  /** Return the goal of a thread, loaded or stored; reading does not load it. */
  "thread/goal/get": { params: ThreadGoalGetParams; result: ThreadGoalGetResponse };
  /** Set or change the goal of a thread; an active goal starts turns by itself. */
  "thread/goal/set": { params: ThreadGoalSetParams; result: ThreadGoalSetResponse };
  /** Add items to the history that a thread's model sees, loaded or stored; no turn shows them. */
  "thread/inject_items": { params: ThreadInjectItemsParams; result: ThreadInjectItemsResponse };
  /** List one page of the items of a thread or a turn, by default the oldest first. */
  "thread/items/list": { params: ThreadItemsListParams; result: ThreadItemsListResponse };
  /** List one page of stored threads that had a turn. */
  "thread/list": { params: ThreadListParams; result: ThreadListResponse };
  /** List one page of the ids of loaded threads, in the order of ids. */
  "thread/loaded/list": { params: ThreadLoadedListParams; result: ThreadLoadedListResponse };
  /** Allow notes of a thread, loaded or stored, or forbid them and forget the existing one. */
  "thread/memoryMode/set": { params: ThreadMemoryModeSetParams; result: ThreadMemoryModeSetResponse };
  /** Change the metadata of a thread, loaded or stored, without loading it. */
  "thread/metadata/update": { params: ThreadMetadataUpdateParams; result: ThreadMetadataUpdateResponse };
  /** Rename a thread, loaded or stored. */
  "thread/name/set": { params: ThreadSetNameParams; result: ThreadSetNameResponse };
  /** Queue a turn behind the waiting ones; it starts by itself, at once on an idle thread. */
  "thread/queue/add": { params: ThreadQueueAddParams; result: ThreadQueueAddResponse };
  /** Remove a queued turn; a turn that has started is not affected. */
  "thread/queue/delete": { params: ThreadQueueDeleteParams; result: ThreadQueueDeleteResponse };
  /** List one page of the queue of a thread, loaded or stored; the next turn comes first. */
  "thread/queue/list": { params: ThreadQueueListParams; result: ThreadQueueListResponse };
  /** Set the order of the queue; the request must name each queued turn once. */
  "thread/queue/reorder": { params: ThreadQueueReorderParams; result: ThreadQueueReorderResponse };
  /** Replace the input of a queued turn; its place in the queue stays. */
  "thread/queue/update": { params: ThreadQueueUpdateParams; result: ThreadQueueUpdateResponse };
  /** Return a thread, loaded or stored; reading does not load it. */
  "thread/read": { params: ThreadReadParams; result: ThreadReadResponse };
  /** Load a stored thread, or join a live one, and follow it; an archived thread is refused. */
  "thread/resume": { params: ThreadResumeParams; result: ThreadResumeResponse };
  /** Remove a turn and all later ones from the history; a running turn is interrupted first. */
  "thread/revert": { params: ThreadRevertParams; result: ThreadRevertResponse };
  /** Return one page of the listed threads that contain a text. */
  "thread/search": { params: ThreadSearchParams; result: ThreadSearchResponse };
  /** Cancel a `thread/search` of this connection; no error if it is over or never existed. */
  "thread/search/cancel": { params: ThreadSearchCancelParams; result: ThreadSearchCancelResponse };
  /** Search like `thread/search`, and send first hits early, in `thread/search/partial`. */
  "thread/search/stream": { params: ThreadSearchParams; result: ThreadSearchResponse };
  /** Cancel a `thread/search/stream` of this connection, like `thread/search/cancel`. */
  "thread/search/stream/cancel": { params: ThreadSearchCancelParams; result: ThreadSearchCancelResponse };
  /** Change the settings of a thread's next turns; a running turn keeps its settings. */
  "thread/settings/update": { params: ThreadSettingsUpdateParams; result: ThreadSettingsUpdateResponse };
  /** Start a thread and follow it. */
  "thread/start": { params: ThreadStartParams; result: ThreadStartResponse };
  /** List one page of the turns of a thread, by default the newest first. */
  "thread/turns/list": { params: ThreadTurnsListParams; result: ThreadTurnsListResponse };
  /** Unarchive one thread; threads that were archived together with it stay archived. */
  "thread/unarchive": { params: ThreadUnarchiveParams; result: ThreadUnarchiveResponse };
  /** Stop following a thread. */
  "thread/unsubscribe": { params: ThreadUnsubscribeParams; result: ThreadUnsubscribeResponse };
  /** Interrupt the running turn; a thread that is not loaded has none. */
  "turn/interrupt": { params: TurnInterruptParams; result: TurnInterruptResponse };
  /** Start a turn, or add input to the running one; a stored thread is loaded and followed. */
  "turn/start": { params: TurnStartParams; result: TurnStartResponse };
  /** Add input to the running turn, if it is the turn that the client names. */
  "turn/steer": { params: TurnSteerParams; result: TurnSteerResponse };
};

/** What the host asks. */
export type ServerMethods = {
  /** A call of a tool that the client offered. */
  "item/tool/call": { params: DynamicToolCallParams; result: DynamicToolCallResponse };
  /** Questions for the user; `item_id` is the id of the model's call. */
  "item/tool/requestUserInput": { params: ToolRequestUserInputParams; result: ToolRequestUserInputResponse };
  /** Asks for approval of a tool call, or relays a server's question: a form, or a page. */
  "mcpServer/elicitation/request": { params: McpServerElicitationRequestParams; result: McpServerElicitationRequestResponse };
};
