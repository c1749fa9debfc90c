import gc
import weakref

import pytest

from retail_lakehouse.keep_alive import keep_alive


class Model:
    pass


@pytest.mark.parametrize("remote", [True, False], ids=["connect", "classic"])
def test_a_fitted_model_outlives_its_last_use_on_spark_connect_only(monkeypatch, remote):
    monkeypatch.setattr("pyspark.sql.utils.is_remote", lambda: remote)
    monkeypatch.setattr("retail_lakehouse.keep_alive._HELD", [])
    there = weakref.ref(keep_alive(Model()))
    gc.collect()
    assert (there() is not None) is remote
