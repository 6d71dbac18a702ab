"""The names of APIs: implemented here or by a library, and the package to install."""

from importlib.util import find_spec
from typing import get_args

import pytest

from threadhost.adapters.models import library_wires
from threadhost.adapters.models.extras import to_install
from threadhost.adapters.models.library_wires import EXTRA, LIBRARY_WIRES, require_library
from threadhost.adapters.models.provider import OWN_WIRES, Provider, WireName
from threadhost.adapters.models.wires import WIRES, wire


def test_every_name_of_an_api_is_implemented_here_or_by_the_library() -> None:
    assert {*WIRES, *LIBRARY_WIRES} == {*get_args(WireName)}
    assert WIRES.keys().isdisjoint(LIBRARY_WIRES)
    assert {*WIRES} == OWN_WIRES


@pytest.mark.parametrize("name", WIRES)
def test_every_api_that_is_implemented_here_has_its_path(name: WireName) -> None:
    assert wire(name).PATH


@pytest.mark.parametrize("absent", ["pydantic_ai", "anthropic"])
def test_without_the_library_the_extra_is_named(
    absent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        library_wires, "find_spec", lambda name: None if name == absent else find_spec("json")
    )
    with pytest.raises(ValueError, match="not installed here") as refused:
        require_library(Provider("claude", "", "anthropic"))

    what = "wire_api `anthropic` of provider `claude` needs a library that is not installed here"
    assert str(refused.value) == f"{what}; {to_install(EXTRA)}"


def test_the_advice_to_install_names_the_package_of_an_extra_and_not_this_project() -> None:
    """This project may be in no index, where its name could belong to another package."""
    for extra, package in (("pydantic-ai", "pydantic-ai-slim["), ("httpx", "httpx[")):
        said = to_install(extra)
        assert said.startswith(f"pip install '{package}")
        assert "threadhost" not in said
        assert "extra" not in said


def test_a_query_is_refused_for_which_there_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_wires, "find_spec", lambda _: find_spec("json"))
    with pytest.raises(ValueError, match="does not support `query_params`"):
        require_library(Provider("claude", "", "anthropic", query={"a": "secret"}))


@pytest.mark.slices
def test_the_library_has_every_class_that_the_table_of_apis_names() -> None:
    pytest.importorskip("pydantic_ai", reason="the extra threadhost[pydantic-ai] is not installed")
    for name, found in LIBRARY_WIRES.items():
        if find_spec(found.needs.partition(".")[0]) is None:
            continue
        for kind, attribute in (("models", found.model), ("providers", found.provider)):
            module = pytest.importorskip(f"pydantic_ai.{kind}.{found.module}")
            assert hasattr(module, attribute), name
