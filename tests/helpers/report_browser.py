"""A browser that is on this machine already, to look at the report as people do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import screenshots
from playwright.sync_api import Error, Page, sync_playwright

# What a desk has, and a phone.
DESK, PHONE = screenshots.WIDTH, 390


def _browser() -> str:
    found = screenshots.browser()
    if found is None:
        names = ", ".join(screenshots.BROWSERS)
        pytest.skip(f"no browser is here: install one of {names} to look at the report")
    return found


@contextmanager
def opened(
    path: Path, width: int = DESK, scheme: str = "light", scripts: bool = True, **options
) -> Iterator[Page]:
    """The report in a tab, when its charts are drawn; any error or request fails the test."""
    path, said = path.absolute(), []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_browser(), args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
            **options,
        )
        tab = context.new_page()
        tab.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: said.append(f"error: {error}"))
        tab.on(
            "request",
            lambda request: (
                said.append(request.url)
                if not request.url.startswith((path.as_uri(), "data:"))
                else None
            ),
        )
        tab.goto(path.as_uri())
        try:
            tab.wait_for_selector("html.drawn" if scripts else "html", timeout=60_000)
        except Error as error:
            raise AssertionError(said) from error
        yield tab
        browser.close()
    assert said == []
