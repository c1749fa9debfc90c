"""A shop's description: what differs from shop to shop, as it stands in ``shop.toml``.

Light on purpose: cleaning, pages and the command line all ask it, none of them for a file's sake.
"""

from dataclasses import dataclass, field

UNKNOWN_CURRENCY = "XXX"  # ISO 4217's own code for none
# Words that stand in ``Format.dates`` beside Java's patterns.
ISO = "iso"
EXCEL_SERIAL = "excel_serial"
EPOCH_SECONDS = "epoch_seconds"
EPOCH_MILLIS = "epoch_millis"
DATE_WORDS = (ISO, EXCEL_SERIAL, EPOCH_SECONDS, EPOCH_MILLIS)
ADDS, REPLACES = "adds", "replaces"


@dataclass(frozen=True)
class Columns:
    """Our column = theirs, as the header writes it.

    price: of one unit; amount: of the whole line. One of them is enough. invoice_time: a column of
    its own for the time of day; its text follows the date's after a blank.
    """

    invoice: str
    stock_code: str
    quantity: str
    invoice_date: str
    customer_id: str
    price: str | None = None
    amount: str | None = None
    invoice_time: str | None = None
    description: str | None = None
    country: str | None = None


@dataclass(frozen=True)
class Format:
    """How values are written.

    dates: Java's patterns, or DATE_WORDS, tried in order. decimal, thousands: marks in numbers;
    thousands "": none. encoding, delimiter "": each file's own, found. header_row: counted from 1;
    0: found. sheets: of workbooks, by name; none: all that have the columns.
    """

    dates: tuple[str, ...] = (ISO,)
    decimal: str = "."
    thousands: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_row: int = 0
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cancellation:
    """What takes a sale back: any of these signs.

    column, values: a column of theirs that is not one of ours, and the words in it that say so.
    """

    invoice_prefix: str | None = None
    negative_quantity: bool = False
    column: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class LineRules:
    """What lines mean.

    adjustment_prefix: of invoices that only correct the books. product_code: a regular expression
    that a product's code begins with, upper case; "": any code. service_codes: no products, upper
    case. anonymous: words for no customer, in any case. resent: whether an invoice that comes again
    in a later file adds its new lines or replaces the first.
    """

    cancellation: Cancellation = field(default_factory=Cancellation)
    adjustment_prefix: str | None = None
    product_code: str = ""
    service_codes: tuple[str, ...] = ()
    anonymous: tuple[str, ...] = ()
    resent: str = ADDS


@dataclass(frozen=True)
class ShopDescription:
    """All that the program is told of a shop.

    currency: ISO 4217; UNKNOWN_CURRENCY where nobody has said it. timezone: of the shop, to which
    zoned times are brought; "": times stay as they are written. proposed: the program found it by
    itself, so another file may add to it.
    """

    name: str
    columns: Columns
    currency: str = UNKNOWN_CURRENCY
    timezone: str = ""
    format: Format = field(default_factory=Format)
    lines: LineRules = field(default_factory=LineRules)
    proposed: bool = False

    @property
    def unit_of_money(self) -> str:
        """What people read behind an amount."""
        return "units of money" if self.currency == UNKNOWN_CURRENCY else self.currency
