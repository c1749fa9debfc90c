"""Rows of gold.recommendations: each customer's best products, and why."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.recommend.factors import ItemFactors
from retail_lakehouse.recommend.fold_in import FoldIn, top_n
from retail_lakehouse.tables import RECOMMENDATIONS

FOR_YOU = "for_you"
_RANKED = (
    "customer_id INT, rank INT, stock_code STRING, score DOUBLE, "
    "reason_stock_code STRING, own_invoices BIGINT"
)


def rank_for_you(indexed: DataFrame, items: ItemFactors, n: int) -> DataFrame:
    """The ``n`` products each customer prefers, with the product that explains each best.

    ``indexed``: one row per customer and product with ``item`` (row of ``items``), ``rating`` and
    ``invoices``. Result: customer x rank, with ``own_invoices`` (0: never bought).
    One customer's scores exist at a time: time is linear in customers, memory does not grow.
    """
    bought = F.struct(F.col("item").cast("int").alias("item"), "rating", "invoices")
    histories = (
        indexed.groupBy("customer_id")
        .agg(F.array_sort(F.collect_list(bought)).alias("bought"))
        .select("customer_id", "bought.item", "bought.rating", "bought.invoices")
    )
    fold_in = FoldIn(items)
    codes = np.array(items.stock_codes, dtype=object)

    def rank(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            ranked = [_rank_one(fold_in, row, n) for row in batch.itertuples(index=False)]
            lengths = [len(one.items) for one in ranked]
            best = np.concatenate([one.items for one in ranked])
            yield pd.DataFrame(
                {
                    "customer_id": np.repeat(batch["customer_id"].to_numpy(), lengths),
                    "rank": np.concatenate([np.arange(1, k + 1) for k in lengths]),
                    "stock_code": codes[best],
                    "score": np.concatenate([one.scores for one in ranked]),
                    "reason_stock_code": codes[np.concatenate([one.reasons for one in ranked])],
                    "own_invoices": np.concatenate([one.own_invoices for one in ranked]),
                }
            )

    return histories.mapInPandas(rank, _RANKED)


class _Ranked(NamedTuple):
    """One customer's list: item rows, scores, the items that explain them, own invoices."""

    items: np.ndarray
    scores: np.ndarray
    reasons: np.ndarray
    own_invoices: np.ndarray


def _rank_one(fold_in: FoldIn, row: Any, n: int) -> _Ranked:
    factors = fold_in.items.factors
    folded = fold_in.solve(row.item, row.rating)
    scores = factors @ folded.factors
    best = top_n(scores, n)
    invoices = np.zeros(len(factors), dtype=np.int64)
    invoices[row.item] = row.invoices
    why = row.item[folded.contributions(factors[best]).argmax(axis=1)]
    return _Ranked(best, scores[best], np.where(invoices[best] > 0, best, why), invoices[best])


def recommendations(
    ranked: DataFrame, products: DataFrame, model_version: int, as_of: date
) -> DataFrame:
    """``rank_for_you``'s rows with names, and reasons in words."""
    named = products.select("stock_code", "description")
    reason_named = named.select(
        F.col("stock_code").alias("reason_stock_code"),
        F.coalesce("description", "stock_code").alias("reason_description"),
    )
    again = F.when(F.col("own_invoices") == 1, F.lit("bought before, on 1 invoice")).otherwise(
        F.concat(F.lit("bought before, on "), F.col("own_invoices"), F.lit(" invoices"))
    )
    reason = F.when(F.col("own_invoices") > 0, again).otherwise(
        F.concat(F.lit("because you bought "), F.col("reason_description"))
    )
    return (
        ranked.join(named, on="stock_code", how="left")
        .join(reason_named, on="reason_stock_code", how="left")
        .withColumns(
            {
                "list": F.lit(FOR_YOU),
                "reason": reason,
                "model_version": F.lit(model_version),
                "as_of": F.lit(as_of),
            }
        )
        .select(*RECOMMENDATIONS.column_names)
    )
