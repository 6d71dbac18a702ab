// Made by `threadhost schema --typescript`; all of it are types.

/** What is kept for one purpose, and how much that may be; null where that has no bound. */
export type AccountStats = {
  /** What is taken now, in bytes. */
  usedBytes: number;
  /** How much may be taken, in bytes; null where there is no bound. */
  maxBytes: number | null;
};

/** The named profile that the permissions came from. */
export type ActivePermissionProfile = {
  /** The profile, by its name. */
  id: string;
  /** Always null: no profile builds on another here. */
  extends: string | null;
};

/** A turn runs, or an answer is waited for. */
export type ActiveStatus = {
  /** Which variant of the object this is. */
  type: "active";
  /** What the turn waits for; nothing if it works. */
  activeFlags: Array<ThreadActiveFlag>;
};

/** The running turn takes no further input. */
export type ActiveTurnNotSteerable = {
  /** What kind of turn it is. */
  activeTurnNotSteerable: NotSteerable;
};

/** A fragment of context that the client adds to a turn. */
export type AdditionalContextEntry = {
  /** What it says. */
  value: string;
  /** Whether the application says it, or somebody whom a model should not obey. */
  kind: "untrusted" | "application";
  /** The fragment's name; null for none. */
  name?: string | null;
};

/** A piece of a message that the model is writing. */
export type AgentMessageDeltaNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
  /** The item, by its id. */
  itemId: string;
  /** The piece, to be put behind those before. */
  delta: string;
};

export type AgentMessageDisplay = ShownAnswer | HiddenAnswer | BlockedAnswer;

/** What the model said; empty while it streams. */
export type AgentMessageItem = {
  /** Which variant of the object this is. */
  type: "agentMessage";
  /** What the provider's moderation says of it; null if nothing. */
  moderation: AgentMessageModeration | null;
  /** Its id. */
  id: string;
  /** What was said; as far as it is known. */
  text: string;
  /** Whether it is said on the way or at the end; null if the model does not say. */
  phase: MessagePhase | null;
  /** The memories it leans on; null if it names none. */
  memoryCitation: MemoryCitation | null;
  /** `async` if nobody waits for it; else null. */
  delivery: "async" | null;
  /** What it asks without waiting; null for nothing. */
  questions: Array<AsyncUserInputQuestion> | null;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number | null;
  /** This host's own: true where the model was cut off in the middle; else absent. */
  incomplete?: Incomplete;
};

/** A provider's verdict on a message. */
export type AgentMessageModeration = {
  /** Whether the provider took exception to it. */
  moderated: boolean;
  /** How it is to be shown; null as it is. */
  display: AgentMessageDisplay | null;
};

/** What to show beside an answer. */
export type AnswerAnnotation = {
  /** Which annotation it is. */
  kind: "wellbeingHelpline";
  /** Whether it is about the answer or about what was asked. */
  subject: HelplineSubject;
};

/** What to show in the place of an answer. */
export type AnswerReplacement = {
  /** Which replacement it is. */
  kind: "wellbeingPromptHelpline";
};

export type ApprovalName = "untrusted" | "on-request" | "never";

export type ApprovalsReviewer = "user" | "auto_review" | "guardian_subagent";

export type AskForApproval = ApprovalName | GranularApproval;

export type AskForApprovalParam = ApprovalName | GranularApprovalParam;

/** A question that a message asks without waiting. */
export type AsyncUserInputQuestion = {
  /** What people call it; null if it says nothing. */
  title: string;
  /** Answers to choose from; null if any will do. */
  options: Array<string> | null;
};

/** Sound by reference. */
export type AudioInput = {
  /** Which variant of the object this is. */
  type: "audio";
  /** Where it lies, or all of it as a `data:` URL; null or absent for `fileId` in its place. */
  url?: string | null;
  /** The id of a file that was uploaded to the provider; null or absent for `url` in its place. */
  fileId?: string | null;
};

/** Sound by reference. */
export type AudioInputParam = {
  /** Which variant of the object this is. */
  type: "audio";
  /** Where it lies, or all of it as a `data:` URL; null or absent for `fileId` in its place. */
  url?: string | null;
  /** The id of a file that was uploaded to the provider; null or absent for `url` in its place. */
  fileId?: string | null;
};

export type BlockReason = ProtectionBlock | CyberBlock;

/** The answer is not shown. */
export type BlockedAnswer = {
  /** Always `block`: nothing of the answer is shown. */
  mode: "block";
  /** The version of this form. */
  version: 1;
  /** What held it back. */
  reason: BlockReason;
};

/** A half-open span of UTF-8 bytes. */
export type ByteRange = {
  /** The first byte, counted from 0. */
  start: number;
  /** The byte behind the last one. */
  end: number;
};

/** The program at the other end. */
export type ClientInfo = {
  /** What the client is called; the log keeps it up to 64 characters, else a digest of it. */
  name: string;
  /** What people call it: taken and not used. */
  title?: string | null;
  /** Its version: taken and not used. */
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

/** What a subagent last was seen doing. */
export type CollabAgentState = {
  /** What the agent was doing when it was last looked at. */
  status: CollabAgentStatus;
  /** What it said last, or why it failed; null for nothing. */
  message: string | null;
};

export type CollabAgentStatus = "pendingInit" | "running" | "interrupted" | "completed" | "errored" | "shutdown" | "notFound";

export type CollabAgentTool = "spawnAgent" | "sendInput" | "resumeAgent" | "wait" | "closeAgent" | "sendMessage" | "followupTask" | "interruptAgent" | "listAgents";

/** A call of one of the tools that act on other threads. */
export type CollabAgentToolCallItem = {
  /** Which variant of the object this is. */
  type: "collabAgentToolCall";
  /** Its id. */
  id: string;
  /** Which tool it is. */
  tool: CollabAgentTool;
  /** How it stands. */
  status: CollabAgentToolCallStatus;
  /** The thread whose model calls it, by its id. */
  senderThreadId: string;
  /** The threads that it is about, by their ids. */
  receiverThreadIds: Array<string>;
  /** What they are told; null for nothing. */
  prompt: string | null;
  /** The model of an agent that is started; null where none is. */
  model: string | null;
  /** How long that model thinks; null where none was chosen. */
  reasoningEffort: string | null;
  /** How they stand, by their ids. */
  agentsStates: Record<string, CollabAgentState>;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number | null;
};

export type CollabAgentToolCallStatus = "inProgress" | "completed" | "failed" | "interrupted";

/** A preset of model, effort and instructions. */
export type CollaborationMode = {
  /** Which preset: `plan` is not offered here. */
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

/** A preset; what is None it leaves as it is. */
export type CollaborationModeMask = {
  /** What it is called. */
  name: string;
  /** Which preset it is; null leaves that as it is. */
  mode: "plan" | "default" | null;
  /** The model; null leaves it as it is. */
  model: string | null;
  /** How long the model thinks; null leaves it as it is. */
  reasoning_effort: string | null;
};

/** A preset of model, effort and instructions. */
export type CollaborationModeParam = {
  /** Which preset: `plan` is not offered here. */
  mode: "plan" | "default";
  /** The model, effort and instructions of the preset. */
  settings: ModeSettingsParam;
};

/** A command that ran; `command_actions` is what it was understood to do. */
export type CommandExecutionItem = {
  /** Which variant of the object this is. */
  type: "commandExecution";
  /** Its id. */
  id: string;
  /** Always null: the host has no plugins. */
  pluginId: string | null;
  /** The script that was run; null for none. */
  scriptPath: string | null;
  /** The command. */
  command: string;
  /** The folder it ran in. */
  cwd: string;
  /** The process, by its id; null if that is not known. */
  processId: string | null;
  /** Who ran it. */
  source: "agent" | "userShell" | "unifiedExecStartup" | "unifiedExecInteraction";
  /** How it ended, if it did. */
  status: CommandExecutionStatus;
  /** What it was understood to do. */
  commandActions: Array<Record<string, unknown>>;
  /** All that it wrote; null if that is not known. */
  aggregatedOutput: string | null;
  /** Its exit code; null if it has none. */
  exitCode: number | null;
  /** How long it took, in milliseconds; null while it is not over. */
  durationMs: number | null;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number | null;
};

export type CommandExecutionStatus = "inProgress" | "completed" | "failed" | "declined";

/** What one place says, without secrets. */
export type ConfigLayer = {
  /** The place: a file, or what the host was told at its start. */
  name: LayerSource;
  /** A digest of what stands there. */
  version: string;
  /** What stands there, without secrets. */
  config: Record<string, unknown>;
  /** Always null: each place that is listed holds. */
  disabledReason: string | null;
  /** Keys that mean something to codex alone. */
  unusedKeys: Array<string>;
};

/** As seen from which folder, and whether with the layers that it came from. */
export type ConfigReadParams = {
  /** Whether `layers` says what each place says by itself. */
  includeLayers?: boolean;
  /** The folder that `config.cwd` is to be, from the client's own on; that one without it, or null. */
  cwd?: string | null;
};

/** The configuration, where each key was said, and each place whole, the strongest first. */
export type ConfigReadResponse = {
  /** The configuration that is in force. */
  config: EffectiveConfig;
  /** For each key the strongest place that says it. */
  origins: Record<string, LayerMetadata>;
  /** Each place by itself, the strongest first; null unless they were asked for. */
  layers: Array<ConfigLayer> | null;
};

/** The file, which was read again; keys of it are as it spells them. */
export type ConfigReloadResponse = {
  /** The file that was read. */
  file: string;
  /** A digest of what it says. */
  version: string;
  /** What says something else than it did, and holds from now on. */
  changed: Array<string>;
  /** What says something else than the host was started with, and counts at its next start. */
  needsRestart: Array<string>;
  /** What has no use on this host. */
  unusedKeys: Array<string>;
};

/** What an administrator demands: nothing. */
export type ConfigRequirementsReadResponse = {
  /** Always null: nothing is demanded. */
  supportsIndependentSpeedModes: boolean | null;
  /** Always null: nothing is demanded. */
  requirements: null;
};

/** All connections together; `mostUnreadBytes` is what the slowest has not read. */
export type ConnectionsStats = {
  /** How many connections there are. */
  open: number;
  /** Those of them that are told from the log, as they read slowly. */
  behind: number;
  /** Requests that are carried out. */
  runningRequests: number;
  /** Requests that wait to be begun. */
  waitingRequests: number;
  /** Requests of the host that wait for an answer. */
  openQuestions: number;
  /** Notifications that wait for a reply ahead of them. */
  waitingNotifications: number;
  /** Messages that clients have not read. */
  unreadMessages: number;
  /** What clients have not read, in bytes. */
  unreadBytes: number;
  /** What the slowest client has not read, in bytes. */
  mostUnreadBytes: number;
};

/** The history was compacted; newer clients read the item that says so. */
export type ContextCompactedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
};

/** The history before this point was replaced by a summary. */
export type ContextCompactionItem = {
  /** Which variant of the object this is. */
  type: "contextCompaction";
  /** Its id. */
  id: string;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number | null;
  /** This host's own: true where the model was cut off in the middle; else absent. */
  incomplete?: Incomplete;
};

/** A multi-agent mode in the client's own words. */
export type CustomMultiAgentMode = {
  /** The mode, in the client's own words. */
  custom: string;
};

/** A thread of a program that gave its own name. */
export type CustomSource = {
  /** What the program calls itself. */
  custom: string;
};

export type CyberAccessProgram = "standard" | "daybreakBlue" | "daybreakRed";

/** An answer that would help an attack; whether trusted access would have got it. */
export type CyberBlock = {
  /** That it would help an attack. */
  kind: "cyber";
  /** Whether trusted access would have got it; absent if that is not known. */
  trustedAccess?: boolean | null;
};

/** The client uses something that will go. */
export type DeprecationNoticeNotification = {
  /** What the client uses that a later version will not have. */
  summary: string;
  /** What to use instead; null if there is nothing to say. */
  details: string | null;
};

/** Something that is not as it should be: what, why, and what helps. */
export type DiagnosticsFinding = {
  /** What it is about, in one word. */
  area: string;
  /** `error` for what keeps the host from its work, `warning` for what may. */
  severity: "error" | "warning";
  /** What is not as it should be. */
  what: string;
  /** Why it is so. */
  cause: string;
  /** What to do about it. */
  remedy: string;
};

/** Nothing needs to be said. */
export type DiagnosticsReadParams = Record<string, unknown>;

/** What was found, what the home takes in bytes by cause, and what was not looked at. */
export type DiagnosticsReadResponse = {
  /** The worst of what was found. */
  verdict: "healthy" | "warning" | "error";
  /** What was found. */
  findings: Array<DiagnosticsFinding>;
  /** What the home takes, in bytes by cause. */
  sizes: Record<string, number>;
  /** What is free where the home is, in bytes. */
  freeBytes: number;
  /** The newest position of the log. */
  position: number;
  /** What was left out, and who looks at it. */
  notLookedAt: Array<string>;
};

/** A tool that the client runs itself; `input_schema` is a JSON Schema. */
export type DynamicFunction = {
  /** Which variant of the object this is. */
  type: "function";
  /** What models call it: 1 to 128 letters without accents, digits, `_` and `-`. */
  name: string;
  /** What it does, for models. */
  description: string;
  /** The JSON Schema of its arguments. */
  inputSchema: unknown;
  /** Whether models may have to look for it; here it is offered at once, and needs a namespace. */
  deferLoading?: boolean;
  /** What it does to the world, as MCP says it (`readOnlyHint`, `destructiveHint`): with any, and not read-only, its calls need an approval; null for none. */
  annotations?: Record<string, unknown> | null;
};

/** A group of the client's tools under one name. */
export type DynamicNamespace = {
  /** Which variant of the object this is. */
  type: "namespace";
  /** What the group is called: 1 to 64 letters without accents, digits, `_` and `-`. */
  name: string;
  /** What its tools have in common, for models. */
  description: string;
  /** Its tools, at least one. */
  tools: Array<DynamicFunction>;
};

/** A call of a tool that the client itself offers. */
export type DynamicToolCallItem = {
  /** Which variant of the object this is. */
  type: "dynamicToolCall";
  /** Its id. */
  id: string;
  /** The group that the tool belongs to; null for none. */
  namespace: string | null;
  /** The tool, by its name. */
  tool: string;
  /** What it was called with. */
  arguments: unknown;
  /** How it stands. */
  status: ToolCallStatus;
  /** What it answered; null while it has not. */
  contentItems: Array<DynamicToolCallOutput> | null;
  /** Whether it went well; null while that is not known. */
  success: boolean | null;
  /** How long it took, in milliseconds; null while it is not over. */
  durationMs: number | null;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number | null;
};

export type DynamicToolCallOutput = OutputText | OutputImage | OutputAudio;

export type DynamicToolCallOutputParam = OutputTextParam | OutputImageParam | OutputAudioParam;

/** A call of a tool that the client offered. */
export type DynamicToolCallParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
  /** The call, by its id. */
  callId: string;
  /** The group that the tool belongs to; null for none. */
  namespace: string | null;
  /** The tool, by its name. */
  tool: string;
  /** Its arguments, as its schema has them. */
  arguments: unknown;
};

/** What the tool said, for the model to see. */
export type DynamicToolCallResponse = {
  /** What the model is to see of it. */
  contentItems: Array<DynamicToolCallOutputParam>;
  /** Whether it went well. */
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
  /** Who is asked for approvals: kept and shown, but here it is always the user. */
  approvals_reviewer: ApprovalsReviewer;
  /** What commands might touch; the host runs none. */
  sandbox_mode: SandboxMode;
  /** The folder it works in: the one asked for, or the client's own. */
  cwd: string;
  /** Tokens that the model takes in; absent if that is not known. */
  model_context_window?: number | null;
  /** From so many tokens on the history is summed up; absent if never. */
  model_auto_compact_token_limit?: number | null;
  /** How long the model thinks; absent if it decides that. */
  model_reasoning_effort?: string | null;
  /** Whether what it thinks is summed up; absent if its provider decides that. */
  model_reasoning_summary?: ReasoningSummary | null;
  /** How much it says; absent if it decides that. */
  model_verbosity?: Verbosity | null;
  /** How its provider serves it; absent if that decides. */
  service_tier?: string | null;
  /** The instructions of the system; absent if there are none. */
  instructions?: string | null;
  /** The developer's message ahead of the history; absent if there is none. */
  developer_instructions?: string | null;
  /** The tone of answers; absent if none was chosen. */
  personality?: Personality | null;
  /** The profile of the file that holds; absent if none does. */
  profile?: string | null;
  /** How long a turn may take, in milliseconds; 0 is for ever, absent the host's own limit. */
  turn_timeout_ms?: number | null;
  /** The providers that the file describes, by name, without secrets; absent for none. */
  model_providers?: Record<string, unknown> | null;
};

/** Whether a key is sent along; which one was settled when the host was started. */
export type EndpointAuth = {
  /** Whether a key is sent along. */
  mode: "none" | "externallyConfigured";
};

/** A folder inside an environment. */
export type EnvironmentLocation = {
  /** Which variant of the object this is. */
  type: "environment";
  /** The place, by its id. */
  environmentId: string;
  /** The folder there. */
  path: string;
};

/** A turn met an error; `will_retry` says whether it goes on. */
export type ErrorNotification = {
  /** What went wrong. */
  error: TurnError;
  /** Whether the turn goes on with another try. */
  willRetry: boolean;
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
};

/** Which kind of refusal it is; later versions may have more. */
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
  /** The last position that the client has seen, 0 if none; null or absent for `afterCursor` in its place. */
  afterPosition?: number | null;
  /** The last `cursor` that the client has seen; it is noticed if the log is another since; null or absent for `afterPosition` in its place. */
  afterCursor?: string | null;
  /** Whether only threads that this connection follows are told of, now and later. */
  followedOnly?: boolean;
};

/** Which log it is and where it stands, and whether everything after the asked place follows. */
export type EventsSubscribeResponse = {
  /** The newest position of the log. */
  position: number;
  /** The oldest position from which notifications can follow. */
  oldestPosition: number;
  /** Whether everything after the asked place follows. */
  complete: boolean;
  /** Why not everything follows; null if it does. */
  reason: string | null;
  /** The id of the log; positions of another log mean nothing in it. */
  logId: string;
  /** The place of the newest notification, for `afterCursor`. */
  cursor: string;
};

