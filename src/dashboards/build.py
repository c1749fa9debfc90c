"""The dashboard's file from queries and pages; without Spark, and without a workspace."""

import json
from pathlib import Path

from dashboards import data_quality_page, recommendations_page, segments_page, titles, value_page
from dashboards.widgets import Json

FOLDER = Path(__file__).parent
FILE = FOLDER / "retail_lakehouse.lvdash.json"
PAGES = (segments_page.PAGE, recommendations_page.PAGE, value_page.PAGE, data_quality_page.PAGE)
_TITLE = "-- "


def dataset(path: Path) -> Json:
    """A query: the file's name is what widgets call it, its first line, a comment, the title.

    Raises ValueError where the title is missing.
    """
    lines = titles.in_words(path.read_text(encoding="utf-8")).splitlines(keepends=True)
    if not lines or not lines[0].startswith(_TITLE):
        raise ValueError(
            f"{path}: write a title in its first line, such as '{_TITLE}Lines by outcome'."
        )
    title = lines[0].removeprefix(_TITLE).strip()
    return {"name": path.stem, "displayName": title, "queryLines": lines[1:]}


def dashboard() -> str:
    """The file's text; the same queries and pages give the same letters."""
    content = {
        "datasets": [dataset(path) for path in sorted(FOLDER.glob("queries/*.sql"))],
        "pages": [page.content() for page in PAGES],
        "uiSettings": {"theme": {"widgetHeaderAlignment": "ALIGNMENT_UNSPECIFIED"}},
    }
    return json.dumps(content, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(dashboard(), encoding="utf-8", newline="\n")
