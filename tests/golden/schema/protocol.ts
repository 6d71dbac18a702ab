// Made by `threadhost schema --typescript`; all of it are types.

/** What is kept for one purpose, and how much that may be; null where that has no bound. */
export type AccountStats = {
  usedBytes: number;
  maxBytes: number | null;
};

/** The named profile that the permissions came from. */
export type ActivePermissionProfile = {
  id: string;
  extends: string | null;
};

/** A turn runs, or an answer is waited for. */
export type ActiveStatus = {
  type: "active";
  activeFlags: Array<ThreadActiveFlag>;
};

/** The running turn takes no further input. */
export type ActiveTurnNotSteerable = {
  activeTurnNotSteerable: NotSteerable;
};

/** A fragment of context that the client adds to a turn. */
export type AdditionalContextEntry = {
  value: string;
  kind: "untrusted" | "application";
  name?: string | null;
};

/** A piece of a message that the model is writing. */
export type AgentMessageDeltaNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  delta: string;
};

export type AgentMessageDisplay = ShownAnswer | HiddenAnswer | BlockedAnswer;

/** What the model said; empty while it streams. */
export type AgentMessageItem = {
  type: "agentMessage";
  moderation: AgentMessageModeration | null;
  id: string;
  text: string;
  phase: MessagePhase | null;
  memoryCitation: MemoryCitation | null;
  delivery: "async" | null;
  questions: Array<AsyncUserInputQuestion> | null;
  startedAtMs: number | null;
  completedAtMs: number | null;
  incomplete?: Incomplete;
};

/** A provider's verdict on a message. */
export type AgentMessageModeration = {
  moderated: boolean;
  display: AgentMessageDisplay | null;
};

/** What to show beside an answer. */
export type AnswerAnnotation = {
  kind: "wellbeingHelpline";
  subject: HelplineSubject;
};

/** What to show in the place of an answer. */
export type AnswerReplacement = {
  kind: "wellbeingPromptHelpline";
};

export type ApprovalName = "untrusted" | "on-request" | "never";

export type ApprovalsReviewer = "user" | "auto_review" | "guardian_subagent";

export type AskForApproval = ApprovalName | GranularApproval;

export type AskForApprovalParam = ApprovalName | GranularApprovalParam;

/** A question that a message asks without waiting. */
export type AsyncUserInputQuestion = {
  title: string;
  options: Array<string> | null;
};

/** Sound by reference. */
export type AudioInput = {
  type: "audio";
  url?: string | null;
  fileId?: string | null;
};

/** Sound by reference. */
export type AudioInputParam = {
  type: "audio";
  url?: string | null;
  fileId?: string | null;
};

export type BlockReason = ProtectionBlock | CyberBlock;

/** The answer is not shown. */
export type BlockedAnswer = {
  mode: "block";
  version: 1;
  reason: BlockReason;
};

/** A half-open span of UTF-8 bytes. */
export type ByteRange = {
  start: number;
  end: number;
};

/** The program at the other end. */
export type ClientInfo = {
  name: string;
  title?: string | null;
  version: string;
};

export type ClientNotification = {
  method: "initialized";
};

export type ClientRequest = {
  method: "initialize";
  params: InitializeParams;
  id: RequestId;
} | {
  method: "thread/start";
  params: ThreadStartParams;
  id: RequestId;
} | {
  method: "thread/read";
  params: ThreadReadParams;
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
  method: "thread/resume";
  params: ThreadResumeParams;
  id: RequestId;
} | {
  method: "thread/fork";
  params: ThreadForkParams;
  id: RequestId;
} | {
  method: "thread/archive";
  params: ThreadArchiveParams;
  id: RequestId;
} | {
  method: "thread/unarchive";
  params: ThreadUnarchiveParams;
  id: RequestId;
} | {
  method: "turn/steer";
  params: TurnSteerParams;
  id: RequestId;
} | {
  method: "thread/turns/list";
  params: ThreadTurnsListParams;
  id: RequestId;
} | {
  method: "thread/items/list";
  params: ThreadItemsListParams;
  id: RequestId;
} | {
  method: "thread/name/set";
  params: ThreadSetNameParams;
  id: RequestId;
} | {
  method: "thread/unsubscribe";
  params: ThreadUnsubscribeParams;
  id: RequestId;
} | {
  method: "thread/delete";
  params: ThreadDeleteParams;
  id: RequestId;
} | {
  method: "thread/inject_items";
  params: ThreadInjectItemsParams;
  id: RequestId;
} | {
  method: "thread/queue/add";
  params: ThreadQueueAddParams;
  id: RequestId;
} | {
  method: "thread/queue/list";
  params: ThreadQueueListParams;
  id: RequestId;
} | {
  method: "thread/queue/update";
  params: ThreadQueueUpdateParams;
  id: RequestId;
} | {
  method: "thread/queue/delete";
  params: ThreadQueueDeleteParams;
  id: RequestId;
} | {
  method: "thread/queue/reorder";
  params: ThreadQueueReorderParams;
  id: RequestId;
} | {
  method: "thread/compact/start";
  params: ThreadCompactStartParams;
  id: RequestId;
} | {
  method: "thread/revert";
  params: ThreadRevertParams;
  id: RequestId;
} | {
  method: "turn/start";
  params: TurnStartParams;
  id: RequestId;
} | {
  method: "turn/interrupt";
  params: TurnInterruptParams;
  id: RequestId;
} | {
  method: "thread/metadata/update";
  params: ThreadMetadataUpdateParams;
  id: RequestId;
} | {
  method: "thread/settings/update";
  params: ThreadSettingsUpdateParams;
  id: RequestId;
} | {
  method: "thread/memoryMode/set";
  params: ThreadMemoryModeSetParams;
  id: RequestId;
} | {
  method: "memory/status";
  params: MemoryStatusParams;
  id: RequestId;
} | {
  method: "memory/reset";
  id: RequestId;
} | {
  method: "host/memory/read";
  params: MemoryReadParams;
  id: RequestId;
} | {
  method: "host/hold/set";
  params: HoldSetParams;
  id: RequestId;
} | {
  method: "host/hold/release";
  params: HoldReleaseParams;
  id: RequestId;
} | {
  method: "host/hold/list";
  params: HoldListParams;
  id: RequestId;
} | {
  method: "host/retention/preview";
  params: RetentionPreviewParams;
  id: RequestId;
} | {
  method: "host/retention/run";
  id: RequestId;
} | {
  method: "thread/search";
  params: ThreadSearchParams;
  id: RequestId;
} | {
  method: "thread/search/stream";
  params: ThreadSearchParams;
  id: RequestId;
} | {
  method: "thread/search/cancel";
  params: ThreadSearchCancelParams;
  id: RequestId;
} | {
  method: "thread/search/stream/cancel";
  params: ThreadSearchCancelParams;
  id: RequestId;
} | {
  method: "account/read";
  params: GetAccountParams;
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
  method: "host/config/reload";
  id: RequestId;
} | {
  method: "config/read";
  params: ConfigReadParams;
  id: RequestId;
} | {
  method: "configRequirements/read";
  id: RequestId;
} | {
  method: "permissionProfile/list";
  params: PermissionProfileListParams;
  id: RequestId;
} | {
  method: "collaborationMode/list";
  params: CollaborationModeListParams;
  id: RequestId;
} | {
  method: "skills/list";
  params: SkillsListParams;
  id: RequestId;
} | {
  method: "hooks/list";
  params: HooksListParams;
  id: RequestId;
} | {
  method: "thread/backgroundTerminals/list";
  params: ThreadBackgroundTerminalsListParams;
  id: RequestId;
} | {
  method: "host/diagnostics/read";
  params: DiagnosticsReadParams;
  id: RequestId;
} | {
  method: "host/import/codex";
  params: ImportCodexParams;
  id: RequestId;
} | {
  method: "host/stats/read";
  params: StatsReadParams;
  id: RequestId;
} | {
  method: "host/thread/previewDelete";
  params: PreviewDeleteParams;
  id: RequestId;
} | {
  method: "host/thread/logs";
  params: ThreadLogsParams;
  id: RequestId;
} | {
  method: "thread/goal/set";
  params: ThreadGoalSetParams;
  id: RequestId;
} | {
  method: "thread/goal/get";
  params: ThreadGoalGetParams;
  id: RequestId;
} | {
  method: "thread/goal/clear";
  params: ThreadGoalClearParams;
  id: RequestId;
} | {
  method: "host/goal/setTree";
  params: GoalSetTreeParams;
  id: RequestId;
} | {
  method: "host/goal/extend";
  params: GoalExtendParams;
  id: RequestId;
} | {
  method: "mcpServerStatus/list";
  params: ListMcpServerStatusParams;
  id: RequestId;
} | {
  method: "mcpServer/tool/call";
  params: McpServerToolCallParams;
  id: RequestId;
} | {
  method: "mcpServer/resource/read";
  params: McpResourceReadParams;
  id: RequestId;
} | {
  method: "config/mcpServer/reload";
  id: RequestId;
} | {
  method: "job/create";
  params: JobCreateParams;
  id: RequestId;
} | {
  method: "job/list";
  params: JobListParams;
  id: RequestId;
} | {
  method: "job/read";
  params: JobReadParams;
  id: RequestId;
} | {
  method: "job/items/list";
  params: JobItemsListParams;
  id: RequestId;
} | {
  method: "job/cancel";
  params: JobChangeParams;
  id: RequestId;
} | {
  method: "job/pause";
  params: JobChangeParams;
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
  method: "job/export";
  params: JobExportParams;
  id: RequestId;
} | {
  method: "job/delete";
  params: JobReadParams;
  id: RequestId;
} | {
  method: "host/events/subscribe";
  params: EventsSubscribeParams;
  id: RequestId;
} | {
  method: "host/events/unsubscribe";
  params: EventsUnsubscribeParams;
  id: RequestId;
};

export type CodexErrorInfo = CodexErrorName | HttpConnectionFailed | ResponseStreamConnectionFailed | ResponseStreamDisconnected | ResponseTooManyFailedAttempts | ActiveTurnNotSteerable;

export type CodexErrorName = "contextWindowExceeded" | "sessionBudgetExceeded" | "usageLimitExceeded" | "rateLimitExceeded" | "flexUnavailable" | "serverOverloaded" | "modelNotFound" | "policyCapacityUnavailable" | "cyberPolicy" | "bioPolicy" | "misalignmentPolicyViolation" | "tooManyDenials" | "internalServerError" | "unauthorized" | "badRequest" | "threadRollbackFailed" | "sandboxError" | "other" | "inferenceHookDenied";

/** What a subagent last was seen doing. */
export type CollabAgentState = {
  status: CollabAgentStatus;
  message: string | null;
};

export type CollabAgentStatus = "pendingInit" | "running" | "interrupted" | "completed" | "errored" | "shutdown" | "notFound";

export type CollabAgentTool = "spawnAgent" | "sendInput" | "resumeAgent" | "wait" | "closeAgent" | "sendMessage" | "followupTask" | "interruptAgent" | "listAgents";

/** A call of one of the tools that act on other threads. */
export type CollabAgentToolCallItem = {
  type: "collabAgentToolCall";
  id: string;
  tool: CollabAgentTool;
  status: CollabAgentToolCallStatus;
  senderThreadId: string;
  receiverThreadIds: Array<string>;
  prompt: string | null;
  model: string | null;
  reasoningEffort: string | null;
  agentsStates: Record<string, CollabAgentState>;
  startedAtMs: number | null;
  completedAtMs: number | null;
};

