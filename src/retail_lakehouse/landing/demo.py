"""The demo shop: a synthetic shop in the format, and with the dirt, of Online Retail II.

Everything is drawn from one seed, so the same number of rows gives the same lines.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing.readers.lines import COLUMNS, Lines, of_eight
from retail_lakehouse.shops.inference.names import II_HEADER

SEED = 42
SHEETS = ("Year 2009-2010", "Year 2010-2011")
MIN_ROWS = 500
MAX_ROWS = 5_000_000
MAX_WORKBOOK_ROWS = 1_500_000  # both sheets together; a sheet ends at 1,048,576
_FIRST_DAY = pd.Timestamp("2009-12-01")
_DAYS = 739  # to 2011-12-09, as in the real data
_OVERLAP = (pd.Timestamp("2010-12-01"), pd.Timestamp("2010-12-10"))

_STYLES = (
    "RED RETROSPOT", "PINK POLKADOT", "VINTAGE LEAF", "BLUE SPOT", "STRAWBERRY", "WOODLAND",
    "CREAM HEART", "BLACK SKULL", "UNION JACK", "DOLLY GIRL", "SPACEBOY", "PAISLEY PARK",
)  # fmt: skip
# Family, typical price in GBP, share of sales by season (winter, spring, summer, autumn).
_FAMILIES = (
    ("LUNCH BAG", 1.65, (1.0, 1.0, 1.2, 1.3)),
    ("JUMBO BAG", 2.08, (1.0, 1.0, 1.1, 1.2)),
    ("CAKE STAND", 12.75, (0.8, 1.3, 1.2, 0.9)),
    ("MUG", 2.55, (1.3, 0.9, 0.8, 1.2)),
    ("GREETING CARD", 0.42, (1.0, 1.1, 0.9, 1.1)),
    ("TEA TOWEL", 3.25, (1.0, 1.0, 1.0, 1.0)),
    ("CHRISTMAS BAUBLE", 0.85, (1.5, 0.1, 0.1, 3.5)),
    ("ADVENT CANDLE", 4.95, (1.2, 0.1, 0.1, 3.0)),
    ("GARDEN LANTERN", 5.95, (0.3, 1.8, 1.7, 0.5)),
    ("PICNIC BASKET", 9.95, (0.2, 1.6, 2.0, 0.4)),
    ("HOT WATER BOTTLE", 4.65, (2.2, 0.5, 0.2, 1.8)),
    ("ALARM CLOCK", 3.75, (1.0, 1.0, 0.9, 1.2)),
)
_COUNTRIES = ("United Kingdom", "Germany", "France", "EIRE", "Netherlands", "Spain")
_COUNTRY_SHARES = (0.88, 0.035, 0.035, 0.02, 0.015, 0.015)
_NON_PRODUCTS = (("POST", "POSTAGE", 18.0), ("M", "Manual", 4.5), ("D", "Discount", 12.5))


@dataclass(frozen=True)
class _Kind:
    """A kind of customer: share of all, invoices a year, active days as shares of two years."""

    name: str
    share: float
    invoices: float
    start: tuple[float, float]
    length: tuple[float, float]
    units: float


_KINDS = (
    _Kind("loyal", 0.12, 14.0, (0.0, 0.2), (0.8, 1.0), 8.0),
    _Kind("regular", 0.30, 4.5, (0.0, 0.5), (0.4, 1.0), 6.0),
    _Kind("lapsed", 0.22, 5.0, (0.0, 0.2), (0.2, 0.45), 6.0),
    _Kind("new", 0.12, 8.0, (0.88, 0.99), (0.1, 0.2), 5.0),
    _Kind("one-off", 0.22, 0.0, (0.0, 0.95), (0.0, 0.0), 4.0),
    _Kind("wholesale", 0.02, 10.0, (0.0, 0.3), (0.5, 1.0), 90.0),
)


def sheets(rows: int, seed: int = SEED) -> list[Lines]:
    """The shop's lines in two overlapping sheets, ``rows`` lines together, as text."""
    shop = lines(rows, seed)
    text = shop.drop(columns="sheet").map(_as_text)
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    return [
        of_eight(sheet, pa.Table.from_pandas(text[shop["sheet"] == sheet], schema, False))
        for sheet in SHEETS
    ]


def write(rows: int, out: Path, seed: int = SEED) -> None:
    """Write the shop as ``.xlsx`` (two sheets), ``.csv`` or ``.parquet``, with the II header."""
    suffix = out.suffix.lower()
    if suffix not in (".xlsx", ".csv", ".parquet"):
        raise SettingsError(f"{out} must end in .xlsx, .csv or .parquet.")
    if not out.parent.is_dir():
        raise SettingsError(
            f"There is no folder {out.parent} to write {out.name} into: make it first."
        )
    if suffix == ".xlsx" and rows > MAX_WORKBOOK_ROWS:
        raise SettingsError(
            f"--rows {rows} is more than a workbook holds ({MAX_WORKBOOK_ROWS:,}): write a .csv "
            "or .parquet file."
        )
    shop = lines(rows, seed).rename(columns=dict(zip(COLUMNS, II_HEADER, strict=True)))
    try:
        _write(shop, out, suffix)
    except OSError as error:
        raise SettingsError(
            f"{out} cannot be written ({error.strerror}): choose another file."
        ) from error


