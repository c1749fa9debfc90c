"""Data quality: what became of the lines, why some were rejected, and whether all adds up."""

from collections.abc import Sequence
from dataclasses import replace

from retail_lakehouse.report import flow, phrases
from retail_lakehouse.report.blocks import (
    Answer,
    Block,
    Drawing,
    Heading,
    Link,
    Page,
    Table,
    number,
)
from retail_lakehouse.report.facts import Check, Counted, Facts, Lines

_SALES, _RETURNS, _REJECTED = "Sales", "Returns", "Rejected"
UNREADABLE = "unreadable_"
# What each reason means, and what to do about it.
MEANINGS = {
    "duplicate_line": ("The same line stands in another sheet or file", "Nothing: it counts once"),
    "repeated_line": ("The same line stands earlier in its sheet", "Nothing: it counts once"),
    "replaced_invoice": ("A later file has the invoice anew", "Nothing: the later one counts"),
    "corrected_line": ("A corrected line stands for it", "Nothing: the corrected one counts"),
    "adjustment": ("A correction of the books", "If not: [lines] adjustment_prefix in shop.toml"),
    "non_product": ("No product: postage, fees, samples", "If it is one: [lines] in shop.toml"),
    "non_positive_quantity": ("A quantity of 0 or less", "If a return: [lines.cancellation]"),
    "non_positive_price": ("A price of 0 or less", "Look whether prices are missing"),
    "implausible_date": ("A date before 1990, or after it came", "[format] dates in shop.toml"),
}  # fmt: skip
_CORRECT = "Correct them: retail-lakehouse rejects --write"


def blocks(facts: Facts) -> Sequence[Block]:
    """Why lines were rejected comes first."""
    lines = facts.lines
    return [
        replace(why(facts), more=None),
        _flow(lines),
        *([_reasons(lines)] if lines.reasons else []),
        _checks(lines),
        _sources(lines),
    ]


def why(facts: Facts) -> Answer:
    """Why lines were rejected, in a few sentences."""
    lines, rejected = facts.lines, _rejected(facts.lines)
    total = _sold(lines) + _returned(lines) + rejected
    twice = sum(one.lines for one in lines.reasons if one.name in lines.there_already)
    lost = [one for one in lines.reasons if one.name not in lines.there_already]
    told = [f"{rejected:,} of {phrases.counted(total, 'line')} {_be(rejected)} rejected."]
    if twice:
        told.append(f"Of these, {twice:,} {_be(twice)} there already, so nothing is lost.")
    if lost:
        others = f"Of the other {rejected - twice:,}, most" if twice else "Most"
        told.append(f"{others} are {_most(lost)}.")
    failed = f"{lines.failed} of {phrases.counted(lines.checked, 'check')} failed."
    told.append(failed if lines.failed else "All checks passed." if not lines.warned else "")
    if lines.warned:
        told.append(f"{phrases.counted(lines.warned, 'check')} warned.")
    return Answer(
        "Why were lines rejected?", " ".join(filter(None, told)), Link("Every reason", "#quality")
    )


def _be(count: int) -> str:
    return "was" if count == 1 else "were"


def _most(reasons: Sequence[Counted]) -> str:
    first = sorted(reasons, key=lambda one: -one.lines)[:2]
    return phrases.listed(tuple(f"“{meaning(one.name)[0]}” ({one.lines:,})" for one in first))


def meaning(reason: str) -> tuple[str, str]:
    """What a reason of silver.rejected_lines means, and what to do about it."""
    if reason.startswith(UNREADABLE):
        column = reason.removeprefix(UNREADABLE).replace("_", " ")
        return f"No {column} that can be read", "[format] in shop.toml"
    return MEANINGS.get(reason, (reason, _CORRECT))


def _sold(lines: Lines) -> int:
    return sum(source.sold for source in lines.sources)


def _returned(lines: Lines) -> int:
    return sum(source.returned for source in lines.sources)


def _rejected(lines: Lines) -> int:
    return sum(source.rejected for source in lines.sources)


def _flow(lines: Lines) -> Drawing:
    columns, streams = _columns(lines), _streams(lines)
    sold, returned, rejected = _sold(lines), _returned(lines), _rejected(lines)
    return Drawing(
        "Lines from source to outcome",
        f"Streams from {phrases.counted(len(lines.sources), 'source')} to sales ({sold:,} lines), "
        f"returns ({returned:,}) and rejected lines ({rejected:,}), and on to what became of them.",
        flow.drawn(columns, streams, flow.WIDE),
        flow.drawn(columns, streams, flow.NARROW),
        Table(
            "Streams of lines",
            (Heading("from"), Heading("to"), number("lines")),
            tuple((s.source, s.target, phrases.count(s.amount)) for s in streams if s.amount),
        ),
        note="Every line ends in exactly one place.",
    )


def _columns(lines: Lines) -> list[list[str]]:
    return [
        [source.name for source in lines.sources],
        [_SALES, _RETURNS, _REJECTED],
        [name for name, _ in _of_sales(lines)] + [one.name for one in lines.reasons],
    ]


def _of_sales(lines: Lines) -> list[tuple[str, int]]:
    known = _sold(lines) - lines.taken_back - lines.anonymous
    return [
        ("known customers", known),
        ("anonymous", lines.anonymous),
        ("taken back in full", lines.taken_back),
    ]


def _streams(lines: Lines) -> list[flow.Stream]:
    found = []
    for source in lines.sources:
        for target, amount, colour in (
            (_SALES, source.sold, "--good"),
            (_RETURNS, source.returned, "--second"),
            (_REJECTED, source.rejected, "--bad"),
        ):
            found.append(flow.Stream(0, source.name, target, amount, colour))
    found += [flow.Stream(1, _SALES, name, amount, "--good") for name, amount in _of_sales(lines)]
    found += [flow.Stream(1, _REJECTED, one.name, one.lines, "--bad") for one in lines.reasons]
    return found


def _reasons(lines: Lines) -> Table:
    return Table(
        "Why lines were rejected",
        (
            Heading("reason"), Heading("what it means"), Heading("what to do"), number("lines"),
            number("of the rejected"),
        ),
        tuple(
            (
                one.name, *meaning(one.name), phrases.count(one.lines),
                phrases.percent(one.lines / _rejected(lines), 1),
            )
            for one in lines.reasons
        ),
        note="Some lines of each reason: retail-lakehouse rejects.",
    )  # fmt: skip


def _checks(lines: Lines) -> Table:
    more = lines.checked - sum(check.parts for check in lines.checks)
    return Table(
        "Checks",
        (
            Heading("table"), Heading("check"), Heading("part"), number("value"),
            Heading("outcome"),
        ),
        tuple(map(_outcome, lines.checks)),
        note=f"{more:,} more in gold.data_quality." if more else "",
    )  # fmt: skip


def _outcome(check: Check) -> tuple[str, ...]:
    part, value = check.part, f"{check.value.normalize():,f}"
    if check.parts > 1:
        part, value = f"all {check.parts:,}", f"at most {value}"
    return check.table_name, check.measure, part, value, check.outcome


def _sources(lines: Lines) -> Table:
    return Table(
        "By source",
        (Heading("file or sheet"), *map(number, ("sold", "returned", "rejected"))),
        tuple(
            (
                source.name,
                *map(phrases.count, (source.sold, source.returned, source.rejected)),
            )
            for source in lines.sources
        ),
    )


PAGE = Page("quality", "Data quality", blocks)
