"""The reasons of refusals, as in `data.reason` of each error: their meaning and their remedy.

The server does not import this: the code that refuses names the reason and its error code, and the
documentation and the tests read this table. A reason without a meaning here has that of the
exception of its name, whose docstring says it. Reasons stay within a major version; the texts of
messages need not.
"""

from threadhost.adapters.jsonrpc.errors import (
    INTERNAL,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_UNSUPPORTED,
    OVERLOADED,
    PARSE_ERROR,
)
from threadhost.events.named_tuple import NamedTuple


class Reason(NamedTuple):
    """What a program can do about a refusal of this kind, what it means, and its error codes."""

    remedy: str
    meaning: str = ""
    codes: tuple[int, ...] = (INVALID_REQUEST,)


_BUSY, _FAILED = (OVERLOADED,), (INTERNAL,)
_LIST = "Use `thread/list` to see which threads exist."
_READ_JOB = "Use `job/read` to see the state of the job."
_STORED = "Start the thread without `ephemeral`."
_LATER = "Repeat the request later, and double the wait each time."

OF_MESSAGES = {
    "parseError": Reason(
        "Send one JSON object, in UTF-8, in each line or text frame.",
        "The message from the client is not valid JSON; the error says where it fails to parse.",
        (PARSE_ERROR,),
    ),
    "invalidMessage": Reason(
        "Send an object with `id`, `method` and `params`, within the limits on values, levels and"
        " digits.",
        "The JSON is not a message of the protocol, or it has too many values, levels or digits.",
    ),
    "messageTooLarge": Reason(
        "Send smaller messages; the limit is `limits.frame_bytes_max` of the host.",
        "The message from the client is longer than the host accepts.",
    ),
    "websocketExpected": Reason(
        "Upgrade to a websocket first, or configure the host to listen on `unix://` or stdio.",
        "The client sent unframed JSON to a websocket listener.",
    ),
    "notInitialized": Reason(
        "Send `initialize` first.", "The client has not sent `initialize` on this connection."
    ),
    "alreadyInitialized": Reason(
        "Continue on this connection; to change what `initialize` said, open a new one.",
        "The client sent `initialize` a second time on this connection.",
    ),
    "unknownMethod": Reason(
        "Use one of the methods that the message names.", "The protocol has no such method."
    ),
    "methodNotOffered": Reason(
        "Do what the message names instead; the host will not offer the method while it runs.",
        "The protocol has the method, but this host does not offer it.",
        (METHOD_UNSUPPORTED,),
    ),
    "experimentalApiRequired": Reason(
        "Set `capabilities.experimentalApi: true` in `initialize`.",
        "The method or the field is experimental, and the client did not enable experimental ones.",
    ),
    "requestIdInUse": Reason(
        "Give each request a new id.", "An earlier request with this id is not answered yet."
    ),
    "requestCancelled": Reason(
        "Nothing; send the request again if it is still needed.",
        "The client cancelled the request.",
    ),
    "answerTooLarge": Reason(
        "Ask for smaller pages, as the message says; the change that was requested has been made.",
        "The host carried out the request, but its answer is larger than a message may be.",
    ),
    "internalError": Reason(
        "Report it, with the line of the host's log that has the same number, `data.incident`.",
        "The host met an unexpected error, which is a fault of the host.",
        _FAILED,
    ),
    "hostLost": Reason(
        "Read the state that the request changes, or repeat the request with an `idempotencyKey`.",
        "The host ended before it answered; whether it carried out the request is unknown.",
        _FAILED,
    ),
}
OF_PARAMS = {
    "invalidParams": Reason(
        "Correct the field that `data.field` names, if it names one.",
        "A parameter is missing, has a wrong type or an invalid value; the message says what is"
        " valid.",
    ),
    "conflictingParams": Reason(
        "Leave out one of the parameters that the message names, or add the missing one.",
        "The parameters contradict each other, or one requires another that is missing.",
    ),
    "fieldTooLarge": Reason(
        "Send less; `data` has the `limit` by name, its `max`, and the `actual` size.",
        "A field is larger than its limit.",
    ),
    "tooManyItems": Reason(
        "Split the list over several requests.",
        "A list has more entries than its limit.",
        (INVALID_PARAMS,),
    ),
    "invalidItem": Reason(
        "Correct the item whose number the message names.",
        "An item is not one that a model can be given.",
    ),
    "invalidId": Reason(
        "Send the id exactly as the host sent it.",
        "An id is not a UUID.",
        (INVALID_REQUEST, INVALID_PARAMS),
    ),
    "invalidCursor": Reason(
        "Begin again without a cursor, or send one exactly as the host sent it.",
        "The cursor names no place that this method can continue from.",
    ),
    "invalidConfig": Reason(
        "Correct the key that the message names.", "A value in `config` is not valid."
    ),
    "valueNotOffered": Reason(
        "Leave the parameter out.", "The protocol has the value, but this host does not offer it."
    ),
}
OF_METHODS = {
    "inMemory": Reason(
        "Start the host with a home.",
        "The method needs files, and this host keeps everything in memory.",
    ),
    "rolloutNotFound": Reason(
        "Give the thread's id, or its `path` as `thread/read` returns it.",
        "The path belongs to no thread of this host.",
    ),
    "threadNotMaterialized": Reason(
        "Repeat the request after the first turn has begun.",
        "The thread has had no turn yet, so there is nothing to read.",
    ),
    "itemNotFound": Reason(
        "Use only cursors that the host returned with a page.", "The turn has no such item."
    ),
    "modelProviderNotConfigured": Reason(
        "Use a provider that `modelProvider/list` returns, or configure this one.",
        "The host has no model provider of this name.",
    ),
    "permissionProfileNotFound": Reason(
        "Use a profile that `permissionProfile/list` returns.",
        "The host has no permission profile of this name.",
    ),
    "projectNotFound": Reason(
        "Leave `projectId` out.", "The host keeps no projects, so none has this id."
    ),
    "noConfigurationFile": Reason(
        "Start the host with one: docs/configuration.md.",
        "The host was started without a configuration file.",
    ),
    "invalidConfigurationFile": Reason(
        "Correct the line that the message names; until then the previous configuration stays in"
        " force.",
        "The configuration file cannot be read.",
    ),
    "mcpServerNotFound": Reason(
        "Use a server that `mcpServerStatus/list` returns, or configure this one.",
        "The host has no MCP server of this name.",
    ),
    "mcpCallFailed": Reason(
        "Read the server's error in the message; `mcpServerStatus/list` says whether it is"
        " connected.",
        "The MCP server did not carry out the call, or the host cannot use its answer.",
        _FAILED,
    ),
    "noRetentionRules": Reason(
        "Write rules into the configuration file: docs/retention.md.",
        "The host has no retention rules.",
    ),
    "noCodexHome": Reason(
        "Give the folder that holds `sessions`.", "The folder is not a home of codex."
    ),
    "codexUnreadable": Reason(
        "Repair what the message names, or move that file away; then import again.",
        "The host cannot read a database of codex, or its list of names.",
    ),
    "importOfItself": Reason(
        "Give another folder.", "The folder is the host's own home; its threads are here already."
    ),
}
OF_THREADS = {
    "threadNotFound": Reason(_LIST),
    "threadNotPersisted": Reason(
        "Nothing: no data of the thread is stored, and it ends with the host."
    ),
    "metadataNotKept": Reason(_STORED),
    "threadBeingDeleted": Reason("Stop using the thread; `thread/deleted` says when it is gone."),
    "threadNotFenced": Reason(
        "Delete again; the deletion resumes where it stopped.", codes=_FAILED
    ),
    "threadClosing": Reason("Repeat the request after `thread/closed`, or after a second."),
    "threadUnavailable": Reason("Resume the thread with `thread/resume`."),
    "serverRequired": Reason(
        "Use `mcpServerStatus/list` to see why the server is not connected.", codes=_FAILED
    ),
    "threadArchived": Reason("Unarchive the thread with `thread/unarchive` first."),
    "alreadyArchived": Reason("Nothing; the thread is archived."),
    "notArchived": Reason("Nothing; the thread is not archived."),
    "notForkable": Reason("Fork with `ephemeral: true`."),
    "emptyThreadName": Reason("Give a name that is not blank."),
    "nothingToInject": Reason("Give at least one item."),
    "settingsLost": Reason("Call `thread/resume` with the settings that the thread should have."),
    "treeGrown": Reason("Read the tree again, and decide again whether to delete it."),
    "treeChanged": Reason("Read the tree again, and decide again whether to delete it."),
    "approvalNeeded": Reason("Have the user approve one more agent, or close agents first."),
    "deletionNotSupported": Reason(
        "Keep the thread, or run the host on a store that can delete.", codes=(METHOD_UNSUPPORTED,)
    ),
    "spawnRefused": Reason("Start the thread elsewhere, or without a parent."),
    "budgetUsedUp": Reason("Raise the budget with `host/goal/extend`."),
    "agentsFull": Reason("Close agents, or wait until working agents finish."),
    "agentNotFound": Reason("Use `thread/list` to see which threads the tree has."),
    "toolRefused": Reason("Correct the tool that the message names, and start the thread again."),
    "deletionHalted": Reason("Repair what the message names, then delete again.", codes=_FAILED),
    "rolloutRefused": Reason("Move away what is at that path, then delete again."),
    "staleToken": Reason("Nothing; the host may have begun the job again."),
}
OF_TURNS = {
    "turnNotFound": Reason("Use `thread/turns/list` to see which turns the thread has."),
    "noActiveTurn": Reason("Begin a turn with `turn/start`."),
    "emptyInput": Reason("Give at least one part of input."),
    "turnNotSteerable": Reason("Queue the input, or wait for `turn/completed`."),
    "turnRunning": Reason("Interrupt the turn, or wait for `turn/completed`."),
    "wrongTurn": Reason("Read which turn is running, and name that one."),
    "queueFull": Reason("Wait until the host has started a queued turn."),
    "submissionNotFound": Reason("Use `thread/queue/list` to see which submissions still wait."),
    "wrongOrder": Reason("List the queue again, and name each id in it once."),
}
OF_GOALS = {
    "goalRefused": Reason("Correct what the message names."),
    "noGoal": Reason("Give the goal an `objective`."),
    "goalsNotKept": Reason(_STORED),
    "notTheRoot": Reason("Set the goal on the root; the message has its id."),
}
OF_HOLDS = {
    "threadHeld": Reason("Release the hold with `host/hold/release`, then delete again."),
    "holdNotFound": Reason("Use `host/hold/list` to see which holds exist."),
    "holdsNotKept": Reason(_STORED),
    "heldOtherwise": Reason("Release that hold first, or name a different matter."),
    "holdsFull": Reason("Release holds that are no longer needed.", codes=_BUSY),
}
OF_JOBS = {
    "badJob": Reason("Correct the parameter that the message names."),
    "jobNotFound": Reason("Use `job/list` to see which jobs exist."),
    "jobRefused": Reason(_READ_JOB),
    "noFile": Reason("Give an `outputPath`."),
    "inputRefused": Reason("Correct the line of the file that the message names."),
    "inputChanged": Reason("Do not change the file while the host reads it; create the job again."),
    "outputRefused": Reason(
        "Give another `outputPath`, or set `force` to replace the existing file."
    ),
    "outputFailed": Reason("Repair what the message names, then call `job/export`.", codes=_FAILED),
    "schemaRefused": Reason("Use only the schema keywords that docs/jobs.md lists."),
}
OF_THE_HOST = {
    "overloaded": Reason(_LATER, codes=_BUSY),
    "accountFull": Reason(
        "Wait for the answers to earlier requests, then repeat this one.", codes=_BUSY
    ),
    "shuttingDown": Reason("Connect to the host that replaces it.", codes=_BUSY),
    "storeOverloaded": Reason(_LATER, codes=_BUSY),
    "memoryFull": Reason("Wait until ephemeral threads end: docs/retention.md.", codes=_BUSY),
    "outOfResources": Reason(_LATER, codes=_BUSY),
    "storeUnavailable": Reason(
        "Free space on the home's disk, then repeat the request.", codes=_FAILED
    ),
    "storeUnreadable": Reason(
        "Use `threadhost log verify` to see what is damaged, and restore a backup if it says so.",
        codes=_FAILED,
    ),
    "storeFailed": Reason(
        "The host stops, and verifies its log at the next start; then read what the request would"
        " change.",
        codes=_FAILED,
    ),
    "keyMissing": Reason(
        "Restore the key, or start the host with `--allow-missing-keys`.", codes=_FAILED
    ),
    "corruptEvent": Reason("Run `threadhost log verify` on the home.", codes=_FAILED),
    "idempotencyKeyReused": Reason("Give each request a key of its own."),
    "eventRefused": Reason("Correct the value that the message names."),
}
GROUPS = {
    "Messages and connections": OF_MESSAGES,
    "Parameters": OF_PARAMS,
    "Requirements of methods": OF_METHODS,
    "Threads and trees": OF_THREADS,
    "Turns": OF_TURNS,
    "Goals": OF_GOALS,
    "Holds": OF_HOLDS,
    "Jobs": OF_JOBS,
    "The host and its store": OF_THE_HOST,
}
REASONS = {name: reason for group in GROUPS.values() for name, reason in group.items()}
"""Every reason that an error of this host can have."""