export type CollabAgentToolCallStatus = "inProgress" | "completed" | "failed" | "interrupted";

/** A preset of model, effort and instructions. */
export type CollaborationMode = {
  mode: "plan" | "default";
  settings: ModeSettings;
};

/** All of them. */
export type CollaborationModeListParams = Record<string, unknown>;

/** The presets. */
export type CollaborationModeListResponse = {
  data: Array<CollaborationModeMask>;
};

/** A preset; what is None it leaves as it is. */
export type CollaborationModeMask = {
  name: string;
  mode: "plan" | "default" | null;
  model: string | null;
  reasoning_effort: string | null;
};

/** A preset of model, effort and instructions. */
export type CollaborationModeParam = {
  mode: "plan" | "default";
  settings: ModeSettingsParam;
};

/** A command that ran; `command_actions` is what it was understood to do. */
export type CommandExecutionItem = {
  type: "commandExecution";
  id: string;
  pluginId: string | null;
  scriptPath: string | null;
  command: string;
  cwd: string;
  processId: string | null;
  source: "agent" | "userShell" | "unifiedExecStartup" | "unifiedExecInteraction";
  status: CommandExecutionStatus;
  commandActions: Array<Record<string, unknown>>;
  aggregatedOutput: string | null;
  exitCode: number | null;
  durationMs: number | null;
  startedAtMs: number | null;
  completedAtMs: number | null;
};

export type CommandExecutionStatus = "inProgress" | "completed" | "failed" | "declined";

/** What one place says, without secrets. */
export type ConfigLayer = {
  name: LayerSource;
  version: string;
  config: Record<string, unknown>;
  disabledReason: string | null;
  unusedKeys: Array<string>;
};

/** As seen from which folder, and whether with the layers that it came from. */
export type ConfigReadParams = {
  includeLayers?: boolean;
  cwd?: string | null;
};

/** The configuration, where each key was said, and each place whole, the strongest first. */
export type ConfigReadResponse = {
  config: EffectiveConfig;
  origins: Record<string, LayerMetadata>;
  layers: Array<ConfigLayer> | null;
};

/** The file, which was read again, and a digest of it; keys of it are as it spells them. */
export type ConfigReloadResponse = {
  file: string;
  version: string;
  changed: Array<string>;
  needsRestart: Array<string>;
  unusedKeys: Array<string>;
};

/** What an administrator demands: nothing. */
export type ConfigRequirementsReadResponse = {
  supportsIndependentSpeedModes: boolean | null;
  requirements: null;
};

/** All connections together; `mostUnreadBytes` is what the slowest has not read. */
export type ConnectionsStats = {
  open: number;
  behind: number;
  runningRequests: number;
  waitingRequests: number;
  openQuestions: number;
  waitingNotifications: number;
  unreadMessages: number;
  unreadBytes: number;
  mostUnreadBytes: number;
};

/** The history was compacted; newer clients read the item that says so. */
export type ContextCompactedNotification = {
  threadId: string;
  turnId: string;
};

/** The history before this point was replaced by a summary. */
export type ContextCompactionItem = {
  type: "contextCompaction";
  id: string;
  startedAtMs: number | null;
  completedAtMs: number | null;
  incomplete?: Incomplete;
};

/** A multi-agent mode in the client's own words. */
export type CustomMultiAgentMode = {
  custom: string;
};

/** A thread of a program that gave its own name. */
export type CustomSource = {
  custom: string;
};

export type CyberAccessProgram = "standard" | "daybreakBlue" | "daybreakRed";

/** An answer that would help an attack; whether trusted access would have got it. */
export type CyberBlock = {
  kind: "cyber";
  trustedAccess?: boolean | null;
};

/** The client uses something that will go. */
export type DeprecationNoticeNotification = {
  summary: string;
  details: string | null;
};

/** Something that is not as it should be: what, why, and what helps. */
export type DiagnosticsFinding = {
  area: string;
  severity: "error" | "warning";
  what: string;
  cause: string;
  remedy: string;
};

/** Nothing needs to be said. */
export type DiagnosticsReadParams = Record<string, unknown>;

/** What was found, what the home takes in bytes by cause, and what was not looked at. */
export type DiagnosticsReadResponse = {
  verdict: "healthy" | "warning" | "error";
  findings: Array<DiagnosticsFinding>;
  sizes: Record<string, number>;
  freeBytes: number;
  position: number;
  notLookedAt: Array<string>;
};

/** A tool that the client runs itself; `input_schema` is a JSON Schema. */
export type DynamicFunction = {
  type: "function";
  name: string;
  description: string;
  inputSchema: unknown;
  deferLoading?: boolean;
  annotations?: Record<string, unknown> | null;
};

/** A group of the client's tools under one name. */
export type DynamicNamespace = {
  type: "namespace";
  name: string;
  description: string;
  tools: Array<DynamicFunction>;
};

/** A call of a tool that the client itself offers. */
export type DynamicToolCallItem = {
  type: "dynamicToolCall";
  id: string;
  namespace: string | null;
  tool: string;
  arguments: unknown;
  status: ToolCallStatus;
  contentItems: Array<DynamicToolCallOutput> | null;
  success: boolean | null;
  durationMs: number | null;
  startedAtMs: number | null;
  completedAtMs: number | null;
};

export type DynamicToolCallOutput = OutputText | OutputImage | OutputAudio;

export type DynamicToolCallOutputParam = OutputTextParam | OutputImageParam | OutputAudioParam;

/** A call of a tool that the client offered. */
export type DynamicToolCallParams = {
  threadId: string;
  turnId: string;
  callId: string;
  namespace: string | null;
  tool: string;
  arguments: unknown;
};

/** What the tool said, for the model to see. */
export type DynamicToolCallResponse = {
  contentItems: Array<DynamicToolCallOutputParam>;
  success: boolean;
};

export type DynamicToolSpec = DynamicFunction | DynamicNamespace;

/** The defaults of a new thread, under the names of a configuration file. */
export type EffectiveConfig = {
  model: string;
  model_provider: string;
  approval_policy: AskForApproval;
  approvals_reviewer: ApprovalsReviewer;
  sandbox_mode: SandboxMode;
  cwd: string;
  model_context_window?: number | null;
  model_auto_compact_token_limit?: number | null;
  model_reasoning_effort?: string | null;
  model_reasoning_summary?: ReasoningSummary | null;
  model_verbosity?: Verbosity | null;
  service_tier?: string | null;
  instructions?: string | null;
  developer_instructions?: string | null;
  personality?: Personality | null;
  profile?: string | null;
  turn_timeout_ms?: number | null;
  model_providers?: Record<string, unknown> | null;
};

/** Whether a key is sent along; which one was settled when the host was started. */
export type EndpointAuth = {
  mode: "none" | "externallyConfigured";
};

/** A folder inside an environment. */
export type EnvironmentLocation = {
  type: "environment";
  environmentId: string;
  path: string;
};

/** A turn met an error; `will_retry` says whether it goes on. */
export type ErrorNotification = {
  error: TurnError;
  willRetry: boolean;
  threadId: string;
  turnId: string;
};

export type ErrorResponse = {
  error: {
    code: number;
    message: string;
    data?: unknown;
  };
  id: RequestId | null;
};

/** The last cursor that the client has seen; or the last position, 0 when it has seen none. */
export type EventsSubscribeParams = {
  afterPosition?: number | null;
  afterCursor?: string | null;
  followedOnly?: boolean;
};

/** Which log it is and where it stands, and whether everything after the asked place follows. */
export type EventsSubscribeResponse = {
  position: number;
  oldestPosition: number;
  complete: boolean;
  reason: string | null;
  logId: string;
  cursor: string;
};

/** Nothing needs to be said. */
export type EventsUnsubscribeParams = Record<string, unknown>;

/** No more notifications follow. */
export type EventsUnsubscribeResponse = Record<string, unknown>;

/** Somebody else keeps the sandbox. */
export type ExternalSandbox = {
  type: "externalSandbox";
  networkAccess: "restricted" | "enabled";
};

/** Somebody else keeps the sandbox. */
export type ExternalSandboxParam = {
  type: "externalSandbox";
  networkAccess?: "restricted" | "enabled";
};

/** No sandbox. */
export type FullAccessSandbox = {
  type: "dangerFullAccess";
};

/** No sandbox. */
export type FullAccessSandboxParam = {
  type: "dangerFullAccess";
};

/** Any other endpoint. */
export type GatewayProviderSettings = {
  type: "customGateway";
  auth: EndpointAuth | VariableAuth;
};

/** Whether a token should be made anew before answering. */
export type GetAccountParams = {
  refreshToken?: boolean;
};

/** No account is kept, so nobody has to log in. */
export type GetAccountResponse = {
  account: null;
  userId: string | null;
  requiresOpenaiAuth: boolean;
  workspaceRouting: null;
};

/** The repository a thread was started in. */
export type GitInfo = {
  sha: string | null;
  branch: string | null;
  originUrl: string | null;
};

/** Which thread's goal, and how many tokens it gets beyond what it has or has used. */
export type GoalExtendParams = {
  threadId: string;
  tokens: number;
  idempotencyKey?: string | null;
};

/** The goal as it is now; what threads below used of it, null unless they count. */
export type GoalExtendResponse = {
  goal: ThreadGoal;
  treeTokensUsed: number | null;
};

/** As of `thread/goal/set`, for a goal that counts what all threads below its own use, too. */
export type GoalSetTreeParams = {
  threadId: string;
  objective?: string | null;
  status?: ThreadGoalStatus | null;
  tokenBudget?: number | null;
  idempotencyKey?: string | null;
};

/** The goal as it is now, and what threads below used of it. */
export type GoalSetTreeResponse = {
  goal: ThreadGoal;
  treeTokensUsed: number;
};

/** Approval switched on and off for each kind of question. */
export type GranularApproval = {
  granular: GranularRules;
};

/** Approval switched on and off for each kind of question. */
export type GranularApprovalParam = {
  granular: GranularRulesParam;
};

/** Which kinds of question may be asked at all. */
export type GranularRules = {
  sandbox_approval: boolean;
  rules: boolean;
  skill_approval: boolean;
  request_permissions: boolean;
  mcp_elicitations: boolean;
};

/** Which kinds of question may be asked at all. */
export type GranularRulesParam = {
  sandbox_approval: boolean;
  rules: boolean;
  skill_approval?: boolean;
  request_permissions?: boolean;
  mcp_elicitations: boolean;
};

export type HelplineSubject = "answer" | "prompt";

/** Something else is shown in the place of the answer. */
export type HiddenAnswer = {
  mode: "hide";
  version: 1;
  replacement: AnswerReplacement;
};

/** A hold on a thread, by its matter; who set it, and when (seconds). */
export type Hold = {
  threadId: string;
  matter: string;
  scope: HoldScope;
  reason: string | null;
  setBy: string;
  setAt: number;
};

/** One thread, of which all holds that cover it are given; or which page of all. */
export type HoldListParams = {
  threadId?: string | null;
  cursor?: string | null;
  limit?: number | null;
};

/** Holds by matter and thread, and the cursor of those that follow. */
export type HoldListResponse = {
  data: Array<Hold>;
  nextCursor: string | null;
};

/** Which hold ends, and why. */
export type HoldReleaseParams = {
  threadId: string;
  reason: string;
  matter?: string;
};

/** That hold is over; others of the thread may go on. */
export type HoldReleaseResponse = Record<string, unknown>;

