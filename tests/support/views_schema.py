"""`projections/schema.py`, written from the tables that `projections/tables.py` describes.

Run as a module it writes the file anew; a test compares.
"""

from pathlib import Path

from threadhost.projections.tables import ddl, metadata

FILE = Path(__file__).parents[2] / "projections" / "schema.py"
HEAD = '''"""The statements that make the views; written from `tables.py` by `make docs`."""

TABLES: dict[str, tuple[str, ...]] = {
'''


def text() -> str:
    """What the file has to hold."""
    tables = (_entry(table.name, ddl(table)) for table in metadata.tables.values())
    return HEAD + "".join(tables) + "}\n"


def _entry(name: str, statements: list[str]) -> str:
    lines = "".join(f'        """{_indented(statement)}""",\n' for statement in statements)
    return f'    "{name}": (\n{lines}    ),\n'


def _indented(statement: str) -> str:
    return statement.replace("\n", "\n        ")


def main() -> None:
    """Write the file anew."""
    FILE.write_text(text())


if __name__ == "__main__":
    main()
