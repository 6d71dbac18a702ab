"""One pass over the rows of a log: a damage is told once, and what follows is judged by itself."""

from typing import Any

from tests.support.each import each
from threadhost.events.store.audit import GONE, KEPT_MAX, Audit
from threadhost.events.store.chain import digest_of, genesis, link
from threadhost.events.store.findings import FINDINGS_MAX, About, in_order
from threadhost.events.store.rows import LINKED_COLUMNS, LogRow
from threadhost.events.thread import ThreadActivated, ThreadDeleted, ThreadRenamed
from threadhost.events.turn import TurnCompleted

Log = list[list[Any]]
A, B = "thread-a", "thread-b"
SEALED, PLAIN = ThreadRenamed.kind, TurnCompleted.kind
TOMBSTONE = b'{"thread_id":"a","deletion_id":"d","root_id":"a"}'
TIME = 1_763_798_400_000
AT = {name: at for at, name in enumerate(LogRow._fields)}
LOG = (
    (1, A, 1, SEALED, 1, b"1"),
    (2, A, 2, SEALED, 1, b"2"),
    (2, A, 3, PLAIN, None, b"3"),
    (2, A, 4, SEALED, 1, b"4"),
    (5, B, 1, SEALED, 2, b"5"),
    (6, A, 5, ThreadDeleted.kind, None, TOMBSTONE),
    (7, B, 2, SEALED, 2, b"7"),
)
"""The decision, the stream, the version, the type, the key and the payload of each."""


def rows(**changed: Any) -> Log:
    """The log, in which a row says something else from the beginning, by its place: `at_4=...`."""
    chain, log = genesis("log"), []
    for position, (decision, stream, version, kind, key_id, payload) in enumerate(LOG, 1):
        row: list[Any] = [position, decision, stream, version, kind, TIME, "p", "c", "e", key_id]
        for name, value in changed.get(f"at_{position}", {}).items():
            row[AT[name]] = value
        chain = link(chain, row[:LINKED_COLUMNS], digest := digest_of(payload))
        log.append([*row, payload, None, digest, chain])
    return log


def edited(position: int, log: Log | None = None, /, **columns: Any) -> Log:
    """A log after somebody wrote something else into a row."""
    log = log or rows()
    for name, value in columns.items():
        log[position - 1][AT[name]] = value
    return log


def audit(log: Log) -> Audit:
    seen = Audit(genesis("log"), None)
    for row in log:
        if not seen.is_over:
            seen.take(tuple(row))
    seen.end()
    return seen


def without(*positions: int) -> Log:
    return [row for row in rows() if row[0] not in positions]