export type HoldScope = "thread" | "tree";

/** What to hold, for which matter, and why; the matter is kept in clear, the reason sealed. */
export type HoldSetParams = {
  threadId: string;
  reason: string;
  matter?: string;
  scope?: "thread" | "tree";
};

/** The hold, as it stands. */
export type HoldSetResponse = {
  hold: Hold;
};

/** The hooks of one folder. */
export type HooksListEntry = {
  cwd: string;
  hooks: Array<unknown>;
  warnings: Array<string>;
  errors: Array<unknown>;
};

/** Of which folders, or of which thread's. */
export type HooksListParams = {
  cwds?: Array<string>;
  threadId?: string | null;
};

/** An entry for each folder, in the order asked for. */
export type HooksListResponse = {
  data: Array<HooksListEntry>;
};

/** The endpoint could not be reached. */
export type HttpConnectionFailed = {
  httpConnectionFailed: HttpFailure;
};

/** The status an endpoint answered, when there was one. */
export type HttpFailure = {
  httpStatusCode: number | null;
};

/** The thread is loaded and has nothing to do. */
export type IdleStatus = {
  type: "idle";
};

export type ImageDetail = "auto" | "low" | "high" | "original";

/** A picture by reference. */
export type ImageInput = {
  type: "image";
  url?: string | null;
  fileId?: string | null;
  detail: ImageDetail | null;
};

/** A picture by reference. */
export type ImageInputParam = {
  type: "image";
  url?: string | null;
  fileId?: string | null;
  detail?: ImageDetail | null;
};

/** The home of codex, as a path on the host's machine; with `dryRun` nothing is recorded. */
export type ImportCodexParams = {
  path: string;
  dryRun?: boolean;
};

/** How it ended; of `left` and `faults` the first that came up, `counts` has all. */
export type ImportCodexResponse = {
  counts: ImportCounts;
  left: Array<ImportLeft>;
  faults: Array<ImportFault>;
};

/** Threads that the home has, and what became of them; `left` counts odd files, too. */
export type ImportCounts = {
  total: number;
  done: number;
  imported: number;
  unchanged: number;
  left: number;
  keptLines: number;
};

/** What a thread goes without: something of a line, counted from 1, or of its whole file. */
export type ImportFault = {
  threadId: string;
  path: string;
  line: number | null;
  why: string;
};

/** A thread that was not taken in, or a file that is of none, and why. */
export type ImportLeft = {
  threadId: string | null;
  path: string;
  why: string;
};

/** How far an import is that this connection asked for; some may be passed over. */
export type ImportProgressNotification = {
  requestId: string | number;
  counts: ImportCounts;
};

export type Incomplete = true | null;

/** What the client asks of this connection. */
export type InitializeCapabilities = {
  experimentalApi?: boolean;
  requestAttestation?: boolean;
  optOutNotificationMethods?: Array<string> | null;
  extensions?: Record<string, unknown> | null;
  mcpServerOpenaiFormElicitation?: boolean;
  explicitGatewayOauth?: boolean;
  requiredHumanApproval?: boolean;
};

/** The first request of a connection. */
export type InitializeParams = {
  clientInfo: ClientInfo;
  capabilities?: InitializeCapabilities | null;
};

/** Name, version and place of this host, which log its positions are of, and which start it is. */
export type InitializeResponse = {
  userAgent: string;
  codexHome: string;
  platformFamily: string;
  platformOs: string;
  logId: string;
  hostEpoch: number;
};

export type InputModality = "text" | "image" | "audio";

/** The item before or behind which a page begins, without the item itself. */
export type ItemAnchor = {
  type: "item";
  itemId: string;
};

/** An item is whole; what it says now counts, whatever the deltas were. */
export type ItemCompletedNotification = {
  item: ThreadItem;
  threadId: string;
  turnId: string;
  contentTokenCount: number | null;
  completedAtMs: number;
};

/** An item began; it is still incomplete. */
export type ItemStartedNotification = {
  item: ThreadItem;
  threadId: string;
  turnId: string;
  startedAtMs: number;
};

/** A job and how many of its rows stand how; times are seconds. */
export type Job = {
  id: string;
  threadId: string;
  name: string;
  status: JobStatus;
  paused: boolean;
  inputComplete: boolean;
  totalItems: number;
  pendingItems: number;
  runningItems: number;
  completedItems: number;
  failedItems: number;
  priority: number;
  error: string | null;
  inputPath: string;
  outputPath: string;
  exports: boolean;
  exportedAt: number | null;
  exportFailed: boolean;
  exportError: string | null;
  createdAt: number;
  updatedAt: number;
  startedAt: number | null;
  completedAt: number | null;
};

/** Which job. */
export type JobChangeParams = {
  jobId: string;
  idempotencyKey?: string | null;
};

/** A job is over; all its rows are, unless it failed or was cancelled. */
export type JobCompletedNotification = {
  jobId: string;
  status: "completed" | "failed" | "cancelled";
  error: string | null;
};

/** A job to begin below a thread; paths count from its folder, and lie below it. */
export type JobCreateParams = {
  threadId: string;
  inputPath: string;
  instruction: string;
  name?: string | null;
  idColumn?: string | null;
  outputPath?: string | null;
  force?: boolean;
  outputSchema?: Record<string, unknown> | null;
  maxConcurrency?: number | null;
  maxRuntimeSeconds?: number | null;
  maxAttempts?: number | null;
  deadlineSeconds?: number | null;
  priority?: number | null;
  idempotencyKey?: string | null;
};

/** A job came to be. */
export type JobCreatedNotification = {
  jobId: string;
  threadId: string;
};

/** It is gone, with its rows. */
export type JobDeleteResponse = Record<string, unknown>;

/** A job is gone. */
export type JobDeletedNotification = {
  jobId: string;
};

/** The rows of a job could not be written, for a reason; it may be tried again. */
export type JobExportFailedNotification = {
  jobId: string;
  reason: string;
};

/** A job, and where its rows are to be written, if not where it says itself. */
export type JobExportParams = {
  jobId: string;
  outputPath?: string | null;
  format?: JobFormat | null;
  force?: boolean;
  escapeFormulas?: boolean;
};

/** What was written. */
export type JobExportResponse = {
  outputPath: string;
  items: number;
};

/** The rows of a job were written to its file. */
export type JobExportedNotification = {
  jobId: string;
  items: number;
};

export type JobFormat = "csv" | "jsonl" | "parquet";

/** A row of a job, whose it is now and what came of it; times are seconds. */
export type JobItem = {
  itemId: string | null;
  rowIndex: number;
  sourceId: string | null;
  status: JobItemStatus;
  assignedThreadId: string | null;
  attemptCount: number;
  lastError: string | null;
  row: Record<string, unknown> | null;
  result: Record<string, unknown> | null;
  createdAt: number;
  updatedAt: number;
  reportedAt: number | null;
  completedAt: number | null;
};

/** A row was given up. */
export type JobItemFailedNotification = {
  jobId: string;
  rowIndex: number;
  error: string;
};

export type JobItemStatus = "pending" | "running" | "completed" | "failed";

/** Which page of the rows of a job, in their order; those of one status, if it is named. */
export type JobItemsListParams = {
  jobId: string;
  cursor?: string | null;
  limit?: number | null;
  status?: JobItemStatus | null;
};

/** One page of rows. */
export type JobItemsListResponse = {
  data: Array<JobItem>;
  nextCursor: string | null;
};

/** Which page of jobs, the newest first; those of one status, if it is named. */
export type JobListParams = {
  cursor?: string | null;
  limit?: number | null;
  status?: JobStatus | null;
};

/** One page of jobs. */
export type JobListResponse = {
  data: Array<Job>;
  nextCursor: string | null;
};

/** How a job stands; at its beginning and end, and at most once a second between them. */
export type JobProgressNotification = {
  jobId: string;
  status: JobStatus;
  totalItems: number;
  pendingItems: number;
  runningItems: number;
  completedItems: number;
  failedItems: number;
  etaSeconds: number | null;
};

/** Which job. */
export type JobReadParams = {
  jobId: string;
};

/** The job as it is now. */
export type JobResponse = {
  job: Job;
};

export type JobStatus = "pending" | "running" | "completed" | "failed" | "cancelled" | "deleting";

/** Where a key comes from; `version` is a digest of what stands there. */
export type LayerMetadata = {
  name: LayerSource;
  version: string;
};

export type LayerSource = UserLayer | SessionFlagsLayer;

/** Which servers, how much of each, and where the page begins. */
export type ListMcpServerStatusParams = {
  cursor?: string | null;
  limit?: number | null;
  detail?: "full" | "toolsAndAuthOnly" | null;
  threadId?: string | null;
  serverName?: string | null;
  environmentId?: string | null;
};

/** One page, in the order of their names. */
export type ListMcpServerStatusResponse = {
  data: Array<McpServerStatus>;
  nextCursor: string | null;
};

/** Sound in a file of this machine. */
export type LocalAudioInput = {
  type: "localAudio";
  path: string;
};

/** Sound in a file of this machine. */
export type LocalAudioInputParam = {
  type: "localAudio";
  path: string;
};

/** A picture in a file of this machine. */
export type LocalImageInput = {
  type: "localImage";
  path: string;
  detail: ImageDetail | null;
};

/** A picture in a file of this machine. */
export type LocalImageInputParam = {
  type: "localImage";
  path: string;
  detail?: ImageDetail | null;
};

/** A log: its newest position, what waits to be on disk, and what of it is in memory. */
export type LogStats = {
  position: number;
  queuedBytes: number;
  followers: number;
  cachedKeys: number;
  memoryBytes: number;
};

/** Where the tool's own user interface is, and how it wants to be shown. */
export type McpAppUi = {
  resourceUri: string;
  preferredModelDisplayMode: "inline" | "fullscreen";
};

export type McpAuthStatus = "unknown" | "unsupported" | "notLoggedIn" | "bearerToken" | "oAuth";

/** A resource of a server. */
export type McpResourceReadParams = {
  server: string;
  uri: string;
  threadId?: string | null;
  environmentId?: string | null;
  connectorId?: string | null;
  originCallId?: string | null;
  target?: Record<string, unknown> | null;
  _meta?: Record<string, unknown> | null;
};

/** What it holds, each part as text or as base64. */
export type McpResourceReadResponse = {
  contents: Array<Record<string, unknown>>;
  originCallId: string | null;
};

export type McpServerConnectionStatus = "notStarted" | "starting" | "connected" | "authenticationRequired" | "failed" | "cancelled" | "disabled";

/** May a tool be called, or what a server wants to know: a form, or a page to go to. */
export type McpServerElicitationRequestParams = {
  threadId: string;
  turnId: string | null;
  serverName: string;
  environmentId: string | null;
  mode: "form" | "url";
  _meta: Record<string, unknown> | null;
  message: string;
  requestedSchema?: Record<string, unknown> | null;
  url?: string | null;
  elicitationId?: string | null;
};

/** What the user decided, with what was filled in; `_meta.persist` says for how long. */
export type McpServerElicitationRequestResponse = {
  action: "accept" | "decline" | "cancel";
  content?: Record<string, unknown> | null;
  _meta?: Record<string, unknown> | null;
};

/** What a server calls itself. */
export type McpServerInfo = {
  name: string;
  version: string;
  title: string | null;
  description: string | null;
  icons: Array<unknown> | null;
  websiteUrl: string | null;
};

/** The configuration was read again. */
export type McpServerRefreshResponse = Record<string, unknown>;

