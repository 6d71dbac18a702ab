"""The lines for the operator about the store: its log, its keys and its views."""

from logging import CRITICAL, ERROR, WARNING

from threadhost.events.operator_line import OperatorLine

STORE_FAILED = OperatorLine(
    "store.failed",
    CRITICAL,
    "the log cannot be written any more: {fault}",
    "A write or sync failed with an unknown outcome, or files of the home were replaced. The host"
    " stops with exit code 70; the next start checks the log.",
)
STORE_FULL = OperatorLine(
    "store.full",
    ERROR,
    "the log cannot be written for now: {fault}",
    "The disk is full, a file may not grow, or the process is out of a resource. The host refuses"
    " every change, still answers reads, and answers `/readyz` with 503. Make room; the host then"
    " continues without a restart.",
)
STORE_WRITES_AGAIN = OperatorLine(
    "store.writes_again",
    WARNING,
    "the log can be written again",
    "The condition that `store.full` reported is over.",
)
STORE_SLOW = OperatorLine(
    "store.slow",
    WARNING,
    "the disk took {seconds} s for one commit",
    "Writes, and reads of a thread that is being written, wait as long; other reads go on. Check"
    " what else uses that disk. The line is repeated only after a quicker commit in between.",
)
STORE_UNREADABLE = OperatorLine(
    "store.unreadable",
    ERROR,
    "{method} could not read the log: {fault}",
    "The file of the log is damaged at a place that a request reads. Stop the host and run"
    " `threadhost log verify`; its result says whether to restore a backup.",
)
FILES_CHANGED = OperatorLine(
    "log.files_changed",
    WARNING,
    "the files of the log were copied, restored or edited while no host ran; the host checks the"
    " log before it serves clients",
    "Expected after a restore or a copy. The next line has the result of the check.",
)
LOG_CHECKED = OperatorLine(
    "log.checked",
    WARNING,
    "{finding}; lists and other views were rebuilt from the log",
    "The result of the check that `log.files_changed` announced.",
)
LOG_DAMAGED = OperatorLine(
    "log.damaged",
    ERROR,
    "the log is not sound: {finding}",
    "The host serves what it can read. Restore a backup; `threadhost log verify` lists all damage.",
)
DAMAGE_BESIDE = OperatorLine(
    "log.damage_beside",
    WARNING,
    "data beside the log does not match it: {finding}",
    "Data that is derived from the log, or recorded beside it, does not match the log;"
    " `threadhost doctor` names the remedy.",
)
STREAM_DAMAGED = OperatorLine(
    "thread.damaged",
    WARNING,
    "{whose} is activated without {what}",
    "The host cannot read some events of a thread or tree, and activates it with the others.",
)
VIEWS_REMADE = OperatorLine(
    "views.remade",
    WARNING,
    "rebuilt the views from {count} events",
    "They did not match the log or were of another version, or `threadhost rebuild` was run.",
)
KEYS_MISSING = OperatorLine(
    "keys.missing",
    WARNING,
    "the keys of these threads, jobs or texts of memory are missing: {names}",
    "Their contents cannot be read. With `--allow-missing-keys`: restore a newer `keys.db`.",
)
KEYS_DESTROYED = OperatorLine(
    "keys.destroyed_again",
    WARNING,
    "a crash or an older {file} had left the keys of {what}: they are destroyed now",
    "A crash came between a deletion and the end of its keys, or an older file was restored.",
)
LOG_UPGRADING = OperatorLine(
    "log.upgrading",
    WARNING,
    "upgrading the log of an older version: {done} of {count} events",
    "The host starts once the log is in this version's format. Until then it is as it was, so a"
    " start that is interrupted begins again. The older version cannot read the upgraded log.",
    is_always_said=True,
)
LOG_UPGRADED = OperatorLine(
    "log.upgraded",
    WARNING,
    "upgraded the log of an older version: {count} events in {seconds} s",
    "No event changed, and cursors of clients remain valid.",
    is_always_said=True,
)
