"""Make docs/tables.md, the data dictionary, from the contract of the tables. Called by make tables.

Nobody edits the guide: what is to change in it is a word in src/retail_lakehouse/tables.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from retail_lakehouse import pipeline
from retail_lakehouse import tables as t
from retail_lakehouse.tables.schema import LAYERS, Table

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "tables.md"
CURRENCY = "the shop's currency"
TABLES = (*t.TABLES, *t.BACKTEST_TABLES)
_HEAD = """# Tables

Every table that runs and backtests make, from the contract in
[`src/retail_lakehouse/tables`](../src/retail_lakehouse/tables). `make tables` writes this page:
change the contract, not the page. The tables themselves carry the same comments and checks.

- Money is an exact decimal in the currency of the shop's description, which comments name.
- Timestamps are the shop's local time, as the source writes it; those of loading are UTC.
- `as_of` is the midnight that a run sees the shop at: only lines before it count.
- A check is a constraint of the Delta table: a row that does not meet it is not written.
- *Rows*: most tables are *written anew*, as a whole; in the others rows of earlier runs *stay*.

Words are explained in the [glossary](glossary.md).
"""


def guide() -> str:
    """The page's text; the same contract gives the same letters."""
    parts = [_HEAD, _overview()]
    for layer in LAYERS:
        parts.append(f"## {layer.capitalize()}\n")
        parts += [_section(table) for table in TABLES if table.layer == layer]
    return "\n".join(parts)


def _overview() -> str:
    rows = (
        (
            f"[{table.full_name}](#{table.full_name.replace('.', '')})",
            table.grain,
            f"`{table.written_by}`",
            _rows(table),
        )
        for layer in LAYERS
        for table in TABLES
        if table.layer == layer
    )
    return _grid(("table", "holds", "written by", "rows"), rows)


def _section(table: Table) -> str:
    facts = [
        f"- Key: {_names(table.key)}",
        f"- Written by `{table.written_by}`; rows: {_rows(table)}",
        f"- Read by: {_names(_readers(table)) or 'no step'}; commands, people and other tools",
    ]
    if table.clustered_by:
        facts.append(f"- Laid together by: {_names(table.clustered_by)}")
    columns = (
        (f"`{column.name}`", _type(column.type), "yes" if column.nullable else "", column.comment)
        for column in table.in_currency(CURRENCY).columns
    )
    parts = [
        f"### {table.full_name}\n",
        f"{table.grain}.\n",
        "\n".join(facts) + "\n",
        _grid(("column", "type", "null", "meaning and unit"), columns),
    ]
    if table.checks:
        checks = ((f"`{name}`", f"`{condition}`") for name, condition in table.checks)
        parts.append(_grid(("check", "every row meets"), checks))
    return "\n".join(parts)


def _readers(table: Table) -> tuple[str, ...]:
    """Steps of the run that read it."""
    return tuple(step.name for step in pipeline.STEPS if table in step.reads)


def _rows(table: Table) -> str:
    return "stay" if table.keeps_rows else "written anew"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _type(name: str) -> str:
    """As SQL has it, with blanks where a long one may break."""
    return f"`{name.replace(',', ', ')}`"


def _grid(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (heads, ("---",) * len(heads), *rows)
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def main() -> int:
    """Write the page."""
    FILE.write_text(guide(), encoding="utf-8", newline="\n")
    print(f"{FILE.relative_to(ROOT)}: {len(TABLES)} tables")
    return 0


if __name__ == "__main__":
    sys.exit(main())