export type McpServerStartupState = "starting" | "ready" | "failed" | "cancelled";

/** One server of the configuration: whether it is connected, and what it offers. */
export type McpServerStatus = {
  name: string;
  environmentId: string | null;
  pluginId: string | null;
  runtimeStatus: McpServerConnectionStatus | null;
  serverInfo: McpServerInfo | null;
  serverCapabilities: unknown;
  tools: Record<string, Tool>;
  toolsError: string | null;
  toolListMeta: unknown;
  resources: Array<Resource>;
  resourceTemplates: Array<ResourceTemplate>;
  authStatus: McpAuthStatus;
  httpOrigin: string | null;
};

/** A server starts, is ready, or failed; with a thread, as that one began. */
export type McpServerStatusUpdatedNotification = {
  threadId: string | null;
  name: string;
  environmentId: string | null;
  status: McpServerStartupState;
  error: string | null;
  failureReason: "reauthenticationRequired" | null;
};

/** A tool that a client calls by itself, on behalf of a thread. */
export type McpServerToolCallParams = {
  threadId: string;
  server: string;
  tool: string;
  arguments?: Record<string, unknown> | null;
  _meta?: Record<string, unknown> | null;
  environmentId?: string | null;
};

/** What the tool answered. */
export type McpServerToolCallResponse = {
  content: Array<unknown>;
  structuredContent: unknown;
  isError: boolean | null;
  _meta: unknown;
};

/** The connector behind an MCP tool. */
export type McpToolCallAppContext = {
  connectorId: string;
  linkId: string | null;
  resourceUri: string | null;
  appName: string | null;
  actionName: string | null;
};

/** Why an MCP tool did not answer. */
export type McpToolCallError = {
  message: string;
};

/** A call of a tool that an MCP server offers. */
export type McpToolCallItem = {
  type: "mcpToolCall";
  id: string;
  server: string;
  environmentId: string | null;
  tool: string;
  status: ToolCallStatus;
  arguments: unknown;
  appContext: McpToolCallAppContext | null;
  mcpAppResourceUri?: string | null;
  mcpAppUi: McpAppUi | null;
  pluginId: string | null;
  readOnlyHint: boolean | null;
  result: McpToolCallResult | null;
  error: McpToolCallError | null;
  durationMs: number | null;
  startedAtMs: number | null;
  completedAtMs: number | null;
};

/** A server said how far a call has come. */
export type McpToolCallProgressNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  message: string;
};

/** What an MCP tool answered, block by block. */
export type McpToolCallResult = {
  content: Array<unknown>;
  structuredContent: unknown;
  _meta: unknown;
};

/** The memories that an answer leans on. */
export type MemoryCitation = {
  entries: Array<MemoryCitationEntry>;
  threadIds: Array<string>;
};

/** Lines of a memory file that an answer leans on. */
export type MemoryCitationEntry = {
  path: string;
  lineStart: number;
  lineEnd: number;
  note: string;
};

/** A thread, or none. */
export type MemoryReadParams = {
  threadId?: string | null;
};

/** What later threads are told, and the note of the thread that was asked for. */
export type MemoryReadResponse = {
  enabled: boolean;
  text: string | null;
  note: string | null;
  states: Record<string, number>;
};

/** No memory is left. */
export type MemoryResetResponse = Record<string, unknown>;

/** Of how many threads the text for later ones has to be made to be called ready. */
export type MemoryStatusParams = {
  minConsolidatedThreads?: number | null;
};

/** Of how many threads that text is made, and whether these are enough. */
export type MemoryStatusResponse = {
  v2ConsolidatedThreads: number;
  v2Ready: boolean;
};

/** A file or an app that the text speaks of. */
export type MentionInput = {
  type: "mention";
  name: string;
  path: string;
};

/** A file or an app that the text speaks of. */
export type MentionInputParam = {
  type: "mention";
  name: string;
  path: string;
};

export type MessagePhase = "commentary" | "partial_answer" | "final_answer";

/** What a policy refused, and why. */
export type MisalignmentErrorDetails = {
  errorType: string | null;
  reviewTarget: string | null;
  detailedExplanation: string | null;
  steer: MisalignmentSteer | null;
};

/** What a client may tell the model instead. */
export type MisalignmentSteer = {
  message: string;
};

/** What a collaboration mode sets. */
export type ModeSettings = {
  model: string;
  reasoning_effort: string | null;
  developer_instructions: string | null;
};

/** What a collaboration mode sets. */
export type ModeSettingsParam = {
  model: string;
  reasoning_effort?: string | null;
  developer_instructions?: string | null;
};

/** A model as clients offer it to people. */
export type Model = {
  id: string;
  model: string;
  upgrade: string | null;
  upgradeInfo: null;
  availabilityNux: null;
  displayName: string;
  description: string;
  modelSpecialty: string | null;
  hidden: boolean;
  supportedReasoningEfforts: Array<ReasoningEffortOption>;
  defaultReasoningEffort: string;
  inputModalities: Array<InputModality>;
  supportsPersonality: boolean;
  multiAgentVersion: null;
  additionalSpeedTiers: Array<string>;
  serviceTiers: Array<ModelServiceTier>;
  defaultServiceTier: string | null;
  availableAccessPrograms: null;
  isDefault: boolean;
  modelProvider: string | null;
  contextWindow: number | null;
};

/** Which models, from where, and how many. */
export type ModelListParams = {
  cursor?: string | null;
  limit?: number | null;
  includeHidden?: boolean | null;
  modelProvider?: string | null;
};

/** One page of models. */
export type ModelListResponse = {
  data: Array<Model>;
  nextCursor: string | null;
};

/** All of them. */
export type ModelProviderListParams = Record<string, unknown>;

/** The providers, and which one a thread has that names none. */
export type ModelProviderListResponse = {
  data: Array<ModelProviderSummary>;
  defaultProviderId: string;
  canChangeDefault: boolean;
};

/** A provider of models; `base_url` None is not for display. */
export type ModelProviderSummary = {
  id: string;
  name: string;
  canEdit: boolean;
  baseUrl: string | null;
  settings: ProviderSettings;
};

/** A tier of service that a model comes in. */
export type ModelServiceTier = {
  id: string;
  name: string;
  description: string;
};

export type MultiAgentMode = MultiAgentName | CustomMultiAgentMode;

export type MultiAgentName = "explicitRequestOnly" | "proactive";

/** Who hears what; `untoldEvents` are in the log and not told yet. */
export type NewsStats = {
  initialized: number;
  subscribed: number;
  followedThreads: number;
  followers: number;
  awaitedThreads: number;
  liveItems: number;
  untoldEvents: number;
};

export type NonSteerableTurnKind = "review" | "compact";

/** The thread is stored and has no actor. */
export type NotLoadedStatus = {
  type: "notLoaded";
};

/** The kind of turn that takes no further input. */
export type NotSteerable = {
  turnKind: NonSteerableTurnKind;
};

/** OpenAI's own endpoint. */
export type OpenaiProviderSettings = {
  type: "openai";
};

/** A subagent with a label and no parent in the tree. */
export type OtherSubAgentSource = {
  other: string;
};

/** Sound that a client's tool answered. */
export type OutputAudio = {
  type: "inputAudio";
  audioUrl: string;
};

/** Sound that a client's tool answered. */
export type OutputAudioParam = {
  type: "inputAudio";
  audioUrl: string;
};

/** A picture that a client's tool answered. */
export type OutputImage = {
  type: "inputImage";
  imageUrl: string;
};

/** A picture that a client's tool answered. */
export type OutputImageParam = {
  type: "inputImage";
  imageUrl: string;
};

/** Text that a client's tool answered. */
export type OutputText = {
  type: "inputText";
  text: string;
};

/** Text that a client's tool answered. */
export type OutputTextParam = {
  type: "inputText";
  text: string;
};

/** From where, how many, and as seen from which folder. */
export type PermissionProfileListParams = {
  cursor?: string | null;
  limit?: number | null;
  cwd?: string | null;
};

/** One page of profiles. */
export type PermissionProfileListResponse = {
  data: Array<PermissionProfileSummary>;
  nextCursor: string | null;
};

/** A profile, and whether it may be chosen. */
export type PermissionProfileSummary = {
  id: string;
  description: string | null;
  allowed: boolean;
};

export type Personality = "none" | "friendly" | "pragmatic";

/** A plan that the model wrote down. */
export type PlanItem = {
  type: "plan";
  id: string;
  text: string;
  startedAtMs: number | null;
  completedAtMs: number | null;
};

/** How much would go, over all targets. */
export type PreviewCounts = {
  threads: number;
  live: number;
  busy: number;
  ephemeral: number;
  turns: number;
  items: number;
  files: number;
};

/** The root of the tree in question. */
export type PreviewDeleteParams = {
  threadId: string;
};

/** The plan: targets breadth first, and their ids in the order of deletion, leaf first. */
export type PreviewDeleteResponse = {
  targets: Array<PreviewTarget>;
  deleteOrder: Array<string>;
  counts: PreviewCounts;
  files: Array<PreviewFile>;
  survivingForks: Array<string>;
  holds: Array<PreviewHold>;
};

/** One file that would be removed; `name` is relative to the host's home. */
export type PreviewFile = {
  threadId: string;
  name: string;
};

/** A legal hold that is in the way. */
export type PreviewHold = {
  threadId: string;
  matter: string;
};

/** One thread that would go; `edge` is how it hangs on its parent, null for the root. */
export type PreviewTarget = {
  threadId: string;
  depth: number;
  parentThreadId: string | null;
  live: boolean;
  busy: boolean;
  ephemeral: boolean;
  forkedFromId: string | null;
  edge: "open" | "closed" | null;
};

/** An answer that a protection held back. */
export type ProtectionBlock = {
  kind: "protection";
  protectionType: string;
};

export type ProviderSettings = OpenaiProviderSettings | GatewayProviderSettings;

/** What a turn will begin with, and the id of that turn to be. */
export type QueuedSubmission = {
  id: string;
  input: Array<UserInput>;
  clientUserMessageId: string;
  responsesapiClientMetadata: Record<string, string> | null;
};

/** Everything may be read, nothing written. */
export type ReadOnlySandbox = {
  type: "readOnly";
  networkAccess: boolean;
};

/** Everything may be read, nothing written. */
export type ReadOnlySandboxParam = {
  type: "readOnly";
  networkAccess?: boolean;
};

/** An effort that a model can be asked for. */
export type ReasoningEffortOption = {
  reasoningEffort: string;
  description: string;
};

/** What the model thought: its summary, and the text where the provider gives it. */
export type ReasoningItem = {
  type: "reasoning";
  id: string;
  summary: Array<string>;
  content: Array<string>;
  startedAtMs: number | null;
  completedAtMs: number | null;
  incomplete?: Incomplete;
};

export type ReasoningSummary = "auto" | "concise" | "detailed" | "none";

/** A further part of the summary of what a model thinks begins. */
export type ReasoningSummaryPartAddedNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  summaryIndex: number;
};

/** A piece of the summary of what a model thinks. */
export type ReasoningSummaryTextDeltaNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  delta: string;
  summaryIndex: number;
};

/** A piece of what a model thinks, where its provider shows that. */
export type ReasoningTextDeltaNotification = {
  threadId: string;
  turnId: string;
  itemId: string;
  delta: string;
  contentIndex: number;
};

export type RequestId = string | number;

/** Something that a server lets be read. */
export type Resource = {
  name: string;
  uri: string;
  title: string | null;
  description: string | null;
  mimeType: string | null;
  size: number | null;
  annotations: unknown;
  icons: Array<unknown> | null;
  _meta: unknown;
};

