import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from retail_lakehouse import pipeline
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.landing import demo
from retail_lakehouse.machine.environment import own_mlflow
from retail_lakehouse.settings import Settings
from retail_lakehouse.spark import get_session
from retail_lakehouse.steps.daily import expecting
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.tables import INVOICE_LINES, Table
from runs import WatchedStep, context, run, watched_steps
from support import bronze_row, compile_queries, table_frame

# The suite is small frames on two cores; a job's Python workers need no more memory either.
os.environ.setdefault("RETAIL_LAKEHOUSE_MEMORY", "3g")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    session = get_session(tmp_path_factory.mktemp("warehouse"))
    session.conf.set("spark.sql.shuffle.partitions", "2")
    # Compiling a query, or planning it anew after each shuffle, takes longer than a few rows do:
    # tests are faster without. Those on the real workbook, and the job's, run as users do.
    compile_queries(session, False)
    yield session
    session.stop()


@pytest.fixture(scope="session", autouse=True)
def _one_day() -> Iterator[None]:
    """A suite over midnight is of one day: how old the last line is stands in a table."""
    day = expecting.today()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expecting, "today", lambda: day)
        yield


@pytest.fixture(autouse=True)
def _mlflow_leaves_no_variables() -> Iterator[None]:
    """It sets some for processes that it starts; the next test would take them for another's."""
    yield
    own_mlflow()


@pytest.fixture
def lakehouse(spark: SparkSession, tmp_path: Path) -> Lakehouse:
    return Lakehouse(spark, Settings(home=tmp_path / "home"))


# Marks of tests that run only when asked for by an option of that name, and what for.
_ASKED_FOR = {
    "job": "run the tests marked job too: minutes, with packages from an index",
    "days": "run the tests marked days too: corners of what follows new files, minutes",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, words in _ASKED_FOR.items():
        parser.addoption(f"--{name}", action="store_true", help=words)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses no session, so that the second pass on Spark Connect can leave it out."""
    for item in items:
        if "spark" not in getattr(item, "fixturenames", ()):
            item.add_marker("no_spark")
        for name in _ASKED_FOR:
            if item.get_closest_marker(name) and not config.getoption(f"--{name}"):
                item.add_marker(pytest.mark.skip(reason=f"not asked for: make test-{name}"))


Frame = Callable[[Table, Sequence[dict]], DataFrame]


@pytest.fixture
def frame(spark: SparkSession) -> Frame:
    """Rows of a table of the contract; columns not given are null."""

    return partial(table_frame, spark)


@pytest.fixture
def bronze(frame: Frame) -> Callable[..., DataFrame]:
    """Bronze lines from short tuples: invoice, code, quantity, date, price, customer."""

    def build(*lines: tuple, file: str = "shop.xlsx", sheet: str = "Sheet1") -> DataFrame:
        return frame(
            INVOICE_LINES,
            [
                bronze_row(number, *line, file=file, sheet=sheet)
                for number, line in enumerate(lines, start=1)
            ],
        )

    return build


@pytest.fixture(scope="session")
def workbook(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("source") / "shop.xlsx"
    demo.write(3000, path)
    return path


@pytest.fixture(scope="session")
def watched_shop(spark, workbook, tmp_path_factory) -> tuple[Context, tuple[WatchedStep, ...]]:
    """One home in which everything ran on a small workbook, and what the steps did to it."""
    ran, steps = context(tmp_path_factory.mktemp("shop") / "home", str(workbook)), watched_steps()
    order = run(ran, steps)
    assert sorted(order) == sorted(step.name for step in pipeline.STEPS)
    return ran, steps


@pytest.fixture(scope="session")
def shop(watched_shop) -> Context:
    """The home of ``watched_shop``."""
    return watched_shop[0]
