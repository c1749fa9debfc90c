"""Rows of Parquet files that are no table: what has landed, and what a step puts aside."""

import re
from collections.abc import Iterable
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType


def read_parquet(spark: SparkSession, paths: Iterable[Path], schema: str | StructType) -> DataFrame:
    """Rows of the files and folders, as ``schema`` says; null for a column that a file lacks."""
    return spark.read.schema(schema).parquet(*map(_literal, paths))


def _literal(path: Path) -> str:
    """The path for Spark's readers, which take some characters for patterns."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", str(path.absolute()))