/** How the names of some resources are made. */
export type ResourceTemplate = {
  name: string;
  uriTemplate: string;
  title: string | null;
  description: string | null;
  mimeType: string | null;
  annotations: unknown;
};

export type Response = {
  id: RequestId;
  result: Record<string, unknown>;
};

/** The response stream could not be opened. */
export type ResponseStreamConnectionFailed = {
  responseStreamConnectionFailed: HttpFailure;
};

/** The response stream broke before its end. */
export type ResponseStreamDisconnected = {
  responseStreamDisconnected: HttpFailure;
};

/** All attempts were used up. */
export type ResponseTooManyFailedAttempts = {
  responseTooManyFailedAttempts: HttpFailure;
};

/** Threads that are due together: their root, by which rule and why; times are seconds. */
export type RetentionDue = {
  threadId: string;
  rule: string;
  of: RetentionOf;
  why: string;
  threads: number;
  bytes: number;
  activeAt: number;
  stays: string | null;
};

export type RetentionOf = "threads" | "trees" | "ephemeral";

/** How many to name at most, 1,000 where nothing is said. */
export type RetentionPreviewParams = {
  limit?: number | null;
};

/** What is due now, the first of it by name; the totals are of all of which nothing stays. */
export type RetentionPreviewResponse = {
  rules: Array<string>;
  data: Array<RetentionDue>;
  more: boolean;
  threads: number;
  bytes: number;
};

/** What went, and what of all that was due stays; the first of these by name. */
export type RetentionRunResponse = {
  threads: number;
  bytes: number;
  data: Array<RetentionDue>;
  more: boolean;
};

export type SandboxMode = "read-only" | "workspace-write" | "danger-full-access";

export type SandboxPolicy = ReadOnlySandbox | WorkspaceWriteSandbox | FullAccessSandbox | ExternalSandbox;

export type SandboxPolicyParam = ReadOnlySandboxParam | WorkspaceWriteSandboxParam | FullAccessSandboxParam | ExternalSandboxParam;

/** A capability root that the hosting platform chose for a thread. */
export type SelectedCapabilityRoot = {
  id: string;
  location: EnvironmentLocation;
};

export type ServerNotification = {
  method: "error";
  params: ErrorNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "warning";
  params: WarningNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "deprecationNotice";
  params: DeprecationNoticeNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/started";
  params: ThreadStartedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/status/changed";
  params: ThreadStatusChangedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/deleted";
  params: ThreadDeletedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/closed";
  params: ThreadClosedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/archived";
  params: ThreadArchivedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/unarchived";
  params: ThreadUnarchivedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/name/updated";
  params: ThreadNameUpdatedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/reverted";
  params: ThreadRevertedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/queue/changed";
  params: ThreadQueueChangedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/goal/updated";
  params: ThreadGoalUpdatedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/goal/cleared";
  params: ThreadGoalClearedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/tokenUsage/updated";
  params: ThreadTokenUsageUpdatedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/settings/updated";
  params: ThreadSettingsUpdatedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/search/partial";
  params: ThreadSearchPartialNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "host/import/progress";
  params: ImportProgressNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "turn/started";
  params: TurnStartedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "item/started";
  params: ItemStartedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "item/agentMessage/delta";
  params: AgentMessageDeltaNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "item/reasoning/summaryPartAdded";
  params: ReasoningSummaryPartAddedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "item/reasoning/summaryTextDelta";
  params: ReasoningSummaryTextDeltaNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "item/reasoning/textDelta";
  params: ReasoningTextDeltaNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "item/completed";
  params: ItemCompletedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "thread/compacted";
  params: ContextCompactedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "turn/completed";
  params: TurnCompletedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "serverRequest/resolved";
  params: ServerRequestResolvedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "mcpServer/startupStatus/updated";
  params: McpServerStatusUpdatedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "item/mcpToolCall/progress";
  params: McpToolCallProgressNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "job/created";
  params: JobCreatedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "job/progress";
  params: JobProgressNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "job/item/failed";
  params: JobItemFailedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "job/completed";
  params: JobCompletedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "job/exported";
  params: JobExportedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "job/export/failed";
  params: JobExportFailedNotification;
  emittedAtMs: number;
  position?: number;
} | {
  method: "job/deleted";
  params: JobDeletedNotification;
  emittedAtMs: number;
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
  threadId: string;
  requestId: string | number;
};

/** What the host was told at its start, in its command line or its environment. */
export type SessionFlagsLayer = {
  type: "sessionFlags";
};

export type SessionName = "cli" | "vscode" | "exec" | "appServer" | "unknown";

export type SessionSource = SessionName | CustomSource | SubAgentSessionSource;

/** The answer is shown, perhaps with something beside it. */
export type ShownAnswer = {
  mode: "show";
  version: 1;
  annotation?: AnswerAnnotation | null;
  trustedContacts: TrustedContacts;
};

/** A skill to use. */
export type SkillInput = {
  type: "skill";
  name: string;
  path: string;
};

/** A skill to use. */
export type SkillInputParam = {
  type: "skill";
  name: string;
  path: string;
};

/** The skills of one folder. */
export type SkillsListEntry = {
  cwd: string;
  skills: Array<unknown>;
  errors: Array<unknown>;
};

/** Of which folders; of the host's own if none is named. */
export type SkillsListParams = {
  cwds?: Array<string>;
  forceReload?: boolean;
};

/** An entry for each folder, in the order asked for. */
export type SkillsListResponse = {
  data: Array<SkillsListEntry>;
};

export type SortDirection = "asc" | "desc";

/** Nothing needs to be said. */
export type StatsReadParams = Record<string, unknown>;

/** The host; news lags behind by `log.position` less `toldPosition`, views never do. */
export type StatsReadResponse = {
  log: LogStats;
  toldPosition: number;
  memoryLog: LogStats;
  threads: ThreadStats;
  connections: ConnectionsStats;
  news: NewsStats;
  requests: AccountStats;
  unread: AccountStats;
  preparedBytes: number;
};

/** Something that happened to a subagent of this thread. */
export type SubAgentActivityItem = {
  type: "subAgentActivity";
  model: string | null;
  reasoningEffort: string | null;
  id: string;
  kind: SubAgentActivityKind;
  agentThreadId: string;
  agentPath: string;
  startedAtMs: number | null;
  completedAtMs: number | null;
};

export type SubAgentActivityKind = "started" | "interacted" | "interrupted" | "completed";

export type SubAgentName = "review" | "compact" | "memory_consolidation";

/** A thread that runs on behalf of another. */
export type SubAgentSessionSource = {
  subAgent: SubAgentSource;
};

export type SubAgentSource = SubAgentName | ThreadSpawnSource | OtherSubAgentSource;

/** The thread failed and waits for its next turn. */
export type SystemErrorStatus = {
  type: "systemError";
};

/** A span of the text that a client draws in its own way. */
export type TextElement = {
  byteRange: ByteRange;
  placeholder: string | null;
};

/** A span of the text that a client draws in its own way. */
export type TextElementParam = {
  byteRange: ByteRange;
  placeholder?: string | null;
};

/** Plain text. */
export type TextInput = {
  type: "text";
  text: string;
  text_elements: Array<TextElement>;
};

/** Plain text. */
export type TextInputParam = {
  type: "text";
  text: string;
  text_elements?: Array<TextElementParam>;
};

/** One thread; `turns` is filled only where a method promises it. */
export type Thread = {
  id: string;
  environments: Array<ThreadEnvironment> | null;
  extra: Record<string, unknown> | null;
  sessionId: string;
  forkedFromId: string | null;
  attachedToThreadId: string | null;
  parentThreadId: string | null;
  preview: string;
  ephemeral: boolean;
  section: ThreadSection | null;
  sectionEnteredAt: number | null;
  projectId: string | null;
  historyMode: "legacy" | "paginated";
  modelProvider: string;
  model: string | null;
  reasoningEffort: string | null;
  createdAt: number;
  updatedAt: number;
  recencyAt: number | null;
  status: ThreadStatus;
  path: string | null;
  cwd: string;
  cliVersion: string;
  originator: string | null;
  source: SessionSource;
  canAcceptDirectInput: boolean | null;
  threadSource: string | null;
  agentNickname: string | null;
  agentRole: string | null;
  gitInfo: GitInfo | null;
  name: string | null;
  daybreakEnabled: boolean | null;
  turns: Array<Turn>;
};

export type ThreadActiveFlag = "waitingOnApproval" | "waitingOnUserInput";

/** The thread to put away, with all below it. */
export type ThreadArchiveParams = {
  threadId: string;
};

/** They are out of sight. */
export type ThreadArchiveResponse = Record<string, unknown>;

/** A thread was put away. */
export type ThreadArchivedNotification = {
  threadId: string;
};

/** Of which thread, from where, and how many. */
export type ThreadBackgroundTerminalsListParams = {
  threadId: string;
  cursor?: string | null;
  limit?: number | null;
};

/** One page of them; nothing runs here. */
export type ThreadBackgroundTerminalsListResponse = {
  data: Array<unknown>;
  nextCursor: string | null;
};

/** A thread was unloaded because nobody followed it. */
export type ThreadClosedNotification = {
  threadId: string;
};

/** The thread whose history is long; `idempotency_key` is this host's own. */
export type ThreadCompactStartParams = {
  threadId: string;
  idempotencyKey?: string | null;
};

/** The model is at work on it, in a turn. */
export type ThreadCompactStartResponse = Record<string, unknown>;

/** The root of the tree to delete. */
export type ThreadDeleteParams = {
  threadId: string;
  idempotencyKey?: string | null;
};

/** The whole tree is gone. */
export type ThreadDeleteResponse = Record<string, unknown>;

/** A thread is gone for good. */
export type ThreadDeletedNotification = {
  threadId: string;
};

/** A place where a loaded thread works. */
export type ThreadEnvironment = {
  environmentId: string;
  cwd: string;
  runtimeWorkspaceRoots: Array<string>;
};

/** Which thread, up to where, and what the fork does otherwise. */
export type ThreadForkParams = {
  threadId: string;
  /** Experimental. */
  path?: string | null;
  model?: string | null;
  modelProvider?: string | null;
  serviceTier?: string | null;
  cwd?: string | null;
  /** Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  approvalPolicy?: AskForApprovalParam | null;
  approvalsReviewer?: ApprovalsReviewer | null;
  sandbox?: SandboxMode | null;
  /** Experimental. */
  permissions?: string | null;
  config?: Record<string, unknown> | null;
  baseInstructions?: string | null;
  developerInstructions?: string | null;
  excludeTurns?: boolean;
  lastTurnId?: string | null;
  /** Experimental. */
  beforeTurnId?: string | null;
  ephemeral?: boolean;
  threadSource?: string | null;
  /** Experimental. */
  attachToSource?: boolean;
  /** Experimental. */
  deferGoalContinuation?: boolean;
  /** Experimental. */
  experimentalPredictionMode?: boolean;
  /** Experimental. */
  experimentalDisablePredictionMcp?: boolean;
  idempotencyKey?: string | null;
};

/** The fork, loaded and idle. */
export type ThreadForkResponse = {
  thread: Thread;
  model: string;
  modelProvider: string;
  serviceTier: string | null;
  disabledPluginIds: Array<string>;
  cwd: string;
  runtimeWorkspaceRoots: Array<string>;
  instructionSources: Array<string>;
  approvalPolicy: AskForApproval;
  approvalsReviewer: ApprovalsReviewer;
  sandbox: SandboxPolicy;
  activePermissionProfile: ActivePermissionProfile | null;
  reasoningEffort: string | null;
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
};

