"""What a page is made of: blocks, which the templates write as HTML. All texts are plain texts.

kind: the macro in templates/blocks.html.j2 that writes the block.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from markupsafe import Markup

from retail_lakehouse.report.facts import Facts


@dataclass(frozen=True)
class Link:
    """A text that leads somewhere; href "": nowhere, # and a page's key: to that page."""

    text: str
    href: str


Cell = str | Link


@dataclass(frozen=True)
class Heading:
    """What a column holds. number: so its cells end at one line."""

    text: str
    number: bool = False


def number(text: str) -> Heading:
    """The heading of a column of numbers."""
    return Heading(text, number=True)


@dataclass(frozen=True)
class Table:
    """Rows below headings. title: what they say; note: how to read them."""

    kind: ClassVar[str] = "table"

    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart of Vega-Lite. alt: what it shows, for who does not see it; table: its figures."""

    kind: ClassVar[str] = "chart"

    title: str
    alt: str
    spec: Mapping[str, Any]
    table: Table
    note: str = ""


@dataclass(frozen=True)
class Drawing:
    """A drawing of our own, in a wide form and one for a phone. alt, table: as of a chart."""

    kind: ClassVar[str] = "drawing"

    title: str
    alt: str
    wide: Markup
    narrow: Markup
    table: Table
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """A headline figure. notes: what it is held against."""

    label: str
    value: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figures:
    """Headline figures beside each other."""

    kind: ClassVar[str] = "figures"

    title: str
    items: tuple[Figure, ...]
    note: str = ""


@dataclass(frozen=True)
class Answer:
    """A question that people come with, and its answer. more: where the rest of it stands."""

    kind: ClassVar[str] = "answer"

    question: str
    text: str
    more: Link | None = None
    table: Table | None = None


@dataclass(frozen=True)
class Prose:
    """Paragraphs below a heading."""

    kind: ClassVar[str] = "prose"

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """Lines of a file, as they are."""

    kind: ClassVar[str] = "listing"

    title: str
    lines: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Search:
    """Customers to be looked up: their data, and the segments to choose from."""

    kind: ClassVar[str] = "search"

    title: str
    note: str
    segments: tuple[str, ...]
    data: Mapping[str, Any] = field(default_factory=dict)


Block = Table | Chart | Drawing | Figures | Answer | Prose | Listing | Search


@dataclass(frozen=True)
class Page:
    """One page of the report. key: its address, behind a #. blocks: none leave the page out."""

    key: str
    title: str
    blocks: Callable[[Facts], Sequence[Block]]
