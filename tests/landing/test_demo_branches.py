"""A demo shop of many lines is a chain of branches, each drawn by itself."""

import pandas as pd
import pytest

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing import demo
from retail_lakehouse.landing.demo import writing

CHAIN = demo.Shop(3_001, options=demo.Options(customers=31), branch_rows=1_001)


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> pd.DataFrame:
    out = tmp_path_factory.mktemp("chain") / "shop.parquet"
    writing.write_shop(CHAIN, out)
    return pd.read_parquet(out)


@pytest.fixture
def branches() -> list[pd.DataFrame]:
    return [CHAIN.ledger(branch)[0] for branch in range(CHAIN.branches)]


def test_branches_share_lines_and_customers(branches):
    assert [len(branch) for branch in branches] == [1001, 1000, 1000]
    named = [set(branch["customer"]) - {0} for branch in branches]
    # Cutting to so many lines may take one away who came but once.
    for wanted, found in zip((11, 10, 10), named, strict=True):
        assert wanted - 2 <= len(found) <= wanted


def test_no_two_branches_have_an_invoice_or_a_customer_in_common(branches, written):
    numbers = [set(branch["number"]) for branch in branches]
    assert len(set.union(*numbers)) == sum(map(len, numbers))
    named = [set(branch["customer"]) - {0} for branch in branches]
    assert len(set.union(*named)) == sum(map(len, named))
    assert (written.groupby("Invoice")["InvoiceDate"].nunique() == 1).all()


def test_what_stands_before_a_number_makes_no_other_number(written):
    invoice = written["Invoice"]
    assert set(invoice.str.len()) == {10, 11}
    assert set(invoice[invoice.str.len() == 11].str[0]) == {"8", "9", "A", "C"}


def test_branches_sell_the_same_products(branches):
    _, products = CHAIN.ledger(0)
    assert len(products) == 144
    assert CHAIN.ledger(2)[1].names.tolist() == products.names.tolist()
    shared = set.intersection(*(set(branch["item"]) for branch in branches))
    assert len(shared) > 100


def test_a_branch_is_the_same_whatever_was_drawn_before(branches):
    for branch in (2, 0, 1):
        pd.testing.assert_frame_equal(CHAIN.ledger(branch)[0], branches[branch])


def test_each_branch_is_drawn_anew(branches):
    first, second = (branch["minute"].head(50).tolist() for branch in branches[:2])
    assert first != second


def test_a_file_holds_one_branch_after_the_other(written):
    assert len(written) == 3_001
    assert written["Customer ID"].dropna().floordiv(1_000_000).is_monotonic_increasing
    assert set(written.columns) == {
        "Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID",
        "Country",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("customers", "says"), [(2, "is not between 3 and 150"), (151, "is not between 3 and 150")]
)
def test_a_chain_has_a_customer_a_branch_and_no_more_than_buy(customers, says):
    with pytest.raises(SettingsError, match=says):
        demo.Shop(3_001, options=demo.Options(customers=customers), branch_rows=1_001)


def test_spark_writes_the_same_lines_as_a_folder(spark, written, tmp_path):
    out = tmp_path / "big [shop]"
    demo.write_folder(spark, CHAIN, out)
    parts = sorted(out.glob("part-*.parquet"))
    assert len(parts) == CHAIN.branches
    found = pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(found, written, check_dtype=False)


def test_a_folder_that_is_there_is_left_alone(spark, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SettingsError, match="is there already: choose another folder"):
        demo.write_folder(spark, CHAIN, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"products": 11}, "--products 11 is not between 12 and 200,000"),
        ({"customers": 500}, "which is how many invoices so many --rows make"),
    ],
)
def test_what_cannot_be_is_refused_before_any_task(spark, tmp_path, asked, says):
    out = tmp_path / "big"
    with pytest.raises(SettingsError, match=says):
        demo.write_folder(spark, demo.Shop(600, options=demo.Options(**asked)), out)
    assert not out.exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(spark, tmp_path):
    with pytest.raises(SettingsError, match=r"cannot be written \(No such file or directory\)"):
        demo.write_folder(spark, CHAIN, tmp_path / "none" / "big")


def test_a_dialect_of_text_is_no_folder(spark, tmp_path):
    shop = demo.Shop(600, options=demo.Options(dialect="european-csv"))
    with pytest.raises(SettingsError, match=r"must end in \.csv"):
        demo.write_folder(spark, shop, tmp_path / "big")


def test_letters_are_written_as_text(spark, tmp_path):
    shop = demo.Shop(600, options=demo.Options(dialect="letters"))
    demo.write_folder(spark, shop, tmp_path / "big")
    found = pd.concat(map(pd.read_parquet, (tmp_path / "big").glob("part-*")))
    assert found["Customer ID"].dropna().str.startswith("CG-").all()
