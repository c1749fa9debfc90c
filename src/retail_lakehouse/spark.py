"""The Spark session: the platform's own on Databricks, local Spark with Delta on a laptop."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from retail_lakehouse.errors import HomeInUseError, RuntimeMissingError
from retail_lakehouse.machine import jars, size
from retail_lakehouse.machine.environment import own_spark, utf8_names

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA_NEEDED = 17
# On two cores the optimising compiler takes a third of all time, mostly to inline deeply into code
# that runs once: shallower inlining cut bronze, silver and gold of Online Retail II from 101 to 77
# seconds. The parallel collector takes less of the two cores than the concurrent one.
_LEAN_JIT = (
    "-XX:+UseParallelGC -XX:MaxInlineLevel=6 -XX:FreqInlineSize=100 -XX:InlineSmallCode=1000"
)
# Each iteration of ALS lengthens a lineage that tasks read recursively: the usual stack of 1 MB
# overflowed in a backtest of a small shop, with Java's quick compiler alone (C1, larger frames).
_STACK = "-Xss4m"
# How long a Java may take to end whose Python was killed: it finishes the write it is at.
_LAST_JAVA_SECONDS = 60
# Up to so many lines, to compile a query to Java takes longer than to interpret it.
_INTERPRETED_LINES = 100_000
_LOG4J = Path(__file__).with_name("log4j2.properties")


def on_databricks() -> bool:
    """Whether this process runs on Databricks compute, which brings its own session."""
    return "DATABRICKS_RUNTIME_VERSION" in os.environ


def get_session(warehouse: Path | None = None, log: Path | None = None) -> "SparkSession":
    """Return the session to work with.

    Local: classic Spark on all cores, or Spark Connect where the environment variable
    SPARK_REMOTE says so (``local[*]`` starts a Connect server in this process's JVM). ``log``:
    where the JVM's own messages go instead of standard error; one JVM at a time writes to it.
    Raises RuntimeMissingError where Java, the package's ``local`` extra or a jar is missing,
    HomeInUseError where the JVM of a process that was killed does not end.
    """
    if on_databricks():
        from pyspark.sql import SparkSession

        return SparkSession.builder.getOrCreate()
    check_java()
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise RuntimeMissingError(
            "Spark is not installed here: install the package with its extra, "
            "retail-lakehouse[local]."
        ) from error
    jars.ensure(delta_jars())
    own_spark()
    builder = SparkSession.builder.appName("retail-lakehouse")
    remote = os.environ.get("SPARK_REMOTE")
    builder = builder.remote(remote) if remote else builder.master("local[*]")
    for key, value in local_conf(warehouse).items():
        builder = builder.config(key, value)
    with _java_messages_to(log), utf8_names():
        return builder.getOrCreate()


# Whether this process has started its Java, which keeps its standard error for life.
_java_started = False


@contextmanager
def _java_messages_to(log: Path | None) -> Iterator[None]:
    """Let a JVM started meanwhile write its standard error to ``log`` for all its life.

    Java and native libraries greet there whatever log4j says; errors reach Python as exceptions.
    The file is locked, and the JVM inherits the lock with it: where Python was killed, its JVM may
    still be writing to tables for a moment, and the next one waits for it here. The same process
    does not wait for its own.
    """
    global _java_started
    if log is None or _java_started:
        yield
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = os.dup(2)
    try:
        with log.open("ab") as file:
            _wait_for_last_java(file.fileno(), log)
            file.truncate(0)
            os.dup2(file.fileno(), 2)
            yield
            _java_started = True
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _wait_for_last_java(descriptor: int, log: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows, where nothing can be inherited like this
        return None
    until = monotonic() + _LAST_JAVA_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > until:
                raise HomeInUseError(
                    f"A Java process that an earlier run or an open notebook started still holds "
                    f"{log}: end it, and try again."
                ) from None
            sleep(0.1)


def local_conf(warehouse: Path | None = None) -> dict[str, str]:
    """Spark settings for this machine; RETAIL_LAKEHOUSE_MEMORY sets the JVM's heap."""
    conf = {
        "spark.driver.memory": os.environ.get("RETAIL_LAKEHOUSE_MEMORY") or size.heap(),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_LOG4J.as_uri()} "
        f"{_STACK} {_LEAN_JIT} {_archived_classes()}",
        # A laptop sleeps, and a notebook stays open over night: Spark takes an executor that was
        # silent for two minutes for lost, and this one is the session itself.
        "spark.network.timeout": "7d",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Nobody looks at the plans and tasks of queries that have ended, and the collector goes
        # through all that are kept.
        "spark.sql.ui.explainMode": "simple",
        # Nor at their texts, which are made for every query.
        "spark.sql.maxPlanStringLength": "1000",
        "spark.sql.debug.maxToStringFields": "5",
        "spark.sql.ui.retainedExecutions": "10",
        "spark.ui.retainedJobs": "10",
        "spark.ui.retainedStages": "10",
        "spark.ui.retainedTasks": "100",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        # A few cores gain nothing from the defaults of 200 shuffle and 50 snapshot partitions.
        "spark.sql.shuffle.partitions": str(size.shuffle_partitions()),
        "spark.default.parallelism": str(max(2, size.cores())),
        "spark.databricks.delta.snapshotPartitions": "2",
        # Delta keeps the state of each table that was looked at for an hour, of 10,000 at most: a
        # session that goes through several homes fills its memory, and does little but collect.
        "spark.databricks.delta.delta.log.cacheSize": "64",
        # Else writing no rows to a table without any leaves no word of what it was made from, and
        # every run would make it anew.
        "spark.databricks.delta.skipRecordingEmptyCommits": "false",
        # Upkeep that finds nothing to do leaves the version as it was: VACUUM would note itself
        # twice each time.
        "spark.databricks.delta.vacuum.logging.enabled": "false",
        # VACUUM lists a table's folder in so many tasks, 10,000 by default.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.warehouse.dir": str((warehouse or Path("lakehouse/warehouse")).absolute()),
    }
    return conf | {"spark.driver.extraClassPath": jars.class_path(delta_jars())}


