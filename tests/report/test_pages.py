"""What the report's pages say, from literal facts, without Spark."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from report_facts import (
    DUE,
    FACTS,
    LINES,
    MONTHS,
    PEOPLE,
    RECOMMENDATIONS,
    SHOP,
    judged,
    month,
    person,
)
from retail_lakehouse.report import months
from retail_lakehouse.report.blocks import Answer, Chart, Drawing, Figures, Search, Table
from retail_lakehouse.report.customer_facts import Sample
from retail_lakehouse.report.facts import Check, Counted, Source
from retail_lakehouse.report.pages import PAGES, by_name, list_quality, overview, quality, value
from retail_lakehouse.report.pages import recommend as recommending
from retail_lakehouse.report.pages import segments as segmenting


def of_kind(blocks, kind):
    return [block for block in blocks if isinstance(block, kind)]


def titled(blocks, title):
    (found,) = [block for block in blocks if getattr(block, "title", "") == title]
    return found


def test_every_page_has_a_key_of_its_own_and_blocks():
    assert len({page.key for page in PAGES}) == len(PAGES)
    assert all(page.blocks(FACTS) for page in PAGES)


def test_every_chart_says_what_it_shows_and_has_its_figures_behind_it():
    found = [b for page in PAGES for b in page.blocks(FACTS) if isinstance(b, Chart | Drawing)]
    assert len(found) >= 8
    for block in found:
        assert len(block.alt) > 30, block.title
        assert block.table.rows, block.title


def test_every_row_has_a_cell_for_each_heading():
    for page in PAGES:
        for block in page.blocks(FACTS):
            table = block if isinstance(block, Table) else getattr(block, "table", None)
            for row in table.rows if table else ():
                assert len(row) == len(table.headings), table.title


def test_headline_figures_stand_against_the_month_and_the_year_before():
    (figures,) = of_kind(overview.blocks(FACTS), Figures)
    assert figures.title == "November 2011"
    said = {item.label: (item.value, *item.notes) for item in figures.items}
    assert said["Revenue"] == ("1,200 EUR", "▲ 20.0 % on Oct 2011", "▲ 50.0 % on Nov 2010")
    assert said["Orders"] == ("12", "▲ 20.0 % on Oct 2011", "▲ 20.0 % on Nov 2010")
    assert said["Average order"][0] == "100 EUR"
    assert "until 9 December 2011: 300 EUR in 10 orders" in figures.note


def test_a_month_without_a_sale_before_is_said_and_not_skipped():
    facts = replace(FACTS, months=(month(2011, 7, 5), month(2011, 11, 1_200)))
    (figures,) = of_kind(overview.blocks(facts), Figures)
    assert figures.items[0].notes == ("none in Oct 2011", "Nov 2010 not known")


@pytest.mark.parametrize(
    ("first_day", "as_of", "whole"),
    [
        (date(2011, 11, 1), date(2011, 12, 1), True),
        (date(2011, 11, 4), date(2011, 12, 9), True),
        (date(2011, 11, 5), date(2011, 12, 9), False),
        (date(2010, 1, 1), date(2011, 11, 30), False),
    ],
)
def test_a_month_is_whole_if_the_shop_was_seen_from_its_first_day_to_its_last(
    first_day, as_of, whole
):
    facts = replace(FACTS, shop=replace(SHOP, first_day=first_day, as_of=as_of))
    assert months.is_whole(month(2011, 11, 1), facts) == whole


def test_a_shop_of_one_part_of_a_month_has_figures_all_the_same():
    shop = replace(SHOP, first_day=date(2011, 12, 6))
    facts = replace(FACTS, months=MONTHS[-1:], shop=shop)
    blocks = overview.blocks(facts)
    (figures,) = of_kind(blocks, Figures)
    assert figures.title == "December 2011 (a part of it)"
    # One year has no season to compare.
    assert [block.title for block in of_kind(blocks, Chart)] == ["Revenue by month"]


def test_parts_of_two_years_have_no_season():
    shop = replace(SHOP, first_day=date(2010, 12, 20), as_of=date(2011, 1, 9))
    facts = replace(FACTS, shop=shop, months=(month(2010, 12, 5), month(2011, 1, 5)))
    assert [one.title for one in of_kind(overview.blocks(facts), Chart)] == ["Revenue by month"]


def test_revenue_by_month_knows_the_year_before_and_the_months_without_a_sale():
    chart = titled(overview.blocks(FACTS), "Revenue by month")
    rows = {row[0]: row[1:] for row in chart.table.rows}
    assert len(rows) == 15
    assert rows["October 2011"][:3] == ("1,000", "500", "10")
    assert rows["August 2011"][0] == "0"
    assert rows["December 2011 (a part)"][0] == "300"
    assert chart.table.rows[0][0] == "December 2011 (a part)"
    assert "November 2011 with 1,200 EUR" in chart.alt


def test_whom_to_write_to_names_those_who_are_due_with_a_product():
    answer = by_name.to_write_to(FACTS)
    assert answer.text.startswith("1 customer is due")
    assert answer.table.rows == (
        ("17", "Champions", "usually every 2 weeks, now 2 weeks", "MUG", "CUP"),
    )


def test_without_forecasts_those_at_risk_are_written_to():
    away = person("20", "At Risk")
    facts = replace(FACTS, value=None, sample=Sample((away,), 1))
    answer = by_name.to_write_to(facts)
    assert answer.table.rows == (("20", "At Risk", "10 days silent", "MUG", "CUP"),)
    assert by_name.to_write_to(replace(FACTS, sample=Sample((), 0))) is None


@pytest.mark.parametrize(
    ("discover", "word"), [(0.15, "Yes."), (0.05, "In part.")], ids=["better", "in part"]
)
def test_the_list_is_held_against_popularity_in_plain_words(discover, word):
    rows = [one for one in RECOMMENDATIONS.judged if one.ranking != "discover"]
    rows.append(judged("discover", "new", discover))
    facts = replace(FACTS, recommendations=replace(RECOMMENDATIONS, judged=tuple(rows)))
    text = list_quality.is_it_better(facts).text
    assert text.startswith(word)
    assert "“For you” has an NDCG@10 of 0.400 on all products" in text
    assert (
        "own products first, then what sells 0.300 (1.33 times as good, more than chance)" in text
    )
    assert "Lists made before 10 November 2011" in text
    assert "until 9 December 2011" in text


def test_intervals_that_touch_may_be_chance():
    rows = (judged("for_you", "all", 0.31, half=0.02), judged("own_then_recent", "all", 0.30))
    facts = replace(FACTS, recommendations=replace(RECOMMENDATIONS, judged=rows))
    assert "it may be chance" in list_quality.is_it_better(facts).text


def test_a_shop_too_young_to_be_judged_says_nothing_of_quality():
    facts = replace(FACTS, recommendations=replace(RECOMMENDATIONS, judged=()))
    assert list_quality.is_it_better(facts) is None
    blocks = recommending.blocks(facts)
    assert of_kind(blocks, Answer) == of_kind(blocks, Chart) == []


def test_quality_shows_the_last_window_the_best_first():
    older = judged("popularity", "all", 0.9, start=date(2011, 10, 11))
    facts = replace(
        FACTS,
        recommendations=replace(RECOMMENDATIONS, judged=(older, *RECOMMENDATIONS.judged)),
    )
    blocks = recommending.blocks(facts)
    chart = titled(blocks, "For you: judged on all products")
    assert [row[0] for row in chart.table.rows] == ["For you", "own, then recent", "popularity"]
    assert chart.table.rows[0][1:5] == ("0.400", "0.390", "0.410", "0.250")
    # A baseline of own products knows none that are new.
    new = titled(blocks, "To discover: judged on products never bought before")
    assert [row[0] for row in new.table.rows] == ["To discover", "popularity, last 30 days"]
    assert titled(blocks, "For you, window by window").table.rows


def test_lines_were_rejected_for_reasons_that_are_told_apart():
    text = quality.why(FACTS).text
    assert text == (
        "25 of 200 lines were rejected. Of these, 15 were there already, so nothing is lost. "
        "Of the other 10, most are “No price that can be read” (8) and “odd” (2). "
        "All checks passed."
    )
    none = replace(LINES, sources=(Source("a.csv", 3, 0, 0),), reasons=(), failed=2, checked=3)
    text = quality.why(replace(FACTS, lines=none)).text
    assert text == "0 of 3 lines were rejected. 2 of 3 checks failed."
    warned = replace(none, failed=0, warned=1)
    text = quality.why(replace(FACTS, lines=warned)).text
    assert text == "0 of 3 lines were rejected. 1 check warned."


def test_checks_of_many_parts_that_passed_stand_in_one_row():
    balance = "bronze.invoice_lines", "lines_balance"
    checks = (
        Check(*balance, "b.csv", Decimal(2), passed=False),
        Check(*balance, "a.csv", Decimal(0), passed=True, parts=308),
    )
    lines = replace(LINES, checks=checks, checked=310)
    table = titled(quality.blocks(replace(FACTS, lines=lines)), "Checks")
    assert table.rows == (
        (*balance, "b.csv", "2", "FAILED"),
        (*balance, "all 308", "at most 0", "passed"),
    )
    assert table.note == "1 more in gold.data_quality."


def test_the_flow_loses_no_line():
    flow = titled(quality.blocks(FACTS), "Lines from source to outcome")
    streams = {row[:2]: int(row[2]) for row in flow.table.rows}
    assert sum(n for (source, _), n in streams.items() if source.endswith(".csv")) == 200
    assert streams["Sales", "known customers"] == 120
    assert sum(n for (source, _), n in streams.items() if source == "Rejected") == 25
    assert "1,003" not in str(flow.wide)
    assert str(flow.wide).count("<rect") == str(flow.narrow).count("<rect") == 11


def test_a_shop_without_returns_and_rejected_lines_flows_too():
    lines = replace(
        LINES, sources=(Source("a.csv", 3, 0, 0),), reasons=(), taken_back=0, anonymous=0
    )
    flow = titled(quality.blocks(replace(FACTS, lines=lines)), "Lines from source to outcome")
    assert [row[:2] for row in flow.table.rows] == [
        ("a.csv", "Sales"), ("Sales", "known customers"),
    ]  # fmt: skip


def test_segments_stand_in_the_order_that_people_expect():
    blocks = segmenting.blocks(FACTS)
    actions = titled(blocks, "Who they are and what to do")
    assert [row[0] for row in actions.rows] == ["Champions", "Lost"]
    sizes = titled(blocks, "Sizes month by month").table
    assert sizes.rows == (("November 2011", "1", "3"), ("October 2011", "3", "0"))
    moved = titled(blocks, "Who moved in November 2011").table
    assert moved.rows == (("Champions", "Lost", "2"), ("not a customer yet", "Lost", "1"))


def test_nobody_who_moved_is_no_flow():
    facts = replace(FACTS, moves=FACTS.moves[1:2])
    assert of_kind(segmenting.blocks(facts), Drawing) == []


def test_without_forecasts_there_is_no_page_of_value():
    assert value.blocks(replace(FACTS, value=None)) == []
    tables = of_kind(value.blocks(FACTS), Table)
    assert tables[0].rows[0][0] == "17"
    # The lowest Brier score first.
    assert [row[0] for row in tables[-1].rows] == [
        "trees", "BG/NBD and Gamma-Gamma",
    ]  # fmt: skip


def test_the_search_names_its_sample():
    (search,) = of_kind(by_name.blocks(FACTS), Search)
    assert search.note.startswith("A sample: 3 of 4 customers, those due this week, then")
    everybody = replace(FACTS, sample=Sample(PEOPLE, 3))
    (search,) = of_kind(by_name.blocks(everybody), Search)
    assert search.note == "All 3 customers of the shop."
    plain = replace(FACTS, sample=Sample((person("1", "Lost"),), 9))
    (search,) = of_kind(by_name.blocks(plain), Search)
    assert "those who have spent most" in search.note


def test_the_search_holds_each_text_once():
    data = by_name.data(FACTS.sample, ["Champions", "Lost"], "EUR")
    assert data["products"] == ["MUG", "CUP"]
    first = data["people"][0]
    assert (first["id"], first["segment"]) == ("17", 0)
    assert first["lists"]["buy_again"] == first["lists"]["for_you"] == [[0, 0]]
    assert first["outlook"] == [1, "2011-12-12", 80, "400", DUE.reason]


def test_a_reason_that_is_not_known_is_shown_by_its_name():
    lines = replace(LINES, reasons=(Counted("of_tomorrow", 25),))
    table = titled(quality.blocks(replace(FACTS, lines=lines)), "Why lines were rejected")
    assert table.rows[0][:2] == ("of_tomorrow", "of_tomorrow")
