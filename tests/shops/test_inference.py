"""What values and names show, and what they do not."""

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from retail_lakehouse.landing.describing.evidence import date_shapes, number_shapes
from retail_lakehouse.shops.description import Columns, Format, LineRules
from retail_lakehouse.shops.inference import dates, layout, numbers
from retail_lakehouse.shops.inference.line_rules import Counts, Prefix, decide, recognised
from retail_lakehouse.shops.inference.names import II_HEADER, candidates, currency_in, meanings
from retail_lakehouse.shops.notation.single_values import parse_date, parse_number, parse_quantity

pytestmark = pytest.mark.no_spark
TODAY = date(2024, 6, 1)


def of_dates(*values: str, known: tuple[str, ...] = ()) -> dates.Dates:
    shapes = date_shapes(pa.chunked_array([list(values)], pa.string()))
    return dates.decide(shapes, "Datum", known, TODAY)


@pytest.mark.parametrize(
    ("values", "patterns"),
    [
        (["2023-01-03 09:15:00", "2023-12-31"], ("iso",)),
        (["2023-01-03T09:15:00.000Z", "2023-01-03T09:15:00+02:00"], ("iso",)),
        (["1/14/2023 9:15"], ("M/d/yyyy H:mm",)),
        (["14/1/2023 9:15:30"], ("d/M/yyyy H:mm:ss",)),
        (["14/1/2023", "1/2/2023 9:15"], ("d/M/yyyy", "d/M/yyyy H:mm")),
        (["31.01.23 09.15"], ("d.M.yy H.mm",)),
        (["1/14/23 12:15 PM"], ("M/d/yy h:mm a",)),
        (["1/14/23 12:15pm"], ("M/d/yy h:mma",)),
        (["20230114"], ("yyyyMMdd",)),
        (["20230114 091500"], ("yyyyMMdd HHmmss",)),
        (["2023/1/4 9:15"], ("yyyy/M/d H:mm",)),
        (["3 Jan 2023", "14 May 2023"], ("d MMM yyyy",)),
        (["January 3, 2023"], ("MMMM d, yyyy",)),
        (["03-JAN-23 09:15"], ("d-MMM-yy H:mm",)),
        (["44929.3854166667", "44930"], ("excel_serial",)),
        (["1672737300"], ("epoch_seconds",)),
        (["1672737300000"], ("epoch_millis",)),
        (["23/01/14", "23/02/28"], ("yy/M/d",)),
        # More days than a shop has years.
        (["23/01/02", "23/02/18", "22/12/01"], ("yy/M/d",)),
        (["02/01/23", "18/02/23", "01/12/22"], ("d/M/yy",)),
        # Full stops alone do not make a number of a day.
        (["31.01.2023", "02.03.2023"], ("d.M.yyyy",)),
        (["31.01.23", "02.03.23"], ("d.M.yy",)),
        # A year before 2000, in two digits.
        (["31/01/97", "02/03/98"], ("d/M/yy",)),
        (["97/01/31", "98/03/02"], ("yy/M/d",)),
        (["2023-31-01", "2023-02-03"], ("yyyy-d-M",)),
        (["2023/31/01 9:15"], ("yyyy/d/M H:mm",)),
        (["20230114091500", "20230114091501"], ("yyyyMMddHHmmss",)),
        (["1672737300.0"], ("epoch_seconds",)),
        (["1672737300000.0"], ("epoch_millis",)),
        (["14/1/2023 - 9:15"], ("d/M/yyyy - H:mm",)),
        (["14/1/2023 9h15"], ("d/M/yyyy H'h'mm",)),
        (["14.1.2023 9:15 Uhr"], ("d.M.yyyy H:mm 'Uhr'",)),
        (["14/1/2023 12:15 p. m.", "14/1/2023 9:15 a.m."], ("d/M/yyyy h:mm a",)),
        (["25-Sept-2022", "25-Oct-2022"], ("d-MMM-yyyy",)),
        # A placeholder, and a mistake in one line of many.
        (["1/14/2023"] * 60 + ["1900-01-01", "soon"], ("M/d/yyyy", "iso")),
        (["1/14/2023"] * 9 + ["13/13/2023"], ("M/d/yyyy",)),
    ],
)
def test_patterns_are_found(values, patterns):
    found = of_dates(*values)
    assert found.questions == ()
    assert set(found.patterns) == set(patterns)
    for value in values:
        read = parse_date(value, found.patterns)
        assert read is not None or value in ("soon", "13/13/2023")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["1/2/2023", "3/4/2023"], "tells the day from the month (days 1 to 12 only)"),
        (["13/1/2023", "1/13/2023"], "day first and month first in turn"),
        (["13/1/2023"] * 3 + ["2023-05-01 00:00:00"] * 2, "as dates and as text in turn"),
        (["13/1/2023"] * 3 + ["44929.5"] * 2, "as dates and as text in turn"),
        (["13-1-2023"] * 3 + ["5/1/2023"] * 2, "in two ways in turn"),
        (["yesterday", "today", "1/14/2023"], "holds no dates that can be read"),
        ([], "holds no dates that can be read (nothing)"),
        (["3.4.2023", "5.6.2023"], "tells the day from the month (days 1 to 12 only)"),
        # Two years of a shop, or two days of January 2001.
        (["01/01/19", "01/01/23"], "01/01/19 may be 01 January 2019 or 19 January 2001"),
        (["19/01/01", "23/01/01"], "tells year, month and day apart"),
        (["11/12/19", "11/12/23"], "or 12 November 2019 or 19 December 2011"),
        (["03.04.23", "05.06.23"], "03.04.23 may be 03 April 2023 or 04 March 2023"),
        # A placeholder shows nothing of the others, and is no example.
        (["1/2/2023", "31/12/9999"], "tells the day from the month (days 1 to 12 only)"),
        (["01.02.2023", "00.00.0000"], "01.02.2023 may be 01 February 2023 or 02 January 2023"),
        (["01/02/23", "31/12/99"], 'such as "01/02/23" with years from 23 to 99'),
    ],
)
def test_unclear_dates_are_asked_about(values, says):
    (question,) = of_dates(*values).questions
    assert question.key == "format.dates"
    assert says in question.says


