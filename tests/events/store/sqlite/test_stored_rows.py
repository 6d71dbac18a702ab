"""How a row of the log is stored: numbers and bytes for texts, which readers get back."""

from contextlib import closing

from tests.support.each import each
from threadhost.events.store.rows import LogRow
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database, Transaction
from threadhost.events.store.sqlite.rows import LogRows
from threadhost.events.store.sqlite.tx import SqliteTx

STREAM = "thread-a"
UUID = "01a22f41-58af-768f-8214-f9d317ab1fa3"
CORRELATIONS = {
    UUID: "blob",
    UUID.upper(): "text",
    UUID.replace("-", ""): "text",
    UUID[:-1]: "text",
    f"{UUID}\n": "text",
    UUID.replace("a", "٣"): "text",
    "request-1": "text",
    "": "text",
}
CAUSES = {
    f"event:{STREAM}@7": "integer",
    f"event:{STREAM}@0": "integer",
    f"event:{STREAM}@07": "text",
    f"event:{STREAM}@-7": "text",
    f"event:{STREAM}@٣": "text",
    f"event:{STREAM}@": "text",
    f"event:{STREAM}@{10**20}": "text",
    f"event:{STREAM}b@7": "text",
    "event:tree-a@7": "text",
    f"start:{STREAM}@7": "text",
    "request:c:3:turn/start": "text",
    "": "text",
}


def stored(correlation: str, cause: str) -> tuple[str, str]:
    """Write a row, see that it is read as it was written, and return how two columns are stored."""
    about = (1, 1, STREAM, 1, "thread.renamed.v1", 7, "client:c", correlation, cause, None)
    row = LogRow(*about, b"p", None, b"d", b"c")
    with closing(Database(None)) as database:
        for statement in schema.STATEMENTS:
            database.writer.execute(statement)
        with Transaction(database, SqliteTx(database.writer, database.names)) as tx:
            tx.add_events(row)
        assert LogRows(database).of_log() == [row]
        [forms] = database.rows(
            "SELECT typeof(stream), typeof(type), typeof(principal),"
            " typeof(correlation_id), typeof(causation_id) FROM event_rows"
        )
    assert forms[:3] == ("integer", "integer", "integer")
    return forms[3], forms[4]


@each(("correlation", "form"), CORRELATIONS.items())
def test_a_correlation_that_is_a_uuid_is_stored_as_its_bytes(correlation: str, form: str) -> None:
    assert stored(correlation, "")[0] == form


@each(("cause", "form"), CAUSES.items())
def test_a_cause_in_the_same_stream_is_stored_as_its_version(cause: str, form: str) -> None:
    assert stored("", cause)[1] == form
