"""The README's pictures: taken by the script, shown with words for who does not see them."""

import re
import struct

import pytest
import screenshots

from asset_bundle import ROOT
from report_browser import opened
from report_facts import DEMO
from retail_lakehouse.report import page

MOST_BYTES = 300_000
each_picture = pytest.mark.parametrize(
    "picture", screenshots.PICTURES, ids=lambda picture: picture.file
)


def size(content):
    """Width and height of a PNG, as its head says."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", content[16:24])


@each_picture
def test_a_picture_is_a_desk_wide_and_small(picture):
    content = (screenshots.FOLDER / picture.file).read_bytes()
    assert size(content)[0] == screenshots.WIDTH
    assert len(content) < MOST_BYTES


def test_the_readme_shows_every_picture_and_says_what_is_on_it():
    shown = re.findall(
        r"!\[([^\]]*)\]\(docs/pictures/([\w.]+)\)", (ROOT / "README.md").read_text("utf-8")
    )
    assert {file for _, file in shown} == {picture.file for picture in screenshots.PICTURES}
    assert {path.name for path in screenshots.FOLDER.iterdir()} == {file for _, file in shown}
    assert all(len(words.split()) >= 8 for words, _ in shown)


@pytest.mark.slow
def test_each_picture_holds_its_blocks_of_a_report_of_today(tmp_path):
    """Headings that are no longer there would end in an error, not in another picture."""
    path = tmp_path / "report.html"
    path.write_text(page.html(DEMO), "utf-8")
    with opened(path) as tab:
        for picture in screenshots.PICTURES:
            width, height = size(screenshots.take(tab, picture))
            assert width == screenshots.WIDTH
            assert height > 200


@pytest.mark.parametrize("arguments", [[], ["one", "two"]])
def test_which_home_must_be_said(arguments, capsys):
    assert screenshots.main(arguments) == 2
    assert "screenshots.py HOME" in capsys.readouterr().err


def test_a_home_without_a_report_is_named(tmp_path, capsys):
    assert screenshots.main([str(tmp_path)]) == 2
    assert f"There is no {tmp_path / 'report.html'}" in capsys.readouterr().err


def test_a_machine_without_a_browser_is_told_which(tmp_path, capsys, monkeypatch):
    (tmp_path / "report.html").touch()
    monkeypatch.setattr(screenshots, "browser", lambda: None)
    assert screenshots.main([str(tmp_path)]) == 2
    assert "No browser is here: install one of chromium" in capsys.readouterr().err
