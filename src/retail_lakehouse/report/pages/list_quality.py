"""Of the page of the recommendations: whether the lists are better than simple ones."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from retail_lakehouse.recommend.evaluation.baselines import LABELS
from retail_lakehouse.report import phrases
from retail_lakehouse.report.blocks import Answer, Block, Chart, Heading, Link, Table, number
from retail_lakehouse.report.charts import over_time, side_by_side
from retail_lakehouse.report.customer_facts import Judged
from retail_lakehouse.report.facts import Facts
from retail_lakehouse.tables.lists import LISTS, TITLES, ListSpec

NDCG = "ndcg_at_10"
_MEANING = (
    "NDCG@10: 1 would be ten products that were all bought, 0 is none of them. The line is the "
    "95 % interval over customers."
)
# The baseline that each list is drawn with over time.
_RIVALS = {"all": "own_then_recent", "new": "recent_popularity", "repeat": "own_then_recent"}


def is_it_better(facts: Facts) -> Answer | None:
    """How this month's lists stand against simple ones; None where no window was judged yet."""
    pairs = [
        (spec, _found(facts, spec.name, spec.scope), _found(facts, spec.rival, spec.scope))
        for spec in LISTS
        if spec.rival
    ]
    told = [(spec, ours, rival) for spec, ours, rival in pairs if ours and rival]
    if not told:
        return None
    better = [ours.value > rival.value for _, ours, rival in told]
    word = "Yes." if all(better) else "In part." if any(better) else "No."
    start = told[0][1].window_start
    end = start + timedelta(days=facts.recommendations.window_days - 1)
    return Answer(
        "Is this month's list better than popularity?",
        f"{word} {' '.join(_sentence(*one) for one in told)} Lists made before "
        f"{phrases.day(start)}, held against what customers bought until {phrases.day(end)}.",
        Link("How good each list is", "#recommendations"),
    )


def _sentence(spec: ListSpec, ours: Judged, rival: Judged) -> str:
    """NDCG of a list and of the one that it must beat."""
    apart = _apart(ours, rival) or _apart(rival, ours)
    sure = "more than chance" if apart else "it may be chance"
    times = f"{ours.value / rival.value:.2f} times as good, {sure}" if rival.value else sure
    return (
        f"“{spec.title}” has an NDCG@10 of {ours.value:.3f} on {_PRODUCTS[spec.scope]}, "
        f"{_RIVAL.get(rival.ranking, rival.ranking)} {rival.value:.3f} ({times})."
    )


_PRODUCTS = {
    "all": "all products",
    "new": "products never bought before",
    "repeat": "products bought before",
}
# What a list must beat, for people.
_RIVAL = {
    "own_then_recent": "own products first, then what sells",
    "recent_popularity": "what sold in the last 30 days",
}


def _apart(above: Judged, below: Judged) -> bool:
    return above.low is not None and below.high is not None and above.low > below.high


def _found(facts: Facts, ranking: str, scope: str) -> Judged | None:
    return next((one for one in _in_last(facts, scope) if one.ranking == ranking), None)


def _in_last(facts: Facts, scope: str, metric: str = NDCG) -> list[Judged]:
    """Rankings of the last window, the best first."""
    judged = facts.recommendations.judged
    last = max((one.window_start for one in judged), default=None)
    rows = [
        one
        for one in judged
        if (one.window_start, one.scope, one.metric) == (last, scope, metric)
        # Of products that are new to the customer it knows none.
        and not (scope == "new" and one.ranking == "own_then_recent")
    ]
    return sorted(rows, key=lambda one: (-one.value, one.ranking))


def _named(ranking: str) -> str:
    return TITLES.get(ranking) or LABELS.get(ranking, ranking)


def quality(facts: Facts) -> Iterator[Block]:
    """Each list against the others in the last window, and in those before it."""
    for spec in LISTS:
        rows = _in_last(facts, spec.scope)
        # Against nothing there is nothing to see.
        if len(rows) == 1:
            yield _metrics(facts, spec, rows)
        if len(rows) > 1:
            yield _last_window(facts, spec, rows)
            if len({one.window_start for one in facts.recommendations.judged}) > 1:
                yield _over_time(facts, spec)


def _last_window(facts: Facts, spec: ListSpec, judged: Sequence[Judged]) -> Chart:
    rows = [
        {
            "name": _named(one.ranking),
            "ours": one.ranking == spec.name,
            "value": one.value,
            "low": one.value if one.low is None else one.low,
            "high": one.value if one.high is None else one.high,
        }
        for one in judged
    ]
    best = judged[0]
    return Chart(
        _title(spec),
        f"Dots with intervals of {len(judged)} rankings. The best is {_named(best.ranking)} with "
        f"{best.value:.3f}.",
        side_by_side.intervals(rows, [_named(one.ranking) for one in judged], "NDCG@10"),
        _metrics(facts, spec, judged),
        note=f"{_MEANING} {phrases.counted(best.users, 'customer')}, window from "
        f"{phrases.day(best.window_start)}.",
    )


def _title(spec: ListSpec) -> str:
    return f"{spec.title}: judged on {_PRODUCTS[spec.scope]}"


def _metrics(facts: Facts, spec: ListSpec, judged: Sequence[Judged]) -> Table:
    others = {
        metric: {one.ranking: one.value for one in _in_last(facts, spec.scope, metric)}
        for metric in ("recall_at_10", "hit_rate_at_10", "catalogue_coverage")
    }
    return Table(
        _title(spec),
        (
            Heading("ranking"),
            *map(number, ("NDCG@10", "from", "to", "recall", "hit rate", "coverage")),
        ),
        tuple(
            (
                _named(one.ranking),
                *map(phrases.metric, (one.value, one.low, one.high)),
                *(phrases.metric(values.get(one.ranking)) for values in others.values()),
            )
            for one in judged
        ),
        note="Coverage: products in lists over products of the catalogue.",
    )


def _over_time(facts: Facts, spec: ListSpec) -> Chart:
    wanted = (spec.name, _RIVALS[spec.scope])
    judged = [
        one
        for one in facts.recommendations.judged
        if one.scope == spec.scope and one.metric == NDCG and one.ranking in wanted
    ]
    names = [_named(ranking) for ranking in wanted]
    rows = [
        {
            "name": _named(one.ranking),
            "start": f"{one.window_start}T00:00:00",
            "said": phrases.day(one.window_start),
            "value": one.value,
        }
        for one in judged
    ]
    values = {(one.window_start, one.ranking): one.value for one in judged}
    starts = sorted({one.window_start for one in judged}, reverse=True)
    return Chart(
        f"{spec.title}, window by window",
        f"Two lines, {phrases.listed(tuple(names))}, over {len(starts)} windows.",
        over_time.lines_by_window(rows, names, "NDCG@10"),
        Table(
            f"{spec.title}: NDCG@10 by window",
            (Heading("window from"), *map(number, names)),
            tuple(
                (
                    phrases.day(start),
                    *(phrases.metric(values.get((start, ranking))) for ranking in wanted),
                )
                for start in starts
            ),
        ),
    )
