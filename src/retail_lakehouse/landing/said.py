"""What people are told of files that were read, in plain lines."""

from collections.abc import Iterable

from retail_lakehouse.landing.land import FILES, Landed
from retail_lakehouse.landing.readers.lines import SheetRead
from retail_lakehouse.shops.description import UNKNOWN_CURRENCY, ShopDescription
from retail_lakehouse.shops.inference.names import SHOWN, plain_name

_MOST = 20


def said_of(landed: Landed) -> tuple[str, ...]:
    """How the shop was read, and everything that was not."""
    told: list[str] = []
    if landed.shop == FILES:
        told.append(described(landed.description))
        if landed.findings:
            told.append("; ".join(landed.findings))
    return (*told, *of_sheets(landed.sheets))


def described(shop: ShopDescription) -> str:
    """The shop in one line: its name and currency, and what its columns are."""
    theirs = {key: name for key, name in vars(shop.columns).items() if name is not None}
    odd = [
        f"{name} is the {SHOWN[key]}"
        for key, name in theirs.items()
        if plain_name(name) != plain_name(SHOWN[key])
    ]
    currency = "currency not said" if shop.currency == UNKNOWN_CURRENCY else shop.currency
    dates = ", ".join(shop.format.dates)
    columns = f"; {', '.join(odd)}" if odd else ""
    return f"read as {shop.name} (shop.toml): {currency}, dates {dates}{columns}"


def of_sheets(sheets: Iterable[SheetRead]) -> list[str]:
    """What was passed over, and what should be known of the rest; of very many, the first."""
    told = []
    for sheet in sheets:
        where = f"{sheet.file}, sheet {sheet.sheet!r}" if sheet.sheet else sheet.file
        if sheet.passed_over:
            told.append(f"not read: {where}: {sheet.passed_over}")
        told += [f"{where}: {remark}" for remark in sheet.remarks]
    more = len(told) - _MOST
    return [*told[:_MOST], f"and {more:,} more of the kind"] if more > 0 else told
