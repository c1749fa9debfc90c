"""What people read for what the tables call things: the words of the report, in queries too.

``TITLE_OF_LIST(r.list)`` in a query becomes the title of each list, by a CASE of SQL.
"""

import re
from collections.abc import Mapping

from retail_lakehouse.recommend.evaluation.baselines import LABELS
from retail_lakehouse.report.pages.quality import MEANINGS, UNREADABLE, meaning
from retail_lakehouse.tables import INVOICE_LINES, lists
from retail_lakehouse.tables.value import MODEL_TITLES

LISTS = lists.TITLES
_REASONS = (*MEANINGS, *(f"{UNREADABLE}{name}" for name in INVOICE_LINES.column_names))
_TITLES: dict[str, Mapping[str, str]] = {
    "LIST": LISTS,
    "RANKING": {**LISTS, **LABELS},
    "SCOPE": lists.SCOPES,
    "MODEL": MODEL_TITLES,
    "REASON": {reason: meaning(reason)[0] for reason in _REASONS},
    "REMEDY": {reason: meaning(reason)[1] for reason in _REASONS},
}
_CALL = re.compile(r"TITLE_OF_(\w+)\(([\w.]+)\)")


def in_words(query: str) -> str:
    """The query with titles in the place of names.

    Raises ValueError for a kind of names that has no titles.
    """
    return _CALL.sub(_case, query)


def _case(call: re.Match[str]) -> str:
    kind, column = call.groups()
    if kind not in _TITLES:
        raise ValueError(f"TITLE_OF_{kind} is unknown: there are titles of {', '.join(_TITLES)}.")
    whens = (f"WHEN {_text(name)} THEN {_text(title)}" for name, title in _TITLES[kind].items())
    return f"CASE {column} {' '.join(whens)} ELSE {column} END"


def _text(words: str) -> str:
    escaped = words.replace("'", r"\'")
    return f"'{escaped}'"