/** A goal and what it has cost; times are seconds. */
export type ThreadGoal = {
  threadId: string;
  objective: string;
  status: ThreadGoalStatus;
  tokenBudget: number | null;
  tokensUsed: number;
  timeUsedSeconds: number;
  createdAt: number;
  updatedAt: number;
};

/** Which thread. */
export type ThreadGoalClearParams = {
  threadId: string;
  origin?: ThreadGoalMutationOrigin | null;
};

/** Whether there was one. */
export type ThreadGoalClearResponse = {
  cleared: boolean;
};

/** A thread has no goal. */
export type ThreadGoalClearedNotification = {
  threadId: string;
};

/** Which thread. */
export type ThreadGoalGetParams = {
  threadId: string;
};

/** The goal, if there is one. */
export type ThreadGoalGetResponse = {
  goal: ThreadGoal | null;
  treeTokensUsed: number | null;
};

export type ThreadGoalMutationOrigin = "user" | "automatic";

/** What is to be changed; a budget that is null is taken away: ask `model_fields_set`. */
export type ThreadGoalSetParams = {
  threadId: string;
  objective?: string | null;
  status?: ThreadGoalStatus | null;
  tokenBudget?: number | null;
  origin?: ThreadGoalMutationOrigin | null;
};

/** The goal as it is now. */
export type ThreadGoalSetResponse = {
  goal: ThreadGoal;
};

export type ThreadGoalStatus = "active" | "paused" | "blocked" | "usageLimited" | "budgetLimited" | "complete";

/** A goal is not what it was; `turn_id` is that of the turn in which that came about. */
export type ThreadGoalUpdatedNotification = {
  threadId: string;
  turnId: string | null;
  goal: ThreadGoal;
  nextTurnAtMs: number | null;
  treeTokensUsed: number | null;
};

export type ThreadHistoryMode = "legacy" | "paginated";

/** The items, oldest first; `idempotency_key` is this host's own. */
export type ThreadInjectItemsParams = {
  threadId: string;
  items: Array<unknown>;
  idempotencyKey?: string | null;
};

/** The items are in the history. */
export type ThreadInjectItemsResponse = Record<string, unknown>;

export type ThreadItem = UserMessageItem | AgentMessageItem | PlanItem | ReasoningItem | CommandExecutionItem | McpToolCallItem | DynamicToolCallItem | CollabAgentToolCallItem | SubAgentActivityItem | ContextCompactionItem;

/** An item, its turn, and when it began and ended (milliseconds since the epoch). */
export type ThreadItemEntry = {
  turnId: string;
  item: ThreadItem;
  outputDeferred?: boolean;
  startedAtMs: number | null;
  completedAtMs: number | null;
};

/** Which outputs may be left out; this host's items are small and never are. */
export type ThreadItemOutputDeferral = {
  commandExecution?: boolean;
  mcpToolCall?: boolean;
};

export type ThreadItemsListCursor = string | ItemAnchor;

/** Whose items, of which turn, from where, oldest first unless asked otherwise. */
export type ThreadItemsListParams = {
  threadId: string;
  turnId?: string | null;
  cursor?: ThreadItemsListCursor | null;
  limit?: number | null;
  sortDirection?: SortDirection | null;
  deferOutput?: ThreadItemOutputDeferral | null;
};

/** One page; the cursors lead on and back from it. */
export type ThreadItemsListResponse = {
  data: Array<ThreadItemEntry>;
  nextCursor: string | null;
  backwardsCursor: string | null;
};

/** Which threads, in what order, from where. */
export type ThreadListParams = {
  cursor?: string | null;
  limit?: number | null;
  sortKey?: ThreadSortKey | null;
  sortDirection?: SortDirection | null;
  modelProviders?: Array<string> | null;
  sourceKinds?: Array<ThreadSourceKind> | null;
  originators?: Array<string> | null;
  archived?: boolean | null;
  sectionId?: string | null;
  /** Experimental. */
  projectId?: string | null;
  cwd?: string | Array<string> | null;
  useStateDbOnly?: boolean;
  searchTerm?: string | null;
  /** Experimental. */
  parentThreadId?: string | null;
  /** Experimental. */
  ancestorThreadId?: string | null;
  /** Experimental. */
  attachedToThreadId?: string | null;
  /** Experimental. */
  includeAttachedThreads?: boolean;
  includedThreadIds?: Array<string> | null;
  excludedThreadIds?: Array<string> | null;
  currentAccountOnly?: boolean;
};

/** One page; the cursors lead on and back from it. */
export type ThreadListResponse = {
  data: Array<Thread>;
  readStates: Record<string, ThreadReadState> | null;
  nextCursor: string | null;
  backwardsCursor: string | null;
};

/** From where, and how many. */
export type ThreadLoadedListParams = {
  cursor?: string | null;
  limit?: number | null;
};

/** One page of the ids of loaded threads. */
export type ThreadLoadedListResponse = {
  data: Array<string>;
  nextCursor: string | null;
};

/** One line: nothing in it was said by a client or a model. */
export type ThreadLogLine = {
  seq: number;
  atMs: number;
  level: "info" | "warn" | "error";
  event: string;
  turnId: string | null;
  version: number;
  details: Record<string, unknown>;
};

/** A thread, live or stored; `cursor` is the `nextCursor` of the page before. */
export type ThreadLogsParams = {
  threadId: string;
  cursor?: string | null;
  limit?: number | null;
};

/** A page, the oldest line first; `nextCursor` is null at the end of what there is. */
export type ThreadLogsResponse = {
  data: Array<ThreadLogLine>;
  nextCursor: string | null;
};

export type ThreadMemoryMode = "enabled" | "disabled";

/** A thread, and whether memories may be made of it. */
export type ThreadMemoryModeSetParams = {
  threadId: string;
  mode: ThreadMemoryMode;
};

/** The mode is set. */
export type ThreadMemoryModeSetResponse = Record<string, unknown>;

/** Changes of what is known of a repository. */
export type ThreadMetadataGitInfoUpdateParams = {
  sha?: string | null;
  branch?: string | null;
  originUrl?: string | null;
};

/** A thread and what is to be changed; null is as good as absent but inside `git_info`. */
export type ThreadMetadataUpdateParams = {
  threadId: string;
  gitInfo?: ThreadMetadataGitInfoUpdateParams | null;
  /** Experimental. */
  projectId?: string | null;
  /** Experimental. */
  daybreakEnabled?: boolean | null;
};

/** The thread as it is now. */
export type ThreadMetadataUpdateResponse = {
  thread: Thread;
};

/** A thread has another name, or none. */
export type ThreadNameUpdatedNotification = {
  threadId: string;
  threadName: string | null;
};

/** What to queue; `idempotency_key` is this host's own. */
export type ThreadQueueAddParams = {
  threadId: string;
  clientUserMessageId: string;
  input: Array<UserInputParam>;
  responsesapiClientMetadata?: Record<string, string> | null;
  idempotencyKey?: string | null;
};

/** It waits, or has begun already. */
export type ThreadQueueAddResponse = {
  queuedSubmission: QueuedSubmission;
};

/** What waits in line on a thread is not what it was. */
export type ThreadQueueChangedNotification = {
  threadId: string;
};

/** What shall not be begun. */
export type ThreadQueueDeleteParams = {
  threadId: string;
  queuedSubmissionId: string;
};

/** Whether it still waited. */
export type ThreadQueueDeleteResponse = {
  deleted: boolean;
};

/** The thread, and which page of its queue. */
export type ThreadQueueListParams = {
  threadId: string;
  cursor?: string | null;
  limit?: number | null;
};

/** One page of what waits, the next one first. */
export type ThreadQueueListResponse = {
  data: Array<QueuedSubmission>;
  nextCursor: string | null;
};

/** All that waits, the next one first. */
export type ThreadQueueReorderParams = {
  threadId: string;
  queuedSubmissionIds: Array<string>;
};

/** The queue has this order. */
export type ThreadQueueReorderResponse = Record<string, unknown>;

/** What shall be said instead; metadata that is absent or empty stays as it is. */
export type ThreadQueueUpdateParams = {
  threadId: string;
  queuedSubmissionId: string;
  input: Array<UserInputParam>;
  responsesapiClientMetadata?: Record<string, string> | null;
};

/** What waits now in the same place. */
export type ThreadQueueUpdateResponse = {
  queuedSubmission: QueuedSubmission;
};

/** Which thread, and whether with its whole history. */
export type ThreadReadParams = {
  threadId: string;
  includeTurns?: boolean;
};

/** The thread as it is now. */
export type ThreadReadResponse = {
  thread: Thread;
  readState: ThreadReadState | null;
};

/** How far a thread has been read; `revision` changes whenever that does. */
export type ThreadReadState = {
  firstUnread: UnreadFromStart | UnreadFromTurn | null;
  revision: string;
};

/** The page of turns that comes with the answer. */
export type ThreadResumeInitialTurnsPageParams = {
  limit?: number | null;
  sortDirection?: SortDirection | null;
  itemsView?: TurnItemsView | null;
};

/** Which thread, and how much of its history comes with the answer. */
export type ThreadResumeParams = {
  threadId: string;
  /** Experimental. */
  path?: string | null;
  model?: string | null;
  modelProvider?: string | null;
  serviceTier?: string | null;
  cwd?: string | null;
  /** Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  approvalPolicy?: AskForApprovalParam | null;
  approvalsReviewer?: ApprovalsReviewer | null;
  sandbox?: SandboxMode | null;
  /** Experimental. */
  permissions?: string | null;
  config?: Record<string, unknown> | null;
  baseInstructions?: string | null;
  developerInstructions?: string | null;
  excludeTurns?: boolean;
  /** Experimental. */
  history?: Array<Record<string, unknown>> | null;
  personality?: Personality | null;
  /** Experimental. */
  initialTurnsPage?: ThreadResumeInitialTurnsPageParams | null;
};

/** The thread, loaded; the cursors are of its newest turn and item. */
export type ThreadResumeResponse = {
  thread: Thread;
  model: string;
  modelProvider: string;
  serviceTier: string | null;
  disabledPluginIds: Array<string>;
  cwd: string;
  runtimeWorkspaceRoots: Array<string>;
  instructionSources: Array<string>;
  approvalPolicy: AskForApproval;
  approvalsReviewer: ApprovalsReviewer;
  sandbox: SandboxPolicy;
  activePermissionProfile: ActivePermissionProfile | null;
  reasoningEffort: string | null;
  collaborationMode: CollaborationMode | null;
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
  initialTurnsPage: TurnsPage | null;
  turnsBackwardsCursor: string | null;
  itemsBackwardsCursor: string | null;
};

/** The first turn that shall be gone; `idempotency_key` is this host's own. */
export type ThreadRevertParams = {
  threadId: string;
  beforeTurnId: string;
  idempotencyKey?: string | null;
};

/** The thread as it is now, without turns, and where the pages of what is left begin. */
export type ThreadRevertResponse = {
  thread: Thread;
  turnsBackwardsCursor: string | null;
  itemsBackwardsCursor: string | null;
};

/** Turns of a thread were taken back. */
export type ThreadRevertedNotification = {
  threadId: string;
};

/** Which search of this connection is to end. */
export type ThreadSearchCancelParams = {
  requestId: string | number;
};

