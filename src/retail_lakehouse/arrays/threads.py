"""Libraries that would start threads of their own where they only get in each other's way."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Let numerical libraries keep to one thread meanwhile."""
    # Only libraries that are loaded by then are limited.
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