/** Nothing needs to be said. */
export type EventsUnsubscribeParams = Record<string, unknown>;

/** No more notifications follow. */
export type EventsUnsubscribeResponse = Record<string, unknown>;

/** Somebody else keeps the sandbox. */
export type ExternalSandbox = {
  /** Which variant of the object this is. */
  type: "externalSandbox";
  /** Whether commands may use the network: kept and shown, but the host runs none. */
  networkAccess: "restricted" | "enabled";
};

/** Somebody else keeps the sandbox. */
export type ExternalSandboxParam = {
  /** Which variant of the object this is. */
  type: "externalSandbox";
  /** Whether commands may use the network: kept and shown, but the host runs none. */
  networkAccess?: "restricted" | "enabled";
};

/** No sandbox. */
export type FullAccessSandbox = {
  /** Which variant of the object this is. */
  type: "dangerFullAccess";
};

/** No sandbox. */
export type FullAccessSandboxParam = {
  /** Which variant of the object this is. */
  type: "dangerFullAccess";
};

/** Any other endpoint. */
export type GatewayProviderSettings = {
  /** Which variant of the object this is. */
  type: "customGateway";
  /** How the host says who it is. */
  auth: EndpointAuth | VariableAuth;
};

/** Whether a token should be made anew before answering. */
export type GetAccountParams = {
  /** Taken and not used: there is no account, so there is no token. */
  refreshToken?: boolean;
};

/** No account is kept, so nobody has to log in. */
export type GetAccountResponse = {
  /** Always null: there is no account. */
  account: null;
  /** Always null: there is no account. */
  userId: string | null;
  /** Whether somebody has to log in first: never. */
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
  /** Where the repository was cloned from; null if that is not known. */
  originUrl: string | null;
};

/** Which thread's goal, and how many tokens it gets beyond what it has or has used. */
export type GoalExtendParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** How many tokens more than its budget, or than it has used if that is more; at least 1. */
  tokens: number;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** The goal as it is now; what threads below used of it, null unless they count. */
export type GoalExtendResponse = {
  /** The goal as it is now. */
  goal: ThreadGoal;
  /** This host's own: tokens that threads below used of the goal; null unless these count. */
  treeTokensUsed: number | null;
};

/** As of `thread/goal/set`, for a goal that counts what all threads below its own use, too. */
export type GoalSetTreeParams = {
  /** The root of a tree, by its id. */
  threadId: string;
  /** What is to be reached, 1 to 4,000 characters; without it, or null, that of the goal there is. */
  objective?: string | null;
  /** How the goal stands; without it, or null, a new one is `active` and another stays as it is. */
  status?: ThreadGoalStatus | null;
  /** How many tokens all threads of the tree may use together, at least 1; null takes the budget away, absent leaves it as it is. */
  tokenBudget?: number | null;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** The goal as it is now, and what threads below used of it. */
export type GoalSetTreeResponse = {
  /** The goal as it is now. */
  goal: ThreadGoal;
  /** This host's own: tokens that threads below used of the goal; null unless these count. */
  treeTokensUsed: number;
};

/** Approval switched on and off for each kind of question. */
export type GranularApproval = {
  /** Which kinds of question may be asked. */
  granular: GranularRules;
};

/** Approval switched on and off for each kind of question. */
export type GranularApprovalParam = {
  /** Which kinds of question may be asked. */
  granular: GranularRulesParam;
};

/** Which kinds of question may be asked at all. */
export type GranularRules = {
  /** Whether it may be asked about the sandbox: kept and shown. */
  sandbox_approval: boolean;
  /** Whether it may be asked by rules: kept and shown. */
  rules: boolean;
  /** Whether it may be asked about skills: kept and shown. */
  skill_approval: boolean;
  /** Whether more permissions may be asked for: kept and shown. */
  request_permissions: boolean;
  /** Whether calls of tools may be asked about; without, what needs an approval is not called. */
  mcp_elicitations: boolean;
};

/** Which kinds of question may be asked at all. */
export type GranularRulesParam = {
  /** Whether it may be asked about the sandbox: kept and shown. */
  sandbox_approval: boolean;
  /** Whether it may be asked by rules: kept and shown. */
  rules: boolean;
  /** Whether it may be asked about skills: kept and shown. */
  skill_approval?: boolean;
  /** Whether more permissions may be asked for: kept and shown. */
  request_permissions?: boolean;
  /** Whether calls of tools may be asked about; without, what needs an approval is not called. */
  mcp_elicitations: boolean;
};

export type HelplineSubject = "answer" | "prompt";

/** Something else is shown in the place of the answer. */
export type HiddenAnswer = {
  /** That something else is shown. */
  mode: "hide";
  /** The version of this form. */
  version: 1;
  /** What to show in its place. */
  replacement: AnswerReplacement;
};

/** A hold on a thread, by its matter; who set it, and when (seconds). */
export type Hold = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The matter of the hold: 1 to 64 letters without accents, digits and any of `_.:+-`; kept in clear. */
  matter: string;
  /** `thread` for this one alone, `tree` with all that is and comes below it. */
  scope: HoldScope;
  /** Why it is held; null if that cannot be read. */
  reason: string | null;
  /** Who set it. */
  setBy: string;
  /** When it was set, in seconds since 1970. */
  setAt: number;
};

/** One thread, of which all holds that cover it are given; or which page of all. */
export type HoldListParams = {
  /** The thread whose holds are wanted, all of them at once; null for those of all threads, in pages. */
  threadId?: string | null;
  /** Where the page begins: the `nextCursor` of the page before; without it, or null, the first. */
  cursor?: string | null;
  /** How many entries the page has at most, 1 to 100; 25 without it, or null. */
  limit?: number | null;
};

/** Holds by matter and thread, and the cursor of those that follow. */
export type HoldListResponse = {
  /** The holds, by matter and thread. */
  data: Array<Hold>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
};

/** Which hold ends, and why. */
export type HoldReleaseParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** Why the hold ends, 1 to 1,000 characters that are not all blank; kept sealed. */
  reason: string;
  /** Which of its holds ends, by its matter; `hold` without it. */
  matter?: string;
};

/** That hold is over; others of the thread may go on. */
export type HoldReleaseResponse = Record<string, unknown>;

export type HoldScope = "thread" | "tree";

/** What to hold, for which matter, and why; the matter is kept in clear, the reason sealed. */
export type HoldSetParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** Why it is held, 1 to 1,000 characters that are not all blank; kept sealed. */
  reason: string;
  /** The matter of the hold, `hold` without it: 1 to 64 letters without accents, digits and any of `_.:+-`; kept in clear. */
  matter?: string;
  /** `thread` for this one alone, `tree` with all that is and comes below it. */
  scope?: "thread" | "tree";
};

/** The hold, as it stands. */
export type HoldSetResponse = {
  /** The hold, as it stands. */
  hold: Hold;
};

/** The hooks of one folder. */
export type HooksListEntry = {
  /** The folder. */
  cwd: string;
  /** Its hooks: always none. */
  hooks: Array<unknown>;
  /** What is odd about them: always nothing. */
  warnings: Array<string>;
  /** What could not be read: always nothing. */
  errors: Array<unknown>;
};

/** Of which folders, or of which thread's. */
export type HooksListParams = {
  /** The folders to look at; the client's own if the list is empty. */
  cwds?: Array<string>;
  /** A thread whose folder is looked at instead, by its id; null for none. */
  threadId?: string | null;
};

/** An entry for each folder, in the order asked for. */
export type HooksListResponse = {
  /** An entry for each folder, in the order asked for. */
  data: Array<HooksListEntry>;
};

/** The endpoint could not be reached. */
export type HttpConnectionFailed = {
  /** What is known of it. */
  httpConnectionFailed: HttpFailure;
};

/** The status an endpoint answered, when there was one. */
export type HttpFailure = {
  /** The status that the endpoint answered; null where there was no answer. */
  httpStatusCode: number | null;
};

/** The thread is loaded and has nothing to do. */
export type IdleStatus = {
  /** Which variant of the object this is. */
  type: "idle";
};

export type ImageDetail = "auto" | "low" | "high" | "original";

/** A picture by reference. */
export type ImageInput = {
  /** Which variant of the object this is. */
  type: "image";
  /** Where it lies, or all of it as a `data:` URL; null or absent for `fileId` in its place. */
  url?: string | null;
  /** The id of a file that was uploaded to the provider; null or absent for `url` in its place. */
  fileId?: string | null;
  /** How closely the model looks; null leaves that to the provider. */
  detail: ImageDetail | null;
};

/** A picture by reference. */
export type ImageInputParam = {
  /** Which variant of the object this is. */
  type: "image";
  /** Where it lies, or all of it as a `data:` URL; null or absent for `fileId` in its place. */
  url?: string | null;
  /** The id of a file that was uploaded to the provider; null or absent for `url` in its place. */
  fileId?: string | null;
  /** How closely the model looks; null leaves that to the provider. */
  detail?: ImageDetail | null;
};

/** The home of codex, as a path on the host's machine; with `dryRun` nothing is recorded. */
export type ImportCodexParams = {
  /** The home of codex, as an absolute path on the machine of the host. */
  path: string;
  /** Whether it is only looked at, and nothing is recorded. */
  dryRun?: boolean;
};

/** How it ended; of `left` and `faults` the first that came up, `counts` has all. */
export type ImportCodexResponse = {
  /** How many of what there were. */
  counts: ImportCounts;
  /** What was not taken in, the first of it. */
  left: Array<ImportLeft>;
  /** What threads go without, the first of it. */
  faults: Array<ImportFault>;
};

/** Threads that the home has, and what became of them; `left` counts odd files, too. */
export type ImportCounts = {
  /** Threads that the home of codex has. */
  total: number;
  /** Those that were looked at. */
  done: number;
  /** Those that were taken in. */
  imported: number;
  /** Those that were here already. */
  unchanged: number;
  /** Those that were not taken in, and files that are of none. */
  left: number;
  /** Lines that were kept as they are, since nothing here is like them. */
  keptLines: number;
};

/** What a thread goes without: something of a line, counted from 1, or of its whole file. */
export type ImportFault = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The file. */
  path: string;
  /** The line, counted from 1; null for the whole file. */
  line: number | null;
  /** What is wrong there. */
  why: string;
};

/** A thread that was not taken in, or a file that is of none, and why. */
export type ImportLeft = {
  /** The thread, by its id; null for a file of none. */
  threadId: string | null;
  /** The file. */
  path: string;
  /** Why it was left. */
  why: string;
};

/** How far an import is that this connection asked for; some may be passed over. */
export type ImportProgressNotification = {
  /** The id of the request that it is about. */
  requestId: string | number;
  /** How many of what there were so far. */
  counts: ImportCounts;
};

export type Incomplete = true | null;

/** What the client asks of this connection. */
export type InitializeCapabilities = {
  /** Whether the connection may use what is experimental, and is told of it. */
  experimentalApi?: boolean;
  /** Taken and not used: the host asks for no attestation. */
  requestAttestation?: boolean;
  /** Notifications that this connection is not to be told, by their names; at most 1,000; null for none. */
  optOutNotificationMethods?: Array<string> | null;
  /** Taken and not used; at most 256 keys. */
  extensions?: Record<string, unknown> | null;
  /** Taken and not used: forms are asked for as MCP has them. */
  mcpServerOpenaiFormElicitation?: boolean;
  /** Taken and not used: the host logs in nowhere. */
  explicitGatewayOauth?: boolean;
  /** Taken and not used: approvals are always those of a client. */
  requiredHumanApproval?: boolean;
};

/** The first request of a connection. */
export type InitializeParams = {
  /** Who the client is. */
  clientInfo: ClientInfo;
  /** What the client asks of this connection; null for the plain protocol. */
  capabilities?: InitializeCapabilities | null;
};

/** Name, version and place of this host, which log its positions are of, and which start it is. */
export type InitializeResponse = {
  /** The protocol's version, and which host this is. */
  userAgent: string;
  /** The home of this host. */
  codexHome: string;
  /** The family of its operating system. */
  platformFamily: string;
  /** Its operating system. */
  platformOs: string;
  /** This host's own: which log its positions are of. */
  logId: string;
  /** This host's own: the number of this start, greater than that of any before. */
  hostEpoch: number;
};

export type InputModality = "text" | "image" | "audio";

/** The item before or behind which a page begins, without the item itself. */
export type ItemAnchor = {
  /** Which variant of the object this is. */
  type: "item";
  /** The item behind which the page begins, by its id; `turnId` has to say of which turn. */
  itemId: string;
};

/** An item is whole; what it says now counts, whatever the deltas were. */
export type ItemCompletedNotification = {
  /** The item as it is now. */
  item: ThreadItem;
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
  /** How many tokens its content has; null if that is not known. */
  contentTokenCount: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number;
};

/** An item began; it is still incomplete. */
export type ItemStartedNotification = {
  /** The item as it is now. */
  item: ThreadItem;
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number;
};

/** A job and how many of its rows stand how; times are seconds. */
export type Job = {
  /** The job, by its id. */
  id: string;
  /** The thread that its workers are below, by its id. */
  threadId: string;
  /** What it is called. */
  name: string;
  /** How it stands. */
  status: JobStatus;
  /** Whether no more rows are begun. */
  paused: boolean;
  /** Whether all rows of the file were read. */
  inputComplete: boolean;
  /** All rows of the job that were read so far. */
  totalItems: number;
  /** Rows that wait. */
  pendingItems: number;
  /** Rows that are worked on. */
  runningItems: number;
  /** Rows that have a result. */
  completedItems: number;
  /** Rows that were given up. */
  failedItems: number;
  /** How it shares workers with others of its tree. */
  priority: number;
  /** Why it ended early; null if it did not. */
  error: string | null;
  /** The file of rows. */
  inputPath: string;
  /** The file that its rows are written to; of one that names none, where an export would write. */
  outputPath: string;
  /** Whether its rows are written once it is over. */
  exports: boolean;
  /** When they were last written, in seconds since 1970; null if never. */
  exportedAt: number | null;
  /** Whether the last try to write them failed. */
  exportFailed: boolean;
  /** Why the last try failed; null if it did not, or cannot be read. */
  exportError: string | null;
  /** When it was made, in seconds since 1970. */
  createdAt: number;
  /** When it last changed, in seconds since 1970. */
  updatedAt: number;
  /** When it began, in seconds since 1970; null while it has not. */
  startedAt: number | null;
  /** When it was over, in seconds since 1970; null while it is not. */
  completedAt: number | null;
};