ODD = "no writer writes such values into "
BROKEN = "the row or an earlier one differs from what was written"
CASES: dict[str, tuple[Log, list[tuple[int | None, str]]]] = {
    "nothing": (rows(), []),
    "a time that is none": (edited(4, recorded_at_ms="x"), [(4, f"{ODD}recorded_at_ms")]),
    "a type that is none": (edited(4, kind=7), [(4, f"{ODD}type")]),
    "a link that is none": (edited(4, chain=None), [(4, f"{ODD}chain")]),
    "a link that is too short": (edited(4, chain=b"x", payload="4"), [(4, f"{ODD}payload")]),
    "nothing to make a link of": (
        edited(4, chain=None, digest=None),
        [(4, f"{ODD}digest"), (5, BROKEN)],
    ),
    "an odd row that others were appended with": (
        edited(2, recorded_at_ms=None),
        [(2, f"{ODD}recorded_at_ms")],
    ),
    "a version that is none": (
        edited(4, version=4.5),
        [(4, f"{ODD}version"), (6, f"{A} has version 5 after 3")],
    ),
    "an odd tombstone": (
        edited(6, rows(at_7={"stream": A, "version": 6, "key_id": 1}), principal=1),
        [(6, f"{ODD}principal"), (7, "its stream does not admit it: it is deleted")],
    ),
    "a tombstone without a body": (
        edited(6, payload=None),
        [(6, "its payload is gone, and its type is never erased"), (6, "its body is not a ")],
    ),
    "a body that is none": (
        rows(at_7={"kind": ThreadActivated.kind, "key_id": None}),
        [(7, f"its body is not a {ThreadActivated.kind}")],
    ),
    "an odd row behind a gap": (
        [row for row in edited(5, principal=1) if row[0] not in (3, 4)],
        [
            (5, "positions 3 to 4 are missing"),
            (5, f"{ODD}principal"),
            (6, f"{A} has version 5 after 2"),
        ],
    ),
    "an odd row that is there twice": (
        [*edited(3, principal=1)[:3], *edited(3, principal=1)[2:]],
        [(3, f"{ODD}principal"), (None, "the rows of the table events have no order")],
    ),
    "rows that are gone": (
        without(5),
        [(6, "positions 5 to 5 are missing"), (6, BROKEN), (7, f"{B} has version 2 after 0")],
    ),
    "rows that are gone of an append": (
        without(2),
        [(3, "positions 2 to 2 are missing"), (3, f"{A} has version 3 after 1"), (3, BROKEN)],
    ),
    "a payload that is gone": (edited(7, payload=None), [(7, GONE)]),
    "a payload of a deleted thread that is gone": (edited(1, payload=None), []),
    "a payload that is gone and never goes": (
        edited(3, payload=None),
        [(3, "its payload is gone, and its type is never erased")],
    ),
    "a payload that is another": (
        edited(7, payload=b"8"),
        [(7, "its payload differs from what was written")],
    ),
    "a payload beside a blob": (
        edited(7, blob=digest_of(b"7").hex()),
        [(7, "it names a blob that is not the one of its digest")],
    ),
    "a blob of another digest": (
        edited(7, payload=b"", blob=digest_of(b"8").hex()),
        [(7, "it names a blob that is not the one of its digest")],
    ),
    "a second key": (
        rows(at_4={"key_id": 9}),
        [(4, "it is sealed under key 9, and its stream has 1")],
    ),
    "a key of another": (
        rows(at_5={"key_id": 1}, at_7={"key_id": 1}),
        [(5, f"it is sealed under key 1, which is that of {A}")],
    ),
    "a key that none has": (
        rows(at_5={"key_id": 0}, at_7={"key_id": 0}),
        [(5, "it is sealed under key 0, which is none")],
    ),
    "a row that should be sealed": (
        rows(at_7={"key_id": None}),
        [(7, "an event of this type is sealed")],
    ),
    "a decision that is none": (rows(at_7={"decision": 5}), [(7, "it has decision 5: ")]),
}


@each(("log", "findings"), CASES.values(), CASES)
def test_each_damage_of_a_log_is_reported_once_at_its_position(
    log: Log, findings: list[tuple[int | None, str]]
) -> None:
    seen = audit(log)
    assert [finding.position for finding in seen.findings] == [at for at, _ in findings]
    for finding, (_, reason) in zip(seen.findings, findings, strict=True):
        assert finding.reason.startswith(reason)
    assert seen.events == len(log) - seen.is_over * (len(log) - 3)


@each(
    ("following", "is_over", "findings"),
    [(3, False, [2, 4]), (None, True, [2])],
)
def test_rows_that_the_database_cannot_read_are_reported_once_and_later_rows_are_checked(
    following: int | None, findings: list[int], *, is_over: bool
) -> None:
    seen = Audit(genesis("log"), None)
    log = rows()
    seen.take(tuple(log[0]))
    seen.skip("torn", following)
    assert (seen.is_over, seen.position) == (is_over, following or 1)
    for row in log[3:] if following else []:
        seen.take(tuple(row))
    assert [finding.position for finding in seen.findings if "version" not in finding.reason] == (
        findings
    )


def test_no_more_than_the_first_findings_are_kept() -> None:
    seen = Audit(genesis("log"), None)
    for position in range(2 * KEPT_MAX, 0, -1):
        seen.add(About.EVENT, "odd", at=position)
        assert len(seen.findings) <= KEPT_MAX
    assert seen.finding_count == 2 * KEPT_MAX
    kept = [finding.position for finding in in_order(seen.findings)]
    assert kept == [*range(1, FINDINGS_MAX + 1)]
