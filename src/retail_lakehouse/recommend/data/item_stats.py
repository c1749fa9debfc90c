"""The catalogue as of a cut: what sells, since when, at what price, and where."""

from dataclasses import dataclass

import numpy as np

SEASON = 30


@dataclass(frozen=True)
class ItemSales:
    """Sales to identified customers: an entry per product, day, reversal day and country.

    Bounded by catalogue x days x countries. items: rows of the catalogue. days, reversed_days:
    see ``days``. countries: rows of ``country_names``. invoices: invoices with the product.
    newcomers: those of them by customers who had never bought it on an earlier invoice.
    price_sum: sum over invoices of the price per unit.
    """

    country_names: tuple[str, ...]
    items: np.ndarray
    days: np.ndarray
    reversed_days: np.ndarray
    countries: np.ndarray
    invoices: np.ndarray
    newcomers: np.ndarray
    price_sum: np.ndarray


@dataclass(frozen=True)
class ItemStats:
    """An entry per product of the catalogue, in the order of the factors.

    age, days_since_last_sale: days since the first and the last sale, NaN if not sold yet.
    sales_N: invoices of the last N days before the cut. newcomers: first-time buyers among them,
    last 30 days. season: invoices of the 30 days that began a year before the cut. total: all
    invoices. price: mean per unit. by_country: countries x products, invoices of the last 30
    days.
    """

    cut: int
    age: np.ndarray
    days_since_last_sale: np.ndarray
    sales_7: np.ndarray
    sales_30: np.ndarray
    sales_90: np.ndarray
    newcomers: np.ndarray
    season: np.ndarray
    total: np.ndarray
    price: np.ndarray
    country_names: tuple[str, ...]
    by_country: np.ndarray

    def __len__(self) -> int:
        return len(self.age)

    def sold_within(self, days: int) -> np.ndarray:
        """Which products were last sold at most ``days`` before the cut."""
        within: np.ndarray = self.days_since_last_sale <= days
        return within


def item_stats(sales: ItemSales, n_items: int, cut: int) -> ItemStats:
    """``sales`` before ``cut``, per product.

    >>> sales = ItemSales(
    ...     ("France",), items=np.array([0, 0]), days=np.array([90, 99]),
    ...     reversed_days=np.array([10**6, 10**6]), countries=np.array([0, 0]),
    ...     invoices=np.array([3, 1]), newcomers=np.array([1, 0]), price_sum=np.array([6.0, 4.0]),
    ... )
    >>> stats = item_stats(sales, n_items=2, cut=100)
    >>> stats.sales_7, stats.sales_30, stats.days_since_last_sale, stats.price
    (array([1., 0.]), array([4., 0.]), array([ 1., nan]), array([2.5, nan]))
    """
    standing = (sales.days < cut) & (sales.reversed_days >= cut)
    items, age = sales.items[standing], cut - sales.days[standing]
    invoices = sales.invoices[standing].astype(np.float64)

    def count(weights: np.ndarray, window: np.ndarray | None = None) -> np.ndarray:
        if window is None:
            return np.bincount(items, weights, minlength=n_items)
        return np.bincount(items[window], weights[window], minlength=n_items)

    first, last = np.zeros(n_items), np.full(n_items, np.inf)
    np.maximum.at(first, items, age)
    np.minimum.at(last, items, age)
    total, recent = count(invoices), age <= 30
    by_country = np.zeros((len(sales.country_names), n_items))
    np.add.at(by_country, (sales.countries[standing][recent], items[recent]), invoices[recent])
    # Prices have four decimals: rounding takes back what floats lost, whatever the order.
    price_sum = np.round(count(sales.price_sum[standing]), 4)
    return ItemStats(
        cut=cut,
        age=np.where(total > 0, first, np.nan),
        days_since_last_sale=np.where(total > 0, last, np.nan),
        sales_7=count(invoices, age <= 7),
        sales_30=count(invoices, recent),
        sales_90=count(invoices, age <= 90),
        newcomers=count(sales.newcomers[standing].astype(np.float64), recent),
        season=count(invoices, (age <= 365) & (age > 365 - SEASON)),
        total=total,
        price=_ratio(price_sum, total),
        country_names=sales.country_names,
        by_country=by_country,
    )


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """NaN for 0 / 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient: np.ndarray = above / below
        return quotient
