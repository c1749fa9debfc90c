"""The step that holds silver against what is expected, and stops before gold."""

from collections.abc import Sequence
from datetime import date, datetime, timezone

from pyspark.sql import functions as F

from retail_lakehouse import tables as t
from retail_lakehouse.assets import EXPECTED
from retail_lakehouse.errors import ExpectationError
from retail_lakehouse.medallion import quality
from retail_lakehouse.medallion.checks import measures
from retail_lakehouse.medallion.checks.usual import Day, Measured, Rejects, of_days, of_rejects
from retail_lakehouse.policies.expectations import FAIL, OFF, Expectation
from retail_lakehouse.steps.harness.io import StepIO
from retail_lakehouse.steps.harness.step import StepResult
from retail_lakehouse.tables import columns as c

_SAID = "retail_lakehouse.expected"
_LINES = (t.SALES, t.RETURNS, t.REJECTED_LINES)
Judged = list[tuple[Expectation, Measured]]


def today() -> date:
    """The day in UTC that the last line's age is counted to, for no result but that warning's."""
    return datetime.now(timezone.utc).date()


def hold_expectations(io: StepIO) -> StepResult:
    """Named checks of silver into gold.data_quality; a failed one ends the run."""
    io.settles(EXPECTED)
    expected = [one for one in io.settings.expectations if one.level != OFF]
    day = today()
    state = f"{io.source()} {day.isoformat()} {expected}"
    if io.said(t.DATA_QUALITY, _SAID) == state:
        return io.counted(_LINES, (), "unchanged")
    found = {one.name: one for one in expected}
    judged = [(found[one.name], one) for one in _measured(io, day) if one.name in found]
    _write(io, judged)
    missed = [
        (one, one.sentence(seen.part, seen.value))
        for one, seen in judged
        if not one.met_by(seen.value)
    ]
    failed = [(one, words) for one, words in missed if one.level == FAIL]
    if failed:
        raise ExpectationError(
            f"Nothing is made of these lines, as {len(failed)} of {len(judged)} checks failed: "
            f"{'; '.join(words for _, words in failed)}. See gold.data_quality, mend the files or "
            f"shop.toml, or let it pass with --expect {failed[0][0].name}=warn."
        )
    io.say(t.DATA_QUALITY, _SAID, state)
    warnings = tuple(words for _, words in missed)
    note = f"{len(judged)} checks" + (f", {len(warnings)} warnings" if warnings else "")
    result = io.counted(_LINES, (), note)
    return StepResult(result.rows_in, len(judged), note, warnings=warnings)


def _measured(io: StepIO, day: date) -> list[Measured]:
    as_of, shop = io.as_of(), io.description()
    sales, returns, rejected = map(io.read, _LINES)
    by_day = measures.days(sales, as_of).collect()  # a row a day of some weeks
    by_reason = measures.rejects(sales, returns, rejected, io.read(t.BATCHES)).collect()
    named = measures.unnamed_products(sales, as_of).collect()[0]["share"]
    lines = measures.twice([sales, returns, rejected]).collect()[0]
    bronze = io.count(t.INVOICE_LINES)
    wrong = abs(bronze - lines[c.LINES]) + lines[c.LINES] - lines["distinct_lines"]
    found = [
        Measured("keys", wrong),
        *of_days(Day(**row.asDict()) for row in by_day),
        *of_rejects(Rejects(**row.asDict()) for row in by_reason),
    ]
    if shop.columns.price:
        found.append(Measured("money", measures.wrong_money(sales).collect()[0]["money"]))
    if named is not None:
        found.append(Measured("unnamed_products", named))
    # The public invoices and the demo shop end where they end.
    if io.source_kind() == "files" and by_day:
        last = max(row["day"] for row in by_day)
        found.append(Measured("freshness", (day - last).days))
    return found


def _write(io: StepIO, judged: Judged) -> None:
    """Put the outcomes in place of those that the same run of the shop had before."""
    as_of, bronze = io.as_of(), io.read(t.INVOICE_LINES)
    run_id = quality.run(bronze, as_of).collect()[0][c.RUN_ID]
    rows: Sequence[tuple[object, ...]] = [
        (
            *(run_id, as_of, "silver", one.name, seen.part),
            one.level,
            quality.money(one.bound),
            quality.money(seen.value),
            one.met_by(seen.value),
        )
        for one, seen in judged
    ]
    mine = (F.col(c.RUN_ID) == run_id) & quality.is_expectation()
    io.replace_where(t.DATA_QUALITY, io.frame(t.DATA_QUALITY, list(rows)), mine)
