"""Widgets as Databricks writes them down in a dashboard's file."""

from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]

CATEGORY: Json = {"type": "categorical"}
TIME: Json = {"type": "temporal"}
AMOUNT: Json = {"type": "quantitative"}
BLUES: Json = AMOUNT | {"colorRamp": {"mode": "scheme", "scheme": "blues"}}

# A widget of another version is shown as broken.
_CHART_VERSION = 3
_OTHER_VERSION = 2


def _format(kind: str, digits: str, places: int) -> Json:
    return {"type": kind, "decimalPlaces": {"type": digits, "places": places}}


def exactly(places: int) -> Json:
    """A number with so many decimals."""
    return _format("number", "exact", places)


def at_most(places: int) -> Json:
    """A number with so many decimals where it has them."""
    return _format("number", "max", places)


WHOLE = at_most(0)
PERCENT = _format("number-percent", "exact", 1)
# On an axis: no decimal where there is none.
PERCENT_AXIS = _format("number-percent", "max", 1)
# Of whatever currency the shop's is: a dashboard cannot ask.
MONEY = WHOLE


@dataclass(frozen=True)
class Field:
    """A column of a query, and how it is shown; ``scale``: of charts only."""

    name: str
    label: str
    format: Json | None = None
    scale: Json | None = None

    @property
    def fields(self) -> tuple["Field", ...]:
        """Itself, as several columns of one axis would say it."""
        return (self,)

    def encoding(self) -> Json:
        """What it is on an axis or in a column."""
        shown: Json = {"fieldName": self.name, "displayName": self.label}
        given = {"scale": self.scale, "format": self.format}
        return shown | {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True)
class Together:
    """Several columns on one axis, as bars beside each other."""

    fields: tuple[Field, ...]
    format: Json

    def encoding(self) -> Json:
        """What they are on an axis."""
        columns = [field.encoding() for field in self.fields]
        return {"scale": AMOUNT, "format": self.format, "fields": columns}


class Widget(Protocol):
    """What stands on a page; its name is unique in the dashboard."""

    def content(self) -> Json:
        """The widget as the dashboard's file has it."""


@dataclass(frozen=True)
class Text:
    """Markdown."""

    name: str
    markdown: str

    def content(self) -> Json:
        """A text has no query."""
        return {"name": self.name, "multilineTextboxSpec": {"lines": [f"{self.markdown}\n"]}}


@dataclass(frozen=True)
class Counter:
    """One figure of a query of one row; the column's label is the title."""

    name: str
    query: str
    value: Field
    description: str = ""

    def content(self) -> Json:
        """One value."""
        encodings = {"value": self.value.encoding()}
        queries = [_query("main_query", self.query, (self.value,))]
        frame = _frame(self.value.label, self.description)
        return _widget(self.name, queries, "counter", _OTHER_VERSION, encodings, frame)


@dataclass(frozen=True)
class Grid:
    """A table of a query's rows."""

    name: str
    query: str
    title: str
    columns: tuple[Field, ...]
    description: str = ""

    def content(self) -> Json:
        """Columns from left to right."""
        encodings = {"columns": [column.encoding() for column in self.columns]}
        queries = [_query("main_query", self.query, self.columns)]
        frame = _frame(self.title, self.description)
        return _widget(self.name, queries, "table", _OTHER_VERSION, encodings, frame)


@dataclass(frozen=True)
class Chart:
    """``kind``: bar, line, area or heatmap."""

    name: str
    kind: str
    query: str
    title: str
    x: Field
    y: Field | Together
    color: Field | None = None
    description: str = ""

    def content(self) -> Json:
        """Axes, and what the colours tell apart."""
        axes = {"x": self.x, "y": self.y} | ({"color": self.color} if self.color else {})
        encodings = {name: axis.encoding() for name, axis in axes.items()}
        fields = tuple(field for axis in axes.values() for field in axis.fields)
        queries = [_query("main_query", self.query, fields)]
        frame = _frame(self.title, self.description)
        made = _widget(self.name, queries, self.kind, _CHART_VERSION, encodings, frame)
        if isinstance(self.y, Together):
            made["spec"]["mark"] = {"layout": "group"}
        return made


@dataclass(frozen=True)
class Filter:
    """A choice of a column's values, for several queries at once."""

    name: str
    title: str
    column: Field
    queries: tuple[str, ...]

    def content(self) -> Json:
        """The column once for each query, under the name that the encodings use."""
        names = {query: f"{query}_{self.column.name}" for query in self.queries}
        encodings = {
            "fields": [self.column.encoding() | {"queryName": name} for name in names.values()]
        }
        # The values, each once: no rows.
        queries = [_query(name, q, (self.column,), rows=False) for q, name in names.items()]
        frame = _frame(self.title, "")
        kind = "filter-multi-select"
        return _widget(self.name, queries, kind, _OTHER_VERSION, encodings, frame)


def _query(name: str, dataset: str, fields: tuple[Field, ...], rows: bool = True) -> Json:
    asked = [{"name": field.name, "expression": f"`{field.name}`"} for field in fields]
    query = {"datasetName": dataset, "fields": asked, "disaggregated": rows}
    return {"name": name, "query": query}


def _frame(title: str, description: str) -> Json:
    shown: Json = {"showTitle": True, "title": title}
    return shown | ({"showDescription": True, "description": description} if description else {})


def _widget(
    name: str, queries: list[Json], kind: str, version: int, encodings: Json, frame: Json
) -> Json:
    spec = {"version": version, "widgetType": kind, "encodings": encodings, "frame": frame}
    return {"name": name, "queries": queries, "spec": spec}
