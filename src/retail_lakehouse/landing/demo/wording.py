"""From numbers to lines as a shop writes them: the eight columns, typed, and the sheet."""

import numpy as np
import pandas as pd

from retail_lakehouse.landing.demo import dirt
from retail_lakehouse.landing.demo.assortment import Catalogue
from retail_lakehouse.landing.demo.customers import COUNTRIES, NOBODY
from retail_lakehouse.landing.demo.ledger import BRANCH_INVOICES
from retail_lakehouse.landing.demo.sales import BLANK, FIRST_DAY, LOWER, NAMELESS
from retail_lakehouse.tables import columns as c

SHEETS = ("Year 2009-2010", "Year 2010-2011")
_BEFORE_NUMBER = np.array(["", "C", "9", "8", "A"], dtype=object)
# The real data's, in a shop of one branch.
_ADJUSTMENT_INVOICE = "A563185"
_CODES = {dirt.ADJUSTMENT: "B", dirt.POSTAGE: "POST", dirt.MANUAL: "M", dirt.DISCOUNT: "D"}
_NAMES = {
    dirt.DAMAGED: "damaged",
    dirt.ADJUSTMENT: "Adjust bad debt",
    dirt.POSTAGE: "POSTAGE",
    dirt.MANUAL: "Manual",
    dirt.DISCOUNT: "Discount",
}


def named(part: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Some rows of the ledger with the shop's own words."""
    series, what = part["series"].to_numpy(), part["what"].to_numpy()
    invoice = pd.Series(_BEFORE_NUMBER[series] + part["number"].astype(str).to_numpy())
    one_off = (series == dirt.ADJUSTED) & (part["number"].to_numpy() < BRANCH_INVOICES)
    minutes = pd.to_timedelta(part["minute"].to_numpy(), unit="min")
    customer = part["customer"].astype("Int64").reset_index(drop=True)
    return pd.DataFrame(
        {
            c.INVOICE: invoice.mask(one_off, _ADJUSTMENT_INVOICE),
            c.STOCK_CODE: _codes(part, what, catalogue),
            c.DESCRIPTION: _descriptions(part, what, catalogue),
            c.QUANTITY: part[c.QUANTITY].to_numpy(dtype="int64"),
            c.INVOICE_DATE: FIRST_DAY + minutes,
            c.PRICE: part[c.PRICE].to_numpy(),
            c.CUSTOMER_ID: customer.mask(customer == NOBODY),
            c.COUNTRY: np.array(COUNTRIES, dtype=object)[part[c.COUNTRY].to_numpy()],
            "sheet": np.array(SHEETS, dtype=object)[part["sheet"].to_numpy()],
        }
    )


def _codes(part: pd.DataFrame, what: np.ndarray, catalogue: Catalogue) -> np.ndarray:
    codes: np.ndarray = catalogue.codes[part["item"].to_numpy()]
    lower = np.flatnonzero(part["typed"].to_numpy() & LOWER)
    codes[lower] = [code.lower() for code in codes[lower]]
    for kind, code in _CODES.items():
        codes[what == kind] = code
    return codes


def _descriptions(part: pd.DataFrame, what: np.ndarray, catalogue: Catalogue) -> np.ndarray:
    names: np.ndarray = catalogue.names[part["item"].to_numpy()]
    typed = part["typed"].to_numpy()
    names[(typed & BLANK) > 0] += " "
    names[(typed & NAMELESS) > 0] = None
    for kind, name in _NAMES.items():
        names[what == kind] = name
    return names