def test_the_proof_is_shown_and_holds_for_other_files():
    assert of_dates("1/2/2023", "31/12/2023").findings == ("31/12/2023 occurs: day first",)
    assert of_dates("1/2/2023", known=("d/M/yyyy H:mm",)).patterns == ("d/M/yyyy",)


def of_numbers(*values: str) -> numbers.Marks:
    return numbers.decide(number_shapes(pa.chunked_array([list(values)], pa.string()), "Preis"))


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        (["1", "12", "-3"], (".", "", "")),
        (["2.55", "1234.5"], (".", "", "")),
        (["2,55", "1.234,50"], (",", ".", "")),
        (["£1,234.50", "£2.00"], (".", ",", "GBP")),
        (["1 234,50 €", "0,99 €"], (",", " ", "EUR")),
        (["1\u00a0234,50"], (",", " ", "")),
        (["CHF 1'234.50"], (".", "'", "CHF")),
        (["1,234", "2.50"], (".", ",", "")),
        (["0.750", "12.500"], (".", "", "")),
        (["1.234.567"], (",", ".", "")),
        (["(3)", "3-", "'4", "1e-05"], (".", "", "")),
        (["n/a", "x", "7"], (".", "", "")),
        (["1,23,456.50", "99.00"], (".", ",", "")),
        (["US$ 1.50", "US$2.00"], (".", "", "USD")),
        (["C$1.50"], (".", "", "CAD")),
    ],
)
def test_marks_and_currency_are_found(values, marks):
    found = of_numbers(*values)
    assert found.questions == ()
    assert (found.decimal, found.thousands, found.currency) == marks


@pytest.mark.parametrize(
    ("values", "key"),
    [
        (["1,234", "2,500"], "format.decimal"),
        (["1.5", "1,5"], "format.decimal"),
        (["1.234,5", "1,234.5"], "format.decimal"),
        (["£1.50", "€2.50"], "currency"),
        (["US$1.50", "C$2.50"], "currency"),
    ],
)
def test_unclear_numbers_are_asked_about(values, key):
    (question,) = of_numbers(*values).questions
    assert question.key == key
    assert len(question.answers) == 2


