"""The defaults of new threads: `config/read`, and `host/config/reload` of their file."""

from hashlib import sha256
from typing import Any

from pydantic_core import to_json

from threadhost.actors.model_settings import compact_from_tokens
from threadhost.adapters.configuration.record import Configuration
from threadhost.adapters.configuration.thread_keys import SETTINGS
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import RpcError, refusal
from threadhost.adapters.jsonrpc.methods.common import absolute
from threadhost.adapters.jsonrpc.models.config import (
    ConfigLayer,
    ConfigReadParams,
    ConfigReadResponse,
    ConfigReloadResponse,
    ConfigRequirementsReadResponse,
    EffectiveConfig,
    LayerMetadata,
    SessionFlagsLayer,
    UserLayer,
)
from threadhost.adapters.jsonrpc.registry import method


@method("config/read", ConfigReadParams, reads=True)
async def read_config(params: ConfigReadParams, call: Call) -> ConfigReadResponse:
    """Return the defaults of a new thread, from the host's start and its configuration file."""
    layers = [*_flags(call), *_file(call.app.configuration)]
    config = _effective(params, call)
    return ConfigReadResponse(
        config=config,
        origins=_origins(config, layers),
        layers=layers if params.include_layers else None,
    )


def _effective(params: ConfigReadParams, call: Call) -> EffectiveConfig:
    model, configuration = call.app.model, call.app.configuration
    window = model.window(model.name, model.default_model)
    values: dict[str, Any] = {key: configuration.thread.get(name) for key, name in SETTINGS.items()}
    values["model_providers"] = configuration.shown.get("model_providers")
    timeout_ms = call.app.settings.turn_timeout_ms
    return EffectiveConfig(
        model=model.default_model,
        model_provider=model.name,
        approval_policy="never",
        approvals_reviewer="user",
        sandbox_mode="read-only",
        cwd=absolute(params.cwd or "", call.session.folder),
        model_context_window=window.tokens_max,
        model_auto_compact_token_limit=compact_from_tokens(None, window),
        profile=configuration.profile,
        turn_timeout_ms=configuration.turn_timeout_ms if timeout_ms is None else timeout_ms,
        **values,
    )


def _flags(call: Call) -> list[ConfigLayer]:
    """The layer of the command line and the environment, if they chose the model."""
    settings, model = call.app.settings, call.app.model
    if not (settings.model or settings.model_url):
        return []
    flags: dict[str, object] = {"model": model.default_model, "model_provider": model.name}
    version = f"sha256:{sha256(to_json(flags)).hexdigest()}"
    name = SessionFlagsLayer()
    return [ConfigLayer(name=name, version=version, config=flags, unused_keys=[])]


def _file(configuration: Configuration) -> list[ConfigLayer]:
    if configuration.file is None:
        return []
    return [
        ConfigLayer(
            name=UserLayer(file=str(configuration.file), profile=configuration.profile),
            version=configuration.version,
            config=dict(configuration.shown),
            unused_keys=list(configuration.unused),
        )
    ]


def _origins(config: EffectiveConfig, layers: list[ConfigLayer]) -> dict[str, LayerMetadata]:
    """The strongest layer that sets each key, by key, for keys that have a value."""
    return {
        key: LayerMetadata(name=layer.name, version=layer.version)
        for layer in reversed(layers)
        for key in EffectiveConfig.model_fields
        if getattr(config, key) is not None and _says(layer, key)
    }


def _says(layer: ConfigLayer, key: str) -> bool:
    profile = getattr(layer.name, "profile", None)
    profiles = layer.config.get("profiles")
    chosen = profiles.get(profile) if isinstance(profiles, dict) else None
    return key in layer.config or (isinstance(chosen, dict) and key in chosen)


@method("configRequirements/read", reads=True)
async def read_requirements(params: None, call: Call) -> ConfigRequirementsReadResponse:
    """Answer that no administrator sets requirements."""
    return ConfigRequirementsReadResponse()


@method("host/config/reload")
async def reload_config(params: None, call: Call) -> ConfigReloadResponse:
    """Read the configuration file again; apply at once the keys that need no restart."""
    from threadhost.adapters.reloading import reload

    try:
        reloaded = await reload(call.app, call.origin)
    except ValueError as error:
        raise not_read_again(error) from None
    return ConfigReloadResponse(
        file=str(reloaded.configuration.file),
        version=reloaded.configuration.version,
        changed=list(reloaded.changed),
        needs_restart=list(reloaded.at_start),
        unused_keys=list(reloaded.configuration.unused),
    )


def not_read_again(error: ValueError) -> RpcError:
    """The refusal of a reload, after which the configuration stays as it is."""
    from threadhost.adapters.reloading import NoFile

    if isinstance(error, NoFile):
        return refusal("noConfigurationFile", str(error))
    return refusal("invalidConfigurationFile", str(error))
