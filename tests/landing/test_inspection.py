"""What 'inspect' shows, writes and takes for an answer."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from retail_lakehouse.cli import app
from retail_lakehouse.errors import SettingsError, SourceError
from retail_lakehouse.landing.describing.inspection import inspect, write
from retail_lakehouse.landing.land import land
from retail_lakehouse.landing.landed import kept_shop, landed_files, read_again
from retail_lakehouse.shops import shop_file

pytestmark = pytest.mark.no_spark
HEADER = "Order ID,SKU,Qty,Order Date,Price,Net Price,Client ID"
LINES = (
    "7001,AB1,2,1/2/2023,€2.50,€2.00,guest",
    "7002,AB2,-1,3/4/2023,€9.90,€9.00,C-1",
    "7003,POST,1,5/6/2023,€1.00,€1.00,C-2",
)
ANSWERS = ("columns.price=Net Price", "format.dates=d/M/yyyy")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv"
    path.write_text("\n".join((HEADER, *LINES)))
    return path


def test_what_is_unclear_is_asked_and_the_rest_is_found(path):
    found = inspect([path])
    assert [question.key for _, question in found.questions] == ["columns.price", "format.dates"]
    shop = found.shop
    assert shop is not None
    assert (shop.name, shop.currency) == ("sales", "EUR")
    assert shop.columns.stock_code == "SKU"
    assert shop.lines.anonymous == ("guest",)
    assert shop.lines.service_codes == ("POST",)
    assert shop.lines.cancellation.negative_quantity
    assert found.lines == 3
    assert found.traits == {"sales.csv": ("encoding utf-8", "delimiter ,")}


def test_answers_settle_it(path):
    found = inspect([path], settled=ANSWERS)
    assert found.questions == []
    assert found.shop is not None
    assert (found.shop.columns.price, found.shop.format.dates) == ("Net Price", ("d/M/yyyy",))
    assert {name: one.lines for name, one in found.outcomes().items()} == {
        "sale": 1,
        "return": 1,
        "non_product": 1,
    }


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("price", "--set 'price' is no answer: write KEY=VALUE"),
        ("format.colour=1", "--set has an unknown key format.colour"),
        ("format.dates=x", "format.dates = ['x'] is wrong in 'x'"),
        ("name.x=1", "--set name.x is no key of a shop's description"),
    ],
)
def test_wrong_answers_are_refused(path, answer, says):
    with pytest.raises(SettingsError) as caught:
        inspect([path], settled=[*ANSWERS, answer])
    assert says in str(caught.value)


def test_what_is_written_open_must_be_settled_first(path, tmp_path):
    file = tmp_path / "shop.toml"
    write(inspect([path]), file)
    text = file.read_text()
    for line in ('# price = "Price"', '# price = "Net Price"', '# dates = ["d/M/yyyy"]'):
        assert line in text
    with pytest.raises(SettingsError, match=r"columns\.price = '' is no text"):
        shop_file.read(file)
    text = text.replace('price = ""', 'price = "Price"')
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"format.dates = \[\] is empty"):
        shop_file.read(file)


def test_what_is_written_is_what_land_takes(path, tmp_path):
    file = tmp_path / "shop.toml"
    landing = tmp_path / "landing"
    with pytest.raises(SourceError, match=r'"Price" .* and "Net Price" .* could both be the Price'):
        land([str(path)], landing)
    assert not list(landing.rglob("*.toml")) + landed_files(landing)
    write(inspect([path], settled=ANSWERS), file)
    done = land([str(path)], landing, shop=file)
    assert done.description == shop_file.read(file) == kept_shop(landing)
    # The home knows it from now on.
    assert land([str(path)], landing) == done


def test_another_choice_of_columns_lands_the_file_anew(path, tmp_path):
    file = tmp_path / "shop.toml"
    landing = tmp_path / "landing"
    write(inspect([path], settled=ANSWERS), file)
    first = land([str(path)], landing, shop=file)
    write(inspect([path], settled=["columns.price=Price", ANSWERS[1]]), file)
    second = land([str(path)], landing, shop=file)
    assert [p.stem for p in landed_files(landing)] == list(second.batches)
    assert first.batches != second.batches
    # So bronze lets go of what it has loaded of it.
    assert read_again(first.batches, second.batches) == set(first.batches)
    assert read_again(second.batches, second.batches) == set()
    # What lines mean is no matter of reading.
    file.write_text(file.read_text().replace('resent = "adds"', 'resent = "replaces"'))
    assert land([str(path)], landing, shop=file).batches == second.batches


def test_files_that_were_read_otherwise_are_not_mixed(path, tmp_path):
    file = tmp_path / "shop.toml"
    landing = tmp_path / "landing"
    write(inspect([path], settled=ANSWERS), file)
    land([str(path)], landing, shop=file)
    more = tmp_path / "more.csv"
    more.write_text(path.read_text().replace("700", "800"))
    write(inspect([path], settled=["columns.price=Price", ANSWERS[1]]), file)
    with pytest.raises(SourceError, match=r"holds sales\.csv, which was read with other columns"):
        land([str(more)], landing, shop=file)
    assert land([str(path), str(more)], landing, shop=file).lines == 6


def test_a_description_that_does_not_fit_is_refused(path, tmp_path):
    file = tmp_path / "shop.toml"
    write(inspect([path], settled=ANSWERS), file)
    file.write_text(file.read_text().replace("Client ID", "Member"))
    with pytest.raises(SourceError, match="lacks the column Member: rename or add"):
        land([str(path)], tmp_path / "landing", shop=file)


def test_the_command_shows_it_and_writes_it(path, tmp_path):
    file = tmp_path / "shop.toml"
    answer = CliRunner().invoke(app, ["inspect", str(path), "--write", str(file)])
    assert answer.exit_code == 0, answer.output
    for said in (
        "stock_code    = SKU   such as AB1",
        "tells the day from the month (days 1 to 12 only): 1/2/2023 may be 01 February 2023 or 02 "
        "January 2023",
        "--set 'columns.price = \"Net Price\"'",
        "no customer: guest",
        "occurs: currency EUR",
        f"Written to {file}",
    ):
        assert said in answer.output
