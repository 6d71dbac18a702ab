"""The pytest suites that a store must inherit and pass before a host may run on it."""

import pytest

pytest.register_assert_rewrite(
    f"{__name__}.engine", f"{__name__}.host", f"{__name__}.keys", f"{__name__}.ownership"
)
