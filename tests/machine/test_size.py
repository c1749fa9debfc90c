"""Local settings of Spark fit the machine."""

import pytest

from retail_lakehouse import spark
from retail_lakehouse.machine import size

GIB = 2**30


@pytest.mark.parametrize(
    ("memory", "heap"),
    [(0, "2048m"), (4 * GIB, "2048m"), (12 * GIB, "3072m"), (256 * GIB, "5120m")],
)
def test_java_gets_a_quarter_of_the_memory_within_bounds(monkeypatch, memory, heap):
    monkeypatch.setattr(size, "memory", lambda: memory)
    assert size.heap() == heap


@pytest.mark.parametrize(("text", "bound"), [("max", 0), ("1073741824", GIB), ("", 0)])
def test_a_containers_bound_counts(tmp_path, monkeypatch, text, bound):
    (tmp_path / "memory.max").write_text(f"{text}\n")
    monkeypatch.setattr(size, "_BOUNDS", (tmp_path / "none", tmp_path / "memory.max"))
    assert 0 < size.memory() <= (bound or size.memory())
    assert size._bound(tmp_path / "memory.max") == bound


@pytest.mark.parametrize(("cores", "partitions"), [(1, 4), (2, 4), (8, 16)])
def test_shuffles_have_as_many_parts_as_the_cores_can_use(monkeypatch, cores, partitions):
    monkeypatch.setattr(size, "cores", lambda: cores)
    monkeypatch.delenv("RETAIL_LAKEHOUSE_MEMORY", raising=False)
    monkeypatch.setattr(size, "memory", lambda: 0)
    conf = spark.local_conf()
    assert conf["spark.sql.shuffle.partitions"] == str(partitions)
    assert conf["spark.default.parallelism"] == str(max(2, cores))
    assert conf["spark.driver.memory"] == "2048m"
    monkeypatch.setenv("RETAIL_LAKEHOUSE_MEMORY", "3g")
    assert spark.local_conf()["spark.driver.memory"] == "3g"
