"""Keeping keys and texts that are in memory out of files: no core dump of a host is written."""

import resource
import sys

PR_SET_DUMPABLE = 4


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
