"""All lines for the operator in one table: code, level and words."""

from logging import ERROR, INFO, WARNING

from threadhost.events import operator_log_store
from threadhost.events.operator_line import OperatorLine

HOST_STARTED = OperatorLine(
    "host.started",
    INFO,
    "threadhost {version} serves {home} with {model}: process {pid}, epoch {epoch}",
    "A host began to serve. Its epoch is greater than that of every earlier start. A line for each"
    " of its addresses follows.",
)
HOST_LISTENS = OperatorLine(
    "host.listens",
    INFO,
    "listening on {address}{hint}",
    "Clients can reach the host at this address. In the text form the line is these words alone.",
    is_always_said=True,
)
HOST_NOT_CLOSED = OperatorLine(
    "host.not_closed",
    WARNING,
    "the host before this one, process {pid}, ended without closing the home; last event: {at}",
    "A SIGKILL, a lack of memory or a power cut ended it; the log of the system may say which.",
)
HOST_WAITS = OperatorLine(
    "host.waits",
    WARNING,
    "waiting for the backup that copies {home}",
    "A backup began while no host ran on this home, and keeps the home unchanged until its copy is"
    " complete. The host starts after that; the time depends on the size of the log.",
    is_always_said=True,
)
HOST_DRAINS = OperatorLine(
    "host.drains",
    INFO,
    "stopping: {why}",
    "The host accepts no new work, ends running work, and then stops.",
)
HOST_STOPPED = OperatorLine(
    "host.stopped",
    INFO,
    "stopped: {why}; exit code {exit_code}",
    "The host has released its home. [The exit codes](../cli.md#serving) say how it ended.",
)
HOST_DID_NOT_START = OperatorLine(
    "host.did_not_start",
    ERROR,
    "threadhost: {what}",
    "The host could not start. The words say what is wrong and what would be right; `exitCode`"
    " names the kind of failure. In the text form the line is these words alone.",
    is_always_said=True,
    beside=("exit_code",),
)
CONFIG_UNUSED = OperatorLine(
    "config.unused",
    WARNING,
    "{file}: not used by this host: {names}",
    "The configuration file has keys that only codex uses.",
)
CONFIG_READABLE = OperatorLine(
    "config.readable",
    WARNING,
    "other users can read {file}, and these keys in it may hold secrets: {names}",
    "Close the file to others with `chmod go= FILE`, or use the keys that name environment"
    " variables instead. The host does not warn of a file in a home that is closed to others.",
)
SETTINGS_IGNORED = OperatorLine(
    "settings.ignored",
    WARNING,
    "these settings of codex on the command line have no effect: {names}",
    "A client started the host as if it were codex, with `-c KEY=VALUE`. The configuration file of"
    " the home may have a key for that setting. The log names each key once.",
)
CONFIG_RELOADED = OperatorLine(
    "config.reloaded",
    INFO,
    "{file} was read again; these keys changed and apply now: {names}",
    "The host read the file again, and these keys have new values, which apply without a restart.",
)
CONFIG_AT_START = OperatorLine(
    "config.needs_restart",
    WARNING,
    "{file} was read again; these keys changed and need a restart: {names}",
    "The host read the file again. These keys differ from the values that the host started with,"
    " and apply only after a restart.",
)
CONFIG_NOT_RELOADED = OperatorLine(
    "config.not_reloaded",
    ERROR,
    "the configuration was not reloaded, and is unchanged: {what}",
    "The host read the file again at a SIGHUP and cannot use it. Correct the file and try again;"
    " until then the host keeps its configuration, but its next start would fail.",
)
PROVIDER_KEY_MISSING = OperatorLine(
    "provider.key_missing",
    WARNING,
    "{file}: {variable} is not set, the variable with the key of provider {provider}: turns that"
    " use this provider will fail",
    "Set the variable and start the host again.",
)
TURN_FAILED = OperatorLine(
    "turn.failed",
    WARNING,
    "turn {turn_id} of thread {thread_id} failed: {reason}",
    "A model gave no valid answer in any attempt. The reason is a code of the protocol;"
    " `threadhost threads logs` shows each attempt.",
)
MCP_SERVER_LOST = OperatorLine(
    "mcp.server_lost",
    WARNING,
    "MCP server {server}: {what}; the host tries again in {seconds} s",
    "The server's tools fail until it is connected again; the host retries until then.",
)
TOKEN_REFUSED = OperatorLine(
    "token.refused",
    WARNING,
    "{peer} was refused for its token: {said}",
    "A client tried to connect without the right token. The log never contains the token itself.",
)
CLIENT_REFUSED = OperatorLine(
    "client.refused",
    WARNING,
    "{peer} was refused as a client ({status}): {said}",
    "The connection came from a web page, there were too many clients, or the client did not send"
    " `initialize` in time.",
)
CLIENT_GIVEN_UP = OperatorLine(
    "client.given_up",
    WARNING,
    "{peer} read nothing for {seconds} s: its connection is closed",
    "The host closed the connection of a client that reads nothing. Other clients are not"
    " affected, and no request of the client is lost.",
)
CLIENT_BEHIND = OperatorLine(
    "client.behind",
    INFO,
    "{whose} has fallen behind at position {position}",
    "A client reads slowly. The host sends it later events from the log once it has caught up.",
)
NOT_JOINABLE = OperatorLine(
    "host.not_joinable",
    WARNING,
    "programs cannot join this host: {what}",
    "Another file is in the place of the home's private socket, or the host cannot create the"
    " socket there.",
)
FOREIGN_CLIENT = OperatorLine(
    "client.foreign",
    WARNING,
    "{peer} may not join this host: its connection was closed",
    "A process of another user connected to the private socket of the home; only root can do that.",
)
CANNOT_ACCEPT = OperatorLine(
    "clients.shut_out",
    WARNING,
    "no client can connect for now: {why}; the host tries again",
    "The process has no free file descriptors: raise its limit (`LimitNOFILE`, `ulimit -n`).",
)
FILES_SCARCE = OperatorLine(
    "files.scarce",
    WARNING,
    "the limit of {descriptors} open files (ulimit -n) leaves room for {clients} clients; raise it"
    " for more",
    "The limit of open files is too low for the number of clients that the host allows.",
)
TOKEN_FILE_OPEN = OperatorLine(
    "token_file.open",
    WARNING,
    "other users can access {file}; run `chmod 600` on it",
    "Anyone who can read the token can act as a client.",
)
HOST_KEY_OPEN = OperatorLine(
    "host_key.open",
    WARNING,
    "{file} has mode {mode}, so other users may read the host key; run `chmod 600` on it",
    "Anyone who has the host key and the home can read all conversations.",
)
HOME_MADE = OperatorLine(
    "home.made",
    INFO,
    "{home} is a new home",
    "There was no home at this path; the host made one, and the folder if it was missing. If a"
    " home should be there, check `--home`.",
)
CLOCK_STEPPED = OperatorLine(
    "clock.stepped",
    WARNING,
    "the wall clock shows {after_ms} instead of {before_ms} (milliseconds since 1970)",
    "The wall clock and the monotonic clock of time limits disagree on how much time passed: the"
    " clock was set, the machine slept, or a virtual machine was halted or restored. While the"
    " wall clock is behind the newest event, new events get the time of that event.",
)
LOOP_STALLED = OperatorLine(
    "loop.stalled",
    ERROR,
    "the event loop has been blocked for {stalled_ms} ms, at {place}",
    "The host serves no client meanwhile. The machine may be overloaded; otherwise it is a fault"
    " of the host.",
)
THREAD_FAILED = OperatorLine(
    "thread.failed",
    ERROR,
    "thread {thread_id} failed, failure number {attempt}: {kind}",
    "The thread's actor met an unexpected error; the supervisor restarts it from the log.",
)
THREAD_GIVEN_UP = OperatorLine(
    "thread.given_up",
    ERROR,
    "thread {thread_id} is not restarted any more, after {restarts} restarts",
    "The thread's actor failed at each restart; `thread/resume` tries again. Others go on.",
)
THREAD_NOT_STOPPED = OperatorLine(
    "thread.not_stopped",
    WARNING,
    "thread {thread_id} did not stop in time",
    "The host fenced the thread's actor out: the log accepts nothing from it any more. The"
    " thread's turn ends as interrupted.",
)
DELETION_STUCK = OperatorLine(
    "deletion.stuck",
    WARNING,
    "deletion {deletion_id} waits for the store: {fault}",
    "The host cannot write the events of a running deletion; it retries until it can.",
)
DELETION_HALTED = OperatorLine(
    "deletion.halted",
    ERROR,
    "deletion {deletion_id} stopped in the middle: {kind}",
    "Deleted threads were announced, the others are usable; a repeated delete completes it.",
)
ERASURE_WAITS = OperatorLine(
    "erasure.waits",
    WARNING,
    "erasure could not be confirmed yet: {fault}",
    "No client can read the deleted threads, but some of their bytes may stay in the database file"
    " while another process reads it. The host tries again.",
)
RETENTION_HALTED = OperatorLine(
    "retention.halted",
    WARNING,
    "retention rule {rule} stopped: {what}",
    "A deletion that a rule began stopped halfway, as `deletion.halted` says; the rule tries again"
    " when it is next applied.",
)
RETENTION_NOT_RECORDED = OperatorLine(
    "retention.not_recorded",
    WARNING,
    "the result of retention rule {rule} was not recorded: {fault}",
    "Threads were deleted, each with its own receipt; the log lacks only the summary of the rule.",
)
RETENTION_FAILED = OperatorLine(
    "retention.failed",
    ERROR,
    "the retention rules could not be applied: {kind}; the host tries again later",
    "No rule deletes threads until then. If the disk is full, `store.full` says so; otherwise it"
    " is a fault of the host.",
)
SPACE_KEPT = OperatorLine(
    "erasure.space_kept",
    WARNING,
    "the space of deleted threads could not be freed yet: {fault}",
    "The host returns the space of deleted threads in the log's file after the next deletion, or"
    " at the next start. The deleted data cannot be read.",
)
INCIDENT = OperatorLine(
    "host.incident",
    ERROR,
    "incident {incident}: {method} failed unexpectedly",
    "A request met a fault of the host. The error that the client got has the same number.",
)
HOST_FAULT = OperatorLine(
    "host.fault",
    ERROR,
    "{what} failed unexpectedly",
    "A fault of the host, or of code that it was given: the error and its place follow. Only the"
    " part that failed ended, or is tried again; all else goes on.",
)
WORK_LEFT = OperatorLine(
    "work.left",
    WARNING,
    "{what} cannot continue for now: {fault}",
    "The host refused this work, or cannot read or write its data, and no client waits for the"
    " answer. The next request for it, or the next start, resumes it.",
)
NOT_RECORDED = OperatorLine(
    "log.not_recorded",
    WARNING,
    "{what} is not recorded: {fault}",
    "It happened, but the log does not have it. The next start makes up for it if needed.",
)
GOES_WITHOUT = OperatorLine(
    "host.goes_without",
    WARNING,
    "{what}: {fault}",
    "The host continues without this, for now or until it ends. Nothing of a conversation is lost.",
)
CLIENTS_WAIT = OperatorLine(
    "clients.wait",
    WARNING,
    "clients are notified later of the events after position {position}: {fault}",
    "The host is out of memory, open files or threads. It continues without a restart, and sends"
    " all notifications later.",
)
CLIENT_MISSES = OperatorLine(
    "client.misses",
    ERROR,
    "{peer} cannot be notified of the events after position {position}: {fault}",
    "The host cannot read the log there. The client got a `warning`, and gets the notifications of"
    " new events.",
)

_ALL = (*globals().values(), *vars(operator_log_store).values())
LINES = {line.code: line for line in _ALL if isinstance(line, OperatorLine)}
"""All lines by their codes."""
