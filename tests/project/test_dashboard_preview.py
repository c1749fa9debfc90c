"""The likeness of the dashboard: every widget with its rows, drawn without a workspace."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest

from asset_bundle import ROOT
from dashboards import build, preview
from report_browser import opened

CONTENT = json.loads(build.FILE.read_text())
PLACED = [item["widget"] for page in CONTENT["pages"] for item in page["layout"]]
WIDGETS = {widget["name"]: widget for widget in PLACED if "queries" in widget}
CHARTS = [name for name, each in WIDGETS.items() if each["spec"]["widgetType"] in preview._MARKS]
TEXT = "</script><b>x</b>"


def _kinds(encodings):
    """What stands in each field that the encodings show: ``number``, ``day`` or ``text``."""
    if isinstance(encodings, list):
        return {name: kind for each in encodings for name, kind in _kinds(each).items()}
    if not isinstance(encodings, dict):
        return {}
    found = _kinds(list(encodings.values()))
    if "fieldName" in encodings:
        scale = encodings.get("scale", {}).get("type")
        is_number = "format" in encodings or scale == "quantitative"
        found[encodings["fieldName"]] = (
            "number" if is_number else "day" if scale == "temporal" else "text"
        )
    return found


@pytest.fixture(scope="module")
def made():
    """A page of two rows a query, of which texts are what a page must not take for its own."""
    kinds, values = {}, {"number": Decimal("1234.5"), "day": date(2011, 11, 30), "text": TEXT}
    for widget in WIDGETS.values():
        of_fields = _kinds(widget["spec"]["encodings"])
        for query in widget["queries"]:
            fields = {field["name"]: "text" for field in query["query"]["fields"]}
            known = kinds.setdefault(query["query"]["datasetName"], {})
            known.update(fields | {name: of_fields.get(name, "number") for name in fields})
    rows = {
        query: [{name: values[kind] for name, kind in fields.items()}] * 2
        for query, fields in kinds.items()
    }
    return preview.page(CONTENT, rows, "a home")


def test_every_widget_stands_in_its_place(made):
    for page in CONTENT["pages"]:
        for item in page["layout"]:
            place, name = item["position"], item["widget"]["name"]
            assert (
                f'id="{name}" style="grid-column: {place["x"] + 1} / span {place["width"]}; '
                f'grid-row: {place["y"] + 1} / span {place["height"]}"'
            ) in made


def test_what_data_says_is_text(made):
    assert TEXT not in made
    assert "&lt;/script&gt;&lt;b&gt;x&lt;/b&gt;" in made


def test_charts_have_the_rows_of_their_query(made):
    charts = json.loads(re.search(r"^const charts = (.*);$", made, re.MULTILINE)[1])
    assert set(charts) == set(CHARTS)
    for name, chart in charts.items():
        asked = {field["name"] for field in WIDGETS[name]["queries"][0]["query"]["fields"]}
        assert [set(row) for row in chart["data"]["values"]] == [asked, asked], name


def test_bars_beside_each_other_are_told_apart_by_the_words_of_their_fields():
    rows = [{"segment": "New", "customer_share": 0.4, "revenue_share": 0.1}]
    chart = preview.chart(WIDGETS["segment-shares"], rows)
    fold, name = chart["transform"]
    assert fold["fold"] == ["customer_share", "revenue_share"]
    assert '"revenue_share": "Revenue"' in name["calculate"]
    assert chart["encoding"]["y"]["axis"] == {"title": None, "format": ",.1~%"}
    assert chart["encoding"]["x"] == {"field": "segment", "type": "nominal", "title": "Segment"}


@pytest.mark.slow
def test_a_browser_draws_every_chart(made, tmp_path):
    """An error, or anything that is asked of the network, fails it."""
    path = tmp_path / "dashboard.html"
    path.write_text(made, "utf-8")
    with opened(path) as tab:
        drawn = tab.eval_on_selector_all("[data-chart] svg", "all => all.length")
        assert drawn == len(CHARTS)


def test_the_tables_of_a_home_are_drawn(shop, capsys):
    """What a run made is on it, and nothing of the session is left over."""
    home = shop.settings.home
    try:
        assert preview.main([str(home)]) == 0
        page = (home / "dashboard.html").read_text("utf-8")
    finally:
        (home / "dashboard.html").unlink(missing_ok=True)
    assert f"{len(CONTENT['datasets'])} queries" in capsys.readouterr().out
    profiles = page.split('id="segment-profiles"')[1].split('id="migrations"')[0]
    segments = [row["segment"] for row in shop.lakehouse.read(preview.t.SEGMENT_PROFILES).collect()]
    assert segments
    assert all(f"<td>{segment}</td>" in profiles for segment in segments)
    assert shop.lakehouse.spark.catalog.listTables() == []


def test_a_home_without_tables_is_told_what_to_run(spark, tmp_path, capsys):
    assert preview.main([str(tmp_path / "home")]) == 2
    assert "'retail-lakehouse run'" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["one", "two"]])
def test_which_home_must_be_said(arguments, capsys):
    assert preview.main(arguments) == 2
    assert "dashboards.preview HOME" in capsys.readouterr().err


def test_make_calls_it():
    assert "-m dashboards.preview" in (ROOT / "Makefile").read_text()
