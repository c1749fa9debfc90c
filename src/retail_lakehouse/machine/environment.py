"""What a process takes from its machine: variables in people's shells, a folder while it lives.

A local run brings its own Spark, its own store and its own Python: what tutorials leave behind in a
shell would start another Spark, or send runs to another server.
"""

import atexit
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

# Where the command ui listens, unless it is told otherwise.
UI_PORT = 5000
_SPARK = (
    "HADOOP_CONF_DIR",
    "PYSPARK_DRIVER_PYTHON",
    "PYSPARK_DRIVER_PYTHON_OPTS",
    "PYSPARK_GATEWAY_PORT",
    "PYSPARK_GATEWAY_SECRET",
    "PYSPARK_SUBMIT_ARGS",
    "SPARK_CONF_DIR",
    "SPARK_DIST_CLASSPATH",
    "SPARK_HOME",
    "YARN_CONF_DIR",
)
_MLFLOW = (
    "MLFLOW_ACTIVE_MODEL_ID",
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_RUN_CONTEXT",
    "MLFLOW_RUN_ID",
    "MLFLOW_TRACKING_AUTH",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "MLFLOW_TRACKING_URI",
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_WORKSPACE",
)

_LOCALE = "LC_ALL"


def own_spark() -> tuple[str, ...]:
    """Take variables of another Spark out of this process's environment; their names.

    Spark's Python workers are this Python: another version could not read what is sent to them.
    """
    os.environ["PYSPARK_PYTHON"] = sys.executable
    return _take_out(_SPARK)


@contextmanager
def utf8_names() -> Iterator[None]:
    """Let a Java that is started meanwhile write the names of files as this Python does.

    Where a shell has the locale C, or one that is not installed, as in cron and containers, Python
    takes UTF-8 and Java ASCII: it cannot open a folder with an umlaut then.
    """
    if sys.platform != "linux" or sys.getfilesystemencoding() != "utf-8":
        yield
        return
    kept = os.environ.get(_LOCALE)
    os.environ[_LOCALE] = "C.UTF-8"
    try:
        yield
    finally:
        del os.environ[_LOCALE]
        if kept is not None:
            os.environ[_LOCALE] = kept


def own_mlflow() -> tuple[str, ...]:
    """Take variables of another MLflow out of this process's environment; their names."""
    return _take_out(_MLFLOW)


def folder_for_now() -> Path:
    """A new folder that goes when this process ends."""
    folder = Path(mkdtemp(prefix="retail-lakehouse-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _take_out(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if os.environ.pop(name, None) is not None)
