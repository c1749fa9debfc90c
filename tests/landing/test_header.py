import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_lakehouse.errors import SourceError
from retail_lakehouse.landing.header import find_columns, not_lines

II = [
    "Invoice",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "Price",
    "CustomerID",
    "Country",
]


def test_online_retail_ii_header_is_found():
    header = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
    assert find_columns(header.split(","), "a.csv") == {
        "invoice": "Invoice",
        "stock_code": "StockCode",
        "description": "Description",
        "quantity": "Quantity",
        "invoice_date": "InvoiceDate",
        "price": "Price",
        "customer_id": "Customer ID",
        "country": "Country",
    }


def test_header_of_the_older_online_retail_is_found():
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    found = find_columns(header.split(","), "a.csv")
    assert found is not None
    assert (found["invoice"], found["price"], found["customer_id"]) == (
        "InvoiceNo",
        "UnitPrice",
        "CustomerID",
    )


@st.composite
def _untidy(draw: st.DrawFn) -> list[str]:
    names = []
    for name in II:
        letters = [draw(st.sampled_from((c.upper(), c.lower()))) for c in name]
        gaps = draw(st.lists(st.sampled_from(("", " ", "_", "\u00a0")), min_size=len(name) + 1))
        names.append(gaps[-1] + "".join(a + b for a, b in zip(letters, gaps, strict=False)))
    return names


@given(_untidy())
def test_case_and_spaces_do_not_matter(names: list[str]):
    found = find_columns(names, "a.csv")
    assert found is not None
    assert list(found.values()) == names


def test_other_columns_and_another_order_do_not_matter():
    found = find_columns(["", "Total", *reversed(II), "Note"], "a.csv")
    assert found is not None
    assert found["invoice"] == "Invoice"
    assert found["country"] == "Country"
    assert len(found) == 8


def test_the_first_of_two_columns_with_one_meaning_counts():
    found = find_columns([*II, "UnitPrice"], "a.csv")
    assert found is not None
    assert found["price"] == "Price"


def test_one_missing_column_is_named_with_what_was_found():
    with pytest.raises(SourceError) as caught:
        find_columns([name for name in II if name != "Price"], "shop.xlsx, sheet 'May',")
    assert str(caught.value) == (
        "shop.xlsx, sheet 'May', lacks the column Price: rename or add what is missing in the "
        "first row, which has Invoice, StockCode, Description, Quantity, InvoiceDate, CustomerID, "
        "Country."
    )


def test_all_missing_columns_are_named():
    with pytest.raises(SourceError, match="lacks the columns Price, Customer ID, Country: "):
        find_columns(II[:5], "a.csv")


@pytest.mark.parametrize("names", [[], ["a", "b"], ["Country", "Price", "Quantity"]])
def test_a_header_of_something_else_is_no_header(names: list[str]):
    assert find_columns(names, "a.csv") is None


def test_no_lines_says_which_columns_are_needed():
    assert str(not_lines("a.csv", ["Day", "Total"])) == (
        "a.csv holds no invoice lines: the first row must name the columns Invoice, StockCode, "
        "Description, Quantity, InvoiceDate, Price, Customer ID, Country; it has Day, Total."
    )
    assert str(not_lines("a.csv", [])).endswith("; it is empty.")
    assert str(not_lines("a.csv", ["", " "])).endswith("; it is empty.")


def test_odd_names_are_shown_on_one_short_line():
    message = str(not_lines("a.csv", ["two\nlines", "\x1b[31mred\x00", "x" * 5000]))
    assert "; it has two lines, \N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}, xxx" in (
        message
    )
    assert len(message) < 500
    assert message.isprintable()
