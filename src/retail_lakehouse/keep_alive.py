"""Models that Spark ML fitted, held where letting go of them is not safe."""

from typing import TypeVar

Model = TypeVar("Model")

_HELD: list[object] = []


def keep_alive(model: Model) -> Model:
    """Return a model fitted by Spark ML; on Spark Connect, hold it until the process ends.

    There its finaliser asks the server to delete it, and in PySpark 4.2 that call can wait for
    ever when another is under way (SPARK-55020, SPARK-57655). The server frees the models of a
    session when the session ends.
    """
    from pyspark.sql.utils import is_remote

    if is_remote():
        _HELD.append(model)
    return model
