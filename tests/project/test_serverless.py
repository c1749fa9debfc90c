"""The code keeps to what serverless allows, and the wheel to what its environment brings."""

import ast
import json
import re
import sys
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from asset_bundle import ROOT, of_type, texts

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGE = ROOT / "src" / "retail_lakehouse"
BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# The one place that may set Spark up: on Databricks it takes the session as it finds it.
SESSION = PACKAGE / "spark.py"

# https://docs.databricks.com/compute/serverless/limitations: only what Spark Connect has, so no RDD
# and no context; no caching, of frames or with SQL; no global temporary views; DBFS is not for new
# work; streams end by themselves. Checkpoints would go to a directory that only a context can set.
CONTEXTS = {"SparkContext", "SQLContext", "HiveContext", "StreamingContext"}
ATTRIBUTES = CONTEXTS | {
    *("rdd", "sparkContext", "_sc", "_jvm", "_jsc", "_jdf", "_jsparkSession"),
    *("createGlobalTempView", "createOrReplaceGlobalTempView", "dropGlobalTempView"),
    *("parallelize", "foreachPartition", "mapPartitions", "setCheckpointDir"),
    *("cacheTable", "uncacheTable", "clearCache"),
}
# Names that mean something else too, such as functools.cache: refused as calls of a method.
CALLS = {"cache", "persist", "unpersist", "checkpoint", "localCheckpoint"}
TRIGGERS = {"processingTime", "continuous"}
TEXTS = {
    "DBFS": re.compile(r"dbfs:/|^/dbfs/"),
    "a cached table": re.compile(r"\b(UN)?CACHE\s+(LAZY\s+)?TABLE\b", re.IGNORECASE),
    "a global view": re.compile(r"\bglobal_temp\b|\bGLOBAL\s+TEMP(ORARY)?\s+VIEW\b", re.IGNORECASE),
}
SETS_CONF = re.compile(r"^\s*(RE)?SET\s+spark\.", re.IGNORECASE)


def refused(source, may_configure=False) -> Iterator[str]:
    """What serverless would not run in the source, with its line."""
    for node in ast.walk(ast.parse(source)):
        for what in (*_refused(node), *(() if may_configure else _configures(node))):
            yield f"line {node.lineno}: {what}"


def _refused(node) -> Iterator[str]:
    match node:
        case ast.Attribute(attr=name) if name in ATTRIBUTES:
            yield name
        case ast.Name(id=name) if name in CONTEXTS:
            yield name
        case ast.ImportFrom(names=names):
            yield from (alias.name for alias in names if alias.name in CONTEXTS)
        case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in CALLS:
            if not (isinstance(owner, ast.Name) and owner.id == "functools"):
                yield name
        case ast.Call(func=ast.Attribute(attr="trigger"), keywords=given):
            yield from (word.arg for word in given if word.arg in TRIGGERS)
        case ast.Constant(value=str(text)):
            yield from (name for name, found in TEXTS.items() if found.search(text))


def _configures(node) -> Iterator[str]:
    match node:
        # A builder's, and a session's: few settings are there to be changed at all.
        case ast.Call(func=ast.Attribute(attr="config")):
            yield "config"
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="conf"), attr="set" | "unset")):
            yield "conf.set"
        case ast.Constant(value=str(text)) if SETS_CONF.search(text):
            yield "SET"


