"""Memory that Python has freed, and the C library keeps for later."""

import ctypes
import gc
import sys


def give_back(*, cycles: bool = False) -> None:
    """Hand freed memory back to the machine, where other processes need it.

    glibc keeps what lies between things that stay: much after a training, and Spark's workers get
    theirs beside it. Elsewhere nothing is asked. cycles: first free what only refers to itself,
    which Python does only now and then.
    """
    if cycles:
        gc.collect()
    if sys.platform == "linux":
        # musl has no such function.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
