"""Rows and places that several test modules share."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
from pyspark.sql import DataFrame, SparkSession

from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.data.ragged_rows import offsets
from retail_lakehouse.spark import fit_session
from retail_lakehouse.tables import Table

REAL_WORKBOOK = Path(__file__).parents[3] / "shared" / "data" / "online_retail_II.xlsx"
INGESTED_AT = datetime(2024, 1, 1)
HEADER = [
    "Invoice",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "Price",
    "Customer ID",
    "Country",
]
CSV_HEADER = ",".join(HEADER) + "\n"


def compile_queries(session: SparkSession, compiled: bool) -> None:
    """Whether Spark generates Java code for queries and plans them anew from shuffle to shuffle.

    As it does for many lines; or interprets them, as for few, and as they were planned first.
    """
    fit_session(session, sys.maxsize if compiled else 0)
    session.conf.set("spark.sql.adaptive.enabled", str(compiled).lower())


def bronze_row(
    number: int,
    invoice: str | None,
    code: str | None,
    quantity: str | None,
    date: str | None,
    price: str | None,
    customer: str | None = "1",
    description: str | None = "MUG",
    file: str = "shop.xlsx",
    sheet: str = "Sheet1",
    **other: object,
) -> dict:
    return {
        "invoice": invoice,
        "stock_code": code,
        "description": description,
        "quantity": quantity,
        "invoice_date": date,
        "price": price,
        "customer_id": customer,
        "country": "France",
        "source_file": file,
        "source_sheet": sheet,
        "line_number": number,
        "batch_id": f"files-{file}",
        "ingested_at": INGESTED_AT,
        **other,
    }


# Five kinds of customers, 12 of each, told apart by any eye.
KINDS = {
    "Champions": (3, 60, 20000),
    "Loyal": (30, 12, 3000),
    "New": (15, 1, 200),
    "At Risk": (300, 6, 1500),
    "Lost": (600, 1, 120),
}


def person(customer: int, recency: int, frequency: int, monetary: int) -> dict:
    return {
        "customer_id": customer,
        "recency_days": recency,
        "frequency": frequency,
        "monetary": Decimal(monetary),
        "first_purchase_at": datetime(2010, 1, 1),
        "last_purchase_at": datetime(2010, 1, 1),
        "r_score": 1,
        "f_score": 1,
        "m_score": 1,
    }


def people() -> Iterator[dict]:
    for kind, (recency, frequency, monetary) in enumerate(KINDS.values()):
        for i in range(12):
            yield person(kind * 100 + i, recency + i % 3, frequency + i % 2, monetary + i)


def purchases_of(
    countries: Sequence[str], columns: Iterable[Sequence[Sequence[float]]]
) -> Purchases:
    """From one array per customer in each of items, days, invoices, prices, reversed_days."""
    rows = [list(column) for column in columns]
    items, days, invoices, prices, reversed_days = (
        np.concatenate([np.asarray(row, dtype=kind) for row in column])
        if column
        else np.empty(0, dtype=kind)
        for column, kind in zip(
            rows, (np.int64, np.int64, np.int64, np.float64, np.int64), strict=True
        )
    )
    indptr = offsets(np.array([len(row) for row in rows[0]], dtype=np.int64))
    countries = np.array(countries, dtype=object)
    return Purchases(countries, indptr, items, days, invoices, prices, reversed_days)


def _as(kind: str, value: object) -> object:
    """A whole number as a customer's text or a quantity, which tests write as 7."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        if kind == "STRING":
            return str(value)
        if kind.startswith("DECIMAL"):
            return Decimal(int(value))
    return value


def table_frame(spark: SparkSession, table: Table, rows: Sequence[dict]) -> DataFrame:
    """Rows of a table of the contract; columns not given are null, whole numbers may be short."""
    schema = ", ".join(f"{column.name} {column.type}" for column in table.columns)
    unknown = {name for row in rows for name in row} - set(table.column_names)
    assert not unknown, f"{table.full_name} has no {unknown}"
    values = [
        tuple(_as(column.type, row.get(column.name)) for column in table.columns) for row in rows
    ]
    return spark.createDataFrame(values, schema)
