"""Of the page of the segments: how large they were, month by month, and who moved."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from retail_lakehouse.report import flow, palette, phrases
from retail_lakehouse.report.blocks import Chart, Drawing, Heading, Table, number
from retail_lakehouse.report.charts import over_time
from retail_lakehouse.report.customer_facts import Move
from retail_lakehouse.report.facts import Facts


def sizes(facts: Facts) -> Chart:
    """How many were in each segment at the months' ends."""
    counts: Counter[tuple[date, str]] = Counter()
    for move in facts.moves:
        if move.to_segment != palette.NOBODY:
            counts[move.month_end, move.to_segment] += move.customers
    ends = sorted({move.month_end for move in facts.moves})
    names = palette.in_order(name for _, name in counts)
    rows = [
        {
            "month": f"{_of_month(end)}T00:00:00",
            "said": phrases.month(_of_month(end)),
            "segment": name,
            "place": place,
            "customers": counts[end, name],
        }
        for end in ends
        for place, name in enumerate(names)
    ]
    told = (
        (phrases.month(_of_month(end)), *(phrases.count(counts[end, name]) for name in names))
        for end in reversed(ends)
    )
    return Chart(
        "Sizes month by month",
        f"How many customers were in each segment at the end of {len(ends)} months, until "
        f"{phrases.month(_of_month(ends[-1]))}.",
        over_time.areas_by_month(rows, names, palette.colours(names)),
        Table(
            "Customers at the end of the month", (Heading("month"), *map(number, names)),
            tuple(told),
        ),
    )  # fmt: skip


def _of_month(end: date) -> date:
    """The first day of the month that ended at this midnight."""
    return (end - timedelta(days=1)).replace(day=1)


def moved(facts: Facts) -> list[Drawing]:
    """Who changed the segment in the last whole month; none where nobody did."""
    last = max(move.month_end for move in facts.moves)
    moves = [
        move
        for move in facts.moves
        if move.month_end == last and move.from_segment != move.to_segment
    ]
    if not moves:
        return []
    names = palette.in_order(
        name for move in moves for name in (move.from_segment, move.to_segment)
    )
    columns, streams = [[*map(_before, names)], [*map(_after, names)]], _streams(moves, names)
    most = max(moves, key=lambda move: move.customers)
    return [
        Drawing(
            f"Who moved in {phrases.month(_of_month(last))}",
            "Streams from the segment before the month to that at its end. The largest, of "
            f"{phrases.counted(most.customers, 'customer')}, goes from "
            f"{_before(most.from_segment)} to {_after(most.to_segment)}.",
            flow.drawn(columns, streams, flow.WIDE),
            flow.drawn(columns, streams, flow.NARROW),
            _told(moves),
            note="Who stayed is left out.",
        )
    ]


def _streams(moves: Sequence[Move], names: Sequence[str]) -> list[flow.Stream]:
    def order(move: Move) -> tuple[int, int]:
        return names.index(move.from_segment), names.index(move.to_segment)

    return [
        flow.Stream(
            0,
            _before(move.from_segment),
            _after(move.to_segment),
            move.customers,
            palette.variable(move.from_segment),
        )
        for move in sorted(moves, key=order)
    ]


def _before(name: str) -> str:
    return "not a customer yet" if name == palette.NOBODY else name


def _after(name: str) -> str:
    return "all taken back" if name == palette.NOBODY else name


def _told(moves: Sequence[Move]) -> Table:
    return Table(
        "Moves, the largest first",
        (Heading("from"), Heading("to"), number("customers")),
        tuple(
            (_before(move.from_segment), _after(move.to_segment), phrases.count(move.customers))
            for move in sorted(moves, key=lambda move: -move.customers)
        ),
    )
