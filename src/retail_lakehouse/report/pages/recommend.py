"""The recommendations: how good they are, what they say, whom they reach."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from retail_lakehouse.report import phrases
from retail_lakehouse.report.blocks import Block, Heading, Page, Table, number
from retail_lakehouse.report.customer_facts import Person, Suggestion
from retail_lakehouse.report.facts import Facts
from retail_lakehouse.report.pages.list_quality import is_it_better, quality
from retail_lakehouse.tables.lists import TITLES

_EXAMPLES = 3


def blocks(facts: Facts) -> Sequence[Block]:
    """Quality first, then what customers get."""
    answer = is_it_better(facts)
    return [
        *([replace(answer, more=None)] if answer else []),
        *quality(facts),
        *_examples(facts),
        *_most(facts),
        _reach(facts),
        _popular(facts),
    ]


def _examples(facts: Facts) -> Iterator[Table]:
    """Lists of a few customers, of different segments."""
    shown: dict[str, Person] = {}
    for person in facts.sample.people:
        if person.suggestions:
            shown.setdefault(person.segment, person)
    for person in [*shown.values()][:_EXAMPLES]:
        yield Table(
            f"For example: customer {person.customer_id}, {person.segment}",
            (Heading("list"), number("place"), Heading("product"), Heading("why")),
            tuple(
                (
                    TITLES.get(one.list, one.list), str(one.rank),
                    one.description or one.stock_code, one.reason,
                )
                for one in _in_order(person)
                if one.rank <= _EXAMPLES
            ),
        )  # fmt: skip


def _in_order(person: Person) -> list[Suggestion]:
    order = [*TITLES]
    return sorted(person.suggestions, key=lambda one: (order.index(one.list), one.rank))


def _most(facts: Facts) -> Iterator[Table]:
    customers = facts.sample.of
    for name, title in TITLES.items():
        rows = [one for one in facts.recommendations.most if one.list == name]
        if rows:
            yield Table(
                f"{title}: most recommended",
                (Heading("product"), Heading("code"), number("customers"), number("of all")),
                tuple(
                    (
                        one.description or one.stock_code, one.stock_code,
                        phrases.count(one.customers), phrases.percent(one.customers / customers, 1),
                    )
                    for one in rows
                ),
            )  # fmt: skip


def _reach(facts: Facts) -> Table:
    customers, products = facts.sample.of, facts.recommendations.catalogue
    return Table(
        "Coverage",
        (Heading("list"), *map(number, ("customers", "of all", "products", "of all"))),
        tuple(
            (
                TITLES.get(one.list, one.list),
                phrases.count(one.customers),
                phrases.percent(one.customers / customers, 1),
                phrases.count(one.products),
                phrases.percent(one.products / products, 1),
            )
            for one in facts.recommendations.reach
        ),
    )


def _popular(facts: Facts) -> Table:
    return Table(
        "What a customer without history gets",
        (number("place"), Heading("product"), Heading("code"), number("invoices, 30 days")),
        tuple(
            (
                str(one.rank),
                one.description or one.stock_code,
                one.stock_code,
                phrases.count(one.invoices),
            )
            for one in facts.recommendations.popular
        ),
        note="Bestsellers of all countries.",
    )


PAGE = Page("recommendations", "Recommendations", blocks)
