"""Memory that Python has freed, and the C library keeps for later."""

import ctypes
import sys


def give_back() -> None:
    """Hand freed memory back to the machine, where other processes need it.

    Much has come and gone after a large step: glibc keeps what lies between things that stay, and
    Spark's workers get their memory beside it. Other systems' libraries do so by themselves.
    """
    if sys.platform == "linux":
        # musl has no such function.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