def test_quantities_have_no_words_and_amounts_no_sign_of_another_currency():
    """As in cleaning: a look at the shop must show what will become of its lines."""
    plain = Format(thousands=",")
    assert parse_quantity("1,200.500", plain) == Decimal("1200.5")
    assert parse_quantity("(3)", plain) == -3
    for text in ("3 pcs", "x3", "3 CR", "£3", "0.0005", "9999999999", "1e99"):
        assert parse_quantity(text, plain) is None
    assert parse_number("$5", plain, "USD") == parse_number("US$ 5", plain, "USD") == 5
    for text in ("€5", "EUR 5", "5 CR", "5 Dr", "5p"):
        assert parse_number(text, plain, "USD") is None
    assert parse_number("1,23,456.50", plain) == Decimal("123456.5")
    assert parse_number("1\u2019234.50", Format(thousands="'")) == Decimal("1234.5")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,50", "1234.50"), ("-1,5", "-1.5"), ("1,5-", "-1.5"), ("(1,5)", "-1.5"),
        ("€ 1,5", "1.5"), ("1,5 €", "1.5"), ("-€1,5", "-1.5"), ("'7", "7"), ("1.23", None),
        ("--1", None), ("(1)-", None), ("", None), ("x", None), ("1,2,3", None), ("NaN", None),
    ],
)  # fmt: skip
def test_numbers_are_read_strictly(text, value):
    read = parse_number(text, Format(decimal=",", thousands="."))
    assert read == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("text", "pattern", "read"),
    [
        ("2023-06-01T10:00:00Z", "iso", datetime(2023, 6, 1, 10)),
        ("2023-06-01 10:00 +0200", "iso", datetime(2023, 6, 1, 10)),
        ("0000-06-01", "iso", None),
        ("2023-02-30", "iso", None),
        ("44929.3854166667", "excel_serial", datetime(2023, 1, 3, 9, 15)),
        ("1/2/70", "d/M/yy", datetime(1970, 2, 1)),
        ("1/2/69", "d/M/yy", datetime(2069, 2, 1)),
        ("1/2/02023", "d/M/yyyy", None),
        ("1 Sept 2023", "d MMM yyyy", datetime(2023, 9, 1)),
        ("1/2/2023 9:15 p. m.", "d/M/yyyy h:mm a", datetime(2023, 2, 1, 21, 15)),
        ("+1/2/2023", "d/M/yyyy", None),
    ],
)
def test_dates_are_read_strictly(text, pattern, read):
    assert parse_date(text, (pattern,)) == read


def test_zoned_times_come_to_the_shops_own_clock():
    assert parse_date("2023-06-01T10:00:00Z", ("iso",), "Europe/London") == datetime(2023, 6, 1, 11)
    assert parse_date("1672737300000", ("epoch_millis",), "UTC") == datetime(2023, 1, 3, 9, 15)


# Names


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        (",".join(II_HEADER), "invoice stock_code description quantity invoice_date price "
         "customer_id country"),
        ("Order ID,SKU,Product,Qty,Order Date,Unit Price,Customer No", "invoice stock_code "
         "description quantity invoice_date price customer_id"),
        ("Rechnungsnr.,Artikelnr.,Menge,Datum,Einzelpreis,Kundennr.", "invoice stock_code quantity "
         "invoice_date price customer_id"),
        ("N° facture,Référence,Quantité,Date,Prix unitaire,ID client,Pays", "invoice stock_code "
         "quantity invoice_date price customer_id country"),
        ("N° facture,Référence article,Qté,Date de commande,Prix unitaire TTC (€),N° client",
         "invoice stock_code quantity invoice_date price customer_id"),
        ("Nº Factura,Código de producto,Cantidad,Fecha de venta,Precio,Código del cliente",
         "invoice stock_code quantity invoice_date price customer_id"),
        ("Fakturanr,Artikelnr,Antal,Datum,Pris,Kundnr",
         "invoice stock_code quantity invoice_date price customer_id"),
        ("Name,Lineitem sku,Lineitem quantity,Created at,Lineitem price,Email", "invoice "
         "stock_code quantity invoice_date price customer_id"),
    ],
)  # fmt: skip
def test_headers_in_use_are_known(header, ours):
    names = header.split(",")
    found = {key: names[places[0]] for key, places in candidates(names).items()}
    assert found == dict(zip(ours.split(), names, strict=True))


@pytest.mark.parametrize(
    ("name", "ours", "currency"),
    [("Price (GBP)", "price", "GBP"), ("Unit Price EUR", "price", "EUR"),
     ("Total [€]", "amount", "EUR"),
     ("Order Date (UTC)", "invoice_date", ""), ("Quantity (pcs)", "quantity", ""), ("All", "", ""),
     ("Price in CHF", "price", "CHF"), ("Price (A$)", "price", "AUD"),
     ("Price (R$)", "price", "BRL"), ("Price ($)", "price", "USD")],
)  # fmt: skip
def test_units_in_names_do_not_hide_what_they_are(name, ours, currency):
    assert set(meanings(name)) == ({ours} if ours else set())
    assert currency_in(name) == currency


