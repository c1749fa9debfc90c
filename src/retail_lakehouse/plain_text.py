"""Text that comes from data, as people may see it: nothing in it is markup, nothing is invisible.

Names of products, files and sheets are written by others. Whatever shows them goes through here.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MARK = "\N{REPLACEMENT CHARACTER}"
_LONGEST = 300
# Of each match, the last character is written as a number. What begins a list, a heading's line or
# code; what may stand anywhere; what makes a link of an address.
_SPECIAL = re.compile(
    r"^[-+= ]|^[0-9]{1,9}[.)](?= |$)"
    r"|[\\`*\[\]<>&~#|$]|(?<!\w)_|_(?!\w)"
    r"|:(?=//)|(?i:(?<=www))\.|@"
)
# Letters, marks and symbols that show nothing, and yet count as printable: joiners, fillers, an
# empty pattern of Braille, vowels of Khmer that are not written, selectors of a variant.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)

_FORMULA = re.compile(r"\s*[=+@\t\r\n-]")
_NUMBER = re.compile(r"\s*[+-]?[0-9][0-9.,' ]*")


def plain(value: object, longest: int | None = None) -> str:
    """The value's text on one line, with a mark for each character that does not show itself.

    Those move the cursor, turn the direction of writing or hide something: controls, line ends,
    zero-width and bidirectional characters, fillers, halves of a pair. Spaces of any width become a
    space.
    """
    text = str(value)
    if longest is not None and len(text) > longest:
        text = text[:longest] + "…"
    text = _HIDDEN.sub(MARK, text)
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else " " if c.isspace() and _wide(c) else MARK for c in text
    )


def _wide(character: str) -> bool:
    """Whether it is a space as wide as it looks, and no control or line end."""
    return character > "\x85" and character not in "\u2028\u2029"


def cell(text: str) -> str:
    """A text for a file that spreadsheet programs open: none takes it for a formula.

    Numbers stay as they are; cleaning takes the quotation mark away again.
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def name(value: object) -> str:
    """As ``plain``, and short enough for a table."""
    return plain(value, _LONGEST)


def markdown(value: object) -> str:
    """As ``plain``, for a page written in Markdown: what would be markup is shown as it is."""
    return _SPECIAL.sub(lambda found: f"{found[0][:-1]}&#{ord(found[0][-1])};", plain(value))


def plain_frame(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with all its text as ``plain`` gives it, to be shown in a notebook."""
    return frame.map(lambda value: plain(value) if isinstance(value, str) else value)
