"""The recommender as a product: all it needs to make lists, without Spark, as one artifact."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retail_lakehouse.errors import OtherVersionError
from retail_lakehouse.recommend import artifact
from retail_lakehouse.recommend.candidates.assemble import catalogue_of
from retail_lakehouse.recommend.candidates.catalogue import Catalogue
from retail_lakehouse.recommend.candidates.factors import aligned
from retail_lakehouse.recommend.data.purchases import Purchases
from retail_lakehouse.recommend.data.training_data import TrainingData
from retail_lakehouse.recommend.ranking.item_lists import ItemList, item_lists
from retail_lakehouse.recommend.ranking.ranker import Rankers
from retail_lakehouse.recommend.ranking.reasons import phrase
from retail_lakehouse.settings import RecommendSettings
from retail_lakehouse.tables import MODEL_ORIGIN, RECOMMENDATIONS
from retail_lakehouse.tables import columns as c
from retail_lakehouse.tables.lists import LIST_NAMES

# Of gold.recommendations, but for the model and the day.
COLUMNS = {c.name: c.type.lower() for c in RECOMMENDATIONS.columns if c not in MODEL_ORIGIN}


@dataclass(frozen=True)
class Recommender:
    """catalogue: products as of the model's cut. names: an entry per product, None without one."""

    catalogue: Catalogue
    names: tuple[str | None, ...]
    rankers: Rankers
    settings: RecommendSettings

    @property
    def codes(self) -> tuple[str, ...]:
        """The products that it knows."""
        return tuple(self.catalogue.factors.stock_codes)

    @property
    def cut(self) -> int:
        """The model saw only days before this one."""
        return self.catalogue.stats.cut

    def lists(
        self,
        customers: np.ndarray,
        purchases: Purchases,
        n: int | None = None,
        wanted: Sequence[str] = LIST_NAMES,
        exclude: Sequence[int] = (),
    ) -> pd.DataFrame:
        """Rows with COLUMNS, by customer, list and rank.

        customers: ids, one per customer of ``purchases``. n: products per list, by default as
        published. exclude: rows of the catalogue that may not be in a list.
        """
        catalogue = self.catalogue.without(exclude) if len(exclude) else self.catalogue
        parts = [
            self._rows(part, customers)
            for part in item_lists(catalogue, self.rankers, purchases, self.settings, n, wanted)
        ]
        if not parts:
            return pd.DataFrame({name: [] for name in COLUMNS})
        rows = pd.concat(parts, ignore_index=True)
        return rows.sort_values([c.CUSTOMER_ID, c.LIST, c.RANK], ignore_index=True)

    def _rows(self, part: ItemList, customers: np.ndarray) -> pd.DataFrame:
        codes, why = self.catalogue.factors.stock_codes, part.reasons
        behind = [None if item < 0 else codes[item] for item in why.item]
        named = ["" if item < 0 else self.names[item] or codes[item] for item in why.item]
        return pd.DataFrame(
            {
                c.CUSTOMER_ID: customers[part.customers],
                c.LIST: part.name,
                c.RANK: part.ranks.astype(np.int32),
                c.STOCK_CODE: [codes[item] for item in part.items],
                c.DESCRIPTION: [self.names[item] for item in part.items],
                c.SCORE: part.scores,
                c.REASON: list(map(phrase, why.kind, named, why.number, why.country)),
                c.REASON_STOCK_CODE: behind,
            }
        )

    def for_lists(self) -> "Recommender":
        """The same, without what ``lists`` does not read: it travels to workers."""
        return replace(self, catalogue=self.catalogue.for_lists())

    def to_bytes(self) -> bytes:
        """Arrays and JSON: see ``artifact``."""
        return artifact.dump(self.catalogue, self.names, self.rankers, self.settings)

    @classmethod
    def from_bytes(cls, content: bytes) -> "Recommender":
        """What ``to_bytes`` wrote; content from anywhere may be given.

        OtherVersionError where another version of this program wrote it, or of scikit-learn, or
        where it is damaged.
        """
        try:
            return cls(*artifact.load(content))
        # What a file that somebody else wrote can make Python raise is no list that is known.
        except Exception as error:
            raise OtherVersionError.of("This recommender", error, "train-recommender") from error

    def at(self, data: TrainingData, cut: int) -> "Recommender":
        """The same factors and rankers over the shop as it is on another day."""
        n = data.products.before(cut)
        factors = aligned(self.catalogue.factors, data.products.codes[:n]).factors
        catalogue = catalogue_of(data, factors, cut, self.settings)
        return replace(self, catalogue=catalogue, names=data.products.names[:n])
