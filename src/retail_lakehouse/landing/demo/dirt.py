"""What makes the demo shop's lines as untidy as real ones: lines that are no sales."""

import numpy as np
import pandas as pd

from retail_lakehouse.landing.demo.customers import DAYS, NOBODY

# What stands on a line instead of its product's own name, or of its code and name.
PRODUCT, DAMAGED, ADJUSTMENT, POSTAGE, MANUAL, DISCOUNT = range(6)
# What stands before an invoice's number.
SALE, CANCELLED, WRITTEN_OFF, FREE, ADJUSTED = range(5)
_NON_PRODUCTS = ((POSTAGE, 18.0), (MANUAL, 4.5), (DISCOUNT, 12.5))
_LAST_MINUTE = DAYS * 1440 - 1
_SHARES = {
    "cancelled": 0.017,
    "repeated": 0.011,
    "non_product": 0.006,
    "non_positive_quantity": 0.003,
    "free": 0.0025,
}


def amounts(rows: int) -> dict[str, int]:
    """Lines of each kind of dirt in a shop of so many lines."""
    return {name: int(rows * share) for name, share in _SHARES.items()} | {"adjustment": 1}


def with_dirt(rng: np.random.Generator, clean: pd.DataFrame, many: dict[str, int]) -> pd.DataFrame:
    """The clean sales and the dirt, in the order of time, with ``what``, ``series``, ``dirty``."""
    clean = clean.assign(what=np.int8(PRODUCT), series=np.int8(SALE), dirty=False)
    parts = [
        _cancellations(rng, clean, many["cancelled"]),
        clean.iloc[_some(rng, clean, many["repeated"])],
        _non_products(rng, clean, many["non_product"]),
        _picked(rng, clean, many["non_positive_quantity"]).assign(
            quantity=np.int32(-3), price=0.0, customer=np.int32(NOBODY), what=np.int8(DAMAGED),
            series=np.int8(WRITTEN_OFF),
        ),
        _picked(rng, clean, many["free"]).assign(
            price=0.0, customer=np.int32(NOBODY), series=np.int8(FREE)
        ),
        _picked(rng, clean, many["adjustment"]).assign(
            quantity=np.int32(1), price=-11062.06, customer=np.int32(NOBODY),
            what=np.int8(ADJUSTMENT), series=np.int8(ADJUSTED),
        ),
    ]  # fmt: skip
    shop = pd.concat([clean, *(part.assign(dirty=True) for part in parts)], ignore_index=True)
    order = np.lexsort((_place(shop), shop["minute"].to_numpy()))
    return shop.iloc[order].reset_index(drop=True)


def _place(shop: pd.DataFrame) -> np.ndarray:
    """A number that orders invoices as their text does: digit by digit, then A, then C."""
    numbers = shop["number"].to_numpy()
    of_one = numbers / 10.0 ** len(str(numbers.max()))
    place: np.ndarray = np.select(
        [shop["series"] == series for series in (WRITTEN_OFF, FREE, ADJUSTED, CANCELLED)],
        [0.9 + of_one / 10, 0.8 + of_one / 10, 2.0, 3.0 + of_one],
        of_one,
    )
    return place


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
    later = later.groupby(back["number"]).transform("first")  # one invoice has one date
    when = np.minimum(back["minute"] + later, _LAST_MINUTE)
    return back.assign(
        quantity=(-quantity).astype("int32"),
        minute=when.astype("int32"),
        series=np.int8(CANCELLED),
    )


def _non_products(rng: np.random.Generator, clean: pd.DataFrame, count: int) -> pd.DataFrame:
    chosen = rng.integers(len(_NON_PRODUCTS), size=count)
    what, price = (np.array(column)[chosen] for column in zip(*_NON_PRODUCTS, strict=True))
    return _picked(rng, clean, count).assign(
        what=what.astype("int8"), quantity=np.int32(1), price=price
    )