def code_cells(book):
    """The code cells as one module."""
    cells = json.loads(book.read_text())["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def test_the_checks_see_the_whole_package_and_all_notebooks():
    seen = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    assert {
        "cli/__init__.py", "lakehouse.py", "recommend/candidates/als.py", "steps/past_windows.py",
    } <= seen  # fmt: skip
    assert len(BOOKS) == 6
    assert all(code_cells(book) for book in BOOKS)


@pytest.mark.parametrize(
    "path", PACKAGE.rglob("*.py"), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_module_keeps_to_what_serverless_allows(path):
    assert list(refused(path.read_text(), may_configure=path == SESSION)) == []


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_notebook_keeps_to_what_serverless_allows(book):
    assert list(refused(code_cells(book))) == []


@pytest.mark.parametrize(
    ("snippet", "found"),
    [
        ("rows.rdd.map(f)", "rdd"),
        ("spark.sparkContext.setLogLevel('WARN')", "sparkContext"),
        ("spark._jvm.java.lang.System.gc()", "_jvm"),
        ("spark._jsc.hadoopConfiguration()", "_jsc"),
        ("rows._jdf.queryExecution()", "_jdf"),
        ("rows.cache()", "cache"),
        ("rows.select('a').cache().count()", "cache"),
        ("rows.persist(level)", "persist"),
        ("rows.unpersist()", "unpersist"),
        ("rows.checkpoint()", "checkpoint"),
        ("rows.localCheckpoint(eager=False)", "localCheckpoint"),
        ("rows.createGlobalTempView('v')", "createGlobalTempView"),
        ("rows.createOrReplaceGlobalTempView('v')", "createOrReplaceGlobalTempView"),
        ("rows.foreachPartition(f)", "foreachPartition"),
        ("sc.parallelize([1])", "parallelize"),
        ("spark.catalog.cacheTable('t')", "cacheTable"),
        ("from pyspark import SparkContext", "SparkContext"),
        ("from pyspark.sql import SparkSession, SQLContext", "SQLContext"),
        ("SparkContext.getOrCreate()", "SparkContext"),
        ("pyspark.SparkContext('local')", "SparkContext"),
        ("spark.read.parquet('dbfs:/landing')", "DBFS"),
        ("spark.read.parquet(f'dbfs:/{folder}')", "DBFS"),
        ("open('/dbfs/landing/a.csv')", "DBFS"),
        ("spark.sql('CACHE TABLE t')", "a cached table"),
        ("spark.sql(f'cache lazy table {name}')", "a cached table"),
        ("spark.sql('CREATE GLOBAL TEMPORARY VIEW v AS SELECT 1')", "a global view"),
        ("spark.table('global_temp.v')", "a global view"),
        ("stream.trigger(processingTime='1 minute')", "processingTime"),
        ("spark.conf.set('spark.sql.ansi.enabled', 'false')", "conf.set"),
        ("builder.config('spark.driver.memory', '8g')", "config"),
        ("spark.sql('SET spark.sql.shuffle.partitions = 4')", "SET"),
    ],
)
def test_what_serverless_refuses_is_found(snippet, found):
    planted = f"import pyspark\n\ndef step(spark):\n    {snippet}\n"
    assert list(refused(planted)) == [f"line 4: {found}"]


@pytest.mark.parametrize(
    "snippet",
    [
        "functools.cache(f)",
        "from functools import cache",
        "rows.createOrReplaceTempView('v')",
        "stream.trigger(availableNow=True)",
        "stream.option('checkpointLocation', folder)",
        "spark.conf.get('spark.sql.session.timeZone')",
        "spark.sql('UPDATE t SET spark = 1')",
        "kinds = {'persist', 'cache'}",
    ],
)
def test_what_only_looks_like_it_is_left_alone(snippet):
    assert list(refused(snippet)) == []


def test_only_the_session_s_module_may_configure_spark():
    assert list(refused("builder.config('k', 'v')", may_configure=True)) == []
    assert list(refused("rows.rdd", may_configure=True)) == ["line 1: rdd"]
    assert list(refused(SESSION.read_text())) != []


def test_on_databricks_the_session_is_taken_as_it_is(monkeypatch):
    from pyspark.sql import SparkSession

    from retail_lakehouse.spark import get_session

    class Builder:
        def getOrCreate(self):  # noqa: N802
            return "the platform's"

        def __getattr__(self, name):
            raise AssertionError(f"{name} was called: serverless takes no settings")

    monkeypatch.setattr(SparkSession, "builder", Builder())
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "client.5.0")
    # Neither is looked for there.
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("JAVA_HOME", "")
    assert get_session() == "the platform's"


@pytest.mark.parametrize("key", of_type("jobs"))
def test_tasks_need_nothing_of_a_cluster_and_no_dbfs(key):
    job = of_type("jobs")[key]
    assert not {"job_clusters", "git_source"} & set(job)
    for task in job["tasks"]:
        assert not [name for name in task if "cluster" in name or name == "libraries"]
    assert [text for text in texts(job) if TEXTS["DBFS"].search(text)] == []


# What the wheel's dependencies find installed, by the environment's version. From the release notes
# (https://docs.databricks.com/release-notes/serverless/environment-version/four and /five, with
# Python under "System environment"), as github.com/pietern/databricks-environments has them in
# serverless/serverless-v4/constraints.txt, and its fork by rugpanov in serverless-v5.
BASE = {
    "4": {
        "python": "3.12.3",
        "click": "8.1.7",
        "jinja2": "3.1.5",
        "joblib": "1.4.2",
        "markupsafe": "3.0.2",
        "matplotlib": "3.10.0",
        "mlflow-skinny": "2.22.0",
        "numpy": "2.1.3",
        "pandas": "2.2.3",
        "pyarrow": "19.0.1",
        "requests": "2.32.3",
        "rich": "13.9.4",
        "scikit-learn": "1.6.1",
        "scipy": "1.15.1",
        "threadpoolctl": "3.5.0",
    },
    "5": {
        "python": "3.12.3",
        "click": "8.1.8",
        "jinja2": "3.1.6",
        "joblib": "1.4.2",
        "markupsafe": "3.0.2",
        "matplotlib": "3.10.0",
        "mlflow-skinny": "3.8.1",
        "numpy": "2.1.3",
        "pandas": "2.2.3",
        "pyarrow": "21.0.0",
        "requests": "2.32.3",
        "rich": "13.9.4",
        "scikit-learn": "1.6.1",
        "scipy": "1.15.3",
        "threadpoolctl": "3.5.0",
    },
}
# In no environment: pip installs them with the wheel.
BROUGHT = {"altair", "fastexcel", "openpyxl"}
# A second Spark beside the platform's own breaks both.
SPARKS = {"pyspark", "pyspark-client", "pyspark-connect", "delta-spark", "databricks-connect"}

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements(lines):
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


DEPENDENCIES = requirements(PROJECT["dependencies"])
LOCAL = requirements(PROJECT["optional-dependencies"]["local"])


def misfits(version):
    """Dependencies that make pip replace what the environment brings."""
    base = BASE[version]
    return {
        name
        for name, needed in DEPENDENCIES.items()
        if name in base and not needed.specifier.contains(base[name])
    }


def test_the_wheel_brings_no_spark():
    assert DEPENDENCIES
    assert not SPARKS & set(DEPENDENCIES)
    assert SPARKS & set(LOCAL) == {"pyspark", "delta-spark"}


# One that only starts another job brings no environment of its own.
WITH_TASKS = [key for key, job in of_type("jobs").items() if "environments" in job]


def test_all_jobs_with_tasks_of_their_own_have_an_environment():
    assert WITH_TASKS == ["retail_lakehouse", "backtest", "maintain"]


@pytest.mark.parametrize("key", WITH_TASKS)
def test_the_wheel_fits_what_its_job_s_environment_brings(key):
    (environment,) = of_type("jobs")[key]["environments"]
    version = environment["spec"]["environment_version"]
    assert misfits(version) == set()
    python = Requirement(f"python{PROJECT['requires-python']}").specifier
    assert python.contains(BASE[version]["python"])
    # Every other dependency is known to be missing there, and none is forgotten here.
    there = {"python_version": BASE[version]["python"]}
    needed = {n for n, r in DEPENDENCIES.items() if not r.marker or r.marker.evaluate(there)}
    assert needed - set(BASE[version]) == BROUGHT


def test_environment_4_has_an_mlflow_too_old_for_the_wheel():
    assert misfits("4") == {"mlflow-skinny"}


def test_every_dependency_has_a_lower_bound():
    bounded = {
        name
        for name, needed in DEPENDENCIES.items()
        if ">=" in {bound.operator for bound in needed.specifier}
    }
    assert bounded == set(DEPENDENCIES)
