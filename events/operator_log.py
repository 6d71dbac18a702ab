"""All lines for the operator in one table: code, level and words."""

from logging import CRITICAL, ERROR, INFO, WARNING

from threadhost.events.operator_line import OperatorLine

HOST_STARTED = OperatorLine(
    "host.started",
    INFO,
    "threadhost {version} serves {home} with {model}: process {pid}, epoch {epoch}",
    "A host began to serve, at an epoch greater than at any start before. Its addresses follow, a"
    " line each.",
)
HOST_LISTENS = OperatorLine(
    "host.listens",
    INFO,
    "listening on {address}{hint}",
    "Clients can reach the host there. As text it is these words alone, with nothing before them.",
    is_always_said=True,
)
HOST_WAITS = OperatorLine(
    "host.waits",
    WARNING,
    "waiting for the backup that copies {home}",
    "A backup copies a home on which no host ran when it began, and keeps it as it is meanwhile."
    " The host starts once the copy is made, which takes as long as the log is.",
    is_always_said=True,
)
HOST_DRAINS = OperatorLine(
    "host.drains",
    INFO,
    "stopping: {why}",
    "The host takes no new work, ends what runs, and then stops.",
)
HOST_STOPPED = OperatorLine(
    "host.stopped",
    INFO,
    "stopped: {why}; exit code {exit_code}",
    "The host has let go of its home. [The exit codes](../cli.md#serving) say how.",
)
HOST_DID_NOT_START = OperatorLine(
    "host.did_not_start",
    ERROR,
    "threadhost: {what}",
    "The host could not start; the words say what is wrong and what would do, `exitCode` of which"
    " kind it is. As text it is these words alone.",
    is_always_said=True,
    beside=("exit_code",),
)
CONFIG_UNUSED = OperatorLine(
    "config.unused",
    WARNING,
    "{file}: not used by this host: {names}",
    "Keys of the configuration file that mean something to codex alone.",
)
CONFIG_READABLE = OperatorLine(
    "config.readable",
    WARNING,
    "{file}: others on this machine can read it, and these keys may hold secrets: {names}",
    "Take their permission with `chmod go= FILE`, or name variables of the environment in the file"
    " instead. A file in a home that is closed to others is not meant.",
)
SETTINGS_IGNORED = OperatorLine(
    "settings.ignored",
    WARNING,
    "settings of codex on the command line mean nothing here: {names}",
    "A client gave `-c KEY=VALUE` to a program that it takes for codex. What it should have changed"
    " may have a key in the configuration file of the home. Each key is named once.",
)
CONFIG_RELOADED = OperatorLine(
    "config.reloaded",
    INFO,
    "{file} was read again; from now on: {names}",
    "Keys that say something else than they did. Nothing but the file had to be changed for that.",
)
CONFIG_AT_START = OperatorLine(
    "config.needs_restart",
    WARNING,
    "{file}: needs a restart: {names}",
    "The file was read again, and these keys say something else than this host was started with.",
)
CONFIG_NOT_RELOADED = OperatorLine(
    "config.not_reloaded",
    ERROR,
    "the configuration stays as it was: {what}",
    "The file was read again at a SIGHUP and cannot be used. Mend it and try again; until then"
    " nothing has changed, but the next start would fail.",
)
PROVIDER_KEY_MISSING = OperatorLine(
    "provider.key_missing",
    WARNING,
    "{file}: {variable} is not set, the key of provider {provider}: its turns will fail",
    "Set the variable and start the host again.",
)
TURN_FAILED = OperatorLine(
    "turn.failed",
    WARNING,
    "turn {turn_id} of thread {thread_id} failed: {reason}",
    "A model did not answer as it has to, after all attempts. The reason is a code of the"
    " protocol; `threadhost threads logs` has each attempt.",
)
MCP_SERVER_LOST = OperatorLine(
    "mcp.server_lost",
    WARNING,
    "MCP server {server}: {what}; again in {seconds} s",
    "Its tools fail until it is back; it is tried again and again.",
)
TOKEN_REFUSED = OperatorLine(
    "token.refused",
    WARNING,
    "{peer} showed no token that is right: {said}",
    "Somebody without the right token knocked at a port. The token itself is never told.",
)
CLIENT_REFUSED = OperatorLine(
    "client.refused",
    WARNING,
    "{peer} did not become a client ({status}): {said}",
    "A web page, a crowd, or who did not say in time who it is.",
)
CLIENT_GIVEN_UP = OperatorLine(
    "client.given_up",
    WARNING,
    "{peer} took nothing for {seconds} s and is given up",
    "A client that reads nothing is hung up on, alone; nothing it asked for is lost.",
)
CLIENT_BEHIND = OperatorLine(
    "client.behind",
    INFO,
    "{whose} has fallen behind at position {position}",
    "A client reads slowly: what follows is told from the log once it has caught up.",
)
NOT_JOINABLE = OperatorLine(
    "host.not_joinable",
    WARNING,
    "no program can join this host: {what}",
    "Something lies in the place of the private socket in the home, or it cannot be made there.",
)
FOREIGN_CLIENT = OperatorLine(
    "client.foreign",
    WARNING,
    "{peer} may not join this host, and was hung up on",
    "A process of another user came over the private socket of the home, which only root can.",
)
NOBODY_CAN_CONNECT = OperatorLine(
    "clients.shut_out",
    WARNING,
    "nobody can connect for now: {why}; it is tried again",
    "The process is out of open files: raise its limit (`LimitNOFILE`, `ulimit -n`).",
)
FILES_SCARCE = OperatorLine(
    "files.scarce",
    WARNING,
    "with {descriptors} open files there is room for {clients} clients; a higher limit (ulimit -n)"
    " makes room",
    "The limit of open files leaves room for fewer clients than are allowed.",
)
TOKEN_FILE_OPEN = OperatorLine(
    "token_file.open",
    WARNING,
    "{file} is open to other users of this machine; `chmod 600` closes it",
    "Who can read the token can do what clients can.",
)
HOST_KEY_OPEN = OperatorLine(
    "host_key.open",
    WARNING,
    "{file} has mode {mode}: others may read the host key, chmod 600 it",
    "Who has the host key and the home can read all that was said.",
)
HOME_MADE = OperatorLine(
    "home.made",
    INFO,
    "{home} is a new home",
    "No host was there before, and where there was no folder, it was made. If there should have"
    " been one, `--home` is misspelt.",
)
STORE_FAILED = OperatorLine(
    "store.failed",
    CRITICAL,
    "the log cannot be written any more: {fault}",
    "A write or sync failed so that its outcome is open, or files of the home were replaced. The"
    " host stops with exit code 70; the next start looks at what is there.",
)
STORE_FULL = OperatorLine(
    "store.full",
    ERROR,
    "nothing can be written for now: {fault}",
    "The disk is full, a file may not grow, or the process is out of something. What would change"
    " anything is refused, reading goes on, `/readyz` says 503. Make room; it goes on by itself.",
)
STORE_WRITES_AGAIN = OperatorLine(
    "store.writes_again",
    WARNING,
    "it can be written again",
    "What `store.full` told is over.",
)
STORE_SLOW = OperatorLine(
    "store.slow",
    WARNING,
    "the disk took {seconds} s to keep what was written",
    "Whoever writes waits as long, or reads a thread that is being written; other reading goes on."
    " See what else is at work on that disk. It is told again once it was quicker in between.",
)
STORE_UNREADABLE = OperatorLine(
    "store.unreadable",
    ERROR,
    "{method} could not read the log: {fault}",
    "The file of the log is damaged where a request reads it. Stop the host; what"
    " `threadhost log verify` says of it decides whether a backup has to be restored.",
)
FILES_CHANGED = OperatorLine(
    "log.files_changed",
    WARNING,
    "the files of the log are not as a host left them: they were copied, put back or edited; it is"
    " checked before anybody is served",
    "Expected after a restore or a copy. What was found follows.",
)
LOG_CHECKED = OperatorLine(
    "log.checked",
    WARNING,
    "{finding}; lists and other views were made anew from it",
    "What came of the check that `log.files_changed` told of.",
)
LOG_DAMAGED = OperatorLine(
    "log.damaged",
    ERROR,
    "the log is not sound: {finding}",
    "The host serves what can be read. Restore a backup; `threadhost log verify` names everything.",
)
DAMAGE_BESIDE = OperatorLine(
    "log.damage_beside",
    WARNING,
    "beside the log: {finding}",
    "Something that is made from the log, or noted beside it, is not what the log says.",
)
STREAM_DAMAGED = OperatorLine(
    "thread.damaged",
    WARNING,
    "{whose} is taken up without {what}",
    "Events of a thread or tree cannot be read; it goes on with the others.",
)
VIEWS_REMADE = OperatorLine(
    "views.remade",
    WARNING,
    "made the views anew from {count} events",
    "Lists were made by other rules, as of another version, or were not what the log says.",
)
KEYS_MISSING = OperatorLine(
    "keys.missing",
    WARNING,
    "key missing: {names}",
    "What was said in these threads cannot be read. The host was started with"
    " `--allow-missing-keys`; put a newer `keys.db` back.",
)
KEYS_DESTROYED = OperatorLine(
    "keys.destroyed_again",
    WARNING,
    "destroyed again what was here, as after a crash or with an older {file}: the keys of {what}",
    "A crash came between a deletion and the end of its keys; it is made up for.",
)
CLOCK_STEPPED = OperatorLine(
    "clock.stepped",
    WARNING,
    "the wall clock is at {after_ms} where {before_ms} was due (milliseconds since 1970)",
    "It was set, the machine slept, or a virtual one was halted or put back: this clock and the one"
    " that time limits go by do not agree on how much time passed. As long as it is behind the"
    " newest event, events are recorded at the time of that.",
)
LOOP_STALLED = OperatorLine(
    "loop.stalled",
    ERROR,
    "the event loop has not turned for {stalled_ms} ms; it is here: {place}",
    "Nobody is served meanwhile. The machine may be overloaded; else it is a fault of ours.",
)
THREAD_FAILED = OperatorLine(
    "thread.failed",
    ERROR,
    "thread {thread_id} failed for the {attempt}. time: {kind}",
    "Its actor met what it did not expect; the supervisor takes it up again from the log.",
)
THREAD_GIVEN_UP = OperatorLine(
    "thread.given_up",
    ERROR,
    "thread {thread_id} is given up after {restarts} restarts",
    "It fails again and again; `thread/resume` tries once more. All others go on.",
)
THREAD_NOT_STOPPED = OperatorLine(
    "thread.not_stopped",
    WARNING,
    "thread {thread_id} did not stop in time",
    "It is fenced out: nothing it does later is accepted. Its turn ends as interrupted.",
)
DELETION_STUCK = OperatorLine(
    "deletion.stuck",
    WARNING,
    "deletion {deletion_id} waits for the store: {fault}",
    "A deletion under way cannot be written; it is tried until it can.",
)
DELETION_HALTED = OperatorLine(
    "deletion.halted",
    ERROR,
    "deletion {deletion_id} stopped in the middle: {kind}",
    "What is gone was announced, the rest is usable; a repeated delete completes it.",
)
ERASURE_WAITS = OperatorLine(
    "erasure.waits",
    WARNING,
    "erasure could not be confirmed yet: {fault}",
    "Deleted threads are gone for everybody; bytes of theirs may be left in the file of the"
    " database until somebody stops reading it. It is tried again.",
)
RETENTION_HALTED = OperatorLine(
    "retention.halted",
    WARNING,
    "rule {rule} of retention: {what}",
    "A deletion that a rule began stopped in the middle, as `deletion.halted` says; the rule tries"
    " again when it is next applied.",
)
RETENTION_NOT_RECORDED = OperatorLine(
    "retention.not_recorded",
    WARNING,
    "what rule {rule} of retention did was not recorded: {fault}",
    "Threads went, each with a receipt of its own; the summary of the rule is missing in the log.",
)
RETENTION_FAILED = OperatorLine(
    "retention.failed",
    ERROR,
    "the rules of retention could not be applied: {kind}; it is tried again later",
    "Nothing goes by itself meanwhile. Where the disk is full, `store.full` says so; else it is a"
    " fault of ours.",
)
SPACE_KEPT = OperatorLine(
    "erasure.space_kept",
    WARNING,
    "space could not be given back yet: {fault}",
    "What deleted threads took in the file of the log is given back after the next deletion, or the"
    " next start. It cannot be read by anybody.",
)
INCIDENT = OperatorLine(
    "host.incident",
    ERROR,
    "incident {incident} in {method}",
    "A request met what nobody expected: a fault of ours. Its client was told the number.",
)
HOST_FAULT = OperatorLine(
    "host.fault",
    ERROR,
    "{what} failed, which nobody expected",
    "A fault of ours, or of code that the host was given: an error and its place follow. What"
    " failed ended alone, or is tried again; all else goes on.",
)
WORK_LEFT = OperatorLine(
    "work.left",
    WARNING,
    "{what} does not go on: {fault}",
    "It was refused or cannot be read or written, and nobody waits for an answer. What is next"
    " asked of it, or the next start, takes it up again.",
)
NOT_RECORDED = OperatorLine(
    "log.not_recorded",
    WARNING,
    "{what} is not recorded: {fault}",
    "It happened, and the log does not have it. Where something hangs on it, the next start makes"
    " up for it.",
)
GOES_WITHOUT = OperatorLine(
    "host.goes_without",
    WARNING,
    "{what}: {fault}",
    "Something that the host can do without, for now or altogether. Nothing of a conversation is"
    " lost.",
)
CLIENTS_WAIT = OperatorLine(
    "clients.wait",
    WARNING,
    "clients are told later of what follows position {position}: {fault}",
    "The host is out of memory, open files or threads. It goes on by itself; nothing is left out.",
)
CLIENT_MISSES = OperatorLine(
    "client.misses",
    ERROR,
    "{peer} cannot be told of what follows position {position}: {fault}",
    "The log cannot be read there. The client was told so in a `warning`, and hears what is new.",
)

LINES = {line.code: line for line in tuple(globals().values()) if isinstance(line, OperatorLine)}
"""All lines by their codes."""
