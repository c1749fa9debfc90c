"""Whether too many lines were rejected to tell anything of the shop, and how to mend it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from retail_lakehouse.errors import RejectedLinesError
from retail_lakehouse.medallion.rules import THERE_ALREADY
from retail_lakehouse.plain_text import plain
from retail_lakehouse.shops.description import ShopDescription

_EXAMPLES = 3
_SHOWN = 40
_UNREADABLE = "unreadable_"
# The column whose values show what is wrong.
_SHOWS = {
    "implausible_date": "invoice_date",
    "adjustment": "invoice",
    "non_product": "stock_code",
    "non_positive_quantity": "quantity",
}


@dataclass(frozen=True)
class TooMany:
    """A reason to which more lines fall than may."""

    reason: str
    lines: int
    of: int

    def sentence(self, examples: list[str], shop: ShopDescription) -> str:
        """What is wrong, and the line of the shop's description that would mend it."""
        shown = ", ".join(repr(plain(value, _SHOWN)) for value in examples)
        such = f", such as {column(self.reason, shop)} {shown}" if shown else ""
        share = f"{self.lines:,} of {self.of:,} lines ({self.lines / self.of:.0%})"
        return (
            f"{share} were rejected as {self.reason}{such}: mend the line "
            f"{remedy(self.reason, shop)} of shop.toml, or let them go with --max-reject-share."
        )


def need_most_lines(
    rejected: DataFrame, kept: int, shop: ShopDescription, max_share: float
) -> None:
    """RejectedLinesError where too many lines fell to one reason other than being there twice.

    rejected: rows of silver.rejected_lines. kept: lines that are sales or returns.
    """
    # One row per cleaning rule, and then three values.
    lines = {row["reason"]: row["lines"] for row in by_reason(rejected).collect()}
    found = too_many(lines, kept + sum(lines.values()), max_share)
    if found is not None:
        rows = examples(rejected, found.reason, shop).collect()
        raise RejectedLinesError(found.sentence([row["value"] for row in rows], shop))


def too_many(lines: Mapping[str, int], of: int, max_share: float) -> TooMany | None:
    """The reason with the most lines, if it is over the share; what is there already is no loss."""
    lost = [
        (count, reason)
        for reason, count in lines.items()
        if reason not in THERE_ALREADY and count > max_share * of
    ]
    if not lost:
        return None
    count, reason = max(lost)
    return TooMany(reason, count, of)


def by_reason(rejected: DataFrame) -> DataFrame:
    """``reason, lines`` of the rejected lines."""
    return rejected.groupBy("reason").agg(F.count("*").alias("lines"))


def examples(rejected: DataFrame, reason: str, shop: ShopDescription) -> DataFrame:
    """``value``: the most frequent three of those that led to the rejection."""
    return (
        rejected.where(F.col("reason") == reason)
        .groupBy(F.col(column(reason, shop)).alias("value"))
        .count()
        .where("value IS NOT NULL")
        .orderBy(F.desc("count"), "value")
        .select("value")
        .limit(_EXAMPLES)
    )


def column(reason: str, shop: ShopDescription) -> str:
    """The bronze column that the reason is about."""
    if reason.startswith(_UNREADABLE):
        return reason.removeprefix(_UNREADABLE)
    return _SHOWS.get(reason, "price" if shop.columns.price else "amount")


def remedy(reason: str, shop: ShopDescription) -> str:
    """The line of the shop's description that decides on it, as it is now."""
    lines, written = shop.lines, shop.format
    said: dict[str, tuple[str, object]] = {
        "unreadable_invoice_date": ("[format] dates", written.dates),
        "implausible_date": ("[format] dates", written.dates),
        "unreadable_quantity": ("[format] decimal", written.decimal),
        "unreadable_price": ("[format] decimal", written.decimal),
        "unreadable_amount": ("[format] decimal", written.decimal),
        "adjustment": ("[lines] adjustment_prefix", lines.adjustment_prefix),
        "non_product": ("[lines] product_code", lines.product_code),
        "non_positive_quantity": (
            "[lines.cancellation] negative_quantity",
            lines.cancellation.negative_quantity,
        ),
    }
    if reason == "non_product" and not lines.product_code:
        key, value = "[lines] service_codes", lines.service_codes
    else:
        ours = column(reason, shop)
        key, value = said.get(reason, (f"[columns] {ours}", getattr(shop.columns, ours)))
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"
