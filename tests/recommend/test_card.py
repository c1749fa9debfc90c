"""The recommender's card and picture, without a training: no Spark in here."""

import io
from types import SimpleNamespace

import numpy as np
import pytest

from retail_lakehouse.recommend import card, pictures
from retail_lakehouse.recommend.data.ragged_rows import RaggedRows
from retail_lakehouse.recommend.evaluation.gates import Validation, compare_all
from retail_lakehouse.recommend.evaluation.holdout import ALL, NEW
from retail_lakehouse.recommend.evaluation.metrics import score
from retail_lakehouse.recommend.ranking.ranker import BLEND
from retail_lakehouse.settings import RecommendSettings

USERS = 60
SOURCE = "gold.purchases, Delta version 4"


def scores(found: int, last: bool = False):
    """``found`` of USERS customers were shown what they wanted, the first of them or the last."""
    lists = np.where(np.arange(USERS)[:, None] < found, 0, 1)
    lists = lists[::-1] if last else lists
    return score(lists, RaggedRows.of([[0]] * USERS), buyers=np.ones(2), customers=USERS)


def validation(discover: int) -> Validation:
    found = {
        ("discover", NEW): scores(discover), ("recent_popularity", NEW): scores(10, last=True),
        ("for_you", ALL): scores(40), ("own_then_recent", ALL): scores(20, last=True),
        ("buy_again", "repeat"): scores(30),
    }  # fmt: skip
    # 2011-11-10, as days since 1970.
    holdout = SimpleNamespace(start=15288, days=30, cold=0.125)
    return Validation(holdout, compare_all(found, {}), found)


def model(fitted: bool = True) -> SimpleNamespace:
    rankers = SimpleNamespace(fitted=True) if fitted else BLEND
    live = np.array([True] * 1200 + [False] * 3)
    return SimpleNamespace(
        settings=RecommendSettings(), catalogue=SimpleNamespace(live=live), rankers=rankers
    )


def test_the_card_says_what_on_what_how_good_and_what_not():
    text = card.model_card(model(), validation(30), SOURCE, "2011-12-10", "files")
    assert text.startswith(
        "**Three lists for each customer** out of 1,200 live products, as of 2011-12-10: gates "
        "passed."
    )
    assert "| Data | gold.purchases, Delta version 4, lines before 2011-12-10 |" in text
    assert "rank 48, alpha" in text
    assert "gradient-boosted trees" in text
    assert "Lists made on 2011-11-10 by a model that saw nothing later" in text
    assert "until 2011-12-09 (12.5% of the buyers had no history and are not judged)" in text
    assert "**Limits.**" in text
    assert "DEMO" not in text


def test_the_table_holds_each_ranking_where_it_is_judged_the_best_first():
    text = card.model_card(model(), validation(30), SOURCE, "2011-12-10", "files")
    rows = [line.split(" | ") for line in text.splitlines() if " to 0." in line]
    assert [(row[0], row[1], row[2], row[-1]) for row in rows] == [
        ("| never bought before", "**discover**", "0.5000", "60 |"),
        ("| never bought before", "popularity, last 30 days", "0.1667", "60 |"),
        ("| all products", "**for_you**", "0.6667", "60 |"),
        ("| all products", "own, then recent", "0.3333", "60 |"),
        ("| bought before", "**buy_again**", "0.5000", "60 |"),
    ]


def test_the_card_of_a_challenger_says_why():
    text = card.model_card(model(), validation(11), SOURCE, "2011-12-10", "files")
    assert "gates not passed: discover NDCG@10 0.1833 against 0.1667 of recent_popularity" in text


def test_the_card_of_a_young_shop_says_that_nothing_was_judged():
    text = card.model_card(model(fitted=False), Validation(), SOURCE, "2011-12-10", "demo")
    assert text.startswith("**DEMO SHOP: synthetic data.**")
    assert "gates not passed: no window with history before it to judge by" in text
    assert "Not judged: the shop is younger than a window." in text
    assert "the shop's past is too short to train trees" in text
    assert pictures.of_validation(Validation()) == {}


def test_the_source_is_shown_as_it_is_written():
    text = card.model_card(model(), Validation(), "`a|b` <x>\n# c", "2011-12-10", "files")
    (row,) = [line for line in text.splitlines() if line.startswith("| Data |")]
    assert row == (
        "| Data | &#96;a&#124;b&#96; &#60;x&#62;\N{REPLACEMENT CHARACTER}&#35; c, lines before "
        "2011-12-10 |"
    )


@pytest.mark.parametrize("discover", [0, 30])
def test_the_picture_shows_each_ranking_by_a_name_that_people_know(discover):
    (figure,) = pictures.of_validation(validation(discover)).values()
    figure.savefig(io.BytesIO(), format="png")
    left, right = figure.axes
    names = [{label.get_text() for label in axes.get_yticklabels()} for axes in (left, right)]
    assert names == [
        {"discover", "popularity, last 30 days"}, {"for_you", "own, then recent"},
    ]  # fmt: skip
