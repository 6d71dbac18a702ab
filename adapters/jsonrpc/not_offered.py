"""Methods of the protocol that this host does not offer, each with the reason or an alternative."""

LATER = "a later version of the host adds it"
_ACCOUNT = "the host keeps no accounts; give it the key of its model when it is started"
_APPS = "the host has no apps"
_ATTACHMENTS = "the host keeps no attachments of threads; send them in the input of a turn"
_COMMANDS = "the host runs no commands and no shell"
_CONFIG = "clients cannot write the configuration file; edit it, and call `host/config/reload`"
_ELICITATION = "the time limits of tools cannot be paused"
_ENVIRONMENTS = "the host has only its own environment"
_FEATURES = "the host has no features to switch on or off"
_FEEDBACK = "the host sends no feedback"
_FILES = "the host gives no access to files; read and write them in the client"
_IMPORT = "the host imports no settings of other programs"
_MARKETPLACES = "the host has no marketplaces of plugins"
_MCP = "the host passes on no events of MCP servers and signs in to none; configure a token instead"
_MEMORIES = "use `host/memory/read` for the memory of a thread"
_OCCURRENCES = "use `thread/search` to find the threads that contain a text"
_PLANS = "the host has no plan mode"
_PLUGINS = "the host has no plugins"
_PREDICTIONS = "a client can ask the model only in a turn"
_PROJECTS = "the host keeps no projects; use `thread/list` to find threads by their folder"
_PROVIDER = "clients cannot change the model providers; configure them where the host is started"
_REALTIME = "the host has no spoken conversations"
_REMOTE = "the host has no relay; connect to the address where it listens"
_REVIEWS = "the host has no reviewer; ask for a review in a turn"
_ROLLBACK = "use `thread/revert` to remove turns"
_ROLLOUTS = "the host keeps rollout files uncompressed"
_SECTIONS = "the host keeps no sections of lists"
_SKILLS = "the host has no skills"
_VERIFICATION = "the host does not verify users"

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
    "use `thread/items/list` to read items": ("thread/items/read",),
    "queued submissions start by themselves, in their order": ("thread/queue/start",),
    "the host does not store which messages a user has read": ("thread/readState/update",),
    "use `thread/turns/list` and `thread/items/list` to read the history": (
        "thread/timeline/list",
    ),
    "a turn keeps the settings with which it began": ("turn/settings/update",),
}

NOT_OFFERED = {name: reason for reason, names in _GROUPS.items() for name in names}
"""The reason by method; it is ignored for a method that is registered."""
