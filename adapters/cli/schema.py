"""`threadhost schema`: writes the protocol to files, for authors of clients."""

from collections.abc import Mapping
from contextlib import suppress
from errno import EISDIR
from os import strerror
from pathlib import Path

from threadhost.adapters.cli.output import USAGE, Failure, console
from threadhost.adapters.jsonrpc.schema.openrpc import openrpc
from threadhost.adapters.jsonrpc.schema.protocol import json_schema, protocol
from threadhost.adapters.jsonrpc.schema.shapes import text_of
from threadhost.adapters.jsonrpc.schema.typescript import typescript
from threadhost.events.store.faults import system_words

JSON_SCHEMA, OPENRPC, TYPESCRIPT = "protocol.schema.json", "openrpc.json", "protocol.ts"
LINE_LEVELS, OPENRPC_LINE_LEVELS = 2, 3


def schema(*, json: Path | None, typescript: Path | None) -> None:
    """Write the protocol of this version: JSON Schema and OpenRPC, or TypeScript, or both."""
    if json is None and typescript is None:
        raise Failure("no output is chosen; give --json DIR, --typescript DIR, or both", USAGE)
    files = {
        **({json / name: text for name, text in json_files().items()} if json else {}),
        **({typescript / TYPESCRIPT: typescript_file()} if typescript else {}),
    }
    _write(files)
    for path in files:
        console().print(str(path))


def _write(files: Mapping[Path, str]) -> None:
    """Write all of these files, or none; those that exist are replaced. Raises Failure."""
    parts = {path: path.with_name(f".{path.name}.part") for path in files}
    path = Path()
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(EISDIR, strerror(EISDIR))
            parts[path].write_text(text)
        for path, part in parts.items():
            part.replace(path)
    except OSError as error:
        raise Failure(f"cannot write {path}: {system_words(error)}") from None
    finally:
        for part in parts.values():
            with suppress(OSError):
                part.unlink()


def json_files() -> dict[str, str]:
    """The JSON documents by their file names."""
    return {
        JSON_SCHEMA: text_of(json_schema(), LINE_LEVELS) + "\n",
        OPENRPC: text_of(openrpc(), OPENRPC_LINE_LEVELS) + "\n",
    }


def typescript_file() -> str:
    """The TypeScript module."""
    return typescript(protocol())


def generate_ts(*, out: Path, **_of_codex: object) -> None:
    """Write the TypeScript module, and an index that exports it."""
    index = {out / "index.ts": 'export * from "./protocol";\n'}
    _write({out / TYPESCRIPT: typescript_file(), **index})
    console().print(str(out / TYPESCRIPT))


def generate_json_schema(*, out: Path, **_of_codex: object) -> None:
    """Write the JSON documents."""
    schema(json=out, typescript=None)
