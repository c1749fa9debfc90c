"""The demo shop's products: families times styles, as many as are asked for."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retail_lakehouse.errors import SettingsError
from retail_lakehouse.landing.demo.habits import Habits

MIN_PRODUCTS = 12
MAX_PRODUCTS = 200_000
# Online Retail II has 1,067,371 lines of 4,600 products, and the smallest demo shops 144.
_SMALL_SHOP = (50_000, 144)
_LINES_A_PRODUCT = 228

# A family or a style that the shop has once more, as another kind of it.
_KINDS = (
    "MINI", "LARGE", "SMALL", "TRAVEL", "KIDS", "DELUXE", "FOLDING", "HANGING", "PAPER", "WOODEN",
    "TIN", "GLASS", "CERAMIC", "COTTON", "FELT", "WICKER", "ENAMEL", "SLATE", "BAMBOO", "WOOL",
    "LINEN", "PARTY", "KITCHEN", "BATHROOM", "NURSERY", "OFFICE", "BEDSIDE", "WINDOW", "WALL",
    "TABLE", "POCKET", "GIANT", "TALL", "ROUND", "SQUARE", "OVAL", "CLASSIC", "RUSTIC", "SET OF 2",
    "SET OF 6",
)  # fmt: skip
_SHADES = (
    "GOLD", "SILVER", "IVORY", "NAVY", "TEAL", "MINT", "LILAC", "CORAL", "AMBER", "OLIVE", "PLUM",
    "RUBY", "PEARL", "COPPER", "BRONZE", "SAND", "SKY", "ROSE", "LEMON", "LIME", "PEACH", "CHERRY",
    "COCOA", "CHARCOAL", "SMOKE", "SNOW", "INDIGO", "VIOLET", "MAUVE", "SCARLET", "JADE", "EMERALD",
    "AQUA", "TURQUOISE", "MUSTARD", "RUST", "HONEY", "ALMOND", "BERRY", "MIDNIGHT",
)  # fmt: skip


@dataclass(frozen=True)
class Catalogue:
    """Products in the order of their families.

    codes, names, prices: one a product. starts: where each family begins, and where the last ends.
    demand: seasons x products, how well each sells, added up from the first product on.
    """

    codes: np.ndarray
    names: np.ndarray
    prices: np.ndarray
    starts: np.ndarray
    demand: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def families(self) -> int:
        """How many there are."""
        return len(self.starts) - 1


def products_for(rows: int, asked_for: int | None) -> int:
    """How many products a shop of so many lines has; SettingsError for a number that it cannot."""
    if asked_for is None:
        lines, products = _SMALL_SHOP
        return min(products + max(rows - lines, 0) // _LINES_A_PRODUCT, MAX_PRODUCTS)
    if not MIN_PRODUCTS <= asked_for <= MAX_PRODUCTS:
        raise SettingsError(
            f"--products {asked_for} is not between {MIN_PRODUCTS} and {MAX_PRODUCTS:,}."
        )
    return asked_for


def catalogue(rng: np.random.Generator, products: int, habits: Habits) -> Catalogue:
    """Families and styles both grow as the square root: in a large shop tastes get narrower."""
    families = math.ceil(math.sqrt(products))
    styles = math.ceil(products / families)
    place = np.arange(products)
    family, style = np.divmod(place, styles)
    kinds = [habits.families[number % len(habits.families)] for number in range(family[-1] + 1)]
    typical = np.array([kind.price for kind in kinds])[family]
    prices = pd.Series(typical * rng.uniform(0.8, 1.25, products)).round(2).to_numpy()
    # Few products sell much and many a little, as in any shop.
    appeal = rng.permutation(1.0 / np.arange(1, products + 1) ** 0.7)
    seasons = np.array([kind.seasons for kind in kinds])[family]
    return Catalogue(
        codes=_codes(family, style, styles),
        names=_names(habits, family, style),
        prices=prices,
        starts=np.append(np.flatnonzero(style == 0), products),
        demand=(appeal[:, None] * seasons).cumsum(axis=0).T.copy(),
    )


def _codes(family: np.ndarray, style: np.ndarray, styles: int) -> np.ndarray:
    # Room for styles to come, as a shop leaves it; a third of the codes end in a letter.
    numbers = 20700 + family * max(40, styles) + style
    return np.array(
        [f"{number}{'B' if s % 3 == 0 else ''}" for number, s in zip(numbers, style, strict=True)],
        dtype=object,
    )


def _names(habits: Habits, family: np.ndarray, style: np.ndarray) -> np.ndarray:
    families = _more([kind.name for kind in habits.families], _KINDS, family[-1] + 1)
    styles = _more(list(habits.styles), _SHADES, style.max() + 1)
    return np.array(
        [f"{families[f]} {styles[s]}" for f, s in zip(family, style, strict=True)], dtype=object
    )


def _more(words: list[str], before: tuple[str, ...], count: int) -> list[str]:
    """The words, then all of them again with another word before them, until there are enough."""
    every = words + [f"{word} {name}" for word in before for name in words]
    return every[:count]
