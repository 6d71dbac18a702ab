"""The models against the protocol's published schema."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from tests.adapters.jsonrpc.models import asked_examples, examples
from tests.support import schema
from tests.support.each import each
from tests.support.methods import METHODS
from threadhost.adapters.jsonrpc.models import (
    mcp,
    message_items,
    moderation,
    policy,
    preferences,
    source,
    status,
    thread,
    thread_change,
    thread_list,
    tool_items,
    turn,
    turn_error,
    user_input,
)
from threadhost.adapters.jsonrpc.models.base import Notification, Wire
from threadhost.adapters.jsonrpc.models.catalog import NOTIFICATIONS, SERVER_REQUESTS
from threadhost.adapters.jsonrpc.models.item import ThreadItem
from threadhost.adapters.jsonrpc.models.policy import SandboxPolicy
from threadhost.adapters.jsonrpc.models.settings import DynamicToolSpec
from threadhost.adapters.jsonrpc.models.status import ThreadStatus
from threadhost.adapters.jsonrpc.models.user_input import UserInput

OUR_PARAMS = {"idempotencyKey"}
OURS = {
    "ThreadForkParams": OUR_PARAMS,
    "ThreadStartParams": OUR_PARAMS | {"parentThreadId"},
    "TurnStartParams": OUR_PARAMS,
    "ThreadSetNameParams": OUR_PARAMS,
    "ThreadDeleteParams": OUR_PARAMS,
    "ThreadInjectItemsParams": OUR_PARAMS,
    "ThreadQueueAddParams": OUR_PARAMS,
    "ThreadRevertParams": OUR_PARAMS,
    "ThreadCompactStartParams": OUR_PARAMS,
    "InitializeResponse": {"logId", "hostEpoch"},
    "Model": {"modelProvider", "contextWindow"},
    "ConfigLayer": {"unusedKeys"},
    "ThreadGoalGetResponse": {"treeTokensUsed"},
    "ThreadGoalUpdatedNotification": {"nextTurnAtMs", "treeTokensUsed"},
    "McpServerElicitationRequestParams": {
        *("mode", "_meta", "message", "requestedSchema", "url", "elicitationId")
    },
}
OURS_OF_VARIANTS = {"function": {"annotations"}}
SENT_BUT_NOT_IN_THE_SCHEMA = {"startedAtMs", "completedAtMs"}
CAN_BE_CUT_OFF = {"agentMessage", "reasoning", "contextCompaction"}
"""Items that say so by `incomplete`, which is this host's own."""


RESULTS = {f"{method} {at}": (method, one) for at, (method, one) in enumerate(examples.RESULTS)}
REQUESTS, ANSWERS = list(asked_examples.REQUESTS), list(asked_examples.ANSWERS)
SENT = {
    f"{one.method} {at}": one
    for at, one in enumerate(examples.NOTIFICATIONS)
    if one.method not in schema.OUT_OF_SCOPE
}


@each(("method", "result"), RESULTS.values(), ids=RESULTS.keys())
def test_every_result_of_the_host_fits_the_protocols_schema(method: str, result: Wire) -> None:
    schema.validate("result", method, json.loads(result.encode()))


@each("sent", SENT.values(), ids=SENT.keys())
def test_every_notification_of_the_host_fits_the_protocols_schema(sent: Notification) -> None:
    schema.validate("notification", sent.method, json.loads(sent.encode()))


@pytest.mark.parametrize(("kind", "examples"), [("request", REQUESTS), ("answer", ANSWERS)])
def test_every_request_to_clients_and_its_answer_fit_the_protocols_schema(
    kind: schema.Kind, examples: list[tuple[str, Wire]]
) -> None:
    for method, one in examples:
        schema.validate(kind, method, json.loads(one.encode()))
    assert {method for method, _ in examples} == set(SERVER_REQUESTS)


def test_the_examples_leave_out_no_method_and_no_notification() -> None:
    assert {method for method, _ in examples.RESULTS} == {
        method for method in METHODS if not method.startswith(("host/", "job/"))
    }
    sent = {one.method for one in examples.NOTIFICATIONS}
    assert sent == {method for method in NOTIFICATIONS if not method.startswith(("host/", "job/"))}
    assert {type(item) for item in examples.ITEMS} == set(members(ThreadItem))


def test_the_schema_validator_of_the_tests_refuses_a_message_that_does_not_fit() -> None:
    with pytest.raises(AssertionError, match="threadId"):
        schema.validate("notification", "thread/deleted", {})


def models() -> Iterator[type[Wire]]:
    """Every model below the base, however deep."""
    waiting = Wire.__subclasses__()
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        yield model


