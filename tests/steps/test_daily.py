"""Files one after the other: whatever the order and the split, the tables are those of one run."""

import os
import random
import shutil
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.lifecycle import Published
from retail_lakehouse.medallion import duplicates, gold, reversals, silver
from retail_lakehouse.segments.months import history
from retail_lakehouse.settings import Settings
from retail_lakehouse.shops import shop_file
from retail_lakehouse.shops.corrections import REFERENCE, Line, reference
from retail_lakehouse.shops.forgotten import mark
from retail_lakehouse.steps.harness.context import Context
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.tables import Table
from retail_lakehouse.tracking import ModelVersion
from segment_models import TWO
from support import bronze_row, table_frame

# make test-days: more examples than the two of each run, and others each time.
EXAMPLES = os.environ.get("DAILY_EXAMPLES")
SHOP = shop_file.packaged(shop_file.ONLINE_RETAIL_II)
MONTHS = (t.SEGMENT_HISTORY, t.SEGMENT_MIGRATIONS, t.FEATURE_DRIFT)
FEATURES = (t.INTERACTIONS, t.PRODUCTS, t.CUSTOMER_RFM, t.PURCHASES)
FILE_COLUMNS = ("source_file", "source_sheet", "line_number", "batch_id", "ingested_at")
STEPS = ("silver", "gold", "segment-history")


class Shop:
    """A home whose bronze tests fill, and whose steps they run."""

    def __init__(self, spark, home: Path, **changes) -> None:
        # A day's file is much of so small a shop.
        given = {"rebuild_share": 100.0, "max_reject_share": 1.0, **changes}
        self.spark = spark
        self.context = Context(Settings(home=home, **given))
        tracking = SimpleNamespace(find_champion=lambda *_: VERSION)
        self.context.opened.__dict__["_tracking"] = tracking
        self.context.lakehouse.create(t.INVOICE_LINES, "files")

    def arrive(self, name: str, lines: list[tuple], corrects: str = "") -> None:
        """corrects: of every line, the one that it is for, as file and line number."""
        others = {"other_columns": reference_of(corrects)} if corrects else {}
        rows = [bronze_row(i, *line, file=name, **others) for i, line in enumerate(lines, start=1)]
        frame = table_frame(self.spark, t.INVOICE_LINES, rows)
        self.context.lakehouse.append(t.INVOICE_LINES, frame)

    def run(self, *names: str) -> list[str]:
        return [pipeline.STEPS_BY_NAME[name].run(self.context).note for name in names or STEPS]

    def read(self, table: Table) -> DataFrame:
        return self.context.lakehouse.read(table)

    def rows(self, table: Table) -> list[str]:
        return sorted(map(repr, self.read(table).drop("ingested_at").collect()))

    def versions(self) -> dict[str, int]:
        tables = (t.INVOICE_LINES, *SILVER, *FEATURES, *MONTHS)
        return {table.full_name: self.context.lakehouse.version(table) for table in tables}


def reference_of(line: str) -> dict[str, str]:
    file, number = line.split(":")
    return {REFERENCE: reference(Line(f"files-{file}", int(number), "Sheet1", file))}


VERSION = ModelVersion(1, "run", "")
SILVER = (t.SALES, t.RETURNS, t.REJECTED_LINES, t.RESENT_INVOICES)


