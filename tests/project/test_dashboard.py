"""The dashboard's file: what its widgets show exists, and its queries answer as by hand."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest

from asset_bundle import RESOURCES, ROOT
from dashboards import build
from dashboards.layout import row
from dashboards.widgets import Text
from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from runs import context

OVERVIEW = RESOURCES["dashboards", "overview"]
FILE = (ROOT / "resources" / OVERVIEW["file_path"]).resolve()
DASHBOARD = json.loads(FILE.read_text())
QUERIES = {dataset["name"]: "".join(dataset["queryLines"]) for dataset in DASHBOARD["datasets"]}
PAGES = {page["displayName"]: page["layout"] for page in DASHBOARD["pages"]}
PLACED = [item for layout in PAGES.values() for item in layout]
# Widgets without a query are text.
WIDGETS = {i["widget"]["name"]: i["widget"] for i in PLACED if "queries" in i["widget"]}
# Databricks takes a widget of another version for a broken one.
VERSIONS = {
    "counter": 2,
    "table": 2,
    "bar": 3,
    "line": 3,
    "area": 3,
    "heatmap": 3,
    "filter-multi-select": 2,
}
GOLD = {x.name: x for x in (*t.TABLES, *t.BACKTEST_TABLES) if x.layer == "gold"}
COLUMNS = 12


def queries_of(widget):
    return {query["name"]: query["query"] for query in widget["queries"]}


def field_names(encodings):
    """Fields that the encodings show, however deep."""
    if isinstance(encodings, dict):
        own = [encodings["fieldName"]] if "fieldName" in encodings else []
        return own + [name for value in encodings.values() for name in field_names(value)]
    if isinstance(encodings, list):
        return [name for value in encodings for name in field_names(value)]
    return []


def shown(dataset):
    """Columns of the dataset that some widget asks for."""
    return {
        field["name"]
        for widget in WIDGETS.values()
        for query in queries_of(widget).values()
        if query["datasetName"] == dataset
        for field in query["fields"]
    }


def tables_of(query):
    named = set(re.findall(r"\b(?:FROM|JOIN)\s+([\w.`]+)", query))
    return named - set(re.findall(r"\b(\w+) AS \(", query))


each_widget = pytest.mark.parametrize("name", WIDGETS)


def test_the_file_is_what_queries_and_pages_make():
    assert FILE == build.FILE
    # What 'make dashboard' writes; an edit of the file itself would be lost.
    assert FILE.read_text(encoding="utf-8") == build.dashboard()


def test_every_query_is_a_file():
    assert {path.stem for path in FILE.parent.glob("queries/*")} == set(QUERIES)
    assert all(query.strip() for query in QUERIES.values())


def test_a_query_without_a_title_names_its_file(tmp_path):
    for name, text in (("untitled.sql", "SELECT 1\n"), ("empty.sql", "")):
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(ValueError, match=f"{name}: write a title in its first line"):
            build.dataset(path)


@pytest.mark.parametrize("widths", [(6, 5), (12,), (4, 4, 4)])
def test_a_row_that_does_not_fill_the_page_is_refused(widths):
    with pytest.raises(ValueError, match="do not fill a page's 12 columns"):
        row(1, Text("left", "left"), Text("right", "right"), widths=widths)


def test_pages_are_those_of_the_three_models_and_data_quality():
    assert list(PAGES) == ["Segments", "Recommendations", "Customer value", "Data quality"]


@each_widget
def test_widget_shows_fields_of_its_own_query(name):
    widget = WIDGETS[name]
    queries = queries_of(widget)
    fields = {field["name"] for query in queries.values() for field in query["fields"]}
    assert fields
    assert set(field_names(widget["spec"]["encodings"])) == fields
    for query in queries.values():
        assert query["datasetName"] in QUERIES
        # Datasets compute everything: a widget takes columns as they are.
        for field in query["fields"]:
            assert field["expression"] == f"`{field['name']}`"


@each_widget
def test_filter_finds_its_queries(name):
    encodings = WIDGETS[name]["spec"]["encodings"]
    named = {field["queryName"] for field in encodings.get("fields", ())}
    assert named <= set(queries_of(WIDGETS[name]))


@each_widget
def test_widget_has_the_version_of_its_type_and_a_title(name):
    spec = WIDGETS[name]["spec"]
    assert spec["version"] == VERSIONS[spec["widgetType"]]
    assert spec["frame"]["showTitle"]
    assert spec["frame"]["title"]


def test_names_are_unique():
    names = [item["widget"]["name"] for item in PLACED]
    assert len(set(names)) == len(names)
    assert len(QUERIES) == len(DASHBOARD["datasets"])


@pytest.mark.parametrize("page", PAGES)
def test_widgets_fill_the_page_without_overlap(page):
    taken = {}
    for item in PAGES[page]:
        place = item["position"]
        for x in range(place["x"], place["x"] + place["width"]):
            for y in range(place["y"], place["y"] + place["height"]):
                assert (x, y) not in taken, (item["widget"]["name"], taken[x, y])
                taken[x, y] = item["widget"]["name"]
    rows = 1 + max(y for _, y in taken)
    assert set(taken) == {(x, y) for x in range(COLUMNS) for y in range(rows)}


def test_every_dataset_is_shown():
    assert {name for name in QUERIES if not shown(name)} == set()


@pytest.mark.parametrize("name", QUERIES)
def test_query_names_gold_tables_alone(name):
    # With a schema before them they would be another target's tables.
    assert tables_of(QUERIES[name])
    assert tables_of(QUERIES[name]) <= set(GOLD)


def test_tables_are_looked_up_where_the_target_writes_gold():
    assert OVERVIEW["dataset_catalog"] == "${var.catalog}"
    assert OVERVIEW["dataset_schema"] == "${resources.schemas.gold.name}"


AUGUST = date(2011, 8, 1)
SEPTEMBER, OCTOBER = date(2011, 9, 1), date(2011, 10, 1)
NOVEMBER, DECEMBER = date(2011, 11, 1), date(2011, 12, 1)
YEAR_BEFORE, JANUARY = date(2010, 12, 1), date(2011, 1, 1)
# A month ends at the next one's first midnight: its last day is what queries show.
END_OF_DECEMBER = date(2010, 12, 31)
END_OF_OCTOBER, END_OF_NOVEMBER = date(2011, 10, 31), date(2011, 11, 30)
TODAY = date(2011, 12, 10)


def _measures(run, as_of, *measures):
    names = ("table_name", "measure", "part", "value", "passed", "level")
    for values in measures:
        row = dict(zip(names, (*values, None)[: len(names)], strict=True))
        yield {"run_id": run, "as_of": as_of, **row, "value": Decimal(row["value"])}


def _quality(*rows):
    names = ("window_start", "ranking", "scope", "metric", "value", "low", "high", "users")
    for values in rows:
        yield {"window_days": 30, **dict(zip(names, values, strict=True))}


def _rows(names, *rows):
    return [dict(zip(names.split(), values, strict=True)) for values in rows]


def _value_quality(*rows):
    names = ("window_start", "model", "metric", "tenth", "value", "low", "high", "customers")
    return [dict(zip(names, values, strict=True)) for values in rows]


ROWS = {
    "customer_value": _rows(
        "customer_id spend average_basket next_order_on probability_30_days probability_90_days "
        "expected_orders_90_days expected_spend_90_days expected_spend_12_months percentile "
        "churn_risk churn_band due_this_week reason as_of",
        (
            *(1, Decimal(900), Decimal(45), date(2011, 12, 16), 0.9, 0.95, 4.0, Decimal(200)),
            *(Decimal(800), 99, 0.01, "low", True, "usually every 2 weeks, now 3 weeks", TODAY),
        ),
        (
            *(2, Decimal(60), Decimal(30), date(2011, 12, 17), 0.4, 0.5, 0.8, Decimal(30)),
            *(Decimal(90), 50, 0.4, "medium", False, "bought twice", TODAY),
        ),
        (
            *(3, Decimal(40), Decimal(40), date(2012, 6, 1), 0.1, 0.2, 0.2, Decimal(8)),
            *(Decimal(20), 20, 0.7, "high", False, "bought once", TODAY),
        ),
    ),
    "customer_segments": _rows(
        "customer_id segment",
        (1, "Champions"),
        (2, "Lost"),
        (3, "Lost"),
    ),
    "value_quality": _value_quality(
        (AUGUST, "trees", "brier_90", 0, 0.2, 0.19, 0.21, 90),
        (SEPTEMBER, "trees", "auc_90", 0, 0.8, None, None, 100),
        (SEPTEMBER, "trees", "brier_90", 0, 0.3, 0.29, 0.31, 100),
        (SEPTEMBER, "trees", "chance_90", 1, 0.1, None, None, 10),
        (SEPTEMBER, "trees", "bought_90", 1, 0.2, None, None, 10),
        (SEPTEMBER, "own_rate", "chance_90", 1, 0.3, None, None, 10),
    ),
    "value_backtest": _value_quality(
        # Judged at its training too, otherwise.
        (SEPTEMBER, "trees", "brier_90", 0, 0.16, 0.15, 0.17, 100),
        (SEPTEMBER, "own_rate", "brier_90", 0, 0.23, None, None, 100),
        (AUGUST, "trees", "chance_90", 1, 0.3, None, None, 10),
        (AUGUST, "trees", "bought_90", 1, 0.2, None, None, 10),
        (AUGUST, "curve", "chance_90", 2, 0.5, None, None, 10),
    ),
    "customer_rfm": _rows("customer_id", (1,), (2,), (3,), (4,)),
    "products": _rows("stock_code", ("A",), ("B",), ("C",), ("D",), ("E",)),
    "segment_profiles": _rows(
        "segment customers customer_share revenue revenue_share recency_days_median "
        "frequency_median monetary_median basket_value recommended_action as_of",
        ("Lost", 3, 0.75, Decimal(100), 0.1, 400.0, 1.0, Decimal(30), Decimal(30), "Wait", TODAY),
        (
            "Champions",
            1,
            0.25,
            Decimal(900),
            0.9,
            9.0,
            20.0,
            Decimal(900),
            Decimal(45),
            "Thank",
            TODAY,
        ),
    ),
    "segment_history": _rows(
        "customer_id month_end segment",
        (1, NOVEMBER, "Champions"),
        (2, NOVEMBER, "Lost"),
        (1, DECEMBER, "Champions"),
        (2, DECEMBER, "Champions"),
        (3, DECEMBER, "Lost"),
    ),
    "segment_migrations": _rows(
        "month_end from_segment to_segment customers",
        (NOVEMBER, "(none)", "Champions", 1),
        (NOVEMBER, "(none)", "Lost", 1),
        (DECEMBER, "Champions", "Champions", 1),
        (DECEMBER, "Lost", "Champions", 1),
        (DECEMBER, "(none)", "Lost", 1),
    ),
    "recommendations": _rows(
        "customer_id list rank stock_code description",
        (1, "for_you", 1, "A", "APPLE"),
        (1, "for_you", 2, "B", "BOWL"),
        (2, "for_you", 1, "A", "APPLE"),
        (1, "discover", 1, "C", "CUP"),
        (1, "discover", 2, "D", "DISH"),
    ),
    "recommendation_quality": [
        *_quality(
            (OCTOBER, "for_you", "all", "ndcg_at_10", 0.30, 0.28, 0.32, 90),
            (NOVEMBER, "for_you", "all", "ndcg_at_10", 0.35, 0.33, 0.37, 100),
            (NOVEMBER, "for_you", "all", "recall_at_10", 0.2, None, None, 100),
            (NOVEMBER, "for_you", "all", "hit_rate_at_10", 0.6, None, None, 100),
            (NOVEMBER, "for_you", "all", "catalogue_coverage", 0.5, None, None, 100),
            (NOVEMBER, "for_you", "all", "novelty", 7.0, None, None, 100),
            (NOVEMBER, "item_knn", "all", "ndcg_at_10", 0.2, None, None, 100),
            (NOVEMBER, "discover", "new", "ndcg_at_10", 0.13, None, None, 80),
            # Own products are no candidates there, so it equals recent_popularity.
            (NOVEMBER, "own_then_recent", "new", "ndcg_at_10", 0.08, None, None, 80),
            (NOVEMBER, "own_then_recent", "all", "ndcg_at_10", 0.1, None, None, 100),
            (NOVEMBER, "buy_again", "repeat", "ndcg_at_10", 0.4, None, None, 60),
            (NOVEMBER, "als", "repeat", "ndcg_at_10", 0.3, None, None, 60),
        )
    ],
    "backtest_quality": [
        *_quality(
            (SEPTEMBER, "for_you", "all", "ndcg_at_10", 0.28, 0.26, 0.30, 95),
            # Judged at its training too, otherwise.
            (NOVEMBER, "for_you", "all", "ndcg_at_10", 0.36, 0.34, 0.38, 100),
            (NOVEMBER, "ease", "new", "ndcg_at_10", 0.07, None, None, 80),
        )
    ],
    "popular_products": _rows(
        "country rank stock_code description invoices",
        ("ALL", 1, "A", "APPLE", 50),
        ("ALL", 11, "B", "BOWL", 5),
        ("France", 1, "C", "CUP", 9),
    ),
    "data_quality": [
        *_measures(
            "old",
            date(2011, 11, 10),
            ("bronze.invoice_lines", "lines_in", "a.csv", 10, None),
            ("silver.sales", "lines_out", "a.csv", 10, None),
        ),
        # Two runs of one as_of: the one that had seen fewer files came first.
        *_measures("fewer", TODAY, ("bronze.invoice_lines", "lines_in", "a.csv", 50, None)),
        *_measures(
            "last",
            TODAY,
            ("bronze.invoice_lines", "lines_in", "a.csv", 100, None),
            ("silver.sales", "lines_out", "a.csv", 90, None),
            ("silver.returns", "lines_out", "a.csv", 4, None),
            ("silver.rejected_lines", "lines_out", "a.csv", 6, None),
            ("silver.rejected_lines", "lines_by_reason", "adjustment", 1, None),
            ("silver.rejected_lines", "lines_by_reason", "non_product", 3, None),
            ("silver.rejected_lines", "lines_by_reason", "unreadable_price", 2, None),
            ("bronze.invoice_lines", "lines_balance", "a.csv", 0, True),
            ("bronze.invoice_lines", "lines_balance", "b.csv", 0, True),
            ("gold.customer_rfm", "money_balance", "ALL", "0.5", False),
            ("silver", "freshness", "ALL", 9, False, "warn"),
            ("silver", "keys", "ALL", 0, True, "fail"),
        ),
    ],
    "feature_drift": _rows(
        "month_end feature reference psi",
        # Twelve months before the last is too early by one.
        (YEAR_BEFORE, "monetary", "training", 0.9),
        (YEAR_BEFORE, "monetary", "previous_month", 0.8),
        (JANUARY, "monetary", "training", 0.3),
        (DECEMBER, "frequency", "training", 0.04),
        (DECEMBER, "monetary", "training", 0.05),
        (DECEMBER, "monetary", "previous_month", 0.2),
    ),
}

ANSWERS = {
    "totals": [(4, 1000.0, "2011-12-10")],
    "segments": [
        ("Champions", 1, 0.25, 0.9, 9.0, 20.0, 900.0, 45.0, "Thank"),
        ("Lost", 3, 0.75, 0.1, 400.0, 1.0, 30.0, 30.0, "Wait"),
    ],
    "segment_sizes": [
        (END_OF_OCTOBER, "Champions", 1),
        (END_OF_OCTOBER, "Lost", 1),
        (END_OF_NOVEMBER, "Champions", 2),
        (END_OF_NOVEMBER, "Lost", 1),
    ],
    "migrations": [("Lost", "Champions", 1), ("not a customer yet", "Lost", 1)],
    "arrivals": [(END_OF_NOVEMBER, "Champions", 1)],
    "coverage": [("For you", 2, 0.5, 2, 0.4), ("To discover", 1, 0.25, 2, 0.4)],
    "most_recommended": [
        ("For you", 1, "A", "APPLE", 2, 0.5),
        ("To discover", 1, "C", "CUP", 1, 0.25),
        ("For you", 2, "B", "BOWL", 1, 0.25),
        ("To discover", 2, "D", "DISH", 1, 0.25),
    ],
    "quality_all": [
        (SEPTEMBER, "For you", 0.28),
        (OCTOBER, "For you", 0.30),
        (NOVEMBER, "For you", 0.36),
        (NOVEMBER, "own, then recent", 0.1),
    ],
    "quality_new": [(NOVEMBER, "EASE", 0.07), (NOVEMBER, "To discover", 0.13)],
    "quality_repeat": [(NOVEMBER, "To buy again", 0.4)],
    "quality_latest": [
        ("all products", "For you", 0.36, 0.34, 0.38, 0.2, 0.6, 0.5, 7.0, 100),
        ("all products", "item-kNN (BM25)", 0.2, None, None, None, None, None, None, 100),
        ("all products", "own, then recent", 0.1, None, None, None, None, None, None, 100),
        ("bought before", "To buy again", 0.4, None, None, None, None, None, None, 60),
        ("bought before", "ALS alone", 0.3, None, None, None, None, None, None, 60),
        ("never bought before", "To discover", 0.13, None, None, None, None, None, None, 80),
        ("never bought before", "EASE", 0.07, None, None, None, None, None, None, 80),
    ],
    "popular": [(1, "A", "APPLE", 50)],
    "value_totals": [(238.0, 910.0, 1, "2011-12-10")],
    "value_due": [
        ("1", date(2011, 12, 16), 0.9, 4.0, 200.0, 45.0, "usually every 2 weeks, now 3 weeks")
    ],
    "value_at_risk": [("2", "Lost", 0.4, 60.0, 90.0, 0.5, "bought twice")],
    "value_by_segment": [
        ("Champions", 1, 0.95, 200.0, 800.0, 800.0),
        ("Lost", 2, 0.35, 38.0, 110.0, 55.0),
    ],
    "value_calibration": [
        ("BG/NBD and Gamma-Gamma", 2, 0.5, None),
        ("trees", 1, 0.2, 0.2),
    ],
    "value_models": [
        ("trees", 0.8, 0.16, 0.15, 0.17, None, None, None, None, 100),
        ("own rate", None, 0.23, None, None, None, None, None, None, 100),
    ],
    "lines": [("a.csv", "rejected", 6), ("a.csv", "returned", 4), ("a.csv", "sold", 90)],
    "rejects": [
        (
            *("non_product", "No product: postage, fees, samples"),
            *("If it is one: [lines] in shop.toml", 3, 0.5),
        ),
        (
            *("unreadable_price", "No price that can be read", "[format] in shop.toml"),
            *(2, pytest.approx(1 / 3)),
        ),
        (
            *("adjustment", "A correction of the books"),
            *("If not: [lines] adjustment_prefix in shop.toml", 1, pytest.approx(1 / 6)),
        ),
    ],
    "checks": [
        ("gold.customer_rfm", "money_balance", "ALL", 0.5, "FAILED"),
        # It is said, and does not count among those that failed.
        ("silver", "freshness", "ALL", 9.0, "warning"),
        ("bronze.invoice_lines", "lines_balance", "all 2, at most", 0.0, "passed"),
        ("silver", "keys", "ALL", 0.0, "passed"),
    ],
    "line_totals": [(100, 1, "2011-12-10")],
    "rejects_by_run": [(date(2011, 11, 10), 0.0), (TODAY, 0.06)],
    "drift_training": [
        (END_OF_DECEMBER, "large from here", 0.25),
        (END_OF_DECEMBER, "monetary", 0.3),
        (END_OF_NOVEMBER, "frequency", 0.04),
        (END_OF_NOVEMBER, "large from here", 0.25),
        (END_OF_NOVEMBER, "monetary", 0.05),
    ],
    "drift_month": [
        (END_OF_NOVEMBER, "large from here", 0.25),
        (END_OF_NOVEMBER, "monetary", 0.2),
    ],
}


def test_every_query_has_an_answer_by_hand():
    assert set(ANSWERS) == set(QUERIES)
    assert set(ROWS) == set().union(*map(tables_of, QUERIES.values()))


def test_queries_answer_as_by_hand_and_have_what_widgets_ask_for(spark, frame):
    try:
        for name, rows in ROWS.items():
            frame(GOLD[name], rows).createOrReplaceTempView(name)
        for name, query in QUERIES.items():
            answer = spark.sql(query)
            assert [tuple(row) for row in answer.collect()] == ANSWERS[name], name
            # As a widget asks: columns of the dataset, which stands in parentheses.
            columns = ", ".join(f"`{column}`" for column in sorted(shown(name)))
            asked = spark.sql(f"SELECT {columns} FROM ({query})")
            assert asked.count() == len(ANSWERS[name]), name
    finally:
        for name in ROWS:
            spark.catalog.dropTempView(name)


def test_of_many_files_the_largest_are_named_and_the_others_counted(spark, frame):
    """A shop may have a file a day, and a chart of hundreds of bars tells nothing."""
    files = [(f"{number:02}.csv", 1000 - number) for number in range(10)]
    measures = [("silver.sales", "lines_out", name, lines, None) for name, lines in files]
    measures.append(("bronze.invoice_lines", "lines_in", "00.csv", 1000, None))
    frame(GOLD["data_quality"], list(_measures("last", TODAY, *measures))).createOrReplaceTempView(
        "data_quality"
    )
    try:
        answer = [tuple(row) for row in spark.sql(QUERIES["lines"]).collect()]
    finally:
        spark.catalog.dropTempView("data_quality")
    named = [(name, "sold", lines) for name, lines in files[:8]]
    assert answer == [*named, ("2 other files or sheets", "sold", 992 + 991)]


def test_a_run_makes_every_table_that_queries_name(shop):
    """Before any backtest: a table that is missing would break a widget."""
    for name in ROWS:
        assert shop.lakehouse.exists(GOLD[name]), name
    assert shop.lakehouse.read(t.BACKTEST_QUALITY).isEmpty()


def test_queries_of_a_shop_without_rows_answer(spark, frame):
    try:
        for name in ROWS:
            frame(GOLD[name], []).createOrReplaceTempView(name)
        for query in QUERIES.values():
            spark.sql(query).collect()
    finally:
        for name in ROWS:
            spark.catalog.dropTempView(name)


YOUNG = """Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country
1,22423,CAKE STAND,2,2011-12-08 12:00:00,12.75,1,France
1,85123A,LIGHT HOLDER,6,2011-12-08 12:00:00,2.55,1,France
2,22423,CAKE STAND,1,2011-12-09 09:00:00,12.75,2,France
"""


def test_a_shop_of_two_days_has_every_table_and_its_queries_answer(spark, tmp_path):
    source = tmp_path / "young.csv"
    source.write_text(YOUNG)
    ran = context(tmp_path / "home", str(source))

    def ended(step, result):
        for table in step.tables:
            assert ran.lakehouse.exists(table), (step.name, table.full_name)

    pipeline.run_all(ran, lambda step: None, ended)
    # No window of the past to judge by: nothing was there to write.
    assert ran.lakehouse.read(t.RECOMMENDATION_QUALITY).isEmpty()
    try:
        for name in ROWS:
            ran.lakehouse.read(GOLD[name]).createOrReplaceTempView(name)
        answers = {name: len(spark.sql(query).collect()) for name, query in QUERIES.items()}
    finally:
        for name in ROWS:
            spark.catalog.dropTempView(name)
    assert answers["totals"] == 1
    assert {name for name in answers if name.startswith("quality_") and answers[name]} == set()
