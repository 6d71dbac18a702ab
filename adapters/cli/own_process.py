"""What a process settles for itself before it is a host: no plugins, and no dumps of its memory."""

import resource
import sys
from contextlib import suppress
from importlib import import_module
from types import ModuleType

PR_SET_DUMPABLE = 4
METADATA = "importlib.metadata"
LOADER = "pydantic.plugin._loader"


def look_for_no_plugins() -> None:
    """Let pydantic's loader find none, without the reader of metadata: a twentieth of a cold start.

    What lies about in an environment has no say in what a message means either. Where the loader
    is another than expected, everything stays as it was.
    """
    if METADATA in sys.modules:
        return
    stand_in = ModuleType(METADATA)
    vars(stand_in)["entry_points"] = lambda **_: ()
    sys.modules[METADATA] = stand_in
    try:
        with suppress(ImportError):
            import_module(LOADER)
    finally:
        del sys.modules[METADATA]


def write_no_core_dumps() -> None:
    """Have no core dump written of this process, whatever the system does with them.

    A limit of nothing is not minded by systems that hand dumps to a program; on Linux the process
    says of itself that it is not to be dumped, which also keeps others of its user from reading its
    memory.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
