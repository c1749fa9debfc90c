import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.shops import shop_file
from retail_lakehouse.shops.description import (
    Cancellation,
    Columns,
    Format,
    LineRules,
    ShopDescription,
)
from retail_lakehouse.shops.shop_text import to_toml

pytestmark = pytest.mark.no_spark
SHOP = """
name = "Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[columns]
invoice = "Beleg"
stock_code = "Artikel"
quantity = "Menge"
invoice_date = "Datum"
invoice_time = "Uhrzeit"
amount = "Summe"
customer_id = "Kunde"
[format]
dates = ["d.M.yyyy H:mm", "iso"]
decimal = ","
thousands = "."
[lines]
service_codes = ["PORTO"]
anonymous = ["Gast"]
resent = "replaces"
[lines.cancellation]
column = "Art"
values = ["Storno"]
"""

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda text: bool(text.strip())
)
_TEXTS = st.lists(_TEXT, max_size=3).map(tuple)


@st.composite
def shops(draw: st.DrawFn) -> ShopDescription:
    names = draw(st.lists(_TEXT, min_size=11, max_size=11, unique=True))
    columns = [field.name for field in dataclasses.fields(Columns)]
    chosen = dict(zip(columns, names, strict=False))
    for optional in ("invoice_time", "description", "country", "amount"):
        chosen[optional] = draw(st.sampled_from([chosen[optional], None]))
    values = draw(_TEXTS)
    return ShopDescription(
        name=draw(_TEXT),
        columns=Columns(**chosen),
        currency=draw(st.sampled_from(["EUR", "XXX", "GBP"])),
        timezone=draw(st.sampled_from(["", "Europe/London"])),
        format=Format(
            draw(st.sampled_from([("iso",), ("d/M/yyyy H:mm", "excel_serial")])),
            ",",
            draw(st.sampled_from(["", ".", " "])),
            draw(st.sampled_from(["", "cp1252"])),
            draw(st.sampled_from(["", "\t"])),
            draw(st.integers(0, 9)),
            draw(_TEXTS),
        ),
        lines=LineRules(
            Cancellation(
                draw(st.none() | _TEXT), draw(st.booleans()), names[10] if values else None, values
            ),
            draw(st.none() | _TEXT),
            draw(st.sampled_from(["", "^[0-9]{5}"])),
            draw(_TEXTS),
            draw(_TEXTS),
            draw(st.sampled_from(["adds", "replaces"])),
        ),
        proposed=draw(st.booleans()),
    )


@settings(deadline=None)
@given(shops())
def test_what_is_written_reads_back_the_same(shop):
    assert shop_file.parse(to_toml(shop), "shop.toml") == shop


def test_all_of_a_file_is_read():
    shop = shop_file.parse(SHOP, "shop.toml")
    assert (shop.name, shop.currency, shop.timezone) == ("Shop", "EUR", "Europe/Berlin")
    assert shop.columns == Columns(
        "Beleg", "Artikel", "Menge", "Datum", "Kunde", amount="Summe", invoice_time="Uhrzeit"
    )
    assert shop.format == Format(("d.M.yyyy H:mm", "iso"), ",", ".")
    assert shop.lines == LineRules(
        Cancellation(column="Art", values=("Storno",)),
        service_codes=("PORTO",),
        anonymous=("Gast",),
        resent="replaces",
    )


@pytest.mark.parametrize("name", [shop_file.ONLINE_RETAIL, shop_file.ONLINE_RETAIL_II])
def test_packaged_descriptions_say_what_the_two_data_sets_are(name):
    shop = shop_file.packaged(name)
    assert (shop.currency, shop.lines.product_code) == ("GBP", "^[0-9]{5}")
    assert shop.lines.cancellation == Cancellation("C")
    assert shop.lines.adjustment_prefix == "A"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[columns]", "[columns", "is not TOML: mend it ("),
        ('name = "Shop"', "", "lacks the key name: add it."),
        ('name = "Shop"', "name = 3", "name = 3 is no text: write one in quotation marks."),
        ('"EUR"', '"UKP"', "currency = 'UKP' is no currency of ISO 4217: write its three capitals"),
        (
            '"Europe/Berlin"',
            '"Berlin"',
            "timezone = 'Berlin' is no time zone: write a name such as",
        ),
        ('"Europe/Berlin"', '"../x"', "is no time zone"),
        ("[format]", "[format]\ncolour = 1", "has an unknown key format.colour: delete it, or"),
        ('"d.M.yyyy H:mm"', '"d.M.Y"', "has 'Y', which is no part of a date"),
        ('"d.M.yyyy H:mm"', '"H:mm"', "does not say year, month and day once each"),
        ('["d.M.yyyy H:mm", "iso"]', "[]", "format.dates = [] is empty: write patterns such as"),
        ('decimal = ","', 'decimal = "x"', "format.decimal = 'x' is none of '.', ',': write one"),
        ('thousands = "."', 'thousands = ","', "is the decimal mark too: change one."),
        ('amount = "Summe"', "", "lacks the key columns.price: add it, or columns.amount for a"),
        ('amount = "Summe"', 'amount = "Menge"', "columns = 'Menge' is there twice"),
        ('values = ["Storno"]', "", "lines.cancellation.values go together: write both or none."),
        ('column = "Art"', 'column = "Menge"', "is one of [columns] already: name one that is not"),
        ('"replaces"', '"both"', "lines.resent = 'both' is none of 'adds', 'replaces'"),
        ('["PORTO"]', '"PORTO"', "lines.service_codes = 'PORTO' is no list"),
        ("[lines]", '[lines]\nproduct_code = "("', "is no regular expression ("),
        ("[lines]", "lines = 3\n[other]", "is no section: write [lines]."),
        ('"PORTO"', f'"{"x" * 300}"', "longer than 200 characters: shorten it."),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(old, new, says):
    text = SHOP.replace(old, new, 1)
    if "lines = 3" in text:
        text = "lines = 3\n" + SHOP.split("[lines]")[0]
    with pytest.raises(SettingsError) as caught:
        shop_file.parse(text, "shop.toml")
    message = str(caught.value)
    assert message.startswith("shop.toml")
    assert says in message
    assert "\n" not in message
    assert len(message) < 700


def test_files_that_are_none_are_refused(tmp_path):
    path = tmp_path / "shop.toml"
    with pytest.raises(SettingsError, match=r"cannot be read \(No such file"):
        shop_file.read(path)
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(SettingsError, match="is not UTF-8 text: save it as UTF-8"):
        shop_file.read(path)
    path.write_text("#" * 70_000)
    with pytest.raises(SettingsError, match="has more than 65,536 bytes"):
        shop_file.read(path)
    path.write_text("x = " + "[" * 20_000)
    with pytest.raises(SettingsError, match="is not TOML"):
        shop_file.read(path)
