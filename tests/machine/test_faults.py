import errno
import os
import sqlite3

import pytest

from retail_lakehouse.machine.environment import own_mlflow, own_spark
from retail_lakehouse.machine.faults import machine_fault


def raised_from(error: Exception, cause: Exception) -> Exception:
    try:
        try:
            raise cause
        except Exception as inner:
            raise error from inner
    except Exception as outer:
        return outer


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space is left"),
        (sqlite3.OperationalError("database or disk is full"), "No space is left"),
        (
            raised_from(RuntimeError("Job aborted"), OSError(28, "No space left on device")),
            "No space is left",
        ),
        (RuntimeError("Caused by: java.io.IOException: No space left on device"), "free some"),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), "quota"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "mount it writable"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "not written"),
        (RuntimeError("java.lang.OutOfMemoryError: Java heap space"), "RETAIL_LAKEHOUSE_MEMORY"),
    ],
)
def test_a_fault_of_the_machine_is_a_sentence(error, words):
    sentence = machine_fault(error)
    assert sentence is not None
    assert words in sentence
    assert len(sentence.splitlines()) == 1


@pytest.mark.parametrize(
    "error", [KeyError("customer_id"), raised_from(ValueError("x"), TypeError("y"))]
)
def test_a_defect_is_none(error):
    assert machine_fault(error) is None


def test_variables_of_another_spark_and_mlflow_are_taken_out(monkeypatch):
    for name in ("PYSPARK_SUBMIT_ARGS", "SPARK_HOME", "MLFLOW_RUN_ID", "MLFLOW_TRACKING_URI"):
        monkeypatch.setenv(name, "another's")
    monkeypatch.setenv("SPARK_REMOTE", "local[*]")
    monkeypatch.setenv("PYSPARK_PYTHON", "python2")
    assert set(own_spark()) == {"PYSPARK_SUBMIT_ARGS", "SPARK_HOME"}
    assert set(own_mlflow()) == {"MLFLOW_RUN_ID", "MLFLOW_TRACKING_URI"}
    assert os.environ["SPARK_REMOTE"] == "local[*]"
    assert os.environ["PYSPARK_PYTHON"] != "python2"
    assert not {"PYSPARK_SUBMIT_ARGS", "SPARK_HOME", "MLFLOW_RUN_ID"} & set(os.environ)
