"""Compiling the preloaded library, and speaking to it from a process that runs under it."""

import ctypes
import shutil
import subprocess
import sys
from pathlib import Path

WRITE, SYNC, OPEN, MAKE, THREAD = 1, 2, 7, 8, 9
SOURCE = Path(__file__).with_name("shim.c")


class Unavailable(Exception):
    """The library cannot be had here; the message says why."""


def build(folder: Path) -> Path:
    """The library, compiled. Raises Unavailable where nothing can compile it."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        raise Unavailable("needs Linux and a C compiler for the library that counts writes")
    library = folder / "shim.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    done = subprocess.run([*command, "-lpthread"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"the library that counts writes does not compile: {done.stderr[:200]}")
    return library


def arm(folder: Path, kill_at: int = 0, trace: int = -1) -> None:
    """Die before the `kill_at`-th change below a folder; record what happens to a descriptor."""
    _loaded().shim_arm(ctypes.c_long(kill_at), str(folder).encode(), ctypes.c_int(trace))


def count() -> int:
    """How many changes and syncs there were since it was armed."""
    return _number("shim_count")


def fail(kind: int, nth: int, times: int, error: int) -> None:
    """From the `nth` thing of a kind on, `times` of them fail with this errno (0: all of them)."""
    _loaded().shim_fail(ctypes.c_int(kind), ctypes.c_long(nth), ctypes.c_long(times), error)


def work() -> None:
    """Nothing fails any more."""
    fail(0, 0, 0, 0)


def seen() -> int:
    """How many things of the kind there were since `fail`."""
    return _number("shim_seen")


def failures() -> int:
    """How many of them failed."""
    return _number("shim_failures")


def failed_path() -> str:
    """The file of the first write or sync that failed."""
    path = _loaded().shim_failed_path
    path.restype = ctypes.c_char_p
    found: bytes = path()
    return found.decode()


def mark(text: str) -> None:
    """Write a mark into the record."""
    _loaded().shim_mark(text.encode())


def _number(name: str) -> int:
    number = getattr(_loaded(), name)
    number.restype = ctypes.c_long
    return int(number())


def _loaded() -> ctypes.CDLL:
    return ctypes.CDLL(None)