def publish_with_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a model of two segments were champion."""
    monkeypatch.setattr(StepIO, "champion", lambda io, spec: Published(VERSION, TWO))
    monkeypatch.setattr(StepIO, "add_picture", lambda *given: None)
    monkeypatch.setattr(Context, "has_experiments", True)


@pytest.fixture(autouse=True)
def _a_champion(monkeypatch):
    publish_with_two(monkeypatch)


def here(rows: DataFrame) -> DataFrame:
    """The rows computed once: what is made of them is planned in a fraction of the time."""
    return rows.sparkSession.createDataFrame(rows.collect(), rows.schema)


def all_at_once(bronze: DataFrame, as_of: date) -> dict[Table, DataFrame]:
    """Every table from all lines, by the transforms alone."""
    bronze = here(bronze)
    copies = here(duplicates.copies(bronze, duplicates.suspects(bronze), SHOP))
    lines = here(silver.classify(bronze, duplicates.there_already(copies, SHOP), SHOP))
    taken = here(reversals.reversals(lines))
    sales = here(silver.sales(lines, taken))
    standing = here(gold.standing_sales(sales, as_of))
    bought = here(gold.interactions(standing))
    months = here(history.segment_history(history.rfm_by_month(sales, as_of), TWO, 1))
    return {
        t.SALES: sales,
        t.RETURNS: silver.returns(lines, taken),
        t.REJECTED_LINES: silver.rejected_lines(lines),
        t.RESENT_INVOICES: duplicates.resent_invoices(copies, SHOP),
        t.INTERACTIONS: bought,
        t.PRODUCTS: gold.products(standing, bought),
        t.CUSTOMER_RFM: gold.customer_rfm(standing, as_of),
        t.PURCHASES: gold.purchases(sales, as_of),
        t.SEGMENT_HISTORY: months,
        t.SEGMENT_MIGRATIONS: history.segment_migrations(months, 1, as_of),
        t.FEATURE_DRIFT: history.feature_drift(months, TWO, 1),
    }


def need_equal(shop: Shop, bronze: DataFrame | None = None) -> None:
    """The shop's tables are those that its bronze makes all at once."""
    bronze = shop.read(t.INVOICE_LINES) if bronze is None else bronze
    for table, rows in all_at_once(bronze, shop.context.as_of()).items():
        wanted = sorted(map(repr, rows.drop("ingested_at").collect()))
        assert shop.rows(table) == wanted, table.full_name


def said(rows: DataFrame) -> list[str]:
    """The rows without what names file and load."""
    kept = [name for name in rows.columns if name not in FILE_COLUMNS]
    return sorted(map(repr, rows.select(*kept).collect()))


# A made-up shop: few customers, products and prices, so that most lines have to do with others


def made(seed: int, count: int = 40) -> list[tuple]:
    rng, lines = random.Random(seed), []
    for number in range(count // 2):
        month, day = rng.randint(1, 4), rng.randint(1, 28)
        when = f"2010-{month:02}-{day:02} {rng.choice(['09', '10'])}:00:00"
        customer = rng.choice(["1", "2", "3", None])
        cancels = rng.random() < 0.3
        invoice = rng.choice([f"{'C' if cancels else ''}{536000 + number}"] * 9 + [None])
        for _ in range(rng.randint(1, 3)):
            code = rng.choice(["20701", "20702", "20703a", "POST"])
            quantity = rng.choice(["1", "2"])
            signed = f"-{quantity}" if cancels else quantity
            price, name = rng.choice(["2.50", "3.0"]), rng.choice(["MUG", "CUP", None])
            lines.append((invoice, code, signed, when, price, customer, name))
        if rng.random() < 0.3:
            lines.append(lines[-1])
        if rng.random() < 0.2:
            # Sent again with another quantity.
            lines.append((*lines[-1][:2], rng.choice(["3", "-3"]), *lines[-1][3:]))
    return lines


@st.composite
def arrivals(draw) -> list[tuple[str, int, int]]:
    """Files by name, in the order in which they come: each the lines from one place to another."""
    cuts = sorted(draw(st.sets(st.integers(1, 39), min_size=1, max_size=2)))
    overlap = draw(st.sampled_from([0, 0, 3]))
    spans = zip([0, *cuts], [*cuts, 1_000], strict=True)
    files = [(max(first - overlap, 0), last) for first, last in spans]
    names = draw(st.permutations([f"{letter}.csv" for letter in "abc"[: len(files)]]))
    order = draw(st.permutations(range(len(files))))
    return [(names[place], *files[place]) for place in order]


@settings(
    max_examples=int(EXAMPLES or 2),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**16), plan=arrivals())
