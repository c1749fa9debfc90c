"""How large this machine is, as far as this process may use it."""

import os
from contextlib import suppress
from pathlib import Path

_GIB = 2**30
# Of a container: what its memory is bounded by, in the two forms that Linux has.
_BOUNDS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
# Java's heap is a quarter of the memory, as Python, MLflow and the files' cache need theirs. Less
# than the first does not do for a shop of a million lines; more than the second is of no use here.
_LEAST_HEAP, _MOST_HEAP = 2 * _GIB, 5 * _GIB


def cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> int:
    """Bytes of memory; 0 where it cannot be told."""
    found = [bound for bound in map(_bound, _BOUNDS) if bound]
    # Windows does not say it.
    with suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min(found, default=0)


def heap() -> str:
    """Java's memory, as Spark takes it."""
    size = min(max(memory() // 4, _LEAST_HEAP), _MOST_HEAP)
    return f"{size // 2**20}m"


def shuffle_partitions() -> int:
    """Two a core, and four at least: a task that takes longer does not leave the others idle."""
    return max(4, 2 * cores())


def _bound(path: Path) -> int:
    try:
        text = path.read_text().strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0