def _write(shop: pd.DataFrame, out: Path, suffix: str) -> None:
    whole = shop.drop(columns="sheet")
    if suffix == ".csv":
        whole.map(_as_text).to_csv(out, index=False)
    elif suffix == ".parquet":
        whole.to_parquet(out, index=False)
    else:
        with pd.ExcelWriter(out, engine="openpyxl") as workbook:
            for sheet in SHEETS:
                whole[shop["sheet"] == sheet].to_excel(workbook, sheet_name=sheet, index=False)


def lines(rows: int, seed: int = SEED) -> pd.DataFrame:
    """``rows`` lines as a frame: the eight columns, typed, and ``sheet``."""
    if not MIN_ROWS <= rows <= MAX_ROWS:
        raise SettingsError(f"--rows {rows} is not between {MIN_ROWS} and {MAX_ROWS:,}.")
    rng = np.random.default_rng(seed)
    dirt = {
        "cancelled": int(rows * 0.017),
        "repeated": int(rows * 0.011),
        "non_product": int(rows * 0.006),
        "non_positive_quantity": int(rows * 0.003),
        "free": int(rows * 0.0025),
        "adjustment": 1,
    }
    clean = _sales(rng, rows - sum(dirt.values()))
    parts = [
        clean,
        _cancellations(rng, clean, dirt["cancelled"]),
        clean.iloc[_some(rng, clean, dirt["repeated"])],
        _non_products(rng, clean, dirt["non_product"]),
        _picked(rng, clean, dirt["non_positive_quantity"]).assign(
            quantity=-3, price=0.0, customer_id=_nobody, description="damaged",
            invoice=lambda d: "9" + d["invoice"],
        ),
        _picked(rng, clean, dirt["free"]).assign(
            price=0.0, customer_id=_nobody, invoice=lambda d: "8" + d["invoice"]
        ),
        _picked(rng, clean, dirt["adjustment"]).assign(
            invoice="A563185", stock_code="B", description="Adjust bad debt", quantity=1,
            price=-11062.06, customer_id=_nobody,
        ),
    ]  # fmt: skip
    for place, part in enumerate(parts):
        parts[place] = part.assign(dirty=place > 0)
    shop = pd.concat(parts, ignore_index=True)
    shop = shop.sort_values(["invoice_date", "invoice"], kind="stable", ignore_index=True)
    return _in_two_sheets(shop, rows)


