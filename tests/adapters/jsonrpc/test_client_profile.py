"""The name of a client that is recorded with every change it asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.each import each
from threadhost.adapters.jsonrpc.client_profile import NAME_CHARS_MAX, kept_name

STORY = "my doctor says that " + "x" * 100


@pytest.mark.parametrize("name", ["codex_vscode", "Jürgens Editor 2", "", "x" * NAME_CHARS_MAX])
def test_a_short_printable_client_name_is_kept(name: str) -> None:
    assert kept_name(name) == name


@each("name", [STORY, "a\nb", "a\x1b[2J", "\u202eb", "sha256:0", "\ud800"])
def test_a_client_name_that_is_long_or_unprintable_is_kept_as_a_digest(name: str) -> None:
    kept = kept_name(name)
    assert kept.startswith("sha256:")
    assert name not in kept


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_kept_name_of_a_client_is_short_printable_and_unique(a: str, b: str) -> None:
    kept = kept_name(a)
    assert len(kept) <= NAME_CHARS_MAX
    assert kept.isprintable()
    assert (kept == kept_name(b)) == (a == b)


def test_no_client_can_have_the_digest_of_another_name_as_its_kept_name() -> None:
    assert kept_name(kept_name(STORY)) != kept_name(STORY)