/** Which job. */
export type JobChangeParams = {
  /** The job, by its id: a UUID. */
  jobId: string;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** A job is over; all its rows are, unless it failed or was cancelled. */
export type JobCompletedNotification = {
  /** The job, by its id: a UUID. */
  jobId: string;
  /** How it ended. */
  status: "completed" | "failed" | "cancelled";
  /** Why it ended early; null if it did not. */
  error: string | null;
};

/** A job to begin below a thread; paths count from its folder, and lie below it. */
export type JobCreateParams = {
  /** The thread that the job's workers are started below, by its id. */
  threadId: string;
  /** The file of rows (CSV, or JSON lines), from the thread's folder on, and below that. */
  inputPath: string;
  /** What a worker is told for each row; `{column}` stands for the row's value, `{{` and `}}` for braces. */
  instruction: string;
  /** What the job is called; without it, or null, as its input is. */
  name?: string | null;
  /** The column that names the rows; without it, or null, they are `row-1`, `row-2` and so on. */
  idColumn?: string | null;
  /** The file that the rows are written to once the job is over, below the thread's folder; without it, or null, none is written. */
  outputPath?: string | null;
  /** Whether a file that is at `outputPath` is replaced in the end. */
  force?: boolean;
  /** The JSON Schema of a row's result; null for any object. */
  outputSchema?: Record<string, unknown> | null;
  /** How many rows are worked on at once, 1 to 64; 16 without it, or null. */
  maxConcurrency?: number | null;
  /** How long a row may take, in seconds, at least 1; 1,800 without it, or null. */
  maxRuntimeSeconds?: number | null;
  /** How often a row is tried, 1 to 100; 3 times without it, or null. */
  maxAttempts?: number | null;
  /** How long the job may take, in seconds, at least 1; for ever without it, or null. */
  deadlineSeconds?: number | null;
  /** How the job shares workers with others of its tree, 1 to 100: one of 20 gets twice as many as one of 10; 1 without it, or null. */
  priority?: number | null;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** A job came to be. */
export type JobCreatedNotification = {
  /** The job, by its id: a UUID. */
  jobId: string;
  /** The thread that its workers are below, by its id. */
  threadId: string;
};

/** It is gone, with its rows. */
export type JobDeleteResponse = Record<string, unknown>;

/** A job is gone. */
export type JobDeletedNotification = {
  /** The job, by its id: a UUID. */
  jobId: string;
};

/** The rows of a job could not be written, for a reason; it may be tried again. */
export type JobExportFailedNotification = {
  /** The job, by its id: a UUID. */
  jobId: string;
  /** Why they could not be written. */
  reason: string;
};

/** A job, and where its rows are to be written, if not where it says itself. */
export type JobExportParams = {
  /** The job, by its id: a UUID. */
  jobId: string;
  /** The file to write, below the thread's folder; without it, or null, the one that the job names. */
  outputPath?: string | null;
  /** The form of the file; without it, or null, as its name ends, `csv` by default. */
  format?: JobFormat | null;
  /** Whether a file that is there is replaced. */
  force?: boolean;
  /** Whether cells that a spreadsheet would compute get a `'` ahead of them. */
  escapeFormulas?: boolean;
};

/** What was written. */
export type JobExportResponse = {
  /** The file that was written. */
  outputPath: string;
  /** How many rows it has. */
  items: number;
};

/** The rows of a job were written to its file. */
export type JobExportedNotification = {
  /** The job, by its id: a UUID. */
  jobId: string;
  /** How many rows were written. */
  items: number;
};

export type JobFormat = "csv" | "jsonl" | "parquet";

/** A row of a job, whose it is now and what came of it; times are seconds. */
export type JobItem = {
  /** What the row is called; null if that cannot be read. */
  itemId: string | null;
  /** The place of the row, counted from 0. */
  rowIndex: number;
  /** What stands in the column that names rows; null if there is none. */
  sourceId: string | null;
  /** How it stands. */
  status: JobItemStatus;
  /** The worker, by its id; null if nobody works on it. */
  assignedThreadId: string | null;
  /** How often it was tried. */
  attemptCount: number;
  /** Why the last try failed; null if none did. */
  lastError: string | null;
  /** The row as it was read; null if it cannot be read. */
  row: Record<string, unknown> | null;
  /** What came of it; null while nothing did. */
  result: Record<string, unknown> | null;
  /** When it was made, in seconds since 1970. */
  createdAt: number;
  /** When it last changed, in seconds since 1970. */
  updatedAt: number;
  /** When its worker reported, in seconds since 1970; null while none did. */
  reportedAt: number | null;
  /** When it was over, in seconds since 1970; null while it is not. */
  completedAt: number | null;
};

/** A row was given up. */
export type JobItemFailedNotification = {
  /** The job, by its id: a UUID. */
  jobId: string;
  /** The place of the row, counted from 0. */
  rowIndex: number;
  /** Why it was given up. */
  error: string;
};

export type JobItemStatus = "pending" | "running" | "completed" | "failed";

/** Which page of the rows of a job, in their order; those of one status, if it is named. */
export type JobItemsListParams = {
  /** The job, by its id: a UUID. */
  jobId: string;
  /** Where the page begins: the `nextCursor` of the page before; without it, or null, the first. */
  cursor?: string | null;
  /** How many entries the page has at most, 1 to 100; 25 without it, or null. */
  limit?: number | null;
  /** The status of the rows that are wanted; null for all. */
  status?: JobItemStatus | null;
};

/** One page of rows. */
export type JobItemsListResponse = {
  /** The rows, in their order. */
  data: Array<JobItem>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
};

/** Which page of jobs, the newest first; those of one status, if it is named. */
export type JobListParams = {
  /** Where the page begins: the `nextCursor` of the page before; without it, or null, the first. */
  cursor?: string | null;
  /** How many entries the page has at most, 1 to 100; 25 without it, or null. */
  limit?: number | null;
  /** The status of the jobs that are wanted; null for all. */
  status?: JobStatus | null;
};

/** One page of jobs. */
export type JobListResponse = {
  /** The jobs, the newest first. */
  data: Array<Job>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
};

/** How a job stands; at its beginning and end, and at most once a second between them. */
export type JobProgressNotification = {
  /** The job, by its id: a UUID. */
  jobId: string;
  /** How it stands. */
  status: JobStatus;
  /** All rows of the job that were read so far. */
  totalItems: number;
  /** Rows that wait. */
  pendingItems: number;
  /** Rows that are worked on. */
  runningItems: number;
  /** Rows that have a result. */
  completedItems: number;
  /** Rows that were given up. */
  failedItems: number;
  /** How long the rest takes at the speed so far, in seconds; null while that is not known. */
  etaSeconds: number | null;
};

/** Which job. */
export type JobReadParams = {
  /** The job, by its id: a UUID. */
  jobId: string;
};

/** The job as it is now. */
export type JobResponse = {
  /** The job as it is now. */
  job: Job;
};

export type JobStatus = "pending" | "running" | "completed" | "failed" | "cancelled" | "deleting";

/** Where a key comes from; `version` is a digest of what stands there. */
export type LayerMetadata = {
  /** The place: a file, or what the host was told at its start. */
  name: LayerSource;
  /** A digest of what stands there. */
  version: string;
};

export type LayerSource = UserLayer | SessionFlagsLayer;

/** Which servers, how much of each, and where the page begins. */
export type ListMcpServerStatusParams = {
  /** Where the page begins: the `nextCursor` of the page before; without it, or null, the first. */
  cursor?: string | null;
  /** How many servers the page has at most, at least 1; all without it, or null. */
  limit?: number | null;
  /** `toolsAndAuthOnly` leaves out resources and their templates; without it, or null, all is shown. */
  detail?: "full" | "toolsAndAuthOnly" | null;
  /** Taken and not used: all threads share the servers. */
  threadId?: string | null;
  /** The one server that is wanted, by its name; null for all. */
  serverName?: string | null;
  /** Taken and not used: the servers are those of the host. */
  environmentId?: string | null;
};

/** One page, in the order of their names. */
export type ListMcpServerStatusResponse = {
  /** The servers, by their names. */
  data: Array<McpServerStatus>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
};

/** Sound in a file of this machine. */
export type LocalAudioInput = {
  /** Which variant of the object this is. */
  type: "localAudio";
  /** The file, on the machine of the host. */
  path: string;
};

/** Sound in a file of this machine. */
export type LocalAudioInputParam = {
  /** Which variant of the object this is. */
  type: "localAudio";
  /** The file, on the machine of the host. */
  path: string;
};

/** A picture in a file of this machine. */
export type LocalImageInput = {
  /** Which variant of the object this is. */
  type: "localImage";
  /** The file, on the machine of the host. */
  path: string;
  /** How closely the model looks; null leaves that to the provider. */
  detail: ImageDetail | null;
};

/** A picture in a file of this machine. */
export type LocalImageInputParam = {
  /** Which variant of the object this is. */
  type: "localImage";
  /** The file, on the machine of the host. */
  path: string;
  /** How closely the model looks; null leaves that to the provider. */
  detail?: ImageDetail | null;
};

/** A log: its newest position, what waits to be on disk, and what of it is in memory. */
export type LogStats = {
  /** Its newest position. */
  position: number;
  /** What waits to be on disk, in bytes. */
  queuedBytes: number;
  /** Who follows it within the host. */
  followers: number;
  /** Keys of threads that are in memory. */
  cachedKeys: number;
  /** What of it is in memory, in bytes. */
  memoryBytes: number;
};

/** Where the tool's own user interface is, and how it wants to be shown. */
export type McpAppUi = {
  /** Where it is. */
  resourceUri: string;
  /** How it wants to be shown. */
  preferredModelDisplayMode: "inline" | "fullscreen";
};

export type McpAuthStatus = "unknown" | "unsupported" | "notLoggedIn" | "bearerToken" | "oAuth";

/** A resource of a server. */
export type McpResourceReadParams = {
  /** The server, by its name in the configuration. */
  server: string;
  /** The resource, by its URI. */
  uri: string;
  /** Taken and not used: what a resource holds is the same for all threads. */
  threadId?: string | null;
  /** Taken and not used: the servers are those of the host. */
  environmentId?: string | null;
  /** Taken and not used: the host has no connectors. */
  connectorId?: string | null;
  /** Taken and not used: the host has no connectors. */
  originCallId?: string | null;
  /** Taken and not used: the host has no connectors. */
  target?: Record<string, unknown> | null;
  /** Taken and not used: the host says of itself who reads. */
  _meta?: Record<string, unknown> | null;
};

/** What it holds, each part as text or as base64. */
export type McpResourceReadResponse = {
  /** What it holds, each part as text or as base64. */
  contents: Array<Record<string, unknown>>;
  /** Always null: the host has no connectors. */
  originCallId: string | null;
};

export type McpServerConnectionStatus = "notStarted" | "starting" | "connected" | "authenticationRequired" | "failed" | "cancelled" | "disabled";

/** May a tool be called, or what a server wants to know: a form, or a page to go to. */
export type McpServerElicitationRequestParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn whose call it is about, by its id; null if it is of none. */
  turnId: string | null;
  /** The server that asks, or whose tool is to be called; of a client's tool its namespace, or `client`. */
  serverName: string;
  /** Always null: the servers are those of the host. */
  environmentId: string | null;
  /** `form` for a form, which an approval is, too; `url` for a page to go to. */
  mode: "form" | "url";
  /** Of an approval which tool and arguments it is about, and for how long it may be given; null for other questions. */
  _meta: Record<string, unknown> | null;
  /** What the user is asked. */
  message: string;
  /** The JSON Schema of what a form has to hold; absent for a page. */
  requestedSchema?: Record<string, unknown> | null;
  /** The page to go to; absent for a form. */
  url?: string | null;
  /** What the server calls its question; absent for a form. */
  elicitationId?: string | null;
};

/** What the user decided, with what was filled in; `_meta.persist` says for how long. */
export type McpServerElicitationRequestResponse = {
  /** What the user decided. */
  action: "accept" | "decline" | "cancel";
  /** What was filled in, texts, numbers, flags and lists of texts by their names; null for nothing. */
  content?: Record<string, unknown> | null;
  /** `persist` says for how long it holds: `session`, or `always`, which here is as long; null for once. */
  _meta?: Record<string, unknown> | null;
};

/** What a server calls itself. */
export type McpServerInfo = {
  /** What it is called. */
  name: string;
  /** Its version. */
  version: string;
  /** What people call it; null if it says nothing. */
  title: string | null;
  /** What it is, for people; null if it says nothing. */
  description: string | null;
  /** Pictures for it, as the server gives them; null if it gives none. */
  icons: Array<unknown> | null;
  /** Its page; null if it gives none. */
  websiteUrl: string | null;
};

/** The configuration was read again. */
export type McpServerRefreshResponse = Record<string, unknown>;

export type McpServerStartupState = "starting" | "ready" | "failed" | "cancelled";

/** One server of the configuration: whether it is connected, and what it offers. */
export type McpServerStatus = {
  /** The server, by its name in the configuration. */
  name: string;
  /** Always null: the servers are those of the host. */
  environmentId: string | null;
  /** Always null: the host has no plugins. */
  pluginId: string | null;
  /** Whether it is connected; null where that is not known. */
  runtimeStatus: McpServerConnectionStatus | null;
  /** What it calls itself; null while it has not said. */
  serverInfo: McpServerInfo | null;
  /** What it can, as MCP says it; null while it has not said. */
  serverCapabilities: unknown;
  /** Its tools, by their names. */
  tools: Record<string, Tool>;
  /** Why it has no tools, or which were left out; null if neither. */
  toolsError: string | null;
  /** Always null: nothing is said of the list itself. */
  toolListMeta: unknown;
  /** Its resources; empty unless `detail` is `full`. */
  resources: Array<Resource>;
  /** Forms of the addresses of its resources; empty unless `detail` is `full`. */
  resourceTemplates: Array<ResourceTemplate>;
  /** How the host says who it is. */
  authStatus: McpAuthStatus;
  /** Where it is reached over HTTP; null if it is a program of the host. */
  httpOrigin: string | null;
};

/** A server starts, is ready, or failed; with a thread, as that one began. */
export type McpServerStatusUpdatedNotification = {
  /** The thread that was just begun, by its id; null if it is about the server alone. */
  threadId: string | null;
  /** The server, by its name in the configuration. */
  name: string;
  /** Always null: the servers are those of the host. */
  environmentId: string | null;
  /** How far its start is. */
  status: McpServerStartupState;
  /** Why it failed; null if it did not. */
  error: string | null;
  /** Which kind of failure it is, where clients know one; else null. */
  failureReason: "reauthenticationRequired" | null;
};

/** A tool that a client calls by itself, on behalf of a thread. */
export type McpServerToolCallParams = {
  /** The thread on whose behalf it is called, by its id; nothing of it goes into that. */
  threadId: string;
  /** The server, by its name in the configuration. */
  server: string;
  /** The tool, by its name. */
  tool: string;
  /** Its arguments, as its schema has them; null for none. */
  arguments?: Record<string, unknown> | null;
  /** Taken and not used: the host says of itself who calls. */
  _meta?: Record<string, unknown> | null;
  /** Taken and not used: the servers are those of the host. */
  environmentId?: string | null;
};

/** What the tool answered. */
export type McpServerToolCallResponse = {
  /** What the tool answered, part by part, as MCP has it. */
  content: Array<unknown>;
  /** The same as a JSON object; null if it gives none. */
  structuredContent: unknown;
  /** Whether the tool says that it failed; null if it does not say. */
  isError: boolean | null;
  /** What MCP calls `_meta`: passed on as it is. */
  _meta: unknown;
};

/** The connector behind an MCP tool. */
export type McpToolCallAppContext = {
  /** The connector, by its id. */
  connectorId: string;
  /** The link to it, by its id; null for none. */
  linkId: string | null;
  /** The resource it shows; null for none. */
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
  /** Which variant of the object this is. */
  type: "mcpToolCall";
  /** Its id. */
  id: string;
  /** The server, by its name in the configuration. */
  server: string;
  /** Always null: the servers are those of the host. */
  environmentId: string | null;
  /** The tool, by its name. */
  tool: string;
  /** How it stands. */
  status: ToolCallStatus;
  /** What it was called with. */
  arguments: unknown;
  /** Always null: the host has no connectors. */
  appContext: McpToolCallAppContext | null;
  /** Absent: the host has no connectors. */
  mcpAppResourceUri?: string | null;
  /** Always null: the host has no connectors. */
  mcpAppUi: McpAppUi | null;
  /** Always null: the host has no plugins. */
  pluginId: string | null;
  /** Whether the tool says that it only looks; null if it does not say. */
  readOnlyHint: boolean | null;
  /** What it answered; null while it has not. */
  result: McpToolCallResult | null;
  /** Why it did not answer; null if it did. */
  error: McpToolCallError | null;
  /** How long it took, in milliseconds; null while it is not over. */
  durationMs: number | null;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number | null;
};

/** A server said how far a call has come. */
export type McpToolCallProgressNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
  /** The item, by its id. */
  itemId: string;
  /** What the server says of it. */
  message: string;
};

/** What an MCP tool answered, block by block. */
export type McpToolCallResult = {
  /** What it answered, part by part, as MCP has it. */
  content: Array<unknown>;
  /** The same as a JSON object; null if it gives none. */
  structuredContent: unknown;
  /** What MCP calls `_meta`: passed on as it is. */
  _meta: unknown;
};

/** The memories that an answer leans on. */
export type MemoryCitation = {
  /** The places. */
  entries: Array<MemoryCitationEntry>;
  /** The threads that these were made of, by their ids. */
  threadIds: Array<string>;
};

/** Lines of a memory file that an answer leans on. */
export type MemoryCitationEntry = {
  /** The file. */
  path: string;
  /** The first line. */
  lineStart: number;
  /** The last line. */
  lineEnd: number;
  /** What stands there. */
  note: string;
};

/** A thread, or none. */
export type MemoryReadParams = {
  /** The thread whose note is wanted, by its id; null for none. */
  threadId?: string | null;
};

/** What later threads are told, and the note of the thread that was asked for. */
export type MemoryReadResponse = {
  /** Whether the host remembers threads. */
  enabled: boolean;
  /** What later threads are told; null if nothing. */
  text: string | null;
  /** The note of the thread that was asked for; null if there is none. */
  note: string | null;
  /** How many threads stand how with their note. */
  states: Record<string, number>;
};

/** No memory is left. */
export type MemoryResetResponse = Record<string, unknown>;

/** Of how many threads the text for later ones has to be made to be called ready. */
export type MemoryStatusParams = {
  /** Of how many threads a text has to be made to be called ready, 1 to 4,096; 20 without it, or null. */
  minConsolidatedThreads?: number | null;
};

/** Of how many threads that text is made, and whether these are enough. */
export type MemoryStatusResponse = {
  /** Of how many threads the text for later ones is made. */
  v2ConsolidatedThreads: number;
  /** Whether there are as many as `minConsolidatedThreads` asks for. */
  v2Ready: boolean;
};

/** A file or an app that the text speaks of. */
export type MentionInput = {
  /** Which variant of the object this is. */
  type: "mention";
  /** What it is called. */
  name: string;
  /** Where it lies, or the address of the app. */
  path: string;
};

/** A file or an app that the text speaks of. */
export type MentionInputParam = {
  /** Which variant of the object this is. */
  type: "mention";
  /** What it is called. */
  name: string;
  /** Where it lies, or the address of the app. */
  path: string;
};

export type MessagePhase = "commentary" | "partial_answer" | "final_answer";

/** What a policy refused, and why. */
export type MisalignmentErrorDetails = {
  /** Which kind of refusal it is; null if that is not said. */
  errorType: string | null;
  /** What was looked at; null if that is not said. */
  reviewTarget: string | null;
  /** Why; null if that is not said. */
  detailedExplanation: string | null;
  /** What the model may be told instead; null for nothing. */
  steer: MisalignmentSteer | null;
};

/** What a client may tell the model instead. */
export type MisalignmentSteer = {
  /** What to tell it. */
  message: string;
};

/** What a collaboration mode sets. */
export type ModeSettings = {
  /** The model; empty is refused. */
  model: string;
  /** How long the model thinks, a word that it knows; null for as long as it does by itself. */
  reasoning_effort: string | null;
  /** The developer's message ahead of the history; null leaves the one there is. */
  developer_instructions: string | null;
};

/** What a collaboration mode sets. */
export type ModeSettingsParam = {
  /** The model; empty is refused. */
  model: string;
  /** How long the model thinks, a word that it knows; null for as long as it does by itself. */
  reasoning_effort?: string | null;
  /** The developer's message ahead of the history; null leaves the one there is. */
  developer_instructions?: string | null;
};

/** A model as clients offer it to people. */
export type Model = {
  /** Its id. */
  id: string;
  /** What a thread's `model` has to say for it. */
  model: string;
  /** Always null: the host recommends nothing. */
  upgrade: string | null;
  /** Always null: the host recommends nothing. */
  upgradeInfo: null;
  /** Always null: the host recommends nothing. */
  availabilityNux: null;
  /** What people call it. */
  displayName: string;
  /** What it is good for. */
  description: string;
  /** Always null: the host does not know. */
  modelSpecialty: string | null;
  /** Whether nobody is offered it. */
  hidden: boolean;
  /** The reasoning efforts that it can be asked for. */
  supportedReasoningEfforts: Array<ReasoningEffortOption>;
  /** How long it thinks if nobody says. */
  defaultReasoningEffort: string;
  /** The kinds of input that it takes: text, pictures. */
  inputModalities: Array<InputModality>;
  /** Always false: a tone is told to any model, as an instruction. */
  supportsPersonality: boolean;
  /** Always null: the configuration says which tools agents have. */
  multiAgentVersion: null;
  /** Always empty: which there are is for its provider to say. */
  additionalSpeedTiers: Array<string>;
  /** Always empty: which there are is for its provider to say. */
  serviceTiers: Array<ModelServiceTier>;
  /** Always null: that is for its provider to say. */
  defaultServiceTier: string | null;
  /** Always null: the host takes part in none. */
  availableAccessPrograms: null;
  /** Whether a thread has it that names none. */
  isDefault: boolean;
  /** This host's own: its provider, by its name; null if it has none. */
  modelProvider: string | null;
  /** This host's own: how many tokens it takes in; null if that is not known. */
  contextWindow: number | null;
};