def _in_two_sheets(shop: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Second year's first days stand in both sheets; other lines of the first give way for them."""
    late = shop["invoice_date"] >= _OVERLAP[0]
    # The smallest shops sell nothing on those days: then, their next invoice.
    end = max(_OVERLAP[1], shop.loc[late, "invoice_date"].min() + pd.Timedelta(minutes=1))
    both = shop[late & (shop["invoice_date"] < end)].assign(sheet=SHEETS[0])
    first = shop[~late].assign(sheet=SHEETS[0])
    second = shop[late].assign(sheet=SHEETS[1])
    # Spread over the year, and no dirt, of which a small shop has few lines.
    clean = np.flatnonzero(~first["dirty"])
    places = np.linspace(0, len(clean) - 1, min(len(both), len(clean))).astype(int)
    first = first.drop(index=first.index[clean[places]])
    whole = pd.concat([first, both, second], ignore_index=True).drop(columns="dirty")
    return whole.iloc[-rows:].reset_index(drop=True)


def _products(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for number, (family, price, seasons) in enumerate(_FAMILIES):
        for variant, style in enumerate(_STYLES):
            code = f"{20700 + number * 40 + variant}" + ("" if variant % 3 else "B")
            rows.append(
                (code, f"{family} {style}", number, price * rng.uniform(0.8, 1.25), seasons)
            )
    frame = pd.DataFrame(rows, columns=["stock_code", "description", "family", "price", "seasons"])
    frame["price"] = frame["price"].round(2)
    # Few products sell much and many a little, as in any shop.
    frame["appeal"] = rng.permutation(1.0 / np.arange(1, len(frame) + 1) ** 0.7)
    return frame


def _invoices(rng: np.random.Generator, count: int) -> pd.DataFrame:
    """One row per invoice: day, customer (or none), country, taste (a family), units."""
    found: list[tuple[float, float, int | None, str, int, float]] = []
    customer = 12346
    shares = [kind.share for kind in _KINDS]
    while len(found) < count:
        kind = _KINDS[rng.choice(len(_KINDS), p=shares)]
        start = rng.uniform(*kind.start) * _DAYS
        length = rng.uniform(*kind.length) * _DAYS
        many = 1 + rng.poisson(kind.invoices * length / 365)
        days = np.minimum(start + rng.uniform(0, max(length, 1.0), many), _DAYS - 1)
        country = _COUNTRIES[rng.choice(len(_COUNTRIES), p=_COUNTRY_SHARES)]
        taste = int(rng.integers(len(_FAMILIES)))
        hours = rng.uniform(8, 18, many)
        # A fifth of all invoices are anonymous, and of those who come once only, most.
        known = rng.random() > (0.6 if kind.name == "one-off" else 0.2)
        found += [
            (
                float(np.floor(day)),
                float(hour),
                customer if known else None,
                country,
                taste,
                kind.units,
            )
            for day, hour in zip(days, hours, strict=True)
        ]
        customer += 1
    columns = ["day", "hour", "customer_id", "country", "taste", "units"]
    return pd.DataFrame(found[:count], columns=columns).sort_values(
        ["day", "hour"], ignore_index=True
    )


def _sales(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    products = _products(rng)
    family = products["family"].to_numpy()
    appeal = products["appeal"].to_numpy()
    seasons = np.array(products["seasons"].tolist())
    sizes = np.minimum(1 + rng.geometric(1 / 12, size=rows), len(products) // 2)
    count = int(np.searchsorted(sizes.cumsum(), rows)) + 1
    sizes = sizes[:count]
    invoices = _invoices(rng, count)
    minute = (invoices["day"] * 1440 + (invoices["hour"] * 60).round()).astype("int64")
    dates = _FIRST_DAY + pd.to_timedelta(minute, unit="min")
    season = (dates.dt.month % 12 // 3).to_numpy()
    chosen = []
    for place, size in enumerate(sizes):
        weights = appeal * seasons[:, season[place]]
        weights = np.where(family == invoices["taste"].iat[place], weights * 12, weights)
        picked = rng.choice(len(products), size=size, replace=False, p=weights / weights.sum())
        chosen.append(picked)
    owner = np.repeat(np.arange(count), sizes)
    item = np.concatenate(chosen)
    frame = pd.DataFrame(
        {
            "invoice": (489434 + owner).astype(str),
            "stock_code": products["stock_code"].to_numpy()[item],
            "description": products["description"].to_numpy()[item],
            "quantity": 1 + rng.poisson(invoices["units"].to_numpy()[owner]),
            "invoice_date": dates.to_numpy()[owner],
            "price": products["price"].to_numpy()[item],
            "customer_id": invoices["customer_id"].astype("Int64").array[owner],
            "country": invoices["country"].to_numpy()[owner],
        }
    )
    # Codes and names as people type them: trailing blanks, lower-case suffixes, a lost name.
    untidy = rng.random(len(frame))
    frame.loc[untidy < 0.02, "stock_code"] = frame["stock_code"].str.lower()
    frame.loc[(untidy > 0.02) & (untidy < 0.05), "description"] += " "
    frame.loc[untidy > 0.996, "description"] = None
    # Cutting from the front keeps the end of the two years, which lists are made for.
    return frame.iloc[-rows:].reset_index(drop=True)


def _nobody(frame: pd.DataFrame) -> pd.Series:
    return frame["customer_id"].mask(frame["customer_id"].notna())


def _some(rng: np.random.Generator, frame: pd.DataFrame, count: int) -> np.ndarray:
    return rng.choice(len(frame), size=count, replace=False)


def _picked(rng: np.random.Generator, frame: pd.DataFrame, count: int) -> pd.DataFrame:
    return frame.iloc[_some(rng, frame, count)]


def _cancellations(rng: np.random.Generator, clean: pd.DataFrame, count: int) -> pd.DataFrame:
    """Half take a whole line back, half a part of it or one that nobody sold."""
    back = _picked(rng, clean, count)
    whole = rng.random(count) < 0.5
    quantity = np.where(whole, back["quantity"], rng.integers(1, 4, size=count))
    later = pd.Series(rng.integers(1, 20 * 1440, size=count), back.index, dtype="int64")
    later = later.groupby(back["invoice"]).transform("first")  # one invoice has one date
    when = back["invoice_date"] + pd.to_timedelta(later, unit="min")
    end = _FIRST_DAY + pd.Timedelta(days=_DAYS) - pd.Timedelta(minutes=1)
    return back.assign(
        invoice="C" + back["invoice"],
        quantity=-quantity,
        invoice_date=when.mask(when > end, end),
    )


def _non_products(rng: np.random.Generator, clean: pd.DataFrame, count: int) -> pd.DataFrame:
    what = [_NON_PRODUCTS[i] for i in rng.integers(len(_NON_PRODUCTS), size=count)]
    codes, names, prices = zip(*what, strict=True) if what else ((), (), ())
    return _picked(rng, clean, count).assign(
        stock_code=list(codes), description=list(names), quantity=1, price=list(prices)
    )


def _as_text(value: Any) -> str | None:
    """Text as a workbook's cell gives it: 18.0 is 18."""
    if pd.isna(value):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
