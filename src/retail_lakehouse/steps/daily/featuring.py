"""Silver to gold's features: of what has changed, or of all sales."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.assets import EXPECTED
from retail_lakehouse.medallion import gate, gold
from retail_lakehouse.steps.harness.following import Since, said_anew
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.tables import Table
from retail_lakehouse.tables import columns as c

_FEATURES = (t.PRODUCTS, t.CUSTOMER_RFM, t.INTERACTIONS, t.PURCHASES)
_PAIR = (c.CUSTOMER_ID, c.STOCK_CODE)


def build_gold(io: StepIO) -> StepResult:
    """Products, RFM and interactions from sales that stand, and purchases from all."""
    kept, rejected = io.counted((t.SALES, t.RETURNS), ()).rows_in, io.read(t.REJECTED_LINES)
    gate.need_most_lines(rejected, kept, io.description(), io.settings.max_reject_share)
    io.awaits(EXPECTED)
    as_of, sales, since = io.as_of(), io.read(t.SALES), io.since()
    anew = since.anew_if(t.SALES, lambda: io.count(t.SALES), io.settings.rebuild_share, as_of=as_of)
    if anew:
        _all_anew(io, sales, as_of)
        did = said_anew(anew)
    elif since.nothing(t.SALES) and since.as_of == as_of:
        did = "no sale has changed"
    else:
        _follow(io, sales, since, as_of)
        did = f"followed {sum(since.kinds[t.SALES].values()):,} changes of sales"
    return io.counted((t.SALES,), _FEATURES, "; ".join(filter(None, (f"as of {as_of}", did))))


def _all_anew(io: StepIO, sales: DataFrame, as_of: date) -> None:
    standing = gold.standing_sales(sales, as_of)

    def build_interactions_and_products() -> None:
        io.replace(t.INTERACTIONS, gold.interactions(standing))
        bought = io.read(t.INTERACTIONS)
        io.replace(t.PRODUCTS, gold.products(standing, bought))

    def build_customers_and_purchases() -> None:
        io.replace(t.CUSTOMER_RFM, gold.customer_rfm(standing, as_of))
        io.replace(t.PURCHASES, gold.purchases(sales, as_of))

    io.side_by_side(build_customers_and_purchases, build_interactions_and_products)


def _follow(io: StepIO, sales: DataFrame, since: Since, as_of: date) -> None:
    """Bring the tables up to date for the customers and products whose sales have changed."""
    standing = gold.standing_sales(sales, as_of)
    changed = since.changes[t.SALES].select(*_PAIR)
    if since.as_of is not None and since.as_of < as_of:
        changed = changed.unionByName(gold.seen_between(sales, since.as_of, as_of).select(*_PAIR))
    with io.staged("gold", "changed", changed.distinct()) as pairs:
        customers = pairs.where(F.col(c.CUSTOMER_ID).isNotNull()).select(c.CUSTOMER_ID).distinct()

        def of_customers(rows: DataFrame) -> DataFrame:
            return rows.join(customers, on=c.CUSTOMER_ID, how="left_semi")

        def follow_products() -> None:
            named = pairs.where(F.col(c.CUSTOMER_ID).isNotNull())
            both = standing.join(named, on=list(_PAIR), how="left_semi")
            _merge(io, t.INTERACTIONS, gold.interactions(both), named)
            codes = pairs.select(c.STOCK_CODE).distinct()
            sold, bought = (
                rows.join(codes, on=c.STOCK_CODE, how="left_semi")
                for rows in (standing, io.read(t.INTERACTIONS))
            )
            _merge(io, t.PRODUCTS, gold.products(sold, bought), codes)

        def follow_customers() -> None:
            before = io.read(t.CUSTOMER_RFM)
            kept = before.join(customers, on=c.CUSTOMER_ID, how="left_anti")
            totals = gold.customer_totals(of_customers(standing))
            every = kept.select(*totals.columns).unionByName(totals)
            io.replace(t.CUSTOMER_RFM, gold.scored(every, as_of))
            bought = gold.purchases(of_customers(sales), as_of)
            _merge(io, t.PURCHASES, bought, customers)

        io.side_by_side(follow_customers, follow_products)


def _merge(io: StepIO, table: Table, rows: DataFrame, keys: DataFrame) -> None:
    """Put in the rows of the keys; those of the keys that have no row any more go."""
    io.merge(table, rows, io.read(table).join(keys, on=keys.columns, how="left_semi"))
