"""Delta's jars: fetched once into this Python environment, and taken only as they were published.

They are held against their checksums when they are fetched, and again by 'make install', not at
every start: whoever can change a file in this environment can as well change the code that checks.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from retail_lakehouse.errors import RuntimeMissingError

# SHA-256 of the files that the pinned versions of delta-spark and PySpark go with. Delta's own two
# jars are enough for plain tables by path. What else its POM names is either in PySpark already
# (Hadoop client, Parquet, Jackson: 50 MB) or serves catalogs not used here.
PUBLISHED = {
    "io.delta:delta-spark_4.2_2.13:4.4.0": (
        "27d4fd8b1f879535c573ed1c718177d6a27f24d3e626ba02e216369725721ead"
    ),
    "io.delta:delta-storage:4.4.0": (
        "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc"
    ),
}
_NOT_NEEDED = (
    "io.delta:delta-kernel-*",
    "io.unitycatalog:*",
    "org.apache.*:*",
    "org.antlr:*",
    "com.fasterxml.*:*",
    "org.slf4j:*",
)
# Spark's resolver knows the mirrors and proxies of the person's own settings. Delta is not
# configured here, so that nothing of a jar runs before it is checked.
_RESOLVE = """
import json, sys
from pyspark.sql import SparkSession
builder = SparkSession.builder.master("local[1]")
for key, value in json.loads(sys.argv[1]).items():
    builder = builder.config(key, value)
builder.getOrCreate().stop()
"""
# What in somebody's shell would turn that process into another: a server, another Spark.
_OF_SHELLS = ("PYSPARK_SUBMIT_ARGS", "SPARK_CONF_DIR", "SPARK_HOME", "SPARK_REMOTE")


def class_path(folder: Path) -> str:
    """The jars in the folder, as Java wants to be told of them."""
    return os.pathsep.join(str(folder / _file(jar)) for jar in PUBLISHED)


def ensure(folder: Path, check: bool = False) -> None:
    """Fetch what is missing in the folder; ``check``: and what is there but is not as published.

    Raises RuntimeMissingError where a jar cannot be had, or is another one than was published.
    """
    _know_the_versions()
    paths = {jar: folder / _file(jar) for jar in PUBLISHED}
    wrong = [jar for jar, path in paths.items() if check and path.is_file() and _differs(jar, path)]
    missing = [jar for jar, path in paths.items() if not path.is_file()]
    if not missing + wrong:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Beside the others, so that a checked file gets its name in one step.
        with TemporaryDirectory(dir=folder) as ivy:
            fetched = _resolve(missing + wrong, Path(ivy), folder / "resolver.log")
            for jar, path in fetched.items():
                _refuse_unless_published(jar, path)
            for jar, path in fetched.items():
                path.replace(paths[jar])
    except OSError as error:
        raise RuntimeMissingError(
            f"Delta's jars could not be put into {folder}: {error.strerror or error}. "
            "Make that folder writable, or install the package where you may write."
        ) from error


def _file(jar: str) -> str:
    """Name that Spark's resolver gives the file."""
    group, artifact, version = jar.split(":")
    return f"{group}_{artifact}-{version}.jar"


def _know_the_versions() -> None:
    """Refuse packages that no checksum is known for."""
    remedy = "install the package with its extra again, retail-lakehouse[local]."
    try:
        delta, spark = metadata.version("delta-spark"), metadata.version("pyspark")
    except metadata.PackageNotFoundError as error:
        raise RuntimeMissingError(f"{error.name} is not installed here: {remedy}") from error
    spark_line = ".".join(spark.split(".")[:2])
    if f"io.delta:delta-spark_{spark_line}_2.13:{delta}" not in PUBLISHED:
        raise RuntimeMissingError(
            f"delta-spark {delta} with PySpark {spark} is not what this program knows: {remedy}"
        )


def _differs(jar: str, path: Path) -> bool:
    return _sha256(path) != PUBLISHED[jar]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _refuse_unless_published(jar: str, path: Path) -> None:
    if _differs(jar, path):
        raise RuntimeMissingError(
            f"{path.name} is not the file that was published: its SHA-256 is {_sha256(path)} and "
            f"not {PUBLISHED[jar]}. It is not used; look at the mirror or proxy that it came from, "
            "and try again."
        )


def _resolve(jars: Sequence[str], ivy: Path, log: Path) -> dict[str, Path]:
    """Where Spark's resolver put the jars, below the empty ``ivy``; ``log``: what it says."""
    conf = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.jars.ivy": str(ivy),
        "spark.jars.packages": ",".join(jars),
        "spark.jars.excludes": ",".join(_NOT_NEEDED),
    }
    with log.open("wb") as said:
        run = subprocess.run(
            [sys.executable, "-c", _RESOLVE, json.dumps(conf)],
            env={name: value for name, value in os.environ.items() if name not in _OF_SHELLS},
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        )
    found = {jar: ivy / "jars" / _file(jar) for jar in jars}
    if run.returncode != 0 or not all(path.is_file() for path in found.values()):
        raise RuntimeMissingError(
            f"Delta's jars could not be fetched ({', '.join(jars)}): check the network and try "
            f"again; {log} has what Spark's resolver said."
        )
    log.unlink()
    return found
