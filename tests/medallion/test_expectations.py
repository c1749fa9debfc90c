"""Lines against what is usual for the shop: in plain Python, and asked of the tables."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.errors import ExpectationError, SettingsError
from retail_lakehouse.medallion.checks import measures
from retail_lakehouse.medallion.checks.usual import Day, Measured, Rejects, of_days, of_rejects
from retail_lakehouse.policies.expectations import EXPECTATIONS, FAIL, NAMES, OFF, WARN, changed
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context
from support import bronze_row, table_frame

LAST = date(2011, 12, 9)
BY_NAME = {one.name: one for one in EXPECTATIONS}


def day(back, lines=100, revenue=1000.0, anonymous=10):
    return Day(LAST - timedelta(days=back), lines, revenue, anonymous)


def values(measured):
    return {one.name: one.value for one in measured}


def test_the_last_day_is_held_against_the_same_weekday():
    # The other weekdays are twice as busy.
    weeks = [day(back, lines=100 if back % 7 == 0 else 200) for back in range(1, 57)]
    found = values(of_days([day(0, lines=20, revenue=500.0), *weeks]))
    assert found["lines_of_day"] == pytest.approx(0.2)
    assert found["revenue_of_day"] == pytest.approx(0.5)
    assert not BY_NAME["lines_of_day"].met_by(found["lines_of_day"])
    assert BY_NAME["revenue_of_day"].met_by(found["revenue_of_day"])


def test_a_shop_too_young_to_have_a_usual_is_not_judged():
    assert of_days([]) == []
    assert of_days([day(0), day(7), day(14)]) == []
    assert values(of_days([day(0), day(7), day(14), day(21)])).keys() == {
        "lines_of_day", "revenue_of_day", "anonymous_share",
    }  # fmt: skip


def test_the_last_week_is_held_against_the_weeks_before_by_its_customers():
    week = [day(back, anonymous=60) for back in range(7)]
    found = values(of_days([*week, *(day(back, anonymous=20) for back in range(7, 57))]))
    assert found["anonymous_share"] == pytest.approx(0.4)
    fewer = values(of_days([day(0, anonymous=0), *(day(back) for back in range(7, 57))]))
    assert BY_NAME["anonymous_share"].met_by(fewer["anonymous_share"])


def test_the_newest_files_are_held_against_all_others_by_reason():
    counted = [Rejects("", 200, 1000), Rejects("non_product", 30, 50), Rejects("adjustment", 0, 9)]
    (found,) = of_rejects(counted)
    assert found == Measured("reject_rate", pytest.approx(0.1), "non_product")
    assert of_rejects([Rejects("", 200, 0), Rejects("non_product", 30, 0)]) == []
    assert of_rejects([]) == []


def test_levels_and_bounds_can_be_changed_and_nothing_else():
    found = {one.name: one for one in changed("freshness=off, money=warn:0.01,keys=fail")}
    assert (found["freshness"].level, found["keys"].level) == (OFF, FAIL)
    assert (found["money"].level, found["money"].bound) == (WARN, 0.01)
    assert changed("") == EXPECTATIONS
    for wrong in ("fresh=off", "freshness=loud", "freshness", "freshness=warn:x", "money=warn:-1"):
        with pytest.raises(SettingsError, match=rf"^--expect '{wrong}' is no check: "):
            changed(wrong)


def test_a_factor_is_bounded_on_both_sides_and_says_so():
    factor = BY_NAME["lines_of_day"]
    assert [factor.met_by(value) for value in (0.24, 0.25, 4.0, 4.1)] == [False, True, True, False]
    assert factor.sentence("2011-12-09", 0.1) == (
        "lines_of_day (2011-12-09): last day's lines by the weekday's usual is 0.1, "
        "expected 0.25 to 4"
    )
    assert len(set(NAMES)) == len(EXPECTATIONS)


# Asked of the tables


def sale(invoice, moment, **other):
    return {
        "invoice": invoice, "line_number": int(invoice), "stock_code": "22423", "quantity": 2,
        "description": "MUG", "invoice_date": moment, "unit_price": Decimal("2.50"),
        "amount": Decimal("5.00"), "customer_id": "1", "source_file": "a", "source_sheet": "",
        "batch_id": "files-a", **other,
    }  # fmt: skip


NOON = datetime(2011, 12, 9, 12)


def test_days_count_lines_money_and_nobodies(frame):
    rows = [
        sale("1", NOON), sale("2", NOON, customer_id=None), sale("3", NOON - timedelta(days=1)),
        sale("4", NOON + timedelta(days=1)), sale("5", NOON - timedelta(days=90)),
    ]  # fmt: skip
    found = measures.days(frame(t.SALES, rows), date(2011, 12, 10)).collect()
    assert {Day(**row.asDict()) for row in found} == {
        Day(LAST, 2, 10.0, 1), Day(date(2011, 12, 8), 1, 5.0, 0),
    }  # fmt: skip


def test_rejects_are_counted_apart_for_the_files_that_came_last(frame):
    batches = [
        {"batch_id": f"files-{name}", "arrived_at": datetime(2011, 12, day)}
        for name, day in (("a", 8), ("b", 9))
    ]
    rejected = [
        bronze_row(number, "1", "22423", "1", "x", "1", file=name) | {"reason": reason}
        for number, (name, reason) in enumerate(
            [("a", "non_product"), ("b", "non_product"), ("b", "non_product"),
             ("b", "duplicate_line")]
        )
    ]  # fmt: skip
    sales = frame(t.SALES, [sale("1", NOON), sale("2", NOON, batch_id="files-b")])
    found = measures.rejects(
        sales, frame(t.RETURNS, []), frame(t.REJECTED_LINES, rejected), frame(t.BATCHES, batches)
    )
    assert {Rejects(**row.asDict()) for row in found.collect()} == {
        Rejects("", 3, 2), Rejects("non_product", 2, 1),
    }  # fmt: skip


def test_what_is_twice_has_no_name_or_does_not_add_up_is_seen(frame):
    rows = [sale("1", NOON), sale("2", NOON, description=None, stock_code="1")]
    sales, nothing = frame(t.SALES, rows), frame(t.SALES, [])
    assert tuple(measures.twice([sales, nothing]).collect()[0]) == (2, 2)
    assert tuple(measures.twice([sales, sales]).collect()[0]) == (4, 2)
    assert measures.unnamed_products(sales, date(2011, 12, 10)).collect()[0][0] == 0.5
    assert measures.unnamed_products(nothing, date(2011, 12, 10)).collect()[0][0] is None
    assert measures.wrong_money(sales).collect()[0][0] == 0.0
    wrong = frame(t.SALES, [sale("1", NOON, amount=Decimal("5.01"))])
    assert measures.wrong_money(wrong).collect()[0][0] == pytest.approx(0.01)


@pytest.fixture
def shop(spark, tmp_path):
    ran = Context(Settings(home=tmp_path / "home"))
    ran.lakehouse.create(t.INVOICE_LINES, "files")
    ran.lakehouse.create(t.BATCHES, "files")
    lines = [
        bronze_row(number, f"{number}", "22423", "1", f"2011-12-0{number} 09:00", "2.50")
        for number in range(1, 9)
    ]
    ran.lakehouse.append(t.INVOICE_LINES, table_frame(spark, t.INVOICE_LINES, lines))
    pipeline.STEPS_BY_NAME["silver"].run(ran)
    return ran


def outcomes(ran):
    rows = ran.lakehouse.read(t.DATA_QUALITY).where("level IS NOT NULL").collect()
    return {row["measure"]: (row["level"], row["passed"]) for row in rows}


def test_a_check_that_is_not_met_warns_or_stops_the_run_before_gold(shop):
    step = pipeline.STEPS_BY_NAME["expectations"]
    result = step.run(shop)
    # The lines are of 2011.
    (warning,) = result.warnings
    assert warning.startswith("freshness: days since the last line is ")
    assert warning.endswith(", expected 3 (an old export? Then --expect freshness=off)")
    assert result.note == "4 checks, 1 warnings"
    assert outcomes(shop) == {
        "freshness": (WARN, False), "keys": (FAIL, True), "money": (FAIL, True),
        "unnamed_products": (WARN, True),
    }  # fmt: skip
    version = shop.lakehouse.version(t.DATA_QUALITY)
    assert step.run(shop).note == "unchanged"
    assert shop.lakehouse.version(t.DATA_QUALITY) == version
    # The step that counts leaves these rows alone.
    for name in ("gold", "quality"):
        pipeline.STEPS_BY_NAME[name].run(shop)
    assert len(outcomes(shop)) == 4
    strict = Context(Settings(home=shop.settings.home, expectations=changed("freshness=fail:5")))
    for _ in range(2):
        with pytest.raises(ExpectationError, match=r"1 of 4 checks failed: freshness: days since"):
            step.run(strict)
    assert outcomes(strict)["freshness"] == (FAIL, False)


def test_a_line_that_silver_lost_stops_the_run(shop):
    name = shop.lakehouse.name(t.SALES)
    shop.lakehouse.spark.sql(f"DELETE FROM {name} WHERE invoice = '1'")
    with pytest.raises(ExpectationError, match=r"keys: lines that are in silver twice.* is 1"):
        pipeline.STEPS_BY_NAME["expectations"].run(shop)
    # The remedy is that of what failed, and not of what only warns.
    levels = changed("keys=warn,freshness=fail:5")
    stale = Context(Settings(home=shop.settings.home, expectations=levels))
    with pytest.raises(ExpectationError, match=r"with --expect freshness=warn\.$"):
        pipeline.STEPS_BY_NAME["expectations"].run(stale)