/** Which models, from where, and how many. */
export type ModelListParams = {
  /** Where the page begins: the `nextCursor` of the page before; without it, or null, the first. */
  cursor?: string | null;
  /** How many models the page has at most, at least 1; all without it, or null. */
  limit?: number | null;
  /** Whether models are listed that nobody offers to people; null for not. */
  includeHidden?: boolean | null;
  /** The provider whose models are wanted; null for those of all, the default provider first. */
  modelProvider?: string | null;
};

/** One page of models. */
export type ModelListResponse = {
  /** The models, those of the default provider first. */
  data: Array<Model>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
};

/** All of them. */
export type ModelProviderListParams = Record<string, unknown>;

/** The providers, and which one a thread has that names none. */
export type ModelProviderListResponse = {
  /** The providers. */
  data: Array<ModelProviderSummary>;
  /** Which one a thread has that names none. */
  defaultProviderId: string;
  /** Whether clients can change that: never. */
  canChangeDefault: boolean;
};

/** A provider of models; `base_url` None is not for display. */
export type ModelProviderSummary = {
  /** Its id. */
  id: string;
  /** What people call it. */
  name: string;
  /** Whether clients can change it: never. */
  canEdit: boolean;
  /** Where it is; null if that is not for display. */
  baseUrl: string | null;
  /** Of which kind it is. */
  settings: ProviderSettings;
};

/** A tier of service that a model comes in. */
export type ModelServiceTier = {
  /** Its id. */
  id: string;
  /** What it is called. */
  name: string;
  /** What it is good for. */
  description: string;
};

export type MultiAgentMode = MultiAgentName | CustomMultiAgentMode;

export type MultiAgentName = "explicitRequestOnly" | "proactive";

/** Who hears what; `untoldEvents` are in the log and not told yet. */
export type NewsStats = {
  /** Connections that have said who they are. */
  initialized: number;
  /** Those of them that hear of all threads. */
  subscribed: number;
  /** Threads that somebody follows. */
  followedThreads: number;
  /** Pairs of a thread and a connection that follows it. */
  followers: number;
  /** Threads that a client waits for. */
  awaitedThreads: number;
  /** Items that are being made. */
  liveItems: number;
  /** Events in the log that nobody was told of yet. */
  untoldEvents: number;
};

export type NonSteerableTurnKind = "review" | "compact";

/** The thread is stored and has no actor. */
export type NotLoadedStatus = {
  /** Which variant of the object this is. */
  type: "notLoaded";
};

/** The kind of turn that takes no further input. */
export type NotSteerable = {
  /** What kind of turn it is. */
  turnKind: NonSteerableTurnKind;
};

/** OpenAI's own endpoint. */
export type OpenaiProviderSettings = {
  /** Which variant of the object this is. */
  type: "openai";
};

/** A subagent with a label and no parent in the tree. */
export type OtherSubAgentSource = {
  /** The label. */
  other: string;
};

/** Sound that a client's tool answered. */
export type OutputAudio = {
  /** Which variant of the object this is. */
  type: "inputAudio";
  /** Where the sound lies, or all of it as a `data:` URL. */
  audioUrl: string;
};

/** Sound that a client's tool answered. */
export type OutputAudioParam = {
  /** Which variant of the object this is. */
  type: "inputAudio";
  /** Where the sound lies, or all of it as a `data:` URL. */
  audioUrl: string;
};

/** A picture that a client's tool answered. */
export type OutputImage = {
  /** Which variant of the object this is. */
  type: "inputImage";
  /** Where the picture lies, or all of it as a `data:` URL. */
  imageUrl: string;
};

/** A picture that a client's tool answered. */
export type OutputImageParam = {
  /** Which variant of the object this is. */
  type: "inputImage";
  /** Where the picture lies, or all of it as a `data:` URL. */
  imageUrl: string;
};

/** Text that a client's tool answered. */
export type OutputText = {
  /** Which variant of the object this is. */
  type: "inputText";
  /** The text. */
  text: string;
};

/** Text that a client's tool answered. */
export type OutputTextParam = {
  /** Which variant of the object this is. */
  type: "inputText";
  /** The text. */
  text: string;
};

/** From where, how many, and as seen from which folder. */
export type PermissionProfileListParams = {
  /** Where the page begins: the `nextCursor` of the page before; without it, or null, the first. */
  cursor?: string | null;
  /** How many profiles the page has at most, at least 1; all without it, or null. */
  limit?: number | null;
  /** Taken and not used: the profiles are the same everywhere. */
  cwd?: string | null;
};

/** One page of profiles. */
export type PermissionProfileListResponse = {
  /** The profiles. */
  data: Array<PermissionProfileSummary>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
};

/** A profile, and whether it may be chosen. */
export type PermissionProfileSummary = {
  /** Its id. */
  id: string;
  /** What it is, for people; null if it says nothing. */
  description: string | null;
  /** Whether it may be chosen: always. */
  allowed: boolean;
};

export type Personality = "none" | "friendly" | "pragmatic";

/** A plan that the model wrote down. */
export type PlanItem = {
  /** Which variant of the object this is. */
  type: "plan";
  /** Its id. */
  id: string;
  /** The plan. */
  text: string;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number | null;
};

/** How much would go, over all targets. */
export type PreviewCounts = {
  /** Threads that would go. */
  threads: number;
  /** Those of them that are loaded. */
  live: number;
  /** Those of them on which a turn runs. */
  busy: number;
  /** Those of them that live in memory alone. */
  ephemeral: number;
  /** Turns that would go. */
  turns: number;
  /** Items that would go. */
  items: number;
  /** Files that would be removed. */
  files: number;
};

/** The root of the tree in question. */
export type PreviewDeleteParams = {
  /** The root of the tree that might be deleted, by its id. */
  threadId: string;
};

/** The plan: targets breadth first, and their ids in the order of deletion, leaf first. */
export type PreviewDeleteResponse = {
  /** The threads that would go, breadth first. */
  targets: Array<PreviewTarget>;
  /** Their ids in the order of deletion, leaf first. */
  deleteOrder: Array<string>;
  /** How much would go. */
  counts: PreviewCounts;
  /** The files that would be removed. */
  files: Array<PreviewFile>;
  /** Copies of theirs that stay, by their ids. */
  survivingForks: Array<string>;
  /** Legal holds that are in the way: with any, the deletion is refused. */
  holds: Array<PreviewHold>;
};

/** One file that would be removed; `name` is relative to the host's home. */
export type PreviewFile = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The file, from the host's home on. */
  name: string;
};

/** A legal hold that is in the way. */
export type PreviewHold = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The matter of the hold: 1 to 64 letters without accents, digits and any of `_.:+-`; kept in clear. */
  matter: string;
};

/** One thread that would go; `edge` is how it hangs on its parent, null for the root. */
export type PreviewTarget = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** How many edges it stands below the root. */
  depth: number;
  /** The thread that this one was started below; null for a root. */
  parentThreadId: string | null;
  /** Whether it is loaded. */
  live: boolean;
  /** Whether a turn runs on it. */
  busy: boolean;
  /** Whether it lives in memory alone. */
  ephemeral: boolean;
  /** The thread whose words a fork in memory holds, by its id; null for threads of the tree. */
  forkedFromId: string | null;
  /** How it hangs on its parent; null for the root. */
  edge: "open" | "closed" | null;
};

/** An answer that a protection held back. */
export type ProtectionBlock = {
  /** That a protection held it back. */
  kind: "protection";
  /** Which protection it was. */
  protectionType: string;
};

export type ProviderSettings = OpenaiProviderSettings | GatewayProviderSettings;

/** What a turn will begin with, and the id of that turn to be. */
export type QueuedSubmission = {
  /** The submission, and the turn that it will be, by their id. */
  id: string;
  /** What is said: one part or more. */
  input: Array<UserInput>;
  /** The client's own id for the message, which its item shows as `clientId`; null for none. */
  clientUserMessageId: string;
  /** Texts by name that the client gave along; null for none. */
  responsesapiClientMetadata: Record<string, string> | null;
};

/** Everything may be read, nothing written. */
export type ReadOnlySandbox = {
  /** Which variant of the object this is. */
  type: "readOnly";
  /** Whether commands may use the network: kept and shown, but the host runs none. */
  networkAccess: boolean;
};

/** Everything may be read, nothing written. */
export type ReadOnlySandboxParam = {
  /** Which variant of the object this is. */
  type: "readOnly";
  /** Whether commands may use the network: kept and shown, but the host runs none. */
  networkAccess?: boolean;
};

/** An effort that a model can be asked for. */
export type ReasoningEffortOption = {
  /** The effort, as `effort` of `turn/start` takes it. */
  reasoningEffort: string;
  /** What it is good for. */
  description: string;
};

/** What the model thought: its summary, and the text where the provider gives it. */
export type ReasoningItem = {
  /** Which variant of the object this is. */
  type: "reasoning";
  /** Its id. */
  id: string;
  /** What it thought, summed up, part by part. */
  summary: Array<string>;
  /** What it thought, part by part, where its provider shows that. */
  content: Array<string>;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number | null;
  /** This host's own: true where the model was cut off in the middle; else absent. */
  incomplete?: Incomplete;
};

export type ReasoningSummary = "auto" | "concise" | "detailed" | "none";

/** A further part of the summary of what a model thinks begins. */
export type ReasoningSummaryPartAddedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
  /** The item, by its id. */
  itemId: string;
  /** Which part it is, counted from 0. */
  summaryIndex: number;
};

/** A piece of the summary of what a model thinks. */
export type ReasoningSummaryTextDeltaNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
  /** The item, by its id. */
  itemId: string;
  /** The piece, to be put behind those before. */
  delta: string;
  /** Which part it is of, counted from 0. */
  summaryIndex: number;
};

/** A piece of what a model thinks, where its provider shows that. */
export type ReasoningTextDeltaNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
  /** The item, by its id. */
  itemId: string;
  /** The piece, to be put behind those before. */
  delta: string;
  /** Which part it is of, counted from 0. */
  contentIndex: number;
};

export type RequestId = string | number;

/** Something that a server lets be read. */
export type Resource = {
  /** What it is called. */
  name: string;
  /** Where it is. */
  uri: string;
  /** What people call it; null if it says nothing. */
  title: string | null;
  /** What it is, for people; null if it says nothing. */
  description: string | null;
  /** Of what form its content is; null if the server does not say. */
  mimeType: string | null;
  /** How large it is, in bytes; null if the server does not say. */
  size: number | null;
  /** For whom it is, as MCP says it; null if it does not say. */
  annotations: unknown;
  /** Pictures for it, as the server gives them; null if it gives none. */
  icons: Array<unknown> | null;
  /** What MCP calls `_meta`: passed on as it is. */
  _meta: unknown;
};

/** How the names of some resources are made. */
export type ResourceTemplate = {
  /** What it is called. */
  name: string;
  /** The form of their addresses. */
  uriTemplate: string;
  /** What people call it; null if it says nothing. */
  title: string | null;
  /** What it is, for people; null if it says nothing. */
  description: string | null;
  /** Of what form its content is; null if the server does not say. */
  mimeType: string | null;
  /** For whom they are, as MCP says it; null if it does not say. */
  annotations: unknown;
};

export type Response = {
  id: RequestId;
  result: Record<string, unknown>;
};

/** The response stream could not be opened. */
export type ResponseStreamConnectionFailed = {
  /** What is known of it. */
  responseStreamConnectionFailed: HttpFailure;
};

/** The response stream broke before its end. */
export type ResponseStreamDisconnected = {
  /** What is known of it. */
  responseStreamDisconnected: HttpFailure;
};

/** All attempts were used up. */
export type ResponseTooManyFailedAttempts = {
  /** What is known of the last one. */
  responseTooManyFailedAttempts: HttpFailure;
};

/** Threads that are due together: their root, by which rule and why; times are seconds. */
export type RetentionDue = {
  /** The root of what is due together, by its id. */
  threadId: string;
  /** The rule, by its name in the configuration. */
  rule: string;
  /** What the rule is of. */
  of: RetentionOf;
  /** Why it is due. */
  why: string;
  /** How many threads go together. */
  threads: number;
  /** What they take, in bytes. */
  bytes: number;
  /** When something last happened on one of them, in seconds since 1970. */
  activeAt: number;
  /** What keeps them nevertheless; null if nothing does. */
  stays: string | null;
};

export type RetentionOf = "threads" | "trees" | "ephemeral";

/** How many to name at most, 1,000 where nothing is said. */
export type RetentionPreviewParams = {
  /** How many are named at most, 1 to 1,000; 1,000 without it, or null. */
  limit?: number | null;
};

/** What is due now, the first of it by name; the totals are of all of which nothing stays. */
export type RetentionPreviewResponse = {
  /** The rules, by their names. */
  rules: Array<string>;
  /** What is due, the first of it. */
  data: Array<RetentionDue>;
  /** Whether there are more than are named. */
  more: boolean;
  /** How many threads would go. */
  threads: number;
  /** What these take, in bytes. */
  bytes: number;
};

/** What went, and what of all that was due stays; the first of these by name. */
export type RetentionRunResponse = {
  /** How many threads went. */
  threads: number;
  /** What these took, in bytes. */
  bytes: number;
  /** What was due and stays, the first of it. */
  data: Array<RetentionDue>;
  /** Whether there are more than are named. */
  more: boolean;
};

export type SandboxMode = "read-only" | "workspace-write" | "danger-full-access";

export type SandboxPolicy = ReadOnlySandbox | WorkspaceWriteSandbox | FullAccessSandbox | ExternalSandbox;

export type SandboxPolicyParam = ReadOnlySandboxParam | WorkspaceWriteSandboxParam | FullAccessSandboxParam | ExternalSandboxParam;

/** A capability root that the hosting platform chose for a thread. */
export type SelectedCapabilityRoot = {
  /** What the platform calls it. */
  id: string;
  /** Where it is. */
  location: EnvironmentLocation;
};

/** A number that goes up and down. */
export type ServerDiagnosticsGauge = {
  /** What is counted. */
  name: string;
  /** How many there are. */
  value: number;
};

/** Nothing needs to be said. */
export type ServerDiagnosticsParams = Record<string, unknown>;

/** The host as the operating system knows it. */
export type ServerDiagnosticsProcess = {
  /** Its number. */
  id: number;
  /** What of it is in memory, in bytes; null where the system does not say. */
  residentMemoryBytes: number | null;
  /** Of macOS; always null. */
  physicalFootprintBytes: number | null;
};

/** The process, the gauges that codex has, and behind them all that `host/stats/read` says. */
export type ServerDiagnosticsResponse = {
  /** The process of the host. */
  process: ServerDiagnosticsProcess;
  /** By name; those of `host/stats/read` begin with `host.`, and the path there follows. */
  gauges: Array<ServerDiagnosticsGauge>;
};

export type ServerNotification = {
  method: "thread/goal/updated";
  params: ThreadGoalUpdatedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/goal/cleared";
  params: ThreadGoalClearedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "host/views/rebuildProgress";
  params: ViewsRebuildProgressNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "host/import/progress";
  params: ImportProgressNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "job/created";
  params: JobCreatedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "job/progress";
  params: JobProgressNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "job/item/failed";
  params: JobItemFailedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "job/completed";
  params: JobCompletedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "job/exported";
  params: JobExportedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "job/export/failed";
  params: JobExportFailedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "job/deleted";
  params: JobDeletedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "mcpServer/startupStatus/updated";
  params: McpServerStatusUpdatedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "item/mcpToolCall/progress";
  params: McpToolCallProgressNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "error";
  params: ErrorNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "warning";
  params: WarningNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "deprecationNotice";
  params: DeprecationNoticeNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "serverRequest/resolved";
  params: ServerRequestResolvedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/started";
  params: ThreadStartedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/status/changed";
  params: ThreadStatusChangedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/deleted";
  params: ThreadDeletedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/archived";
  params: ThreadArchivedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/unarchived";
  params: ThreadUnarchivedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/closed";
  params: ThreadClosedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/name/updated";
  params: ThreadNameUpdatedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/reverted";
  params: ThreadRevertedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/queue/changed";
  params: ThreadQueueChangedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/search/partial";
  params: ThreadSearchPartialNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/settings/updated";
  params: ThreadSettingsUpdatedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "turn/started";
  params: TurnStartedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "item/started";
  params: ItemStartedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "item/agentMessage/delta";
  params: AgentMessageDeltaNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "item/reasoning/summaryPartAdded";
  params: ReasoningSummaryPartAddedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "item/reasoning/summaryTextDelta";
  params: ReasoningSummaryTextDeltaNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "item/reasoning/textDelta";
  params: ReasoningTextDeltaNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "item/completed";
  params: ItemCompletedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/compacted";
  params: ContextCompactedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "turn/completed";
  params: TurnCompletedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
  position?: number;
} | {
  method: "thread/tokenUsage/updated";
  params: ThreadTokenUsageUpdatedNotification;
  /** When the host made the notification, in milliseconds since 1970. */
  emittedAtMs: number;
  /** This host's own: the place in the log of what it tells; all up to there was told. Absent where nothing of it is in the log. */
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

/** A request of the host is answered or taken back; an answer is not waited for any more. */
export type ServerRequestResolvedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The id of the request that it is about. */
  requestId: string | number;
};

/** What the host was told at its start, in its command line or its environment. */
export type SessionFlagsLayer = {
  /** Which variant of the object this is. */
  type: "sessionFlags";
};

export type SessionName = "cli" | "vscode" | "exec" | "appServer" | "unknown";

export type SessionSource = SessionName | CustomSource | SubAgentSessionSource;

/** The answer is shown, perhaps with something beside it. */
export type ShownAnswer = {
  /** That the answer is shown. */
  mode: "show";
  /** The version of this form. */
  version: 1;
  /** What to show beside it; absent for nothing. */
  annotation?: AnswerAnnotation | null;
  /** Whether people whom the user trusts may have to be told. */
  trustedContacts: TrustedContacts;
};

