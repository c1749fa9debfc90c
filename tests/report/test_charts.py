"""Charts that Vega-Lite itself compiles, and the drawing of streams."""

import re
from itertools import pairwise

import pytest
import vl_convert
from bundle_vega import VEGA_LITE

from report_facts import FACTS
from retail_lakehouse.report import flow
from retail_lakehouse.report.blocks import Chart
from retail_lakehouse.report.charts.look import CONFIG
from retail_lakehouse.report.pages import PAGES

CHARTS = [block for page in PAGES for block in page.blocks(FACTS) if isinstance(block, Chart)]
SIZE = flow.Size(width=300, streams=100, margin=90, letter=6.0)


@pytest.mark.slow
@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.title)
def test_vega_lite_compiles_it_without_a_warning(chart, capfd):
    vega = vl_convert.vegalite_to_vega(dict(chart.spec), vl_version=VEGA_LITE, config=CONFIG)
    assert vega["marks"]
    # Of a width that is the container's Vega-Lite knows nothing outside of a page.
    warnings = [line for line in capfd.readouterr().err.splitlines() if "container" not in line]
    assert warnings == []


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.title)
def test_colours_are_the_page_s_own(chart):
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", repr(chart.spec)) == []


def numbers(svg, name):
    return [float(value) for value in re.findall(rf'{name}="([\d.]+)"', str(svg))]


def test_streams_are_as_broad_as_they_are_large():
    streams = [
        flow.Stream(0, "a", "x", 60, "--good"),
        flow.Stream(0, "b", "x", 20, "--good"),
        flow.Stream(0, "b", "y", 20, "--bad"),
        flow.Stream(0, "c", "y", 0, "--bad"),
    ]
    svg = flow.drawn([["a", "b", "c"], ["x", "y"]], streams, SIZE)
    assert numbers(svg, "stroke-width") == [60.0, 20.0, 20.0]
    # a, b, x and y; of c nothing comes.
    assert numbers(svg, "height") == [60.0, 40.0, 80.0, 20.0]
    assert "<title>b → y: 20</title>" in svg


def test_a_name_on_both_sides_is_two_places():
    streams = [flow.Stream(0, "New", "Lost", 3, "--s2"), flow.Stream(0, "Lost", "New", 2, "--s4")]
    svg = flow.drawn([["New", "Lost"], ["New", "Lost"]], streams, SIZE)
    assert str(svg).count("<rect") == 4


def test_labels_of_thin_streams_do_not_lie_on_each_other():
    streams = [flow.Stream(0, "a", f"t{n}", 1, "--bad") for n in range(9)]
    streams.append(flow.Stream(0, "a", "large", 10_000, "--good"))
    svg = flow.drawn([["a"], ["large", *(f"t{n}" for n in range(9))]], streams, SIZE)
    lines = sorted(float(y) for y in re.findall(r'<text x="[\d.]+" y="([\d.]+)"', str(svg)))[1:]
    assert all(b - a >= 30 for a, b in pairwise(lines))
    assert max(lines) < float(re.search(r'viewBox="0 0 300 (\d+)"', str(svg))[1])


def test_names_are_no_markup():
    svg = flow.drawn([["<b>"], ["x"]], [flow.Stream(0, "<b>", "x", 1, "--good")], SIZE)
    assert "<b>" not in svg
    assert "&lt;b&gt;" in svg
