"""No table of the contract escapes upkeep, or holds a customer that ``forget`` does not know of."""

import importlib
import pkgutil
import re
from types import SimpleNamespace

import pytest

from asset_bundle import ROOT
from retail_lakehouse import tables
from retail_lakehouse.care import forget as forgetting
from retail_lakehouse.care import maintain as tending
from retail_lakehouse.delta import erasing
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.work_tables import STAGES

ANONYMOUS, GONE = forgetting.ANONYMOUS, forgetting.GONE
# What is done to each table that has customers: a new one is decided on here and in docs/care.md.
OF_CUSTOMERS = {
    "bronze.invoice_lines": ANONYMOUS,
    "silver.sales": ANONYMOUS,
    "silver.returns": ANONYMOUS,
    "silver.rejected_lines": ANONYMOUS,
    "gold.customer_rfm": GONE,
    "gold.interactions": GONE,
    "gold.purchases": GONE,
    "gold.customer_segments": GONE,
    "gold.segment_history": GONE,
    "gold.recommendations": GONE,
    "gold.customer_value": GONE,
    "gold.recommendation_backtest": GONE,
}
# Columns of all other tables that could hold a customer's id, and what they hold instead.
OF_NOBODY = {
    "a batch": {"batch_id", "source_file", "shop", "state"},
    "a run, a measure, a metric, a list": {
        "run_id", "table_name", "measure", "part", "level", "metric", "ranking", "scope", "model",
        "feature", "reference", "drift",
    },
    "an invoice, as in the shop's own books": {"invoice"},
    "a product": {
        "stock_code", "description", "first_description", "similar_stock_code",
        "similar_description", "top_products",
    },
    "many customers": {
        "segment", "from_segment", "to_segment", "recommended_action", "country",
    },
}  # fmt: skip
# Reasons that quote lines: ``forget`` looks through them.
LOOKED_THROUGH = {"bronze.batches": {"sheets"}}
# Types of columns that cannot hold an id, as ids are text.
NUMBERS = ("INT", "BIGINT", "DOUBLE", "DECIMAL", "DATE", "TIMESTAMP", "BOOLEAN")


def every_table() -> dict[str, tables.Table]:
    """All that any module of the contract defines, listed there or not."""
    found = {}
    for module in pkgutil.iter_modules(tables.__path__):
        loaded = importlib.import_module(f"{tables.__name__}.{module.name}")
        for thing in vars(loaded).values():
            if isinstance(thing, tables.Table):
                found[thing.full_name] = thing
    return found


def everything_is_there(spark=None) -> SimpleNamespace:
    lakehouse = SimpleNamespace(
        exists=lambda table: True, name=lambda table: table.full_name, spark=spark, place="here"
    )
    return SimpleNamespace(lakehouse=lakehouse, settings=Settings())


def test_the_contract_lists_every_table():
    listed = {table.full_name for table in (*tables.TABLES, *tables.BACKTEST_TABLES)}
    assert listed == set(every_table())


def test_forget_takes_customers_out_of_every_table_that_has_some():
    having = [name for name, table in every_table().items() if "customer_id" in table.column_names]
    assert set(having) == set(OF_CUSTOMERS)
    reached = forgetting._with_customers(everything_is_there())
    assert {table.full_name for table in reached} == set(having)
    for table in reached:
        statement = erasing.erasing(table, "t", "v", ())
        gone = statement.endswith("WHEN MATCHED THEN DELETE")
        assert gone == (OF_CUSTOMERS[table.full_name] == GONE), table.full_name


def test_no_other_column_can_hold_a_customer():
    known = set().union(*OF_NOBODY.values())
    for name, table in every_table().items():
        if name not in OF_CUSTOMERS:
            texts = {col.name for col in table.columns if not col.type.startswith(NUMBERS)}
            assert texts - known == LOOKED_THROUGH.get(name, set()), name


@pytest.mark.parametrize("name", OF_CUSTOMERS)
def test_the_guide_says_what_becomes_of_it(name):
    guide = (ROOT / "docs" / "care.md").read_text()
    section = guide.partition("\n## Forgetting a customer")[2]
    layer, _, table = name.partition(".")
    (row,) = (row for row in section.splitlines() if re.match(rf"\|.*`(\w+\.)?{table}`", row))
    assert f"`{layer}." in row
    assert ("rows about them go" in row) == (OF_CUSTOMERS[name] == GONE)


def test_forget_drops_what_a_killed_step_left():
    """On a catalog, too, where no lock of a home clears it."""
    dropped: list[str] = []
    context = everything_is_there()
    context.lakehouse.exists = lambda table: table.name.startswith("_")
    context.lakehouse.drop = lambda table: dropped.append(table.full_name)
    forgetting._purge(context)
    assert {f"silver._{name}" for name in STAGES} <= set(dropped)


def test_upkeep_tends_every_table(monkeypatch):
    monkeypatch.setattr(tending, "tend", lambda spark, table, *rest, **named: table)
    tended = list(tending.maintain(everything_is_there(), 30))
    assert {table.full_name for table in tended} == set(every_table())
    assert len(tended) == len(every_table())
