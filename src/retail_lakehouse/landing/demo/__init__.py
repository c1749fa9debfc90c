"""The demo shop: a synthetic shop in the format, and with the dirt, of Online Retail II.

Everything is drawn from one seed, so the same numbers of lines, products and customers give the
same lines. What is drawn is kept as numbers, some forty bytes a line (``ledger``); names, codes
and dates come of it a part at a time (``wording``), as a dialect writes them (``dialects``). A shop
of more lines than a workbook holds is drawn a branch at a time, on Spark as many at once as there
are cores.
"""

from retail_lakehouse.landing.demo.dialects import DEFAULT, DIALECTS
from retail_lakehouse.landing.demo.ledger import MAX_ROWS, MIN_ROWS, SEED, Options, Shop
from retail_lakehouse.landing.demo.wording import SHEETS
from retail_lakehouse.landing.demo.writing import (
    MAX_WORKBOOK_ROWS,
    lines,
    sheets,
    write,
    write_folder,
)

__all__ = [
    "DEFAULT",
    "DIALECTS",
    "MAX_ROWS",
    "MAX_WORKBOOK_ROWS",
    "MIN_ROWS",
    "SEED",
    "SHEETS",
    "Options",
    "Shop",
    "lines",
    "sheets",
    "write",
    "write_folder",
]
