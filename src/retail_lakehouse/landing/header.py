"""The eight columns, by whatever name a file gives them."""

import re
from collections.abc import Sequence

from retail_lakehouse.errors import SourceError
from retail_lakehouse.plain_text import plain
from retail_lakehouse.tables import SOURCE_COLUMNS

# Names as Online Retail II writes them, then those of the older Online Retail.
NAMES = {
    "invoice": ("Invoice", "InvoiceNo"),
    "stock_code": ("StockCode",),
    "description": ("Description",),
    "quantity": ("Quantity",),
    "invoice_date": ("InvoiceDate",),
    "price": ("Price", "UnitPrice"),
    "customer_id": ("Customer ID", "CustomerID"),
    "country": ("Country",),
}
II_HEADER = tuple(names[0] for names in NAMES.values())
# A sheet with fewer of the columns is something else, such as notes or a pivot table.
_MEANT_AS_LINES = 4
_SHOWN = 200


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_BY_PLAIN_NAME = {_plain(name): column for column, names in NAMES.items() for name in names}


def find_columns(found: Sequence[str], where: str) -> dict[str, str] | None:
    """Map each of the eight columns to its name in the file; case and spaces do not matter.

    None where the header is not one of invoice lines. SourceError where it is but lacks a column:
    ``where`` names file and sheet in the message.
    """
    mapping: dict[str, str] = {}
    for name in found:
        column = _BY_PLAIN_NAME.get(_plain(name))
        if column is not None:
            mapping.setdefault(column, name)
    missing = [NAMES[c.name][0] for c in SOURCE_COLUMNS if c.name not in mapping]
    if not missing:
        return mapping
    if len(mapping) < _MEANT_AS_LINES:
        return None
    raise SourceError(
        f"{where} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: rename "
        f"or add what is missing in the first row, which has {_shown(found)}."
    )


def not_lines(where: str, found: Sequence[str]) -> SourceError:
    """The error for a file in which no header of invoice lines was found."""
    shown = _shown(found)
    return SourceError(
        f"{where} holds no invoice lines: the first row must name the columns "
        f"{', '.join(II_HEADER)}; {f'it has {shown}' if shown else 'it is empty'}."
    )


def _shown(found: Sequence[str]) -> str:
    """The names on one short line, whatever a file that is no table gives as its first row."""
    named = [" ".join(name.split()) for name in found]
    return plain(", ".join(name for name in named if name), _SHOWN)