/** A skill to use. */
export type SkillInput = {
  /** Which variant of the object this is. */
  type: "skill";
  /** What the skill is called. */
  name: string;
  /** Where it lies. */
  path: string;
};

/** A skill to use. */
export type SkillInputParam = {
  /** Which variant of the object this is. */
  type: "skill";
  /** What the skill is called. */
  name: string;
  /** Where it lies. */
  path: string;
};

/** The skills of one folder. */
export type SkillsListEntry = {
  /** The folder. */
  cwd: string;
  /** Its skills: always none. */
  skills: Array<unknown>;
  /** What could not be read: always nothing. */
  errors: Array<unknown>;
};

/** Of which folders; of the host's own if none is named. */
export type SkillsListParams = {
  /** The folders to look at; the client's own if the list is empty. */
  cwds?: Array<string>;
  /** Taken and not used: nothing is kept that could be old. */
  forceReload?: boolean;
};

/** An entry for each folder, in the order asked for. */
export type SkillsListResponse = {
  /** An entry for each folder, in the order asked for. */
  data: Array<SkillsListEntry>;
};

export type SortDirection = "asc" | "desc";

/** Nothing needs to be said. */
export type StatsReadParams = Record<string, unknown>;

/** The host; news lags behind by `log.position` less `toldPosition`, views never do. */
export type StatsReadResponse = {
  /** The log on disk. */
  log: LogStats;
  /** The position up to which clients were told. */
  toldPosition: number;
  /** The log of threads that live in memory. */
  memoryLog: LogStats;
  /** The loaded threads. */
  threads: ThreadStats;
  /** All connections of clients, in numbers. */
  connections: ConnectionsStats;
  /** How many connections hear of what, and what they were not told of yet. */
  news: NewsStats;
  /** What requests take that wait for their reply. */
  requests: AccountStats;
  /** What messages take that nobody has read. */
  unread: AccountStats;
  /** What prepared notifications take, in bytes. */
  preparedBytes: number;
};

/** Something that happened to a subagent of this thread. */
export type SubAgentActivityItem = {
  /** Which variant of the object this is. */
  type: "subAgentActivity";
  /** The model of the agent; null if that is not said. */
  model: string | null;
  /** How long its model thinks; null where none was chosen. */
  reasoningEffort: string | null;
  /** Its id. */
  id: string;
  /** What happened. */
  kind: SubAgentActivityKind;
  /** The agent, by its id. */
  agentThreadId: string;
  /** Where it stands in its team. */
  agentPath: string;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number | null;
};

export type SubAgentActivityKind = "started" | "interacted" | "interrupted" | "completed";

export type SubAgentName = "review" | "compact" | "memory_consolidation";

/** A thread that runs on behalf of another. */
export type SubAgentSessionSource = {
  /** On whose behalf it runs. */
  subAgent: SubAgentSource;
};

export type SubAgentSource = SubAgentName | ThreadSpawnSource | OtherSubAgentSource;

/** The thread failed and waits for its next turn. */
export type SystemErrorStatus = {
  /** Which variant of the object this is. */
  type: "systemError";
};

/** A span of the text that a client draws in its own way. */
export type TextElement = {
  /** Where the span stands in the text. */
  byteRange: ByteRange;
  /** What the client shows in its place; null for the text itself. */
  placeholder: string | null;
};

/** A span of the text that a client draws in its own way. */
export type TextElementParam = {
  /** Where the span stands in the text. */
  byteRange: ByteRange;
  /** What the client shows in its place; null for the text itself. */
  placeholder?: string | null;
};

/** Plain text. */
export type TextInput = {
  /** Which variant of the object this is. */
  type: "text";
  /** The text. */
  text: string;
  /** Spans that a client draws in its own way; models do not see them. */
  text_elements: Array<TextElement>;
};

/** Plain text. */
export type TextInputParam = {
  /** Which variant of the object this is. */
  type: "text";
  /** The text. */
  text: string;
  /** Spans that a client draws in its own way; models do not see them. */
  text_elements?: Array<TextElementParam>;
};

/** One thread; `turns` is filled only where a method promises it. */
export type Thread = {
  /** The thread, by its id: a UUID. */
  id: string;
  /** Where it works; null unless it is loaded. */
  environments: Array<ThreadEnvironment> | null;
  /** Always null: nothing more is kept. */
  extra: Record<string, unknown> | null;
  /** The root of its tree, by its id. */
  sessionId: string;
  /** The thread that it was copied from, by its id; null if it was not. */
  forkedFromId: string | null;
  /** Always null: no thread is attached to another here. */
  attachedToThreadId: string | null;
  /** The thread that this one was started below; null for a root. */
  parentThreadId: string | null;
  /** The first words of its user that were not taken back; empty where there are none. */
  preview: string;
  /** Whether it lives in memory alone. */
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
  /** How long its model thinks; null for as long as it does by itself. */
  reasoningEffort: string | null;
  /** When it was made, in seconds since 1970. */
  createdAt: number;
  /** When it last changed, in seconds since 1970. */
  updatedAt: number;
  /** When it was last worked with, in seconds since 1970; never null here. */
  recencyAt: number | null;
  /** Whether it is loaded, idle, at work, or has failed. */
  status: ThreadStatus;
  /** Where its rollout is, or would be; null for a thread in memory. */
  path: string | null;
  /** The folder it works in. */
  cwd: string;
  /** The version of the protocol. */
  cliVersion: string;
  /** The client that started it, by its name; null if that is not known. */
  originator: string | null;
  /** What started it: a client, an agent, or another program, by its kind. */
  source: SessionSource;
  /** True if it is loaded; else null. */
  canAcceptDirectInput: boolean | null;
  /** A word of the client's for where it came from; null for none. */
  threadSource: string | null;
  /** What the agent is called; null if the thread is no agent, or has no name. */
  agentNickname: string | null;
  /** The role that the agent was started with; null if it has none. */
  agentRole: string | null;
  /** The repository it was started in; null if nobody said. */
  gitInfo: GitInfo | null;
  /** The thread's name; null if it has none. */
  name: string | null;
  /** A flag of the client's; null if nobody set it. */
  daybreakEnabled: boolean | null;
  /** Its turns; empty where no method promises them. */
  turns: Array<Turn>;
};

export type ThreadActiveFlag = "waitingOnApproval" | "waitingOnUserInput";

/** The thread to put away, with all below it. */
export type ThreadArchiveParams = {
  /** The thread to put away, by its id; all below it go along. */
  threadId: string;
};

/** They are out of sight. */
export type ThreadArchiveResponse = Record<string, unknown>;

/** A thread was put away. */
export type ThreadArchivedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
};

/** Of which thread, from where, and how many. */
export type ThreadBackgroundTerminalsListParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** Refused unless it is null: there is one page, and it is empty. */
  cursor?: string | null;
  /** How many the page may hold, null for any; nothing runs in the background, so it is empty. */
  limit?: number | null;
};

/** One page of them; nothing runs here. */
export type ThreadBackgroundTerminalsListResponse = {
  /** What runs: always nothing. */
  data: Array<unknown>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
};

/** A thread was unloaded because nobody followed it. */
export type ThreadClosedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
};

/** The thread whose history is long; `idempotency_key` is this host's own. */
export type ThreadCompactStartParams = {
  /** The thread whose history a model is to sum up, by its id. */
  threadId: string;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** The model is at work on it, in a turn. */
export type ThreadCompactStartResponse = Record<string, unknown>;

/** The root of the tree to delete. */
export type ThreadDeleteParams = {
  /** The root of what is to be deleted, by its id; all below it goes, too. */
  threadId: string;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** The whole tree is gone. */
export type ThreadDeleteResponse = Record<string, unknown>;

/** A thread is gone for good. */
export type ThreadDeletedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
};

/** A place where a loaded thread works. */
export type ThreadEnvironment = {
  /** The place, by its id: always `local`. */
  environmentId: string;
  /** The folder there. */
  cwd: string;
  /** Folders that belong to the work: here always `cwd` alone. */
  runtimeWorkspaceRoots: Array<string>;
};

/** Which thread, up to where, and what the fork does otherwise. */
export type ThreadForkParams = {
  /** The thread, by its id: a UUID; not looked at where `path` is given. */
  threadId: string;
  /** The thread by its rollout's path, as `thread.path` has it; null for by its id. Experimental. */
  path?: string | null;
  /** The model from now on; `PROVIDER:MODEL` names its provider, too; null leaves it as it is. */
  model?: string | null;
  /** The provider of the model from now on, with its own default model if none is named; null leaves it as it is. */
  modelProvider?: string | null;
  /** How its provider serves it; null for the provider's default, absent leaves it as it is. */
  serviceTier?: string | null;
  /** The folder from now on, from the client's own on; null leaves it as it is. */
  cwd?: string | null;
  /** Taken and not used: `cwd` is the only folder of a thread. Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  /** Which tool calls need an approval from now on; null leaves it as it is. */
  approvalPolicy?: AskForApprovalParam | null;
  /** Kept and shown, but it is always the user who is asked; null leaves it as it is. */
  approvalsReviewer?: ApprovalsReviewer | null;
  /** What commands might touch: kept and shown, but the host runs none; null leaves it as it is; not together with `permissions`. */
  sandbox?: SandboxMode | null;
  /** A named profile in place of a `sandbox`, as `permissionProfile/list` has them; null for none. Experimental. */
  permissions?: string | null;
  /** Keys of the configuration file that hold for this thread, laid over those it has; keys that the host does not read are kept; null for none. */
  config?: Record<string, unknown> | null;
  /** The instructions of the system from now on; null leaves them as they are. */
  baseInstructions?: string | null;
  /** The developer's message ahead of the history from now on; null leaves it as it is. */
  developerInstructions?: string | null;
  /** Whether the answer goes without the history, whose `turns` are empty then. */
  excludeTurns?: boolean;
  /** The last turn that is copied, by its id; null for all; not together with `beforeTurnId`. */
  lastTurnId?: string | null;
  /** The first turn that is not copied, by its id; null for none; not together with `lastTurnId`. Experimental. */
  beforeTurnId?: string | null;
  /** Whether the copy lives in memory alone; of a paginated thread that needs `excludeTurns`. */
  ephemeral?: boolean;
  /** A word of the client's for where the copy comes from, kept and shown; null for none. */
  threadSource?: string | null;
  /** Refused unless it is false: a copy stands by itself. Experimental. */
  attachToSource?: boolean;
  /** Whether the goal is copied along and held until the copy is next taken up; else it is left behind. Experimental. */
  deferGoalContinuation?: boolean;
  /** Refused unless it is false: the host predicts nothing. Experimental. */
  experimentalPredictionMode?: boolean;
  /** Taken and not used: the host predicts nothing. Experimental. */
  experimentalDisablePredictionMcp?: boolean;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** The fork, loaded and idle. */
export type ThreadForkResponse = {
  /** The thread as it is now. */
  thread: Thread;
  /** The model. */
  model: string;
  /** Its provider, by its name. */
  modelProvider: string;
  /** The service tier that its provider is asked for; null if the provider decides that. */
  serviceTier: string | null;
  /** Plugins that the thread does without: kept and shown, but the host has none. */
  disabledPluginIds: Array<string>;
  /** The folder it works in. */
  cwd: string;
  /** Folders that belong to the work: here always `cwd` alone. */
  runtimeWorkspaceRoots: Array<string>;
  /** Files that instructions came from: always none. */
  instructionSources: Array<string>;
  /** Which tool calls need an approval. */
  approvalPolicy: AskForApproval;
  /** Who is asked for approvals: kept and shown, but here it is always the user. */
  approvalsReviewer: ApprovalsReviewer;
  /** What commands might touch; the host runs none. */
  sandbox: SandboxPolicy;
  /** The named profile that the sandbox came from; null if it came from none. */
  activePermissionProfile: ActivePermissionProfile | null;
  /** How long the model thinks; null for as long as it does by itself. */
  reasoningEffort: string | null;
  /** When a model may start agents by itself: always the default, since here the configuration says it. */
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
};

/** A goal and what it has cost; times are seconds. */
export type ThreadGoal = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** What is to be reached. */
  objective: string;
  /** How it stands. */
  status: ThreadGoalStatus;
  /** How many tokens it may use; null for any number. */
  tokenBudget: number | null;
  /** How many tokens it has used. */
  tokensUsed: number;
  /** How long turns have worked on it, in seconds. */
  timeUsedSeconds: number;
  /** When it was made, in seconds since 1970. */
  createdAt: number;
  /** When it last changed, in seconds since 1970. */
  updatedAt: number;
};

/** Which thread. */
export type ThreadGoalClearParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** Taken and not used: the log says who cleared it. */
  origin?: ThreadGoalMutationOrigin | null;
};

/** Whether there was one. */
export type ThreadGoalClearResponse = {
  /** Whether there was a goal. */
  cleared: boolean;
};

/** A thread has no goal. */
export type ThreadGoalClearedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
};

/** Which thread. */
export type ThreadGoalGetParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
};

/** The goal, if there is one. */
export type ThreadGoalGetResponse = {
  /** The goal; null if the thread has none. */
  goal: ThreadGoal | null;
  /** This host's own: tokens that threads below used of the goal; null unless these count. */
  treeTokensUsed: number | null;
};

export type ThreadGoalMutationOrigin = "user" | "automatic";

/** What is to be changed; a budget that is null is taken away: ask `model_fields_set`. */
export type ThreadGoalSetParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** What is to be reached, 1 to 4,000 characters; without it, or null, that of the goal there is. */
  objective?: string | null;
  /** How the goal stands; without it, or null, a new one is `active` and another stays as it is. */
  status?: ThreadGoalStatus | null;
  /** How many tokens it may use, at least 1; null takes the budget away, absent leaves it as it is. */
  tokenBudget?: number | null;
  /** Taken and not used: the log says who set it. */
  origin?: ThreadGoalMutationOrigin | null;
};

/** The goal as it is now. */
export type ThreadGoalSetResponse = {
  /** The goal as it is now. */
  goal: ThreadGoal;
};

export type ThreadGoalStatus = "active" | "paused" | "blocked" | "usageLimited" | "budgetLimited" | "complete";

/** A goal is not what it was; `turn_id` is that of the turn in which that came about. */
export type ThreadGoalUpdatedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn in which it changed, by its id; null if it was in none. */
  turnId: string | null;
  /** The goal as it is now. */
  goal: ThreadGoal;
  /** This host's own: when it goes on by itself, in milliseconds since 1970, if that was just decided; else null. */
  nextTurnAtMs: number | null;
  /** This host's own: tokens that threads below used of the goal; null unless these count. */
  treeTokensUsed: number | null;
};

export type ThreadHistoryMode = "legacy" | "paginated";

/** The items, oldest first; `idempotency_key` is this host's own. */
export type ThreadInjectItemsParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** Items of the Responses API, the oldest first: at least one, and as many as the host's `injected_items_max` says. */
  items: Array<unknown>;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** The items are in the history. */
export type ThreadInjectItemsResponse = Record<string, unknown>;

export type ThreadItem = UserMessageItem | AgentMessageItem | PlanItem | ReasoningItem | CommandExecutionItem | McpToolCallItem | DynamicToolCallItem | CollabAgentToolCallItem | SubAgentActivityItem | ContextCompactionItem;

/** An item, its turn, and when it began and ended (milliseconds since the epoch). */
export type ThreadItemEntry = {
  /** The turn, by its id. */
  turnId: string;
  /** The item. */
  item: ThreadItem;
  /** Whether its output was left out: absent, as none ever is. */
  outputDeferred?: boolean;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number | null;
};

/** Which outputs may be left out; this host's items are small and never are. */
export type ThreadItemOutputDeferral = {
  /** Taken and not used: the host runs no commands. */
  commandExecution?: boolean;
  /** Taken and not used: outputs are never left out. */
  mcpToolCall?: boolean;
};

export type ThreadItemsListCursor = string | ItemAnchor;

/** Whose items, of which turn, from where, oldest first unless asked otherwise. */
export type ThreadItemsListParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn whose items are wanted, by its id; without it, or null, those of all turns. */
  turnId?: string | null;
  /** Where the page begins: a cursor of another page, or an item of the turn; without it, or null, at the end that `sortDirection` says. */
  cursor?: ThreadItemsListCursor | null;
  /** How many entries the page has at most, 1 to 100; 25 without it, or null. */
  limit?: number | null;
  /** `asc` for the oldest first, as without it, or null; `desc` for the newest first. */
  sortDirection?: SortDirection | null;
  /** Taken and not used: no output is ever left out. */
  deferOutput?: ThreadItemOutputDeferral | null;
};

/** One page; the cursors lead on and back from it. */
export type ThreadItemsListResponse = {
  /** The items, in the order asked for. */
  data: Array<ThreadItemEntry>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
  /** The `cursor` that leads back from this page, with the other `sortDirection`; null if it is empty. */
  backwardsCursor: string | null;
};

/** Which threads, in what order, from where. */
export type ThreadListParams = {
  /** Where the page begins: the `nextCursor` of the page before; without it, or null, the first. */
  cursor?: string | null;
  /** How many entries the page has at most, 1 to 100; 25 without it, or null. */
  limit?: number | null;
  /** By which time threads are ordered; `created_at` without it, null, or for what no thread here has. */
  sortKey?: ThreadSortKey | null;
  /** `desc` for the newest first, as without it, or null; `asc` for the oldest first. */
  sortDirection?: SortDirection | null;
  /** Providers that threads may have; without it, empty or null, any. */
  modelProviders?: Array<string> | null;
  /** Where threads may come from; without it, empty or null, `cli` and `vscode`, or all where a parent or an ancestor is given. */
  sourceKinds?: Array<ThreadSourceKind> | null;
  /** Clients that threads may have been started by, by their names; empty or null for all. */
  originators?: Array<string> | null;
  /** Whether those are listed that are put away, and only these; null for the others. */
  archived?: boolean | null;
  /** The section that threads stand in: none does, so any id finds nothing; null and absent find all. */
  sectionId?: string | null;
  /** The project that threads belong to: none does, so any id finds nothing; null and absent find all. Experimental. */
  projectId?: string | null;
  /** The folder, or folders, that threads work in; null for any. */
  cwd?: string | Array<string> | null;
  /** Taken and not used: there is nothing else to list from. */
  useStateDbOnly?: boolean;
  /** A text that the name or the first words have to hold, in any case; at most 1,000 characters; null for all. */
  searchTerm?: string | null;
  /** The thread that they were started right below, by its id; null for any. Experimental. */
  parentThreadId?: string | null;
  /** A thread that they stand below, at any depth, by its id; null for any. Experimental. */
  ancestorThreadId?: string | null;
  /** A thread that they are attached to: none is, so any id finds nothing; null for all. Experimental. */
  attachedToThreadId?: string | null;
  /** Taken and not used: no thread is attached to another here. Experimental. */
  includeAttachedThreads?: boolean;
  /** The only threads that may be listed, at most 100; null for all. */
  includedThreadIds?: Array<string> | null;
  /** Threads that are left out; null for none. */
  excludedThreadIds?: Array<string> | null;
  /** Taken and not used: the host keeps no accounts. */
  currentAccountOnly?: boolean;
};

