"""Unions whose members are distinguished by a tag or by a name."""

import json

import pytest
from pydantic import ValidationError

from tests.adapters.jsonrpc.models import examples
from tests.support.each import each
from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.policy import (
    AskForApproval,
    GranularApproval,
    GranularRules,
    SandboxMode,
    sandbox_policy,
)
from threadhost.adapters.jsonrpc.models.source import SessionSource, spawned_by
from threadhost.adapters.jsonrpc.models.status import ActiveStatus, IdleStatus, ThreadStatus
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.turn_error import TurnError, codex_error_info
from threadhost.adapters.jsonrpc.models.turn_start import TurnStartParams
from threadhost.adapters.jsonrpc.models.user_input import ImageInput, TextInput


class Holder(Wire):
    status: ThreadStatus | None = None
    policy: AskForApproval | None = None
    source: SessionSource | None = None


def fault(value: object) -> tuple[str, tuple[int | str, ...], dict[str, object]]:
    """Type, place and context of the only error in `value`."""
    with pytest.raises(ValidationError) as caught:
        Holder.from_wire(value)
    [error] = caught.value.errors()
    return error["type"], error["loc"], error.get("ctx", {})


def test_a_tag_chooses_the_variant() -> None:
    held = Holder.from_wire({"status": {"type": "active", "activeFlags": ["waitingOnApproval"]}})
    assert held.status == ActiveStatus(active_flags=["waitingOnApproval"])
    assert Holder.from_wire({"status": {"type": "idle"}}).status == IdleStatus()


def test_an_unknown_tag_is_reported_once_with_the_tags_there_are() -> None:
    kind, place, context = fault({"status": {"type": "nope"}})
    assert (kind, place) == ("union_tag_invalid", ("status",))
    assert context["tag"] == "nope"
    assert context["expected_tags"] == "'notLoaded', 'idle', 'systemError', 'active'"


@pytest.mark.parametrize("tag", [7, None, [], {"type": "idle"}])
def test_a_tag_that_is_no_text_counts_as_unknown(tag: object) -> None:
    assert fault({"status": {"type": tag}})[0] == "union_tag_invalid"


def test_a_missing_tag_is_reported_as_such() -> None:
    kind, place, context = fault({"status": {}})
    assert (kind, place) == ("union_tag_not_found", ("status",))
    assert context == {"discriminator": "'type'"}


def test_a_fault_inside_a_variant_is_placed_without_the_name_of_the_variant() -> None:
    kind, place, _ = fault({"status": {"type": "active", "activeFlags": ["x"]}})
    assert (kind, place) == ("literal_error", ("status", "activeFlags", 0))


@pytest.mark.parametrize("value", [4, "idle", [], True])
def test_a_value_that_is_no_object_is_refused_in_the_place_of_a_tagged_variant(
    value: object,
) -> None:
    assert fault({"status": value})[:2] == ("dict_type", ("status",))


def test_a_name_or_an_object_with_one_key_chooses_the_variant() -> None:
    rules = GranularRules(sandbox_approval=True, rules=False, mcp_elicitations=True)
    spelled = {"sandbox_approval": True, "rules": False, "mcp_elicitations": True}
    held = Holder.from_wire({"policy": {"granular": spelled}, "source": {"custom": "mine"}})
    assert held.policy == GranularApproval(granular=rules)
    assert Holder.from_wire({"policy": "on-request"}).policy == "on-request"


@each("value", ["nope", "granular", {"nope": {}}, {}, 4, {"a": 1, "b": 2}])
def test_an_unknown_name_is_reported_once_with_the_names_there_are(value: object) -> None:
    kind, place, context = fault({"policy": value})
    assert (kind, place) == ("literal_error", ("policy",))
    assert context == {"expected": "'untrusted', 'on-request', 'never', 'granular'"}


def test_variants_are_written_as_they_were_read_without_warnings() -> None:
    sent = {
        "status": {"type": "active", "activeFlags": []},
        "policy": "never",
        "source": {
            "subAgent": {
                "thread_spawn": {
                    "parent_thread_id": "p",
                    "depth": 2,
                    "agent_path": None,
                    "agent_nickname": None,
                    "agent_role": None,
                }
            }
        },
    }
    held = Holder.from_wire(sent)
    assert held.source == spawned_by("p", 2)
    assert json.loads(held.encode()) == sent
    assert held.model_dump(by_alias=True) == sent


def test_a_turn_keeps_the_items_that_it_was_built_with() -> None:
    turn = Turn(id="t", items=examples.ITEMS, status="completed")
    assert all(kept is given for kept, given in zip(turn.items, examples.ITEMS, strict=True))
    assert Turn.from_wire(json.loads(turn.encode())) == turn


def test_a_turn_refuses_a_model_that_is_no_item() -> None:
    with pytest.raises(ValidationError):
        Turn(id="t", items=[IdleStatus()], status="completed")  # type: ignore[list-item]


def test_input_of_an_unknown_type_is_refused_with_the_known_types() -> None:
    with pytest.raises(ValidationError) as caught:
        TurnStartParams.from_wire({"threadId": "x", "input": [{"type": "hologram"}]})
    [error] = caught.value.errors()
    assert error["loc"] == ("input", 0)
    assert "'text', 'image', 'localImage'" in error["ctx"]["expected_tags"]


def test_the_positions_inside_a_text_keep_their_own_spelling() -> None:
    element = {"byteRange": {"start": 0, "end": 1}, "placeholder": None}
    sent = {"type": "text", "text": "x", "text_elements": [element]}
    params = TurnStartParams.from_wire({"threadId": "x", "input": [sent]})
    [text] = params.input
    assert isinstance(text, TextInput)
    assert json.loads(text.encode()) == sent


@pytest.mark.parametrize("place", [{"url": "https://example.org"}, {"fileId": "f"}])
def test_a_picture_keeps_only_the_kind_of_reference_that_was_given(place: dict[str, str]) -> None:
    sent = {"type": "image", **place, "detail": None}
    assert json.loads(ImageInput.from_wire(sent).encode()) == sent


def test_a_picture_without_a_reference_is_refused() -> None:
    with pytest.raises(ValidationError, match="`url` or `fileId`"):
        ImageInput.from_wire({"type": "image"})


@pytest.mark.parametrize(
    ("mode", "policy"),
    [
        ("read-only", {"type": "readOnly", "networkAccess": False}),
        (
            "workspace-write",
            {
                "type": "workspaceWrite",
                "writableRoots": [],
                "networkAccess": False,
                "excludeTmpdirEnvVar": False,
                "excludeSlashTmp": False,
            },
        ),
        ("danger-full-access", {"type": "dangerFullAccess"}),
    ],
)
def test_a_sandbox_mode_stands_for_a_policy(mode: SandboxMode, policy: object) -> None:
    assert sandbox_policy(mode).model_dump() == policy


@each(
    ("code", "status", "info"),
    [
        ("serverOverloaded", None, "serverOverloaded"),
        ("serverOverloaded", 503, "serverOverloaded"),
        ("responseStreamDisconnected", None, {"responseStreamDisconnected": None}),
        ("httpConnectionFailed", 502, {"httpConnectionFailed": 502}),
        ("never heard of", 500, "other"),
        ("activeTurnNotSteerable", None, "other"),
    ],
)
def test_a_failure_code_has_the_form_that_clients_switch_on(
    code: str, status: int | None, info: object
) -> None:
    if isinstance(info, dict):
        info = {name: {"httpStatusCode": value} for name, value in info.items()}
    error = TurnError(message="m", codex_error_info=codex_error_info(code, status))
    assert json.loads(error.encode())["codexErrorInfo"] == info
