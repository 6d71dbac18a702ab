"""Which model client a host uses, from the command line and the environment."""

import re
from collections.abc import Mapping

from threadhost.actors.ports import ModelClient
from threadhost.adapters.models.echo import EchoClient
from threadhost.adapters.models.origin import parse_base_url, proxy_for
from threadhost.adapters.models.responses import ResponsesClient

OPENAI_URL = "https://api.openai.com/v1"
FORMS = "`echo`, `echo:REPLY`, `openai:MODEL` or MODEL"
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")


def model_client(spec: str | None, url: str | None, env: Mapping[str, str]) -> ModelClient:
    """The client that a model spec and an endpoint's URL select; echo if nothing is configured.

    The environment adds OPENAI_BASE_URL (where `url` is None), OPENAI_API_KEY and the usual
    proxy variables. Raises ValueError for a spec or a URL that cannot be used.
    """
    spec = (spec or "").strip()
    base_url = url or env.get("OPENAI_BASE_URL") or None
    provider, _, rest = spec.partition(":")
    if provider == "echo":
        if url:
            raise ValueError("the echo model has no endpoint: give a model URL or `echo`, not both")
        return EchoClient(rest or None)
    if not spec and base_url is None:
        return EchoClient()
    return _responses_client(_model_name(spec, base_url), base_url, env)


def _model_name(spec: str, base_url: str | None) -> str:
    if not spec:
        return "default"
    name = spec.removeprefix("openai:")
    # A colon is part of many local models' names, and a slip in `openai:` anywhere else.
    is_unknown_provider = ":" in name and name == spec and base_url is None
    if is_unknown_provider or MODEL_NAME.fullmatch(name) is None:
        raise ValueError(f"no such model: {spec[:80]!r}; a model is one of {FORMS}")
    return name


def _responses_client(model: str, base_url: str | None, env: Mapping[str, str]) -> ModelClient:
    api_key = env.get("OPENAI_API_KEY")
    if base_url is None and not api_key:
        raise ValueError(f"OPENAI_API_KEY is not set, and {OPENAI_URL} answers nobody without it")
    proxy = proxy_for(parse_base_url(base_url or OPENAI_URL).origin, env)
    return ResponsesClient(base_url or OPENAI_URL, api_key, default_model=model, proxy=proxy)
