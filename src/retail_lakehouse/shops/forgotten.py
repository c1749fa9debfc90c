"""What stands in place of a customer who asked to be forgotten.

A line keeps what was sold and loses whose it was. Cleaning still has to see which lines are the
same, and which cancellation takes back which sale: so one customer's lines of one product share a
mark, lines of two products share none, and nobody can tell from a mark whose it was once the
secret that it was made with is thrown away.
"""

import hashlib
import hmac
import re

from retail_lakehouse.shops.notation.number_forms import BLANKS

MARK = "forgotten-"
# Of a mark, what the lines of one customer and product share; the rest tells apart how the same
# customer was written, which a file may do in several ways.
SHARED = len(MARK) + 16
FORM = len("-0a1b")
_WHOLE = re.compile(r"[0-9]+\.0+")
_NOTHING = ("", "NaN", "nan")


def code(text: str | None) -> str | None:
    """A code as cleaning reads it: ``13085.0`` and ``'13085`` are ``13085``.

    >>> code(" '00123 "), code("13085.0"), code("nan")
    ('00123', '13085', None)
    """
    trimmed = (text or "").strip(BLANKS)
    if trimmed.startswith("'"):
        said = trimmed.lstrip("'")
        if not said:
            return None
    elif trimmed in _NOTHING:
        return None
    else:
        said = trimmed
    return said.split(".", 1)[0] if _WHOLE.fullmatch(said) else said


def mark(secret: str, written: str, stock_code: str | None) -> str:
    """What a line's customer becomes. secret: of the customer. written: as the line has it."""
    product = (code(stock_code) or "").upper()
    # The same for everybody, so that a line that comes again later is seen to be there already.
    form = hashlib.sha256(written.replace(code(written) or "", "#").encode()).hexdigest()
    return f"{MARK}{digest(secret, product)[:16]}-{form[:4]}"


def digest(secret: str, text: str) -> str:
    """A hash that only who has the secret can make."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
