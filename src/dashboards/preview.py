"""A likeness of the dashboard with the tables of a home, for who has no workspace: make preview.

Queries, words, fields and places are those of the dashboard's file; how Databricks draws a widget
is its own business.
"""

import gzip
import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pyspark.sql import SparkSession

from dashboards.build import FILE, FOLDER
from dashboards.widgets import Json
from retail_lakehouse import tables as t
from retail_lakehouse.errors import LakehouseError
from retail_lakehouse.lakehouse import Lakehouse
from retail_lakehouse.report import assets
from retail_lakehouse.settings import Settings
from retail_lakehouse.steps.harness.context import Context

# Databricks shows no more of a query.
_MOST_ROWS = 10_000
_DAY = 24 * 60 * 60 * 1000  # milliseconds, as Vega counts time
_TYPES = {"categorical": "nominal", "temporal": "temporal", "quantitative": "quantitative"}
_MARKS: dict[str, Json] = {
    "bar": {"type": "bar"},
    "line": {"type": "line", "point": True},
    "area": {"type": "area"},
    "heatmap": {"type": "rect"},
}
Rows = Sequence[Mapping[str, Any]]


def answers(lakehouse: Lakehouse, content: Json) -> dict[str, Rows]:
    """The rows of each of the dashboard's queries, by its name; MissingTableError as of reading."""
    queries = {each["name"]: "".join(each["queryLines"]) for each in content["datasets"]}
    words = set(re.findall(r"\w+", " ".join(queries.values())))
    named = [
        table
        for table in (*t.TABLES, *t.BACKTEST_TABLES)
        if table.layer == "gold" and table.name in words
    ]
    try:
        for table in named:
            lakehouse.read(table).createOrReplaceTempView(table.name)
        return {name: _rows(lakehouse.spark, query) for name, query in queries.items()}
    finally:
        for table in named:
            lakehouse.spark.catalog.dropTempView(table.name)


def _rows(spark: SparkSession, query: str) -> Rows:
    return [row.asDict() for row in spark.sql(query).limit(_MOST_ROWS).collect()]


def page(content: Json, found: Mapping[str, Rows], home: str) -> str:
    """The dashboard as one HTML file that needs nothing else. found: of ``answers``."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
    )
    items = [item for each in content["pages"] for item in each["layout"]]
    charts = {
        item["widget"]["name"]: chart(item["widget"], _asked(item["widget"], found)[0])
        for item in items
        if item["widget"].get("spec", {}).get("widgetType") in _MARKS
    }
    libraries = gzip.decompress((Path(assets.__path__[0]) / "vega.js.gz").read_bytes()).decode()
    return environment.get_template("preview.html.j2").render(
        home=home,
        pages=content["pages"],
        asked=lambda widget: _asked(widget, found),
        shown=shown,
        charts=Markup(json.dumps(charts).replace("<", r"\u003c")),  # noqa: S704
        libraries=Markup(libraries),  # noqa: S704
    )


def _asked(widget: Json, found: Mapping[str, Rows]) -> list[Rows]:
    """Rows of each of the widget's queries, with the fields that it asks for alone."""
    queries = [each["query"] for each in widget["queries"]]
    return [
        [
            {field["name"]: row[field["name"]] for field in q["fields"]}
            for row in found[q["datasetName"]]
        ]
        for q in queries
    ]


def chart(widget: Json, rows: Rows) -> Json:
    """The widget as Vega-Lite has it, which draws the likeness."""
    spec, encodings = widget["spec"], widget["spec"]["encodings"]
    made: Json = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": [{name: _plain(value) for name, value in row.items()} for row in rows]},
        "mark": _MARKS[spec["widgetType"]] | {"tooltip": True},
        "width": "container",
        "height": "container",
        "encoding": {name: _axis(axis) for name, axis in encodings.items() if "fields" not in axis},
    }
    together = encodings["y"].get("fields")
    if together:
        names = {field["fieldName"]: field["displayName"] for field in together}
        made["transform"] = [
            {"fold": list(names), "as": ["_name", "_value"]},
            {"calculate": f"{json.dumps(names)}[datum._name]", "as": "_title"},
        ]
        axis = {"title": None} | _format(encodings["y"].get("format"))
        made["encoding"] |= {
            "y": {"field": "_value", "type": "quantitative", "axis": axis},
            "xOffset": {"field": "_title"},
            "color": {"field": "_title", "title": None},
        }
    return made


def _axis(axis: Json) -> Json:
    scale = axis.get("scale", {})
    kind = _TYPES[scale.get("type", "categorical")]
    made: Json = {"field": axis["fieldName"], "type": kind, "title": axis["displayName"]}
    if kind == "temporal":
        made["axis"] = {"format": "%d %b %Y", "labelOverlap": True, "tickMinStep": _DAY}
    elif "colorRamp" in scale:
        made["scale"] = {"scheme": scale["colorRamp"]["scheme"]}
    elif kind == "quantitative":
        made["axis"] = _format(axis.get("format"))
    return made


def _format(given: Json | None) -> Json:
    """A number's format as Vega has it."""
    if given is None:
        return {}
    digits = given["decimalPlaces"]
    trimmed = "~" if digits["type"] == "max" else ""
    kind = "%" if given["type"] == "number-percent" else "f"
    return {"format": f",.{digits['places']}{trimmed}{kind}"}


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def shown(value: Any, given: Json | None = None) -> str:
    """A value of a table or a counter in words.

    >>> shown(0.1234, {"type": "number-percent", "decimalPlaces": {"type": "exact", "places": 1}})
    '12.3%'
    >>> shown(1234.5, {"type": "number", "decimalPlaces": {"type": "max", "places": 3}})
    '1,234.5'
    """
    if value is None:
        return ""
    if given is None:
        return str(_plain(value))
    digits, kind = given["decimalPlaces"], "%" if given["type"] == "number-percent" else "f"
    written = format(value, f",.{digits['places']}{kind}")
    if digits["type"] == "max" and "." in written:
        written = written.rstrip("%").rstrip("0").rstrip(".") + "%" * (kind == "%")
    return written


def main(arguments: Sequence[str]) -> int:
    """Write HOME/dashboard.html; exit code 2 with a sentence where it cannot be."""
    if len(arguments) != 1:
        print("usage: python -m dashboards.preview HOME", file=sys.stderr)
        return 2
    home = Path(arguments[0])
    file = home / "dashboard.html"
    content = json.loads(FILE.read_text(encoding="utf-8"))
    try:
        lakehouse = Context(Settings(home=home), reads_only=True).lakehouse
        found = answers(lakehouse, content)
    except LakehouseError as error:
        print(error, file=sys.stderr)
        return 2
    file.write_text(page(content, found, str(home)), encoding="utf-8")
    print(f"{file}: {len(content['datasets'])} queries, {file.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