/** It ends, if it was not over. */
export type ThreadSearchCancelResponse = Record<string, unknown>;

/** Which text, in which threads, in what order, from where. */
export type ThreadSearchParams = {
  cursor?: string | null;
  limit?: number | null;
  sortKey?: ThreadSearchSortKey | null;
  sortDirection?: SortDirection | null;
  sourceKinds?: Array<ThreadSourceKind> | null;
  archived?: boolean | null;
  searchTerm: string;
  includeAttachedThreads?: boolean;
  currentAccountOnly?: boolean;
};

/** Hits ahead of the answer, which has them all; a hit is told once. */
export type ThreadSearchPartialNotification = {
  requestId: string | number;
  data: Array<ThreadSearchResult>;
};

/** One page; the cursors lead on and back from it. */
export type ThreadSearchResponse = {
  data: Array<ThreadSearchResult>;
  nextCursor: string | null;
  backwardsCursor: string | null;
};

/** A thread, and the text around the first place where it was found. */
export type ThreadSearchResult = {
  thread: Thread;
  snippet: string;
};

export type ThreadSearchSortKey = "created_at" | "updated_at" | "recency_at";

/** The part of a client's list that a thread stands in. */
export type ThreadSection = {
  id: string;
  name: string;
  appearance: ThreadSectionAppearance | null;
};

/** How a section is drawn. */
export type ThreadSectionAppearance = {
  color: string | null;
  icon: string | null;
};

/** A thread and its new name. */
export type ThreadSetNameParams = {
  threadId: string;
  name: string;
  idempotencyKey?: string | null;
};

/** The thread has the name. */
export type ThreadSetNameResponse = Record<string, unknown>;

/** All settings of a thread's next turns. */
export type ThreadSettings = {
  disabledPluginIds: Array<string>;
  cwd: string;
  environments: Array<ThreadEnvironment> | null;
  approvalPolicy: AskForApproval;
  approvalsReviewer: ApprovalsReviewer;
  sandboxPolicy: SandboxPolicy;
  activePermissionProfile: ActivePermissionProfile | null;
  model: string;
  modelProvider: string;
  serviceTier: string | null;
  effort: string | null;
  summary: ReasoningSummary | null;
  collaborationMode: CollaborationMode;
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
  personality: Personality | null;
};

/** A thread and the settings of its next turns; what is absent or null stays as it is. */
export type ThreadSettingsUpdateParams = {
  threadId: string;
  disabledPluginIds?: Array<string> | null;
  cwd?: string | null;
  environments?: Array<TurnEnvironmentParams> | null;
  approvalPolicy?: AskForApprovalParam | null;
  approvalsReviewer?: ApprovalsReviewer | null;
  sandboxPolicy?: SandboxPolicyParam | null;
  permissions?: string | null;
  model?: string | null;
  serviceTier?: string | null;
  effort?: string | null;
  summary?: ReasoningSummary | null;
  collaborationMode?: CollaborationModeParam | null;
  multiAgentMode?: MultiAgentMode | null;
  personality?: Personality | null;
};

/** The settings are those that were asked for. */
export type ThreadSettingsUpdateResponse = Record<string, unknown>;

/** A thread's settings are others than before. */
export type ThreadSettingsUpdatedNotification = {
  threadId: string;
  threadSettings: ThreadSettings;
};

export type ThreadSortKey = "created_at" | "updated_at" | "recency_at" | "section_position";

export type ThreadSourceKind = "cli" | "vscode" | "exec" | "appServer" | "subAgent" | "subAgentReview" | "subAgentCompact" | "subAgentThreadSpawn" | "subAgentOther" | "unknown";

/** The parent that spawned a thread, and how deep below the root it stands. */
export type ThreadSpawn = {
  parent_thread_id: string;
  depth: number;
  agent_path: string | null;
  agent_nickname: string | null;
  agent_role: string | null;
};

/** A thread that another one spawned. */
export type ThreadSpawnSource = {
  thread_spawn: ThreadSpawn;
};

/** Settings of a new thread; what is left out has the host's default. */
export type ThreadStartParams = {
  model?: string | null;
  modelProvider?: string | null;
  /** Experimental. */
  allowProviderModelFallback?: boolean;
  serviceTier?: string | null;
  cwd?: string | null;
  /** Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  approvalPolicy?: AskForApprovalParam | null;
  approvalsReviewer?: ApprovalsReviewer | null;
  sandbox?: SandboxMode | null;
  /** Experimental. */
  permissions?: string | null;
  config?: Record<string, unknown> | null;
  serviceName?: string | null;
  baseInstructions?: string | null;
  developerInstructions?: string | null;
  personality?: Personality | null;
  /** Experimental. */
  multiAgentMode?: MultiAgentMode | null;
  ephemeral?: boolean | null;
  /** Experimental. */
  historyMode?: ThreadHistoryMode | null;
  sessionStartSource?: ThreadStartSource | null;
  threadSource?: string | null;
  /** Experimental. */
  projectId?: string | null;
  /** Experimental. */
  environments?: Array<TurnEnvironmentParams> | null;
  /** Experimental. */
  dynamicTools?: Array<DynamicToolSpec> | null;
  /** Experimental. */
  selectedCapabilityRoots?: Array<SelectedCapabilityRoot> | null;
  /** Experimental. */
  daybreakEnabled?: boolean | null;
  /** Experimental. */
  mockExperimentalField?: string | null;
  /** Experimental. */
  experimentalRawEvents?: boolean;
  parentThreadId?: string | null;
  idempotencyKey?: string | null;
};

/** The new thread, loaded and idle. */
export type ThreadStartResponse = {
  thread: Thread;
  model: string;
  modelProvider: string;
  serviceTier: string | null;
  disabledPluginIds: Array<string>;
  cwd: string;
  runtimeWorkspaceRoots: Array<string>;
  instructionSources: Array<string>;
  approvalPolicy: AskForApproval;
  approvalsReviewer: ApprovalsReviewer;
  sandbox: SandboxPolicy;
  activePermissionProfile: ActivePermissionProfile | null;
  reasoningEffort: string | null;
  multiAgentMode: MultiAgentName | CustomMultiAgentMode;
};

export type ThreadStartSource = "startup" | "clear";

/** A thread was started or forked; this carries its first status too. */
export type ThreadStartedNotification = {
  thread: Thread;
};

/** The live threads, by what they do, and what goes on around them. */
export type ThreadStats = {
  live: number;
  working: number;
  ephemeral: number;
  withHistory: number;
  starting: number;
  restarting: number;
  givenUp: number;
  waitingMessages: number;
  longestMailbox: number;
  trees: number;
  deletions: number;
  memory: AccountStats;
};

export type ThreadStatus = NotLoadedStatus | IdleStatus | SystemErrorStatus | ActiveStatus;

/** A thread's status is another than before. */
export type ThreadStatusChangedNotification = {
  threadId: string;
  status: ThreadStatus;
};

/** A thread's tokens in all and in its last response. */
export type ThreadTokenUsage = {
  total: TokenUsageBreakdown;
  last: TokenUsageBreakdown;
  modelContextWindow: number | null;
};

/** A response was counted. */
export type ThreadTokenUsageUpdatedNotification = {
  threadId: string;
  turnId: string;
  tokenUsage: ThreadTokenUsage;
};

/** Whose turns, from where, newest first unless asked otherwise. */
export type ThreadTurnsListParams = {
  threadId: string;
  cursor?: string | null;
  limit?: number | null;
  sortDirection?: SortDirection | null;
  itemsView?: TurnItemsView | null;
};

/** One page of turns. */
export type ThreadTurnsListResponse = {
  data: Array<Turn>;
  nextCursor: string | null;
  backwardsCursor: string | null;
};

/** The one thread to take out again. */
export type ThreadUnarchiveParams = {
  threadId: string;
};

/** The thread, not loaded. */
export type ThreadUnarchiveResponse = {
  thread: Thread;
};

/** A thread was taken out again. */
export type ThreadUnarchivedNotification = {
  threadId: string;
};

/** The thread that this connection no longer follows. */
export type ThreadUnsubscribeParams = {
  threadId: string;
};

/** What there was to unsubscribe from. */
export type ThreadUnsubscribeResponse = {
  status: ThreadUnsubscribeStatus;
};

export type ThreadUnsubscribeStatus = "notLoaded" | "notSubscribed" | "unsubscribed";

/** Token counts of one response, or summed over a thread. */
export type TokenUsageBreakdown = {
  totalTokens: number;
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteInputTokens: number;
  outputTokens: number;
  reasoningOutputTokens: number;
};

/** A tool as its server describes it. */
export type Tool = {
  name: string;
  title: string | null;
  description: string | null;
  inputSchema: unknown;
  outputSchema: unknown;
  annotations: unknown;
  icons: Array<unknown> | null;
  _meta: unknown;
};

export type ToolCallStatus = "inProgress" | "completed" | "failed";

/** What was chosen or typed for one question. */
export type ToolRequestUserInputAnswer = {
  answers: Array<string>;
};

/** An answer to choose. */
export type ToolRequestUserInputOption = {
  label: string;
  description: string;
};

/** Questions for the user; `item_id` is the id of the model's call. */
export type ToolRequestUserInputParams = {
  threadId: string;
  turnId: string;
  itemId: string;
  questions: Array<ToolRequestUserInputQuestion>;
  isBlocking: boolean;
  autoResolutionMs: number | null;
};

/** A question; with `is_other` the user may answer freely, `is_secret` hides what is typed. */
export type ToolRequestUserInputQuestion = {
  id: string;
  header: string;
  question: string;
  isOther: boolean;
  isSecret: boolean;
  options: Array<ToolRequestUserInputOption> | null;
};

/** The answers by the ids of their questions. */
export type ToolRequestUserInputResponse = {
  answers: Record<string, ToolRequestUserInputAnswer>;
};

export type TrustedContacts = "check" | "skip";

/** One turn; `items_view` says how much of `items` is here. */
export type Turn = {
  id: string;
  rootTurnId: string | null;
  items: Array<ThreadItem>;
  itemsView: "notLoaded" | "summary" | "full";
  status: TurnStatus;
  error: TurnError | null;
  startedAt: number | null;
  completedAt: number | null;
  durationMs: number | null;
};

/** A turn ended: completed, interrupted or failed. */
export type TurnCompletedNotification = {
  threadId: string;
  turn: Turn;
};

/** A place where turns should work. */
export type TurnEnvironmentParams = {
  environmentId: string;
  cwd: string;
  runtimeWorkspaceRoots?: Array<string> | null;
};

/** An error that a person may read; it holds no secret and no traceback. */
export type TurnError = {
  message: string;
  codexErrorInfo: CodexErrorInfo | null;
  additionalDetails: string | null;
  misalignment: MisalignmentErrorDetails | null;
};

/** The turn to stop. */
export type TurnInterruptParams = {
  threadId: string;
  turnId: string;
};

/** The turn has stopped. */
export type TurnInterruptResponse = Record<string, unknown>;

export type TurnItemsView = "notLoaded" | "summary" | "full";