def test_any_split_in_any_order_gives_the_tables_of_all_at_once(
    spark, tmp_path_factory, seed, plan
):
    lines = made(seed)
    shop = Shop(spark, tmp_path_factory.mktemp("daily") / "home")
    files = [(name, lines[first:last]) for name, first, last in plan if lines[first:last]]
    for place, (name, part) in enumerate(files):
        shop.arrive(name, part)
        notes = shop.run("silver", "gold")
        # A file may hold nobody's lines only, of which there is no history.
        if not shop.read(t.CUSTOMER_RFM).isEmpty() and place in (0, len(files) - 1):
            shop.run("segment-history")
        assert ("followed" in notes[0]) == (place > 0), notes
    rows = [bronze_row(i, *line, file="all.csv") for i, line in enumerate(lines, start=1)]
    whole = all_at_once(table_frame(spark, t.INVOICE_LINES, rows), shop.context.as_of())
    for table in (t.SALES, t.RETURNS, *FEATURES, *MONTHS):
        assert said(shop.read(table)) == said(whole[table]), table.full_name


MUG = ("20701", "1", "2010-03-05 09:00:00", "2.50", "1")
LATER = ("20702", "4", "2010-05-20 09:00:00", "2.50", "2")


def lines_of(*others: tuple) -> list[tuple]:
    return [("536001", *MUG), ("536002", *MUG[:2], "2010-03-06 09:00:00", *MUG[3:]),
            ("536003", "20703", "1", "2010-04-05 09:00:00", "3.00", "2"), ("536004", *LATER),
            *others]  # fmt: skip


@pytest.fixture(scope="module")
def first_day(spark, tmp_path_factory) -> Path:
    """A home in which the first file has been through all steps: each test has a copy of it."""
    home = tmp_path_factory.mktemp("first_day") / "home"
    with pytest.MonkeyPatch.context() as patch:
        publish_with_two(patch)
        shop = Shop(spark, home)
        shop.arrive("01.csv", lines_of())
        shop.run()
    return home


@pytest.fixture
def shop(spark, first_day, tmp_path) -> Shop:
    shutil.copytree(first_day, tmp_path / "home")
    return Shop(spark, tmp_path / "home")


def test_a_cancellation_that_comes_late_takes_the_latest_earlier_sale_back(shop):
    shop.arrive("02.csv", [("C536009", "20701", "-1", "2010-04-10 09:00:00", "2.50", "1")])
    notes = shop.run()
    assert notes[0] == "followed 1 new lines"
    assert "followed 2 changes of sales" in notes[1]
    assert "followed from 2010-04-01" in notes[2]
    taken = shop.read(t.SALES).where("reversed_at IS NOT NULL").collect()
    assert [row["invoice"] for row in taken] == ["536002"]
    need_equal(shop)
    # Another one, of a day between the two sales, takes the first, and the other keeps its own.
    shop.arrive("00.csv", [("C536008", "20701", "-1", "2010-03-05 12:00:00", "2.50", "1")])
    shop.run()
    assert {row["sale_invoice"] for row in shop.read(t.RETURNS).collect()} == {"536001", "536002"}
    need_equal(shop)
    # The customer has nothing left.
    assert shop.read(t.CUSTOMER_RFM).where("customer_id = '1'").isEmpty()


def test_a_corrected_file_stands_beside_the_first(shop):
    corrected = lines_of(("536004", "20709", "1", *LATER[2:]))
    shop.arrive("01 corrected.csv", [*corrected[:2], ("536003", "20703", "7", *corrected[2][3:]),
                                     *corrected[3:]])  # fmt: skip
    notes = shop.run("silver", "gold")
    assert notes[0].startswith("came again, not the same: invoice 536003")
    need_equal_silver_and_gold(shop)


