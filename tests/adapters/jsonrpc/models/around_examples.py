"""Examples of answers about accounts, models and configuration."""

from threadhost.adapters.jsonrpc.models import (
    account,
    config,
    folder_lists,
    mode_list,
    model_list,
    permission_list,
    server_diagnostics,
    terminal_list,
)
from threadhost.adapters.jsonrpc.models.base import Result

MODEL = model_list.Model(
    id="m",
    model="m",
    display_name="M",
    description="d",
    supported_reasoning_efforts=[
        model_list.ReasoningEffortOption(reasoning_effort="low", description="d")
    ],
    default_reasoning_effort="low",
    input_modalities=["text", "image", "audio"],
    service_tiers=[model_list.ModelServiceTier(id="t", name="T", description="d")],
    is_default=True,
)
PROVIDERS = model_list.ModelProviderListResponse(
    data=[
        model_list.ModelProviderSummary(id="p", name="P", can_edit=False, settings=settings)
        for settings in (
            model_list.OpenaiProviderSettings(),
            model_list.GatewayProviderSettings(auth=model_list.EndpointAuth(mode="none")),
            model_list.GatewayProviderSettings(auth=model_list.VariableAuth(env_key="KEY")),
        )
    ],
    default_provider_id="p",
    can_change_default=False,
)
FILE = config.UserLayer(file="/home/config.toml", profile="p")
LAYERS = [
    config.ConfigLayer(name=config.SessionFlagsLayer(), version="v", config={}, unused_keys=[]),
    config.ConfigLayer(name=FILE, version="v", config={"model": "m"}, unused_keys=["tui"]),
]
CONFIG = config.EffectiveConfig(
    model="m",
    model_provider="p",
    approval_policy="never",
    approvals_reviewer="user",
    sandbox_mode="read-only",
    cwd="/",
)
WHOLE_CONFIG = CONFIG.model_copy(
    update={
        "model_context_window": 8_000,
        "model_auto_compact_token_limit": 7_200,
        "model_reasoning_effort": "high",
        "model_reasoning_summary": "auto",
        "model_verbosity": "low",
        "service_tier": "flex",
        "instructions": "i",
        "developer_instructions": "d",
        "personality": "friendly",
        "profile": "p",
        "turn_timeout_ms": 1,
        "model_providers": {"local": {}},
    }
)

RESULTS: list[tuple[str, Result]] = [
    ("account/read", account.GetAccountResponse(requires_openai_auth=False)),
    ("model/list", model_list.ModelListResponse(data=[MODEL], next_cursor="1")),
    ("modelProvider/list", PROVIDERS),
    ("config/read", config.ConfigReadResponse(config=CONFIG, layers=[])),
    (
        "config/read",
        config.ConfigReadResponse(
            config=WHOLE_CONFIG,
            origins={"model": config.LayerMetadata(name=FILE, version="v")},
            layers=LAYERS,
        ),
    ),
    ("configRequirements/read", config.ConfigRequirementsReadResponse()),
    (
        "permissionProfile/list",
        permission_list.PermissionProfileListResponse(
            data=[permission_list.PermissionProfileSummary(id=":read-only")]
        ),
    ),
    (
        "collaborationMode/list",
        mode_list.CollaborationModeListResponse(
            data=[mode_list.CollaborationModeMask(name="D", mode="default", reasoning_effort="low")]
        ),
    ),
    (
        "skills/list",
        folder_lists.SkillsListResponse(data=[folder_lists.SkillsListEntry(cwd="/")]),
    ),
    ("hooks/list", folder_lists.HooksListResponse(data=[folder_lists.HooksListEntry(cwd="/")])),
    (
        "thread/backgroundTerminals/list",
        terminal_list.ThreadBackgroundTerminalsListResponse(data=[]),
    ),
    (
        "server/diagnostics",
        server_diagnostics.ServerDiagnosticsResponse(
            process=server_diagnostics.ServerDiagnosticsProcess(id=1, resident_memory_bytes=2),
            gauges=[server_diagnostics.ServerDiagnosticsGauge(name="core.threads.live", value=3)],
        ),
    ),
]
