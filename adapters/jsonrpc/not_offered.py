"""Methods of the protocol that this host does not offer, each with the reason or an alternative."""

LATER = "it comes later"
_ACCOUNT = "it keeps no accounts; the key of its model is given to it when it is started"
_APPS = "it has no apps"
_ATTACHMENTS = "it keeps no attachments of threads; a turn's input can hold them"
_COMMANDS = "it runs no commands and no shell"
_CONFIG = "its file is for a person to write; `host/config/reload` has it read again"
_ELICITATION = "no tool waits here for an answer under a time limit that could be paused"
_ENVIRONMENTS = "it works in no place but its own"
_FEATURES = "it has no features to switch on or off"
_FEEDBACK = "it sends nothing to anybody"
_FILES = "it gives no access to files; the client has its own"
_IMPORT = "it takes nothing over from other programs"
_MARKETPLACES = "it has no marketplaces of plugins"
_MCP = "it follows no events of MCP servers, and logs in to none: a token is in its environment"
_MEMORIES = "`host/memory/read` says what is remembered of a thread"
_OCCURRENCES = "`thread/search` finds the threads that a text occurs in"
_PLANS = "it has no plan mode"
_PLUGINS = "it has no plugins"
_PREDICTIONS = "it asks its model nothing outside a turn"
_PROJECTS = "it keeps no projects; `thread/list` finds threads by their folder"
_PROVIDER = "its providers of models are configured where it is started"
_REALTIME = "it holds no spoken conversations"
_REMOTE = "it is reached at the address where it listens, and not through a relay"
_REVIEWS = "it has no reviewer; a turn can ask for a review"
_ROLLBACK = "`thread/revert` takes turns back"
_ROLLOUTS = "its rollout files are plain, and its log is compact"
_SECTIONS = "it keeps no sections of lists"
_SKILLS = "it has no skills"
_VERIFICATION = "it verifies nobody"

_GROUPS: dict[str, tuple[str, ...]] = {
    _ACCOUNT: (
        "account/bedrock/checkGovCloudRequirements",
        "account/bedrock/discover",
        "account/bedrock/setup",
        "account/gatewayOAuth/cancel",
        "account/gatewayOAuth/login",
        "account/gatewayOAuth/read",
        "account/gcp/setup",
        "account/login/cancel",
        "account/login/start",
        "account/logout",
        "account/rateLimitResetCredit/consume",
        "account/rateLimits/read",
        "account/securitySetup/read",
        "account/sendAddCreditsNudgeEmail",
        "account/usage/read",
        "account/workspaceMessages/read",
        "accountSession/list",
        "accountSession/switch",
    ),
    _APPS: ("app/installed", "app/list", "app/read"),
    _ATTACHMENTS: (
        "thread/attachment/add",
        "thread/attachment/list",
        "thread/attachment/remove",
        "thread/attachmentOwner/list",
    ),
    _COMMANDS: (
        "command/exec",
        "command/exec/resize",
        "command/exec/terminate",
        "command/exec/write",
        "process/kill",
        "process/resizePty",
        "process/spawn",
        "process/writeStdin",
        "thread/backgroundTerminals/clean",
        "thread/backgroundTerminals/terminate",
        "thread/shellCommand",
        "windowsSandbox/readiness",
        "windowsSandbox/setupStart",
    ),
    _CONFIG: ("config/batchWrite", "config/value/write"),
    _ELICITATION: ("thread/decrement_elicitation", "thread/increment_elicitation"),
    _ENVIRONMENTS: ("environment/add", "environment/info", "environment/status"),
    _FEATURES: (
        "experimentalFeature/enablement/set",
        "experimentalFeature/list",
        "mock/experimentalMethod",
    ),
    _FEEDBACK: ("feedback/save", "feedback/upload"),
    _FILES: (
        "fs/copy",
        "fs/createDirectory",
        "fs/getMetadata",
        "fs/readDirectory",
        "fs/readFile",
        "fs/remove",
        "fs/unwatch",
        "fs/watch",
        "fs/writeFile",
        "fuzzyFileSearch",
        "fuzzyFileSearch/sessionStart",
        "fuzzyFileSearch/sessionStop",
        "fuzzyFileSearch/sessionUpdate",
    ),
    _IMPORT: (
        "externalAgentConfig/detect",
        "externalAgentConfig/import",
        "externalAgentConfig/import/readHistories",
        "externalAgentConfig/import/recordHistory",
    ),
    _MARKETPLACES: ("marketplace/add", "marketplace/remove", "marketplace/upgrade"),
    _MCP: (
        "mcpServer/event/stream/start",
        "mcpServer/event/stream/stop",
        "mcpServer/oauth/login",
    ),
    _MEMORIES: ("thread/memory/read",),
    _OCCURRENCES: ("thread/searchOccurrences",),
    _PLANS: ("thread/prepareApprovedPlan",),
    _PLUGINS: (
        "plugin/install",
        "plugin/installed",
        "plugin/list",
        "plugin/read",
        "plugin/reconcile",
        "plugin/search",
        "plugin/share/checkout",
        "plugin/share/delete",
        "plugin/share/list",
        "plugin/share/save",
        "plugin/share/updateTargets",
        "plugin/skill/read",
        "plugin/uninstall",
    ),
    _PREDICTIONS: ("thread/prediction/request", "thread/sample", "thread/sample/cancel"),
    _PROJECTS: (
        "project/create",
        "project/delete",
        "project/import",
        "project/list",
        "project/move",
        "project/read",
        "project/update",
    ),
    _PROVIDER: (
        "modelProvider/capabilities/read",
        "modelProvider/config/write",
        "modelProvider/default/set",
    ),
    _REALTIME: (
        "thread/realtime/appendAudio",
        "thread/realtime/appendSpeech",
        "thread/realtime/appendText",
        "thread/realtime/list",
        "thread/realtime/listVoices",
        "thread/realtime/start",
        "thread/realtime/stop",
    ),
    _REMOTE: (
        "remoteControl/client/list",
        "remoteControl/client/revoke",
        "remoteControl/disable",
        "remoteControl/enable",
        "remoteControl/pairing/start",
        "remoteControl/pairing/status",
        "remoteControl/status/read",
    ),
    _REVIEWS: (
        "review/start",
        "thread/approveGuardianDeniedAction",
        "thread/guardianReview",
    ),
    _ROLLBACK: ("thread/rollback",),
    _ROLLOUTS: ("rollout/compress",),
    _SECTIONS: (
        "thread/section/move",
        "threadSection/create",
        "threadSection/delete",
        "threadSection/list",
        "threadSection/update",
    ),
    _SKILLS: ("skills/config/write", "skills/extraRoots/set"),
    _VERIFICATION: (
        "userVerification/cancel",
        "userVerification/delete",
        "userVerification/enroll",
        "userVerification/status",
        "userVerification/verify",
    ),
    "`thread/items/list` reads items": ("thread/items/read",),
    "what is queued starts by itself, in order": ("thread/queue/start",),
    "what a person has read is not kept": ("thread/readState/update",),
    "`thread/turns/list` and `thread/items/list` read the history": ("thread/timeline/list",),
    "a turn keeps the settings that it began with": ("turn/settings/update",),
}

NOT_OFFERED = {name: reason for reason, names in _GROUPS.items() for name in names}
"""The reason by method; it is ignored for a method that is registered."""