@pytest.mark.days
def test_a_line_that_corrects_one_of_another_invoice_is_followed(shop):
    def reasons() -> dict[str, str]:
        rows = shop.read(t.REJECTED_LINES).collect()
        return {row["invoice"]: row["reason"] for row in rows}

    shop.arrive("02.csv", [("536099", *MUG)], corrects="01.csv:2")
    assert shop.run()[0] == "followed 1 new lines"
    assert reasons() == {"536002": "corrected_line"}
    need_equal(shop)
    # Of two corrections the last file stands, whatever invoice the first one named.
    shop.arrive("03.csv", [("536098", *MUG)], corrects="01.csv:2")
    assert shop.run()[0] == "followed 1 new lines"
    assert reasons() == {"536002": "corrected_line", "536099": "corrected_line"}
    need_equal(shop)
    # Another line of the invoice does not bring back what was corrected.
    shop.arrive("04.csv", [("536002", "20704", *MUG[1:])])
    assert shop.run()[0] == "followed 1 new lines"
    assert reasons() == {"536002": "corrected_line", "536099": "corrected_line"}
    need_equal(shop)


@pytest.mark.days
def test_a_line_that_comes_after_its_correction_is_corrected_all_the_same(shop):
    shop.arrive("03.csv", [("536099", *MUG)], corrects="02.csv:1")
    shop.run("silver", "gold")
    shop.arrive("02.csv", [("536098", *MUG), ("536097", *MUG)])
    assert shop.run("silver", "gold")[0] == "followed 2 new lines"
    (rejected,) = shop.read(t.REJECTED_LINES).collect()
    assert (rejected["invoice"], rejected["reason"]) == ("536098", "corrected_line")
    need_equal_silver_and_gold(shop)


def bought_and_taken_back(customer: str, *invoices: str) -> list[tuple]:
    code, days = MUG[0], ("2010-03-05 09:00:00", "2010-03-06 09:00:00")
    who = mark(customer, customer, code)
    return [
        (invoices[0], code, "1", days[0], "2.50", who),
        (f"C{invoices[1]}", code, "-1", days[1], "2.50", who),
    ]


@pytest.mark.days
def test_lines_of_the_forgotten_are_followed_with_their_file_and_else_all_is_made_anew(shop):
    def taken_back() -> int:
        return shop.read(t.SALES).where("reversed_at IS NOT NULL").count()

    # What they have to do with each other is known while all of a file's lines are looked at.
    shop.arrive("02.csv", bought_and_taken_back("Ann", "536010", "536011"))
    assert shop.run("silver", "gold")[0] == "followed 2 new lines"
    assert taken_back() == 1
    need_equal_silver_and_gold(shop)
    shop.arrive("03.csv", [("536012", *LATER)])
    assert shop.run("silver", "gold")[0] == "followed 1 new lines"
    # Somebody else's line of the first invoice alone: silver no longer says whose the other was.
    shop.arrive("04.csv", [("536010", *LATER)])
    notes = shop.run("silver", "gold")
    assert notes[0] == "all anew: invoices with lines of forgotten customers are affected"
    assert taken_back() == 1
    need_equal_silver_and_gold(shop)
    # A new file's marks are its own.
    shop.arrive("05.csv", bought_and_taken_back("Bob", "536013", "536014"))
    assert shop.run("silver", "gold")[0] == "followed 2 new lines"
    assert taken_back() == 2
    need_equal_silver_and_gold(shop)


@pytest.mark.connect
def test_a_copy_whose_name_comes_first_takes_the_place_of_the_one_that_is_there(shop):
    shop.arrive("00.csv", lines_of()[:2])
    shop.run("silver", "gold")
    files = shop.read(t.SALES).where("stock_code = '20701'").select("source_file").distinct()
    assert [row[0] for row in files.collect()] == ["00.csv"]
    need_equal_silver_and_gold(shop)


