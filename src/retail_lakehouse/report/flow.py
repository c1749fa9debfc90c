"""A flow from left to right, drawn as SVG: streams between columns, as broad as they are large."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from retail_lakehouse.plain_text import plain

_NODE = 10
_LABEL = 32
_THINNEST = 1.5


@dataclass(frozen=True)
class Stream:
    """So many go from a place of one column to a place of the next one.

    column: the source's, from 0. colour: a variable of the page's style.
    """

    column: int
    source: str
    target: str
    amount: int
    colour: str

    @property
    def ends(self) -> tuple["Name", "Name"]:
        """The two places, each with its column."""
        return (self.column, self.source), (self.column + 1, self.target)


Name = tuple[int, str]


@dataclass(frozen=True)
class Size:
    """How large a drawing is, in its own units. margin: at the right, for the last labels.

    letter: how broad one of a label is.
    """

    width: int
    streams: int
    margin: int
    letter: float


WIDE = Size(width=960, streams=330, margin=230, letter=7.4)
NARROW = Size(width=360, streams=300, margin=126, letter=6.6)


@dataclass
class _Place:
    """Where a node is, and how much of its two sides is taken already. room: of its label."""

    room: float
    x: float
    y: float
    height: float
    amount: int
    left: float = 0.0
    right: float = 0.0


def drawn(columns: Sequence[Sequence[str]], streams: Sequence[Stream], size: Size) -> Markup:
    """The drawing, without a name of its own: whoever shows it says what it is.

    columns: the names of the places, from left to right and from above; those that no stream
    touches are left out.
    """
    streams = [stream for stream in streams if stream.amount]
    amounts = _amounts(streams)
    shown = [
        [(column, name) for name in names if (column, name) in amounts]
        for column, names in enumerate(columns)
    ]
    scale = size.streams / max(sum(amounts[name] for name in names) for names in shown)
    places, height = _places(shown, amounts, size, scale)
    paths = [_path(stream, places, scale) for stream in streams]
    nodes = [_node(name, place, size) for (_, name), place in places.items()]
    return Markup('<svg viewBox="0 0 {} {}" aria-hidden="true">\n{}\n</svg>').format(
        size.width, round(height), Markup("\n").join([*paths, *nodes])
    )


def _amounts(streams: Sequence[Stream]) -> dict[Name, int]:
    """The larger of what comes to a place and what leaves it."""
    into: Counter[Name] = Counter()
    out: Counter[Name] = Counter()
    for stream in streams:
        source, target = stream.ends
        out[source] += stream.amount
        into[target] += stream.amount
    return dict(into | out)


def _places(
    columns: Sequence[Sequence[Name]], amounts: dict[Name, int], size: Size, scale: float
) -> tuple[dict[Name, _Place], float]:
    places, lowest = {}, 0.0
    step = (size.width - size.margin - _NODE) / (len(columns) - 1)
    for column, names in enumerate(columns):
        y, room = 4.0, step if column < len(columns) - 1 else size.margin
        for name in names:
            height = max(amounts[name] * scale, 3.0)
            places[name] = _Place(room, column * step, y, height, amounts[name])
            # A thin one is as far from the next as its label is high.
            y += max(height, _LABEL) + 6
        lowest = max(lowest, y)
    return places, lowest


def _path(stream: Stream, places: dict[Name, _Place], scale: float) -> Markup:
    source, target = (places[end] for end in stream.ends)
    breadth = stream.amount * scale
    y0, y1 = source.y + source.right + breadth / 2, target.y + target.left + breadth / 2
    source.right += breadth
    target.left += breadth
    x0, x1 = source.x + _NODE, target.x
    middle = (x0 + x1) / 2
    said = f"{plain(stream.source)} → {plain(stream.target)}: {stream.amount:,}"
    return Markup(
        '<path class="stream" d="M{:.1f},{:.1f}C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}" '
        'stroke="var({})" stroke-width="{:.1f}"><title>{}</title></path>'
    ).format(
        *(x0, y0, middle, y0, middle, y1, x1, y1),
        *(stream.colour, max(breadth, _THINNEST), said),
    )


def _node(name: str, place: _Place, size: Size) -> Markup:
    x, label = place.x + _NODE + 6, _shortened(plain(name), place.room - _NODE - 12, size)
    return Markup(
        '<rect class="node" x="{:.1f}" y="{:.1f}" width="{}" height="{:.1f}"/>'
        '<text x="{:.1f}" y="{:.1f}">{}<tspan class="amount" x="{:.1f}" dy="1.15em">{:,}</tspan>'
        "</text>"
    ).format(
        *(place.x, place.y, _NODE, place.height),
        *(x, place.y + 12, label, x, place.amount),
    )


def _shortened(text: str, room: float, size: Size) -> str:
    """With its beginning and its end, which tells one sheet from another.

    >>> _shortened("online_retail_II.xlsx / Year 2009-2010", 120, NARROW)
    'online_r…009-2010'
    """
    letters = int(room / size.letter)
    if len(text) <= letters:
        return text
    half = (letters - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