/** One page; the cursors lead on and back from it. */
export type ThreadListResponse = {
  /** The threads, in the order asked for. */
  data: Array<Thread>;
  /** Always empty: what a person has read is not kept. */
  readStates: Record<string, ThreadReadState> | null;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
  /** The `cursor` that leads back from this page, with the other `sortDirection`; null if it is empty. */
  backwardsCursor: string | null;
};

/** From where, and how many. */
export type ThreadLoadedListParams = {
  /** The id behind which the page begins: the `nextCursor` of the page before; null for the first. */
  cursor?: string | null;
  /** How many ids the page has at most, at least 1; all without it, or null. */
  limit?: number | null;
};

/** One page of the ids of loaded threads. */
export type ThreadLoadedListResponse = {
  /** The ids of loaded threads, in their order. */
  data: Array<string>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
};

/** One line: nothing in it was said by a client or a model. */
export type ThreadLogLine = {
  /** When it was noted, in milliseconds since 1970. */
  atMs: number;
  /** How much it matters, as logs have it. */
  level: "info" | "warn" | "error";
  /** What happened, in one word. */
  event: string;
  /** The turn it belongs to, by its id; null if it is of none. */
  turnId: string | null;
  /** The version in the thread's stream of the event that says more; 0 if there is none. */
  version: number;
  /** Numbers, codes and ids: nothing that a client or a model said. */
  details: Record<string, unknown>;
};

/** A thread, live or stored; `cursor` is the `nextCursor` of the page before. */
export type ThreadLogsParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** Where the page begins: the `nextCursor` of the page before; without it, or null, the first. */
  cursor?: string | null;
  /** How many lines the page has at most, 1 to 1,000; 100 without it, or null. */
  limit?: number | null;
};

/** A page, the oldest line first; `nextCursor` is null at the end of what there is. */
export type ThreadLogsResponse = {
  /** The lines, the oldest first. */
  data: Array<ThreadLogLine>;
  /** The `cursor` of the page that follows; null at the end of what there is. */
  nextCursor: string | null;
  /** How many entries of the page are gone or cannot be read, as in a home that was damaged; 0 in one that is sound. `threadhost log verify` says more. */
  missing: number;
};

export type ThreadMemoryMode = "enabled" | "disabled";

/** A thread, and whether memories may be made of it. */
export type ThreadMemoryModeSetParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** `enabled` if memories may be made of it; `disabled` also forgets what was made. */
  mode: ThreadMemoryMode;
};

/** The mode is set. */
export type ThreadMemoryModeSetResponse = Record<string, unknown>;

/** Changes of what is known of a repository. */
export type ThreadMetadataGitInfoUpdateParams = {
  /** The commit; null clears it, absent leaves it as it is. */
  sha?: string | null;
  /** The branch; null clears it, absent leaves it as it is. */
  branch?: string | null;
  /** Where the repository was cloned from; null clears it, absent leaves it as it is. */
  originUrl?: string | null;
};

/** A thread and what is to be changed; null is as good as absent but inside `git_info`. */
export type ThreadMetadataUpdateParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** What changes of what is known of the repository: one field at least; null changes nothing. */
  gitInfo?: ThreadMetadataGitInfoUpdateParams | null;
  /** Refused unless it is empty or null: the host keeps no projects. Experimental. */
  projectId?: string | null;
  /** A flag of the client's, kept and shown; null changes nothing. Experimental. */
  daybreakEnabled?: boolean | null;
};

/** The thread as it is now. */
export type ThreadMetadataUpdateResponse = {
  /** The thread as it is now. */
  thread: Thread;
};

/** A thread has another name, or none. */
export type ThreadNameUpdatedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** What it is called now; null for no name. */
  threadName: string | null;
};

/** What to queue; `idempotency_key` is this host's own. */
export type ThreadQueueAddParams = {
  /** The thread whose queue it joins, by its id; a stored one is taken up. */
  threadId: string;
  /** The client's own id for the message, which its item shows as `clientId`; null for none. */
  clientUserMessageId: string;
  /** What is said: one part or more. */
  input: Array<UserInputParam>;
  /** Texts by name, kept with what waits and shown with it; null for none. */
  responsesapiClientMetadata?: Record<string, string> | null;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** It waits, or has begun already. */
export type ThreadQueueAddResponse = {
  /** What waits, as it is now. */
  queuedSubmission: QueuedSubmission;
};

/** What waits in line on a thread is not what it was. */
export type ThreadQueueChangedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
};

/** What shall not be begun. */
export type ThreadQueueDeleteParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** What waits in the queue, by its id. */
  queuedSubmissionId: string;
};

/** Whether it still waited. */
export type ThreadQueueDeleteResponse = {
  /** Whether it still waited. */
  deleted: boolean;
};

/** The thread, and which page of its queue. */
export type ThreadQueueListParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** Where the page begins: the `nextCursor` of the page before; without it, or null, the first. */
  cursor?: string | null;
  /** How many entries the page has at most, 1 to 100; 25 without it, or null. */
  limit?: number | null;
};

/** One page of what waits, the next one first. */
export type ThreadQueueListResponse = {
  /** What waits, the next one first. */
  data: Array<QueuedSubmission>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
};

/** All that waits, the next one first. */
export type ThreadQueueReorderParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The ids of all that waits, each once, the next one first. */
  queuedSubmissionIds: Array<string>;
};

/** The queue has this order. */
export type ThreadQueueReorderResponse = Record<string, unknown>;

/** What shall be said instead; metadata that is absent or empty stays as it is. */
export type ThreadQueueUpdateParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** What waits in the queue, by its id. */
  queuedSubmissionId: string;
  /** What is said instead: one part or more. */
  input: Array<UserInputParam>;
  /** Texts by name, in place of those kept; null or none of them leaves these. */
  responsesapiClientMetadata?: Record<string, string> | null;
};

/** What waits now in the same place. */
export type ThreadQueueUpdateResponse = {
  /** What waits, as it is now. */
  queuedSubmission: QueuedSubmission;
};

/** Which thread, and whether with its whole history. */
export type ThreadReadParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** Whether the whole history comes along, in `thread.turns`. */
  includeTurns?: boolean;
};

/** The thread as it is now. */
export type ThreadReadResponse = {
  /** The thread as it is now. */
  thread: Thread;
  /** Always null: what a person has read is not kept. */
  readState: ThreadReadState | null;
};

/** How far a thread has been read; `revision` changes whenever that does. */
export type ThreadReadState = {
  /** Where reading goes on; null if all was read. */
  firstUnread: UnreadFromStart | UnreadFromTurn | null;
  /** Another text each time that this changes. */
  revision: string;
};

/** The page of turns that comes with the answer. */
export type ThreadResumeInitialTurnsPageParams = {
  /** How many turns it has at most, 1 to 100; 25 without it, or null. */
  limit?: number | null;
  /** `desc` for the newest first, as without it, or null; `asc` for the oldest first. */
  sortDirection?: SortDirection | null;
  /** How much of its items each turn shows; `summary` without it, or null. */
  itemsView?: TurnItemsView | null;
};

/** Which thread, and how much of its history comes with the answer. */
export type ThreadResumeParams = {
  /** The thread, by its id: a UUID; not looked at where `path` is given. */
  threadId: string;
  /** The thread by its rollout's path, as `thread.path` has it; null for by its id. Experimental. */
  path?: string | null;
  /** The model from now on; `PROVIDER:MODEL` names its provider, too; null leaves it as it is. */
  model?: string | null;
  /** The provider of the model from now on, with its own default model if none is named; null leaves it as it is. */
  modelProvider?: string | null;
  /** How its provider serves it; null for the provider's default, absent leaves it as it is. */
  serviceTier?: string | null;
  /** The folder from now on, from the client's own on; null leaves it as it is. */
  cwd?: string | null;
  /** Taken and not used: `cwd` is the only folder of a thread. Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  /** Which tool calls need an approval from now on; null leaves it as it is. */
  approvalPolicy?: AskForApprovalParam | null;
  /** Kept and shown, but it is always the user who is asked; null leaves it as it is. */
  approvalsReviewer?: ApprovalsReviewer | null;
  /** What commands might touch: kept and shown, but the host runs none; null leaves it as it is; not together with `permissions`. */
  sandbox?: SandboxMode | null;
  /** A named profile in place of a `sandbox`, as `permissionProfile/list` has them; null for none. Experimental. */
  permissions?: string | null;
  /** Keys of the configuration file that hold for this thread, laid over those it has; keys that the host does not read are kept; null for none. */
  config?: Record<string, unknown> | null;
  /** The instructions of the system from now on; null leaves them as they are. */
  baseInstructions?: string | null;
  /** The developer's message ahead of the history from now on; null leaves it as it is. */
  developerInstructions?: string | null;
  /** Whether the answer goes without the history, whose `turns` are empty then. */
  excludeTurns?: boolean;
  /** Refused unless it is null: the host has the history of its threads. Experimental. */
  history?: Array<Record<string, unknown>> | null;
  /** The tone of answers from now on; null leaves it as it is. */
  personality?: Personality | null;
  /** The page of turns that comes with the answer; null for none. Experimental. */
  initialTurnsPage?: ThreadResumeInitialTurnsPageParams | null;
};

/** The thread, loaded; the cursors are of its newest turn and item. */
export type ThreadResumeResponse = {
  /** The thread as it is now. */
  thread: Thread;
  /** The model. */
  model: string;
  /** Its provider, by its name. */
  modelProvider: string;
  /** The service tier that its provider is asked for; null if the provider decides that. */
  serviceTier: string | null;
  /** Plugins that the thread does without: kept and shown, but the host has none. */
  disabledPluginIds: Array<string>;
  /** The folder it works in. */
  cwd: string;
  /** Folders that belong to the work: here always `cwd` alone. */
  runtimeWorkspaceRoots: Array<string>;
  /** Files that instructions came from: always none. */
  instructionSources: Array<string>;
  /** Which tool calls need an approval. */
  approvalPolicy: AskForApproval;
  /** Who is asked for approvals: kept and shown, but here it is always the user. */
  approvalsReviewer: ApprovalsReviewer;
  /** What commands might touch; the host runs none. */
  sandbox: SandboxPolicy;
  /** The named profile that the sandbox came from; null if it came from none. */
  activePermissionProfile: ActivePermissionProfile | null;
  /** How long the model thinks; null for as long as it does by itself. */
  reasoningEffort: string | null;
  /** The mode that turns have, with its settings: here always `default`, never null. */
  collaborationMode: CollaborationMode | null;
  /** When a model may start agents by itself: always the default, since here the configuration says it. */
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
  /** The page of turns that was asked for; null if none was. */
  initialTurnsPage: TurnsPage | null;
  /** The `cursor` with which `thread/turns/list` begins at the newest turn; null if there is none. */
  turnsBackwardsCursor: string | null;
  /** The `cursor` with which `thread/items/list` begins at the newest item; null if there is none. */
  itemsBackwardsCursor: string | null;
};

/** The first turn that shall be gone; `idempotency_key` is this host's own. */
export type ThreadRevertParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The first turn that goes, by its id; all after it go, too. */
  beforeTurnId: string;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** The thread as it is now, without turns, and where the pages of what is left begin. */
export type ThreadRevertResponse = {
  /** The thread as it is now. */
  thread: Thread;
  /** The `cursor` with which `thread/turns/list` begins at the newest turn; null if there is none. */
  turnsBackwardsCursor: string | null;
  /** The `cursor` with which `thread/items/list` begins at the newest item; null if there is none. */
  itemsBackwardsCursor: string | null;
};

/** Turns of a thread were taken back. */
export type ThreadRevertedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
};

/** Which search of this connection is to end. */
export type ThreadSearchCancelParams = {
  /** The id of the search that is to end, of this connection. */
  requestId: string | number;
};

/** It ends, if it was not over. */
export type ThreadSearchCancelResponse = Record<string, unknown>;

/** Which text, in which threads, in what order, from where. */
export type ThreadSearchParams = {
  /** Where the page begins: the `nextCursor` of the page before; without it, or null, the first. */
  cursor?: string | null;
  /** How many entries the page has at most, 1 to 100; 25 without it, or null. */
  limit?: number | null;
  /** By which time hits are ordered; `created_at` without it, or null. */
  sortKey?: ThreadSearchSortKey | null;
  /** `desc` for the newest first, as without it, or null; `asc` for the oldest first. */
  sortDirection?: SortDirection | null;
  /** Where threads may come from; without it, empty or null, `cli` and `vscode`. */
  sourceKinds?: Array<ThreadSourceKind> | null;
  /** Whether threads that are put away are searched, and only these; null for the others. */
  archived?: boolean | null;
  /** The text to look for in names and first words, in any case; not blank, at most 1,000 characters. */
  searchTerm: string;
  /** Taken and not used: no thread is attached to another here. */
  includeAttachedThreads?: boolean;
  /** Taken and not used: the host keeps no accounts. */
  currentAccountOnly?: boolean;
};

/** Hits ahead of the answer, which has them all; a hit is told once. */
export type ThreadSearchPartialNotification = {
  /** The search, by the id of its request. */
  requestId: string | number;
  /** Hits that were not told before. */
  data: Array<ThreadSearchResult>;
};

/** One page; the cursors lead on and back from it. */
export type ThreadSearchResponse = {
  /** The hits, in the order asked for. */
  data: Array<ThreadSearchResult>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
  /** The `cursor` that leads back from this page, with the other `sortDirection`; null if it is empty. */
  backwardsCursor: string | null;
};

/** A thread, and the text around the first place where it was found. */
export type ThreadSearchResult = {
  /** The thread as it is now. */
  thread: Thread;
  /** The text around the first place where it was found. */
  snippet: string;
};

export type ThreadSearchSortKey = "created_at" | "updated_at" | "recency_at";

/** The part of a client's list that a thread stands in. */
export type ThreadSection = {
  /** Its id. */
  id: string;
  /** What it is called. */
  name: string;
  /** How it is drawn; null for as others are. */
  appearance: ThreadSectionAppearance | null;
};

/** How a section is drawn. */
export type ThreadSectionAppearance = {
  /** Its colour; null for none. */
  color: string | null;
  /** Its picture; null for none. */
  icon: string | null;
};

/** A thread and its new name. */
export type ThreadSetNameParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** What the thread is to be called; not blank. */
  name: string;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** The thread has the name. */
export type ThreadSetNameResponse = Record<string, unknown>;

/** All settings of a thread's next turns. */
export type ThreadSettings = {
  /** Plugins that the thread does without: kept and shown, but the host has none. */
  disabledPluginIds: Array<string>;
  /** The folder it works in. */
  cwd: string;
  /** The places it works in: this host is the only one; null where none is shown. */
  environments: Array<ThreadEnvironment> | null;
  /** Which tool calls need an approval. */
  approvalPolicy: AskForApproval;
  /** Who is asked for approvals: kept and shown, but here it is always the user. */
  approvalsReviewer: ApprovalsReviewer;
  /** What commands might touch; the host runs none. */
  sandboxPolicy: SandboxPolicy;
  /** The named profile that the sandbox came from; null if it came from none. */
  activePermissionProfile: ActivePermissionProfile | null;
  /** The model. */
  model: string;
  /** Its provider, by its name. */
  modelProvider: string;
  /** The service tier that its provider is asked for; null if the provider decides that. */
  serviceTier: string | null;
  /** How long the model thinks; null for as long as it does by itself. */
  effort: string | null;
  /** Whether what it thinks is summed up; null if its provider decides that. */
  summary: ReasoningSummary | null;
  /** The mode that turns have, with its settings: here always `default`. */
  collaborationMode: CollaborationMode;
  /** When a model may start agents by itself: always the default, since here the configuration says it. */
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
  /** The tone of answers; null if none was chosen. */
  personality: Personality | null;
};

/** A thread and the settings of its next turns; what is absent or null stays as it is. */
export type ThreadSettingsUpdateParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** Plugins that the thread does without: kept and shown, but the host has none. */
  disabledPluginIds?: Array<string> | null;
  /** The folder from now on, from the client's own on; null leaves it as it is. */
  cwd?: string | null;
  /** The place where turns work: one, with the id `local`, whose folder counts; null leaves it as it is. */
  environments?: Array<TurnEnvironmentParams> | null;
  /** Which tool calls need an approval from now on; null leaves it as it is. */
  approvalPolicy?: AskForApprovalParam | null;
  /** Who is asked for approvals: kept and shown, but here it is always the user. */
  approvalsReviewer?: ApprovalsReviewer | null;
  /** What commands might touch: kept and shown, but the host runs none; null leaves it as it is; not together with `permissions`. */
  sandboxPolicy?: SandboxPolicyParam | null;
  /** A named profile in place of a `sandboxPolicy`, as `permissionProfile/list` has them; null for none. */
  permissions?: string | null;
  /** The model from now on, not empty; `PROVIDER:MODEL` names its provider, too; null leaves it as it is. */
  model?: string | null;
  /** How its provider serves it; null for the provider's default, absent leaves it as it is. */
  serviceTier?: string | null;
  /** How long the model thinks, a word that it knows; null leaves it as it is. */
  effort?: string | null;
  /** Whether what it thinks is summed up; null leaves it as it is. */
  summary?: ReasoningSummary | null;
  /** The preset to take over, `default` alone: its model, effort and instructions; null leaves these as they are. */
  collaborationMode?: CollaborationModeParam | null;
  /** Taken and not used: the configuration says whether a model may start agents. */
  multiAgentMode?: MultiAgentMode | null;
  /** The tone of answers from now on; null leaves it as it is. */
  personality?: Personality | null;
};

