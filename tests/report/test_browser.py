"""The report as people use it: in a browser, on a desk and a phone, by keyboard, in print."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from report_browser import DESK, PHONE, opened
from report_facts import DEMO, evil
from retail_lakehouse.report import page
from retail_lakehouse.report.pages import PAGES

pytestmark = pytest.mark.slow
KEYS = [one.key for one in PAGES]
each_look = pytest.mark.parametrize(
    ("width", "scheme"),
    [(width, scheme) for width in (DESK, PHONE) for scheme in ("light", "dark")],
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page.html(DEMO), "utf-8")
    return path


def visible(tab):
    return [key for key in KEYS if tab.is_visible(f"#title-{key}")]


@each_look
def test_nothing_is_cut_off_and_an_accessibility_checker_finds_nothing(report, width, scheme):
    # The checker comes as a script, which the page itself would not let run.
    with opened(report, width, scheme, bypass_csp=True) as tab:
        for key in KEYS:
            tab.click(f"#tab-{key}")
            if key == "customers":
                tab.locator(".people button").first.click()
            beyond = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, key
            found = Axe().run(tab).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], key


@each_look
def test_every_chart_is_drawn_with_its_marks_inside(report, width, scheme):
    with opened(report, width, scheme) as tab:
        for key in KEYS:
            tab.click(f"#tab-{key}")
            outside = tab.evaluate(
                """key => [...document.querySelectorAll(`#${key} .chart`)].filter(chart => {
                    const svg = chart.querySelector("svg"), box = chart.getBoundingClientRect();
                    if (!svg || svg.getBoundingClientRect().height < 40) return true;
                    return svg.getBoundingClientRect().right > box.right + 1
                        || !svg.querySelector("path");
                }).map(chart => chart.id)""",
                key,
            )
            assert outside == [], key


def test_texts_of_a_drawing_do_not_lie_on_each_other(report):
    for width in (DESK, PHONE):
        with opened(report, width) as tab:
            for key in ("segments", "quality"):
                tab.click(f"#tab-{key}")
                overlaps = tab.evaluate(
                    """key => {
                        const texts = [...document.querySelectorAll(`#${key} .drawing text`)]
                            .filter(text => text.getBoundingClientRect().width)
                            .map(text => [text.textContent, text.getBoundingClientRect()]);
                        return texts.flatMap(([a, p], i) => texts.slice(i + 1)
                            .filter(([, q]) => p.left < q.right && q.left < p.right
                                && p.top < q.bottom - 2 && q.top < p.bottom - 2)
                            .map(([b]) => `${a} / ${b}`));
                    }""",
                    key,
                )
                assert overlaps == [], (width, key)


def test_tabs_go_by_mouse_keyboard_and_address(report):
    with opened(report) as tab:
        assert visible(tab) == ["overview"]
        tab.click("#tab-quality")
        assert visible(tab) == ["quality"]
        assert tab.evaluate("location.hash") == "#quality"
        tab.keyboard.press("ArrowRight")
        assert visible(tab) == ["made"]
        tab.keyboard.press("ArrowRight")
        assert visible(tab) == ["overview"]
        tab.keyboard.press("End")
        assert visible(tab) == ["made"]
        tab.keyboard.press("Home")
        assert tab.evaluate("document.activeElement.id") == "tab-overview"
        # One stop of the Tab key for all of them, then the content.
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.closest('nav')") is None
        tab.evaluate("location.hash = '#segments'")
        tab.wait_for_function("document.getElementById('tab-segments').tabIndex === 0")
        assert visible(tab) == ["segments"]


def test_answers_lead_to_their_pages(report):
    with opened(report) as tab:
        tab.click("text=How good each list is")
        assert visible(tab) == ["recommendations"]


def test_a_bar_tells_its_figures_when_pointed_at(report):
    with opened(report) as tab:
        chart = tab.locator("#overview .chart").first
        chart.scroll_into_view_if_needed()
        chart.locator("path[aria-roledescription], .mark-rect path").first.hover(force=True)
        tab.wait_for_selector("#vg-tooltip-element.visible")
        said = tab.inner_text("#vg-tooltip-element")
        assert "October 2010" in said
        assert "500" in said


def test_the_figures_stand_behind_a_chart_by_keyboard(report):
    with opened(report) as tab:
        summary = tab.locator("#overview details summary").first
        summary.focus()
        tab.keyboard.press("Enter")
        table = tab.locator("#overview details table").first
        assert table.is_visible()
        assert "1,200" in table.inner_text()


def test_a_customer_is_found_by_number_segment_and_due(report):
    with opened(report) as tab:
        tab.click("#tab-customers")
        names = tab.locator(".people button")
        assert names.all_inner_texts() == ["17 Champions", "18 Lost", "117 Lost"]
        tab.fill("input[name=who]", "17")
        assert names.all_inner_texts() == ["17 Champions", "117 Lost"]
        tab.select_option("select[name=segment]", label="Lost")
        assert names.all_inner_texts() == ["117 Lost"]
        tab.check("input[name=due]")
        assert names.all_inner_texts() == []
        assert "None of the sample" in tab.inner_text(".found")
        tab.uncheck("input[name=due]")
        names.first.focus()
        tab.keyboard.press("Enter")
        shown = tab.inner_text(".person")
        assert tab.evaluate("document.activeElement.className") == "person"
        assert "Customer 117, Lost" in shown
        assert "Champions (from 2011-10) → Lost (from 2011-12)" in shown
        assert "CUP: because you bought MUG" in shown
        titles = tab.locator(".person h4").all_inner_texts()[2:]
        assert titles == ["For you", "To discover", "To buy again"]


def test_dark_and_light_change_places(report):
    with opened(report) as tab:
        colour = "getComputedStyle(document.body).backgroundColor"
        light = tab.evaluate(colour)
        tab.click("#theme")
        assert tab.evaluate(colour) != light
        tab.click("#theme")
        assert tab.evaluate(colour) == light


def test_print_has_every_page_in_light_colours(report):
    with opened(report, scheme="dark") as tab:
        tab.emulate_media(media="print")
        # A search is nothing on paper.
        assert visible(tab) == [key for key in KEYS if key != "customers"]
        assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(23, 32, 42)"
        assert tab.is_visible("text=DEMO SHOP.")
        assert len(tab.pdf(format="A4")) > 10_000


def test_without_scripts_all_is_there_but_charts_and_the_search(report):
    with opened(report, scripts=False) as tab:
        assert visible(tab) == KEYS
        assert not tab.is_visible("#customers form")
        assert "need JavaScript" in tab.inner_text("noscript")


def test_evil_names_do_nothing_in_a_browser(tmp_path):
    path = tmp_path / "evil.html"
    path.write_text(page.html(evil()), "utf-8")
    with opened(path) as tab:
        tab.click("#tab-customers")
        tab.locator(".people button").first.click()
        assert "<img src=x" in tab.inner_text(".person")
        tab.click("#tab-segments")
        chart = tab.locator("#segments .chart").first
        chart.scroll_into_view_if_needed()
        chart.locator(".mark-rect path").first.hover(force=True)
        tab.wait_for_selector("#vg-tooltip-element.visible")
        assert "<img src=x" in tab.inner_text("#vg-tooltip-element")
        assert tab.evaluate("window.evil") is None
        assert tab.locator("img").count() == 0
