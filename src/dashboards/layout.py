"""Pages, rows, and where their widgets come to stand."""

from dataclasses import dataclass

from dashboards.widgets import Json, Widget

_COLUMNS = 12


@dataclass(frozen=True)
class Row:
    """Widgets beside each other, and how many of the page's columns each one takes."""

    height: int
    widgets: tuple[Widget, ...]
    widths: tuple[int, ...]


@dataclass(frozen=True)
class Page:
    """One page of the dashboard; rows from top to bottom."""

    name: str
    title: str
    rows: tuple[Row, ...]

    def content(self) -> Json:
        """The page as the dashboard's file has it."""
        return {
            "name": self.name,
            "displayName": self.title,
            "pageType": "PAGE_TYPE_CANVAS",
            "layoutVersion": "GRID_V1",
            "layout": _placed(self.rows),
        }


def row(height: int, *widgets: Widget, widths: tuple[int, ...] = ()) -> Row:
    """A row as wide as the page; without ``widths`` all widgets are alike.

    Raises ValueError where the row would not fill the page.
    """
    widths = widths or (_COLUMNS // len(widgets),) * len(widgets)
    if len(widths) != len(widgets) or sum(widths) != _COLUMNS:
        raise ValueError(
            f"{len(widgets)} widgets of widths {widths} do not fill a page's {_COLUMNS} columns."
        )
    return Row(height, widgets, widths)


def _placed(rows: tuple[Row, ...]) -> list[Json]:
    placed, y = [], 0
    for each in rows:
        x = 0
        for widget, width in zip(each.widgets, each.widths, strict=True):
            place = {"x": x, "y": y, "width": width, "height": each.height}
            placed.append({"widget": widget.content(), "position": place})
            x += width
        y += each.height
    return placed
