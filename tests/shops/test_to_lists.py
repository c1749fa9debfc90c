"""A shop whose codes and customers begin with letters, all the way to segments and lists."""

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import display
from retail_lakehouse import tables as t
from retail_lakehouse.landing import demo
from retail_lakehouse.steps.harness.context import Context
from runs import context, run

DIALECT = demo.DIALECTS["letters"]
PREFIXES = {
    "invoice": DIALECT.invoice,
    "stock_code": DIALECT.code,
    "customer_id": DIALECT.customer,
}


@pytest.fixture(scope="module")
def lettered(spark, workbook, tmp_path_factory) -> Context:
    """The lines of ``workbook``, as another program would write them; no description is given."""
    folder = tmp_path_factory.mktemp("letters")
    demo.write(3000, folder / "shop.csv", options=demo.Options(dialect="letters"))
    ran = context(folder / "home", str(folder / "shop.csv"))
    run(ran)
    return ran


def undressed(rows: DataFrame) -> DataFrame:
    """The rows without what the dialect puts before numbers."""
    for column, prefix in PREFIXES.items():
        if column in rows.columns:
            starts = F.col(column).startswith(prefix)
            rest = F.substring(column, len(prefix) + 1, 100)
            rows = rows.withColumn(column, F.when(starts, rest).otherwise(F.col(column)))
    return rows


def same(ours: Context, theirs: Context, table: t.Table, *columns: str) -> None:
    """Both homes say the same in these columns."""
    expected = ours.lakehouse.read(table).select(*columns)
    actual = undressed(theirs.lakehouse.read(table).select(*columns))
    assert expected.count() > 0
    # Comments of columns do not outlive the change of their texts.
    assert_df_equality(
        actual, expected, ignore_row_order=True, ignore_nullable=True, ignore_metadata=True
    )


def test_its_lines_are_those_of_the_shop_with_numbers(shop, lettered):
    for table in (t.SALES, t.RETURNS):
        same(shop, lettered, table, *PREFIXES, "quantity", "unit_price", "amount", "country")


def test_its_customers_are_in_the_segments_that_they_would_be_in_with_numbers(shop, lettered):
    same(shop, lettered, t.CUSTOMER_RFM, "customer_id", "recency_days", "frequency", "monetary")
    same(shop, lettered, t.CUSTOMER_SEGMENTS, "customer_id", "segment")


def test_its_customers_have_as_many_products_in_their_lists_and_the_same_own_ones(shop, lettered):
    """Chances differ a little: how ALS and samples begin hangs on the texts of codes."""
    same(shop, lettered, t.RECOMMENDATIONS, "customer_id", "list", "rank")
    own = "list = 'buy_again'"
    ours = shop.lakehouse.read(t.RECOMMENDATIONS).where(own)
    theirs = undressed(lettered.lakehouse.read(t.RECOMMENDATIONS).where(own))
    assert ours.select("customer_id").distinct().count() > 0
    bought = ours.groupBy("customer_id").count().where("count < 10").select("customer_id")
    # Who has fewer than ten has all of them in the list.
    pairs = [
        rows.join(bought, on="customer_id").select("customer_id", "stock_code")
        for rows in (theirs, ours)
    ]
    assert_df_equality(*pairs, ignore_row_order=True, ignore_nullable=True, ignore_metadata=True)


def test_one_of_its_customers_is_shown(lettered, capsys):
    some = lettered.lakehouse.read(t.CUSTOMER_SEGMENTS).orderBy("customer_id").first()
    display.show_customer(lettered, some["customer_id"])
    shown = capsys.readouterr().out
    assert f"Customer {DIALECT.customer}" in shown
    assert DIALECT.code in shown
