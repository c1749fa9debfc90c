"""What all lines of a shop show, gathered batch by batch: shapes of values, and counts."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from retail_lakehouse.landing.describing.shapes import (
    LONGEST,
    counted,
    date_shapes,
    number_shapes,
    trimmed,
)
from retail_lakehouse.shops.inference.date_forms import Shape
from retail_lakehouse.shops.inference.dates import MOST_SHAPES
from retail_lakehouse.shops.inference.layout import Layout
from retail_lakehouse.shops.inference.line_rules import Counts, Prefix, is_nobody
from retail_lakehouse.shops.inference.names import plain_name
from retail_lakehouse.shops.inference.numbers import NumberShape
from retail_lakehouse.shops.inference.proposal import SheetEvidence
from retail_lakehouse.shops.inference.words import STATUS_NAMES
from retail_lakehouse.tables import columns as c

_MOST_WORDS = 1_000
_MOST_STATUS = 50
_MOST_CUSTOMERS = 20  # of a batch
_NEGATIVE = r"^[^0-9]*[-(\x{2212}]|[0-9]\s*-\s*$"
_NUMBERS = (c.QUANTITY, c.PRICE, c.AMOUNT)


class Evidence:
    """Of all sheets together; bounded, however many lines there are."""

    def __init__(self) -> None:
        self._sheets: dict[str, _Sheet] = {}
        self._lines = self._five = self._digit = self._anonymous = 0
        self._totals = (0, 0, "")
        self._prefixes: dict[str, Prefix] = {}
        self._words: Counter[str] = Counter()
        self._nobody: Counter[str] = Counter()
        self._customers: Counter[str] = Counter()
        self._status: dict[str, Counter[str]] = {}

    def add(self, where: str, layout: Layout, lines: pa.Table) -> None:
        """Lines of one sheet, as readers give them."""
        sheet = self._sheets.setdefault(where, _Sheet(where, layout))
        sheet.add(lines)
        lines = lines.filter(_whole(layout, lines))
        self._lines += lines.num_rows
        self._add_invoices(lines)
        self._add_codes(lines[c.STOCK_CODE])
        self._add_customers(lines[c.CUSTOMER_ID])
        self._add_status(layout, lines)
        if c.AMOUNT in layout.places:
            self._add_totals(lines)

    def mark(self) -> Callable[[], None]:
        """What forgets all that is added from now on: a file may turn out to be unreadable."""
        before = {
            name: found.copy() if isinstance(found, dict) and name != "_sheets" else found
            for name, found in vars(self).items()
        }
        before["_status"] = {name: words.copy() for name, words in self._status.items()}
        known = len(self._sheets)

        def forget() -> None:
            sheets = dict(list(self._sheets.items())[:known])
            vars(self).update(before | {"_sheets": sheets})

        return forget

    def sheets(self) -> list[SheetEvidence]:
        """What each sheet shows."""
        return [sheet.evidence() for sheet in self._sheets.values()]

    def counts(self) -> Counts:
        """What was counted over all lines."""
        return Counts(
            self._lines,
            self._prefixes,
            self._five,
            self._digit,
            self._words,
            {word: lines for word, lines in self._nobody.items() if is_nobody(word)},
            self._anonymous,
            {name: words for name, words in self._status.items() if len(words) <= _MOST_STATUS},
            self._customers,
            *self._totals,
        )

    def _add_invoices(self, lines: pa.Table) -> None:
        encoded = lines[c.INVOICE].combine_chunks().dictionary_encode()
        letters = pc.extract_regex(trimmed(encoded.dictionary), r"^(?P<letters>[^0-9]{0,12})")
        prefix = pc.struct_field(letters, "letters").take(encoded.indices)
        amount = pc.coalesce(lines[c.PRICE], lines[c.AMOUNT])
        table = pa.table(
            {
                "prefix": prefix,
                "negative": _matches(lines[c.QUANTITY], _NEGATIVE),
                "negative_price": _matches(amount, _NEGATIVE),
                c.INVOICE: lines[c.INVOICE],
            }
        )
        for row in _grouped(table):
            if row["prefix"] is None or len(self._prefixes) > _MOST_WORDS:
                continue
            before = self._prefixes.get(row["prefix"], Prefix(example=row["invoice_min"]))
            self._prefixes[row["prefix"]] = replace(
                before,
                lines=before.lines + row["invoice_count"],
                negative=before.negative + (row["invoice_count"] if row["negative"] else 0),
                negative_price=before.negative_price
                + (row["invoice_count"] if row["negative_price"] else 0),
            )

    def _add_codes(self, codes: pa.ChunkedArray) -> None:
        values, counts = counted(codes)
        five = pc.match_substring_regex(values, "^[0-9]{5}")
        digit = pc.match_substring_regex(values, "[0-9]")
        self._five += pc.sum(pc.if_else(five, counts, 0)).as_py() or 0
        self._digit += pc.sum(pc.if_else(digit, counts, 0)).as_py() or 0
        _count_up(self._words, values, counts, pc.invert(digit))

    def _add_customers(self, customers: pa.ChunkedArray) -> None:
        values, counts = counted(customers)
        self._anonymous += customers.null_count
        odd = pc.match_substring_regex(values, r"^[^0-9]*$|^[0.]+$|^-1(\.0+)?$")
        _count_up(self._nobody, values, counts, odd)
        most = pc.sort_indices(counts, [("", "descending")])[:_MOST_CUSTOMERS]
        _count_up(self._customers, values.take(most), counts.take(most), None)

    def _add_totals(self, lines: pa.Table) -> None:
        spans = [(c.QUANTITY, "min_max"), (c.AMOUNT, "min_max")]
        groups = lines.select([c.INVOICE, c.QUANTITY, c.AMOUNT]).group_by(c.INVOICE)
        found = groups.aggregate(spans)
        several = found.filter(pc.not_equal(*_ends(found["quantity_min_max"])))
        one = several.filter(pc.equal(*_ends(several["amount_min_max"])))
        baskets, before, example = self._totals
        if one.num_rows and not example:
            shown = one.slice(0, 1).to_pylist()[0]
            example = f"{shown[c.INVOICE]}: {shown['amount_min_max']['min']}"
        self._totals = (baskets + several.num_rows, before + one.num_rows, example)

    def _add_status(self, layout: Layout, lines: pa.Table) -> None:
        used = set(layout.places.values())
        for place, name in enumerate(layout.names):
            if place in used or plain_name(name) not in STATUS_NAMES:
                continue
            words = pc.map_lookup(lines[c.OTHER_COLUMNS], pa.scalar(name), "first")
            values, counts = counted(words)
            _count_up(self._status.setdefault(name, Counter()), values, counts, None)


def _whole(layout: Layout, lines: pa.Table) -> pa.ChunkedArray:
    """Which rows are lines: not totals, nor a list below, nor the header once more."""
    kept = pc.not_equal(lines[c.INVOICE], layout.names[layout.places[c.INVOICE]])
    for name in (c.STOCK_CODE, c.QUANTITY, c.INVOICE_DATE):
        kept = pc.and_(kept, lines[name].is_valid())
    return pc.fill_null(kept, False)


def _ends(spans: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """The smallest and the largest of each."""
    return pc.struct_field(spans, "min"), pc.struct_field(spans, "max")


def _grouped(table: pa.Table) -> list[dict[str, Any]]:
    keys = ["prefix", "negative", "negative_price"]
    grouped = table.group_by(keys).aggregate([(c.INVOICE, "count"), (c.INVOICE, "min")])
    return list(grouped.to_pylist())


def _matches(texts: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    return pc.fill_null(pc.match_substring_regex(texts, pattern), False)


def _count_up(
    counter: "Counter[str]", values: pa.Array, counts: pa.Array, wanted: pa.Array | None
) -> None:
    """Add the wanted ones; of very many different words, those that came first."""
    if wanted is not None:
        values, counts = values.filter(wanted), counts.filter(wanted)
    for value, count in zip(values, counts, strict=True):
        word = value.as_py()[:LONGEST]
        if word in counter or len(counter) < _MOST_WORDS:
            counter[word] += count.as_py()
        else:
            return


class _Sheet:
    """Shapes of one sheet's dates and numbers."""

    def __init__(self, where: str, layout: Layout) -> None:
        self._where, self._columns = where, layout.columns()
        self._dates: dict[str, Shape] = {}
        self._numbers: dict[str, dict[str, NumberShape]] = {name: {} for name in _NUMBERS}

    def evidence(self) -> SheetEvidence:
        return SheetEvidence(self._where, self._columns, self._dates, self._numbers)

    def add(self, lines: pa.Table) -> None:
        for shape in date_shapes(lines[c.INVOICE_DATE]):
            before = self._dates.get(shape.text)
            if before is not None or len(self._dates) < MOST_SHAPES:
                self._dates[shape.text] = before.with_more(shape) if before else shape
        for ours, shapes in self._numbers.items():
            theirs = getattr(self._columns, ours) or ""
            for number in number_shapes(lines[ours], theirs):
                known = shapes.get(number.text)
                if known is not None or len(shapes) < MOST_SHAPES:
                    count = number.count + (known.count if known else 0)
                    shapes[number.text] = replace(known or number, count=count)
