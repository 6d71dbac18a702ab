"""A client of any endpoint that speaks the OpenAI Responses API, streaming."""

import asyncio
from collections.abc import AsyncGenerator
from importlib import import_module
from ssl import SSLContext
from typing import TYPE_CHECKING

from pydantic import SecretStr
from pydantic_core import to_json

from threadhost.actors.ports import ModelEvent, ModelFailed, ModelRequest, ResponseDone
from threadhost.adapters.models.errors import STREAM_CLOSED, broken, of_status, plain
from threadhost.adapters.models.limits import WireLimits
from threadhost.adapters.models.origin import Origin, parse_base_url
from threadhost.adapters.models.response_events import ResponseReader
from threadhost.adapters.models.sse import EventStreamParser, EventTooLarge

if TYPE_CHECKING:
    from threadhost.adapters.models.wire import Response, Wire

HTTP_OK = 200
ERROR_BODY_BYTES_MAX = 64 * 1024
ERROR_BODY_TIMEOUT_S = 5
HIDDEN = "[redacted]"


class ResponsesClient:
    """Streams responses from `{base_url}/responses`; the key appears in no text.

    Raises ValueError for a base URL or a key that cannot be used. Nothing is connected, and the
    HTTP library is not loaded, before `warm_up` or the first call.
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr | str | None = None,
        *,
        name: str = "openai",
        default_model: str = "default",
        limits: WireLimits | None = None,
        proxy: Origin | None = None,
        tls: SSLContext | None = None,
    ) -> None:
        self._base = parse_base_url(base_url)
        self._secret = _usable_key(api_key)
        self._name = name
        self._default_model = default_model
        self._limits = limits or WireLimits()
        self._proxy = proxy
        self._tls = tls
        self._wire: Wire | None = None

    @property
    def name(self) -> str:
        """The provider's id."""
        return self._name

    @property
    def default_model(self) -> str:
        """The model of threads that name none."""
        return self._default_model

    async def warm_up(self) -> None:
        """Load the HTTP library and the trusted certificates, in a worker thread; idempotent."""
        await (await self._ready_wire()).prepare()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream one response; raises ModelFailed. Use `contextlib.aclosing` to end it early."""
        response: Response | None = None
        try:
            wire = await self._ready_wire()
            target = self._base.target("responses")
            response = await wire.post(target, self._headers(), request_body(request))
            await _require_event_stream(response)
            reader, parser = ResponseReader(), EventStreamParser(self._limits.event_bytes_max)
            while (chunk := await response.read()) is not None:
                for sent in parser.feed(chunk):
                    for event in reader.read(sent):
                        yield event
                        if isinstance(event, ResponseDone):
                            await response.finish()
                            return
            raise broken(STREAM_CLOSED)
        except EventTooLarge:
            limit = self._limits.event_bytes_max
            raise broken(f"one event of the stream is larger than {limit} bytes") from None
        except ModelFailed as failure:
            failure.message = plain(self._without_secret(failure.message))
            failure.args = (failure.message,)
            raise
        finally:
            if response is not None:
                response.abort()

    async def close(self) -> None:
        """Close all connections, those in use too; idempotent."""
        if self._wire is not None:
            self._wire.close()
            await asyncio.sleep(0)  # transports close their sockets in the loop's next round

    async def _ready_wire(self) -> "Wire":
        if self._wire is None:
            wire = await asyncio.to_thread(import_module, "threadhost.adapters.models.wire")
            if self._wire is None:
                self._wire = wire.Wire(self._base.origin, self._limits, self._proxy, self._tls)
        return self._wire

    def _headers(self) -> list[tuple[str, str]]:
        headers = [
            ("Content-Type", "application/json"),
            ("Accept", "text/event-stream"),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "threadhost"),
        ]
        if self._secret is not None:
            headers.append(("Authorization", f"Bearer {self._secret.get_secret_value()}"))
        return headers

    def _without_secret(self, text: str) -> str:
        key = self._secret
        return text if key is None else text.replace(key.get_secret_value(), HIDDEN)


def request_body(request: ModelRequest) -> bytes:
    """The request as JSON; history and tools go in as the bytes they are kept in."""
    settings = request.settings
    head: dict[str, object] = {"model": settings.model, "stream": True, "store": False}
    if settings.instructions is not None:
        head["instructions"] = settings.instructions
    if settings.effort is not None:
        head["reasoning"] = {"effort": settings.effort}
        head["include"] = ["reasoning.encrypted_content"]
    if settings.output_schema is not None:
        schema = {"name": "output", "schema": settings.output_schema, "strict": True}
        head["text"] = {"format": {"type": "json_schema", **schema}}
    tools = [b',"tools":[', b",".join(request.tools), b"]"] if request.tools else []
    parts = [to_json(head)[:-1], b',"input":[', b",".join(request.history), b"]", *tools, b"}"]
    return b"".join(parts)


async def _require_event_stream(response: "Response") -> None:
    if response.status != HTTP_OK:
        body = await _error_body(response)
        raise of_status(response.status, response.reason, response.header(b"content-type"), body)
    encoding = response.header(b"content-encoding").lower() or "identity"
    content_type = response.header(b"content-type").lower() or "text/event-stream"
    if encoding != "identity" or not content_type.startswith("text/event-stream"):
        got = content_type if encoding == "identity" else f"the encoding {encoding}"
        message = f"the model endpoint answered with {got} instead of an event stream"
        raise ModelFailed(message, "responseStreamConnectionFailed", HTTP_OK)


async def _error_body(response: "Response") -> bytes:
    body = b""
    try:
        async with asyncio.timeout(ERROR_BODY_TIMEOUT_S):
            while len(body) < ERROR_BODY_BYTES_MAX and (chunk := await response.read()) is not None:
                body += chunk
    except (ModelFailed, TimeoutError):
        pass  # the status alone says enough
    return body


def _usable_key(api_key: SecretStr | str | None) -> SecretStr | None:
    text = api_key.get_secret_value() if isinstance(api_key, SecretStr) else api_key or ""
    text = text.strip()
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise ValueError("the API key holds characters that an HTTP header cannot carry")
    return SecretStr(text) if text else None
