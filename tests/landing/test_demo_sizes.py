"""How many products and customers a demo shop has, and how it draws among many."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing import demo
from retail_lakehouse.landing.demo.assortment import Catalogue, catalogue, products_for
from retail_lakehouse.landing.demo.customers import invoices
from retail_lakehouse.landing.demo.habits import GIFTS, GROCER, Habits
from retail_lakehouse.landing.demo.sales import basket


def products(number: int, habits: Habits = GIFTS) -> Catalogue:
    return catalogue(np.random.default_rng(1), number, habits)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (500, 144),
        (50_000, 144),
        (300_000, 1_240),
        (1_067_371, 4_606),
        (5_000_000, 21_854),
        (100_000_000, 200_000),
    ],
)
def test_a_catalogue_grows_with_the_shop_as_in_the_real_workbook(rows: int, expected: int):
    assert products_for(rows, None) == expected
    assert products_for(rows, 60_000) == 60_000


@pytest.mark.parametrize("habits", [GIFTS, GROCER], ids=["gifts", "grocer"])
@pytest.mark.parametrize("number", [12, 13, 144, 145, 4_606, 200_000])
def test_every_product_has_a_code_and_a_name_of_its_own(number: int, habits: Habits):
    found = products(number, habits)
    assert len(found) == len(set(found.codes)) == len(set(found.names)) == number
    assert all(code[:5].isdigit() for code in found.codes)
    assert found.starts[0] == 0
    assert found.starts[-1] == number
    assert (np.diff(found.starts) > 0).all()


def test_families_of_a_small_shop_are_twelve_and_grow_with_its_catalogue():
    assert [products(number).families for number in (144, 1_240, 60_000)] == [12, 36, 245]


@settings(max_examples=200, deadline=None)
@given(st.integers(12, 400), st.integers(0, 2**31), st.integers(0, 3), st.data())
def test_a_basket_is_what_numpy_draws_of_the_products_chances(number, seed, season, data):
    found = products(number)
    taste = data.draw(st.integers(0, found.families - 1))
    size = data.draw(st.integers(1, number // 2))
    weights = np.diff(found.demand[season], prepend=0.0)
    weights[found.starts[taste] : found.starts[taste + 1]] *= 12
    expected = np.random.default_rng(seed).choice(
        number, size=size, replace=False, p=weights / weights.sum()
    )
    drawn = basket(np.random.default_rng(seed), found, season, taste, size)
    assert drawn.tolist() == expected.tolist()


def test_a_large_catalogue_is_sold(shop_of_many: pd.DataFrame):
    sold = shop_of_many.loc[shop_of_many["stock_code"].str[:5].str.isdigit(), "stock_code"]
    assert 3_000 < sold.str.upper().nunique() <= 5_000


@pytest.fixture(scope="module")
def shop_of_many() -> pd.DataFrame:
    return demo.lines(20_000, options=demo.Options(products=5_000, customers=300))


def test_so_many_customers_as_asked_for(shop_of_many: pd.DataFrame):
    # A few have all their lines among those that make room for the sheets' overlap.
    assert 295 <= shop_of_many["customer_id"].nunique() <= 300
    assert len(shop_of_many) == 20_000
    assert 0.10 < shop_of_many["customer_id"].isna().mean() < 0.35


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.integers(0, 300), st.integers(0, 2**31))
def test_every_customer_has_an_invoice_that_names_them(customers: int, more: int, seed: int):
    rng = np.random.default_rng(seed)
    found = invoices(rng, customers + more, GIFTS, 12, customers)
    assert len(found) == customers + more
    named = found.loc[found["customer"] > 0, "customer"]
    assert set(named) == set(range(12346, 12346 + customers))
    assert found["day"].between(0, 738).all()


def test_grocers_customers_come_often_and_buy_little():
    shop = demo.lines(20_000, options=demo.Options(dialect="grocer", customers=60))
    bought = shop[~shop["invoice"].str.startswith("C")].dropna(subset="customer_id")
    invoices_of_each = bought.groupby("customer_id")["invoice"].nunique()
    assert (invoices_of_each > 100).sum() > 5
    assert 3 < bought.groupby("invoice").size().median() < 8
    assert bought["description"].str.contains("MILK").any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (demo.Options(products=11), "--products 11 is not between 12 and 200,000."),
        (demo.Options(products=200_001), "--products 200001 is not between 12 and 200,000."),
        (demo.Options(customers=0), "--customers 0 is not between 1 and "),
        (demo.Options(customers=500), "which is how many invoices so many --rows make."),
        (
            demo.Options(dialect="french"),
            "--dialect french is none of online-retail-ii, european-csv, us-csv, letters, totals, "
            "grocer.",
        ),
    ],
)
def test_what_cannot_be_made_is_refused_before_a_file_is(
    tmp_path: Path, options: demo.Options, message: str
):
    with pytest.raises(SettingsError) as caught:
        demo.write(600, tmp_path / "shop.csv", options=options)
    assert message in str(caught.value)
    assert not list(tmp_path.iterdir())
