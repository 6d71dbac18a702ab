"""Test suites that a store must pass before a host may run on it; for pytest, by inheritance."""

import pytest

pytest.register_assert_rewrite(
    f"{__name__}.engine", f"{__name__}.host", f"{__name__}.keys", f"{__name__}.ownership"
)