def test_a_model_named_in_the_schema_has_exactly_its_keys() -> None:
    compared = 0
    for model in models():
        definition = schema.definitions().get(model.__name__, {})
        if "properties" in definition:
            known = set(definition["properties"]) | OURS.get(model.__name__, set())
            assert set(model.wire_names()) == known, model
            compared += 1
    assert compared >= 40


def test_a_key_that_the_schema_requires_cannot_be_left_out_of_params() -> None:
    for model, _ in METHODS.values():
        if model is None or (definition := schema.definitions().get(model.__name__)) is None:
            continue
        fields = zip(model.wire_names(), model.model_fields.values(), strict=True)
        ours = {key for key, field in fields if field.is_required()}
        assert ours == set(definition.get("required", ())), model


def members(union: Any) -> tuple[type[Wire], ...]:
    found: tuple[type[Wire], ...] = get_args(get_args(union)[0])
    return found


UNIONS = {
    "ThreadItem": ThreadItem,
    "UserInput": UserInput,
    "ThreadStatus": ThreadStatus,
    "SandboxPolicy": SandboxPolicy,
    "DynamicToolSpec": DynamicToolSpec,
    "DynamicToolCallOutputContentItem": tool_items.DynamicToolCallOutput,
    "AgentMessageDisplay": moderation.AgentMessageDisplay,
    "BlockReason": moderation.BlockReason,
}


@each("name", UNIONS)
def test_a_variant_has_exactly_the_keys_of_its_namesake(name: str) -> None:
    tag = get_args(UNIONS[name])[1].tag
    variants = {
        variant["properties"][tag]["enum"][0]: keys_of(variant)
        for variant in schema.definitions()[name]["oneOf"]
    }
    for model in members(UNIONS[name]):
        type_ = model.model_fields[tag].default
        extra = SENT_BUT_NOT_IN_THE_SCHEMA if name == "ThreadItem" else set()
        ours = {"incomplete"} if type_ in CAN_BE_CUT_OFF else OURS_OF_VARIANTS.get(type_, set())
        assert set(model.wire_names()) == variants[type_] | extra | ours


def keys_of(variant: dict[str, Any]) -> set[str]:
    alternatives = (keys_of(choice) for choice in variant.get("anyOf", ()))
    return set(variant.get("properties", ())).union(*alternatives)


LITERALS = [
    (policy, "ApprovalsReviewer"),
    (policy, "NetworkAccess"),
    (policy, "SandboxMode"),
    (preferences, "CyberAccessProgram"),
    (preferences, "Personality"),
    (preferences, "ReasoningSummary"),
    (preferences, "ThreadStartSource"),
    (source, "ThreadSourceKind"),
    (status, "ThreadActiveFlag"),
    (thread, "ThreadHistoryMode"),
    (thread_change, "ThreadUnsubscribeStatus"),
    (thread_list, "SortDirection"),
    (thread_list, "ThreadSortKey"),
    (turn, "TurnItemsView"),
    (turn, "TurnStatus"),
    (turn_error, "NonSteerableTurnKind"),
    (user_input, "ImageDetail"),
    (mcp, "McpAuthStatus"),
    (mcp, "McpServerConnectionStatus"),
    (mcp, "McpServerStartupState"),
    (message_items, "AgentMessageDelivery"),
    (moderation, "HelplineSubject"),
    (moderation, "TrustedContacts"),
    (message_items, "MessagePhase"),
    (tool_items, "CollabAgentStatus"),
    (tool_items, "CollabAgentTool"),
    (tool_items, "CollabAgentToolCallStatus"),
    (tool_items, "CommandExecutionSource"),
    (tool_items, "CommandExecutionStatus"),
    (tool_items, "SubAgentActivityKind"),
]


@each(("module", "name"), LITERALS, ids=[name for _, name in LITERALS])
def test_the_values_of_each_literal_are_those_of_the_protocols_schema(
    module: Any, name: str
) -> None:
    assert set(get_args(getattr(module, name))) == words_of(schema.definitions()[name])


BARE_NAMES = [
    (policy.ApprovalName, "AskForApproval"),
    (source.SessionName, "SessionSource"),
    (source.SubAgentName, "SubAgentSource"),
    (turn_error.CodexErrorName, "CodexErrorInfo"),
]


@pytest.mark.parametrize(("literal", "name"), BARE_NAMES, ids=[name for _, name in BARE_NAMES])
def test_the_bare_names_of_a_union_are_those_of_the_protocols_schema(
    literal: Any, name: str
) -> None:
    assert set(get_args(literal)) == words_of(schema.definitions()[name])


def words_of(definition: dict[str, Any]) -> set[str]:
    choices = (*definition.get("oneOf", ()), *definition.get("anyOf", ()))
    return set(definition.get("enum", ())).union(*(words_of(choice) for choice in choices))
