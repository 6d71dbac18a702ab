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
_LIST = "Look with `thread/list` which threads there are."
_READ_JOB = "Look with `job/read` how it stands."
_STORED = "Start the thread without `ephemeral`."
_LATER = "Ask again after a while, with twice the pause each time."

OF_MESSAGES = {
    "parseError": Reason(
        "Send one JSON object in UTF-8 a line or text frame.",
        "What came is no JSON; the message says where it goes wrong.",
        (PARSE_ERROR,),
    ),
    "invalidMessage": Reason(
        "Send an object with `id`, `method` and `params`, within the limits of its form.",
        "What came is JSON and no message, or holds more values, levels or digits than one may.",
    ),
    "messageTooLarge": Reason(
        "Send less at once; `limits.frame_bytes_max` of the host is the limit.",
        "What came is longer than a message may be.",
    ),
    "websocketExpected": Reason(
        "Upgrade to a websocket first, or have the host listen on `unix://` or stdio.",
        "JSON came without a frame to a listener that speaks websocket.",
    ),
    "notInitialized": Reason("Send `initialize` first.", "The connection has not said who it is."),
    "alreadyInitialized": Reason(
        "Go on; to say something else, connect anew.", "`initialize` was sent a second time."
    ),
    "unknownMethod": Reason(
        "Use one of the methods that the message names.", "The protocol has no such method."
    ),
    "methodNotOffered": Reason(
        "Do what the message names instead; the method will not come while the host runs.",
        "The protocol has the method, and this host does not offer it.",
        (METHOD_UNSUPPORTED,),
    ),
    "experimentalApiRequired": Reason(
        "Say `capabilities.experimentalApi: true` in `initialize`.",
        "The method or the field is experimental, and the connection did not ask for such.",
    ),
    "requestIdInUse": Reason(
        "Number requests so that each id is new.", "A request of this id is not answered yet."
    ),
    "requestCancelled": Reason(
        "Nothing; ask anew if it is wanted after all.", "The client took the request back."
    ),
    "answerTooLarge": Reason(
        "Ask for smaller pages, as the message says; what was to change has changed.",
        "The request was carried out, and its answer is larger than a message may be.",
    ),
    "internalError": Reason(
        "Report it, with the line of the host's log that has the same number, `data.incident`.",
        "Something happened that nobody expected.",
        _FAILED,
    ),
    "hostLost": Reason(
        "Read what it would have changed, or give an `idempotencyKey` and repeat it.",
        "The host ended before it answered, and it is not known whether it carried it out.",
        _FAILED,
    ),
}
OF_PARAMS = {
    "invalidParams": Reason(
        "Mend the field that `data.field` names, where there is one.",
        "A parameter is missing, of another type, or cannot be so; the message says what would be.",
    ),
    "conflictingParams": Reason(
        "Leave out one of those that the message names, or give the one that is missing.",
        "Parameters do not go together.",
    ),
    "fieldTooLarge": Reason(
        "Send less; `data` has the `limit` by name, its `max`, and the `actual` size.",
        "A field is larger than it may be.",
    ),
    "tooManyItems": Reason(
        "Send them in parts.",
        "A list has more entries than it may.",
        (INVALID_PARAMS,),
    ),
    "invalidItem": Reason(
        "Mend the item that the message names by its number.",
        "An item is none that a model could be given.",
    ),
    "invalidId": Reason(
        "Give the id as it came from the host.",
        "What should be an id is no UUID.",
        (INVALID_REQUEST, INVALID_PARAMS),
    ),
    "invalidCursor": Reason(
        "Begin again without a cursor, or give one as it came.",
        "A cursor stands for no place here.",
    ),
    "invalidConfig": Reason(
        "Mend the key that the message names.", "A value in `config` cannot be so."
    ),
    "valueNotOffered": Reason(
        "Leave the parameter out.", "The protocol has the value, and this host does not offer it."
    ),
}
OF_METHODS = {
    "inMemory": Reason(
        "Give the host a home.", "The host keeps everything in memory, and this needs files."
    ),
    "rolloutNotFound": Reason(
        "Give the thread's id, or its `path` as `thread/read` has it.",
        "A path names no thread of this host.",
    ),
    "threadNotMaterialized": Reason(
        "Ask again once the first turn has begun.",
        "The thread has had no turn yet, so there is nothing to read.",
    ),
    "itemNotFound": Reason(
        "Page with the cursors that came with a page.", "The turn has no such item."
    ),
    "modelProviderNotConfigured": Reason(
        "Take one of those of `modelProvider/list`, or configure it.", "There is no such provider."
    ),
    "permissionProfileNotFound": Reason(
        "Take one of those of `permissionProfile/list`.", "There is no such profile."
    ),
    "projectNotFound": Reason(
        "Leave `projectId` out.", "The host keeps no projects, so there is none of this id."
    ),
    "noConfigurationFile": Reason(
        "Start the host with one: docs/configuration.md.",
        "The host was started without a configuration file.",
    ),
    "invalidConfigurationFile": Reason(
        "Mend the line that the message names; what was in force still is.",
        "The configuration file cannot be read.",
    ),
    "mcpServerNotFound": Reason(
        "Take one of those of `mcpServerStatus/list`, or configure it.",
        "There is no MCP server of this name.",
    ),
    "mcpCallFailed": Reason(
        "Read what the server says; `mcpServerStatus/list` says whether it is connected.",
        "An MCP server did not carry out a call, or its answer cannot be used.",
        _FAILED,
    ),
    "noRetentionRules": Reason(
        "Write rules into the configuration file: docs/retention.md.",
        "The host has no rules of retention.",
    ),
    "noCodexHome": Reason(
        "Give the folder that holds `sessions`.", "The folder is no home of codex."
    ),
    "codexUnreadable": Reason(
        "Mend what the message says, or move the file that it names away; then import again.",
        "A database of codex, or its list of names, cannot be read as things are.",
    ),
    "importOfItself": Reason(
        "Give another folder.", "The folder is the host's own home; its threads are here already."
    ),
}
OF_THREADS = {
    "threadNotFound": Reason(_LIST),
    "threadNotPersisted": Reason("Leave it: nothing of it is stored, and it ends with the host."),
    "metadataNotKept": Reason(_STORED),
    "threadBeingDeleted": Reason("Give the thread up; `thread/deleted` says when it is gone."),
    "threadNotFenced": Reason("Delete again; that goes on where it stopped.", codes=_FAILED),
    "threadClosing": Reason("Ask again once `thread/closed` came, or after a second."),
    "threadUnavailable": Reason("Resume the thread with `thread/resume`."),
    "serverRequired": Reason(
        "Look with `mcpServerStatus/list` why the server is not connected.", codes=_FAILED
    ),
    "threadArchived": Reason("Take it out with `thread/unarchive` first."),
    "alreadyArchived": Reason("Nothing; it is put away."),
    "notArchived": Reason("Nothing; it is not put away."),
    "notForkable": Reason("Fork with `ephemeral: true`."),
    "emptyThreadName": Reason("Give a name that is not blank."),
    "nothingToInject": Reason("Give at least one item."),
    "settingsLost": Reason("Resume the thread with the settings that it is to have."),
    "treeGrown": Reason("Look at the tree again, and decide anew."),
    "treeChanged": Reason("Look at the tree again, and decide anew."),
    "approvalNeeded": Reason("Have somebody approve it, or close agents first."),
    "deletionNotSupported": Reason(
        "Keep the thread, or run the host on a store that can delete.", codes=(METHOD_UNSUPPORTED,)
    ),
    "spawnRefused": Reason("Start the thread elsewhere, or without a parent."),
    "budgetUsedUp": Reason("Raise the budget with `host/goal/extend`."),
    "agentsFull": Reason("Close agents, or wait for those at work."),
    "agentNotFound": Reason("Look with `thread/list` which threads the tree has."),
    "toolRefused": Reason("Mend the tool that the message names, and start the thread anew."),
    "deletionHalted": Reason("Mend what the message names, then delete again.", codes=_FAILED),
    "rolloutRefused": Reason("Move away what stands there, then delete again."),
    "staleToken": Reason("Nothing; the work was given to another."),
}
OF_TURNS = {
    "turnNotFound": Reason("Look with `thread/turns/list` which turns the thread has."),
    "noActiveTurn": Reason("Begin a turn with `turn/start`."),
    "emptyInput": Reason("Give at least one part of input."),
    "turnNotSteerable": Reason("Queue the input, or wait for `turn/completed`."),
    "turnRunning": Reason("Interrupt the turn, or wait for `turn/completed`."),
    "wrongTurn": Reason("Read which turn runs, and ask for that one."),
    "queueFull": Reason("Wait until a queued turn has begun."),
    "submissionNotFound": Reason("Look with `thread/queue/list` what still waits."),
    "wrongOrder": Reason("List the queue again, and name each of its ids once."),
}
OF_GOALS = {
    "goalRefused": Reason("Mend what the message names."),
    "noGoal": Reason("Give the goal an `objective`."),
    "goalsNotKept": Reason(_STORED),
    "notTheRoot": Reason("Set it at the root, whose id the message has."),
}
OF_HOLDS = {
    "threadHeld": Reason("Release the hold with `host/hold/release`, then delete again."),
    "holdNotFound": Reason("Look with `host/hold/list` which holds there are."),
    "holdsNotKept": Reason(_STORED),
    "heldOtherwise": Reason("Release that hold first, or name another matter."),
    "holdsFull": Reason("Release holds that are not needed any more.", codes=_BUSY),
}
OF_JOBS = {
    "badJob": Reason("Mend the parameter that the message names."),
    "jobNotFound": Reason("Look with `job/list` which jobs there are."),
    "jobRefused": Reason(_READ_JOB),
    "noFile": Reason("Give an `outputPath`."),
    "inputRefused": Reason("Mend the line of the file that the message names."),
    "inputChanged": Reason("Leave the file alone while it is read, and create the job anew."),
    "outputRefused": Reason("Give another `outputPath`, or `force` to replace what is there."),
    "outputFailed": Reason("Mend what the message names, then `job/export`.", codes=_FAILED),
    "schemaRefused": Reason("Write the schema with the keywords of docs/jobs.md."),
}
OF_THE_HOST = {
    "overloaded": Reason(_LATER, codes=_BUSY),
    "accountFull": Reason("Wait for answers before more is sent; then ask again.", codes=_BUSY),
    "shuttingDown": Reason("Connect to the host that takes its place.", codes=_BUSY),
    "storeOverloaded": Reason(_LATER, codes=_BUSY),
    "memoryFull": Reason("Wait until ephemeral threads end: docs/retention.md.", codes=_BUSY),
    "outOfResources": Reason(_LATER, codes=_BUSY),
    "storeUnavailable": Reason("Make room for the home, then ask again.", codes=_FAILED),
    "storeUnreadable": Reason(
        "Look with `threadhost log verify` what is damaged, and put a backup back if it says so.",
        codes=_FAILED,
    ),
    "storeFailed": Reason(
        "Read what it would have changed: the host ends, and verifies its log at its next start.",
        codes=_FAILED,
    ),
    "keyMissing": Reason(
        "Bring the key back, or start with `--allow-missing-keys`.", codes=_FAILED
    ),
    "corruptEvent": Reason("Have `threadhost log verify` look at the home.", codes=_FAILED),
    "idempotencyKeyReused": Reason("Give each request a key of its own."),
    "eventRefused": Reason("Mend the value that the message names."),
}
GROUPS = {
    "Messages and connections": OF_MESSAGES,
    "Parameters": OF_PARAMS,
    "What a method needs": OF_METHODS,
    "Threads and trees": OF_THREADS,
    "Turns": OF_TURNS,
    "Goals": OF_GOALS,
    "Holds": OF_HOLDS,
    "Jobs": OF_JOBS,
    "The host and its store": OF_THE_HOST,
}
REASONS = {name: reason for group in GROUPS.values() for name, reason in group.items()}
"""Every reason that an error of this host can have."""
