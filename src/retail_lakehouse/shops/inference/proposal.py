"""A description out of all evidence: what is clear, and what only a person can settle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from retail_lakehouse.shops import shop_file
from retail_lakehouse.shops.description import (
    ISO,
    UNKNOWN_CURRENCY,
    Columns,
    Format,
    LineRules,
    ShopDescription,
)
from retail_lakehouse.shops.inference import dates, line_rules, names, numbers
from retail_lakehouse.shops.inference.date_forms import Shape
from retail_lakehouse.shops.inference.line_rules import Counts
from retail_lakehouse.shops.inference.names import plain_name
from retail_lakehouse.shops.inference.numbers import NumberShape
from retail_lakehouse.shops.inference.questions import Question, quoted


@dataclass(frozen=True)
class SheetEvidence:
    """What the lines of one sheet show. columns: as its own header names them."""

    where: str
    columns: Columns
    dates: Mapping[str, Shape] = field(default_factory=dict)
    numbers: Mapping[str, Mapping[str, NumberShape]] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """questions: each with the file and sheet that ask it; shop is no more than a guess then."""

    shop: ShopDescription
    findings: tuple[str, ...] = ()
    questions: tuple[tuple[str, Question], ...] = ()


def propose(
    name: str,
    sheets: Sequence[SheetEvidence],
    counts: Counts,
    kept: ShopDescription | None = None,
    today: date | None = None,
) -> Proposal:
    """The description of a shop of which these sheets are.

    kept: what the program found in earlier files of the same shop.
    """
    patterns, date_findings, date_doubts = _dates(sheets, kept, today)
    marks = _marks(sheets)
    first = sheets[0]
    doubts = [*date_doubts, *((first.where, question) for question in marks.questions)]
    doubts += _other_worth(sheets, kept)
    rules, line_findings = line_rules.decide(counts)
    packaged = _packaged(first.columns, counts)
    worth = first.columns.price or first.columns.amount or ""
    shop = ShopDescription(
        name=name,
        currency=marks.currency or names.currency_in(worth) or UNKNOWN_CURRENCY,
        columns=first.columns,
        format=Format(patterns or (ISO,), marks.decimal, marks.thousands),
        lines=rules,
        proposed=True,
    )
    if packaged is not None:
        shop = _as_packaged(shop, packaged)
        nobody = [finding for finding in line_findings if finding.startswith("no customer")]
        line_findings = (f"recognised as {packaged.name}", *nobody)
    if kept is not None:
        shop, doubt = _with_kept(shop, kept)
        doubts += [(first.where, doubt)] if doubt else []
    findings = (*date_findings, *marks.findings, *line_findings)
    return Proposal(shop, tuple(dict.fromkeys(findings)), tuple(doubts))


def _other_worth(
    sheets: Sequence[SheetEvidence], kept: ShopDescription | None
) -> list[tuple[str, Question]]:
    """Sheets that have totals where the first, or what was kept, has prices, or the reverse."""
    first = kept.columns if kept else sheets[0].columns
    wanted = "price" if first.price else "amount"
    return [
        (
            sheet.where,
            Question(
                f"columns.{wanted}",
                f"it has no {names.SHOWN[wanted]}, which the shop's other files have: give both "
                "the same columns, or each its own --home",
            ),
        )
        for sheet in sheets
        if getattr(sheet.columns, wanted) is None
    ]


def _dates(
    sheets: Sequence[SheetEvidence], kept: ShopDescription | None, today: date | None
) -> tuple[tuple[str, ...], tuple[str, ...], list[tuple[str, Question]]]:
    known = tuple(kept.format.dates) if kept else ()
    pooled: dict[str, Shape] = {}
    for sheet in sheets:
        for text, shape in sheet.dates.items():
            pooled[text] = pooled[text].with_more(shape) if text in pooled else shape
    # What one sheet shows holds for another that is written alike; what contradicts, for none.
    together = dates.decide(tuple(pooled.values()), sheets[0].columns.invoice_date, known, today)
    known = (*known, *together.patterns)
    found: dict[str, None] = {}
    findings: list[str] = []
    doubts: list[tuple[str, Question]] = []
    for sheet in sheets:
        column = sheet.columns.invoice_date
        one = dates.decide(tuple(sheet.dates.values()), column, known, today)
        # One proof of each pattern is enough.
        findings += one.findings if not set(one.patterns) <= set(found) else []
        found |= dict.fromkeys(one.patterns)
        doubts += [(sheet.where, question) for question in one.questions]
    if not doubts and len(sheets) > 1 and _contradict(found):
        doubts += [(sheets[0].where, question) for question in together.questions]
    return tuple(found), tuple(findings), doubts


def _contradict(patterns: Mapping[str, None]) -> bool:
    """Whether two patterns read one text as different days."""
    days = {pattern.split(" ")[0] for pattern in patterns}
    turned = {day.replace("d", "x").replace("M", "d").replace("x", "M") for day in days}
    return any(day in turned for day in days if day[:1] in "dM")


def _marks(sheets: Sequence[SheetEvidence]) -> numbers.Marks:
    pooled: dict[tuple[str, str], NumberShape] = {}
    for sheet in sheets:
        for ours, shapes in sheet.numbers.items():
            for text, shape in shapes.items():
                before = pooled.get((ours, text))
                count = shape.count + (before.count if before else 0)
                pooled[ours, text] = replace(before or shape, count=count)
    return numbers.decide(tuple(pooled.values()))


def _packaged(columns: Columns, counts: Counts) -> ShopDescription | None:
    """The description that comes with the program, whose names, invoices and codes these are."""
    if not line_rules.recognised(counts):
        return None
    for file in (shop_file.ONLINE_RETAIL_II, shop_file.ONLINE_RETAIL):
        shop = shop_file.packaged(file)
        theirs = vars(shop.columns)
        ours = {key: name for key, name in vars(columns).items() if name is not None}
        if all(plain_name(name) == plain_name(theirs[key] or "") for key, name in ours.items()):
            return shop
    return None


def _as_packaged(shop: ShopDescription, packaged: ShopDescription) -> ShopDescription:
    lines = replace(packaged.lines, anonymous=shop.lines.anonymous)
    currency = packaged.currency if shop.currency == UNKNOWN_CURRENCY else shop.currency
    return replace(
        shop,
        name=packaged.name,
        currency=currency,
        lines=lines,
    )


def _with_kept(
    shop: ShopDescription, kept: ShopDescription
) -> tuple[ShopDescription, Question | None]:
    """What was found before, with what these files add to it."""
    patterns = tuple(dict.fromkeys((*kept.format.dates, *shop.format.dates)))
    both = Format(**{**vars(kept.format), "dates": patterns})
    known, new = kept.lines.cancellation, shop.lines.cancellation
    merged = replace(
        kept,
        format=replace(both, thousands=kept.format.thousands or shop.format.thousands),
        lines=_merged_rules(kept.lines, shop.lines),
        currency=shop.currency if kept.currency == UNKNOWN_CURRENCY else kept.currency,
    )
    doubt = None
    if _contradict(dict.fromkeys(patterns)):
        doubt = _other("format.dates", kept.format.dates[0], shop.format.dates[0])
    elif shop.format.decimal != kept.format.decimal:
        doubt = _other("format.decimal", kept.format.decimal, shop.format.decimal)
    elif new.invoice_prefix and known.invoice_prefix not in (None, new.invoice_prefix):
        key = "lines.cancellation.invoice_prefix"
        doubt = _other(key, str(known.invoice_prefix), new.invoice_prefix)
    return merged, doubt


def _merged_rules(kept: LineRules, new: LineRules) -> LineRules:
    cancellation = kept.cancellation
    if cancellation.invoice_prefix is None and cancellation.column is None:
        cancellation = new.cancellation if new.cancellation.invoice_prefix else cancellation
        negative = kept.cancellation.negative_quantity or new.cancellation.negative_quantity
        cancellation = replace(cancellation, negative_quantity=negative)
    services = () if kept.product_code else (*kept.service_codes, *new.service_codes)
    return replace(
        kept,
        cancellation=cancellation,
        adjustment_prefix=kept.adjustment_prefix or new.adjustment_prefix,
        service_codes=tuple(sorted(set(services))),
        anonymous=tuple(sorted({*kept.anonymous, *new.anonymous})),
    )


def _other(key: str, before: str, now: str) -> Question:
    return Question(
        key,
        f"it is written otherwise than what this home holds ({key}: {quoted(now)} instead of "
        f"{quoted(before)}): choose another --home, or say what holds for all",
        (f"{key} = …",),
    )