def head(names: str, *rows: str) -> list[list[str]]:
    return [names.split(","), *(row.split(",") for row in rows)]


ROW = "1,2,x,3,2023-01-31,4.5,7,France"


def test_titles_and_other_columns_do_not_matter():
    rows = [["Sales"], [], *head("#," + ",".join(II_HEADER), "9," + ROW)]
    found = layout.find(rows)
    assert found.layout is not None
    assert (found.layout.header, found.layout.places["invoice"]) == (2, 1)
    assert found.missing == ()
    assert found.questions == ()


def test_two_columns_that_could_be_the_price_are_asked_about():
    (question,) = layout.find(head(",".join((*II_HEADER, "UnitPrice")), ROW + ",5.5")).questions
    assert question.key == "columns.price"
    assert question.answers == ('columns.price = "Price"', 'columns.price = "UnitPrice"')
    # Which of the two, somebody has said.
    settled = layout.find(
        head(",".join((*II_HEADER, "UnitPrice")), ROW + ",5.5"), {"price": "UnitPrice"}
    )
    assert settled.questions == ()
    assert settled.layout is not None
    assert settled.layout.columns().price == "UnitPrice"


@pytest.mark.parametrize("other", ["4.5", "", "cheap"])
def test_values_tell_which_of_two_columns_it_is(other):
    found = layout.find(head(",".join((*II_HEADER, "UnitPrice")), f"{ROW},{other}"))
    assert found.questions == ()
    assert found.layout is not None
    assert found.layout.columns().price == "Price"


def test_totals_do_where_there_is_no_price():
    names = ",".join(II_HEADER).replace("Price", "Total")
    found = layout.find(head(names, ROW))
    assert found.layout is not None
    assert (found.layout.columns().amount, found.layout.columns().price) == ("Total", None)
    assert found.missing == ()


def test_what_is_missing_is_known():
    found = layout.find(
        head("Invoice,Quantity,InvoiceDate,Price,Customer ID", "1,2,2023-01-31,4,5")
    )
    assert found.missing == ("stock_code",)
    assert found.is_lines
    assert not layout.find(head("StockCode,Description,Quantity,Price", "1,x,2,3")).is_lines
    assert layout.find(head("day,total", "1,2")).layout is None


def test_a_time_of_its_own_counts_where_dates_have_none():
    names = ",".join(II_HEADER) + ",Time"
    apart = layout.find(head(names, ROW + ",09:15"))
    together = layout.find(head(names, ROW.replace("31,", "31 08:26,", 1) + ",09:15"))
    assert apart.layout is not None
    assert together.layout is not None
    assert apart.layout.columns().invoice_time == "Time"
    assert together.layout.columns().invoice_time is None


def test_names_are_found_as_a_description_gives_them():
    columns = Columns("a b", "C", "Größe", "日付", "e", price="f")
    found = layout.by_description([["x"], ["A_B", "c", "groesse", "日付", "E", "F"]], columns)
    assert found.missing == ("quantity",)
    found = layout.by_description([["x"], ["A_B", "c", "Größe", "日付", "E", "F"]], columns)
    assert found.missing == ()


# Lines


def test_a_prefix_of_lines_taken_back_cancels():
    counts = Counts(100, {"": Prefix(95), "C": Prefix(5, 5, 0, "C7")}, with_digit=100)
    rules, findings = decide(counts)
    assert rules.cancellation.invoice_prefix == "C"
    assert findings == ("invoices such as C7 cancel (5 lines)",)


def test_negative_quantities_cancel_where_no_prefix_does():
    rules, _ = decide(Counts(100, {"": Prefix(100, 4)}, with_digit=100))
    assert rules.cancellation.invoice_prefix is None
    assert rules.cancellation.negative_quantity


def test_words_of_a_column_cancel():
    status = {"Type": {"Sale": 90, "Refund": 10}}
    rules, _ = decide(Counts(100, {"": Prefix(100)}, with_digit=100, status=status))
    assert (rules.cancellation.column, rules.cancellation.values) == ("Type", ("Refund",))