/** What is said to the thread, and what changes from this turn on. */
export type TurnStartParams = {
  threadId: string;
  input: Array<UserInputParam>;
  clientUserMessageId?: string | null;
  toolOutput?: TurnToolOutput | null;
  /** Experimental. */
  responsesapiClientMetadata?: Record<string, string> | null;
  /** Experimental. */
  responsesapiClientMetadataPatch?: Record<string, string> | null;
  /** Experimental. */
  additionalContext?: Record<string, AdditionalContextEntry> | null;
  /** Experimental. */
  environments?: Array<TurnEnvironmentParams> | null;
  disabledPluginIds?: Array<string> | null;
  cwd?: string | null;
  /** Experimental. */
  runtimeWorkspaceRoots?: Array<string> | null;
  approvalPolicy?: AskForApprovalParam | null;
  approvalsReviewer?: ApprovalsReviewer | null;
  sandboxPolicy?: SandboxPolicyParam | null;
  /** Experimental. */
  permissions?: string | null;
  model?: string | null;
  serviceTier?: string | null;
  serviceTierForTurn?: string | null;
  effort?: string | null;
  summary?: ReasoningSummary | null;
  personality?: Personality | null;
  outputSchema?: unknown;
  /** Experimental. */
  collaborationMode?: CollaborationModeParam | null;
  /** Experimental. */
  multiAgentMode?: MultiAgentMode | null;
  /** Experimental. */
  cyberAccessProgram?: CyberAccessProgram | null;
  parentTurnId?: string | null;
  rootTurnId?: string | null;
  turnTrigger?: string | null;
  idempotencyKey?: string | null;
};

/** The turn, in progress and still empty. */
export type TurnStartResponse = {
  turn: Turn;
};

/** A turn runs. */
export type TurnStartedNotification = {
  threadId: string;
  turn: Turn;
};

export type TurnStatus = "completed" | "interrupted" | "failed" | "inProgress";

/** What is added, and to which turn. */
export type TurnSteerParams = {
  threadId: string;
  expectedTurnId: string;
  input: Array<UserInputParam>;
  clientUserMessageId?: string | null;
  /** Experimental. */
  additionalContext?: Record<string, AdditionalContextEntry> | null;
  /** Experimental. */
  responsesapiClientMetadata?: Record<string, string> | null;
  /** Experimental. */
  responsesapiClientMetadataPatch?: Record<string, string> | null;
};

/** The turn that goes on with it. */
export type TurnSteerResponse = {
  turnId: string;
};

/** A tool's output that starts a turn in place of a person's words. */
export type TurnToolOutput = {
  name: string;
  namespace?: string | null;
  output: string | Array<Record<string, unknown>>;
  retain?: boolean;
};

/** One page; the cursors lead on and back from it. */
export type TurnsPage = {
  data: Array<Turn>;
  nextCursor: string | null;
  backwardsCursor: string | null;
};

/** Nothing of the thread has been read. */
export type UnreadFromStart = {
  type: "threadStart";
};

/** The thread has been read up to this turn. */
export type UnreadFromTurn = {
  type: "turn";
  turnId: string;
};

export type UserInput = TextInput | ImageInput | LocalImageInput | AudioInput | LocalAudioInput | SkillInput | MentionInput;

export type UserInputParam = TextInputParam | ImageInputParam | LocalImageInputParam | AudioInputParam | LocalAudioInputParam | SkillInputParam | MentionInputParam;

/** A configuration file, and the profile of it that holds. */
export type UserLayer = {
  type: "user";
  file: string;
  profile: string | null;
};

/** What a client sent with a turn. */
export type UserMessageItem = {
  type: "userMessage";
  id: string;
  clientId: string | null;
  content: Array<UserInput>;
  startedAtMs: number | null;
  completedAtMs: number | null;
};

/** The key is in an environment variable. */
export type VariableAuth = {
  envKey: string;
  mode: "environmentVariable";
};

export type Verbosity = "low" | "medium" | "high";

/** Something may go worse than expected. */
export type WarningNotification = {
  threadId: string | null;
  message: string;
};

/** The workspace and the named roots may be written. */
export type WorkspaceWriteSandbox = {
  type: "workspaceWrite";
  writableRoots: Array<string>;
  networkAccess: boolean;
  excludeTmpdirEnvVar: boolean;
  excludeSlashTmp: boolean;
};

/** The workspace and the named roots may be written. */
export type WorkspaceWriteSandboxParam = {
  type: "workspaceWrite";
  writableRoots?: Array<string>;
  networkAccess?: boolean;
  excludeTmpdirEnvVar?: boolean;
  excludeSlashTmp?: boolean;
};

/** What clients ask. */
export type ClientMethods = {
  "initialize": { params: InitializeParams; result: InitializeResponse };
  "thread/start": { params: ThreadStartParams; result: ThreadStartResponse };
  "thread/read": { params: ThreadReadParams; result: ThreadReadResponse };
  "thread/list": { params: ThreadListParams; result: ThreadListResponse };
  "thread/loaded/list": { params: ThreadLoadedListParams; result: ThreadLoadedListResponse };
  "thread/resume": { params: ThreadResumeParams; result: ThreadResumeResponse };
  "thread/fork": { params: ThreadForkParams; result: ThreadForkResponse };
  "thread/archive": { params: ThreadArchiveParams; result: ThreadArchiveResponse };
  "thread/unarchive": { params: ThreadUnarchiveParams; result: ThreadUnarchiveResponse };
  "turn/steer": { params: TurnSteerParams; result: TurnSteerResponse };
  "thread/turns/list": { params: ThreadTurnsListParams; result: ThreadTurnsListResponse };
  "thread/items/list": { params: ThreadItemsListParams; result: ThreadItemsListResponse };
  "thread/name/set": { params: ThreadSetNameParams; result: ThreadSetNameResponse };
  "thread/unsubscribe": { params: ThreadUnsubscribeParams; result: ThreadUnsubscribeResponse };
  "thread/delete": { params: ThreadDeleteParams; result: ThreadDeleteResponse };
  "thread/inject_items": { params: ThreadInjectItemsParams; result: ThreadInjectItemsResponse };
  "thread/queue/add": { params: ThreadQueueAddParams; result: ThreadQueueAddResponse };
  "thread/queue/list": { params: ThreadQueueListParams; result: ThreadQueueListResponse };
  "thread/queue/update": { params: ThreadQueueUpdateParams; result: ThreadQueueUpdateResponse };
  "thread/queue/delete": { params: ThreadQueueDeleteParams; result: ThreadQueueDeleteResponse };
  "thread/queue/reorder": { params: ThreadQueueReorderParams; result: ThreadQueueReorderResponse };
  "thread/compact/start": { params: ThreadCompactStartParams; result: ThreadCompactStartResponse };
  "thread/revert": { params: ThreadRevertParams; result: ThreadRevertResponse };
  "turn/start": { params: TurnStartParams; result: TurnStartResponse };
  "turn/interrupt": { params: TurnInterruptParams; result: TurnInterruptResponse };
  "thread/metadata/update": { params: ThreadMetadataUpdateParams; result: ThreadMetadataUpdateResponse };
  "thread/settings/update": { params: ThreadSettingsUpdateParams; result: ThreadSettingsUpdateResponse };
  "thread/memoryMode/set": { params: ThreadMemoryModeSetParams; result: ThreadMemoryModeSetResponse };
  "memory/status": { params: MemoryStatusParams; result: MemoryStatusResponse };
  "memory/reset": { params: undefined; result: MemoryResetResponse };
  "host/memory/read": { params: MemoryReadParams; result: MemoryReadResponse };
  "host/hold/set": { params: HoldSetParams; result: HoldSetResponse };
  "host/hold/release": { params: HoldReleaseParams; result: HoldReleaseResponse };
  "host/hold/list": { params: HoldListParams; result: HoldListResponse };
  "host/retention/preview": { params: RetentionPreviewParams; result: RetentionPreviewResponse };
  "host/retention/run": { params: undefined; result: RetentionRunResponse };
  "thread/search": { params: ThreadSearchParams; result: ThreadSearchResponse };
  "thread/search/stream": { params: ThreadSearchParams; result: ThreadSearchResponse };
  "thread/search/cancel": { params: ThreadSearchCancelParams; result: ThreadSearchCancelResponse };
  "thread/search/stream/cancel": { params: ThreadSearchCancelParams; result: ThreadSearchCancelResponse };
  "account/read": { params: GetAccountParams; result: GetAccountResponse };
  "model/list": { params: ModelListParams; result: ModelListResponse };
  "modelProvider/list": { params: ModelProviderListParams; result: ModelProviderListResponse };
  "host/config/reload": { params: undefined; result: ConfigReloadResponse };
  "config/read": { params: ConfigReadParams; result: ConfigReadResponse };
  "configRequirements/read": { params: undefined; result: ConfigRequirementsReadResponse };
  "permissionProfile/list": { params: PermissionProfileListParams; result: PermissionProfileListResponse };
  "collaborationMode/list": { params: CollaborationModeListParams; result: CollaborationModeListResponse };
  "skills/list": { params: SkillsListParams; result: SkillsListResponse };
  "hooks/list": { params: HooksListParams; result: HooksListResponse };
  "thread/backgroundTerminals/list": { params: ThreadBackgroundTerminalsListParams; result: ThreadBackgroundTerminalsListResponse };
  "host/diagnostics/read": { params: DiagnosticsReadParams; result: DiagnosticsReadResponse };
  "host/import/codex": { params: ImportCodexParams; result: ImportCodexResponse };
  "host/stats/read": { params: StatsReadParams; result: StatsReadResponse };
  "host/thread/previewDelete": { params: PreviewDeleteParams; result: PreviewDeleteResponse };
  "host/thread/logs": { params: ThreadLogsParams; result: ThreadLogsResponse };
  "thread/goal/set": { params: ThreadGoalSetParams; result: ThreadGoalSetResponse };
  "thread/goal/get": { params: ThreadGoalGetParams; result: ThreadGoalGetResponse };
  "thread/goal/clear": { params: ThreadGoalClearParams; result: ThreadGoalClearResponse };
  "host/goal/setTree": { params: GoalSetTreeParams; result: GoalSetTreeResponse };
  "host/goal/extend": { params: GoalExtendParams; result: GoalExtendResponse };
  "mcpServerStatus/list": { params: ListMcpServerStatusParams; result: ListMcpServerStatusResponse };
  "mcpServer/tool/call": { params: McpServerToolCallParams; result: McpServerToolCallResponse };
  "mcpServer/resource/read": { params: McpResourceReadParams; result: McpResourceReadResponse };
  "config/mcpServer/reload": { params: undefined; result: McpServerRefreshResponse };
  "job/create": { params: JobCreateParams; result: JobResponse };
  "job/list": { params: JobListParams; result: JobListResponse };
  "job/read": { params: JobReadParams; result: JobResponse };
  "job/items/list": { params: JobItemsListParams; result: JobItemsListResponse };
  "job/cancel": { params: JobChangeParams; result: JobResponse };
  "job/pause": { params: JobChangeParams; result: JobResponse };
  "job/resume": { params: JobChangeParams; result: JobResponse };
  "job/retry": { params: JobChangeParams; result: JobResponse };
  "job/export": { params: JobExportParams; result: JobExportResponse };
  "job/delete": { params: JobReadParams; result: JobDeleteResponse };
  "host/events/subscribe": { params: EventsSubscribeParams; result: EventsSubscribeResponse };
  "host/events/unsubscribe": { params: EventsUnsubscribeParams; result: EventsUnsubscribeResponse };
};

/** What the host asks. */
export type ServerMethods = {
  "item/tool/call": { params: DynamicToolCallParams; result: DynamicToolCallResponse };
  "item/tool/requestUserInput": { params: ToolRequestUserInputParams; result: ToolRequestUserInputResponse };
  "mcpServer/elicitation/request": { params: McpServerElicitationRequestParams; result: McpServerElicitationRequestResponse };
};
