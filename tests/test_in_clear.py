"""What is said to be in clear is what is in clear."""

import pytest

from tests.limits.canaries import AUDIT, VIEWS
from tests.support import in_clear
from tests.support.clear_fields import clear_texts


def test_every_column_with_text_in_clear_is_declared() -> None:
    """Row 20 of the scoreboard looks for them in all columns, and allows these."""
    found = {column for columns in (*VIEWS.values(), *AUDIT.values()) for column in columns}
    assert found <= in_clear.WORDS.keys()


def test_every_column_that_is_named_exists() -> None:
    """Also those that are left out."""
    made = {
        f"{table}.{column}"
        for statements in (in_clear.OF_THE_LOG, in_clear.OF_THE_VIEWS, in_clear.OF_THE_KEYS)
        for table, columns in in_clear.tables(statements).items()
        for column in columns
    }
    assert in_clear.WORDS.keys() | in_clear.NOT_CLEAR <= made
    assert {name.partition(".")[0] for name in made} == in_clear.LASTS.keys()


def test_a_new_table_without_a_declared_retention_fails_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever adds one says how long its rows stay."""
    more = (*in_clear.OF_THE_LOG, "CREATE TABLE notes (words TEXT)")
    monkeypatch.setattr(in_clear, "OF_THE_LOG", more)
    with pytest.raises(KeyError, match="notes"):
        list(in_clear.rows())


def test_every_clear_text_is_on_the_page() -> None:
    """One line each."""
    page = "\n".join(in_clear.rows())
    for text in clear_texts():
        assert f"| `{text.kind}` | `{text.path}` | {text.in_words} |" in page
