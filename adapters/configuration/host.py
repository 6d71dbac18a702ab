"""Converts the table `[host]` of the file to values of the options of `serve`."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadhost.adapters.config import WsAuth, parse_listen
from threadhost.adapters.configuration.host_tables import HostTable, WsAuthTable
from threadhost.adapters.configuration.toml_file import Source, path_beside

HOST, WS_AUTH = "host", "ws_auth"
FILES = ("token_file", "shared_secret_file")


def host_of(source: Source, table: HostTable) -> Mapping[str, Any]:
    """The values by key, those of `ws_auth` as `ws_auth.KEY`. Raises ConfigError."""
    values = {
        name: value
        for name in HostTable.model_fields
        if (value := getattr(table, name)) is not None
    }
    if table.listen is not None:
        values["listen"] = addresses = list(_addresses(source, table.listen))
        if twice := next((address for address in addresses if addresses.count(address) > 1), None):
            place = (HOST, "listen")
            raise source.fault(f"`{'.'.join(place)}` has {twice} twice; say it once", place)
    if table.ws_auth is not None:
        del values[WS_AUTH]
        values |= {f"{WS_AUTH}.{name}": value for name, value in _ws_auth(source, table.ws_auth)}
    return values


def _addresses(source: Source, texts: list[str]) -> Iterator[Any]:
    for text in texts:
        try:
            address = parse_listen(text)
        except ValueError as error:
            place = (HOST, "listen")
            raise source.fault(f"`{'.'.join(place)}`: {error}", place) from None
        path = address.path
        yield (
            address if path is None else address._replace(path=path_beside(source.path, str(path)))
        )


def _ws_auth(source: Source, table: WsAuthTable) -> Iterator[tuple[str, Any]]:
    values: dict[str, Any] = table.model_dump(exclude_none=True)
    for name in FILES:
        if name in values:
            values[name] = path_beside(source.path, values[name])
    if table.token_sha256 is not None:
        values["token_sha256"] = bytes.fromhex(table.token_sha256)
    try:
        WsAuth(**values).check()
    except ValueError as error:
        place = (HOST, WS_AUTH)
        raise source.fault(f"`{'.'.join(place)}`: {error}", place) from None
    yield from values.items()
