"""Take the pictures of the report that the README shows, from a home's report.html.

usage: python scripts/screenshots.py HOME

Drives a browser that is on this machine already; it fetches none.
"""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WIDTH = 1400


@dataclass(frozen=True)
class Picture:
    """A part of one of the report's pages, whole blocks.

    page: its key. start, end: headings of the first and the last block; start empty: the top.
    """

    file: str
    page: str
    end: str
    start: str = ""


PICTURES = (
    Picture("overview.png", "overview", "Whom do I write to this week"),
    Picture("segments.png", "segments", "Map of the customers", start="Profiles"),
    Picture("recommendations.png", "recommendations", "To discover: judged on"),
    Picture("value.png", "value", "How good forecasts of", start="Expected spend of"),
)
# Of the page around a picture, in pixels.
_MARGIN = 12
# Where the block that holds a heading begins and ends, from the top of the page.
_BLOCK = """(heading, page) => {
    const box = heading.closest(`#${page} > *`).getBoundingClientRect();
    return [box.top + scrollY, box.bottom + scrollY];
}"""


def browser() -> str | None:
    """The path of a browser that is here; None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def take(tab: Page, picture: Picture) -> bytes:
    """The picture, of a report that is open and drawn."""
    tab.click(f"#tab-{picture.page}")
    tab.evaluate("document.activeElement.blur()")
    top = _block(tab, picture, picture.start)[0] - _MARGIN if picture.start else 0
    bottom = _block(tab, picture, picture.end)[1] + _MARGIN
    clip = {"x": 0, "y": top, "width": WIDTH, "height": bottom - top}
    return tab.screenshot(full_page=True, clip=clip)


def _block(tab: Page, picture: Picture, heading: str) -> list[float]:
    found = tab.locator(f"#{picture.page} h3", has_text=heading)
    block: list[float] = found.evaluate(_BLOCK, picture.page)
    return block


def main(arguments: Sequence[str]) -> int:
    """Take all of them; exit code 2 where the report or a browser is missing."""
    if len(arguments) != 1:
        print("usage: python scripts/screenshots.py HOME", file=sys.stderr)
        return 2
    report, path = Path(arguments[0]).absolute() / "report.html", browser()
    if not report.is_file():
        print(f"There is no {report}: run 'retail-lakehouse report' first.", file=sys.stderr)
        return 2
    if path is None:
        print(f"No browser is here: install one of {', '.join(BROWSERS)}.", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        tab = chrome.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        tab.goto(report.as_uri())
        tab.wait_for_selector("html.drawn", timeout=60_000)
        for picture in PICTURES:
            content = take(tab, picture)
            (FOLDER / picture.file).write_bytes(content)
            print(f"docs/pictures/{picture.file}: {len(content):,} bytes")
        chrome.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
