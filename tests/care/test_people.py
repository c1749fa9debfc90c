"""Who is to be forgotten, and what is noted of it until it is done."""

from datetime import date

import pytest

from retail_lakehouse.care import people
from retail_lakehouse.errors import SettingsError


def test_ids_are_read_as_cleaning_reads_them_each_once():
    assert people.asked_for(["13085.0", " 13085", "'00123", "C-7", "007"]) == (
        "13085", "00123", "C-7", "007",
    )  # fmt: skip


@pytest.mark.parametrize("wrong", ["", "  ", "nan", "'", "forgotten-0123456789abcdef-0123"])
def test_what_names_nobody_is_refused(wrong):
    with pytest.raises(SettingsError, match="is no customer's id: give one"):
        people.asked_for(["13085", wrong])


def test_an_id_that_a_spreadsheet_cut_is_refused():
    with pytest.raises(SettingsError, match="last digits a spreadsheet has lost"):
        people.asked_for(["6.01122E+12"])
    assert people.asked_for(["ANNE+1"]) == ("ANNE+1",)


def test_what_was_cut_short_goes_on_with_the_same_secrets(tmp_path):
    assert people.under_way(tmp_path) is None
    first = people.begin(tmp_path, ["1", "2"], None, date(2010, 1, 5))
    again = people.under_way(tmp_path)
    assert again == first
    both = people.begin(tmp_path, ["3"], again, date(2011, 1, 1))
    assert list(both.secrets) == ["1", "2", "3"]
    assert both.secrets["1"] == first.secrets["1"] != both.secrets["3"]
    assert both.since == date(2010, 1, 5)
    people.finish(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_note_that_cannot_be_read_says_what_to_do(tmp_path):
    (tmp_path / "forgetting.json").write_text("{")
    with pytest.raises(SettingsError, match=r"forgetting\.json.* remove it, and name all of them"):
        people.under_way(tmp_path)
