"""What people are told of files that were read, in plain lines."""

from collections.abc import Iterable

from retail_lakehouse.landing.describing.inspection import Inspection
from retail_lakehouse.landing.land import Landed
from retail_lakehouse.landing.landed import FILES
from retail_lakehouse.landing.readers.lines import SheetRead
from retail_lakehouse.shops.description import UNKNOWN_CURRENCY, ShopDescription
from retail_lakehouse.shops.inference.names import SHOWN, plain_name
from retail_lakehouse.shops.inference.questions import quoted

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


def said_of_inspection(found: Inspection) -> list[str]:
    """What a look at the files shows, in the order in which people need it."""
    if found.shop is None:
        return ["There are no lines."]
    shop = found.shop
    told = [f"{found.lines:,} lines", "", "columns"]
    for ours, theirs in vars(shop.columns).items():
        if theirs is not None:
            example = found.example(ours)
            told.append(f"  {ours:<13} = {theirs}" + (f"   such as {example}" if example else ""))
    told += ["", "how values are written"]
    told += [f"  dates: {', '.join(shop.format.dates)}", *(f"  {f}" for f in found.findings)]
    told += [f"  {where}: {', '.join(traits)}" for where, traits in found.traits.items() if traits]
    if shop.currency == UNKNOWN_CURRENCY:
        told.append("  currency: no file says it; write it into shop.toml, such as EUR")
    told += [f"  {line}" for line in of_sheets(found.sheets)]
    told += ["", f"what would become of the first {len(found.sample):,} lines (copies not counted)"]
    told += [
        f"  {name:<25} {one.lines:>9,}   such as {', '.join(map(quoted, one.examples))}"
        for name, one in found.outcomes().items()
    ]
    for where, question in found.questions:
        told += ["", f"unclear, {where.rstrip(',')}: {question.says}"]
        told += [f"  --set '{answer}'" for answer in question.answers]
    return told
