import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_lakehouse.arrays.days import NEVER
from retail_lakehouse.recommend.data.customer_history import histories
from support import purchases_of

CUT = 1000


def purchases(*customers):
    """One list per customer of (item, day, invoice, price[, reversed day])."""
    rows = [[(*line, NEVER)[:5] for line in customer] for customer in customers]
    columns = [[[line[c] for line in customer] for customer in rows] for c in range(5)]
    return purchases_of(["France"] * len(rows), columns)


def test_a_history_worked_out_by_hand():
    known = histories(
        purchases(
            [(3, 940, 1, 2.0), (3, 990, 2, 2.0), (5, 990, 2, 8.0)],
            [],
        ),
        CUT,
        half_life=10.0,
    )
    assert known.indptr.tolist() == [0, 2, 2]
    assert known.items.tolist() == [3, 5]
    assert known.invoices.tolist() == [2, 1]
    assert known.decayed == pytest.approx([2**-6 + 2**-1, 2**-1])
    assert known.last.tolist() == [10, 10]
    assert known.first.tolist() == [60, 10]
    assert known.frequency.tolist() == [2, 0]
    assert known.breadth.tolist() == [2, 0]
    assert known.recency[0] == 10
    assert known.tenure[0] == 60
    assert known.interval[0] == 50
    assert known.basket[0] == pytest.approx(1.5)
    assert known.log_price[0] == pytest.approx((2 * np.log(2) + np.log(8)) / 3)
    assert known.activity == pytest.approx([2**-6 + 2**-1, 0])
    for unknown in (known.recency, known.tenure, known.interval, known.basket, known.log_price):
        assert np.isnan(unknown[1])


def test_the_season_is_the_time_a_year_before_the_coming_window():
    known = histories(purchases([(0, CUT - 360, 1, 1.0), (1, CUT - 300, 2, 1.0)]), CUT, 60.0)
    assert known.season.tolist() == [1, 0]


def test_a_reversal_counts_from_the_day_it_happened():
    bought = purchases([(0, 900, 1, 1.0, 950), (1, 900, 1, 1.0, CUT)])
    assert histories(bought, CUT, 60.0).items.tolist() == [1]
    assert histories(bought, 940, 60.0).items.tolist() == [0, 1]


line = st.tuples(
    st.integers(0, 4),
    st.integers(900, 1100),
    st.integers(0, 6),
    st.just(1.0),
    st.integers(1101, 1200),
)


@given(st.lists(st.lists(line, max_size=6), min_size=1, max_size=4))
def test_what_comes_after_the_cut_changes_nothing(customers):
    whole = histories(purchases(*customers), CUT, 60.0)
    past = histories(purchases(*[[b for b in c if b[1] < CUT] for c in customers]), CUT, 60.0)
    for name, value in vars(past).items():
        if isinstance(value, np.ndarray):
            assert value.tolist() == pytest.approx(getattr(whole, name).tolist(), nan_ok=True)


@given(st.lists(st.lists(line, max_size=6), min_size=1, max_size=5), st.data())
def test_customers_taken_are_the_same_as_alone(customers, data):
    chosen = data.draw(st.lists(st.integers(0, len(customers) - 1), max_size=5))
    taken = purchases(*customers).take(np.array(chosen, dtype=int)).products()
    assert [row.tolist() for row in taken] == [
        sorted({bought[0] for bought in customers[c]}) for c in chosen
    ]