/** The settings are those that were asked for. */
export type ThreadSettingsUpdateResponse = Record<string, unknown>;

/** A thread's settings are others than before. */
export type ThreadSettingsUpdatedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** All settings of its next turns. */
  threadSettings: ThreadSettings;
};

export type ThreadSortKey = "created_at" | "updated_at" | "recency_at" | "section_position";

export type ThreadSourceKind = "cli" | "vscode" | "exec" | "appServer" | "subAgent" | "subAgentReview" | "subAgentCompact" | "subAgentThreadSpawn" | "subAgentOther" | "unknown";

/** The parent that spawned a thread, and how deep below the root it stands. */
export type ThreadSpawn = {
  /** The parent, by its id. */
  parent_thread_id: string;
  /** How many edges it stands below the root. */
  depth: number;
  /** Where it stands in its team; null if it has no such place. */
  agent_path: string | null;
  /** What the agent is called; null if the thread is no agent, or has no name. */
  agent_nickname: string | null;
  /** The role that the agent was started with; null if it has none. */
  agent_role: string | null;
};

/** A thread that another one spawned. */
export type ThreadSpawnSource = {
  /** Which thread spawned it. */
  thread_spawn: ThreadSpawn;
};

/** Settings of a new thread; what is left out has the host's default. */
export type ThreadStartParams = {
  /** The model; `PROVIDER:MODEL` names its provider, too; without it, or null, that of `config`, or the host's default. */
  model?: string | null;
  /** The provider of the model, with its own default model if none is named; null for the host's default. */
  modelProvider?: string | null;
  /** Taken and not used: a model that its provider does not have fails the turn. Experimental. */
  allowProviderModelFallback?: boolean;
  /** How its provider serves it; null for the provider's default, absent for what the configuration says. */
  serviceTier?: string | null;
  /** The folder it works in, from the client's own on, or from `~`, the home folder of whoever runs the host; the client's own without it, or null. */
  cwd?: string | null;
  /** Taken and not used: `cwd` is the only folder of a thread. Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  /** Which tool calls need an approval; that of `config` without it, or null, or else `never`. */
  approvalPolicy?: AskForApprovalParam | null;
  /** Kept and shown, but it is always the user who is asked; that of `config` without it, or null, or else `user`. */
  approvalsReviewer?: ApprovalsReviewer | null;
  /** What commands might touch: kept and shown, but the host runs none; that of `config` without it, or null, or else `read-only`; not together with `permissions`. */
  sandbox?: SandboxMode | null;
  /** A named profile in place of a `sandbox`, as `permissionProfile/list` has them; null for none. Experimental. */
  permissions?: string | null;
  /** Keys of the configuration file that hold for this thread; keys that the host does not read are kept; null for none. */
  config?: Record<string, unknown> | null;
  /** Taken and not used: the host reports to nobody. */
  serviceName?: string | null;
  /** The instructions of the system; without it, or null, those of the configuration, if any. */
  baseInstructions?: string | null;
  /** The developer's message ahead of the history; without it, or null, that of the configuration, if any. */
  developerInstructions?: string | null;
  /** The tone of answers; without it, or null, what the configuration says. */
  personality?: Personality | null;
  /** Taken and not used: the configuration says whether a model may start agents. Experimental. */
  multiAgentMode?: MultiAgentMode | null;
  /** Whether it lives in memory alone, and leaves nothing behind; null for not. */
  ephemeral?: boolean | null;
  /** How clients read its history; `paginated` without it, or null. Experimental. */
  historyMode?: ThreadHistoryMode | null;
  /** Taken and not used: the host runs no hooks that could be told. */
  sessionStartSource?: ThreadStartSource | null;
  /** A word of the client's for where the thread comes from, kept and shown; null for none. */
  threadSource?: string | null;
  /** Taken and not used: the host keeps no projects. Experimental. */
  projectId?: string | null;
  /** Taken and not used: the host works in no place but its own. Experimental. */
  environments?: Array<TurnEnvironmentParams> | null;
  /** Tools that the client runs itself, offered to the model as long as the thread lives; null for none. Experimental. */
  dynamicTools?: Array<DynamicToolSpec> | null;
  /** Taken and not used: the host has no such roots. Experimental. */
  selectedCapabilityRoots?: Array<SelectedCapabilityRoot> | null;
  /** Taken and not used: `thread/metadata/update` sets the flag. Experimental. */
  daybreakEnabled?: boolean | null;
  /** Taken and not used: it is there to try what is experimental. Experimental. */
  mockExperimentalField?: string | null;
  /** Taken and not used: `host/events/subscribe` tells everything. Experimental. */
  experimentalRawEvents?: boolean;
  /** This host's own: the thread to start it below, by its id; null for the root of a tree of its own. */
  parentThreadId?: string | null;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** The new thread, loaded and idle. */
export type ThreadStartResponse = {
  /** The thread as it is now. */
  thread: Thread;
  /** The model. */
  model: string;
  /** Its provider, by its name. */
  modelProvider: string;
  /** The service tier that its provider is asked for; null if the provider decides that. */
  serviceTier: string | null;
  /** Plugins that the thread does without: kept and shown, but the host has none. */
  disabledPluginIds: Array<string>;
  /** The folder it works in. */
  cwd: string;
  /** Folders that belong to the work: here always `cwd` alone. */
  runtimeWorkspaceRoots: Array<string>;
  /** Files that instructions came from: always none. */
  instructionSources: Array<string>;
  /** Which tool calls need an approval. */
  approvalPolicy: AskForApproval;
  /** Who is asked for approvals: kept and shown, but here it is always the user. */
  approvalsReviewer: ApprovalsReviewer;
  /** What commands might touch; the host runs none. */
  sandbox: SandboxPolicy;
  /** The named profile that the sandbox came from; null if it came from none. */
  activePermissionProfile: ActivePermissionProfile | null;
  /** How long the model thinks; null for as long as it does by itself. */
  reasoningEffort: string | null;
  /** When a model may start agents by itself: always the default, since here the configuration says it. */
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
};

export type ThreadStartSource = "startup" | "clear";

/** A thread was started or forked; this carries its first status too. */
export type ThreadStartedNotification = {
  /** The thread as it is now. */
  thread: Thread;
};

/** The live threads, by what they do, and what goes on around them. */
export type ThreadStats = {
  /** Threads that are loaded. */
  live: number;
  /** Those of them on which a turn runs. */
  working: number;
  /** Those of them that live in memory alone. */
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
  /** The most messages that wait for one. */
  longestMailbox: number;
  /** Trees that have work under way. */
  trees: number;
  /** Deletions under way. */
  deletions: number;
  /** What threads take in memory. */
  memory: AccountStats;
};

export type ThreadStatus = NotLoadedStatus | IdleStatus | SystemErrorStatus | ActiveStatus;

/** A thread's status is another than before. */
export type ThreadStatusChangedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** What it is doing now. */
  status: ThreadStatus;
};

/** A thread's tokens in all and in its last response. */
export type ThreadTokenUsage = {
  /** All responses together. */
  total: TokenUsageBreakdown;
  /** The last response. */
  last: TokenUsageBreakdown;
  /** Tokens to measure the last response by: 95 in 100 of what the thread or the configuration says that its model takes in; null where neither does, or while the thread is not loaded. */
  modelContextWindow: number | null;
};

/** A response was counted. */
export type ThreadTokenUsageUpdatedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
  /** What the thread has used. */
  tokenUsage: ThreadTokenUsage;
};

/** Whose turns, from where, newest first unless asked otherwise. */
export type ThreadTurnsListParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** Where the page begins: a cursor of another page; without it, or null, at the end that `sortDirection` says. */
  cursor?: string | null;
  /** How many entries the page has at most, 1 to 100; 25 without it, or null. */
  limit?: number | null;
  /** `desc` for the newest first, as without it, or null; `asc` for the oldest first. */
  sortDirection?: SortDirection | null;
  /** How much of its items each turn shows; `summary` without it, or null. */
  itemsView?: TurnItemsView | null;
};

/** One page of turns. */
export type ThreadTurnsListResponse = {
  /** The turns, in the order asked for. */
  data: Array<Turn>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
  /** The `cursor` that leads back from this page, with the other `sortDirection`; null if it is empty. */
  backwardsCursor: string | null;
};

/** The one thread to take out again. */
export type ThreadUnarchiveParams = {
  /** The thread to take out, by its id; those below it stay where they are. */
  threadId: string;
};

/** The thread, not loaded. */
export type ThreadUnarchiveResponse = {
  /** The thread as it is now. */
  thread: Thread;
};

/** A thread was taken out again. */
export type ThreadUnarchivedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
};

/** The thread that this connection no longer follows. */
export type ThreadUnsubscribeParams = {
  /** The thread that this connection is to hear no more of, by its id. */
  threadId: string;
};

/** What there was to unsubscribe from. */
export type ThreadUnsubscribeResponse = {
  /** What there was to unsubscribe from. */
  status: ThreadUnsubscribeStatus;
};

export type ThreadUnsubscribeStatus = "notLoaded" | "notSubscribed" | "unsubscribed";

/** Token counts of one response, or summed over a thread. */
export type TokenUsageBreakdown = {
  /** All tokens. */
  totalTokens: number;
  /** Tokens that the model took in. */
  inputTokens: number;
  /** Those of them that its provider knew already. */
  cachedInputTokens: number;
  /** Those of them that its provider keeps for later. */
  cacheWriteInputTokens: number;
  /** Tokens that the model gave. */
  outputTokens: number;
  /** Those of them that it thought. */
  reasoningOutputTokens: number;
};

/** A tool as its server describes it. */
export type Tool = {
  /** What it is called. */
  name: string;
  /** What people call it; null if it says nothing. */
  title: string | null;
  /** What it is, for people; null if it says nothing. */
  description: string | null;
  /** The JSON Schema of its arguments. */
  inputSchema: unknown;
  /** The JSON Schema of its structured answer; null if it says none. */
  outputSchema: unknown;
  /** What it does to the world, as MCP says it; null if it does not say. */
  annotations: unknown;
  /** Pictures for it, as the server gives them; null if it gives none. */
  icons: Array<unknown> | null;
  /** What MCP calls `_meta`: passed on as it is. */
  _meta: unknown;
};

export type ToolCallStatus = "inProgress" | "completed" | "failed";

/** What was chosen or typed for one question. */
export type ToolRequestUserInputAnswer = {
  /** What was chosen, by its label, or typed. */
  answers: Array<string>;
};

/** An answer to choose. */
export type ToolRequestUserInputOption = {
  /** What is chosen. */
  label: string;
  /** What that means. */
  description: string;
};

/** Questions for the user; `item_id` is the id of the model's call. */
export type ToolRequestUserInputParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, by its id. */
  turnId: string;
  /** The call of the model's that asks, by its id. */
  itemId: string;
  /** The questions. */
  questions: Array<ToolRequestUserInputQuestion>;
  /** Whether the turn waits for the answers. */
  isBlocking: boolean;
  /** After how long it goes on without answers, in milliseconds; null for never. */
  autoResolutionMs: number | null;
};

/** A question; with `is_other` the user may answer freely, `is_secret` hides what is typed. */
export type ToolRequestUserInputQuestion = {
  /** Its id. */
  id: string;
  /** What it is about, in few words. */
  header: string;
  /** The question. */
  question: string;
  /** Whether the user may answer in words of their own. */
  isOther: boolean;
  /** Whether what is typed must not be seen. */
  isSecret: boolean;
  /** Answers to choose from; null if any will do. */
  options: Array<ToolRequestUserInputOption> | null;
};

/** The answers by the ids of their questions. */
export type ToolRequestUserInputResponse = {
  /** The answers, by the ids of their questions. */
  answers: Record<string, ToolRequestUserInputAnswer>;
};

export type TrustedContacts = "check" | "skip";

/** One turn; `items_view` says how much of `items` is here. */
export type Turn = {
  /** Its id. */
  id: string;
  /** The turn of the tree's root that led to it, by its id; null for none. */
  rootTurnId: string | null;
  /** Its items, as far as `itemsView` says. */
  items: Array<ThreadItem>;
  /** How much of its items is here: none, the user's and the last of the model's, or all. */
  itemsView: "notLoaded" | "summary" | "full";
  /** How it ended, if it did. */
  status: TurnStatus;
  /** Why it failed; null if it did not. */
  error: TurnError | null;
  /** When it began, in seconds since 1970; null while it has not. */
  startedAt: number | null;
  /** When it ended, in seconds since 1970; null while it has not. */
  completedAt: number | null;
  /** How long it took, in milliseconds; null while it is not over. */
  durationMs: number | null;
};

/** A turn ended: completed, interrupted or failed. */
export type TurnCompletedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn as it ended. */
  turn: Turn;
};

/** A place where turns should work. */
export type TurnEnvironmentParams = {
  /** The place, by its id: `local` is the only one. */
  environmentId: string;
  /** The folder there. */
  cwd: string;
  /** Taken and not used: `cwd` is the only folder of a thread. */
  runtimeWorkspaceRoots?: Array<string> | null;
};

/** An error that a person may read; it holds no secret and no traceback. */
export type TurnError = {
  /** What went wrong, for people. */
  message: string;
  /** The kind of failure, for programs; null if it has none. */
  codexErrorInfo: CodexErrorInfo | null;
  /** What else is known, for people; null for nothing. */
  additionalDetails: string | null;
  /** What a policy refused; null if none did. */
  misalignment: MisalignmentErrorDetails | null;
};

/** The turn to stop. */
export type TurnInterruptParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn that is to end, by its id; it has to be the one that runs. */
  turnId: string;
};

/** The turn has stopped. */
export type TurnInterruptResponse = Record<string, unknown>;

export type TurnItemsView = "notLoaded" | "summary" | "full";

/** What is said to the thread, and what changes from this turn on. */
export type TurnStartParams = {
  /** The thread, by its id; a stored one is taken up and followed. */
  threadId: string;
  /** What is said: one part or more. */
  input: Array<UserInputParam>;
  /** The client's own id for the message, which its item shows as `clientId`; null for none. */
  clientUserMessageId?: string | null;
  /** What a tool gave that no model called: it is said in a tag with the tool's name, in place of `input`; null for none. */
  toolOutput?: TurnToolOutput | null;
  /** Taken and not used: nothing of a client's goes to a provider beside the input. Experimental. */
  responsesapiClientMetadata?: Record<string, string> | null;
  /** Taken and not used: nothing of a client's goes to a provider beside the input. Experimental. */
  responsesapiClientMetadataPatch?: Record<string, string> | null;
  /** What the model is to know beside the input, by name: said ahead of it, unless that was said last under that name; no turn shows it; null for none. Experimental. */
  additionalContext?: Record<string, AdditionalContextEntry> | null;
  /** The place where turns work: one, with the id `local`, whose folder counts from now on; null or none of them leaves it as it is. Experimental. */
  environments?: Array<TurnEnvironmentParams> | null;
  /** Plugins that the thread does without: kept and shown, but the host has none. */
  disabledPluginIds?: Array<string> | null;
  /** The folder from this turn on, from the client's own on; null leaves it as it is. */
  cwd?: string | null;
  /** Taken and not used: `cwd` is the only folder of a thread. Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  /** Which tool calls need an approval from this turn on; null leaves it as it is. */
  approvalPolicy?: AskForApprovalParam | null;
  /** Who is asked for approvals: kept and shown, but here it is always the user. */
  approvalsReviewer?: ApprovalsReviewer | null;
  /** What commands might touch: kept and shown, but the host runs none; null leaves it as it is; not together with `permissions`. */
  sandboxPolicy?: SandboxPolicyParam | null;
  /** A named profile in place of a `sandboxPolicy`, as `permissionProfile/list` has them; null for none. Experimental. */
  permissions?: string | null;
  /** The model from this turn on, not empty; `PROVIDER:MODEL` names its provider, too; null leaves it as it is. */
  model?: string | null;
  /** How its provider serves it from this turn on; null for as it usually does. */
  serviceTier?: string | null;
  /** Taken and not used: `serviceTier` holds from this turn on. */
  serviceTierForTurn?: string | null;
  /** How long the model thinks from this turn on, a word that it knows; null leaves it as it is. */
  effort?: string | null;
  /** Whether what it thinks is summed up from this turn on; null leaves it as it is. */
  summary?: ReasoningSummary | null;
  /** The tone of answers from this turn on; null leaves it as it is. */
  personality?: Personality | null;
  /** The JSON Schema that the last message of this turn has to fit; null, or what is no object, for none. */
  outputSchema?: unknown;
  /** The preset to take over from this turn on, `default` alone: its model, effort and instructions; null leaves these as they are. Experimental. */
  collaborationMode?: CollaborationModeParam | null;
  /** Taken and not used: the configuration says whether a model may start agents. Experimental. */
  multiAgentMode?: MultiAgentMode | null;
  /** Taken and not used: the host takes part in no such program. Experimental. */
  cyberAccessProgram?: CyberAccessProgram | null;
  /** Taken and not used: the log says which turn led to this one. */
  parentTurnId?: string | null;
  /** The turn that led to this one, of any thread, as turns that agents begin have it; null or empty for none. A turn that runs keeps its own. */
  rootTurnId?: string | null;
  /** Taken and not used: the log says who asked for the turn. */
  turnTrigger?: string | null;
  /** This host's own: a key of 1 to 200 characters that the client chose for this request, or null. Within seven days the same client gets the same answer for the same key and params, and nothing is done twice; other params are refused. */
  idempotencyKey?: string | null;
};

/** The turn, in progress and still empty. */
export type TurnStartResponse = {
  /** The turn, in progress and still empty; the one that runs if the input joins that. */
  turn: Turn;
};

/** A turn runs. */
export type TurnStartedNotification = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn, in progress and still empty. */
  turn: Turn;
};

export type TurnStatus = "completed" | "interrupted" | "failed" | "inProgress";

