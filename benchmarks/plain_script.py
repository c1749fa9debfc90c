"""The same job as most tutorials write it, to measure against: python plain_script.py WORKBOOK OUT.

pandas reads the workbook, createDataFrame hands it to Spark, Delta at each layer, filters and
dropDuplicates for cleaning, raw RFM into KMeans, ALS at its defaults, recommendForAllUsers(10).
Nothing here is tuned, and nothing is made slower than its authors would.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
from delta import configure_spark_with_delta_pip
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import StandardScaler, StringIndexer, VectorAssembler
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


@contextmanager
def session() -> Iterator[SparkSession]:
    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog"
        )
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.ui.showConsoleProgress", "false")
    )
    spark = configure_spark_with_delta_pip(builder).getOrCreate()
    yield spark
    spark.stop()


def read(workbook: str) -> pd.DataFrame:
    lines = pd.concat(pd.read_excel(workbook, sheet_name=None, engine="calamine").values())
    for column in ("Invoice", "StockCode", "Description"):
        lines[column] = lines[column].astype(str)
    lines.columns = [
        "invoice", "stock_code", "description", "quantity",
        "invoice_date", "price", "customer_id", "country",
    ]  # fmt: skip
    return lines


def to_gold(spark: SparkSession, out: str, done: Callable[[str], None]) -> None:
    bronze = spark.read.format("delta").load(f"{out}/bronze")
    silver = (
        bronze.filter(F.col("customer_id").isNotNull() & ~F.isnan("customer_id"))
        .filter(~F.col("invoice").startswith("C"))
        .filter((F.col("quantity") > 0) & (F.col("price") > 0))
        .dropDuplicates()
        .withColumn("customer_id", F.col("customer_id").cast("int"))
        .withColumn("amount", F.col("quantity") * F.col("price"))
    )
    silver.write.format("delta").save(f"{out}/silver")
    done("silver")

    silver = spark.read.format("delta").load(f"{out}/silver")
    last = silver.agg(F.max("invoice_date")).collect()[0][0]
    silver.groupBy("customer_id").agg(
        F.datediff(F.lit(last), F.max("invoice_date")).alias("recency"),
        F.countDistinct("invoice").alias("frequency"),
        F.sum("amount").alias("monetary"),
    ).write.format("delta").save(f"{out}/rfm")
    quantities = silver.groupBy("customer_id", "stock_code").agg(
        F.sum("quantity").alias("quantity")
    )
    quantities.write.format("delta").save(f"{out}/interactions")
    done("gold features")


def to_segments(spark: SparkSession, out: str, done: Callable[[str], None]) -> None:
    rfm = spark.read.format("delta").load(f"{out}/rfm")
    assembled = VectorAssembler(
        inputCols=["recency", "frequency", "monetary"], outputCol="raw"
    ).transform(rfm)
    scaled = (
        StandardScaler(inputCol="raw", outputCol="features", withMean=True)
        .fit(assembled)
        .transform(assembled)
    )
    clusters = KMeans(k=5, seed=42).fit(scaled).transform(scaled)
    clusters.select("customer_id", "prediction").write.format("delta").save(f"{out}/segments")
    done("k-means")


def to_recommendations(spark: SparkSession, out: str, done: Callable[[str], None]) -> None:
    interactions = spark.read.format("delta").load(f"{out}/interactions")
    indexer = StringIndexer(inputCol="stock_code", outputCol="item")
    indexed = indexer.fit(interactions).transform(interactions)
    model = ALS(
        userCol="customer_id",
        itemCol="item",
        ratingCol="quantity",
        implicitPrefs=True,
        coldStartStrategy="drop",
        seed=42,
    ).fit(indexed)
    done("ALS fit")
    model.recommendForAllUsers(10).write.format("delta").save(f"{out}/recommendations")
    done("recommendations")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workbook")
    parser.add_argument("out")
    options = parser.parse_args(argv)
    started = time.perf_counter()

    def done(step: str) -> None:
        print(f"{time.perf_counter() - started:7.1f} s  {step}", flush=True)

    lines = read(options.workbook)
    done("read workbook")
    with session() as spark:
        done("start Spark")
        spark.createDataFrame(lines).write.format("delta").save(f"{options.out}/bronze")
        done("bronze")
        to_gold(spark, options.out, done)
        to_segments(spark, options.out, done)
        to_recommendations(spark, options.out, done)


if __name__ == "__main__":
    main()
