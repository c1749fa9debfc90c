"""The report as a file: whole, safe whatever its texts are, and never too large."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from report_facts import DEMO, EVIL, FACTS, VALUE, evil, person
from retail_lakehouse.plain_text import MARK
from retail_lakehouse.report import page
from retail_lakehouse.report.blocks import Page, Prose
from retail_lakehouse.report.customer_facts import Sample, Suggestion
from retail_lakehouse.report.pages import PAGES


class Outline(HTMLParser):
    """Elements with their attributes, scripts, and what is text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.scripts, self.texts = [], [], []
        self._within = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._within = tag

    def handle_endtag(self, tag):
        self._within = ""

    def handle_data(self, data):
        if self._within == "script":
            self.scripts.append(data)
        else:
            self.texts.append(data)

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def made():
    return page.html(FACTS, "0123abc")


@pytest.fixture(scope="module")
def outline(made):
    return Outline(made)


def data_of(html):
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    return json.loads(text)


def test_equal_facts_make_equal_reports(made):
    assert page.html(FACTS, "0123abc") == made


def test_it_needs_nothing_else(outline):
    for tag, attributes in outline.elements:
        for name in ("src", "srcset", "action", "data", "poster"):
            assert name not in attributes, (tag, attributes)
        href = attributes.get("href", "#")
        # Links are followed by people; MLflow's lead to this machine.
        assert href.startswith(("#", "data:,", "http://127.0.0.1:5000/")), href
    assert "@import" not in (style := page._own("report.css"))
    assert "url(" not in style


def test_only_its_own_scripts_may_run(outline):
    (policy,) = [
        a["content"] for a in outline.of("meta") if a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    scripts = policy.partition("script-src ")[2].partition(";")[0].split()
    _, *own = outline.scripts
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'"
        for one in own
    ]
    assert scripts == hashes
    assert len(own) == 2
    assert not any(name.startswith("on") for _, given in outline.elements for name in given)


def test_every_page_is_in_it_and_has_a_tab(outline):
    keys = [entry["id"] for entry in outline.of("section")]
    assert keys == [one.key for one in PAGES]
    tabs = [entry["href"] for entry in outline.of("a") if entry.get("id", "").startswith("tab-")]
    assert tabs == [f"#{key}" for key in keys]


def test_a_page_more_is_one_line(outline):
    campaigns = Page("campaigns", "Campaigns", lambda facts: [Prose("To come", ("Soon.",))])
    more = Outline(page.html(FACTS, pages=(*PAGES, campaigns)))
    assert [entry["id"] for entry in more.of("section")][-1] == "campaigns"
    assert "Soon." in "".join(more.texts)


def test_a_page_without_blocks_is_left_out():
    keys = [e["id"] for e in Outline(page.html(replace(FACTS, value=None))).of("section")]
    assert "value" not in keys


def test_links_within_it_lead_to_pages(outline):
    ids = {given["id"] for _, given in outline.elements if "id" in given}
    links = {entry["href"][1:] for entry in outline.of("a") if entry["href"].startswith("#")}
    assert links <= ids


def test_ids_are_unique(outline):
    ids = [given["id"] for _, given in outline.elements if "id" in given]
    assert len(set(ids)) == len(ids)


def test_every_chart_has_an_element_with_words(made, outline):
    charts = data_of(made)["charts"]
    named = {
        e["id"]: e["aria-label"] for e in outline.of("div") if e.get("role") == "img" and "id" in e
    }
    assert set(named) == set(charts)
    assert all(named.values())
    # One more for each drawing.
    assert made.count("The figures as a table") == len(charts) + made.count('class="drawing"')


def test_the_demo_shop_is_loud():
    demo, real = page.html(DEMO), page.html(FACTS)
    assert demo.count("DEMO SHOP") == 2
    assert demo.count('class="of-demo"') == len(PAGES)
    assert "<title>DEMO SHOP: " in demo
    assert "DEMO SHOP" not in real
    assert "of-demo" not in real.partition("</style>")[2]


def test_it_says_whose_and_in_which_currency(outline):
    text = " ".join(outline.texts)
    assert "Corner Shop" in text
    assert "amounts in EUR" in text
    assert "1,200 EUR" in text


def test_no_name_becomes_markup_or_script():
    html = page.html(evil())
    found = Outline(html)
    assert len(found.of("script")) == 3
    assert found.of("img") == []
    assert not any(name.startswith("on") for _, given in found.elements for name in given)
    # Jinja writes what it is given and runs none of it.
    assert "{{7*7}}" in "".join(found.texts)
    assert "\u202e" not in html
    assert "\\u202e" not in html
    before = html.partition('id="data">')[2].partition("</script>")[0]
    assert "<" not in before
    assert EVIL.replace("\u202e", MARK)[:20] in json.dumps(data_of(html))


def test_texts_in_the_data_are_plain():
    data = data_of(page.html(evil()))
    (people,) = data["people"].values()
    assert people["people"][0]["id"] == EVIL.replace("\u202e", MARK)
    assert all(len(text) <= 61 for text in (*people["products"], *people["reasons"]))


def test_it_is_never_too_large(monkeypatch):
    base = len(page.html(replace(FACTS, sample=Sample((), 4))))
    lists = tuple(
        Suggestion(name, rank, f"{name}{rank}", f"PRODUCT {rank} " * 9, "because " * 9)
        for name in ("for_you", "discover", "buy_again")
        for rank in range(1, 6)
    )
    people = tuple(replace(person(str(n), "Lost"), suggestions=lists) for n in range(400))
    facts = replace(FACTS, sample=Sample(people, 400))
    whole = page.html(facts)
    monkeypatch.setattr(page, "MOST_BYTES", (base + len(whole)) // 2)
    fewer = page.html(facts)
    assert len(fewer.encode()) <= page.MOST_BYTES
    (known,) = data_of(fewer)["people"].values()
    assert 100 <= len(known["people"]) < 400
    assert f"A sample: {len(known['people'])} of 400 customers" in fewer


def test_what_is_no_number_is_a_gap():
    """A metric of few customers may not be defined; JSON has no word for it."""
    nan = float("nan")
    rows = tuple(replace(one, value=nan, low=nan, high=nan) for one in VALUE.judged)
    lists = tuple(replace(one, low=nan) for one in FACTS.recommendations.judged)
    facts = replace(
        FACTS,
        value=replace(VALUE, judged=rows),
        recommendations=replace(FACTS.recommendations, judged=lists),
    )
    html = page.html(facts)
    assert "NaN" not in html.partition('id="data">')[2].partition("</script>")[0]
    assert ">nan<" not in html
    assert data_of(html)["charts"]


def test_amounts_are_not_made_up(made):
    """What stands in the page is what the facts say, to the letter."""
    assert VALUE.expected_spend_90_days == Decimal(1_234)
    assert "1,234 EUR" in made
    assert "5,678 EUR" in made