def fit_session(session: "SparkSession", lines: int) -> None:
    """Let a local session compile its queries, or interpret them, as suits so many lines."""
    compiled = lines > _INTERPRETED_LINES
    session.conf.set("spark.sql.codegen.wholeStage", str(compiled).lower())
    session.conf.set("spark.sql.codegen.factoryMode", "FALLBACK" if compiled else "NO_CODEGEN")


def _prepared() -> Path:
    """What is prepared once for this Python environment."""
    return Path(sys.prefix) / "share" / "retail-lakehouse"


def delta_jars() -> Path:
    """The folder of Delta's jars; jars.py fetches them."""
    return _prepared() / "jars"


def class_archive() -> Path:
    """The archive of Java classes that class_archive.py makes."""
    return _prepared() / "classes.jsa"


def _archived_classes() -> str:
    # Java says at every start if the archive does not fit, and goes on without it.
    archive = class_archive()
    return f'"-XX:SharedArchiveFile={archive}" -Xlog:cds*=off' if archive.is_file() else ""


def java_command() -> str | None:
    """The Java that Spark starts: of JAVA_HOME, or the first on the PATH, if there is one."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else shutil.which("java")


def _java_elsewhere(home: Path) -> str:
    """What JAVA_HOME is to be instead, in words."""
    # Its bin folder is often taken for it.
    if home.name == "bin" and os.access(home / "java", os.X_OK):
        return str(home.parent)
    return "the folder that holds bin/java, or unset it to take the Java of the PATH"


def check_java() -> None:
    """Raise RuntimeMissingError unless Java 17 or newer starts."""
    home, java = os.environ.get("JAVA_HOME"), java_command()
    remedy = f"Install Java {JAVA_NEEDED} or newer (on Debian or Ubuntu: openjdk-17-jre-headless)"
    if java is None:
        raise RuntimeMissingError(f"No Java found: Spark runs on it. {remedy}.")
    if not os.access(java, os.X_OK):
        raise RuntimeMissingError(
            f"JAVA_HOME is {home}, and there is no bin/java in it: set it to "
            f"{_java_elsewhere(Path(java).parent.parent)}."
        )
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    if answer.returncode != 0 or found is None:
        raise RuntimeMissingError(f"{java} does not start: Spark runs on Java. {remedy}.")
    if int(found[1]) < JAVA_NEEDED:
        raise RuntimeMissingError(f"{java} is Java {found[1]}, too old for Spark. {remedy}.")