@pytest.mark.parametrize(
    ("column", "words", "values"),
    [
        ("Is Return", {"0": 97, "1": 3}, ("1",)),
        ("returned", {"No": 97, "Yes": 3}, ("Yes",)),
        ("is_cancelled", {"False": 97, "True": 3}, ("True",)),
        ("Order Status", {"1": 97, "Completed": 3}, ()),
        ("Returned", {"1": 97, "0": 3}, ()),
    ],
)
def test_a_flag_of_lines_taken_back_cancels(column, words, values):
    counts = Counts(100, {"": Prefix(100)}, 99, status={column: words})
    cancellation = decide(counts)[0].cancellation
    assert (cancellation.column, cancellation.values) == (column if values else None, values)
    # What Online Retail II has no column for is not passed over for its sake.
    assert recognised(counts) == (not values)


@pytest.mark.parametrize("word", ["Cash Sale", "Laufkundschaft", "(leer)", "unassigned", "-1.0"])
def test_who_pays_cash_is_nobody(word):
    counts = Counts(100, {"": Prefix(100)}, nobody={word: 9})
    assert decide(counts)[0].anonymous == (word,)


def test_words_for_nobody_are_compared_as_codes_are():
    rules = LineRules(anonymous=("0.0", " Guest", "99999"))
    assert rules.nobody == ("0", "guest", "99999")


@pytest.mark.parametrize(
    ("customers", "said"),
    [
        ({"99999": 400, "1": 9, "2": 8}, True),
        ({"0": 400, "1": 9, "2": 8}, False),
        ({"99999": 90, "1": 40}, False),
        ({"99999": 40, "1": 4}, False),
    ],
)
def test_a_customer_who_may_be_all_others_is_shown(customers, said):
    _, findings = decide(Counts(1_000, {"": Prefix(1_000)}, customers=customers))
    clause = (
        "no customer, perhaps: 99999 has 400 of 1,000 lines, the next 9 (then name it in "
        "lines.anonymous)"
    )
    assert (clause in findings) == said


def test_a_prefix_and_a_column_may_both_cancel():
    prefixes = {"": Prefix(95), "C": Prefix(5, 5, example="C1")}
    counts = Counts(100, prefixes, status={"Status": {"Shipped": 95, "Cancelled": 5}})
    cancellation = decide(counts)[0].cancellation
    assert cancellation.invoice_prefix == "C"
    assert (cancellation.column, cancellation.values) == ("Status", ("Cancelled",))


def test_a_series_of_invoices_is_no_adjustment():
    series = Counts(100, {"A": Prefix(100)}, with_digit=100)
    assert decide(series)[0].adjustment_prefix is None
    few = Counts(1000, {"": Prefix(999), "A": Prefix(1, 0, 1, "A5")}, with_digit=1000)
    assert decide(few)[0].adjustment_prefix == "A"


def test_services_and_nobody_are_known_by_their_words():
    counts = Counts(
        1000, {"": Prefix(1000)}, with_digit=990, words={"POST": 9, "Gift card": 1},
        nobody={"Guest": 50, "Smith": 3, "0": 2},
    )  # fmt: skip
    rules, _ = decide(counts)
    assert rules.service_codes == ("GIFT CARD", "POST")
    assert rules.anonymous == ("0", "Guest")
    # Where codes are words, a word is no service for having no digit.
    words = decide(Counts(100, {"": Prefix(100)}, words={"BREAD": 1, "Postage": 1}))[0]
    assert words.service_codes == ("POSTAGE",)


@pytest.mark.parametrize(
    ("counts", "known"),
    [
        (Counts(100, {"": Prefix(98), "C": Prefix(2, 2)}, 99), True),
        (Counts(100, {"": Prefix(100)}, 50), False),
        (Counts(100, {"A": Prefix(100)}, 99), False),
        (Counts(100, {"": Prefix(100, 7)}, 99), False),
        (Counts(100, {"": Prefix(90), "C": Prefix(10)}, 99), False),
    ],
)
def test_online_retail_is_recognised_by_more_than_its_header(counts, known):
    assert recognised(counts) == known


def test_each_name_of_a_header_is_another():
    names = layout.as_names(("A", "A", "", "A (3)", "A (3)", "column 3"))
    assert names == ("A", "A (2)", "column 3", "A (3)", "A (3) (5)", "column 3 (6)")
