"""The tables of all views in SQLAlchemy Core, made from the nouns' descriptions.

The server never imports this: it would double the time to the first reply. It is for programs that
read a home with Core, or keep the views in another database.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.sql.type_api import TypeEngine

from threadhost.projections import all_views, table

TYPES: dict[table.Kind, TypeEngine[Any]] = {
    "text": Text(),
    "key": Text().with_variant(String(255), "mysql", "mariadb", "mssql", "oracle"),
    "integer": Integer(),
    "long": BigInteger().with_variant(Integer(), "sqlite"),
    "boolean": Boolean(),
}
"""Indexed texts need a length in some databases."""


def core(described: table.Table, metadata: MetaData) -> Table:
    """Make a table of a view in Core."""
    return Table(
        described.name,
        metadata,
        *(Column(c.name, TYPES[c.kind], nullable=c.may_be_null) for c in described.columns),
        PrimaryKeyConstraint(*described.key),
        *(
            Index(
                index.name,
                *index.columns,
                unique=index.is_unique,
                sqlite_where=text(index.where) if index.where else None,
            )
            for index in described.indices
        ),
        sqlite_with_rowid=described.lie_as_written,
    )


metadata = MetaData()
for _described in all_views().described:
    core(_described, metadata)
