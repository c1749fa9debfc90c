"""The report as one HTML file that needs nothing else: texts, charts and the libraries they need.

Whatever comes from data is text: Jinja escapes it, ``plain`` takes out what does not show itself,
and in the scripts' data no character can end a script. The page lets nothing run but its own two
scripts, by their hashes, and nothing be fetched.
"""

import base64
import gzip
import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from retail_lakehouse.plain_text import plain
from retail_lakehouse.report import phrases
from retail_lakehouse.report.blocks import Block, Chart, Page, Search
from retail_lakehouse.report.charts.look import CONFIG
from retail_lakehouse.report.facts import DEMO, Facts
from retail_lakehouse.report.pages import PAGES

# A report that is larger is made again with fewer customers to look up.
MOST_BYTES = 5_000_000
_PACKAGE = "retail_lakehouse.report"
Shown = list[tuple[Page, Sequence[Block]]]


def html(facts: Facts, made_from: str = "", pages: Sequence[Page] = PAGES) -> str:
    """The report. made_from: kept in its head, to tell later whether it would be the same."""
    while True:
        made = _rendered(facts, made_from, pages)
        people = facts.sample.people
        if len(made.encode()) <= MOST_BYTES or not people:
            return made
        facts = replace(facts, sample=replace(facts.sample, people=people[: len(people) // 2]))


def _rendered(facts: Facts, made_from: str, pages: Sequence[Page]) -> str:
    shown = [(page, found) for page in pages if (found := page.blocks(facts))]
    scripts = (_libraries(), _own("report.js"))
    template = _environment().get_template("report.html.j2")
    return template.render(
        made_from=made_from,
        shop=facts.shop,
        as_of=phrases.day(facts.shop.as_of),
        is_demo=facts.shop.source_kind == DEMO,
        pages=shown,
        data=cleaned(_data(shown)),
        notice=_asset("NOTICE.txt").decode(),
        style=Markup(_own("report.css")),  # noqa: S704
        scripts=[Markup(script) for script in scripts],  # noqa: S704
        allowed=" ".join(f"'sha256-{_hash(script)}'" for script in scripts),
    )


def _data(pages: Shown) -> dict[str, Any]:
    """What the scripts read: charts and customers, by the element that shows them."""
    specs, people = {}, {}
    for page, blocks in pages:
        for place, block in enumerate(blocks):
            if isinstance(block, Chart):
                specs[element(page, place)] = block.spec
            if isinstance(block, Search):
                people[element(page, place)] = block.data
    return {"config": CONFIG, "charts": specs, "people": people}


def element(page: Page, place: int) -> str:
    """The id of a block's element."""
    return f"{page.key}-{place}"


def cleaned(value: Any) -> Any:
    r"""The same with all its texts as ``plain`` gives them, and null for what is no number.

    >>> cleaned({"a": ["b\u200b", 1]}) == {"a": ["b\ufffd", 1]}
    True
    """
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        # JSON knows none, and a browser would read nothing of it.
        return None
    if isinstance(value, dict):
        return {key: cleaned(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(one) for one in value]
    return value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["element"] = element
    # In their own order, as lists are shown in it.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":")}
    return environment


def _finalized(value: object) -> object:
    """What is written where a template names a value: text, unless it is HTML of our own."""
    return value if isinstance(value, Markup) else plain(value)


def _own(name: str) -> str:
    return (resources.files(_PACKAGE) / "templates" / name).read_text("utf-8")


def _asset(name: str) -> bytes:
    return (resources.files(_PACKAGE) / "assets" / name).read_bytes()


@cache
def _libraries() -> str:
    """Vega, Vega-Lite and Vega-Embed; made by scripts/bundle_vega.py."""
    return gzip.decompress(_asset("vega.js.gz")).decode()


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