/** What is added, and to which turn. */
export type TurnSteerParams = {
  /** The thread, by its id: a UUID. */
  threadId: string;
  /** The turn that the client thinks is running, by its id; another one is not steered. */
  expectedTurnId: string;
  /** What is said: one part or more. */
  input: Array<UserInputParam>;
  /** The client's own id for the message, which its item shows as `clientId`; null for none. */
  clientUserMessageId?: string | null;
  /** What the model is to know beside the input, by name: said ahead of it, unless that was said last under that name; no turn shows it; null for none. Experimental. */
  additionalContext?: Record<string, AdditionalContextEntry> | null;
  /** Taken and not used: nothing of a client's goes to a provider beside the input. Experimental. */
  responsesapiClientMetadata?: Record<string, string> | null;
  /** Taken and not used: nothing of a client's goes to a provider beside the input. Experimental. */
  responsesapiClientMetadataPatch?: Record<string, string> | null;
};

/** The turn that goes on with it. */
export type TurnSteerResponse = {
  /** The turn that goes on with it, by its id. */
  turnId: string;
};

/** A tool's output that starts a turn in place of a person's words. */
export type TurnToolOutput = {
  /** The tool whose output it is. */
  name: string;
  /** The group that the tool belongs to; null for none. */
  namespace?: string | null;
  /** What the tool gave: a text, or parts of content. */
  output: string | Array<Record<string, unknown>>;
  /** Taken and not used: it stays in the history, as all that is said to a thread. */
  retain?: boolean;
};

/** One page; the cursors lead on and back from it. */
export type TurnsPage = {
  /** The turns, in the order asked for. */
  data: Array<Turn>;
  /** The `cursor` of the page that follows; null where none does. */
  nextCursor: string | null;
  /** The `cursor` that leads back from this page, with the other `sortDirection`; null if it is empty. */
  backwardsCursor: string | null;
};

/** Nothing of the thread has been read. */
export type UnreadFromStart = {
  /** Which variant of the object this is. */
  type: "threadStart";
};

/** The thread has been read up to this turn. */
export type UnreadFromTurn = {
  /** Which variant of the object this is. */
  type: "turn";
  /** The first turn that was not read, by its id. */
  turnId: string;
};

export type UserInput = TextInput | ImageInput | LocalImageInput | AudioInput | LocalAudioInput | SkillInput | MentionInput;

export type UserInputParam = TextInputParam | ImageInputParam | LocalImageInputParam | AudioInputParam | LocalAudioInputParam | SkillInputParam | MentionInputParam;

/** A configuration file, and the profile of it that holds. */
export type UserLayer = {
  /** Which variant of the object this is. */
  type: "user";
  /** The file, by its path. */
  file: string;
  /** The profile of it that holds; null if none does. */
  profile: string | null;
};

/** What a client sent with a turn. */
export type UserMessageItem = {
  /** Which variant of the object this is. */
  type: "userMessage";
  /** Its id. */
  id: string;
  /** The client's own id for the message; null if it gave none. */
  clientId: string | null;
  /** What was said, part by part. */
  content: Array<UserInput>;
  /** When it began, in milliseconds since 1970; null while that is not known. */
  startedAtMs: number | null;
  /** When it ended, in milliseconds since 1970; null while it has not. */
  completedAtMs: number | null;
};

/** The key is in an environment variable. */
export type VariableAuth = {
  /** The variable of the environment that holds the key. */
  envKey: string;
  /** That the key comes from the environment. */
  mode: "environmentVariable";
};

export type Verbosity = "low" | "medium" | "high";

/** Nothing needs to be said. */
export type ViewsRebuildParams = Record<string, unknown>;

/** How far a rebuild is that this connection asked for: events applied, of how many. */
export type ViewsRebuildProgressNotification = {
  /** The id of the request that asked for the rebuild. */
  requestId: string | number;
  /** How many events were applied. */
  done: number;
  /** How many events there are to apply. */
  total: number;
};

/** From how many events they were made, and how many rows of which tables that changed. */
export type ViewsRebuildResponse = {
  /** How many events of the log the lists were made from. */
  events: number;
  /** How many rows were not what the log says, by their table; none where all were. */
  changed: Record<string, number>;
};

/** Something may go worse than expected. */
export type WarningNotification = {
  /** The thread it is about, by its id; null if it is of none. */
  threadId: string | null;
  /** What went otherwise than expected, or may, in a sentence for people. */
  message: string;
};

/** The workspace and the named roots may be written. */
export type WorkspaceWriteSandbox = {
  /** Which variant of the object this is. */
  type: "workspaceWrite";
  /** Folders that may be written beside `cwd`. */
  writableRoots: Array<string>;
  /** Whether commands may use the network: kept and shown, but the host runs none. */
  networkAccess: boolean;
  /** Whether the folder of `TMPDIR` may not be written. */
  excludeTmpdirEnvVar: boolean;
  /** Whether `/tmp` may not be written. */
  excludeSlashTmp: boolean;
};

/** The workspace and the named roots may be written. */
export type WorkspaceWriteSandboxParam = {
  /** Which variant of the object this is. */
  type: "workspaceWrite";
  /** Folders that may be written beside `cwd`. */
  writableRoots?: Array<string>;
  /** Whether commands may use the network: kept and shown, but the host runs none. */
  networkAccess?: boolean;
  /** Whether the folder of `TMPDIR` may not be written. */
  excludeTmpdirEnvVar?: boolean;
  /** Whether `/tmp` may not be written. */
  excludeSlashTmp?: boolean;
};

/** What clients ask. */
export type ClientMethods = {
  /** That there is no account, and that none is needed. */
  "account/read": { params: GetAccountParams; result: GetAccountResponse };
  /** The one preset there is, which changes nothing. */
  "collaborationMode/list": { params: CollaborationModeListParams; result: CollaborationModeListResponse };
  /** Read the servers of the configuration file again; those that stay the same stay connected. */
  "config/mcpServer/reload": { params: undefined; result: McpServerRefreshResponse };
  /** The defaults of a new thread, from the host's start and its configuration file. */
  "config/read": { params: ConfigReadParams; result: ConfigReadResponse };
  /** That no administrator demands anything. */
  "configRequirements/read": { params: undefined; result: ConfigRequirementsReadResponse };
  /** That a folder has no hooks: the host runs none. */
  "hooks/list": { params: HooksListParams; result: HooksListResponse };
  /** Read the configuration file again: what can change while the host runs does, at once. */
  "host/config/reload": { params: undefined; result: ConfigReloadResponse };
  /** What is wrong with the home, or may become so, and what helps; the command looks at more. */
  "host/diagnostics/read": { params: DiagnosticsReadParams; result: DiagnosticsReadResponse };
  /** Notifications of all threads, or those followed: first after a place, then as they come. */
  "host/events/subscribe": { params: EventsSubscribeParams; result: EventsSubscribeResponse };
  /** Hear only of threads that this connection follows. */
  "host/events/unsubscribe": { params: EventsUnsubscribeParams; result: EventsUnsubscribeResponse };
  /** Give a goal more tokens than it has, or has used; if its budget was used up, it goes on. */
  "host/goal/extend": { params: GoalExtendParams; result: GoalExtendResponse };
  /** Give the root of a tree a goal that counts what all threads below use, or make its one so. */
  "host/goal/setTree": { params: GoalSetTreeParams; result: GoalSetTreeResponse };
  /** The holds that cover one thread, or a page of all there are. */
  "host/hold/list": { params: HoldListParams; result: HoldListResponse };
  /** End one hold of a thread; that it was, whose and until when stays in the log. */
  "host/hold/release": { params: HoldReleaseParams; result: HoldReleaseResponse };
  /** Keep a thread, loaded or not, from being deleted by anybody until it is released. */
  "host/hold/set": { params: HoldSetParams; result: HoldSetResponse };
  /** Take in what is not there yet; a repeated call goes on where an earlier one ended. */
  "host/import/codex": { params: ImportCodexParams; result: ImportCodexResponse };
  /** What later threads are told, the note of one thread, and how far all notes are. */
  "host/memory/read": { params: MemoryReadParams; result: MemoryReadResponse };
  /** What the rules would let go of now, and what is due and stays; changes nothing. */
  "host/retention/preview": { params: RetentionPreviewParams; result: RetentionPreviewResponse };
  /** Have the rules let go of what is due, each act under the principal of its rule. */
  "host/retention/run": { params: undefined; result: RetentionRunResponse };
  /** What the host holds and does at this moment, in numbers; this request is among them. */
  "host/stats/read": { params: StatsReadParams; result: StatsReadResponse };
  /** One page of what the host noted of its work for a thread, the oldest first. */
  "host/thread/logs": { params: ThreadLogsParams; result: ThreadLogsResponse };
  /** What deleting a thread would do now; changes nothing. */
  "host/thread/previewDelete": { params: PreviewDeleteParams; result: PreviewDeleteResponse };
  /** Make all lists anew from the log; the old ones are read until they are replaced at once. */
  "host/views/rebuild": { params: ViewsRebuildParams; result: ViewsRebuildResponse };
  /** Open the session; clients read the protocol's version from the user agent. */
  "initialize": { params: InitializeParams; result: InitializeResponse };
  /** End a job before its rows are; those that are worked on are let go, and wait. */
  "job/cancel": { params: JobChangeParams; result: JobResponse };
  /** Begin a job with the rows of a file; it goes on while the rest of the file is read. */
  "job/create": { params: JobCreateParams; result: JobResponse };
  /** Erase a job with all its rows, unless its runner is held; threads of its workers stay. */
  "job/delete": { params: JobReadParams; result: JobDeleteResponse };
  /** Write the rows of a job to a file, as they stand. */
  "job/export": { params: JobExportParams; result: JobExportResponse };
  /** One page of the rows of a job, with what came of each. */
  "job/items/list": { params: JobItemsListParams; result: JobItemsListResponse };
  /** One page of the jobs of this host, the newest first. */
  "job/list": { params: JobListParams; result: JobListResponse };
  /** Begin no more rows of a job; those that are worked on go on. */
  "job/pause": { params: JobChangeParams; result: JobResponse };
  /** A job and how many of its rows stand how. */
  "job/read": { params: JobReadParams; result: JobResponse };
  /** Begin rows of a job again that was paused. */
  "job/resume": { params: JobChangeParams; result: JobResponse };
  /** Work again on what failed of a job, and on what a cancelled one left. */
  "job/retry": { params: JobChangeParams; result: JobResponse };
  /** What a resource of a server holds. */
  "mcpServer/resource/read": { params: McpResourceReadParams; result: McpResourceReadResponse };
  /** Call a tool as the client, with nobody's approval; nothing of it goes into the thread. */
  "mcpServer/tool/call": { params: McpServerToolCallParams; result: McpServerToolCallResponse };
  /** The servers of the configuration, whether they are connected, and what they offer. */
  "mcpServerStatus/list": { params: ListMcpServerStatusParams; result: ListMcpServerStatusResponse };
  /** Throw all memories away; threads are remembered again once they go on, in their modes. */
  "memory/reset": { params: undefined; result: MemoryResetResponse };
  /** Of how many threads the text is made that later ones are given. */
  "memory/status": { params: MemoryStatusParams; result: MemoryStatusResponse };
  /** All models that are known, of the default provider first; a thread may name any other. */
  "model/list": { params: ModelListParams; result: ModelListResponse };
  /** The providers of this host; they are configured where it is started. */
  "modelProvider/list": { params: ModelProviderListParams; result: ModelProviderListResponse };
  /** A profile for each sandbox mode; there are no others. */
  "permissionProfile/list": { params: PermissionProfileListParams; result: PermissionProfileListResponse };
  /** The memory of the process, and what it holds and does; this request is among that. */
  "server/diagnostics": { params: ServerDiagnosticsParams; result: ServerDiagnosticsResponse };
  /** That a folder has no skills: the host looks for none. */
  "skills/list": { params: SkillsListParams; result: SkillsListResponse };
  /** Stop a thread and all below it and put them away; announced root first after the answer. */
  "thread/archive": { params: ThreadArchiveParams; result: ThreadArchiveResponse };
  /** That nothing runs in the background of a thread: the host runs no commands. */
  "thread/backgroundTerminals/list": { params: ThreadBackgroundTerminalsListParams; result: ThreadBackgroundTerminalsListResponse };
  /** Begin a turn that puts a summary in place of the history which a model sees. */
  "thread/compact/start": { params: ThreadCompactStartParams; result: ThreadCompactStartResponse };
  /** Delete a thread and all below it; announced leaf first after the answer. */
  "thread/delete": { params: ThreadDeleteParams; result: ThreadDeleteResponse };
  /** Copy a thread, whole or up to a turn, into one of its own, and follow that. */
  "thread/fork": { params: ThreadForkParams; result: ThreadForkResponse };
  /** Take the goal of a thread away; a turn that runs goes on, and costs it nothing more. */
  "thread/goal/clear": { params: ThreadGoalClearParams; result: ThreadGoalClearResponse };
  /** The goal of a thread, loaded or stored; reading does not load it. */
  "thread/goal/get": { params: ThreadGoalGetParams; result: ThreadGoalGetResponse };
  /** Give a thread a goal, or change the one it has; an active one begins turns by itself. */
  "thread/goal/set": { params: ThreadGoalSetParams; result: ThreadGoalSetResponse };
  /** Add items to what a model sees of a thread, loaded or stored; no turn shows them. */
  "thread/inject_items": { params: ThreadInjectItemsParams; result: ThreadInjectItemsResponse };
  /** One page of items of a thread or of one turn, oldest first unless asked otherwise. */
  "thread/items/list": { params: ThreadItemsListParams; result: ThreadItemsListResponse };
  /** One page of stored threads that had a turn. */
  "thread/list": { params: ThreadListParams; result: ThreadListResponse };
  /** One page of the ids of live threads, by id. */
  "thread/loaded/list": { params: ThreadLoadedListParams; result: ThreadLoadedListResponse };
  /** Allow memories of a thread, loaded or stored; or forbid them, and forget what there is. */
  "thread/memoryMode/set": { params: ThreadMemoryModeSetParams; result: ThreadMemoryModeSetResponse };
  /** Change what is kept about a thread, loaded or stored; it is not loaded for that. */
  "thread/metadata/update": { params: ThreadMetadataUpdateParams; result: ThreadMetadataUpdateResponse };
  /** Give a thread, loaded or stored, another name. */
  "thread/name/set": { params: ThreadSetNameParams; result: ThreadSetNameResponse };
  /** Queue a turn behind those that wait; it begins by itself, at once on an idle thread. */
  "thread/queue/add": { params: ThreadQueueAddParams; result: ThreadQueueAddResponse };
  /** Take back a turn that waits; one that has begun is not touched. */
  "thread/queue/delete": { params: ThreadQueueDeleteParams; result: ThreadQueueDeleteResponse };
  /** One page of the turns that wait on a thread, loaded or stored; the next comes first. */
  "thread/queue/list": { params: ThreadQueueListParams; result: ThreadQueueListResponse };
  /** Choose the order of the turns that wait; every one of them has to be named, once. */
  "thread/queue/reorder": { params: ThreadQueueReorderParams; result: ThreadQueueReorderResponse };
  /** Reword a turn that waits; its place in line stays. */
  "thread/queue/update": { params: ThreadQueueUpdateParams; result: ThreadQueueUpdateResponse };
  /** A thread as it is now, loaded or stored; reading does not load it. */
  "thread/read": { params: ThreadReadParams; result: ThreadReadResponse };
  /** Take a thread up, or join it if it is live, and follow it; an archived one is refused. */
  "thread/resume": { params: ThreadResumeParams; result: ThreadResumeResponse };
  /** Take a turn and all later ones out of a thread; one that runs is interrupted first. */
  "thread/revert": { params: ThreadRevertParams; result: ThreadRevertResponse };
  /** One page of the threads that a list would show and that hold a text. */
  "thread/search": { params: ThreadSearchParams; result: ThreadSearchResponse };
  /** End a `thread/search` of this connection; one that is over, or was never there, is fine. */
  "thread/search/cancel": { params: ThreadSearchCancelParams; result: ThreadSearchCancelResponse };
  /** As `thread/search`; while more is looked for, hits are told in `thread/search/partial`. */
  "thread/search/stream": { params: ThreadSearchParams; result: ThreadSearchResponse };
  /** End a `thread/search/stream` of this connection, likewise. */
  "thread/search/stream/cancel": { params: ThreadSearchCancelParams; result: ThreadSearchCancelResponse };
  /** Change the settings of a thread's next turns; a running one keeps those it began with. */
  "thread/settings/update": { params: ThreadSettingsUpdateParams; result: ThreadSettingsUpdateResponse };
  /** Start a thread and follow it. */
  "thread/start": { params: ThreadStartParams; result: ThreadStartResponse };
  /** One page of turns, newest first unless asked otherwise. */
  "thread/turns/list": { params: ThreadTurnsListParams; result: ThreadTurnsListResponse };
  /** Take one thread out again; those that were put away with it stay where they are. */
  "thread/unarchive": { params: ThreadUnarchiveParams; result: ThreadUnarchiveResponse };
  /** Hear no more of a thread's turns. */
  "thread/unsubscribe": { params: ThreadUnsubscribeParams; result: ThreadUnsubscribeResponse };
  /** End the running turn; a thread that is not loaded has none. */
  "turn/interrupt": { params: TurnInterruptParams; result: TurnInterruptResponse };
  /** Begin a turn, or add to the one that runs; a stored thread is taken up and followed. */
  "turn/start": { params: TurnStartParams; result: TurnStartResponse };
  /** Add input to the running turn, if it is the one that the caller thinks it is. */
  "turn/steer": { params: TurnSteerParams; result: TurnSteerResponse };
};

/** What the host asks. */
export type ServerMethods = {
  /** A call of a tool that the client offered. */
  "item/tool/call": { params: DynamicToolCallParams; result: DynamicToolCallResponse };
  /** Questions for the user; `item_id` is the id of the model's call. */
  "item/tool/requestUserInput": { params: ToolRequestUserInputParams; result: ToolRequestUserInputResponse };
  /** May a tool be called, or what a server wants to know: a form, or a page to go to. */
  "mcpServer/elicitation/request": { params: McpServerElicitationRequestParams; result: McpServerElicitationRequestResponse };
};
