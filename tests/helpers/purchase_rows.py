"""Rows of gold.purchases of a made-up shop, and the shop by windows out of them."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from retail_lakehouse.arrays.days import day_number
from retail_lakehouse.recommend.data import loader
from retail_lakehouse.recommend.training import Windows
from retail_lakehouse.settings import RecommendSettings
from retail_lakehouse.tables import PRODUCTS, PURCHASES

SMALL = RecommendSettings().changed(
    rank=4,
    iterations=6,
    candidates=6,
    extra_candidates=2,
    leaf_pairs=5,
    discover_trees=5,
    discover_negatives=1.0,
    for_you_trees=5,
    for_you_negatives=1.0,
    training_windows=2,
    enough_customers=1,
)
AS_OF = date(2011, 6, 1)
CUT = day_number(AS_OF)


def bought(customer, day, code, invoice, price="2.5", back=None, country="France", first=False):
    return {
        "customer_id": str(customer),
        "invoice": invoice,
        "stock_code": code,
        "sold_at": datetime.combine(day, datetime.min.time()) + timedelta(hours=10),
        "reversed_at": back,
        "quantity": 3,
        "unit_price": Decimal(price),
        "country": country,
        "first_time": first,
    }


def past(until=AS_OF, customers=36):
    """Even customers buy cups 20000 to 20004, odd ones bags 30000 to 30004, two of them on every
    visit; customer 36 has been once; 40000 was bought once, long ago.
    """
    random = np.random.default_rng(3)
    rows = [bought(1, date(2010, 10, 1), "40000", "0")]
    for customer in range(1, customers + 1):
        day, visit = date(2010, 12, 1) + timedelta(days=customer % 9), 0
        while day < until:
            codes = 20000 + 10000 * (customer % 2) + random.choice(5, 2, replace=False)
            visit += 1
            rows += [bought(customer, day, str(code), f"{customer}-{visit}") for code in codes]
            if customer == customers:
                break
            day += timedelta(days=17)
    seen: set[tuple[str, str]] = set()
    for row in sorted(rows, key=lambda r: r["sold_at"]):
        row["first_time"] = (row["customer_id"], row["stock_code"]) not in seen
        seen.add((row["customer_id"], row["stock_code"]))
    return rows


def named(frame, rows, name="NAME"):
    codes = sorted({row["stock_code"] for row in rows})
    products = [
        {"stock_code": c, "description": f"{name} {c}", "first_description": f"NAME {c}"}
        for c in codes
    ]
    return frame(PRODUCTS, products)


def windows_of(frame, rows, as_of=AS_OF, settings=SMALL, name="NAME"):
    table = frame(PURCHASES, rows)
    catalogue = loader.products(table, named(frame, rows, name), as_of)
    numbers = loader.numbered(table, catalogue, as_of)
    return Windows(numbers, loader.training_data(numbers, catalogue, 100, 42), settings)
