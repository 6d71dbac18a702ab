"""Fields that a client may only use after asking for the experimental API."""

from typing import Any

import pytest

from tests.support.each import each
from tests.support.methods import METHODS
from tests.support.server import Host

ID = "01a20000-0000-7000-8000-000000000000"
MODE = {"mode": "default", "settings": {"model": "m"}}
GRANULAR = {
    "granular": {
        "sandbox_approval": True,
        "rules": True,
        "skill_approval": True,
        "request_permissions": True,
        "mcp_elicitations": True,
    }
}
REQUIRED: dict[str, dict[str, Any]] = {
    "thread/start": {},
    "thread/resume": {"threadId": ID},
    "thread/fork": {"threadId": ID},
    "thread/list": {},
    "thread/metadata/update": {"threadId": ID},
    "turn/start": {"threadId": ID, "input": []},
    "turn/steer": {"threadId": ID, "input": [], "expectedTurnId": ID},
}
GATED: dict[str, dict[str, list[Any]]] = {
    "thread/start": {
        "allowProviderModelFallback": [True],
        "daybreakEnabled": [False, True],
        "dynamicTools": [[]],
        "environments": [[]],
        "experimentalRawEvents": [True],
        "historyMode": ["legacy", "paginated"],
        "mockExperimentalField": ["", "x"],
        "multiAgentMode": ["explicitRequestOnly", "proactive"],
        "permissions": ["x"],
        "projectId": ["x"],
        "runtimeWorkspaceRoots": [[]],
        "selectedCapabilityRoots": [[]],
    },
    "thread/resume": {
        "history": [[]],
        "initialTurnsPage": [{}],
        "path": ["/x"],
        "permissions": ["x"],
        "runtimeWorkspaceRoots": [[]],
    },
    "thread/fork": {
        "attachToSource": [True],
        "beforeTurnId": ["x"],
        "deferGoalContinuation": [True],
        "experimentalDisablePredictionMcp": [True],
        "experimentalPredictionMode": [True],
        "path": ["/x"],
        "permissions": ["x"],
        "runtimeWorkspaceRoots": [[]],
    },
    "thread/list": {
        "ancestorThreadId": [ID],
        "attachedToThreadId": [ID],
        "includeAttachedThreads": [True],
        "parentThreadId": [ID],
        "projectId": ["x", None],
    },
    "thread/metadata/update": {"daybreakEnabled": [False, True], "projectId": ["x"]},
    "turn/start": {
        "additionalContext": [{}],
        "collaborationMode": [MODE],
        "cyberAccessProgram": ["standard"],
        "environments": [[]],
        "multiAgentMode": ["proactive"],
        "permissions": ["x"],
        "responsesapiClientMetadata": [{}],
        "responsesapiClientMetadataPatch": [{}],
        "runtimeWorkspaceRoots": [[]],
    },
    "turn/steer": {
        "additionalContext": [{}],
        "responsesapiClientMetadata": [{}],
        "responsesapiClientMetadataPatch": [{}],
    },
}
"""Method -> field -> what counts as using it, as the reference was heard to answer."""

HERE = [method for method in GATED if method in METHODS]
GATE = "requires experimentalApi capability"


@each("method", METHODS)
def test_the_fields_that_are_gated_are_those_of_the_reference(method: str) -> None:
    model = METHODS[method].params
    gated = set(model.experimental) if model else set()
    spelled = zip(model.model_fields, model.wire_names(), strict=True) if model else ()
    found = {wire_name for name, wire_name in spelled if name in gated}
    assert found == set(GATED.get(method, ()))
    assert len(found) == len(gated)


@pytest.mark.few(2)
@pytest.mark.parametrize("method", HERE)
async def test_an_experimental_field_with_a_value_needs_the_capability(
    host: Host, method: str
) -> None:
    plain = await host.client(experimentalApi=False)
    for field, values in GATED[method].items():
        for value in values:
            error = await plain.refused(method, {**REQUIRED[method], field: value})
            assert error == {"code": -32600, "message": f"{method}.{field} {GATE}"}


@pytest.mark.few(2)
@pytest.mark.parametrize("method", HERE)
async def test_an_experimental_field_with_its_default_needs_no_capability(
    host: Host, method: str
) -> None:
    plain = await host.client(experimentalApi=False)
    flags = [field for field, values in GATED[method].items() if values == [True]]
    nulls = [f for f, values in GATED[method].items() if values != [True] and None not in values]
    silent = {**dict.fromkeys(flags, False), **dict.fromkeys(nulls)}
    answer = await plain.ask(method, {**REQUIRED[method], **silent})
    assert GATE not in str(answer)
    assert "Invalid request" not in str(answer)


@pytest.mark.few(1)
@pytest.mark.parametrize("method", HERE)
async def test_a_client_that_enabled_the_experimental_api_may_use_experimental_fields(
    host: Host, method: str
) -> None:
    client = await host.client()
    for field, (value, *_) in GATED[method].items():
        answer = await client.ask(method, {**REQUIRED[method], field: value})
        assert GATE not in str(answer), field


@pytest.mark.parametrize("method", ["thread/start", "turn/start"])
async def test_granular_approval_needs_the_capability_in_a_start_and_in_a_turn(
    host: Host, method: str
) -> None:
    plain = await host.client(experimentalApi=False)
    params = {**REQUIRED[method], "approvalPolicy": GRANULAR}
    error = await plain.refused(method, params)
    assert error == {"code": -32600, "message": f"askForApproval.granular {GATE}"}
    assert GATE not in str(await (await host.client()).ask(method, params))


async def test_an_experimental_field_is_refused_before_any_other_check(host: Host) -> None:
    plain = await host.client(experimentalApi=False)
    params = {"mockExperimentalField": "x", "dynamicTools": []}
    error = await plain.refused("thread/start", params)
    assert error["message"] == f"thread/start.dynamicTools {GATE}"
    bad = {"threadId": "bad", "input": [], "additionalContext": {}}
    assert (await plain.refused("turn/start", bad))["message"].startswith("turn/start.additional")
    assert (await plain.ok("thread/loaded/list"))["data"] == []
