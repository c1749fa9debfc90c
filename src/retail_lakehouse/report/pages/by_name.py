"""Customers by name: whom to write to, and a search among a sample of them."""

from collections.abc import Sequence
from typing import Any

from retail_lakehouse.plain_text import plain
from retail_lakehouse.report import palette, phrases
from retail_lakehouse.report.blocks import Answer, Block, Heading, Link, Page, Search, Table
from retail_lakehouse.report.customer_facts import Person, Sample
from retail_lakehouse.report.facts import Facts
from retail_lakehouse.tables.lists import TITLES

_WRITTEN_TO = 10
_BUY_AGAIN, _DISCOVER = "buy_again", "discover"
_AWAY = "At Risk"
# Longer names of products are cut: there are thousands of them.
_LETTERS = 60


def blocks(facts: Facts) -> Sequence[Block]:
    """The search, and nothing where nobody is known by name."""
    return [_search(facts)] if facts.sample.people else []


def to_write_to(facts: Facts) -> Answer | None:
    """Whom to write to this week, and with what; None where nobody is known by name."""
    due = [one for one in facts.sample.people if one.outlook and one.outlook.due_this_week]
    away = [one for one in facts.sample.people if one.segment == _AWAY]
    people = (due or away)[:_WRITTEN_TO]
    if not people:
        return None
    if due:
        total = facts.value.due_count if facts.value else len(due)
        text = (
            f"{phrases.counted(total, 'customer')} {'is' if total == 1 else 'are'} due: their next "
            "order is expected within the week, or their usual gap ends in it. Remind them of what "
            "they buy again, and show one new product. First those of whom most is expected:"
        )
        more = Link("All who are due", "#value")
    else:
        text = (
            f"Nobody is known to be due. Win back those {_AWAY} who have spent most, with what "
            "they used to buy and one new product:"
        )
        more = Link("What to do with each segment", "#segments")
    return Answer("Whom do I write to this week, with what?", text, more, _letters(people))


def _letters(people: Sequence[Person]) -> Table:
    return Table(
        "Whom to write to",
        (
            *(Heading("customer"), Heading("segment"), Heading("why now")),
            *(Heading("remind of"), Heading("show as new")),
        ),
        tuple(
            (
                one.customer_id,
                one.segment,
                one.outlook.reason if one.outlook else phrases.days(one.recency_days) + " silent",
                _first(one, _BUY_AGAIN),
                _first(one, _DISCOVER),
            )
            for one in people
        ),
    )


def _first(person: Person, name: str) -> str:
    products = (one for one in person.suggestions if one.list == name)
    first = min(products, key=lambda one: one.rank, default=None)
    return phrases.NONE if first is None else first.description or first.stock_code


def _search(facts: Facts) -> Search:
    sample = facts.sample
    names = palette.in_order(person.segment for person in sample.people)
    return Search(
        "Look up a customer",
        _rule(sample),
        tuple(names),
        data(sample, names, facts.shop.currency),
    )


def _rule(sample: Sample) -> str:
    if len(sample.people) >= sample.of:
        return f"All {phrases.counted(sample.of, 'customer')} of the shop."
    by = "those due this week, then those of whom most is expected"
    if not any(person.outlook for person in sample.people):
        by = "those who have spent most"
    return (
        f"A sample: {len(sample.people):,} of {sample.of:,} customers, {by}. All others: "
        "retail-lakehouse customer ID."
    )


def data(sample: Sample, names: Sequence[str], currency: str) -> dict[str, Any]:
    """The sample as the page's script reads it: texts once, and numbers that point to them."""
    products, reasons = _Texts(), _Texts()
    people = [_packed(person, names, products, reasons) for person in sample.people]
    return {
        "currency": currency,
        "lists": TITLES,
        "segments": [*names],
        "products": products.texts,
        "reasons": reasons.texts,
        "people": people,
    }


class _Texts:
    """Texts, each once; ``place`` of one that is there already is the same again."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        if text not in self._places:
            self._places[text] = len(self.texts)
            self.texts.append(plain(text, _LETTERS))
        return self._places[text]


def _packed(
    person: Person, names: Sequence[str], products: _Texts, reasons: _Texts
) -> dict[str, Any]:
    lists: dict[str, list[list[int]]] = {name: [] for name in TITLES}
    for one in sorted(person.suggestions, key=lambda one: one.rank):
        product = products.place(one.description or one.stock_code)
        lists.setdefault(one.list, []).append([product, reasons.place(one.reason)])
    outlook = person.outlook
    return {
        "id": plain(person.customer_id),
        "segment": names.index(person.segment),
        "facts": [person.recency_days, person.frequency, f"{person.monetary:,.2f}"],
        "outlook": outlook
        and [
            int(outlook.due_this_week),
            outlook.next_order_on.isoformat(),
            round(outlook.probability_90_days * 100),
            f"{outlook.expected_spend_12_months:,.0f}",
            plain(outlook.reason),
        ],
        "path": [[f"{end:%Y-%m}", plain(segment)] for end, segment in person.path],
        "lists": lists,
    }


PAGE = Page("customers", "Customers", blocks)