def need_equal_silver_and_gold(shop: Shop) -> None:
    whole = all_at_once(shop.read(t.INVOICE_LINES), shop.context.as_of())
    for table in (*SILVER, *FEATURES):
        wanted = sorted(map(repr, whole[table].drop("ingested_at").collect()))
        assert shop.rows(table) == wanted, table.full_name


def test_a_deleted_file_makes_all_anew(shop):
    shop.arrive("02.csv", [("C536009", "20701", "-1", "2010-04-10 09:00:00", "2.50", "1")])
    shop.run("silver", "gold")
    name = shop.context.lakehouse.name(t.INVOICE_LINES)
    shop.spark.sql(f"DELETE FROM {name} WHERE source_file = '02.csv'")
    notes = shop.run("silver", "gold")
    assert notes[0] == "all anew: lines were removed from bronze.invoice_lines"
    assert shop.read(t.SALES).where("reversed_at IS NOT NULL").isEmpty()
    need_equal_silver_and_gold(shop)


def test_nothing_new_writes_nothing_and_neither_does_upkeep_count_as_new(shop):
    before = shop.versions()
    assert shop.run() == ["unchanged"] * 3
    assert shop.versions() == before
    lakehouse = shop.context.lakehouse
    for table in (t.INVOICE_LINES, t.SALES):
        shop.spark.sql(f"OPTIMIZE {lakehouse.name(table)}")
        shop.spark.sql(f"ALTER TABLE {lakehouse.name(table)} SET TBLPROPERTIES ('a' = 'b')")
    before = shop.versions()
    assert shop.run() == ["unchanged"] * 3
    assert shop.versions() == before
    shop.arrive("02.csv", [("536005", *LATER)])
    assert shop.run("silver", "gold")[0] == "followed 1 new lines"
    need_equal_silver_and_gold(shop)


@pytest.mark.days
def test_a_table_that_something_else_has_written_is_made_anew(shop):
    shop.spark.sql(f"DELETE FROM {shop.context.lakehouse.name(t.RETURNS)}")
    shop.spark.sql(f"UPDATE {shop.context.lakehouse.name(t.SALES)} SET description = 'x'")
    notes = shop.run("silver", "gold")
    assert notes[0] == "all anew: a table was written by something else"
    need_equal_silver_and_gold(shop)


def test_another_program_makes_all_anew(shop, monkeypatch):
    monkeypatch.setattr("retail_lakehouse.steps.harness.inputs._code", lambda: "another")
    assert shop.run("silver") == ["all anew: the program has changed"]


@pytest.mark.days
def test_much_at_once_is_read_as_a_whole(spark, tmp_path):
    shop = Shop(spark, tmp_path / "home", rebuild_share=0.2)
    shop.arrive("01.csv", lines_of())
    shop.run("silver", "gold")
    shop.arrive("02.csv", [("536005", *LATER), ("536006", *LATER)])
    notes = shop.run("silver", "gold")
    assert notes[0] == "all anew: more than 20% of bronze.invoice_lines is new"
    assert "all anew: more than 20% of silver.sales is new" in notes[1]
    need_equal_silver_and_gold(shop)


def test_another_as_of_leaves_silver_alone_and_gives_that_days_gold(spark, tmp_path):
    lines = lines_of(("C536009", "20701", "-1", "2010-04-10 09:00:00", "2.50", "1"))
    for place, day in enumerate(("2010-04-01", "2010-05-21", "2010-04-01")):
        shop = Shop(spark, tmp_path / "home", as_of=date.fromisoformat(day))
        if not place:
            shop.arrive("01.csv", lines)
        notes = shop.run() if place == 2 else shop.run("silver", "gold")
        (need_equal if place == 2 else need_equal_silver_and_gold)(shop)
        assert (notes[0] == "unchanged") == (place > 0)
        assert ("all anew: as_of moved back" in notes[1]) == (place == 2)
