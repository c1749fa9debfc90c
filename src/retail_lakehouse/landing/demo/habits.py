"""What kinds of customers a demo shop has, what it sells, and how large its baskets are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of customer: share of all, invoices a year, active days as shares of two years.

    anonymous: share of invoices that name no customer.
    """

    name: str
    share: float
    invoices: float
    start: tuple[float, float]
    length: tuple[float, float]
    units: float
    anonymous: float = 0.2


@dataclass(frozen=True)
class Family:
    """Products alike: typical price, and share of sales by season from winter to autumn."""

    name: str
    price: float
    seasons: tuple[float, float, float, float]


@dataclass(frozen=True)
class Habits:
    """basket: products on an invoice beyond the first, mean. styles: each family has them all.

    invoices: of a customer, mean; None: customers come until there are enough invoices.
    """

    kinds: tuple[Kind, ...]
    families: tuple[Family, ...]
    styles: tuple[str, ...]
    basket: float
    invoices: int | None = None


GIFTS = Habits(
    kinds=(
        Kind("loyal", 0.12, 14.0, (0.0, 0.2), (0.8, 1.0), 8.0),
        Kind("regular", 0.30, 4.5, (0.0, 0.5), (0.4, 1.0), 6.0),
        Kind("lapsed", 0.22, 5.0, (0.0, 0.2), (0.2, 0.45), 6.0),
        Kind("new", 0.12, 8.0, (0.88, 0.99), (0.1, 0.2), 5.0),
        Kind("one-off", 0.22, 0.0, (0.0, 0.95), (0.0, 0.0), 4.0, anonymous=0.6),
        Kind("wholesale", 0.02, 10.0, (0.0, 0.3), (0.5, 1.0), 90.0),
    ),
    families=(
        Family("LUNCH BAG", 1.65, (1.0, 1.0, 1.2, 1.3)),
        Family("JUMBO BAG", 2.08, (1.0, 1.0, 1.1, 1.2)),
        Family("CAKE STAND", 12.75, (0.8, 1.3, 1.2, 0.9)),
        Family("MUG", 2.55, (1.3, 0.9, 0.8, 1.2)),
        Family("GREETING CARD", 0.42, (1.0, 1.1, 0.9, 1.1)),
        Family("TEA TOWEL", 3.25, (1.0, 1.0, 1.0, 1.0)),
        Family("CHRISTMAS BAUBLE", 0.85, (1.5, 0.1, 0.1, 3.5)),
        Family("ADVENT CANDLE", 4.95, (1.2, 0.1, 0.1, 3.0)),
        Family("GARDEN LANTERN", 5.95, (0.3, 1.8, 1.7, 0.5)),
        Family("PICNIC BASKET", 9.95, (0.2, 1.6, 2.0, 0.4)),
        Family("HOT WATER BOTTLE", 4.65, (2.2, 0.5, 0.2, 1.8)),
        Family("ALARM CLOCK", 3.75, (1.0, 1.0, 0.9, 1.2)),
    ),
    styles=(
        "RED RETROSPOT", "PINK POLKADOT", "VINTAGE LEAF", "BLUE SPOT", "STRAWBERRY", "WOODLAND",
        "CREAM HEART", "BLACK SKULL", "UNION JACK", "DOLLY GIRL", "SPACEBOY", "PAISLEY PARK",
    ),
    basket=12.0,
)  # fmt: skip

# Who shops every day or every week: recency hardly tells customers apart, frequency is high.
GROCER = Habits(
    kinds=(
        Kind("daily", 0.22, 190.0, (0.0, 0.3), (0.7, 1.0), 2.0, anonymous=0.1),
        Kind("weekly", 0.34, 52.0, (0.0, 0.5), (0.5, 1.0), 2.0, anonymous=0.1),
        Kind("now and then", 0.16, 12.0, (0.0, 0.5), (0.5, 1.0), 1.5),
        Kind("moved away", 0.14, 70.0, (0.0, 0.2), (0.15, 0.5), 2.0, anonymous=0.1),
        Kind("moved in", 0.09, 80.0, (0.88, 0.99), (0.1, 0.2), 2.0, anonymous=0.1),
        Kind("passing by", 0.05, 0.0, (0.0, 0.95), (0.0, 0.0), 1.0, anonymous=0.6),
    ),
    families=(
        Family("MILK", 1.15, (1.0, 1.0, 1.0, 1.0)),
        Family("BREAD", 1.45, (1.1, 1.0, 0.9, 1.0)),
        Family("CHEESE", 2.95, (1.2, 1.0, 0.8, 1.1)),
        Family("YOGHURT", 0.65, (0.8, 1.1, 1.3, 0.9)),
        Family("COFFEE", 4.25, (1.2, 1.0, 0.8, 1.1)),
        Family("PASTA", 0.95, (1.0, 1.0, 1.0, 1.0)),
        Family("TOMATOES", 1.85, (0.5, 1.0, 1.8, 0.8)),
        Family("APPLES", 2.15, (1.0, 0.8, 0.7, 1.6)),
        Family("ICE CREAM", 3.45, (0.3, 1.2, 2.3, 0.5)),
        Family("SOUP", 1.35, (1.8, 0.8, 0.4, 1.3)),
        Family("SOAP", 1.05, (1.0, 1.0, 1.0, 1.0)),
        Family("BEER", 1.75, (0.8, 1.1, 1.5, 0.9)),
    ),
    styles=(
        "FARMHOUSE", "ORGANIC", "LIGHT", "FAMILY PACK", "EVERYDAY", "FINEST", "HILLSIDE",
        "OLD MILL", "SUNRISE", "GREEN VALLEY", "HARVEST", "CORNER SHOP",
    ),
    basket=4.0,
    invoices=60,
)  # fmt: skip
