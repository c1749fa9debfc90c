"""Column names come from ``tables/columns.py``: a wrong one is found by the type checker."""

import ast
import re
from pathlib import Path

from retail_lakehouse.tables import BACKTEST_TABLES, TABLES, columns

SRC = Path(__file__).parents[2] / "src" / "retail_lakehouse"
NAMES = {value: name for name, value in vars(columns).items() if name.isupper()}
# The same word for another thing: keys of shop.toml, of JSON, of requests, words that people read,
# columns of frames that no table keeps, such as a chart's.
OTHER_THINGS = {
    "arrays/trees.py": {"value"},
    "assets.py": {"as_of"},
    "care/people.py": {"customers"},
    "cli/caring.py": {"customers"},
    "delta/changes.py": {"value"},
    "cli/looking.py": {"customer_id"},
    "display/grids/product.py": {"customers", "list", "rank", "score"},
    "display/grids/runs.py": {"model", "state"},
    "display/grids/state.py": {"model"},
    "display/screen.py": {
        "customers", "invoice", "invoices", "lines", "model", "orders", "rank", "ranking",
        "segment", "units",
    },
    "display/upkeep.py": {"model"},
    "landing/demo/__init__.py": {"lines", "sheets"},
    "landing/demo/customers.py": {"country", "units"},
    "landing/demo/dirt.py": {"quantity"},
    "landing/demo/sales.py": {"country", "price", "quantity", "units"},
    "landing/describing/inspection.py": {"lines", "price", "sheets", "shop", "value"},
    "landing/describing/proposing.py": {"shop"},
    "landing/describing/shapes.py": {"value"},
    "landing/keeping_out.py": {"customers"},
    "landing/land.py": {"shop"},
    "landing/landed.py": {"lines", "sheets"},
    "landing/line_file.py": {"lines"},
    "landing/readers/workbooks.py": {"state"},
    "medallion/duplicates.py": {"high", "lines", "low"},
    "medallion/quality.py": {"customers", "differing_lines", "monetary", "units"},
    "medallion/reversals.py": {"low"},
    "recommend/artifact.py": {"price", "rank"},
    "recommend/data/customer_history.py": {"frequency", "invoices"},
    "recommend/evaluation/gates.py": {"high", "low"},
    "recommend/evaluation/tuning.py": {"rank"},
    "recommend/inference/online.py": {"list"},
    "recommend/ranking/feature_columns.py": {"country", "frequency", "price"},
    "report/charts/over_time.py": {"customers", "orders", "ranking"},
    "report/charts/side_by_side.py": {"invoices", "model", "ranking", "segment"},
    "report/facts.py": {"passed"},
    "report/pages/by_name.py": {"customers", "segment"},
    "report/pages/list_quality.py": {"high", "low", "ranking", "value"},
    "report/pages/migrations.py": {"customers", "segment"},
    "report/pages/overview.py": {"customers", "orders", "value"},
    "report/pages/provenance.py": {"model", "passed", "shop"},
    "report/pages/quality.py": {"lines", "part", "reason", "value"},
    "report/pages/recommend.py": {"customers", "list"},
    "report/pages/segments.py": {
        "customers", "frequency", "invoices", "monetary", "recency_days", "revenue", "segment",
    },
    "report/pages/value.py": {"customers", "model", "segment", "value"},
    "report/reading/value_facts.py": {"low"},
    "serving/parsing.py": {"customers", "list"},
    "serving/specs.py": {"list"},
    "settings.py": {"rank", "window_days"},
    "steps/daily/cleaning.py": {"copies"},
    "steps/harness/work_tables.py": {"copies"},
    "tables/value.py": {"invoices"},
    "tracking/client.py": {"as_of", "model"},
    "tracking/registry.py": {"as_of", "shop"},
    "tracking/trainings.py": {"as_of"},
    "value/fitting/boosted.py": {"spend", "value"},
    "value/model.py": {"orders", "spend"},
    "value/past/customer_past.py": {"spend", "value"},
    "value/publishing/published.py": {"high", "low"},
    "value/value_artifact.py": {"amount", "high", "low", "spend"},
}  # fmt: skip


def test_each_column_of_the_contract_has_one_name():
    every = (*TABLES, *BACKTEST_TABLES)
    assert set(NAMES) == {column.name for table in every for column in table.columns}
    assert all(name == value.upper() for value, name in NAMES.items())


def test_no_other_module_writes_a_column_as_text():
    found: dict[str, set[str]] = {}
    for path in sorted(SRC.rglob("*.py")):
        module = str(path.relative_to(SRC))
        if module == "tables/columns.py" or module.startswith("shops/"):
            continue  # shops: keys of shop.toml, below the tables
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and node.value in NAMES:
                found.setdefault(module, set()).add(node.value)
    assert found == OTHER_THINGS


def test_checks_of_a_table_name_its_columns():
    words = {"and", "or", "is", "null", "not", "between", "in", "abs", "greatest", "day"}
    for table in (*TABLES, *BACKTEST_TABLES):
        for name, condition in table.checks:
            bare = re.sub(r"'[^']*'", "", condition)
            asked = set(re.findall(r"[a-z_]\w*", bare.lower())) - words
            assert asked <= set(table.column_names), (table.full_name, name)
