"""Commands that the guides show, run on a small shop as they stand there.

Another shop's customers and products are named in them; the small one's take their place.
"""

import json
import shutil

import pytest
from click.testing import CliRunner

from asset_bundle import ROOT
from guides import IN_BLOCKS, IN_SENTENCES
from retail_lakehouse.cli import app
from retail_lakehouse.landing import demo
from retail_lakehouse.tables import CUSTOMER_SEGMENTS, SALES

# Minutes each, servers, or changes of a home: the modules named have tests of what they do.
ELSEWHERE = {
    "backtest": "tests/steps/test_models.py",
    "demo": "tests/landing/test_demo.py",
    "forget": "tests/care/test_forget.py",
    "gold": "tests/test_pipeline.py",
    "maintain": "tests/care/test_maintain.py",
    "run": "tests/machine/test_home_runs.py",
    "serve": "tests/web/test_servers.py",
    "silver": "tests/test_pipeline.py",
    "train-segments": "tests/steps/test_models.py",
    "tune": "tests/steps/test_models.py",
    "ui": "tests/web/test_servers.py",
}
SHOWN = sorted({*IN_BLOCKS, *(words for words in IN_SENTENCES if len(words) > 1)})
# What a corrected file holds is a person's work: tests/care loads some.
RUN_HERE = [words for words in SHOWN if words[0] not in ELSEWHERE and "--load" not in words]
# The small shop has none of those that the guides name.
VALUES = {"France": "United Kingdom", "unreadable_price": "non_product"}
HOMES = ("lakehouse", "lakehouse-demo", "my-shop")


@pytest.fixture(scope="module")
def folder(shop, tmp_path_factory):
    """A folder as the guides have it: homes, and a shop's files."""
    place = tmp_path_factory.mktemp("guides")
    shutil.copytree(shop.settings.home, place / HOMES[0])
    for name in HOMES[1:]:
        (place / name).symlink_to(HOMES[0], target_is_directory=True)
    (place / "exports").mkdir()
    demo.write(500, place / "exports" / "day.csv")
    return place


@pytest.fixture(scope="module")
def named(shop):
    """A customer and a product of the small shop."""
    read = shop.lakehouse.read
    member = read(CUSTOMER_SEGMENTS).orderBy("frequency", ascending=False).first()
    product = read(SALES).where("customer_id IS NOT NULL").orderBy("stock_code").first()
    return member["customer_id"], product["stock_code"]


def with_names(words, named):
    """The command with the small shop's customers and product, where it takes any."""
    customer, product = named
    command, *rest = (VALUES.get(word, word) for word in words)
    if command == "product":
        return [command, product, *rest[1:]]
    if command == "customer":
        return [command, customer, *rest[1:]]
    return [command, *rest]


@pytest.mark.parametrize("words", RUN_HERE, ids=" ".join)
def test_a_shown_command_does_what_it_says(words, folder, named, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.delenv("RETAIL_LAKEHOUSE_HOME", raising=False)
    answer = CliRunner().invoke(app, with_names(words, named), catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    assert answer.stdout
    if "--json" in words:
        assert json.loads(answer.stdout)["document"] == words[0]
    written = [word for word in words if word.endswith((".csv", ".xlsx", ".toml"))]
    assert all((folder / name).is_file() for name in written)


@pytest.mark.parametrize("module", sorted(set(ELSEWHERE.values())))
def test_the_modules_named_are_there(module):
    assert (ROOT / module).is_file()
