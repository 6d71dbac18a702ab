"""Who is let in, and what others on the machine could open: origins, hosts, addresses, modes."""

import asyncio
import os
import stat
from collections import Counter
from contextlib import AbstractContextManager
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.limits.hosted import hosting
from tests.limits.raw import KEY, Raw
from tests.limits.rig import open_rig
from tests.scoreboard.row import Context
from threadhost.adapters.config import Listen, Settings, parse_listen
from threadhost.adapters.jsonrpc.transports.admission import Admission, any_caller
from threadhost.adapters.jsonrpc.transports.listening import open_listener
from threadhost.adapters.jsonrpc.transports.tokens import CapabilityToken

PORT = "{port}"
ORIGINS = (
    None,
    *("", "null", "http://localhost", "http://127.0.0.1:{port}", "https://evil.example"),
    *("file://", "chrome-extension://abc", "http://localhost:{port}, http://x"),
)
OUR_HOSTS = (
    *("localhost", "localhost:{port}", "LocalHost:1", "127.0.0.1", "127.0.0.1:{port}"),
    *("127.8.9.10:80", "[::1]", "[::1]:{port}"),
)
OTHER_HOSTS = (
    None,
    *("", ":{port}", "evil.example", "evil.example:{port}", "localhost.evil.example", "0.0.0.0"),
    *("127.0.0.1.nip.io", "localhost@evil.example", "evil.example#localhost", "10.0.0.1"),
    *("169.254.169.254", "[::]", "[::ffff:10.0.0.1]", "127.0.0.1 evil.example", "2130706433"),
    *("localhost:{port}:80", "localhost:x", "[localhost]", "localhost,evil.example", "[127.0.0.1]"),
)
PATHS = ("/", "/healthz", "/readyz")
TOKEN = "0rD3r-66"
OUR_TOKENS = (f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN} ")
OTHER_TOKENS = (
    None,
    *("", "Bearer", "Bearer ", "Bearer x", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"),
    *(f"Bearer {TOKEN.lower()}", f"Bearer {TOKEN} {TOKEN}", TOKEN, f"Basic {TOKEN}"),
    *(f"Bearer\t{TOKEN}", f"Bearer {TOKEN}\r\nAuthorization: Bearer {TOKEN}", "Bearer \xe9"),
)
LISTENS = (
    *("ws://0.0.0.0:80", "ws://[::]:80", "ws://10.0.0.1:80", "ws://evil.example:80", "ws://:80"),
    *("ws://192.168.1.1:0", "ws://[::ffff:10.0.0.1]:80", "ws://localhost.evil.example:1"),
    *("ws://127.0.0.1.nip.io:80", "wss://127.0.0.1:80", "http://127.0.0.1:80", "tcp://127.0.0.1:1"),
)
UMASKS = (0o000, 0o022)
LARGE = "x" * 100_000


async def show_tokens(context: Context, home: Path) -> Counter[str]:
    """Every token, with and without what is refused for other reasons, at every path."""
    counts: Counter[str] = Counter()
    async with open_rig(home) as rig:
        known = CapabilityToken(sha256(TOKEN.encode()).digest())
        listen, limits = Listen("ws", host="127.0.0.1"), rig.app.settings.limits
        listener = await open_listener(listen, rig.app.accept, limits, known)
        port = listener.address.port
        tries = product((None, "null"), ("localhost", "x"), (*OUR_TOKENS, *OTHER_TOKENS), PATHS[:2])
        for origin, host, token, path in tries:
            head = _head(f"{path}?token={TOKEN}", origin, host, token)
            status = await _status(port, head)
            wanted = 200 if path != "/" else 101 if token in OUR_TOKENS else 401
            wanted = 403 if origin is not None or host == "x" else wanted
            counts["let in" if status in (101, 200) else "refused"] += 1
            if status != wanted:
                asked = f"{path} with {token!r} from {origin!r} at {host!r}"
                context.violates("S1", f"{asked} was answered {status}")
        await listener.close()
    return counts


async def knock(context: Context, home: Path) -> Counter[str]:
    """Every origin and host at every path: who is let in, who is not."""
    counts: Counter[str] = Counter()
    async with open_rig(home) as rig:
        port = rig.listeners["websocket"].address.port
        for origin, host, path in product(ORIGINS, (*OUR_HOSTS, *OTHER_HOSTS), PATHS):
            status = await _status(port, _head(path, origin, host).replace(PORT, str(port)))
            is_ours = origin is None and host in OUR_HOSTS
            wanted = 403 if not is_ours else 101 if path == "/" else 200
            # What is no header at all is refused by the parser, which is as good.
            allowed = {wanted} if is_ours else {403, 400, 0}
            counts["let in" if status in (101, 200) else "refused"] += 1
            if status not in allowed:
                context.violates("S1", f"{path} from {origin!r} at {host!r} was answered {status}")
        if len(rig.app.sessions) > 0 and await rig.left_behind():
            context.violates("L1", "a refused connection left a session")
    return counts


def _head(path: str, origin: str | None, host: str | None, token: str | None = None) -> str:
    lines = [f"GET {path} HTTP/1.1"]
    lines += [] if host is None else [f"Host: {host}"]
    lines += [] if origin is None else [f"Origin: {origin}"]
    lines += [] if token is None else [f"Authorization: {token}"]
    if path.partition("?")[0] == "/":
        lines += ["Upgrade: websocket", "Connection: Upgrade", KEY.strip()]
    return "\r\n".join(lines) + "\r\n\r\n"


async def _status(port: int, head: str) -> int:
    source, sink = await asyncio.open_connection("127.0.0.1", port)
    sink.write(head.encode("latin-1", "replace"))
    try:
        async with asyncio.timeout(5):
            answer = await source.readuntil(b"\r\n\r\n")
        return int(answer.split()[1])
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0
    finally:
        sink.transport.abort()


def refuse_addresses(context: Context) -> int:
    """No address that others could reach is listened on; how many were tried."""
    for text in LISTENS:
        try:
            Settings(Path(), (parse_listen(text),)).checked()
        except ValueError:
            continue
        context.violates("S1", f"{text} would be listened on")
    return len(LISTENS)


async def look_at_modes(context: Context, base: Path) -> Counter[str]:
    """Run a host under a careless umask and look at everything it made."""
    counts: Counter[str] = Counter()
    for umask in UMASKS:
        top = base / f"{umask:03o}"
        top.mkdir()
        home, path = top / "a" / "home", top / "b" / "s"
        path.parent.mkdir(mode=0o700)  # no host makes the folder of a socket
        address = f"unix://{path}"
        async with hosting(home, (address,), umask=umask) as hosted:
            raw = await Raw.greeted(hosted, "unix")
            thread = (await raw.call("thread/start", {}))["result"]["thread"]["id"]
            text: dict[str, Any] = {"type": "text", "text": LARGE}
            await raw.call("turn/start", {"threadId": thread, "input": [text]})
            while b"turn/completed" not in (await raw.message())[1][:40]:
                pass
            counts += _modes(context, top, umask)
            await raw.close()
        counts += _modes(context, top, umask)
    return counts


def _modes(context: Context, top: Path, umask: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for path in sorted(top.rglob("*")):
        info = path.lstat()
        is_folder = stat.S_ISDIR(info.st_mode)
        mode, wanted = stat.S_IMODE(info.st_mode), 0o700 if is_folder else 0o600
        kind = "folders" if is_folder else "sockets" if stat.S_ISSOCK(info.st_mode) else "files"
        counts[kind] += 1
        if mode != wanted:
            name = path.relative_to(top)
            context.violates("S1", f"{name} has mode {mode:o} under umask {umask:03o}")
        if info.st_uid != os.getuid():
            context.violates("S1", f"{path} is another user's")
    return counts


def checks_no_host() -> AbstractContextManager[object]:
    """The mutant: any name will do."""
    original = Admission.refusal

    def careless(self: Admission, origins: Any, hosts: Any) -> Any:
        return original(self._replace(hosts=any_caller), origins, hosts)

    return patch.object(Admission, "refusal", careless)


def checks_no_origin() -> AbstractContextManager[object]:
    """The mutant: a web page is as good as anybody."""
    original = Admission.refusal

    def careless(self: Admission, origins: Any, hosts: Any) -> Any:
        return original(self, [], hosts)

    return patch.object(Admission, "refusal", careless)


def takes_any_token() -> AbstractContextManager[object]:
    """The mutant: whoever shows a token is let in."""
    return patch.object(CapabilityToken, "__call__", lambda *_: None)
